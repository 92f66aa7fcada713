"""The values of a trick as one text, for links: `channels=256,width=64`, the defaults left out."""

from __future__ import annotations

from typing import NamedTuple

from cnnviz.errors import CnnvizError
from cnnviz.savings.comparison import compared
from cnnviz.savings.trick import Trick, Values

LONGEST = 400  # letters that are read


class Reading(NamedTuple):
    """What a text says, and what of it cannot be."""

    values: dict[str, int]
    problems: tuple[str, ...]


def written(trick: Trick, values: Values) -> str:
    """The values that are not the defaults; `read` reads it back."""
    return ",".join(f"{name}={value}" for name, value in trick.changed(values).items())


def read(trick: Trick, text: str) -> Reading:
    """The values of a text; what cannot be is told and stays at its default."""
    given: dict[str, object] = {}
    problems: list[str] = []
    for part in filter(None, (part.strip() for part in text[:LONGEST].split(","))):
        name, sign, typed = (piece.strip() for piece in part.partition("="))
        try:
            option = trick.option(name)
            given[name] = option.check(typed if sign else "")
        except CnnvizError as error:
            problems.append(str(error))
    try:
        return Reading(works(trick, given), tuple(problems))
    except CnnvizError as error:
        return Reading(trick.defaults, (*problems, str(error)))


def works(trick: Trick, given: dict[str, object]) -> dict[str, int]:
    """All values, where these are possible together. Raises CnnvizError with the way out."""
    return dict(compared(trick, trick.values(given)).values)
