"""What runs need and this server does not have: data sets and weights, downloaded where a visitor asks."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Any

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.training import imagenet
from cnnviz.training.datasets import FOLDER_PREFIX, described
from cnnviz.training.download import Progress, download
from cnnviz.training.files import is_here
from cnnviz.training.limits import limits
from cnnviz.training.settings import IMAGENET
from cnnviz.ui import widgets
from cnnviz.ui.training.plan import Plan

TICK = 0.5  # seconds between two looks at a download


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """Something that can be downloaded."""

    name: str
    title: str
    said: str  # where it may come from otherwise
    megabytes: float
    get: Callable[[Progress], Any]


class Download:
    """One in a thread: the visitors of a server watch the same one."""

    def __init__(self, part: Part) -> None:
        self.part = part
        self.file, self.done, self.total = "", 0, 0
        self.error = ""
        self.thread = threading.Thread(target=self._run, name="download", daemon=True)
        self.thread.start()

    @property
    def running(self) -> bool:
        return self.thread.is_alive()

    def _run(self) -> None:
        try:
            self.part.get(self._see)
        except CnnvizError as error:
            self.error = str(error)
        except Exception as error:  # such as a full disk: nobody sees what ends a thread
            why = getattr(error, "strerror", None) or str(error) or type(error).__name__
            self.error = (
                f"the download of {self.part.name} has stopped ({why}): {self.part.said}. "
                "Put right what is wrong and try again"
            )

    def _see(self, file: str, done: int, total: int) -> None:
        self.file, self.done, self.total = file, done, total


_downloads: dict[str, Download] = {}
_beginning = threading.Lock()


def begin(part: Part) -> None:
    """Starts a download, where none is running: they are large, and a server has one line."""
    with _beginning:
        if not any(known.running for known in _downloads.values()):
            _downloads[part.name] = Download(part)


def parts(asked: Plan) -> list[Part]:
    """What the runs of a plan need and is not on this machine."""
    found: dict[str, Part] = {}
    for _, wanted in asked.runs:
        if not wanted.data.startswith(FOLDER_PREFIX) and not is_here(data := described(wanted.data)):
            found[data.name] = Part(
                name=data.name,
                title=data.title.partition(":")[0],
                said=f"its files come from {data.page}; the folder {data.folders[0]} of the data folder is "
                "where they are looked for",
                megabytes=data.megabytes,
                get=partial(download, data.name),
            )
        if wanted["pretrained"] == IMAGENET:
            weights = imagenet.weights_of(wanted.network)
            if not imagenet.path_of(weights).is_file():
                found[weights.name] = Part(
                    name=weights.name,
                    title=f"The ImageNet weights of {wanted.network}",
                    said=f"{weights.name} comes from {weights.url}, and is looked for in {imagenet.folder()}",
                    megabytes=weights.megabytes,
                    get=partial(_weights, wanted.network),
                )
    return list(found.values())


def _weights(network: str, progress: Progress) -> None:
    from cnnviz.training.published import weights_file  # loads torch

    weights_file(network, progress=progress)


def what_is_missing(asked: Plan) -> None:
    """Draws what is missing, with a button, or how its download goes on."""
    for part in parts(asked):
        job = _downloads.get(part.name)
        if job is not None and job.running:
            _bar(part.name)
            continue
        if job is not None and job.error:
            widgets.error(widgets.sentence(job.error), icon=":material/cloud_off:")
        _offer(part)


def _offer(part: Part) -> None:
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        st.markdown(
            f"**{widgets.plain(part.title)}**, {part.megabytes:.0f} MB, must be downloaded first: "
            f"{widgets.plain(part.said)}."
        )
        if part.megabytes <= limits().download_megabytes:
            st.button(
                "Download",
                icon=":material/download:",
                key=f"training_get_{part.name}",
                on_click=partial(begin, part),
                disabled=any(known.running for known in _downloads.values()),
                help="To this server, from where its authors publish it",
            )


@st.fragment(run_every=TICK)
def _bar(name: str) -> None:
    """How far a download is; the page is drawn again when it ends."""
    job = _downloads[name]
    if not job.running:
        st.rerun()
    whole = f" of {job.total / 1e6:,.1f}" if job.total else ""
    share = min(1.0, job.done / job.total) if job.total else 0.0
    st.progress(share, text=f"Downloading {widgets.plain(job.file or name)}: {job.done / 1e6:,.1f}{whole} MB")
