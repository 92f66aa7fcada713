"""What the address bar says: which network, at which size, with which options.

Every part is a widget bound to a query parameter (`/explore?net=alexnet&variant=paper&size=227`), so this
module only names the parameters and decides what becomes of them when another network is picked. An option's
parameter is its own name.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import urlencode

import streamlit as st

from cnnviz.architectures.architecture import Network, Shape, Value
from cnnviz.errors import CnnvizError
from cnnviz.ui import cached
from cnnviz.ui.own_models import find, is_file

NET = "net"  # name of the architecture, as on the command line
VARIANT = "variant"
SIZE = "size"  # n_H, and n_W too unless that is given
WIDTH = "n_W"
LAYER = "layer"  # index of the selected layer
LEVEL = "level"  # groups down to this depth are open
GROUPS = "open"  # opened groups, and closed ones after a minus sign: "conv2_x.0,-conv3_x"
FOLD = "fold"  # whether equal blocks are one box
COLOUR = "colour"  # what the colours of the graph say
PRESENT = "present"  # big type, the graph and one card
CONVENTION = "convention"  # what is counted as the cost: "fvcore", "flops,bias"
PREDICT = "predict"  # hidden quantities: "n_H,macs"
FROM = "from"  # what exercises are about: the network, or "chains"
SEED = "seed"  # of a set of exercises
BEGIN = "begin"  # with the design, on the page Training; said once, then gone
DESIGN = "design"  # rows of one's own, packed into one word
GOAL = "goal"  # that these are to reach
COUNT = "count"  # its questions
KINDS = "kinds"  # those of them that are wanted: "n_H,macs"
QUESTION = "question"  # number of the one that is asked
NETS = "nets"  # what is compared: "alexnet@paper resnet50@paper,width=32,input=160"
COMPARED = "compared"  # which part of a comparison is shown
MEASURE = "measure"  # what its tables and bars are about
CURVE = "curve"  # what its curves are about
RELATIVE, ALONG = "relative", "along"  # curves in percent of the total, of the depth
TOP = "top"  # published top-1 or top-5 errors
COST = "against"  # what errors are drawn against
EVERYTHING = "all"  # with the whole catalogue
BEFORE, AFTER = "before", "after"  # the two that are told apart
DEVICE = "device"  # that is measured
BATCH = "batch"  # images at once, where it is measured
DTYPE = "dtype"
THREADS = "threads"
TRICK = "trick"  # of the bottleneck lab
VALUES = "with"  # its values that are not the defaults: "channels=256,width=64"
ON = "on"  # the layer of the network that it is put on
WALK = frozenset({LAYER, LEVEL, GROUPS, FOLD, COLOUR})  # what another network starts without
PRESET = "preset"  # of the training laboratory, or "free"
RUNS = "runs"  # that are shown beside it, or alone: "1,2,3"
TRAIN = "train"  # what is changed in training: "epochs=3,learning_rate=0.1"
SEEDS = "seeds"  # runs of each curve
PICTURE = "picture"  # what of the runs is shown
ACROSS = "by"  # epoch, step or seconds
LOG = "log"
SMOOTH = "smooth"
HIDDEN = "hide"  # curves, by their keys; no widget says it
TRAINING = frozenset({PRESET, RUNS, TRAIN, SEEDS, PICTURE, ACROSS, LOG, SMOOTH})
TRAINING_PAGE = "training"
TRAINED = "trained"  # the network that is looked into: "lenet5", "run:12"
SEEN = "image"  # the image that it looks at
LOOK = "look"  # what of it: "conv2,map=3,pixel=4x5"
INSIDE = frozenset({TRAINED, SEEN, LOOK})
INSIDE_PAGE = "inside"
EXERCISES_PAGE = "exercises"
COMPARE_PAGE = "compare"
COMPARE = frozenset({NETS, COMPARED, MEASURE, CURVE, RELATIVE, ALONG, TOP, COST, EVERYTHING, BEFORE, AFTER})
BOTTLENECK_PAGE = "bottleneck"
BOTTLENECK = frozenset({TRICK, VALUES, ON})
IDEA = "idea"  # that is shown
IDEA_VALUES = "values"  # of it that are not the usual ones: "of=tanh,x=0.5"
IDEAS = frozenset({IDEA, IDEA_VALUES})
IDEAS_PAGE = "ideas"
DESIGN_PAGE = "design"
CONVOLUTION_PAGE = "convolution"
OP, GRID = "op", "grid"  # of a moving window: its kind, its numbers "n=7,s=2"
CELLS, WEIGHTS = "cells", "weights"  # the numbers that it moves over, and its own
AT = "at"  # where it stands
CONVOLUTION = frozenset({OP, GRID, CELLS, WEIGHTS, AT})
EXPLORE_PAGE, CONVENTIONS_PAGE, MEASURED_PAGE = "explore", "conventions", "measured"
PAGES = (
    EXPLORE_PAGE,
    COMPARE_PAGE,
    BOTTLENECK_PAGE,
    CONVENTIONS_PAGE,
    MEASURED_PAGE,
    TRAINING_PAGE,
    INSIDE_PAGE,
    DESIGN_PAGE,
    CONVOLUTION_PAGE,
    IDEAS_PAGE,
    EXERCISES_PAGE,
)
DESIGNS = frozenset({DESIGN, GOAL})
EXERCISES = frozenset({FROM, SEED, COUNT, KINDS, QUESTION})
MEASURED = frozenset({DEVICE, BATCH, DTYPE, THREADS})
VIEW = frozenset({NET, VARIANT, SIZE, WIDTH, PRESENT, PREDICT, CONVENTION})
# No option may have one of these names.
_OF_PAGES = EXERCISES | MEASURED | BOTTLENECK | COMPARE | DESIGNS | TRAINING | INSIDE | CONVOLUTION | IDEAS
PARAMETERS = VIEW | {BEGIN, HIDDEN} | WALK | _OF_PAGES
SHOWN = "walk_shown"  # not in the link: what is under the table, curves or the card
CURVES, CARD, CLOSED = "Curves", "Layer", "closed"
SHOWN_KEYS = "compare_keys"  # not in the link: what is compared, for the menu above it
_PAGE = "page"  # that was drawn last
LARGEST_SIZE = 1024
AUTO = "auto"  # the level that stays readable


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What the picker says."""

    network: Network
    input_shape: Shape

    @property
    def key(self) -> tuple[str, tuple[tuple[str, Value], ...], Shape]:
        """What caches know it by: plain values."""
        return self.network.name, tuple(self.network.changed.items()), self.input_shape

    @property
    def as_published(self) -> bool:
        """Whether published figures are about this: no option changed, the published input."""
        return not self.network.changed and self.input_shape == self.network.input_shape


@dataclass(frozen=True, slots=True, kw_only=True)
class Designed:
    """A design in the place of what the picker says."""

    word: str  # the design as the link has it
    input_shape: Shape
    network: None = None  # of the catalogue

    @property
    def key(self) -> tuple[str, tuple[tuple[str, Value], ...], Shape]:
        """What caches know it by."""
        return f"{cached.DESIGNED}{self.word}", (), self.input_shape


def chosen() -> Chosen:
    """What the picker said in this run."""
    value: Chosen = st.session_state["chosen"]
    return value


def address(page: str, query: Sequence[tuple[str, str]]) -> str:
    """The whole address of one of the app's pages, as the visitor's browser would write it."""
    base = (st.context.url or "").rstrip("/")
    before, _, last = base.rpartition("/")
    return f"{before if last in PAGES else base}/{page}?{urlencode(query)}"


def idea_link(title: str, query: Sequence[tuple[str, str]]) -> str:
    """A link to an idea as Markdown, from whatever page: it needs no address, so that texts with it keep."""
    return f"[{title}]({IDEAS_PAGE}?{urlencode(query)})"


def page() -> str:
    """The page that is drawn, as its address has it."""
    return str(st.session_state.get(_PAGE, ""))


def now(name: str) -> object:
    """What a part of the link says; known before its widget is drawn."""
    return st.session_state[name] if name in st.session_state else st.query_params.get(name)


def shown() -> str:
    """What is under the table of this page, curves or the card; "" for neither yet."""
    return str(st.session_state.get(_shown_on()) or "")


def show(view: str) -> None:
    """Has curves or the card under the table of this page; "" for neither."""
    st.session_state[_shown_on()] = view


def _shown_on() -> str:
    """Design has its own: what is open there is worked out at every edit."""
    return f"{DESIGN_PAGE}_shown" if page() == DESIGN_PAGE else SHOWN


def presenting() -> bool:
    """Whether the page is for a projector; known before the switch is drawn."""
    if PRESENT in st.session_state:
        return bool(st.session_state[PRESENT])
    return st.query_params.get(PRESENT) == "true"


def says(name: str, default: object) -> bool:
    """Whether the link has this, or will have: a value that is not the default.

    Only then does the widget of something that nobody sees at the moment have to be there, unless a callback
    sets it: the address bar hears of values only from widgets that were there before.
    """
    return name in st.query_params or st.session_state.get(name, default) != default


def predicted() -> str:
    """What is hidden to be predicted, as the link says it; known before its widget is drawn."""
    if PREDICT in st.session_state:
        return str(st.session_state[PREDICT] or "")
    return str(st.query_params.get(PREDICT, ""))


def predicting() -> bool:
    """Whether the page hides what is to be predicted; only Explore does."""
    return bool(predicted()) and _exploring()


def reading_a_file() -> bool:
    """Whether what is explored, or one of those that are compared, is a file."""
    if st.session_state.get(_PAGE) == COMPARE_PAGE:
        return any(is_file(key.partition(",")[0]) for key in st.session_state.get(SHOWN_KEYS, ()))
    return _exploring() and "chosen" in st.session_state and is_file(chosen().network.name)


def _exploring() -> bool:
    return st.session_state.get(_PAGE, EXPLORE_PAGE) in (EXPLORE_PAGE, "")


def carried_over(before: Chosen, target: str) -> Chosen:
    """The network `target` with what a person had changed and it can take: options, the input size."""
    declared = {option.name: option for option in find(target).options}
    kept: dict[str, Value] = {}
    for name, value in before.network.changed.items():
        with contextlib.suppress(CnnvizError, KeyError):
            kept[name] = declared[name].check(value)
    network = find(target, options=kept)
    untouched = before.input_shape[1:] == before.network.input_shape[1:]
    after = Chosen(network=network, input_shape=(network.input_shape[0], *before.input_shape[1:]))
    if untouched or not cached.works(*after.key):
        return Chosen(network=network, input_shape=network.input_shape)
    return after


def carry_to(page: str) -> None:
    """Keeps what the widgets say where another page opens: Streamlit would let go of what came with a link.

    Call it before any widget is drawn.
    """
    state = st.session_state
    if state.get(_PAGE, page) != page:
        options = [name for name, _ in chosen().network.values]
        for name in (*PARAMETERS, *options):
            if name in state:
                state[name] = state[name]
    state[_PAGE] = page


def write(choice: Chosen) -> None:
    """Sets the widgets, and with them the address bar. Only callbacks may: they run before the widgets."""
    network = choice.network
    height, width = choice.input_shape[1:]
    state = st.session_state
    state[NET], state[VARIANT] = network.architecture.name, network.variant.name
    state[SIZE], state[WIDTH] = height, None if width == height else width
    for name, value in network.values:
        state[name] = value
    if network.name != chosen().network.name:
        state[LAYER], state[LEVEL], state[GROUPS], state[ON] = 0, AUTO, "", ""
