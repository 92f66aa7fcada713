"""`cnnviz runs`."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING

from cnnviz.commands.common import one_of, whole
from cnnviz.errors import ExportError, OptionError

if TYPE_CHECKING:
    from cnnviz.training.store import Run, Store

HELP = "List, show, name, export, import, resume or delete training runs."
DESCRIPTION = (
    "ACTION is list (the default), show, export, delete, resume, name, note or import. All but list take the "
    "numbers of runs, name and note a text behind them, import a file that export has written. resume goes "
    "on here, from the last epoch."
)
ACTIONS = ("list", "show", "export", "delete", "resume", "name", "note", "import")
FORMATS = ("json", "csv", "tensorboard")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    from pathlib import Path

    parser.add_argument(
        "action", metavar="ACTION", nargs="?", default="list", type=one_of(*ACTIONS), help="What to do."
    )
    parser.add_argument(
        "named", metavar="RUN|FILE|TEXT", nargs="*", help="Which runs, by their numbers; then a name or note."
    )
    parser.add_argument("--preset", metavar="NAME", help="Only those of this preset.")
    parser.add_argument(
        "--limit",
        type=whole(1, 10_000),
        default=50,
        metavar="N",
        help="The newest so many [default: %(default)s].",
    )
    parser.add_argument(
        "--format",
        type=one_of(*FORMATS),
        default="json",
        metavar="|".join(FORMATS),
        help="What export writes [default: %(default)s].",
    )
    parser.add_argument("-o", "--output", type=Path, metavar="FILE", help="Where [default: printed].")


def run(arguments: argparse.Namespace) -> None:
    from cnnviz.training.store import Store

    if arguments.action == "list" and arguments.named:
        raise OptionError(f"list takes no run, got {arguments.named[0]!r}: `cnnviz runs show N` shows one")
    if arguments.action not in ("list", "export") and not arguments.named:
        what = "a file" if arguments.action == "import" else "the number of a run"
        raise OptionError(f"{arguments.action} needs {what}: `cnnviz runs` lists the runs")
    store = Store()
    _DO[arguments.action](store, arguments)


def _list(store: Store, arguments: argparse.Namespace) -> None:
    runs = store.runs(preset=arguments.preset, limit=arguments.limit)
    if not runs:
        print("no runs yet: `cnnviz train` trains some")
        return
    rows: list[tuple[str, ...]] = [("run", "status", "preset", "curve", "seed", "epochs", "note")]
    rows += [
        (
            str(run.id),
            run.status,
            run.preset,
            run.label or run.settings.network,
            str(run.settings.seed),
            str(run.settings["epochs"]),
            " ".join(run.note.split())[:60],
        )
        for run in runs
    ]
    _print(rows)


def _show(store: Store, arguments: argparse.Namespace) -> None:
    from cnnviz.training.records import Epoch

    for run in _chosen(store, arguments):
        options = {**dict(run.settings.network_options), **dict(run.settings.changed)}
        print(f"run {run.id}: {run.label or run.settings.network}, seed {run.settings.seed}, {run.status}")
        print(f"  {run.message}" if run.message else "  no message")
        for line in run.note.splitlines():
            print(f"  note: {line}")
        print(f"  {run.settings.network} on {run.settings.data}, {run.settings.device}")
        print(f"  {', '.join(f'{name}={value}' for name, value in options.items()) or 'all defaults'}")
        for line in run.settings.design.splitlines():
            print(f"  {line}")
        print(f"  {', '.join(f'{name} {version}' for name, version in run.versions.items())}")
        rows: list[tuple[str, ...]] = [
            ("epoch", "train loss", "train error, %", "test loss", "test error, %", "seconds")
        ]
        rows += [
            (
                f"{record.epoch:.0f}",
                f"{record.train_loss:.4f}",
                f"{record.train_error:.1f}",
                f"{record.test_loss:.4f}",
                f"{record.test_error:.1f}",
                f"{record.seconds:.1f}",
            )
            for record in store.records(run.id)
            if isinstance(record, Epoch)
        ]
        _print(rows)


def _export(store: Store, arguments: argparse.Namespace) -> None:
    from cnnviz.training import exports

    runs = _chosen(store, arguments)
    if arguments.format == "tensorboard":
        if arguments.output is None:
            raise OptionError("tensorboard writes event files into a folder: name it with -o")
        exports.to_tensorboard(store, runs, arguments.output)
        return
    text = (exports.to_json if arguments.format == "json" else exports.to_csv)(store, runs)
    if arguments.output is None:
        print(text.rstrip("\n"))
        return
    try:
        arguments.output.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ExportError(f"cannot write {arguments.output}: {error.strerror}") from None


def _import(store: Store, arguments: argparse.Namespace) -> None:
    from pathlib import Path

    from cnnviz.training import imports

    for name in arguments.named:
        try:
            text = Path(name).read_text(encoding="utf-8")
        except (OSError, UnicodeDecodeError) as error:
            raise ExportError(f"cannot read {name}: {getattr(error, 'strerror', 'it is no text')}") from None
        runs = imports.from_json(store, text)
        print(f"{name}: run {', '.join(str(run.id) for run in runs) or 'none'}")


def _delete(store: Store, arguments: argparse.Namespace) -> None:
    for run in _chosen(store, arguments):
        store.delete(run.id)


def _annotate(store: Store, arguments: argparse.Namespace) -> None:
    *arguments.named, text = arguments.named
    if not arguments.named:
        raise OptionError(
            f"{arguments.action} needs the number of a run and a text: "
            f'`cnnviz runs {arguments.action} 7 "for Tuesday"`; "" takes it away'
        )
    for run in _chosen(store, arguments):
        field = {"name": "label", "note": "note"}[arguments.action]
        store.annotate(run.id, **{field: text.strip()})


def _resume(store: Store, arguments: argparse.Namespace) -> None:
    from cnnviz.commands.train import trained

    runs = _chosen(store, arguments)
    for run in runs:
        if run.status in ("done", "diverged"):
            raise OptionError(f"run {run.id} is {run.status}: there is nothing to go on with")
    for run in runs:
        store.resume(run.id)
    trained(store, [store.run(run.id) for run in runs])


_DO = {
    "list": _list,
    "show": _show,
    "export": _export,
    "delete": _delete,
    "resume": _resume,
    "name": _annotate,
    "note": _annotate,
    "import": _import,
}


def _chosen(store: Store, arguments: argparse.Namespace) -> list[Run]:
    """The runs that were named; for an export without any, those that `list` lists."""
    if not arguments.named:
        return list(reversed(store.runs(preset=arguments.preset, limit=arguments.limit)))
    for word in arguments.named:
        if not word.isdecimal() or len(word) > 9:
            raise OptionError(f"{arguments.action} takes the numbers of runs, got {word!r:.40}")
    return [store.run(int(word)) for word in arguments.named]


def _print(rows: list[tuple[str, ...]]) -> None:
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(text.ljust(width) for text, width in zip(row, widths, strict=True)).rstrip())
