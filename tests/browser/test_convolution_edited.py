"""The moving window in a real browser: cells are typed and drawn, numbers and filters are chosen."""

from __future__ import annotations

import pytest

from tests.browser.steps import WAIT_MS, parameters
from tests.browser.windows import at, cell, opened, shown_outputs, total

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


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
