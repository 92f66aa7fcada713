"""How long sixty networks of timm take to build and to trace, in one process, the import of timm aside.

    python benchmarks/timm_models.py

The bar is 60 s for sixty. torchinfo, where it can, traces the same modules for comparison (`--peers`).
"""

from __future__ import annotations

import sys
import time
from pathlib import Path

from bars import Bar, ended, options

sys.path.insert(0, str(Path(__file__).parents[1]))

BAR = 60.0  # seconds


def main() -> int:
    """Print what each takes and whether all of them stay within the bar."""
    parser = options(__doc__)
    parser.add_argument("--count", type=int, default=60, help="how many networks [default: 60]")
    parser.add_argument("--peers", action="store_true", help="time torchinfo on the same modules too")
    arguments = parser.parse_args()

    import torch

    from tests.libraries import fitted
    from tests.test_timm import NAMES

    fitted()
    import cnnviz
    from cnnviz.targets import opened

    torch.set_num_threads(1)
    opened("timm:resnet18")  # the imports
    building = tracing = theirs = 0.0
    for name in NAMES[: arguments.count]:
        begun = time.perf_counter()
        module, shape = opened(f"timm:{name}")
        built = time.perf_counter()
        trace = cnnviz.trace(module, shape)
        done = time.perf_counter()
        building, tracing = building + built - begun, tracing + done - built
        if arguments.peers:
            theirs += _torchinfo(f"timm:{name}", shape)
        counts = f"{trace.parameters:>13,} parameters {trace.macs:>15,} MACs"
        print(f"{name:<26} {counts}  built {built - begun:6.3f} s  traced {done - built:6.3f} s")
    total = building + tracing
    print(
        f"{arguments.count} networks: built {building:.1f} s, traced {tracing:.1f} s, together {total:.1f} s"
    )
    if arguments.peers:
        print(f"torchinfo's trace of the same: {theirs:.1f} s, {theirs / tracing:.1f} times as long")
    return ended([Bar("seconds to build and trace them all", total, BAR)], arguments)


def _torchinfo(target: str, shape: tuple[int, ...]) -> float:
    """Seconds that torchinfo takes for the same network, with weights, as it wants them."""
    from torchinfo import summary

    from cnnviz.targets import opened

    module, _ = opened(target, real=True)
    begun = time.perf_counter()
    summary(module, (1, *shape), verbose=0)
    return time.perf_counter() - begun


if __name__ == "__main__":
    sys.exit(main())
