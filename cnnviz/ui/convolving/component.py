"""The moving window in the visitor's browser, which does its arithmetic itself."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import streamlit as st

from cnnviz.ui import block_graph, heard
from cnnviz.ui.addresses import below_base
from cnnviz.windows import EXAMPLES, KERNELS, KINDS, NUMBERS
from cnnviz.windows.kernels import LEARNED
from cnnviz.windows.numbers import DIGITS, MOST_NUMBER, MOST_SEED
from cnnviz.windows.patterns import PATTERNS


def _known_js() -> bytes:
    """What there is to choose from, as a script: sent to a browser once, and not with every change."""
    known = {
        "kinds": [{"name": kind.name, "title": kind.title} for kind in KINDS.values()],
        "numbers": {name: number._asdict() for name, number in NUMBERS.items()},
        "kernels": [
            {"name": k.name, "title": k.title, "size": max(k.sizes, default=0), "learned": k in LEARNED}
            for k in KERNELS.values()
        ],
        "patterns": [{"name": pattern.name, "title": pattern.title} for pattern in PATTERNS.values()],
        "examples": [{"name": example.name, "title": example.title} for example in EXAMPLES.values()],
        "limits": {"number": MOST_NUMBER, "digits": DIGITS, "seed": MOST_SEED},
    }
    return f"export const known = {json.dumps(known)}\n".encode()


# Saving pictures and making elements is what the other components do too.
_SHARED = "".join(
    f'export {{ {names} }} from "../..{block_graph.ADDRESS}{file}"\n'
    for names, file in (
        ("button, element, mounted, say", "dom.js"),
        ("downloadPng, downloadSvg, svgElement, writeStyles", "save.js"),
    )
).encode()
ASSETS: dict[str, bytes] = {
    file.name: file.read_bytes()
    for file in sorted((Path(__file__).parent / "assets").glob("*"))
    if file.suffix in {".js", ".css"}
} | {"known.js": _known_js(), "shared.js": _SHARED}
# The address changes with the contents, so browsers may keep the files for good.
DIGEST = hashlib.sha256(b"".join(name.encode() + body for name, body in ASSETS.items())).hexdigest()[:16]
ADDRESS = f"/convolving/{DIGEST}/"

_LOADER = """
let loading
const load = source => (loading ??= import(new URL(source, document.baseURI)))

export default function (component) {
  const { data, parentElement } = component
  load(data.source).then(
    stage => stage.draw(component),
    () => {
      loading = undefined
      parentElement.textContent = "This part of the page did not load. Reload the page to try again."
    },
  )
  return () => loading?.then(stage => stage.forget(parentElement))
}
"""
_component = st.components.v2.component("cnnviz_convolving", js=_LOADER)


def moving_window(told: Mapping[str, Any], *, key: str, on_said: Callable[[Mapping[str, Any]], None]) -> None:
    """Draws grids, controls and what is counted; `on_said` gets what a person changed, unchecked."""
    source = below_base(f"{ADDRESS}stage.js")

    def said() -> None:
        if given := heard.fields(heard.said(key, "said")):
            on_said(given)

    _component(key=key, data={"source": source, **told}, width="stretch", on_said_change=said)
