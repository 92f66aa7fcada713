"""What it costs to look into a network: `python benchmarks/looking_inside.py`.

Feature maps against one plain forward pass of the same network, in turns, and the CPU time and bytes of what
a click asks, in the threads that the app has for it. `--bars` exits with 1 where a bar is missed.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from functools import partial

import torch
from bars import Bar, ended, options

from cnnviz import inside
from cnnviz.inside import sprites
from cnnviz.inside.layer_filters import of_map
from cnnviz.inside.looking import look
from cnnviz.inside.pictures import sample, samples
from cnnviz.ui.looking import told
from cnnviz.ui.looking.workers import pool

ROUNDS = 20
LAYERS = {"lenet5": "conv2", "resnet20": "conv3_x.block_2.act", "photo": "act2"}
CLICKS: dict[str, tuple[Callable[[told.Query], told.Told], dict[str, str]]] = {
    "a layer's maps": (told.of_maps, {}),
    "a pixel and where it looks": (told.of_pixel, {"channel": "3", "row": "2", "column": "3"}),
    "a patch": (told.of_occluded, {"patch": "2,2,9,9"}),
    "a channel that is hidden": (told.of_change, {}),
    "the filters": (told.of_filters, {"channel": "3"}),
    "saliency, Grad-CAM, occlusion": (told.of_reasons, {"class": "1", "size": "8"}),
}


def cpu_ms(work: Callable[[], object]) -> float:
    """Median CPU time of the thread that works."""
    work()
    found = []
    for _ in range(ROUNDS):
        begin = time.thread_time()
        work()
        found.append(1000 * (time.thread_time() - begin))
    return statistics.median(found)


def ratio(one: Callable[[], object], other: Callable[[], object]) -> float:
    """How much longer one takes than the other: the median over turns, so that a busy machine slows both."""
    one()
    other()
    found = []
    for _ in range(ROUNDS):
        times = []
        for work in (one, other):
            begin = time.thread_time()
            work()
            times.append(time.thread_time() - begin)
        found.append(times[0] / times[1])
    return statistics.median(found)


def measured() -> Iterator[Bar]:
    for name, layer in LAYERS.items():
        yield Bar(f"{name}: maps of a new image, times one forward pass and drawing", first(name, layer), 2)
        image = samples(inside.trained(name))[1]
        query = {"net": name, "image": image, "layer": layer, "scale": f"{layer}:1:0"}
        for what, (answer, more) in CLICKS.items():
            asked = {**query, **more}
            if answer is told.of_filters:
                asked["layer"] = of_map(inside.trained(name), layer)
            body = json.dumps(answer(asked), separators=(",", ":")).encode()
            # Reasons are three pictures at once, asked for when their view opens.
            most = 90 if answer is told.of_reasons else 30
            yield Bar(f"{name}: {what}, ms of CPU", cpu_ms(partial(answer, asked)), most)
            yield Bar(f"{name}: {what}, kB", len(body) / 1000, 40)


def first(name: str, layer: str) -> float:
    """The maps of an image that nobody has looked at, against torch's own pass and as much drawing."""
    network = inside.trained(name)
    picture = sample(network, samples(network)[1])
    given = network.normalised(picture.pixels(network.shape))[None]
    maps = look(network, picture).maps(layer).numpy()

    def shown() -> None:
        seen = look(network, picture)
        sprites.sprite(seen.maps(layer)[seen.order(layer)].numpy())

    def plain() -> None:
        with torch.inference_mode():
            network.model(given)
        sprites.sprite(maps)

    return ratio(shown, plain)


if __name__ == "__main__":
    arguments = options(__doc__).parse_args()
    sys.exit(ended(pool().submit(lambda: list(measured())).result(), arguments))
