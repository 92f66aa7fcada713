"""The parts of a comparison, each drawn when it is looked at and not before."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any

import streamlit as st

from cnnviz.compare.claims import Claim
from cnnviz.compare.figures import CostName, Side
from cnnviz.compare.findings import sums_text
from cnnviz.compare.measures import Measure, words
from cnnviz.compare.published import Top
from cnnviz.compare.sheet import Sheet
from cnnviz.ui import counting, link_problems, links, widgets
from cnnviz.ui.block_graph.sheet import SheetColumn, sheet_table
from cnnviz.ui.compare import cached, entries
from cnnviz.ui.compare.cached import Keys
from cnnviz.ui.link_problems import Rule, one_of

MEASURES: dict[str, Measure] = {
    "MACs": "counted",
    "parameters": "parameters",
    "memory": "activation_bytes",
}
SIDES: tuple[Side, ...] = ("n_C", "n_H", "n_W")
TOPS: dict[str, Top] = {"top-1": "top1_error", "top-5": "top5_error"}
COSTS: dict[str, CostName] = {"MACs": "counted", "parameters": "parameters"}
FIGURES = "compare_figures"  # the key of the container that the figures are in
FIGURE_PARTS = frozenset({"Totals", "Curves", "Operations", "Errors", "Timeline"})
SHOWN_KEYS = links.SHOWN_KEYS
_PLOT = {"displayModeBar": False}


@st.fragment
def comparison(keys: Keys, keep_up: Callable[[], None]) -> None:
    """The part that is chosen, with what decides how it is drawn; `keep_up` tells who else shows it."""
    link_problems.take(_rules(keys))
    link_problems.show(links.chosen())
    part = st.segmented_control(
        "Part",
        list(VIEWS),
        default="Totals",
        required=True,
        key=links.COMPARED,
        bind="query-params",
        label_visibility="collapsed",
    )
    VIEWS[part](keys)
    keep_up()


def _rules(keys: Keys) -> Iterator[Rule]:
    """What the link may say of the parts."""
    yield one_of(links.COMPARED, VIEWS)
    for name, names in (
        (links.MEASURE, MEASURES),
        (links.CURVE, (*MEASURES, *SIDES)),
        (links.COST, COSTS),
        (links.TOP, TOPS),
    ):
        yield one_of(name, names, also=(counting.heading(),))
    for name, on in ((links.RELATIVE, False), (links.ALONG, False), (links.EVERYTHING, True)):
        yield link_problems.switch(name, on=on)
    if len(keys) > 1:
        known = list(_labelled(keys))
        before = str(st.session_state.get(links.BEFORE) or st.query_params.get(links.BEFORE))
        yield one_of(links.BEFORE, known)
        yield one_of(
            links.AFTER, [label for label in known if label != (before if before in known else known[0])]
        )


def _totals(keys: Keys) -> None:
    sheet, figure, errors = cached.totals(keys, counting.comparing())
    _table(sheet, "compare_totals", bars=True)
    st.caption(" ".join(sheet.notes))
    _plot(figure, "Totals of each network as bars", height=90 + 46 * len(keys))
    if errors:
        with st.expander("Where the errors come from"):
            st.markdown("\n".join(f"- {widgets.plain(line)}" for line in errors))


def _stages(keys: Keys) -> None:
    measure = _measure()
    counts, shares, sizes = cached.stages(keys, measure, counting.comparing())
    for name, sheet in (("sizes", sizes), ("shares", shares), ("counts", counts)):
        st.markdown(f"**{sheet.caption}**")
        _table(sheet, f"compare_{name}")


def _curves(keys: Keys) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        measure = _measure((*MEASURES, *SIDES), links.CURVE)
        relative = st.toggle(
            "Share of the total", False, key=links.RELATIVE, bind="query-params", disabled=measure in SIDES
        )
        along = st.toggle("Share of the depth", False, key=links.ALONG, bind="query-params")
    if measure in SIDES:
        figure = cached.size_figure(keys, measure, along=along)
        said = f"{measure} of each network along its main line"
    else:
        figure = cached.cost_figure(keys, measure, counting.comparing(), relative=relative, along=along)
        said = f"{_called(measure)} of each network, added up through the depth"
    _plot(figure, said, height=430)
    st.caption(
        "Depth counts convolutional and fully connected layers on the longest way, as papers do: VGG-16 ends "
        "at 16, ResNet-50 at 50. Branches side by side lie at the same depth."
    )


def _operations(keys: Keys) -> None:
    figure, sheet = cached.types(keys, measure := _measure(), counting.comparing())
    _plot(
        figure,
        f"{_called(measure)} of each network by sort of operation",
        height=150 + 48 * len(keys),
    )
    _table(sheet, "compare_operations")


def _errors(keys: Keys) -> None:
    with st.container(horizontal=True, vertical_alignment="center"):
        top = _top()
        cost = COSTS[_control("Against", list(COSTS), links.COST)]
        everything = st.toggle("With the whole catalogue", True, key=links.EVERYTHING, bind="query-params")
    figure, shown, front, missing = cached.bubbles(
        keys, top, cost, counting.comparing(), everything=everything
    )
    if not shown:
        st.info("None of these has a published error on ImageNet that is of just this variant and input.")
        return
    _plot(figure, f"Published error against {_called(cost)}, a bubble for each network", height=520)
    st.markdown(
        "On the Pareto front, cheapest first: "
        + ", ".join(f"{point.title} ({point.error.value:g} %)" for point in front)
        + "."
    )
    if missing:
        named = ", ".join(widgets.plain(label) for label in missing)
        st.markdown(
            f"Not in the picture: {named}. No error on ImageNet was published of just this variant and input."
        )
    st.caption(
        "On the front nobody is better in one and as good in the other. The area of a bubble is the other "
        "cost; the pointer on it shows who published the error, and how."
    )


def _difference(keys: Keys) -> None:
    if len(keys) < 2:
        st.info("A difference needs two networks: add another one above.")
        return
    before, after = _two(keys)
    found, told, sheet = cached.difference_of(before, after, counting.comparing())
    if not told:
        st.markdown("Layer by layer they are the same.")
        return
    said = words("counted", found.after.convention)
    level = "###" if links.presenting() else "####"
    st.markdown(f"{level} {_begun(f'{told[0].sentence}: {sums_text(told[0].sums, said)}')}.")
    _table(sheet, "compare_difference", total=True)
    st.caption(
        f"{found.same:,} layers are the same in both. What a layer costs more or less because of another one "
        "before it is counted there, so that the rows add up to the difference of the totals."
    )


def _timeline(keys: Keys) -> None:
    figure, drawn = cached.timeline(keys, _top())
    counting.stays("What the pointer shows of each network")
    _plot(figure, "Published ImageNet error of each network by year", height=110 + 24 * len(drawn))
    st.caption(
        "The first figure that was published for a variant of each network, one crop and one model where "
        "there is one; the pointer on it shows whose. Networks for CIFAR-10 are left out."
    )


def _claims(_: Keys) -> None:
    counting.stays("These statements are about multiplications")
    cells = st.grid(2, min_column_width=420)
    for claim in cached.claims():
        cells.container(border=True).markdown(_claim(claim))


def _claim(claim: Claim) -> str:
    sign = (
        ":green[:material/check_circle:] **holds**"
        if claim.holds
        else ":orange[:material/cancel:] **does not hold**"
    )
    numbers = "\n".join(f"- {widgets.plain(number)}" for number in claim.numbers)
    source = f":small[Said by: {widgets.plain(claim.source)}]"
    return f"##### {claim.statement}\n\n{sign}: {claim.verdict}\n\n{numbers}\n\n{source}"


VIEWS: dict[str, Callable[[Keys], None]] = {
    "Totals": _totals,
    "Stages": _stages,
    "Curves": _curves,
    "Operations": _operations,
    "Errors": _errors,
    "Difference": _difference,
    "Timeline": _timeline,
    "Claims": _claims,
}


def shown() -> str:
    """The part that is looked at."""
    return str(st.session_state.get(links.COMPARED) or "Totals")


def sheets(keys: Keys, part: str) -> dict[str, Sheet]:
    """The tables of a part, as they are exported."""
    measure = MEASURES.get(str(st.session_state.get(links.MEASURE)), "counted")
    if part == "Stages":
        counts, shares, sizes = cached.stages(keys, measure, counting.comparing())
        return {"Counts": counts, "Shares": shares, "Sizes": sizes}
    if part == "Operations":
        return {"Operations": cached.types(keys, measure, counting.comparing())[1]}
    if part == "Difference" and len(keys) > 1:
        known = _labelled(keys)
        before = known.get(str(st.session_state.get(links.BEFORE)), keys[0])
        after = known.get(str(st.session_state.get(links.AFTER)), keys[1])
        return {"Difference": cached.difference_of(before, after, counting.comparing())[2]}
    if part == "Claims":
        return {"Claims": cached.claims_sheet()}
    return {"Totals": cached.totals_with_sources(keys, counting.comparing())}


def _measure(names: Sequence[str] = tuple(MEASURES), key: str = links.MEASURE) -> Any:
    """What the figures are about, as the rest of the code names it."""
    chosen = _control("Quantity", names, key)
    return MEASURES.get(chosen, chosen)


def _called(measure: Measure) -> str:
    return words(measure, counting.comparing_convention())


def _top() -> Top:
    return TOPS[_control("Error", list(TOPS), links.TOP)]


def _control(label: str, names: Sequence[str], key: str) -> str:
    return str(
        st.segmented_control(
            label,
            list(names),
            default=names[0],
            required=True,
            key=key,
            bind="query-params",
            label_visibility="collapsed",
            format_func=lambda name: counting.comparing_heading() if name == "MACs" else name,
        )
    )


def _two(keys: Keys) -> tuple[str, str]:
    known = _labelled(keys)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        before = st.selectbox("From", list(known), 0, key=links.BEFORE, bind="query-params", width=320)
        rest = [label for label in known if label != before]
        after = st.selectbox("to", rest, 0, key=links.AFTER, bind="query-params", width=320)
    return known[before], known[after]


def _labelled(keys: Keys) -> dict[str, str]:
    """The keys by what a person calls them."""
    return {of.label: key for of, key in zip(entries.contestants(keys), keys, strict=True)}


def _plot(figure: Any, words: str, *, height: int) -> None:
    with st.container(key=FIGURES):
        st.plotly_chart(figure, height=height, alt=words, config=_PLOT)


def _table(sheet: Sheet, key: str, *, bars: bool = False, total: bool = False) -> None:
    numeric = sheet.numeric
    columns: list[SheetColumn] = [
        {
            "name": " ".join(name.split()),
            "texts": [row[i] for row in sheet.read],
            "values": [row[i] for row in sheet.rows],
            "numeric": numeric[i],
            "bars": bars and numeric[i],
        }
        for i, name in enumerate(sheet.columns)
    ]
    sheet_table(columns, key=key, label=sheet.caption, total=total, large=links.presenting())


def _begun(text: str) -> str:
    """A finding as a headline; what stands in brackets is not read as Markdown."""
    return widgets.plain(text[0].upper() + text[1:])
