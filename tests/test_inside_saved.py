"""The numbers that the page on the inside of networks saves as CSV."""

from __future__ import annotations

import csv
import dataclasses
import io
from typing import Any

import numpy as np
import pytest
import torch

from cnnviz.inside.looking import look
from cnnviz.inside.pictures import sample
from cnnviz.ui.looking import kept
from tests.test_inside_page import LENET, asked


def test_numbers_are_saved_as_they_are() -> None:
    """Oracle: a map of a forward pass made here, and the predictions."""
    it = look(LENET, sample(LENET, "test:5"))
    _, body = asked("values.csv", net="lenet5", image="test:5", layer="pool1", channel="4")
    rows = [[float(value) for value in line.split(",")] for line in body.decode().splitlines()]
    assert np.allclose(rows, it.maps("pool1")[4].numpy(), rtol=1e-5)
    _, body = asked("values.csv", net="lenet5", image="test:5")
    lines = body.decode().splitlines()
    assert lines[0] == "class,probability,score"
    assert lines[1].startswith("5,")
    assert asked("values.csv", net="lenet5", image="test:5", of="secrets")[0] == 400


def rows_of(**query: str) -> list[dict[str, str]]:
    status, body = asked("values.csv", net="lenet5", image="test:5", **query)
    assert status == 200, body
    return list(csv.DictReader(io.StringIO(body.decode())))


def test_names_with_quotes_and_commas_are_read_back_as_they_are(monkeypatch) -> None:
    """Oracle: Python's csv reader."""
    names = tuple(f'the "{i}", written' for i in range(10))
    quoted = dataclasses.replace(LENET, name="quoted", classes=names)
    monkeypatch.setattr(kept, "network", lambda name: quoted)
    assert {row["class"] for row in rows_of()} == set(names)


def test_filters_are_saved_weight_by_weight() -> None:
    """Oracle: the module's own weights: all that see the image, one of a later layer."""
    first, second = (LENET.module(name).weight.detach() for name in ("conv1", "conv2"))
    rows = rows_of(of="filters", layer="conv1")
    values = torch.tensor([float(row["weight"]) for row in rows]).reshape(first.shape)
    torch.testing.assert_close(values, first, rtol=1e-5, atol=1e-7)
    rows = rows_of(of="filters", layer="conv2", channel="3")
    values = torch.tensor([float(row["weight"]) for row in rows]).reshape(second[3].shape)
    torch.testing.assert_close(values, second[3], rtol=1e-5, atol=1e-7)
    assert {row["filter"] for row in rows} == {"3"}


def test_the_products_of_one_number_add_up_to_it() -> None:
    """Oracle: the value of a forward pass made here."""
    rows = rows_of(of="pixel", layer="conv2", channel="2", row="4", column="5")
    parts = sum(float(row["product"]) for row in rows if row["channel"] != "value")
    wanted = float(look(LENET, sample(LENET, "test:5")).maps("conv2")[2, 4, 5])
    assert float(rows[-1]["product"]) == pytest.approx(wanted, abs=1e-4)
    assert parts == pytest.approx(wanted, abs=1e-3)


def test_reasons_are_saved_number_by_number() -> None:
    """Oracle: autograd: saliency is the gradient of the class's score by the input."""
    rows = [row for row in rows_of(of="reasons", **{"class": "5"}, size="9") if row["picture"] == "saliency"]
    given_ = look(LENET, sample(LENET, "test:5")).given.clone().requires_grad_()
    LENET.model(given_)[0, 5].backward()
    values = torch.tensor([float(row["value"]) for row in rows]).reshape(given_.shape[2:])
    torch.testing.assert_close(values, given_.grad[0].abs().amax(0), rtol=1e-4, atol=1e-5)


def test_what_a_change_does_is_saved_beside_what_was() -> None:
    """Oracle: a forward pass with the channel of the first layer set to zero by a hook of torch."""

    def cut(module: torch.nn.Module, given_: Any, made: torch.Tensor) -> torch.Tensor:
        return made * (torch.arange(made.shape[1]) != 3)[None, :, None, None]

    hook = LENET.module("conv1").register_forward_hook(cut)
    try:
        wanted = LENET.model(look(LENET, sample(LENET, "test:5")).given)[0].softmax(0)
    finally:
        hook.remove()
    for row in rows_of(of="changed", scale="conv1:3:0"):
        after = float(wanted[LENET.classes.index(row["class"])])
        assert float(row["probability after"]) == pytest.approx(after, abs=1e-5)
