"""Models of one's own in the app: the operator's are shown, and what a visitor names is never imported."""

from __future__ import annotations

import importlib
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from cnnviz.errors import CnnvizError, ModelFileError, ShapeError, TargetError, UnknownNameError
from cnnviz.targets.offered import ENVIRONMENT, environment, offered
from cnnviz.ui import APP_FOLDER, measuring, own_models
from tests.pages import page as opened

SOURCE = """
from torch import nn
def net():
    head = nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(8, 5)
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.ReLU(), *head)
def grey(): return nn.Conv2d(1, 8, 3)
def sound(): return nn.Conv1d(3, 8, 3)
"""
TRAP = "from pathlib import Path\nPath(__file__).with_suffix('.was_imported').touch()\nthing = print\n"


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    (tmp_path / "own_nets.py").write_text(SOURCE)
    (tmp_path / "trap.py").write_text(TRAP)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [str(tmp_path), *sys.path])
    offered.cache_clear()
    yield tmp_path
    offered.cache_clear()
    for name in ("own_nets", "trap"):
        sys.modules.pop(name, None)


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> None:
    """A server that was started as `cnnviz app own_nets:net`."""
    monkeypatch.setenv(ENVIRONMENT, json.dumps(["own_nets:net"]))


def totals(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


@pytest.mark.usefixtures("started")
def test_a_model_that_the_server_was_started_with_is_explored() -> None:
    """Oracle: by hand: 8 * (27 + 1) + 5 * (8 + 1) parameters; 222*222*8*27 + 8*5 multiplications."""
    app = opened(net="own_nets:net")
    assert not app.error
    assert totals(app)["Parameters"] == f"{8 * 28 + 5 * 9}"
    assert totals(app)["MACs"] == f"{222 * 222 * 8 * 27 + 40:,}"
    app.number_input(key="size").set_value(34).run()
    assert totals(app)["MACs"] == f"{32 * 32 * 8 * 27 + 40:,}"
    app.number_input(key="size").set_value(2).run()
    assert "needs an input of at least 3x3" in app.error[0].value
    assert app.selectbox(key="picked").options[-1] == "own · own_nets:net"


@pytest.mark.usefixtures("started")
def test_exercises_and_the_card_of_a_layer_open_on_it() -> None:
    """Oracle: the title of the set; (8 + 1) * 5 parameters in the card; no code, as nobody has it."""
    app = opened("exercises", net="own_nets:net")
    assert any("Exercises on own" in text.value for text in app.markdown)
    card = opened(net="own_nets:net", layer="4")
    assert any("45" in text.value and "parameters" in text.value for text in card.markdown)
    assert not any("code" in place.label for place in card.expander)


@pytest.mark.parametrize(
    "net", ["os:system", "trap:thing", "my:thing", "timm:resnet18", "trap:thing@own", "__main__:x"]
)
@pytest.mark.parametrize("started_with", [[], ["own_nets:net"]])
def test_what_a_visitor_names_is_refused_without_an_import(
    net: str, started_with: list[str], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Oracle: the module was not imported: it would leave a file, and importlib would be asked for it."""
    monkeypatch.setenv(ENVIRONMENT, json.dumps(started_with))
    offered()
    asked: list[str] = []
    real = importlib.import_module

    def watched(name: str, *rest: Any) -> Any:
        asked.append(name)
        return real(name, *rest)

    monkeypatch.setattr(importlib, "import_module", watched)
    app = opened(net=net)
    assert "This server does not offer" in app.error[0].value
    assert totals(app)["Parameters"] == "62,378,344"  # AlexNet instead
    assert not (folder / "trap.was_imported").exists()
    assert not {"os", "trap", "my", "timm", "__main__"} & set(asked)
    with pytest.raises(UnknownNameError):
        own_models.find(net)


def test_no_file_of_the_server_is_opened_for_a_visitor(folder: Path) -> None:
    """Oracle: the file is there and is a network; a link to it is refused all the same."""
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    (folder / "secret.onnx").write_bytes(small_network())
    for net in ("secret.onnx", str(folder / "secret.onnx"), "./secret.onnx"):
        app = opened(net=net)
        assert "does not travel with a link" in app.error[0].value
        assert totals(app)["Parameters"] == "62,378,344"


def test_an_upload_is_read_and_described() -> None:
    """Oracle: by hand, as in the tests of ONNX files; the name is that of the file, made harmless."""
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    made = own_models._read(small_network(), "my <b>net.onnx")
    assert made.network.architecture.name == "my_b_net.onnx"
    assert made.network.name.startswith("my_b_net.onnx#")
    assert made.network.input_shape == (3, 15, 15)
    assert made.model.trace([(3, 15, 15)]).parameters == 4 * 28 + 5 * 37
    other = own_models._read(small_network() + b"\x1a\x01a", "my <b>net.onnx")
    assert other.network.name != made.network.name  # caches that all visitors share tell them apart


@pytest.mark.parametrize(
    ("contents", "says"),
    [(b"not a network", "net.onnx: "), (bytes(33_000_000), "net.onnx has 33 MB, and 32 MB are the most")],
)
def test_an_upload_that_is_no_network_or_too_large(contents: bytes, says: str) -> None:
    with pytest.raises(ModelFileError, match=says):
        own_models._read(contents, "net.onnx")


@pytest.mark.parametrize(
    ("target", "error", "says"),
    [
        ("own_nets:nothing", TargetError, "has no 'nothing'"),
        ("no_such_module:net", TargetError, "cannot import 'no_such_module'"),
        ("alexnet", UnknownNameError, "the catalogue is in the app anyway"),
        ("nothing.onnx", ModelFileError, "No such file"),
        ("own_nets:sound", ShapeError, "cannot take|needs"),
    ],
)
def test_a_target_that_does_not_work_stops_the_start(
    target: str, error: type[CnnvizError], says: str
) -> None:
    """Oracle: the sentence, before any server runs."""
    with pytest.raises(error, match=says):
        environment([target])


def test_a_model_for_grey_images_is_shown_with_one_channel(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: the module takes one channel, and the app shows images of 224x224 at first."""
    monkeypatch.setenv(ENVIRONMENT, json.dumps(["own_nets:grey"]))
    assert offered()["own_nets:grey"].input_shape == (1, 224, 224)


def test_nothing_is_handed_on_without_targets() -> None:
    assert environment([]) == {}
    assert json.loads(environment(["own_nets:net"])[ENVIRONMENT]) == ["own_nets:net"]


def measured_page(app: AppTest) -> AppTest:
    app.switch_page(str(APP_FOLDER / "pages" / "measured.py"))
    app.run()
    assert not app.exception
    return app


@pytest.mark.usefixtures("started")
def test_a_model_that_the_server_was_started_with_is_measured() -> None:
    """Oracle: arithmetic on the page: 30*30*8*27 multiplications in conv, 8*5 in the linear layer."""
    app = measured_page(opened(net="own_nets:net", size="32"))
    app.button(key="measure").click().run()
    job = measuring.job(app.session_state["measure_job"])
    assert job is not None
    assert job.over.wait(120)
    app.run()
    assert not app.exception
    assert not app.error
    assert list(app.dataframe[0].value["macs"])[:1] == [30 * 30 * 8 * 27]


def test_a_file_is_not_measured_and_that_is_said_kindly() -> None:
    pytest.importorskip("onnx")
    from tests.onnx.files import small_network

    upload = own_models._read(small_network(), "net.onnx")
    app = measured_page(opened(visit={"own_models": {"net.onnx": upload}}, net="net.onnx"))
    assert "net.onnx is a file, which is read and never run" in app.info[0].value.replace("\\", "")
    assert not [button for button in app.button if button.key == "measure"]
