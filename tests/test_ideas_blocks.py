"""The numbers of normalisation, residual blocks, dropout, counting and history."""

from __future__ import annotations

import numpy as np
import pytest
import sympy
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch.utils.data import DataLoader

import cnnviz
from cnnviz.architectures import CATALOGUE
from cnnviz.ideas import batches, batchnorm, chance, dropout, history, normalisation, residual, series

NUMBERS = st.floats(-10, 10, allow_nan=False).map(lambda x: round(x, 1))


def tensor(x: object) -> torch.Tensor:
    return torch.tensor(np.array(x, dtype=float))


# ---- batch normalisation


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(NUMBERS, min_size=5, max_size=5),
    gamma=st.floats(-3, 3),
    beta=st.floats(-5, 5),
    seen=st.integers(0, 30),
    momentum=st.sampled_from([0.01, 0.1, 0.5, 1.0]),
)
def test_every_step_is_torchs_batch_norm(
    x: list[float], gamma: float, beta: float, seen: int, momentum: float
) -> None:
    """Oracle: torch.nn.BatchNorm1d, in training as often as said, then in evaluation."""
    layer = torch.nn.BatchNorm1d(1, momentum=momentum, dtype=torch.float64)
    with torch.no_grad():
        layer.weight.fill_(gamma)
        layer.bias.fill_(beta)
    batch = tensor(x)[:, None]
    trained = layer(batch)[:, 0].detach().numpy()
    np.testing.assert_allclose(batchnorm.steps(x, gamma, beta).y, trained, atol=1e-8)
    layer.reset_running_stats()
    for _ in range(seen):
        layer(batch)
    layer.eval()
    known = batchnorm.running(np.array(x), seen, momentum)
    assert known.mean == pytest.approx(float(layer.running_mean), abs=1e-9)
    assert known.variance == pytest.approx(float(layer.running_var), abs=1e-9)
    evaluated = layer(batch)[:, 0].detach().numpy()
    np.testing.assert_allclose(batchnorm.steps(x, gamma, beta, known).y, evaluated, atol=1e-6)


@given(x=st.lists(NUMBERS, min_size=5, max_size=5))
def test_gamma_and_beta_can_undo_it(x: list[float]) -> None:
    """Oracle: the input itself."""
    np.testing.assert_allclose(batchnorm.steps(x, *batchnorm.undoing(np.array(x))).y, x, atol=1e-9)


# ---- the cubes


@pytest.mark.parametrize("groups", [int(one) for one in normalisation.GROUPS])
@pytest.mark.parametrize("kind", normalisation.KINDS)
def test_the_four_normalisations_are_torchs(kind: str, groups: int) -> None:
    """Oracle: torch's functions; how many means, by counting different ones torch's own would have."""
    x = tensor(normalisation.tensor())
    expected = {
        "batch": lambda: F.batch_norm(x, None, None, training=True),
        "layer": lambda: F.layer_norm(x, x.shape[1:]),
        "instance": lambda: F.instance_norm(x),
        "group": lambda: F.group_norm(x, groups),
    }[kind]()
    ours = normalisation.normalised(normalisation.tensor(), kind, groups)
    np.testing.assert_allclose(ours, expected.numpy(), atol=1e-9)
    belongs = normalisation.sharing(kind, groups)
    assert len(np.unique(belongs)) == normalisation.means(kind, groups) == belongs.max() + 1
    for one in np.unique(belongs):  # each set has a mean of 0: none is larger than it should be
        assert expected.numpy()[belongs == one].mean() == pytest.approx(0, abs=1e-9)


# ---- the residual block


class Block(torch.nn.Module):
    """Two layers, with a shortcut or without."""

    def __init__(self, first: torch.nn.Linear, second: torch.nn.Linear) -> None:
        super().__init__()
        self.first, self.second = first, second

    def forward(self, a: torch.Tensor, shortcut: bool) -> torch.Tensor:
        z = self.second(torch.relu(self.first(a)))
        return torch.relu(z + a if shortcut else z)


def linear(weight: object, bias: object | None) -> torch.nn.Linear:
    made = torch.nn.Linear(*np.shape(weight)[::-1], bias=bias is not None, dtype=torch.float64)
    with torch.no_grad():
        made.weight.copy_(tensor(weight))
        if bias is not None:
            made.bias.copy_(tensor(bias))
    return made


@pytest.mark.parametrize(("w", "b"), [(1, 1), (0.37, 0), (0.5, 0.25), (0, 0)])
def test_the_block_is_torchs(w: float, b: float) -> None:
    """Oracle: torch.nn.Linear with the same weights; with zeros, the identity and nothing."""
    block = residual.BLOCK
    layers = [linear(w * np.array(block.w1), b * np.array(block.b1))]
    layers.append(linear(w * np.array(block.w2), b * np.array(block.b2)))
    made = residual.through(block, w, b)
    module = Block(*layers)
    np.testing.assert_allclose(made.plain, module(tensor(block.a), False).detach().numpy())
    np.testing.assert_allclose(made.residual, module(tensor(block.a), True).detach().numpy())
    if w == b == 0:
        assert tuple(made.residual) == block.a
        assert not made.plain.any()


@pytest.mark.parametrize("scale", [0.5, 1.0])
def test_twenty_blocks_are_torchs_and_only_shortcuts_keep_the_signal(scale: float) -> None:
    """Oracle: torch.nn.Linear twenty times two; He's variance 2 / n, from torch's own kaiming_uniform_."""
    plain, kept = residual.depth(3, scale)
    drawn = residual.weights(3)
    signals = [tensor(residual.signal())] * 2
    for first, second in drawn:
        module = Block(linear(scale * first, None), linear(scale * second, None))
        signals = [
            module(signal, shortcut).detach() for signal, shortcut in zip(signals, (False, True), strict=True)
        ]
    np.testing.assert_allclose(plain[-1], signals[0].numpy(), rtol=1e-9)
    np.testing.assert_allclose(kept[-1], signals[1].numpy(), rtol=1e-9)
    he = torch.nn.init.kaiming_uniform_(torch.empty(2000, residual.WIDTH), nonlinearity="relu")
    assert drawn.var() == pytest.approx(float(he.var()), rel=0.05)
    if scale < 1:
        assert np.linalg.norm(plain[-1]) < 1e-6 < 0.5 < np.linalg.norm(kept[-1])


# ---- series


@pytest.mark.parametrize("name", series.FUNCTIONS)
def test_the_series_is_sympys(name: str) -> None:
    """Oracle: sympy's series."""
    x = sympy.Symbol("x")
    function = sympy.sympify(name.replace("ln", "log"), locals={"x": x})
    for terms in range(series.MOST_TERMS + 1):
        expected = float(sympy.series(function, x, 0, terms + 1).removeO().subs(x, sympy.Rational(7, 10)))
        assert series.partial(name, 0.7, terms) == pytest.approx(expected)
    assert series.value(name, 0.7) == pytest.approx(float(function.subs(x, 0.7)))


def test_a_dense_block_has_the_channels_of_densenet() -> None:
    """Oracle: DenseNet-121's first block: 64 channels in, growth 32, 6 layers, 256 out (table 1)."""
    assert series.channels(64, 32, 6) == 256
    layers = [torch.nn.Conv2d(64 + 32 * n, 32, 3, bias=False, device="meta") for n in range(6)]
    assert series.dense_weights(64, 32, 6) == sum(layer.weight.numel() for layer in layers)
    alike = [torch.nn.Conv2d(256, 256, 3, bias=False, device="meta") for _ in range(6)]
    assert series.residual_weights(256, 6) == sum(layer.weight.numel() for layer in alike)


def test_the_layers_of_densenet_that_are_named_put_channels_side_by_side() -> None:
    """Oracle: Huang et al. 2016, table 1: 64 channels in, growth rate 32: 64 + 32, and 64 + 5 * 32."""
    first, later, *_ = (use.layer for use in series.IDEA.uses)
    named = {layer.name: layer for layer in cnnviz.trace("densenet121").layers if layer.op == "cat"}
    assert [shape[1] for shape in named[first].input_shapes] == [64, 32]
    assert named[later].output_shape[0] == 64 + 5 * 32


# ---- dropout


@pytest.mark.parametrize("scaling", dropout.SCALINGS)
@pytest.mark.parametrize("p", [0.0, 0.3, 0.5, 0.9])
def test_dropout_is_torchs_but_for_its_luck(p: float, scaling: str) -> None:
    """Oracle: F.dropout: the same two values for a unit; the mean within four standard errors."""
    a = np.array(dropout.ACTIVATIONS)
    mask = dropout.kept(p, 7, 4000)
    made = dropout.dropped(a, mask, p, scaling)
    if scaling == "inverted":
        torch.manual_seed(0)
        theirs = F.dropout(tensor(np.tile(a, (4000, 1))), p).numpy()
        for unit in range(len(a)):
            np.testing.assert_allclose(np.unique(made[:, unit]), np.unique(theirs[:, unit]))
    steady = dropout.evaluated(a, p, scaling)
    error = made.std(axis=0) / np.sqrt(len(made)) + 1e-12
    assert (np.abs(made.mean(axis=0) - steady) <= 4 * error).all()


def test_numbers_drawn_are_uniform() -> None:
    """Oracle: mean 1/2, variance 1/12, ten equal shares, no relation of neighbours; another seed, others."""
    drawn = chance.uniform(12, 100_000)
    assert drawn.mean() == pytest.approx(0.5, abs=4 / np.sqrt(12 * len(drawn)))
    assert drawn.var() == pytest.approx(1 / 12, rel=0.02)
    assert np.histogram(drawn, 10, (0, 1))[0].min() > 9_600
    assert abs(np.corrcoef(drawn[:-1], drawn[1:])[0, 1]) < 0.015
    assert not np.array_equal(chance.uniform(13, 10), drawn[:10])


# ---- epochs, batches, iterations


@settings(max_examples=60, deadline=None)
@given(images=st.integers(1, 300), batch=st.integers(1, 400), drop=st.booleans(), epochs=st.integers(1, 3))
def test_the_counter_counts_what_a_data_loader_yields(
    images: int, batch: int, drop: bool, epochs: int
) -> None:
    """Oracle: torch's DataLoader."""
    loader = DataLoader(range(images), batch_size=batch, drop_last=drop)  # type: ignore[arg-type]
    sizes = [len(one) for _ in range(epochs) for one in loader]
    counted = batches.count(images, batch, epochs, drop)
    assert counted.iterations == len(sizes)
    assert counted.batches * epochs == len(sizes)
    assert counted.last == (sizes[-1] if sizes else 0)
    assert counted.unseen == images - sum(sizes) // epochs


@settings(max_examples=25, deadline=None)
@given(images=st.integers(1, 400), batch=st.integers(1, 60), seed=st.none() | st.integers(1, 99))
def test_batches_share_out_the_file(images: int, batch: int, seed: int | None) -> None:
    """Oracle: the file itself, cut by numpy where it is not shuffled; no image twice, none left out."""
    file = np.arange(images) * batches.CLASSES // images if images % batches.CLASSES == 0 else None
    made = batches.seen(images, batch, images, seed)
    assert made.sum() == images
    np.testing.assert_array_equal(made.sum(axis=0), batches.sorted_file(images))
    if seed is None and file is not None:
        expected = [np.bincount(file[i : i + batch], minlength=10) for i in range(0, images, batch)]
        np.testing.assert_array_equal(made, expected)


def test_shuffled_batches_hold_all_classes_and_sorted_ones_hold_one() -> None:
    """Oracle: 64 of 1,000 drawn at random miss a given class with a probability of 0.001."""
    assert ((batches.seen(1000, 64, 1, None) > 0).sum(axis=1) == 1).all()
    assert (batches.seen(1000, 64, 5, 1) > 0).sum(axis=1).min() >= 9


# ---- history


@pytest.mark.parametrize("architecture", CATALOGUE, ids=lambda one: one.name)
def test_depth_is_what_the_papers_count(architecture) -> None:
    """Oracle: the published number of layers with weights."""
    for variant in architecture.variants:
        published = [f for f in variant.published if f.quantity == "weight_layers" and f.applies]
        for figure in published:
            made = cnnviz.trace(f"{architecture.name}@{variant.name}")
            assert history.depth(made) == figure.value, variant.name


def test_the_years_are_those_of_the_papers() -> None:
    """Oracle: Russakovsky et al. 2015 and He et al. 2015, table 5; depths as He et al. tell the story."""
    told = {one.title: (one.year, one.error) for one in history.YEARS}
    assert told["NEC-UIUC"] == (2010, 28.2)
    assert told["XRCE"] == (2011, 25.8)
    assert told["AlexNet"] == (2012, 16.4)
    assert told["ResNet-152"] == (2015, 3.57)
    depths = {one.title: history.cost(one.network).depth for one in history.YEARS if one.network}
    assert depths == {"AlexNet": 8, "Clarifai (ZFNet)": 8, "VGG-19": 19, "GoogLeNet": 22, "ResNet-152": 152}
