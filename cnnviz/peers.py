"""Second opinions: what other tools themselves count of a network of the catalogue.

torchinfo comes with cnnviz, the others with `pip install 'cnnviz[peers]'`. Some of them replace functions of
torch while they count, so they run in a process of their own, one after the other.
"""

from __future__ import annotations

import contextlib
import importlib
import importlib.util
import io
import json
import logging
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from cnnviz import processes
from cnnviz.architectures import find
from cnnviz.architectures.architecture import Shape, Value
from cnnviz.errors import CnnvizError, DeviceError

if TYPE_CHECKING:
    from torch import Tensor, nn

INSTALL = "pip install 'cnnviz[peers]'"
TIME_LIMIT_S = 120
MOST_MACS = 25_000_000_000  # VGG-19 at 224 pixels has 19.6 billion


class Opinion(NamedTuple):
    """What a tool answered."""

    number: int | None
    problem: str = ""  # why it has none


class Peer(NamedTuple):
    """A tool that counts, or one way to call it."""

    package: str  # what it is imported as
    ask: Callable[[nn.Module, Tensor], int]

    @property
    def installed(self) -> bool:
        return importlib.util.find_spec(self.package) is not None


def asked(name: str, options: Mapping[str, Value], input_shape: Shape) -> dict[str, Opinion]:
    """What each tool that is installed answers, by its convention's name, from a process of its own.

    Raises CnnvizError where that process ends without an answer.
    """
    command = [sys.executable, "-m", "cnnviz.peers", name, json.dumps(dict(options)), json.dumps(input_shape)]
    try:
        done = processes.ended(command, TIME_LIMIT_S)
    except TimeoutError:
        raise DeviceError(
            f"the tools took more than {TIME_LIMIT_S} seconds; a smaller input is quicker"
        ) from None
    if done.status:
        reason = (done.err.strip().splitlines() or ["no reason given"])[-1]
        raise DeviceError(f"the tools could not be run on this machine: {reason}")
    answers: dict[str, list[int | str | None]] = json.loads(done.out)
    return {peer: Opinion(*answer) for peer, answer in answers.items()}  # type: ignore[arg-type]


def opinions(name: str, options: Mapping[str, Value], input_shape: Shape) -> dict[str, Opinion]:
    """What each tool that is installed answers, by its convention's name, asked in this process."""
    network = find(name, options=dict(options))
    return {
        convention: opinion(peer, network.build, input_shape)
        for convention, peer in PEERS.items()
        if peer.installed
    }


def opinion(peer: Peer, build: Callable[[], nn.Module], input_shape: Shape) -> Opinion:
    """What one tool answers, or its own words for why it does not."""
    import torch

    said = io.StringIO()
    try:
        with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            x = torch.zeros((1, *input_shape))
            model = build().eval()  # tools leave things behind on a model: each gets its own
            with torch.no_grad():
                model(x)  # layers that are built for their input exist after a first pass
            return Opinion(peer.ask(model, x))
    except Exception as error:  # a tool may fail in any way, and one that does must not hide the others
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        return Opinion(None, f"it failed: {reason[:200]}")


def _torch(model: nn.Module, x: Tensor) -> int:
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter, torch.no_grad():
        model(x)
    return int(counter.get_total_flops()) // 2  # it counts 2 for each multiply-add


def _torchinfo(model: nn.Module, x: Tensor) -> int:
    from torchinfo import summary

    return int(summary(model, input_data=x, verbose=0, device="cpu").total_mult_adds)


def _fvcore(model: nn.Module, x: Tensor) -> int:
    from fvcore.nn import FlopCountAnalysis

    analysis = FlopCountAnalysis(model, x).unsupported_ops_warnings(False).uncalled_modules_warnings(False)
    return int(analysis.total())


def _thop(model: nn.Module, x: Tensor) -> int:
    from thop import profile

    return int(profile(model, inputs=(x,), verbose=False)[0])


def _ptflops(backend: str) -> Callable[[nn.Module, Tensor], int]:
    def count(model: nn.Module, x: Tensor) -> int:
        with _usable_torchvision():
            from ptflops import get_model_complexity_info

            macs, _ = get_model_complexity_info(
                model, tuple(x.shape[1:]), as_strings=False, print_per_layer_stat=False, backend=backend
            )
        if macs is None:
            raise ValueError("ptflops could not run the network")
        return int(macs)

    return count


@contextlib.contextmanager
def _usable_torchvision() -> Iterator[None]:
    """Hides a torchvision that was built for another torch: ptflops does well without, but stops at one."""
    try:
        importlib.import_module("torchvision")
    except ModuleNotFoundError:
        yield
    except RuntimeError:
        half = {name for name in sys.modules if name.partition(".")[0] == "torchvision"}
        for name in half:
            del sys.modules[name]
        sys.modules["torchvision"] = None  # type: ignore[assignment]  # Python's way to say: not there
        try:
            yield
        finally:
            del sys.modules["torchvision"]
    else:
        yield


# By the name of the convention that says the same.
PEERS = {
    "macs": Peer("torch", _torch),
    "torchinfo": Peer("torchinfo", _torchinfo),
    "fvcore": Peer("fvcore", _fvcore),
    "thop": Peer("thop", _thop),
    "ptflops": Peer("ptflops", _ptflops("pytorch")),
    "ptflops-aten": Peer("ptflops", _ptflops("aten")),
}


def main(arguments: Sequence[str]) -> int:
    """Prints the opinions as JSON: `python -m cnnviz.peers resnet50 '{}' '[3, 224, 224]'`."""
    name, options, shape = arguments
    if hasattr(os, "nice"):
        os.nice(15)  # whoever explores the same server's pages comes first
    logging.disable(logging.WARNING)
    import torch

    torch.set_num_threads(1)
    try:
        found = opinions(name, json.loads(options), tuple(json.loads(shape)))
    except CnnvizError as error:
        print(error, file=sys.stderr)
        return 2
    print(json.dumps(found))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
