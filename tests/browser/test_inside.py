"""The inside of trained networks in a real browser: maps, one pixel, occlusion, changes, one's own image."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path
from urllib.parse import urlencode

import pytest
from PIL import Image

from cnnviz import inside
from cnnviz.inside.fields import Box, Element
from cnnviz.inside.hooks import Change
from cnnviz.inside.looking import Seen, look, predicted
from cnnviz.inside.pictures import sample
from cnnviz.inside.products import explained
from cnnviz.inside.reasons import occluded
from tests.browser.steps import WAIT_MS, assert_fits, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def opened(page, address: str, **link: str):
    page.goto(f"{address}/inside?{urlencode(link)}")
    expect(page.locator(".bars button").first).to_be_visible(timeout=60_000)
    expect(page.locator("[aria-busy]")).to_have_count(0, timeout=WAIT_MS)
    return page


def seen(image: str = "test:0", name: str = "lenet5") -> Seen:
    network = inside.trained(name)
    return look(network, sample(network, image))


def linked(page, **wanted: str | None) -> None:
    """Waits until the link says this."""

    def says(link: str) -> bool:
        found = parameters(link)
        return all(value in found.get(name, "") for name, value in wanted.items())

    page.wait_for_url(says, timeout=WAIT_MS)


def shown(value: float) -> str:
    """As the page writes a number: three significant digits and a real minus."""
    if value and abs(value) < 1e-3:
        return re.sub(r"e([+-])0*", r"e\1", f"{value:.1e}").replace("-", "−")
    return f"{float(f'{value:.3g}'):g}".replace("-", "−")


def test_a_pixel_is_made_of_the_products_that_torch_adds_up(page, address) -> None:
    """Oracle: the forward pass, and the sums worked out here."""
    opened(page, address)
    expect(page.locator(".shape")).to_contain_text("28 × 28 × 6 (n_H × n_W × n_C)")
    page.get_by_label("Layer", exact=True).select_option("conv2")
    expect(page.locator(".shape")).to_contain_text("10 × 10 × 16")
    it = seen()
    order = it.order("conv2")
    grid = page.locator(".grid canvas")
    expect(grid).to_have_attribute("aria-label", re.compile(rf"Map {order[0]}, number 1 of 16"))
    side = float(grid.get_attribute("data-side"))
    grid.click(position={"x": 2.5 * side, "y": 0.5 * side})  # the third
    expect(page.locator("input[aria-label=Map]")).to_have_value(str(order[2]))
    one = page.locator(".one canvas[data-keep=map]")
    box = one.bounding_box()
    one.click(position={"x": 5.5 * box["width"] / 10, "y": 4.5 * box["height"] / 10})
    why = explained(it, Element("conv2", order[2], 4, 5))
    section = page.locator("section.why")
    expect(section.locator("h4 b")).to_have_text(shown(why.value), timeout=WAIT_MS)
    part = why.parts[0]
    expect(section.locator(".sum")).to_have_text(shown(part.sum))
    product = section.locator("table.product td").nth(7)  # row 1, column 2 of five
    a, w = part.inputs[1][2], part.weights[1][2]
    title = product.get_attribute("title")
    assert title is not None
    assert [float(text.replace("−", "-")) for text in re.split("[×=]", title)] == pytest.approx(
        [a, w, a * w], rel=0.006
    )
    expect(section.locator(".rule b")).to_have_text(shown(why.total))
    expect(section).to_contain_text("✓ the network's own number")
    section.get_by_role("button", name=re.compile(f"^map {why.parts[1].channel} ")).click()
    expect(section.locator(".sum")).to_have_text(shown(why.parts[1].sum))
    expect(page.locator(".caption")).to_contain_text("receptive field: 14 × 14 pixels")
    linked(page, look=f"conv2,map={order[2]},pixel=4x5")
    page.reload()
    expect(page.locator("section.why h4 b")).to_have_text(shown(why.value), timeout=60_000)


def test_everything_goes_by_keyboard(page, address) -> None:
    """Oracle: the order of the maps by a forward pass made here."""
    opened(page, address, look="act1")
    order = seen().order("act1")
    grid = page.locator(".grid canvas")
    grid.focus()
    page.keyboard.press("ArrowRight")
    expect(grid).to_have_attribute("aria-label", re.compile(f"Map {order[1]}, number 2 of 6"))
    expect(grid).to_be_focused()
    one = page.locator(".one canvas[data-keep=map]")
    one.focus()
    page.keyboard.press("ArrowDown")  # the middle
    expect(one).to_have_attribute("aria-label", re.compile("Row 14, column 14"))
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowLeft")
    expect(one).to_have_attribute("aria-label", re.compile("Row 15, column 13"))
    expect(one).to_be_focused()
    value = explained(seen(), Element("act1", order[1], 15, 13)).value
    expect(page.locator("section.why h4 b")).to_have_text(shown(value), timeout=WAIT_MS)
    page.get_by_role("button", name="‹ The same pixel of conv1").press("Enter")
    linked(page, look=f"conv1,map={order[1]},pixel=15x13")
    tab = page.get_by_role("tab", name="Feature maps")
    tab.focus()
    page.keyboard.press("ArrowRight")
    expect(page.get_by_role("tab", name="Filters")).to_have_attribute("aria-selected", "true")
    expect(page.get_by_role("tab", name="Filters")).to_be_focused()


def test_first_filters_stand_beside_the_classic_ones(page, address) -> None:
    """Oracle: the cosine worked out by the library."""
    opened(page, address, trained="photo", look="conv1,view=filters,map=17")
    match = inside.filters(inside.trained("photo"), "conv1").matches[17]
    panel = page.get_by_role("tabpanel")
    expect(panel).to_contain_text("24 filters of 9 × 9 × 3, 5,832 weights", timeout=WAIT_MS)
    expect(panel).to_contain_text(f"most like {match.name}: the cosine")
    expect(panel).to_contain_text(f"{match.similarity:.2f}")


def test_a_hidden_channel_and_a_shortcut_that_is_off_change_the_prediction(page, address) -> None:
    """Oracle: the network asked here with the same changes."""
    layer = "conv2_x.block_1.act"
    opened(page, address, trained="resnet20", image="test:6", look=f"{layer},view=change,map=2")
    it = seen("test:6", "resnet20")
    page.get_by_role("button", name="Hide it").click()
    hidden = Change(scales=((layer, 2, 0.0),))
    first = it.predictions[0]

    def told(change: Change) -> None:
        share = next(p for p in predicted(it.network, it.given, change) if p.index == first.index).probability
        row = page.locator(".bars button").first
        expect(row).to_have_attribute("aria-label", re.compile(rf"^{first.label}: .* → "), timeout=WAIT_MS)
        text = row.locator("b").inner_text()
        assert abs(float(text.split("→")[1].strip(" %")) - 100 * share) < 0.6, text

    told(hidden)
    linked(page, look=f"scale={layer}:2:0")
    page.get_by_role("checkbox", name="conv2_x.block_1").or_(
        page.get_by_role("switch", name="conv2_x.block_1")
    ).uncheck()
    expect(page.locator(".changes .words")).to_contain_text("conv2_x.block_1 without its shortcut")
    linked(page, look="off=conv2_x.block_1")
    told(Change(scales=hidden.scales, without_shortcut=("conv2_x.block_1",)))
    page.get_by_role("button", name="As it was trained").click()
    expect(page.locator(".changes .words")).to_have_text("Nothing is changed.")
    expect(page.locator(".bars button").first.locator("b")).not_to_contain_text("→")


def test_a_patch_is_drawn_and_dragged_and_the_prediction_follows(page, address) -> None:
    """Oracle: the network asked here with the same pixels hidden."""
    opened(page, address, image="test:3", look="conv2,view=why")
    expect(page.locator(".three canvas")).to_have_count(3, timeout=60_000)
    image = page.locator(".picture canvas")
    box = image.bounding_box()
    cell = box["width"] / 28

    def at(row: float, column: float) -> tuple[float, float]:
        return box["x"] + (column + 0.5) * cell, box["y"] + (row + 0.5) * cell

    page.mouse.move(*at(4, 6))
    page.mouse.down()
    page.mouse.move(*at(10, 10))
    page.mouse.move(*at(15, 17))
    page.mouse.up()
    linked(page, look="patch=4x6x12x12")
    told(page, Box(4, 6, 15, 17))
    page.mouse.move(*at(8, 8))
    page.mouse.down()
    page.mouse.move(*at(10, 10))
    page.mouse.move(*at(13, 12))
    page.mouse.up()
    linked(page, look="patch=9x10x12x12")
    told(page, Box(9, 10, 20, 21))
    page.keyboard.press("ArrowUp")  # the image has the focus
    linked(page, look="patch=8x10x12x12")
    told(page, Box(8, 10, 19, 21))


def told(page, patch: Box) -> None:
    it = seen("test:3")
    of = it.predictions[0]
    share = next(p for p in occluded(it, patch) if p.index == of.index).probability
    text = f"{100 * share:.{1 if share > 0.995 or share < 0.095 else 0}f} %"
    row = page.locator(".bars button").first
    expect(row).to_have_attribute("aria-label", re.compile(f"→ {re.escape(text)}"), timeout=WAIT_MS)


def test_ones_own_image_is_looked_at_and_a_broken_one_is_refused(page, address, tmp_path: Path) -> None:
    good, bad = tmp_path / "mine.png", tmp_path / "fake.png"
    Image.effect_noise((320, 240), 80).save(good)
    bad.write_bytes(b"GIF89a and nothing more")
    opened(page, address, trained="photo")
    page.get_by_role("button", name="Own image").click()
    page.locator("input[type=file]").first.set_input_files(bad)
    expect(page.get_by_text("fake.png: the file is not an image")).to_be_visible(timeout=WAIT_MS)
    expect(page.locator(".caption")).to_contain_text("cat")  # what was there stays
    page.locator("input[type=file]").first.set_input_files(good)
    expect(page.locator(".caption")).to_contain_text("your image, 96 × 96", timeout=WAIT_MS)
    linked(page, image="own:")
    page.keyboard.press("Escape")
    page.locator(".thumbs [data-image=flower]").click()
    expect(page.locator(".caption")).to_contain_text("flower")
    page.locator(".thumbs [data-own]").click()
    expect(page.locator(".caption")).to_contain_text("your image")


def test_a_server_that_forgot_the_image_gets_it_from_the_browser(page, address, tmp_path: Path) -> None:
    """Oracle: the requests of the page: a refusal, the image, and the same question again."""
    good = tmp_path / "mine.png"
    Image.effect_noise((320, 240), 80).save(good)
    opened(page, address, trained="photo")
    page.get_by_role("button", name="Own image").click()
    page.locator("input[type=file]").first.set_input_files(good)
    expect(page.locator(".caption")).to_contain_text("your image", timeout=WAIT_MS)
    page.keyboard.press("Escape")
    page.locator(".thumbs [data-image=flower]").click()
    expect(page.locator(".caption")).to_contain_text("flower")
    given: list[str] = []
    page.on("request", lambda request: given.append(request.url) if request.method == "POST" else None)

    def forgetful(route) -> None:
        if any("/api/inside/image" in url for url in given):
            route.fallback()
        else:
            route.fulfill(json={"missing": "gone"})

    for what in ("pass", "maps"):
        page.route(f"**/api/inside/{what}?*", forgetful)
    with page.expect_request(lambda request: request.method == "POST" and "/api/inside/image" in request.url):
        page.locator(".thumbs [data-own]").click()
    expect(page.locator(".caption")).to_contain_text("your image")
    expect(page.locator(".problem")).to_be_hidden()
    page.unroute_all()


def test_a_phone_never_scrolls_sideways(page, address) -> None:
    page.set_viewport_size({"width": 390, "height": 844})
    for look_at in ("conv2,map=3,pixel=4x5", "conv1,view=filters", "conv2,view=why", "fc3,view=change"):
        opened(page, address, look=look_at)
        expect(page.locator(".panel > *").first).to_be_visible()
        assert_fits(page)
        frame = page.locator(".both").bounding_box()
        assert frame["x"] >= 0
        assert frame["x"] + frame["width"] <= 390


def test_pictures_and_numbers_are_saved(page, address) -> None:
    """Oracle: the file's first bytes, and the map of a forward pass made here."""
    opened(page, address, look="conv1,map=2")
    with page.expect_download() as saved:
        page.get_by_role("button", name="The picture as PNG").click()
    assert saved.value.path().read_bytes().startswith(b"\x89PNG")
    with page.expect_download() as saved:
        page.get_by_role("link", name="this map, CSV").click()
    first = saved.value.path().read_text().splitlines()[0].split(",")
    assert [float(v) for v in first] == pytest.approx(seen().maps("conv1")[2][0].tolist(), rel=1e-4)


def test_each_view_saves_its_own_numbers(page, address) -> None:
    """Oracle: the weights of the module; the names of the files say network, layer and view."""
    opened(page, address, look="conv1,map=2,view=filters")
    with page.expect_download() as saved:
        page.get_by_role("link", name="these filters, CSV").click()
    assert saved.value.suggested_filename == "lenet5-conv1-filters-map2.csv"
    rows = list(csv.DictReader(io.StringIO(saved.value.path().read_text())))
    weights = seen().network.module("conv1").weight.flatten().tolist()
    assert [float(row["weight"]) for row in rows] == pytest.approx(weights, rel=1e-4)
    page.get_by_role("tab", name="Why?").click()
    with page.expect_download() as saved:
        page.get_by_role("link", name="these reasons, CSV").click()
    assert saved.value.path().read_text().startswith("picture,row,column,value\nsaliency,0,0,")


def test_a_map_that_there_is_not_is_told(address, page) -> None:
    """Oracle: LeNet-5's paper: conv1 has 6 maps."""
    opened(page, address)
    field = page.get_by_label("Map", exact=True)
    before = field.input_value()
    field.fill("99")
    field.press("Enter")
    expect(page.get_by_text("Map is a whole number from 0 to 5, got 99.")).to_be_visible()
    expect(field).to_have_value(before)
