"""An ONNX file as records: nodes, the shapes of weights, inputs. No weight is read, and no other file opened.

The numbers of the fields are those of https://github.com/onnx/onnx/blob/main/onnx/onnx.proto
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from math import prod
from typing import Any, NamedTuple

from cnnviz.errors import ModelFileError
from cnnviz.formulas import Shape
from cnnviz.onnx.wire import Field, Wire, broken, real, signed, text

MOST_NODES = 5_000  # DenseNet-201 has 708
MOST_ENDS = 60_000  # inputs and outputs of all operations; DenseNet-201 has some 5,000
MOST_AXES = 12
MOST_NUMBERS = 10**11  # of one tensor: 400 GB of weights
MOST_VALUES = 1024  # of a tensor that is read, because shapes may be worked out from it
MOST_REALS = 16  # of one with fractions, such as the scales of a resize
NEWEST_IR = 14
OLDEST_OPSET, NEWEST_OPSET = 7, 27
STANDARD = ("", "ai.onnx")
FLOATS = {1: 4, 10: 2, 11: 8, 16: 2, 17: 1, 18: 1, 19: 1, 20: 1}  # data types and their bytes
INTEGERS = {2: 1, 3: 1, 4: 2, 5: 2, 6: 4, 7: 8, 9: 1, 12: 4, 13: 8}
BYTES = {**FLOATS, **INTEGERS}
READ = {1: "f", 6: "i", 7: "q", 9: "?", 11: "d"}  # types whose values are read, as struct has them


class Tensor(NamedTuple):
    """A tensor that the file holds: its shape, and its values where they are few."""

    name: str
    shape: Shape
    kind: int  # ONNX's number of the data type
    values: tuple[float, ...] | None  # None: not read


class Value(NamedTuple):
    """What the file says of a tensor: sizes, names of open sizes, None where it says nothing."""

    name: str
    shape: tuple[int | str | None, ...] | None
    kind: int
    role: str  # "PARAMETER", "BUFFER", as torch's exporter notes it; "" mostly


class Node(NamedTuple):
    """One operation."""

    op: str
    domain: str
    name: str
    inputs: tuple[str, ...]  # "" where an optional one is left out
    outputs: tuple[str, ...]
    attributes: Mapping[str, Any]  # int, float, str, tuples of these, Tensor; None for a graph inside
    scopes: str  # the module path, as torch's exporter notes it; "" mostly


class Model(NamedTuple):
    """A network as its file has it."""

    opset: int
    nodes: tuple[Node, ...]
    weights: Mapping[str, Tensor]
    inputs: tuple[Value, ...]  # those that are no weights
    outputs: tuple[str, ...]
    values: Mapping[str, Value]  # what the file says of tensors in between


def read(contents: bytes | memoryview) -> Model:
    """The network of an ONNX file. Raises ModelFileError with what is wrong with it, and the way out."""
    data = memoryview(contents)
    if not len(data):
        raise ModelFileError("it is empty: download or save it again")
    reader = _Reader()
    graph, opset = reader.model(data)
    if graph is None:
        raise ModelFileError(
            "it holds no network: it is no ONNX file, or was cut off; write one with torch.onnx.export"
        )
    return reader.graph(graph, opset)


class _Reader(Wire):
    """Reads each kind of message once."""

    def model(self, data: memoryview) -> tuple[memoryview | None, int]:
        graph, version, opsets = None, 0, {}
        for field in self.fields(data):
            if field.number == 1:
                version = field.value
            elif field.number == 7:
                graph = field.data
            elif field.number == 8:
                domain, number = self._opset(field.data)
                opsets[domain] = number
        if graph is not None:
            _check_versions(version, opsets.get("", opsets.get("ai.onnx", 0)))
        return graph, opsets.get("", opsets.get("ai.onnx", 0))

    def graph(self, data: memoryview, opset: int) -> Model:
        nodes: list[Node] = []
        ends = 0
        weights: dict[str, Tensor] = {}
        inputs: list[Value] = []
        outputs: list[str] = []
        values: dict[str, Value] = {}
        for field in self.fields(data):
            if field.number == 1:
                nodes.append(node := self._node(field.data))
                ends += len(node.inputs) + len(node.outputs)
                if len(nodes) > MOST_NODES or ends > MOST_ENDS:
                    raise ModelFileError(
                        f"it has more than {MOST_NODES:,} operations, or {MOST_ENDS:,} inputs of operations, "
                        "too many to show"
                    )
            elif field.number == 5:
                tensor = self._tensor(field.data)
                weights[tensor.name] = tensor
            elif field.number in (11, 12, 13):
                value = self._value(field.data)
                values[value.name] = value
                if field.number == 11:
                    inputs.append(value)
                elif field.number == 12:
                    outputs.append(value.name)
            elif field.number == 15:
                raise ModelFileError("it holds sparse weights, which are not read: export it with dense ones")
        if not nodes:
            raise ModelFileError("its network has no operations: export it again with torch.onnx.export")
        taken = tuple(value for value in inputs if value.name not in weights)
        return Model(opset, tuple(nodes), weights, taken, tuple(outputs), values)

    def _opset(self, data: memoryview) -> tuple[str, int]:
        domain, version = "", 0
        for field in self.fields(data):
            if field.number == 1:
                domain = text(field.data)
            elif field.number == 2:
                version = signed(field.value)
        return domain, version

    def _node(self, data: memoryview) -> Node:
        inputs: list[str] = []
        outputs: list[str] = []
        words = {3: "", 4: "", 7: ""}
        attributes: dict[str, Any] = {}
        scopes = ""
        for field in self.fields(data):
            if field.number == 1:
                inputs.append(text(field.data))
            elif field.number == 2:
                outputs.append(text(field.data))
            elif field.number in words:
                words[field.number] = text(field.data)
            elif field.number == 5:
                name, value = self._attribute(field.data)
                attributes[name] = value
            elif field.number == 9 and not scopes:
                scopes = self._noted(field.data, "pkg.torch.onnx.name_scopes")
        domain = "" if words[7] in STANDARD else words[7]
        return Node(words[4], domain, words[3], tuple(inputs), tuple(outputs), attributes, scopes)

    def _noted(self, data: memoryview, key: str) -> str:
        """The value of a note with this key; "" where it has another."""
        found = value = ""
        for field in self.fields(data):
            if field.number == 1:
                found = text(field.data)
            elif field.number == 2:
                value = text(field.data)
        return value if found == key else ""

    def _attribute(self, data: memoryview) -> tuple[str, Any]:
        name = ""
        single: float | str | Tensor | None = None
        whole: list[int] = []
        reals: list[float] = []
        words: list[str] = []
        several = 0
        for field in self.fields(data):
            if field.number == 1:
                name = text(field.data)
            elif field.number == 2:
                single = real(field.value)
            elif field.number == 3:
                single = signed(field.value)
            elif field.number == 4:
                single = text(field.data)
            elif field.number == 5:
                single = self._tensor(field.data)
            elif field.number == 7:
                reals += self.floats(field, MOST_VALUES)
            elif field.number == 8:
                whole += self.integers(field, MOST_VALUES)
            elif field.number == 9:
                words.append(text(field.data))
            elif field.number == 20:
                several = field.value
        if several in (6, 7, 8) or whole or reals or words:
            return name, tuple(whole or reals or words)
        return name, single

    def _tensor(self, data: memoryview) -> Tensor:
        shape: list[int] = []
        kind, name, elsewhere = 0, "", False
        raw: memoryview | None = None
        listed: list[Field] = []
        for field in self.fields(data):
            if field.number == 1:
                shape += self.integers(field, MOST_AXES)
            elif field.number == 2:
                kind = field.value
            elif field.number == 8:
                name = text(field.data)
            elif field.number == 9:
                raw = field.data
            elif field.number in (4, 5, 7, 10):
                listed.append(field)
            elif field.number == 14:
                elsewhere = field.value == 1
        count = _count(name, shape)
        if raw is not None and not elsewhere and kind in BYTES and len(raw) != count * BYTES[kind]:
            raise ModelFileError(
                f"{_called(name)} claims {count:,} numbers and has {len(raw):,} bytes: the file is broken; "
                "download or save it again"
            )
        values = None
        if _worth_reading(shape, kind) and not elsewhere:
            self.spend(count)
            values = _unpacked(raw, kind, count) if raw is not None else self._listed(listed, kind, count)
        return Tensor(name, tuple(shape), kind, values)

    def _listed(self, fields: list[Field], kind: int, count: int) -> tuple[float, ...] | None:
        found: list[float] = []
        for field in fields:
            if field.number == 10:
                return None  # 64-bit floats take no part in shapes
            found += self.floats(field, count) if field.number == 4 else self.integers(field, count)
        if len(found) != count:
            raise ModelFileError("a constant in it has too few or too many numbers: the file is broken")
        return tuple(found)

    def _value(self, data: memoryview) -> Value:
        name, role, kind = "", "", 1
        shape: tuple[int | str | None, ...] | None = None
        for field in self.fields(data):
            if field.number == 1:
                name = text(field.data)
            elif field.number == 2:
                for inner in self.fields(field.data):
                    if inner.number == 1:
                        kind, shape = self._tensor_type(inner.data)
            elif field.number == 4 and not role:
                role = self._noted(field.data, "pkg.torch.export.graph_signature.InputSpec.kind")
        return Value(name, shape, kind, role)

    def _tensor_type(self, data: memoryview) -> tuple[int, tuple[int | str | None, ...] | None]:
        kind, shape = 1, None
        for field in self.fields(data):
            if field.number == 1:
                kind = field.value
            elif field.number == 2:
                shape = tuple(self._size(axis.data) for axis in self.fields(field.data) if axis.number == 1)
                if len(shape) > MOST_AXES:
                    raise ModelFileError(f"a tensor in it has {len(shape)} axes, more than {MOST_AXES}")
        return kind, shape

    def _size(self, data: memoryview) -> int | str | None:
        size: int | str | None = None
        for field in self.fields(data):
            if field.number == 1:
                size = signed(field.value)
                if size < 1:
                    return None  # 0 and -1 are old ways to leave a size open
            elif field.number == 2:
                size = text(field.data) or None
        return size


def _check_versions(version: int, opset: int) -> None:
    if version > NEWEST_IR:
        raise ModelFileError(
            f"it is written in ONNX format {version}, and {NEWEST_IR} is the newest that is read: export it "
            "with an older version of onnx, or save it with a smaller ir_version"
        )
    if not opset:
        raise ModelFileError("it does not name its operator set (opset): it is no ONNX file, or broken")
    if opset > NEWEST_OPSET:
        raise ModelFileError(
            f"it uses operator set (opset) {opset}, and {NEWEST_OPSET} is the newest that is read: export it "
            "with torch.onnx.export(..., opset_version=20)"
        )
    if opset < OLDEST_OPSET:
        raise ModelFileError(
            f"it uses operator set (opset) {opset}, where operations mean something else; {OLDEST_OPSET} is "
            "the oldest that is read: onnx.version_converter.convert_version(model, 20) brings it up to date"
        )


def _count(name: str, shape: list[int]) -> int:
    if any(n < 0 for n in shape):
        raise ModelFileError(f"{_called(name)} has a negative size: the file is broken")
    count = prod(shape)
    if count > MOST_NUMBERS or len(shape) > MOST_AXES:
        raise ModelFileError(
            f"{_called(name)} claims {count:,} numbers, more than any network has: the file is broken"
        )
    return count


def _worth_reading(shape: list[int], kind: int) -> bool:
    return kind in READ and len(shape) < 3 and prod(shape) <= (MOST_REALS if kind in FLOATS else MOST_VALUES)


def _called(name: str) -> str:
    return f"the tensor {name[:80]!r}" if name else "a tensor"


def _unpacked(raw: memoryview, kind: int, count: int) -> tuple[float, ...]:
    try:
        return struct.unpack(f"<{count}{READ[kind]}", raw)
    except struct.error:
        raise broken() from None
