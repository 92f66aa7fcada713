"""The moving window in a real browser: an image comes in; pictures, numbers and code go out."""

from __future__ import annotations

import csv
import io
import re
from xml.etree import ElementTree

import pytest
from PIL import Image

from tests.browser.steps import WAIT_MS, parameters
from tests.browser.windows import at, opened, shown_outputs, total

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


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
