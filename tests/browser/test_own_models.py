"""A model of one's own in a real browser: uploaded, explored, gone with the visit."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

pytest.importorskip("playwright.sync_api")
pytest.importorskip("onnx")
from playwright.sync_api import Page, expect

from tests.browser.steps import WAIT_MS, expect_total
from tests.onnx.files import small_network

pytestmark = pytest.mark.browser


def open_options(page: Page) -> None:
    page.get_by_role("button", name="Options").click()
    field = page.get_by_test_id("stFileUploader").filter(has_text="A model of your own")
    expect(field).to_be_attached(timeout=WAIT_MS)


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "my net.onnx"
    path.write_bytes(small_network())
    return path


def test_an_uploaded_file_is_explored_and_does_not_travel(page: Page, address: str, file: Path) -> None:
    """Oracle: by hand: 4 * (27 + 1) + 5 * (36 + 1) parameters, at 15x15 as the file says."""
    page.goto(f"{address}/explore")
    expect_total(page, "Parameters", "62,378,344")
    open_options(page)
    page.locator("input[type=file]").first.set_input_files(file)
    page.wait_for_url(re.compile(r"net=my_net\.onnx"), timeout=WAIT_MS)
    page.keyboard.press("Escape")
    expect_total(page, "Parameters", "297")
    page.locator("button[aria-label=Layer]").click()
    expect(page.locator("h4").filter(has_text="conv")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("Show me the code")).to_have_count(0)  # nobody knows the file's
    other = page.context.browser.new_context()  # somebody else
    try:
        visitor = other.new_page()
        visitor.goto(page.url)
        expect(visitor.get_by_text("does not travel with a link")).to_be_visible(timeout=WAIT_MS)
        expect_total(visitor, "Parameters", "62,378,344")
    finally:
        other.close()


def test_a_file_that_is_no_network_is_refused_in_words(page: Page, address: str, tmp_path: Path) -> None:
    """Oracle: the sentence, and the network that was there stays."""
    page.goto(f"{address}/explore?net=lenet5")
    expect_total(page, "Parameters", "61,706")
    path = tmp_path / "essay.onnx"
    path.write_text("This is an essay on convolutional networks.")
    open_options(page)
    page.locator("input[type=file]").first.set_input_files(path)
    said = re.compile(r"essay\.onnx: .*(not those of an ONNX file|cut off)")
    expect(page.get_by_test_id("stAlert").filter(has_text=said)).to_be_visible(timeout=WAIT_MS)
    expect_total(page, "Parameters", "61,706")


def test_an_uploaded_file_is_compared_and_counted_as_the_switch_says(
    page: Page, address: str, file: Path
) -> None:
    """Oracle: by hand: the 297 parameters above, and 61,706 of LeNet-5; FLOPs are named so."""
    page.goto(f"{address}/compare?nets=lenet5&convention=flops")
    open_options(page)
    page.locator("input[type=file]").first.set_input_files(file)
    page.wait_for_url(re.compile(r"net=my_net\.onnx"), timeout=WAIT_MS)
    page.keyboard.press("Escape")
    idle = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    expect(idle).to_be_attached(timeout=WAIT_MS)  # until then the button adds what was picked before
    page.get_by_role("button", name="Add", exact=True).click()
    page.wait_for_url(re.compile(r"nets=lenet5(\+|%20)my_net\.onnx"), timeout=WAIT_MS)
    rows = page.get_by_role("table", name="2 networks").locator("tr")
    expect(rows.nth(0)).to_contain_text("FLOPs", timeout=WAIT_MS)
    expect(rows.nth(1).locator("td").first).to_have_text("61,706")
    expect(rows.nth(2).locator("td").first).to_have_text("297")
