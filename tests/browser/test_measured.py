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
    page.get_by_role("button", name="Measure").click(timeout=WAIT_MS)
    chart = page.locator(".js-plotly-plot").first
    expect(chart).to_be_visible(timeout=MEASURE_MS)
    expect(chart.locator(".points path.point")).to_have_count(5, timeout=WAIT_MS)
    expect(page.get_by_text(re.compile("batch of 2, float32"))).to_be_visible()
    expect(page.get_by_role("button", name="Measure")).to_be_disabled()
    page.reload()
    expect(page.get_by_text(re.compile("batch of 2, float32"))).to_be_visible(timeout=WAIT_MS)


def test_too_much_for_a_page_is_told_kindly(address, page):
    """Oracle: VGG-19 takes 19.6 G MACs an image by the paper's layers, 64 of them more than the limit."""
    page.goto(address + "/measured?net=vgg19&batch=64")
    page.get_by_role("button", name="Measure").click(timeout=WAIT_MS)
    said = page.get_by_test_id("stAlert")
    expect(said).to_contain_text("choose fewer images", timeout=WAIT_MS)
    expect(said).to_contain_text("cnnviz measure")
