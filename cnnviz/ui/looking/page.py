"""The page: which network, which image, and the part that the browser draws."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial

import streamlit as st

from cnnviz.errors import CnnvizError
from cnnviz.inside import SHIPPED, samples
from cnnviz.inside.networks import Trained
from cnnviz.inside.pictures import OWN_SIDE
from cnnviz.inside.shipped import BY_NAME
from cnnviz.picture import small_picture
from cnnviz.ui import image_file, links, widgets
from cnnviz.ui.block_graph.inside import inside_view
from cnnviz.ui.image_file import OwnImage
from cnnviz.ui.looking import kept
from cnnviz.ui.looking.state import heard, read

KEY = "inside_view"
DEFAULT = SHIPPED[0].name
_PICKED = "inside_picked"  # the select box: its labels are for people, while the link has the name
_TURN = "inside_turn"  # the last thing that the browser said
_OWN = "inside_own"
_IMAGE = "inside"  # what the fields for an image are kept under


def bar() -> None:
    """Chooses the network and brings an image of one's own; the frame draws it beside its own menu."""
    network, _ = _asked()
    _bar(network)


def looking() -> None:
    """Draws what the browser draws, below what was wrong with the link."""
    network, problem = _asked()
    if problem:
        widgets.error(widgets.sentence(problem), icon=":material/link_off:")
    image_file.tell_problem(_IMAGE)
    _view(network.name)


def _asked() -> tuple[Trained, str]:
    """The network that the link names, or the first one and what is wrong with the link."""
    name = str(st.session_state.get(links.TRAINED) or st.query_params.get(links.TRAINED) or DEFAULT)
    try:
        return kept.network(name), ""
    except CnnvizError as error:
        return kept.network(DEFAULT), f"{str(error).rstrip('.')}. Here is {SHIPPED[0].title}."


def _bar(network: Trained) -> None:
    names = dict(kept.offered()) | {network.name: network.title}
    st.session_state[_PICKED] = network.name
    st.container(width=240).selectbox(
        "Trained network", list(names), format_func=names.__getitem__, key=_PICKED, on_change=_picked
    )
    lid = st.popover("Own image", icon=":material/add_a_photo:", key="inside_image", on_change="rerun")
    if lid.open:
        with lid:
            _chooser()
    about = st.popover("About it", icon=":material/info:", key="inside_about", on_change="rerun")
    if about.open:
        about.markdown(_about(network))
    about.text_input("Name in links", key=links.TRAINED, bind="query-params", placeholder=DEFAULT)
    st.toggle("Present", key=links.PRESENT, bind="query-params")


def _about(network: Trained) -> str:
    error = f" It errs on {network.error:.1f} % of its test images." if network.error is not None else ""
    size = "x".join(map(str, network.shape[1:]))
    again = " `make trained` trains it again." if network.name in BY_NAME else ""
    return (
        f"{network.about}{error} Its input is {size} pixels in {network.shape[0]} "
        f"channel{'s' * (network.shape[0] > 1)}; it has {network.trace.parameters:,} parameters and takes "
        f"{network.trace.macs:,} multiplications for an image.{again}"
    )


@st.fragment
def _view(name: str) -> None:
    """What the browser draws; what is chosen in it runs this alone.

    A session keeps what its fragment is given: the name, so that it does not keep a network.
    """
    try:
        network = kept.network(name)
    except CnnvizError as error:  # such as a run that was deleted meanwhile
        widgets.error(widgets.sentence(str(error)), icon=":material/link_off:")
        return
    drawing = st.container()
    with st.popover("Link", icon=":material/link:", help="What the address bar says of image and layer"):
        image = st.text_input("Image in the link", key=links.SEEN, bind="query-params", placeholder="test:0")
        text = st.text_input("Looked at", key=links.LOOK, bind="query-params", placeholder="conv1,map=3")
    first = samples(network)[0]
    wanted, problems = (image or "").strip() or first, []
    try:
        kept.picture(network, wanted)
    except CnnvizError as error:
        if _own() is None or _own_name() != wanted:
            problems.append(f"{str(error).rstrip('.')}. Here is {first}.")
            wanted = first
    understood = read((text or "").strip(), network, wanted)
    own = _own()
    with drawing:
        if problems := [*problems, *understood.problems]:
            widgets.error(" ".join(problems), icon=":material/link_off:")
        inside_view(
            understood.state.data,
            key=KEY,
            net=name,
            turn=int(st.session_state.get(_TURN, 0)),
            own={"name": own.name, "address": own.address_once()} if own else {},
            large=links.presenting(),
            on_chosen=partial(_chosen, name),
            on_missing=_send_again,
        )


def _chosen(name: str, said: object) -> None:
    """What the browser says goes into the link."""
    if not isinstance(said, Mapping) or said.get("net") != name:
        return
    try:
        state, turn = heard(said.get("state"), kept.network(name)), said.get("turn")
    except CnnvizError:  # the page says it, when it is drawn next
        return
    if state is None or not isinstance(turn, int):
        return
    st.session_state[_TURN] = turn
    st.session_state[links.LOOK] = state.text
    st.session_state[links.SEEN] = state.image
    image_file.forget_problem(_IMAGE)


def _picked() -> None:
    state = st.session_state
    state[links.TRAINED], state[links.LOOK] = state[_PICKED], ""
    own = _own()
    if own is None or state.get(links.SEEN) != own.name:  # one's own image is for every network
        state[links.SEEN] = ""
    image_file.forget_problem(_IMAGE)


# ---- an image of the visitor's own


def _chooser() -> None:
    image_file.file_field(
        _IMAGE,
        "An image of your own",
        _take,
        note="Its middle is taken, scaled to the network's input, kept in memory for a while and never "
        "written to a disk",
    )
    if st.toggle("Use the camera", key="inside_camera_on"):
        image_file.camera_field(_IMAGE, "Photograph", _take)
    st.markdown(
        ":small[Networks of digits want one digit that fills the image. The photographs' network knows "
        "fourteen photographs, and says which of them yours resembles.]"
    )


def _take(contents: bytes) -> None:
    jpeg = small_picture(contents, OWN_SIDE)
    name = kept.keep_image(jpeg)
    st.session_state[_OWN] = OwnImage(name, jpeg)
    st.session_state[links.SEEN] = name


def _own() -> OwnImage | None:
    return st.session_state.get(_OWN)


def _own_name() -> str:
    own = _own()
    return own.name if own else ""


def _send_again() -> None:
    own = _own()
    if own is not None:
        own.sent = False
        kept.keep_image(own.jpeg)
