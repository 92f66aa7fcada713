"""The README tells the truth: its commands are run, its Python is executed, its picture exists."""

from __future__ import annotations

import doctest
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests.libraries import fitted

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CONSOLE = re.findall(r"```console\n(.*?)```", README, flags=re.S)


def matches(wanted: str, got: str) -> bool:
    """Whether the output is what is written, where `...` stands for anything."""
    pattern = re.escape(wanted.strip()).replace(re.escape("..."), ".*")
    return re.fullmatch(pattern, got.strip(), flags=re.S) is not None


@pytest.mark.parametrize("block", CONSOLE)
def test_commands_print_what_the_readme_shows(block: str) -> None:
    command, _, wanted = block.partition("\n")
    environment = {**os.environ, "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-c", command.removeprefix("$ ")], capture_output=True, text=True, env=environment, cwd=ROOT
    )
    assert matches(wanted, done.stdout + done.stderr), done.stdout + done.stderr


def test_python_does_what_the_readme_shows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fitted()
    monkeypatch.chdir(tmp_path)
    found = doctest.DocTestParser().get_doctest(README, {}, "README.md", "README.md", 0)
    assert len(found.examples) >= 10
    results = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(found)
    assert results.failed == 0


def test_every_command_is_in_the_readme() -> None:
    from cnnviz.cli import COMMANDS

    assert all(f"cnnviz {name}" in README for name in COMMANDS)


def test_files_that_the_readme_names_exist() -> None:
    for path in re.findall(r"\]\(([\w/.-]+)\)", README):
        assert (ROOT / path).is_file(), path


def test_the_changelog_counts_the_catalogue_right() -> None:
    import cnnviz

    text = " ".join((ROOT / "CHANGELOG.md").read_text(encoding="utf-8").split())
    variants = sum(len(architecture.variants) for architecture in cnnviz.CATALOGUE)
    assert f"{len(cnnviz.CATALOGUE)} networks" in text
    assert f"{variants} named variants" in text
