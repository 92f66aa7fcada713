"""Look inside trained networks: filters, feature maps, one pixel down to its products, and what would change.

>>> from cnnviz import inside
>>> network = inside.trained("lenet5")
>>> seen = inside.look(network, inside.sample(network, "test:3"))
>>> seen.predictions[0].label
'3'
>>> seen.maps("conv1").shape
torch.Size([6, 28, 28])
>>> why = inside.explained(seen, inside.Element("conv1", channel=2, row=10, column=12))
>>> abs(why.total - why.value) < 1e-5
True

Torch is loaded when something is asked that needs it; `learned_kernels()` does not.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from cnnviz.inside.fields import Box, Element, effective, theoretical
    from cnnviz.inside.hooks import Change
    from cnnviz.inside.kernels import Kernel, best_match, learned_kernels
    from cnnviz.inside.layer_filters import filters
    from cnnviz.inside.looking import look, predicted
    from cnnviz.inside.networks import Trained, trained
    from cnnviz.inside.pictures import Picture, own_picture, sample, samples
    from cnnviz.inside.products import explained
    from cnnviz.inside.reasons import grad_cam, occluded, occlusion_map, saliency
    from cnnviz.inside.shipped import SHIPPED

_HOMES = {
    "Box": "fields",
    "Change": "hooks",
    "Element": "fields",
    "Kernel": "kernels",
    "Picture": "pictures",
    "SHIPPED": "shipped",
    "Trained": "networks",
    "best_match": "kernels",
    "effective": "fields",
    "explained": "products",
    "filters": "layer_filters",
    "grad_cam": "reasons",
    "learned_kernels": "kernels",
    "look": "looking",
    "occluded": "reasons",
    "occlusion_map": "reasons",
    "own_picture": "pictures",
    "predicted": "looking",
    "saliency": "reasons",
    "sample": "pictures",
    "samples": "pictures",
    "theoretical": "fields",
    "trained": "networks",
}
__all__ = [
    "SHIPPED",
    "Box",
    "Change",
    "Element",
    "Kernel",
    "Picture",
    "Trained",
    "best_match",
    "effective",
    "explained",
    "filters",
    "grad_cam",
    "learned_kernels",
    "look",
    "occluded",
    "occlusion_map",
    "own_picture",
    "predicted",
    "saliency",
    "sample",
    "samples",
    "theoretical",
    "trained",
]


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
