"""How pictures of runs are drawn, of records that are written down here, so that every number is known."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from cnnviz.training.presets import preset, runs_of
from cnnviz.training.records import End, Epoch, Record
from cnnviz.training.settings import Settings, settings
from cnnviz.training.store import URL, Store
from tests.browser.conftest import running_server
from tests.browser.steps import WAIT_MS, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser
LINES = ".chart path.line:not(.seed)"


def epochs(*errors: float, loss: tuple[float, ...] = ()) -> list[Record]:
    """A run's evaluations, with these errors and losses."""
    losses = loss or tuple(error / 40 for error in errors)
    return [
        Epoch(
            step=20 * i,
            epoch=float(i),
            seconds=float(i),
            train_loss=losses[i],
            train_error=error,
            test_loss=losses[i],
            test_error=error,
        )
        for i, error in enumerate(errors)
    ]


def ended(store: Store, wanted: Settings, label: str, records: list[Record], reason: str = "done") -> int:
    """A run that has these records and is over."""
    run = store.submit(wanted, label=label, owner="somebody")
    store.claim("worker", run=run.id)
    last = records[-1]
    end = End(step=last.step + 5, epoch=last.epoch, seconds=9.0, reason=reason, message="it is over")  # type: ignore[arg-type]
    store.append(run.id, "worker", [*records, end])
    return run.id


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Store:
    return Store(f"sqlite:///{tmp_path_factory.mktemp('runs') / 'runs.sqlite'}")


@pytest.fixture(scope="module")
def runs(store: Store) -> str:
    """Three curves of two seeds: together, apart, and one that is lost."""
    steady, parted, lost = (
        settings("plain_convolutions", epochs=3, learning_rate=r) for r in (0.1, 0.2, 0.3)
    )
    made = [
        ended(store, steady, "steady", epochs(90, 40, 10, 4.31)),
        ended(store, steady.seeded(1), "steady", epochs(90, 42, 10, 3.75)),
        ended(store, parted, "parted", epochs(90, 60, 20, 10)),
        ended(store, parted.seeded(1), "parted", epochs(90, 90, 90, 90)),
        ended(store, lost, "lost", epochs(90, 90, 90, 90, loss=(2.4, 172, 2.3, 2.3))),
        ended(store, lost.seeded(1), "lost", epochs(90, 90, loss=(2.4, 2.6)), "diverged"),
    ]
    return ",".join(map(str, made))


@pytest.fixture(scope="module")
def laboratory(browser, store: Store, runs: str) -> Iterator[str]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(URL, store.url)
        with running_server() as address:
            yield address


def legend(page, label: str):
    return page.locator(".legend li").filter(has_text=label)


def test_seeds_far_apart_are_lines_of_their_own_and_others_a_band(laboratory, page, runs):
    """Oracle: two seeds of four evaluations; 10 and 90 % are apart, 4.3 and 3.8 % are not."""
    page.goto(f"{laboratory}/training?runs={runs}&picture=Training+error")
    expect(page.locator(LINES)).to_have_count(3, timeout=WAIT_MS)
    expect(page.locator(".chart .seed")).to_have_count(2)
    expect(page.locator(".chart .dot")).to_have_count(2 * 4)
    expect(page.locator(".notes")).to_contain_text("where seeds are far apart, each seed is a thin line")
    legend(page, "parted").get_by_role("button").click()
    expect(page.locator(".chart .seed")).to_have_count(0)
    expect(page.locator(".notes")).not_to_contain_text("far apart")


def test_figures_have_the_digits_that_their_spread_allows(laboratory, page, runs):
    """Oracle: by hand: 4.03 and 0.396 of 4.31 and 3.75; 50 and 57 of 10 and 90."""
    page.goto(f"{laboratory}/training?runs={runs}&picture=Training+error")
    expect(legend(page, "steady")).to_contain_text("4.0 ± 0.4 %", timeout=WAIT_MS)
    expect(legend(page, "parted")).to_contain_text("50 ± 57 %")


def test_what_lies_beyond_the_picture_is_said_and_does_not_press_the_others_flat(laboratory, page, runs):
    """Oracle: the loss of 172 in epoch 1; without it no loss is above 2.6."""
    page.goto(f"{laboratory}/training?runs={runs}&picture=Training+loss")
    expect(page.locator(".notes")).to_contain_text("lost, up to 172 in epoch 1", timeout=WAIT_MS)
    expect(page.locator(".chart .beyond")).to_have_count(1)
    ticks = page.locator(".chart .grid text").all_text_contents()
    assert max(float(tick) for tick in ticks if tick.replace(".", "").isdigit()) <= 3
    expect(page.get_by_text("5 runs trained, 1 diverged")).to_be_visible()
    expect(legend(page, "lost")).to_contain_text("1 of 2 diverged")


def test_nothing_moves_when_the_picture_comes(laboratory, page, runs):
    """The answer of the server is held back, and the list below the picture stays where it is."""
    held = []
    page.route("**/api/runs?*", lambda route: held.append(route))
    page.goto(f"{laboratory}/training?runs={runs}&picture=Test+error")
    below = page.get_by_text("Last runs")
    below.wait_for(timeout=WAIT_MS)
    page.get_by_text("Asking how the runs are").wait_for(timeout=WAIT_MS)
    picture = page.locator(".chart svg")
    before = below.bounding_box()["y"], picture.bounding_box()["width"]
    page.unroute("**/api/runs?*")  # lets those go on that were held
    expect(page.locator(LINES)).to_have_count(3, timeout=WAIT_MS)
    after = below.bounding_box()["y"], picture.bounding_box()["width"]
    assert after == pytest.approx(before, abs=1)


def test_a_curve_is_named_as_the_preset_names_it(laboratory, page, store):
    """A run that was trained under another name, of settings that a preset has, too."""
    curve, wanted = runs_of(preset("learning-rate"))[0]
    ended(store, wanted, "of somebody else", epochs(90, 70))
    page.goto(f"{laboratory}/training?preset=learning-rate")
    expect(legend(page, curve.label)).to_have_count(1, timeout=WAIT_MS)
    expect(legend(page, "of somebody else")).to_have_count(0)


def test_a_lecture_sees_the_claim_and_the_whole_picture(laboratory, page, store):
    """On a projector of 1280x720 nothing of the picture is out of sight, and controls lie in menus."""
    shown = preset("batch-norm")
    for curve, wanted in runs_of(shown):
        ended(store, wanted, curve.label, epochs(90, 20 + 30 * wanted.seed, 10, 5, 4, 3, 2))
    page.set_viewport_size({"width": 1280, "height": 720})
    page.goto(f"{laboratory}/training?preset={shown.name}&present=true")
    expect(page.locator(LINES)).to_have_count(len(shown.curves), timeout=WAIT_MS)
    expect(page.get_by_role("heading", name=shown.claim)).to_be_visible()
    for part in (".chart svg", ".legend", ".notes"):
        box = page.locator(part).bounding_box()
        assert box["y"] + box["height"] <= 720, part
        assert box["x"] + box["width"] <= 1280, part
    assert float(page.locator(".chart svg").get_attribute("font-size")) >= 18
    for hidden in ("Seeds", "Smoothing", "Variant"):
        expect(page.get_by_text(hidden, exact=True)).to_be_hidden()
    for gone in ("Last runs", shown.notes[:20], "Change"):
        expect(page.get_by_text(gone)).to_have_count(0)
    page.get_by_text("Present", exact=True).click()
    expect(page.get_by_text("Last runs")).to_be_visible(timeout=WAIT_MS)
    assert "present" not in parameters(page.url)


def test_the_network_of_the_picker_stands_above_free_runs_alone(laboratory, page):
    """No preset takes it."""
    page.goto(f"{laboratory}/training?preset=batch-norm&net=resnet18")
    page.get_by_role("button", name="Network").wait_for(timeout=WAIT_MS)
    expect(page.get_by_text("Variant", exact=True)).to_be_hidden()
    page.goto(f"{laboratory}/training?preset=free&net=resnet18&train=network%3Dabove")
    expect(page.get_by_text("Variant", exact=True)).to_be_visible(timeout=WAIT_MS)
    expect(page.get_by_text("Next: resnet18@")).to_be_visible()
    expect(page.get_by_text("Present", exact=True)).to_have_count(1)


def test_transfer_is_a_table_of_ways_and_labels(laboratory, page, store):
    """Oracle: 4 ways by 3 numbers of labels, in percent as written down here; a row is switched off whole."""
    shown = preset("transfer")
    for number, (curve, wanted) in enumerate(runs_of(shown, 1)):
        ended(store, wanted, curve.label, epochs(90, 20 + number))
    page.goto(f"{laboratory}/training?preset=transfer&seeds=1")
    rows = page.locator(".legend tbody tr")
    expect(rows).to_have_count(4, timeout=WAIT_MS)
    assert page.locator(".legend thead th").all_text_contents()[1:] == ["5", "20", "100"]
    cells = rows.filter(has_text="fine-tuned").locator("td")
    expect(cells).to_have_count(3)
    expect(cells.first).to_contain_text("23.0")  # the fourth curve
    expect(page.locator(".chart .name")).to_have_count(4)
    rows.filter(has_text="fine-tuned").get_by_role("button").click()
    expect(page.locator(".chart .name")).to_have_count(3)
    expect(page.locator(".chart .mark")).to_have_count(9)


def test_two_visitors_who_ask_for_the_same_share_its_runs(laboratory, page, browser, store):
    link = f"{laboratory}/training?preset=free&train=depth%3D2,width%3D4,epochs%3D200,batch_size%3D4"
    other = browser.new_context().new_page()
    page.goto(link)
    page.get_by_role("button", name="Train", exact=True).click(timeout=WAIT_MS)
    expect(page.locator(".legend li")).to_have_count(1, timeout=WAIT_MS)
    other.goto(link)
    expect(other.locator(".legend li")).to_have_count(1, timeout=WAIT_MS)  # without a click
    assert len([run for run in store.runs(limit=200) if run.settings["batch_size"] == 4]) == 1
    expect(other.get_by_role("button", name="Cancel these runs")).to_be_hidden()
    other.context.close()
    page.get_by_role("button", name="Cancel these runs").click()
    expect(page.get_by_text("cancelled", exact=False).first).to_be_visible(timeout=5_000)


def test_a_limit_is_told_and_what_was_asked_for_stays(laboratory, page):
    """Oracle: the limit of half an hour for a run."""
    page.goto(
        f"{laboratory}/training?preset=free&train=network%3Dabove,epochs%3D200,batch_size%3D1&net=resnet50"
    )
    page.get_by_role("button", name="Train", exact=True).click(timeout=WAIT_MS)
    expect(page.get_by_text("a run may take at most", exact=False).first).to_be_visible(timeout=WAIT_MS)
    assert "epochs=200" in parameters(page.url)["train"]
