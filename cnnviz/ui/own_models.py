"""Models that are not of the catalogue: a visitor's ONNX file, and those that the server was started with.

A visitor names models and never makes the server import or run anything: what is imported was named by the
operator, and is resolved when the server starts. A file is read as data, and what is kept of it, without its
weights, lives in the visitor's session.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from cnnviz import architectures, onnx
from cnnviz.architectures.architecture import Architecture, Network, Shape, Variant
from cnnviz.errors import CnnvizError, ModelFileError, ShapeError, UnknownNameError
from cnnviz.targets.offered import offered
from cnnviz.trace import Trace
from cnnviz.ui import visit, widgets

MOST_BYTES = 32_000_000
MOST_KEPT = 3  # files of one visitor
MOST_OPERATIONS = 2500  # of a file: everything on a page takes time for each
LONGEST_NAME = 60
_NARROW = 280  # pixels
_KEPT = "own_models"  # the visitor's files, by name
_PROBLEM = "own_model_problem"
_TRIES = "own_model_tries"  # numbers the uploader: a new one forgets the file that the last one had


class OwnNetwork(Network):
    """A model of one's own as the picker has it: one variant, no options."""

    key: str  # what caches know it by; of a file, its contents too
    origin: str  # a sentence for a person

    @property
    def name(self) -> str:
        return self.key


@dataclass(frozen=True, kw_only=True)
class _Upload:
    network: OwnNetwork
    model: onnx.Network


def find(name: str, options: Mapping[str, object] | None = None) -> Network:
    """The network of that name: one's own, or the catalogue's. Imports nothing, whatever the name says.

    Raises UnknownNameError and OptionError.
    """
    plain = name.partition("@")[0].partition("#")[0]
    if plain in offered():
        shape = offered()[plain].input_shape
        return _network(plain, plain, "own", "A model that this server was started with.", shape)
    if plain in _uploads():
        return _uploads()[plain].network
    if plain.lower().endswith(".onnx"):
        raise UnknownNameError(
            f"the file {plain} was kept for one visit: it does not travel with a link, and a page that is "
            "loaded again is a new visit; open it here, under Options"
        )
    if ":" in plain:
        raise UnknownNameError(
            f"this server does not offer {plain}: it shows Python models only if it was started with them, "
            "as by cnnviz app my_models:net"
        )
    return architectures.find(name, options)


def is_own(network: Network) -> bool:
    return isinstance(network, OwnNetwork)


def knows(key: str) -> bool:
    """Whether a cache key is that of a model of one's own."""
    return visit.FILE_MARK in key or key in offered()


def traced(key: str, shape: Shape) -> Trace:
    """The trace of a model of one's own at this input. Raises CnnvizError."""
    if key in offered():
        return offered()[key].at(shape)
    found = _uploads().get(key.partition(visit.FILE_MARK)[0])
    if found is None or found.network.key != key:
        raise UnknownNameError("this file is not here any more: open it again, under Options")
    return found.model.trace([shape])


def only_read(network: Network) -> bool:
    """Whether it is a file, which is read and cannot be run."""
    if not isinstance(network, OwnNetwork):
        return False
    found = offered().get(network.key)
    return found is None or isinstance(found.model, onnx.Network)


def is_file(key: str) -> bool:
    """Whether a cache key is that of a file, which names operations and no modules of torch."""
    found = offered().get(key)
    return "#" in key or (found is not None and isinstance(found.model, onnx.Network))


def titles() -> dict[str, str]:
    """The picker's entries for them: names and what a person reads."""
    return {name: f"own · {name}" for name in (*offered(), *_uploads())}


def details(network: OwnNetwork) -> str:
    """What the model is, and where it comes from, as Markdown."""
    return f"**{widgets.plain(network.architecture.name)}**\n\n{widgets.plain(network.origin)}"


def _network(name: str, key: str, variant: str, origin: str, shape: Shape) -> OwnNetwork:
    only = Variant(name=variant, source=origin, link="", build="", input_shape=shape)
    architecture = Architecture(
        name=name,
        title=name,
        family="own",
        year=0,
        authors="",
        paper="",
        link="",
        idea=origin,
        variants=(only,),
        options=(),
    )
    return OwnNetwork(architecture=architecture, variant=only, values=(), key=key, origin=origin)


def _uploads() -> dict[str, _Upload]:
    found: dict[str, _Upload] = st.session_state.get(_KEPT, {})
    return found


def uploader(on_new: Callable[[str], None]) -> None:
    """Takes an ONNX file; `on_new(name)` is called, before the page runs again, where it can be shown."""
    if _PROBLEM in st.session_state:
        with st.container(width=_NARROW):  # a long sentence would widen the menu
            widgets.error(st.session_state[_PROBLEM], icon=":material/file_open:")
    key = f"own_model_file_{st.session_state.get(_TRIES, 0)}"
    st.file_uploader(
        "A model of your own",
        ["onnx"],
        key=key,
        max_upload_size=MOST_BYTES // 1_000_000,
        help="An ONNX file, as torch.onnx.export writes it. Its graph is read, nothing in it is run, its "
        "weights are not looked at. It is kept in memory for this visit and never written to a disk",
        on_change=_take,
        args=(key, on_new),
    )


def _take(key: str, on_new: Callable[[str], None]) -> None:
    """Reads the file that was given to the uploader of that key, and lets go of it."""
    given = st.session_state[key]
    st.session_state.pop(_PROBLEM, None)
    if given is None:
        return
    try:
        upload = _read(given.getvalue(), given.name)
    except CnnvizError as error:
        problem = f"{error}."
        st.session_state[_PROBLEM] = problem
        st.toast(widgets.plain(problem), icon=":material/file_open:", duration="long")
        return
    finally:
        st.session_state[_TRIES] = st.session_state.get(_TRIES, 0) + 1
    name = upload.network.architecture.name
    others = [(other, kept) for other, kept in _uploads().items() if other != name]
    st.session_state[_KEPT] = {**dict(others[-(MOST_KEPT - 1) :]), name: upload}
    on_new(name)
    st.toast(f"{widgets.plain(name)} is kept for this visit; a link to it does not take it along")


def _read(contents: bytes, given_name: str) -> _Upload:
    """The network of an uploaded file. Raises ModelFileError where it cannot be shown."""
    name = _file_name(given_name)
    if len(contents) > MOST_BYTES:
        raise ModelFileError(
            f"{name} has {len(contents) / 1e6:.0f} MB, and {MOST_BYTES // 1_000_000} MB are the most that "
            "are read: its weights are not needed, so save them in a file beside it, as "
            "torch.onnx.export(..., dynamo=True) does, and take the small one"
        )
    model = onnx.network(contents, name)
    if len(model.model.nodes) > MOST_OPERATIONS:
        raise ModelFileError(
            f"{name} has {len(model.model.nodes):,} operations, and {MOST_OPERATIONS:,} are the most that a "
            f"page shows; on the command line, cnnviz trace {name} takes more"
        )
    shape = model.usual_shape
    if len(model.model.inputs) != 1 or len(shape) != 3:
        raise ModelFileError(
            f"{name} does not take one image (channels, height, width), and these are shown here"
        )
    try:
        layers = len(model.trace([shape]).layers)
    except ShapeError:
        layers = len(model.model.nodes)  # at another size, which the page asks for
    digest = hashlib.sha256(contents).hexdigest()[:16]
    origin = (
        f"An ONNX file of your own: operator set {model.model.opset}, {layers} operations. Shapes and costs "
        "are worked out from its graph; nothing in it is run. It is kept for this visit, and a link does not "
        "take it along."
    )
    return _Upload(
        network=_network(name, f"{name}{visit.FILE_MARK}{digest}", "file", origin, shape), model=model
    )


def _file_name(given: str) -> str:
    """The file's name with nothing in it but letters, digits and a few signs; it ends in .onnx."""
    plain = re.sub(r"[^\w.-]+", "_", Path(given).name.removesuffix(".onnx"))[:LONGEST_NAME].strip("._")
    return f"{plain or 'model'}.onnx"
