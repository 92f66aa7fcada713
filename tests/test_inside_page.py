"""The page on the inside of networks without a browser: links, what the browser says, and what it is told."""

from __future__ import annotations

import asyncio
import base64
import io
import json
import subprocess
import sys
import threading
from functools import partial
from typing import Any
from urllib.parse import urlencode

import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image
from starlette.requests import Request
from starlette.responses import Response

from cnnviz import inside
from cnnviz.errors import DeviceError
from cnnviz.inside import limits
from cnnviz.inside.keeping import Bounded
from cnnviz.inside.looking import MOST_CHANGES, look
from cnnviz.inside.pictures import sample
from cnnviz.picture import small_picture
from cnnviz.ui import server
from cnnviz.ui.looking import kept, routes, workers
from cnnviz.ui.looking.state import State, heard, read, usual
from cnnviz.ui.looking.told import reduced
from tests.pages import page
from tests.test_import_rules import ROOT

LENET = inside.trained("lenet5")


def asked(what: str, **query: str) -> tuple[int, bytes]:
    scope = {
        "type": "http",
        "method": "GET",
        "path": f"/api/inside/{what}",
        "query_string": urlencode(query).encode(),
        "headers": [],
        "path_params": {"name": what},
    }
    answer: Response = asyncio.run(routes.told_of(Request(scope)))
    return answer.status_code, bytes(answer.body)


def told(what: str, **query: str) -> dict[str, Any]:
    status, body = asked(what, **query)
    assert status == 200, body
    found: dict[str, Any] = json.loads(body)
    return found


def posted(contents: bytes) -> tuple[int, dict[str, Any]]:
    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": contents, "more_body": False}

    scope = {"type": "http", "method": "POST", "path": "/api/inside/image", "headers": []}
    answer: Response = asyncio.run(routes.image(Request(scope, receive)))
    return answer.status_code, json.loads(bytes(answer.body))


def pixels(png: str) -> Any:
    return np.asarray(Image.open(io.BytesIO(base64.b64decode(png))))


# ---- what the browser is told


def test_maps_are_told_as_one_picture_with_their_scales() -> None:
    """Oracle: the maps of a forward pass made here."""
    found = told("maps", net="lenet5", image="test:2", layer="conv2")
    maps = look(LENET, sample(LENET, "test:2")).maps("conv2").numpy()
    picture = pixels(found["png"])
    for i, channel in enumerate(found["order"]):
        top, left = i // found["columns"] * 10, i % found["columns"] * 10
        levels = picture[top : top + 10, left : left + 10]
        values = found["low"][i] + levels / 255 * (found["high"][i] - found["low"][i])
        assert np.abs(values - maps[channel]).max() < 0.02


@pytest.mark.parametrize(("side", "factor"), [(7, 1), (64, 1), (65, 2), (112, 2), (149, 3), (224, 4)])
def test_large_maps_are_told_as_means_of_squares(side: int, factor: int) -> None:
    """Oracle: the mean of each square of the map, one by one; those at the far edge are cut by it."""
    maps = torch.rand(2, side, side)
    small = reduced(maps)
    count = -(-side // factor)
    assert small.shape == (2, count, count)
    for row, column in ((0, 0), (count // 2, 1), (count - 1, count - 1)):
        top, left = row * factor, column * factor
        square = maps[:, top : top + factor, left : left + factor]
        assert torch.allclose(small[:, row, column], square.mean((1, 2)))


def test_what_is_too_dear_is_told_beside_what_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: LeNet-5 with 225 places at 416,520 multiplications each."""
    asked_for = {"net": "lenet5", "image": "test:3", "class": "3"}
    monkeypatch.setenv(limits.VARIABLE, f"occlusion={225 * 416_520 - 1}")
    found = told("reasons", **asked_for, size="6")
    assert "93,717,000 multiplications, and 93,716,999 is the most" in found["occlusion"]["none"]
    assert found["gradcam"]["png"]
    monkeypatch.setenv(limits.VARIABLE, f"occlusion={225 * 416_520}")
    assert told("reasons", **asked_for, size="7")["occlusion"]["shape"] == [15, 15]


def test_every_question_is_answered_for_every_network() -> None:
    for shipped in inside.SHIPPED:
        network = inside.trained(shipped.name)
        about = told("network", net=shipped.name)
        image = about["samples"][1]["name"]
        assert [layer["name"] for layer in about["layers"]] == [layer.name for layer in network.layers]
        assert len(told("pass", net=shipped.name, image=image)["predictions"]) == len(shipped.classes)
        for layer in about["layers"]:
            at = {"net": shipped.name, "image": image, "layer": layer["name"]}
            pixel = told("pixel", **at, channel="1", row="0", column="0")
            if pixel["kind"] in ("convolution", "fully connected"):
                assert pixel["total"] == pytest.approx(pixel["value"], abs=2e-4, rel=2e-4)
            if layer["filters"] == layer["name"]:
                assert told("filters", **at, channel="1")["png"]
        reasons = told("reasons", net=shipped.name, image=image, **{"class": "1"}, size="9")
        assert pixels(reasons["saliency"]["png"]).shape == network.shape[1:]


def test_a_question_that_cannot_be_answered_gets_a_sentence() -> None:
    for what, query, says in (
        ("maps", {"net": "lenet5", "image": "test:1"}, "names no layer"),
        ("maps", {"net": "lenet5", "image": "test:1", "layer": "conv9"}, "has no layer 'conv9'"),
        ("maps", {"net": "lenet5", "image": "cat", "layer": "conv1"}, "has no image 'cat'"),
        ("pixel", {"net": "lenet5", "image": "test:1", "layer": "conv1", "row": "28"}, "0 to 27"),
        ("pixel", {"net": "lenet5", "image": "test:1", "layer": "conv1", "row": "nan"}, "0 to 27"),
        ("occluded", {"net": "lenet5", "image": "test:1", "patch": "1,2,3"}, "four whole numbers"),
        ("change", {"net": "lenet5", "image": "test:1", "scale": "conv1:0:inf"}, "is scaled by"),
        ("change", {"net": "lenet5", "image": "test:1", "scale": "conv1"}, "layer:channel:factor"),
        ("change", {"net": "lenet5", "image": "test:1", "off": "a~" * 99}, "at most 64"),
        ("maps", {"net": "run:1e9"}, "a run's number"),
        ("occluded", {"net": "lenet5", "image": "test:1", "patch": "²,0,4,4"}, "four whole numbers"),
    ):
        status, body = asked(what, **query)
        assert (status, says in json.loads(body)["error"]) == (400, True), body
    assert asked("secrets")[0] == 404
    assert asked("maps", net="lenet5", image="x" * 7000)[0] == 404


def test_a_visitors_image_is_taken_back_and_nothing_else_is() -> None:
    """Oracle: the same digest for the same image; a file that is none, and one that is too large."""
    out = io.BytesIO()
    Image.effect_noise((300, 200), 60).save(out, "PNG")
    jpeg = small_picture(out.getvalue())
    status, body = posted(jpeg)
    assert (status, body["name"]) == (200, kept.keep_image(jpeg))
    assert told("pass", net="photo", image=body["name"])["title"] == "your image"
    assert "choose it again" in told("pass", net="photo", image=f"own:{'0' * 32}")["missing"]
    assert posted(b"no image")[0] == 400
    for size, kind in (((50, 50), "PNG"), ((2000, 300), "JPEG")):  # neither is what the server gave out
        out = io.BytesIO()
        Image.new("RGB", size, "red").save(out, kind)
        status, body = posted(out.getvalue())
        assert (status, "choose it anew" in body["error"]) == (400, True)
    status, body = posted(b"\xff" * (kept.MOST_OWN_BYTES + 1))
    assert (status, "too large" in body["error"]) == (413, True)


def test_what_is_kept_has_bounds_and_is_made_once() -> None:
    """Oracle: counting the calls, with eight threads that ask for the same at once."""
    made: list[int] = []
    bounded: Bounded[bytes] = Bounded(3, 100, len)

    def make() -> bytes:
        made.append(1)
        return b"x" * 40

    threads = [threading.Thread(target=bounded.once, args=("a", make)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 1
    bounded.put("b", b"x" * 40)
    assert bounded.get("a")  # asked for last
    bounded.put("c", b"x" * 40)  # 120 bytes would be too many
    assert bounded.get("b") is None
    assert bounded.get("a")
    assert bounded.once("d", lambda: b"x" * 101) == b"x" * 101  # is given, but drives nothing away
    assert bounded.get("d") is None
    assert (bounded.get("a"), bounded.bytes) == (b"x" * 40, 80)


def test_those_who_look_count_alone_and_nobody_else_is_touched() -> None:
    """Oracle: torch, asked in this thread, in a worker, and in a thread that begins afterwards."""
    before = torch.get_num_threads()
    inner = {workers.pool().submit(torch.get_num_threads).result() for _ in range(4)}
    assert inner == {1}
    assert torch.get_num_threads() == before
    after: list[int] = []
    thread = threading.Thread(target=lambda: after.append(torch.get_num_threads()))
    thread.start()
    thread.join()
    assert after == [before]


def test_more_questions_than_a_class_has_are_refused_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: five questions at the same time where three may wait; afterwards there is room again."""
    monkeypatch.setattr(workers, "MOST_WAITING", 3)
    gate = threading.Event()

    async def asked_at_once() -> list[object]:
        questions = [asyncio.ensure_future(workers.worked_out(gate.wait, 20)) for _ in range(5)]
        while sum(question.done() for question in questions) < 2:
            await asyncio.sleep(0.01)
        gate.set()
        return await asyncio.gather(*questions, return_exceptions=True)

    answers = asyncio.run(asked_at_once())
    assert [isinstance(answer, DeviceError) for answer in answers] == [False, False, False, True, True]
    assert asyncio.run(workers.worked_out(sum, (1, 2))) == 3


# ---- the link

STATES = st.builds(
    State,
    image=st.just("test:1"),
    layer=st.just("conv2"),
    view=st.sampled_from(("maps", "filters", "why", "change")),
    channel=st.none() | st.integers(0, 15),
    row=st.none() | st.integers(0, 9),
    column=st.integers(0, 9),
    of=st.none() | st.integers(0, 9),
    size=st.none() | st.integers(1, 28),
    patch=st.none() | st.tuples(*(st.integers(a, b) for a, b in ((0, 20), (0, 20), (1, 8), (1, 8)))),
    alike=st.booleans(),
    scales=st.lists(
        st.tuples(st.just("act1"), st.integers(0, 5), st.sampled_from((0.0, 0.5, 1.3, 3.0))), max_size=3
    ).map(tuple),
)


@given(STATES)
def test_a_state_comes_back_from_its_link_and_from_the_browser(state: State) -> None:
    """Oracle: the state itself."""
    if state.row is None:
        state = State(**{**state.data, "column": None})
    found = read(state.text, LENET, "test:1")
    assert (found.state, found.problems) == (state, [])
    assert heard(json.loads(json.dumps(state.data)), LENET) == state


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
        lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from(State.__slots__), inner),
        max_leaves=12,
    )
)
def test_whatever_a_browser_says_nothing_is_raised(said: object) -> None:
    state = heard(said, LENET)
    assert state is None or read(state.text, LENET, state.image).problems == []


@given(st.text(max_size=60))
def test_whatever_a_link_says_there_is_something_to_look_at(text: str) -> None:
    found = read(text, LENET, "test:0")
    assert found.state.layer in [layer.name for layer in LENET.layers]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("conv9", "has no layer 'conv9'"),
        ("conv2,map=16", "the number of the map is a whole number from 0 to 15"),
        ("conv2,pixel=4", "written like pixel=4x5"),
        ("conv2,pixel=4x10", "the column of the pixel is a whole number from 0 to 9"),
        ("conv2,view=all", "the view is one of maps, filters, why, change"),
        ("conv2,class=10", "the number of the class is a whole number from 0 to 9"),
        ("conv2,patch=0x0x29x1", "the height of the patch is a whole number from 1 to 28"),
        ("conv2,scale=conv1:9:0", "channels 0 to 5, got 9"),
        ("conv2,off=conv2_x.block_1", "it has no shortcuts"),
        ("conv2,colour=red", "nothing is called so"),
    ],
)
def test_every_part_of_a_link_that_cannot_be_is_told(text: str, says: str) -> None:
    (problem,) = read(text, LENET, "test:0").problems
    assert says in problem


opened = partial(page, "inside")


@pytest.mark.parametrize("name", [shipped.name for shipped in inside.SHIPPED])
def test_the_page_opens_for_every_network(name: str) -> None:
    assert not opened(trained=name).error


def test_a_link_that_cannot_be_is_told_on_the_page() -> None:
    errors = [error.value for error in opened(trained="lenet", image="cat", look="conv2,map=99").error]
    assert "did you mean lenet5" in errors[0]
    assert "has no image 'cat'" in errors[1]
    assert "the number of the map is a whole number from 0 to 15" in errors[1]


def test_the_camera_may_be_used_by_this_site_alone() -> None:
    """Oracle: MDN, Permissions-Policy: `self` is the page's own origin, () is nobody."""
    policy = server._security_headers()["Permissions-Policy"]
    assert "camera=(self)" in policy
    assert "microphone=()" in policy


def test_nothing_slow_is_loaded_before_somebody_asks_why() -> None:
    """Oracle: the modules of a process that has opened the page's code and made a forward pass."""
    code = (
        "import sys; from cnnviz.ui.looking import page, routes, told; "
        "told.of_pass({'net': 'photo', 'image': 'cat'}); "
        "print([name for name in ('captum', 'skimage', 'sklearn', 'matplotlib') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.stdout.strip() == "[]", done.stderr


def test_every_layer_has_room_for_its_changes_in_a_link() -> None:
    """Oracle: the longest link that may be: as many changes as there may be, of the longest layer name."""
    for name in ("lenet5", "resnet20", "photo"):
        network = inside.trained(name)
        layer = max((found for found in network.layers), key=lambda found: len(found.name))
        channels = layer.output_shapes[0][1]
        scales = "~".join(f"{layer.name}:{i % channels}:-0.25" for i in range(MOST_CHANGES))
        found = read(f"{layer.name},view=change,scale={scales}", network, usual(network, "test:0").image)
        assert not found.problems
        assert len(found.state.scales) == MOST_CHANGES


def test_more_changes_than_are_worked_out_are_refused_wherever_they_come_from() -> None:
    """Oracle: one limit, for the link, for what a browser says and for the question."""
    scales = tuple(("fc3", i, 0.5) for i in range(MOST_CHANGES + 1))
    asked_for = State(image="test:0", layer="fc3", scales=scales)
    found = read(asked_for.text, LENET, "test:0")
    assert "at most 64 channels and shortcuts are changed at once, got 65" in found.problems[0]
    assert not found.state.scales
    assert heard(asked_for.data, LENET) is None
    text = "~".join(f"{layer}:{i}:{factor}" for layer, i, factor in scales)
    status, body = asked("change", net="lenet5", image="test:0", scale=text)
    assert (status, "at most 64" in json.loads(body)["error"]) == (400, True)
    residual = inside.trained("resnet20")
    both = f"conv1,scale={'~'.join(f'conv1:{i % 8}:0' for i in range(60))},off={'~'.join(residual.blocks)}"
    assert "got 69" in read(both, residual, "test:0").problems[0]
