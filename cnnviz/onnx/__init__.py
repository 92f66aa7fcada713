"""An ONNX file in, a Trace out: shapes and costs of its graph by our rules. Nothing in the file is run.

The file is read here, and not by the `onnx` package, so that weights stay unread, the time and memory that a
hostile file can take are bounded, and nothing has to be installed.
"""

from __future__ import annotations

import mmap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from cnnviz.errors import CnnvizError, ModelFileError, ReplayError, ShapeError
from cnnviz.formulas import Shape, size_text
from cnnviz.onnx.build import program_at
from cnnviz.onnx.model import Model, Value, read
from cnnviz.program import Program
from cnnviz.trace import Trace

__all__ = ["Network", "channels_of_file", "network", "trace_file"]

MOST_BYTES = 2**31  # what ONNX itself allows in one file
OTHER_SIZES = (224, 64, 128, 256, 320, 512)  # where a network may work that does not at the size asked for
MOST_SEARCHED = 1500  # operations: in a larger network the search would take seconds
LARGEST = 4096  # of an input's height and width
USUAL = 224  # of an input whose height and width the file leaves open


@dataclass(frozen=True, slots=True)
class Network:
    """The network of a file, with what it needs to be traced at any size; without its weights."""

    name: str  # of the file
    model: Model

    @property
    def input_shape(self) -> Shape | None:
        """The size that the file is made for, without the batch axis; None where it leaves that open."""
        shapes = [_fixed(value) for value in self.model.inputs]
        return shapes[0][1:] if len(shapes) == 1 and shapes[0] else None

    @property
    def usual_shape(self) -> Shape:
        """The same, with a usual height and width where the file leaves these open."""
        sizes = self.model.inputs[0].shape if self.model.inputs else None
        if sizes is None:
            return (3, USUAL, USUAL)
        return tuple(n if isinstance(n, int) else (3 if i == 0 else USUAL) for i, n in enumerate(sizes[1:]))

    def trace(self, input_shapes: Sequence[Shape] | None = None, *, batch_size: int = 1) -> Trace:
        """Every layer at this input size; the file's own where none is given.

        Raises ShapeError and ModelFileError, with the smallest size that works where that can be found.
        """
        given, batch = self._inputs(input_shapes, batch_size)
        try:
            program = program_at(self.model, given)
        except ShapeError as error:
            raise self._explained(error, given, batch) from None
        except ModelFileError as error:
            raise ModelFileError(f"{self.name}: {error}") from None
        shapes = tuple(shape[1:] for shape in given)
        made = Trace(
            model=self.name,
            program=program,
            input_shape=shapes[0] if len(shapes) == 1 else shapes,
            batch_size=batch,
        )
        assert made.layers  # the shapes are known to fit
        return made

    def _inputs(self, given: Sequence[Shape] | None, batch_size: int) -> tuple[list[Shape], int]:
        """The shape of every input, batch included, and the batch."""
        values = self.model.inputs
        if given is not None and len(given) != len(values):
            raise ShapeError(f"{self.name} has {len(values)} inputs, got {len(given)}")
        found = []
        for i, value in enumerate(values):
            sizes = value.shape
            fixed = sizes[0] if sizes and isinstance(sizes[0], int) else 1
            batch_size = fixed if batch_size == 1 else batch_size
            if given is not None:
                found.append((batch_size, *given[i]))
            else:
                found.append((batch_size, *self._known(value)))
        for shape in found:
            if len(shape) > 2 and max(shape[2:]) > LARGEST:
                raise ShapeError(
                    f"{size_text(shape[1:])} is more than is traced: heights and widths up to {LARGEST}"
                )
        return found, batch_size

    def _known(self, value: Value) -> Shape:
        """The shape of an input without the batch axis. Raises ShapeError where the file leaves it open."""
        sizes = value.shape
        if sizes is not None and all(isinstance(n, int) for n in sizes[1:]):
            return tuple(n for n in sizes[1:] if isinstance(n, int))
        said = "x".join(str(n or "?") for n in sizes) if sizes else "of any shape"
        usual = size_text(self.usual_shape)
        raise ShapeError(
            f"{self.name} leaves the size of its input {value.name[:60]!r} open ({said[:80]}): give one, "
            f"such as {usual} (channels, height, width; on the command line --input {usual})"
        )

    def _explained(self, error: ShapeError, given: Sequence[Shape], batch: int) -> ShapeError:
        """The error with the smallest input that works, found at a size where the network does."""
        if len(given) == 1 and len(given[0]) > 2 and len(self.model.nodes) <= MOST_SEARCHED:
            shape = given[0]
            own = self.input_shape or self.usual_shape
            tried = [own, *((own[0], *(side for _ in own[1:])) for side in OTHER_SIZES)]
            for other in dict.fromkeys(tried):
                try:
                    program: Program = program_at(self.model, [(batch, *other)])
                    Trace(model=self.name, program=program, input_shape=other).at(shape[1:], batch_size=batch)
                except ShapeError as explained:
                    if str(explained).startswith(self.name):
                        return explained
                except (CnnvizError, ReplayError):
                    continue
        got = " and ".join(size_text(shape[1:]) for shape in given)
        return ShapeError(f"{self.name} cannot take {got}: {error}")


def network(contents: bytes | memoryview, name: str) -> Network:
    """The network of an ONNX file. Raises ModelFileError, which says what is wrong with it."""
    try:
        return Network(name, read(contents))
    except ModelFileError as error:
        raise ModelFileError(f"{name}: {error}") from None


def trace_file(path: str | Path, input_shapes: Sequence[Shape] | None = None, batch_size: int = 1) -> Trace:
    """Every layer of the network in a file. Raises CnnvizError."""
    return opened(path).trace(input_shapes, batch_size=batch_size)


def channels_of_file(path: str | Path) -> int:
    return opened(path).usual_shape[0]


def opened(path: str | Path) -> Network:
    """The network in a file. Its weights are not even loaded into memory."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            size = file.seek(0, 2)
            if size > MOST_BYTES:
                raise ModelFileError(
                    f"{path.name} has {size / 1e9:.1f} GB, and ONNX files have at most 2: larger networks "
                    "have their weights in a file beside, and only the small one is needed"
                )
            if not size:
                return network(b"", path.name)
            # Closed when the last view of it is gone: an error on its way still holds some.
            return network(memoryview(mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)), path.name)
    except OSError as error:
        raise ModelFileError(f"cannot read {path}: {error.strerror or error}") from None


def _fixed(value: Value) -> Shape | None:
    sizes = value.shape
    if sizes is None or not all(isinstance(n, int) for n in sizes[1:]):
        return None
    return tuple(n if isinstance(n, int) else 1 for n in sizes)
