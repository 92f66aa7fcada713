"""What the command line says to mistakes: one kind line, and the way out."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.terminal import fails


def test_errors_are_one_kind_line() -> None:
    assert "did you mean alexnet" in fails("trace", "alexnett")
    assert "needs an input of at least 67x67, got 32x32" in fails("trace", "alexnet", "--input", "32x32")
    assert "pool2 (max_pool2d) got 2x2, needs at least 3x3" in fails("trace", "alexnet", "--input", "32")
    assert "3 channels, got 1x227x227" in fails("trace", "alexnet", "--input", "1x227x227")
    assert "in_channels=1" in fails("trace", "alexnet", "--input", "1x227x227")
    assert "did you mean num_classes" in fails("trace", "alexnet", "--set", "num_class=3")
    assert "from 1 to 100000, got abc" in fails("trace", "alexnet", "--set", "num_classes=abc")
    assert "option=value" in fails("trace", "alexnet", "--set", "num_classes")
    assert "no variant 'papr': did you mean paper" in fails("trace", "alexnet@papr")
    assert "such as 3x224x224, got '3xbig'" in fails("trace", "alexnet", "--input", "3xbig")
    assert "cannot import" in fails("trace", "no_such_package:net")
    assert "needs an nn.Module" in fails("trace", "math:pi")
    assert "must end in .dot, .svg, .png or .pdf" in fails("graph", "lenet5", "-o", "lenet5.docx")


def test_mistakes_on_the_command_line_say_the_rule_and_the_way_out() -> None:
    """Unknown words get the near one, values the rule; each in one line."""
    for words, says in (
        ("trase", "there is no command 'trase': did you mean trace"),
        ("--verson", "there is no option '--verson': did you mean --version?"),
        ("trace", "trace needs TARGET"),
        ("graph lenet5", "graph needs -o/--output"),
        ("show", "show needs NAME"),
        ("trace lenet5 --fromat json", "there is no option '--fromat': did you mean --format?"),
        ("trace lenet5 --form json", "there is no option '--form': did you mean --format"),
        ("trace lenet5 --formats=json", "there is no option '--formats': did you mean --format"),
        ("trace lenet5 alexnet", "trace cannot use 'alexnet'"),
        ("list lenet5", "list cannot use 'lenet5'"),
        ("trace lenet5 --format", "--format needs a value"),
        (
            "trace lenet5 --format yaml",
            "--format must be table, json, csv, markdown or latex, got 'yaml'",
        ),
        ("trace lenet5 --batch 0", "--batch must be a whole number of at least 1, got 0"),
        ("trace lenet5 --batch two", "--batch must be a whole number of at least 1, got two"),
        ("trace lenet5 --batch -1", "at least 1, got -1"),
        ("graph lenet5 -o a.dot --level -1", "--level must be a whole number of at least 0, got -1"),
        ("exercise --count 101", "--count must be a whole number from 1 to 100, got 101"),
        ("app --port 70000", "--port must be a whole number from 1 to 65535, got 70000"),
    ):
        assert says in fails(*words.split()), words


def test_a_gpu_that_is_not_there_is_said_so() -> None:
    import torch

    if torch.cuda.is_available():
        pytest.skip("this machine has a CUDA device")
    assert "no CUDA device" in fails("trace", "lenet5", "--device", "cuda")
    assert "use meta, cpu or cuda" in fails("trace", "lenet5", "--device", "tpu")


def test_without_graphviz_the_error_says_how_to_get_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "apt install graphviz" in fails("graph", "lenet5", "-o", str(tmp_path / "g.pdf"))
