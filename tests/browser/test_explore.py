"""Explore in a real browser: links, pickers, numbers, the graph, errors."""

from __future__ import annotations

import re

import pytest

from cnnviz.ui import links
from tests.browser.steps import WAIT_MS, expect_total

pytestmark = pytest.mark.browser


def open_link(page, link: str) -> None:
    page.goto(link)
    page.locator("[data-testid=stMetricValue]").first.wait_for(timeout=WAIT_MS)


def pick_network(page, words: str) -> None:
    box = page.get_by_role("combobox", name="Network")
    box.click()
    page.keyboard.type(words)
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")


def set_size(page, size: int) -> None:
    box = page.locator("input[aria-label='Input size']")
    box.fill(str(size))
    box.press("Enter")


def test_link_is_right_as_first_request_after_start(cold_address, page):
    """Oracle: torchvision's table, 25,557,032 parameters; MACs at 192: 4.089 G at 224 scaled by the maps.

    ResNet-50's convolutions see maps whose sides halve exactly at 224 and at 192, so their 4,087,136,256
    MACs become (192/224)^2 of that, 3,002,793,984; its linear layer stays at 2,048,000.
    """
    open_link(page, cold_address + "/explore?net=resnet50&size=192")
    expect_total(page, "Parameters", "25,557,032")
    expect_total(page, "MACs", "3,004,841,984")
    assert page.get_by_role("combobox", name="Network").input_value() == "2015 · ResNet-50"


@pytest.mark.parametrize("width", [1440, 1280, 1024])
def test_every_page_can_be_seen_above(address, page, width):
    page.set_viewport_size({"width": width, "height": 720})
    open_link(page, address + "/explore")
    page.get_by_role("navigation").get_by_role("link", name="Exercises").wait_for(timeout=WAIT_MS)
    assert page.get_by_role("navigation").get_by_role("link").count() == len(links.PAGES)


def test_picking_a_network_and_a_size_changes_numbers_and_link(address, page):
    """Oracle: torchvision's table: vgg16 has 138,357,544 parameters and 15,470,264,320 MACs at 224."""
    open_link(page, address + "/explore")
    expect_total(page, "Parameters", "62,378,344")  # AlexNet in one tower, 227x227: the course's arithmetic
    pick_network(page, "VGG-16")
    expect_total(page, "Parameters", "138,357,544")
    expect_total(page, "MACs", "15,470,264,320")
    page.wait_for_url(re.compile("net=vgg16"))
    set_size(page, 64)
    # fc6 shrinks from 7x7x512 to 2x2x512 inputs: 45 * 512 * 4096 = 94,371,840 parameters fewer
    expect_total(page, "Parameters", "43,985,704")
    page.wait_for_url(re.compile("size=64"))


def test_options_are_part_of_the_link(address, page):
    """Oracle: 990 classes fewer take away 990 * (4096 + 1) = 4,056,030 of AlexNet's parameters."""
    open_link(page, address + "/explore?net=alexnet&num_classes=10")
    expect_total(page, "Parameters", "58,322,314")


def test_too_small_an_input_is_told_in_place(address, page):
    open_link(page, address + "/explore?net=vgg16")
    set_size(page, 20)
    alert = page.get_by_role("alert")
    alert.wait_for(timeout=WAIT_MS)
    assert "32" in alert.inner_text()  # torchvision's table: 32 is the smallest input of VGG
    set_size(page, 32)
    expect_total(page, "Weight layers", "16")


def test_unknown_network_is_told_in_place_as_it_was_typed(address, page):
    open_link(page, address + "/explore?net=res[net](http://x)_51")
    assert "res[net](http://x)_51" in page.get_by_role("alert").inner_text()
    assert page.get_by_role("alert").locator("a").count() == 0


def test_graph_is_drawn_and_can_be_zoomed(address, page):
    open_link(page, address + "/explore?net=alexnet")
    graph = page.get_by_role("group", name="Graph of alexnet@course")
    graph.wait_for(timeout=WAIT_MS)
    assert graph.locator("g.node").count() > 3
    before = graph.bounding_box()["height"]
    page.get_by_role("button", name="Zoom in").click()
    assert graph.bounding_box()["height"] > before
    page.get_by_role("button", name="Fit the whole graph").click()


DRAW = """async ([source, dot, limit]) => {
    const parts = await import(source)
    const host = document.body.appendChild(document.createElement("div"))
    const root = host.attachShadow({ mode: "open" })
    const data = { part: "graph", dot, boxes: [], legend: [], title: "", label: "test", height: 200, limit }
    Object.assign(data, { told: { of: "", shapes: [] } })
    parts.draw({ parentElement: root, data })
    const [stage, note] = [root.querySelector(".stage"), root.querySelector(".note")]
    const shown = () => stage.querySelector("svg") || note.textContent.includes(".")
    for (let i = 0; i < 100 && !shown(); i++) await new Promise(done => setTimeout(done, 100))
    return root.querySelector(".stage svg")?.outerHTML ?? root.querySelector(".note").textContent
}"""


def test_graph_shows_what_a_module_is_named_and_runs_none_of_it(address, page):
    from cnnviz.ui.block_graph import ADDRESS

    open_link(page, address + "/explore")
    dot = 'digraph { a [label="<script>alert(1)</script>", URL="javascript:alert(1)", id="node:0"] }'
    svg = page.evaluate(DRAW, [ADDRESS + "parts.js", dot, 10])
    assert "&lt;script&gt;" in svg
    assert "<script" not in svg
    assert "javascript:" not in svg


def test_graph_that_takes_too_long_is_stopped_and_says_so(address, page):
    from cnnviz.ui.block_graph import ADDRESS

    open_link(page, address + "/explore")
    edges = " ".join(f"{i} -> {j};" for i in range(150) for j in range(i))  # all to all: hopeless
    note = page.evaluate(DRAW, [ADDRESS + "parts.js", f"digraph {{ {edges} }}", 0.5])
    assert "longer than 0.5 s" in note
    again = page.evaluate(DRAW, [ADDRESS + "parts.js", "digraph { a -> b }", 10])
    assert "<svg" in again  # the next graph gets a fresh worker
