"""All that the page shows at one moment, as a link says it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property

from cnnviz.errors import OptionError
from cnnviz.record import Record
from cnnviz.windows.numbers import (
    MOST_EDITS,
    Array,
    Numbers,
    fitting_weights,
    input_array,
    read_input,
    read_weights,
    weight_array,
    weight_sizes,
    within,
)
from cnnviz.windows.setting import KINDS, POOLS, Setting, setting

_INPUTS = {"pointwise": "seed:1", "transposed": "count", "max": "1,3,2,1;2,9,1,1;1,3,2,3;5,6,1,2"}
_WEIGHTS = {"pointwise": "seed:1", "depthwise": "vertical+horizontal+blur", "transposed": "count"}


class Place(Record):
    """Where the window stands, and what is looked at."""

    step: int = 0
    out: int = 0  # the filter, or the channel where each has an output of its own
    channel: int = 0  # the first of the channels that are drawn

    @property
    def text(self) -> str:
        """`12`, `12.1`, `12.1.3`: as a link has it."""
        numbers = [self.step, self.out, self.channel]
        while len(numbers) > 1 and not numbers[-1]:
            numbers.pop()
        return ".".join(map(str, numbers))


class Scene(Record):
    """A setting, its numbers, and where the window stands."""

    setting: Setting
    input: Numbers
    weights: Numbers
    place: Place = Place()

    @cached_property
    def x(self) -> Array:
        """The input's numbers: C x n x n."""
        return input_array(self.input, self.setting)

    @cached_property
    def w(self) -> Array:
        """The weights: filters x channels x f x f."""
        return weight_array(self.weights, self.setting)


def first_input(kind: str) -> str:
    """The input that a kind begins with."""
    return _INPUTS.get("max" if kind in POOLS else kind, "edge")


def first_weights(kind: str) -> str:
    return _WEIGHTS.get(kind, "vertical")


def scene(
    kind: str,
    values: Mapping[str, object],
    input_text: str = "",
    weights_text: str = "",
    *,
    most_edits: int = MOST_EDITS,
) -> Scene:
    """The scene of these texts. Raises OptionError for one that cannot be."""
    made = setting(kind, values)
    numbers = read_input(input_text or first_input(kind), most_edits)
    weights = read_weights(weights_text or first_weights(kind), most_edits)
    return fitted(Scene(setting=made, input=numbers, weights=weights))


def fitted(of: Scene) -> Scene:
    """The same without what lies outside of its grids."""
    filters, channels = weight_sizes(of.setting)
    return of.replace(
        input=within(of.input, of.setting.C, of.setting.n),
        weights=within(fitting_weights(of.weights, of.setting.f), filters * channels, of.setting.f),
        place=placed(of.place, of.setting),
    )


def placed(place: Place, of: Setting) -> Place:
    """The place, or the nearest that there is."""
    return Place(
        step=min(place.step, of.steps - 1),
        out=min(place.out, of.maps - 1),
        channel=min(place.channel, of.C - 1),
    )


def read_place(text: str) -> Place:
    """The place that a link says."""
    parts = text.strip().split(".") if text.strip() else []
    if len(parts) > 3 or not all(part.isascii() and part.isdigit() and len(part) < 7 for part in parts):
        raise OptionError(f"a place is written as 12 or 12.1.3 (step, filter, channel), got {text:.30}")
    return Place(**dict(zip(("step", "out", "channel"), map(int, parts), strict=False)))


def read_values(kind: str, text: str) -> dict[str, str]:
    """`n=7,s=2` as values, unchecked."""
    found = {}
    for part in filter(None, text.strip().split(",")):
        name, sign, value = part.partition("=")
        if not sign or name.strip() not in KINDS[kind].changes:
            can = ", ".join(KINDS[kind].changes)
            raise OptionError(f"{KINDS[kind].title.lower()} takes {can}, written as n=7,s=2, got {part:.30}")
        found[name.strip()] = value.strip()
    return found


def written_values(of: Setting) -> str:
    """What of a setting is not as its kind begins, as a link has it."""
    return ",".join(f"{name}={value}" for name, value in of.changed.items())
