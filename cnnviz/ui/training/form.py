"""What can be changed in training: a few numbers of a preset, everything of a free run."""

from __future__ import annotations

from typing import Any

import streamlit as st

from cnnviz.architectures.architecture import Option, Value
from cnnviz.errors import CnnvizError
from cnnviz.training.datasets import DATASETS
from cnnviz.training.designs import NAME as DESIGN
from cnnviz.training.laboratory import LABORATORY
from cnnviz.ui import links, widgets
from cnnviz.ui.links import Chosen
from cnnviz.ui.training.plan import ABOVE, FREE, Plan, options, written
from cnnviz.ui.training.views import FREE_VIEW, VIEWS

_OF_A_PRESET = ("epochs", "optimizer", "learning_rate", "batch_size", "images", "image_size", "norms")
_FIRST = ("epochs", "learning_rate", "batch_size", "optimizer")
_PREFIX = "training_"  # of widgets, which the link does not name one by one
BEGINNING = f"network={DESIGN}"  # what the link changes where somebody comes to train a design
_AS_IT_IS = "as in the preset"


def changes(asked: Plan, choice: Chosen) -> None:
    """Draws what can be changed; the link says it as one text."""
    values = dict(asked.values)
    network = str(values.get("network", next(iter(LABORATORY))))
    known = options(asked.name, network)
    free = asked.name == FREE
    with st.popover(
        "Network and training" if free else "Change",
        icon=":material/tune:",
        help=None if free else "Train all curves with other numbers",
        width="content",
    ):
        if free:
            _network_box(network, choice)
        _data_box(asked.name, str(values["data"]) if "data" in values else "digits" if free else None)
        own = [
            o for n, o in known.items() if free and network in LABORATORY and o in LABORATORY[network].options
        ]
        for option in own:
            _widget(asked.name, option, values)
        if own:
            st.divider()
        training = [o for o in known.values() if o not in own]
        first = [o for o in training if o.name in (_FIRST if free else _OF_A_PRESET)]
        columns = st.columns(2)
        for i, option in enumerate([*first, *(o for o in training if free and o not in first)]):
            with columns[i % 2]:
                _widget(asked.name, option, values)
        st.button("Back to how it was", on_click=_reset, disabled=not values, width="stretch")


def changed(asked: Plan) -> None:
    """What is changed, at a glance."""
    if asked.values:
        badges = " ".join(f":orange-badge[{widgets.plain(f'{n} = {v}')}]" for n, v in asked.values)
        st.markdown(badges, help="Changed", width="content")


def sentence(asked: Plan, choice: Chosen) -> str:
    """What a free run would train, in words; "" where it cannot, which the problem above says."""
    if not asked.runs:
        return ""
    wanted = asked.runs[0][1]
    name = choice.network.name if dict(asked.values).get("network") == ABOVE else wanted.network
    rate = f"{wanted['optimizer'].upper()} at {wanted['learning_rate']:g}"
    count = f"{wanted['epochs']} epoch{'s' * (wanted['epochs'] != 1)}"
    if wanted.design:
        name = f"your design {asked.runs[0][0]}"
    return (
        f"**Next:** {widgets.plain(name)} on {widgets.plain(wanted.data)}, {count}, {rate}, "
        f"{wanted['batch_size']} images at once. Each new run joins the picture beside the ones before."
    )


def take_up() -> None:
    """Takes from a link what this visitor's earlier visit would hide: a design, and that it is to be trained.

    Call it before any widget is drawn.
    """
    state, query = st.session_state, st.query_params
    if links.DESIGN in query:
        state.setdefault(links.DESIGN, query[links.DESIGN])
    if query.get(links.BEGIN) != DESIGN:
        return
    del query[links.BEGIN]
    state[links.PRESET], state[links.TRAIN] = FREE, BEGINNING
    state[links.RUNS], state[links.SEEDS], state[links.PICTURE] = "", None, VIEWS[FREE_VIEW].label
    forget()


def tell_design() -> None:
    """The address bar says the visitor's design, where that is what is to be trained."""
    word = st.session_state.get(links.DESIGN)
    if word and network_of_link() == DESIGN and st.query_params.get(links.DESIGN) != word:
        st.query_params[links.DESIGN] = word


def network_of_link() -> str:
    """The network of a free run: of the laboratory or the catalogue by its name, "above" or "design"."""
    return str(_now().get("network", next(iter(LABORATORY))))


def forget() -> None:
    """Widgets take their values from the link again."""
    for name in list(st.session_state):
        if str(name).startswith(f"{_PREFIX}set_"):
            del st.session_state[name]


def _network_box(network: str, choice: Chosen) -> None:
    titles = {name: known.title for name, known in LABORATORY.items()}
    titles[ABOVE] = f"Of the catalogue: {choice.network.name}"
    if network == DESIGN or st.session_state.get(links.DESIGN):
        titles[DESIGN] = "Your own, from the page Design"
    titles.setdefault(network, network)  # a link may name any network of the catalogue
    key = f"{_PREFIX}set_network"
    st.session_state[key] = network
    st.selectbox("Network", list(titles), format_func=titles.__getitem__, key=key, on_change=_networked)


def _data_box(plan: str, data: str | None) -> None:
    """The data sets that are known; a folder of one's own is named in the link."""
    titles = {known.name: known.title for known in DATASETS}
    if data and data not in titles:
        titles[data] = data
    key = f"{_PREFIX}set_data"
    st.session_state[key] = data
    st.selectbox(
        "Data",
        list(titles),
        None,
        format_func=titles.__getitem__,
        placeholder=_AS_IT_IS,
        key=key,
        on_change=_changed,
        args=(plan, "data"),
    )


def _widget(plan: str, option: Option, values: dict[str, Value]) -> None:
    """One option. In a preset an empty field leaves each curve its own value."""
    free = plan == FREE
    key = f"{_PREFIX}set_{option.name}"
    now = values.get(option.name, option.default if free else None)
    if option.kind == "bool" and now is not None and not free:
        now = option.text(now)
    st.session_state[key] = now
    label, help_ = option.name.replace("_", " "), f"{option.help}. {option.rule.capitalize()}"
    given: dict[str, Any] = {"key": key, "on_change": _changed, "args": (plan, option.name), "help": help_}
    if option.kind == "bool" and free:
        st.toggle(label, **given)
    elif option.kind in ("bool", "choice"):
        st.selectbox(label, option.choices or ("on", "off"), None, placeholder=_AS_IT_IS, **given)
    elif option.kind == "int":
        ends = int(option.minimum or 0), int(option.maximum or 0)
        step = int(option.step or 1)
        st.number_input(label, *ends, None, step, placeholder=_AS_IT_IS, **given)
    else:
        low, high = float(option.minimum or 0), float(option.maximum or 0)
        st.number_input(label, low, high, None, 0.01, "%g", placeholder=_AS_IT_IS, **given)


def _now() -> dict[str, Value]:
    text = str(links.now(links.TRAIN) or "")
    parts = (part.partition("=") for part in text.split(",") if part.strip())
    return {name.strip(): value.strip() for name, _, value in parts}


def _changed(plan: str, name: str) -> None:
    values = _now()
    known = options(plan, str(values.get("network", next(iter(LABORATORY)))))
    value = st.session_state[f"{_PREFIX}set_{name}"]
    default = known[name].default if name in known and plan == FREE else None
    if name == "data" and plan == FREE:
        default = "digits"
    if value is None or value == default:
        values.pop(name, None)
    else:
        try:
            values[name] = known[name].text(known[name].check(value)) if name in known else value
        except CnnvizError:
            values[name] = str(value)  # the page says what is wrong with it
    st.session_state[links.TRAIN] = written(values, {})


def _networked() -> None:
    """Another network: its own options begin as they are, how it is trained stays."""
    chosen = st.session_state[f"{_PREFIX}set_network"]
    values = {n: v for n, v in _now().items() if n in options(FREE, ABOVE) or n == "data"}
    st.session_state[links.TRAIN] = written({"network": chosen, **values}, {})


def _reset() -> None:
    st.session_state[links.TRAIN] = ""
