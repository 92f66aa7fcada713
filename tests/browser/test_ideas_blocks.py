"""Normalisation, blocks, dropout, augmentation, counting, history and features in a real browser."""

from __future__ import annotations

import io
import re

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz.ideas import (
    augmentation,
    batches,
    batchnorm,
    chance,
    dropout,
    history,
    normalisation,
    residual,
    series,
)
from tests.browser.steps import WAIT_MS, parameters
from tests.browser.test_ideas import drag, opened, worked_out

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def values(page) -> str:
    return parameters(page.url).get("values", "")


def slide(frame, name: str, value: str) -> None:
    frame.get_by_role("slider", name=name, exact=True).fill(value)


# ---- what the browser works out


def test_the_browsers_numbers_are_the_packages(address, page):
    """Oracle: the package's functions, which other tests hold against torch, sympy and scikit-image."""
    opened(page, f"{address}/ideas?idea=dropout")
    drawn = worked_out(page, "chance", "(n => Array.from({ length: 200 }, n))(m.chance(77))")
    np.testing.assert_array_equal(drawn, chance.uniform(77, 200))
    drawn = worked_out(page, "dropout", "m.masks(0.3, 5, 40, 16)")
    np.testing.assert_array_equal(drawn, dropout.kept(0.3, 5, 40))
    for scale in (0.5, 1.0):
        made = worked_out(page, "residual", f"m.depth(3, {scale}, 20, 16)")
        plain, kept = residual.depth(3, scale)
        np.testing.assert_allclose(made["plain"], plain, rtol=1e-9)
        np.testing.assert_allclose(made["residual"], kept, rtol=1e-9)
    for name in series.FUNCTIONS:
        made = worked_out(page, "series", f"[0, 1, 4, 8].map(n => m.partial('{name}', 0.7, n))")
        assert made == pytest.approx([series.partial(name, 0.7, n) for n in (0, 1, 4, 8)])
    made = worked_out(page, "series", "[1, 6, 24].map(n => m.denseWeights(64, 32, n))")
    assert made == [series.dense_weights(64, 32, n) for n in (1, 6, 24)]
    for seed in (None, 4):
        said = "null" if seed is None else seed
        made = worked_out(page, "batches", f"m.seen(1003, 64, 24, 10, {said})")
        np.testing.assert_array_equal(made, batches.seen(1003, 64, 24, seed))
    for drop in (False, True):
        made = worked_out(page, "batches", f"m.count(1003, 64, 5, {str(drop).lower()})")
        assert made == batches.count(1003, 64, 5, drop).as_dict()


def test_the_browsers_augmentation_is_the_packages(address, page):
    """Oracle: the package's, which other tests hold against torch and Pillow."""
    opened(page, f"{address}/ideas?idea=augmentation")
    x = np.random.default_rng(0).integers(0, 256, (12, 12, 3)).astype(float)
    given = {"crop": 0.4, "rotate": 30, "shift": 0.1, "colour": 0.5, "noise": 0.05, "erase": 0.3}
    settings = augmentation.Settings(**given)
    said = {"flip": "yes"} | given
    for draw in range(3):
        made = worked_out(
            page, "augmentation", f"Array.from(m.augmented({x.ravel().tolist()}, 12, {said}, 9, {draw}))"
        )
        expected = augmentation.augmented(x, settings, 9, draw)
        np.testing.assert_allclose(np.reshape(made, x.shape), expected, atol=1e-6)


# ---- batch normalisation


def test_a_number_is_typed_or_dragged_and_every_step_follows(address, page):
    """Oracle: torch's batch_norm."""
    frame = opened(page, f"{address}/ideas?idea=batchnorm")
    field = frame.get_by_role("spinbutton", name="Example 2")
    field.fill("-3.5")
    field.press("Enter")
    x = [2, -3.5, 7, 3, 9]
    batch = torch.tensor(x, dtype=torch.float64)[:, None]
    made = torch.nn.functional.batch_norm(batch, None, None, training=True)[:, 0].tolist()
    row = frame.locator("tbody tr").nth(2)
    for value in made:
        expect(row).to_contain_text(f"{abs(round(value, 3)):g}")
    page.wait_for_url(lambda link: "x2=-3.5" in parameters(link).get("values", ""))
    picture = frame.locator("svg[role=application]")
    drag(page, picture, (0.55, 0.06), (0.9, 0.06))
    page.wait_for_url(lambda link: "x1=" in parameters(link)["values"])
    before = values(page)
    picture.focus()
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda link: parameters(link)["values"] != before)
    said = frame.locator("tbody tr").nth(3).locator("td").all_inner_texts()
    page.reload()
    expect(frame.locator("tbody tr").nth(3).locator("td")).to_have_text(said, timeout=WAIT_MS)


def test_gamma_and_beta_undo_it_and_evaluation_uses_what_was_kept(address, page):
    """Oracle: y = x; and torch's running mean and variance."""
    frame = opened(page, f"{address}/ideas?idea=batchnorm")
    frame.get_by_role("switch", name="γ and β undo it").check()
    rows = frame.locator("tbody tr")
    expect(rows.nth(3).locator("td")).to_have_text(["2", "4", "7", "3", "9", "5", "6.8"])
    frame.get_by_role("switch", name="γ and β undo it").uncheck()
    frame.get_by_role("radio", name="evaluation").check()
    known = batchnorm.running(np.array(batchnorm.BATCH), 10, 0.1)
    y = batchnorm.steps(batchnorm.BATCH, 1.5, 2, known).y
    expect(rows.nth(3).locator("td").first).to_have_text(f"{y[0]:.3f}".rstrip("0"))


# ---- the cubes


@pytest.mark.parametrize("kind", normalisation.KINDS)
def test_the_picked_number_is_normalised_as_torch_does(address, page, kind):
    """Oracle: torch's normalisations."""
    frame = opened(page, f"{address}/ideas?idea=normalisation&values=kind={kind},of=30,show=after")
    x = torch.tensor(normalisation.tensor())
    made = {
        "batch": lambda: torch.nn.functional.batch_norm(x, None, None, training=True),
        "layer": lambda: torch.nn.functional.layer_norm(x, x.shape[1:]),
        "instance": lambda: torch.nn.functional.instance_norm(x),
        "group": lambda: torch.nn.functional.group_norm(x, 2),
    }[kind]().flatten()
    picture = frame.locator("svg[role=application]")
    said = f"{made[30]:.3f}".replace("-", "−").rstrip("0")
    expect(picture).to_have_attribute("aria-label", re.compile(re.escape(f"becomes {said}")))
    picture.focus()
    page.keyboard.press("ArrowRight")
    said = f"{made[31]:.3f}".replace("-", "−").rstrip("0")
    expect(picture).to_have_attribute("aria-label", re.compile(re.escape(f"becomes {said}")))
    page.wait_for_url(lambda link: "of=31" in parameters(link)["values"])


# ---- blocks


def test_zero_weights_make_a_residual_block_the_identity(address, page):
    """Oracle: a[l] itself; torch for half the weights."""
    frame = opened(page, f"{address}/ideas?idea=residual")
    rows = frame.locator("tbody:visible tr")
    slide(frame, "All weights W times", "0.4")
    made = residual.through(residual.BLOCK, 0.4, 1)
    expect(rows.nth(5).locator("td")).to_have_text([f"{value:.4g}" for value in made.residual])
    frame.get_by_role("button", name="W = 0, b = 0").click()
    expect(rows.nth(4).locator("td")).to_have_text(["0"] * 4)
    expect(rows.nth(5).locator("td")).to_have_text(["2", "0", "1", "3"])
    page.wait_for_url(lambda link: "w=0" in parameters(link).get("values", ""))
    frame.get_by_role("radio", name="depth").check()
    expect(frame.get_by_role("slider", name="Blocks in the picture")).to_be_visible()
    frame.get_by_role("slider", name="Blocks in the picture").focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_url(lambda link: "blocks=11" in parameters(link)["values"])


def test_channels_of_a_dense_block_grow(address, page):
    """Oracle: DenseNet-121's first block, 64 + 6 * 32 = 256; sin(1) and its series to x^3 by hand."""
    frame = opened(page, f"{address}/ideas?idea=series&values=of=sin(x),terms=3")
    expect(frame).to_contain_text("256 channels")
    expect(frame).to_contain_text("0.841")
    expect(frame).to_contain_text("0.833")  # 1 - 1/6
    slide(frame, "Layers", "12")
    expect(frame).to_contain_text(f"{64 + 12 * 32} channels")


# ---- dropout, batches


def test_the_mean_of_many_draws_is_what_evaluation_gives(address, page):
    """Oracle: the activations."""
    frame = opened(page, f"{address}/ideas?idea=dropout&values=draws=1000,of=2")
    mean = dropout.dropped(np.array(dropout.ACTIVATIONS), dropout.kept(0.5, 1, 1000), 0.5, "inverted").mean(
        axis=0
    )[2]
    assert mean == pytest.approx(5, abs=0.7)
    picture = frame.locator("svg[role=application]")
    expect(picture).to_have_attribute("aria-label", re.compile(f"mean {mean:.2f}".rstrip("0")))
    frame.get_by_role("radio", name="evaluation").check()
    on = " ".join(f"{value:g}" for value in dropout.ACTIVATIONS)
    expect(picture).to_have_attribute("aria-label", re.compile(f"On: {on}"))


def test_iterations_are_counted_and_run_through(address, page):
    """Oracle: ceil(1000 / 64) = 16, times 5; 937 without the smaller one of 60,000 by 64."""
    frame = opened(page, f"{address}/ideas?idea=batches")
    expect(frame).to_contain_text("Iteration 0 of 80")
    frame.get_by_role("button", name="One iteration further").click()
    expect(frame).to_contain_text("Epoch 1 of 5: batch 1 of 16, 64 of 1,000 images")
    frame.get_by_role("button", name="Play").click()
    expect(frame.get_by_role("button", name="Pause")).to_be_visible()
    expect(frame).to_contain_text(re.compile("Epoch 2 of 5"), timeout=WAIT_MS)
    frame.get_by_role("button", name="Back to the start").click()
    field = frame.get_by_role("spinbutton", name="Images N, typed")
    field.fill("60000")
    field.press("Enter")
    frame.get_by_role("switch", name="Drop the last, smaller batch").check()
    expect(frame).to_contain_text(f"Iteration 0 of {937 * 5:,}")
    page.wait_for_url(lambda link: {"images=60000", "drop=yes"} <= set(values(page).split(",")))
    picture = frame.locator(".picture svg")
    expect(picture).to_have_attribute("aria-label", re.compile("64 0 0 0 0 0 0 0 0 0;"))
    frame.get_by_role("switch", name="Shuffle").check()
    first = " ".join(str(n) for n in batches.seen(60000, 64, 1, 1)[0])
    expect(picture).to_have_attribute("aria-label", re.compile(f"{first};"))


# ---- images


def png(colour: tuple[int, int, int]) -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (300, 200), colour).save(out, "PNG")
    return out.getvalue()


def upload(page, name: str, contents: bytes) -> None:
    page.get_by_role("button", name="Your own image").click()
    chooser = page.locator("input[type=file]")
    chooser.set_input_files({"name": name, "mimeType": "image/png", "buffer": contents})


PIXEL = """() => { const all = [...document.querySelectorAll("*")].map(e => e.shadowRoot).filter(Boolean)
    const canvas = [document, ...all].map(root => root.querySelector(".idea canvas")).find(Boolean)
    return [...canvas.getContext("2d").getImageData(60, 60, 1, 1).data].slice(0, 3) }"""


def test_an_image_of_ones_own_is_augmented_and_a_broken_one_is_refused(address, page):
    """Oracle: the colour of the image that was made for this."""
    frame = opened(page, f"{address}/ideas?idea=augmentation")
    canvas = frame.locator("canvas")
    expect(canvas).to_have_attribute("aria-label", re.compile("by seed 1"))
    frame.get_by_role("button", name="Draw again").click()
    page.wait_for_url(lambda link: parameters(link).get("values") == "seed=2")
    upload(page, "broken.png", b"\x89PNG\r\n\x1a\nnothing")
    expect(page.get_by_role("alert").filter(has_text="broken.png")).to_be_visible(timeout=WAIT_MS)
    page.locator("input[type=file]").set_input_files(
        {"name": "blue.png", "mimeType": "image/png", "buffer": png((20, 40, 200))}
    )
    page.wait_for_url(lambda link: "of=own" in parameters(link).get("values", ""), timeout=WAIT_MS)
    expect(frame.get_by_role("radio", name="yours")).to_be_checked(timeout=WAIT_MS)
    page.wait_for_timeout(500)
    assert np.abs(np.array(page.evaluate(PIXEL)) - (20, 40, 200)).max() < 12
    page.goto(page.url)  # another visit: the image is gone, and that is said
    expect(page.get_by_text("kept for a visit alone")).to_be_visible(timeout=WAIT_MS)


def test_each_step_of_the_classic_pipeline_is_shown(address, page):
    """Oracle: Dalal and Triggs' count for 12 x 12 cells; Lowe's 128 numbers."""
    frame = opened(page, f"{address}/ideas?idea=features")
    expect(frame).to_contain_text("3,872")
    picture = frame.locator(".picture svg").first
    for step, says in (
        ("edges", "Sobel"),
        ("Harris corners", "corners"),
        ("SIFT", "128"),
        ("DAISY", "104"),
        ("visual words", "words"),
    ):
        frame.get_by_role("radio", name=step, exact=True).check()
        expect(picture).to_have_attribute("aria-label", re.compile(step), timeout=WAIT_MS)
        expect(frame).to_contain_text(says)
    page.wait_for_url(lambda link: "step=words" in parameters(link).get("values", ""))
    upload(page, "grey.png", png((120, 120, 120)))
    expect(frame).to_contain_text("No keypoints, so no words.", timeout=WAIT_MS)


# ---- history


def test_the_years_lead_into_explore(address, page):
    """Oracle: He et al. 2015: 3.57 %, 152 layers."""
    frame = opened(page, f"{address}/ideas?idea=history")
    expect(frame).to_contain_text("28.2 %")
    frame.get_by_role("radio", name="depth").check()
    expect(frame.locator(".picture svg")).to_have_attribute("aria-label", re.compile("2015 ResNet-152: 152"))
    frame.get_by_role("radio", name="one model, from the catalogue").check()
    expect(frame.locator("tbody tr")).to_have_count(len(history.catalogue()))
    frame.get_by_role("row", name=re.compile("GoogLeNet")).get_by_role("link").click()
    page.wait_for_url(lambda link: "/explore" in link and parameters(link).get("net") == "googlenet")
