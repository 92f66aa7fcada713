"""The program of an ONNX graph at one input size: every node as one of our operations, by our rules."""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

from cnnviz.errors import CnnvizError, ModelFileError, ShapeError
from cnnviz.formulas import RULES, Shape, size_text
from cnnviz.formulas.tensors import OpaqueArguments
from cnnviz.onnx import layers, shapes
from cnnviz.onnx.context import PREVIOUS, Context, Known, Made
from cnnviz.onnx.elementwise import OPERATORS as ELEMENTWISE
from cnnviz.onnx.elementwise import Operator
from cnnviz.onnx.folding import constant, folded
from cnnviz.onnx.model import BYTES, Model, Node, Tensor
from cnnviz.onnx.paths import clean, module_path
from cnnviz.program import Input, Operation, Parameter, Program

MOST_ELEMENTS = 10**11  # of one tensor that is made on the way
REPEATS = ("If", "Loop", "Scan")

OPERATORS: dict[str, Operator] = {
    **ELEMENTWISE,
    **dict.fromkeys(shapes.REDUCTIONS, shapes.reduce),
    "ArgMax": shapes.place,
    "ArgMin": shapes.place,
    "AveragePool": layers.pool,
    "BatchNormalization": layers.batch_norm,
    "Cast": shapes.cast,
    "CastLike": shapes.same,
    "Concat": shapes.concat,
    "ConstantOfShape": shapes.created,
    "Conv": layers.conv,
    "ConvTranspose": layers.conv_transpose,
    "DepthToSpace": shapes.pixel_shuffle,
    "DequantizeLinear": shapes.same,
    "Dropout": shapes.same,
    "Einsum": layers.einsum,
    "Expand": shapes.expand,
    "Flatten": shapes.flatten,
    "Gather": shapes.gather,
    "Gemm": layers.gemm,
    "GlobalAveragePool": layers.global_pool,
    "GlobalMaxPool": layers.global_pool,
    "GroupNormalization": layers.group_norm,
    "Identity": shapes.same,
    "InstanceNormalization": layers.batch_norm,
    "LRN": layers.response_norm,
    "LayerNormalization": layers.layer_norm,
    "LpNormalization": layers.normalize,
    "MatMul": layers.matmul,
    "MaxPool": layers.pool,
    "MeanVarianceNormalization": layers.normalize,
    "PRelu": layers.prelu,
    "Pad": shapes.pad,
    "RMSNormalization": layers.layer_norm,
    "Reshape": shapes.reshape,
    "Resize": shapes.resize,
    "Slice": shapes.cut,
    "SpaceToDepth": shapes.pixel_shuffle,
    "Split": shapes.split,
    "Squeeze": shapes.squeeze,
    "Tile": shapes.tile,
    "Transpose": shapes.transpose,
    "Unsqueeze": shapes.unsqueeze,
    "Upsample": shapes.resize,
}


def program_at(model: Model, inputs: Sequence[Shape]) -> Program:
    """The program of the network for inputs of these shapes, batch included.

    Raises ShapeError where an operation cannot take what it gets, ModelFileError where the file is at fault.
    """
    built = _Builder(model, inputs)
    whole = built.program()
    if not built.context.sized:
        return whole
    larger = [(*shape[:2], *(2 * n for n in shape[2:])) for shape in inputs]
    more = [(2 * shape[0], *shape[1:]) for shape in inputs]
    same = all(_operations(model, shapes) == whole.operations for shapes in (larger, more))
    return whole if same else built.program(replayable=False)


def _operations(model: Model, inputs: Sequence[Shape]) -> tuple[Operation, ...] | None:
    """The operations at these inputs; None where one cannot take what it gets."""
    try:
        return _Builder(model, inputs).program().operations
    except CnnvizError:
        return None


class _Builder:
    """Goes through the nodes once; every tensor has the number that the program knows it by."""

    def __init__(self, model: Model, inputs: Sequence[Shape]) -> None:
        self.model, self.context = model, Context(model)
        self.numbers: dict[str, int] = {}
        self.tensors: list[tuple[Shape, int]] = []  # shape, and bytes of one element
        self.constants: list[Shape] = []
        self.constant_numbers: dict[str, int] = {}
        self.parameters: dict[str, int] = {}  # by name, in the order of use
        self.operations: list[Operation] = []
        self.inputs = []
        for value, shape in zip(model.inputs, inputs, strict=True):
            size = BYTES.get(value.kind, 4)
            self.inputs.append(Input(name=value.name, shape=shape, itemsize=size))
            self._tensor(value.name, shape, size)
        for number, node in enumerate(model.nodes):
            self._add(number, node)

    def program(self, *, replayable: bool = True) -> Program:
        held = [self.context.weights[name] for name in self.parameters]
        return Program(
            inputs=tuple(self.inputs),
            constants=tuple(self.constants),
            operations=tuple(self.operations),
            parameters=tuple(Parameter(t.name, prod(t.shape), True) for t in held),
            outputs=tuple(self.numbers[name] for name in self.model.outputs if name in self.numbers),
            replayable=replayable,
            modules=False,
        )

    def _add(self, number: int, node: Node) -> None:
        where = module_path(node, number, self.context.weights)
        try:
            self._converted(node, where)
        except ShapeError as error:
            raise ShapeError(f"{where} ({node.op}) {error}") from None
        except ModelFileError as error:
            raise ModelFileError(f"its operation {where} ({node.op[:40]}) {error}") from None
        except (ArithmeticError, LookupError, TypeError, ValueError):  # attributes of another kind
            raise ModelFileError(
                f"its operation {where} ({node.op[:40]}) has attributes that do not fit: the file is broken"
            ) from None

    def _converted(self, node: Node, where: str) -> None:
        if self._constant(node):
            return
        known = folded(self.context, node)
        if known is not None:
            self.context.known[node.outputs[0]] = known
            self.context.shapes[node.outputs[0]] = known.shape
            return
        operator = None if node.domain else OPERATORS.get(node.op)
        steps = operator(self.context, node) if operator else None
        if steps is None:
            steps = [self._unknown(node)]
        for i, made in enumerate(steps):
            names = node.outputs if i == len(steps) - 1 else (PREVIOUS,)
            self._write(made, node, where, names)

    def _constant(self, node: Node) -> bool:
        """Constants, and other names of weights; whether it was one of these."""
        if node.domain or not node.outputs:
            return False
        first, out = node.inputs[0] if node.inputs else "", node.outputs[0]
        if node.op == "Constant":
            held = constant(node)
            if isinstance(held, Tensor):
                self.context.constant(out, held)
                self.context.plain.add(out)
            elif isinstance(held, Known):
                self.context.known[out], self.context.shapes[out] = held, held.shape
            return held is not None
        another = node.op in ("Identity", "DequantizeLinear", "Cast") and self.context.is_weight(first)
        if another and first not in self.context.known:
            self.context.same[out] = self.context.same.get(first, first)
            self.context.shapes[out] = self.context.shape(first)
        return another and first not in self.context.known

    def _unknown(self, node: Node) -> Made:
        """An operation that no rule knows: the shapes that the file gives, listed as not counted."""
        operands = tuple(name for name in node.inputs if name)
        found = [self.model.values.get(name) for name in node.outputs if name]
        declared: list[Shape] = []
        for value in found:
            sizes = value.shape if value else None
            if sizes is None or not all(isinstance(n, int) for n in sizes):
                raise ModelFileError(_no_rule(node))
            declared.append(tuple(n for n in sizes if isinstance(n, int)))
        if not declared:
            raise ModelFileError(_no_rule(node))
        given = tuple(self.context.shape(name) for name in operands)
        op = clean(f"{node.domain}.{node.op}")
        return Made(op[:60], "opaque", OpaqueArguments(given, tuple(declared)), operands)

    def _write(self, made: Made, node: Node, where: str, names: Sequence[str]) -> None:
        operands, used = self._operands(made)
        ins = [self._shape(number) for number in operands[: len(made.operands)]]
        outputs = RULES[made.rule].outputs(made.arguments, ins)
        for shape in outputs:
            if prod(shape) > MOST_ELEMENTS:
                raise ShapeError(f"makes {size_text(shape)}: {prod(shape):,} numbers, more than any network")
        first = operands[0] if operands else None
        itemsize = made.itemsize or (self.tensors[first][1] if first is not None and first >= 0 else 4)
        self.operations.append(
            Operation(
                scope=where,
                module=clean(node.op)[:60],
                op=made.op,
                rule=made.rule,
                arguments=made.arguments,
                inputs=tuple(operands),
                outputs=len(outputs),
                parameters=tuple(used),
                alias=made.alias,
                itemsize=itemsize,
            )
        )
        for i, shape in enumerate(outputs):
            self._tensor(names[i] if i < len(names) else "", shape, itemsize)

    def _operands(self, made: Made) -> tuple[list[int], dict[int, None]]:
        """The numbers of what an operation reads, and of the parameters that it uses."""
        used: dict[int, None] = {}
        operands = []
        for name in (*made.operands, *made.weights):
            surely = name in made.weights
            if self.context.is_weight(name):
                if self.context.learned(name, surely=surely):
                    used[self._parameter(name)] = None
                if surely:
                    continue  # the rule has its numbers
            operands.append(self._number(name))
        return operands, used

    def _number(self, name: str) -> int:
        if name in self.numbers:
            return self.numbers[name]
        self.context.shape(name)  # or it is made by nobody
        name = self.context.same.get(name, name)
        if name not in self.constant_numbers:
            self.constants.append(self.context.shape(name))
            self.constant_numbers[name] = -len(self.constants)
        return self.constant_numbers[name]

    def _parameter(self, name: str) -> int:
        return self.parameters.setdefault(self.context.same.get(name, name), len(self.parameters))

    def _shape(self, number: int) -> Shape:
        return self.tensors[number][0] if number >= 0 else self.constants[-1 - number]

    def _tensor(self, name: str, shape: Shape, itemsize: int) -> None:
        self.tensors.append((shape, itemsize))
        if name:
            self.numbers[name] = len(self.tensors) - 1
            self.context.shapes[name] = shape


def _no_rule(node: Node) -> str:
    if node.op in REPEATS and not node.domain:
        return "holds graphs of its own that depend on values, which are not followed: export without it"
    home = f" of the domain {node.domain[:60]!r}" if node.domain else ""
    return (
        f"is of a kind{home} that no rule knows, and the file does not say what comes out of it: "
        "onnx.shape_inference.infer_shapes(model) writes that down where it can"
    )
