"""The panel of last runs, and the death of the whole app while it trains, in a real browser."""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator

import pytest

from cnnviz.training.records import Epoch
from cnnviz.training.settings import settings
from cnnviz.training.store import URL, Run, Store
from cnnviz.training.worker import work
from tests.browser.conftest import running_server, started_server
from tests.browser.steps import WAIT_MS, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser
MARKS = ".chart .mark"
PATIENCE_MS = 90_000  # a process that imports torch on a busy machine
TINY = {"depth": 2, "width": 4}
BOX, HEAD, ROW = 22, 35, 35  # pixels of the table: the boxes to tick, its heading, and each row


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> Iterator[Store]:
    """A run store that servers of this module use."""
    made = Store(f"sqlite:///{tmp_path_factory.mktemp('runs') / 'runs.sqlite'}")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL, made.url)
        yield made


@pytest.fixture(scope="module")
def laboratory(browser, store: Store) -> Iterator[str]:
    with running_server() as address:
        yield address


def interrupted(store: Store, seed: int, label: str, *, owner: str = "") -> Run:
    """A run of three epochs whose worker has gone after its first."""
    wanted = settings("plain_convolutions", network_options=TINY, epochs=3, images=200, seed=seed)
    run = store.submit(wanted, label=label, owner=owner)

    def leave(record: object) -> None:
        if isinstance(record, Epoch) and record.epoch == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        work(store, run.id, seen=leave)
    return store.run(run.id)


def until(happened: Callable[[], bool]) -> None:
    end = time.monotonic() + PATIENCE_MS / 1000
    while not happened():
        assert time.monotonic() < end, "it did not happen in time"
        time.sleep(0.05)


def epochs(store: Store, run: int) -> list[tuple[float, float]]:
    return [(r.epoch, r.test_loss) for r in store.records(run) if isinstance(r, Epoch)]


def ticked(page, laboratory: str, row: int) -> None:
    """Opens the panel, and ticks a run: the newest is row 0."""
    page.goto(f"{laboratory}/training")
    page.get_by_text("Last runs").click(timeout=WAIT_MS)
    table = page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    table.wait_for(timeout=WAIT_MS)
    table.click(position={"x": BOX, "y": HEAD + ROW * row + ROW // 2})
    expect(page.get_by_role("button", name="Show these")).to_be_visible(timeout=WAIT_MS)


def test_what_a_run_has_learned_is_looked_into_from_the_panel(laboratory, page, store):
    """Oracle: the network in the link and in the menu of Inside; what was chosen there before is gone."""
    run = interrupted(store, 7, "to look into")
    page.goto(f"{laboratory}/inside?trained=resnet20&look=conv3_x.block_1.act")
    expect(page.locator(".bars button").first).to_be_visible(timeout=PATIENCE_MS)
    page.get_by_role("link", name="Training").click()
    page.get_by_text("Last runs").click(timeout=WAIT_MS)
    table = page.locator("[data-testid=stDataFrame] .dvn-scroller").first
    table.wait_for(timeout=WAIT_MS)
    table.click(position={"x": BOX, "y": HEAD + ROW // 2})
    page.get_by_role("button", name="Look inside").click(timeout=WAIT_MS)
    page.wait_for_url(lambda link: "/inside" in link and parameters(link).get("trained") == f"run:{run.id}")
    expect(page.locator(".bars button").first).to_be_visible(timeout=PATIENCE_MS)
    expect(page.get_by_role("combobox", name="Trained network")).to_have_value(
        f"Run {run.id}: to look into", timeout=WAIT_MS
    )
    expect(page.get_by_label("Layer", exact=True)).to_have_value("features.0")


def test_a_run_that_has_kept_nothing_cannot_be_looked_into(laboratory, page, store):
    wanted = settings("plain_convolutions", network_options=TINY, epochs=3, images=200, seed=8)
    store.claim("a worker of another machine", run=store.submit(wanted).id)
    ticked(page, laboratory, 0)
    expect(page.get_by_role("button", name="Look inside")).to_have_count(0)


def test_an_interrupted_run_goes_on_from_the_panel(laboratory, page, store):
    """Oracle: the store: all epochs are there once, and those before the interruption are as they were."""
    run = interrupted(store, 0, "to go on")
    before = epochs(store, run.id)
    ticked(page, laboratory, 0)
    page.get_by_role("button", name="Go on").click()
    until(lambda: store.run(run.id).status == "done")
    after = epochs(store, run.id)
    assert [epoch for epoch, _ in after] == [0, 1, 2, 3]
    losses = [loss for _, loss in after[: len(before)]]
    assert losses == pytest.approx([loss for _, loss in before], rel=1e-4)


def test_a_run_gets_a_name_and_a_note_and_keeps_them(laboratory, page, store):
    """Oracle: the store, and the picture's legend after a reload."""
    run = interrupted(store, 1, "nameless")
    ticked(page, laboratory, 0)
    name, note = page.get_by_label("Name", exact=True), page.get_by_label("Note", exact=True)
    name.fill("For Tuesday")
    name.press("Enter")
    until(lambda: store.run(run.id).label == "For Tuesday")
    note.fill("the second group asks <b>why</b>")
    note.press("Enter")
    until(lambda: store.run(run.id).note == "the second group asks <b>why</b>")
    page.goto(f"{laboratory}/training?runs={run.id}")
    expect(page.locator(".legend li")).to_contain_text("For Tuesday", timeout=WAIT_MS)


def test_a_run_is_deleted_and_the_others_stay(laboratory, page, store):
    """Oracle: the store before and after."""
    kept, gone = interrupted(store, 2, "stays"), interrupted(store, 3, "goes")
    ticked(page, laboratory, 0)
    page.get_by_role("button", name="Delete 1 run").click()
    until(lambda: gone.id not in [run.id for run in store.runs()])
    assert store.run(kept.id).label == "stays"
    assert store.records(gone.id) == []


def test_a_run_of_somebody_else_is_shown_and_cannot_be_changed(laboratory, page, store):
    other = interrupted(store, 4, "a colleague's", owner="somebody else")
    ticked(page, laboratory, 0)
    expect(page.get_by_text("Runs of others can be shown, but not changed.")).to_be_visible()
    for name in (re.compile("Go on"), re.compile("Delete")):
        expect(page.get_by_role("button", name=name)).to_have_count(0)
    page.get_by_role("button", name="Show these").click()
    page.wait_for_url(lambda link: parameters(link).get("runs") == str(other.id))
    expect(page.locator(MARKS)).to_have_count(3, timeout=WAIT_MS)


def test_the_app_is_killed_while_it_trains_and_nothing_is_lost(browser, store):
    """Oracle: kill -9 of the server: what was recorded before stays as it was, the run goes on, and the next
    server, at the same address, shows it, grown, to the one who began it, who ends it."""
    page = browser.new_context().new_page()  # whose console may say that the server has gone
    with started_server() as (address, server):
        page.goto(f"{address}/training?preset=free&train=depth%3D2,width%3D4,epochs%3D200,batch_size%3D4")
        page.get_by_role("button", name="Train", exact=True).click(timeout=WAIT_MS)
        page.locator(MARKS).nth(1).wait_for(timeout=PATIENCE_MS)
        page.wait_for_url(lambda link: "runs" in parameters(link))
        number = int(parameters(page.url)["runs"])
        server.kill()
        server.wait()
    before = epochs(store, number)
    assert len(before) >= 2
    until(lambda: len(epochs(store, number)) > len(before) + 1)
    store.annotate(number, label="outlives the server")
    page.goto("about:blank")
    with started_server(int(address.rpartition(":")[2])) as (address, _):
        page.goto(f"{address}/training?runs={number}")
        expect(page.locator(".legend li")).to_contain_text("outlives the server", timeout=WAIT_MS)
        page.locator(MARKS).nth(len(before)).wait_for(timeout=PATIENCE_MS)
        assert store.run(number).status == "running"
        page.get_by_role("button", name="Cancel these runs").click()
        expect(page.get_by_text(f"Run {number} (", exact=False)).to_contain_text("cancelled", timeout=20_000)
    assert store.run(number).status == "cancelled"
    assert epochs(store, number)[: len(before)] == before
    page.context.close()
