"""Presets on how a network is trained: few images, the order of the images, batches, learning rates."""

from __future__ import annotations

from typing import Any

from cnnviz.architectures.architecture import Value
from cnnviz.training.presets.preset import Curve, Preset
from cnnviz.training.settings import settings


def _few(label: str, *, dropout: float = 0.0, **options: Any) -> Curve:
    network: dict[str, Value] = {"depth": 3, "width": 32, "dropout": dropout}
    return Curve(
        label=label,
        settings=settings(
            "plain_convolutions",
            network_options=network,
            images=600,
            label_noise=0.2,
            epochs=40,
            optimizer="adam",
            learning_rate=1e-3,
            init="he",
            **options,
        ),
    )


OVERFITTING = Preset(
    name="overfitting",
    title="Overfitting, and three remedies",
    claim="A network that has learned 600 images by heart, wrong labels included, errs on new ones. "
    "Dropout, weight decay and new versions of the images make that harder, and the test error falls.",
    look="Test error first, then training error: where nothing is done, the training error goes to zero, "
    "which means that the wrong labels have been learned, too.",
    curves=(
        _few("nothing"),
        _few("dropout", dropout=0.5),
        _few("weight decay", weight_decay=0.003),
        _few("augmentation", augment="affine"),
        _few("augmentation, dropout", augment="affine", dropout=0.5),
    ),
    seeds=3,
    seconds=60,
    view="test_error",
    notes="",
)


def _order(label: str, **options: Any) -> Curve:
    return Curve(
        label=label,
        settings=settings("plain_convolutions", network_options={"depth": 4}, init="he", epochs=6, **options),
    )


SHUFFLE = Preset(
    name="shuffle",
    title="shuffle=True and shuffle=False",
    claim="Images in the order of their classes must be shuffled: a network that sees only nines at last "
    "answers nine. Where the file is mixed already, shuffling changes nothing much.",
    look="Sorted and not shuffled: the error jumps up and down and ends near 90 %. The other three are "
    "alike.",
    curves=(
        _order("mixed file, shuffled"),
        _order("mixed file, as it is", shuffle=False),
        _order("sorted file, shuffled", sorted_by_class=True),
        _order("sorted file, as it is", sorted_by_class=True, shuffle=False),
    ),
    seeds=3,
    seconds=8,
    view="train_error",
    notes="",
)

BATCH = Preset(
    name="batch-size",
    title="Epoch, step and batch size",
    claim="One epoch sees every image once; how many steps that makes is the number of images over the "
    "batch size. Small batches take many noisy steps, large ones few smooth ones.",
    look="By epoch small batches seem to win. Change the axis to steps: then large ones do. Change it to "
    "seconds for what it costs. The loss within an epoch is rough for 8 images and smooth for 512.",
    curves=tuple(_order(f"{size} at once", batch_size=size) for size in (8, 64, 512)),
    seeds=3,
    seconds=10,
    view="train_loss",
    notes="",
)

RATE = Preset(
    name="learning-rate",
    title="The learning rate",
    claim="Too small a learning rate learns slowly, a larger one faster, and too large a one not at all.",
    look="The training loss: nearly level at 0.0005, steep at 0.02, and stuck where the weights have been "
    "thrown too far.",
    curves=tuple(_order(f"rate {rate:g}", learning_rate=rate) for rate in (0.0005, 0.005, 0.02, 0.1, 0.5)),
    seeds=3,
    seconds=10,
    view="train_loss",
    notes="",
)

PRESETS = (OVERFITTING, SHUFFLE, BATCH, RATE)
