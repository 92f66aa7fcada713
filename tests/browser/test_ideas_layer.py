"""One layer, weight decay and the sections of a course in a real browser."""

from __future__ import annotations

import re

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from cnnviz.ideas import decay, layer
from tests.browser.steps import WAIT_MS, parameters
from tests.browser.test_ideas import drag, opened, worked_out

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser


def torchs(name: str, bias: float) -> torch.Tensor:
    x, w = (torch.tensor(np.array(of, dtype=float)) for of in (layer.IMAGE, layer.FILTERS[name]))
    return F.conv2d(x[None], w[None], torch.tensor([bias], dtype=torch.float64))[0, 0]


def test_the_browsers_layer_is_torchs(address, page):
    """Oracle: F.conv2d; torch's ReLU, sigmoid and tanh."""
    opened(page, f"{address}/ideas?idea=layer")
    image = [[list(row) for row in plane] for plane in layer.IMAGE]
    for name, kernels in layer.FILTERS.items():
        kernels = [[list(row) for row in kernel] for kernel in kernels]
        for activation, f in {"ReLU": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh}.items():
            told = worked_out(page, "layer", f"m.layer({kernels}, {image}, -3, '{activation}')")
            z = torchs(name, -3)
            np.testing.assert_allclose(told["z"], z.numpy(), atol=1e-12)
            np.testing.assert_allclose(told["a"], f(z).numpy(), atol=1e-12)


def test_the_window_is_moved_and_the_bias_slid(address, page):
    """Oracle: F.conv2d at the place that the link has, with the bias that it has; 280 parameters."""
    frame = opened(page, f"{address}/ideas?idea=layer")
    expect(frame).to_contain_text("280")
    picture = frame.get_by_role("application")
    picture.press("ArrowRight")
    picture.press("ArrowDown")
    page.wait_for_url(lambda link: parameters(link).get("values") == "row=3,column=2")
    z = torchs("vertical edges", 1)[3, 2]
    expect(picture).to_have_attribute("aria-label", re.compile(f"z {z:.0f}, a {z:.0f}"))
    frame.get_by_role("slider", name=re.compile("^Bias.*vertical")).fill("-20")
    page.wait_for_url(lambda link: "b1=-20" in parameters(link).get("values", ""))
    z = torchs("vertical edges", -20)
    expect(frame).to_contain_text(f"ReLU is off at {int((z <= 0).sum())} of 16 places")
    frame.get_by_role("radio", name="horizontal edges").check(force=True)
    page.wait_for_url(lambda link: "filter=horizontal" in parameters(link).get("values", ""))
    expect(picture).to_have_attribute(
        "aria-label", re.compile(f"z {torchs('horizontal edges', -2)[3, 2]:.0f}, a")
    )


def test_a_window_that_does_not_fit_is_told_with_the_way_out(address, page):
    """Oracle: torch, which refuses a kernel of 5 on an image of 3."""
    frame = opened(page, f"{address}/ideas?idea=layer&values=n=3,f=5")
    expect(frame).to_contain_text("A window of 5×5 does not fit on 3×3")
    expect(frame).to_contain_text("make the input or the padding larger")


def test_the_browsers_steps_are_ours(address, page):
    """Oracle: the package's steps, which other tests hold against torch.optim.SGD and Ridge."""
    opened(page, f"{address}/ideas?idea=decay")
    h, start = list(decay.CURVATURES), list(decay.START)
    told = worked_out(page, "decay", f"m.descent({h}, {start}, [2, -1.5], 0.1, 0.5, 30)")
    np.testing.assert_allclose(told, decay.descent(np.array([2, -1.5]), 0.1, 0.5, 30), atol=1e-12)
    told = worked_out(page, "decay", f"m.decayed({h}, [2, -1.5], 0.1)")
    np.testing.assert_allclose(told, decay.decayed(np.array([2, -1.5]), 0.1), atol=1e-12)


def test_the_minimum_is_dragged_and_decay_moves_it(address, page):
    """Oracle: ridge regression: h / (h + lambda) of it is kept: 1/2 at 1 and 1/11 at 0.1."""
    frame = opened(page, f"{address}/ideas?idea=decay&values=decay=1")
    row = frame.get_by_role("row", name=re.compile("^1: steep"))
    expect(row).to_contain_text("50 %")
    expect(frame.get_by_role("row", name=re.compile("^2: flat"))).to_contain_text("9.1 %")
    picture = frame.get_by_role("application")
    drag(page, picture, (0.5, 0.4), (1.2, 0.4))  # beyond the edge: the last place that there is
    page.wait_for_url(lambda link: "a=3" in parameters(link).get("values", ""))
    expect(row).to_contain_text("1.5")
    picture.press("ArrowLeft")
    page.wait_for_url(lambda link: "a=2.95" in parameters(link).get("values", ""))


def test_a_section_leads_to_where_it_is_touched(address, page):
    """Oracle: the course's first worked example: 6x6 and a vertical edge make 0, 30, 30, 0."""
    page.goto(f"{address}/ideas")
    page.get_by_role("button", name="By the sections of a course").click()
    page.wait_for_url(lambda link: parameters(link).get("idea") == "sections")
    link = page.get_by_role("link", name="a vertical edge", exact=True)
    expect(link).to_be_visible(timeout=WAIT_MS)
    page.goto(link.get_attribute("href"))
    expect(page.get_by_text("One convolution, number by number")).to_be_visible(timeout=WAIT_MS)


@pytest.mark.parametrize("base", ["/explore?net=alexnet&layer=2", "/?net=alexnet&layer=2"])
def test_a_layers_card_leads_to_its_idea_from_either_address_of_explore(address, page, base):
    """Oracle: the address of the page of ideas."""
    page.goto(f"{address}{base}")
    link = page.get_by_role("link", name="Pooling", exact=True)
    expect(link).to_be_visible(timeout=WAIT_MS)
    assert link.evaluate("a => a.href") == f"{address}/ideas?idea=pooling"
