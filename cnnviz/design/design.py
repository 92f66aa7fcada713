"""A network as a person designs it: a name, an input, and rows of layers and blocks."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from cnnviz.architectures.architecture import Value, near_misses
from cnnviz.design.kinds import BY_NAME, MOST_REPEATS, Kind
from cnnviz.errors import DesignError, OptionError

MOST_ROWS = 200
MOST_NAME = 60  # characters
LARGEST_SIDE = 1024
MOST_INPUT_CHANNELS = 1024
_NAME = re.compile(r"[\w .+@()-]{1,60}")
_LARGEST_NUMBER = 10**9  # no option allows more; longer ones are not even printed
_NO_NUMBERS = {f"{sign}{word}" for sign in ("", "+", "-") for word in ("nan", "inf", "infinity")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a design. `values` has every option of its kind, in declared order."""

    kind: str
    values: tuple[tuple[str, Value], ...]
    repeat: int = 1

    @property
    def declared(self) -> Kind:
        return BY_NAME[self.kind]

    @property
    def changed(self) -> dict[str, Value]:
        """The options that are not at their defaults."""
        defaults = {option.name: option.default for option in self.declared.options}
        return {name: value for name, value in self.values if value != defaults[name]}

    @property
    def brief(self) -> str:
        """`5x5, 6 filters, tanh`."""
        return self.declared.brief(dict(self.values))

    @property
    def text(self) -> str:
        """`conv 5x5, 6 filters, tanh`."""
        return f"{self.kind} {self.brief}".rstrip()

    def having(self, **changes: object) -> Row:
        """The row with other values, each checked. Raises DesignError."""
        if "repeat" in changes:
            return row(self.kind, {**dict(self.values), **changes})
        return row(self.kind, {**dict(self.values), **changes}, repeat=self.repeat)


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """A network to be. Nothing here says whether its rows fit together: `built` does."""

    name: str = "my network"
    input_shape: tuple[int, int, int] = (3, 32, 32)  # n_C, n_H, n_W
    rows: tuple[Row, ...] = ()

    def having(self, rows: Sequence[Row]) -> Design:
        """The design with other rows. Raises DesignError where they are too many."""
        if len(rows) > MOST_ROWS:
            raise DesignError(f"a design has at most {MOST_ROWS} rows; let equal ones repeat")
        return replace(self, rows=tuple(rows))


def design(name: object, input_shape: Mapping[str, object], rows: Sequence[Row]) -> Design:
    """A design of checked parts. Raises DesignError with what was wrong, the rule and the way out."""
    sizes = tuple(_side(which, input_shape.get(which)) for which in ("n_C", "n_H", "n_W"))
    made = Design(name=_checked_name(name), input_shape=(sizes[0], sizes[1], sizes[2]))
    return made.having(rows)


def row(kind: str, values: Mapping[str, object] | None = None, *, repeat: object = 1) -> Row:
    """A row of a kind; what `values` leaves out has its default. Raises DesignError."""
    given = dict(values or {})
    repeat = given.pop("repeat", repeat)
    if kind not in BY_NAME:
        near = near_misses(shown(kind), BY_NAME) or f": there are {', '.join(BY_NAME)}"
        raise DesignError(f"no kind of row is named {shown(kind)!r}{near}")
    declared = BY_NAME[kind]
    for name in given:
        if declared.option(name) is None:
            known = [option.name for option in declared.options]
            near = near_misses(shown(name), known) or f": there are {', '.join(['repeat', *known])}"
            raise DesignError(f"{kind} has no {shown(name)!r}{near}")
    checked = []
    for option in declared.options:
        value = option.default
        if option.name in given:
            scalar(given[option.name], f"{kind}: {option.name}", option.rule)
            try:
                value = option.check(given[option.name])
            except OptionError as error:
                raise DesignError(f"{kind}: {error}") from None
        checked.append((option.name, value))
    times = whole(repeat, f"{kind}: repeat", 1, MOST_REPEATS)
    return _row(kind, tuple(checked), times)


@lru_cache(maxsize=4096)
def _row(kind: str, values: tuple[tuple[str, Value], ...], repeat: int) -> Row:
    return Row(kind=kind, values=values, repeat=repeat)


def whole(value: object, what: str, least: int, most: int) -> int:
    """A whole number within bounds, from a number or from text. Raises DesignError."""
    rule = f"a whole number from {least} to {most}"
    number = scalar(value, what, rule)
    if isinstance(number, str) and number.strip().isdecimal() and len(number) < 10:
        number = int(number)
    if isinstance(number, bool | str) or number != int(number) or not least <= number <= most:
        raise DesignError(f"{what} must be {rule}, got {shown(value)}")
    return int(number)


def scalar(value: object, what: str, rule: str) -> Value:
    """The value where it is one short word, switch or number of a sensible size. Raises DesignError."""
    if isinstance(value, str) and len(value) <= MOST_NAME and value.strip().lower() not in _NO_NUMBERS:
        return value
    if isinstance(value, bool):
        return value
    if isinstance(value, int | float) and -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER:
        return value
    raise DesignError(f"{what} must be {rule}, got {shown(value)}")


def shown(value: object) -> str:
    """A value of anybody's making as a few characters: it may be huge, or nested without end."""
    if isinstance(value, str):
        return value if len(value) <= 40 else f"{value[:40]}…"
    if isinstance(value, int) and not -_LARGEST_NUMBER <= value <= _LARGEST_NUMBER:
        return "a number that is far too large"
    if isinstance(value, int | float):
        return str(value).lower() if isinstance(value, bool) else str(value)
    kinds = {dict: "a table", list: "a list", type(None): "nothing"}
    return kinds.get(type(value), "something else")


def _side(which: str, value: object) -> int:
    most = MOST_INPUT_CHANNELS if which == "n_C" else LARGEST_SIDE
    return whole(value, f"{which} of the input", 1, most)


def _checked_name(name: object) -> str:
    text = name.strip() if isinstance(name, str) else ""
    if not _NAME.fullmatch(text):
        raise DesignError(
            f"a name has 1 to {MOST_NAME} letters, digits, spaces and . + @ ( ) - _, got {shown(name)!r}"
        )
    return text
