"""The moving window in a real browser: it plays, steps, has torch's numbers, and comes back with its link."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.windows import scene
from cnnviz.windows.scene import read_values
from tests.browser.steps import WAIT_MS, parameters
from tests.browser.windows import at, opened, output, product, shown_outputs, total

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def test_the_page_opens_on_the_edge_of_the_course(address, page):
    """Oracle: the course: 6x6 by 3x3 is 4x4 with 0 30 30 0; 4*4*9 = 144 multiplications, 9 parameters."""
    opened(page, address)
    assert shown_outputs(page) == [[0, 30, 30, 0] * 4]
    expect(page.locator(".counts")).to_contain_text("9 of 144")
    expect(page.get_by_text("Parameters").first).to_be_visible()
    formula = page.locator(".katex-mathml").first
    expect(formula).to_contain_text("6 + 2 \\cdot 0 - 3")
    expect(formula).to_contain_text("\\mathbf{4}")


def test_it_plays_and_pauses(address, page):
    """Oracle: the window's own place on the screen, and the steps that are counted."""
    opened(page, address)
    window = page.locator(".grid.input .window")
    before = window.bounding_box()
    page.get_by_role("combobox", name="Speed").select_option(label="fast")
    page.get_by_role("button", name="Play").click()
    expect(page.locator(".count")).to_have_text(re.compile("^([5-9]|1[0-6]) of 16$"), timeout=WAIT_MS)
    page.get_by_role("button", name=re.compile("Pause|Play")).click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    here = page.locator(".count").text_content()
    page.wait_for_timeout(500)
    assert page.locator(".count").text_content() == here
    after = window.bounding_box()
    assert (before["x"], before["y"]) != (after["x"], after["y"])


def test_it_stops_at_the_end_and_begins_again(address, page):
    opened(page, address, at="14")
    page.get_by_role("button", name="Play").click()
    at(page, "16 of 16")
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    page.get_by_role("button", name="Play").click()
    at(page, "1 of 16")


def test_keys_move_the_window(address, page):
    """Oracle: a row of the output has four numbers; the course's second number is 30."""
    opened(page, address)
    for key, count in (
        ("ArrowRight", 2),
        ("ArrowDown", 6),
        ("ArrowLeft", 5),
        ("ArrowUp", 1),
        ("End", 16),
        ("Home", 1),
    ):
        page.keyboard.press(key)
        at(page, f"{count} of 16")
    page.keyboard.press("ArrowRight")
    expect(total(page)).to_have_text("30")
    expect(product(page, 0, 0)).to_have_text("= 10")
    expect(product(page, 0, 2)).to_have_text("= 0")
    expect(page.locator(".counts")).to_contain_text("18 of 144")
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    page.keyboard.press("Space")
    expect(page.get_by_role("button", name="Play")).to_be_visible()


def test_the_slider_scrubs(address, page):
    opened(page, address)
    slider = page.get_by_role("slider", name="Step")
    slider.fill("9")
    at(page, "10 of 16")
    expect(output(page, 2, 1)).to_be_visible()
    expect(output(page, 2, 2)).to_be_hidden()


SCENES = [
    ("conv", "n=7,f=3,s=2,p=1,d=2", "seed:3", "seed:4"),
    ("conv", "n=7,s=3,p=same", "seed:3", "sobel"),
    ("conv", "C=3,m=2", "seed:2", "vertical+horizontal"),
    ("conv", "n=5,C=6,m=3", "seed:8", "seed:9"),
    ("pointwise", "", "seed:1", "seed:1"),
    ("depthwise", "p=same", "seed:2", "vertical+horizontal+blur"),
    ("transposed", "n=4,f=3,s=2,p=1,d=1,q=1", "seed:5", "seed:6"),
    ("transposed", "n=3,f=2,s=3,d=2,C=2,m=2", "seed:5", "seed:6"),
    (
        "max",
        "n=6,f=3,s=1,p=same",
        "3,0,1,2,7,4;1,5,8,9,3,1;2,7,2,5,1,3;0,1,3,1,7,8;4,2,1,6,2,8;2,4,5,2,3,9",
        "",
    ),
    ("average", "n=7,f=3,s=2,p=1", "seed:7", ""),
]


@pytest.mark.parametrize("link", SCENES, ids=lambda link: f"{link[0]} {link[1]}")
def test_the_numbers_of_the_browser_are_torchs(address, page, link):
    """Oracle: torch.nn.functional on the same numbers, to the two digits that are shown."""
    kind, grid, cells, weights = link
    of = scene(kind, read_values(kind, grid), cells, weights)
    s, x, w = of.setting, torch.tensor(of.x)[None], torch.tensor(of.w)
    before, after = s.pads
    padded = F.pad(x, (before, after) * 2, value=-torch.inf if kind == "max" else 0.0)
    if kind == "transposed":
        options = {"stride": s.s, "padding": before, "output_padding": s.q, "dilation": s.d}
        expected = F.conv_transpose2d(x, w.transpose(0, 1), **options)[0]
    elif kind == "max":
        expected = F.max_pool2d(padded, s.f, s.s, dilation=s.d)[0]
    elif kind == "average":
        expected = F.avg_pool2d(padded, s.f, s.s)[0]
    else:
        groups = s.C if kind == "depthwise" else 1
        expected = F.conv2d(padded, w, stride=s.s, dilation=s.d, groups=groups)[0]
    opened(page, address, op=kind, grid=grid, cells=cells, weights=weights, at=f"{s.steps - 1}")
    at(page, f"{s.steps} of {s.steps}")
    found = shown_outputs(page)
    shown = expected if kind in ("depthwise", "max", "average") else expected[:1]
    assert len(found) == min(len(shown), 3)
    for ours, theirs in zip(found, shown, strict=False):
        assert np.allclose(ours, theirs.flatten().numpy(), atol=0.00501)


def test_another_filter_and_other_channels_are_looked_at(address, page):
    """Oracle: torch, for the second filter at the first place."""
    of = scene("conv", read_values("conv", "n=5,C=6,m=3"), "seed:8", "seed:9")
    expected = F.conv2d(torch.tensor(of.x)[None], torch.tensor(of.w))[0, 1, 0, 0].item()
    opened(page, address, grid="n=5,C=6,m=3", cells="seed:8", weights="seed:9")
    page.get_by_role("button", name=re.compile("^filter 2: ")).click()
    expect(total(page)).to_have_text(f"{expected:.0f}".replace("-", "−"))
    expect(page.get_by_text("Filter 2 of 3")).to_be_visible()
    page.get_by_role("button", name="Next channels").click()
    expect(page.get_by_text("Channels 4 to 6 of 6")).to_be_visible()
    page.wait_for_url(lambda link: parameters(link).get("at") == "0.1.3")


def test_many_channels_show_a_slice_and_count_all(address, page):
    """Oracle: the course: 28x28x192 by 32 filters of 1x1: 28*28*32*192 multiplications, 192*32 parameters."""
    opened(page, address, op="pointwise", grid="n=28,C=192,m=32")
    expect(page.locator(".counts")).to_contain_text("6,144 of 4,816,896")
    expect(page.get_by_text("Channels 1 to 3 of 192")).to_be_visible()
    expect(page.get_by_role("group", name="What each channel adds").get_by_role("button")).to_have_count(192)
    page.keyboard.press("End")
    expect(page.locator(".counts")).to_contain_text("4,816,896 of 4,816,896")


def test_a_place_comes_back_with_the_link(address, page):
    opened(page, address)
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda link: parameters(link).get("at") == "5")
    page.reload()
    at(page, "6 of 16")


def test_a_link_that_cannot_be_is_told(address, page):
    opened(page, address, op="fold", grid="n=99", cells="hill", at="x")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("The operation (op in the link) is one of conv, pointwise", timeout=WAIT_MS)
    expect(said).to_contain_text(
        "The sizes (grid in the link): input size must be a whole number from 1 to 32"
    )
    expect(said).to_contain_text("got hill")
    assert shown_outputs(page) == [[0, 30, 30, 0] * 4]


def test_a_frame_asks_the_server_for_nothing(address, page):
    """Oracle: the messages of the websocket, while the window moves."""
    sent: list[object] = []
    page.on("websocket", lambda socket: socket.on("framesent", lambda frame: sent.append(frame)))
    opened(page, address, grid="n=16")
    page.wait_for_timeout(800)
    page.get_by_role("combobox", name="Speed").select_option(label="very fast")
    page.get_by_role("button", name="Play").click()
    before = len(sent)
    page.wait_for_timeout(1500)
    expect(page.get_by_role("button", name="Pause")).to_be_visible()
    expect(page.locator(".count")).not_to_have_text("1 of 196")
    assert len(sent) == before


@pytest.mark.parametrize("link", [{}, {"grid": "C=3,m=2"}, {"op": "pointwise", "grid": "n=28,C=192,m=32"}])
def test_a_phone_needs_no_sideways_scroll(address, browser, link):
    context = browser.new_context(viewport={"width": 390, "height": 844}, has_touch=True)
    page = context.new_page()
    picture = opened(page, address, **link)
    page.wait_for_timeout(500)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    box = picture.bounding_box()
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 390
    right = page.get_by_role("button", name="Last step").bounding_box()
    assert right["x"] + right["width"] <= 390
    context.close()


def test_less_motion_moves_without_gliding(address, browser):
    context = browser.new_context(viewport={"width": 1280, "height": 800}, reduced_motion="reduce")
    page = context.new_page()
    opened(page, address)
    marks = page.locator(".grid.input .marks")
    assert marks.evaluate("part => getComputedStyle(part).transitionDuration") == "0s"
    context.close()
