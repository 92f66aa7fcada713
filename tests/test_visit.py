"""What belongs to one visit: kept with it, bounded, and out of everybody's caches."""

from __future__ import annotations

import gc
import tracemalloc
from functools import lru_cache

import pytest

from cnnviz import design, graph, plots, tables
from cnnviz.design.examples import example
from cnnviz.graph.folding import Folding
from cnnviz.onnx import network
from cnnviz.targets import trace
from cnnviz.ui import cached, own_models, visit, widgets
from cnnviz.ui.compare import entries
from cnnviz.ui.visit import Results, weighed
from tests.pages import page as opened

SHARED = (cached.traced, cached.rows, cached.columns, cached.drawing, cached.card, entries.contestant)


@pytest.fixture
def visited(monkeypatch: pytest.MonkeyPatch) -> Results:
    """A visit without a browser."""
    found = Results()
    monkeypatch.setattr(visit, "results", lambda: found)
    return found


def held() -> list[int]:
    """How many results lie in caches that everybody shares."""
    return [function.everybodys.cache_info().currsize for function in SHARED]


def chain(layers: int) -> bytes:
    """An ONNX file of ReLUs, one after the other."""
    from tests.onnx.files import model, node

    names = ["x", *(f"t{i}" for i in range(layers - 1)), "y"]
    nodes = [node("Relu", names[i], to=names[i + 1], name=f"/r{i}/Relu") for i in range(layers)]
    return model(nodes, [1, 3, 8, 8]).SerializeToString()


def test_the_least_recently_used_result_goes_first() -> None:
    """Oracle: by hand: three places, `a` asked for again, so that the fourth takes the place of `b`."""
    kept, made = Results(most_entries=3), []

    def ask(name: str) -> str:
        return kept.get(name, lambda: made.append(name) or name)

    for name in "abcada":
        assert ask(name) == name
    assert made == list("abcd")
    ask("b")
    assert made == list("abcdb")


def test_a_visit_is_bounded_in_bytes_too() -> None:
    """Oracle: 10 texts of 100,000 letters, a byte each, are 1 MB; of these 250 kB are two and a half."""
    kept = Results(most_bytes=250_000)
    for number in range(10):
        kept.get(number, lambda: "x" * 100_000)
    assert len(kept) == 2
    kept.get("large", lambda: "x" * 1_000_000)  # one that is over the bound is kept while it is the newest
    assert len(kept) == 1
    kept.get("small", lambda: "x")
    assert (len(kept), kept.weight < 100) == (1, True)


def test_an_error_is_raised_and_not_kept() -> None:
    kept = Results()
    with pytest.raises(ZeroDivisionError):
        kept.get("a", lambda: 1 // 0)
    assert kept.get("a", lambda: 5) == 5


@pytest.mark.parametrize("layers", [30, 1000])
def test_weights_are_of_the_size_of_what_is_held(layers: int) -> None:
    """Oracle: what Python's own tracemalloc says was allocated; the bound must mean what it says."""
    pytest.importorskip("onnx")
    read = network(chain(layers), "net.onnx")

    def everything() -> list[object]:
        made = read.trace([(3, 8, 8)])
        rows = tables.layer_rows(made)
        assert made.peak_activation_bytes
        drawn = graph.drawing(made, Folding(), colour="kind")
        figure = plots.cost_figure(plots.cost_curves(rows, "MACs"), plots.Mark(1, "r1"))
        return [made, rows, widgets.layer_columns(rows), drawn, figure]

    everything()  # what is only made once is nobody's
    gc.collect()
    tracemalloc.start()
    found = everything()
    gc.collect()
    bytes_held = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    assert bytes_held / 3 < sum(map(weighed, found)) < 3 * bytes_held


def test_what_is_of_a_visit_is_known_by_its_name() -> None:
    """Oracle: the names that designs and uploads have in links and keys; the operator's models are not."""
    for name in ("design:abc", "net.onnx#0123", ("alexnet@paper", "design:abc"), ("net.onnx#01,input=64",)):
        assert visit.owned(name)
    for name in ("alexnet@paper", "own_nets:net", (), ("resnet50@paper,width=32",), (("groups", 2),), 5):
        assert not visit.owned(name)


def test_designs_and_files_stay_out_of_what_everybody_shares(visited: Results) -> None:
    """Oracle: the sizes of the shared caches before and after 300 edits, more than they have places."""
    lenet = (trace("lenet5").model, (), (1, 32, 32))
    cached.rows(*lenet)
    before, known = held(), cached.rows(*lenet)
    made = example("lenet5")
    for number in range(300):
        word = design.packed(design.Design(name=f"edit {number}", input_shape=(1, 32, 32), rows=made.rows))
        key = (f"{visit.DESIGNED}{word}", (), (1, 32, 32))
        assert cached.traced(*key).parameters == 61_706  # LeCun et al. 1998 with full connections
        cached.columns(*key)
        entries.contestant(key[0])
    assert held() == before
    assert cached.rows(*lenet) is known
    assert len(visited) <= visit.MOST_ENTRIES
    assert visited.weight <= visit.MOST_BYTES


def test_what_is_named_by_keyword_is_known_too(visited: Results) -> None:
    """Oracle: the sizes of both caches, after a design and a network of everybody's."""

    @visit.apart(visit.plainly(4))
    def length(name: str, *, more: str = "") -> int:
        return len(name + more)

    assert (length("a", more="design:b"), length(name="net.onnx#01"), length("a", more="b")) == (9, 11, 2)
    assert len(visited) == 2
    assert length.everybodys.cache_info().currsize == 1


def test_two_visitors_of_one_design_do_not_share(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the traces are equal in what they count, and two things in memory."""
    visits = [Results(), Results()]
    name = f"{visit.DESIGNED}{design.packed(example('lenet5'))}"
    found = []
    for one in visits:
        monkeypatch.setattr(visit, "results", lambda one=one: one)
        found.append(cached.traced(name, (), (1, 32, 32)))
        assert cached.traced(name, (), (1, 32, 32)) is found[-1]
    assert found[0] is not found[1]
    assert found[0].macs == found[1].macs


def test_a_function_is_asked_once_where_it_is_kept() -> None:
    asked = []

    @visit.apart(lru_cache)
    def double(name: str) -> str:
        asked.append(name)
        return 2 * name

    assert [double("a"), double("a")] == ["aa", "aa"]
    assert asked == ["a"]


@pytest.mark.parametrize("page", ["explore", "conventions", "compare"])
def test_an_uploads_results_live_in_its_session(page: str) -> None:
    """Oracle: the same file in two sessions, each with results of its own; the second adds none for all."""
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    upload = own_models._read(small_network(), "net.onnx")

    def session() -> Results:
        app = opened(page, visit={"own_models": {"net.onnx": upload}}, net="net.onnx", nets="net.onnx")
        assert not app.error
        found: Results = app.session_state["visit_results"]
        return found

    first, before = session(), held()
    second = session()
    assert held() == before
    assert len(first) == len(second) > 0
    assert first is not second
