"""`cnnviz data`."""

from __future__ import annotations

import argparse

HELP = "List the data sets to train on, and download one."
DESCRIPTION = "Without a name: which there are, and which are on this machine."


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "name", nargs="?", default="", help="a data set: digits, fashion-mnist, mnist, cifar10"
    )
    parser.add_argument("--download", action="store_true", help="get it from where its authors publish it")


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.training.datasets import DATASETS, data_folder, described

    if not arguments.name:
        width = max(len(data.name) for data in DATASETS)
        for data in DATASETS:
            size = f", {data.megabytes} MB" if data.files else ", comes with cnnviz"
            print(f"{data.name:<{width}}  {data.title}{size}")
        print(f"{'folder:NAME':<{width}}  images of your own: {data_folder()}/NAME/CLASS/*.png")
        return
    described(arguments.name)
    if arguments.download:
        _download(arguments.name)
    from cnnviz.training.data import loaded

    found = loaded(arguments.name)
    sizes = "x".join(map(str, found.shape))
    counts = f"{len(found.train):,} images to train on, {len(found.test):,} to test with"
    print(f"{arguments.name}: {counts}, {sizes}, {len(found.classes)} classes")


def _download(name: str) -> None:
    import sys

    from cnnviz.training.download import download

    terminal = sys.stderr.isatty()

    def progress(file: str, done: int, total: int) -> None:
        if terminal:
            share = f"{done / total:4.0%} of {total / 1e6:.0f} MB" if total else f"{done / 1e6:.0f} MB"
            print(f"\r{file}: {share} ", end="", file=sys.stderr, flush=True)

    try:
        print(f"{name} is in {download(name, progress)}")
    finally:
        if terminal:
            print(file=sys.stderr)
