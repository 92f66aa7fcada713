"""Networks with the weights that torchvision publishes: found on disk, made ready, looked into."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from cnnviz import inside
from cnnviz.errors import DataError, OptionError
from cnnviz.inside.looking import look
from cnnviz.inside.networks import offered, trained
from cnnviz.inside.pictures import sample
from cnnviz.ui.looking import kept
from tests.training.test_imagenet import folder, saved, theirs  # noqa: F401 - a fixture for all

NAME = "squeezenet1_1@torchvision"


def test_a_file_on_disk_is_offered_and_answers_as_torchvision(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Oracle: torchvision's own network with these weights, normalised as its documentation says."""
    model = theirs(NAME)
    assert f"imagenet:{NAME}" not in dict(offered())
    saved(model, NAME, folder, monkeypatch)
    assert f"imagenet:{NAME}" in dict(offered())
    network = trained(f"imagenet:{NAME}")
    picture = sample(network, "cat")
    pixels = picture.pixels((3, 96, 96))
    mean, deviation = torch.tensor([0.485, 0.456, 0.406]), torch.tensor([0.229, 0.224, 0.225])
    given = (pixels - mean.view(3, 1, 1)) / deviation.view(3, 1, 1)
    with torch.inference_mode():
        wanted = model(given[None])[0]
    it = look(network, picture)
    assert torch.allclose(it.scores, wanted, atol=1e-4)
    assert len(network.classes) == 1000
    why = inside.explained(it, inside.Element(network.layers[0].name, 3, 10, 11))
    assert why.total == pytest.approx(why.value, abs=1e-4)


def test_a_page_says_which_file_is_missing_and_downloads_nothing() -> None:
    """Oracle: the file's name as torchvision publishes it."""
    with pytest.raises(DataError, match=r"resnet18-f37072fd\.pth"):
        kept.network("imagenet:resnet18")


@pytest.mark.parametrize(
    ("name", "says"),
    [
        ("imagenet:resnet152", "is the most that is looked into"),
        ("imagenet:vgg16", "takes no images smaller than 224x224"),
        ("imagenet:lenet5", "no ImageNet weights for lenet5"),
    ],
)
def test_what_is_too_much_is_refused_with_the_rule(name: str, says: str) -> None:
    with pytest.raises(OptionError, match=says):
        trained(name)
