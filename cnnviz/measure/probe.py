"""How fast this machine multiplies, moves bytes and starts an operation: measured once, then remembered."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from typing import Any

import platformdirs
import torch

from cnnviz.errors import DeviceError
from cnnviz.roofline import Machine

LARGEST_PRODUCT = {"cpu": 2048, "cuda": 8192}  # rows and columns of the matrices
LARGEST_COPY = {"cpu": 2**27, "cuda": 2**30}  # bytes, far beyond the caches
SECONDS = 0.4  # for each of the measurements
SLOW = 0.05  # seconds of one product after which no larger one is tried


def machine(device: torch.device, dtype: str) -> Machine:
    """What this device does with such numbers. The first time takes about a second."""
    known = _remembered()
    key = "|".join((_name(device), device.type, dtype, str(_threads(device)), torch.__version__))
    if key in known:
        with contextlib.suppress(TypeError):  # written by another version
            return Machine(**known[key])
    made = _probed(device, dtype)
    _remember({**known, key: asdict(made)})
    return made


def best_ms(work: Callable[[], object], device: torch.device, *, seconds: float, least: int = 5) -> float:
    """Milliseconds of the fastest run within that time, after one to warm up: noise only ever adds."""
    timed = _cuda_ms if device.type == "cuda" else _cpu_ms
    timed(work)
    end, best, runs = time.monotonic() + seconds, float("inf"), 0
    while runs < least or time.monotonic() < end:
        best, runs = min(best, timed(work)), runs + 1
    return best


def _cpu_ms(work: Callable[[], object]) -> float:
    begin = time.perf_counter()
    work()
    return (time.perf_counter() - begin) * 1e3


def _cuda_ms(work: Callable[[], object]) -> float:
    start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
    start.record()
    work()
    end.record()
    torch.cuda.synchronize()
    return float(start.elapsed_time(end))


def _probed(device: torch.device, dtype: str) -> Machine:
    kind = getattr(torch, dtype)
    with torch.no_grad():
        try:
            peak = _macs_per_second(device, kind)
            moved = _bytes_per_second(device)
        except (RuntimeError, NotImplementedError) as error:
            line = str(error).strip().splitlines()[0]
            raise DeviceError(f"{device.type} cannot multiply {dtype} numbers here: {line}") from None
        one = torch.ones(1, device=device, dtype=kind)
        overhead = best_ms(lambda: [torch.relu(one) for _ in range(100)], device, seconds=SECONDS / 4) / 100
    return Machine(
        device=device.type,
        name=_name(device),
        dtype=dtype,
        threads=_threads(device),
        torch=torch.__version__,
        macs_per_second=peak,
        bytes_per_second=moved,
        overhead_ms=overhead,
    )


def _macs_per_second(device: torch.device, dtype: torch.dtype) -> float:
    """Of square matrix products, each twice as wide as the one before, until one takes long."""
    best, n = 0.0, 256
    while n <= LARGEST_PRODUCT[device.type]:
        a, b = (torch.rand((n, n), device=device).to(dtype) for _ in range(2))
        taken = best_ms(lambda a=a, b=b: a @ b, device, seconds=SECONDS / 4, least=2)  # type: ignore[misc]
        best = max(best, n**3 / taken * 1e3)
        if taken > SLOW * 1e3:
            break
        n *= 2
    return best


def _bytes_per_second(device: torch.device) -> float:
    size = LARGEST_COPY[device.type]
    source = torch.ones(size, dtype=torch.uint8, device=device)
    target = torch.empty_like(source)
    taken = best_ms(lambda: target.copy_(source), device, seconds=SECONDS)
    return 2 * size / taken * 1e3


def _name(device: torch.device) -> str:
    if device.type == "cuda":
        return torch.cuda.get_device_name(device)
    with contextlib.suppress(OSError, StopIteration):
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8", errors="replace").splitlines()
        return next(line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return platform.processor() or platform.machine()


def _threads(device: torch.device) -> int:
    return torch.get_num_threads() if device.type == "cpu" else 0


def _file() -> Path:
    return platformdirs.user_cache_path("cnnviz") / "machines.json"


def _remembered() -> dict[str, dict[str, Any]]:
    try:
        known = json.loads(_file().read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return known if isinstance(known, dict) else {}


def _remember(known: dict[str, dict[str, Any]]) -> None:
    """Replaces the file at once, so that nobody reads half of it; where that cannot be, nothing is lost."""
    with contextlib.suppress(OSError):
        _file().parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(dir=_file().parent)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            json.dump(known, file, indent=1)
        os.replace(name, _file())
