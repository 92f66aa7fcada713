"""The page Measured in a real browser: a network is run on the server, and the link keeps what was asked."""

from __future__ import annotations

import re

import pytest

from tests.browser.steps import WAIT_MS

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser
MEASURE_MS = 120_000  # a process that imports torch, on a busy machine


def test_a_network_is_measured_and_the_next_visitor_sees_it(address, page):
    """Oracle: as many dots as LeNet-5 has layers that multiply, two convolutions and three full ones."""
    page.goto(address + "/measured?net=lenet5&batch=2")
    page.get_by_role("button", name="Measure", exact=True).click(timeout=WAIT_MS)
    expect(page.get_by_role("status").filter(has_text="lenet5")).to_be_visible(timeout=WAIT_MS)
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible(timeout=MEASURE_MS)
    expect(chart.locator(".points path.point")).to_have_count(5, timeout=WAIT_MS)
    expect(page.get_by_text(re.compile("batch of 2, float32"))).to_be_visible()
    expect(page.get_by_role("status").filter(has_text="lenet5")).to_have_count(0)
    expect(page.get_by_role("button", name="Measure again")).to_be_enabled()
    page.reload()
    expect(page.get_by_text(re.compile("batch of 2, float32"))).to_be_visible(timeout=WAIT_MS)


def test_the_page_can_be_used_while_a_measurement_waits_and_it_can_be_cancelled(address, page):
    """Oracle: the second visitor is told that one is before theirs; after Cancel it is their turn."""
    page.goto(address + "/measured?net=vgg16&batch=8")
    page.get_by_role("button", name="Measure", exact=True).click(timeout=WAIT_MS)
    mine = page.get_by_role("status").filter(has_text="vgg16")
    expect(mine).to_contain_text("Measuring vgg16", timeout=WAIT_MS)
    other = page.context.browser.new_context()
    try:
        visitor = other.new_page()
        visitor.goto(address + "/measured?net=resnet18&batch=2")
        visitor.get_by_role("button", name="Measure", exact=True).click(timeout=WAIT_MS)
        theirs = visitor.get_by_role("status").filter(has_text="resnet18")
        expect(theirs).to_contain_text("waits: 1 before it, now vgg16", timeout=WAIT_MS)
        page.get_by_role("spinbutton", name="Input size").fill("64")  # another run of the page, at once
        page.get_by_role("spinbutton", name="Input size").press("Enter")
        page.wait_for_url(re.compile("size=64"), timeout=WAIT_MS)
        expect(mine).to_contain_text("Measuring vgg16")
        expect(page.get_by_role("button", name="Measure", exact=True)).to_be_enabled()
        page.get_by_role("button", name="Cancel this measurement").click()
        expect(mine).to_have_count(0, timeout=WAIT_MS)
        expect(theirs).to_contain_text("Measuring resnet18", timeout=WAIT_MS)
        visitor.get_by_role("button", name="Cancel this measurement").click()
        expect(theirs).to_have_count(0, timeout=WAIT_MS)
        expect(visitor.get_by_role("button", name="Measure", exact=True)).to_be_enabled()
    finally:
        other.close()


def test_too_much_for_a_page_is_told_kindly(address, page):
    """Oracle: VGG-19 takes 19.6 G MACs an image by the paper's layers, 8 of them are within 200."""
    page.goto(address + "/measured?net=vgg19&batch=64")
    page.get_by_role("button", name="Measure").click(timeout=WAIT_MS)
    said = page.get_by_test_id("stAlert")
    expect(said).to_contain_text("choose 8 images", timeout=WAIT_MS)
    expect(said).to_contain_text("cnnviz measure")
