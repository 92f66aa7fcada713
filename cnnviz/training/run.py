"""A run as the store has it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from cnnviz.training.settings import Settings

Status = Literal["queued", "running", "done", "diverged", "cancelled", "interrupted", "failed"]
ENDED: tuple[Status, ...] = ("done", "diverged", "cancelled", "interrupted", "failed")
SHARED: tuple[Status, ...] = ("queued", "running", "done", "diverged")  # what an identical request gets
AGAIN: tuple[Status, ...] = ("interrupted", "cancelled", "failed")  # what may go on from its last epoch


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """A run as the store has it. Times are seconds since 1970."""

    id: int
    settings: Settings
    preset: str
    label: str
    note: str
    owner: str
    status: Status
    message: str
    worker: str  # host:process:name of who trains it, or has trained it
    estimate: float  # seconds that it is expected to take on one core; 0: nobody has said
    created: float
    started: float | None
    ended: float | None
    versions: dict[str, str]

    @property
    def over(self) -> bool:
        return self.status in ENDED


def run_of(row: Any) -> Run:
    """The run in a row of the table."""
    return Run(
        id=row.id,
        settings=Settings.from_dict(json.loads(row.settings)),
        preset=row.preset,
        label=row.label,
        note=row.note,
        owner=row.owner,
        status=row.status,
        message=row.message,
        worker=row.worker,
        estimate=row.estimate,
        created=row.created,
        started=row.started,
        ended=row.ended,
        versions=json.loads(row.versions),
    )


def row_of(run: Run) -> dict[str, Any]:
    """The row for a run that comes from elsewhere: `run_of` but for its number."""
    values = {
        name: getattr(run, name) for name in Run.__slots__ if name not in ("id", "settings", "versions")
    }
    return {
        **values,
        "key": run.settings.key,
        "settings": json.dumps(run.settings.as_dict()),
        "versions": json.dumps(run.versions),
    }
