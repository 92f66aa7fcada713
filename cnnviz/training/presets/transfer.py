"""Presets on transfer: what was learned from letters helps with digits, most where labels are few."""

from __future__ import annotations

from typing import Any

from cnnviz.architectures.architecture import Value
from cnnviz.training.presets.preset import Curve, Preset
from cnnviz.training.settings import settings

DEPTH = 5
NETWORK: dict[str, Value] = {"depth": DEPTH, "width": 32, "batch_norm": True}
EPOCHS = {5: 40, 20: 30, 100: 20}  # by labels of each class: few images make short epochs
WAYS: dict[str, dict[str, Any]] = {
    "from scratch": {},
    "frozen, new last layer": {"pretrained": "letters", "frozen": DEPTH},
    "partly frozen": {"pretrained": "letters", "frozen": 3},
    "fine-tuned": {"pretrained": "letters"},
}


def _curve(label: str, labels: int, **options: Any) -> Curve:
    return Curve(
        label=label,
        settings=settings(
            "plain_convolutions",
            network_options=NETWORK,
            data="cluttered-digits",
            per_class=labels,
            epochs=EPOCHS[labels],
            optimizer="adam",
            learning_rate=1e-3,
            batch_size=32,
            **options,
        ),
    )


LABELS = Preset(
    name="transfer",
    title="Transfer: few labels, and what was learned before",
    claim="Features that were learned from letters help to tell digits apart. With few labels it is best to "
    "freeze them and train the last layer alone, which takes a fraction of the time; with many, to train on "
    "everything.",
    look="Test error against the number of labels of each class, one line for each way: which is lowest on "
    "the left, and which on the right? Then the seconds.",
    curves=tuple(
        _curve(f"{labels} labels, {way}", labels, **options)
        for labels in EPOCHS
        for way, options in WAYS.items()
    ),
    seeds=2,
    seconds=125,
    view="transfer",
    notes="Digits of scikit-learn, composed here among pieces of others and noise in 16x16 pixels; on the "
    "plain digits nothing is gained, because they are too easy. What is learned before are 37 kinds of "
    "letters of a font, composed in the same way: 27 seconds, once, kept on disk. Measured over two seeds, "
    "test errors in percent for 5 / 20 / 100 labels of each class: from scratch 88 / 85 / 58, frozen 65 / "
    "55 / 50, three of five convolutions frozen 68 / 55 / 39, fine-tuned 72 / 56 / 32. Seconds: frozen 0.2 "
    "to 0.4, because the features are computed once and kept, too; from scratch 5, 4 and 10. The lines "
    "cross at 20 labels. The network is small and the task hard: all stay far from a good error.",
)

FROZEN = Preset(
    name="transfer-layers",
    title="Transfer: how many layers to freeze",
    claim="The first layers have learned what serves any sign, the last ones what serves letters. With 100 "
    "labels of each class it pays to train the last ones again; the more layers are frozen, the higher the "
    "error, and the sooner it is done.",
    look="Test error against the number of frozen convolutions, then the seconds. Change per_class to 20 or "
    "5: does it still rise?",
    curves=tuple(
        _curve(f"{count} frozen", 100, pretrained="letters", frozen=count) for count in range(DEPTH + 1)
    ),
    seeds=1,
    seconds=70,
    view="transfer",
    notes="Measured with one seed, test errors in percent: 32 with all convolutions trained, 36 with two of "
    "five frozen, 40 with three, 47 with four, 51 with all five; seconds fall from 10 to 0.4. With 20 "
    "labels of each class it makes no difference: 54 to 57 for any number. The images are composed, and the "
    "letters were learned before in 27 seconds, once: see the preset transfer.",
)

PRESETS = (LABELS, FROZEN)
