"""What watching training costs the server, and how soon the first point is there.

`python benchmarks/training_page.py`: a run is trained in its own process while watchers ask how it goes, as
the page's curves do. CPU time is that of the server alone, without the processes that train, less what it
takes with nobody watching. Then visitors step through a network's layers while nothing is trained, and while
three runs are; the load of the machine stands beside it, for other work on it makes them wait, too.
`--bars` exits with 1 where a bar is missed. Needs a Chromium (`CNNVIZ_CHROMIUM` names it).
"""

from __future__ import annotations

import http.client
import json
import os
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from urllib.parse import urlsplit

import psutil
import stepping
from bars import Bar, ended, options
from playwright.sync_api import Page
from visit import served, visitor

from cnnviz.training.processes import Process
from cnnviz.training.settings import settings
from cnnviz.training.store import Store

WATCHERS = 20
SECONDS = 10.0
TICK = 0.6  # seconds between two questions of a watcher
READY = 20.0  # seconds that a visitor reads before pressing start: a process gets ready
RUNS = 3  # at a time, that visitors step beside
STEPPING = 30.0  # seconds
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


def steps(address: str, store: Store) -> Bar:
    """Milliseconds of a step at the 95th percentile, alone and beside runs, each in its own niced process."""
    stepping.waits(address, visitors=WATCHERS, seconds=STEPPING / 3)  # all caches are warm
    alone = stepping.waits(address, visitors=WATCHERS, seconds=STEPPING)
    wanted = [settings("plain_convolutions", epochs=200, batch_size=4, seed=seed) for seed in range(RUNS)]
    runs = [store.submit(one, owner="benchmark") for one in wanted]
    workers = [Process(store.url) for _ in runs]
    for worker, run in zip(workers, runs, strict=True):
        worker.give(run.id)
    try:
        while any(store.run(run.id).status == "queued" for run in runs):
            time.sleep(0.2)
        beside = stepping.waits(address, visitors=WATCHERS, seconds=STEPPING)
        assert all(store.run(run.id).status == "running" for run in runs), (
            "a run ended before the visitors left"
        )
    finally:
        for worker in workers:
            worker.inner.kill()
            worker.inner.wait()
    before, after = (statistics.quantiles(waits, n=20)[-1] * 1e3 for waits in (alone, beside))
    print(
        f"     alone {before:.0f} ms, beside them {after:.0f}; load average {os.getloadavg()[0]:.1f}",
        flush=True,
    )
    return Bar(f"p95 of a step beside {RUNS} runs, ms", after, 600)


def _cpu(server: psutil.Process, act: Callable[[], object]) -> float:
    family = [server, *server.children(recursive=True)]
    serving = [process for process in family if "cnnviz.training.worker" not in process.cmdline()]

    def used() -> float:
        return float(sum(sum(process.cpu_times()[:2]) for process in serving))

    before = used()
    act()
    return used() - before


def measured() -> Iterator[Bar]:
    with tempfile.TemporaryDirectory() as folder:
        os.environ["CNNVIZ_DATABASE_URL"] = f"sqlite:///{folder}/runs.sqlite"
        with served() as (address, server):
            with visitor() as (page, _):
                yield Bar("first point, s", first_point(page, address), 2)
            yield Bar("CPU of a watcher's tick, ms", tick(address, server, run=1), 12)
            store = Store()
            store.cancel(1)
            yield steps(address, store)


if __name__ == "__main__":
    sys.exit(ended(measured(), options(__doc__).parse_args()))
