"""The catalogue's records: what a network is, where its numbers come from, what can be varied.

Nothing here imports torch: what builds a network is named (`"cnnviz.architectures.alexnet:AlexNet"`),
and imported when it is built.
"""

from __future__ import annotations

import importlib
import math
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Literal

from cnnviz.errors import OptionError, UnknownNameError
from cnnviz.record import Record

if TYPE_CHECKING:
    from torch import nn

Value = int | float | bool | str
Shape = tuple[int, ...]
Quantity = Literal["parameters", "macs", "top1_error", "top5_error", "weight_layers"]

NO_VALUES: Mapping[str, Value] = {}

_TRUE = frozenset({"1", "true", "on", "yes"})
_FALSE = frozenset({"0", "false", "off", "no"})


class Option(Record):
    """One thing that can be varied: widgets, `--set` and links build themselves from it."""

    name: str  # keyword of the network's constructor
    kind: Literal["int", "float", "bool", "choice"]
    default: Value
    help: str  # one sentence for a person, without a full stop
    minimum: int | float | None = None  # for int and float
    maximum: int | float | None = None
    step: int | float | None = None  # values are minimum, minimum + step, ...
    choices: tuple[str, ...] = ()  # for choice

    @property
    def rule(self) -> str:
        """What values are allowed, in words."""
        if self.kind == "bool":
            return "on or off"
        if self.kind == "choice":
            return "one of " + ", ".join(self.choices)
        kind = "a whole number" if self.kind == "int" else "a number"
        step = f" in steps of {self.step}" if self.step not in (None, 1) else ""
        return f"{kind} from {self.minimum} to {self.maximum}{step}"

    def check(self, value: object) -> Value:
        """The value as the declared type; text is read as a person types it. Raises OptionError."""
        try:
            checked = self._converted(value)
        except (TypeError, ValueError, OverflowError):  # 1e400 is infinite
            raise self._error(value) from None
        if not self._allows(checked):
            raise self._error(value)
        return checked

    def text(self, value: Value) -> str:
        """The value as `--set` and links write it; `check` reads it back."""
        if self.kind == "bool":
            return "on" if value else "off"
        return f"{value:g}" if isinstance(value, float) else str(value)

    def _converted(self, value: object) -> Value:
        if self.kind == "bool":
            word = str(value).strip().lower()
            if word in _TRUE | _FALSE:
                return word in _TRUE
            raise ValueError(value)
        if self.kind == "choice":
            return str(value).strip()
        if isinstance(value, bool) or not isinstance(value, int | float | str):
            raise TypeError(value)
        number = float(value)
        if self.kind == "float":
            return number
        if number != int(number):
            raise ValueError(value)
        return int(value) if isinstance(value, str) else int(number)

    def _allows(self, value: Value) -> bool:
        if self.kind == "bool":
            return True
        if self.kind == "choice":
            return value in self.choices
        if isinstance(value, str) or self.minimum is None or self.maximum is None:
            return False
        if not self.minimum <= value <= self.maximum:
            return False
        if self.step is None:
            return True
        steps = (value - self.minimum) / self.step
        return abs(steps - round(steps)) < 1e-9

    def _error(self, value: object) -> OptionError:
        return OptionError(f"{self.name} must be {self.rule}, got {value!s:.60}")


class Published(Record):
    """A figure that somebody published for a network, with how precisely they gave it."""

    quantity: Quantity
    value: int | float  # errors in percent, everything else a plain count
    source: str  # "Krizhevsky et al. 2012, section 3"
    link: str = ""
    rounded_to: int | float = 0  # 0: exact; 1_000_000: "60 million"
    applies: bool = True  # False: shown, but the figure is of another network or convention, as `note` says
    note: str = ""

    @property
    def text(self) -> str:
        """The figure as it was printed, with its unit: `≈ 60 million`, `8`, `18.2 %`."""
        about = "≈ " if self.rounded_to else ""
        if self.quantity.endswith("error"):
            return f"{about}{self.value:,} %"
        if self.rounded_to and self.value >= 1_000_000:
            decimals = max(0, math.ceil(math.log10(1_000_000 / self.rounded_to)))
            return f"{about}{self.value / 1_000_000:,.{decimals}f} million"
        return f"{about}{self.value:,}"

    def matches(self, value: int | float) -> bool:
        """Whether our figure is the published one, at the precision it was published with.

        Papers round and truncate; both are accepted, so a figure may be off by just under one unit
        of its last printed digit.
        """
        if not self.rounded_to:
            return value == self.value
        return abs(value - self.value) < self.rounded_to


class Variant(Record):
    """One definite network under an architecture's name: `alexnet@course`."""

    name: str
    source: str  # where this variant's numbers come from: paper and table, book, implementation
    link: str
    build: str  # "cnnviz.architectures.alexnet:AlexNet", imported when built
    input_shape: Shape  # without the batch axis: (3, 227, 227)
    arguments: Mapping[str, Value] = NO_VALUES  # fixed keywords of the constructor
    defaults: Mapping[str, Value] = NO_VALUES  # options whose default differs here
    without: tuple[str, ...] = ()  # the architecture's options that this variant does not have
    differences: tuple[str, ...] = ()  # from the paper, one sentence each
    published: tuple[Published, ...] = ()


class Architecture(Record):
    """One network of the catalogue with its variants; the first variant is the default."""

    name: str  # "alexnet"
    title: str  # "AlexNet"
    family: str  # "AlexNet": what the picker groups by
    year: int
    authors: str
    paper: str  # the paper's title
    link: str
    idea: str  # two sentences
    variants: tuple[Variant, ...]
    options: tuple[Option, ...]

    def variant(self, name: str = "") -> Variant:
        """The variant of that name, the default one for an empty name. Raises UnknownNameError."""
        if not name:
            return self.variants[0]
        for variant in self.variants:
            if variant.name == name:
                return variant
        names = [variant.name for variant in self.variants]
        raise UnknownNameError(f"{self.name} has no variant {name!r}{near_misses(name, names)}")

    def options_of(self, variant: Variant) -> tuple[Option, ...]:
        """The options that this variant takes, with its own defaults put in."""
        return tuple(
            option.replace(default=variant.defaults[option.name])
            if option.name in variant.defaults
            else option
            for option in self.options
            if option.name not in variant.without
        )


class Network(Record):
    """A variant with definite option values: everything needed to build it, and to name it in a link."""

    architecture: Architecture
    variant: Variant
    values: tuple[tuple[str, Value], ...]  # every option, in declared order

    @property
    def name(self) -> str:
        """`alexnet@course`: without the options."""
        return f"{self.architecture.name}@{self.variant.name}"

    @property
    def options(self) -> tuple[Option, ...]:
        return self.architecture.options_of(self.variant)

    @property
    def changed(self) -> dict[str, Value]:
        """The options that differ from this variant's defaults."""
        defaults = {option.name: option.default for option in self.options}
        return {name: value for name, value in self.values if value != defaults[name]}

    @property
    def input_shape(self) -> Shape:
        """The default input (n_C, n_H, n_W), with the channels that the options ask for."""
        channels = dict(self.values).get("in_channels", self.variant.input_shape[0])
        return (int(channels), *self.variant.input_shape[1:])

    def build(self) -> nn.Module:
        """The network as a torch module, in evaluation mode. Imports torch."""
        module, _, factory = self.variant.build.partition(":")
        build = getattr(importlib.import_module(module), factory)
        built: nn.Module = build(**dict(self.variant.arguments), **dict(self.values))
        return built.eval()


def network(
    architecture: Architecture, variant: str = "", options: Mapping[str, object] | None = None
) -> Network:
    """The network with these options, each checked against its declaration.

    Raises UnknownNameError for a variant or option that does not exist, OptionError for a value that is
    not allowed.
    """
    chosen = architecture.variant(variant)
    declared = {option.name: option for option in architecture.options_of(chosen)}
    given = dict(options or {})
    for name in given:
        if name not in declared:
            near = near_misses(name, declared)
            raise UnknownNameError(f"{architecture.name}@{chosen.name} has no option {name!r}{near}")
    values = tuple(
        (name, option.check(given[name]) if name in given else option.default)
        for name, option in declared.items()
    )
    return Network(architecture=architecture, variant=chosen, values=values)


def near_misses(name: str, known: Iterable[str]) -> str:
    """`: did you mean resnet50?`, or the whole list where nothing is near and the list is short."""
    import difflib  # only mistakes need it

    names = list(known)
    near = difflib.get_close_matches(name, names, n=3, cutoff=0.6)
    if near:
        return ": did you mean " + " or ".join(near) + "?"
    return ": there are " + ", ".join(names) if names and len(names) <= 12 else ""
