"""Trains the networks again that come with the package: `python -m cnnviz.inside.retrain [NAME ...]`.

Each is trained from its settings with a fixed seed, and its weights and its training record are written
beside this file. The same machine and versions give the same numbers; others give numbers that are close.
"""

from __future__ import annotations

import argparse
import io
import json
import platform
import sys
from typing import Any

import numpy as np
import torch
from torch import Tensor

from cnnviz.inside import photo_network, shipped
from cnnviz.inside.photographs import PHOTOGRAPHS
from cnnviz.inside.shipped import FOLDER, Shipped
from cnnviz.training.data import images
from cnnviz.training.loop import train
from cnnviz.training.records import Epoch
from cnnviz.training.settings import Settings

Weights = dict[str, Tensor]


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m cnnviz.inside.retrain", description=__doc__)
    parser.add_argument("names", nargs="*", help=f"of {', '.join(shipped.BY_NAME)}; default: all")
    names = parser.parse_args().names or list(shipped.BY_NAME)
    torch.set_num_threads(1)  # the order of additions, and with it the last digits, depend on it
    for name in names:
        known = shipped.found(name)
        weights, record = _of_settings(known.settings) if known.settings else _of_photographs()
        _write(known, weights, record)
        print(f"{name}: test error {record['test_error']:.1f} %, {record['seconds']:.0f} s", flush=True)
    return 0


def _of_settings(wanted: Settings) -> tuple[Weights, dict[str, Any]]:
    kept: list[bytes] = []
    epochs = []
    for record in train(wanted, keep=lambda saved: kept.append(saved)):
        if isinstance(record, Epoch):
            epochs.append(record)
            print(f"  epoch {record.epoch:.0f}: test error {record.test_error:.1f} %", flush=True)
    data = images(wanted)
    weights: Weights = torch.load(io.BytesIO(kept[-1]), weights_only=True)["model"]
    return weights, {
        "settings": wanted.as_dict(),
        "images": len(data.train),
        "mean": data.mean,
        "deviation": data.deviation,
        "epochs": [_rounded(record) for record in epochs],
        "test_error": round(epochs[-1].test_error, 2),
        "seconds": round(epochs[-1].seconds, 1),
    }


def _rounded(record: Epoch) -> dict[str, float]:
    values = {"epoch": record.epoch, "train_error": record.train_error, "test_error": record.test_error}
    return {name: round(value, 2) for name, value in values.items()}


def _of_photographs() -> tuple[Weights, dict[str, Any]]:
    steps = []
    for model, progress in photo_network.trained():
        state = model.state_dict()
        steps.append(
            {"step": progress.step, "loss": round(progress.loss, 3), "error": round(progress.error, 2)}
        )
        print(f"  step {progress.step}: {progress.error:.1f} % of the patches", flush=True)
    network = photo_network
    return state, {
        "settings": {
            "photographs": [photograph.name for photograph in PHOTOGRAPHS],
            "patch": network.PATCH,
            "scales": network.SCALES,
            "grey": network.GREY,
            "steps": network.STEPS,
            "batch": network.BATCH,
            "learning_rate": network.RATE,
            "decay": network.DECAY,
            "roughness": network.ROUGHNESS,
            "seed": network.SEED,
        },
        "mean": [network.MEAN] * 3,
        "deviation": [network.DEVIATION] * 3,
        "steps": steps,
        "test_error": round(network.error_on_new_patches(model), 2),
        "seconds": round(progress.seconds, 1),
    }


def _write(known: Shipped, weights: Weights, record: dict[str, Any]) -> None:
    arrays = {name: _small(tensor) for name, tensor in weights.items() if "num_batches" not in name}
    arrays |= {name: tensor.numpy() for name, tensor in weights.items() if "num_batches" in name}
    np.savez_compressed(FOLDER / f"{known.name}.npz", **arrays)
    versions = {"python": platform.python_version(), "torch": torch.__version__, "numpy": np.__version__}
    whole = {
        "name": known.name,
        **record,
        "versions": versions,
        "command": f"make trained NAMES={known.name}",
    }
    text = json.dumps(whole, indent=1, ensure_ascii=False)
    (FOLDER / f"{known.name}.json").write_text(f"{text}\n", encoding="utf-8")


def _small(tensor: Tensor) -> Any:
    return tensor.half().numpy() if tensor.is_floating_point() else tensor.numpy()


if __name__ == "__main__":
    sys.exit(main())
