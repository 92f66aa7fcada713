"""A set of exercises on paper, as data, and asked one by one."""

from __future__ import annotations

import csv
import io
import json
import shlex
from collections.abc import Callable
from typing import Any

from cnnviz.exercises.question import ExerciseSet, Question, Score, grade, score
from cnnviz.exercises.typed import no_number, number_in

Say = Callable[[str], object]


def written(exercises: ExerciseSet, form: str = "markdown", *, answers: bool = False) -> str:
    """The questions as markdown, csv or json; with `answers`, the lecturer's sheet."""
    return FORMATS[form](exercises, answers)


def command(exercises: ExerciseSet) -> str:
    """The command that prints the same set again: `cnnviz exercise alexnet@course --seed 7 --count 10`."""
    link = dict(exercises.link)
    seed, count, kinds = link.pop("seed"), link.pop("count"), link.pop("kinds", "")
    words = ["cnnviz", "exercise"]
    net, variant, size = link.pop("net", ""), link.pop("variant", ""), link.pop("size", "")
    given, sides = link.pop("input", ""), f"{size}x{link.pop('n_W', size)}"
    if net:
        words += [f"{net}@{variant}" if variant else net, "--input", given or sides]
    link.pop("from", "")
    for option, value in link.items():
        words += ["--set", f"{option}={value}"]
    words += ["--seed", seed, "--count", count]
    for kind in kinds.split(",") if kinds else ():
        words += ["--kind", kind]
    return shlex.join(words)


def _markdown(exercises: ExerciseSet, answers: bool) -> str:
    lines = [f"# {exercises.title}", ""]
    if answers:
        lines += ["Answer sheet", ""]
    for number, question in enumerate(exercises.questions, 1):
        lead = f"{number}. "
        lines += [f"{lead}{_escaped(question.text)}", ""]
        if answers:
            lines += _indented([f"**{answer_text(question)}**", "", *_working(question), ""], len(lead))
    lines += [f"The same set: `{command(exercises)}`"]
    return "\n".join(lines)


def _working(question: Question) -> list[str]:
    """Each step in a line of its own, as code: a star in text would be read as emphasis."""
    *steps, last = (f"`{step}`" for step in question.working.split("; "))
    return [*(f"{step}\\" for step in steps), last]


def _indented(lines: list[str], width: int) -> list[str]:
    """Lines that belong to a list item whose text begins in that column."""
    return [" " * width + line if line else "" for line in lines]


def _escaped(text: str) -> str:
    """Text as Markdown has it: names may hold underscores."""
    return text.replace("_", "\\_").replace("*", "\\*")


def answer_text(question: Question) -> str:
    """`34,944 parameters`, with what else is right."""
    if question.unit == "layer":
        also = "".join(f" or {other}" for other in question.accepted)
        return f"layer {question.answer}{also}"
    text = f"{question.answer:,} {question.unit}".rstrip()
    if len(question.accepted) == 1:
        return f"{text} or {question.accepted[0]:,}"
    return f"{text} to {question.accepted[-1]:,}" if question.accepted else text


def _csv(exercises: ExerciseSet, answers: bool) -> str:
    records = [_record(question, answers) for question in exercises.questions]
    out = io.StringIO()
    writer = csv.DictWriter(out, fieldnames=list(records[0]), lineterminator="\n")
    writer.writeheader()
    for record in records:
        if "accepted" in record:
            record["accepted"] = " ".join(str(other) for other in record["accepted"])
        writer.writerow(record)
    return out.getvalue().rstrip("\n")


def _json(exercises: ExerciseSet, answers: bool) -> str:
    data = {
        "seed": exercises.seed,
        "title": exercises.title,
        "link": dict(exercises.link),
        "command": command(exercises),
        "questions": [_record(question, answers) for question in exercises.questions],
    }
    return json.dumps(data, indent=1)


def _record(question: Question, answers: bool) -> dict[str, Any]:
    names = ["id", "kind", "text", "unit", "layer"]
    if question.kind.startswith("most_"):
        names.remove("layer")  # it is the answer
    record: dict[str, Any] = {name: getattr(question, name) for name in names}
    record.setdefault("layer", None)
    if answers:
        record |= {
            "answer": question.answer,
            "accepted": list(question.accepted),
            "working": question.working,
        }
    return record


def ask(exercises: ExerciseSet, read: Callable[[], str], say: Say, *, patient: bool = False) -> Score:
    """Asks one question after the other, says right or what went wrong, and at the end the score.

    `read` gives one line, "" at the end of the input. An empty line passes on. `patient` asks again where the
    line is no number, as one does with a person; a file's lines each answer one question.
    """
    say(exercises.title)
    given: list[int | None] = []
    for number, question in enumerate(exercises.questions, 1):
        unit = f" ({question.unit})" if question.unit not in question.text else ""
        say(f"\n{number}. {question.text}{unit}")
        answer = _answered(read, say, patient=patient)
        if answer == "end":
            break
        given.append(answer if isinstance(answer, int) else None)
        if isinstance(answer, int):
            verdict = grade(question, answer)
            say(f"Right. {verdict.message}" if verdict.correct else f"Not right. {verdict.message}")
    result = score(exercises, given)
    say(f"\n{result.text}")
    for number, (question, mark) in enumerate(zip(exercises.questions, result.verdicts, strict=True), 1):
        if mark is None or not mark.correct:
            say(f"{number}. {answer_text(question)}: {question.working}")
    return result


def _answered(read: Callable[[], str], say: Say, *, patient: bool) -> int | str:
    """A number; "" for none, "end" for the end of the input."""
    while True:
        line = read()
        if not line:
            return "end"
        if not line.strip():
            return ""
        number = number_in(line)
        if number is not None:
            return number
        say(no_number(line))
        if not patient:
            return ""


FORMATS: dict[str, Callable[[ExerciseSet, bool], str]] = {
    "markdown": _markdown,
    "csv": _csv,
    "json": _json,
}
