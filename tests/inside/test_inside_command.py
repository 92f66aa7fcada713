"""`cnnviz inside`: what it prints, the files that it writes, and what it says of mistakes."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from cnnviz import inside
from cnnviz.inside import slides
from cnnviz.inside.fields import Box
from cnnviz.inside.looking import Seen, look
from cnnviz.inside.photographs import BY_NAME
from cnnviz.inside.pictures import sample
from cnnviz.inside.reasons import grad_cam, occluded, saliency
from cnnviz.training.settings import settings
from cnnviz.training.store import URL, Store
from cnnviz.training.worker import work
from tests.inside.test_imagenet import NAME, published
from tests.terminal import fails, succeeded
from tests.training.test_imagenet import folder, saved, theirs  # noqa: F401 - a fixture for all


def seen(name: str, image: str) -> Seen:
    network = inside.trained(name)
    return look(network, sample(network, image))


def told(*words: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(succeeded("inside", *words, "--format", "json"))
    return found


def pixels(path: Path) -> Any:
    return np.asarray(Image.open(path))


def test_without_a_network_it_lists_those_that_there_are(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the networks that ship, and a run of a store of the test's own."""
    monkeypatch.setenv(URL, f"sqlite:///{tmp_path / 'runs.sqlite'}")
    store = Store()
    options = {"depth": 2, "width": 4}
    run = store.submit(settings("plain_convolutions", network_options=options, images=40, epochs=1)).id
    work(store, run)
    names = [line.split()[0] for line in succeeded("inside").splitlines()]
    assert names == [*(shipped.name for shipped in inside.SHIPPED), f"run:{run}"]
    assert told(f"run:{run}")["title"] == f"Run {run}: plain_convolutions"


@pytest.mark.parametrize("name", [shipped.name for shipped in inside.SHIPPED])
def test_it_tells_predictions_and_layers(name: str) -> None:
    """Oracle: a forward pass made here, and the trace."""
    network = inside.trained(name)
    image = inside.samples(network)[0]
    it = seen(name, image)
    found = told(name, "--top", "3")
    assert [p["label"] for p in found["predictions"]] == [p.label for p in it.predictions[:3]]
    assert found["predictions"][0]["probability"] == pytest.approx(float(it.scores.softmax(0).max()))
    assert found["macs"] == network.trace.macs
    for row in found["layers"]:
        height, width, channels = row["shape"]
        assert it.maps(row["name"]).shape == (channels, height, width)
    text = succeeded("inside", name)
    assert all(layer.name in text for layer in network.layers)
    assert f"{it.predictions[0].label}" in text


def test_it_tells_one_layer_and_one_pixel() -> None:
    """Oracle: a forward pass made here, a field worked out by hand, the weights."""
    it = seen("lenet5", "test:4")
    found = told("lenet5", "--image", "test:4", "--layer", "conv2", "--map", "5", "--pixel", "0x9")["layer"]
    assert found["pixel"]["value"] == pytest.approx(float(it.maps("conv2")[5, 0, 9]))
    assert found["pixel"]["theoretical"] == [-2, 16, 11, 29]  # 5 + (2 + 4 * 2 - 1) pixels, 2 apart, padding 2
    assert found["order"] == it.maps("conv2").abs().mean((1, 2)).argsort(descending=True).tolist()
    assert found["filter_shape"] == [16, 6, 5, 5]
    middle = told("lenet5", "--layer", "conv2")["layer"]["pixel"]
    assert (middle["row"], middle["column"]) == (5, 5)
    text = succeeded("inside", "photo", "--layer", "conv1", "--map", "17")
    match = inside.filters(inside.trained("photo"), "conv1").matches[17]
    assert f"filter 17 is most like {match.name}: cosine {match.similarity:.2f}" in text


def test_a_folder_gets_pictures_and_their_numbers(tmp_path: Path) -> None:
    """Oracle: the forward pass, Captum's answers and the weights; the numbers as numpy reads them."""
    out = tmp_path / "new" / "folder"
    layer = "conv3_x.block_1.act"
    said = succeeded(
        *(
            "inside",
            "resnet20",
            "--image",
            "test:6",
            "--layer",
            layer,
            "--class",
            "2",
            "-o",
            str(out),
            "--npy",
        )
    )
    it = seen("resnet20", "test:6")
    of = "conv3_x.block_1.residual.conv2"
    names = {f"{layer}-maps", f"{of}-filters", f"{layer}-field", "saliency", "grad-cam", "occlusion"}
    assert {path.name for path in out.iterdir()} == {
        "report.json",
        "image.png",
        *(f"{name}{ending}" for name in names for ending in (".png", ".npy")),
    }
    assert all(path.name in said for path in out.iterdir())
    wanted = {
        f"{layer}-maps": it.maps(layer),
        f"{of}-filters": it.network.module(of).weight,
        "saliency": saliency(it, 2),
        "grad-cam": grad_cam(it, 2, layer),
    }
    for name, values in wanted.items():
        assert np.allclose(np.load(out / f"{name}.npy"), values.detach().numpy(), atol=1e-6), name
    shares = np.load(out / "occlusion.npy")
    alone = next(p.probability for p in occluded(it, Box(0, 0, 6, 6)) if p.index == 2)
    assert shares.shape == (15, 15)
    assert shares[0, 0] == pytest.approx(alone, abs=1e-5)
    assert json.loads((out / "report.json").read_text())["network"] == "resnet20"


def test_a_sheet_has_every_map_at_its_place() -> None:
    """Oracle: maps of one value each but for one pixel, found again in the picture by its colours."""
    maps = np.zeros((5, 8, 8), np.float32)
    maps[np.arange(5), np.arange(5), 0] = 1
    picture = np.asarray(Image.open(io.BytesIO(slides.sheet(maps, range(5)))))
    yellow = (picture == slides.VIRIDIS[-1]).all(-1)
    assert yellow.sum() == 5 * 12 * 12  # one pixel of each, 96 / 8 = 12 times as large
    signed = np.asarray(Image.open(io.BytesIO(slides.sheet(maps - 0.5, range(5)))))
    assert (signed == slides.SIGNED[2]).all(-1).sum() == 5 * 144
    assert (signed == slides.SIGNED[0]).all(-1).sum() == 5 * 63 * 144


def test_heat_is_hot_where_values_are_large_or_small_if_turned() -> None:
    """Oracle: a black image, so that red, green and blue are the heat's own, 72 percent of them."""
    image, values = np.zeros((3, 448, 448), np.float32), np.full((448, 448), 0.1, np.float32)
    values[100, 50] = 0.9
    for turned, hot, cold in ((False, (100, 50), None), (True, (0, 0), (100, 50))):
        picture = np.asarray(Image.open(io.BytesIO(slides.heat(image, values, turned=turned))))
        assert picture[hot] == pytest.approx(0.72 * np.array(slides.HOT[-1]), abs=1)
        if cold:
            assert picture[cold].max() == 0


def test_a_file_of_ones_own_is_looked_at_as_torchvision_would(
    folder: Path,  # noqa: F811
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Oracle: torchvision's network and transforms, on the same file."""
    model = theirs(NAME)
    saved(model, NAME, folder, monkeypatch)
    path = BY_NAME["flower"].path
    with Image.open(path) as image, torch.inference_mode():
        shares = model(published(NAME)(image.convert("RGB"))[None])[0].softmax(0)
    found = told("imagenet:squeezenet1_1", "--image", str(path), "--top", "1000")
    assert found["image"] == path.name
    assert [p["index"] for p in found["predictions"][:3]] == shares.argsort(descending=True)[:3].tolist()
    for prediction in found["predictions"]:
        assert prediction["probability"] == pytest.approx(float(shares[prediction["index"]]), rel=1e-3)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        ("lenet", "did you mean lenet5"),
        ("lenet5 --image test:99", "no image and no file 'test:99'; images are test:0"),
        ("lenet5 --image README.md", "README.md: the file is not an image in PNG, JPEG or WebP format"),
        ("lenet5 --layer conv9", "has no layer 'conv9'; its layers are conv1"),
        ("lenet5 --layer conv2 --map 16", "conv2 has channels 0 to 15, got 16"),
        ("lenet5 --layer conv2 --pixel 10x0", "conv2 has rows 0 to 9, got 10"),
        ("lenet5 --layer conv2 --pixel 4", "takes row x column, such as 4x5, got '4'"),
        ("lenet5 --pixel 4x5", "--pixel needs --layer"),
        ("lenet5 --npy", "--npy needs -o"),
        ("lenet5 -o nowhere --class ten", "no class 'ten': its classes are numbered 0 to 9"),
        ("lenet5 -o README.md", "cannot write into README.md"),
        ("lenet5 --top 0", "must be a whole number of at least 1"),
        ("run:x", "called run: and a run's number"),
        ("imagenet:lenet5", "there are no ImageNet weights for lenet5"),
        ("imagenet:resnet18", "resnet18-f37072fd.pth"),
    ],
)
def test_a_mistake_is_told_in_a_line(words: str, says: str) -> None:
    assert says in fails("inside", *words.split())
