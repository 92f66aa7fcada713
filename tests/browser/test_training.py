"""The training laboratory in a real browser: runs are trained, watched, cancelled and found again."""

from __future__ import annotations

import csv
import io
import json
import os
import re
import urllib.error
import urllib.request
from pathlib import Path

import pytest

from cnnviz.training.settings import settings
from cnnviz.training.store import URL, Store
from cnnviz.training.worker import work
from tests.browser.conftest import running_server
from tests.browser.steps import WAIT_MS, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser
TINY = "depth%3D2,width%3D4"
MARKS = ".chart .mark"
PATIENCE_MS = 90_000  # a process that imports torch on a busy machine


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('runs') / 'runs.sqlite'}")


@pytest.fixture(scope="module")
def trained(store: Store) -> list[int]:
    """Two seeds of one curve, trained before the server starts."""
    small = {"depth": 2, "width": 4}
    runs = []
    for seed in (0, 1):
        wanted = settings("plain_convolutions", network_options=small, epochs=2, images=200, seed=seed)
        runs.append(store.submit(wanted, label="the one", owner="somebody else").id)
        work(store, runs[-1])
    return runs


@pytest.fixture(scope="module")
def laboratory(browser, store: Store, trained: list[int]):
    """A server with a run store of its own."""
    before = os.environ.get(URL)
    os.environ[URL] = store.url
    try:
        with running_server() as address:
            yield address
    finally:
        if before is None:
            del os.environ[URL]
        else:
            os.environ[URL] = before


def start(page):
    return page.get_by_role("button", name="Train", exact=True)


def test_a_cold_link_to_runs_shows_their_curve(laboratory, page, trained):
    """Oracle: the store's own records: the mean of both seeds' last training errors. The first request."""
    page.goto(f"{laboratory}/training?runs={trained[0]},{trained[1]}&picture=Training+error")
    line = page.locator(".legend li")
    line.wait_for(timeout=WAIT_MS)
    told = json.load(urllib.request.urlopen(f"{laboratory}/api/runs/runs.json?ids={trained[0]},{trained[1]}"))
    last = [[r for r in run["records"] if r["kind"] == "epoch"][-1]["train_error"] for run in told["runs"]]
    mean = sum(last) / 2
    expect(line).to_contain_text("the one")
    shown = re.search(r"([\d.]+) ± ([\d.]+) %", line.text_content() or "")
    assert shown
    assert float(shown[1]) == pytest.approx(mean, abs=0.05)
    assert float(shown[2]) == pytest.approx(abs(last[0] - last[1]) / 2**0.5, abs=0.05)
    expect(page.locator(MARKS)).to_have_count(3)  # before training, and after each epoch
    expect(page.get_by_text("2 runs trained")).to_be_visible()


def test_a_run_is_started_watched_cancelled_and_found_again(laboratory, page, store):
    """Two points, cancelled within a second and a bit, and all is there after a reload."""
    page.goto(f"{laboratory}/training?preset=free&train={TINY},epochs%3D200,batch_size%3D4")
    start(page).click(timeout=WAIT_MS)
    page.locator(MARKS).nth(1).wait_for(timeout=PATIENCE_MS)
    page.wait_for_url(lambda link: "runs" in parameters(link))
    number = int(parameters(page.url)["runs"])
    page.get_by_role("button", name="Cancel these runs").click()
    expect(page.get_by_text(f"Run {number} (", exact=False)).to_contain_text("cancelled", timeout=5_000)
    assert store.run(number).status == "cancelled"
    count = page.locator(MARKS).count()
    assert count >= 2
    page.reload()
    page.locator(MARKS).nth(1).wait_for(timeout=WAIT_MS)
    expect(page.locator(MARKS)).to_have_count(count)
    expect(page.get_by_text("1 run cancelled")).to_be_visible()


def test_a_visitor_cannot_cancel_what_another_one_trains(laboratory, page, store):
    other = store.submit(settings("plain_convolutions", epochs=150, batch_size=4), owner="somebody else")
    page.goto(f"{laboratory}/training?runs={other.id}")
    expect(page.locator(".legend li")).to_have_count(1, timeout=WAIT_MS)
    expect(page.get_by_role("button", name="Cancel these runs")).to_be_hidden()
    store.cancel(other.id)
    expect(page.get_by_text("cancelled", exact=False).first).to_be_visible(timeout=PATIENCE_MS)


def test_the_legend_hides_a_curve_and_a_key_reads_values(laboratory, page, trained):
    page.goto(f"{laboratory}/training?runs={trained[0]}&picture=Test+error")
    expect(page.locator(MARKS)).to_have_count(3, timeout=WAIT_MS)
    page.get_by_role("img", name=re.compile("Test error")).focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip strong")).to_have_text(re.compile("Epoch"))
    toggle = page.get_by_role("button", name=re.compile("the one"))
    toggle.click()
    expect(toggle).to_have_attribute("aria-pressed", "false")
    expect(page.locator(MARKS)).to_have_count(0)


def test_files_hold_what_was_recorded(laboratory, page, trained):
    """Oracle: Python's csv reader: 3 evaluations, steps, an end for each run."""
    page.goto(f"{laboratory}/training?runs={trained[0]}")
    page.locator(MARKS).first.wait_for(timeout=WAIT_MS)
    with page.expect_download() as got:
        page.get_by_role("link", name="Records as CSV").click()
    rows = list(csv.DictReader(io.StringIO(Path(got.value.path()).read_text())))
    assert [row["kind"] for row in rows].count("epoch") == 3
    assert rows[-1]["kind"] == "end"
    with page.expect_download() as got:
        page.get_by_role("button", name="The picture as SVG").click()
    svg = Path(got.value.path()).read_text()
    assert "the one" in svg
    assert "var(--" not in svg


def test_runs_that_are_gone_are_told(laboratory, page, trained):
    """Oracle: a number that no run has."""
    page.goto(f"{laboratory}/training?runs=987654")
    expect(page.get_by_text("There is no such run any more.")).to_be_visible(timeout=WAIT_MS)
    page.goto(f"{laboratory}/training?runs={trained[0]},987654")
    expect(page.locator(".notes")).to_contain_text("There is no run 987654 any more", timeout=WAIT_MS)
    expect(page.locator(".legend li")).to_have_count(1)


@pytest.mark.parametrize(
    ("query", "told"),
    [
        ("preset=degradatoin", "There is no preset 'degradatoin'"),
        ("preset=free&train=learning_rate%3Dfast", "learning_rate must be a number"),
        ("preset=free&train=learnig_rate%3D1", "did you mean"),
        ("runs=one", "Runs are numbers with commas between"),
        ("preset=free&train=data%3Dcats", "There is no data set 'cats'"),
    ],
)
def test_what_a_link_cannot_say_is_told_kindly(laboratory, page, query, told):
    page.goto(f"{laboratory}/training?{query}")
    expect(page.get_by_text(told, exact=False).first).to_be_visible(timeout=WAIT_MS)


def test_the_route_refuses_what_it_does_not_know(laboratory):
    for query in ("ids=1;drop", "ids=1&show=everything", "ids=1&smooth=much"):
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(f"{laboratory}/api/runs?{query}")
        assert refused.value.code == 400
        assert json.load(refused.value)["error"]
