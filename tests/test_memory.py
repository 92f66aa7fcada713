"""What a measurement will take of memory, told before it is run."""

from __future__ import annotations

import pytest

from cnnviz.errors import DeviceError, ShapeError
from cnnviz.measure import measure
from cnnviz.roofline.memory import RUNTIME_BYTES, Need, checked, free_bytes, need
from cnnviz.targets import trace
from cnnviz.targets.shapes import LARGEST
from tests.terminal import run


@pytest.mark.parametrize(
    ("name", "size", "batch", "dtype"),
    [
        ("lenet5", 32, 64, "float32"),
        ("alexnet", 227, 4, "float32"),
        ("alexnet", 227, 4, "bfloat16"),
        ("resnet18", 64, 16, "float32"),
        ("densenet121", 64, 8, "float32"),
    ],
)
def test_the_estimate_is_not_less_than_what_torch_hands_out(
    name: str, size: int, batch: int, dtype: str
) -> None:
    """Oracle: the most bytes that torch's allocator had handed out in a step of training."""
    shape = (trace(name).input_shapes[0][0], size, size)
    report = measure(name, shape, batch_size=batch, threads=1, dtype=dtype)
    found = need(trace(name, shape), dtype).bytes_for(batch) - RUNTIME_BYTES
    measured = report.memory.training_measured
    assert measured is not None
    assert measured <= found <= 2.5 * measured
    inference = need(trace(name, shape), dtype).bytes_for(batch, training=False) - RUNTIME_BYTES
    assert report.memory.inference_measured <= inference


def test_the_largest_batch_is_the_largest_that_fits() -> None:
    """Oracle: brute force: one after the other is tried."""
    of = Need(fixed=1_000_000, inference=70_001, training=300_003)
    for free in (0, RUNTIME_BYTES, RUNTIME_BYTES + 5_000_000, RUNTIME_BYTES + 77_777_777):
        for training in (True, False):
            fit = [n for n in range(1, 2000) if of.bytes_for(n, training=training) <= free]
            assert of.most_images(free, training=training) == max(fit, default=0)


def test_what_does_not_fit_is_refused_with_what_would() -> None:
    """Oracle: by hand: VGG-16 has 138,357,544 parameters, so weights and gradients alone are 1.1 GB."""
    made = trace("vgg16")
    with pytest.raises(DeviceError, match="not even one fits, so choose a smaller input"):
        checked(made, "float32", 1, 1_107_000_000)
    with pytest.raises(DeviceError, match=r"at most (\d+) at once would fit") as told:
        checked(made, "float32", 1000, 8_000_000_000)
    most = int(str(told.value).rpartition("at most ")[2].split()[0])
    checked(made, "float32", most, 8_000_000_000)
    with pytest.raises(DeviceError):
        checked(made, "float32", most + 1, 8_000_000_000)


def test_inference_needs_less_than_training_and_half_precision_less_than_single() -> None:
    of, half = (need(trace("resnet50"), dtype) for dtype in ("float32", "float16"))
    assert of.bytes_for(8, training=False) < of.bytes_for(8)
    assert half.training * 2 == of.training


def test_the_machine_has_some_memory_and_not_more_than_it_has() -> None:
    """Oracle: psutil."""
    psutil = pytest.importorskip("psutil")
    free = free_bytes()
    assert free is not None
    assert 0 < free <= psutil.virtual_memory().total


@pytest.mark.parametrize("command", ["measure", "trace", "exercise", "handout -o x.html"])
@pytest.mark.parametrize("size", ["99999999999", "3x1000001x8", "9" * 400])
def test_a_size_beyond_all_measure_gets_a_sentence(command: str, size: str) -> None:
    """Oracle: the bound and the value in the words, and the status of a wrong argument."""
    name, *rest = command.split()
    status, _, said = run(name, "alexnet", "--input", size, *rest)
    assert status == 2
    assert f"at most {LARGEST:,} in each direction" in said
    assert "GB" not in said
    assert len(said) < 200


@pytest.mark.parametrize("batch", ["99999999999", "100000"])
def test_a_batch_beyond_all_measure_gets_a_sentence(batch: str) -> None:
    status, _, said = run("measure", "alexnet", "--batch", batch)
    assert status == 2
    assert "at most" in said
    assert len(said) < 300


def test_python_code_gets_the_same_sentence() -> None:
    with pytest.raises(ShapeError, match="a number of more than 15 digits"):
        trace("alexnet", (3, 10**5000, 8))
