"""Predict, then reveal, in a real browser: what is hidden, what is typed, where the cursor goes."""

from __future__ import annotations

import re

import pytest

from tests.browser.steps import WAIT_MS, assert_fits, open_graph, parameters
from tests.browser.steps import text_field as field

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def say(page, label: str, text: str) -> None:
    field(page, label).fill(text)
    field(page, label).press("Enter")


def step(page, name: str) -> None:
    page.get_by_role("button", name=name, exact=True).click()


def expect_row(page, index: int, **cells: str) -> None:
    """What the table has for a layer, by the head of the column."""
    page.locator("th").first.wait_for(timeout=WAIT_MS)
    heads = [head.strip() for head in page.locator("th").all_inner_texts()]
    row = page.locator(f"tr[data-index='{index}'] td")
    for name, text in cells.items():
        expect(row.nth(heads.index(name))).to_have_text(text, timeout=WAIT_MS)


def expect_formula(page, latex: str) -> None:
    """KaTeX keeps what it was given for those who cannot see it."""
    page.locator("annotation", has_text=latex).first.wait_for(state="attached", timeout=WAIT_MS)


def hear(page) -> list[bytes]:
    """Everything that the server sends from now on."""
    frames: list[bytes] = []

    def listen(socket) -> None:
        socket.on(
            "framereceived", lambda data: frames.append(data if isinstance(data, bytes) else data.encode())
        )

    page.on("websocket", listen)
    return frames


def has_number(frames: list[bytes], number: int) -> bool:
    """Whether the number stands anywhere, not as a part of a longer number, name or address."""
    return any(re.search(rb"(?<![\w.,#%%-])%d(?![\w.,%%-])" % number, frame) for frame in frames)


def test_a_cold_deep_link_asks_for_just_that(cold_address, page):
    """Oracle: ResNet-50 halves 192 twice before its first block: 48x48, and its addition has 256 channels."""
    frames = hear(page)
    open_graph(page, cold_address + "/explore?net=resnet50&size=192&layer=14&predict=n_H")
    field(page, "n_H").wait_for(timeout=WAIT_MS)
    page.locator("[id='node:14'].selected").wait_for()
    expect(page.locator("tr[aria-selected] td").first).to_have_text("14")
    page.get_by_role("heading").filter(has_text="conv2_x.block_1").wait_for()
    expect_row(page, 14, n_H="?", n_W="?", n_C="256", Parameters="0", MACs="0", Memory="?")
    expect_row(page, 12, n_H="?", n_C="256", Parameters="16,384", MACs="?")
    expect(page.locator("[id='node:14']")).to_contain_text("?x?x256")
    assert parameters(page.url) == {"net": "resnet50", "size": "192", "layer": "14", "predict": "n_H"}
    sent = b"".join(frames)
    assert not [secret for secret in (b"48x48", "48 × 48".encode(), b"= 48", b"{48}") if secret in sent]

    say(page, "n_H", "256")
    page.get_by_text("256 is n_C, the number of channels; n_H is the height").wait_for(timeout=WAIT_MS)
    expect(field(page, "n_H")).to_have_value("256")
    expect_row(page, 14, n_H="?")
    say(page, "n_H", "48")
    expect_formula(page, r"n_H = n_W = \mathbf{48}")
    expect_row(page, 14, n_H="48", n_W="48", n_C="256", Memory="2.36 MB")
    expect_row(page, 13, n_H="?")
    expect(field(page, "n_H")).to_have_count(0)
    page.get_by_text("0 of 1 right at the first try").wait_for()


def test_hidden_numbers_are_not_sent(address, page):
    """Oracle: AlexNet's first maps are 55x55; 55 is no other number of the network, and is sent otherwise."""
    frames = hear(page)
    open_graph(page, address + "/explore?net=alexnet&predict=n_W")
    field(page, "n_W").wait_for(timeout=WAIT_MS)
    step(page, "Next")
    expect(page.get_by_role("spinbutton", name="Layer")).to_have_value("1")
    page.get_by_role("heading").filter(has_text="act1").wait_for(timeout=WAIT_MS)
    assert not has_number(frames, 55)
    say(page, "n_W", "55")
    expect_formula(page, r"n_H = n_W = \mathbf{55}")
    assert has_number(frames, 55)


def test_lenet_by_keyboard_alone(address, page):
    """Oracle: LeNet-5: 28x28x6 with (5*5*1 + 1)*6 = 156 parameters, tanh keeps them, pooling halves to 14."""
    open_graph(page, address + "/explore?net=lenet5&predict=n_H,n_W,n_C,parameters")
    field(page, "n_H = n_W").wait_for(timeout=WAIT_MS)
    page.keyboard.type("28")  # wherever the cursor is
    page.keyboard.press("Enter")
    expect(field(page, "n_C")).to_be_focused(timeout=WAIT_MS)
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    expect(field(page, "parameters")).to_be_focused(timeout=WAIT_MS)
    page.keyboard.type("150")
    page.keyboard.press("ArrowLeft")  # moves the cursor, not the layer
    page.keyboard.press("Enter")
    page.get_by_text("each of the 6 filters also has a bias").wait_for(timeout=WAIT_MS)
    assert "layer" not in parameters(page.url)
    page.keyboard.press("Delete")
    page.keyboard.type("6")
    page.keyboard.press("Enter")
    expect(page.get_by_role("button", name="Next layer")).to_be_focused(timeout=WAIT_MS)
    expect_formula(page, r"\left\lfloor\dfrac{32 + 2 \cdot 0 - 5}{1}\right\rfloor + 1 = \mathbf{28}")
    expect_formula(page, r"(5 \cdot 5 \cdot 1 + 1) \cdot 6 = \mathbf{156}")
    expect_row(page, 0, n_H="28", n_W="28", n_C="6", Parameters="156")
    page.keyboard.press("Enter")  # on to tanh
    page.keyboard.type("28")  # as fast as a person types
    expect(field(page, "n_H = n_W")).to_have_value("28", timeout=WAIT_MS)
    page.wait_for_url(lambda link: parameters(link).get("layer") == "1")
    page.keyboard.press("Enter")
    expect(field(page, "n_C")).to_be_focused(timeout=WAIT_MS)
    for _ in range(2):  # empty fields are passed over, and then the layer
        page.keyboard.press("Enter")
    expect(page.locator("tr[aria-selected] td").first).to_have_text("2", timeout=WAIT_MS)
    page.get_by_role("heading").filter(has_text="pool1").wait_for(timeout=WAIT_MS)
    expect(field(page, "n_H = n_W")).to_be_focused(timeout=WAIT_MS)
    page.keyboard.press("Escape")
    page.keyboard.press("ArrowLeft")  # steps again
    page.wait_for_url(lambda link: parameters(link).get("layer") == "1")


def test_what_was_typed_is_there_when_one_comes_back(address, page):
    """Oracle: LeNet-5's second convolution: 10x10x16."""
    open_graph(page, address + "/explore?net=lenet5&predict=n_H,n_C&layer=3")
    say(page, "n_H", "11")
    page.get_by_text("Not right.").wait_for(timeout=WAIT_MS)
    say(page, "n_C", "16")
    expect_row(page, 3, n_H="?", n_C="16")
    step(page, "Next")
    page.get_by_role("heading").filter(has_text="act2").wait_for(timeout=WAIT_MS)
    field(page, "n_C").fill("1")  # not checked yet
    step(page, "Previous")
    page.get_by_role("heading").filter(has_text="conv2").wait_for(timeout=WAIT_MS)
    expect(field(page, "n_H")).to_have_value("11")
    page.get_by_text("Not right.").wait_for()
    expect(field(page, "n_C")).to_have_count(0)
    step(page, "Next")
    page.get_by_role("heading").filter(has_text="act2").wait_for(timeout=WAIT_MS)
    expect(field(page, "n_C")).to_have_value("1")


def test_a_right_prediction_is_written_into_the_graph_without_a_new_layout(address, page):
    """Oracle: LeNet-5's first convolution makes 28x28x6; a box that is laid out anew is another element."""
    open_graph(page, address + "/explore?net=lenet5&predict=n_H,n_C")
    box = page.locator("[id='node:0']")
    expect(box.locator("text").nth(1)).to_have_text("?x?x?")
    box.evaluate("box => (box.dataset.was = 'there')")
    say(page, "n_H", "28")
    expect(box.locator("text").nth(1)).to_have_text("28x28x?", timeout=WAIT_MS)
    say(page, "n_C", "6")
    expect(box.locator("text").nth(1)).to_have_text("28x28x6", timeout=WAIT_MS)
    expect(box).to_have_attribute("data-was", "there")
    expect(box).to_have_attribute("aria-label", re.compile("28x28x6"))
    outer, inner = box.bounding_box(), box.locator("text").nth(1).bounding_box()
    assert outer["x"] <= inner["x"]
    assert inner["x"] + inner["width"] <= outer["x"] + outer["width"]
    page.locator("[id='node:3']").click()  # another layer: it stays
    expect(box.locator("text").nth(1)).to_have_text("28x28x6")
    page.get_by_role("button", name="Predict").click()
    page.get_by_role("button", name="Forget the answers").click()
    expect(box.locator("text").nth(1)).to_have_text("?x?x?", timeout=WAIT_MS)
    expect_row(page, 0, n_H="?", n_W="?", n_C="?")


def test_show_it_reveals_one_number(address, page):
    open_graph(page, address + "/explore?net=lenet5&predict=n_H,n_C")
    page.get_by_role("button", name="Show n_C").click()
    expect_row(page, 0, n_H="?", n_C="6")
    page.get_by_text("1 shown").wait_for()
    expect(field(page, "n_H")).to_have_count(1)


def test_the_switch_hides_and_shows_on_the_page_and_in_the_link(address, page):
    open_graph(page, address + "/explore?net=lenet5")
    expect_row(page, 0, n_H="28", Parameters="156")
    page.get_by_role("button", name="Predict").click()
    choice = page.get_by_test_id("stButtonGroup").filter(has_text="receptive field")
    choice.get_by_text("parameters").click()
    expect_row(page, 0, n_H="28", Parameters="?", MACs="?")
    page.wait_for_url(lambda link: parameters(link).get("predict") == "parameters")
    choice.get_by_text("n_H").click()
    expect_row(page, 0, n_H="?", n_W="?", Parameters="?")
    page.wait_for_url(lambda link: parameters(link).get("predict") == "n_H,parameters")
    expect(page.locator("[data-testid=stMetric]").filter(has_text="Parameters")).to_contain_text("?")
    choice.get_by_text("n_H").click()
    choice.get_by_text("parameters").click()
    expect_row(page, 0, n_H="28", n_W="28", Parameters="156", MACs="117,600")
    page.wait_for_url(lambda link: "predict" not in parameters(link))


def test_another_network_keeps_the_mode_and_has_no_answers(address, page):
    """Oracle: AlexNet's conv1 has 96 filters."""
    open_graph(page, address + "/explore?net=lenet5&predict=n_C")
    say(page, "n_C", "6")
    page.get_by_text("1 of 1 right").wait_for(timeout=WAIT_MS)
    box = page.get_by_role("combobox", name="Network")
    box.click()
    page.keyboard.type("AlexNet")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")
    page.get_by_role("group", name="Graph of alexnet@course").wait_for(timeout=WAIT_MS)
    expect_row(page, 0, n_H="55", n_C="?")
    expect(page.get_by_text("right at the first try")).to_have_count(0)
    page.wait_for_url(lambda link: parameters(link).get("predict") == "n_C")


def test_answers_are_kept_for_a_size_and_while_nothing_can_be_drawn(address, page):
    """Oracle: LeNet-5 on 64x64 has 60x60 maps first; 3x3 is too small for its 5x5 filters."""
    open_graph(page, address + "/explore?net=lenet5&predict=n_H")
    say(page, "n_H", "28")
    expect_row(page, 0, n_H="28")
    size = page.locator("input[aria-label='Input size']")
    for given, shown in (("64", "?"), ("3", ""), ("32", "28")):
        size.fill(given)
        size.press("Enter")
        if shown:
            expect_row(page, 0, n_H=shown)
        else:
            page.get_by_role("alert").wait_for(timeout=WAIT_MS)
    page.wait_for_url(lambda link: parameters(link).get("predict") == "n_H")


def test_a_link_with_other_names_says_so_and_hides_what_it_can(address, page):
    open_graph(page, address + "/explore?net=lenet5&predict=N_h,paramters&colour=MACs")
    expect(page.get_by_role("alert")).to_contain_text("did you mean parameters?", timeout=WAIT_MS)
    expect_row(page, 0, n_H="?", Parameters="156")
    expect(page.locator("div.legend")).to_contain_text("convolution")  # MACs would tell n_H


def test_a_class_predicts_on_a_projector(address, page):
    """Oracle: AlexNet's first layer, 55x55; the field can be read from the back of a room."""
    page.set_viewport_size({"width": 1280, "height": 720})
    open_graph(page, address + "/explore?net=alexnet&predict=n_H&present=true")
    n_H = field(page, "n_H")
    n_H.wait_for(timeout=WAIT_MS)
    size = n_H.evaluate("field => parseFloat(getComputedStyle(field).fontSize)")
    assert size >= 20
    box = n_H.bounding_box()
    assert box["y"] + box["height"] < 720
    page.get_by_role("button", name="Show n_H").click()
    expect_formula(page, r"= \mathbf{55}")
    page.keyboard.press("Enter")
    page.get_by_role("heading").filter(has_text="act1").wait_for(timeout=WAIT_MS)


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_predicts_lenet(address, page, scheme):
    """Nothing is wider than the phone, the fields are large enough for a finger, Check needs no Enter key."""
    page.emulate_media(color_scheme=scheme)
    page.set_viewport_size({"width": 390, "height": 844})
    open_graph(page, address + "/explore?net=lenet5&predict=n_H,n_W,n_C,parameters,macs,receptive_field")
    field(page, "n_H = n_W").fill("27")
    page.get_by_role("button", name="Check n_H = n_W").click()
    page.get_by_text("the + 1 for the first window is missing").wait_for(timeout=WAIT_MS)
    assert_fits(page)
    for control in page.locator("form :is(input, button)").all():
        box = control.bounding_box()
        assert box["height"] >= 36
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 390
    assert field(page, "MACs").get_attribute("inputmode") == "numeric"
