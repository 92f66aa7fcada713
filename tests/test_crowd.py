"""Two visitors of one server: what one of them asks for does not hold up the other."""

from __future__ import annotations

import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from cnnviz.architectures import CATALOGUE, find
from cnnviz.targets import trace
from cnnviz.targets.catalogue import _captured
from cnnviz.ui import cached, captures, exports, own_models, visit
from cnnviz.ui.visit import Results
from tests.pages import page as opened

ROOT = Path(__file__).parent.parent
MOST_WAIT_MS = 100
# In a process of its own, because other tests leave threads behind: a visitor steps through a network while
# the link of another has sixteen networks captured. A step begins with a sleep, as waking up takes the lock
# of the interpreter, too. Waiting is measured in CPU time of the whole process: what the clock would show on
# a machine that does nothing else. Prints milliseconds of a step that is new, alone and beside the captures
# (median, longest), the CPU seconds of all, and how many steps there were.
TWO_VISITORS = """
import gc, itertools, statistics, threading, time
from cnnviz.ui import cached, visit
from cnnviz.architectures import find
import torch
mine = threading.local()
visit.results = lambda: mine.__dict__.setdefault("results", visit.Results())
networks = [find(name, {"num_classes": 10 + n}) for name in ("resnet152", "densenet201") for n in range(8)]
new = itertools.count()
def steps(wanted):
    took = []
    while wanted(len(took)):
        n, click = next(new), time.process_time()
        time.sleep(0.001)
        cached.card("alexnet@course", (), (3, 227, 227), n % 20, large=False, dark=False, image=str(n))
        took.append((time.process_time() - click) * 1e3)
    return took
gc.collect()
gc.freeze()  # as the server does when it has warmed up
steps(lambda n: n < 30)
alone = steps(lambda n: n < 100)
def link():
    for network in networks:
        cached.traced(network.name, tuple(network.changed.items()), (3, 64, 64))
others = threading.Thread(target=link)
begun = time.process_time()
others.start()
beside = steps(lambda n: others.is_alive())
seconds = time.process_time() - begun
print(statistics.median(alone), statistics.median(beside), max(beside), seconds, len(beside))
"""


def test_sixteen_captures_of_one_link_do_not_hold_up_anothers_step() -> None:
    """Oracle: the clock: the longest step beside them takes at most a tenth of a second more than alone."""
    command = [sys.executable, "-c", TWO_VISITORS]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120, check=True)
    alone, beside, longest, seconds, count = map(float, done.stdout.split())
    print(f"a step: {alone:.1f} ms, {beside:.1f} beside, longest {longest:.1f}; {seconds:.1f} s, {count:.0f}")
    assert count > 3
    assert longest - alone < MOST_WAIT_MS


def test_captures_take_turns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: counted while they run: one for each visitor, two in the server, and everybody's comes."""
    visits = threading.local()
    monkeypatch.setattr(visit, "results", lambda: visits.results)
    network, running, most, lock = find("lenet5", {"num_classes": 7}), [], [], threading.Lock()

    def captured(name: str, results: Results) -> None:
        visits.results = results
        with captures.turn_for(network):
            with lock:
                running.append(name)
                most.append((len(running), running.count(name)))
            time.sleep(0.02)
            with lock:
                running.remove(name)

    crowd = {name: Results() for name in "abc"}
    threads = [threading.Thread(target=captured, args=of) for of in crowd.items() for _ in range(5)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(most) == 15
    assert max(most) == (captures.AT_ONCE, 1)


def test_a_shipped_network_waits_for_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    """Oracle: every place is taken, and the trace comes all the same, with its first layer as by hand."""
    monkeypatch.setattr(captures, "_places", threading.BoundedSemaphore(1))
    captures._places.acquire()
    found: list[int] = []
    asked = threading.Thread(
        target=lambda: found.append(cached.traced("vgg11@paper", (), (3, 96, 96)).layers[0].macs)
    )
    asked.start()
    asked.join(30)
    assert found == [96 * 96 * 64 * 3 * 9]  # the first layer: 64 filters of 3x3x3 at each place


def test_what_is_captured_is_the_network_that_was_asked_for() -> None:
    """Oracle: 993 classes fewer take away 993 * (512 + 1) of ResNet-18's 11,689,512 parameters."""
    _captured.cache_clear()
    made = cached.traced("resnet18@torchvision", (("num_classes", 7),), (3, 64, 64))
    assert made.parameters == 11_689_512 - 993 * 513


def test_every_network_of_the_catalogue_has_its_handout_in_the_app() -> None:
    """Oracle: the bound is beyond the largest of them."""
    for architecture in CATALOGUE:
        assert exports.has_handout(trace(architecture.name)), architecture.name


def test_a_handout_that_would_take_long_is_left_to_the_command_line() -> None:
    """Oracle: 900 operations are more than the bound; the menu has a notebook, and the handout's command."""
    pytest.importorskip("onnx")
    from tests.test_visit import chain

    uploads = {"net.onnx": own_models._read(chain(900), "net.onnx")}
    app = opened(visit={"own_models": uploads, "export_menu": True}, net="net.onnx")
    labels = [button.label for button in app.get("download_button")]
    assert "Notebook" in labels
    assert "Handout" not in labels
    assert [block.value for block in app.code] == ["cnnviz handout net.onnx --input 3x8x8 -o handout.html"]
