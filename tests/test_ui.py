"""The app without a browser: the frame, links, what surrounds it on the server."""

from __future__ import annotations

import asyncio
import base64
import gzip
import hashlib
import re
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from streamlit import file_util
from streamlit.proto.NewSession_pb2 import CustomThemeConfig
from streamlit.runtime import app_session
from streamlit.testing.v1 import AppTest

from cnnviz.architectures import CATALOGUE, find
from cnnviz.ui import APP_FOLDER, links, server
from cnnviz.ui.block_graph import ADDRESS, ASSETS
from tests.pages import page as opened

MAIN = str(server.MAIN_SCRIPT)


def totals(app: AppTest) -> dict[str, str]:
    return {metric.label: metric.value for metric in app.metric}


def test_bare_visit_shows_alexnet():
    """Oracle: the course's arithmetic, 62,378,344 parameters."""
    assert totals(opened())["Parameters"] == "62,378,344"


def test_link_sets_everything():
    """Oracle: 990 classes fewer take away 990 * (4096 + 1) of the parameters."""
    app = opened(net="alexnet", variant="course", num_classes="10")
    assert totals(app)["Parameters"] == f"{62_378_344 - 990 * 4097:,}"


@pytest.mark.parametrize("architecture", CATALOGUE, ids=lambda architecture: architecture.name)
def test_every_network_opens(architecture):
    app = opened(net=architecture.name)
    assert not app.error
    assert set(totals(app)) >= {"Parameters", "MACs", "Weight layers"}


def test_broken_links_fall_back_and_say_so():
    app = opened(net="resnet51", variant="nonsense", size="abc", num_classes="-1")
    assert "resnet50" in app.error[0].value
    assert totals(app)["Parameters"] == "62,378,344"


@pytest.mark.parametrize(
    ("link", "says"),
    [
        ({"variant": "nonsense"}, "alexnet comes as course"),
        ({"size": "0"}, "a size is a whole number from 1 to 1,024; here is 227"),
        ({"n_W": "x"}, "a size is a whole number"),
        ({"layer": "9999"}, "alexnet has layers 0 to 20; showing the last"),
        ({"layer": "-1"}, "alexnet has layers 0 to 20; showing the first"),
        ({"level": "7"}, "here is auto"),
        ({"colour": "mauve"}, "colours are kind"),
        ({"open": "conv9"}, "no such group"),
        ({"fold": "maybe"}, "fold is true or false"),
        ({"present": "yes"}, "present is true or false"),
    ],
)
def test_a_link_value_that_cannot_be_used_is_told_with_what_is_shown(link, says):
    """Oracle: AlexNet has 5 convolutions, 7 ReLUs, 3 poolings, 3 linear layers, 2 dropouts, a flatten: 21."""
    app = opened(net="alexnet", **link)
    (name, value), *_ = link.items()
    assert len(app.error) == 1
    said = app.error[0].value.replace("\\", "")
    assert f"{name}={value}" in said
    assert says in said
    app.selectbox(key="picked").set_value("lenet5").run()
    assert not app.error


def test_a_link_to_a_layer_that_there_is_not_shows_the_last():
    assert opened(net="lenet5", layer="9999").session_state[links.LAYER] == 11  # LeNet-5 runs 12 operations


def test_a_link_that_can_be_used_says_nothing():
    link = {"variant": "torchvision", "size": "64", "layer": "3", "colour": "MACs", "fold": "false"}
    assert not opened(net="resnet18", open="conv2_x,-conv3_x", **link).error


def test_too_small_an_input_leaves_the_picker_and_says_what_would_work():
    app = opened(net="vgg16", size="20")
    assert "32" in app.error[0].value
    assert not app.metric
    app.number_input(key=links.SIZE).set_value(224).run()
    assert totals(app)["Parameters"] == "138,357,544"


def test_another_network_keeps_what_fits_and_drops_what_does_not():
    app = opened(net="vgg16", size="192", num_classes="10")
    app.selectbox(key="picked").set_value("resnet50").run()
    chosen = app.session_state["chosen"]
    assert chosen.network.changed == {"num_classes": 10}
    assert chosen.input_shape == (3, 192, 192)


def test_untouched_size_follows_the_network():
    app = opened(net="alexnet")
    app.selectbox(key="picked").set_value("lenet5").run()
    assert app.session_state["chosen"].input_shape == find("lenet5").input_shape
    assert not app.error


def test_no_option_takes_the_name_of_another_part_of_the_link():
    named = {option.name for architecture in CATALOGUE for option in architecture.options}
    assert not named & links.PARAMETERS


def test_option_between_its_steps_is_told_in_place():
    app = opened(net="resnet18", width="50")
    assert len(app.error) == 1
    assert "width=50, but width is a whole number from 8 to 96 in steps of 8" in app.error[0].value
    assert totals(app)["Parameters"] == "11,689,512"  # torchvision's table


def test_published_network_opens_without_torch():
    """Torch takes seconds and 200 MB to import; a visitor who changes no option need not wait for it."""
    script = (
        "import sys; from streamlit.testing.v1 import AppTest; "
        f"app = AppTest.from_file({MAIN!r}, default_timeout=60).run(); "
        "assert app.metric and not app.exception; assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True, capture_output=True)


def test_a_link_hides_what_is_to_be_predicted_and_its_total():
    """Multiplications are parameters times positions, so they tell; LeNet-5's five weight layers do not."""
    app = opened(net="lenet5", predict="parameters")
    assert totals(app)["Parameters"] == "?"
    assert totals(app)["MACs"] == "?"
    assert totals(app)["Weight layers"] == "5"
    assert not app.error


def test_a_link_that_hides_what_no_layer_has_hides_the_rest_and_says_so():
    app = opened(net="lenet5", predict="parameters,[x](y)")
    assert r"\[x\]\(y\)" in app.error[0].value
    assert totals(app)["Parameters"] == "?"


def test_what_is_hidden_survives_an_input_that_is_too_small():
    app = opened(net="lenet5", predict="n_H", size="3")
    assert app.error
    app.number_input(key=links.SIZE).set_value(32).run()
    assert not app.error
    assert app.session_state[links.PREDICT] == "n_H"
    app.selectbox(key="picked").set_value("alexnet").run()
    assert app.session_state[links.PREDICT] == "n_H"


def test_sockets_handed_in_answer_without_delay():
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server._answer_without_delay()
        assert listening.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)


@pytest.mark.parametrize("section", ["theme", "theme.light", "theme.dark", "theme.sidebar"])
def test_the_theme_that_is_kept_is_what_streamlit_would_send(monkeypatch, section):
    """Oracle: Streamlit's own function, with the settings beside `app.py`."""
    server.settings_beside(str(APP_FOLDER / "app.py"))
    spelt = app_session._populate_theme_msg
    monkeypatch.setattr(app_session, "_populate_theme_msg", spelt)  # put back after the test
    said, kept = CustomThemeConfig(), CustomThemeConfig()
    spelt(said, section)
    server._spell_theme_once()
    assert app_session._populate_theme_msg is not spelt
    for _ in range(2):
        kept.Clear()
        app_session._populate_theme_msg(kept, section)
        assert kept.SerializeToString() == said.SerializeToString()


def test_launcher_and_pages_lie_where_the_frame_looks_for_them():
    assert (APP_FOLDER / "app.py").is_file()
    assert (APP_FOLDER / "pages" / "explore.py").is_file()
    assert (APP_FOLDER / ".streamlit" / "config.toml").is_file()


async def _no_app(_scope, _receive, send):
    await send({"type": "http.response.start", "status": 404, "headers": []})
    await send({"type": "http.response.body", "body": b""})


def _get(app, path: str, accept: str = "gzip") -> tuple[int, dict[str, str], bytes]:
    sent = []

    async def receive():
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message):
        sent.append(message)

    headers = [(b"accept-encoding", accept.encode())]
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": headers}
    asyncio.run(app(scope, receive, send))
    body = b"".join(message.get("body", b"") for message in sent)
    return sent[0]["status"], {k.decode(): v.decode() for k, v in sent[0]["headers"]}, body


def test_files_arrive_compressed_and_whole():
    files = server.CompressedFiles(_no_app)
    folder = Path(file_util.get_static_dir()) / "static" / "css"
    bundle = next(folder.glob("index*.css"))
    for path, contents in {
        f"/static/css/{bundle.name}": bundle.read_bytes(),
        f"{ADDRESS}wasm-graphviz.js": ASSETS["wasm-graphviz.js"],
    }.items():
        status, headers, body = _get(files, path)
        assert status == 200
        assert headers["content-encoding"] == "gzip"
        assert "immutable" in headers["cache-control"]
        assert gzip.decompress(body) == contents
        assert _get(files, path, accept="identity")[2] == contents


def test_no_path_leads_out_of_the_files():
    files = server.CompressedFiles(_no_app)
    for path in ("/static/../../../etc/passwd", "/etc/passwd", f"{ADDRESS}../__init__.py", "/"):
        assert _get(files, path)[0] == 404


def test_every_answer_carries_the_security_headers_and_the_page_script_may_run():
    _, headers, _ = _get(server.SecurityHeaders(_no_app), "/")
    assert headers["x-content-type-options"] == "nosniff"
    policy = headers["content-security-policy"]
    page = (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8")
    for script in re.findall(r"<script>(.*?)</script>", page, flags=re.DOTALL):
        digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
        assert f"'sha256-{digest}'" in policy
    assert "'unsafe-eval'" not in policy


def test_no_file_beside_the_main_script_is_taken_for_a_library() -> None:
    """Oracle: the libraries themselves, imported as while a script runs: Streamlit puts its folder first.

    pandas looks for a package `bottleneck`, and stops where it finds one that is none.
    """
    found = (
        f"import sys; sys.path.insert(0, {str(server.MAIN_SCRIPT.parent)!r})\n"
        "import pandas, pyarrow, plotly.graph_objects, torch, PIL.Image\n"
        "print([name for name, module in sys.modules.items() if '.' not in name\n"
        "       and str(getattr(module, '__file__', '')).startswith(sys.path[0])])"
    )
    done = subprocess.run([sys.executable, "-c", found], capture_output=True, text=True, check=False)
    assert done.stdout.strip() == "[]", done.stderr


async def _html(_scope, _receive, send):
    body = b"<html><head><script>0</script><script>1</script></head></html>"
    headers = [(b"content-type", b"text/html"), (b"etag", b"old"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body[:20], "more_body": True})
    await send({"type": "http.response.body", "body": body[20:]})


@pytest.mark.parametrize("path", ["/", "/explore", "/compare"])
@pytest.mark.parametrize("accept", ["gzip, br", "identity"])
def test_pages_load_our_script_before_streamlits(path, accept):
    """Oracle: HTML runs scripts of this kind in the order in which they stand."""
    _, headers, body = _get(server.PageScript(_html), path, accept)
    assert int(headers["content-length"]) == len(body)
    assert "etag" not in headers
    page = (gzip.decompress(body) if headers.get("content-encoding") == "gzip" else body).decode()
    source = re.search(r'<head><script type="module" src="(.+?)"></script>\s*<script>0', page).group(1)
    assert _get(server.CompressedFiles(_no_app), source)[0] == 200


def test_files_that_visitors_save_stay_as_they_are():
    _, headers, body = _get(server.PageScript(_html), "/media/handout.html")
    assert body.count(b"<script") == 2
    assert headers["etag"] == "old"
