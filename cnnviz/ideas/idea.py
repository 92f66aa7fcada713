"""What is said of an idea, and the values that a reader may change: plain data."""

from __future__ import annotations

from typing import Literal

from cnnviz.record import Record

Group = Literal["Inside a layer", "From layers to blocks", "Training", "History"]
GROUPS: tuple[Group, ...] = ("Inside a layer", "From layers to blocks", "Training", "History")


class Use(Record):
    """A layer of the catalogue where the idea is at work."""

    network: str  # as on the command line: `lenet5@course`
    layer: str  # its name in the layer table
    words: str  # what it does there


class Paper(Record):
    """Where the idea comes from, or where it was made clear."""

    text: str  # authors, year
    link: str


class Place(Record):
    """A view elsewhere in the app where the same thing is touched."""

    page: str  # its address: `convolution`
    words: str
    query: tuple[tuple[str, str], ...] = ()  # of its link
    layer: str = ""  # on Explore: the layer that is selected, by its name in the layer table


class Value(Record):
    """One thing that a reader may change, as links have it: a number, or one of several words."""

    name: str
    label: str  # in words, behind "the": what its field on the page is about
    default: float | str
    least: float = 0.0
    most: float = 0.0
    step: float = 1.0  # numbers are rounded to it; 1: a whole number
    choices: tuple[str, ...] = ()  # of a word

    @property
    def rule(self) -> str:
        """What is allowed, in words."""
        if self.choices:
            return f"is one of {', '.join(self.choices)}"
        kind = "a whole number" if self.step == 1 else "a number"
        return f"is {kind} from {self.least:g} to {self.most:g}"


class Idea(Record):
    """One screen of the page Ideas."""

    name: str  # in links; its modules are named so
    title: str
    group: Group
    sentence: str  # for its card
    words: str  # for below its picture: Markdown, formulas between dollar signs
    uses: tuple[Use, ...]
    papers: tuple[Paper, ...]
    places: tuple[Place, ...] = ()
    values: tuple[Value, ...] = ()  # what a link may say
