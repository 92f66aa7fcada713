"""Counting conventions in a real browser: the switch, the link, the page, second opinions."""

from __future__ import annotations

import re
from urllib.parse import unquote

import pytest

from tests.browser.steps import WAIT_MS, assert_fits, expect_total

pytestmark = pytest.mark.browser


def choose(page, group: int, words: str) -> None:
    page.locator("[data-testid=stButtonGroup]").nth(group).get_by_text(words, exact=True).click()


def expect_text(page, words: str) -> None:
    page.get_by_text(words).first.wait_for(timeout=WAIT_MS)


def test_a_cold_link_counts_as_fvcore_does(cold_address, page):
    """Oracle: fvcore's published figure for ResNet-50; bn1 has 112 * 112 * 64 elements of 2 each."""
    page.goto(cold_address + "/explore?net=resnet50&convention=fvcore&layer=1")
    expect_total(page, "as fvcore", "4,111,512,576")
    expect_text(page, "2 × 802,816 = 1,605,632, because batch norm counts 2 for each element")
    page.get_by_role("columnheader", name="as fvcore").wait_for(timeout=WAIT_MS)
    assert "convention=fvcore" in page.url


def test_the_graph_is_coloured_by_what_is_counted(address, page):
    """Oracle: thop's published figure for ResNet-50, whose linear layer has 2,048 x 1,000 products."""
    page.goto(address + "/explore?net=resnet50&convention=thop&colour=MACs&level=0")
    page.get_by_text("MACs as thop", exact=True).first.wait_for(timeout=WAIT_MS)
    expect_total(page, "MACs as thop", "4,133,742,592")
    linear = page.locator("svg text").filter(has_text="2,048,000 MACs as thop")
    linear.wait_for(state="attached", timeout=WAIT_MS)
    assert "colour=MACs" in page.url


def test_the_page_switches_what_all_pages_count(address, page):
    """Oracle: thop's published figure for ResNet-50, 4,089,184,256 MACs and 44,558,336 more."""
    page.goto(address + "/conventions?net=resnet50")
    expect_text(page, "Why do seven tools give nine answers for ResNet-50?")
    choose(page, 0, "as thop")
    expect_text(page, "+44,558,336")
    expect_text(page, "As thop, line by line")
    page.wait_for_url(re.compile("convention=thop"))
    page.get_by_role("link", name="Explore").click()
    expect_total(page, "as thop", "4,133,742,592")
    assert "convention=thop" in page.url


def test_a_convention_of_ones_own_travels_with_the_link(address, page):
    """Oracle: 2 * 4,089,184,256 and 1,000 biases of ResNet-50's linear layer; its convolutions have none."""
    page.goto(address + "/conventions?net=resnet50")
    expect_text(page, "Or build your own")
    choose(page, 1, "FLOPs")
    page.wait_for_url(re.compile("convention=flops"))
    choose(page, 2, "bias")
    page.wait_for_url(lambda url: "convention=flops,bias" in unquote(url))
    expect_text(page, "8,178,369,512")
    page.goto(page.url.replace("/conventions", "/explore"))
    expect_total(page, "FLOPs + bias", "8,178,369,512")


def test_a_plus_sign_in_a_link_is_understood(address, page):
    """Oracle: the same number as above."""
    page.goto(address + "/explore?net=resnet50&convention=flops+bias")
    expect_total(page, "FLOPs + bias", "8,178,369,512")
    assert "convention=flops" in page.url


def test_an_unknown_convention_is_told_in_place(address, page):
    """Oracle: the names that the command line takes; plain MACs stand meanwhile."""
    page.goto(address + "/explore?net=resnet50&convention=fvcor")
    alert = page.get_by_role("alert")
    alert.wait_for(timeout=WAIT_MS)
    assert "fvcore" in alert.inner_text()
    expect_total(page, "MACs", "4,089,184,256")


def test_while_macs_are_predicted_no_convention_tells_them(address, page):
    """Oracle: the rule of Predict: nothing on the page has what is hidden, nor what would tell it."""
    page.goto(address + "/explore?net=resnet50&convention=fvcore&predict=macs&layer=0")
    page.locator("[data-testid=stMetricValue]").first.wait_for(timeout=WAIT_MS)
    page.get_by_role("columnheader", name="MACs").wait_for(timeout=WAIT_MS)
    assert "4,111,512,576" not in page.locator("body").inner_text()


def test_the_tools_themselves_answer_at_a_button(address, page):
    """Oracle: torchinfo's and FlopCounterMode's own answers, which the page shows beside its own numbers."""
    page.goto(address + "/conventions?net=lenet5&variant=paper")
    page.get_by_role("button", name="Ask the tools themselves").click()
    row = page.locator("tr").filter(has_text="torchinfo").filter(has_text="✓")
    row.wait_for(timeout=3 * WAIT_MS)
    assert row.inner_text().split()[1:3] == ["332,188", "332,188"]
    assert page.get_by_text("≠").count() == 0


def test_the_page_is_readable_on_a_phone(address, page):
    """Oracle: a phone of 390 pixels: nothing but tables, which scroll by themselves, is wider."""
    page.set_viewport_size({"width": 390, "height": 844})
    page.goto(address + "/conventions?net=convnext_tiny&convention=torchinfo")
    expect_text(page, "however many positions")
    assert_fits(page)
