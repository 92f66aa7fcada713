"""What is sent to a part of the page, made short: the browser inflates it (`assets/packing.js`)."""

from __future__ import annotations

import base64
import json
import zlib
from collections.abc import Mapping
from typing import Any

_LEAST = 1000  # characters; below, there is little to win


def packed(data: Mapping[str, Any]) -> dict[str, Any]:
    """The data, as one short text where they are long."""
    text = json.dumps(data, separators=(",", ":"))
    if len(text) < _LEAST:
        return dict(data)
    return {"packed": base64.b64encode(zlib.compress(text.encode(), 4)).decode()}
