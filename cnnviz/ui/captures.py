"""Captures take turns: a network with changed options is walked through by torch in the server's process.

A link to a comparison can ask for sixteen of them. One at a time for each visitor, and a second place for
somebody else's, so that nobody waits for another's whole list, and the lock of the interpreter is shared by
few.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from cnnviz.architectures.architecture import Network
from cnnviz.ui import visit

AT_ONCE = 2  # in the whole server
_places = threading.BoundedSemaphore(AT_ONCE)


@contextmanager
def turn_for(network: Network) -> Iterator[None]:
    """Waits until this visitor may have the network captured; not at all where its program is shipped."""
    if not network.changed:
        yield
        return
    with visit.results().turn, _places:
        yield
