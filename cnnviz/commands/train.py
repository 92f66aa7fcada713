"""`cnnviz train`."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING

from cnnviz.commands.common import options, whole
from cnnviz.errors import CnnvizError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from cnnviz.training.store import Run, Store

HELP = "Train a preset of the laboratory, or a network, here."
DESCRIPTION = (
    "The runs are kept: the app shows them, and `cnnviz runs` lists them. What has been trained already is "
    "not trained again. Ctrl-C stops, and keeps what is there."
)


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "target",
        metavar="PRESET|NETWORK",
        help="Such as degradation, or plain_convolutions, or resnet20, or a design (design.toml).",
    )
    parser.add_argument(
        "--set",
        dest="settings",
        action="append",
        default=[],
        metavar="option=value",
        help="An option of training (epochs=4) or of the network (depth=6); may be repeated.",
    )
    parser.add_argument(
        "--seeds", type=whole(1, 20), metavar="N", help="Runs of each curve [default: the preset's, or 1]."
    )
    parser.add_argument(
        "--device", default="cpu", metavar="cpu|cuda", help="Where to train [default: %(default)s]."
    )
    parser.add_argument("--data", metavar="NAME", help="A data set [default: the preset's, or digits].")
    parser.add_argument("--again", action="store_true", help="Train anew what has been trained already.")


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.training.requests import requested
    from cnnviz.training.store import Store, Wanted

    request = requested(
        arguments.target,
        options=options(arguments),
        seeds=arguments.seeds,
        device=arguments.device,
        data=arguments.data,
    )
    if request.warning:
        print(f"cnnviz: {request.warning}", file=sys.stderr)
    store = Store()
    wanted = [Wanted(settings=settings, label=label) for label, settings in request.runs]
    trained(
        store,
        store.submit_all(wanted, preset=request.preset, owner="command line", again=arguments.again),
    )


def trained(store: Store, runs: Sequence[Run]) -> None:
    """Trains runs here, and prints what came of them. Raises CnnvizError where one could not be trained."""
    from cnnviz.training.session import outcomes, table, train_here

    try:
        ended = train_here(store, runs)
    except KeyboardInterrupt:
        print(
            "cnnviz: stopped; `cnnviz runs` shows what is there, `cnnviz runs resume N` goes on",
            file=sys.stderr,
        )
        raise
    print(table(outcomes(store, ended)))
    failed = [run for run in ended if run.status in ("failed", "interrupted")]
    if failed:
        first = failed[0]
        raise CnnvizError(f"{len(failed)} of {len(ended)} runs failed; run {first.id}: {first.message}")
