"""What the benchmarks share: values beside their bars, printed as they come, and an exit code."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from typing import NamedTuple


class Bar(NamedTuple):
    what: str  # with its unit
    value: float
    bar: float
    floor: bool = False  # the value is to be at least the bar, not at most

    @property
    def kept(self) -> bool:
        return self.value >= self.bar if self.floor else self.value <= self.bar

    def __str__(self) -> str:
        side = "at least" if self.floor else "at most"
        return f"{'ok  ' if self.kept else 'MISS'} {self.what:<70} {self.value:9.2f}   {side} {self.bar:g}"


def options(about: str | None) -> argparse.ArgumentParser:
    """A benchmark's command line, with what `ended` asks of it."""
    parser = argparse.ArgumentParser(description=about, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bars", action="store_true", help="exit with 1 where a bar is missed")
    return parser


def ended(bars: Iterable[Bar], arguments: argparse.Namespace) -> int:
    """The exit code, once each value is measured and printed."""
    kept = True
    for bar in bars:
        print(bar, flush=True)
        kept &= bar.kept
    return int(arguments.bars and not kept)
