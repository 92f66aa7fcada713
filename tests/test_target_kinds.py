"""Targets that are no names of the catalogue: other libraries' names, and files."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from torch import nn

import cnnviz
from cnnviz.errors import CnnvizError, ModelFileError, TargetError, UnknownNameError
from cnnviz.targets import channels, of_catalogue
from tests.libraries import fitted


@pytest.fixture
def torchvision() -> None:
    fitted()


@pytest.mark.usefixtures("torchvision")
def test_names_of_timm_and_torchvision_are_traced() -> None:
    """Oracle: the published counts: ResNet-18 has 11,689,512 parameters, 1.814 GMACs (torchvision's docs)."""
    pytest.importorskip("timm")
    for target in ("timm:resnet18", "timm:resnet18.a1_in1k", "torchvision:resnet18"):
        trace = cnnviz.trace(target)
        assert (trace.model, trace.parameters, trace.macs) == (target, 11_689_512, 1_814_073_344)


@pytest.mark.usefixtures("torchvision")
def test_a_network_of_a_library_comes_at_its_own_input_size() -> None:
    """Oracle: Inception-v3 is for 299x299 (Szegedy et al. 2015), in both libraries."""
    pytest.importorskip("timm")
    for target in ("timm:inception_v3", "torchvision:inception_v3"):
        assert cnnviz.trace(target).input_shape == (3, 299, 299)


@pytest.mark.usefixtures("torchvision")
def test_a_name_that_a_library_does_not_have_gets_its_near_misses() -> None:
    pytest.importorskip("timm")
    with pytest.raises(UnknownNameError, match=r"timm has no network 'resnet50e': did you mean .*resnet50"):
        cnnviz.trace("timm:resnet50e")
    with pytest.raises(UnknownNameError, match=r"torchvision has no network 'resnet19'.*resnet1"):
        cnnviz.trace("torchvision:resnet19")
    for name in (
        "hf-hub:someone/something",
        "",
        "../resnet18",
        "local-dir:/etc",
    ):  # nothing is fetched or opened
        with pytest.raises(UnknownNameError, match="timm has no network"):
            cnnviz.trace(f"timm:{name}")


@pytest.mark.parametrize("library", ["timm", "torchvision"])
def test_a_library_that_is_not_there_is_named_with_how_to_get_it(
    library: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in list(sys.modules):
        if name.partition(".")[0] == library:
            monkeypatch.delitem(sys.modules, name)

    class Absent:
        def find_spec(self, name: str, *_: object) -> None:
            if name.partition(".")[0] == library:
                raise ModuleNotFoundError(f"No module named {name!r}", name=name)

    monkeypatch.setattr(sys, "meta_path", [Absent(), *sys.meta_path])
    with pytest.raises(TargetError, match=f"{library} is not installed here: pip install {library}"):
        cnnviz.trace(f"{library}:resnet18")


@pytest.mark.parametrize("ending", ["pt", "pth", "safetensors", "h5", "tflite"])
def test_a_file_of_another_kind_is_refused_with_what_would_do(ending: str) -> None:
    with pytest.raises(TargetError, match=f"is a .{ending} file.*ONNX file .*or as package.module:callable"):
        cnnviz.trace(f"weights.{ending}")


def test_a_file_that_is_not_there_and_a_folder(tmp_path: Path) -> None:
    with pytest.raises(ModelFileError, match=r"cannot read .*No such file"):
        cnnviz.trace(str(tmp_path / "nothing.onnx"))
    (tmp_path / "folder.onnx").mkdir()
    with pytest.raises(ModelFileError, match=r"cannot read .*directory"):
        cnnviz.trace(str(tmp_path / "folder.onnx"))


def test_what_only_a_module_can_do_is_refused_for_a_file() -> None:
    with pytest.raises(TargetError, match="read and never run"):
        cnnviz.trace("net.onnx", device="cpu")
    with pytest.raises(CnnvizError, match="options are for networks of the catalogue"):
        cnnviz.trace("net.onnx", options={"num_classes": 10})


def test_kinds_of_targets() -> None:
    """Oracle: the README's list of them."""
    names = ["resnet50", "alexnet@paper", "resnet5O"]
    own = ["timm:resnet50d", "torchvision:resnet18", "a.b:c", "net.onnx", "folder/NET.ONNX"]
    assert [of_catalogue(name) for name in names + own] == [True] * 3 + [False] * 5
    assert channels("lenet5") == 1
    assert channels("a.b:c") == 3
    assert cnnviz.trace(nn.Conv2d(3, 4, 3), (3, 8, 8)).parameters == 112


def test_every_command_takes_an_onnx_file(tmp_path: Path) -> None:
    """Oracle: each ends well and without torch; 4 * (27 + 1) + 5 * (36 + 1) parameters, by hand."""
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    (tmp_path / "net.onnx").write_bytes(small_network())
    calls = (
        ["trace", "net.onnx"],
        ["trace", "net.onnx", "--input", "15", "--format", "csv"],
        ["graph", "net.onnx", "-o", "net.dot"],
        ["handout", "net.onnx", "-o", "net.html"],
        ["notebook", "net.onnx", "-o", "net.ipynb"],
        ["exercise", "net.onnx", "--count", "3", "--answers"],
    )
    said = []
    blocked = "import sys; sys.modules.update(torch=None, onnx=None); from cnnviz.cli import main; main()"
    for call in calls:
        command = [sys.executable, "-c", blocked, *call]
        path = os.pathsep.join([str(Path(cnnviz.__file__).parents[1]), os.environ.get("PYTHONPATH", "")])
        done = subprocess.run(
            command, cwd=tmp_path, capture_output=True, text=True, env={**os.environ, "PYTHONPATH": path}
        )
        assert done.returncode == 0, (call, done.stderr)
        said.append(done.stdout)
    assert "parameters         297" in said[0]
    assert all((tmp_path / f"net.{ending}").stat().st_size > 500 for ending in ("dot", "html", "ipynb"))
    assert "net.onnx" in said[-1]
