"""The shipped programs: each is what a fresh capture of its network gives."""

from __future__ import annotations

import gzip
from pathlib import Path

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz import programs
from cnnviz.capture import capture, on_meta
from cnnviz.program import Input

VARIANTS = sorted(f"{entry.name}@{variant.name}" for entry in cnnviz.CATALOGUE for variant in entry.variants)


@pytest.mark.parametrize("name", VARIANTS)
def test_a_shipped_program_is_what_a_fresh_capture_gives(name: str) -> None:
    """Oracle: a capture of the network as it is built now; the file is its text, to the letter."""
    network = cnnviz.find(name)
    fresh = capture(on_meta(network.build), [Input(name="", shape=(1, *network.input_shape))])
    assert programs.load(name) == fresh
    assert Path(programs.FOLDER, f"{name}.json").read_text(encoding="utf-8") == programs.dumps(fresh)


def test_all_variants_are_shipped_and_nothing_else() -> None:
    """Oracle: the catalogue."""
    assert programs.names() == VARIANTS


def test_an_unknown_name_has_no_program() -> None:
    """Oracle: the promise of load."""
    assert programs.load("nonesuch@paper") is None


def test_the_programs_are_small() -> None:
    """Oracle: an installed package that nobody minds: all of them together pack into 300 kB."""
    packed = sum(len(gzip.compress(path.read_bytes())) for path in Path(programs.FOLDER).glob("*.json"))
    assert packed < 300_000


def test_a_program_that_holds_at_one_size_only_is_not_shipped() -> None:
    """Oracle: what a shipped program promises: to be right at every input size."""

    class Flat(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x.view(x.size(0), -1)

    class Guarded(nn.Module):
        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return x + 1 if x.size(2) > 3 else x

    for model in (Flat(), Guarded()):
        with pytest.raises(ValueError, match="right at every input size"):
            programs.dumps(cnnviz.trace(model, (3, 8, 8)).program)


def test_several_inputs_and_types_come_back() -> None:
    """Oracle: equality after a round through the text."""

    class Gated(nn.Module):
        def forward(self, x: torch.Tensor, *, gate: torch.Tensor) -> torch.Tensor:
            return torch.cat([x * gate, x.half().float()], 1).flatten(1)

    inputs = [Input(name="", shape=(1, 3, 4, 4)), Input(name="gate", shape=(1, 3, 1, 1))]
    program = capture(Gated(), inputs)
    assert programs.loads(programs.dumps(program)) == program
