"""The page Measured: what to measure, and what came out."""

from __future__ import annotations

import secrets
from functools import partial
from typing import NamedTuple

import pandas as pd
import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.roofline import Report, figures, memory, written
from cnnviz.tables import bytes_text
from cnnviz.targets import DTYPES
from cnnviz.trace import Trace
from cnnviz.ui import counting, link_problems, links, measuring, own_models, widgets
from cnnviz.ui.block_graph.waiting import waiting
from cnnviz.ui.exports import save
from cnnviz.ui.links import Chosen, Designed

BATCHES = (1, 2, 4, 8, 16, 32, 64)
THREADS = {1: "1", 0: "as many as torch takes"}  # with what the link says
_JOB = "measure_job"  # the number of what this visitor has handed in last
_PROBLEM = "measure_problem"  # what could not be handed in, and why
_VISITOR = "measure_visitor"


class Setup(NamedTuple):
    """How to measure."""

    device: str
    batch_size: int
    dtype: str
    threads: int


def read_link() -> None:
    """Takes from the link what cannot be measured, with a sentence. Call it before the bar."""
    link_problems.take(
        (
            link_problems.one_of(links.DEVICE, devices()),
            link_problems.one_of(links.BATCH, map(str, BATCHES), BATCHES[0]),
            link_problems.one_of(links.DTYPE, DTYPES),
            link_problems.one_of(links.THREADS, THREADS.values(), next(iter(THREADS))),
        )
    )


def setup_bar() -> Setup:
    """Device, batch, numbers, threads; all in the link."""
    row = st.container(horizontal=True, vertical_alignment="bottom", gap="small")
    device = row.segmented_control(
        "Device",
        devices(),
        default="cpu",
        required=True,
        key=links.DEVICE,
        bind="query-params",
        help="Where the server runs, not where you sit",
    )
    batch = row.selectbox("Images at once", BATCHES, 0, key=links.BATCH, bind="query-params", width=130)
    dtype = row.selectbox(
        "Numbers",
        DTYPES,
        0,
        key=links.DTYPE,
        bind="query-params",
        width=150,
        help="Of weights and activations",
    )
    threads = row.selectbox(
        "Threads",
        list(THREADS),
        0,
        format_func=THREADS.__getitem__,
        key=links.THREADS,
        bind="query-params",
        width=190,
        help="One thread is steadier while others use this machine",
    )
    return Setup(device or "cpu", batch, dtype, threads)


@st.cache_resource(show_spinner=False)
def devices() -> tuple[str, ...]:
    """What the server has."""
    import torch

    return ("cpu", "cuda") if torch.cuda.is_available() else ("cpu",)


def refused(chosen: Chosen | Designed) -> bool:
    """Whether the network cannot be run here; says why."""
    if chosen.network is None or not own_models.only_read(chosen.network):
        return False
    said = (
        f"{chosen.network.architecture.name} is a file, which is read and never run, so its time cannot be "
        "measured. A server that was started with the Python model, as by cnnviz app my_models:net, measures "
        "that."
    )
    st.info(widgets.plain(said), icon=":material/timer_off:")
    return True


def report(chosen: Chosen | Designed, trace: Trace, setup: Setup) -> Report | None:
    """The report, where somebody has had it measured, below what there is to do; None before."""
    name, options, shape = chosen.key
    asked = measuring.Asked(name, shape, options, *setup)
    found = measuring.known(asked)
    job = measuring.job(st.session_state.get(_JOB))
    pending = job is not None and not job.over.is_set()
    here = job is not None and job.asked == asked
    with st.container(horizontal=True, vertical_alignment="center"):
        st.button(
            "Measure again" if found else "Measure",
            type="secondary" if found else "primary",
            icon=":material/timer:",
            disabled=pending and here,
            key="measure",
            on_click=_start,
            args=(asked, trace, setup),
            help="In place of the one that is still to be measured" if pending and not here else None,
        )
        if found is None:
            st.caption(
                "Runs the network on the server a few times, in a process of its own. "
                "Everybody who asks for the same gets the same answer."
            )
        else:
            st.caption(f"{widgets.plain(written.title(found))}.")
    if job is not None and pending:
        waiting(
            job.number,
            key="measure_waiting",
            title=job.asked.title,
            on_cancelled=_cancel,
            on_ended=lambda: None,
        )
    for_this, problem = st.session_state.get(_PROBLEM, (None, ""))
    if job is not None and here and job.status == "failed":
        for_this, problem = asked, job.problem
    if problem and for_this == asked:
        widgets.error(widgets.sentence(problem), icon=":material/timer_off:")
    return found


def _start(asked: measuring.Asked, trace: Trace, setup: Setup) -> None:
    """Hands the measurement in; why that cannot be is said on the page."""
    st.session_state.pop(_PROBLEM, None)
    try:
        _check(trace, setup)
        st.session_state[_JOB] = measuring.ask(asked, _visitor()).number
    except CnnvizError as error:
        st.session_state[_PROBLEM] = asked, str(error)


def _cancel(number: int) -> None:
    measuring.cancel(number, _visitor())
    if st.session_state.get(_JOB) == number:
        del st.session_state[_JOB]  # others may wait for it still


def _visitor() -> str:
    """Who this is, as far as the queue has to know."""
    name: str = st.session_state.setdefault(_VISITOR, secrets.token_hex(8))
    return name


def _check(trace: Trace, setup: Setup) -> None:
    """Raises CnnvizError where a measurement would take the server too long or too much memory."""
    by_time, by_memory = _limits(trace, setup)
    most = max((batch for batch in BATCHES if batch <= min(by_time, by_memory)), default=0)
    way = f"choose {_images(most)}" if most else "choose a smaller input"
    asked = _images(setup.batch_size)
    if setup.batch_size > by_time:
        raise CnnvizError(
            f"{asked} take {trace.macs * setup.batch_size / 1e9:,.0f} G MACs, and a page measures at most "
            f"{measuring.MOST_MACS / 1e9:,.0f} G: {way}, or cnnviz measure in a shell"
        )
    if setup.batch_size > by_memory:
        needed = bytes_text(memory.need(trace, setup.dtype).bytes_for(setup.batch_size))
        raise CnnvizError(
            f"a step of training with {asked} takes about {needed}, and a page measures what fits into "
            f"{bytes_text(_free())} here: {way}, or cnnviz measure in a shell"
        )


def _limits(trace: Trace, setup: Setup) -> tuple[int, int]:
    """The most images at once by what the server's time allows, and by its memory."""
    return (
        measuring.MOST_MACS // max(trace.macs, 1),
        memory.need(trace, setup.dtype).most_images(_free()),
    )


def _free() -> int:
    """Bytes that a measurement may take."""
    free = memory.free_bytes()
    return measuring.MOST_BYTES if free is None else min(free, measuring.MOST_BYTES)


def _images(count: int) -> str:
    return f"{count} image{'s' * (count != 1)}"


def before(trace: Trace, setup: Setup) -> None:
    """What there is to say without a measurement."""
    counting.stays("The operations beside the times")
    st.markdown(
        "A layer takes as long as its **multiplications** or as the **bytes it moves**, whichever is slower. "
        "The measurement runs every layer of the network, tries how fast the machine multiplies and copies, "
        "and draws each layer below that roof: it shows which layers are bound by arithmetic, and why a "
        "tenth of the MACs is not a tenth of the time."
    )
    needed = bytes_text(memory.need(trace, setup.dtype).bytes_for(setup.batch_size))
    st.markdown(
        f"To be measured: {trace.macs * setup.batch_size:,} MACs, {trace.parameters:,} parameters, "
        f"{bytes_text(trace.activation_bytes * setup.batch_size)} of activations in 32-bit numbers. A step "
        f"of training takes about {needed}, with Python and torch themselves."
    )


def totals(report: Report) -> None:
    """The whole network, in a row."""
    counting.stays("The operations beside the times")
    of = report.memory
    row = st.container(horizontal=True)
    row.metric(
        "Whole pass",
        f"{report.whole_ms:,.2f} ms",
        f"by the roofline: {report.predicted_ms:,.2f} ms",
        delta_color="gray",
        delta_arrow="off",
        help="The fastest of several undisturbed passes",
    )
    row.metric(
        "Images per second",
        f"{report.images_per_second:,.0f}",
        f"{100 * report.of_peak:.1f} % of the measured peak",
        delta_color="gray",
        delta_arrow="off",
    )
    for label, found, predicted in (
        ("Memory, inference", of.inference_measured, of.inference_predicted),
        ("Memory, training", of.training_measured, of.training_predicted),
    ):
        row.metric(
            label,
            "not measured" if found is None else bytes_text(found),
            f"predicted: {bytes_text(predicted)}",
            delta_color="gray",
            delta_arrow="off",
            help="Most bytes at once, weights included",
        )
    machine = report.machine
    row.metric(
        "This machine",
        f"{machine.macs_per_second / 1e9:,.0f} G MACs/s",
        f"{machine.bytes_per_second / 1e9:,.1f} GB/s",
        delta_color="gray",
        delta_arrow="off",
        help="Measured by large matrix products and a large copy",
    )


def roofline(report: Report) -> None:
    st.markdown("**Roofline**: each dot is a layer, its area is its share of the time")
    st.plotly_chart(
        figures.roofline_figure(report), height=420, key="roofline", alt=figures.roofline_words(report)
    )


def shares(report: Report) -> None:
    st.markdown("**Where the time goes**, and where the MACs are")
    st.plotly_chart(figures.shares_figure(report), height=300, key="shares", alt=figures.shares_words(report))
    st.caption(figures.roofline_words(report))


def table(report: Report) -> None:
    """Every layer; the bar compares a time with the longest."""
    frame = pd.DataFrame(written.lines(report))
    longest = float(max(frame["latency_ms"].max(), frame["predicted_ms"].max()))
    bar = partial(st.column_config.ProgressColumn, format="%.3f", min_value=0.0, max_value=longest)
    st.dataframe(
        frame,
        hide_index=True,
        height=320,
        column_config={
            "layer": st.column_config.NumberColumn("#", width=50),
            "name": "Layer",
            "op": "Operation",
            "macs": st.column_config.NumberColumn("MACs", format="localized"),
            "bytes_moved": st.column_config.NumberColumn(
                "Bytes moved",
                format="localized",
                help="Inputs and parameters read, outputs written, once each",
            ),
            "intensity": st.column_config.NumberColumn("MACs per byte", format="%.1f"),
            "latency_ms": bar("Measured, ms"),
            "predicted_ms": bar("By the roofline, ms"),
            "bound": st.column_config.TextColumn("Bound by", help="The largest part of the prediction"),
        },
    )
    st.caption(written.HOW)


def exports(report: Report) -> None:
    with st.container(horizontal=True, gap="xsmall"):
        for label, form, ending, mime in (
            ("CSV", "csv", "csv", "text/csv"),
            ("Markdown", "markdown", "md", "text/markdown"),
            ("JSON", "json", "json", "application/json"),
        ):
            save(label, f"{report.model}-measured.{ending}", mime, partial(_file, report, form), menu=False)


def _file(report: Report, form: str) -> str:
    return written.written(report, form) + "\n"
