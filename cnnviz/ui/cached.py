"""Results that all visitors share: immutable, bounded, known by plain values.

Those on a visitor's own file or design are kept with the visit: `visit.apart`.

`name` is `alexnet@paper`, `options` are the changed ones, `input_shape` is without the batch axis.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from typing import ParamSpec, TypeVar

import plotly.graph_objects as go
import streamlit as st

from cnnviz import design, exercises, graph, plots, tables
from cnnviz import handout as handouts
from cnnviz.architectures import find
from cnnviz.architectures.architecture import Shape, Value
from cnnviz.conventions import chosen
from cnnviz.errors import CnnvizError
from cnnviz.exercises.predictions import Predictions
from cnnviz.graph import folding
from cnnviz.graph.folding import Folding
from cnnviz.targets import trace
from cnnviz.trace import Trace
from cnnviz.ui import captures, own_models, visit, widgets
from cnnviz.ui.block_graph import Column
from cnnviz.ui.card import CardTexts, card_texts

Options = tuple[tuple[str, Value], ...]

DESIGNED = visit.DESIGNED
_ROWS = "rows:"  # of a design, before they are worked out
_CARDS = 2000  # of about 8 kB
_ENTRIES = 256  # a class that explores one network at many sizes, several times over

_Asked = ParamSpec("_Asked")
_Result = TypeVar("_Result")


def _shared(
    *, entries: int = _ENTRIES, spinner: str | bool = False
) -> Callable[[Callable[_Asked, _Result]], Callable[_Asked, _Result]]:
    """Keeps results for everybody, but those on what belongs to a visit with that visit.

    Streamlit's cache works a result out once, however many visitors ask for it at the same time. To look one
    up takes it half a millisecond, so a plain cache is asked first.
    """

    def kept(function: Callable[_Asked, _Result]) -> Callable[_Asked, _Result]:
        once = st.cache_resource(max_entries=entries, show_spinner=spinner)(function)
        return lru_cache(maxsize=entries)(once)  # type: ignore[return-value]

    return visit.apart(kept)


@_shared(spinner="Tracing the network …")
def traced(name: str, options: Options, input_shape: Shape) -> Trace:
    """The trace. Raises CnnvizError, with the way out."""
    if name.startswith(DESIGNED):
        return designed(name.removeprefix(DESIGNED)).trace
    if own_models.knows(name):
        return own_models.traced(name, input_shape)
    network = find(name, dict(options))
    with captures.turn_for(network):
        return trace(network.name, input_shape, options=dict(options))


def designed(word: str) -> design.Built:
    """The design of a link, worked out. Raises DesignError where the link does not hold one."""
    return visit.results().get((DESIGNED, word), lambda: design.built(_rows(word)))


def _rows(word: str) -> design.Design:
    return visit.results().get((_ROWS, word), lambda: design.unpacked(word))


def keep_design(word: str, made: design.Design) -> None:
    """Tells what a word stands for, which `packed` has just made of it: it need not be read."""
    visit.results().get((_ROWS, word), lambda: made)


def works(name: str, options: Options, input_shape: Shape) -> bool:
    """Whether the network takes an input of that size."""
    try:
        traced(name, options, input_shape)
    except CnnvizError:
        return False
    return True


@_shared(spinner="Thinking of questions …")
def exercises_on(
    name: str, options: Options, input_shape: Shape, *, seed: int, count: int, kinds: tuple[str, ...]
) -> exercises.ExerciseSet:
    """The set of exercises on a network. Raises CnnvizError where there is nothing to ask."""
    made = traced(name, options, input_shape)
    return exercises.from_trace(made, seed, count, kinds=kinds, options=dict(options))


@_shared()
def exercises_on_chains(*, seed: int, count: int, kinds: tuple[str, ...]) -> exercises.ExerciseSet:
    """The set of exercises on random chains. Raises CnnvizError where these kinds have none."""
    return exercises.random_chains(seed, count, kinds=kinds)


@_shared()
def rows(name: str, options: Options, input_shape: Shape, convention: str = "") -> list[tables.LayerRow]:
    return tables.layer_rows(traced(name, options, input_shape), chosen(convention))


def counted(name: str, options: Options, input_shape: Shape, convention: str) -> int:
    """What the convention counts of the whole network."""
    return sum(row.counted for row in rows(name, options, input_shape, convention))


@_shared()
def columns(name: str, options: Options, input_shape: Shape, convention: str = "") -> list[Column]:
    """The layer table, column by column."""
    return widgets.layer_columns(rows(name, options, input_shape, convention), chosen(convention))


@_shared()
def hidden(
    name: str, options: Options, input_shape: Shape, chosen: tuple[str, ...]
) -> tuple[frozenset[str], ...]:
    """What is not to be seen of each layer before the first answer, where `chosen` is to be predicted."""
    asked = Predictions(trace=traced(name, options, input_shape), chosen=chosen)
    return tuple(asked.hidden(layer.index) for layer in asked.trace.layers) if chosen else ()


@_shared()
def hidden_columns(
    name: str, options: Options, input_shape: Shape, predicted: tuple[str, ...], convention: str = ""
) -> list[Column]:
    """The layer table before the first answer, the same for everybody."""
    shown = columns(name, options, input_shape, convention)
    kept_back = hidden(name, options, input_shape, predicted)
    return widgets.hidden_columns(shown, kept_back) if predicted else shown


@visit.apart(visit.plainly(_CARDS))  # Streamlit's cache takes as long as to draw a part of a card
def card(
    name: str,
    options: Options,
    input_shape: Shape,
    index: int,
    convention: str = "",
    *,
    large: bool,
    dark: bool,
    image: str,
) -> CardTexts:
    """The card of one layer with nothing hidden: a class that is walked through a network shares it."""
    network = traced(name, options, input_shape)
    nothing, counting = Predictions(trace=network, chosen=()), chosen(convention)
    return card_texts(network, index, nothing, large=large, dark=dark, image=image, convention=counting)


@_shared()
def levels(name: str, options: Options, input_shape: Shape) -> int:
    """How deep the groups of the graph lie in each other."""
    return folding.depth(folding.groups(traced(name, options, input_shape)))


@_shared()
def drawing(
    name: str,
    options: Options,
    input_shape: Shape,
    folding: Folding,
    colour: str,
    predicted: tuple[str, ...] = (),
    convention: str = "",
) -> graph.Drawing:
    """The graph under this folding, without what is to be predicted.

    Raises ExportError where no layout could draw it.
    """
    kept_back = hidden(name, options, input_shape, predicted)
    made, counting = traced(name, options, input_shape), chosen(convention)
    return graph.drawing(made, folding, colour=colour, hidden=kept_back, convention=counting)


@_shared(entries=32)  # DenseNet-201's is 1.3 MB and takes half a second
def _handout(name: str, options: Options, input_shape: Shape, folding: Folding, convention: str) -> str:
    network = None if own_models.knows(name) else find(name, options=dict(options))
    made = traced(name, options, input_shape)
    return handouts.handout(made, network, folding=folding, convention=chosen(convention))


def handout(
    name: str, options: Options, input_shape: Shape, folding: Folding, convention: str = ""
) -> Callable[[], str]:
    """What makes the handout, with the graph folded so: it is called later, outside of the visit's script."""
    if not visit.owned(name):
        return lambda: _handout(name, options, input_shape, folding, convention)
    made = traced(name, options, input_shape)
    return lambda: handouts.handout(made, folding=folding, convention=chosen(convention))


@_shared()
def shape_figure(name: str, options: Options, input_shape: Shape, selected: int) -> tuple[go.Figure, str]:
    """Sizes through the depth with the selected layer marked, and the same in words."""
    table = rows(name, options, input_shape)
    curves = plots.shape_curves(table, traced(name, options, input_shape).edges)
    return plots.shape_figure(curves, _mark(table, selected)), plots.shape_words(curves)


@_shared()
def cost_figure(
    name: str, options: Options, input_shape: Shape, selected: int, convention: str = ""
) -> tuple[go.Figure, str]:
    """Costs added up through the depth with the selected layer marked, and the same in words."""
    table = rows(name, options, input_shape, convention)
    curves = plots.cost_curves(table, tables.label(chosen(convention)))
    return plots.cost_figure(curves, _mark(table, selected)), plots.cost_words(curves)


def _mark(table: list[tables.LayerRow], selected: int) -> plots.Mark:
    return plots.Mark(selected, table[selected].name)
