"""The page Measured: what to measure, and what came out."""

from __future__ import annotations

from functools import partial
from typing import NamedTuple

import pandas as pd
import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.roofline import Report, figures, written
from cnnviz.tables import bytes_text
from cnnviz.targets import DTYPES
from cnnviz.trace import Trace
from cnnviz.ui import counting, links, measuring, own_models, widgets
from cnnviz.ui.links import Chosen, Designed

BATCHES = (1, 2, 4, 8, 16, 32, 64)


class Setup(NamedTuple):
    """How to measure."""

    device: str
    batch_size: int
    dtype: str
    threads: int


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
        (1, 0),
        0,
        format_func=lambda n: "as many as torch takes" if n == 0 else str(n),
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
    """The report, if somebody has asked for it or the visitor presses the button; None before."""
    name, options, shape = chosen.key
    asked = measuring.Asked(name, shape, options, *setup)
    found = measuring.known(asked)
    with st.container(horizontal=True, vertical_alignment="center"):
        pressed = st.button(
            "Measure",
            type="secondary" if found else "primary",
            icon=":material/timer:",
            disabled=found is not None,
            key="measure",
        )
        if found is None:
            st.caption(
                "Runs the network on the server a few times, in a process of its own. "
                "Everybody who asks for the same gets the same answer."
            )
        else:
            st.caption(f"{widgets.plain(written.title(found))}.")
    if found is not None or not pressed:
        return found
    try:
        _check(trace, setup)
        front = measuring.in_front()
        waiting = f", {front} before you" if front else ""
        with st.spinner(f"Measuring {widgets.plain(trace.model)}{waiting} …", show_time=True):
            measuring.measured(asked)
    except CnnvizError as error:
        widgets.error(widgets.sentence(str(error)), icon=":material/timer_off:")
    else:
        st.rerun()  # the bar above says what was measured
    return None


def _check(trace: Trace, setup: Setup) -> None:
    """Raises CnnvizError where a measurement would take the server too long or too much memory."""
    work = trace.macs * setup.batch_size
    if work > measuring.MOST_MACS:
        raise CnnvizError(
            f"{setup.batch_size} images are {work / 1e9:,.0f} G MACs, and a page measures at most "
            f"{measuring.MOST_MACS / 1e9:,.0f} G: choose fewer images, or `cnnviz measure` in a shell"
        )
    needed = 8 * trace.parameters + trace.activation_bytes * setup.batch_size
    if needed > measuring.MOST_BYTES:
        raise CnnvizError(
            f"a step of training would take about {bytes_text(needed)}, and a page measures up to "
            f"{bytes_text(measuring.MOST_BYTES)}: choose fewer images, or `cnnviz measure` in a shell"
        )


def before(trace: Trace, setup: Setup) -> None:
    """What there is to say without a measurement."""
    counting.stays("The operations beside the times")
    st.markdown(
        "A layer takes as long as its **multiplications** or as the **bytes it moves**, whichever is slower. "
        "The measurement runs every layer of the network, tries how fast the machine multiplies and copies, "
        "and draws each layer below that roof: it shows which layers are bound by arithmetic, and why a "
        "tenth of the MACs is not a tenth of the time."
    )
    st.markdown(
        f"To be measured: {trace.macs * setup.batch_size:,} MACs, {trace.parameters:,} parameters, "
        f"{bytes_text(trace.activation_bytes * setup.batch_size)} of activations in 32-bit numbers."
    )


def totals(report: Report) -> None:
    """The whole network, in a row."""
    counting.stays("The operations beside the times")
    memory = report.memory
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
        ("Memory, inference", memory.inference_measured, memory.inference_predicted),
        ("Memory, training", memory.training_measured, memory.training_predicted),
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
    with st.container(horizontal=True):
        for label, form, ending, mime in (
            ("CSV", "csv", "csv", "text/csv"),
            ("Markdown", "markdown", "md", "text/markdown"),
            ("JSON", "json", "json", "application/json"),
        ):
            st.download_button(
                label,
                partial(_file, report, form),
                f"{report.model}-measured.{ending}",
                mime,
                icon=":material/download:",
                on_click="ignore",
                key=f"measured_{form}",
            )


def _file(report: Report, form: str) -> str:
    return written.written(report, form) + "\n"
