"""The one training loop: a generator of records, for the app, the command line, tests and workers alike."""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable, Generator, Iterator
from dataclasses import dataclass
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from cnnviz.training.data import Images, augmented
from cnnviz.training.norms import Watch
from cnnviz.training.optimizers import optimizer
from cnnviz.training.records import End, Epoch, Norms, Record, Step
from cnnviz.training.settings import Settings
from cnnviz.training.transfer import Earlier, earlier, started

RECORDS_PER_EPOCH = 10  # of kind Step
EVALUATED_AT_ONCE = 512  # images


def train(
    wanted: Settings,
    *,
    cancelled: Callable[[], bool] = lambda: False,
    resume: bytes | None = None,
    keep: Callable[[bytes], None] | None = None,
) -> Iterator[Record]:
    """Trains, and yields a record every few steps, an evaluation after each epoch, and an `End`.

    The same settings give the same records but for the seconds, on the same machine and versions. The random
    numbers of the caller are left alone.

    Args:
        cancelled: asked before each step; the run ends where it says so.
        resume: what `keep` was given, to go on from the end of that epoch.
        keep: is given a checkpoint after each epoch.

    """
    before = None
    if wanted["pretrained"] != "none":
        before = earlier(wanted, cancelled)
        if before is None:
            message = "cancelled while what it starts from was made"
            yield End(step=0, epoch=0, seconds=0.0, reason="cancelled", message=message)
            return
    run = _Run(wanted, resume, before)
    yield from run.records(cancelled, keep)


@dataclass(slots=True)
class _Progress:
    step: int = 0
    epoch: int = 0  # whole ones
    seconds: float = 0.0


class _Run:
    def __init__(self, wanted: Settings, resume: bytes | None, before: Earlier | None = None) -> None:
        self.wanted = wanted
        self.device = torch.device(wanted.device)
        self.random = _OwnRandom(self.device)
        self.progress = _Progress()
        with self.random:
            torch.manual_seed(wanted.seed)
            start = started(wanted, before)
            self.data: Images = start.data.to(self.device)
            self.model = start.model.to(self.device)
            if self.device.type == "cpu":  # a step of small networks takes a tenth to a half less this way
                self.model.to(memory_format=torch.channels_last)  # type: ignore[call-overload]
            self.frozen = start.frozen
            self.optimizer = optimizer(self.model, wanted)
        self.order = torch.Generator().manual_seed(
            wanted.seed + 1
        )  # of the images, and of their new versions
        if resume is not None:
            self._load(resume)

    def records(
        self, cancelled: Callable[[], bool], keep: Callable[[bytes], None] | None
    ) -> Iterator[Record]:
        epochs = self.wanted["epochs"]
        if not self.progress.epoch:
            yield self._evaluated()
        while self.progress.epoch < epochs:
            ended = yield from self._epoch(cancelled)
            if ended:
                yield ended
                return
            self.progress.epoch += 1
            after = self._evaluated()
            yield after
            if ended := self._lost(after):
                yield ended
                return
            if keep is not None:
                keep(self._saved())
        yield self._end("done", f"trained for {epochs} epoch{'s' * (epochs != 1)}")

    def _epoch(self, cancelled: Callable[[], bool]) -> Generator[Record, None, End | None]:
        """One pass over the training images; an End where it stops before the last."""
        count, size = len(self.data.train), self.wanted["batch_size"]
        order = torch.randperm(count, generator=self.order) if self.wanted["shuffle"] else torch.arange(count)
        batches = list(torch.split(order.to(self.device), size))
        every = max(1, math.ceil(len(batches) / RECORDS_PER_EPOCH))
        for first in range(0, len(batches), every):
            begin, losses, norms = time.perf_counter(), [], None
            self.model.train()  # once for several steps: it visits every module
            with self.random:
                for number, batch in enumerate(batches[first : first + every]):
                    if cancelled():
                        self.progress.seconds += time.perf_counter() - begin
                        return self._end("cancelled", f"cancelled in epoch {self.progress.epoch + 1}")
                    watched = self.wanted["norms"] and number == 0
                    loss, norms = self._step(batch, norms, watched=watched)
                    losses.append(loss)
            values = torch.stack(losses).tolist()  # waits for the device once
            self.progress.seconds += time.perf_counter() - begin
            bad = next((i for i, value in enumerate(values) if not math.isfinite(value)), None)
            self.progress.step += len(values) if bad is None else bad + 1
            if bad is not None:
                found = "infinite" if math.isinf(values[bad]) else "not a number"
                return self._end("diverged", f"the loss is {found} at step {self.progress.step}")
            if norms is not None:
                yield Norms(**self._where(first, len(batches)), **norms)
            yield Step(**self._where(first + len(values), len(batches)), loss=sum(values) / len(values))
        return None

    def _step(
        self, batch: Tensor, norms: dict[str, Any] | None, *, watched: bool
    ) -> tuple[Tensor, dict[str, Any] | None]:
        for module in self.frozen:
            module.eval()  # batch normalisation is not to go on counting
        given = augmented(self.data.train[batch], self.wanted["augment"], self.order)
        watch = Watch(self.model) if watched else None
        loss = F.cross_entropy(self.model(given), self.data.train_labels[batch])
        self.optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        if watch is not None:
            norms = watch.read()
        self.optimizer.step()
        return loss.detach(), norms

    def _evaluated(self) -> Epoch:
        with self.random:
            train = _loss_and_error(self.model, self.data.train, self.data.train_labels)
            test = _loss_and_error(self.model, self.data.test, self.data.test_labels)
        return Epoch(
            **self._where(0, 1),
            train_loss=train[0],
            train_error=train[1],
            test_loss=test[0],
            test_error=test[1],
        )

    def _lost(self, after: Epoch) -> End | None:
        """An End where the evaluation after an epoch gave no number, and nothing that follows can mend it."""
        if math.isfinite(after.train_loss):
            return None
        going_on = self.progress.epoch < self.wanted["epochs"]
        if going_on and all(bool(p.isfinite().all()) for p in self.model.parameters()):
            return None  # in training batch normalisation may still keep it in bounds: the next step tells
        found = "infinite" if math.isinf(after.train_loss) else "not a number"
        return self._end("diverged", f"the loss is {found} after epoch {self.progress.epoch}")

    def _where(self, batch: int, batches: int) -> dict[str, Any]:
        at = self.progress
        return {"step": at.step, "epoch": at.epoch + batch / batches, "seconds": at.seconds}

    def _end(self, reason: Any, message: str) -> End:
        at = self.progress
        return End(step=at.step, epoch=at.epoch, seconds=at.seconds, reason=reason, message=message)

    def _saved(self) -> bytes:
        at = self.progress
        file = io.BytesIO()
        torch.save(
            {
                "model": self.model.state_dict(),
                "optimizer": self.optimizer.state_dict(),
                "order": self.order.get_state(),
                "random": self.random.states,
                "progress": [at.step, at.epoch, at.seconds],
            },
            file,
        )
        return file.getvalue()

    def _load(self, saved: bytes) -> None:
        found = torch.load(io.BytesIO(saved), map_location=self.device, weights_only=True)
        self.model.load_state_dict(found["model"])
        self.optimizer.load_state_dict(found["optimizer"])
        self.order.set_state(found["order"].cpu())
        self.random.states = [state.cpu() for state in found["random"]]
        self.progress = _Progress(*found["progress"])


class _OwnRandom:
    """Inside, torch's random numbers are this run's; outside, the caller's go on as if nothing had been."""

    def __init__(self, device: torch.device) -> None:
        self.device = device
        self.states: list[Tensor] = self._read()
        self.outer: list[Tensor] = []

    def __enter__(self) -> None:
        self.outer = self._read()
        self._write(self.states)

    def __exit__(self, *_: object) -> None:
        self.states = self._read()
        self._write(self.outer)

    def _read(self) -> list[Tensor]:
        cuda = [torch.cuda.get_rng_state(self.device)] if self.device.type == "cuda" else []
        return [torch.get_rng_state(), *cuda]

    def _write(self, states: list[Tensor]) -> None:
        torch.set_rng_state(states[0])
        if self.device.type == "cuda":
            torch.cuda.set_rng_state(states[1], self.device)


def _loss_and_error(model: nn.Module, given: Tensor, labels: Tensor) -> tuple[float, float]:
    """Mean cross-entropy, and the share of wrong answers in percent, in evaluation mode."""
    model.eval()
    loss = wrong = 0.0
    with torch.inference_mode():
        parts = (torch.split(whole, EVALUATED_AT_ONCE) for whole in (given, labels))
        for part, wanted in zip(*parts, strict=True):
            logits = model(part)
            loss += float(F.cross_entropy(logits, wanted, reduction="sum"))
            wrong += int((logits.argmax(1) != wanted).sum())
    return loss / len(labels), 100 * wrong / len(labels)
