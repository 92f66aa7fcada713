"""Designs as networks to train: how their settings are made, and whether data fit them. Needs no torch."""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from cnnviz.architectures.architecture import Shape
from cnnviz.design import Design, dumps, loads
from cnnviz.design.built import sized, whole
from cnnviz.errors import OptionError
from cnnviz.training.datasets import DATASETS, DataSet, described
from cnnviz.training.settings import OPTIONS, Settings, settings

NAME = "design"  # the network of a link that trains the design in it
_LARGEST = int(next(option for option in OPTIONS if option.name == "image_size").maximum or 0)


def settings_of(
    design: Design, *, data: str = "digits", seed: int = 0, device: str = "cpu", **options: Any
) -> Settings:
    """The settings that train a design; images are scaled to its input where nobody says otherwise.

    Raises DesignError where its rows do not fit together, and OptionError where the data do not fit it.
    """
    known = described(data)
    _, n_H, n_W = design.input_shape
    if not options.get("image_size") and n_H == n_W <= _LARGEST and (n_H, n_W) != known.shape[1:]:
        options["image_size"] = n_H
    wanted = settings(design.name, design=dumps(design), data=data, seed=seed, device=device, **options)
    check(design, known, wanted["image_size"])
    return wanted


def label(design: Design) -> str:
    """What its curve is called: the name, and a number that tells it from the same design before an edit."""
    return f"{design.name}, {whole(design).parameters:,} parameters"


def design_of(wanted: Settings) -> Design | None:
    """The design that a run trains; None where it is a network by name."""
    return _read(wanted.design) if wanted.design else None


def check(design: Design, data: DataSet, image_size: int) -> None:
    """Raises OptionError, with the way out, where images or classes are not what the design is for."""
    _, height, width = data.shape
    shape = (data.shape[0], image_size or height, image_size or width)
    fits(design, data.name, shape, len(data.classes))


def fits(design: Design, data: str, shape: Shape, classes: int) -> None:
    """The same of images that have this shape, channels first."""
    made = whole(design)
    if design.input_shape[0] != shape[0]:
        others = [one.name for one in DATASETS if one.shape[0] == design.input_shape[0]]
        raise OptionError(
            f"{design.name} takes images with {_channels(design.input_shape[0])}, and those of {data} have "
            f"{shape[0]}: set n_C of its input to {shape[0]}"
            + (f", or train on {' or '.join(others)}" if others else "")
        )
    if design.input_shape[1:] != shape[1:]:
        raise OptionError(_other_size(design, data, shape))
    end = made.output_shape
    if len(end) != 1:
        raise OptionError(
            f"{design.name} ends in a map of {sized(end)}, and a network that tells {classes} classes apart "
            f"ends in a vector of {classes}: add a flatten, or a global_pool and a flatten, and a fully "
            f"connected row with {classes} features"
        )
    if end[0] != classes:
        raise OptionError(
            f"{design.name} ends in {sized(end)}, and {data} has {classes} classes: make its last row a "
            f"fully connected one with {classes} features"
        )


def _other_size(design: Design, data: str, shape: Shape) -> str:
    _, n_H, n_W = design.input_shape
    got, takes = f"{shape[1]}x{shape[2]}", f"{n_H}x{n_W}"
    ways = f"set n_H and n_W of its input to {shape[1]} and {shape[2]}"
    if n_H == n_W <= _LARGEST:
        ways += f", or image_size to {n_H}"
    elif n_H != n_W:
        ways += "; images are scaled to squares"
    else:
        ways += f"; images are scaled to at most {_LARGEST}x{_LARGEST}"
    return f"{design.name} takes {takes}, and gets images of {got} from {data}: {ways}"


def _channels(count: int) -> str:
    return f"{count} channel{'s' * (count != 1)}"


@lru_cache(maxsize=256)
def _read(text: str) -> Design:
    return loads(text)


def options_without(given: Mapping[str, object]) -> dict[str, Any]:
    """The options of training among these; a design has no others. Raises OptionError for one that is not."""
    names = {option.name for option in OPTIONS}
    for name in given:
        if name not in names:
            raise OptionError(
                f"a design has no option {name!r}: its rows say what it is; options of training are "
                + ", ".join(names)
            )
    return dict(given)
