"""Presets on depth: deeper plain networks train worse, residual ones do not, and why.

The networks are those of He et al. 2015, section 4.2 (https://arxiv.org/abs/1512.03385), with 8 channels
in place of 16.
"""

from __future__ import annotations

from typing import Any

from cnnviz.training.presets.preset import Curve, Preset
from cnnviz.training.settings import settings

WIDTH = 8


def _curve(label: str, kind: str, depth: int, *, batch_norm: bool = True, **options: Any) -> Curve:
    network = {"depth": depth, "width": WIDTH, "batch_norm": batch_norm}
    return Curve(
        label=label,
        settings=settings(
            "resnet20" if kind == "residual" else "plain20", network_options=network, **options
        ),
    )


def _twins(depths: tuple[int, ...], *, batch_norm: bool = True, **options: Any) -> tuple[Curve, ...]:
    return tuple(
        _curve(f"{kind} {depth}", kind, depth, batch_norm=batch_norm, **options)
        for kind in ("plain", "residual")
        for depth in depths
    )


DEGRADATION = Preset(
    name="degradation",
    title="Degradation: deeper and worse",
    claim="The deeper a plain network is, the higher its error on the very images it is trained on. With "
    "shortcuts, the same layers train well at any of these depths.",
    look="The training error at the end: it rises from plain 8 to plain 56, and stays near zero for all "
    "four residual networks. It is not overfitting, for the error on the training images is the one that "
    "rises.",
    curves=_twins((8, 20, 32, 56), epochs=8, learning_rate=0.02),
    seeds=3,
    seconds=110,
    view="train_error",
    notes="Measured over three seeds, training error in percent: plain 0.1, 5.2, 20 and 81 for 8, 20, 32 "
    "and 56 layers; residual 0.1, 0.0, 0.0 and 0.5. On this small task degradation is slowness first: in a "
    "run of 40 epochs plain 20 and 32 caught up (0.0 and 0.2), plain 56 did not (20 against 0.0). Set "
    "epochs to 40 and see. In the paper, on CIFAR-10, the gap stays to the end.",
)

QUICK = Preset(
    name="degradation-quick",
    title="Degradation in seconds",
    claim="Without batch normalisation twelve more layers are enough to stop a plain network from learning. "
    "Shortcuts let the same layers learn.",
    look="Plain 20 stays near 90 %, which is guessing among ten digits; residual 20 ends below both "
    "networks of 8 layers.",
    curves=_twins((8, 20), batch_norm=False, epochs=8, learning_rate=0.005),
    seeds=1,
    seconds=11,
    view="train_error",
    notes="Measured with one seed, training errors in percent: plain 5.6 and 89.7 for 8 and 20 layers, "
    "residual 7.5 and 1.0. The rate is small (0.005) because without batch normalisation deep networks take "
    "no larger one.",
)

# 640 images are 10 steps, and each of them is recorded.
FIRST_STEPS: dict[str, Any] = {"epochs": 1, "images": 640, "norms": True}

VANISHING = Preset(
    name="vanishing",
    title="Why: gradients vanish on the way back",
    claim="Each plain layer shrinks the gradient a little, so that in a deep network almost nothing is left "
    "of it at the first layers. A shortcut carries it past the layers unchanged.",
    look="The norm of the gradient from the last layer to the first, on a logarithmic axis: it falls for "
    "the plain networks, the further the deeper they are, and is nearly level for the residual ones.",
    curves=_twins((8, 20, 56), batch_norm=False, learning_rate=0.005, init="default", **FIRST_STEPS),
    seeds=1,
    seconds=4,
    view="gradients",
    notes="Weights begin as torch begins them, without batch normalisation. In the first step the first "
    "layer's norm is 10^-1.8 of the last one's in plain 8 and 10^-8.7 in plain 20; in plain 56 it is too "
    "small for 32 bits and becomes 0, which a logarithmic axis cannot show. In the residual networks it is "
    "between a half and a sixth, at 56 layers too.",
)


def _large(label: str, kind: str, depth: int, *, batch_norm: bool = False) -> Curve:
    return _curve(label, kind, depth, batch_norm=batch_norm, init="large", learning_rate=0.02, **FIRST_STEPS)


EXPLODING = Preset(
    name="exploding",
    title="Why: everything explodes where weights are large",
    claim="Weights that are a little too large make every layer stretch what goes through it. Through many "
    "layers the outputs grow without bound and the gradients with them, and one step ruins the network.",
    look="The outputs of plain 20 grow from layer to layer, its gradients are as large in every layer, and "
    "the run ends after one step, because the loss is no number any more. Batch normalisation keeps outputs "
    "and gradients in bounds.",
    curves=(
        _large("plain 8", "plain", 8),
        _large("plain 20", "plain", 20),
        _large("residual 20", "residual", 20),
        _large("plain 20, batch norm", "plain", 20, batch_norm=True),
        _large("residual 20, batch norm", "residual", 20, batch_norm=True),
    ),
    seeds=1,
    seconds=3,
    view="gradients",
    notes="Weights are drawn with a deviation of 0.3, whatever the layer's size. In the first step the last "
    "outputs of plain 20 have a deviation of about 10^5 and its gradients norms between 10^5 and 10^6; with "
    "batch normalisation both stay below 10. Shortcuts do not help against this: they add to what the "
    "layers stretch.",
)

NORMALISED = Preset(
    name="gradients-batch-norm",
    title="Why: batch normalisation alone does not level gradients",
    claim="With batch normalisation the gradient of a deep plain network does not vanish: at the start it "
    "grows towards the first layers. Shortcuts keep it level.",
    look="The first point of plain 56: the first layer's gradient is hundreds of times the last one's. "
    "Residual 56 is nearly level.",
    curves=_twins((20, 56), learning_rate=0.02, **FIRST_STEPS),
    seeds=1,
    seconds=5,
    view="gradients",
    notes="In the first step the first layer's norm is about 10^2.9 times the last one's in plain 56, "
    "10^0.5 in plain 20, and 10^-0.4 in residual 56; after three steps plain 56 is at 10^1. He et al. write "
    "that the gradients of their plain networks are healthy thanks to batch normalisation, and leave the "
    "reason for degradation open.",
)

IDENTITY = Preset(
    name="identity",
    title="The identity: W = 0 and b = 0",
    claim="Where the last weights of every block begin as zeros, a residual block passes its input on "
    "unchanged, a[l+2] = a[l], and a deep network begins as a shallow one. A plain block passes on nothing.",
    look="Residual 32 learns best when it begins as the identity. Plain 32 with the same zeros never leaves "
    "90 %: nothing comes through, forward or back.",
    curves=(
        _curve(
            "residual 32, identity", "residual", 32, batch_norm=False, zero_residual=True, learning_rate=0.005
        ),
        _curve("residual 32, He", "residual", 32, batch_norm=False, learning_rate=0.005),
        _curve("plain 32, zeros", "plain", 32, batch_norm=False, zero_residual=True, learning_rate=0.005),
    ),
    seeds=2,
    seconds=29,
    view="train_error",
    notes="Without batch normalisation, 8 epochs. Measured over two seeds, training error of residual 32: "
    "66 % with random weights in every layer (by He et al. 2015; 46 and 86), 7 % with zeros in the last of "
    "each block. With batch normalisation the residual network does not need the zeros at this depth.",
)

PRESETS = (DEGRADATION, QUICK, VANISHING, EXPLODING, NORMALISED, IDENTITY)
