"""Walking through a network in a real browser: what is selected in one place is selected in all."""

from __future__ import annotations

import re

import pytest

from tests.browser.steps import WAIT_MS, assert_fits, least_contrast, open_graph, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

# The graph is drawn inside a component's own root.
GRAPH = "[...document.querySelectorAll('*')].map(e => e.shadowRoot).find(r => r?.querySelector('g.node'))"


def expect_selected(page, index: int, name: str, *, box: str = "") -> None:
    """The layer is selected in graph, table, card and address bar."""
    page.locator(f"[id='{box or f'node:{index}'}'].selected").wait_for(timeout=WAIT_MS)
    cells = page.locator("tr[aria-selected] td")
    expect(cells.nth(0)).to_have_text(str(index), timeout=WAIT_MS)
    expect(cells.nth(1)).to_have_text(name)
    page.get_by_role("heading").filter(has_text=name).wait_for(timeout=WAIT_MS)
    expect(page.get_by_role("spinbutton", name="Layer")).to_have_value(str(index))
    page.wait_for_url(lambda link: parameters(link).get("layer", "0") == str(index))


def within(page, inner: str, outer: str) -> bool:
    """Whether one element lies inside the visible part of another."""
    a, b = page.locator(inner).bounding_box(), page.locator(outer).bounding_box()
    inside = a["x"] >= b["x"] and a["x"] + a["width"] <= b["x"] + b["width"]
    return inside and a["y"] >= b["y"] and a["y"] + a["height"] <= b["y"] + b["height"]


def test_a_click_on_a_node_selects_its_layer_everywhere(address, page):
    """AlexNet's operations in order: conv1, relu, pool1, conv2: the fourth is conv2."""
    open_graph(page, address + "/explore?net=alexnet")
    page.locator("[id='node:3']").click()
    page.wait_for_url(re.compile("layer=3"))
    expect_selected(page, 3, "conv2")


def test_the_page_opens_on_the_curves_and_a_step_shows_the_card(address, page):
    """Without scrolling on a laptop: both plots end above the lower edge of 1440x900."""
    page.set_viewport_size({"width": 1440, "height": 900})
    open_graph(page, address + "/explore?net=alexnet")
    plots = page.locator(".js-plotly-plot")
    plots.nth(1).wait_for(timeout=WAIT_MS)
    boxes = [plots.nth(i).bounding_box() for i in range(2)]
    assert all(box["y"] + box["height"] <= 900 for box in boxes)
    page.get_by_role("button", name="Next").click()
    expect_selected(page, 1, "act1")
    assert plots.count() == 0
    page.get_by_role("radio", name="Curves").or_(page.get_by_role("button", name="Curves")).click()
    plots.nth(1).wait_for(timeout=WAIT_MS)


def test_a_click_on_a_row_selects_its_layer_everywhere(address, page):
    open_graph(page, address + "/explore?net=alexnet")
    page.locator("tr", has_text="pool1").click()
    page.wait_for_url(re.compile("layer=2"))
    expect_selected(page, 2, "pool1")


def test_a_click_on_a_curve_selects_its_layer_everywhere(address, page):
    """LeNet-5 has 12 operations: the seventh, flatten, begins half way along the axis."""
    open_graph(page, address + "/explore?net=lenet5")
    drag = page.locator(".js-plotly-plot").nth(1).locator(".nsewdrag")
    drag.wait_for(timeout=WAIT_MS)
    box = drag.bounding_box()
    page.mouse.move(box["x"] + box["width"] * 6 / 12, box["y"] + box["height"] / 2)
    page.locator(".hoverlayer g.legend").first.wait_for(timeout=WAIT_MS)
    page.mouse.click(box["x"] + box["width"] * 6 / 12, box["y"] + box["height"] / 2)
    expect_selected(page, 6, "flatten")


def test_arrow_keys_step(address, page):
    """Anywhere on the page, in the graph and in the table; the ends stay ends."""
    open_graph(page, address + "/explore?net=alexnet")
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("layer=1$"))
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("layer=2$"))
    expect_selected(page, 2, "pool1")
    page.locator("[id='node:2']").focus()
    page.keyboard.press("ArrowDown")
    page.wait_for_url(re.compile("layer=3$"))
    expect_selected(page, 3, "conv2")
    page.locator("tr[aria-selected]").focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_url(re.compile("layer=2$"))
    expect_selected(page, 2, "pool1")
    page.get_by_role("button", name="Previous").click()
    page.get_by_role("button", name="Previous").click()
    expect_selected(page, 0, "conv1")
    page.get_by_role("button", name="Previous").click()
    expect_selected(page, 0, "conv1")


def test_the_last_click_of_many_quick_ones_counts(address, page):
    open_graph(page, address + "/explore?net=lenet5")
    for index in (1, 4, 2, 6, 5):
        page.locator(f"[id='node:{index}']").click(no_wait_after=True)
    page.wait_for_url(re.compile("layer=5"))
    page.wait_for_timeout(500)
    assert page.locator("g.selected").get_attribute("id") == "node:5"
    assert page.locator("tr[aria-selected] td").first.inner_text() == "5"


def test_no_step_is_lost_when_a_key_is_held_down(address, page):
    open_graph(page, address + "/explore?net=alexnet")
    for _ in range(8):
        page.keyboard.press("ArrowRight")
        page.wait_for_timeout(40)
    page.wait_for_url(re.compile("layer=8$"))


def test_a_fold_opens_and_a_group_closes_again(address, page):
    """ResNet-34 has 3 equal blocks in conv2_x (He et al. 2015, table 1), each with two convolutions."""
    open_graph(page, address + "/explore?net=resnet34&level=1")
    fold = page.locator("g.node[id^='fold:conv2_x']")
    assert "x 3" in fold.text_content()
    path = fold.get_attribute("id").removeprefix("fold:")
    fold.click()
    cluster = page.locator(f"g.cluster[id='block:{path}']")
    cluster.wait_for(timeout=WAIT_MS)
    page.wait_for_url(re.compile(f"open={re.escape(path)}"))
    assert page.locator("g.node[id^='block:conv2_x']").count() >= 2  # the other two stay closed
    cluster.locator("text").first.click()
    fold.wait_for(timeout=WAIT_MS)
    page.wait_for_url(lambda link: "open" not in parameters(link))


def test_groups_open_and_close_by_keyboard(address, page):
    open_graph(page, address + "/explore?net=googlenet&level=0")
    page.locator("g.node[id='block:inception_3a']").focus()
    page.keyboard.press("Enter")
    page.locator("g.cluster[id='block:inception_3a']").wait_for(timeout=WAIT_MS)
    page.locator("g.node[id^='node:']", has_text="cat").first.focus()
    page.keyboard.press("ArrowLeft")  # to the box before, still inside
    page.keyboard.press("Backspace")
    page.locator("g.node[id='block:inception_3a']").wait_for(timeout=WAIT_MS)


def test_levels_open_all_groups_to_one_depth(address, page):
    open_graph(page, address + "/explore?net=resnet18&level=0")
    assert page.locator("g.cluster").count() == 0
    page.get_by_role("combobox", name="Levels").click()
    page.get_by_role("option", name="1", exact=True).click()
    page.locator("g.cluster[id='block:conv2_x']").wait_for(timeout=WAIT_MS)
    assert page.locator("g.cluster").count() == 4  # conv2_x to conv5_x
    page.wait_for_url(re.compile("level=1"))


def test_what_no_layout_can_draw_is_told_and_drawn_closed(address, page):
    """DenseNet-201 opened to its layers has thousands of edges."""
    open_graph(page, address + "/explore?net=densenet201&level=1")
    assert "more than any layout can draw" in page.get_by_role("alert").inner_text()


def test_a_cold_deep_link_shows_just_that(cold_address, page):
    """Layer 14 of ResNet-50 at 192: the addition of the first block, 48x48x256 (a quarter of 192)."""
    open_graph(page, cold_address + "/explore?net=resnet50&size=192&layer=14&colour=MACs&level=3")
    expect_selected(page, 14, "conv2_x.block_1")
    assert "48x48x256" in page.locator("[id='node:14']").text_content()
    page.wait_for_timeout(300)
    assert within(page, "[id='node:14']", "[aria-label^='Graph of'] >> xpath=..")
    assert "MACs" in page.locator("div.legend").inner_text()
    assert "layer=14" in page.url
    assert "size=192" in page.url


def test_a_layer_inside_a_closed_group_marks_the_group(address, page):
    open_graph(page, address + "/explore?net=resnet50&layer=14&level=0")
    expect_selected(page, 14, "conv2_x.block_1", box="block:conv2_x")


def test_another_network_begins_at_its_first_layer(address, page):
    open_graph(page, address + "/explore?net=resnet50&layer=14&open=conv2_x")
    box = page.get_by_role("combobox", name="Network")
    box.click()
    page.keyboard.type("LeNet-5")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Graph of lenet5").wait_for(timeout=WAIT_MS)
    page.wait_for_url(re.compile("net=lenet5"))
    page.wait_for_url(lambda link: not {"layer", "open"} & parameters(link).keys())
    expect_selected(page, 0, "conv1")


@pytest.mark.parametrize(("kind", "begins"), [("SVG", b"<svg"), ("PNG", b"\x89PNG"), ("DOT", b"digraph")])
def test_the_graph_is_saved_as_it_stands(address, page, kind, begins, tmp_path):
    open_graph(page, address + "/explore?net=lenet5&colour=parameters")
    page.locator("summary", has_text="Save").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=f"Save as {kind}").click()
    assert download.value.suggested_filename == f"lenet5@course.{kind.lower()}"
    download.value.save_as(tmp_path / "graph")
    saved = (tmp_path / "graph").read_bytes()
    assert saved.startswith(begins)
    if kind == "SVG":
        assert b"to " in saved  # the legend
        assert b"var(" not in saved  # colours that a viewer without the page knows
    if kind == "DOT":
        assert b"parameters" in saved


def test_presenter_mode_is_the_graph_and_one_card(address, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    open_graph(page, address + "/explore?net=googlenet&layer=20&present=true")
    page.get_by_role("heading").filter(has_text="inception_3a").wait_for(timeout=WAIT_MS)
    assert page.locator("table").count() == 0
    text = page.locator("g.node text").first
    assert text.bounding_box()["height"] >= 14  # px; about 10 in the page for one reader
    page.keyboard.press("ArrowRight")
    page.wait_for_url(re.compile("layer=21"))
    assert "present=true" in page.url
    assert_fits(page)


def test_full_screen_fills_the_screen_with_the_graph(address, page):
    open_graph(page, address + "/explore?net=googlenet")
    before = page.locator("[aria-label^='Graph of'] >> xpath=..").bounding_box()
    page.get_by_role("button", name="Full screen").click()
    page.locator(":fullscreen").wait_for()
    page.wait_for_timeout(300)
    after = page.locator("[aria-label^='Graph of'] >> xpath=..").bounding_box()
    assert after["width"] > 2 * before["width"]
    assert after["height"] > before["height"]


def test_motion_is_left_out_for_those_who_asked(address, page):
    """The selected node is in sight in the very next frame; a smooth scroll takes many."""
    page.emulate_media(reduced_motion="reduce")
    open_graph(page, address + "/explore?net=alexnet")
    page.wait_for_timeout(300)
    page.locator("[id='node:20']").dispatch_event("click")
    page.evaluate("() => new Promise(requestAnimationFrame)")
    assert within(page, "[id='node:20']", "[aria-label^='Graph of'] >> xpath=..")


def test_a_phone_shows_the_card_before_table_and_graph(address, page):
    page.set_viewport_size({"width": 390, "height": 844})
    open_graph(page, address + "/explore?net=lenet5&layer=3")
    expect_selected(page, 3, "conv2")
    assert_fits(page)
    tops = [
        page.locator(part).first.bounding_box()["y"]
        for part in ("h4:has-text('conv2')", "table", "[aria-label^='Graph of']")
    ]
    assert tops == sorted(tops)
    assert tops[0] < 844


# Long formulas, many branches, long names, a gate: what has been too tall.
TALL = [
    ("googlenet", (14, 20, 23)),
    ("resnet50", (4, 14)),
    ("efficientnet_b0", (12, 28)),
    ("inception_v3", (272, 276)),
]


@pytest.mark.parametrize(("network", "layers"), TALL, ids=[network for network, _ in TALL])
def test_a_projector_shows_every_card_whole(address, page, network, layers):
    page.set_viewport_size({"width": 1280, "height": 720})
    for layer in layers:
        open_graph(page, f"{address}/explore?net={network}&layer={layer}&present=true")
        card = page.get_by_test_id("stMarkdown").filter(has=page.locator("h2"))
        card.locator("img").first.wait_for(timeout=WAIT_MS)
        card.locator(".katex").last.wait_for(timeout=WAIT_MS)
        box = card.bounding_box()
        assert box["y"] + box["height"] <= 720, layer


def test_the_code_is_beside_the_steps_on_a_projector(address, page):
    page.set_viewport_size({"width": 1280, "height": 720})
    open_graph(page, address + "/explore?net=resnet50&layer=4&present=true")
    page.get_by_role("button", name="Show me the code").click()
    page.get_by_test_id("stPopoverBody").get_by_text("nn.Conv2d").first.wait_for(timeout=WAIT_MS)


def test_the_buttons_of_the_graph_cover_none_of_it(address, page):
    open_graph(page, address + "/explore?net=googlenet")
    stage = page.locator("[aria-label^='Graph of'] >> xpath=..").bounding_box()
    for name in ("Zoom in", "Fit the whole graph", "Full screen"):
        assert page.get_by_role("button", name=name).bounding_box()["y"] >= stage["y"] + stage["height"]


def test_dark_theme_keeps_text_readable_on_every_shade(address, page):
    """WCAG 2.1: at least 4.5:1 between the text and the fill of each node, in light and dark."""
    for scheme in ("light", "dark"):
        page.emulate_media(color_scheme=scheme)
        open_graph(page, address + "/explore?net=googlenet&colour=MACs")
        worst = least_contrast(page, GRAPH, "g.node", "path, polygon")
        assert worst >= 4.5, scheme


def test_a_menu_that_is_opened_by_key_takes_the_focus_and_gives_it_back(address, page):
    open_graph(page, address + "/explore?net=lenet5")
    page.get_by_role("button", name="Export").focus()
    page.keyboard.press("Enter")
    menu = page.get_by_test_id("stPopoverBody")
    menu.get_by_role("button", name="CSV").wait_for(timeout=WAIT_MS)
    expect(menu.locator(":focus")).to_have_count(1)
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="Export")).to_be_focused()


def test_arrow_keys_step_after_a_switch_was_used_by_key(address, page):
    open_graph(page, address + "/explore?net=lenet5")
    page.get_by_role("switch", name="Present").or_(page.get_by_role("checkbox", name="Present")).focus()
    page.keyboard.press("Space")
    page.wait_for_url(lambda link: parameters(link).get("present") == "true")
    expect(page.locator("table")).to_have_count(0, timeout=WAIT_MS)
    page.wait_for_timeout(500)
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda link: parameters(link).get("layer") == "1")
