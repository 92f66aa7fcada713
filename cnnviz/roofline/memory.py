"""The memory that a measurement will take, worked out from shapes before anything is run. Needs no torch."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from math import prod
from pathlib import Path

from cnnviz.errors import DeviceError
from cnnviz.tables import bytes_text
from cnnviz.trace import Trace

ITEM_BYTES = {"float32": 4, "float64": 8, "bfloat16": 2, "float16": 2}
RUNTIME_BYTES = 400_000_000  # Python and torch themselves
# What kernels take besides, such as a convolution that writes its windows out: a step of training of LeNet-5
# takes 1.15 times its weights, gradients and activations; larger networks took less than these.
BESIDES = 1.25


@dataclass(frozen=True, slots=True, kw_only=True)
class Need:
    """The most bytes at once of a network that is measured, about."""

    fixed: int  # weights with their gradients, or the two copies that are made before
    inference: int  # twice the activations alive at once, as kernels may copy theirs, for each image
    training: int  # all activations, for each image

    def bytes_for(self, batch_size: int, *, training: bool = True) -> int:
        """For that many images at once, in a step of training or in inference alone."""
        each = self.training if training else self.inference
        return RUNTIME_BYTES + int(BESIDES * (self.fixed + each * batch_size))

    def most_images(self, free: int, *, training: bool = True) -> int:
        """The largest batch for which that many bytes are enough; 0 where one image is too many."""
        each = self.training if training else self.inference
        left = (free - RUNTIME_BYTES) / BESIDES - self.fixed
        return max(0, int(left / max(each, 1)))


def need(trace: Trace, dtype: str) -> Need:
    """What the network takes in such numbers."""
    size = ITEM_BYTES[dtype]
    given = sum(map(prod, trace.input_shapes))
    kept = sum(layer.activation_bytes / layer.operation.itemsize for layer in trace.layers)
    itemsize = max((layer.operation.itemsize for layer in trace.layers), default=4)
    alive = trace.peak_activation_bytes / itemsize
    return Need(
        fixed=2 * max(size, 4) * trace.parameters,
        inference=int(size * (given + 2 * alive / trace.batch_size)),
        training=int(size * (given + kept / trace.batch_size)),
    )


def checked(trace: Trace, dtype: str, batch_size: int, free: int, *, training: bool = True) -> None:
    """Raises DeviceError, with the largest batch that would do, where `free` bytes are not enough."""
    found = need(trace, dtype)
    needed = found.bytes_for(batch_size, training=training)
    if needed <= free:
        return
    what = f"{batch_size:,} image{'s' * (batch_size != 1)} of {'x'.join(map(str, trace.input_shapes[0]))}"
    step = "a step of training" if training else "a pass"
    most = found.most_images(free, training=training)
    way = f"at most {most:,} at once would fit" if most else "not even one fits, so choose a smaller input"
    raise DeviceError(
        f"{step} of {trace.model} with {what} takes about {bytes_text(needed)} in {dtype}, and there are "
        f"{bytes_text(free)} free here: {way}"
    )


def free_bytes() -> int | None:
    """How much memory a new process may have on this machine; None where nobody says."""
    return min(_said(), default=None)


def _said() -> Iterator[int]:
    with suppress(OSError, ValueError, StopIteration):
        lines = Path("/proc/meminfo").read_text(encoding="ascii").splitlines()
        yield 1024 * int(next(line for line in lines if line.startswith("MemAvailable")).split()[1])
    with suppress(OSError, ValueError):  # of a container
        group = Path("/sys/fs/cgroup")
        most, used = (int((group / f"memory.{name}").read_text()) for name in ("max", "current"))
        yield max(0, most - used)
    with suppress(AttributeError, ValueError, OSError):
        yield os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
