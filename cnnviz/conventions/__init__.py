"""Ways to count the operations of a network: plain MACs, as other tools do, and one's own.

`counted(trace, convention)` and `per_layer(trace, convention)` are the door for everything that shows a
count; `find("fvcore")` and `find("flops,bias")` give a convention by its name.
"""

from cnnviz.conventions import fvcore, others, ptflops, thop, torchinfo
from cnnviz.conventions.convention import MACS, PARTS, Convention, Item
from cnnviz.conventions.counting import (
    WAY_OUT,
    Line,
    beyond,
    by_part,
    counted,
    differences,
    items,
    operation_words,
    per_layer,
    sentence,
    unfit,
)
from cnnviz.conventions.own import ADDED, own, parts, text
from cnnviz.errors import OptionError

DEFAULT = own(flops=False, added=frozenset())
FLOPS = own(flops=True, added=frozenset())
TOOLS = (
    torchinfo.CONVENTION,
    fvcore.CONVENTION,
    thop.CONVENTION,
    ptflops.HOOKS,
    ptflops.DISPATCHED,
    others.TORCHPROFILE,
    others.CALFLOPS,
)
PRESETS = {convention.name: convention for convention in (DEFAULT, FLOPS, *TOOLS)}
ALIASES = {"": DEFAULT, "cnnviz": DEFAULT, "torchvision": DEFAULT, "torch": FLOPS}  # FlopCounterMode: FLOPs


def chosen(name: str | None) -> Convention | None:
    """The convention that an option or a link names; None where it names none, or plain MACs.

    Tables and exports take that None: without a convention they are what they always were.
    """
    found = find(name or "")
    return None if found is DEFAULT else found


def find(name: str) -> Convention:
    """The convention of that name. Raises OptionError with the names that there are."""
    plain = name.strip().lower()
    known = PRESETS.get(plain) or ALIASES.get(plain)
    if known:
        return known
    own_parts = parts(plain)
    if own_parts is None:
        raise OptionError(
            f"unknown convention {name!r}; there are {', '.join(PRESETS)}, and macs or flops with any of "
            f"{', '.join(ADDED)}, such as flops,bias"
        )
    flops, added = own_parts
    return own(flops=flops, added=added)


__all__ = [
    "ADDED",
    "DEFAULT",
    "FLOPS",
    "MACS",
    "PARTS",
    "PRESETS",
    "TOOLS",
    "WAY_OUT",
    "Convention",
    "Item",
    "Line",
    "beyond",
    "by_part",
    "chosen",
    "counted",
    "differences",
    "find",
    "items",
    "operation_words",
    "own",
    "parts",
    "per_layer",
    "sentence",
    "text",
    "unfit",
]
