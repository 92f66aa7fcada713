"""Exports in a real browser: what is saved is what the page shows."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest

import cnnviz
from cnnviz.export import layer_latex, trace_csv, trace_json, trace_latex, trace_markdown
from cnnviz.graph.folding import Folding
from cnnviz.handout import handout

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

WAIT_MS = 30_000
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
    assert page.evaluate(CONTRAST) >= 4.5
    context.close()


# WCAG 2.1: the least contrast between the words of a box and its fill.
CONTRAST = """() => {
    const brush = new OffscreenCanvas(1, 1).getContext("2d", { willReadFrequently: true })
    const light = colour => {
        brush.fillStyle = colour
        brush.fillRect(0, 0, 1, 1)
        const parts = [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3).map(p => p / 255)
        const [r, g, b] = parts.map(p => p <= 0.03928 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4)
        return 0.2126 * r + 0.7152 * g + 0.0722 * b
    }
    return Math.min(...[...document.querySelectorAll(".graph svg g")].map(box => {
        const a = light(getComputedStyle(box.querySelector("text")).fill)
        const b = light(getComputedStyle(box.querySelector("rect")).fill)
        return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
    }))
}"""
