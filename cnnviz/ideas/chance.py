"""Random numbers that Python and the browser draw alike, so that a link brings the same ones again."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]
MOST_SEED = 9_999


def uniform(seed: int, count: int) -> Array:
    """So many numbers from 0 to 1: Tommy Ettinger's mulberry32, as `chance.js` has it."""
    with np.errstate(over="ignore"):
        a = np.uint32(seed) + np.arange(1, count + 1, dtype=np.uint32) * np.uint32(0x6D2B79F5)
        t = (a ^ (a >> np.uint32(15))) * (a | np.uint32(1))
        t = (t + (t ^ (t >> np.uint32(7))) * (t | np.uint32(61))) ^ t
    drawn: Array = (t ^ (t >> np.uint32(14))).astype(float) / 2**32
    return drawn
