"""`cnnviz inside`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cnnviz.commands.common import one_of, whole
from cnnviz.errors import CnnvizError, OptionError, PictureError

if TYPE_CHECKING:
    from cnnviz.inside import Picture, Trained
    from cnnviz.inside.report import OneLayer, Report, Row

HELP = "Look into a trained network: predictions, maps, filters, pixels."
DESCRIPTION = (
    "Without NETWORK: which can be looked into. With -o, pictures for slides are written: the image, "
    "saliency, Grad-CAM and occlusion; of a layer its maps, its filters, and where one pixel looks."
)
FORMATS = ("table", "json")
SHOWN = 8  # channels of a layer that the table names


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from pathlib import Path

    parser.add_argument(
        "network",
        nargs="?",
        default="",
        metavar="NETWORK",
        help="lenet5, resnet20, photo; run:12 of `cnnviz runs`; imagenet:resnet18.",
    )
    parser.add_argument(
        "--image",
        default="",
        metavar="NAME|FILE",
        help="One that comes along, such as test:3 or cat, or a PNG, JPEG or WebP file [default: the first].",
    )
    parser.add_argument("--layer", default="", metavar="NAME", help="Which layer to tell more of.")
    parser.add_argument(
        "--map", type=whole(0), metavar="N", help="Which of its maps [default: the most active]."
    )
    parser.add_argument(
        "--pixel", default="", metavar="ROWxCOLUMN", help="Which pixel of the map [default: the middle]."
    )
    parser.add_argument(
        "--class",
        dest="asked",
        default="",
        metavar="NAME|N",
        help="Which class saliency and its kin are for [default: the likeliest].",
    )
    parser.add_argument(
        "--top", type=whole(1), default=5, metavar="N", help="So many predictions [default: %(default)s]."
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FOLDER", help="Where to write pictures.")
    parser.add_argument("--npy", action="store_true", help="Write the numbers of the pictures, too.")
    parser.add_argument(
        "--format",
        type=one_of(*FORMATS),
        default="table",
        metavar="|".join(FORMATS),
        help="What to print [default: %(default)s].",
    )


def run(arguments: argparse.Namespace) -> None:
    _check(arguments)
    pixel = _pixel(arguments.pixel)
    if not arguments.network:
        _list()
        return
    from cnnviz.inside import look, trained
    from cnnviz.inside.report import class_of, element_of, report

    network = trained(arguments.network)
    picture = _picture(network, arguments.image)
    seen = look(network, picture)
    asked = class_of(seen, arguments.asked)
    element = element_of(seen, arguments.layer, arguments.map, pixel) if arguments.layer else None
    told = report(seen, picture.title, element, arguments.top)
    said = told.to_json() if arguments.format == "json" else _table(told)
    if arguments.output is not None:
        from cnnviz.inside.files import files_of, write

        names = write(arguments.output, files_of(seen, told, asked, element, npy=arguments.npy))
        if arguments.format == "table":
            said += f"\nwrote {', '.join(names)} into {arguments.output}"
    print(said)


def _check(arguments: argparse.Namespace) -> None:
    """Raises OptionError for what has no meaning without something else."""
    for option, given, needs, has in (
        ("--map", arguments.map is not None, "--layer", arguments.layer),
        ("--pixel", arguments.pixel, "--layer", arguments.layer),
        ("--class", arguments.asked, "-o", arguments.output),
        ("--npy", arguments.npy, "-o", arguments.output),
    ):
        if given and not has:
            raise OptionError(f"{option} needs {needs}: `cnnviz inside --help` says what for")


def _pixel(text: str) -> tuple[int, int] | None:
    if not text:
        return None
    row, cross, column = text.lower().partition("x")
    if not (cross and row.isdecimal() and column.isdecimal()):
        raise OptionError(f"--pixel takes row x column, such as 4x5, got {text!r:.40}")
    return int(row), int(column)


def _picture(network: Trained, name: str) -> Picture:
    """One that comes along, or a file. Raises PictureError with what there is."""
    from pathlib import Path

    from cnnviz.inside import own_picture, sample, samples

    known = samples(network)
    if not name or name in known:
        return sample(network, name or known[0])
    if not Path(name).is_file():
        raise PictureError(f"there is no image and no file {name!r:.200}; images are {', '.join(known)}")
    try:
        contents = Path(name).read_bytes()
    except OSError as error:
        raise PictureError(f"{name} cannot be read: {error.strerror}") from None
    try:
        return own_picture(contents, network, title=Path(name).name)
    except PictureError as error:
        raise PictureError(f"{name}: {error}") from None


def _list() -> None:
    from cnnviz.inside.networks import offered
    from cnnviz.training.store import Store

    try:
        store = Store()
    except CnnvizError:  # without a store there are no runs to look into
        store = None
    found = offered(store)
    width = max(len(name) for name, _ in found)
    for name, title in found:
        print(f"{name:<{width}}  {title}")


def _table(told: Report) -> str:
    size = "x".join(map(str, told.input_shape))
    error = f", errs on {told.error:.1f} % of its test images" if told.error is not None else ""
    lines = [
        f"{told.network}: {told.title}{error}",
        f"{told.parameters:,} parameters, {told.macs:,} multiplications for an image of {size}",
        "",
        f"What it says of {told.image}:",
    ]
    width = max(len(p.label) for p in told.predictions)
    lines += [f"  {p.label:<{width}}  {100 * p.probability:5.1f} %" for p in told.predictions]
    lines.append("")
    return "\n".join([*lines, *(_of_layer(told.layer) if told.layer else _layers(told.layers))])


def _layers(rows: tuple[Row, ...]) -> list[str]:
    cells = [("layer", "operation", "n_HxW", "n_C", "field")]
    cells += [
        (r.name, r.kind, "" if r.shape[:2] == (1, 1) else _x(r.shape[:2]), f"{r.shape[2]:,}", _field(r))
        for r in rows
    ]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    return [
        "  ".join(
            text.ljust(wide) if i < 2 else text.rjust(wide)
            for i, (text, wide) in enumerate(zip(cell, widths, strict=True))
        )
        for cell in cells
    ]


def _field(row: Row) -> str:
    sides = row.receptive_field
    if not sides:
        return "all"
    return str(sides[0]) if len(set(sides)) == 1 else _x(sides)


def _x(numbers: tuple[int, ...]) -> str:
    return "x".join(map(str, numbers))


def _of_layer(one: OneLayer) -> list[str]:
    row, pixel = one.row, one.pixel
    active = [f"{channel} ({mean:.3g})" for channel, mean in zip(one.order, one.activity, strict=True)]
    more = ", ..." if len(active) > SHOWN else ""
    lines = [
        f"{row.name}, {row.kind}: {row.shape[0]} x {row.shape[1]} x {row.shape[2]:,} (n_H x n_W x n_C)",
        *([f"  {one.formula}"] if one.formula else []),
        f"  most active maps, with the mean size of their values: {', '.join(active[:SHOWN])}{more}",
    ]
    if one.filters:
        count, channels, height, width = one.filter_shape
        lines.append(f"  filters of {one.filters}: {count:,} of {height} x {width} x {channels:,}")
    if one.alike:
        name, cosine = one.alike[pixel.channel]
        lines.append(f"  filter {pixel.channel} is most like {name}: cosine {cosine:.2f}")
    top, left, bottom, right = pixel.theoretical
    lines += [
        f"  map {pixel.channel}, row {pixel.row}, column {pixel.column}: {pixel.value:.4g}",
        f"    can see rows {top} to {bottom}, columns {left} to {right} of the image ("
        f"{bottom - top + 1} x {right - left + 1})",
    ]
    if pixel.effective is None:
        return [*lines, "    is moved by no pixel here: nothing passes where a ReLU is off"]
    top, left, bottom, right = pixel.effective
    return [
        *lines,
        f"    is moved by rows {top} to {bottom}, columns {left} to {right} "
        f"({bottom - top + 1} x {right - left + 1}): a hundredth of the largest gradient or more",
    ]
