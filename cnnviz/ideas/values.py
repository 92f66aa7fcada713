"""Values of an idea as a link has them: `x=1.5,of=tanh`; what is left out has its default."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from cnnviz.errors import OptionError, in_link
from cnnviz.ideas.idea import Value

Given = float | str
MOST_LETTERS = 2000  # of a link: beyond it nothing is read


class Said(NamedTuple):
    """What a text says: every value, and a sentence for each part that cannot be."""

    values: dict[str, Given]
    problems: tuple[str, ...]


def read(declared: Iterable[Value], text: str) -> Said:
    """The values of a link; what it cannot say keeps its default and is told."""
    known = {value.name: value for value in declared}
    values = {name: value.default for name, value in known.items()}
    if len(text) > MOST_LETTERS:
        return Said(values, (f"the values of this link are longer than {MOST_LETTERS:,} letters",))
    problems = []
    for part in filter(None, (part.strip() for part in text.split(","))):
        name, _, typed = part.partition("=")
        try:
            values[name] = checked(known[name], typed)
        except KeyError:
            has = f"it has {', '.join(known)}" if known else "it has none"
            problems.append(f"this idea has no value called {name!r:.40}: {has}")
        except OptionError as error:
            problems.append(str(error))
    return Said(values, tuple(problems))


def checked(value: Value, given: object) -> Given:
    """What was given, rounded to the value's step. Raises OptionError with the rule."""
    if value.choices:
        if given in value.choices:
            return str(given)
        raise OptionError(_broken(value, given))
    try:
        number = float(str(given))
    except ValueError:
        number = math.nan
    if not value.least <= number <= value.most:  # also where it is no number
        raise OptionError(_broken(value, given))
    return min(value.most, max(value.least, round(round(number / value.step) * value.step, 6)))


def _broken(value: Value, given: object) -> str:
    return f"{in_link(value.label, value.name)} {value.rule}, got {str(given)!r:.40}"


def written(declared: Iterable[Value], values: Mapping[str, object]) -> str:
    """The values that are not the defaults, for a link. Raises OptionError."""
    given = ((value, checked(value, values.get(value.name, value.default))) for value in declared)
    return ",".join(f"{value.name}={_text(now)}" for value, now in given if now != value.default)


def _text(value: Given) -> str:
    return value if isinstance(value, str) else f"{value:.10g}"
