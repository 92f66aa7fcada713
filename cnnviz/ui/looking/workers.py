"""The threads that look into networks: few, and each counts alone.

Torch splits an operation among all cores. For networks as small as these that makes nothing faster, and on a
busy server every operation waits until each of its threads has had a turn: a pass of 2 ms takes seconds. How
many threads an operation gets is a matter of the thread that asks for it, so that only these have one, and
whoever else uses torch in this process keeps what they had.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TypeVar

from cnnviz.errors import DeviceError

AT_ONCE = 2  # answers that are worked out
MOST_WAITING = 200  # answers asked for and not given: a class that clicks at the same time
_Result = TypeVar("_Result")
_starting = threading.Lock()
_waiting: set[object] = set()  # changed by the event loop alone


@lru_cache(maxsize=1)
def pool() -> ThreadPoolExecutor:
    return ThreadPoolExecutor(AT_ONCE, thread_name_prefix="looking", initializer=_alone)


async def worked_out(work: Callable[..., _Result], *given: object) -> _Result:
    """The result, worked out by one of these threads; meanwhile the server goes on.

    Raises DeviceError where too many wait already.
    """
    if len(_waiting) >= MOST_WAITING:
        raise DeviceError("very many look into networks at this moment: ask again in a few seconds")
    asked = object()
    _waiting.add(asked)
    try:
        return await asyncio.get_running_loop().run_in_executor(pool(), work, *given)
    finally:
        _waiting.discard(asked)


def _alone() -> None:
    """One thread for each operation that is asked for here."""
    import torch

    with _starting:
        # The first question gives this thread its number; only then can it be changed for this thread alone.
        before = torch.get_num_threads()
        torch.set_num_threads(1)
        # What threads yet to come will get has changed with it: a thread that ends at once puts it back.
        back = threading.Thread(target=torch.set_num_threads, args=(before,))
        back.start()
        back.join()
