"""Numbers as people write them."""

from __future__ import annotations

import re

_NUMBER = re.compile(r"\d{1,3}(?:[,_ ]\d{3})+|\d+", flags=re.ASCII)
# What East Asian keyboards write where others write `0123456789,x`.
_WIDE = {ord(sign) + 0xFEE0: sign for sign in "0123456789,x"}
LONGEST = 30  # characters
MOST_KEPT = 60  # characters of what was typed, whatever it was


def number_in(text: str) -> int | None:
    """The whole number that a person wrote: `34,944`, `34 944`, `7x7`; None where it is none."""
    plain = " ".join(text.translate(_WIDE).split())  # whatever kind of space it is
    left, times, right = (part.strip() for part in plain.partition("x"))
    if times and left == right:
        plain = left
    if len(plain) > LONGEST or not _NUMBER.fullmatch(plain):
        return None
    return int(re.sub(r"\D", "", plain))


def no_number(text: str) -> str:
    """What to say to a text that is no number."""
    if not text.strip():
        return "There is no number yet: write one, such as 34944 or 34,944"
    return f"{text.strip()!r:.40} is no whole number: write it as 34944 or 34,944"
