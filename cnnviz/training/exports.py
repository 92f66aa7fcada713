"""Runs as files: JSON that `imports` reads back, CSV for a spreadsheet, event files for TensorBoard."""

from __future__ import annotations

import csv
import io
import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from cnnviz.errors import ExportError
from cnnviz.training.curves import spelled
from cnnviz.training.records import End, Epoch, Norms, Record, Step, as_dict
from cnnviz.training.run import Run
from cnnviz.training.store import Store

FORMAT = "cnnviz runs"
VERSION = 1
COLUMNS = (
    *("run", "preset", "label", "network", "data", "seed", "kind", "step", "epoch", "seconds"),
    *("loss", "train_loss", "train_error", "test_loss", "test_error"),
    *("layer", "gradient", "activation", "reason", "message"),
)


def to_json(store: Store, runs: Sequence[Run]) -> str:
    """Everything of the runs but their checkpoints; `imports.from_json` reads it back."""
    written = [_written(run, store.records(run.id)) for run in runs]
    return json.dumps({"format": FORMAT, "version": VERSION, "runs": written}, indent=1, allow_nan=False)


def to_csv(store: Store, runs: Sequence[Run]) -> str:
    """One line for each record; for the size of gradients one for each layer."""
    file = io.StringIO()
    writer = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    for run in runs:
        for record in store.records(run.id):
            for row in _rows(record):
                writer.writerow({name: spelled(value) for name, value in {**_about(run), **row}.items()})
    return file.getvalue()


def to_tensorboard(store: Store, runs: Sequence[Run], folder: Path) -> None:
    """Event files, a folder for each run. Raises ExportError where TensorBoard is not installed."""
    try:
        from torch.utils.tensorboard import SummaryWriter
    except ImportError:
        raise ExportError(
            "event files need TensorBoard: pip install 'cnnviz[tensorboard]'; json and csv need nothing"
        ) from None
    for run in runs:
        name = "".join(c if c.isalnum() or c in "-_." else "-" for c in run.label or run.settings.network)
        place = folder / f"{run.id}-{name}-seed{run.settings.seed}"
        begun = run.started or run.created
        try:
            with SummaryWriter(str(place)) as writer:
                for record in store.records(run.id):
                    for tag, value in _scalars(record):
                        writer.add_scalar(tag, value, record.step, walltime=begun + record.seconds)
        except OSError as error:
            raise ExportError(f"cannot write {place}: {error.strerror or error}") from None


def _written(run: Run, records: Sequence[Record]) -> dict[str, Any]:
    return {
        "id": run.id,
        "key": run.settings.key,
        "settings": run.settings.as_dict(),
        "preset": run.preset,
        "label": run.label,
        "note": run.note,
        "status": run.status,
        "message": run.message,
        "created": run.created,
        "started": run.started,
        "ended": run.ended,
        "versions": run.versions,
        "records": [{name: _in_json(v) for name, v in as_dict(record).items()} for record in records],
    }


def _in_json(value: Any) -> Any:
    """JSON has no word for what is no number: these are texts, as in Protocol Buffers' JSON."""
    if isinstance(value, tuple):
        return [_in_json(one) for one in value]
    if not isinstance(value, float) or math.isfinite(value):
        return value
    return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"


def _about(run: Run) -> dict[str, Any]:
    wanted = run.settings
    return {
        "run": run.id,
        "preset": run.preset,
        "label": run.label,
        "network": wanted.network,
        "data": wanted.data,
        "seed": wanted.seed,
    }


def _rows(record: Record) -> list[dict[str, Any]]:
    if not isinstance(record, Norms):
        return [as_dict(record)]
    place = {name: v for name, v in as_dict(record).items() if name in COLUMNS}
    layers = zip(record.layers, record.gradients, record.activations, strict=True)
    return [{**place, "layer": layer, "gradient": g, "activation": a} for layer, g, a in layers]


def _scalars(record: Record) -> list[tuple[str, float]]:
    if isinstance(record, Step):
        return [("loss/step", record.loss)]
    if isinstance(record, Epoch):
        return [
            ("loss/train", record.train_loss),
            ("loss/test", record.test_loss),
            ("error/train", record.train_error),
            ("error/test", record.test_error),
        ]
    if isinstance(record, End):
        return []
    return [
        (f"{what}/{layer}", value)
        for what, values in (("gradient", record.gradients), ("activation", record.activations))
        for layer, value in zip(record.layers, values, strict=True)
    ]
