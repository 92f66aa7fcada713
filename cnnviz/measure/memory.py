"""The most memory that torch's allocator hands out at once, while something runs."""

from __future__ import annotations

import os
from collections.abc import Callable

import torch
from torch import profiler

os.environ.setdefault("KINETO_LOG_LEVEL", "99")  # the profiler's own news are not ours


def peak_bytes(work: Callable[[], object], device: torch.device) -> int:
    """Bytes handed out at most at once while `work` runs, beyond what was there before."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        work()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with profiler.profile(
        activities=[profiler.ProfilerActivity.CPU], profile_memory=True, acc_events=True
    ) as seen:
        work()
    events = seen.profiler.kineto_results.events()
    changes = sorted((e.start_ns(), e.nbytes()) for e in events if e.name() == "[memory]")
    now = most = 0
    for _, change in changes:
        now += change
        most = max(most, now)
    return most
