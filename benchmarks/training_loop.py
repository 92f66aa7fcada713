"""What training costs beside a bare loop and beside a DataLoader, and how soon a first point is there.

Run with `python benchmarks/training_loop.py`; `--quick` leaves out the whole degradation preset, which takes
minutes, `--device cuda` compares the loops on a GPU. The bars: the loop at most 1.15 times the bare one, an
epoch at least 1.5 times faster than through a DataLoader with two workers, the preset at most 240 CPU
seconds, a first point within 2 seconds. Ratios are the median over runs that take turns, each with the one
beside it. The loops are compared by their CPU time. The DataLoader has workers of its own, so that is done by
the clock, and means little on a busy machine.
"""

from __future__ import annotations

import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from statistics import median

import torch
import torch.nn.functional as F
from bars import Bar, ended, options
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from cnnviz.training.data import Images, images
from cnnviz.training.engine import LocalEngine
from cnnviz.training.loop import train
from cnnviz.training.networks import built
from cnnviz.training.presets import preset, runs_of
from cnnviz.training.records import Step
from cnnviz.training.settings import Settings, settings
from cnnviz.training.store import Store

Clock = Callable[[], float]
TURNS = 9
EPOCHS = 2


def main() -> int:
    parser = options(__doc__)
    parser.add_argument("--quick", action="store_true", help="without the whole degradation preset")
    parser.add_argument("--device", default="cpu", help="cpu or cuda")
    arguments = parser.parse_args()
    torch.set_num_threads(1)
    return ended(measured(arguments.device, quick=arguments.quick), arguments)


def measured(device: str, *, quick: bool) -> Iterator[Bar]:
    wanted = settings("plain_convolutions", epochs=EPOCHS, learning_rate=0.02, device=device)
    cpu = time.process_time if device == "cpu" else time.perf_counter
    bare = _ratio(lambda: _our_seconds(wanted, cpu), lambda: _bare_seconds(wanted, cpu))
    yield Bar("the loop against a bare one", bare, 1.15)
    clock = time.perf_counter
    loader = _ratio(lambda: _loader_seconds(wanted), lambda: _our_seconds(wanted, clock))
    yield Bar("a DataLoader's epoch against ours", loader, 1.5, floor=True)
    yield Bar("seconds to a first point", _first_point(), 2)
    if not quick:
        yield Bar("CPU seconds of the degradation preset", _degradation(), 240)


def _ratio(one: Callable[[], float], other: Callable[[], float]) -> float:
    """One over the other: the median over turns, so that a busy machine is busy for both."""
    one(), other()  # what torch loads late
    return median(one() / other() for _ in range(TURNS))


def _our_seconds(wanted: Settings, clock: Clock) -> float:
    """Of the steps of all epochs, with everything that makes records of them; without the evaluations."""
    records, total = train(wanted), 0.0
    while True:
        begin = clock()
        record = next(records, None)
        if record is None:
            return total
        if isinstance(record, Step):
            total += clock() - begin


def _bare_seconds(wanted: Settings, clock: Clock) -> float:
    """Forward, backward and update on the same tensors, and nothing else."""
    data, model, optimizer = _made(wanted)
    begin = clock()
    for _ in range(EPOCHS):
        for batch in torch.split(torch.randperm(len(data.train)).to(wanted.device), 64):
            _step(model, optimizer, data.train[batch], data.train_labels[batch])
    _settled(wanted)
    return clock() - begin


def _loader_seconds(wanted: Settings) -> float:
    """The same through a DataLoader with two workers, which stay for all epochs."""
    data, model, optimizer = _made(wanted)
    pairs = TensorDataset(data.train.cpu(), data.train_labels.cpu())
    loader = DataLoader(pairs, batch_size=64, shuffle=True, num_workers=2, persistent_workers=True)
    for _ in loader:  # the workers are there before the clock runs
        pass
    begin = time.perf_counter()
    for _ in range(EPOCHS):
        for given, labels in loader:
            _step(model, optimizer, given.to(wanted.device), labels.to(wanted.device))
    _settled(wanted)
    return time.perf_counter() - begin


def _made(wanted: Settings) -> tuple[Images, nn.Module, torch.optim.Optimizer]:
    data = images(wanted)
    model = built(wanted, data).to(wanted.device).train()
    optimizer = torch.optim.SGD(model.parameters(), lr=wanted["learning_rate"], momentum=0.9)
    return data.to(torch.device(wanted.device)), model, optimizer


def _step(model: nn.Module, optimizer: torch.optim.Optimizer, given: Tensor, labels: Tensor) -> None:
    loss = F.cross_entropy(model(given), labels)
    optimizer.zero_grad(set_to_none=True)
    loss.backward()  # type: ignore[no-untyped-call]
    optimizer.step()


def _settled(wanted: Settings) -> None:
    if wanted.device != "cpu":
        torch.cuda.synchronize()


def _first_point() -> float:
    """Seconds from asking for a run to its first record in the store; the median of five."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/runs.sqlite")
        engine = LocalEngine(store, slots=1)
        waits = []
        for seed in range(6):
            begin = time.monotonic()
            run = store.submit(settings("plain_convolutions", epochs=1, seed=seed))
            engine.nudge()
            while not store.records(run.id):
                time.sleep(0.01)
            waits.append(time.monotonic() - begin)
            while not store.run(run.id).over or engine.spare is None:
                time.sleep(0.05)
        engine.close()
    return sorted(waits[1:])[2]  # the first waited for a process, as the page's first visitor of a day


def _degradation() -> float:
    begin = time.process_time()
    for curve, wanted in runs_of(preset("degradation")):
        began = time.process_time()
        for _ in train(wanted):
            pass
        print(f"  {curve.label}, seed {wanted.seed}: {time.process_time() - began:.1f} s", flush=True)
    return time.process_time() - begin


if __name__ == "__main__":
    sys.exit(main())
