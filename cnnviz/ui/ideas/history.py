"""The ImageNet years: bars by year, each a link into Explore."""

from __future__ import annotations

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from cnnviz.architectures import find
from cnnviz.ideas.history import YEARS, catalogue, cost
from cnnviz.ideas.idea import Idea
from cnnviz.ui import links
from cnnviz.ui.ideas.workbench import values, workbench


def live(idea: Idea) -> None:
    """The bars and the table."""
    workbench(idea, values(idea), **_rows())


@lru_cache(maxsize=1)
def _rows() -> dict[str, Any]:
    return {
        "competition": tuple(
            {
                "year": one.year,
                "title": one.title,
                "error": one.error,
                "words": one.how,
                "source": one.source,
                "paper": one.link,
                **(_cost(one.network) if one.network else {}),
            }
            for one in YEARS
        ),
        "catalogue": tuple(
            {"year": one.year, "title": one.title, "error": one.error, **_cost(one.cost.network)}
            for one in catalogue()
        ),
    }


def _cost(name: str) -> dict[str, Any]:
    network, took = find(name), cost(name)
    query = ((links.NET, network.architecture.name), (links.VARIANT, network.variant.name))
    return {
        "depth": took.depth,
        "macs": took.macs,
        "parameters": took.parameters,
        "link": f"{links.EXPLORE_PAGE}?{urlencode(query)}",  # beside this page, wherever that is
    }
