"""Exercises in a real browser: the set of the link, answers checked in place, the score, the sheets."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import Any

import pytest

from tests.browser.steps import WAIT_MS, assert_fits, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

FIELD = re.compile("Your answer|Number of the layer")
# What a person reads: mathematical type as the text it was made from.
READ = """element => {
    const copy = element.cloneNode(true)
    for (const formula of copy.querySelectorAll(".katex")) {
        formula.replaceWith(formula.querySelector("annotation").textContent)
    }
    return copy.textContent
}"""


def command(*arguments: str) -> str:
    """What `cnnviz exercise` prints, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "cnnviz", "exercise", *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout


def questions(*arguments: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(command(*arguments, "--answers", "--format", "json"))[
        "questions"
    ]
    return found


def words(text: str) -> list[str]:
    """The words and numbers of a question, however it is laid out."""
    plain = text.replace("×", "x").replace(r"\times", "x").replace("n_", "n").replace(" then ", " ")
    return re.findall(r"[A-Za-z0-9]+", plain)


def opened(page, link: str):
    """The field for the answer, on the page of this link."""
    page.goto(link)
    field = page.get_by_label(FIELD)
    field.wait_for(timeout=WAIT_MS)
    return field


def question_is(page, number: int) -> None:
    expect(page.get_by_role("spinbutton", name="Question")).to_have_value(str(number), timeout=WAIT_MS)


def read(element) -> str:
    """The text of an element, with formulas as they were written."""
    element.wait_for(timeout=WAIT_MS)
    return str(element.evaluate(READ))


def asks(page, wanted: str) -> None:
    """Waits until the page asks this."""
    question = page.locator(".st-key-exercise_question")
    for _ in range(100):
        shown = words(read(question))
        if shown == words(wanted):
            return
        page.wait_for_timeout(100)
    assert shown == words(wanted)


def test_a_cold_deep_link_asks_what_the_command_prints(cold_address, page):
    """Oracle: `cnnviz exercise lenet5 --seed 7 --count 5`, which knows nothing of the page."""
    opened(page, cold_address + "/exercises?net=lenet5&seed=7&count=5")
    asked = questions("lenet5", "--seed", "7", "--count", "5")
    for number, question in enumerate(asked, 1):
        question_is(page, number)
        asks(page, question["text"])
        page.get_by_role("button", name="Next").click()
    question_is(page, 5)
    assert page.url.endswith("net=lenet5&seed=7&count=5&question=5")


def test_a_wrong_number_gets_its_diagnosis_and_a_right_one_its_working(address, page):
    """Oracle: LeNet-5's conv1 has (5*5*1 + 1) * 6 = 156 parameters, and 150 without its biases."""
    asked = questions("lenet5", "--kind", "parameters", "--count", "20")
    number = next(n for n, question in enumerate(asked, 1) if question["answer"] == 156)
    field = opened(page, address + f"/exercises?net=lenet5&kinds=parameters&count=20&question={number}")
    field.fill("150")
    field.press("Enter")
    told = page.get_by_role("alert")
    expect(told).to_contain_text("150 is not right", timeout=WAIT_MS)
    expect(told).to_contain_text("each of the 6 filters also has a bias")
    expect(field).to_be_focused()
    expect(field).to_have_value("150")
    field.fill("156")
    page.get_by_role("button", name="Check").click()
    page.get_by_text("Right: 156 parameters").wait_for(timeout=WAIT_MS)
    expect(told).to_have_count(0)
    assert r"(5 \cdot 5 \cdot 1 + 1) \cdot 6 = \mathbf{156}" in read(
        page.locator("[data-testid=stMarkdown]", has_text="Right: 156")
    )
    link = page.get_by_role("link", name="in Explore")
    assert link.get_attribute("href") == f"{address}/explore?net=lenet5&variant=course&size=32&layer=0"


@pytest.mark.parametrize("typed", ["34,944", "34 944", "34944"])
def test_numbers_may_be_written_as_people_do(address, page, typed):
    """Oracle: AlexNet's conv1 has (11*11*3 + 1) * 96 = 34,944 parameters."""
    asked = questions("alexnet", "--kind", "parameters", "--count", "20")
    number = next(n for n, question in enumerate(asked, 1) if question["answer"] == 34944)
    field = opened(page, address + f"/exercises?kinds=parameters&count=20&question={number}")
    field.fill(typed)
    field.press("Enter")
    page.get_by_text("Right: 34,944 parameters").wait_for(timeout=WAIT_MS)
    expect(field).to_have_value(typed)


def test_what_is_no_number_stays_and_is_told_kindly(address, page):
    field = opened(page, address + "/exercises?net=lenet5&seed=7&count=5")
    field.fill("about <b>twelve</b>")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("'about <b>twelve</b>' is no whole number")
    expect(field).to_have_value("about <b>twelve</b>")
    expect(field).to_be_focused()


def test_a_set_is_answered_by_keyboard_alone_and_ends_with_the_score(address, page):
    """Right at once, right at second try, given up: 1 of 3, and 1 more later."""
    first, second, third = questions("--seed", "3", "--count", "3")
    field = opened(page, address + "/exercises?from=chains&seed=3&count=3")
    field.focus()
    page.keyboard.type(str(first["answer"]))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Question 2").wait_for(timeout=WAIT_MS)
    page.keyboard.press("Enter")
    question_is(page, 2)
    expect(field).to_be_focused()
    expect(field).to_have_value("")
    page.keyboard.type("987654321")
    page.keyboard.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("987,654,321 is not right")
    page.keyboard.press("Control+A")
    page.keyboard.type(str(second["answer"]))
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Question 3").wait_for(timeout=WAIT_MS)
    page.keyboard.press("Enter")
    question_is(page, 3)
    page.get_by_text("2 of 3 done: 1 right at first try, 1 later").wait_for()
    page.keyboard.press("Tab")
    page.keyboard.press("Tab")
    expect(page.get_by_role("button", name="Show the answer")).to_be_focused()
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="1 of 3 right at first try").wait_for(timeout=WAIT_MS)
    page.get_by_text("1 more after another try.").wait_for()
    listed = page.locator("li", has_text=re.compile(r"You first had 987,654,321\."))
    assert f"{second['answer']:,}" in listed.inner_text()
    shown = read(page.locator("[data-testid=stMarkdown]", has_text="You first had"))
    for question in (first, second, third):
        assert " ".join(words(question["text"])) in " ".join(words(shown))
        assert f"{question['answer']:,}" in shown


def test_what_was_typed_survives_another_page_and_another_seed_is_fresh(address, page):
    field = opened(page, address + "/exercises?net=lenet5&seed=7&count=5")
    field.fill("98765")
    field.press("Enter")
    expect(page.get_by_role("alert")).to_contain_text("98,765 is not right", timeout=WAIT_MS)
    field.fill("111")  # not checked
    page.get_by_role("link", name="Explore").click()
    page.locator("[aria-label^='Graph of'] g.node").first.wait_for(timeout=WAIT_MS)
    page.get_by_role("link", name="Exercises").click()
    expect(field).to_have_value("111", timeout=WAIT_MS)
    expect(page.get_by_role("alert")).to_contain_text("98,765 is not right")
    page.wait_for_url(lambda link: "seed=7" in link)
    page.get_by_role("button", name="Next").click()
    question_is(page, 2)
    expect(field).to_have_value("")
    page.get_by_role("button", name="Previous").click()
    expect(field).to_have_value("111")
    page.get_by_role("button", name="New set").click()
    page.wait_for_url(lambda link: "seed=7&" not in link)
    expect(field).to_have_value("")
    expect(page.get_by_role("alert")).to_have_count(0)


def test_the_link_brings_the_same_set_to_another_browser(address, page, browser):
    opened(page, address + "/exercises?net=googlenet&kinds=macs,n_C&count=4")
    page.get_by_role("button", name="New set").click()
    page.wait_for_url(lambda link: "seed=" in link)
    seed = parameters(page.url)["seed"]
    page.get_by_role("button", name="Share").click()
    link = page.locator("code", has_text="/exercises?").inner_text()
    expect(page.locator("code", has_text=f"seed={seed}&")).to_have_count(1)
    page.keyboard.press("Escape")
    mine = read(page.locator(".st-key-exercise_question"))
    context = browser.new_context()
    other = context.new_page()
    opened(other, link.replace("\n", ""))
    asks(other, mine)
    context.close()


@pytest.mark.parametrize(
    ("button", "form", "answers", "name"),
    [
        ("Answers as Markdown", "markdown", True, "exercises-lenet5@course-seed-7-answers.md"),
        ("Answers as CSV", "csv", True, "exercises-lenet5@course-seed-7-answers.csv"),
        ("Questions as Markdown", "markdown", False, "exercises-lenet5@course-seed-7-questions.md"),
        ("Questions as CSV", "csv", False, "exercises-lenet5@course-seed-7-questions.csv"),
    ],
)
def test_the_sheets_are_what_the_command_prints(address, page, tmp_path, button, form, answers, name):
    opened(page, address + "/exercises?net=lenet5&seed=7&count=5")
    page.get_by_role("button", name="Share").click()
    with page.expect_download() as download:
        page.get_by_role("button", name=button).click()
    assert download.value.suggested_filename == name
    download.value.save_as(tmp_path / name)
    wanted = command(
        "lenet5",
        "--input",
        "32x32",
        "--seed",
        "7",
        "--count",
        "5",
        "--format",
        form,
        *(["--answers"] if answers else []),
    )
    assert (tmp_path / name).read_text(encoding="utf-8") == wanted


def test_a_phone_needs_no_sideways_scroll_and_brings_its_keypad(address, page):
    page.set_viewport_size({"width": 390, "height": 844})
    field = opened(page, address + "/exercises?net=googlenet&seed=7&count=6")
    assert field.get_attribute("inputmode") == "numeric"
    box = field.bounding_box()
    assert box["y"] + box["height"] < 844
    for number in range(1, 7):
        question_is(page, number)
        page.get_by_role("button", name="Show the answer").click()
        page.get_by_text("The answer: ").wait_for(timeout=WAIT_MS)
        assert_fits(page)
        page.get_by_role("button", name="Next").click()
    page.get_by_role("heading", name="0 of 6 right at first try").wait_for(timeout=WAIT_MS)


def test_presenting_is_one_question_in_big_type(address, page):
    """At 1280x720 question and answer stand side by side, above the lower edge, and nothing moves."""
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(address + "/exercises?from=chains&seed=3&count=6&question=6&present=true")
    asked = page.get_by_role("heading", name=re.compile("of its output"))
    asked.wait_for(timeout=WAIT_MS)
    before = asked.bounding_box()
    for heading in page.get_by_role("heading").filter(has_text=re.compile("conv1|output")).all():
        size = heading.evaluate("element => parseFloat(getComputedStyle(element).fontSize)")
        assert size >= 24
    page.keyboard.press("Enter")
    answer = page.get_by_role("heading", name=re.compile("The answer"))
    answer.wait_for(timeout=WAIT_MS)
    assert asked.bounding_box() == before
    last = page.locator(".katex", has_text="after conv3").last
    box = last.bounding_box()
    assert box["y"] + box["height"] < 720
    page.keyboard.press("ArrowLeft")
    page.wait_for_url(lambda link: "question=5" in link)
    expect(answer).to_have_count(0)
    assert "present=true" in page.url


def test_the_link_goes_along_to_the_other_page_and_back(address, page):
    """A reload on either shows the same network; the set is the same after coming back."""
    page.goto(address + "/exercises?net=googlenet&seed=3")
    page.get_by_role("heading").filter(has_text="googlenet@paper").wait_for(timeout=WAIT_MS)
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("group", name="Graph of googlenet").wait_for(timeout=WAIT_MS)
    page.wait_for_url(re.compile(r"/explore\?.*net=googlenet"))
    page.reload()
    page.get_by_role("group", name="Graph of googlenet").wait_for(timeout=WAIT_MS)
    page.get_by_role("link", name="Exercises").click()
    page.get_by_role("heading").filter(has_text="googlenet@paper").wait_for(timeout=WAIT_MS)
    page.wait_for_url(re.compile(r"/exercises\?.*net=googlenet"))


def test_a_set_is_the_same_after_a_look_at_the_network(address, page):
    page.goto(address + "/exercises?net=lenet5&seed=3&count=5")
    page.get_by_role("heading").filter(has_text="seed 3").wait_for(timeout=WAIT_MS)
    page.get_by_role("link", name="Explore").click()
    page.get_by_role("group", name="Graph of lenet5").wait_for(timeout=WAIT_MS)
    page.get_by_role("link", name="Exercises").click()
    page.get_by_role("heading").filter(has_text="seed 3").wait_for(timeout=WAIT_MS)
    page.get_by_text("of 5", exact=True).wait_for(timeout=WAIT_MS)
    page.wait_for_url(re.compile(r"/exercises\?.*seed=3"))


def test_a_phone_shows_question_and_verdict_without_scrolling(address, page):
    """Nobody scrolls here: what is in the window is what is seen."""
    page.set_viewport_size({"width": 390, "height": 844})
    field = opened(page, address + "/exercises?net=lenet5&seed=1&count=3")
    expect(page.locator(".st-key-exercise_question")).to_be_in_viewport()
    field.fill("3")
    page.get_by_role("button", name="Check").click()
    expect(page.get_by_role("alert")).to_be_in_viewport(ratio=1, timeout=WAIT_MS)
    expect(field).to_be_in_viewport()


def test_a_wrong_number_gives_way_to_the_answer_that_is_shown(address, page):
    """Oracle: `cnnviz exercise lenet5 --seed 1 --count 1`."""
    answer = questions("lenet5", "--seed", "1", "--count", "1")[0]["answer"]
    field = opened(page, address + "/exercises?net=lenet5&seed=1&count=1")
    field.fill(str(answer + 1))
    page.get_by_role("button", name="Check").click()
    page.get_by_role("alert").wait_for(timeout=WAIT_MS)
    page.get_by_role("button", name="Show the answer").click()
    expect(field).to_have_value(str(answer), timeout=WAIT_MS)
