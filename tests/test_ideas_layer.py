"""The numbers of one layer, and of weight decay."""

from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from sklearn.linear_model import Ridge

from cnnviz.ideas import decay, layer


def tensor(x: object) -> torch.Tensor:
    return torch.tensor(np.array(x, dtype=float))


TORCH = {"ReLU": torch.relu, "sigmoid": torch.sigmoid, "tanh": torch.tanh, "none": lambda z: z}


@pytest.mark.parametrize("activation", layer.ACTIVATIONS)
def test_a_layer_is_torchs_convolution_with_its_bias_and_activation(activation: str) -> None:
    """Oracle: F.conv2d and torch's activations."""
    filters = np.array(list(layer.FILTERS.values()), float)
    biases = np.array([1.0, -2.0])
    z, a = layer.layer(np.array(layer.IMAGE, float), filters, biases, activation)
    expected = F.conv2d(tensor(layer.IMAGE)[None], tensor(filters), tensor(biases))[0]
    np.testing.assert_allclose(z, expected.numpy(), atol=1e-12)
    np.testing.assert_allclose(a, TORCH[activation](expected).numpy(), atol=1e-12)


def test_the_parts_of_the_channels_add_up() -> None:
    """Oracle: torch, with one group for each channel: sums that are not added yet."""
    for kernels in layer.FILTERS.values():
        parts = layer.sums(np.array(kernels, float), np.array(layer.IMAGE, float))
        apart = F.conv2d(tensor(layer.IMAGE)[None], tensor(kernels)[:, None], groups=3)[0]
        np.testing.assert_allclose(parts, apart.numpy(), atol=1e-12)


def test_the_picture_shows_numbers_that_relu_keeps_and_drops() -> None:
    """Oracle: torch: both filters see edges of both signs, so that ReLU has something to do."""
    for kernels in layer.FILTERS.values():
        z = F.conv2d(tensor(layer.IMAGE)[None], tensor(kernels)[None])
        assert float(z.min()) < 0 < float(z.max())


@pytest.mark.parametrize(
    ("n", "f", "p", "s", "c", "k"), [(39, 3, 0, 1, 3, 10), (37, 5, 0, 2, 10, 20), (8, 11, 2, 4, 1, 2)]
)
def test_sizes_and_parameters_are_those_of_a_module(n: int, f: int, p: int, s: int, c: int, k: int) -> None:
    """Oracle: torch.nn.Conv2d; the course: ten filters of 3x3x3 have 280 parameters, 39 becomes 37, 37 17."""
    module = torch.nn.Conv2d(c, k, f, s, p, device="meta")
    assert layer.parameters(f, c, k) == sum(weight.numel() for weight in module.parameters())
    assert layer.size(n, f, p, s) == module(torch.empty(1, c, n, n, device="meta")).shape[-1]
    assert (layer.parameters(3, 3, 10), layer.size(39, 3, 0, 1), layer.size(37, 5, 0, 2)) == (280, 37, 17)


BEST = np.array([2.0, -1.5])


@pytest.mark.parametrize("strength", [0.0, 0.1, 1.0])
def test_steps_are_those_of_torchs_optimiser(strength: float) -> None:
    """Oracle: torch.optim.SGD with weight_decay, the gradient by autograd."""
    w = torch.tensor(decay.START, dtype=torch.float64, requires_grad=True)
    optimiser = torch.optim.SGD([w], lr=0.5, weight_decay=strength)
    way = decay.descent(BEST, strength, 0.5, 30)
    for step in range(30):
        np.testing.assert_allclose(way[step], w.detach().numpy(), atol=1e-12)
        optimiser.zero_grad()
        loss = (tensor(decay.CURVATURES) * (w - tensor(BEST)) ** 2).sum() / 2
        assert decay.loss(w.detach().numpy(), BEST) == pytest.approx(loss.item())
        loss.backward()
        np.testing.assert_allclose(decay.gradient(w.detach().numpy(), BEST), w.grad.numpy(), atol=1e-12)
        optimiser.step()


@pytest.mark.parametrize("strength", [0.01, 0.1, 1.0])
def test_the_minimum_is_ridge_regressions(strength: float) -> None:
    """Oracle: scikit-learn's Ridge on data whose squared loss has these curvatures; and the steps' end."""
    x = np.diag(np.sqrt(decay.CURVATURES))
    theirs = Ridge(alpha=strength, fit_intercept=False).fit(x, x @ BEST).coef_
    np.testing.assert_allclose(decay.decayed(BEST, strength), theirs, atol=1e-9)
    np.testing.assert_allclose(decay.descent(BEST, strength, 0.9, 2000)[-1], theirs, atol=1e-9)
