"""Finding layers, cards and blocks of a network, for tests of the card."""

from __future__ import annotations

import cnnviz
from cnnviz.card import Card, card_of
from cnnviz.card.blocks import Block, block_at
from cnnviz.trace import Trace


def find(trace: Trace, name: str, op: str = "") -> int:
    return next(la.index for la in trace.layers if la.name == name and op in ("", la.op))


def joins(trace: Trace, op: str) -> list[Block]:
    found = (block_at(trace, layer.index) for layer in trace.layers if layer.op == op)
    return [block for block in found if block]


def told(name: str, layer: str, op: str = "") -> Card:
    trace = cnnviz.trace(name)
    return card_of(trace, find(trace, layer, op))
