"""The bottleneck lab in a real browser: sliders and typed values, the link, files."""

from __future__ import annotations

import csv
import io
import re
from xml.etree import ElementTree

import pytest

from cnnviz.savings import TRICKS
from tests.browser.steps import WAIT_MS, assert_fits, parameters
from tests.browser.steps import text_field as field

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def opened(page, link: str):
    """The heading of the page of this link."""
    page.goto(link)
    heading = page.get_by_role("heading", name=re.compile("multiplications: "))
    heading.wait_for(timeout=WAIT_MS)
    page.get_by_role("slider").first.wait_for(timeout=WAIT_MS)
    return heading


def test_the_page_opens_on_the_course_question(address, page):
    """Oracle: the course notes."""
    heading = opened(page, address + "/bottleneck")
    expect(heading).to_contain_text("12,443,648 instead of 120,422,400")
    picture = page.get_by_alt_text("28 × 28 × 192 to 28 × 28 × 16 to 28 × 28 × 32")
    expect(picture).to_be_visible()
    expect(page.get_by_alt_text(re.compile("break-even is at 154"))).to_be_visible()
    expect(field(page, "Bottleneck width")).to_have_value("16")


def test_a_slider_moves_everything(address, page):
    """Oracle: 28*28*17*192 + 28*28*32*25*17 = 13,221,376 multiplications through 17 channels."""
    heading = opened(page, address + "/bottleneck")
    page.get_by_label("Bottleneck width, slider").press("ArrowRight")
    expect(heading).to_contain_text(f"{28 * 28 * 17 * 192 + 28 * 28 * 32 * 25 * 17:,}", timeout=WAIT_MS)
    expect(field(page, "Bottleneck width")).to_have_value("17")
    page.wait_for_url(lambda link: parameters(link).get("with") == "width=17")


def test_a_slider_is_dragged(address, page):
    """The last position counts: at the right end are 512 channels, at the left one."""
    heading = opened(page, address + "/bottleneck")
    slider = page.get_by_label("Bottleneck width, slider")
    box = slider.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 0.04, box["y"] + box["height"] / 2)
    page.mouse.down()
    for part in (0.3, 0.6, 0.9, 1.1):
        page.mouse.move(box["x"] + box["width"] * part, box["y"] + box["height"] / 2)
        page.wait_for_timeout(60)
    page.mouse.up()
    expect(field(page, "Bottleneck width")).to_have_value("512")
    expect(heading).to_contain_text(f"{28 * 28 * 512 * 192 + 28 * 28 * 32 * 25 * 512:,}", timeout=WAIT_MS)
    page.wait_for_url(lambda link: parameters(link).get("with") == "width=512")
    expect(field(page, "Bottleneck width")).to_have_value("512")


def test_a_bad_value_stays_with_a_word_and_the_picture_stays_too(address, page):
    heading = opened(page, address + "/bottleneck")
    box = field(page, "Filters (nC out)")
    box.fill("twelve")
    box.press("Enter")
    expect(page.get_by_text("Filters must be a whole number from 1 to 1024, got twelve.")).to_be_visible(
        timeout=WAIT_MS
    )
    expect(box).to_have_value("twelve")
    expect(heading).to_contain_text("12,443,648 instead of 120,422,400")
    box.fill("64")
    box.press("Enter")
    expect(heading).to_contain_text(f"instead of {28 * 28 * 64 * 25 * 192:,}", timeout=WAIT_MS)
    expect(page.get_by_text("must be a whole number")).to_have_count(0)


def test_values_that_go_together_only_together_count_once_they_do(address, page):
    """5 groups need multiples of 5; 190, 30 and 15 are some, and the last of them lets all of them count."""
    heading = opened(page, address + "/bottleneck")
    for label, value in (("Groups", "5"), ("nC that comes in", "190"), ("Filters (nC out)", "30")):
        box = field(page, label)
        box.fill(value)
        box.press("Enter")
        expect(box).to_have_value(value)
    expect(page.get_by_text("5 groups need").first).to_be_visible(timeout=WAIT_MS)
    box = field(page, "Bottleneck width")
    box.fill("15")
    box.press("Enter")
    expect(heading).to_contain_text(f"instead of {28 * 28 * 30 * 25 * 190 // 5:,}", timeout=WAIT_MS)
    expect(page.get_by_text("5 groups need")).to_have_count(0)


def test_a_cold_deep_link_shows_just_that(cold_address, page):
    """Oracle: SqueezeNet, table 1: fire4 has 45,344 parameters."""
    values = "n_H=27,n_W=27,channels=128,squeeze=32,expand1x1=128,expand3x3=128"
    opened(page, f"{cold_address}/bottleneck?trick=fire&with={values}&net=vgg16&on=block1.conv1_2")
    expect(page.get_by_role("cell", name="45,344")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_role("heading", name="vgg16@paper")).to_be_visible()
    expect(field(page, "Squeezed channels")).to_have_value("32")
    assert parameters(page.url)["trick"] == "fire"


def test_a_real_layer_comes_onto_the_sliders(address, page):
    """AlexNet's conv2 has 256 filters of 5x5 on 27x27x96 (Krizhevsky et al. 2012, section 3.5)."""
    heading = opened(page, address + "/bottleneck?net=alexnet&on=conv2")
    page.get_by_role("button", name="Its numbers on the sliders").click()
    expect(heading).to_contain_text(f"instead of {27 * 27 * 256 * 25 * 96:,}", timeout=WAIT_MS)
    expect(field(page, "nC that comes in")).to_have_value("96")


def test_another_way_to_save_begins_at_its_own_values(address, page):
    """Oracle: MobileNets: 512 filters of 3x3 on 14x14x512."""
    heading = opened(page, address + "/bottleneck?with=width=24")
    page.get_by_role("combobox", name="A way to save").click()
    page.get_by_role("option", name="Depthwise separable").click()
    expect(heading).to_contain_text(f"instead of {14 * 14 * 512 * 9 * 512:,}", timeout=WAIT_MS)
    page.wait_for_url(lambda link: parameters(link).get("trick") == "separable")
    page.wait_for_url(lambda link: "with" not in parameters(link))


def test_files_are_saved(address, page, tmp_path):
    opened(page, address + "/bottleneck?with=width=24")
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Curve as CSV").wait_for(timeout=WAIT_MS)
    saved = {}
    for button in ("CSV", "JSON", "Curve as CSV", "Paths as SVG", "Curve as PNG"):
        with page.expect_download(timeout=WAIT_MS) as download:
            page.get_by_role("button", name=button, exact=True).click()
        download.value.save_as(tmp_path / "file")
        saved[download.value.suggested_filename] = (tmp_path / "file").read_bytes()
    rows = list(csv.DictReader(io.StringIO(saved["bottleneck.csv"].decode())))
    assert sum(int(row["macs"]) for row in rows[1:]) == 28 * 28 * 24 * (192 + 25 * 32)
    assert b'"width": 154' in saved["bottleneck.json"]
    assert saved["bottleneck-curve.csv"].startswith(b"width,")
    assert ElementTree.fromstring(saved["bottleneck-paths.svg"]).tag.endswith("svg")
    assert saved["bottleneck-curve.png"].startswith(b"\x89PNG")


@pytest.mark.parametrize("trick", ["resnext", "inception"])  # the widest formula, the widest table
def test_on_a_phone_the_page_does_not_move_sideways(address, page, trick):
    """Oracle: the screen's 390 px."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{address}/bottleneck?trick={trick}")
    page.get_by_text("Break-even:").wait_for(timeout=WAIT_MS)
    expect(page.locator(".katex .mfrac").first).to_be_attached(timeout=WAIT_MS)
    assert_fits(page)


SMALLEST = """() => Math.min(...[...document.querySelectorAll("[data-testid=stMain] img[alt]")].map(image => {
    const svg = decodeURIComponent(image.src.slice(image.src.indexOf(",") + 1))
    const wide = /viewBox=.0 0 ([0-9]+)/.exec(svg)[1]
    const type = [...svg.matchAll(/font(?:-size)?:([0-9.]+)px/g)].map(found => Number(found[1]))
    return image.getBoundingClientRect().width / wide * Math.min(...type)
}))"""


@pytest.mark.parametrize("trick", [known.name for known in TRICKS])
def test_type_can_be_read_from_the_back_of_a_room(address, page, trick):
    """Oracle: 14 px on a projector of 1280x720, of every picture; sliders and pictures do not overlap."""
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, f"{address}/bottleneck?trick={trick}&present=true")
    pictures = page.get_by_test_id("stMain").locator("img[alt]")
    expect(pictures).to_have_count(2, timeout=WAIT_MS)
    assert page.evaluate(SMALLEST) >= 13.99
    fits = "image => image.getBoundingClientRect().right <= document.documentElement.clientWidth"
    assert all(picture.evaluate(fits) for picture in pictures.all())
    assert_fits(page)
