"""The moving window by keyboard alone: what a mouse can do, keys can, and nobody loses their place."""

from __future__ import annotations

import re

import pytest

from tests.browser.steps import WAIT_MS, parameters
from tests.browser.windows import at, cell, opened, shown_outputs, total

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

# The name of what has the focus, and how thick the ring around it is.
_FOCUSED = """() => {
    let part = document.activeElement
    while (part?.shadowRoot?.activeElement) part = part.shadowRoot.activeElement
    const shown = part.querySelector?.(".cell") ?? part
    const style = getComputedStyle(shown)
    const ring = shown === part ? style.outlineStyle !== "none" && style.outlineWidth : style.strokeWidth
    const name = part.getAttribute("aria-label") ?? part.labels?.[0]?.textContent ?? part.textContent
    return [name, parseFloat(ring) || 0]
}"""


def test_tab_reaches_everything_in_order_and_shows_where_it_is(address, page):
    """Oracle: the page from top to bottom; WCAG 2.4.7: a visible focus, here a ring of at least 2 pixels."""
    opened(page, address, grid="C=5,m=2")
    page.get_by_role("radio", name="Convolution").focus()
    names = ["Convolution"]
    while names[-1] != "Picture as PNG":
        page.keyboard.press("Tab")
        name, ring = page.evaluate(_FOCUSED)
        assert ring >= 2, name
        names.append(name)
        assert len(names) < 50, names
    rest = iter(names)
    for wanted in (
        *("Examples", "Input size n", "Stride s", "same", "Filters"),
        *("Input", "Draw", "Number to draw with", "Filter", "Play", "Last step", "Step", "Speed"),
        *("Input, channel 1, row 1", "Filter, channel 1, row 1"),
        *("Next channels", "channel 1: ", "filter 1: ", "Picture as SVG"),
    ):
        assert any(name.startswith(wanted) for name in rest), (wanted, names)


def test_keys_draw_on_the_input(address, page):
    """Oracle: a row of three nines under a blur of ninths makes 3, as with the mouse."""
    opened(page, address, cells="blank", weights="blur")
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("ArrowDown")
    expect(page.get_by_text("Space draws 9")).to_be_visible()
    page.keyboard.press("Space")
    page.keyboard.press("Shift+ArrowRight")
    page.keyboard.press("Shift+ArrowRight")
    expect(total(page)).to_have_text("3")
    page.wait_for_url(lambda link: parameters(link).get("cells") == "blank~0.1.0=9~0.1.1=9~0.1.2=9")
    expect(cell(page, "input", 1, 2)).to_be_focused()
    expect(total(page)).to_have_text("3")
    page.get_by_role("textbox", name="Number to draw with").fill("4.5")
    cell(page, "input", 1, 2).focus()
    page.keyboard.press("Space")
    expect(total(page)).to_have_text("2.5")


def test_tab_goes_on_from_a_cell_that_was_typed_and_keeps_what_is_no_number(address, page):
    """Oracle: the edge of the course: 7 in the place of 10 takes 3 off its first number, 0."""
    opened(page, address)
    cell(page, "input", 0, 0).focus()
    page.keyboard.press("7")
    page.keyboard.press("Tab")
    expect(total(page)).to_have_text("−3")
    expect(cell(page, "kernel", 0, 0)).to_be_focused()
    page.keyboard.press("Enter")
    field = page.locator("input.typed")
    field.fill("ten")
    page.keyboard.press("Tab")
    expect(page.get_by_text("Escape leaves the cell as it was")).to_be_visible()
    expect(field).to_be_focused()
    expect(field).to_have_value("ten")
    page.keyboard.press("Escape")
    expect(cell(page, "kernel", 0, 0)).to_be_focused()
    expect(total(page)).to_have_text("−3")


def test_who_chooses_by_arrow_keys_stays_there(address, page):
    """Oracle: the order of the lists: what is chosen twice is the second one after the first."""
    opened(page, address)
    for name, changed in (("Input", "cells"), ("Filter", "weights")):
        box = page.get_by_role("combobox", name=name, exact=True)
        options = box.locator("option").evaluate_all("all => all.map(one => one.value)")
        first = options.index(box.input_value())
        box.focus()
        for step in (1, 2):
            page.keyboard.press("ArrowDown")
            page.wait_for_url(
                lambda link, name=changed, wanted=options[first + step]: parameters(link).get(name) == wanted
            )
            expect(box).to_be_focused()
    examples = page.get_by_role("combobox", name="Examples")
    examples.focus()
    titles = examples.locator("option").all_inner_texts()
    for title in titles[1:3]:
        page.keyboard.press("ArrowDown")
        expect(examples.locator("option:checked")).to_have_text(title)
    expect(examples).to_be_focused()
    page.wait_for_url(lambda link: parameters(link).get("cells", "").startswith("3,0,1,2,7,4"))
    page.get_by_role("button", name="Stride: more").click()
    expect(examples.locator("option:checked")).to_have_text(titles[0])


def test_who_turns_to_the_next_channels_can_turn_on(address, page):
    opened(page, address, op="pointwise", grid="C=9,m=2")
    page.get_by_role("button", name="Next channels").focus()
    for said in ("4 to 6", "7 to 9"):
        page.keyboard.press("Enter")
        expect(page.get_by_text(f"Channels {said} of 9")).to_be_visible()
    expect(page.get_by_role("button", name="Next channels")).to_be_disabled()
    expect(page.get_by_role("button", name="Channels before")).to_be_focused()


def test_all_kinds_are_chosen_by_arrow_keys(address, page):
    """Oracle: the six kinds, and back to the first; their first outputs' sides from the course's formula."""
    opened(page, address)
    page.get_by_role("radio", name="Convolution").focus()
    kinds = (("1 × 1", 36), ("Depthwise", 16), ("Transposed", 9), ("Max pool", 4), ("Average pool", 4))
    for name, steps in (*kinds, ("Convolution", 16)):
        page.keyboard.press("ArrowDown")
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_checked(timeout=WAIT_MS)
        at(page, f"1 of {steps}")
        expect(page.get_by_role("radio", name=name, exact=True)).to_be_focused()
    assert shown_outputs(page) == [[0, 30, 30, 0] * 4]


@pytest.mark.parametrize(
    "link",
    [
        {},
        {"op": "pointwise"},
        {"op": "pointwise", "grid": "n=28,C=192,m=32"},
        {"op": "depthwise"},
        {"grid": "C=3,m=2"},
        {"grid": "n=8,C=6,m=3"},
        {"op": "transposed"},
        {"op": "max"},
    ],
    ids=lambda link: " ".join(link.values()),
)
def test_a_presentation_shows_what_is_counted_on_a_small_projector(address, page, link):
    """Oracle: the screen of 1280 x 720; titles of grids do not run into each other."""
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, address, present="true", **link)
    expect(page.locator(".frame.large")).to_be_visible()
    for number in page.locator(".counts dd").all():
        expect(number).to_be_in_viewport(ratio=1)
    expect(page.locator(".counts")).to_contain_text(re.compile(r"\d of [\d,]+"))
    boxes = [title.bounding_box() for title in page.locator(".title").all()]
    for i, a in enumerate(boxes):
        for b in boxes[:i]:
            beside = a["x"] >= b["x"] + b["width"] or b["x"] >= a["x"] + a["width"]
            assert beside or a["y"] >= b["y"] + b["height"] or b["y"] >= a["y"] + a["height"], (a, b)
