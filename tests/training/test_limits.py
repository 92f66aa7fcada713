"""Limits are explained, owners are served in turn, and what a run takes is told beforehand."""

from __future__ import annotations

import pytest

from cnnviz.errors import LimitError, OptionError
from cnnviz.training.data import loaded
from cnnviz.training.limits import IMAGES, VARIABLE, Limits, check, estimated, limits, request
from cnnviz.training.settings import settings
from cnnviz.training.store import Store
from cnnviz.training.turns import in_turn
from tests.training.waiting import small


def test_multiplications_are_three_passes_of_every_image() -> None:
    """Oracle: by hand. 8x8 digits, a 3x3 convolution of stride 2 with 2 filters: 4x4 places, pooled to 2x2,
    8 inputs to 10 classes: 16 * 9 * 2 + 80 = 368 MACs; 3 passes of 100 images in 4 epochs."""
    wanted = settings("plain_convolutions", network_options={"depth": 1, "width": 2}, images=100, epochs=4)
    assert estimated(wanted).multiplications == 3 * 368 * 100 * 4


def test_seconds_grow_with_epochs_images_and_size() -> None:
    """Oracle: proportion. Ten times the epochs take ten times as long, but for the first evaluation."""
    one = estimated(small(epochs=1)).seconds
    assert estimated(small(epochs=10)).seconds == pytest.approx(10 * one, rel=0.3)
    assert estimated(small(epochs=1, images=100)).seconds < one
    assert estimated(small(epochs=1, image_size=32)).seconds > one


def test_seconds_are_right_to_a_factor() -> None:
    """Oracle: CPU seconds of the degradation curves as the notes on presets have them: 2.6 and 14 seconds."""
    for depth, measured in ((8, 2.6), (56, 14.0)):
        wanted = settings("plain20", network_options={"depth": depth, "width": 8}, epochs=8)
        assert measured / 3 < estimated(wanted).seconds < measured * 3


@pytest.mark.parametrize("name", ["digits", "cluttered-digits", "cluttered-letters"])
def test_data_sets_have_as_many_images_as_the_limits_think(name: str) -> None:
    """Oracle: the images themselves."""
    found = loaded(name)
    assert (len(found.train), len(found.test)) == IMAGES[name]


@pytest.mark.parametrize(
    ("allowed", "said"),
    [
        (Limits(epochs=2), "at most 2 epochs here, this one would take 3: ask for fewer epochs"),
        (Limits(images=100), "at most 100 images here, this one would take 200: set images to 100"),
        (Limits(multiplications=1e6), "at most 1,000,000 multiplications here, this one would take about"),
        (Limits(seconds=0.01), "smaller network; `cnnviz train` at a terminal of one's own has no limit"),
    ],
)
def test_a_limit_is_explained_with_the_way_out(allowed: Limits, said: str) -> None:
    with pytest.raises(LimitError) as told:
        check(small(), allowed)
    assert said in str(told.value)


def test_what_cannot_be_traced_is_for_the_run_to_explain() -> None:
    assert check(settings("lenet5")) == 0.0


def test_an_owner_cannot_fill_the_queue(store: Store) -> None:
    """Oracle: counting. What would be too much is refused as a whole; the other owner is not concerned."""
    allowed = Limits(queued_runs=3)
    request(store, [("a", small(seed)) for seed in range(2)], owner="ann", allowed=allowed)
    with pytest.raises(LimitError, match="2 runs waiting and ask for 2 more, at most 3 may"):
        request(store, [("a", small(seed)) for seed in (2, 3)], owner="ann", allowed=allowed)
    assert len(store.runs()) == 2
    request(store, [("a", small(seed)) for seed in (4, 5, 6)], owner="bob", allowed=allowed)
    assert len(store.runs()) == 5
    # a run that is there already costs nobody anything
    request(store, [("a", small(seed)) for seed in (0, 1, 2)], owner="ann", allowed=allowed)
    with pytest.raises(LimitError, match="seconds of a core, at most 0"):
        request(store, [("a", small(9))], owner="cy", allowed=Limits(queued_seconds=0.001))


def test_the_limits_of_a_machine_are_named_in_one_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, "epochs=400, queued_runs=7 seconds=inf")
    assert limits() == Limits(epochs=400, queued_runs=7, seconds=float("inf"))
    for wrong, said in (("epoch=4", "did you mean epochs"), ("epochs=-1", "above 0"), ("epochs", "above 0")):
        monkeypatch.setenv(VARIABLE, wrong)
        with pytest.raises(OptionError, match=said):
            limits()


@pytest.mark.parametrize(
    ("queued", "running", "served", "expected"),
    [
        ([(1, "a"), (2, "a"), (3, "b"), (4, "c")], {}, {}, [1, 3, 4, 2]),
        ([(1, "a"), (2, "a"), (3, "b"), (4, "b")], {"a": 1}, {}, [3, 1, 4, 2]),
        ([(1, "a"), (2, "a"), (3, "b"), (4, "b")], {}, {"a": 9.0}, [3, 1, 4, 2]),
        ([(1, "a"), (2, "a"), (3, "a")], {"a": 2}, {"a": 5.0}, [1, 2, 3]),
        ([], {}, {}, []),
    ],
)
def test_owners_take_turns(
    queued: list[tuple[int, str]], running: dict[str, int], served: dict[str, float], expected: list[int]
) -> None:
    """Oracle: by hand."""
    assert in_turn(queued, running, served) == expected


def test_a_class_is_not_kept_waiting_by_one_who_asks_for_much(store: Store) -> None:
    """Oracle: one worker serves ten runs of ann and two of bob, who came later: bob is served second and
    fourth, though ann's runs end one by one and nothing else is in training then."""
    for seed in range(10):
        store.submit(small(seed), owner="ann")
    bobs = [store.submit(small(seed), owner="bob").id for seed in (20, 21)]
    order = []
    for number in range(5):
        claimed = store.claim(f"w{number}")
        assert claimed is not None
        order.append(claimed.id)
        store.fail(claimed.id, f"w{number}", "enough")
    assert [run in bobs for run in order] == [False, True, False, True, False]


def test_the_wait_is_told(store: Store) -> None:
    """Oracle: by hand: on one core the second of two runs begins when the first has ended."""
    first, second = request(store, [("a", small(epochs=50)), ("b", small(1))], owner="ann")
    assert first.estimate == estimated(first.settings).seconds
    assert store.waits() == {first.id: 0, second.id: pytest.approx(first.estimate)}
    assert store.waits(slots=2)[second.id] == 0
    store.claim("w")
    assert 0 < store.waits()[second.id] <= first.estimate
    assert store.waits(slots=2) == {second.id: 0}
    assert store.place(second.id) == 0
