"""What exercises say in mathematical type works out to the same numbers as the text."""

from __future__ import annotations

import re
from fractions import Fraction

import pytest

import cnnviz
from cnnviz.card.latex import text_latex
from cnnviz.card.working import with_formulas, working_latex
from cnnviz.exercises import Question, from_trace, random_chains
from tests import formula_text, latex_text

NETWORKS = ("lenet5", "googlenet", "resnet50", "mobilenet_v2", "convnext_tiny")
QUESTIONS = [question for seed in range(10) for question in random_chains(seed, 26).questions]
QUESTIONS += [q for name in NETWORKS for q in from_trace(cnnviz.trace(name), 3, 30).questions]
BOLD = re.compile(r"\\mathbf\{((?:\d|\{,\})+)\}")


def sides(line: str) -> list[Fraction]:
    """The numbers and the arithmetic of one line, behind its name and before its note, worked out."""
    _, *found = re.sub(r"\\;\\text\{.*\}$", "", BOLD.sub(r"\1", line)).split(" = ")
    return [latex_text.worked_out(side) for side in found]


def works_out(question: Question) -> None:
    lines = working_latex(question.working)
    assert len(lines) == len(question.working.split("; "))
    for line in lines:
        assert len(set(sides(line))) <= 1, line
    if question.unit == "layer":
        assert lines[-1] == rf"\textbf{{most: layer {question.answer}}}"
    else:
        assert sides(lines[-1])[-1] == question.answer
        assert len(BOLD.findall("".join(lines))) == 1


def test_every_working_in_mathematical_type_gives_the_answer() -> None:
    """Oracle: the LaTeX is read back and worked out anew, line by line."""
    assert {question.kind for question in QUESTIONS} >= {"n_H", "macs", "bottleneck", "input_size"}
    for question in QUESTIONS:
        works_out(question)


def test_a_working_reads_as_on_the_board() -> None:
    """Oracle: AlexNet's first layer, floor((227 + 2*0 - 11) / 4) + 1 = 55."""
    (line,) = working_latex("n_H after conv1 = floor((227 + 2*0 - 11) / 4) + 1 = 55")
    fraction = r"\dfrac{227 + 2 \cdot 0 - 11}{4}"
    assert line == rf"n_H\text{{ after conv1}} = \left\lfloor{fraction}\right\rfloor + 1 = \mathbf{{55}}"


def test_every_diagnosis_keeps_its_numbers() -> None:
    """Oracle: each formula of a sentence has equal sides, and no digit of the sentence is lost."""
    checked = 0
    for question in QUESTIONS:
        for sentence in {mistake.sentence for mistake in question.mistakes}:
            shown = with_formulas(sentence)
            digits = re.sub(r"\D", "", sentence)
            assert re.sub(r"\D", "", shown) == digits, shown
            for formula in re.findall(r"\$([^$]*)\$", shown):
                if r"\to" not in formula and not re.search(r"\b[a-z]\b|n_", formula):
                    checked += 1
                    assert len(set(latex_text.chain(formula))) == 1, formula
    assert checked > 1000


@pytest.mark.parametrize(
    "formula", ["(11*11*3 + 1) * 96", "5 - (3 - 2)", "2 * (-3)", "max(1, (3 - 1)*2 + 3)"]
)
def test_text_and_mathematical_type_agree(formula: str) -> None:
    """Oracle: both read back by readers of their own."""
    assert latex_text.worked_out(text_latex(formula)) == formula_text.worked_out(formula)


@pytest.mark.parametrize("text", ["n + 1", "conv1", "5 5", "", "f(3)", "'5'"])
def test_what_is_no_arithmetic_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no "):
        text_latex(text)


def test_nothing_in_a_sentence_is_read_as_markdown_or_latex() -> None:
    """Names of modules, dollars and brackets stay what they are; symbols are set."""
    assert with_formulas("a_b[0] costs $5 *now*") == r"a\_b\[0\] costs \$5 \*now\*"
    assert with_formulas("24 is n_H, the height (of it)") == "24 is $n_H$, the height (of it)"
    assert with_formulas("each 5x5 window has 5*5 weights") == r"each 5×5 window has $5 \cdot 5$ weights"
