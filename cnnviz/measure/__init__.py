"""A network run on this machine: time and memory of each layer beside what they should be. Needs torch."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping

import torch
from torch import Tensor, nn

from cnnviz import roofline
from cnnviz.capture.placing import enough_memory, usable_device
from cnnviz.errors import CnnvizError, DeviceError, TargetError
from cnnviz.measure.memory import peak_bytes
from cnnviz.measure.probe import best_ms, machine
from cnnviz.roofline import Memory, Report, memory
from cnnviz.targets import DTYPES, module, trace
from cnnviz.targets.shapes import InputShape, batch
from cnnviz.trace import Trace

__all__ = ["measure"]


def measure(
    target: str | nn.Module,
    input_shape: InputShape | None = None,
    *,
    batch_size: int = 1,
    device: str = "cpu",
    dtype: str = "float32",
    threads: int = 0,
    options: Mapping[str, object] | None = None,
) -> Report:
    """Time and memory of each layer on this machine, beside its MACs and the bytes it moves.

    Each layer's time is the median of three passes after one to warm up (events on CUDA), the whole pass is
    timed without anybody between the layers. Memory is what torch's allocator had handed out at most, so it
    includes what kernels need besides.

    Args:
        target, input_shape, batch_size, options: as for `cnnviz.trace`.
        device: "cpu" or "cuda".
        dtype: "float32", "float64", "bfloat16" or "float16".
        threads: of torch on the CPU; 0 for as many as it takes of itself.

    Raises CnnvizError where the device or its memory is not there, or a kernel does not take such numbers.

    """
    if device == "meta":
        raise DeviceError("to measure is to run the network, and meta runs nothing: use device cpu or cuda")
    at = usable_device(device)
    if dtype not in DTYPES:
        raise DeviceError(f"there is no dtype {dtype!r}: use one of {', '.join(DTYPES)}")
    with _threads(threads), enough_memory(at), torch.random.fork_rng([at] if at.type == "cuda" else []):
        return _measured(target, input_shape, batch_size, at, dtype, options)


def _measured(
    target: str | nn.Module,
    input_shape: InputShape | None,
    batch_size: int,
    at: torch.device,
    dtype: str,
    options: Mapping[str, object] | None,
) -> Report:
    with contextlib.suppress(TargetError):  # of a model that cannot be walked through without running it
        shapes = trace(target, input_shape, options=options)
        _fits(shapes, batch(batch_size), at, dtype)
    made = trace(target, input_shape, batch_size=batch_size, device=str(at), dtype=dtype, options=options)
    if made.input_shape and not isinstance(made.input_shape[0], int):
        raise TargetError(f"{made.model} takes several inputs; measured are networks that take one")
    network = module(target, options).to(at, getattr(torch, dtype))
    image = torch.rand((batch_size, *_one(made)), device=at).to(getattr(torch, dtype))
    return _report(made, network, image, dtype)


def _fits(shapes: Trace, batch_size: int, at: torch.device, dtype: str) -> None:
    """Raises DeviceError where the device has not the memory; on a GPU training may fail and harm nobody."""
    on_cpu = at.type == "cpu"
    free = memory.free_bytes() if on_cpu else torch.cuda.mem_get_info(at)[0]
    if free is not None:
        memory.checked(shapes, dtype, batch_size, free, training=on_cpu)


def _report(made: Trace, network: nn.Module, image: Tensor, dtype: str) -> Report:
    at = image.device
    network.eval()
    with torch.no_grad():
        whole = best_ms(lambda: network(image), at, seconds=0.5, least=3)
        inference = peak_bytes(lambda: network(image), at)
    weights = sum(p.numel() * p.element_size() for p in network.parameters())
    given = image.numel() * image.element_size()
    return Report(
        model=made.model,
        input_shape=_one(made),
        batch_size=made.batch_size,
        machine=machine(at, dtype),
        whole_ms=whole,
        memory=Memory(
            parameters=weights,
            inference_predicted=weights + made.peak_activation_bytes,
            inference_measured=weights + given + inference,
            # the parameters, a gradient for each, and every activation for the way back
            training_predicted=2 * weights + given + made.activation_bytes,
            training_measured=_training(network, image, weights + given),
        ),
        points=roofline.points(made),
    )


def _training(network: nn.Module, image: Tensor, before: int) -> int | None:
    """Most bytes in a forward and backward pass; None where that fails, such as one image in a batch norm."""
    network.train()

    def step() -> None:
        result = network(image)
        outputs = result if isinstance(result, tuple | list) else (result,)
        sum(part.float().sum() for part in outputs if isinstance(part, Tensor)).backward()  # type: ignore[union-attr]

    try:
        return before + peak_bytes(step, image.device)
    except (RuntimeError, ValueError, CnnvizError):
        return None
    finally:
        network.zero_grad(set_to_none=True)


def _one(made: Trace) -> tuple[int, ...]:
    return tuple(n for n in made.input_shape if isinstance(n, int))


@contextlib.contextmanager
def _threads(wanted: int) -> Iterator[None]:
    """Torch with that many threads; the process has as many as before afterwards."""
    most = os.cpu_count() or 1
    if not 0 <= wanted <= most:
        raise DeviceError(f"threads must be from 1 to {most} on this machine, got {wanted}")
    before = torch.get_num_threads()
    torch.set_num_threads(wanted or before)
    try:
        yield
    finally:
        torch.set_num_threads(before)
