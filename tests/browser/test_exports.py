"""Exports in a real browser: what is saved is what the page shows."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import pytest
from PIL import Image

import cnnviz
from cnnviz.export import layer_latex, trace_csv, trace_json, trace_latex, trace_markdown
from cnnviz.graph.folding import Folding
from cnnviz.handout import handout
from tests.browser.steps import WAIT_MS, least_contrast

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

SVG = "{http://www.w3.org/2000/svg}"


def opened(page, link: str) -> None:
    page.goto(link)
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Export").click()
    page.get_by_role("button", name="Handout").wait_for(timeout=WAIT_MS)


def saved(page, button: str, folder: Path) -> tuple[str, bytes]:
    """The name and the contents of the file that a button gives."""
    with page.expect_download(timeout=WAIT_MS) as download:
        page.get_by_role("button", name=button, exact=True).click()
    download.value.save_as(folder / "file")
    return download.value.suggested_filename, (folder / "file").read_bytes()


def test_tables_are_those_of_the_library(address, page, tmp_path):
    """Oracle: the library's own writers, which tests of their own hold."""
    opened(page, address + "/explore?net=lenet5&size=28")
    trace = cnnviz.trace("lenet5", (1, 28, 28))
    writers = {"CSV": trace_csv, "Markdown": trace_markdown, "LaTeX": trace_latex, "JSON": trace_json}
    for label, ending in (("CSV", "csv"), ("Markdown", "md"), ("LaTeX", "tex"), ("JSON", "json")):
        name, contents = saved(page, label, tmp_path)
        assert name == f"lenet5@course.{ending}"
        assert contents.decode() == writers[label](trace) + "\n"


def test_handout_and_notebook_are_of_the_view(address, page, tmp_path):
    """The folding, the options and the selected layer are those of the page."""
    opened(page, address + "/explore?net=resnet18&level=0&num_classes=10&layer=3")
    name, contents = saved(page, "Handout", tmp_path)
    network = cnnviz.find("resnet18", options={"num_classes": 10})
    trace = cnnviz.trace("resnet18", options={"num_classes": 10})
    assert name == f"{network.name}.html"
    assert contents.decode() == handout(trace, network, folding=Folding(level=0))
    name, contents = saved(page, "Notebook", tmp_path)
    assert name == f"{network.name}.ipynb"
    assert b"formulas(trace, 3)" in contents
    assert b"level=0" in contents
    assert b"'num_classes': 10" in contents


def test_curves_are_saved_as_they_stand(address, page, tmp_path):
    """Oracle: the names of the lines; a staircase for each."""
    opened(page, address + "/explore?net=alexnet")
    for label, words in (("Sizes", {"n_H = n_W", "n_C"}), ("Costs", {"parameters so far", "MACs so far"})):
        name, contents = saved(page, f"{label} as SVG", tmp_path)
        assert name == f"alexnet@course-{label.lower()}.svg"
        drawing = ElementTree.fromstring(contents)
        texts = {"".join(text.itertext()) for text in drawing.iter(f"{SVG}text")}
        assert words <= texts
        lines = [path for path in drawing.iter(f"{SVG}path") if "js-line" in path.get("class", "")]
        assert len(lines) >= 2
        assert b"explore?" not in contents  # nothing points to the page
        _, contents = saved(page, f"{label} as PNG", tmp_path)
        assert contents.startswith(b"\x89PNG")


def test_pictures_and_formulas_of_the_card_are_saved(address, page, tmp_path):
    opened(page, address + "/explore?net=alexnet&layer=3")
    for label in ("Tensors", "Field"):
        name, contents = saved(page, f"{label} as SVG", tmp_path)
        assert name == f"alexnet@course-layer-3-{label.lower()}.svg"
        assert ElementTree.fromstring(contents).tag == f"{SVG}svg"
        _, contents = saved(page, f"{label} as PNG", tmp_path)
        assert contents.startswith(b"\x89PNG")
    name, contents = saved(page, "Formulas as LaTeX", tmp_path)
    assert contents.decode() == layer_latex(cnnviz.trace("alexnet"), 3) + "\n"


def test_a_step_with_the_menu_closed_stays_small(address, page):
    """Bar of the project: at most 10 KB from the server for a step."""
    received = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
    page.goto(address + "/explore?net=resnet50&layer=13")
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)
    page.get_by_role("heading").filter(has_text="shortcut.bn").wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(800)
    received.clear()
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading").filter(has_text="addition").wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(500)
    assert 0 < sum(received) <= 10_000


def test_curves_mark_the_selected_layer(address, page):
    """AlexNet's fourth operation is conv2: the line stands where the third step ends."""
    page.goto(address + "/explore?net=alexnet&layer=3")
    page.get_by_role("heading").filter(has_text="conv2").wait_for(timeout=WAIT_MS)
    page.get_by_role("radio", name="Curves").or_(page.get_by_role("button", name="Curves")).click()
    plots = page.locator(".js-plotly-plot")
    for i in range(2):
        line = plots.nth(i).locator(".shapelayer path").first
        line.wait_for(state="attached", timeout=WAIT_MS)  # a line without width counts as hidden
        at = line.evaluate("path => path.getBoundingClientRect().x")
        inside = plots.nth(i).locator(".scatterlayer").bounding_box()
        share = (at - inside["x"]) / inside["width"]
        assert 0.10 < share < 0.18  # operation 3 of 0 to 21
        expect(plots.nth(i).locator(".xtitle")).to_have_text("operation; the line is at 3, conv2")


def photograph(folder: Path) -> Path:
    """1600 x 800 pixels of noise around a red middle."""
    image = Image.effect_noise((1600, 800), 90).convert("RGB")
    image.paste((200, 30, 30), (600, 200, 1000, 600))
    image.save(folder / "photograph.png")
    return folder / "photograph.png"


def field(page):
    return page.locator("img[alt^='The middle element sees']")


def expect_field(page, picture: str | re.Pattern[str]) -> None:
    """Waits for the picture, and for the one that it replaces to be gone."""
    expect(field(page).first).to_have_attribute("src", picture, timeout=WAIT_MS)
    expect(field(page)).to_have_count(1)


def choose(page, file: Path) -> None:
    page.get_by_role("button", name="Options").click()
    uploader = page.get_by_test_id("stFileUploader").filter(has_text="Your own image")
    uploader.locator("input[type=file]").set_input_files(file)


def test_an_image_of_ones_own_lies_under_the_field_and_is_sent_once(address, page, tmp_path):
    """Oracle: its bytes are in the picture; a step sends at most 10 KB, less than a tenth of the file."""
    received = []
    page.on("websocket", lambda ws: ws.on("framereceived", lambda data: received.append(len(data))))
    page.goto(address + "/explore?net=alexnet&layer=3")
    expect(field(page)).to_be_visible(timeout=WAIT_MS)
    assert "image/jpeg" not in field(page).get_attribute("src")
    choose(page, photograph(tmp_path))
    own = re.compile("^data:image/svg.*image%2Fjpeg")
    expect_field(page, own)
    page.keyboard.press("Escape")
    page.wait_for_timeout(800)
    received.clear()
    page.keyboard.press("ArrowRight")
    page.get_by_role("heading").filter(has_text="act2").wait_for(timeout=WAIT_MS)
    page.wait_for_timeout(500)
    assert 0 < sum(received) <= 10_000
    expect_field(page, own)
    assert field(page).evaluate("image => image.decode().then(() => image.naturalWidth)") > 0
    page.get_by_role("button", name="Export").click()
    name, contents = saved(page, "Field as SVG", tmp_path)
    assert name == "alexnet@course-layer-4-field.svg"
    assert b"data:image/jpeg;base64," in contents


def test_present_mode_and_another_network_keep_the_image_and_a_reload_forgets_it(address, page, tmp_path):
    page.goto(address + "/explore?net=alexnet&layer=3")
    expect(field(page)).to_be_visible(timeout=WAIT_MS)
    choose(page, photograph(tmp_path))
    own = re.compile("image%2Fjpeg")
    expect_field(page, own)
    page.keyboard.press("Escape")
    page.get_by_text("Present", exact=True).click()
    page.wait_for_url(re.compile("present=true"))
    expect_field(page, own)
    page.reload()
    expect_field(page, re.compile("^data:image/svg.*circle"))


def test_a_renamed_file_gets_a_plain_message_and_the_page_stays(address, page, tmp_path):
    (tmp_path / "holiday.png").write_text("this is no image")
    page.goto(address + "/explore?net=alexnet&layer=3")
    expect(field(page)).to_be_visible(timeout=WAIT_MS)
    before = field(page).get_attribute("src")
    choose(page, tmp_path / "holiday.png")
    expect(page.get_by_role("alert")).to_contain_text(
        "holiday.png: the file is not an image in PNG, JPEG or WebP"
    )
    assert field(page).get_attribute("src") == before


def test_back_to_the_drawn_image(address, page, tmp_path):
    page.goto(address + "/explore?net=alexnet&layer=3")
    expect(field(page)).to_be_visible(timeout=WAIT_MS)
    before = field(page).get_attribute("src")
    choose(page, photograph(tmp_path))
    expect_field(page, re.compile("image%2Fjpeg"))
    page.get_by_role("button", name="Back to the drawn image").click()
    expect_field(page, before)


@pytest.mark.parametrize(("width", "scheme"), [(1280, "light"), (390, "dark")])
def test_a_handout_opens_without_a_server(browser, tmp_path, width, scheme):
    """Offline, from the disk: formulas have a size, nothing is fetched, a phone need not scroll sideways."""
    path = tmp_path / "handout.html"
    path.write_text(handout(cnnviz.trace("resnet50"), cnnviz.find("resnet50")), encoding="utf-8")
    context = browser.new_context(
        viewport={"width": width, "height": 844}, color_scheme=scheme, offline=True, java_script_enabled=True
    )
    page = context.new_page()
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    assert asked == [path.as_uri()]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    fraction = page.locator("#layer-0 mfrac").first.bounding_box()
    assert fraction["height"] > 20
    page.locator(".layers a", has_text="conv2_x.block_1.shortcut.bn").click()
    expect(page.locator("#layer-13")).to_be_in_viewport()
    assert least_contrast(page, "document", ".graph svg g", "rect") >= 4.5
    context.close()
