"""The command line: finds the command, reads its arguments, and ends every error in one line.

A command is a file of `cnnviz.commands`, imported when it is called; torch only by those that need it.
"""

from __future__ import annotations

import argparse
import atexit
import gc
import os
import sys
from collections.abc import Iterable, Sequence
from importlib import import_module
from types import ModuleType
from typing import Any, NoReturn

from cnnviz.commands.common import columns
from cnnviz.errors import CnnvizError, OptionError, UnknownNameError, UnknownNetworkError

# `cnnviz NAME` is `cnnviz.commands.NAME`; in the order of the help.
COMMANDS = (
    *("list", "show", "trace", "compare", "conventions", "measure"),
    *("graph", "handout", "notebook", "exercise"),
    *("train", "runs", "inside", "data", "app"),
)
ABOUT = "See how a convolutional network works and what it costs, layer by layer."


def main(words: Sequence[str] | None = None) -> None:
    """Run the command that the words name, those of this process by default.

    Every error ends in one line on stderr and exit status 2, never in a traceback.
    """
    # A command is short, and what it makes stays: rarely search for garbage, and not at all at exit.
    gc.set_threshold(100_000)
    gc.freeze()
    atexit.register(gc.freeze)
    try:
        _run(*(sys.argv[1:] if words is None else words))
        print(end="", flush=True)  # a closed pipe is told here, and not at exit
    except UnknownNetworkError as error:
        _fail(_with_way_out(error))
    except CnnvizError as error:
        _fail(str(error))
    except KeyboardInterrupt:
        sys.exit(130)
    except BrokenPipeError:  # `cnnviz trace ... | head`
        _drop_output()
        sys.exit(0)
    except OSError as error:  # such as a full disk behind `cnnviz trace ... > FILE`
        _drop_output()
        _fail(f"stopped by the system: {error.strerror or error}")


def _fail(message: str) -> NoReturn:
    print(f"cnnviz: {' '.join(message.split())}", file=sys.stderr)
    sys.exit(2)


def _with_way_out(error: UnknownNetworkError) -> str:
    """The message with the file that was probably meant; otherwise with where all networks are listed."""
    from cnnviz.targets import slips

    meant = slips.meant(error.name)
    if meant:
        return f"{str(error).removesuffix(error.near)}; {meant}"
    return str(error) if error.near else f"{error}: `cnnviz list` has them all"


def _drop_output() -> None:
    """What could not be written is not tried again at exit."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _run(name: str = "--help", *words: str) -> None:
    if name in ("-h", "--help"):
        print(_overview())
    elif name == "--version":
        from cnnviz import __version__

        print(f"cnnviz {__version__}")
    elif name.startswith("-"):
        raise _unknown("option", name, ("--help", "--version"))
    elif name not in COMMANDS:
        raise _unknown("command", name, COMMANDS)
    else:
        command = _command(name)
        command.run(_arguments(parser(name, command), words))


def _command(name: str) -> ModuleType:
    return import_module(f"cnnviz.commands.{name}")


def parser(name: str, command: ModuleType) -> argparse.ArgumentParser:
    """What reads the words after `cnnviz NAME`, and tells its help."""
    made = _Parser(
        prog=f"cnnviz {name}",
        description=f"{command.HELP} {command.DESCRIPTION}",
        formatter_class=_Help,
        add_help=False,
        allow_abbrev=False,
        exit_on_error=False,
    )
    command.add_arguments(made)
    made.add_argument("-h", "--help", action="help", help="Show this message and exit.")
    return made


def _arguments(reader: argparse.ArgumentParser, words: Sequence[str]) -> argparse.Namespace:
    try:
        arguments, unknown = reader.parse_known_args(words)
    except argparse.ArgumentError as error:
        message = "needs a value" if error.message == "expected one argument" else error.message
        raise OptionError(f"{error.argument_name or ''} {message}") from None
    for word in unknown:
        if word.startswith("-"):
            known = [option for action in reader._actions for option in action.option_strings]
            raise _unknown("option", word.partition("=")[0], known)
        name = reader.prog.split()[-1]
        raise OptionError(f"{name} cannot use {word!r}: `{reader.prog} --help` says what it takes")
    return arguments


def _unknown(what: str, name: str, known: Iterable[str]) -> UnknownNameError:
    from cnnviz.architectures.architecture import near_misses

    return UnknownNameError(f"there is no {what} {name!r}{near_misses(name, known)}")


def _overview() -> str:
    wide = max(map(len, COMMANDS)) + 2
    lines = [f"  {name:<{wide}}{_command(name).HELP}" for name in COMMANDS]
    return "\n".join(
        [
            "Usage: cnnviz COMMAND ...",
            "",
            ABOUT,
            "",
            "Commands:",
            *lines,
            "",
            "Options:",
            "  -h, --help  Show this message and exit; after a COMMAND, what it takes.",
            "  --version   Show the version and exit.",
        ]
    )


class _Parser(argparse.ArgumentParser):
    """Tells mistakes as errors of ours, and a closed pipe while it is open."""

    def error(self, message: str) -> NoReturn:
        missing = message.rpartition("required: ")[2]
        if missing != message:
            message = f"{self.prog.split()[-1]} needs {missing}: `{self.prog} --help` says more"
        raise OptionError(message)

    def print_help(self, file: Any = None) -> None:
        print(self.format_help(), end="", file=file, flush=True)


class _Help(argparse.HelpFormatter):
    """Help as wide as the terminal, within reason; argparse alone would load a library to ask for that."""

    def __init__(self, prog: str) -> None:
        super().__init__(prog, max_help_position=28, width=min(max(columns(), 60), 100) - 2)

    def add_usage(self, usage: Any, actions: Any, groups: Any, prefix: str | None = None) -> None:
        super().add_usage(usage, actions, groups, prefix or "Usage: ")
