"""The moving window in a real browser: it plays, steps, is edited, takes an image, has torch's numbers."""

from __future__ import annotations

import csv
import io
import re
from urllib.parse import urlencode
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from PIL import Image

from cnnviz.windows import scene
from cnnviz.windows.scene import read_values
from tests.browser.steps import WAIT_MS, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

# What the grids show of every output, row by row; what lies ahead of the window is there and not seen.
_OUTPUTS = """[...root.querySelectorAll(".grid.out")].map(grid =>
    [...grid.querySelectorAll("[data-out] text")].map(text => Number(text.textContent.replace("−", "-"))))"""


def opened(page, address: str, **link: str):
    """The picture of the page of this link."""
    page.goto(f"{address}/convolution?{urlencode(link)}")
    picture = page.locator("svg.stage")
    picture.wait_for(timeout=WAIT_MS)
    return picture


def cell(page, grid: str, row: int, column: int):
    return page.locator(f".grid.{grid} [data-at='{row},{column}']").first


def product(page, row: int, column: int):
    return page.locator(f"[data-product='{row},{column}'] .what").first


def output(page, row: int, column: int):
    return page.locator(f"[data-out='{row},{column}'] text").first


def total(page):
    return page.locator(".sum b")


def at(page, text: str):
    expect(page.locator(".count")).to_have_text(text, timeout=WAIT_MS)


def shown_outputs(page) -> list[list[float]]:
    picture = page.locator("svg.stage").element_handle()
    found: list[list[float]] = picture.evaluate(f"root => {_OUTPUTS}")
    return found


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


def test_an_input_cell_is_changed_with_the_mouse(address, page):
    """Oracle: the first window has 7 instead of 10 at its upper left: the sum falls by 3."""
    opened(page, address)
    cell(page, "input", 0, 0).click()
    field = page.get_by_role("textbox", name="Input, row 1, column 1: 10")
    field.fill("7")
    field.press("Enter")
    expect(total(page)).to_have_text("−3")
    page.wait_for_url(lambda link: parameters(link).get("cells") == "edge~0.0.0=7")
    expect(total(page)).to_have_text("−3")


def test_a_weight_is_changed_with_the_keyboard_alone(address, page):
    """Oracle: 5 at the upper left instead of 1: ten times four more."""
    opened(page, address)
    cell(page, "kernel", 0, 0).focus()
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("5")
    page.keyboard.press("Enter")
    expect(total(page)).to_have_text("40")
    page.wait_for_url(lambda link: parameters(link).get("weights") == "vertical~0.0.0=5")
    page.reload()
    expect(total(page)).to_have_text("40", timeout=WAIT_MS)


def test_a_cell_takes_numbers_alone(address, page):
    opened(page, address)
    cell(page, "input", 0, 0).click()
    field = page.locator("input.typed")
    field.fill("ten")
    field.press("Enter")
    expect(page.get_by_text("A number from −9,999 to 9,999")).to_be_visible()
    expect(field).to_have_value("ten")
    field.press("Escape")
    expect(total(page)).to_have_text("0")


def test_a_mouse_draws_on_the_input(address, page):
    """Oracle: a row of three nines under a blur of ninths makes 3."""
    opened(page, address, cells="blank", weights="blur")
    expect(total(page)).to_have_text("0")
    first, last = cell(page, "input", 1, 0).bounding_box(), cell(page, "input", 1, 2).bounding_box()
    page.mouse.move(first["x"] + 9, first["y"] + 9)
    page.mouse.down()
    page.mouse.move(last["x"] + 9, last["y"] + 9, steps=12)
    page.mouse.up()
    expect(total(page)).to_have_text("3")
    page.wait_for_url(lambda link: parameters(link).get("cells") == "blank~0.1.0=9~0.1.1=9~0.1.2=9")


def test_a_large_drawing_is_kept_in_the_link_too(address, page):
    """Oracle: a kernel of ones at the centre says the input itself: what was drawn over is 9."""
    opened(page, address, grid="n=16", cells="blank", weights="identity")
    ends = [[cell(page, "input", row, column).bounding_box() for column in (0, 15)] for row in (2, 4)]
    for first, last in ends:
        page.mouse.move(first["x"] + 4, first["y"] + 9)
        page.mouse.down()
        page.mouse.move(last["x"] + 4, last["y"] + 9, steps=60)
        page.mouse.up()
    expected = [[9 if row in (1, 3) else 0 for row in range(14) for _ in range(14)]]
    assert shown_outputs(page) == expected
    page.wait_for_url(lambda link: parameters(link).get("cells", "").startswith("z"))
    page.reload()
    page.locator("svg.stage").wait_for(timeout=WAIT_MS)
    assert shown_outputs(page) == expected


def test_another_number_is_one_rerun(address, page):
    """Oracle: floor((7 - 3) / 2) + 1 = 3; the last row of 8 is never read with a stride of 2."""
    opened(page, address)
    stride = page.get_by_label("Stride s", exact=True)
    stride.fill("2")
    stride.press("Enter")
    at(page, "1 of 4")
    page.get_by_role("button", name="Input size: more").click()
    page.wait_for_url(lambda link: parameters(link).get("grid") == "n=7,s=2")
    at(page, "1 of 9")
    page.get_by_role("button", name="Input size: more").click()
    expect(page.get_by_text("Row 8 and column 8 are never read")).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="same").click()
    page.wait_for_url(lambda link: parameters(link).get("grid") == "n=8,s=2,p=same")


def test_a_window_that_does_not_fit_is_told_and_the_picture_stays(address, page):
    opened(page, address)
    window = page.get_by_label("Window f", exact=True)
    window.fill("9")
    window.press("Enter")
    expect(page.get_by_text("A window of 9 x 9 does not fit on an input of 6 x 6")).to_be_visible(
        timeout=WAIT_MS
    )
    expect(window).to_have_value("9")
    assert shown_outputs(page) == [[0, 30, 30, 0] * 4]
    window.fill("2")
    window.press("Enter")
    at(page, "1 of 25")
    expect(page.get_by_text("does not fit")).to_be_hidden()


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


def test_an_example_brings_everything(address, page):
    opened(page, address)
    page.get_by_role("combobox", name="Examples").select_option(label="Transposed: 2 × 2 becomes 3 × 3")
    at(page, "1 of 4")
    page.keyboard.press("End")
    assert shown_outputs(page) == [[0, 0, 1, 0, 4, 6, 4, 12, 9]]  # Dive into Deep Learning, 14.10


def test_a_kernel_that_has_one_size_brings_it(address, page):
    opened(page, address, grid="n=8")
    page.get_by_role("combobox", name="Filter").select_option(label="Gaussian, 5 × 5")
    at(page, "1 of 16")
    page.wait_for_url(lambda link: parameters(link).get("grid") == "n=8,f=5")


def test_an_image_of_ones_own_becomes_the_input(address, page, tmp_path):
    """Oracle: the left half of the image is white, and a vertical edge lies in its middle: 3*255."""
    picture = Image.new("L", (80, 80), 0)
    picture.paste(255, (0, 0, 40, 80))
    picture.save(tmp_path / "half.png")
    opened(page, address)
    page.get_by_role("button", name="Image").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "half.png")
    at(page, f"1 of {26 * 26}")
    page.wait_for_url(lambda link: parameters(link).get("cells", "").startswith("z"))
    page.keyboard.press("Escape")
    for _ in range(12):
        page.get_by_role("button", name="One step on").click()
    at(page, f"13 of {26 * 26}")
    expect(total(page)).to_have_text(re.compile(r"^7[56]\d$"))  # a JPEG's edge is off by a little
    page.wait_for_url(lambda link: parameters(link).get("at") == "12")
    page.reload()
    expect(total(page)).to_have_text(re.compile(r"^7[56]\d$"), timeout=WAIT_MS)


def test_what_is_no_image_gets_a_sentence(address, page, tmp_path):
    (tmp_path / "photo.png").write_text("no image at all")
    opened(page, address)
    page.get_by_role("button", name="Image").click()
    page.locator("input[type=file]").set_input_files(tmp_path / "photo.png")
    expect(page.get_by_text("the file is not an image in PNG, JPEG or WebP format")).to_be_visible(
        timeout=WAIT_MS
    )
    assert shown_outputs(page) == [[0, 30, 30, 0] * 4]


def test_small_weights_that_a_network_learned_are_not_shown_as_0(address, page):
    """Oracle: the weights of the trained network itself, to the two digits that count."""
    from cnnviz.inside import learned_kernels

    rows = next(rows for title, rows in learned_kernels() if title == "LeNet-5, digits: conv1, filter 2")
    opened(page, address, grid="f=5", weights="lenet-5-digits-conv1-filter-2")
    expect(page.get_by_role("combobox", name="Filter")).to_have_value("lenet-5-digits-conv1-filter-2")
    for i, row in enumerate(rows):
        for j, weight in enumerate(row):
            text = cell(page, "kernel", i, j).locator("text").text_content() or ""
            assert float(text.replace("−", "-")) == pytest.approx(weight, rel=0.05)
    assert any(0 < abs(weight) < 0.005 for row in rows for weight in row), "the test needs a small one"
    expect(page.locator(".remarks")).to_contain_text("shown rounded")


def test_a_presentation_shows_what_is_counted_on_a_small_projector(address, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, address, present="true")
    expect(page.locator(".counts")).to_contain_text("9 of 144")
    expect(page.locator(".counts dd").first).to_be_in_viewport(ratio=1)


def test_a_link_that_cannot_be_is_told(address, page):
    opened(page, address, op="fold", grid="n=99", cells="hill", at="x")
    said = page.get_by_role("alert")
    expect(said).to_contain_text("The operation (op in the link) is one of conv, pointwise", timeout=WAIT_MS)
    expect(said).to_contain_text(
        "The sizes (grid in the link): input size must be a whole number from 1 to 32"
    )
    expect(said).to_contain_text("got hill")
    assert shown_outputs(page) == [[0, 30, 30, 0] * 4]


def test_the_picture_is_saved_as_it_stands(address, page, tmp_path):
    """Oracle: an XML reader: the window's number and the sum stand in the file."""
    opened(page, address, at="1")
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture as SVG").click()
    waiting.value.save_as(tmp_path / "picture.svg")
    drawn = ElementTree.parse(tmp_path / "picture.svg").getroot()
    texts = ["".join(part.itertext()) for part in drawn.iter("{http://www.w3.org/2000/svg}text")]
    assert "10 × (−1)" not in texts[:1]
    assert any(text.endswith("= 30") for text in texts)
    assert any("18 of 144" in text for text in texts)
    with page.expect_download() as waiting:
        page.get_by_role("button", name="Picture as PNG").click()
    waiting.value.save_as(tmp_path / "picture.png")
    assert Image.open(tmp_path / "picture.png").width > 1000


def test_the_numbers_are_saved_as_files(address, page):
    """Oracle: the course: the second number is 30."""
    opened(page, address, at="1")
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as waiting:
        page.get_by_role("button", name="CSV", exact=True).click()
    lines = list(csv.reader(io.StringIO(waiting.value.path().read_text())))
    assert lines[-1][-1] == "30"


def test_the_lines_of_pytorch_can_be_copied(address, page):
    opened(page, address)
    page.get_by_role("button", name="PyTorch").click()
    expect(page.get_by_text("y = F.conv2d(x, w, stride=1, padding=0)")).to_be_visible(timeout=WAIT_MS)


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
