"""Designs as networks to train: the settings that hold them, and data that do not fit."""

from __future__ import annotations

import json
import os
from pathlib import Path

import pytest
import torch

from cnnviz.design import Design, dumps, row
from cnnviz.design.examples import example
from cnnviz.design.torch_blocks import Residual
from cnnviz.errors import CnnvizError, DesignError, LimitError, OptionError
from cnnviz.training import exports, imports, limits
from cnnviz.training.data import images
from cnnviz.training.datasets import files_digest
from cnnviz.training.designs import settings_of
from cnnviz.training.loop import train
from cnnviz.training.networks import built
from cnnviz.training.records import End, Epoch
from cnnviz.training.requests import requested
from cnnviz.training.settings import Settings, settings
from cnnviz.training.store import Store
from cnnviz.training.worker import work

SMALL = Design(name="mine", input_shape=(1, 8, 8)).having(
    [row("conv", {"channels": 4, "activation": "relu"}), row("flatten"), row("linear", {"features": 10})]
)


def small(**options: object) -> Settings:
    return settings_of(SMALL, **{"images": 60, "epochs": 2, **options})  # type: ignore[arg-type]


def test_settings_hold_the_whole_design() -> None:
    """Oracle: JSON, as a worker elsewhere gets it; other rows are another key, other spaces are not."""
    wanted = small()
    again = Settings.from_dict(json.loads(json.dumps(wanted.as_dict())))
    assert again == wanted
    assert again.key == wanted.key
    spaced = settings("x", design=dumps(SMALL).replace("kernel = 3", "kernel  =  3"), images=60, epochs=2)
    assert spaced.key == wanted.key
    other = SMALL.having([row("conv", {"channels": 5, "activation": "relu"}), *SMALL.rows[1:]])
    assert settings_of(other, images=60, epochs=2).key != wanted.key
    assert "design" not in settings("plain_convolutions").as_dict()  # keys of earlier runs stay


def test_it_learns_and_goes_on_from_a_checkpoint() -> None:
    """Oracle: the same run without a break."""
    whole = [r for r in train(small()) if isinstance(r, Epoch)]
    kept: list[bytes] = []
    first = train(small(), keep=kept.append, cancelled=lambda: bool(kept))
    assert [r.reason for r in first if isinstance(r, End)] == ["cancelled"]
    rest = [r for r in train(small(), resume=kept[0]) if isinstance(r, Epoch)]
    assert rest[-1].train_loss == whole[-1].train_loss
    assert whole[-1].train_loss < whole[0].train_loss


def test_a_network_too_large_for_a_checkpoint_is_trained_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the store, which takes no checkpoint of that size."""
    monkeypatch.setattr("cnnviz.training.worker.LARGEST_CHECKPOINT", 1000)
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    store.submit(small())
    done = work(store)
    assert done is not None
    assert done.status == "done"
    assert store.kept_epoch(done.id) is None


def test_a_worker_needs_the_store_alone(tmp_path: Path) -> None:
    """Oracle: the parameters of the rows by hand: 4 * 9 + 4 and 4 * 6 * 6 * 10 + 10, in the label."""
    request = requested(
        str(_file(tmp_path)), options={"images": "60", "epochs": "1"}, seeds=1, device="cpu", data=None
    )
    ((label, wanted),) = request.runs
    assert label == "mine, 1,490 parameters"
    (tmp_path / "mine.toml").unlink()
    store = Store(f"sqlite:///{tmp_path / 'runs.sqlite'}")
    run = store.submit(wanted, label=label)
    done = work(store, run.id)
    assert done is not None
    assert done.status == "done", done.message
    other = Store(f"sqlite:///{tmp_path / 'other.sqlite'}")
    (taken,) = imports.from_json(other, exports.to_json(store, [done]))
    assert taken.settings == wanted


def _file(folder: Path) -> Path:
    file = folder / "mine.toml"
    file.write_text(dumps(SMALL))
    return file


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"input_shape": (3, 8, 8)},
            r"3 channels, and those of digits have 1: .* or train on cifar10",
        ),
        ({"input_shape": (1, 8, 9)}, r"takes 8x9, and gets images of 8x8 .*set n_H and n_W .* to 8 and 8"),
        ({"rows": SMALL.rows[:1]}, r"ends in a map of 6x6x4, .*add a flatten"),
        ({"rows": SMALL.rows[:2]}, r"ends in a vector of 144, and digits has 10 classes: .* 10 features"),
        ({"rows": ()}, "has no rows yet"),
        ({"rows": (SMALL.rows[2],)}, "row 1, linear .*put a flatten before it"),
    ],
)
def test_what_does_not_fit_the_data_is_told_with_the_way_out(change: dict[str, object], said: str) -> None:
    from dataclasses import replace

    with pytest.raises(CnnvizError, match=said):
        settings_of(replace(SMALL, **change))  # type: ignore[arg-type]


def test_settings_refuse_what_a_design_has_not() -> None:
    with pytest.raises(OptionError, match="rows say what it is"):
        settings("x", design=dumps(SMALL), network_options={"depth": 3})
    with pytest.raises(OptionError, match="rows say what it is"):
        settings("x", design=dumps(SMALL), pretrained="letters")
    with pytest.raises(DesignError):
        Settings.from_dict({"network": "x", "design": "rows = 3"})


def test_images_are_scaled_to_the_design() -> None:
    """Oracle: LeNet-5 takes 32x32, the digits are 8x8."""
    wanted = settings_of(example("lenet5"), images=20)
    assert images(wanted).shape == (1, 32, 32)


def test_residual_rows_can_begin_as_the_identity() -> None:
    """Oracle: y = act(F(x) + x) with F = 0 is x for what is not negative."""
    design = SMALL.having([row("residual", {"channels": 1}), row("flatten"), row("linear")])
    wanted = settings_of(design, images=20, zero_residual=True)
    network = built(wanted, images(wanted)).eval()
    block = next(m for m in network.modules() if isinstance(m, Residual))
    x = torch.rand(2, 1, 8, 8)
    assert torch.equal(block(x), x)


def test_a_design_that_needs_too_much_memory_is_refused() -> None:
    """Oracle: 8,192 maps of 256x256 numbers of four bytes are 2.1 GB for one image."""
    wide = Design(name="wide", input_shape=(1, 256, 256)).having(
        [row("conv", {"channels": 8192, "kernel": 1}), row("global_pool"), row("flatten"), row("linear")]
    )
    with pytest.raises(LimitError, match="at most 8,000,000,000 bytes"):
        limits.check(settings_of(wide, images=64, epochs=1))


def test_changed_files_of_a_folder_are_other_settings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: a file that is longer, one that is newer, and one more; and nothing changed."""
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    for name in "ab":
        (tmp_path / "mine" / name).mkdir(parents=True)
    picture = tmp_path / "mine" / "a" / "1.png"
    picture.write_bytes(b"1")

    def key() -> str:
        return settings("plain_convolutions", data="folder:mine").key

    keys = [key()]
    assert key() == keys[0]
    picture.write_bytes(b"12")
    keys.append(key())
    os.utime(picture, (1, 1))
    keys.append(key())
    (tmp_path / "mine" / "b" / "2.png").write_bytes(b"1")
    keys.append(key())
    assert len(set(keys)) == 4
    kept = settings("plain_convolutions", data="folder:mine")
    picture.unlink()
    assert Settings.from_dict(kept.as_dict()).key == kept.key  # a run stays what it was


def test_an_image_that_moves_to_another_class_makes_another_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: rename(2), which leaves a file's name, size and time as they were."""
    monkeypatch.setenv("CNNVIZ_DATA", str(tmp_path))
    for name in ("cats", "dogs"):
        (tmp_path / "mine" / name).mkdir(parents=True)
    for name, image in (("cats", "1"), ("cats", "2"), ("dogs", "3")):
        (tmp_path / "mine" / name / f"{image}.png").write_bytes(b"an image")
    before = files_digest("folder:mine")
    (tmp_path / "mine" / "cats" / "2.png").rename(tmp_path / "mine" / "dogs" / "2.png")
    assert files_digest("folder:mine") != before
