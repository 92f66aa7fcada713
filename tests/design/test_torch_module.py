"""Designs as torch modules: what is measured and trained is what the rows say."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from hypothesis import given, settings

import cnnviz
from cnnviz.design import Design, built, dumps, packed
from cnnviz.design.examples import NAMES, example
from cnnviz.design.torch_module import torch_module
from cnnviz.errors import DesignError
from cnnviz.measure import measure
from tests.design.nets import working_designs
from tests.design.test_torch_code import module


@settings(max_examples=40)
@given(working_designs())
def test_it_is_the_network_of_the_exported_code(design: Design) -> None:
    """Oracle: the exported source, run: the same names and shapes of parameters, and the same layers."""
    ours, exported = torch_module(design), module(design)
    sizes = [{name: p.shape for name, p in one.named_parameters()} for one in (ours, exported)]
    assert sizes[0] == sizes[1]
    paths = [[(layer.name, layer.op) for layer in cnnviz.trace(one, design.input_shape).layers]
             for one in (ours, exported)]  # fmt: skip
    assert paths[0] == paths[1]


@pytest.mark.parametrize("name", NAMES)
def test_it_runs(name: str) -> None:
    """Oracle: torch, with real numbers."""
    design = example(name)
    with torch.no_grad():
        assert torch_module(design).eval()(torch.randn(2, *design.input_shape)).shape == (2, 10)


def test_a_design_is_measured_from_its_file_and_from_its_link(tmp_path: Path) -> None:
    """Oracle: LeNet-5's count by hand, 61,706 parameters of four bytes, and the sum of its rows."""
    design = example("lenet5")
    (tmp_path / "mine.toml").write_text(dumps(design))
    for target in (str(tmp_path / "mine.toml"), f"design:{packed(design)}"):
        report = measure(target, threads=1)
        assert report.model == "LeNet-5"
        assert report.memory.parameters == 4 * 61_706
        assert sum(point.macs for point in report.points) == built(design).macs
        assert report.whole_ms > 0


def test_a_design_that_does_not_fit_together_says_where() -> None:
    design = example("lenet5")
    broken = design.having(design.rows[:4] + design.rows[5:])  # without its flatten
    with pytest.raises(DesignError, match=r"row 5, linear .*put a flatten before it"):
        torch_module(broken)
