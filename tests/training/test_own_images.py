"""Images of one's own, in a folder with a folder for each class."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from PIL import Image

from cnnviz.errors import CnnvizError, DataError
from cnnviz.training.cost import traced
from cnnviz.training.data import loaded
from cnnviz.training.loop import train
from cnnviz.training.records import End
from cnnviz.training.settings import settings
from tests.training.data_files import own_images


@pytest.mark.parametrize("split", [False, True])
def test_images_of_ones_own(folder: Path, split: bool) -> None:
    """Oracle: the colours that were painted; one fifth is for the test where no folder says which."""
    own_images(folder, split=split)
    found = loaded("folder:mine")
    assert found.classes == ("blue", "red")
    assert (len(found.train), len(found.test)) == ((20, 20) if split else (16, 4))
    reds = found.train[found.train_labels == 1]
    assert found.shape == (3, 64, 64)
    assert torch.all(reds[:, 0] > 0.9)
    assert torch.all(reds[:, 2] < -0.9)


def test_a_run_on_images_of_ones_own(folder: Path) -> None:
    """Oracle: it ends, with two classes in its last layer: 4 * 4 features * 2 + 2 parameters."""
    own_images(folder)
    network = {"depth": 2, "width": 4}
    wanted = settings(
        "plain_convolutions", network_options=network, data="folder:mine", epochs=1, image_size=8
    )
    assert isinstance(list(train(wanted))[-1], End)
    assert traced(wanted).layers[-1].parameters == 4 * 4 * 2 + 2


def test_broken_images_are_named(folder: Path) -> None:
    inner = own_images(folder)
    (inner / "red" / "00.png").write_bytes(b"no image")
    whole = (inner / "red" / "01.png").read_bytes()
    (inner / "red" / "01.png").write_bytes(whole[:60])
    Image.new("L", (6000, 5000)).save(inner / "blue" / "03.png")
    with pytest.raises(DataError) as error:
        loaded("folder:mine")
    said = str(error.value)
    assert "3 of 20 images" in said
    assert all(name in said for name in ("red/00.png", "red/01.png", "blue/03.png (6000x5000 pixels"))


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("folder:nowhere", "there is no folder .*nowhere: put images into"),
        ("folder:../secret", "must be folder:NAME"),
        ("folder:..", "must be folder:NAME"),
        ("folder:/etc", "must be folder:NAME"),
        ("folder:", "must be folder:NAME"),
        ("folder:one", "has 1 folders, and needs one for each of 2 to 100"),
        ("folder:hollow", "a has no images"),
        ("folder:lopsided", "there is no folder .*test.b"),
        ("fashion-mnits", "did you mean fashion-mnist"),
    ],
)
def test_folders_that_will_not_do_are_told(folder: Path, name: str, said: str) -> None:
    (folder / "one" / "a").mkdir(parents=True)
    (folder / "hollow" / "a").mkdir(parents=True)
    (folder / "hollow" / "b").mkdir()
    own_images(folder, split=True).rename(folder / "lopsided")
    (folder / "lopsided" / "test" / "blue").rename(folder / "lopsided" / "test" / "b")
    (folder / "lopsided" / "train" / "blue").rename(folder / "lopsided" / "train" / "b")
    for file in (folder / "lopsided" / "test" / "b").iterdir():
        file.unlink()
    (folder / "lopsided" / "test" / "b").rmdir()
    with pytest.raises(CnnvizError, match=said):
        loaded(name)


def test_too_many_images_are_told(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cnnviz.training.own_images.MOST_IMAGES", 19)
    own_images(folder)
    with pytest.raises(DataError, match="has 20 images, and 19 is the most"):
        loaded("folder:mine")
