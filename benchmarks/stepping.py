"""Visitors who step through the layers of a network, in the browser's own messages."""

from __future__ import annotations

import asyncio
import random
import time
from dataclasses import dataclass, field

import websockets
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

QUERY = "net=resnet50"
PAGE = "explore"
LAYERS = 60  # that are stepped through, there and back
THINK = 2.0  # seconds between two steps of one visitor, on average
PATIENCE = 120.0  # seconds for one answer
_OVER = (ForwardMsg.FINISHED_SUCCESSFULLY, ForwardMsg.FINISHED_FRAGMENT_RUN_SUCCESSFULLY)


@dataclass
class Visitor:
    """One websocket: opens Explore, then sets the field `Layer`."""

    socket: websockets.ClientConnection
    widget: str = ""
    fragment: str = ""
    hashes: set[str] = field(default_factory=set)

    async def run(self, layer: int | None = None) -> float:
        """Seconds until the script has run: of the page, or of the fragment where a layer is set."""
        message = BackMsg()
        asked = message.rerun_script
        asked.query_string, asked.page_name = QUERY, PAGE
        asked.context_info.url = "http://127.0.0.1"
        asked.cached_message_hashes.extend(self.hashes)
        if layer is not None:
            asked.fragment_id = self.fragment
            state = asked.widget_states.widgets.add()
            state.id, state.int_value = self.widget, layer
        begin = time.perf_counter()
        await self.socket.send(message.SerializeToString())
        while not self._told(await asyncio.wait_for(self.socket.recv(), PATIENCE)):
            pass
        return time.perf_counter() - begin

    def _told(self, received: bytes | str) -> bool:
        """Notes what the page needs to be stepped through; whether the script has ended."""
        message = ForwardMsg()
        message.ParseFromString(received if isinstance(received, bytes) else received.encode())
        if message.hash and message.metadata.cacheable:
            self.hashes.add(message.hash)
        kind = message.WhichOneof("type")
        if kind == "delta" and message.delta.WhichOneof("type") == "new_element":
            element = message.delta.new_element
            if element.WhichOneof("type") == "exception":
                raise RuntimeError(element.exception.message)
            if element.WhichOneof("type") == "number_input" and element.number_input.label == "Layer":
                self.widget, self.fragment = element.number_input.id, message.delta.fragment_id
        return kind == "script_finished" and message.script_finished in _OVER


async def _stepping(address: str, visitors: int, seconds: float) -> list[float]:
    url = f"{address.replace('http', 'ws')}/_stcore/stream"
    made = []
    for _ in range(visitors):
        socket = await websockets.connect(
            url, subprotocols=[websockets.Subprotocol("streamlit")], max_size=None, ping_interval=None
        )
        made.append(Visitor(socket))
        await made[-1].run()
        assert made[-1].widget, "the page has no field for the layer"
    waits: list[float] = []
    end = time.monotonic() + seconds
    drawn = random.Random(0)

    async def step(visitor: Visitor) -> None:
        layer = drawn.randrange(LAYERS)
        await asyncio.sleep(drawn.random() * THINK)
        while time.monotonic() < end:
            layer = (layer + 1) % LAYERS
            waits.append(await visitor.run(layer))
            await asyncio.sleep(drawn.expovariate(1 / THINK))

    await asyncio.gather(*map(step, made))
    await asyncio.gather(*(visitor.socket.close() for visitor in made))
    return waits


def waits(address: str, *, visitors: int, seconds: float) -> list[float]:
    """Seconds that each step took, of visitors who step for so many seconds after all have come."""
    return asyncio.run(_stepping(address, visitors, seconds))
