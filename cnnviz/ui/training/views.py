"""The pictures of runs: what each draws, and what stands on its axes."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple


class View(NamedTuple):
    """One picture, as the browser draws it."""

    label: str  # in the menu
    title: str  # of the vertical axis
    measures: tuple[str, ...]
    kind: Literal["curves", "layers", "points"] = "curves"
    percent: bool = False
    parts: tuple[str, ...] = ()  # what each of several measures is of
    accuracy: bool = False  # what is missing to 100 %
    across: str = ""  # title of the horizontal axis of points
    linear: bool = False  # that axis; otherwise it is logarithmic

    @property
    def data(self) -> dict[str, Any]:
        return self._asdict()

    def of_transfer(self, option: str) -> View:
        """The same against what differs between the curves."""
        return self._replace(across=_AXES[option], linear=option == "frozen")


_AXES = {
    "per_class": "Labels of each class",
    "images": "Training images with labels",
    "frozen": "Frozen convolutions",
}
_BOTH = ("training", "test")
VIEWS: dict[str, View] = {
    "train_error": View("Training error", "Training error, %", ("train_error",), percent=True),
    "test_error": View("Test error", "Test error, %", ("test_error",), percent=True),
    "errors": View(
        "Training and test error",
        "Error, %: training thin, test thick",
        ("train_error", "test_error"),
        percent=True,
        parts=_BOTH,
    ),
    "train_loss": View("Training loss", "Training loss", ("train_loss",)),
    "test_loss": View("Test loss", "Test loss", ("test_loss",)),
    "losses": View(
        "Training and test loss",
        "Loss: training thin, test thick",
        ("train_loss", "test_loss"),
        parts=_BOTH,
    ),
    "loss_by_step": View("Loss within the epochs", "Loss of the batches in training", ("loss",)),
    "gradients": View("Gradients by layer", "Norm of the gradient", ("gradients",), "layers"),
    "activations": View(
        "Activations by layer", "Standard deviation of the outputs", ("activations",), "layers"
    ),
    "accuracy_by_macs": View(
        "Accuracy against MACs",
        "Test accuracy, %",
        ("test_error",),
        "points",
        percent=True,
        accuracy=True,
        across="Multiplications for one image (MACs)",
    ),
    "transfer": View(
        "Transfer",
        "Test error, %",
        ("test_error",),
        "points",
        percent=True,
        across="Training images with labels",
    ),
}
FREE_VIEW = "errors"
ACROSS = ("epoch", "step", "seconds")
