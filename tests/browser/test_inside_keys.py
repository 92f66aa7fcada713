"""The inside of networks by keyboard alone, on a small projector and on a phone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from PIL import Image

from cnnviz.inside.fields import Box, Element
from cnnviz.inside.looking import MOST_CHANGES
from cnnviz.inside.products import explained
from tests.browser.steps import WAIT_MS
from tests.browser.test_inside import linked, opened, seen, shown, told

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def test_the_patch_is_sized_by_keys_and_the_prediction_follows(page, address) -> None:
    """Oracle: the network asked here with the same pixels hidden."""
    opened(page, address, image="test:3", look="conv2,view=why,patch=8x8x7x7")
    expect(page.locator(".three canvas")).to_have_count(3, timeout=60_000)
    page.locator(".picture canvas").focus()
    for key in ("Shift+ArrowDown", "Shift+ArrowRight", "Shift+ArrowRight", "ArrowLeft"):
        page.keyboard.press(key)
    linked(page, look="patch=8x7x8x9")
    told(page, Box(8, 7, 15, 15))
    for _ in range(12):
        page.keyboard.press("Shift+ArrowUp")
    linked(page, look="patch=8x7x1x9")


def test_who_presses_something_stays_there(page, address) -> None:
    opened(page, address, image="test:3", look="conv2")
    bar = page.locator(".bars button").nth(1)
    bar.focus()
    page.keyboard.press("Enter")
    expect(bar).to_have_attribute("aria-pressed", "true")
    expect(page.locator(".three canvas")).to_have_count(3, timeout=60_000)
    expect(bar).to_be_focused()
    size = page.get_by_role("slider", name="Size of the patch")
    size.focus()
    page.keyboard.press("ArrowRight")
    linked(page, look="size=8")
    expect(page.locator(".three.old")).to_have_count(0, timeout=WAIT_MS)
    expect(size).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Take the patch away")).to_be_focused()


def test_what_a_patch_hid_is_not_told_of_another_view(page, address) -> None:
    """Oracle: the answer on the patch is held back until the view is another one, which hides nothing."""
    held: list[object] = []
    page.route("**/api/inside/occluded?*", lambda route: held.append(route))
    opened(page, address, image="test:3", look="conv2,view=why,patch=8x8x7x7")
    page.get_by_role("tab", name="Why?").focus()
    expect(page.locator(".three canvas")).to_have_count(3, timeout=60_000)
    page.keyboard.press("ArrowLeft")
    expect(page.get_by_role("tab", name="Filters")).to_have_attribute("aria-selected", "true")
    assert held
    with page.expect_response("**/api/inside/occluded?*"):
        for route in held:
            route.continue_()
    page.unroute_all()
    page.wait_for_timeout(300)
    expect(page.locator(".bars button").first).not_to_have_attribute("aria-label", re.compile("→"))


def test_products_of_a_large_window_are_read_by_keys(page, address) -> None:
    """Oracle: inputs and weights of a forward pass made here."""
    opened(page, address, trained="photo", image="cat", look="conv1,map=3,pixel=14x15")
    part = explained(seen("cat", "photo"), Element("conv1", 3, 14, 15)).parts[0]
    table = page.locator("table.product")
    expect(table).to_be_visible(timeout=WAIT_MS)
    table.focus()
    for key in ("ArrowRight", "ArrowDown", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
    x, w = part.inputs[2][1], part.weights[2][1]
    said = page.locator(".reading")
    expect(said).to_have_text(f"Row 2, column 1 of the window: {shown(x)} × {shown(w)} = {shown(x * w)}")
    page.locator("table.input td").nth(9 * 4 + 3).click()
    expect(said).to_contain_text(f"Row 4, column 3 of the window: {shown(part.inputs[4][3])} ×")


def test_no_more_is_changed_than_the_server_works_out(page, address) -> None:
    """Oracle: the link has as many changes as there may be, and one more is refused in a sentence."""
    scales = "~".join(f"act3:{i}:0.5" for i in range(MOST_CHANGES))
    opened(page, address, look=f"act3,view=change,map=100,scale={scales}")
    expect(page.locator(".bars button").first).to_have_attribute("aria-label", re.compile("→"))
    hide = page.get_by_role("button", name="Hide it")
    hide.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_text(f"{MOST_CHANGES} channels and shortcuts are changed")).to_be_visible()
    expect(hide).to_be_focused()
    page.get_by_role("button", name="As it was trained").press("Enter")
    expect(page.get_by_text("Nothing is changed.")).to_be_visible()
    hide.press("Enter")
    linked(page, look="scale=act3:100:0")


@pytest.mark.parametrize(
    "look",
    ["conv2,map=3,pixel=4x5", "conv1,view=filters", "conv2,view=why,patch=8x8x7x7", "act3,view=change,map=1"],
)
def test_a_small_projector_shows_all_that_the_network_says(page, address, look) -> None:
    """Oracle: the screen of 1280 x 720, and the five likeliest classes of ten."""
    page.set_viewport_size({"width": 1280, "height": 720})
    opened(page, address, look=look, present="true")
    expect(page.locator(".frame.large")).to_be_visible()
    expect(page.locator(".bars button")).to_have_count(5)
    for bar in page.locator(".bars button").all():
        expect(bar).to_be_in_viewport(ratio=1)


def test_a_phone_shows_what_a_change_does_while_it_is_made(page, address) -> None:
    """Oracle: the screen of 390 x 844."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, address, trained="resnet20", look="conv2_x.block_1.act,view=change,map=2")
    hide = page.get_by_role("button", name="Hide it")
    hide.scroll_into_view_if_needed()
    page.mouse.move(200, 500)
    page.mouse.wheel(0, 200)
    hide.press("Enter")
    bars = page.locator(".bars button")
    expect(bars.first).to_have_attribute("aria-label", re.compile("→"), timeout=WAIT_MS)
    expect(hide.or_(page.get_by_role("button", name="Show it again"))).to_be_in_viewport(ratio=1)
    for bar in bars.all():
        expect(bar).to_be_in_viewport(ratio=1)


def test_whoever_has_the_link_sees_the_image_and_the_page_says_so(
    page, browser, address, tmp_path: Path
) -> None:
    """Oracle: another browser, which never had the image."""
    mine = tmp_path / "mine.png"
    Image.effect_noise((320, 240), 80).save(mine)
    opened(page, address, trained="photo")
    page.get_by_role("button", name="Own image").click()
    expect(page.get_by_text("Whoever has the link of this page sees your image too")).to_be_visible(
        timeout=WAIT_MS
    )
    page.locator("input[type=file]").first.set_input_files(mine)
    linked(page, image="own:")
    context = browser.new_context()
    other = context.new_page()
    other.goto(page.url)
    expect(other.locator(".caption")).to_contain_text("your image, 96 × 96", timeout=60_000)
    context.close()
