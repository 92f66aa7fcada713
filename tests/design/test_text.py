"""A design as TOML and as a link: what is written is read back, and anything else is an error of ours."""

from __future__ import annotations

import random
import time
import tracemalloc
import zlib
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cnnviz.architectures.architecture import Option
from cnnviz.design import KINDS, Design, Kind, built, dumps, loads, packed, read, row, unpacked
from cnnviz.design.examples import NAMES, example
from cnnviz.design.text import MOST_LINK, designed
from cnnviz.errors import CnnvizError, DesignError
from tests.design.nets import rows

HEAD = 'name = "n"\ninput = { n_C = 3, n_H = 32, n_W = 32 }\n'


@given(st.lists(rows(), max_size=12), st.sampled_from(["my network", "É 1.0 (b)"]), st.integers(1, 1024))
def test_what_is_written_is_read_back(made: list, name: str, side: int) -> None:
    """Oracle: the design itself, through a file's text and through a link."""
    design = Design(name=name, input_shape=(3, side, 7)).having(made)
    assert loads(dumps(design)) == design
    assert unpacked(packed(design)) == design


@pytest.mark.parametrize("name", NAMES)
def test_examples_are_written_as_they_are_read(name: str) -> None:
    """Oracle: the file as a person wrote it."""
    import cnnviz.design.examples as examples

    text = (examples._FOLDER / f"{name}.toml").read_text()
    assert dumps(loads(text)) == text
    assert built(loads(text)).problem is None


def test_tomlkit_reads_the_same() -> None:
    """Oracle: another TOML reader, tomlkit."""
    tomlkit = pytest.importorskip("tomlkit")
    for name in NAMES:
        data = tomlkit.parse(dumps(example(name))).unwrap()
        kinds = [made.kind for made in example(name).rows]
        assert [given["kind"] for given in data["rows"]] == kinds


@pytest.mark.parametrize(("text", "message"), [
    ("", "input is missing"),
    ("rows = [", "no TOML"),
    ("x = 1\n" + HEAD, "a design has no 'x'"),
    ('name = ""\ninput = { n_C = 3, n_H = 32, n_W = 32 }', "a name has"),
    ('name = "a/b"\ninput = { n_C = 3, n_H = 32, n_W = 32 }', "a name has"),
    ('name = "n"\ninput = { n_C = 3, n_H = 32 }', "n_W of the input must be a whole number"),
    ('name = "n"\ninput = { n_C = 3, n_H = 0, n_W = 2 }', "n_H of the input must be .* got 0"),
    ('name = "n"\ninput = { n_C = 3, n_H = 32, n_W = 32, n_D = 1 }', "input has no 'n_D'"),
    (HEAD + "rows = 3", "rows must be a list"),
    (HEAD + "rows = [ 3 ]", "row 1: must be written as"),
    (HEAD + 'rows = [ { kind = "conv" }, { } ]', "row 2: has no kind"),
    (HEAD + 'rows = [ { kind = "convolution" } ]', "row 1: no kind of row is named 'convolution'"),
    (HEAD + 'rows = [ { kind = "conv", kernel = 99 } ]', "row 1: conv: kernel must be .* 1 to 31"),
    (HEAD + 'rows = [ { kind = "conv", kernel = 0x' + "f" * 9000 + " } ]", "far too large"),
    (HEAD + 'rows = [ { kind = "conv", kernel = ' + "9" * 9000 + " } ]", "no TOML"),
    (HEAD + "rows = [ " + '{ kind = "conv" }, ' * 201 + "]", "at most 200 rows"),
    ("a = " + "[" * 5000, "brackets"),
    ("a = " + "{ b = " * 5000, "brackets"),
    (".".join("a" * 9000) + " = 1", "brackets"),
    ("#" * 70_000, "at most 60,000"),
])  # fmt: skip
def test_a_bad_text_says_what_is_wrong(text: str, message: str) -> None:
    """Oracle: the rules of the format."""
    begun = time.process_time()
    with pytest.raises(DesignError, match=message):
        loads(text)
    assert time.process_time() - begun < 1


PIECES = [
    *("name", "input", "rows", "kind", "repeat", "channels", "kernel", "share", "n_C = 3", "n_H = 32"),
    *("n_W = 32", "= ", "{ ", "} ", "[ ", "] ", "[[", "]]", ", ", "\n", ".", '"', '"""', "'", "#", "\\"),
    *("\\u0000", "é", "\0", '"conv"', '"linear"', '"dense"', '"my net"', "1", "-1", "64", "0x", "1e400"),
    *("nan", "inf", "1979-05-27", "true", "\r", HEAD, 'rows = [ { kind = "conv", channels = 6 } ]'),
]


@settings(max_examples=300, deadline=1000)
@given(st.one_of(st.text(max_size=300), st.lists(st.sampled_from(PIECES), max_size=60).map("".join)))
def test_any_text_gives_a_design_or_an_error_of_ours(text: str) -> None:
    """Oracle: no other exception, no more than a second."""
    try:
        made = loads(text)
    except CnnvizError:
        return
    assert loads(dumps(made)) == made


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["conv", "pool", "x" * 99, ""]),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(
            st.sampled_from(["name", "input", "rows", "kind", "kernel", "n_C", "x"]), inner, max_size=5
        )
    ),
    max_leaves=20,
)


@settings(max_examples=200)
@given(st.dictionaries(st.sampled_from(["name", "input", "rows", "x"]), JSON), st.lists(JSON, max_size=4))
def test_anything_a_browser_sends_gives_a_design_or_an_error_of_ours(data: dict, sent: list) -> None:
    """Oracle: no other exception."""
    whole = {"name": "n", "input": {"n_C": 3, "n_H": 8, "n_W": 8}, "rows": sent}
    for said in (data, whole):
        try:
            designed(said)
        except CnnvizError:
            continue


@settings(max_examples=200, deadline=1000)
@given(st.one_of(st.text(max_size=100), st.binary(max_size=200).map(lambda b: "1" + b.hex())))
def test_any_link_gives_a_design_or_an_error_of_ours(word: str) -> None:
    """Oracle: no other exception."""
    with pytest.raises(DesignError):
        unpacked(word)


@pytest.mark.parametrize("name", NAMES)
def test_a_link_that_was_cut_off_says_so(name: str) -> None:
    """Oracle: every shorter beginning is none."""
    word = packed(example(name))
    assert len(word) < 400
    for length in range(len(word)):
        with pytest.raises(DesignError):
            unpacked(word[:length])


def test_a_link_cannot_unpack_to_something_huge() -> None:
    """Oracle: 50 MB of zeros pack into about 50 kB; memory as tracemalloc measures it."""
    import base64

    squeeze = zlib.compressobj(9, zlib.DEFLATED, -15)
    bomb = squeeze.compress(bytes(5_000_000)) + squeeze.flush()
    word = "1" + base64.urlsafe_b64encode(bomb).decode().rstrip("=")
    assert len(word) < 8000
    tracemalloc.start()
    with pytest.raises(DesignError):
        unpacked(word)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 2_000_000


@pytest.mark.parametrize(
    "kind", [kind for kind in KINDS if len(kind.options) > 5], ids=lambda kind: kind.name
)
def test_the_longest_designs_fit_into_a_link_and_a_file(kind: Kind) -> None:
    """Oracle: 200 rows of the kinds with most options, each at random within its whole bounds."""
    draw = random.Random(1)

    def value(option: Option) -> object:
        if option.kind == "int":
            return draw.randint(int(option.minimum or 0), int(option.maximum or 0))
        return draw.choice(option.choices or (True, False))

    made = [
        row(kind.name, {o.name: value(o) for o in kind.options}, repeat=draw.randint(1, 64))
        for _ in range(200)
    ]
    design = Design().having(made)
    assert len(packed(design)) < MOST_LINK
    assert loads(dumps(design)) == design == unpacked(packed(design))


def test_a_file_that_cannot_be_read_says_so(tmp_path: Path) -> None:
    """Oracle: the system's own words."""
    with pytest.raises(DesignError, match="No such file"):
        read(tmp_path / "none.toml")
    (tmp_path / "picture.toml").write_bytes(b"\x89PNG\xff\xfe")
    with pytest.raises(DesignError, match=r"picture.toml is no text in UTF-8"):
        read(tmp_path / "picture.toml")
    (tmp_path / "huge.toml").write_bytes(b"# " * 10_000_000)
    with pytest.raises(DesignError, match=r"huge.toml: the text has"):
        read(tmp_path / "huge.toml")
