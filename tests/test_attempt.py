"""A person's way through a set: what counts as a try, as right, and as done."""

from __future__ import annotations

from cnnviz.exercises import Attempt, given_up, progress, random_chains, tried

QUESTION = next(q for q in random_chains(7, 13).questions if q.kind == "parameters")
RIGHT, WRONG = str(QUESTION.answer), QUESTION.mistakes[0]


def after(*typed: str) -> Attempt:
    attempt = Attempt()
    for text in typed:
        attempt = tried(attempt, QUESTION, text)
    return attempt


def test_right_at_first_try() -> None:
    attempt = after(f"{QUESTION.answer:,}")
    assert (attempt.right, attempt.first_try, attempt.done) == (True, True, True)
    assert attempt.verdict
    assert attempt.verdict.message == QUESTION.working


def test_wrong_says_why_and_can_be_tried_again() -> None:
    attempt = after(str(WRONG.value))
    assert (attempt.right, attempt.done) == (False, False)
    assert attempt.verdict
    assert attempt.verdict.diagnosis == WRONG.sentence
    again = tried(attempt, QUESTION, RIGHT)
    assert (again.right, again.first_try, again.tries) == (True, False, (WRONG.value, QUESTION.answer))


def test_what_is_no_number_stays_and_is_no_try() -> None:
    attempt = after("twelve")
    assert attempt.typed == "twelve"
    assert "'twelve' is no whole number" in attempt.problem
    assert attempt.tries == ()
    assert tried(attempt, QUESTION, RIGHT).first_try
    assert "no number yet" in after("  ").problem


def test_the_same_number_twice_is_one_try() -> None:
    assert after(str(WRONG.value), f" {WRONG.value:,} ").tries == (WRONG.value,)


def test_an_answer_that_was_looked_at_is_not_right() -> None:
    shown = given_up(after(str(WRONG.value)))
    assert (shown.shown, shown.done, shown.right) == (True, True, False)
    assert tried(shown, QUESTION, RIGHT) == shown


def test_what_is_right_stays_right() -> None:
    right = after(RIGHT)
    assert given_up(right) == right
    assert tried(right, QUESTION, "0") == right


def test_progress_counts_by_hand() -> None:
    """Right at once, right later, wrong, looked at, untouched: 3 of 5 are done."""
    went = progress(
        [after(RIGHT), after("0", RIGHT), after(str(WRONG.value)), given_up(Attempt()), Attempt()]
    )
    assert (went.questions, went.done, went.first_try, went.later) == (5, 3, 1, 1)
    assert went.text == "3 of 5 done: 1 right at first try, 1 later"
