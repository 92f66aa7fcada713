r"""The card's LaTeX as MathML, which browsers draw by themselves: it needs no script and no font.

    >>> math("n_H = 55")
    '<math><msub><mi>n</mi><mi>H</mi></msub><mo>=</mo><mn>55</mn></math>'

Only what `cnnviz.card` writes is read. Anything else is a ValueError, and a test holds every formula of every
catalogue network against that.
"""

from __future__ import annotations

import html
import re
from functools import lru_cache

_TOKEN = re.compile(r"\\[a-zA-Z]+|\\.|\d+(?:\{,\}\d{3})*(?:\.\d+)?|\S")
_TEXT = re.compile(r"((?:[^{}\\]|\\.)*)\}")  # what stands in the braces of \text

_LETTERS = {
    "alpha": "α",
    "beta": "β",
    "gamma": "γ",
    "mu": "μ",
    "sigma": "σ",
    "varepsilon": "ε",
    "Phi": "Φ",
    "ln": "ln",
    "tanh": "tanh",
}
_SIGNS = {"cdot": "·", "times": "×", "cdots": "⋯", "in": "∈", "odot": "⊙", "backslash": "\\", "sim": "∼"}
_FENCES = {"lfloor": "⌊", "rfloor": "⌋", "lceil": "⌈", "rceil": "⌉"}
_SPACES = {r"\,": ".17em", r"\;": ".28em", r"\quad": "1em"}
_LIMITS = {r"\max": "<mi>max</mi>", r"\min": "<mi>min</mi>", r"\sum": "<mo>∑</mo>"}
_PLAIN = {"-": "−", "*": "∗", "'": "′", "<": "&lt;", ">": "&gt;", "&": "&amp;"}


@lru_cache(maxsize=4096)
def math(latex: str) -> str:
    """A formula as one `math` element."""
    reader = _Reader(latex)
    row = reader.row("")
    return f"<math>{row}</math>"


class _Reader:
    """Reads LaTeX from left to right; every method returns the MathML of what it took."""

    def __init__(self, latex: str) -> None:
        self.latex, self.at = latex, 0

    def peek(self) -> str:
        found = _TOKEN.search(self.latex, self.at)
        return found.group() if found else ""

    def take(self) -> str:
        found = _TOKEN.search(self.latex, self.at)
        if not found:
            raise ValueError(f"ends too early: {self.latex}")
        self.at = found.end()
        return found.group()

    def row(self, end: str) -> str:
        """Everything up to the token `end`, which is taken too."""
        parts = []
        while self.peek() != end:
            parts.append(self.scripted())
        if end:
            self.take()
        return "".join(parts)

    def scripted(self) -> str:
        """One thing with what is written above and below it."""
        token = self.peek()
        base, limits = self.atom(), token in _LIMITS or token == r"\underbrace"
        below = above = ""
        while self.peek() in ("_", "^", "'"):
            mark = self.take()
            if mark == "_":
                below = self.argument()
            else:
                above = "<mo>′</mo>" if mark == "'" else self.argument()
        if below and above:
            return f"<msubsup>{base}{below}{above}</msubsup>"
        if below:
            return f"<munder>{base}{below}</munder>" if limits else f"<msub>{base}{below}</msub>"
        return f"<msup>{base}{above}</msup>" if above else base

    def argument(self) -> str:
        """What a script or a command applies to, as one element."""
        if self.peek() != "{":
            return self.atom()
        self.take()
        start = self.at
        inside = self.row("}")
        alone = re.fullmatch(r"[a-zA-Z]|[\d{},]+", self.latex[start : self.at - 1])
        return inside if alone else f"<mrow>{inside}</mrow>"

    def atom(self) -> str:
        token = self.take()
        if token.startswith("\\"):
            return self.command(token)
        if token == "{":
            return f"<mrow>{self.row('}')}</mrow>"
        if token[0].isdigit():
            return f"<mn>{token.replace('{,}', ',')}</mn>"
        if token.isalpha():
            return f"<mi>{token}</mi>"
        if token in "()":  # a fence stretches over the whole row unless it is told not to
            return f'<mo stretchy="false">{token}</mo>'
        if token in "}_^$~%#\\":
            raise ValueError(f"{token} is out of place: {self.latex}")
        return f"<mo>{_PLAIN.get(token, token)}</mo>"

    def command(self, token: str) -> str:
        name = token[1:]
        if token in _SPACES:
            return f'<mspace width="{_SPACES[token]}"/>'
        if name in _LETTERS:
            return f"<mi>{_LETTERS[name]}</mi>"
        if name in _SIGNS:
            return f"<mo>{_SIGNS[name]}</mo>"
        if token in _LIMITS:
            return _LIMITS[token]
        match name:
            case "dfrac":
                return f'<mfrac displaystyle="true">{self.argument()}{self.argument()}</mfrac>'
            case "tfrac":
                return f"<mfrac>{self.argument()}{self.argument()}</mfrac>"
            case "sqrt":
                return f"<msqrt>{self.argument()}</msqrt>"
            case "left":
                left, inside = self.fence(), self.row(r"\right")
                return f"<mrow><mo>{left}</mo>{inside}<mo>{self.fence()}</mo></mrow>"
            case "Big":
                return f'<mo minsize="1.8em">{self.fence()}</mo>'
            case "underbrace":
                return f"<munder>{self.argument()}<mo>⏟</mo></munder>"
            case "text" | "mathrm":
                return self.words(name)
            case "mathbf":
                return f'<mrow class="b">{self.argument()}</mrow>'
            case "hat":  # the sign itself, as `words_latex` writes it
                self.argument()
                return "<mo>^</mo>"
        raise ValueError(f"no MathML for {token}: {self.latex}")

    def fence(self) -> str:
        token = self.take()
        return _FENCES.get(token.removeprefix("\\"), token)

    def words(self, name: str) -> str:
        if self.take() != "{":
            raise ValueError(f"\\{name} without braces: {self.latex}")
        found = _TEXT.match(self.latex, self.at)
        if not found:
            raise ValueError(f"\\{name} does not end: {self.latex}")
        self.at = found.end()
        text = html.escape(re.sub(r"\\(.)", r"\1", found.group(1)), quote=False)
        if name == "mathrm":
            return f"<mi>{text}</mi>"
        # A space at the edge of a text would be dropped.
        kept = re.sub(r"^ | $", "\N{NO-BREAK SPACE}", text)
        return f"<mtext>{kept}</mtext>"
