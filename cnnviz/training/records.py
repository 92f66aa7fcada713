"""What a training run tells, as it goes: immutable records that a store keeps and a plot draws."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, ClassVar, Literal

Reason = Literal["done", "cancelled", "diverged"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """The mean training loss over the last few steps, as the network saw them in training."""

    KIND: ClassVar[str] = "step"
    step: int  # updates of the weights so far
    epoch: float  # passes over the training images so far
    seconds: float  # of training, without what lay between the records
    loss: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Epoch:
    """A whole evaluation, without dropout and augmentation; errors in percent."""

    KIND: ClassVar[str] = "epoch"
    step: int
    epoch: float
    seconds: float
    train_loss: float
    train_error: float
    test_loss: float
    test_error: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Norms:
    """How large the gradients and the outputs of each weight layer are, first to last, for one batch."""

    KIND: ClassVar[str] = "norms"
    step: int
    epoch: float
    seconds: float
    layers: tuple[str, ...]
    gradients: tuple[float, ...]  # Euclidean norm of the loss's gradient by the layer's weight
    activations: tuple[float, ...]  # standard deviation of its outputs


@dataclass(frozen=True, slots=True, kw_only=True)
class End:
    """The last record of a run."""

    KIND: ClassVar[str] = "end"
    step: int
    epoch: float
    seconds: float
    reason: Reason
    message: str  # for a person


Record = Step | Epoch | Norms | End
KINDS: dict[str, type[Any]] = {kind.KIND: kind for kind in (Step, Epoch, Norms, End)}


def as_dict(record: Record) -> dict[str, Any]:
    """As JSON has it, with its kind."""
    return {"kind": record.KIND, **asdict(record)}


def from_dict(found: Mapping[str, Any]) -> Record:
    """The inverse of `as_dict`."""
    fields = {name: tuple(v) if isinstance(v, list) else v for name, v in found.items() if name != "kind"}
    made: Record = KINDS[found["kind"]](**fields)
    return made
