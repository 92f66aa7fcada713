"""What visitors share while they look into networks: forward passes and answers, each worked out once.

Everything has a bound in entries and in bytes; what was asked for longest ago goes first. With the weights,
of which `cnnviz.inside.networks` keeps 400 MB, it comes to 656 MB at most. Whatever else lasts, such as a
session, has a network's name and not the network.
"""

from __future__ import annotations

from typing import NamedTuple

from torch import Tensor

from cnnviz import inside
from cnnviz.errors import CnnvizError, PictureError
from cnnviz.inside import limits, networks
from cnnviz.inside.imagenet import IMAGENET, check_file
from cnnviz.inside.keeping import Bounded, Turns, tensor_bytes
from cnnviz.inside.looking import Seen, look
from cnnviz.inside.networks import RUN, Trained
from cnnviz.inside.pictures import OWN_SIDE, Picture, of_small, sample
from cnnviz.picture import check_small
from cnnviz.ui.training import shared

OWN = "own:"  # begins the names of visitors' images; their digest follows
MOST_OWN_BYTES = 300_000  # of an image that was made small before


class MissingImageError(CnnvizError):
    """An image of a visitor's own that this server does not have, or not any more: the browser sends it."""


class _Pass(NamedTuple):
    """A forward pass without its network, which would stay in memory for as long as the pass does."""

    given: Tensor
    outputs: dict[str, Tensor]
    inputs: dict[str, Tensor]
    scores: Tensor

    @property
    def bytes(self) -> int:
        return tensor_bytes((self.given, self.scores, *self.outputs.values(), *self.inputs.values()))


_images: Bounded[bytes] = Bounded(256, 16_000_000, len)
_passes: Bounded[_Pass] = Bounded(64, 192_000_000, lambda numbers: numbers.bytes)
answers: Bounded[bytes] = Bounded(1024, 48_000_000, len)
_opening = Turns()


def network(name: str) -> Trained:
    """Raises CnnvizError."""
    if name.startswith(IMAGENET):
        check_file(name)
    store = shared.store() if name.startswith(RUN) else None
    with _opening.of(name):  # a class arrives at once: one of them reads the file, which may be large
        found = inside.trained(name, store)
        _ = found.layers  # traced now, while nobody else has it
    if store is not None:
        limits.check(found.title, found.trace)
    return found


def offered() -> list[tuple[str, str]]:
    """Name and title of what can be looked into here."""
    try:
        store = shared.store()
    except CnnvizError:  # without a store there are no runs to look into
        store = None
    return networks.offered(store)


def keep_image(jpeg: bytes) -> str:
    """The name of a visitor's image, which is already small, and stays here for a while."""
    name = f"{OWN}{of_small(jpeg).name}"
    _images.put(name, jpeg)
    return name


def taken_back(contents: bytes) -> str:
    """The same for what a browser sends again, and may be anything. Raises PictureError."""
    if len(contents) > MOST_OWN_BYTES:
        raise PictureError("the image is too large: choose it anew")
    check_small(contents, OWN_SIDE)
    return keep_image(contents)


def picture(of: Trained, name: str) -> Picture:
    """An image by its name. Raises MissingImageError, OptionError."""
    if not name.startswith(OWN):
        return sample(of, name)
    jpeg = _images.get(name)
    if jpeg is None:
        raise MissingImageError("this image is not here any more: choose it again")
    return of_small(jpeg, of)


def seen(of: Trained, name: str) -> Seen:
    """The pass of an image through a network."""
    return Seen(network=of, **_passes.once((of.key, name), lambda: _passed(of, name))._asdict())


def _passed(of: Trained, name: str) -> _Pass:
    made = look(of, picture(of, name))
    return _Pass(made.given, made.outputs, made.inputs, made.scores)
