"""What a visitor costs the server, and how long the visitor waits: `python benchmarks/visit.py`.

One Chromium visits the app as `cnnviz app` serves it. CPU time is that of the server and all its processes,
bytes are those of the websocket, and waiting is measured in the page, from the click to the change. `--bars`
exits with 1 where a bar of the project is missed. Needs a Chromium (`CNNVIZ_CHROMIUM` names it).
"""

from __future__ import annotations

import os
import shutil
import socket
import statistics
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import psutil
from bars import Bar, ended, options
from playwright.sync_api import Page, Request, sync_playwright

STEPS = 40  # the CPU clock of a process ticks every 10 ms: only a mean over many steps tells
PAUSE_MS = 60  # between two steps: a person who holds the arrow key down
SIZES = (224, 256)
VIEWS = {
    "alexnet": "net=alexnet",
    "googlenet, opened": "net=googlenet&level=2",
    "resnet152, unfolded": "net=resnet152&level=3&fold=false",
}
# Notes the time of a click, of the first change of what is marked in the graph, and of the card's heading.
STOPWATCH = """graph => {
  const times = (window.stopwatch = {});
  const heading = () => [...document.querySelectorAll("h2, h4")].map(h => h.textContent).join("|");
  const before = heading();
  const note = name => { times[name] ??= performance.now(); };
  const clicked = event => { times.click = event.timeStamp; };
  window.addEventListener("click", clicked, { capture: true, once: true });
  new MutationObserver(changes => {
    if (changes.some(change => change.target.classList?.contains("selected"))) note("highlight");
  }).observe(graph, { subtree: true, attributes: true, attributeFilter: ["class"] });
  new MutationObserver((_, observer) => {
    if (heading() !== before) { note("card"); observer.disconnect(); }
  }).observe(document.body, { subtree: true, childList: true, characterData: true });
}"""


@dataclass(slots=True)
class Traffic:
    """Bytes that came to the browser."""

    websocket: int = 0
    requests: list[Request] = field(default_factory=list)

    @property
    def total(self) -> int:
        """With the files, also those that the graph's worker fetched."""
        return self.websocket + sum(request.sizes()["responseBodySize"] for request in self.requests)


@contextmanager
def served() -> Iterator[tuple[str, psutil.Process]]:
    """The app's address and the process that serves it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "cnnviz", "app", "--no-browser", "--port", str(port)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    address = f"http://127.0.0.1:{port}"
    try:
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{address}/_stcore/health", timeout=2).close()
                break
            except OSError:
                time.sleep(0.2)
        else:
            sys.exit("the server did not answer within a minute")
        time.sleep(8)  # the warm-up in the background is no visitor's cost
        yield address, psutil.Process(server.pid)
    finally:
        for child in psutil.Process(server.pid).children(recursive=True):
            child.terminate()
        server.terminate()
        server.wait(timeout=20)


@contextmanager
def visitor() -> Iterator[tuple[Page, Traffic]]:
    """A fresh browser, and what it receives."""
    names = ("chromium", "chromium-browser", "google-chrome")
    executable = os.environ.get("CNNVIZ_CHROMIUM") or next(filter(None, map(shutil.which, names)), None)
    if executable is None:
        sys.exit("no Chromium found; set CNNVIZ_CHROMIUM to the path of one")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=["--no-sandbox"])
        page = browser.new_context(viewport={"width": 1440, "height": 900}).new_page()
        traffic = Traffic()
        page.on("requestfinished", lambda request: traffic.requests.append(request))

        def received(event: dict[str, Any]) -> None:
            frame = event["response"]  # a binary frame comes in base64
            traffic.websocket += len(frame["payloadData"]) * (3 if frame["opcode"] == 2 else 4) // 4

        network = page.context.new_cdp_session(page)
        network.send("Network.enable")
        network.on("Network.webSocketFrameReceived", received)
        yield page, traffic
        browser.close()


def cpu_seconds(server: psutil.Process) -> float:
    processes = [server, *server.children(recursive=True)]
    return sum(sum(process.cpu_times()[:2]) for process in processes)


def cost(
    server: psutil.Process,
    traffic: Traffic,
    act: Callable[[int], object],
    page: Page,
    pause_ms: int = PAUSE_MS,
) -> tuple[float, float]:
    """Milliseconds of the server's CPU and kilobytes for one of many such acts."""
    cpu, sent = cpu_seconds(server), traffic.websocket
    for number in range(STEPS):
        act(number)
        page.wait_for_timeout(pause_ms)
    return (cpu_seconds(server) - cpu) / STEPS * 1e3, (traffic.websocket - sent) / STEPS / 1e3


def opened(page: Page, link: str) -> None:
    page.goto(link)
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)


def waiting(page: Page, index: int) -> tuple[float, float]:
    """Milliseconds from a click on a node to its mark, and to its card."""
    page.locator("[aria-label^='Graph of']").evaluate(STOPWATCH)
    page.locator(f"[id='node:{index}']").click()
    page.wait_for_timeout(500)
    times = page.evaluate("() => window.stopwatch")
    return times["highlight"] - times["click"], times["card"] - times["click"]


def resized(page: Page, size: int) -> None:
    box = page.get_by_role("spinbutton", name="Input size")
    box.fill(str(size))
    box.press("Enter")


def measured() -> Iterator[Bar]:
    with served() as (address, server):
        with visitor() as (page, traffic):
            opened(page, f"{address}/explore?net=alexnet")
            page.wait_for_timeout(2000)
            yield Bar("first visit: MB", traffic.total / 1e6, 3.5)
        for name, query in VIEWS.items():
            with visitor() as (page, traffic):
                opened(page, f"{address}/explore?{query}")
                page.get_by_role("button", name="Next").click()
                page.wait_for_timeout(1000)
                cpu, sent = cost(server, traffic, lambda _: page.keyboard.press("ArrowRight"), page)
                yield Bar(f"{name}: a step to a layer that is new, ms of CPU", cpu, 10)
                yield Bar(f"{name}: a step, kB", sent, 10)
                cpu, _ = cost(server, traffic, lambda _: page.keyboard.press("ArrowLeft"), page)
                yield Bar(f"{name}: a step to a layer that is known, ms of CPU", cpu, 10)
                waits = [waiting(page, index) for index in (3, 5, 2, 6, 4, 7, 3, 5, 2)]
                marked, told = map(statistics.median, zip(*waits, strict=True))
                yield Bar(f"{name}: click to mark, median ms", marked, 50)
                yield Bar(f"{name}: click to card, median ms", told, 250)
                for number in range(2):  # sizes that the server has seen: what is measured is the rerun
                    resized(page, SIZES[number])
                    page.wait_for_timeout(1500)
                cpu, sent = cost(server, traffic, lambda n: resized(page, SIZES[n % 2]), page, pause_ms=500)
                yield Bar(f"{name}: a full rerun, ms of CPU", cpu, 40)


if __name__ == "__main__":
    sys.exit(ended(measured(), options(__doc__).parse_args()))
