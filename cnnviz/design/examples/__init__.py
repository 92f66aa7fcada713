"""Designs to begin with, as files: `cnnviz trace lenet5.toml` takes each."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from cnnviz.design.design import Design
from cnnviz.design.text import loads

NAMES = ("lenet5", "residual", "inception", "dense", "mobile")
_FOLDER = Path(__file__).parent


@lru_cache(maxsize=len(NAMES))
def example(name: str) -> Design:
    return loads((_FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
