"""Every view of a catalogue network is one of a design, too."""

from __future__ import annotations

import json

import pytest

from cnnviz import exercises
from cnnviz.card import card_of
from cnnviz.design import Design, built, row, trace_design
from cnnviz.design.examples import NAMES, example
from cnnviz.export import FORMATS
from cnnviz.graph import drawing
from cnnviz.graph.folding import Folding
from cnnviz.handout import handout
from cnnviz.notebook import notebook


@pytest.mark.parametrize("name", NAMES)
def test_a_design_is_drawn_exported_explained_and_asked_about(name: str) -> None:
    """Oracle: each row's module path is a group or a node of the graph, and a name in every export."""
    design = example(name)
    made, trace = built(design), trace_design(design)
    scopes = [cost.scope for cost in made.costs]
    dot = drawing(trace, Folding(level=0), colour="kind").dot
    for form, exported in FORMATS.items():
        text = exported(trace)
        named = [scope in text.replace("\\_", "_") for scope in scopes]
        assert all(named) or form == "table", form  # in a terminal long names lose their beginning
    assert all(scope in dot for scope in scopes)
    assert json.loads(FORMATS["json"](trace))["totals"]["parameters"] == made.parameters
    assert design.name in handout(trace, target="design.toml")
    assert json.loads(notebook(trace, "design.toml"))["cells"]
    assert all(card_of(trace, layer.index).quantities for layer in trace.layers)
    assert len(exercises.from_trace(trace, 1, 5).questions) == 5


def test_a_repeated_block_is_folded_in_the_graph() -> None:
    """Oracle: ten equal blocks in one group, one box that says how often."""
    trace = trace_design(
        Design(rows=(row("conv", {"channels": 8}), row("residual", {"channels": 8}, repeat=10)))
    )
    assert "x 10" in drawing(trace, Folding(level=1), colour="kind").dot.replace("×", "x")
