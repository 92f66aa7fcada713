"""What an edit on the Design page costs the server: `python benchmarks/designing.py`.

Measured as `visit.py` does, in a Chromium on the app as `cnnviz app` serves it: somebody types another
number of channels, and rows, totals, graph and link follow. `--bars` exits with 1 where a bar is missed.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator

from bars import Bar, ended, options
from playwright.sync_api import Page
from visit import cost, served, visitor

from cnnviz.design import Design, packed, row
from cnnviz.design.examples import example

PAUSE_MS = 450  # between two edits: longer than a field waits for the next digit, and the graph is drawn


def residual_net(blocks: int = 15) -> Design:
    """Twenty rows: a first convolution, three stages of residual blocks, and a classifier."""
    stages = [
        row("residual", {"channels": 16 * 2 ** (i * 3 // blocks), "stride": 1 + (i in (5, 10))})
        for i in range(blocks)
    ]
    first = row("conv", {"channels": 16, "padding": 1, "batch_norm": True, "activation": "relu"})
    last = [row("global_pool"), row("flatten"), row("dropout"), row("linear")]
    return Design(name="residual net").having([first, *stages, *last])


DESIGNS = {"LeNet-5": example("lenet5"), "a residual net of 20 rows": residual_net()}


def opened(page: Page, address: str, made: Design) -> None:
    """The page with the first row's fields open, and the number of channels in focus."""
    page.goto(f"{address}/design?design={packed(made)}")
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=60_000)
    page.wait_for_timeout(1500)
    page.locator("ol.rows button.what").first.click()
    page.locator(".fields label", has_text="channels").locator("input").first.focus()
    page.keyboard.press("ArrowUp")
    page.wait_for_timeout(1000)


def measured() -> Iterator[Bar]:
    with served() as (address, server):
        for name, made in DESIGNS.items():
            with visitor() as (page, traffic):
                opened(page, address, made)
                for what in ("an edit", "an edit, with a layer's card open"):
                    cpu, sent = cost(
                        server, traffic, lambda _: page.keyboard.press("ArrowUp"), page, pause_ms=PAUSE_MS
                    )
                    yield Bar(f"{name}: {what}, ms of CPU", cpu, 15 if what == "an edit" else 20)
                    yield Bar(f"{name}: {what}, kB", sent, 10 if what == "an edit" else 15)
                    page.get_by_role("button", name="Layer", exact=True).click()
                    page.wait_for_timeout(1000)
                    page.locator(".fields label", has_text="channels").locator("input").first.focus()


if __name__ == "__main__":
    sys.exit(ended(measured(), options(__doc__).parse_args()))
