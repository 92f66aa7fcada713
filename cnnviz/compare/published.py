"""Published errors beside costs: what no other network beats at both, and how errors fell over the years."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Literal, NamedTuple

from cnnviz.architectures import CATALOGUE, Published, network
from cnnviz.compare.contestants import Contestant, data_of, of_network
from cnnviz.compare.measures import macs
from cnnviz.targets import trace

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

Top = Literal["top1_error", "top5_error"]


class Point(NamedTuple):
    """A network with its published error and what it costs."""

    label: str
    title: str
    year: int
    error: Published
    parameters: int
    macs: int
    counted: int  # what the convention counts

    @property
    def short(self) -> str:
        """The title, with the variant where it is not the usual one of that name."""
        name, _, variant = self.title.partition(" @")
        return name if variant in ("paper", "torchvision") else self.title

    @property
    def source(self) -> str:
        """Who published the error, and how it was measured."""
        return f"{self.error.source}; {self.error.note}" if self.error.note else self.error.source


class Moment(NamedTuple):
    """An architecture of the timeline."""

    year: int
    title: str
    label: str  # of the variant that the figure is of
    parameters: int
    macs: int
    error: Published | None  # on ImageNet; None: it was made for other images
    elsewhere: str  # what it was measured on instead: "0.95 % on MNIST"

    @property
    def source(self) -> str:
        if self.error is None:
            return self.elsewhere or "no published error on ImageNet"
        return f"{self.error.source}; {self.error.note}" if self.error.note else self.error.source


def points(compared: Iterable[Contestant], top: Top) -> list[Point]:
    """The contestants that have a published error on ImageNet which applies to them."""
    found = []
    for of in compared:
        error = of.published(top)
        if of.network and error and data_of(error) == "ImageNet":
            year = of.network.architecture.year
            found.append(
                Point(of.label, of.title, year, error, of.trace.parameters, macs(of.trace), of.counted)
            )
    return found


def front(points: Sequence[Point], cost: Literal["parameters", "macs", "counted"]) -> list[Point]:
    """The Pareto front, by cost: the networks than which none is better in one and as good in the other."""
    best: list[Point] = []
    for point in sorted(points, key=lambda p: (getattr(p, cost), p.error.value)):
        if not best or point.error.value < best[-1].error.value:
            best.append(point)
        elif (point.error.value, getattr(point, cost)) == (best[-1].error.value, getattr(best[-1], cost)):
            best.append(point)  # a tie: neither beats the other
    return best


def catalogue(convention: Convention | None = None) -> tuple[Contestant, ...]:
    """Every variant of the catalogue that has a published error which applies to it."""
    return tuple(
        replace(of_network(found, trace(found.name)), convention=convention)
        for architecture in CATALOGUE
        for variant in architecture.variants
        if any(f.quantity.endswith("error") and f.applies for f in variant.published)
        for found in [network(architecture, variant.name)]
    )


def timeline(top: Top) -> list[Moment]:
    """Every architecture by year, each with the first error on ImageNet that was published for a variant."""
    moments = []
    for architecture in CATALOGUE:
        figures = [(v, f) for v in architecture.variants for f in v.published if f.applies]
        errors = [(v, f) for v, f in figures if f.quantity == top and data_of(f) == "ImageNet"]
        others = [
            f"{f.value:g} % on {data_of(f)}"
            for _, f in figures
            if f.quantity == "top1_error" and data_of(f) not in ("ImageNet", None)
        ]
        variant, error = errors[0] if errors else (architecture.variants[0], None)
        made = trace(f"{architecture.name}@{variant.name}")
        elsewhere = others[0] if others and not errors else ""
        moments.append(
            Moment(
                architecture.year,
                architecture.title,
                made.model,
                made.parameters,
                macs(made),
                error,
                elsewhere,
            )
        )
    return sorted(moments, key=lambda moment: moment.year)


def lowest(moments: Iterable[Moment]) -> list[Moment]:
    """Those with a lower error than all before them."""
    found: list[Moment] = []
    for moment in moments:
        if moment.error and (not found or moment.error.value < found[-1].error.value):  # type: ignore[union-attr]
            found.append(moment)
    return found
