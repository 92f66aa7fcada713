"""Presets on what a network is made of: batch normalisation, activations, pooling, 1x1 convolutions."""

from __future__ import annotations

from typing import Any

from cnnviz.architectures.architecture import Value
from cnnviz.training.presets.preset import Curve, Preset
from cnnviz.training.settings import settings


def _plain8(rate: float, *, batch_norm: bool) -> Curve:
    network: dict[str, Value] = {"depth": 8, "width": 8, "batch_norm": batch_norm}
    return Curve(
        label=f"{'with' if batch_norm else 'without'}, rate {rate:g}",
        settings=settings("plain20", network_options=network, epochs=6, learning_rate=rate),
    )


BATCH_NORM = Preset(
    name="batch-norm",
    title="Batch normalisation and the learning rate",
    claim="With batch normalisation a network trains faster, and at learning rates that ruin it without.",
    look="At the same rate the curve with batch normalisation is lower. At 0.3 the network without it never "
    "leaves 90 %, which is guessing among ten digits; at 0.1 it depends on luck: look at how far its runs "
    "are apart.",
    curves=tuple(_plain8(rate, batch_norm=norm) for norm in (False, True) for rate in (0.02, 0.1, 0.3)),
    seeds=3,
    seconds=20,
    view="train_error",
    notes="A plain network of 8 layers. Measured over three seeds, training errors in percent without / "
    "with: 4.0 / 0.3 at rate 0.02, 62 (from 13 to 89) / 0.9 at 0.1, 88 / 2.4 at 0.3. A plain network of 20 "
    "layers does not train without batch normalisation at any of 0.005, 0.02, 0.1 and 0.3 (89 to 90 %), and "
    "with it reaches 20, 5, 8 and 11.",
)


def _six(label: str, activation: str, init: str, *, batch_norm: bool = False) -> Curve:
    network: dict[str, Value] = {"depth": 6, "activation": activation, "batch_norm": batch_norm}
    return Curve(
        label=label,
        settings=settings(
            "plain_convolutions",
            network_options=network,
            epochs=8,
            optimizer="adam",
            learning_rate=1e-3,
            init=init,
            norms=True,
        ),
    )


ACTIVATIONS = Preset(
    name="activations",
    title="ReLU, tanh, sigmoid",
    claim="In a deep network ReLU and tanh learn at once. A sigmoid shrinks the gradient to a quarter or "
    "less in every layer, and the network stalls, unless batch normalisation restores the scale.",
    look="The sigmoid's error stays near 90 %. Then look at its gradients: the first layer gets a tiny part "
    "of what the last one gets.",
    curves=(
        _six("ReLU", "relu", "he"),
        _six("tanh", "tanh", "xavier"),
        _six("sigmoid", "sigmoid", "xavier"),
        _six("sigmoid, batch norm", "sigmoid", "xavier", batch_norm=True),
    ),
    seeds=3,
    seconds=18,
    view="train_error",
    notes="Six convolutions, Adam, weights by He et al. for ReLU and by Glorot and Bengio for the others. "
    "Measured over three seeds, training errors in percent: 1.2, 2.0, 86.7 and 3.0. A stall is a matter of "
    "scale and not an impossibility: one of the three sigmoid runs had begun to learn after 8 epochs (80 "
    "%), and three convolutions with a sigmoid and Adam at 0.01 reach 10 %.",
)


def _lenet(label: str, activation: str, pooling: str, **options: Any) -> Curve:
    network: dict[str, Value] = {"activation": activation, "pooling": pooling}
    return Curve(
        label=label,
        settings=settings(
            "lenet5@d2l", network_options=network, image_size=28, epochs=25, init="xavier", **options
        ),
    )


LENET = Preset(
    name="lenet",
    title="LeNet-5, then and now",
    claim="The same layers learn several times faster with ReLU, maximum pooling and Adam than with the "
    "sigmoid and average pooling of the textbook's LeNet-5. It is the sigmoid that is slow: with the tanh "
    "of 1998 they learn as fast as with ReLU.",
    look="How many epochs each curve needs until 10 %. All of them arrive: the network of 1998 was no worse.",
    curves=(
        _lenet("sigmoid, average, SGD", "sigmoid", "average", learning_rate=0.1),
        _lenet("sigmoid, average, Adam", "sigmoid", "average", optimizer="adam", learning_rate=3e-3),
        _lenet("tanh, average, SGD", "tanh", "average", learning_rate=0.02),
        _lenet("ReLU, maximum, Adam", "relu", "max", optimizer="adam", learning_rate=1e-3),
    ),
    seeds=2,
    seconds=64,
    view="train_error",
    notes="The digits are enlarged from 8x8 to 28x28 pixels; weights begin by Glorot and Bengio 2010. "
    "Measured over two seeds, 10 % training error was reached in epoch 19 to 20 with sigmoid and SGD, 6 to "
    "7 with sigmoid and Adam, 1 to 2 with tanh and SGD, 2 to 3 with ReLU, maximum and Adam. The paper's own "
    "tanh is stretched, and its sub-sampling has weights: the catalogue's lenet5@paper.",
)


def _blocks(label: str, kind: str) -> Curve:
    return Curve(
        label=label,
        settings=settings(
            "block_network",
            network_options={"block": kind},
            epochs=10,
            optimizer="adam",
            learning_rate=2e-3,
        ),
    )


BOTTLENECK = Preset(
    name="bottleneck",
    title="1x1 convolutions: accuracy against multiplications",
    claim="1x1 convolutions that reduce the channels first cut the multiplications several times, and cost "
    "little accuracy.",
    look="Pairs of points: each block with its 1x1 convolutions stands far to the left of the one without. "
    "How much lower does it stand?",
    curves=(
        _blocks("5x5", "conv5x5"),
        _blocks("1x1, then 5x5", "reduced5x5"),
        _blocks("inception, naive", "inception_naive"),
        _blocks("inception", "inception"),
        _blocks("residual, two 3x3", "residual_basic"),
        _blocks("residual bottleneck", "residual_bottleneck"),
    ),
    seeds=3,
    seconds=130,
    view="accuracy_by_macs",
    notes="Millions of multiplications for one image, and test accuracies in percent over three seeds: 5x5 "
    "4.93 and 99.5, behind a 1x1 1.30 and 98.8; inception naive 2.92 and 99.2, reduced 0.46 and 98.8; two "
    "3x3 with a shortcut 3.56 and 96.3 (93.8 to 99.4), bottleneck 0.23 and 96.1 (93.8 to 97.4). The "
    "residual pair is unsteady from epoch to epoch at this rate, so its two points say no more than that "
    "they are alike; the bottleneck, with a sixteenth of the multiplications, needs about twice as many "
    "epochs to get there. Seconds fall less than multiplications do, because pooling, batch normalisation "
    "and memory cost time, too. A naive inception block adds channels, for its pool passes on all that came "
    "in.",
)

PRESETS = (BATCH_NORM, ACTIVATIONS, LENET, BOTTLENECK)
