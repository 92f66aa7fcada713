"""A network run on this machine. Times are never asserted, only that they are there."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

import cnnviz
from cnnviz.errors import CnnvizError, DeviceError
from cnnviz.measure import measure
from cnnviz.measure.memory import peak_bytes
from cnnviz.measure.probe import machine

CPU = torch.device("cpu")
NEEDS_GPU = pytest.mark.skipif(not torch.cuda.is_available(), reason="this machine has no CUDA device")


@pytest.fixture(autouse=True)
def own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path / "cnnviz" / "machines.json"


@pytest.mark.parametrize("device", ["cpu", pytest.param("cuda", marks=NEEDS_GPU)])
def test_peak_memory_is_the_most_at_once(device: str) -> None:
    """Oracle: tensors of known size, some freed before others are made."""
    at, megabyte = torch.device(device), 2**18

    def work() -> None:
        first = torch.empty(3 * megabyte, device=at)
        del first
        kept = [torch.empty(megabyte, device=at), torch.empty(megabyte, device=at)]
        del kept

    assert peak_bytes(work, at) == pytest.approx(3 * 2**20, rel=0.01)


def test_a_report_has_the_costs_of_the_trace() -> None:
    """Oracle: the trace from shapes alone, times the batch."""
    made, trace = measure("lenet5", batch_size=4, threads=1), cnnviz.trace("lenet5")
    assert made.macs == 4 * trace.macs
    assert [p.name for p in made.points] == [layer.name or layer.op for layer in trace.layers]
    assert made.memory.parameters == 4 * trace.parameters
    assert min(p.latency_ms for p in made.points) > 0
    assert made.whole_ms > 0
    weights, image = 4 * trace.parameters, 4 * 4 * 32 * 32
    assert made.memory.inference_measured >= weights + image
    # forward and backward hold a gradient for each weight at the end
    assert made.memory.training_measured is not None
    assert made.memory.training_measured >= 2 * weights + image
    assert made.memory.training_predicted == 2 * weights + image + 4 * trace.activation_bytes


def test_the_machine_is_probed_once(own_cache: Path) -> None:
    """Oracle: two probes never agree to the last bit, so equal figures are remembered ones."""
    first = machine(CPU, "float32")
    assert machine(CPU, "float32") == first
    assert first.macs_per_second > 1e6
    assert first.bytes_per_second > 1e6
    own_cache.write_text("{ half a")
    assert machine(CPU, "float32") != first


def test_a_cache_that_cannot_be_written_stops_nobody(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: a file lies where the folder should be."""
    (tmp_path / "taken").write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "taken"))
    assert machine(CPU, "float64").dtype == "float64"


def test_a_model_is_left_as_it_was() -> None:
    """Oracle: its state dictionary, mode and type before and after, and the random numbers that follow."""
    net = nn.Sequential(nn.Conv2d(3, 4, 3), nn.BatchNorm2d(4), nn.Dropout(), nn.Flatten(), nn.Linear(144, 2))
    before = {name: value.clone() for name, value in net.state_dict().items()}
    torch.manual_seed(3)
    expected = torch.rand(3)
    torch.manual_seed(3)
    measure(net, (3, 8, 8), dtype="float64", batch_size=2, threads=1)
    assert torch.equal(torch.rand(3), expected)
    after = net.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert {value.dtype for value in net.parameters()} == {torch.float32}
    assert net.training
    assert all(p.grad is None for p in net.parameters())


def test_one_image_cannot_train_a_batch_norm() -> None:
    """Oracle: torch refuses one value per channel in training."""
    net = nn.Sequential(nn.Flatten(), nn.Linear(12, 4), nn.BatchNorm1d(4))
    assert measure(net, (3, 2, 2), threads=1).memory.training_measured is None
    assert measure(net, (3, 2, 2), batch_size=2, threads=1).memory.training_measured


@pytest.mark.parametrize(
    ("how", "said"),
    [
        ({"device": "meta"}, "use device cpu or cuda"),
        ({"device": "tpu"}, "no device 'tpu'"),
        ({"dtype": "int3"}, "use one of float32"),
        ({"threads": 10_000}, "threads must be from 1 to"),
        ({"batch_size": 0}, "batch size must be"),
        ({"input_shape": (3, 4, 4)}, "at least 67x67"),
    ],
)
def test_bad_wishes_are_told(how: dict[str, object], said: str) -> None:
    with pytest.raises(CnnvizError, match=said):
        measure("alexnet", **how)  # type: ignore[arg-type]


def test_memory_that_is_not_there_is_told() -> None:
    """Oracle: the sentence; a million images of 3x2000x2000 are 48 TB, which no machine has."""
    for run, says in (
        (measure, "free here: at most"),
        (cnnviz.trace, "more memory than cpu has: take fewer"),
    ):
        with pytest.raises(DeviceError, match=says):
            run("resnet18", (3, 2000, 2000), batch_size=10**6, device="cpu")


def test_a_type_is_for_a_real_pass() -> None:
    with pytest.raises(DeviceError, match="use it with device cpu or cuda"):
        cnnviz.trace("lenet5", dtype="float16")
    with pytest.raises(DeviceError, match="no dtype 'complex'"):
        cnnviz.trace("lenet5", device="cpu", dtype="complex")


@NEEDS_GPU
def test_on_a_gpu() -> None:
    """Oracle: the trace from shapes alone."""
    made = measure("resnet18", batch_size=2, device="cuda")
    assert made.machine.device == "cuda"
    assert made.macs == 2 * cnnviz.trace("resnet18").macs
    assert made.memory.training_measured
