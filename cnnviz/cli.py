"""The command line. Torch is imported only by the commands that need it, when they need it."""

from __future__ import annotations

import atexit
import gc
import os
import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, NoReturn

import click

from cnnviz.errors import CnnvizError, OptionError, ShapeError

if TYPE_CHECKING:
    from cnnviz.architectures import Network
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
LEVEL = click.option(
    "--level", type=click.IntRange(min=0), help="Open blocks down to this depth [default: readable]."
)
FOLD = click.option("--fold/--no-fold", default=True, help="Draw equal blocks in a row as one box 'x N'.")


def _output(name: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    kind = click.Path(path_type=Path)
    return click.option("-o", "--output", required=True, type=kind, metavar=name, help="Where to write.")


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
    from cnnviz.describe import description

    click.echo("\n".join(description(find(name))))


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
@_output("FILE")
@INPUT
@SET
@LEVEL
@FOLD
def graph(
    target: str, output: Path, size: str | None, settings: Sequence[str], level: int | None, fold: bool
) -> None:
    """Draw the block graph as a file.

    FILE ends in .dot, .svg, .png or .pdf; all but .dot need Graphviz.
    """
    from cnnviz.graph import write_graph

    write_graph(_traced(target, size, settings), output, level=level, fold=fold)
    click.echo(f"wrote {output}")


@main.command(epilog=TARGET_HELP)
@click.argument("target")
@_output("FILE.html")
@INPUT
@SET
@LEVEL
@FOLD
def handout(
    target: str, output: Path, size: str | None, settings: Sequence[str], level: int | None, fold: bool
) -> None:
    """Write a handout: graph, table and every formula in one HTML file.

    It opens without a server, and prints on A4. It needs no Graphviz.
    """
    from cnnviz.export import write_text
    from cnnviz.graph.folding import Folding
    from cnnviz.handout import handout as made

    traced = _traced(target, size, settings)
    folding = Folding(level=level, fold=fold)
    write_text(output, made(traced, _network(target, settings), folding=folding, target=target), ".html")
    click.echo(f"wrote {output}")


@main.command(epilog=TARGET_HELP)
@click.argument("target")
@_output("FILE.ipynb")
@INPUT
@SET
@LEVEL
@FOLD
@click.option(
    "--layer", type=click.IntRange(min=0), default=0, show_default=True, help="The one that is explained."
)
def notebook(
    target: str,
    output: Path,
    size: str | None,
    settings: Sequence[str],
    level: int | None,
    fold: bool,
    layer: int,
) -> None:
    """Write a Jupyter notebook that makes all of it again.

    Table, totals, the formulas of a layer, graph and curves, by cnnviz itself.
    """
    from cnnviz.export import write_text
    from cnnviz.graph.folding import Folding
    from cnnviz.notebook import notebook as made

    traced = _traced(target, size, settings)
    if layer >= len(traced.layers):
        raise OptionError(
            f"--layer must be from 0 to {len(traced.layers) - 1} for {traced.model}, got {layer}"
        )
    network = _network(target, settings)
    options = network.changed if network else dict(map(_setting, settings))
    name = network.name if network else target
    folding = Folding(level=level, fold=fold)
    write_text(output, made(traced, name, options, layer=layer, folding=folding), ".ipynb")
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


def _network(target: str, settings: Sequence[str]) -> Network | None:
    """The network of the catalogue; None for a model of one's own."""
    from cnnviz.architectures import find

    own = ":" in target or target.endswith(".toml")
    return None if own else find(target, dict(map(_setting, settings)))


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
    if target.endswith(".toml"):
        from cnnviz.design import read

        return (read(target).input_shape[0], numbers[0], numbers[-1])
    from cnnviz.architectures import find

    channels = find(target, options).input_shape[0] if ":" not in target else 3
    return (channels, numbers[0], numbers[-1])
