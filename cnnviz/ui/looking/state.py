"""What is looked at, as the link says it: `conv2,map=3,pixel=4x5,view=why`; and what is wrong with it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from cnnviz.errors import OptionError
from cnnviz.inside.hooks import Change
from cnnviz.inside.looking import checked
from cnnviz.inside.networks import Trained

VIEWS = ("maps", "filters", "why", "change")
LONGEST = 5000  # letters: room for as many changes as there may be


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What a person looks at in one network. Its fields have the names that the browser uses."""

    image: str
    layer: str
    view: str = "maps"
    channel: int | None = None  # None: the most active one
    row: int | None = None  # of the pixel
    column: int | None = None
    of: int | None = None  # the class that is asked about; None: the likeliest
    size: int | None = None  # pixels of the side of the patch that hides; None: a quarter of the image's
    patch: tuple[int, ...] | None = None  # where it lies: top, left, height, width
    alike: bool = False  # one scale for all maps
    scales: tuple[tuple[str, int, float], ...] = ()  # layer, channel, factor
    off: tuple[str, ...] = ()  # blocks without their shortcuts

    @property
    def data(self) -> dict[str, Any]:
        """As the browser gets it."""
        return {name: getattr(self, name) for name in self.__slots__}

    @property
    def text(self) -> str:
        """As the link has it; what is as it usually is stays out."""
        parts = [self.layer]
        if self.view != "maps":
            parts.append(f"view={self.view}")
        if self.channel is not None:
            parts.append(f"map={self.channel}")
        if self.row is not None and self.column is not None:
            parts.append(f"pixel={self.row}x{self.column}")
        parts += [
            f"{name}={value}"
            for name, value in (("class", self.of), ("size", self.size))
            if value is not None
        ]
        if self.patch:
            parts.append("patch=" + "x".join(map(str, self.patch)))
        if self.alike:
            parts.append("alike=yes")
        if self.scales:
            parts.append("scale=" + "~".join(f"{layer}:{i}:{factor:g}" for layer, i, factor in self.scales))
        if self.off:
            parts.append("off=" + "~".join(self.off))
        return ",".join(parts)


@dataclass(slots=True)
class Read:
    """What a link asks for, as far as it can be had, and a sentence for each part that cannot."""

    state: State
    problems: list[str] = field(default_factory=list)


def read(text: str, network: Trained, image: str) -> Read:
    """The state that a link's text asks for."""
    first = usual(network, image)
    if not text:
        return Read(first)
    found = Read(first)
    if len(text) > LONGEST:
        found.problems.append(
            f"This link says {len(text):,} letters of what is looked at; {LONGEST:,} are read."
        )
        return found
    layer, *rest = text.split(",")
    names = [known.name for known in network.layers]
    if layer and layer not in names:
        found.problems.append(
            f"{network.title} has no layer {layer!r:.40}; here is {first.layer}. "
            f"Its layers are {', '.join(names)}."
        )
        return found
    found.state = replace(first, layer=layer or first.layer)
    for part in rest:
        _take(found, network, part)
    return found


def usual(network: Trained, image: str) -> State:
    """What a network opens with: the maps of its first layer."""
    return State(image=image, layer=network.layers[0].name)


def _take(found: Read, network: Trained, part: str) -> None:
    name, _, value = part.partition("=")
    shape = (*network.layer(found.state.layer).output_shapes[0][1:], 1, 1)[:3]
    height, width = network.shape[1:]
    try:
        if name == "view" and value in VIEWS:
            found.state = replace(found.state, view=value)
        elif name == "map":
            found.state = replace(
                found.state, channel=_whole(value, 0, shape[0] - 1, "the number of the map")
            )
        elif name == "pixel":
            down, across = _several(value, 2, "pixel=4x5")
            row, column = (
                _whole(down, 0, shape[1] - 1, "the row of the pixel"),
                _whole(across, 0, shape[2] - 1, "the column of the pixel"),
            )
            found.state = replace(found.state, row=row, column=column)
        elif name == "class":
            found.state = replace(
                found.state,
                of=_whole(value, 0, len(network.classes) - 1, "the number of the class"),
            )
        elif name == "size":
            found.state = replace(
                found.state, size=_whole(value, 1, min(height, width), "the side of the patch")
            )
        elif name == "patch":
            found.state = replace(found.state, patch=_patch(value, height, width))
        elif name == "alike" and value == "yes":
            found.state = replace(found.state, alike=True)
        elif name == "scale":
            scales = tuple(_scale(text) for text in value.split("~"))
            checked(network, Change(scales=scales, without_shortcut=found.state.off))
            found.state = replace(found.state, scales=scales)
        elif name == "off":
            off = tuple(value.split("~"))
            checked(network, Change(scales=found.state.scales, without_shortcut=off))
            found.state = replace(found.state, off=off)
        else:
            views = f"the view is one of {', '.join(VIEWS)}"
            raise OptionError(views if name == "view" else "nothing is called so")
    except OptionError as error:
        found.problems.append(f"This link has {part:.60}, but {error}; that part of it is left out.")


def _patch(value: str, height: int, width: int) -> tuple[int, ...]:
    top, left, tall, wide = _several(value, 4, "patch=8x8x7x7")
    first = (
        _whole(top, 0, height - 1, "the top of the patch"),
        _whole(left, 0, width - 1, "the left of the patch"),
    )
    return (
        *first,
        _whole(tall, 1, height - first[0], "the height of the patch"),
        _whole(wide, 1, width - first[1], "the width of the patch"),
    )


def _scale(text: str) -> tuple[str, int, float]:
    layer, channel, factor = _several(text, 3, "scale=conv1:3:0.5", ":")
    try:
        return layer, int(channel), float(factor)
    except ValueError:
        raise OptionError(
            f"scale=conv1:3:0.5 has a layer, a channel and a factor, got {text!r:.40}"
        ) from None


def _several(value: str, count: int, such_as: str, between: str = "x") -> list[str]:
    parts = value.split(between)
    if len(parts) != count:
        raise OptionError(f"it is written like {such_as}")
    return parts


def _whole(value: str | int, least: int, most: int, name: str) -> int:
    text = str(value)
    if not (text.isascii() and text.isdigit() and len(text) < 7 and least <= int(text) <= most):
        raise OptionError(f"{name} is a whole number from {least} to {most}")
    return int(text)


def heard(said: object, network: Trained) -> State | None:
    """What a browser says, checked like a link; None where it says nothing that can be understood."""
    if not isinstance(said, Mapping):
        return None
    get = said.get
    try:
        asked = State(
            image=str(get("image")),
            layer=str(get("layer")),
            view=str(get("view")),
            channel=get("channel"),
            row=get("row"),
            column=get("column"),
            of=get("of"),
            size=get("size"),
            patch=tuple(get("patch") or ()) or None,
            alike=get("alike") is True,
            scales=tuple((str(a), int(b), float(c)) for a, b, c in get("scales") or ()),
            off=tuple(map(str, get("off") or ())),
        )
        understood = read(asked.text, network, asked.image)
    except (TypeError, ValueError, OverflowError):
        return None
    return None if understood.problems else understood.state
