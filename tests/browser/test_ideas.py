"""The ideas in a real browser: what is dragged, read, stepped by keys, and brought back by the link."""

from __future__ import annotations

import json
import re

import numpy as np
import pytest
import torch

from cnnviz.ideas import IDEAS, losses, pointwise, pooling, sharing
from cnnviz.ui.block_graph import ADDRESS
from tests.browser.steps import WAIT_MS, assert_fits, parameters
from tests.test_ideas_numbers import TORCH, autograd

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def opened(page, link: str):
    """The drawing of the idea of this link."""
    page.goto(link)
    frame = page.locator(".frame.idea")
    frame.locator(".picture :is(svg, canvas)").first.wait_for(timeout=WAIT_MS)
    return frame


def worked_out(page, idea: str, expression: str):
    """What the page's own script `m` makes of an expression, as the browser runs it."""
    source = f"{ADDRESS}ideas/{idea}.js"
    return page.evaluate(f"source => import(source).then(m => {expression})", source)


def drag(page, picture, start: tuple[float, float], to: tuple[float, float]) -> None:
    box = picture.bounding_box()
    points = [(box["x"] + x * box["width"], box["y"] + y * box["height"]) for x, y in (start, to)]
    page.mouse.move(*points[0])
    page.mouse.down()
    page.mouse.move(*points[1], steps=6)
    page.mouse.up()


def test_the_index_leads_to_every_idea_and_back(address, page):
    """Oracle: the table of ideas."""
    page.goto(f"{address}/ideas")
    cards = page.locator("a.card")
    expect(cards).to_have_count(len(IDEAS), timeout=WAIT_MS)
    expect(cards.locator("svg")).to_have_count(len(IDEAS))
    page.get_by_role("link", name=re.compile("^Pooling")).click()
    page.wait_for_url(lambda link: parameters(link).get("idea") == "pooling")
    expect(page.get_by_role("heading", name="Pooling")).to_be_visible(timeout=WAIT_MS)
    names = [idea.name for idea in IDEAS]
    after = names[names.index("pooling") + 1]
    page.get_by_role("button", name="Next", exact=False).click()
    page.wait_for_url(lambda link: parameters(link).get("idea") == after)
    for _ in range(names.index(after) + 2):  # the page of sections lies between
        before = page.url
        page.get_by_role("button", name="Previous", exact=False).click()
        page.wait_for_url(lambda link, before=before: link != before)
    expect(cards).to_have_count(len(IDEAS), timeout=WAIT_MS)
    assert "idea" not in parameters(page.url)


def test_what_is_typed_for_the_link_is_shown(address, page):
    """Oracle: tanh(2) = 0.964, 1 - 0.964^2 = 0.0707."""
    frame = opened(page, f"{address}/ideas?idea=activations")
    page.get_by_role("button", name="Link").click()
    field = page.get_by_role("textbox", name="Its values")
    field.fill("of=tanh,x=2")
    field.press("Enter")
    expect(frame).to_contain_text("0.964", timeout=WAIT_MS)
    expect(frame).to_contain_text("0.0707")
    field = page.get_by_role("textbox", name="Idea", exact=True)
    field.fill("losses")
    field.press("Enter")
    expect(page.get_by_role("heading", name="Losses")).to_be_visible(timeout=WAIT_MS)


# ---- activations


@pytest.mark.parametrize("name", TORCH)
def test_the_browsers_activations_are_torchs(address, page, name):
    """Oracle: torch's functions and autograd."""
    opened(page, f"{address}/ideas?idea=activations")
    x = np.arange(-60, 61) / 10 + 0.03
    ours = worked_out(page, "activations", f"{x.tolist()}.map(x => m.FUNCTIONS.{name}.map(f => f(x)))")
    value, slope = autograd(TORCH[name], x)
    np.testing.assert_allclose(ours, np.stack([value, slope], axis=1), atol=1e-12)


def test_x_is_dragged_and_both_curves_are_read_off(address, page):
    """Oracle: torch: the sigmoid and its slope at the x that the link has afterwards."""
    frame = opened(page, f"{address}/ideas?idea=activations")
    picture = frame.get_by_role("slider", name="x", exact=True)
    drag(page, picture, (0.6, 0.5), (1.1, 0.5))  # beyond the edge: the last x that there is
    expect(picture).to_have_attribute("aria-valuenow", "6")
    f = torch.sigmoid(torch.tensor(6, dtype=torch.float64)).item()
    expect(frame).to_contain_text(f"{f:.3g}")
    expect(frame).to_contain_text(f"{f * (1 - f):.3g}")
    page.wait_for_url(lambda link: parameters(link).get("values") == "x=6")
    picture.press("ArrowLeft")
    page.wait_for_url(lambda link: parameters(link).get("values") == "x=5.95")


def test_ten_layers_of_sigmoids_keep_a_millionth(address, page):
    """Oracle: 0.25^10 = 9.5e-7; one of ten ReLUs' gradients passes whole."""
    frame = opened(page, f"{address}/ideas?idea=activations&values=x=0")
    row = frame.get_by_role("row", name=re.compile("^at best"))
    expect(row).to_contain_text("9.5·10⁻⁷")
    frame.get_by_role("radio", name="ReLU", exact=True).check(force=True)
    expect(row).to_contain_text("1")
    expect(row).not_to_contain_text("10")
    page.wait_for_url(lambda link: "of=relu" in parameters(link).get("values", ""))
    page.reload()
    expect(page.get_by_role("radio", name="ReLU", exact=True)).to_be_checked(timeout=WAIT_MS)


# ---- losses


def test_the_browsers_losses_are_ours(address, page):
    """Oracle: the package's losses, which other tests hold against torch and scikit-learn."""
    opened(page, f"{address}/ideas?idea=losses")
    for loss in losses.LOSSES:
        for z in ([-2, 3, 0], [0.3, -1.7, 0], [5.5, 5.2, 0]):
            for right in range(3):
                told = worked_out(
                    page, "losses", f"m.LOSSES.{loss.name}.slice(0, 2).map(f => f({z}, {right}))"
                )
                at = np.array(z, dtype=float)
                assert told[0] == pytest.approx(loss.value(at, right))
                np.testing.assert_allclose(told[1], loss.gradient(at, right), atol=1e-12)
        for label in (0, 1):
            told = worked_out(
                page,
                "losses",
                f"[-3, 0.4, 2].map(z => m.LOSSES.{loss.name}.slice(2).map(f => f(z, {label})))",
            )
            at = np.array([-3, 0.4, 2])
            np.testing.assert_allclose([row[0] for row in told], loss.binary(at, label), atol=1e-12)
            np.testing.assert_allclose([row[1] for row in told], loss.binary_gradient(at, label), atol=1e-12)
        steps = worked_out(page, "losses", f"m.descent('{loss.name}', [-2, 3, 0], 0, 1, 0.9, 10000).steps")
        assert steps == losses.descent(loss.name, (-2.0, 3.0, 0.0), 0, 1.0)


def test_the_prediction_is_dragged_and_the_loss_follows(address, page):
    """Oracle: cross-entropy at the place that the link has."""
    frame = opened(page, f"{address}/ideas?idea=losses")
    expect(frame).to_contain_text("5.055")  # -ln softmax(-2, 3, 0)[0], torch
    picture = frame.locator("svg[role=application]").first
    drag(page, picture, (0.4, 0.3), (1.2, 1.2))  # beyond the corner where the cat is surest
    expected = losses.BY_NAME["cross_entropy"].value(np.array([6.0, -6.0, 0.0]), 0)
    row = frame.get_by_role("row", name=re.compile("^cross-entropy"))
    expect(row).to_contain_text(f"{expected:.3g}")
    page.wait_for_url(lambda link: parameters(link).get("values") == "a=6,b=-6")
    picture.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda link: parameters(link).get("values") == "a=5.9,b=-6")
    page.reload()
    expect(page.get_by_role("row", name=re.compile("^cat"))).to_contain_text("5.9", timeout=WAIT_MS)


# ---- pooling


def test_the_image_is_dragged_by_a_pixel_and_pooling_keeps_part_of_it(address, page):
    """Oracle: the package's pooling, which another test holds against torch."""
    frame = opened(page, f"{address}/ideas?idea=pooling&values=right=0")
    picture = frame.locator("svg[role=application]")
    before = pooling.image("seven")
    expect(frame).to_contain_text("64 of 64")
    picture.focus()
    page.keyboard.press("ArrowRight")
    now = pooling.shifted(before, 1, 0)
    a, b = pooling.pooled(before, "max", 2, 2), pooling.pooled(now, "max", 2, 2)
    expect(frame).to_contain_text(f"{(before == now).sum()} of 64")
    expect(frame).to_contain_text(f"{(a == b).sum()} of 16")
    said = "; ".join(" ".join(f"{value:g}" for value in row) for row in b)
    expect(picture).to_have_attribute("aria-label", re.compile(re.escape(f"pooled: {said}")))
    width = picture.bounding_box()["width"]
    cell = 36 / width  # somewhat less than a cell: the nearest counts
    drag(page, picture, (0.2, 0.5), (0.2 + 1.3 * cell, 0.5))
    page.wait_for_url(lambda link: "right=2" in parameters(link).get("values", ""))


def test_a_scrambled_image_has_the_same_output(address, page):
    """Oracle: a maximum knows no order."""
    frame = opened(page, f"{address}/ideas?idea=pooling&values=right=0,of=texture")
    frame.get_by_role("switch", name="Scramble").check()
    x = pooling.image("texture")
    expect(frame).to_contain_text(f"{(x == pooling.scrambled(x, 2)).sum()} of 64")
    expect(frame).to_contain_text("16 of 16")


# ---- fully connected or convolution


def test_the_course_example_has_three_billion_weights(address, page):
    """Oracle: the course: 1000x1000x3 pixels, 1000 units; 5*5*3*6 + 6 = 456 for the convolution."""
    frame = opened(page, f"{address}/ideas?idea=sharing")
    frame.get_by_role("button", name="Count on 1000×1000×3").click()
    expect(frame).to_contain_text("3,000,001,000 parameters")
    expect(frame).to_contain_text("convolution: 456 parameters")
    field = frame.get_by_role("spinbutton", name="Filters, typed")
    field.fill("64")
    field.press("Enter")
    expect(frame).to_contain_text(f"convolution: {64 * 76:,} parameters")
    page.wait_for_url(lambda link: "filters=64" in parameters(link).get("values", ""))


@pytest.mark.parametrize("name", sharing.KERNELS)
def test_the_matrix_on_the_page_times_the_image_is_torchs_convolution(address, page, name):
    """Oracle: torch's conv2d."""
    frame = opened(page, f"{address}/ideas?idea=sharing&values=kernel={name.replace(' ', '%20')},side=5")
    x, w = (torch.tensor(made)[None, None] for made in (sharing.picture(5), sharing.kernel(name)))
    expected = " ".join(f"{value:g}" for value in torch.nn.functional.conv2d(x, w).flatten().tolist())
    picture = frame.locator("svg[role=application]")
    told = f"Matrix times image: {expected}. Moving window: {expected}. Largest difference: 0"
    expect(picture).to_have_attribute("aria-label", re.compile(re.escape(told)))


def test_an_output_is_picked_by_keys(address, page):
    frame = opened(page, f"{address}/ideas?idea=sharing&values=row=0")
    expect(frame).to_contain_text("Row 1 of the matrix")
    frame.locator("svg[role=application]").focus()
    page.keyboard.press("ArrowDown")  # a row of outputs further: 4 rows of the matrix
    expect(frame).to_contain_text("Row 5 of the matrix")
    page.wait_for_url(lambda link: "row=4" in parameters(link).get("values", ""))


# ---- 1x1


def test_a_pixel_is_picked_and_worked_out_both_ways(address, page):
    """Oracle: torch's conv2d with the numbers on the page."""
    frame = opened(page, f"{address}/ideas?idea=pointwise&values=channels=6,filters=5,row=0,column=0")
    frame.locator("svg[role=application]").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    image, w, b = (
        torch.tensor(getattr(pointwise.EXAMPLE, name), dtype=torch.float64)
        for name in ("image", "weights", "biases")
    )
    made = torch.nn.functional.conv2d(image.permute(2, 0, 1)[None], w[:, :, None, None], b)[0, :, 1, 2]
    said = " ".join(f"{value:g}" for value in made.tolist())
    picture = frame.locator("svg[role=application]")
    told = re.escape(f"Convolution: {said}. Fully connected: {said}")
    expect(picture).to_have_attribute("aria-label", re.compile(told))
    page.wait_for_url(lambda link: "column=2" in parameters(link).get("values", ""))
    expect(frame).to_contain_text("4,816,896")
    expect(frame).to_contain_text("6,176")


# ---- all of them


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_on_a_phone_nothing_moves_sideways(address, page, idea):
    """Oracle: the screen's 390 px."""
    page.set_viewport_size({"width": 390, "height": 844})
    opened(page, f"{address}/ideas?idea={idea.name}")
    assert_fits(page)


@pytest.mark.parametrize("idea", IDEAS, ids=lambda idea: idea.name)
def test_picture_and_controls_are_on_one_screen(address, page, idea):
    """Oracle: a projector's 900 px; no part of the idea lies below."""
    frame = opened(page, f"{address}/ideas?idea={idea.name}")
    expect(page.get_by_role("heading", name=idea.title)).to_be_visible(timeout=WAIT_MS)
    page.wait_for_timeout(300)  # until the page has stopped growing
    box = frame.bounding_box()
    assert box["y"] + box["height"] <= 900, json.dumps(box)


def test_a_link_that_cannot_be_says_so(address, page):
    opened(page, f"{address}/ideas?idea=activations&values=x=99")
    expect(page.get_by_role("alert")).to_contain_text(
        "The place on the axis (x in the link) is a number from -6 to 6, got '99'."
    )


def test_a_typed_number_out_of_bounds_becomes_the_nearest_one(address, page):
    """Oracle: (64 * 64 * 3 + 1) * 10,000 = 122,890,000 parameters."""
    frame = opened(page, f"{address}/ideas?idea=sharing")
    field = frame.get_by_role("spinbutton", name="Units, typed")
    for typed, taken in (("1e99", "10000"), ("", "10000"), ("-7", "1")):
        field.fill(typed)
        field.press("Enter")
        expect(field).to_have_value(taken)
        if taken == "10000":
            expect(frame).to_contain_text("122,890,000")
