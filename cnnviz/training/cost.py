"""What one image costs the network of a run: for the picture of accuracy against multiplications."""

from __future__ import annotations

from cnnviz.design import trace_design
from cnnviz.targets import trace
from cnnviz.trace import Trace
from cnnviz.training.datasets import described
from cnnviz.training.designs import check, design_of
from cnnviz.training.imagenet import side
from cnnviz.training.laboratory import network_of
from cnnviz.training.settings import IMAGENET, Settings


def traced(wanted: Settings) -> Trace:
    """Every layer of the run's network for one image of its data. Raises CnnvizError."""
    data = described(wanted.data)
    design = design_of(wanted)
    if design is not None:
        check(design, data, wanted["image_size"])
        return trace_design(design)
    channels, height, width = data.shape
    size = wanted["image_size"]
    if wanted["pretrained"] == IMAGENET:
        channels, size = 3, side(wanted.network, size, width)
    options = {
        **dict(wanted.network_options),
        "in_channels": channels,
        "num_classes": len(data.classes),
    }
    model = network_of(wanted.network, options).build()
    return trace(model, (channels, size or height, size or width))
