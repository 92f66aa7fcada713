"""What the ideas save, in a real browser: pictures for paper, and numbers. And what a step costs."""

from __future__ import annotations

import csv
import io
import re
import tomllib
from collections.abc import Callable
from pathlib import Path
from urllib.parse import quote
from xml.etree import ElementTree

import numpy as np
import pytest
import torch
from PIL import Image
from torch.nn import functional as F

from cnnviz.ideas import IDEAS, normalisation
from cnnviz.ideas.photos import SAMPLES
from cnnviz.ui.block_graph import ADDRESS
from tests.browser.conftest import ROOT
from tests.browser.steps import WAIT_MS

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"
MOST_OF_A_STEP = 10_000  # bytes from the server
Columns = dict[str, list[str]]


def opened(page, link: str) -> None:
    """The idea of this link with its Export menu open."""
    page.goto(link)
    page.locator(".frame.idea .picture :is(svg, canvas):visible").first.wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name=" as CSV").first.wait_for(timeout=WAIT_MS)


def saved(page, button: str, folder: Path) -> tuple[str, bytes]:
    """The name and the contents of the file that a button gives."""
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("button", name=button, exact=True).click()
    download.value.save_as(folder / "file")
    return download.value.suggested_filename, (folder / "file").read_bytes()


def columns(contents: bytes) -> Columns:
    heads, *rows = csv.reader(io.StringIO(contents.decode()))
    assert all(len(row) == len(heads) for row in rows)
    return {head: [row[i] for row in rows] for i, head in enumerate(heads)}


def numbers(texts: list[str]) -> torch.Tensor:
    return torch.tensor([float(text) for text in texts], dtype=torch.float64)


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_every_screen_can_be_saved_as_pictures_and_as_numbers(address, page, tmp_path, idea) -> None:
    """Oracle: the description of the page: each picture as SVG and PNG with its title, numbers as CSV."""
    opened(page, f"{address}/ideas?idea={idea.name}")
    buttons = page.get_by_role("button")
    for kind in ("SVG", "PNG", "CSV"):
        expect(buttons.filter(has_text=kind).first).to_be_enabled()
    label = buttons.filter(has_text="SVG").first.get_attribute("aria-label")
    name, contents = saved(page, label, tmp_path)
    assert name.startswith(f"{idea.name}-")
    assert name.endswith(".svg")
    texts = [text.text for text in ElementTree.fromstring(contents).iter(f"{SVG}text")]
    assert " ".join(texts[:2]).startswith(f"{idea.title}:")  # a long title takes two lines
    label = buttons.filter(has_text="CSV").first.get_attribute("aria-label")
    name, contents = saved(page, label, tmp_path)
    assert name.endswith(".csv")
    assert columns(contents)


def test_a_picture_is_light_and_whole_and_its_png_twice_as_sharp(browser, address, tmp_path) -> None:
    """Oracle: the light theme in config.toml, for a page that is dark; an XML reader; Pillow."""
    light = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]["light"]
    context = browser.new_context(viewport={"width": 1440, "height": 900}, color_scheme="dark")
    page = context.new_page()
    opened(page, f"{address}/ideas?idea=activations&values=of%3Dtanh,x%3D2")
    name, contents = saved(page, "f and its slope as SVG", tmp_path)
    assert name == "activations-curves-tanh-x=2.svg"
    drawing = ElementTree.fromstring(contents)
    texts = ["".join(text.itertext()) for text in drawing.iter(f"{SVG}text")]
    assert texts[0] == "Activations and their gradients: f and its slope"
    assert "f(x)" in texts  # the legend, which is no part of the drawing on the page
    assert {text.get("fill") for text in drawing.iter(f"{SVG}text")} == {light["textColor"]}
    assert next(drawing.iter(f"{SVG}rect")).get("fill") == light["backgroundColor"]
    lines = {path.get("stroke") for path in drawing.iter(f"{SVG}path")}
    assert lines == {light["blueColor"], light["orangeColor"]}
    for word in (b"var(", b"color-mix", b"class=", b"style=", b"href"):  # nothing that leans on the page
        assert word not in contents
    name, contents = saved(page, "f and its slope as PNG", tmp_path)
    assert name == "activations-curves-tanh-x=2.png"
    assert contents.startswith(b"\x89PNG")
    picture = Image.open(io.BytesIO(contents)).convert("RGB")
    assert picture.size == tuple(2 * int(drawing.get(side)) for side in ("width", "height"))
    assert picture.getpixel((0, 0)) == (255, 255, 255)
    colours = {colour for _, colour in picture.getcolors(1 << 20)}
    for name in ("blueColor", "orangeColor"):
        assert tuple(bytes.fromhex(light[name][1:])) in colours
    context.close()


def test_the_paper_has_the_colours_of_the_light_theme(address, page) -> None:
    """Oracle: config.toml."""
    light = tomllib.loads((ROOT / ".streamlit" / "config.toml").read_text())["theme"]["light"]
    page.goto(f"{address}/ideas")
    page.locator("a.card").first.wait_for(timeout=WAIT_MS)
    source = f"{ADDRESS}ideas/files.js"
    paper = page.evaluate("source => import(source).then(m => m.PAPER)", source)
    for name, colour in paper.items():
        first, *rest = name.split("-")
        assert light[f"{first}{''.join(part.title() for part in rest)}Color"] == colour


def test_a_name_with_a_quote_is_written_as_readers_of_csv_expect(address, page) -> None:
    """Oracle: Python's csv reader."""
    page.goto(f"{address}/ideas")
    page.locator("a.card").first.wait_for(timeout=WAIT_MS)
    rows = [['a "b", c', 1.5], ["two\nlines", ""]]
    text = page.evaluate(
        "([source, rows]) => import(source).then(m => m.written(rows))", [f"{ADDRESS}ideas/files.js", rows]
    )
    assert list(csv.reader(io.StringIO(text))) == [['a "b", c', "1.5"], ["two\nlines", ""]]


def activation(found: Columns) -> None:
    x = numbers(found["x"]).requires_grad_()
    y = F.gelu(x)
    y.sum().backward()
    assert len(x) == 481
    torch.testing.assert_close(numbers(found["f"]), y.detach(), rtol=0, atol=1e-12)
    torch.testing.assert_close(numbers(found["slope"]), x.grad, rtol=0, atol=1e-12)


def grid_of(found: Columns, name: str, side: int) -> torch.Tensor:
    values = [value for grid, value in zip(found["grid"], found["value"], strict=True) if grid == name]
    return numbers(values).reshape(1, 1, side, side)


def pooled(found: Columns) -> None:
    moved = torch.zeros(1, 1, 8, 8, dtype=torch.float64)
    moved[..., 2:, :] = grid_of(found, "image", 8)[..., :-2, :]
    torch.testing.assert_close(grid_of(found, "shifted", 8), moved)
    torch.testing.assert_close(grid_of(found, "pooled", 3), F.avg_pool2d(moved, 3, 2))


def grouped(found: Columns) -> None:
    before = numbers(found["before"]).reshape(normalisation.SHAPE)
    np.testing.assert_array_equal(before.numpy(), normalisation.tensor())
    wanted = F.group_norm(before, 3, eps=normalisation.EPSILON)
    torch.testing.assert_close(numbers(found["after"]).reshape(before.shape), wanted)


def batch(found: Columns) -> None:
    x = numbers(found["x"][:5])[:, None]
    scale, shift = (torch.tensor([one], dtype=torch.float64) for one in (2, -1))
    wanted = F.batch_norm(x, None, None, scale, shift, training=True)
    torch.testing.assert_close(numbers(found["y"][:5])[:, None], wanted, rtol=0, atol=1e-12)


def prediction(found: Columns) -> None:
    z = torch.tensor([1.5, -0.5, 0.0], dtype=torch.float64, requires_grad=True)
    F.cross_entropy(z, torch.tensor(0)).backward()
    torch.testing.assert_close(numbers(found["logit"]), z.detach())
    torch.testing.assert_close(numbers(found["p"]), z.detach().softmax(0))
    torch.testing.assert_close(numbers(found["gradient"]), z.grad)


@pytest.mark.parametrize(
    ("idea", "values", "label", "holds", "name"),
    [
        ("activations", "of=gelu,x=2", "f and its slope", activation, "curves-gelu-x=2"),
        (
            "pooling",
            "mode=average,size=3,right=0,down=2",
            "Image and pooled numbers",
            pooled,
            "grids-seven-average-size=3-stride=2-right=0-down=2",
        ),
        (
            "normalisation",
            "kind=group,groups=3",
            "The numbers",
            grouped,
            "numbers-group-groups=3-of=0-before",
        ),
        (
            "batchnorm",
            "gamma=2,beta=-1,x1=-4.5",
            "From x to y",
            batch,
            "steps-training-x=-4.5_4_7_3_9-gamma=2-beta=-1",
        ),
        ("losses", "a=1.5,b=-0.5", "The prediction", prediction, "prediction-cross_entropy-cat-a=1.5-b=-0.5"),
    ],
    ids=lambda given: given if isinstance(given, str) and given.isalpha() else "",
)
def test_numbers_are_those_of_torch(
    address, page, tmp_path, idea: str, values: str, label: str, holds: Callable[[Columns], None], name: str
) -> None:
    """Oracle: torch, on what the file says came in."""
    opened(page, f"{address}/ideas?idea={idea}&values={quote(values)}")
    said, contents = saved(page, f"{label} as CSV", tmp_path)
    assert said == f"{idea}-{name}.csv"
    holds(columns(contents))


def test_the_menu_is_reached_by_keys_and_follows_the_screen(address, page) -> None:
    page.goto(f"{address}/ideas?idea=residual")
    page.locator(".frame.idea .picture svg:visible").first.wait_for(timeout=WAIT_MS)
    menu = page.get_by_role("button", name="Export")
    menu.focus()
    page.keyboard.press("Enter")
    first = page.get_by_role("button", name="Plain and residual, side by side as SVG")
    expect(first).to_be_focused(timeout=WAIT_MS)
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    with page.expect_download(timeout=WAIT_MS) as download:
        page.keyboard.press("Enter")
    assert download.value.suggested_filename == "residual-block-w=1-b=1.csv"
    page.keyboard.press("Escape")
    expect(menu).to_be_focused()
    page.get_by_role("radio", name="depth").check(force=True)
    menu.click()
    expect(page.get_by_role("button", name="A signal through many blocks as SVG")).to_be_visible()


def test_a_phone_shows_the_whole_menu(browser, address) -> None:
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    opened(page, f"{address}/ideas?idea=pointwise")
    for button in page.get_by_role("button", name=" as ").all():
        box = button.bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    context.close()


def test_no_step_of_features_is_large(address, page) -> None:
    """Bar of the project: at most 10 KB from the server for a step; another photograph comes along once."""
    received: list[int] = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
    page.goto(f"{address}/ideas?idea=features&values=of%3Dcat")
    frame = page.locator(".frame.idea")
    drawing = frame.locator(".picture svg").first
    expect(drawing).to_have_attribute("aria-label", "The image with HOG. 3872 numbers", timeout=WAIT_MS)
    for choice in ("SIFT", "learned filters", "edges", "coffee", "rocket"):
        page.wait_for_timeout(700)  # for what still comes of the step before
        received.clear()
        before = drawing.locator("image").get_attribute("href")
        frame.get_by_role("radio", name=choice, exact=True).check(force=True)
        if choice in SAMPLES:
            expect(drawing.locator("image")).not_to_have_attribute("href", before, timeout=WAIT_MS)
        else:
            words = re.compile(f"^The image with {choice}")
            expect(drawing).to_have_attribute("aria-label", words, timeout=WAIT_MS)
        page.wait_for_timeout(700)
        assert 0 < sum(received) <= MOST_OF_A_STEP, choice


def test_a_browser_that_has_lost_what_it_was_to_keep_asks_for_it(address, page) -> None:
    page.goto(f"{address}/ideas")
    page.locator("a.card").first.wait_for(timeout=WAIT_MS)
    said = page.evaluate(
        """source => import(source).then(m => new Promise(said => m.drawIdea({
            parentElement: document.createElement("div"),
            data: { idea: "features", state: {}, large: false, kept: { image: ["never sent"] } },
            setTriggerValue: (...words) => said(words),
        })))""",
        f"{ADDRESS}ideas/ideas.js",
    )
    assert said == ["missing", "features"]
