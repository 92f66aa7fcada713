"""What a slider of the bottleneck lab costs the server: `python benchmarks/lab.py`.

Measured as `visit.py` does, in a Chromium on the app as `cnnviz app` serves it. `--bars` exits with 1 where
a bar of the project is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

import psutil
from bars import Bar, ended, options
from playwright.sync_api import Page
from visit import Traffic, cost, served, visitor

PAUSE_MS = 250  # between two moves of the slider: longer than it waits before it speaks
VIEWS = {
    "bottleneck": ("trick=bottleneck", "Bottleneck width"),
    "inception module": ("trick=inception", "Channels before 5x5"),
    "bottleneck on a layer of ResNet-50": (
        "net=resnet50&on=conv2_x.block_1.residual.conv2",
        "Bottleneck width",
    ),
}


def slid(page: Page, label: str, key: str) -> None:
    """One step of a slider by the arrow keys."""
    page.get_by_label(f"{label}, slider").press(key)


def known(server: psutil.Process, traffic: Traffic, page: Page, label: str) -> Iterator[Bar]:
    """For widths that nobody has asked for, and for those that somebody has."""
    for what, key in (("that is new", "ArrowRight"), ("that is known", "ArrowLeft")):
        cpu, sent = cost(server, traffic, lambda _, key=key: slid(page, label, key), page, pause_ms=PAUSE_MS)  # type: ignore[misc]
        yield Bar(f"a width {what}, ms of CPU", cpu, 15)
        yield Bar(f"a width {what}, kB", sent, 20)


def measured() -> Iterator[Bar]:
    with served() as (address, server):
        for name, (query, label) in VIEWS.items():
            with visitor() as (page, traffic):
                page.goto(f"{address}/bottleneck?{query}")
                page.get_by_alt_text("Multiplications against").first.wait_for(timeout=60_000)
                page.wait_for_timeout(1500)
                slid(page, label, "ArrowRight")
                page.wait_for_timeout(1000)
                for found in known(server, traffic, page, label):
                    yield found._replace(what=f"{name}: {found.what}")


if __name__ == "__main__":
    sys.exit(ended(measured(), options(__doc__).parse_args()))
