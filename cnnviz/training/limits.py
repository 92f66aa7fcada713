"""How much training one request may ask for, and what a run is expected to take. Nothing here trains.

The limits are `LIMITS`, or what `CNNVIZ_TRAINING_LIMITS` says: "epochs=400 queued_runs=100". They hold for
what is asked for through the app; `cnnviz train`, at the owner's own terminal, has none.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from cnnviz.errors import CnnvizError, LimitError
from cnnviz.machine_limits import on_this_machine
from cnnviz.trace import Trace
from cnnviz.training.cost import traced
from cnnviz.training.datasets import described
from cnnviz.training.settings import Settings
from cnnviz.training.store import Run, Store, Wanted

VARIABLE = "CNNVIZ_TRAINING_LIMITS"

# Images to train on and to test with, where a data set is used whole.
IMAGES = {
    "digits": (1_297, 500),
    "cluttered-digits": (1_297, 500),
    "cluttered-letters": (7_400, 740),
    "mnist": (60_000, 10_000),
    "fashion-mnist": (60_000, 10_000),
    "cifar10": (50_000, 10_000),
}
OTHER_IMAGES = (5_000, 1_000)  # a folder of one's own has at most so many

# Fitted to one core at 2.1 GHz with torch 2.13: good to a factor of two or three from 8 to 199 operations and
# from 0.2 to 40 million multiplications an image. Small networks cost by the operation, large ones by the
# multiplication.
SECONDS_PER_OPERATION = 3e-4  # forward, backward and update, for a batch
SECONDS_PER_MULTIPLICATION = 4e-11
EVALUATED_AT_ONCE = 512  # images, as the loop has it
COPIES = 4  # of the weights: themselves, their gradients, and two that Adam keeps
BACKWARD = 2  # passes that the gradients cost, beside the one forward: by the inputs, and by the weights


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The most that may be asked for."""

    images: int = 60_000  # of one run, in an epoch
    epochs: int = 200  # of one run
    multiplications: float = 1e14  # of one run
    seconds: float = 1_800.0  # that one run is expected to take on one core
    bytes: float = 8e9  # that one run is expected to need at once
    queued_runs: int = 100  # that one owner may have waiting
    queued_seconds: float = 3_600.0  # that these are expected to take
    download_megabytes: float = 600.0  # that a visitor may have this server get at once


LIMITS = Limits()


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """What a run is expected to take."""

    images: int  # in an epoch
    multiplications: int  # of training alone, as 3 times those of a forward pass for each image
    seconds: float  # on one core, evaluations included
    bytes: int  # of memory: weights with what an optimizer keeps of them, and activations


def limits() -> Limits:
    """Those of this machine. Raises OptionError where the variable cannot be read."""
    return on_this_machine(LIMITS, VARIABLE)


@lru_cache(maxsize=512)
def estimated(wanted: Settings) -> Estimate:
    """From the network's trace at the size of the images. Raises CnnvizError where it cannot take them."""
    whole, test = IMAGES.get(wanted.data, OTHER_IMAGES)
    each = wanted["per_class"] * len(described(wanted.data).classes)
    images = min(wanted["images"] or whole, each or whole, whole)
    trace, epochs = traced(wanted), wanted["epochs"]
    steps = math.ceil(images / wanted["batch_size"])
    forward = epochs * images + (epochs + 1) * (images + test)  # images that pass through the network
    multiplications = (1 + BACKWARD) * trace.macs * images * epochs
    forward_bytes = trace.peak_activation_bytes * min(EVALUATED_AT_ONCE, test)
    if _last_layer_alone(wanted, trace):  # what it is given is computed once, for all images of the data set
        multiplications = trace.macs * (whole + test)
        seconds = SECONDS_PER_MULTIPLICATION * multiplications + SECONDS_PER_OPERATION * steps * epochs
        needed = 4 * trace.parameters + forward_bytes
        return Estimate(images=images, multiplications=multiplications, seconds=seconds, bytes=needed)
    seconds = SECONDS_PER_OPERATION * len(trace.layers) * steps * epochs
    seconds += SECONDS_PER_MULTIPLICATION * trace.macs * (forward + BACKWARD * images * epochs)
    step = trace.activation_bytes * min(wanted["batch_size"], images)
    needed = COPIES * 4 * trace.parameters + max(step, forward_bytes)
    return Estimate(images=images, multiplications=multiplications, seconds=seconds, bytes=needed)


def _last_layer_alone(wanted: Settings, trace: Trace) -> bool:
    """Whether all convolutions are frozen as they were learned before, and a linear layer answers."""
    convolutions = sum(layer.kind == "conv" for layer in trace.layers)
    kept = wanted["pretrained"] != "none" and wanted["augment"] == "none"
    return bool(kept and wanted["frozen"] >= convolutions and trace.layers[-1].kind == "linear")


def check(wanted: Settings, allowed: Limits | None = None) -> float:
    """The seconds that a run is expected to take; 0 where nothing can be said: the run will say why.

    Raises LimitError with the limit and the way out.
    """
    allowed = allowed or limits()
    if wanted["epochs"] > allowed.epochs:
        raise _too_much("epochs", wanted["epochs"], allowed.epochs, "ask for fewer epochs")
    try:
        found = estimated(wanted.seeded(0))  # a seed costs nothing
    except CnnvizError:
        return 0.0
    smaller = "ask for fewer epochs or images, smaller images, or a smaller network"
    if found.images > allowed.images:
        raise _too_much("images", found.images, allowed.images, f"set images to {allowed.images} or less")
    if found.multiplications > allowed.multiplications:
        raise _too_much("multiplications", found.multiplications, allowed.multiplications, smaller)
    if found.seconds > allowed.seconds:
        raise _too_much("seconds", found.seconds, allowed.seconds, smaller)
    if found.bytes > allowed.bytes:
        fewer = "ask for fewer images at once (batch_size), smaller images, or a smaller network"
        raise _too_much("bytes", found.bytes, allowed.bytes, fewer)
    return found.seconds


def request(
    store: Store,
    runs: Sequence[tuple[str, Settings]],
    *,
    preset: str = "",
    owner: str = "",
    again: bool = False,
    allowed: Limits | None = None,
) -> list[Run]:
    """Asks for runs, each with the label of its curve: all of them, or none where a limit is hit.

    Raises LimitError with the limit and the way out.
    """
    allowed = allowed or limits()
    wanted = [Wanted(settings=s, label=label, estimate=check(s, allowed)) for label, s in runs]
    return store.submit_all(
        wanted,
        preset=preset,
        owner=owner,
        again=again,
        most_runs=allowed.queued_runs,
        most_seconds=allowed.queued_seconds,
    )


def _too_much(what: str, asked: float, most: float, way: str) -> LimitError:
    about = "about " if what in ("multiplications", "seconds", "bytes") else ""
    return LimitError(
        f"a run may take at most {most:,.0f} {what} here, this one would take {about}{asked:,.0f}: {way}; "
        "`cnnviz train` at a terminal of one's own has no limit"
    )
