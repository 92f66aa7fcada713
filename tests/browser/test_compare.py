"""Compare in a real browser: a cold link, adding and removing, sorting, the parts, files, a phone."""

from __future__ import annotations

import csv
import io

import pytest

from tests.browser.steps import WAIT_MS, assert_fits, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

# Oracles: Krizhevsky's two towers, VGG-16's published 138 M, torchvision's published ResNet-50, MobileNetV2.
PARAMETERS = {
    "alexnet@paper": "60,965,224",
    "vgg16@paper": "138,357,544",
    "resnet50@torchvision": "25,557,032",
    "mobilenet_v2@torchvision": "3,504,872",
}


def nets(page) -> list[str]:
    return parameters(page.url).get("nets", "").split()


def table(page, label: str):
    return page.get_by_role("table", name=label)


def rows_are(page, count: int, *names: str) -> None:
    """Waits until the totals are of these networks, in this order."""
    rows = table(page, f"{count} networks" if count > 1 else names[0]).locator("tbody tr")
    expect(rows).to_have_count(count, timeout=WAIT_MS)
    for row, name in zip(range(count), names, strict=True):
        expect(rows.nth(row).locator("th")).to_have_text(name)
        expect(rows.nth(row).locator("td").first).to_have_text(PARAMETERS[name])


def test_a_cold_link_compares_three_then_one_is_added_and_one_removed(cold_address, page):
    page.goto(cold_address + "/compare?nets=alexnet%40paper+vgg16+resnet50")
    rows_are(page, 3, "alexnet@paper", "vgg16@paper", "resnet50@torchvision")
    search = page.get_by_role("combobox", name="Networks")
    search.fill("MobileNetV2")
    page.get_by_role("option", name="MobileNetV2 @torchvision").click()
    four = ("alexnet@paper", "vgg16@paper", "resnet50@torchvision", "mobilenet_v2@torchvision")
    page.keyboard.press("Escape")  # an open list hides the rest from readers
    rows_are(page, 4, *four)
    page.get_by_role("button", name="Remove vgg16@paper").click()
    rows_are(page, 3, "alexnet@paper", "resnet50@torchvision", "mobilenet_v2@torchvision")
    page.wait_for_url(lambda _: nets(page) == ["alexnet@paper", "resnet50@torchvision", four[3]])
    page.reload()
    rows_are(page, 3, "alexnet@paper", "resnet50@torchvision", "mobilenet_v2@torchvision")


def test_a_click_on_a_head_sorts(address, page):
    page.goto(address + "/compare?nets=alexnet%40paper+vgg16+resnet50")
    rows_are(page, 3, "alexnet@paper", "vgg16@paper", "resnet50@torchvision")
    head = table(page, "3 networks").get_by_role("button", name="parameters")
    head.click()
    rows_are(page, 3, "vgg16@paper", "alexnet@paper", "resnet50@torchvision")
    head.click()
    rows_are(page, 3, "resnet50@torchvision", "alexnet@paper", "vgg16@paper")
    head.click()
    rows_are(page, 3, "alexnet@paper", "vgg16@paper", "resnet50@torchvision")


def test_a_network_is_added_with_the_picker_s_options(address, page):
    """Oracle: 990 classes fewer take away 990 * (4096 + 1) of AlexNet's 62,378,344 parameters."""
    page.goto(address + "/compare?nets=vgg16&num_classes=10")
    rows_are(page, 1, "vgg16@paper")
    page.get_by_role("button", name="Add", exact=True).click()
    added = table(page, "2 networks").locator("tbody tr").nth(1)
    expect(added.locator("th")).to_have_text("alexnet@course,num_classes=10", timeout=WAIT_MS)
    expect(added.locator("td").first).to_have_text(f"{62_378_344 - 990 * 4097:,}")
    page.wait_for_url(lambda _: nets(page) == ["vgg16", "alexnet@course,num_classes=10"])


def test_the_difference_is_told_and_linked(address, page):
    """Oracle: three 1x1 convolutions on four times the area: 3 * 256*128 * (56*56 - 28*28) MACs."""
    page.goto(address + "/compare?nets=resnet50%40paper+resnet50")
    rows_are_two = table(page, "2 networks").locator("tbody tr")
    expect(rows_are_two).to_have_count(2, timeout=WAIT_MS)
    page.get_by_role("radio", name="Difference").click()
    said = "Stride 2 moved from the 1x1 to the 3x3 convolution in three blocks: +231 M MACs"
    expect(page.get_by_role("heading", name=said)).to_be_visible(timeout=WAIT_MS)
    together = table(page, "resnet50@torchvision against resnet50@paper").locator("tfoot")
    expect(together).to_contain_text("+231,211,008")
    page.wait_for_url(lambda url: "compared=Difference" in url)
    page.reload()
    expect(page.get_by_role("heading", name=said)).to_be_visible(timeout=WAIT_MS)


@pytest.mark.parametrize(
    ("part", "shows"),
    [
        ("Stages", "Output sizes"),
        ("Curves", "Depth counts convolutional"),
        ("Operations", "3x3 convolution"),
        ("Errors", "On the Pareto front"),
        ("Timeline", "The first figure that was published"),
        ("Claims", "1/8.7"),
    ],
)
def test_every_part_opens_and_fits(address, page, part, shows):
    page.goto(address + "/compare")
    page.get_by_role("radio", name=part).click(timeout=WAIT_MS)
    expect(page.get_by_text(shows).first).to_be_visible(timeout=WAIT_MS)
    assert_fits(page)


def test_tables_and_figures_are_exported(address, page):
    page.goto(address + "/compare?nets=alexnet%40paper+vgg16+resnet50")
    rows_are(page, 3, "alexnet@paper", "vgg16@paper", "resnet50@torchvision")
    page.get_by_role("button", name="Export").click()
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("button", name="CSV").click()
    rows = list(csv.DictReader(io.StringIO(download.value.path().read_text(encoding="utf-8"))))
    assert {row["network"]: f"{int(row['parameters']):,}" for row in rows} == {
        name: PARAMETERS[name] for name in ("alexnet@paper", "vgg16@paper", "resnet50@torchvision")
    }
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("button", name="Totals as SVG").click()
    assert download.value.suggested_filename == "compare-totals.svg"
    assert "138 M" in download.value.path().read_text(encoding="utf-8")
    expect(page.get_by_text("cnnviz compare alexnet@paper vgg16@paper")).to_be_visible()


def test_a_phone_shows_all_of_it(address, page):
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + "/compare?nets=alexnet%40paper+vgg16+resnet50")
    rows_are(page, 3, "alexnet@paper", "vgg16@paper", "resnet50@torchvision")
    assert_fits(page)
    error = table(page, "3 networks").get_by_role("cell", name="28.4")
    error.scroll_into_view_if_needed()
    expect(error).to_be_in_viewport()


def test_what_cannot_be_compared_stays_as_it_was_typed(address, page):
    page.goto(address + "/compare?nets=resnet51+vgg16")
    expect(page.get_by_role("alert")).to_contain_text("did you mean", timeout=WAIT_MS)
    rows_are(page, 1, "vgg16@paper")
    expect(page.get_by_role("button", name="Remove resnet51")).to_be_visible()
