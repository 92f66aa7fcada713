"""What several browser tests do on the page, and measure on it."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

WAIT_MS = 30_000


def parameters(link: str) -> dict[str, str]:
    return dict(parse_qsl(urlsplit(link).query))


def open_graph(page, link: str) -> None:
    page.goto(link)
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)


def text_field(page, label: str):
    return page.get_by_role("textbox", name=label, exact=True)


def expect_total(page, label: str, value: str) -> None:
    """Waits until one of the totals above the page is this."""
    metric = page.get_by_test_id("stMetric").filter(has_text=label)
    whole = re.compile(rf"^\s*{re.escape(value)}\s*$")
    metric.get_by_test_id("stMetricValue").filter(has_text=whole).wait_for(timeout=WAIT_MS)


def assert_fits(page) -> None:
    """Nothing moves sideways: neither the page nor Streamlit's part of it that scrolls."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0
    main = page.get_by_test_id("stMain")
    assert main.evaluate("main => main.scrollWidth - main.clientWidth") <= 0


def least_contrast(page, root: str, boxes: str, shapes: str) -> float:
    """WCAG 2.1: the least contrast between the words of a box and its fill.

    `root` is JavaScript for where to look; `boxes` and `shapes` are CSS for a box and what fills it.
    """
    return page.evaluate(f"""() => {{
        const brush = new OffscreenCanvas(1, 1).getContext("2d", {{ willReadFrequently: true }})
        const light = colour => {{
            brush.fillStyle = colour
            brush.fillRect(0, 0, 1, 1)
            const parts = [...brush.getImageData(0, 0, 1, 1).data].slice(0, 3).map(p => p / 255)
            const [r, g, b] = parts.map(p => p <= 0.03928 ? p / 12.92 : ((p + 0.055) / 1.055) ** 2.4)
            return 0.2126 * r + 0.7152 * g + 0.0722 * b
        }}
        return Math.min(...[...({root}).querySelectorAll("{boxes}")].map(box => {{
            const a = light(getComputedStyle(box.querySelector("text")).fill)
            const b = light(getComputedStyle(box.querySelector("{shapes}")).fill)
            return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)
        }}))
    }}""")
