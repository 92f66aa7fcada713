"""A captured forward pass as data: operations, static arguments and edges, evaluated without torch.

A tensor is a number: 0, 1, ... are the network's inputs and then every operation's outputs in the order of
execution; -1, -2, ... are constants (parameters and buffers that take part as operands).
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Any, NamedTuple

from cnnviz.errors import ReplayError, ShapeError
from cnnviz.formulas import RULES, Rule, Shape
from cnnviz.record import Record

SMALLEST_LIMIT = 640  # the largest input that the search for the smallest one tries


class Size(NamedTuple):
    """A number that the forward pass worked out from tensor sizes, kept so that it follows the input's size.

    `("dim", tensor, axis)`, or an operator with two operands, each a number or a Size.
    """

    operator: str
    left: Any
    right: Any


class Guard(NamedTuple):
    """A comparison of sizes that the forward pass took a decision on."""

    comparison: str
    left: Any
    right: Any
    result: bool


class Input(Record):
    """One input of the network."""

    name: str  # the keyword it is passed by; "" for a positional one
    shape: Shape  # with the batch axis
    itemsize: int = 4  # bytes of one element


class Parameter(NamedTuple):
    """One learned tensor of the network, wherever it is used."""

    name: str
    numbers: int  # how many it holds
    trainable: bool


class Operation(NamedTuple):
    """One operation in the order of execution. A plain tuple, because a trace makes hundreds at once."""

    scope: str  # module path, with #1, #2, ... where a module is called again: "layer1.0.relu#1"
    module: str  # class of the module that ran it
    op: str  # "conv2d", "add", ...
    rule: str  # key into formulas.RULES
    arguments: Any  # that rule's static arguments
    inputs: tuple[int, ...]  # tensors
    outputs: int = 1  # how many tensors come out
    parameters: tuple[int, ...] = ()  # which of Program.parameters it uses
    in_place: bool = False  # writes over its first input
    alias: bool = False  # its output shares the first input's memory
    itemsize: int = 4  # bytes of one output element

    @property
    def name(self) -> str:
        """The module path as `model.named_modules()` has it."""
        if "#" not in self.scope:
            return self.scope
        return ".".join(part.partition("#")[0] for part in self.scope.split("."))


class Program(Record):
    """One pass of a network's forward, evaluated at any input size by `shapes`."""

    inputs: tuple[Input, ...]
    constants: tuple[Shape, ...]
    operations: tuple[Operation, ...]
    parameters: tuple[Parameter, ...]
    outputs: tuple[int, ...]  # tensors that the forward returned
    sized: bool = False  # some arguments are Sizes, which follow the input
    guards: tuple[Guard, ...] = ()
    replayable: bool = True  # False: the forward takes another way at another size
    remarks: tuple[str, ...] = ()  # what a person should know of how this was captured
    modules: bool = True  # False: read from a file, which names operations and no classes of torch

    def shapes(self, input_shapes: Sequence[Shape]) -> list[Shape]:
        """The shape of every tensor, constants last, so that `shapes[-1]` is the first constant.

        Raises ShapeError where an operation cannot take what it gets, named by its module path, and
        ReplayError where the forward pass would take another way at this size.
        """
        if not self.replayable and tuple(input_shapes) != tuple(i.shape for i in self.inputs):
            raise ReplayError("its forward pass depends on the input size in ways that cannot be replayed")
        tensors: list[Shape] = list(input_shapes)
        constants = self.constants
        try:
            for operation, rule in self._steps:
                ins = [tensors[i] if i >= 0 else constants[-1 - i] for i in operation.inputs]
                arguments = operation.arguments
                if self.sized:
                    arguments = resolved(arguments, tensors)
                tensors += rule.outputs(arguments, ins)
        except (ShapeError, ReplayError) as error:
            self._check_guards(tensors)
            raise type(error)(f"{operation.name or 'the network'} ({operation.op}) {error}") from None
        self._check_guards(tensors)
        tensors.extend(reversed(constants))
        return tensors

    @cached_property
    def _steps(self) -> tuple[tuple[Operation, Rule], ...]:
        return tuple((operation, RULES[operation.rule]) for operation in self.operations)

    @cached_property
    def first_outputs(self) -> tuple[int, ...]:
        """The number of each operation's first output tensor."""
        numbers, tensor = [], len(self.inputs)
        for operation in self.operations:
            numbers.append(tensor)
            tensor += operation.outputs
        return tuple(numbers)

    @cached_property
    def producers(self) -> tuple[int, ...]:
        """The operation that each tensor comes from; -1 and below for the network's inputs."""
        made = [index for index, operation in enumerate(self.operations) for _ in range(operation.outputs)]
        return (*range(-1, -len(self.inputs) - 1, -1), *made)

    @cached_property
    def containers(self) -> frozenset[str]:
        """Paths of the modules inside which another module runs something; "" is the network itself."""
        found = {"" for operation in self.operations if operation.name}
        for operation in self.operations:
            above = operation.name.rpartition(".")[0]
            while above and above not in found:
                found.add(above)
                above = above.rpartition(".")[0]
        return frozenset(found)

    @cached_property
    def smallest(self) -> int | None:
        """The side of the smallest square input that works, found by trying; None without such."""
        batch, channels, *sides = self.inputs[0].shape if self.inputs else (0, 0)
        if len(self.inputs) != 1 or not sides or not self.replayable:
            return None
        for side in range(1, SMALLEST_LIMIT + 1):
            try:
                self.shapes([(batch, channels, *(side for _ in sides))])
            except (ShapeError, ReplayError):
                continue
            return side
        return None

    def _check_guards(self, tensors: Sequence[Shape]) -> None:
        for guard in self.guards:
            try:
                left, right = resolved(guard.left, tensors), resolved(guard.right, tensors)
            except IndexError:
                continue  # of a tensor that was not reached
            if OPERATORS[guard.comparison](left, right) != guard.result:
                raise ReplayError("its forward pass branches on the input size, and takes another way here")


OPERATORS: dict[str, Callable[[Any, Any], Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "//": operator.floordiv,
    "%": operator.mod,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "==": operator.eq,
    "!=": operator.ne,
}


def resolved(value: Any, tensors: Sequence[Shape]) -> Any:
    """Arguments with every Size in them worked out from the tensors' shapes."""
    if isinstance(value, Size):
        if value.operator == "dim":
            return tensors[value.left][value.right]
        return OPERATORS[value.operator](resolved(value.left, tensors), resolved(value.right, tensors))
    if isinstance(value, tuple):
        parts = [resolved(part, tensors) for part in value]
        return type(value)(*parts) if hasattr(value, "_fields") else tuple(parts)
    return value
