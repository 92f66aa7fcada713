"""A program that grows by one operation at a time, without torch."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod
from typing import Any

from cnnviz.design.kinds import ACTIVATIONS, NO_ACTIVATION
from cnnviz.errors import ShapeError
from cnnviz.formulas import RULES, Shape, size_text
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.formulas.elementwise import NormArguments, ResponseNormArguments
from cnnviz.formulas.linear import LinearArguments
from cnnviz.formulas.pooling import AdaptiveArguments, PoolArguments
from cnnviz.formulas.rule import Nothing
from cnnviz.formulas.shapes import AxisArguments, FlattenArguments
from cnnviz.formulas.tensors import PadArguments
from cnnviz.program import Input, Operation, Parameter, Program

MOST_OPERATIONS = 3000
MOST_NUMBERS = 2**31  # in one tensor, of the network or of its parameters: 8 GB
NOTHING = Nothing()


class Builder:
    """Operations, and the shape of every tensor that they make. Methods return a tensor's number."""

    def __init__(self, input_shape: Shape) -> None:
        self.shapes: list[Shape] = [(1, *input_shape)]
        self.operations: list[Operation] = []
        self.parameters: list[Parameter] = []

    def program(self) -> Program:
        return Program(
            inputs=(Input(name="", shape=self.shapes[0]),),
            constants=(),
            operations=tuple(self.operations),
            parameters=tuple(self.parameters),
            outputs=(len(self.operations),),
        )

    def program_until(self, operations: int, parameters: int) -> Program:
        """The program without what came after so many operations and parameters."""
        del self.operations[operations:], self.shapes[operations + 1 :], self.parameters[parameters:]
        return self.program()

    def channels(self, x: int) -> int:
        return self.shapes[x][1]

    def side(self, x: int) -> int:
        return min(self.shapes[x][2:])

    def add(
        self,
        inputs: Sequence[int],
        scope: str,
        module: str,
        op: str,
        rule: str,
        arguments: Any = NOTHING,
        weights: Sequence[int] = (),
        *,
        alias: bool = False,
    ) -> int:
        """One operation; `weights` are the sizes of its weight and bias. Raises ShapeError."""
        if len(self.operations) >= MOST_OPERATIONS:
            raise ShapeError(f"comes after {MOST_OPERATIONS:,} operations, and a design has no more")
        (shape,) = RULES[rule].outputs(arguments, [self.shapes[i] for i in inputs])
        if max(prod(shape), *weights, 0) > MOST_NUMBERS:
            most = f"{MOST_NUMBERS:,} numbers"
            raise ShapeError(f"makes {size_text(shape[1:])}, too large: a tensor has at most {most} here")
        first = len(self.parameters)
        for kind, numbers in zip(("weight", "bias"), weights, strict=False):
            self.parameters.append(Parameter(f"{scope}.{kind}", numbers, True))
        self.operations.append(
            Operation(
                scope=scope,
                module=module,
                op=op,
                rule=rule,
                arguments=arguments,
                inputs=tuple(inputs),
                parameters=tuple(range(first, len(self.parameters))),
                alias=alias,
            )
        )
        self.shapes.append(shape)
        return len(self.operations)

    def conv(
        self,
        x: int,
        scope: str,
        channels: int,
        kernel: int = 1,
        *,
        stride: int = 1,
        padding: int = 0,
        dilation: int = 1,
        groups: int = 1,
        bias: bool = False,
    ) -> int:
        before = self.channels(x)
        a = ConvArguments(
            channels=channels,
            in_channels=before,
            kernel=(kernel, kernel),
            stride=(stride, stride),
            padding=(padding, padding),
            dilation=(dilation, dilation),
            groups=groups,
            bias=bias,
        )
        weights = [kernel * kernel * (before // groups) * channels, channels]
        return self.add([x], scope, "Conv2d", "conv2d", "convolution", a, weights[: 1 + bias])

    def unit(
        self,
        x: int,
        scope: str,
        channels: int,
        kernel: int = 1,
        *,
        batch_norm: bool,
        activation: str = NO_ACTIVATION,
        bias: str = "auto",
        **windows: int,
    ) -> int:
        """A convolution with what follows it: batch norm, an activation, or neither."""
        with_bias = bias == "on" or (bias == "auto" and not batch_norm)
        x = self.conv(x, f"{scope}.conv", channels, kernel, bias=with_bias, **windows)
        if batch_norm:
            x = self.batch_norm(x, f"{scope}.bn")
        return self.activation(x, f"{scope}.act", activation)

    def batch_norm(self, x: int, scope: str) -> int:
        n = self.channels(x)
        module = "BatchNorm2d" if len(self.shapes[x]) == 4 else "BatchNorm1d"
        a = NormArguments((n,), True, True, 1)
        return self.add([x], scope, module, "batch_norm", "normalisation", a, (n, n))

    def activation(self, x: int, scope: str, name: str) -> int:
        if name == NO_ACTIVATION:
            return x
        return self.add([x], scope, ACTIVATIONS[name], name, "activation")

    def pool(
        self, x: int, scope: str, mode: str, kernel: int, *, stride: int, padding: int = 0, ceil: bool = False
    ) -> int:
        a = PoolArguments((kernel, kernel), (stride, stride), (padding, padding), (1, 1), ceil)
        module, op = ("MaxPool2d", "max_pool2d") if mode == "max" else ("AvgPool2d", "avg_pool2d")
        return self.add([x], scope, module, op, "pooling", a)

    def global_pool(self, x: int, scope: str, mode: str = "avg", size: int = 1) -> int:
        module, op = f"Adaptive{mode.title()}Pool2d", f"adaptive_{mode}_pool2d"
        return self.add([x], scope, module, op, "adaptive_pool", AdaptiveArguments((size, size)))

    def local_response_norm(self, x: int, scope: str, size: int) -> int:
        a = ResponseNormArguments(size)
        return self.add([x], scope, "LocalResponseNorm", "local_response_norm", "response_norm", a)

    def dropout(self, x: int, scope: str) -> int:
        return self.add([x], scope, "Dropout", "dropout", "alias", alias=True)

    def flatten(self, x: int, scope: str) -> int:
        return self.add([x], scope, "Flatten", "flatten", "flatten", FlattenArguments(1, -1), alias=True)

    def linear(self, x: int, scope: str, features: int, *, bias: bool = True) -> int:
        n = self.channels(x)
        weights = [n * features, features][: 1 + bias]
        return self.add([x], scope, "Linear", "linear", "linear", LinearArguments(features, n, bias), weights)

    def zeros(self, x: int, scope: str, channels: int) -> int:
        """The map with zeros for channels that it has not."""
        pads = (0, 0, 0, 0, 0, channels - self.channels(x))
        return self.add([x], scope, "ZeroPadding", "pad", "pad", PadArguments(pads, "constant"))

    def join(self, inputs: Sequence[int], scope: str, module: str, op: str) -> int:
        """Maps added (`add`), multiplied (`mul`), or put side by side (`cat`)."""
        if op == "cat":
            return self.add(inputs, scope, module, op, "concatenate", AxisArguments(1))
        return self.add(inputs, scope, module, op, "arithmetic")
