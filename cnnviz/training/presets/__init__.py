"""The laboratory's presets: each a claim of the notes with the curves that show it. Needs no torch."""

from __future__ import annotations

from cnnviz.architectures.architecture import near_misses
from cnnviz.errors import UnknownNameError
from cnnviz.training.presets import depth, layers, learning, transfer
from cnnviz.training.presets.preset import VIEWS, Curve, Preset, View, runs_of, same

__all__ = ["PRESETS", "VIEWS", "Curve", "Preset", "View", "preset", "runs_of", "same"]

PRESETS: tuple[Preset, ...] = (*depth.PRESETS, *layers.PRESETS, *learning.PRESETS, *transfer.PRESETS)


def preset(name: str) -> Preset:
    """The preset of that name. Raises UnknownNameError."""
    for known in PRESETS:
        if known.name == name:
            return known
    raise UnknownNameError(f"there is no preset {name!r}{near_misses(name, [p.name for p in PRESETS])}")
