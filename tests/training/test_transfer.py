"""Runs that start from an earlier one: its weights, frozen layers, features that are kept on disk."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest
import torch

from cnnviz.errors import CnnvizError
from cnnviz.training import composed
from cnnviz.training.data import images, loaded
from cnnviz.training.loop import train
from cnnviz.training.records import End, Epoch, Record
from cnnviz.training.settings import Settings, settings
from cnnviz.training.transfer import PRETRAINING, checkpoint, pretraining

NETWORK = {"depth": 3, "width": 4, "batch_norm": True}


@pytest.fixture(scope="module", autouse=True)
def cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A cache folder of these tests' own, in which the earlier run is made once."""
    folder = tmp_path_factory.mktemp("cache")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CNNVIZ_CACHE", str(folder))
        patch.setitem(PRETRAINING, "letters", {**PRETRAINING["letters"], "images": 600, "epochs": 2})
        yield folder


def run(**options: object) -> Settings:
    given = {"per_class": 5, "epochs": 2, "pretrained": "letters", **options}
    return settings("plain_convolutions", network_options=NETWORK, data="cluttered-digits", **given)  # type: ignore[arg-type]


def earlier(wanted: Settings) -> dict[str, torch.Tensor]:
    """The weights of the run that this one starts from."""
    before = pretraining(wanted)
    assert before is not None
    saved = checkpoint(before, lambda: False)
    assert saved is not None
    weights: dict[str, torch.Tensor] = torch.load(io.BytesIO(saved), weights_only=True)["model"]
    return weights


def trained(wanted: Settings) -> tuple[list[Record], dict[str, torch.Tensor]]:
    kept: list[bytes] = []
    records = list(train(wanted, keep=kept.append))
    return records, torch.load(io.BytesIO(kept[-1]), weights_only=True)["model"]


def test_the_earlier_run_is_one_like_any_other() -> None:
    """Oracle: the same settings trained by the loop, weight for weight."""
    before = pretraining(run())
    assert before is not None
    assert (before.network, before.data, before["pretrained"]) == (
        "plain_convolutions",
        "cluttered-letters",
        "none",
    )
    _, weights = trained(before)
    found = earlier(run())
    assert weights.keys() == found.keys()
    assert all(torch.equal(weights[name], found[name]) for name in weights)


@pytest.mark.parametrize("frozen", [0, 1, 2])
def test_frozen_layers_stay_as_they_were_and_the_others_are_trained(frozen: int) -> None:
    """Oracle: the earlier run's weights; a convolution with what follows it is three modules."""
    before = earlier(run())
    _, after = trained(run(frozen=frozen))
    for name, value in after.items():
        if name.startswith("features"):
            same = torch.equal(value, before[name])
            assert same == (int(name.split(".")[1]) < 3 * frozen), name


def test_features_computed_once_give_what_the_whole_network_gives() -> None:
    """Oracle: the whole network, with the same weights, before and while only its last layer is trained."""
    cached, head = trained(run(frozen=3))
    whole, _ = trained(run())
    assert set(head) == {"fc.weight", "fc.bias"}
    first, other = (next(r for r in records if isinstance(r, Epoch)) for records in (cached, whole))
    assert first.test_loss == pytest.approx(other.test_loss, rel=1e-4)
    assert first.test_error == other.test_error
    slowly, full = trained(run(frozen=3, image_size=16, augment="flip", learning_rate=1e-5, epochs=1))
    assert len(full) > len(head), "new versions of the images have new features"
    assert isinstance(slowly[-1], End)


def test_features_are_kept_for_other_seeds_and_other_numbers_of_labels(cache: Path) -> None:
    """Oracle: the files in the cache folder and when they were written."""

    def files() -> dict[str, int]:
        return {path.name: path.stat().st_mtime_ns for path in cache.glob("*.pt")}

    list(train(run(frozen=3)))
    before = files()
    assert sum(name.startswith("features-") for name in before) == 1
    list(train(run(frozen=3, per_class=20).seeded(4)))
    assert files() == before


def test_a_run_that_starts_from_another_can_be_resumed() -> None:
    """Oracle: the run that was not interrupted."""
    for frozen in (1, 3):
        kept: list[bytes] = []
        whole = [r for r in train(run(frozen=frozen, epochs=3), keep=kept.append) if isinstance(r, Epoch)]
        rest = [r for r in train(run(frozen=frozen, epochs=3), resume=kept[0]) if isinstance(r, Epoch)]
        assert [r.test_loss for r in rest] == [r.test_loss for r in whole][-len(rest) :]


def test_cancelling_while_the_earlier_run_is_trained(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the folder, in which nothing unfinished may stay."""
    monkeypatch.setenv("CNNVIZ_CACHE", str(tmp_path / "new"))
    asked = iter(range(1000))
    records = list(train(run(), cancelled=lambda: next(asked) > 5))
    assert [r.KIND for r in records] == ["end"]
    assert isinstance(records[0], End)
    assert records[0].reason == "cancelled"
    assert not list((tmp_path / "new").glob("*.pt"))


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ({"frozen": 4}, "3 convolutions, and frozen=4 asks for more"),
        ({"per_class": 500}, "training images of class 0, got per_class=500"),
        ({"pretrained": "numbers"}, "pretrained must be one of none, letters"),
    ],
)
def test_what_cannot_be_is_told(options: dict[str, object], said: str) -> None:
    with pytest.raises(CnnvizError, match=said):
        list(train(run(**options)))


def test_weights_that_do_not_fit_are_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the weights are of grey images, the folder's are in colour."""
    from PIL import Image

    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    for name in ("a", "b"):
        (tmp_path / "mine" / name).mkdir(parents=True)
        for number in range(5):
            Image.new("RGB", (9, 9)).save(tmp_path / "mine" / name / f"{number}.png")
    wanted = settings(
        "plain_convolutions", network_options=NETWORK, data="folder:mine", pretrained="letters", epochs=1
    )
    with pytest.raises(CnnvizError, match="does not fit images in colour"):
        list(train(wanted))


def test_who_waits_for_another_process_can_be_cancelled(cache: Path) -> None:
    """Oracle: this test holds the file's lock, as another process that makes it would."""
    fcntl = pytest.importorskip("fcntl", reason="there are no such locks on Windows")
    before = pretraining(run(threads=2))
    assert before is not None
    earlier(run())
    (made,) = cache.glob(f"weights-{pretraining(run()).key}-*.pt")  # type: ignore[union-attr]
    name = made.name.replace(pretraining(run()).key, before.key)  # type: ignore[union-attr]
    with (cache / name).with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        asked = iter((False, False, True))
        assert checkpoint(before, lambda: next(asked)) is None
    assert next(asked, "asked three times") == "asked three times"


def test_networks_that_cannot_be_frozen_are_told() -> None:
    wanted = settings("resnet20", network_options={"depth": 8, "width": 4}, data="cluttered-digits", frozen=2)
    with pytest.raises(CnnvizError, match="all convolutions in one row"):
        list(train(wanted))


def test_a_cache_folder_that_cannot_be_made_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("CNNVIZ_CACHE", str(tmp_path / "file" / "folder"))
    with pytest.raises(CnnvizError, match="CNNVIZ_CACHE names another place"):
        list(train(run()))


def test_so_many_of_each_class() -> None:
    """Oracle: counting; another seed takes others."""
    found = images(run(per_class=7))
    assert torch.bincount(found.train_labels).tolist() == [7] * 10
    assert len(found.test) == 500
    assert not torch.equal(found.train, images(run(per_class=7).seeded(1)).train)


def test_composed_images_are_the_same_each_time_and_have_the_sign_in_them() -> None:
    """Oracle: the sign itself, found again: without clutter no pixel under it may be darker than it."""
    assert torch.equal(loaded("cluttered-digits").train_labels, loaded("digits").train_labels)
    once, again = composed.cluttered_letters(), composed.cluttered_letters()
    assert (once.train == again.train).all()
    assert once.train.shape == (len(composed.LETTERS) * composed.LETTERS_EACH, 1, 16, 16)
    import numpy as np

    sign = np.zeros((1, 8, 8), np.uint8)
    sign[0, 2:6, 3:5] = 255
    for seed in range(5):
        image = composed.cluttered(sign, np.random.default_rng(seed))[0, 0]
        bright = image > 128
        windows = [bright[y : y + 8, x : x + 8][sign[0] > 0].all() for y in range(9) for x in range(9)]
        assert any(windows)
