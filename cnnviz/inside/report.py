"""What there is to say of an image in a network: predictions, layers, one layer and one of its pixels."""

from __future__ import annotations

import dataclasses
import json

from cnnviz.errors import OptionError
from cnnviz.inside.fields import Box, Element, checked, effective, effective_box, theoretical
from cnnviz.inside.layer_filters import filters, of_map
from cnnviz.inside.looking import Prediction, Seen, activity
from cnnviz.inside.networks import kind


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """A layer and the shape of its maps; n_H and n_W are 1 where it is fully connected."""

    name: str
    kind: str
    shape: tuple[int, int, int]  # n_H, n_W, n_C
    receptive_field: tuple[int, ...]  # pixels; () where it is the whole image


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Pixel:
    """One number of a layer, and where on the image it looks."""

    channel: int
    row: int
    column: int
    value: float
    theoretical: Box  # by the trace: with what lies in the padding
    effective: (
        Box | None
    )  # pixels whose gradient is at least a hundredth of the largest; None: nothing passes


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class OneLayer:
    """A layer in numbers."""

    row: Row
    formula: str  # of its shape, with the numbers in
    order: tuple[int, ...]  # its channels, the most active first
    activity: tuple[float, ...]  # of these: the mean of their values without signs
    filters: str  # the convolution that the channels come from; "" where there is none
    filter_shape: tuple[int, ...]  # n_C x channels of its input x f x f
    alike: tuple[
        tuple[str, float], ...
    ]  # of a first layer: the classic kernel nearest to each, and its cosine
    pixel: Pixel


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """All of it."""

    network: str
    title: str
    about: str
    error: float | None  # percent of test images
    image: str
    input_shape: tuple[int, int, int]  # channels, height, width
    parameters: int
    macs: int
    predictions: tuple[Prediction, ...]  # the likeliest first
    layers: tuple[Row, ...]
    layer: OneLayer | None

    def to_json(self) -> str:
        return json.dumps(dataclasses.asdict(self), indent=1, ensure_ascii=False)


def report(seen: Seen, image: str, element: Element | None = None, top: int = 5) -> Report:
    """What there is to say. Raises OptionError where there is no such element.

    Args:
        seen: the pass.
        image: what the image is called.
        element: of the layer that is told more of.
        top: so many predictions.

    """
    network = seen.network
    return Report(
        network=network.name,
        title=network.title,
        about=network.about,
        error=network.error,
        image=image,
        input_shape=network.shape,
        parameters=network.trace.parameters,
        macs=network.trace.macs,
        predictions=seen.predictions[:top],
        layers=tuple(_row(seen, layer.name) for layer in network.layers),
        layer=_one(seen, element) if element else None,
    )


def element_of(seen: Seen, layer: str, channel: int | None, at: tuple[int, int] | None) -> Element:
    """The element that is asked for: by itself the middle of the most active map. Raises OptionError."""
    maps = seen.maps(layer)
    row, column = at or (maps.shape[1] // 2, maps.shape[2] // 2)
    return checked(seen, Element(layer, seen.order(layer)[0] if channel is None else channel, row, column))


def class_of(seen: Seen, asked: str) -> int:
    """The class that is meant: by its name or its number; "" is the likeliest. Raises OptionError."""
    classes = seen.network.classes
    if not asked:
        return seen.predictions[0].index
    if asked in classes:
        return classes.index(asked)
    if asked.isdecimal() and int(asked) < len(classes):
        return int(asked)
    some = ", ".join(classes[:12]) + (", ..." if len(classes) > 12 else "")
    raise OptionError(
        f"{seen.network.title} has no class {asked!r:.60}: its classes are numbered 0 to {len(classes) - 1} "
        f"({some})"
    )


def _row(seen: Seen, name: str) -> Row:
    layer = seen.network.layer(name)
    channels, height, width = seen.maps(name).shape
    return Row(
        name=name,
        kind=kind(seen.network.module(name)),
        shape=(height, width, channels),
        receptive_field=tuple(layer.receptive_field or ()),
    )


def _one(seen: Seen, element: Element) -> OneLayer:
    maps, order = seen.maps(element.layer), seen.order(element.layer)
    of = of_map(seen.network, element.layer)
    found = filters(seen.network, of) if of else None
    return OneLayer(
        row=_row(seen, element.layer),
        formula=str(seen.network.layer(element.layer).formulas.shape),
        order=tuple(order),
        activity=tuple(activity(maps)[order].tolist()),
        filters=of,
        filter_shape=tuple(found.weights.shape) if found else (),
        alike=tuple((match.name, match.similarity) for match in found.matches) if found else (),
        pixel=Pixel(
            channel=element.channel,
            row=element.row,
            column=element.column,
            value=float(maps[element[1:]]),
            theoretical=theoretical(seen, element),
            effective=effective_box(effective(seen, element)),
        ),
    )
