"""What stays in memory of what a class looks at, counted by Python's own garbage collector."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch
from torch import Tensor
from torch.nn import Parameter

from cnnviz import inside
from cnnviz.inside import networks
from cnnviz.inside.keeping import Bounded, tensor_bytes
from cnnviz.inside.networks import Trained
from cnnviz.training.settings import settings
from cnnviz.training.store import URL, Store
from cnnviz.training.worker import work
from cnnviz.ui.looking import kept, told
from cnnviz.ui.training import shared

RUNS = 5
MOST_PASSES = 1_000_000


def alive() -> int:
    """Bytes of all tensors that there are, without those of other tests that stand for numbers only."""
    gc.collect()
    return tensor_bytes([thing for thing in gc.get_objects() if type(thing) in (Tensor, Parameter)])


@pytest.fixture
def runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[list[str]]:
    """Finished runs of a server that keeps little: two networks, and a few passes."""
    monkeypatch.setenv(URL, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    shared.forget()
    store = Store()
    made = []
    for seed in range(RUNS):
        options = {"depth": 4, "width": 16}
        wanted = settings("plain_convolutions", network_options=options, images=40, epochs=1, seed=seed)
        run = store.submit(wanted).id
        work(store, run)
        made.append(f"run:{run}")
    parameters = kept.network(made[0]).model.parameters()
    most = int(2.5 * 4 * sum(weight.numel() for weight in parameters))
    monkeypatch.setattr(networks, "_opened", Bounded(16, most, lambda network: network.bytes))
    monkeypatch.setattr(kept, "_passes", Bounded(64, MOST_PASSES, lambda numbers: numbers.bytes))
    monkeypatch.setattr(kept, "answers", Bounded(1024, 48_000_000, len))
    yield made
    shared.close()
    shared.forget()


def test_what_is_kept_of_networks_and_passes_is_within_the_bounds(runs: list[str]) -> None:
    """Oracle: all tensors of the process, before a class asked everything and after."""
    for name in runs[:1]:
        everything(name)  # whatever is loaded once: images, Captum
    before = alive()
    opened: list[weakref.ref[Trained]] = []
    for name in runs:
        opened.append(weakref.ref(kept.network(name)))
        everything(name)
    more = alive() - before
    most = networks._opened._most
    assert isinstance(most, int)
    gone = [network() is None for network in opened]
    assert gone == [True, True, True, False, False], "there is room for two and a half"
    assert networks._opened.bytes <= most
    assert kept._passes.bytes <= MOST_PASSES
    assert more <= most + MOST_PASSES


def everything(name: str) -> None:
    layer = kept.network(name).layers[0].name
    for image in ("test:0", "test:1", "test:2"):
        asked = {"net": name, "image": image, "layer": layer, "class": "1", "size": "8", "patch": "0,0,3,3"}
        for answer in (told.of_network, told.of_pass, told.of_maps, told.of_reasons, told.of_occluded):
            answer(asked)


@pytest.mark.parametrize("name", [shipped.name for shipped in inside.SHIPPED])
def test_modules_for_hooks_take_no_second_copy_of_the_weights(name: str) -> None:
    """Oracle: where torch has the numbers of each weight, and what both networks say."""
    network = inside.trained(name)
    ours, theirs = network.model.state_dict(), network.own_modules.state_dict()
    assert [w.data_ptr() for w in ours.values()] == [w.data_ptr() for w in theirs.values()]
    assert not set(map(id, network.model.modules())) & set(map(id, network.own_modules.modules()))
    given = torch.rand(2, *network.shape)
    with torch.inference_mode():
        assert torch.equal(network.model(given), network.own_modules(given))


def test_bytes_of_views_are_counted_once() -> None:
    """Oracle: 6 x 4 numbers of 4 bytes each, and two of 8."""
    whole = torch.zeros(6, 4)
    assert (
        tensor_bytes([whole, whole[0], whole.view(-1), torch.zeros(2, dtype=torch.int64)]) == 6 * 4 * 4 + 16
    )
