"""The numbers of the ideas, against torch and scikit-learn."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import hinge_loss, log_loss, mean_absolute_error, mean_squared_error

from cnnviz.ideas import activations, losses, pointwise, pooling, sharing

TORCH = {
    "sigmoid": torch.sigmoid,
    "tanh": torch.tanh,
    "relu": F.relu,
    "leaky_relu": F.leaky_relu,
    "elu": F.elu,
    "gelu": F.gelu,
    "silu": F.silu,
    "hard_sigmoid": F.hardsigmoid,
    "hard_tanh": F.hardtanh,
    "hard_swish": F.hardswish,
}
LOGITS = st.floats(-6, 6, allow_nan=False).map(lambda z: round(z, 2))


def autograd(function, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Value and gradient by torch, in 64 bits."""
    at = torch.tensor(x, dtype=torch.float64, requires_grad=True)
    value = function(at)
    value.sum().backward()
    return value.detach().numpy(), at.grad.numpy()


# ---- activations


@pytest.mark.parametrize("one", activations.ACTIVATIONS, ids=lambda one: one.name)
def test_activations_and_slopes_are_those_of_torch(one) -> None:
    """Oracle: torch's functions and its autograd, kinks included."""
    x = np.arange(-240, 241) / 40
    value, slope = autograd(TORCH[one.name], x)
    np.testing.assert_allclose(one.f(x), value, atol=1e-12)
    # versions of torch take either side's slope at hardswish's corners
    inner = np.abs(x) != (3 if one.name == "hard_swish" else np.inf)
    np.testing.assert_allclose(one.slope(x)[inner], slope[inner], atol=1e-12)


@pytest.mark.parametrize("one", activations.ACTIVATIONS, ids=lambda one: one.name)
def test_what_a_gradient_keeps_is_what_autograd_measures(one) -> None:
    """Oracle: autograd through ten layers, on average over random pre-activations of each."""
    kept = activations.kept(one.name)
    generator = torch.Generator().manual_seed(0)
    z = torch.randn(10, 200_000, generator=generator, dtype=torch.float64)
    _, slopes = autograd(TORCH[one.name], z.numpy())
    assert kept.average == pytest.approx(slopes.mean(), abs=2e-3)
    three = slopes[:3].prod(axis=0)
    assert kept.average**3 == pytest.approx(three.mean(), abs=4 * three.std() / math.sqrt(three.size))
    steepest = autograd(TORCH[one.name], np.linspace(-8, 8, 20_001))[1].max()
    assert kept.best == pytest.approx(steepest, abs=1e-3)


def test_the_course_numbers_of_vanishing_gradients() -> None:
    """Oracle: the course: a sigmoid's slope is at most 1/4; ReLU's is 1, for half of all inputs."""
    assert activations.kept("sigmoid").best == 0.25
    assert activations.kept("relu") == activations.Kept(best=1.0, average=pytest.approx(0.5))


@pytest.mark.parametrize("one", activations.ACTIVATIONS, ids=lambda one: one.name)
def test_pieces_of_formulas_follow_each_other_and_hold(one) -> None:
    """Oracle: the formulas, evaluated as Python."""
    assert one.pieces[0].start == -math.inf
    assert one.pieces[-1].end == math.inf
    for before, after in zip(one.pieces, one.pieces[1:], strict=False):
        assert before.end == after.start
    names = {"sigma": activations.sigmoid, "Phi": activations.below, "varphi": activations.gaussian}
    for x in (-4.5, -2.5, -0.5, 0.75, 2.25, 4.5):
        piece = next(piece for piece in one.pieces if x <= piece.end)
        f = float(one.f(np.array([x]))[0])
        assert evaluated(piece.value, x, f, names) == pytest.approx(f)
        slope = float(one.slope(np.array([x]))[0])
        assert evaluated(piece.slope.split(" = ")[-1], x, f, names) == pytest.approx(slope)


def evaluated(latex: str, x: float, f: float, names: dict[str, object]) -> float:
    """A formula with the numbers in, worked out."""
    text = latex.replace("@", f"({x})").replace("#", f"({f})").replace(r"\cdot", "*")
    for name in ("Phi", "varphi", "sigma", "tanh"):
        text = text.replace(f"\\{name}", name)
    while r"\frac" in text:
        head, _, rest = text.partition(r"\frac{")
        above, rest = braced(rest)
        below, rest = braced(rest[1:])
        text = f"{head}(({above})/({below})){rest}"
    text = text.replace("^", "**").replace("{", "(").replace("}", ")").replace("e**", "E**")
    text = text.replace(") (", ")*(").replace(")(", ")*(")
    return float(eval(text, {"E": math.e, "tanh": math.tanh, **names}))


def braced(text: str) -> tuple[str, str]:
    depth = 1
    for i, letter in enumerate(text):
        depth += {"{": 1, "}": -1}.get(letter, 0)
        if not depth:
            return text[:i], text[i + 1 :]
    raise ValueError(text)


# ---- losses


def torch_loss(name: str, z: torch.Tensor, right: int) -> torch.Tensor:
    p, y = z.softmax(0), F.one_hot(torch.tensor(right), 3).double()
    return {
        "cross_entropy": lambda: F.cross_entropy(z[None], torch.tensor([right])),
        "hinge": lambda: (
            3 * F.multi_margin_loss(z[None], torch.tensor([right]))
        ),  # torch divides by the classes
        "mse": lambda: F.mse_loss(p, y),
        "mae": lambda: F.l1_loss(p, y),
    }[name]()


@settings(max_examples=60, deadline=None)
@given(
    a=LOGITS, b=LOGITS, right=st.integers(0, 2), name=st.sampled_from([loss.name for loss in losses.LOSSES])
)
def test_losses_and_gradients_are_those_of_torch(a: float, b: float, right: int, name: str) -> None:
    """Oracle: torch's losses and autograd; hinge away from its corners."""
    z = np.array([a, b, 0.0])
    others = np.delete(z, right)
    value, gradient = autograd(lambda at: torch_loss(name, at, right), z)
    assert losses.BY_NAME[name].value(z, right) == pytest.approx(float(value), abs=1e-9)
    if name != "hinge" or np.abs(others - z[right] + 1).min() > 1e-9:
        np.testing.assert_allclose(losses.BY_NAME[name].gradient(z, right), gradient, atol=1e-9)


@pytest.mark.parametrize("label", [0, 1])
def test_losses_of_two_classes_are_those_of_scikit_learn(label: int) -> None:
    """Oracle: log_loss, hinge_loss, mean_squared_error and mean_absolute_error."""
    for z in np.arange(-24, 25) / 4:
        p = float(losses.sigmoid(np.array(z)))
        value = {loss.name: float(loss.binary(np.array(z), label)) for loss in losses.LOSSES}
        assert value["cross_entropy"] == pytest.approx(log_loss([label], [[1 - p, p]], labels=[0, 1]))
        # scikit-learn wants one of each class: the other one is far on its own side, with a loss of 0
        beside = [z, 100] if label == 0 else [-100, z]
        assert value["hinge"] == pytest.approx(2 * hinge_loss([-1, 1], beside))
        assert value["mse"] == pytest.approx(mean_squared_error([label], [p]))
        assert value["mae"] == pytest.approx(mean_absolute_error([label], [p]))


@pytest.mark.parametrize("label", [0, 1])
@pytest.mark.parametrize("loss", losses.LOSSES, ids=lambda loss: loss.name)
def test_slopes_of_two_classes_are_differences(loss, label: int) -> None:
    """Oracle: central differences of the loss, away from the hinge's corner."""
    z = np.arange(-24, 25) / 4 + 0.1
    step = 1e-6
    slope = (loss.binary(z + step, label) - loss.binary(z - step, label)) / (2 * step)
    np.testing.assert_allclose(loss.binary_gradient(z, label), slope, atol=1e-6)


@pytest.mark.parametrize("name", ["cross_entropy", "mse", "mae"])
def test_descent_takes_as_many_steps_as_torchs_optimiser(name: str) -> None:
    """Oracle: torch.optim.SGD on the logits."""
    start, rate = (-2.0, 3.0, 0.0), 1.0
    z = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([z], lr=rate)
    steps = 0
    while z.softmax(0)[0] < losses.GOAL:
        optimiser.zero_grad()
        torch_loss(name, z, 0).backward()
        optimiser.step()
        steps += 1
    assert losses.descent(name, start, 0, rate) == steps


def test_mse_on_a_softmax_learns_slowly_and_a_content_hinge_stops() -> None:
    """Oracle: Goodfellow et al., 6.2.2: squared error on a saturated softmax has almost no gradient."""
    surely_wrong = np.array([-6.0, 6.0, 0.0])
    assert np.abs(losses.BY_NAME["cross_entropy"].gradient(surely_wrong, 0)).max() > 0.99
    assert np.abs(losses.BY_NAME["mse"].gradient(surely_wrong, 0)).max() < 0.01
    assert losses.descent("hinge", (2.0, 0.0, 0.0), 0, 0.1) is None


# ---- pooling


@settings(max_examples=60, deadline=None)
@given(
    name=st.sampled_from(list(pooling.IMAGES)),
    size=st.integers(2, 4),
    stride=st.integers(1, 4),
    right=st.integers(-3, 3),
    down=st.integers(-3, 3),
)
def test_pooling_of_a_shifted_image_is_torchs(
    name: str, size: int, stride: int, right: int, down: int
) -> None:
    """Oracle: torch's poolings; the shift by padding and cutting with F.pad."""
    x = torch.tensor(pooling.image(name))
    moved = F.pad(x, (right, -right, down, -down))
    ours = pooling.shifted(pooling.image(name), right, down)
    np.testing.assert_array_equal(ours, moved.numpy())
    expected = {
        "max": F.max_pool2d(moved[None], size, stride)[0],
        "average": F.avg_pool2d(moved[None], size, stride)[0],
        "global average": F.adaptive_avg_pool2d(moved[None], 1)[0],
    }
    for mode in pooling.MODES:
        np.testing.assert_allclose(pooling.pooled(ours, mode, size, stride), expected[mode].numpy())


@pytest.mark.parametrize("size", [2, 4])
@pytest.mark.parametrize("mode", pooling.MODES)
def test_scrambled_windows_cannot_be_told_from_the_output(mode: str, size: int) -> None:
    """Oracle: neither a maximum nor a mean knows an order."""
    x = pooling.image("texture")
    other = pooling.scrambled(x, size)
    assert not np.array_equal(x, other)
    np.testing.assert_allclose(pooling.pooled(x, mode, size, size), pooling.pooled(other, mode, size, size))


# ---- sharing


def test_the_course_counts() -> None:
    """Oracle: the course: three billion weights; torch counts the modules."""
    assert sharing.connected_parameters(1000, 3, 1000) - 1000 == 3_000_000_000
    for case in sharing.CASES[::2]:
        convolution = torch.nn.Conv2d(case.channels, case.filters, case.kernel, device="meta")
        linear = torch.nn.Linear(case.size**2 * case.channels, case.units, device="meta")
        counted = [sum(p.numel() for p in module.parameters()) for module in (convolution, linear)]
        assert sharing.shared_parameters(case.kernel, case.channels, case.filters) == counted[0]
        assert sharing.connected_parameters(case.size, case.channels, case.units) == counted[1]


@pytest.mark.parametrize("side", range(sharing.LEAST_SIDE, sharing.MOST_SIDE + 1))
@pytest.mark.parametrize("name", sharing.KERNELS)
def test_the_matrix_times_the_image_is_the_convolution(name: str, side: int) -> None:
    """Oracle: torch's conv2d; and what a banded matrix is: nine numbers, each row one place further."""
    x, w = sharing.picture(side), sharing.kernel(name)
    expected = F.conv2d(torch.tensor(x)[None, None], torch.tensor(w)[None, None])[0, 0].numpy()
    weights = sharing.matrix(w, side)
    np.testing.assert_array_equal(sharing.convolved(x, w), expected)
    np.testing.assert_array_equal((weights @ x.ravel()).reshape(expected.shape), expected)
    assert set(np.unique(weights)) <= set(np.unique(w)) | {0.0}
    np.testing.assert_array_equal(weights[1, 1:], weights[0, :-1])


@pytest.mark.parametrize("name", sharing.KERNELS)
def test_the_matrix_turned_over_is_the_transposed_convolution(name: str) -> None:
    """Oracle: torch's conv_transpose2d."""
    w, y = sharing.kernel(name), sharing.picture(4)
    expected = F.conv_transpose2d(torch.tensor(y)[None, None], torch.tensor(w)[None, None])[0, 0]
    np.testing.assert_allclose(sharing.matrix(w, 6).T @ y.ravel(), expected.numpy().ravel())


# ---- 1x1


def test_a_one_by_one_convolution_is_a_linear_layer_at_every_pixel() -> None:
    """Oracle: torch's conv2d and linear with the same weights."""
    image = np.array(pointwise.EXAMPLE.image, dtype=float)
    w, b = np.array(pointwise.EXAMPLE.weights, dtype=float), np.array(pointwise.EXAMPLE.biases, dtype=float)
    x, weight, bias = torch.tensor(image), torch.tensor(w), torch.tensor(b)
    convolved = F.conv2d(x.permute(2, 0, 1)[None], weight[:, :, None, None], bias)[0].permute(1, 2, 0)
    np.testing.assert_array_equal(pointwise.convolution(image, w, b), convolved.numpy())
    np.testing.assert_array_equal(pointwise.per_pixel(image, w, b), F.linear(x, weight, bias).numpy())


def test_28x28x192_to_32_channels_is_equal_up_to_rounding_and_costs_what_the_course_says() -> None:
    """Oracle: the course: 192 channels to 32; torch counts the layer, and 1e-12 is rounding in 64 bits."""
    assert pointwise.largest_difference() < 1e-12
    layer = torch.nn.Conv2d(192, 32, 1, device="meta")
    assert pointwise.parameters(192, 32) == sum(p.numel() for p in layer.parameters())
    assert pointwise.macs(28, 192, 32) == 28 * 28 * 32 * 192
