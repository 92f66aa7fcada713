"""Which runs of the laboratory can be looked into, told without torch and without their weights."""

from __future__ import annotations

from functools import lru_cache

from cnnviz.errors import CnnvizError
from cnnviz.inside import limits
from cnnviz.training.cost import traced
from cnnviz.training.imagenet import weights_of
from cnnviz.training.settings import IMAGENET, Settings
from cnnviz.training.store import Run, Store


def can_be_looked_into(store: Store, run: Run) -> bool:
    """Whether a page does. Raises StoreError."""
    return store.kept_epoch(run.id) is not None and _whole(run.settings.seeded(0))


@lru_cache(maxsize=256)
def _whole(wanted: Settings) -> bool:
    """Whether a checkpoint of such a run is a whole network, with maps, and not too much."""
    try:
        if wanted["pretrained"] == IMAGENET and weights_of(wanted.network).tensorflow:
            return False
        trace = traced(wanted)
        limits.check("it", trace)
    except CnnvizError:
        return False
    convolutions = sum(layer.kind == "conv" for layer in trace.layers)
    learned_before = wanted["pretrained"] != "none" and wanted["augment"] == "none"
    head_alone = learned_before and wanted["frozen"] >= convolutions
    return convolutions > 0 and not head_alone
