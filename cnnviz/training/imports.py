"""Runs from a file that `exports.to_json` has written, here or elsewhere, or that somebody has damaged."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from dataclasses import fields
from typing import Any, get_args

from cnnviz.errors import CnnvizError, ExportError
from cnnviz.training.exports import FORMAT, VERSION
from cnnviz.training.records import KINDS, Norms, Reason, Record
from cnnviz.training.run import ENDED, Run, Status
from cnnviz.training.settings import Settings
from cnnviz.training.store import Store
from cnnviz.training.tables import LONGEST_LABEL, LONGEST_PRESET

OWNER = "import"
MOST = 2**31 - 1  # steps, as databases count


def from_json(store: Store, text: str) -> list[Run]:
    """Takes runs in, under new numbers; those that are there already are left as they are.

    Raises ExportError with what is wrong with the text; then no run is taken in.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ExportError(f"this is not JSON: {error}") from None
    if not isinstance(found, Mapping) or found.get("format") != FORMAT:
        raise ExportError("this is not a file of runs: `cnnviz runs export` writes one")
    if found.get("version") != VERSION:
        raise ExportError(f"version {found.get('version')} of the format is not known, only {VERSION} is")
    runs = found.get("runs", [])
    if not isinstance(runs, list):
        raise ExportError("the file is not whole: its runs are no list")
    return store.take_in([_read(number, run) for number, run in enumerate(runs, 1)])


def _read(number: int, found: Any) -> tuple[Run, list[Record]]:
    try:
        return _run(found), [_record(record) for record in found["records"]]
    except CnnvizError as error:
        raise ExportError(f"run {number} of the file: {error}") from None
    except (KeyError, TypeError, ValueError, AttributeError, OverflowError) as error:
        raise ExportError(f"run {number} of the file is not whole: {type(error).__name__} {error}") from None


def _run(found: Mapping[str, Any]) -> Run:
    status: Status = found["status"] if found["status"] in ENDED else "interrupted"
    settings = Settings.from_dict(found["settings"])
    for name, value in settings.network_options:
        _text(value) if isinstance(value, str) else _finite(float(value))
        _text(name)
    for word in (settings.network, settings.data, settings.device, settings.files):
        _text(word)
    return Run(
        id=0,
        settings=settings,
        preset=_text(found.get("preset", ""))[:LONGEST_PRESET],
        label=_text(found.get("label", ""))[:LONGEST_LABEL],
        note=_text(found.get("note", "")),
        owner=OWNER,
        status=status,
        message=_text(found.get("message", "")),
        worker="",
        estimate=0.0,
        created=_finite(found["created"]),
        started=None if found.get("started") is None else _finite(found["started"]),
        ended=None if found.get("ended") is None else _finite(found["ended"]),
        versions={_text(name): _text(v) for name, v in found.get("versions", {}).items()},
    )


def _record(found: Mapping[str, Any]) -> Record:
    """`records.from_dict`, with every field looked at: what is drawn later takes them as they are."""
    kind = KINDS[found["kind"]]
    made: Record = kind(**{field.name: _FIELDS[field.name](found[field.name]) for field in fields(kind)})
    if isinstance(made, Norms) and not len(made.layers) == len(made.gradients) == len(made.activations):
        raise ValueError(f"step {made.step} has other layers than norms")
    return made


def _text(value: Any) -> str:
    """Text that any database keeps."""
    if not isinstance(value, str):
        raise TypeError(f"{value!s:.40} is no text")
    value.encode()  # half of a pair of surrogates cannot be
    return value.replace("\0", "")


def _number(value: Any) -> float:
    """NaN and infinity are texts in JSON."""
    if isinstance(value, bool) or not (isinstance(value, int | float) or value in _WORDS):
        raise TypeError(f"{value!s:.40} is no number")
    return float(value)


_WORDS = ("NaN", "Infinity", "-Infinity")


def _finite(value: Any) -> float:
    number = _number(value)
    if not math.isfinite(number):
        raise ValueError(f"{value} is no number")
    return number


def _whole(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, int) or not 0 <= value <= MOST:
        raise ValueError(f"{value!s:.40} is no whole number from 0 to {MOST:,}")
    return value


def _reason(value: Any) -> str:
    if value not in get_args(Reason):
        raise ValueError(f"{value!s:.40} is no reason to end")
    return str(value)


_FIELDS: Mapping[str, Callable[[Any], Any]] = {
    "step": _whole,
    "epoch": _finite,
    "seconds": _finite,
    **dict.fromkeys(("loss", "train_loss", "train_error", "test_loss", "test_error"), _number),
    "layers": lambda values: tuple(map(_text, values)),
    "gradients": lambda values: tuple(map(_number, values)),
    "activations": lambda values: tuple(map(_number, values)),
    "reason": _reason,
    "message": _text,
}
