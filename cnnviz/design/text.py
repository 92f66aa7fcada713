"""A design as TOML: small, ordered, one line a row; for files, links and people."""

from __future__ import annotations

import base64
import binascii
import json
import tomllib
import zlib
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path

from cnnviz.architectures.architecture import Value, near_misses
from cnnviz.design.design import MOST_ROWS, Design, Row, design, row, shown
from cnnviz.errors import DesignError

MOST_TEXT = 60_000  # characters: more than 200 rows with every option changed
MOST_LINK = 8_000  # characters: more than the longest design takes, less than a proxy refuses
MOST_DEPTH = 20  # of brackets in the text; a design has three
# Written even at their defaults, because people read them.
_READ = {
    "conv": frozenset({"channels", "kernel"}),
    "pool": frozenset({"kernel"}),
    "linear": frozenset({"features"}),
    "residual": frozenset({"channels"}),
    "bottleneck": frozenset({"width", "channels"}),
    "separable": frozenset({"channels"}),
    "inverted": frozenset({"channels"}),
    "dense": frozenset({"layers", "growth"}),
    "inception": frozenset({"n1x1", "reduce3x3", "n3x3", "reduce5x5", "n5x5", "pool_proj"}),
    "fire": frozenset({"squeeze", "expand1x1", "expand3x3"}),
}
_LINK = "1"  # begins every link: what the rest is packed with
# Words that texts have in common, so that links are short. Links that are out there need it as it is.
_WORDS = (
    b"growth = reduce = squeeze = expansion = reduction = dilation = groups = share = ceil = true, "
    b'kind = "squeeze_excite" kind = "inverted" kind = "separable" kind = "dense" kind = "inception" '
    b'n1x1 = 64, reduce3x3 = n3x3 = reduce5x5 = n5x5 = pool_proj = kind = "fire" expand1x1 = expand3x3 = '
    b'kind = "bottleneck", width = stride_in = "1x1" kind = "residual", shortcut = "padding" bias = "on" '
    b'kind = "global_pool" kind = "dropout" kind = "activation" function = "tanh" kind = "batch_norm" '
    b'size = kind = "flatten" },\n  { kind = "linear", features = 120, activation = "relu" },\n  '
    b'{ kind = "pool", mode = "avg", kernel = 3, stride = 2, padding = 1, batch_norm = true, repeat = 2 },\n'
    b'  { kind = "conv", channels = 64, kernel = 3, padding = 1, activation = "relu" },\n'
    b'name = "my network"\ninput = { n_C = 3, n_H = 32, n_W = 32 }\nrows = [\n'
)


def as_data(made: Design) -> dict[str, object]:
    """The design as `designed` takes it; rows with what is written of them."""
    n_C, n_H, n_W = made.input_shape
    rows = [_written(one) for one in made.rows]
    return {"name": made.name, "input": {"n_C": n_C, "n_H": n_H, "n_W": n_W}, "rows": rows}


def dumps(made: Design) -> str:
    """The design as TOML; options at their defaults are left out."""
    n_C, n_H, n_W = made.input_shape
    lines = [
        f"name = {json.dumps(made.name, ensure_ascii=False)}",
        f"input = {{ n_C = {n_C}, n_H = {n_H}, n_W = {n_W} }}",
        "rows = [",
        *(f"  {_row_text(row)}," for row in made.rows),
        "]",
    ]
    return "\n".join(lines) + "\n"


def loads(text: str) -> Design:
    """The design of a TOML text. Raises DesignError with the row, what was wrong and the rule."""
    if len(text) > MOST_TEXT:
        raise DesignError(f"the text has {len(text):,} characters, and a design has at most {MOST_TEXT:,}")
    if _depth(text) > MOST_DEPTH:
        raise DesignError("the text has too many brackets inside brackets; a row is { kind = ..., ... }")
    try:
        data = tomllib.loads(text)
    except (ValueError, RecursionError) as error:
        raise DesignError(f"this is no TOML: {str(error)[:100]}") from None
    return designed(data)


def designed(data: Mapping[str, object]) -> Design:
    """The design of what the text says. Raises DesignError as `loads` does."""
    _only(data, {"name", "input", "rows"}, "a design")
    size, rows = data.get("input"), data.get("rows", [])
    if not isinstance(size, dict):
        raise DesignError("input is missing: write it as input = { n_C = 3, n_H = 32, n_W = 32 }")
    _only(size, {"n_C", "n_H", "n_W"}, "input")
    if not isinstance(rows, list):
        raise DesignError('rows must be a list, such as rows = [ { kind = "conv", channels = 6 } ]')
    made = [_row(number, given) for number, given in enumerate(rows[: MOST_ROWS + 1], 1)]
    return design(data.get("name"), size, made)


def read(path: Path | str) -> Design:
    """The design in a file. Raises DesignError where that cannot be read."""
    path = Path(path)
    try:
        with path.open("rb") as file:
            body = file.read(4 * MOST_TEXT + 1)  # no more, however large the file is
        return loads(body.decode("utf-8-sig"))
    except OSError as error:
        raise DesignError(f"cannot read {path}: {error.strerror or error}") from None
    except UnicodeDecodeError:
        raise DesignError(f"{path.name} is no text in UTF-8") from None
    except DesignError as error:
        raise DesignError(f"{path.name}: {error}") from None


def packed(made: Design) -> str:
    """The design as one short word for the address bar."""
    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15, zdict=_WORDS)
    body = squeeze.compress(dumps(made).encode()) + squeeze.flush()
    return _LINK + base64.urlsafe_b64encode(body).decode().rstrip("=")


def unpacked(word: str) -> Design:
    """The design that `packed` made a word of. Raises DesignError for any other."""
    broken = "the link does not hold a whole design: it may have been cut off; ask for it once more"
    if not word.startswith(_LINK) or len(word) > MOST_LINK:
        raise DesignError(broken)
    try:
        body = base64.b64decode(word[1:] + "=" * (-(len(word) - 1) % 4), altchars=b"-_", validate=True)
        stretch = zlib.decompressobj(-15, zdict=_WORDS)
        text = stretch.decompress(body, 4 * MOST_TEXT).decode()
    except (binascii.Error, ValueError, zlib.error):
        raise DesignError(broken) from None
    if not stretch.eof:
        raise DesignError(broken)
    return loads(text)


def _row(number: int, given: object) -> Row:
    try:
        if not isinstance(given, dict):
            raise DesignError('must be written as { kind = "conv", channels = 6 }')
        values = dict(given)
        kind, repeat = values.pop("kind", None), values.pop("repeat", 1)
        if not isinstance(kind, str):
            raise DesignError('has no kind, such as kind = "conv"')
        return row(kind, values, repeat=repeat)
    except DesignError as error:
        raise DesignError(f"row {number}: {error}") from None


@lru_cache(maxsize=4096)
def _row_text(made: Row) -> str:
    pairs = (f"{name} = {_value_text(value)}" for name, value in _written(made).items())
    return "{ " + ", ".join(pairs) + " }"


def _written(made: Row) -> dict[str, Value]:
    """What stands in a row's text."""
    shown = _READ.get(made.kind, frozenset()) | made.changed.keys()
    written = {name: value for name, value in made.values if name in shown}
    return {"kind": made.kind, **written, **({"repeat": made.repeat} if made.repeat != 1 else {})}


def _value_text(value: Value) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return f'"{value}"' if isinstance(value, str) else str(value)


def _only(data: Mapping[str, object], known: set[str], what: str) -> None:
    for name in data:
        if name not in known:
            near = near_misses(shown(name), sorted(known))
            raise DesignError(f"{what} has no {shown(name)!r}{near}")


def _depth(text: str) -> int:
    """How deep brackets and dotted names go, at most; strings count too, which only makes it stricter."""
    deepest = depth = 0
    for character in text:
        if character in "[{":
            depth += 1
            deepest = max(deepest, depth)
        elif character in "]}" and depth:
            depth -= 1
    return max(deepest, max((line.count(".") for line in text.splitlines()), default=0) - 40)
