"""The ideas by keyboard alone."""

from __future__ import annotations

import re

import pytest

from cnnviz.ideas import pooling
from tests.browser.steps import WAIT_MS, parameters
from tests.browser.test_ideas import opened

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def test_an_idea_is_entered_from_its_card(address, page):
    """Oracle: the first thing after the idea's own frame is its first choice."""
    page.goto(f"{address}/ideas")
    card = page.get_by_role("link", name=re.compile("^Losses"))
    card.wait_for(timeout=WAIT_MS)
    card.focus()
    page.keyboard.press("Enter")
    frame = page.locator(".frame.idea.losses")
    expect(frame).to_be_focused(timeout=WAIT_MS)
    page.keyboard.press("Tab")
    expect(frame.get_by_role("radio", name="3 classes")).to_be_focused()


def test_the_window_of_a_pooling_is_framed_by_keys(address, page):
    """Oracle: numpy's maximum of the window of 2 x 2 that is framed, of the unshifted image."""
    frame = opened(page, f"{address}/ideas?idea=pooling&values=right=0,window=0")
    framed = frame.get_by_role("slider", name="Framed window")
    framed.focus()
    for _ in range(5):
        page.keyboard.press("ArrowRight")
    expect(framed).to_have_attribute("aria-valuetext", "6 of 16")
    page.wait_for_url(lambda link: "window=5" in parameters(link).get("values", ""))
    cells = [value for row in pooling.image("seven")[2:4] for value in row[2:4]]
    expect(frame.locator(".formulas")).to_contain_text(f"={max(cells):.0f}")
    page.keyboard.press("End")
    expect(framed).to_have_attribute("aria-valuetext", "16 of 16")
    frame.get_by_role("slider", name="Window").first.fill("4")
    expect(framed).to_have_attribute("aria-valuetext", re.compile(r"^\d+ of 9$"))


def test_who_picks_a_learned_filter_goes_on_to_the_next(address, page):
    frame = opened(page, f"{address}/ideas?idea=features&values=step=learned")
    buttons = frame.locator(".kernels button")
    expect(buttons.first).to_be_visible(timeout=WAIT_MS)
    for at in (3, 4):
        buttons.nth(at).focus()
        page.keyboard.press("Enter")
        page.wait_for_url(lambda link, at=at: f"filter={at}" in parameters(link).get("values", ""))
        expect(buttons.nth(at)).to_have_attribute("aria-pressed", "true")
        expect(buttons.nth(at)).to_be_focused()
