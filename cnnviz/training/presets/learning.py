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
    look="Test error first, and its logarithmic axis for the ends, then training error: where nothing is "
    "done, it goes to zero, which means that the wrong labels have been learned, too.",
    curves=(
        _few("nothing"),
        _few("dropout", dropout=0.5),
        _few("weight decay", weight_decay=0.03),
        _few("augmentation", augment="affine"),
        _few("augmentation, dropout", augment="affine", dropout=0.5),
    ),
    seeds=3,
    seconds=43,
    view="test_error",
    notes="600 digits, one in five with a random label, 40 epochs. Measured over three seeds, test errors "
    "in percent: 13.9 with nothing, 7.3 with dropout 0.5, 7.0 with weight decay 0.03, 4.5 with "
    "augmentation, 3.9 with augmentation and dropout. Training errors count the wrong labels, too: about 18 "
    "% of all labels are wrong, so 18 % is what a network has that has learned none of them. Where all "
    "labels are right, with 100 images, dropout and augmentation do not help here.",
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
    look="Sorted and not shuffled: the error ends near 80 %, close to guessing. The other three are alike.",
    curves=(
        _order("mixed file, shuffled"),
        _order("mixed file, as it is", shuffle=False),
        _order("sorted file, shuffled", sorted_by_class=True),
        _order("sorted file, as it is", sorted_by_class=True, shuffle=False),
    ),
    seeds=3,
    seconds=8,
    view="train_error",
    notes="Measured over three seeds, training errors in percent: 1.7, 2.1, 1.3, and 77 for the sorted file "
    "as it is.",
)

BATCH = Preset(
    name="batch-size",
    title="Epoch, step and batch size",
    claim="One epoch sees every image once; how many steps that makes is the number of images over the "
    "batch size. Small batches take many noisy steps, large ones few smooth ones.",
    look="In the same six epochs 8 at once takes 978 steps, 64 takes 126 and 512 takes 18, which are too "
    "few. Change the axis to steps: step for step large batches learn no less. Change it to seconds for "
    "what it costs. The loss within an epoch is rough for 8 images.",
    curves=tuple(_order(f"{size} at once", batch_size=size) for size in (8, 64, 512)),
    seeds=3,
    seconds=11,
    view="train_loss",
    notes="Learning rate 0.02 for all. Measured over three seeds, training errors in percent: 6.6 for 8 at "
    "once, 1.7 for 64, 19.5 for 512, and seconds 2.8, 0.5 and 0.4. For 8 at once a smaller rate would be "
    "better, for 512 a larger one: batch size and learning rate belong together.",
)

RATE = Preset(
    name="learning-rate",
    title="The learning rate",
    claim="Too small a learning rate learns slowly, a larger one faster, and too large a one not at all.",
    look="The training loss: nearly level at 0.0005, steep at 0.02, and stuck where the weights have been "
    "thrown too far.",
    curves=tuple(_order(f"rate {rate:g}", learning_rate=rate) for rate in (0.0005, 0.005, 0.02, 0.1, 0.5)),
    seeds=3,
    seconds=9,
    view="train_loss",
    notes="Batches of 64. Measured over three seeds, training errors in percent: 47 at 0.0005, 3.7 at "
    "0.005, 1.7 at 0.02, 6.7 at 0.1, 89 at 0.5, where one of the three runs diverged: its loss was infinite "
    "or no number, and it ended there.",
)

PRESETS = (OVERFITTING, SHUFFLE, BATCH, RATE)
