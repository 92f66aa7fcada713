"""Networks side by side: totals, stages, curves, shares, differences, published errors. Needs no torch."""

from cnnviz.compare.claims import Claim, claims
from cnnviz.compare.contestants import Contestant, contestant, contestants
from cnnviz.compare.difference import Cause, Difference, difference
from cnnviz.compare.findings import Finding, findings

__all__ = [
    "Cause",
    "Claim",
    "Contestant",
    "Difference",
    "Finding",
    "claims",
    "contestant",
    "contestants",
    "difference",
    "findings",
]
