"""What watching training costs the server, and how soon the first point is there.

`python benchmarks/training_page.py`: a run is trained in its own process while watchers ask how it goes, as
the page's curves do. CPU time is that of the server alone, without the processes that train, less what it
takes with nobody watching. `--bars` exits with 1 where a bar is missed. Needs a Chromium (`CNNVIZ_CHROMIUM`
names it).
"""

from __future__ import annotations

import argparse
import http.client
import json
import os
import sys
import tempfile
import time
from collections.abc import Callable
from urllib.parse import urlsplit

import psutil
from playwright.sync_api import Page
from visit import served, visitor

WATCHERS = 20
SECONDS = 10.0
TICK = 0.6  # seconds between two questions of a watcher
READY = 20.0  # seconds that a visitor reads before pressing start: a process gets ready
BARS = {"first point, s": 2.0, "CPU of a tick, ms": 12.0}
LONG = "preset=free&train=depth%3D2,width%3D4,epochs%3D200,batch_size%3D4"


def first_point(page: Page, address: str) -> float:
    """Seconds from the click on Train to a point of the curve on the screen."""
    page.goto(f"{address}/training?{LONG}")
    button = page.get_by_role("button", name="Train", exact=True)
    button.wait_for(timeout=60_000)
    page.wait_for_timeout(READY * 1e3)
    begin = time.perf_counter()
    button.click()
    page.locator(".chart .mark").first.wait_for(timeout=60_000)
    return time.perf_counter() - begin


def tick(address: str, server: psutil.Process, run: int) -> float:
    """Milliseconds of the server's CPU for one answer, with the reading of the store that all share."""
    idle = _cpu(server, lambda: time.sleep(SECONDS))
    connections = [http.client.HTTPConnection(urlsplit(address).netloc) for _ in range(WATCHERS)]
    had = [0] * WATCHERS
    asks = f"/api/runs?ids={run}&show=train_error,test_error&had="
    asked = 0

    def watch() -> None:
        nonlocal asked
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            begin = time.monotonic()
            for number, connection in enumerate(connections):
                connection.request("GET", f"{asks}{had[number]}")
                told = json.loads(connection.getresponse().read())
                had[number] = told["runs"][0]["records"]
                asked += 1
            time.sleep(max(0.0, TICK - (time.monotonic() - begin)))

    busy = _cpu(server, watch)
    return (busy - idle) / asked * 1e3


def _cpu(server: psutil.Process, act: Callable[[], object]) -> float:
    family = [server, *server.children(recursive=True)]
    serving = [process for process in family if "cnnviz.training.worker" not in process.cmdline()]

    def used() -> float:
        return float(sum(sum(process.cpu_times()[:2]) for process in serving))

    before = used()
    act()
    return used() - before


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--bars", action="store_true", help="exit with 1 where a bar is missed")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CNNVIZ_DATABASE_URL"] = f"sqlite:///{folder}/runs.sqlite"
        with served() as (address, server):
            with visitor() as (page, _):
                seconds = first_point(page, address)
            found = {"first point, s": seconds, "CPU of a tick, ms": tick(address, server, run=1)}
    for name, value in found.items():
        print(f"{name:20} {value:8.2f}   bar {BARS[name]:g}")
    return int(arguments.bars and any(value > BARS[name] for name, value in found.items()))


if __name__ == "__main__":
    sys.exit(main())
