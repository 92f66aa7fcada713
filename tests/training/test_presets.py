"""Presets: every curve can be trained, every network of theirs be traced, every mistake is told."""

from __future__ import annotations

import pytest
import torch
import torch.nn.functional as F
from torch.utils.flop_counter import FlopCounterMode

from cnnviz.errors import CnnvizError
from cnnviz.training.cost import traced
from cnnviz.training.data import images
from cnnviz.training.laboratory import ARCHITECTURES, BLOCKS, network_of
from cnnviz.training.networks import built
from cnnviz.training.presets import PRESETS, VIEWS, Preset, preset, runs_of
from cnnviz.training.settings import Settings, settings

CURVES = {f"{p.name}: {curve.label}": curve.settings for p in PRESETS for curve in p.curves}


@pytest.mark.parametrize("wanted", PRESETS, ids=lambda p: p.name)
def test_a_preset_says_what_it_claims_and_where_to_look(wanted: Preset) -> None:
    """Oracle: the list of what a preset is; no two of its curves may look the same in the legend."""
    assert preset(wanted.name) is wanted
    assert all(text.endswith((".", "?")) for text in (wanted.claim, wanted.look, wanted.notes))
    assert wanted.view in VIEWS
    labels = [curve.label for curve in wanted.curves]
    assert len(set(labels)) == len(labels) >= 2
    assert len({curve.settings.key for curve in wanted.curves}) == len(labels)
    assert all(curve.settings.seed == 0 for curve in wanted.curves)
    gradients = [curve.settings["norms"] for curve in wanted.curves]
    assert wanted.view != "gradients" or all(gradients)


def test_no_two_presets_have_one_name() -> None:
    assert len({p.name for p in PRESETS}) == len(PRESETS)


@pytest.mark.parametrize("name", CURVES)
def test_every_weight_of_every_curve_gets_a_gradient(name: str) -> None:
    """Oracle: autograd: a weight without a gradient would never learn."""
    wanted = CURVES[name]
    torch.manual_seed(0)
    data = images(wanted)
    model = built(wanted, data).train()
    F.cross_entropy(model(data.train[:8]), data.train_labels[:8]).backward()  # type: ignore[no-untyped-call]
    assert all(parameter.grad is not None for parameter in model.parameters())


@pytest.mark.parametrize("name", CURVES)
def test_every_curve_can_be_set_against_its_multiplications(name: str) -> None:
    """Oracle: half of what torch's own FlopCounterMode counts for one image, and torch's parameters."""
    wanted = CURVES[name]
    data = images(wanted)
    model = built(wanted, data).eval()
    with FlopCounterMode(display=False) as counter, torch.inference_mode():
        model(data.train[:1])
    trace = traced(wanted)
    assert trace.macs == counter.get_total_flops() // 2
    assert trace.parameters == sum(p.numel() for p in model.parameters())
    assert not trace.uncounted


def test_the_multiplications_of_a_5x5_with_and_without_a_1x1_in_front() -> None:
    """Oracle: the arithmetic of the notes: places x kernel x channels in x channels out."""
    direct, reduced = (
        traced(settings("block_network", network_options={"block": kind})).macs for kind in BLOCKS[:2]
    )
    around = 8 * 8 * 3 * 3 * 1 * 32 + 32 * 10  # the first convolution and the last layer
    assert direct == around + 3 * 8 * 8 * 5 * 5 * 32 * 32
    assert reduced == around + 3 * 8 * 8 * (32 * 8 + 5 * 5 * 8 * 32)


def test_runs_begin_with_all_curves_of_the_first_seed() -> None:
    """Oracle: the product of seeds and curves, written out."""
    wanted = preset("degradation-quick")
    labels = ["plain 8", "plain 20", "residual 8", "residual 20"]
    found = [(curve.label, made.seed) for curve, made in runs_of(wanted, 2)]
    assert found == [(label, seed) for seed in (0, 1) for label in labels]
    assert len(runs_of(wanted)) == wanted.seeds * 4


def test_what_is_changed_is_changed_in_every_run() -> None:
    """Oracle: the settings, and that nothing else is different."""
    wanted = preset("lenet")
    changed = runs_of(wanted, 1, epochs=3, data="digits", device="cpu", batch_size="128")
    for (_, made), curve in zip(changed, wanted.curves, strict=True):
        assert (made["epochs"], made["batch_size"], made["image_size"]) == (3, 128, 28)
        before = {**curve.settings.as_dict()["options"], "epochs": 3, "batch_size": 128}
        assert made.as_dict()["options"] == before


@pytest.mark.parametrize(
    ("mistake", "said"),
    [
        (lambda: preset("degradatoin"), "did you mean degradation"),
        (lambda: runs_of(preset("lenet"), 0), "seeds must be a whole number from 1 to 20"),
        (lambda: runs_of(preset("lenet"), 1, epoch=3), "did you mean epochs"),
        (lambda: runs_of(preset("lenet"), 1, epochs=0), "epochs must be a whole number from 1"),
        (lambda: network_of("plain_convolution"), "did you mean plain_convolutions"),
        (lambda: network_of("resnet21"), "did you mean resnet"),
        (lambda: network_of("plain_convolutions", {"depht": 3}), "did you mean depth"),
        (
            lambda: network_of("plain_convolutions", {"depth": 300}),
            "depth must be a whole number from 1 to 60",
        ),
        (lambda: network_of("block_network", {"block": "5x5"}), "block must be one of conv5x5"),
    ],
)
def test_mistakes_are_told(mistake: object, said: str) -> None:
    with pytest.raises(CnnvizError, match=said):
        mistake()  # type: ignore[operator]


@pytest.mark.parametrize("architecture", ARCHITECTURES, ids=lambda a: a.name)
def test_options_of_the_laboratory_take_their_bounds(architecture: object) -> None:
    """Oracle: a network is built at the least and the greatest of each option, and takes an image."""
    for option in architecture.options:  # type: ignore[attr-defined]
        for value in option.choices or {option.minimum, option.default}:
            if value is not None:
                made = Settings(network=architecture.name, network_options=((option.name, value),))  # type: ignore[attr-defined]
                made_of = dict(made.network_options)
                model = network_of(made.network, made_of).build()
                channels = int(made_of.get("in_channels", 1))
                assert model(torch.rand(1, channels, 8, 8)).shape[0] == 1
