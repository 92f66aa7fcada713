"""The public door: names, callables and modules in; kind errors where nothing can come out."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

import cnnviz
from cnnviz.errors import CnnvizError, DeviceError, OptionError, ShapeError, TargetError, UnknownNameError

SOURCE = """
from torch import nn
def tiny(): return nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU())
ready = tiny()
class Holder:
    build = staticmethod(tiny)
def number(): return 3
def broken(): raise KeyError("weights")
def wants(size): return tiny()
words = "not a model"
"""


@pytest.fixture(autouse=True)
def own_module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "own_networks.py").write_text(SOURCE)
    (tmp_path / "own_broken.py").write_text("raise RuntimeError('half written')")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    monkeypatch.delitem(sys.modules, "own_networks", raising=False)


@pytest.mark.parametrize("target", ["own_networks:tiny", "own_networks:ready", "own_networks:Holder.build"])
def test_a_callable_of_ones_own_folder_is_traced(target: str) -> None:
    """Oracle: the module itself: 4 filters of 3*3*3 + 1."""
    trace = cnnviz.trace(target, (3, 8, 8))
    assert trace.model == target
    assert (trace.parameters, trace.macs) == (112, 4 * 6 * 6 * 27)
    assert cnnviz.trace(target, (3, 8, 8), device="cpu").measured


@pytest.mark.parametrize(
    ("target", "says"),
    [
        ("own_nothing:tiny", "cannot import 'own_nothing'"),
        ("own_broken:tiny", "importing 'own_broken' .* fails: RuntimeError: half written"),
        ("own_networks:tinny", "'own_networks' has no 'tinny'"),
        ("own_networks:", "is not of the form package.module:callable"),
        (":tiny", "is not of the form package.module:callable"),
        ("own_networks:number", "returns an int, needs an nn.Module"),
        ("own_networks:words", "is a str, needs an nn.Module or a callable"),
        ("own_networks:broken", "fails: KeyError: 'weights'"),
        ("own_networks:wants", "cannot be called without arguments: .*'size'"),
        (3, "got an int, needs a catalogue name, package.module:callable or a torch.nn.Module"),
        (nn.Conv2d, "got the class Conv2d, needs a module made from it"),
    ],
)
def test_a_target_that_is_no_network_is_refused_kindly(target: Any, says: str) -> None:
    """Oracle: the sentence: what it is, and what is needed."""
    with pytest.raises(TargetError, match=says):
        cnnviz.trace(target, (3, 8, 8))


def test_unknown_names_and_options() -> None:
    """Oracle: the sentence, with the near miss."""
    with pytest.raises(UnknownNameError, match=r"did you mean .*resnet50"):
        cnnviz.trace("resnet5O")
    with pytest.raises(UnknownNameError, match=r"no variant 'papr'.*paper"):
        cnnviz.trace("alexnet@papr")
    with pytest.raises(OptionError, match="num_classes must be"):
        cnnviz.trace("alexnet", options={"num_classes": 0})
    with pytest.raises(TargetError, match="options are for networks of the catalogue"):
        cnnviz.trace(nn.ReLU(), (3, 8, 8), options={"num_classes": 3})


def test_options_change_the_network() -> None:
    """Oracle: by hand: the last layer of AlexNet has 4,096 + 1 numbers for each class."""
    ten = cnnviz.trace("alexnet", options={"num_classes": 10})
    assert cnnviz.trace("alexnet").parameters - ten.parameters == (4096 + 1) * 990
    grey = cnnviz.trace("alexnet", options={"in_channels": 1})
    assert grey.input_shape == (1, 227, 227)


# ---- sizes


class Net(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.stem = nn.Conv2d(3, 4, 7, stride=2)
        self.pool = nn.MaxPool2d(3, 2)
        self.head = nn.Conv2d(4, 2, 5)

    def forward(self, x: Tensor) -> Tensor:
        return self.head(self.pool(self.stem(x)))


def test_an_input_too_small_names_the_layer_and_the_smallest_that_works() -> None:
    """Oracle: real torch for the smallest side that runs."""
    side = next(n for n in range(7, 99) if _runs(Net(), n))
    with pytest.raises(
        ShapeError, match=rf"Net needs an input of at least {side}x{side}, got 20x20: head \(conv2d\)"
    ):
        cnnviz.trace(Net(), (3, 20, 20))


def _runs(model: nn.Module, side: int) -> bool:
    try:
        model(torch.zeros(1, 3, side, side))
    except RuntimeError:
        return False
    return True


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ((4, 64, 64), r"stem \(conv2d\) got 4 input channels, needs 3"),
        ((3, 64), r"stem \(conv2d\)"),
        ((3, 0, 64), "whole number of at least 1, got 0"),
        ((3, -5, 64), "whole number of at least 1, got -5"),
        ((3, 6.5, 64), "whole number of at least 1, got 6.5"),
    ],
)
@pytest.mark.parametrize("how", [{}, {"verify": True}, {"device": "cpu"}])
def test_a_wrong_shape_names_the_layer(shape: Any, says: str, how: dict[str, Any]) -> None:
    """Oracle: the sentence."""
    with pytest.raises(ShapeError, match=says):
        cnnviz.trace(Net(), shape, **how)


def test_a_layer_after_flatten_says_what_it_needs() -> None:
    """Oracle: by hand: 4*14*14 values were planned for, 4*30*30 come."""
    model = nn.Sequential(nn.Conv2d(3, 4, 3), nn.Flatten(), nn.Linear(4 * 14 * 14, 10))
    with pytest.raises(ShapeError, match=r"2 \(linear\) got 3,600 values, needs 784"):
        cnnviz.trace(model, (3, 32, 32))


@pytest.mark.parametrize("batch", [0, -1, 1.5, True])
def test_a_batch_is_a_whole_number(batch: Any) -> None:
    """Oracle: the sentence."""
    for target in ("lenet5", nn.ReLU()):
        with pytest.raises(ShapeError, match="batch size must be a whole number"):
            cnnviz.trace(target, (1, 32, 32), batch_size=batch)


def test_a_forward_that_fails_is_told_with_its_own_words() -> None:
    """Oracle: the exception that the forward raised."""

    class Fails(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            raise KeyError("missing table")

    for how in ({}, {"device": "cpu"}):
        with pytest.raises(
            TargetError, match=r"forward pass of Fails fails on 3x8x8: KeyError: 'missing table'"
        ):
            cnnviz.trace(Fails(), (3, 8, 8), **how)


# ---- devices


def test_a_real_pass_measures_every_row() -> None:
    """Oracle: torch: the convolution's output of 4*58*58 floats is new memory; in-place work makes none."""
    model = nn.Sequential(nn.Conv2d(3, 4, 7), nn.ReLU(inplace=True), nn.Flatten())
    trace = cnnviz.trace(model, (3, 64, 64), device="cpu", batch_size=2)
    rows = [row.measured for row in trace.layers]
    assert trace.device == "cpu"
    assert all(row is not None and row.latency_ms >= 0 for row in rows)
    assert [row.memory_bytes for row in rows if row] == [2 * 4 * 58 * 58 * 4, 0, 0]
    assert trace.latency_ms == pytest.approx(sum(row.latency_ms for row in rows if row))
    assert cnnviz.trace(model, (3, 64, 64)).latency_ms is None


def test_a_catalogue_network_is_measured_on_the_cpu() -> None:
    """Oracle: the shape trace: the same numbers, with a measurement each."""
    trace, shapes = cnnviz.trace("lenet5", device="cpu"), cnnviz.trace("lenet5")
    assert (trace.macs, trace.parameters) == (shapes.macs, shapes.parameters)
    assert len(trace.measured or ()) == len(shapes.layers)


@pytest.mark.parametrize("device", ["cuda", "cuda:7", "tpu", "mps", ""])
def test_a_device_that_is_not_there_is_a_clear_error(device: str) -> None:
    """Oracle: the sentence; on a machine with a GPU its first one works."""
    if device == "cuda" and torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    for target in ("lenet5", nn.ReLU()):
        with pytest.raises(DeviceError, match=r"use (meta, )?cpu or"):
            cnnviz.trace(target, (1, 32, 32), device=device)


@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_real_pass_on_a_gpu() -> None:
    """Oracle: the shape trace; the model stays where it was."""
    model = nn.Sequential(nn.Conv2d(3, 4, 7), nn.BatchNorm2d(4), nn.ReLU())
    trace = cnnviz.trace(model, (3, 64, 64), device="cuda")
    assert trace.macs == cnnviz.trace(model, (3, 64, 64)).macs
    assert all(row.measured and row.measured.latency_ms > 0 for row in trace.layers)
    assert not next(model.parameters()).is_cuda


def test_every_error_is_one_of_ours() -> None:
    """Oracle: the promise that CnnvizError is the base of all."""
    for error in (DeviceError, OptionError, ShapeError, TargetError, UnknownNameError):
        assert issubclass(error, CnnvizError)
