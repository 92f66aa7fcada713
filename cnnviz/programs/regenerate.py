"""Write the catalogue's programs anew: `python -m cnnviz.programs.regenerate`."""

from __future__ import annotations

from pathlib import Path

from cnnviz.architectures import CATALOGUE, network
from cnnviz.architectures.architecture import Network
from cnnviz.capture import capture, on_meta
from cnnviz.program import Input, Program
from cnnviz.programs import FOLDER, dumps


def captured(chosen: Network) -> Program:
    """A fresh capture of a network at its default input."""
    model = on_meta(chosen.build)
    return capture(model, [Input(name="", shape=(1, *chosen.input_shape))])


def main() -> None:
    wanted = set()
    for architecture in CATALOGUE:
        for variant in architecture.variants:
            chosen = network(architecture, variant.name)
            path = Path(FOLDER, f"{chosen.name}.json")
            path.write_text(dumps(captured(chosen)), encoding="utf-8")
            wanted.add(path)
    for stale in set(Path(FOLDER).glob("*.json")) - wanted:
        stale.unlink()
    print(f"{len(wanted)} programs written to {FOLDER}")


if __name__ == "__main__":
    main()
