"""The Back button in a real browser: what a person does is one entry at most, what the page mends is none."""

from __future__ import annotations

import pytest

from tests.browser.steps import WAIT_MS, open_graph, parameters

expect = pytest.importorskip("playwright.sync_api", reason="playwright is not installed").expect

pytestmark = pytest.mark.browser

# Oracle: the browser itself: every entry that is made while the page is there.
COUNT = """
    const made = History.prototype.pushState
    window.entries = []
    History.prototype.pushState = function (...given) {
        window.entries.push(String(given[2]))
        return made.apply(this, given)
    }
"""


@pytest.fixture
def counted(page):
    page.add_init_script(COUNT)
    return page


def entries(page) -> list[str]:
    return page.evaluate("window.entries")


def settled(page) -> None:
    """Nothing runs any more, and has not for a moment: a late message would make an entry."""
    app = page.locator("[data-testid=stApp][data-test-script-state=notRunning]")
    for _ in range(3):
        app.wait_for(timeout=WAIT_MS)
        page.wait_for_timeout(300)


def group(page) -> None:
    page.locator("g.node[id^='fold:']").first.click()


def next_layer(page) -> None:
    page.get_by_role("button", name="Next", exact=True).click()


def another_network(page) -> None:
    page.get_by_role("combobox", name="Network").click()
    page.keyboard.type("LeNet-5")
    page.get_by_role("option").first.wait_for()
    page.keyboard.press("Enter")


def pressed(name: str):
    def press(page) -> None:
        page.get_by_role("button", name=name, exact=True).click()

    return press


def within(menu: str, name: str):
    def press(page) -> None:
        page.get_by_role("button", name=menu, exact=True).first.click()
        page.get_by_role("button", name=name, exact=True).click()

    return press


def radio(name: str):
    return lambda page: page.get_by_role("radio", name=name, exact=True).click()


def trick(page) -> None:
    page.get_by_role("combobox", name="A way to save").click()
    page.get_by_role("option").nth(2).click()


def pill(name: str):
    return lambda page: page.get_by_test_id("stButtonGroup").get_by_text(name, exact=True).click()


def link(name: str):
    return lambda page: page.get_by_role("link", name=name).first.click()


ACTIONS = {
    "a group opens": ("explore?net=resnet18&layer=4", group),
    "a step": ("explore?net=resnet18&layer=4", next_layer),
    "another network": ("explore?net=resnet50&variant=paper&size=160&layer=14&width=32", another_network),
    "another page": ("explore?net=resnet18&layer=4&colour=MACs&level=1", link("Compare")),
    "another page from Compare": ("compare?nets=vgg16+lenet5&compared=Curves&curve=n_W", link("Explore")),
    "a set": ("compare?nets=vgg16&compared=Difference&before=vgg16", within("Sets", "The classics")),
    "a part": ("compare?nets=vgg16+lenet5", radio("Difference")),
    "a trick": ("bottleneck?with=bias%3D0,width%3D20", trick),
    "a convention": ("conventions?net=lenet5&convention=flops,bias", pill("as fvcore")),
    "an example": ("design?goal=50+layers+deep", within("Start", "LeNet-5")),
    "a new set": ("exercises?question=3&seed=9", pressed("New set")),
    "a question": ("exercises?question=3&seed=9", lambda page: page.get_by_text("Next").click()),
}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_is_one_entry_at_most_and_back_undoes_it(address, counted, name):
    page = counted
    path, act = ACTIONS[name]
    page.goto(f"{address}/{path}")
    page.get_by_test_id("stMainBlockContainer").wait_for(timeout=WAIT_MS)
    settled(page)
    assert entries(page) == []
    before = page.url
    act(page)
    page.wait_for_url(lambda url: url != before, timeout=WAIT_MS)
    settled(page)
    made = entries(page)
    assert len(made) <= 1
    after = page.url
    if made:
        page.go_back()
        page.wait_for_url(lambda url: parameters(url) == parameters(before), timeout=WAIT_MS)
        settled(page)
        page.go_forward()
        page.wait_for_url(lambda url: parameters(url) == parameters(after), timeout=WAIT_MS)
        settled(page)
        assert entries(page) == made


@pytest.mark.parametrize(
    "path",
    [
        "explore?net=alexnet&layer=999&colour=mauve&level=77&size=big",
        "explore?net=alexnet&layer=0&level=auto&fold=true",  # what the default is stands in no link
        "compare?nets=alexnet@paper+vgg16&compared=Nothing&measure=x",
        "measured?net=lenet5&batch=7&dtype=int4",
        "conventions?convention=grams&size=0",
        "design?goal=none&design=%25%25",
        "bottleneck?trick=magic&with=channels%3D-1",
        "exercises?question=99&count=999&seed=-1",
    ],
)
def test_what_the_page_mends_in_a_link_is_no_entry(address, counted, path):
    page = counted
    page.goto(f"{address}/{path}")
    page.get_by_test_id("stMainBlockContainer").wait_for(timeout=WAIT_MS)
    settled(page)
    assert entries(page) == []


def test_a_walk_goes_back_layer_by_layer(address, counted):
    """Oracle: the steps that were taken."""
    page = counted
    open_graph(page, address + "/explore?net=lenet5")
    for layer in ("1", "2", "3"):
        next_layer(page)
        page.wait_for_url(lambda url, layer=layer: parameters(url).get("layer") == layer)
        settled(page)
    for layer in ("2", "1", None):
        page.go_back()
        page.wait_for_url(lambda url, layer=layer: parameters(url).get("layer") == layer)
        expect(page.get_by_role("spinbutton", name="Layer")).to_have_value(layer or "0", timeout=WAIT_MS)
        settled(page)
    assert len(entries(page)) == 3
