"""A network's graph, laid out in the visitor's browser from a DOT text."""

from __future__ import annotations

import hashlib
from pathlib import Path

import streamlit as st

_FOLDER = Path(__file__).parent / "assets"
ASSETS: dict[str, bytes] = {
    file.name: file.read_bytes() for file in sorted(_FOLDER.glob("*")) if file.suffix in {".js", ".css"}
}
# The address changes with the contents, so browsers may keep the files for good, and every worker process
# of a server computes the same one.
DIGEST = hashlib.sha256(b"".join(name.encode() + body for name, body in ASSETS.items())).hexdigest()[:16]
ADDRESS = f"/block-graph/{DIGEST}/"

# Streamlit sends a component's own JavaScript through the websocket at every rerun: this much and no more.
_LOADER = """
let loading
const load = source => (loading ??= import(new URL(source, document.baseURI)))

export default function ({ data, parentElement }) {
  load(data.source).then(
    graph => graph.draw({ data, parentElement }),
    () => {
      loading = undefined
      parentElement.textContent = "The graph did not load. Reload the page to try again."
    },
  )
  return () => loading?.then(graph => graph.forget(parentElement))
}
"""
_component = st.components.v2.component("cnnviz_block_graph", js=_LOADER)


def block_graph(
    dot: str, *, key: str, label: str, height: int = 260, selected: int | None = None, limit_s: float = 10
) -> None:
    """Draws a DOT text; `label` says in words what it shows, for people who cannot see it.

    Nodes are told apart by their classes (the theme colours them) and found by their ids: `node:<layer
    index>` and `block:<module path>`. `selected` is the index of the layer to mark. A layout that takes
    longer than `limit_s` seconds is stopped, and a sentence says so in its place.
    """
    base = str(st.get_option("server.baseUrlPath")).strip("/")
    data = {
        "source": f"{'/' if base else ''}{base}{ADDRESS}graph.js",
        "dot": dot,
        "label": label,
        "height": height,
        "selected": selected,
        "limit": limit_s,
    }
    _component(key=key, data=data)
