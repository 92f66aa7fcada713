"""The command line. Torch is imported only by the commands that need it, when they need it."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cnnviz.errors import CnnvizError, OptionError, ShapeError

if TYPE_CHECKING:
    from cnnviz.architectures import Architecture, Network, Option, Published
    from cnnviz.trace import Trace

FORMATS = ("table", "json", "csv", "markdown", "latex")
TARGET_HELP = """TARGET is a name of the catalogue, such as resnet50 or alexnet@paper, or
package.module:callable, which returns an nn.Module (torchvision.models:resnet18)."""


class _Commands(click.Group):
    """Every error ends in one line on stderr and exit status 2, never in a traceback."""

    def main(self, *args: Any, **kwargs: Any) -> Any:
        # A command is short: what is imported stays, and need not be searched for garbage, not even at exit.
        gc.freeze()
        atexit.register(gc.freeze)
        try:
            status = super().main(*args, **{**kwargs, "standalone_mode": False})
        except CnnvizError as error:
            _fail(str(error))
        except click.ClickException as error:
            _fail(error.format_message())
        except (click.Abort, KeyboardInterrupt):
            sys.exit(130)
        except BrokenPipeError:  # `cnnviz trace ... | head`
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)
        sys.exit(status if isinstance(status, int) else 0)


def _fail(message: str) -> NoReturn:
    click.echo(f"cnnviz: {' '.join(message.split())}", err=True)
    sys.exit(2)


SETTINGS = {"help_option_names": ["-h", "--help"], "max_content_width": 100}
INPUT = click.option(
    "--input", "size", metavar="3x224x224", help="Channels x height x width, or 224x224, or 224."
)
SET = click.option(
    "--set", "settings", multiple=True, metavar="option=value", help="An option; may be repeated."
)


@click.group(cls=_Commands, invoke_without_command=True, context_settings=SETTINGS)
@click.version_option(package_name="cnnviz", message="cnnviz %(version)s")
@click.pass_context
def main(ctx: click.Context) -> None:
    """See how a convolutional network works and what it costs, layer by layer."""
    if ctx.invoked_subcommand is None:
        click.echo(ctx.get_help())


@main.command("list")
def list_networks() -> None:
    """List the catalogue by year, with variants.

    The first variant of each network is the default.
    """
    from cnnviz.architectures import CATALOGUE

    width = max(len(architecture.name) for architecture in CATALOGUE)
    for architecture in CATALOGUE:
        variants = " ".join(f"@{variant.name}" for variant in architecture.variants)
        click.echo(f"{architecture.year}  {architecture.name:<{width}}  {architecture.title:<18} {variants}")


@main.command()
@click.argument("name")
def show(name: str) -> None:
    """Say what a network is: idea, variants, sources, options."""
    from cnnviz.architectures import find

    network = find(name)
    click.echo("\n".join(_description(network)))


@main.command(epilog=TARGET_HELP)
@click.argument("target")
@INPUT
@click.option("--batch", type=click.IntRange(min=1), default=1, show_default=True, help="Images at once.")
@click.option(
    "--device",
    default="meta",
    show_default=True,
    metavar="meta|cpu|cuda",
    help="meta works from shapes alone; cpu and cuda run the network and measure each layer.",
)
@SET
@click.option(
    "--format", "form", type=click.Choice(FORMATS), default="table", show_default=True, help="What to print."
)
def trace(target: str, size: str | None, batch: int, device: str, settings: Sequence[str], form: str) -> None:
    """Print every layer with its shape and cost.

    Shape, parameters, multiplications (MACs), memory and receptive field of each operation.
    """
    from cnnviz.export import FORMATS as WRITERS
    from cnnviz.tables import text_table

    made = _traced(target, size, settings, batch_size=batch, device=device)
    if form == "table":
        click.echo(text_table(made, shutil.get_terminal_size((80, 24)).columns))
    else:
        click.echo(WRITERS[form](made))


@main.command(epilog=TARGET_HELP)
@click.argument("target")
@click.option(
    "-o", "--output", required=True, type=click.Path(path_type=Path), metavar="FILE", help="Where to write."
)
@INPUT
@SET
@click.option(
    "--level", type=click.IntRange(min=0), help="Open blocks down to this depth [default: readable]."
)
@click.option("--fold/--no-fold", default=True, help="Draw equal blocks in a row as one box 'x N'.")
def graph(
    target: str, output: Path, size: str | None, settings: Sequence[str], level: int | None, fold: bool
) -> None:
    """Draw the block graph as a file.

    FILE ends in .dot, .svg, .png or .pdf; all but .dot need Graphviz.
    """
    from cnnviz.graph import write_graph

    write_graph(_traced(target, size, settings), output, level=level, fold=fold)
    click.echo(f"wrote {output}")


@main.command(epilog=TARGET_HELP + " Without one, the questions are about small random networks.")
@click.argument("target", required=False)
@INPUT
@SET
@click.option(
    "--seed", type=click.IntRange(min=0), default=1, show_default=True, help="The same seed, the same set."
)
@click.option(
    "--count", type=click.IntRange(1, 100), default=10, show_default=True, help="How many questions."
)
@click.option(
    "--kind", "kinds", multiple=True, metavar="KIND", help="Ask this kind; may be repeated [default: all]."
)
@click.option("--answers", is_flag=True, help="Print the answer sheet, each step worked out.")
@click.option(
    "--format",
    "form",
    type=click.Choice(("markdown", "csv", "json")),
    default="markdown",
    show_default=True,
    help="What to print.",
)
@click.option("--ask", is_flag=True, help="Ask here, one question after the other, and say what went wrong.")
def exercise(
    target: str | None,
    size: str | None,
    settings: Sequence[str],
    seed: int,
    count: int,
    kinds: Sequence[str],
    answers: bool,
    form: str,
    ask: bool,
) -> None:
    """Make exercises: a question sheet, its answers, a quiz.

    KIND is n_H, n_W, n_C, parameters, macs, receptive_field, activation_bytes, input_size, smallest_input,
    bottleneck, total_parameters, most_parameters or most_macs.
    """
    from cnnviz.exercises import sheet
    from cnnviz.exercises.questions import from_trace, random_chains

    if not target and (size or settings):
        raise OptionError("--input and --set are about a TARGET: name one, such as lenet5")
    if target:
        options = dict(_setting(text) for text in settings)
        exercises = from_trace(_traced(target, size, settings), seed, count, kinds=kinds, options=options)
    else:
        exercises = random_chains(seed, count, kinds=kinds)
    if ask:
        sheet.ask(exercises, sys.stdin.readline, click.echo, patient=sys.stdin.isatty())
    else:
        click.echo(sheet.written(exercises, form, answers=answers))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for all.")
@click.option(
    "--port", type=click.IntRange(1, 65535), help="Port to listen on [default: 8501, or the next free]."
)
@click.option("--browser/--no-browser", default=True, help="Open a browser.")
def app(host: str, port: int | None, browser: bool) -> None:
    """Serve the app in the browser."""
    import subprocess

    package = Path(__file__).parent
    installed = package / "_app"  # where a wheel carries the launcher and the pages
    launcher = (installed if installed.is_dir() else package.parent) / "app.py"
    if not launcher.is_file():
        raise CnnvizError(f"this installation of cnnviz lacks {launcher}: install it again with pip")
    free = _free_port(host, port)
    flags = [f"--server.address={host}", f"--server.port={free}", f"--server.headless={not browser}".lower()]
    try:
        sys.exit(subprocess.call([sys.executable, "-m", "streamlit", "run", str(launcher), *flags]))
    except KeyboardInterrupt:
        sys.exit(0)


def _free_port(host: str, port: int | None) -> int:
    """The port asked for, or the first free one from 8501 on."""
    import socket

    for tried in range(8501, 8521) if port is None else (port,):
        try:
            with socket.create_server((host, tried)):
                return tried
        except OSError as error:
            reason = error.strerror or str(error)
    taken = "ports 8501 to 8520" if port is None else f"port {port}"
    raise CnnvizError(f"cannot listen on {taken} of {host} ({reason}): choose another with --port")


def _traced(target: str, size: str | None, settings: Sequence[str], **how: Any) -> Trace:
    from cnnviz.targets import trace as traced

    options = dict(_setting(text) for text in settings)
    return traced(target, _shape(target, size, options), options=options, **how)


def _setting(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not name.strip():
        raise OptionError(f"--set takes option=value, got {text!r}")
    return name.strip(), value.strip()


def _shape(target: str, size: str | None, options: dict[str, str]) -> tuple[int, ...] | None:
    """`3x224x224`; with fewer numbers the default's channels, and one number for both sides."""
    if size is None:
        return None
    try:
        numbers = [int(part) for part in size.lower().replace(",", "x").split("x")]
    except ValueError:
        numbers = []
    if not numbers or len(numbers) > 4 or min(numbers) < 1:
        raise ShapeError(f"--input takes channels x height x width, such as 3x224x224, got {size!r}")
    if len(numbers) > 2:
        return tuple(numbers)
    from cnnviz.architectures import find

    channels = find(target, options).input_shape[0] if ":" not in target else 3
    return (channels, numbers[0], numbers[-1])


def _description(network: Network) -> list[str]:
    architecture = network.architecture
    lines = [
        f"{architecture.title} ({architecture.year}), {architecture.authors}",
        f"{architecture.paper}",
        f"{architecture.link}",
        "",
        *_wrapped(architecture.idea),
        "",
        "variants (the first is the default)",
    ]
    for variant in architecture.variants:
        mark = "*" if variant.name == network.variant.name else " "
        size = "x".join(str(n) for n in variant.input_shape)
        lines += [f" {mark} @{variant.name}, input {size}", *_wrapped(variant.source, "     ")]
    lines += _of_variant(network, architecture)
    lines += ["", f"options of @{network.variant.name} (--set option=value)"]
    lines += [line for option in network.options for line in _option(option)]
    return lines


def _of_variant(network: Network, architecture: Architecture) -> list[str]:
    variant = network.variant
    lines = []
    if variant.differences:
        lines += ["", f"@{variant.name} differs from the paper"]
        lines += [line for text in variant.differences for line in _wrapped(text, "   ", first=" - ")]
    if variant.published:
        lines += ["", f"published for @{variant.name}"]
        lines += [
            line for figure in variant.published for line in _wrapped(_figure(figure), "   ", first=" - ")
        ]
    from cnnviz.targets import program_of

    smallest = program_of(network).smallest
    if smallest:
        lines += ["", f"smallest input that works: {smallest}x{smallest} (found by tracing)"]
    return lines


def _figure(figure: Published) -> str:
    names = {
        "macs": "MACs",
        "top1_error": "top-1 error",
        "top5_error": "top-5 error",
        "weight_layers": "layers",
    }
    unit = " %" if figure.quantity.endswith("error") else ""
    value = f"{figure.value:,}" if isinstance(figure.value, int) else f"{figure.value:g}"
    note = f" ({figure.note})" if figure.note else ""
    name = names.get(figure.quantity, figure.quantity.replace("_", " "))
    return f"{name} {value}{unit}: {figure.source}{note}"


def _option(option: Option) -> list[str]:
    text = f"{option.help}; {option.rule}; default {option.text(option.default)}"
    return [f"   {option.name}", *_wrapped(text, "     ")]


def _wrapped(text: str, indent: str = "", first: str | None = None) -> list[str]:
    import textwrap

    wrapper = textwrap.TextWrapper(
        79, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )
    wrapper.initial_indent = indent if first is None else first
    return wrapper.wrap(text)
