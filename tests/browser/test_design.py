"""Designing a network in a real browser: rows, a mistake, undo, the link, code."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from cnnviz.design import dumps, loads, row, unpacked
from cnnviz.design.examples import example
from tests.browser.steps import WAIT_MS, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def open_design(page, link: str) -> None:
    page.goto(link)
    page.get_by_role("button", name="Add: Convolution").wait_for(timeout=WAIT_MS)


def rows(page):
    return page.locator("ol.rows > li")


def add(page, title: str) -> None:
    count = rows(page).count()
    page.get_by_role("button", name=f"Add: {title}", exact=True).click()
    expect(rows(page)).to_have_count(count + 1)


def set_field(page, index: int, label: str, value: str) -> None:
    field = rows(page).nth(index).locator("label").filter(has_text=re.compile(f"^{label}"))
    if field.locator("select").count():
        field.locator("select").select_option(value)
    else:
        field.locator("input").fill(value)
        field.locator("input").press("Tab")


def expect_costs(page, index: int, size: str, parameters: str, macs: str) -> None:
    line = rows(page).nth(index)
    expect(line.locator(".size")).to_have_text(size, timeout=WAIT_MS)
    expect(line.locator(".parameters")).to_have_text(parameters)
    expect(line.locator(".macs")).to_have_text(macs)


def design_in(page):
    return unpacked(parameters(page.url)["design"])


def test_a_network_is_built_broken_mended_and_brought_back_by_its_link(address, page):
    """Oracle: LeNet-5's first layers by hand: 28x28x6 with 156 parameters and 117,600 MACs, then 14x14x6."""
    open_design(page, address + "/design")
    for which, value in (("n_H", "32"), ("n_W", "32"), ("n_C", "1")):
        page.get_by_role("spinbutton", name=f"{which} of the input").fill(value)
    add(page, "Convolution")
    set_field(page, 0, "channels", "6")
    set_field(page, 0, "kernel", "5")
    set_field(page, 0, "activation", "tanh")
    expect_costs(page, 0, "28x28x6", "156", "117,600")
    add(page, "Pooling")
    set_field(page, 1, "mode", "avg")
    expect_costs(page, 1, "14x14x6", "", "")
    add(page, "Fully connected")
    problem = rows(page).nth(2).locator("> .problem")
    expect(problem).to_contain_text("needs a vector, gets 14x14x6: put a flatten before it", timeout=WAIT_MS)
    expect_costs(page, 0, "28x28x6", "156", "117,600")
    rows(page).nth(1).locator(".what").click()
    add(page, "Flatten")
    expect(page.locator("ol.rows .problem:not(:empty)")).to_have_count(0, timeout=WAIT_MS)
    expect_costs(page, 3, "10", "11,770", "11,760")  # 1176 * 10 + 10
    expect(page.locator(".totals")).to_contain_text("11,926 parameters · 129,360 MACs · 2 layers deep")
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)

    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(3, timeout=WAIT_MS)
    page.get_by_role("button", name="Redo").click()
    expect(rows(page)).to_have_count(4, timeout=WAIT_MS)
    expect(page.locator(".totals")).to_contain_text("11,926 parameters")

    page.wait_for_url(
        lambda link: "design" in parameters(link) and len(unpacked(parameters(link)["design"]).rows) == 4
    )
    lenet = example("lenet5")
    assert design_in(page).rows[:2] == lenet.rows[:2]
    assert design_in(page).input_shape == lenet.input_shape
    page.reload()
    expect(rows(page)).to_have_count(4, timeout=WAIT_MS)
    expect(page.locator(".totals")).to_contain_text("11,926 parameters")


def test_an_input_that_cannot_be_is_told_and_not_taken(address, page):
    """Oracle: the rule's words, and the design of the link."""
    open_design(page, address + "/design")
    add(page, "Convolution")
    height = page.get_by_role("spinbutton", name="n_H of the input")
    told = page.locator(".head .problem")
    for wrong in ("0", "-3", "999999999", ""):
        height.fill(wrong)
        expect(told).to_contain_text("n_H of the input must be a whole number from 1 to")
        expect(height).to_have_value(wrong)
    height.fill("28")
    expect(told).to_be_empty()
    page.wait_for_url(lambda link: "design" in parameters(link))
    expect_costs(page, 0, "26x30x16", "448", "336,960")  # 26 * 30 * 16 * 27


def test_code_and_text_are_saved(address, page, tmp_path):
    """Oracle: the text is read back as the design; the code is run, and has LeNet-5's parameters."""
    from torch import nn

    page.goto(address + "/design")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="LeNet-5").click()
    expect(page.locator(".totals")).to_contain_text("61,706 parameters", timeout=WAIT_MS)
    page.get_by_role("button", name="Save", exact=True).click()
    saved = {}
    for label in ("TOML", "PyTorch"):
        with page.expect_download() as download:
            page.get_by_role("button", name=label, exact=True).click()
        saved[label] = Path(download.value.path()).read_text()
    assert loads(saved["TOML"]) == example("lenet5")
    assert saved["TOML"] == dumps(example("lenet5"))
    space: dict = {}
    exec(saved["PyTorch"], space)
    network = space["LeNet5"]()
    assert isinstance(network, nn.Module)
    assert sum(p.numel() for p in network.parameters()) == 61706


def test_rows_move_by_key_by_button_and_by_dragging(address, page):
    """Oracle: the order of titles after each move, and Delete and Ctrl D."""
    from cnnviz.design import Design, packed

    kinds = ("batch_norm", "dropout", "activation")
    design = Design().having([row(kind) for kind in kinds])
    open_design(page, f"{address}/design?design={packed(design)}")
    titles = page.locator("ol.rows .what b")
    expect(titles).to_have_text(["Batch norm", "Dropout", "Activation"], timeout=WAIT_MS)
    rows(page).nth(0).locator(".what").focus()
    page.keyboard.press("Alt+ArrowDown")
    expect(titles).to_have_text(["Dropout", "Batch norm", "Activation"])
    page.keyboard.press("Control+d")
    expect(titles).to_have_text(["Dropout", "Batch norm", "Batch norm", "Activation"])
    page.keyboard.press("Delete")
    expect(titles).to_have_text(["Dropout", "Batch norm", "Activation"])
    page.keyboard.press("Control+z")
    expect(titles).to_have_text(["Dropout", "Batch norm", "Batch norm", "Activation"], timeout=WAIT_MS)
    page.keyboard.press("Control+Shift+z")
    expect(titles).to_have_text(["Dropout", "Batch norm", "Activation"], timeout=WAIT_MS)
    grip, last = rows(page).nth(0).locator(".grip"), rows(page).nth(2)
    grip.hover()
    page.mouse.down()
    box = last.bounding_box()
    page.mouse.move(box["x"] + 20, box["y"] + box["height"] - 3, steps=5)
    page.mouse.up()
    expect(titles).to_have_text(["Batch norm", "Activation", "Dropout"])
    page.wait_for_url(
        lambda link: (
            [r.kind for r in unpacked(parameters(link)["design"]).rows]
            == ["batch_norm", "activation", "dropout"]
        )
    )


def test_a_catalogue_network_is_a_start(address, page):
    """Oracle: ResNet-18's published parameters, and the repeats of the paper's table."""
    open_design(page, address + "/design?net=resnet18&variant=torchvision")
    page.get_by_role("button", name="Start").click()
    page.get_by_role("button", name="Rows of resnet18@torchvision").click()
    expect(page.locator(".totals")).to_contain_text("11,689,512 parameters", timeout=WAIT_MS)
    assert page.locator("ol.rows .times").all_text_contents().count("×2") == 4


def test_a_goal_gives_its_verdict(address, page):
    """Oracle: 61,706 - 59,999 = 1,707 parameters too many; 116 features are few enough."""
    from cnnviz.design import packed

    link = f"{address}/design?goal=below+60%2C000+parameters&design={packed(example('lenet5'))}"
    open_design(page, link)
    page.get_by_text("1,707 too many").wait_for(timeout=WAIT_MS)
    rows(page).nth(5).locator(".what").click()
    set_field(page, 5, "features", "116")
    page.get_by_text("Goal reached").wait_for(timeout=WAIT_MS)


def test_a_value_out_of_bounds_stays_in_its_field_with_the_rule(address, page):
    """Oracle: the declared bounds; the design keeps the value before."""
    from cnnviz.design import packed

    open_design(page, f"{address}/design?design={packed(example('lenet5'))}")
    rows(page).nth(0).locator(".what").click()
    set_field(page, 0, "kernel", "99")
    note = rows(page).nth(0).locator("small:not(:empty)")
    expect(note).to_have_text("must be a whole number from 1 to 31")
    expect(rows(page).nth(0).get_by_label("kernel")).to_have_value("99")
    assert design_in(page) == example("lenet5")


def test_a_broken_link_says_so_and_the_page_works(address, page):
    """Oracle: the sentence, and a row that can be added."""
    open_design(page, address + "/design?design=1abc")
    page.get_by_text("the link does not hold a whole design").wait_for(timeout=WAIT_MS)
    add(page, "Convolution")
    expect_costs(page, 0, "30x30x16", "448", "388,800")  # 30*30*16 * 3*3*3


def test_a_visit_to_another_page_keeps_the_design(address, page):
    """Oracle: the rows before and after."""
    from cnnviz.design import packed

    open_design(page, f"{address}/design?design={packed(example('lenet5'))}")
    expect(rows(page)).to_have_count(8, timeout=WAIT_MS)
    page.get_by_role("link", name="Explore").click()
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)
    page.get_by_role("link", name="Design").click()
    expect(rows(page)).to_have_count(8, timeout=WAIT_MS)
    expect(page.locator(".totals")).to_contain_text("61,706 parameters")


def test_a_selected_layer_that_goes_takes_nothing_else_with_it(address, page):
    """Oracle: LeNet-5 has layers 0 to 11; without its last row 0 to 10, and AlexNet has 0 to 20."""
    from cnnviz.design import packed

    open_design(page, f"{address}/design?layer=11&level=1&design={packed(example('lenet5'))}")
    layer = page.get_by_role("spinbutton", name="Layer")
    expect(layer).to_have_value("11", timeout=WAIT_MS)
    rows(page).nth(7).get_by_role("button", name="Delete row 8").click()
    expect(layer).to_have_value("10", timeout=WAIT_MS)
    rows(page).nth(0).locator(".what").click()
    set_field(page, 0, "repeat", "12")  # the second does not fit: the layers of no row are left
    expect(rows(page).nth(0).locator("> .problem")).to_contain_text("repeat it less often", timeout=WAIT_MS)
    page.get_by_role("button", name="Undo").click()
    expect(rows(page)).to_have_count(7, timeout=WAIT_MS)
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)


def test_from_a_deep_design_to_a_shallow_network(address, page):
    """Oracle: layer 60 of ResNet-18's rows is none of AlexNet's 21."""
    import cnnviz
    from cnnviz.design import packed
    from cnnviz.design.derive import derived

    word = packed(derived(cnnviz.trace("resnet18")))
    open_design(page, f"{address}/design?layer=60&level=2&net=alexnet&design={word}")
    expect(page.get_by_role("spinbutton", name="Layer")).to_have_value("60", timeout=WAIT_MS)
    page.get_by_role("link", name="Explore").click()
    expect(page.get_by_role("spinbutton", name="Layer")).to_have_value("20", timeout=WAIT_MS)


def test_a_design_goes_along_to_be_trained_and_measured(address, page):
    """Oracle: by hand, 156 + 2,416 + (400 + 1) * 60 + (60 + 1) * 84 + 850 = 32,606 parameters, on both."""
    from cnnviz.design import packed

    word = packed(example("lenet5"))
    open_design(page, f"{address}/design?design={word}")
    rows(page).nth(5).locator(".what").click()
    set_field(page, 5, "features", "60")
    expect(page.locator(".totals")).to_contain_text("32,606 parameters", timeout=WAIT_MS)
    page.get_by_role("link", name="Train this").click()
    page.wait_for_url(lambda link: "/training" in link and parameters(link).get("design", word) != word)
    said = parameters(page.url)
    assert (said["preset"], said["train"]) == ("free", "network=design")
    assert unpacked(said["design"]).rows[5].values[0] == ("features", 60)
    page.get_by_role("link", name="Design", exact=True).click()
    page.get_by_role("link", name="Measure this").click()
    expect(page.get_by_text("Your design LeNet-5")).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("32,606 parameters")).to_be_visible()
    page.get_by_role("button", name="AlexNet instead").click()
    expect(page.get_by_text("Your design LeNet-5")).to_have_count(0)


def test_measuring_before_there_is_a_design_says_what_is_shown_instead(address, page):
    page.goto(f"{address}/design")
    page.get_by_role("link", name="Measure this").click(timeout=WAIT_MS)
    expect(page.get_by_role("alert")).to_contain_text("Here is AlexNet instead", timeout=WAIT_MS)


def test_the_card_of_a_design_opens_by_the_graph_and_closes_again(address, page):
    """Oracle: the heading of the layer that was clicked; none at first, and none after a second press."""
    from cnnviz.design import packed

    open_design(page, f"{address}/design?design={packed(example('lenet5'))}")
    page.locator("[id='node:2']").click(timeout=WAIT_MS)
    heading = page.get_by_role("heading", name="pool1")
    expect(heading).to_be_visible(timeout=WAIT_MS)
    page.get_by_role("button", name="Layer", exact=True).click()
    expect(heading).to_have_count(0)
