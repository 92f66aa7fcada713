"""Formulas in mathematical type: what a person reads works out to the number that it explains."""

from __future__ import annotations

import math

import pytest

import cnnviz
from cnnviz.card import card_of
from cnnviz.card.latex import number_latex, shape_latex, sum_latex, symbols_latex, term_latex, words_latex
from cnnviz.formulas import RULES, Formula, Term
from cnnviz.formulas.convolution import ConvArguments
from cnnviz.programs import names
from tests.latex_text import chain, worked_out

SIZE = Formula("floor((n + 2*p - f) / s) + 1")


def test_the_output_size_reads_as_the_course_writes_it() -> None:
    """Oracle: floor((227 + 2*0 - 11) / 4) + 1 = 55, as on the board."""
    fraction = r"\dfrac{227 + 2 \cdot 0 - 11}{4}"
    assert term_latex(Term(SIZE, (227, 0, 11, 4))) == rf"\left\lfloor{fraction}\right\rfloor + 1 = 55"
    assert symbols_latex(SIZE) == r"\left\lfloor\dfrac{n + 2p - f}{s}\right\rfloor + 1"


def test_parentheses_of_a_formula_stay() -> None:
    """Oracle: the course's 28*28*32 outputs times 5*5*192 multiplications each, 120,422,400."""
    a = ConvArguments(32, 192, (5, 5), (1, 1), (2, 2), (1, 1), 1, True)
    macs = RULES["convolution"].macs(a, [(1, 192, 28, 28)], [(1, 32, 28, 28)])
    assert term_latex(macs) == (r"28 \cdot 28 \cdot 32 \cdot (5 \cdot 5 \cdot 192) = 120{,}422{,}400")


def test_a_number_alone_is_not_explained_by_itself() -> None:
    assert term_latex(Term(Formula("n"), (4096,))) == "4{,}096"


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ((64, 128, 32, 32), "64 + 128 + 32 + 32"),
        ((64, *(32,) * 3), "64 + 32 + 32 + 32"),
        ((64, *(32,) * 6), r"64 + \underbrace{32 + \cdots + 32}_{6}"),
    ],
)
def test_long_runs_of_equal_terms_are_written_once(values: tuple[int, ...], expected: str) -> None:
    """Oracle: the sum of the terms, added one by one."""
    assert sum_latex(values) == expected
    assert worked_out(sum_latex(values)) == sum(values)


def test_differences_of_sums_keep_their_parentheses() -> None:
    """Oracle: 10 - (2*(3 - 1) + 1) = 5 by hand."""
    formula = Formula("n - (d*(f - 1) + 1)")
    assert term_latex(Term(formula, (10, 2, 3))) == r"10 - (2 \cdot (3 - 1) + 1) = 5"


@pytest.mark.parametrize("numerator", range(-7, 8))
@pytest.mark.parametrize("rounding", ["floor", "ceil"])
def test_rounding_reads_back_exactly(rounding: str, numerator: int) -> None:
    """Oracle: exact fractions."""
    first, second = chain(term_latex(Term(Formula(f"{rounding}((a - b) / c) + 1"), (numerator, 0, 3))))
    assert first == second == getattr(math, rounding)(numerator / 3) + 1


@pytest.mark.parametrize("name", names())
def test_every_formula_of_every_layer_works_out_to_its_number(name: str) -> None:
    """Oracle: the LaTeX alone, worked out with exact fractions; the layer's own numbers, held elsewhere."""
    trace = cnnviz.trace(name)
    for layer in trace.layers:
        card = card_of(trace, layer.index)
        for quantity in card.quantities:
            assert set(chain(quantity.latex)) == {quantity.value}, (layer.name, quantity)
        for told in ("n_H", "n_W", "n_C", "parameters", "macs", "activation_bytes"):
            found = card.quantity(told)
            assert (found.value if found else None) == getattr(layer, told), (layer.name, told)
        fields = [card.quantity(f"receptive_field_{axis}") for axis in "HW"]
        assert tuple(q.value for q in fields if q) == (layer.receptive_field or ())


def test_words_in_a_formula_are_never_commands() -> None:
    text = words_latex(r"a_b$\input{x}^~%#&")
    assert r"\input" not in text
    assert "$" not in text.replace(r"\$", "")
    assert text.count("{") - text.count(r"\{") == text.count("}") - text.count(r"\}")


def test_numbers_and_shapes() -> None:
    assert number_latex(1161600) == "1{,}161{,}600"
    assert shape_latex((28, 28, 192)) == r"28 \times 28 \times 192"
