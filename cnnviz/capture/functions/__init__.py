"""Torch's functions, each read into the rule that knows it.

An adapter has the signature of the function it stands for and returns a Call, or None where it does not know
these arguments; torch itself then runs the operation, and the trace lists it as not counted.
"""

from typing import Any

from cnnviz.capture.functions import elementwise, layers, shapes
from cnnviz.capture.functions.common import Adapter

ADAPTERS: dict[Any, Adapter] = {**layers.ADAPTERS, **shapes.ADAPTERS, **elementwise.ADAPTERS}
