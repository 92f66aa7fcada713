"""The block graph: a trace's operations grouped by module, folded, coloured, and written as DOT."""

from cnnviz.graph.draw import (
    COLOURS,
    LIMIT_EDGES,
    Drawing,
    dot,
    drawing,
    graph_source,
    rendered,
    write_graph,
)

__all__ = ["COLOURS", "LIMIT_EDGES", "Drawing", "dot", "drawing", "graph_source", "rendered", "write_graph"]
