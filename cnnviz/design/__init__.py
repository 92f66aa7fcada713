"""Networks of one's own as data: rows of layers and blocks, worked out without torch."""

from cnnviz.design.built import Built, Problem, RowCost, built, trace_design
from cnnviz.design.design import Design, Row, row
from cnnviz.design.kinds import KINDS, Kind
from cnnviz.design.text import dumps, loads, packed, read, unpacked

__all__ = [
    "KINDS",
    "Built",
    "Design",
    "Kind",
    "Problem",
    "Row",
    "RowCost",
    "built",
    "dumps",
    "loads",
    "packed",
    "read",
    "row",
    "trace_design",
    "unpacked",
]
