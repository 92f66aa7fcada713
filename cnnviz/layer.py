"""One operation of a network at one input size: what it makes, what it costs, and why."""

from __future__ import annotations

from typing import Any, NamedTuple

from cnnviz.formulas import RULES, Extra, Field, Formula, Reach, Rule, Shape, Term, axis_names
from cnnviz.formulas.receptive_field import FIELD_JUMP, FIELD_SIZE
from cnnviz.formulas.rule import NUMBER
from cnnviz.program import Operation

BYTES = Formula("n * b", products="n")


class Measurement(NamedTuple):
    """What one operation took in a real forward pass."""

    latency_ms: float
    memory_bytes: int  # newly allocated for its outputs


class Formulas(NamedTuple):
    """Each number of a layer as a formula with the numbers put in; "" where there is nothing to explain."""

    shape: str
    parameters: str
    macs: str
    activation_bytes: str
    receptive_field: str

    def as_dict(self) -> dict[str, str]:
        return self._asdict()


class Layer(NamedTuple):
    """One operation at one input size. Shapes in `input_shapes` and `output_shapes` include the batch.

    A plain tuple, because a trace makes hundreds at once.
    """

    index: int  # type: ignore[assignment]  # not the method of tuples, which nobody needs here
    operation: Operation
    arguments: Any  # the operation's static arguments at this size
    inputs: tuple[int, ...]  # the layers it reads from, in the order of its operands
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    parameters: int  # own ones; those that an earlier layer already has count there
    trainable_parameters: int
    shared_with: tuple[str, ...]  # parameters that an earlier layer already counts
    activation_bytes: int  # of the tensors that this operation makes, for the whole batch
    fields: tuple[Field | None, ...]  # what each input sees of the network's input
    field: Field | None  # what the output sees
    measured: Measurement | None = None

    @property
    def name(self) -> str:
        """Module path: `features.conv1`."""
        return self.operation.name

    @property
    def module(self) -> str:
        return self.operation.module

    @property
    def op(self) -> str:
        return self.operation.op

    @property
    def rule(self) -> Rule:
        return RULES[self.operation.rule]

    @property
    def kind(self) -> str:
        """conv, pool, norm, act, linear, join, shape or other."""
        return self.rule.kind

    @property
    def output_shape(self) -> Shape:
        """Shape of the first output, without the batch axis."""
        return self.output_shapes[0][1:]

    @property
    def sizes(self) -> tuple[int | None, int | None, int | None]:
        """n_H, n_W and n_C at once."""
        return named_sizes(self.output_shapes[0], self.field)

    @property
    def n_H(self) -> int | None:  # noqa: N802 - the course's name
        return self.sizes[0]

    @property
    def n_W(self) -> int | None:  # noqa: N802
        return self.sizes[1]

    @property
    def n_C(self) -> int | None:  # noqa: N802
        return self.sizes[2]

    @property
    def macs(self) -> int:
        """Multiplications of convolutions, linear layers, matrix products for one image; no bias, no norm."""
        whole = self.rule.macs(self.arguments, self.input_shapes, self.output_shapes).number
        return per_image(whole, self._batch)

    @property
    def extra(self) -> Extra:
        """Other arithmetic for one image, by what it is."""
        whole = self.rule.extra(self.arguments, self.input_shapes, self.output_shapes)
        return Extra(*(per_image(count, self._batch) for count in whole))

    @property
    def receptive_field(self) -> Shape | None:
        """Pixels of the input that one output element sees, padding included: (height, width)."""
        return tuple(reach.size for reach in self.field) if self.field else None

    @property
    def jump(self) -> tuple[int | float, ...] | None:
        """Pixels of the input between neighbouring output elements; None where the map is gone."""
        if not self.field or any(reach.jump is None for reach in self.field):
            return None
        steps = (reach.jump for reach in self.field if reach.jump is not None)
        return tuple(step if isinstance(step, int) else float(step) for step in steps)

    @property
    def shape_terms(self) -> dict[str, Term]:
        """The sizes that this operation decides, each with its formula: `n_H`, `n_W`, `n_C`."""
        return self.rule.shape_terms(self.arguments, self.input_shapes, self.output_shapes)

    @property
    def parameters_term(self) -> Term | None:
        """Why it has that many parameters; None where the rule's formula does not tell (shared ones)."""
        term = self.rule.parameters(self.arguments, self.input_shapes)
        return term if term.number == self.parameters and not self.shared_with else None

    @property
    def macs_term(self) -> Term:
        """The multiplications for the whole batch."""
        return self.rule.macs(self.arguments, self.input_shapes, self.output_shapes)

    @property
    def bytes_terms(self) -> tuple[Term, ...]:
        """The memory of each tensor that it makes, for the whole batch; none where it makes none."""
        if self.operation.in_place or self.operation.alias:
            return ()
        made = (shape[1:] if self._batch == 1 and len(shape) > 1 else shape for shape in self.output_shapes)
        return tuple(Term(BYTES, (shape, self.operation.itemsize)) for shape in made)

    @property
    def field_terms(self) -> tuple[dict[str, Term], ...]:
        """How receptive field `r_H` and jump `j_H` grow, axis by axis; () where they stay as they were."""
        before = self.fields[0] if self.fields else None
        if self.field is None or before is None:
            return ()
        sizes = [(reach.size, reach.jump) for reach in self.field]
        if len(before) == len(sizes) and sizes == [(reach.size, reach.jump) for reach in before]:
            return ()
        names = axis_names(len(self.field)) or tuple(f"n_{i}" for i in range(len(self.field)))
        grown = (self._grown(a, b) for a, b in zip(before, self.field, strict=False))
        return tuple(
            {f"{symbol}_{name[2:]}": term for symbol, term in terms.items()}
            for name, terms in zip(names, grown, strict=True)
        )

    @property
    def formulas(self) -> Formulas:
        fields = self.field_terms
        return Formulas(
            shape="; ".join(f"{name} = {term.text}" for name, term in self.shape_terms.items()),
            parameters=self._parameters_text(),
            macs=f"MACs = {self.macs_term.text}" if self.macs_term.number else "",
            activation_bytes=self._bytes_text(),
            receptive_field="; ".join(
                ", ".join(f"{name} = {term.text}" for name, term in terms.items()) for terms in fields
            ),
        )

    @property
    def _batch(self) -> int:
        return self.output_shapes[0][0] if self.output_shapes[0] else 1

    def _parameters_text(self) -> str:
        if self.shared_with:
            return f"parameters = {self.parameters:,} (shared: {', '.join(self.shared_with)} count once)"
        if not self.parameters:
            return ""
        term = self.parameters_term
        return f"parameters = {term.text if term else f'{self.parameters:,}'}"

    def _bytes_text(self) -> str:
        if self.operation.in_place:
            return "activation bytes = 0 (in place: written over its input)"
        if self.operation.alias:
            return "activation bytes = 0 (a view: shares the memory of its input)"
        return "activation bytes = " + " and ".join(term.text for term in self.bytes_terms)

    def _grown(self, before: Reach, after: Reach) -> dict[str, Term]:
        """The terms of `r` and `j` along one axis; the number alone where no formula gives it."""
        steps = self.rule.field_steps(self.arguments, self.input_shapes)
        if before.axis is not None and isinstance(before.jump, int):
            if steps:
                f, s = steps[0][before.axis], steps[1][before.axis]
                size = Term(FIELD_SIZE, (before.size, f, before.jump))
                if size.number == after.size:
                    return {"r": size, "j": Term(FIELD_JUMP, (before.jump, s))}
            elif after.axis is None:  # all positions together, as a fully connected layer sees them
                n = self.input_shapes[0][before.axis]
                size = Term(FIELD_SIZE, (before.size, n, before.jump))
                if size.number == after.size:
                    return {"r": size}
        return {"r": Term(NUMBER, (after.size,))}


def per_image(count: int, batch: int) -> int:
    """A batch's count for one image; what does not grow with the batch stays."""
    return count // batch if batch > 1 and count % batch == 0 else count


def named_sizes(shape: Shape, field: Field | None) -> tuple[int | None, int | None, int | None]:
    """n_H, n_W and n_C of a tensor; the field knows which axes are height and width after a permute."""
    if len(shape) == 2:
        return None, None, shape[1]
    walking: list[int] = []
    scattered: list[int] = []
    for reach in field or ():
        if reach.axis is not None:
            (scattered if reach.jump is None else walking).append(reach.axis)
    if walking == [-2, -1] and len(shape) == 4 and not scattered:  # as nearly always
        return shape[2], shape[3], shape[1]
    if not walking and not scattered and len(shape) in (4, 5):
        walking = list(range(-(len(shape) - 2), 0))
    rest = [n for i, n in enumerate(shape[1:], 1 - len(shape)) if i not in walking and i not in scattered]
    channels = rest[0] if len(rest) == 1 else None
    sizes = [shape[axis] for axis in sorted(walking)]
    if not sizes or scattered:
        return None, None, channels
    return (sizes[-2] if len(sizes) > 1 else None), sizes[-1], channels
