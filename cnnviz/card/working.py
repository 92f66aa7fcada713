"""What an exercise says, in mathematical type: how an answer is worked out, what went wrong with another."""

from __future__ import annotations

import re

from cnnviz.card.latex import symbols_latex, text_latex, words_latex
from cnnviz.formulas import Formula

# Rules that hints name with their symbols.
RULES = {
    text: f"${symbols_latex(Formula(text))}$"
    for text in ("floor((n + 2*p - f) / s) + 1", "(m - 1)*s + w - 2*p")
}
_RULE = "|".join(map(re.escape, RULES))
_SYMBOL = r"\bn_[HWC]\b|\(f - 1\)|\b[mf] - 1\b|(?<!')\b[mnpfs]\b(?=,| and| steps| windows| adds)"
_CALL = r"(?:floor|ceil|max)\("
_NUMBERS = rf"(?:{_CALL}|[\d(])(?:{_CALL}|[\d()*/+]|,(?=\d{{3}})| (?:[-+*/=]|->) )*"
_SIZE = r"\d+(?:x\d+)+"
_PARTS = re.compile(rf"(?P<rule>{_RULE})|(?P<symbol>{_SYMBOL})|(?P<size>{_SIZE})|(?P<numbers>{_NUMBERS})")
_SPECIAL = re.compile(r"([\\`*_\[\]{}#$<>~|])")


def working_latex(working: str) -> tuple[str, ...]:
    r"""Each step of a working as a line of LaTeX, the last result in bold.

    >>> working_latex("parameters = (5*5*1 + 1) * 6 = 156")
    ('\\text{parameters} = (5 \\cdot 5 \\cdot 1 + 1) \\cdot 6 = \\mathbf{156}',)
    """
    *steps, last = working.split("; ")
    return (*(_step(step, strong=False) for step in steps), _step(last, strong=True))


def with_formulas(sentence: str) -> str:
    r"""A sentence as Markdown: arithmetic and symbols in mathematical type, the rest as it is.

    >>> with_formulas("That is 5*5*3 = 75: one filter of conv2_x.")
    'That is $5 \\cdot 5 \\cdot 3 = 75$: one filter of conv2\\_x.'
    """
    found, end = [], 0
    for match in _PARTS.finditer(sentence):
        found += [_SPECIAL.sub(r"\\\1", sentence[end : match.start()]), _part(match)]
        end = match.end()
    return "".join([*found, _SPECIAL.sub(r"\\\1", sentence[end:])])


def _step(step: str, *, strong: bool) -> str:
    """`n_H after conv1 = floor((227 + 2*0 - 11) / 4) + 1 = 55`, or words alone."""
    text, space, note = step.partition(" (")
    if not note.endswith(")") or " = " in note or not note[:1].isalpha():
        text, space, note = step, "", ""
    name, *sides = text.split(" = ")
    if not sides:
        return rf"\textbf{{{_without_text(name)}}}" if strong else words_latex(name)
    shown = [text_latex(side) for side in sides]
    if strong:
        shown[-1] = rf"\mathbf{{{shown[-1]}}}"
    after = rf"\;{words_latex(f'({note}')}" if space else ""
    return " = ".join([_name(name), *shown]) + after


def _without_text(words: str) -> str:
    return words_latex(words).removeprefix(r"\text{").removesuffix("}")


def _name(name: str) -> str:
    """The symbol in italics, what it is of upright: `n_H after conv1`."""
    symbol, space, of = name.partition(" ")
    if symbol not in ("n", "n_H", "n_W", "n_C", "r", "w"):
        return words_latex(name)
    return f"{symbol}{words_latex(f' {of}')}" if space else symbol


def _part(match: re.Match[str]) -> str:
    text = match[0]
    if match["rule"]:
        return RULES[text]
    if match["symbol"]:
        return f"${text}$"
    if match["size"]:
        return text.replace("x", "×")
    return _numbers(text)


def _numbers(text: str) -> str:
    r"""`$5 \cdot 5$`; a number alone, and what only looks like arithmetic, stays text."""
    core = text.rstrip(" =")
    rest = text[len(core) :]
    while core.count(")") > core.count("("):  # the sentence's own
        core, rest = core[:-1], core[-1] + rest
    pieces = re.split(r" (=|->) ", core)
    try:
        shown = [{"=": "=", "->": r"\to"}.get(piece) or text_latex(piece) for piece in pieces]
    except ValueError:
        return _SPECIAL.sub(r"\\\1", text)
    plain = len(pieces) == 1 and core.replace(",", "").isdigit()
    return (core if plain else f"${' '.join(shown)}$") + _SPECIAL.sub(r"\\\1", rest)
