"""Torch's own kernels in a real pass: timed, and every rule held against the shapes they produce."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor

from cnnviz.capture.call import Call
from cnnviz.capture.marks import tensors_in
from cnnviz.errors import CnnvizError
from cnnviz.formulas import Shape, size_text

if TYPE_CHECKING:
    from cnnviz.capture.recorder import Recorder


def run_checked(
    recorder: Recorder,
    call: Call,
    outputs: Sequence[Shape],
    run: Callable[..., Any],
    args: tuple[Any, ...],
    kwargs: Mapping[str, Any],
) -> Any:
    """What torch makes of a call. Raises CnnvizError where its shapes are not the rule's."""
    result = _timed(recorder, call.tensors, lambda: run(*args, **kwargs))
    made = tensors_in(result)[: len(outputs)]
    got = [tuple(tensor.shape) for tensor in made]
    if got != list(outputs[: len(got)]):
        rule, real = " ".join(map(size_text, outputs)), " ".join(map(size_text, got))
        raise CnnvizError(
            f"{recorder.where()} ({call.op}): the rule gives {rule}, torch gives {real}; please report this"
        )
    recorder.stamp_all(call, made, got, [tensor.dtype for tensor in made])
    recorder.tensors += len(outputs) - len(made)  # weights of an attention that were not asked for
    return result


def _timed(recorder: Recorder, inputs: Sequence[Tensor], run: Callable[[], Any]) -> Any:
    held = {tensor.untyped_storage().data_ptr() for tensor in inputs if tensor.device.type != "meta"}
    if recorder.device.type == "cuda":
        start, end = (torch.cuda.Event(enable_timing=True) for _ in range(2))  # type: ignore[no-untyped-call]
        start.record()
        result = run()
        end.record()
        elapsed: Callable[[], float] = lambda: start.elapsed_time(end)  # noqa: E731
    else:
        begin = time.perf_counter()
        result = run()
        milliseconds = (time.perf_counter() - begin) * 1e3
        elapsed = lambda: milliseconds  # noqa: E731
    fresh = {t.untyped_storage().data_ptr(): t.untyped_storage().nbytes() for t in tensors_in(result)}
    recorder.measured.append((elapsed, sum(size for at, size in fresh.items() if at not in held)))
    return result
