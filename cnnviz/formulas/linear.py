"""Fully connected layers, matrix products, attention and recurrent layers."""

from __future__ import annotations

from math import prod
from typing import NamedTuple

from cnnviz.errors import ShapeError
from cnnviz.formulas.formula import Formula, Term
from cnnviz.formulas.receptive_field import Field, Fields, Shape, Shapes, join, mix_axes
from cnnviz.formulas.rule import NOTHING, NUMBER, PRODUCT, Extra, Nothing, Rule, size_text

PARAMETERS = Formula("n_in * n_out")
PARAMETERS_BIAS = Formula("(n_in + 1) * n_out")
MACS = Formula("n_in * n_out")
MACS_ROWS = Formula("rows * n_in * n_out", products="rows")  # the same layer for every position
MACS_MATMUL = Formula("batch * n * k * m", products="batch")
MACS_ATTENTION = Formula("batch * queries * keys * (d_k + d_v)", products="batch")


class LinearArguments(NamedTuple):
    """The static arguments of a fully connected layer."""

    out_features: int
    in_features: int | None  # None: built for whatever comes
    bias: bool


class Linear(Rule):
    """A fully connected layer on the last axis."""

    kind = "linear"
    arguments = LinearArguments

    def outputs(self, a: LinearArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        if a.in_features is not None and x[-1] != a.in_features:
            raise ShapeError(f"got {x[-1]:,} values, needs {a.in_features:,}")
        return ((*x[:-1], a.out_features),)

    def shape_terms(self, a: LinearArguments, inputs: Shapes, outputs: Shapes) -> dict[str, Term]:
        return {"n_C": Term(NUMBER, (a.out_features,))} if len(outputs[0]) == 2 else {}

    def depth(self, a: LinearArguments) -> int:
        return 1

    def parameters(self, a: LinearArguments, inputs: Shapes) -> Term:
        return Term(PARAMETERS_BIAS if a.bias else PARAMETERS, (inputs[0][-1], a.out_features))

    def macs(self, a: LinearArguments, inputs: Shapes, outputs: Shapes) -> Term:
        *rows, n_in = inputs[0]
        if prod(rows) == 1:
            return Term(MACS, (n_in, a.out_features))
        return Term(MACS_ROWS, (tuple(rows), n_in, a.out_features))

    def extra(self, a: LinearArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(bias=prod(outputs[0]) if a.bias else 0)

    def field(self, a: LinearArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and mix_axes(fields[0], (-1,), inputs[0])


class MatrixProduct(Rule):
    """`a @ b` with batches of matrices, as torch.matmul."""

    kind = "linear"

    def outputs(self, a: Nothing, inputs: Shapes) -> tuple[Shape, ...]:
        x, y = inputs
        if not x or not y or x[-1] != (y[-2] if len(y) > 1 else y[0]):
            raise ShapeError(f"cannot multiply {size_text(x)} with {size_text(y)}")
        batch = broadcast(x[:-2], y[:-2])
        return ((*batch, *x[-2:-1], *(y[-1:] if len(y) > 1 else ())),)

    def macs(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Term:
        x, y = inputs
        rows, columns = x[-2] if len(x) > 1 else 1, y[-1] if len(y) > 1 else 1
        batch = broadcast(x[:-2], y[:-2])
        return Term(MACS_MATMUL, (batch, rows, x[-1], columns))

    def field(self, a: Nothing, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        x, y = fields
        left = x and mix_axes(x, (-1,), inputs[0])
        right = y and mix_axes(y, (-2,), inputs[1])
        return join((left, right), (outputs[0], outputs[0]), outputs[0])


class AddedProduct(MatrixProduct):
    """`bias + a @ b`: torch.addmm and torch.baddbmm."""

    def outputs(self, a: Nothing, inputs: Shapes) -> tuple[Shape, ...]:
        return super().outputs(a, inputs[1:])

    def macs(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Term:
        return super().macs(a, inputs[1:], outputs)

    def extra(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Extra:
        return Extra(bias=prod(outputs[0]))

    def field(self, a: Nothing, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return super().field(a, fields[1:], inputs[1:], outputs)


class EinsumArguments(NamedTuple):
    """The letters of the axes of both operands and of the output: `torch.einsum("bid,bjd->bij", q, k)`."""

    left: str
    right: str
    out: str


class Einsum(Rule):
    """Einstein summation over two tensors: a matrix product with the axes named by letters."""

    kind = "linear"
    arguments = EinsumArguments

    def outputs(self, a: EinsumArguments, inputs: Shapes) -> tuple[Shape, ...]:
        sizes = self._sizes(a, inputs)
        return (tuple(sizes[letter] for letter in a.out),)

    def macs(self, a: EinsumArguments, inputs: Shapes, outputs: Shapes) -> Term:
        """One multiplication for each output and each place on the axes that both share and the output lacks.

        Without such an axis nothing is summed over products, and it is elementwise arithmetic.
        """
        sizes = self._sizes(a, inputs)
        summed = [letter for letter in dict.fromkeys(a.left) if letter in a.right and letter not in a.out]
        if not summed:
            return NOTHING
        return Term(PRODUCT, (tuple(sizes[letter] for letter in (*a.out, *summed)),))

    def field(self, a: EinsumArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        seen = []
        for letters, field, shape in zip((a.left, a.right), fields, inputs, strict=True):
            rank = len(letters)
            gone = [i - rank for i, letter in enumerate(letters) if letter not in a.out]
            place = {
                i - rank: a.out.index(letter) - len(a.out)
                for i, letter in enumerate(letters)
                if letter in a.out
            }
            mixed = field and mix_axes(field, gone, shape)
            seen.append(
                mixed and tuple(r if r.axis is None else r._replace(axis=place[r.axis]) for r in mixed)
            )
        return join(seen, (outputs[0], outputs[0]), outputs[0])

    def _sizes(self, a: EinsumArguments, inputs: Shapes) -> dict[str, int]:
        sizes: dict[str, int] = {}
        for letters, shape in zip((a.left, a.right), inputs, strict=True):
            if len(letters) != len(shape):
                raise ShapeError(f"got {size_text(shape)}, needs the axes {letters}")
            for letter, n in zip(letters, shape, strict=True):
                if sizes.setdefault(letter, n) not in (n, 1) and n != 1:
                    raise ShapeError(f"got {n} and {sizes[letter]} along axis {letter}, needs equal sizes")
                sizes[letter] = max(n, sizes[letter])
        return sizes


class Attention(Rule):
    """Scaled dot-product attention: softmax(q @ k^T / sqrt(d)) @ v (Vaswani et al. 2017, equation 1)."""

    kind = "linear"

    def outputs(self, a: Nothing, inputs: Shapes) -> tuple[Shape, ...]:
        q, k, v = inputs[:3]
        if q[-1] != k[-1] or k[-2] != v[-2]:
            shapes = " with ".join(size_text(s) for s in (q, k, v))
            raise ShapeError(f"cannot attend from {shapes}")
        return ((*q[:-1], v[-1]),)

    def macs(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Term:
        q, k, v = inputs[:3]
        return Term(MACS_ATTENTION, (q[:-2], q[-2], k[-2], q[-1], v[-1]))

    def extra(self, a: Nothing, inputs: Shapes, outputs: Shapes) -> Extra:
        q, k = inputs[:2]
        return Extra(activation=prod(q[:-1]) * k[-2])

    def field(self, a: Nothing, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        seen = [f and mix_axes(f, (-2, -1), s, keep=True) for f, s in zip(fields, inputs, strict=True)]
        return join(seen[:3], (outputs[0],) * len(seen[:3]), outputs[0])


class MultiheadArguments(NamedTuple):
    """The static arguments of nn.MultiheadAttention."""

    embed_dim: int
    heads: int
    key_dim: int  # width of the keys that come in
    value_dim: int
    bias: bool
    batch_first: bool


ATTENTION_PARAMETERS = Formula("E*(E + E_k + E_v) + E*E + b*4*E")
ATTENTION_MACS = Formula("N*L*E*E + N*S*(E_k + E_v)*E + N*L*S*2*E + N*L*E*E")


class MultiheadAttention(Rule):
    """nn.MultiheadAttention: three projections in, attention, one projection out."""

    kind = "linear"
    arguments = MultiheadArguments

    def outputs(self, a: MultiheadArguments, inputs: Shapes) -> tuple[Shape, ...]:
        query, key = inputs[0], inputs[1]
        for what, shape, width in (("query", query, a.embed_dim), ("key", key, a.key_dim)):
            if len(shape) != 3 or shape[-1] != width:
                raise ShapeError(f"got a {what} of {size_text(shape)}, needs batch x length x {width}")
        n, length, source = self._sizes(a, inputs)
        return query, (n, length, source)

    def depth(self, a: MultiheadArguments) -> int:
        return 2

    def parameters(self, a: MultiheadArguments, inputs: Shapes) -> Term:
        return Term(ATTENTION_PARAMETERS, (a.embed_dim, a.key_dim, a.value_dim, int(a.bias)))

    def macs(self, a: MultiheadArguments, inputs: Shapes, outputs: Shapes) -> Term:
        n, length, source = self._sizes(a, inputs)
        return Term(ATTENTION_MACS, (n, length, a.embed_dim, source, a.key_dim, a.value_dim))

    def extra(self, a: MultiheadArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        n, length, source = self._sizes(a, inputs)
        bias = (2 * n * length + 2 * n * source) * a.embed_dim if a.bias else 0
        return Extra(bias=bias, activation=n * a.heads * length * source)

    def field(self, a: MultiheadArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        seen = [f and mix_axes(f, (-3, -2, -1), s, keep=True) for f, s in zip(fields, inputs, strict=True)]
        return join(seen[:3], (outputs[0],) * len(seen[:3]), outputs[0])

    def _sizes(self, a: MultiheadArguments, inputs: Shapes) -> Shape:
        (n, length), source = inputs[0][:2], inputs[1][1]
        if not a.batch_first:
            (length, n), source = inputs[0][:2], inputs[1][0]
        return n, length, source


class RecurrentArguments(NamedTuple):
    """The static arguments of nn.LSTM, nn.GRU and nn.RNN."""

    gates: int  # 4 for LSTM, 3 for GRU, 1 for a plain RNN
    input_size: int
    hidden_size: int
    layers: int
    bias: bool
    batch_first: bool
    directions: int
    projection: int  # 0: none (LSTM only)


# One layer and direction: each gate multiplies the input and the previous output with a matrix.
RECURRENT = Formula("D * (G*H*(I + O) + b*2*G*H + O*H*p) + D*(L - 1) * (G*H*(D*O + O) + b*2*G*H + O*H*p)")


class Recurrent(Rule):
    """nn.LSTM, nn.GRU, nn.RNN: the output sequence and the last state."""

    kind = "linear"
    arguments = RecurrentArguments

    def outputs(self, a: RecurrentArguments, inputs: Shapes) -> tuple[Shape, ...]:
        x = inputs[0]
        if len(x) != 3 or x[-1] != a.input_size:
            raise ShapeError(f"got {size_text(x)}, needs batch x length x {a.input_size}")
        out = a.projection or a.hidden_size
        n = x[0] if a.batch_first else x[1]
        states: tuple[Shape, ...] = ((a.layers * a.directions, n, out),)
        if a.gates == 4:
            states = (*states, (a.layers * a.directions, n, a.hidden_size))
        return ((*x[:2], a.directions * out), *states)

    def depth(self, a: RecurrentArguments) -> int:
        return a.layers

    def parameters(self, a: RecurrentArguments, inputs: Shapes) -> Term:
        return Term(RECURRENT, self._values(a, bias=int(a.bias)))

    def macs(self, a: RecurrentArguments, inputs: Shapes, outputs: Shapes) -> Term:
        weights = Term(RECURRENT, self._values(a, bias=0)).number  # each used once at every position
        return Term(PRODUCT, ((*inputs[0][:2], weights),))

    def extra(self, a: RecurrentArguments, inputs: Shapes, outputs: Shapes) -> Extra:
        steps = prod(inputs[0][:2]) * a.layers * a.directions
        gates = steps * a.gates * a.hidden_size
        return Extra(bias=2 * gates if a.bias else 0, activation=gates, elementwise=3 * steps * a.hidden_size)

    def field(self, a: RecurrentArguments, fields: Fields, inputs: Shapes, outputs: Shapes) -> Field | None:
        return fields[0] and mix_axes(fields[0], (-3, -2, -1), inputs[0], keep=True)

    def _values(self, a: RecurrentArguments, *, bias: int) -> tuple[int, ...]:
        out = a.projection or a.hidden_size
        return (
            a.directions,
            a.gates,
            a.hidden_size,
            a.input_size,
            out,
            bias,
            int(bool(a.projection)),
            a.layers,
        )


def broadcast(x: Shape, y: Shape) -> Shape:
    """The shape that two shapes broadcast to. Raises ShapeError where they do not fit."""
    if x == y:
        return x
    longer, shorter = (x, y) if len(x) >= len(y) else (y, x)
    out = list(longer)
    for i in range(-len(shorter), 0):
        a, b = longer[i], shorter[i]
        if a != b and a != 1 and b != 1:
            raise ShapeError(
                f"got {size_text(x)} and {size_text(y)}, needs equal sizes (or 1) along each axis"
            )
        out[i] = b if a == 1 else a
    return tuple(out)
