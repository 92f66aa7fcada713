"""The page Convolution, for those who test it in a browser."""

from __future__ import annotations

from urllib.parse import urlencode

import pytest

from tests.browser.steps import WAIT_MS

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

# What the grids show of every output, row by row; what lies ahead of the window is there and not seen.
_OUTPUTS = """[...root.querySelectorAll(".grid.out")].map(grid =>
    [...grid.querySelectorAll("[data-out] text")].map(text => Number(text.textContent.replace("−", "-"))))"""


def opened(page, address: str, **link: str):
    """The picture of the page of this link."""
    page.goto(f"{address}/convolution?{urlencode(link)}")
    picture = page.locator("svg.stage")
    picture.wait_for(timeout=WAIT_MS)
    return picture


def cell(page, grid: str, row: int, column: int):
    return page.locator(f".grid.{grid} [data-at='{row},{column}']").first


def product(page, row: int, column: int):
    return page.locator(f"[data-product='{row},{column}'] .what").first


def output(page, row: int, column: int):
    return page.locator(f"[data-out='{row},{column}'] text").first


def total(page):
    return page.locator(".sum b")


def at(page, text: str):
    expect(page.locator(".count")).to_have_text(text, timeout=WAIT_MS)


def shown_outputs(page) -> list[list[float]]:
    picture = page.locator("svg.stage").element_handle()
    found: list[list[float]] = picture.evaluate(f"root => {_OUTPUTS}")
    return found
