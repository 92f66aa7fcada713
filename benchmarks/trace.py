"""How long a trace takes, side by side with peers, in one run: `python benchmarks/trace.py`.

CPU time of one thread. Ratios are what counts: machines are noisy, and both sides of a ratio are measured in
the same seconds. `--bars` exits with 1 where a bar of the project is missed.
"""

from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from bars import Bar, ended, options

os.environ.setdefault("OMP_NUM_THREADS", "1")

import torch
import torchinfo
from torch.utils.flop_counter import FlopCounterMode

import cnnviz
from cnnviz.capture import capture, on_meta
from cnnviz.program import Input

# GoogLeNet with batch norm, as everybody else's tool draws it; the paper's has none and is listed besides.
NETWORKS = ("resnet152", "densenet201", "googlenet@torchvision", "efficientnet_b0")
ALSO = ("googlenet@paper",)
SIZE = 224


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """Milliseconds of CPU for one network."""

    name: str
    build: float  # our construction, without weights
    capture: float  # of a constructed network
    again: float  # Trace.at another size, with its total of multiplications
    meta_forward: float  # torch's own forward pass on the meta device
    flop_counter: float  # FlopCounterMode around that
    torchinfo_cpu: float
    torchinfo_meta: float
    build_cpu: float  # plain construction on the CPU


def best(work: Callable[[], object], repeats: int) -> float:
    """Milliseconds of CPU, the best of several runs: noise only ever adds."""
    taken = []
    for _ in range(repeats):
        start = time.process_time()
        work()
        taken.append(time.process_time() - start)
    return min(taken) * 1e3


def measured(name: str) -> Times:
    network = cnnviz.find(name)
    shape = (1, *network.input_shape)
    spec = [Input(name="", shape=shape)]
    ours = on_meta(network.build)
    real = network.build()
    on_the_cpu, empty = torch.rand(shape), torch.empty(shape, device="meta")
    with torch.inference_mode():
        real(on_the_cpu)
        meta = network.build().to("meta")
        meta(empty)

    def counted() -> None:
        with FlopCounterMode(display=False):
            meta(empty)

    def summary(device: str) -> object:
        model = real if device == "cpu" else meta
        return torchinfo.summary(model, input_size=shape, device=device, verbose=0)

    trace = cnnviz.trace(name)
    other = (network.input_shape[0], SIZE - 32, SIZE - 32)
    with torch.inference_mode():
        return Times(
            name=name,
            build=best(lambda: on_meta(network.build), 5),
            capture=best(lambda: capture(ours, spec), 15),
            again=best(lambda: trace.at(other).macs, 15),
            meta_forward=best(lambda: meta(empty), 5),
            flop_counter=best(counted, 3),
            torchinfo_cpu=best(lambda: summary("cpu"), 3),
            torchinfo_meta=best(lambda: summary("meta"), 3),
            build_cpu=best(network.build, 3),
        )


def process_seconds(code: str) -> float:
    """CPU seconds of a whole Python process."""
    # A checkout compiles its modules once; an installed package is compiled by pip.
    environment = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, "-c", code], check=True, stdout=subprocess.DEVNULL, env=environment)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return (after.ru_utime + after.ru_stime) - (before.ru_utime + before.ru_stime)


OURS = "import sys; sys.argv = ['cnnviz', 'trace', 'resnet152']; from cnnviz.cli import main; main()"
THEIRS = (
    "import torchinfo; from cnnviz.architectures import find; model = find('resnet152').build(); "
    "print(torchinfo.summary(model, input_size=(1, 3, 224, 224), device='cpu', verbose=0))"
)


def memory_megabytes() -> float:
    """What a capture of the largest network adds to the process."""
    network = cnnviz.find("densenet201")
    model, spec = on_meta(network.build), [Input(name="", shape=(1, *network.input_shape))]
    capture(model, spec)
    gc.collect()
    before = resident()
    kept = [capture(model, spec) for _ in range(3)]
    gc.collect()
    return (resident() - before) / len(kept)


def resident() -> float:
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * resource.getpagesize() / 1e6


def main() -> int:
    arguments = options(__doc__).parse_args()
    torch.set_num_threads(1)
    rows = [measured(name) for name in (*NETWORKS, *ALSO)]
    print_times(rows)
    print()
    return ended(ratios([row for row in rows if row.name in NETWORKS]), arguments)


def ratios(rows: list[Times]) -> Iterator[Bar]:
    for row in rows:
        cpu, meta = row.torchinfo_cpu / row.capture, row.meta_forward / row.capture
        yield Bar(f"{row.name}: torchinfo on the CPU / capture", cpu, 25, floor=True)
        yield Bar(f"{row.name}: bare meta forward / capture", meta, 20, floor=True)
        theirs, ours = row.build_cpu + row.torchinfo_cpu, row.build + row.capture
        yield Bar(f"{row.name}: with construction, torchinfo / ours", theirs / ours, 8, floor=True)
    yield Bar("ms of Trace.at another size, the slowest network", max(r.again for r in rows), 3)
    yield Bar("MB that a capture of densenet201 adds", memory_megabytes(), 10)
    theirs = min(process_seconds(THEIRS) for _ in range(2))
    command = theirs / min(process_seconds(OURS) for _ in range(5))
    yield Bar("cnnviz trace resnet152 as a process: torchinfo / ours", command, 30, floor=True)


def print_times(rows: list[Times]) -> None:
    names = [field for field in Times.__slots__ if field != "name"]
    print("milliseconds of CPU, one thread")
    print(f"{'':<22}" + "".join(f"{name:>15}" for name in names))
    for row in rows:
        print(f"{row.name:<22}" + "".join(f"{getattr(row, name):>15.2f}" for name in names))


if __name__ == "__main__":
    sys.exit(main())
