"""The tables of a comparison."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cnnviz.architectures import Published
from cnnviz.architectures.architecture import Quantity
from cnnviz.compare.claims import Claim
from cnnviz.compare.contestants import Contestant, data_of
from cnnviz.compare.difference import Difference, Sums
from cnnviz.compare.findings import Finding, findings, named, short
from cnnviz.compare.measures import Measure, words
from cnnviz.compare.sheet import Cell, Sheet
from cnnviz.compare.totals import Part, Stage, Totals, stage_rows, totals, type_rows
from cnnviz.compare.totals import share as share_of
from cnnviz.tables import bytes_text, label

if TYPE_CHECKING:
    from cnnviz.conventions import Convention

MACS_NOTE = "MACs: multiplications for one image, no bias, no norm."
TOTALS_NOTE = (
    "Depth: layers with weights on the longest way. "
    "Memory of activations: to train, all of them; to run, most alive at once. Errors in %, as published."
)


def convention_of(compared: Sequence[Contestant]) -> Convention | None:
    """How all of them are counted; None for MACs."""
    return compared[0].convention if compared else None


def cost_heading(compared: Sequence[Contestant]) -> str:
    """What stands over what they cost: `MACs`, `FLOPs`, `as fvcore`."""
    return label(convention_of(compared)).replace(" as ", "\nas ")


def counted_note(compared: Sequence[Contestant]) -> str:
    """What is counted, in a sentence."""
    convention = convention_of(compared)
    if convention is None:
        return MACS_NOTE
    return f"{words('counted', convention)}: {convention.words}, for one image."


def totals_sheet(compared: Sequence[Contestant], *, sources: bool = False) -> Sheet:
    """Each contestant as a whole; `sources` says beside the errors who published them."""
    notes = list(dict.fromkeys(note for of in compared for note in (*_other_data(of), *_remarks(of))))
    every = [totals(of) for of in compared]
    columns: tuple[str, ...] = ("parameters", cost_heading(compared), "depth")
    columns = (*columns, "memory\nto train", "memory\nto run")
    columns = (*columns, "top-1\nerror", "top-5\nerror")
    if sources:
        columns = ("input", *columns, "errors from")
    caption = f"{len(compared)} networks" if len(compared) > 1 else compared[0].label if compared else ""
    return Sheet(
        caption,
        ("network", *columns),
        tuple(_totals_row(of, sources=sources) for of in every),
        tuple(_totals_texts(of, sources=sources) for of in every),
        (counted_note(compared), TOTALS_NOTE, *notes),
    )


def _totals_row(of: Totals, *, sources: bool) -> tuple[Cell, ...]:
    errors = (of.top1_error, of.top5_error)
    return (
        of.label,
        *((of.input,) if sources else ()),
        of.parameters,
        of.counted,
        of.weight_layers,
        of.activation_bytes,
        of.peak_activation_bytes,
        *(error.value if error else None for error in errors),
        *((_source(*errors),) if sources else ()),
    )


def _totals_texts(of: Totals, *, sources: bool) -> tuple[str, ...]:
    errors = (of.top1_error, of.top5_error)
    return (
        of.label,
        *((of.input,) if sources else ()),
        f"{of.parameters:,}",
        f"{of.counted:,}",
        str(of.weight_layers),
        bytes_text(of.activation_bytes),
        bytes_text(of.peak_activation_bytes),
        *(f"{error.value:.3g}" if error else "" for error in errors),
        *((_source(*errors),) if sources else ()),
    )


def stages_sheet(compared: Sequence[Contestant], measure: Measure, *, share: bool = False) -> Sheet:
    """A measure of each contestant by the size of the maps that its layers make."""
    rows = stage_rows(compared)
    return Sheet(
        f"{_measured(measure, compared, share=share)} by output size",
        ("network", *(row.label for row in rows)),
        tuple(
            (of.label, *(_value(row.stages[i], of, measure, share=share) for row in rows))
            for i, of in enumerate(compared)
        ),
        tuple(
            (of.label, *(_value_text(row.stages[i], of, measure, share=share) for row in rows))
            for i, of in enumerate(compared)
        ),
    )


def stage_sizes_sheet(compared: Sequence[Contestant]) -> Sheet:
    """Which sizes and channels stand behind each stage."""
    rows = stage_rows(compared)
    cells = tuple((of.label, *(_size_text(row.stages[i]) for row in rows)) for i, of in enumerate(compared))
    return Sheet(
        "Output sizes, and n_C of the last output of each", ("network", *(row.label for row in rows)), cells
    )


def types_sheet(compared: Sequence[Contestant], measure: Measure, *, share: bool = False) -> Sheet:
    """A measure of each contestant by what sort of operation it is spent on."""
    rows = [row for row in type_rows(compared) if any(getattr(part, measure) for part in row.parts)]
    return Sheet(
        f"{_measured(measure, compared, share=share)} by operation",
        ("operation", *(of.label for of in compared)),
        tuple(
            (
                row.type,
                *(
                    _value(part, of, measure, share=share)
                    for part, of in zip(row.parts, compared, strict=True)
                ),
            )
            for row in rows
        ),
        tuple(
            (
                row.type,
                *(
                    _value_text(part, of, measure, share=share)
                    for part, of in zip(row.parts, compared, strict=True)
                ),
            )
            for row in rows
        ),
    )


def difference_sheet(found: Difference, told: Sequence[Finding] | None = None) -> Sheet:
    """What is different, and what each difference costs; the last row is the difference of the totals."""
    told = findings(found) if told is None else told
    said = [(f"{finding.sentence}{named(finding.places)}", finding.sums) for finding in told]
    said.append(("together", found.total))
    return Sheet(
        f"{found.after.label} against {found.before.label}",
        ("difference", cost_heading([found.after]), "parameters", "activation\nbytes"),
        tuple((text, sums.counted, sums.parameters, sums.activation_bytes) for text, sums in said),
        tuple((text, *sum_texts(sums)) for text, sums in said),
        (
            f"{found.same} layers are the same in both."
            if found.same != 1
            else "One layer is the same in both.",
        ),
    )


def claims_sheet(claims: Sequence[Claim]) -> Sheet:
    return Sheet(
        "What is said of the classic networks, and what the traces say",
        ("claim", "holds", "what the traces say", "numbers", "source"),
        tuple(
            (c.statement, "yes" if c.holds else "no", c.verdict, "; ".join(c.numbers), c.source)
            for c in claims
        ),
    )


def sum_texts(sums: Sums) -> tuple[str, str, str]:
    """Exact differences with their signs: `+231,211,008`; nothing where nothing changes."""
    return tuple(  # type: ignore[return-value]
        f"{n:+,}".replace("-", "−") if n else "0"
        for n in (sums.counted, sums.parameters, sums.activation_bytes)
    )


def _measured(measure: Measure, compared: Sequence[Contestant], *, share: bool) -> str:
    said = words(measure, convention_of(compared))
    return f"Share of {said} in %" if share else f"{said[0].upper()}{said[1:]}"


def _value(part: Stage | Part | None, of: Contestant, measure: Measure, *, share: bool) -> Cell:
    if part is None:
        return None
    whole = part.part if isinstance(part, Stage) else part
    if share:
        return round(share_of(whole, of, measure), 2)
    return int(getattr(whole, measure))


def _value_text(part: Stage | Part | None, of: Contestant, measure: Measure, *, share: bool) -> str:
    value = _value(part, of, measure, share=share)
    if value is None:
        return ""
    if share:
        return f"{value:.1f}"
    return bytes_text(int(value)) if measure == "activation_bytes" else short(int(value))


def _size_text(stage: Stage | None) -> str:
    if stage is None or not stage.sizes:
        return ""
    return f"{stage.sizes}, {stage.n_C}" if stage.n_C is not None else stage.sizes


def _source(top1: Published | None, top5: Published | None) -> str:
    sources = dict.fromkeys(figure.source for figure in (top1, top5) if figure)
    return "; ".join(sources)


def _other_data(of: Contestant) -> list[str]:
    """Errors on other images than ImageNet cannot be compared with those."""
    tops: tuple[Quantity, ...] = ("top1_error", "top5_error")
    figures = [figure for top in tops if (figure := of.published(top))]
    data = dict.fromkeys(data_of(figure) for figure in figures if data_of(figure) != "ImageNet")
    return [f"{of.label}: its error is on {name or 'other images'}, not ImageNet." for name in data]


def _remarks(of: Contestant) -> list[str]:
    said = [f"{of.label}: not counted: {', '.join(of.trace.uncounted)}."] if of.trace.uncounted else []
    if of.trace.unused_parameters:
        unused = f"{of.trace.unused_parameters:,} of its parameters"
        said.append(f"{of.label}: {unused} are in parts that this pass does not run.")
    return [*said, *(f"{of.label}: {remark}." for remark in of.trace.remarks)]
