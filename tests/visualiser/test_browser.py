"""The pages in a real browser, as a person uses them."""

import csv
import io
import os
import signal
from datetime import date

import numpy as np
import pytest
from typer.testing import CliRunner

from experiments.plan import make_plan
from experiments.story import SENTENCES
from run import app
from visualiser.driver import CHROMIUM, INSIDE, Server, chromium, inside, opened, seek, solara, wait_until
from visualiser.lives import life
from visualiser.pair import Pair

pytestmark = pytest.mark.skipif(
    CHROMIUM is None, reason="no Chromium was found on this machine: install Debian's `chromium`"
)
SCALE = 0.02
QUERY = f"?scale={SCALE}"
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa"]}
LATE = 500
"""A week in August 2017, when the two worlds have long parted."""


@pytest.fixture(scope="module")
def browser():
    with chromium() as started:
        yield started


@pytest.fixture(scope="module")
def server():
    made = Server("--most-sessions", "3")
    yield made
    made.close()


@pytest.fixture(scope="module")
def late(browser, server):
    """A page on which both worlds have lived to 2017."""
    with opened(browser, server.address + QUERY) as page:
        seek(page, LATE)
        yield page


def week(page):
    """The week on the page."""
    return inside(page, "page.view.week")


def colours(page, canvas):
    """The number of colours of a canvas, shades apart."""
    return page.evaluate(
        """(n) => {
            const canvas = document.querySelectorAll('.tg-networks canvas')[n];
            const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
            const seen = new Map();
            for (let i = 0; i < data.length; i += 4) {
                const key = (data[i] >> 3 << 10) | (data[i + 1] >> 3 << 5) | data[i + 2] >> 3;
                seen.set(key, (seen.get(key) ?? 0) + 1);
            }
            return [...seen.values()].filter((count) => count > 8).length;
        }""",
        canvas,
    )


def test_a_page_asks_nothing_of_other_machines_and_its_console_is_clean(browser, server):
    with opened(browser, server.address + QUERY) as page:
        seek(page, 30)
        inside(page, "page.tabs.choose('flow')")
        inside(page, "page.tabs.choose('life')")
        assert page.asked
        home = (server.address, server.address.replace("http", "ws"), "data:", "blob:")
        assert [url for url in page.asked if not url.startswith(home)] == []
        assert page.said == []
        assert page.evaluate("document.documentElement.lang") == "en-GB"


def test_play_moves_both_worlds_and_pause_stops_them(browser, server):
    with opened(browser, server.address + QUERY) as page:
        before = inside(page, "page.networks.scenes.map((s) => [...s.states])")
        page.select_option("select:near(:text('Weeks a second'))", "16")
        page.click(".tg-play")
        page.wait_for_function(f"() => {INSIDE}.view.week >= 20")
        page.click(".tg-play")
        page.wait_for_function("() => document.querySelector('.tg-play').textContent === 'Play'")
        after = inside(page, "page.networks.scenes.map((s) => [...s.states])")
        assert all(a != b for a, b in zip(after, before, strict=True))
        stopped = week(page)
        page.wait_for_timeout(700)
        assert week(page) == stopped
        page.click("text=Step a week")
        page.wait_for_function(f"() => {INSIDE}.view.week === {stopped + 1}")
        page.click("text=Reset")
        page.wait_for_function(f"() => {INSIDE}.view.week === 0 && {INSIDE}.phaseNow === 'ready'")


def test_each_network_has_more_than_six_colours(late):
    late.wait_for_timeout(1000)
    assert colours(late, 0) > 6
    assert colours(late, 1) > 6


def test_the_two_networks_differ_once_the_regimes_have_parted(late):
    base, reform = inside(late, "page.networks.scenes.map((s) => [...s.states])")
    assert 0.001 < sum(a != b for a, b in zip(base, reform, strict=True)) / len(base) < 0.3
    supervised = inside(late, "page.networks.scenes.map((s) => s.tallies[3])")
    assert supervised[0] == 0
    assert supervised[1] > 0


def parted_person(page):
    """The number on the page of somebody under post-sentence supervision under the reform alone."""
    return inside(
        page,
        "[...page.networks.scenes[1].states].findIndex((s, n) => s === 3 && page.networks.scenes[0].states[n] !== s)",
    )


def logged(pair, arm, person, told):
    """Whether an event that the page tells is in the log of its world, and whether it is in that of the other.

    An event is the same if kind, day, value and cause are.
    """
    found = []
    for model in (pair.models[arm], pair.models[1 - arm]):
        log, row = model.log, model.offender(person).row
        mine = np.flatnonzero((log.row == row) & (log.day == told["day"]))
        found.append({(int(log.event[k]), int(log.value[k]), int(log.cause_day[k])) for k in mine})
    kinds = {e for e, words in SENTENCES.items() if words == told["what"]}
    return any(e in kinds for e, _, _ in found[0]), any(e in kinds for e in found[1] & found[0])


def test_a_click_on_a_person_opens_two_lives_and_the_parting_is_in_the_log(late):
    node = parted_person(late)
    x, y = inside(late, f"page.networks.scenes[1].at({node})")
    box = late.locator(".tg-networks canvas").nth(1).bounding_box()
    late.mouse.click(box["x"] + x, box["y"] + y)
    late.wait_for_function(f"() => {INSIDE}.life?.life")
    told = inside(late, "page.life.life")
    assert told["person"] == inside(late, "page.view.person")
    assert late.get_by_role("tab", name="A life, twice").get_attribute("aria-selected") == "true"
    assert "part" in late.inner_text(".tg-panel--life")

    pair = Pair(make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", SCALE, [0], None, []))
    while pair.week < LATE:
        pair.step()
    again = life(pair, told["person"])
    assert again["divergence"] == told["divergence"] is not None
    marked = [
        logged(pair, arm, told["person"], told["arms"][arm]["events"][at])
        for arm, at in enumerate(told["divergence"]["index"])
        if at is not None
    ]
    assert marked
    assert all(here and not there for here, there in marked)


def test_a_link_makes_the_same_view_again(browser, server, late):
    inside(late, f"page.networks.onSelect(page.networks.shared.people.persons[{parted_person(late)}], null)")
    wait_until(lambda: "person=" in late.evaluate("location.search") and inside(late, "page.life.life !== null"))
    address = late.evaluate("location.href")
    assert f"week={LATE}" in address
    assert "person=" in address
    with opened(browser, address) as page:
        page.wait_for_function(f"() => {INSIDE}.view.week === {LATE} && {INSIDE}.life?.life")
        for what in ("page.networks.scenes.map((s) => [...s.states])", "page.life.life", "page.controls.get()"):
            assert inside(page, what) == inside(late, what)
        wait_until(lambda: page.evaluate("location.href") == address)


def test_two_visitors_have_worlds_of_their_own_and_leaving_frees_the_memory(browser, server):
    before = server.models()
    with opened(browser, server.address + QUERY) as one:
        with opened(browser, server.address + QUERY + "&seed=5") as two:
            seek(one, 12)
            assert week(two) == 0
            assert inside(one, "[...page.networks.shared.people.nodes.keys()]") != inside(
                two, "[...page.networks.shared.people.nodes.keys()]"
            )
            during = wait_until(lambda: len(server.models()) == len(before) + 2 and server.models())
        wait_until(lambda: len(server.models()) == len(before) + 1)
    wait_until(lambda: len(server.models()) == len(before))
    assert len(during - server.models()) == 2


def test_a_click_on_nobody_closes_the_life_and_says_nothing(browser, server):
    with opened(browser, server.address + QUERY) as page:
        seek(page, 5)
        inside(page, "page.networks.onSelect([...page.networks.shared.people.nodes.keys()][3], 3)")
        page.wait_for_function(f"() => {INSIDE}.life?.life")
        inside(page, "page.tabs.choose('charts')")
        inside(page, "page.networks.onSelect(null, null)")
        page.wait_for_timeout(400)
        assert page.locator(".tg-notice").count() == 0
        assert inside(page, "page.view.person") is None
        assert inside(page, "page.view.panel") == "charts"


def test_a_link_to_a_person_keeps_its_panel_and_waits_for_whoever_comes_later(browser, server):
    with opened(browser, server.address + QUERY) as page:
        seek(page, 60)
        newest = inside(page, "[...page.networks.shared.people.nodes.keys()].at(-1)")
    with opened(browser, f"{server.address}{QUERY}&week=60&person={newest}&panel=flow") as page:
        page.wait_for_function(f"() => {INSIDE}.view.week === 60 && {INSIDE}.life?.life")
        assert inside(page, "page.view.panel") == "flow"
        assert inside(page, "page.networks.selected") == inside(page, f"page.networks.nodeOf({newest})")
        assert page.locator(".tg-notice").count() == 0


def test_a_number_that_nobody_has_is_said_once(browser, server):
    with opened(browser, f"{server.address}{QUERY}&person=999999999") as page:
        page.wait_for_selector(".tg-notice")
        seek(page, 3)
        page.wait_for_timeout(400)
        assert page.locator(".tg-notice").count() == 1
        assert "person" not in page.evaluate("location.search")


def test_an_error_stays_until_it_is_dismissed_and_is_said_once(browser, server):
    with opened(browser, f"{server.address}{QUERY}") as page:
        page.clock.install()
        for text in ("no", "no", "never"):
            inside(page, f"page.take({{kind: 'notice', level: 'error', text: '{text}', about: 'page'}}, [])")
        inside(page, "page.take({kind: 'notice', level: 'info', text: 'so', about: 'page'}, [])")
        assert page.locator(".tg-notice").all_inner_texts() == ["no\n×", "never\n×", "so\n×"]
        page.clock.fast_forward(60_000)
        assert page.locator(".tg-notice").all_inner_texts() == ["no\n×", "never\n×"]
        page.locator(".tg-notice button").first.click()
        assert page.locator(".tg-notice").all_inner_texts() == ["never\n×"]


def test_a_frame_that_was_lost_is_asked_for_again(browser, server):
    with opened(browser, server.address + QUERY) as page:
        page.evaluate(f"() => {{ const page = {INSIDE}; page.people -= 5; }}")
        seek(page, 20)
        page.wait_for_function(f"() => {INSIDE}.networks.scenes[0].states.length === {INSIDE}.people")
        assert inside(page, "page.networks.shared.people.nodes.size === page.people")


def test_a_link_to_a_week_turned_back_to_has_the_same_charts_and_life(browser, server):
    with opened(browser, server.address + QUERY + "&set=levers.risk_split%3D2008-03-03") as page:
        seek(page, 60)
        seek(page, 25)
        wait_until(lambda: "lived=60" in page.evaluate("location.search"))
        charted = inside(page, "page.charts.panels.map((p) => p.series)")
        with opened(browser, page.evaluate("location.href")) as other:
            other.wait_for_function(f"() => {INSIDE}.view.week === 25 && {INSIDE}.view.lived === 60")
            wait_until(
                lambda: inside(other, "page.charts.panels.map((p) => p.series)") == charted
            )  # they follow the frame


def test_a_model_that_is_killed_is_told_of_and_the_server_goes_on(browser):
    server = Server()
    try:
        with opened(browser, server.address + QUERY) as page:
            seek(page, 3)
            for pid in wait_until(lambda: len(server.models()) == 2 and server.models()):
                os.kill(pid, signal.SIGKILL)
            page.wait_for_selector("text=The model's process has ended")
            page.get_by_role("button", name="Start again").click()
            page.wait_for_function(f"() => {INSIDE}.phaseNow === 'ready'")
            seek(page, 4)
    finally:
        server.close()


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?base=pre_refrom", 'did you mean "pre_reform"?'),
        ("?region=england_wales&scale=1", "this page takes up to 20,000"),
    ],
)
def test_what_cannot_be_run_is_said_on_the_page_and_mended_there(browser, server, query, said):
    with opened(browser, server.address + query, ready=False) as page:
        page.wait_for_selector(f".tg-phase--bad:has-text('{said}')")
        asked = dict(pair.split("=") for pair in query[1:].split("&"))
        shown = inside(page, "page.controls.get()")
        assert all(str(shown[name]) == value for name, value in asked.items() if value != "pre_refrom")
        inside(page, f"page.controls.set({{...page.controls.menu.defaults, scale: {SCALE}}})")
        page.get_by_role("button", name="Start", exact=True).click()
        page.wait_for_function(f"() => {INSIDE}.phaseNow === 'ready'")


def test_levers_and_numbers_are_set_in_the_dialog_and_stand_in_the_address(browser, server):
    with opened(browser, server.address + QUERY) as page:
        page.get_by_role("button", name="Levers and numbers").click()
        page.get_by_label("hdc widened", exact=False).first.uncheck()
        page.get_by_label("risk split: from").fill("2008-03-03")
        page.get_by_label("What an active peer does to it", exact=True).fill("0.1")
        page.get_by_role("button", name="Start with these").click()
        page.wait_for_function(f"() => {INSIDE}.world?.choices.settings.length === 3")
        settings = inside(page, "page.world.choices.settings")
        assert settings == ["levers.risk_split=2008-03-03", "levers.hdc_widened=off", "ties.peer_log_factor=0.1"]
        assert inside(page, "page.world.fork_week") == (date(2008, 3, 3) - date(2008, 1, 7)).days // 7
        wait_until(lambda: "levers.hdc_widened%3Doff" in page.evaluate("location.search"))


def test_figures_and_data_can_be_taken_away(late):
    with late.expect_download() as taken:
        late.get_by_role("button", name="People, CSV").click()
    rows = list(csv.DictReader(io.StringIO(taken.value.path().read_text())))
    assert len(rows) == len(inside(late, "[...page.networks.scenes[0].states]"))
    for name, start in (("Networks, PNG", b"\x89PNG"), ("SVG", b"<")):
        with late.expect_download() as taken:
            late.locator(".tg-head").get_by_role("button", name=name, exact=True).click()
        assert taken.value.path().read_bytes().startswith(start)


@pytest.mark.parametrize("panel", ["charts", "life", "flow"])
def test_the_page_breaks_no_rule_of_accessibility(late, panel):
    from axe_playwright_python.sync_playwright import Axe

    inside(late, f"page.tabs.choose('{panel}')")
    late.wait_for_timeout(600)
    found = Axe().run(late, options=RULES)
    assert found.response["violations"] == [], found.generate_report()


def test_every_control_is_reached_by_keyboard_and_has_a_name(late):
    inside(late, "page.tabs.choose('charts')")
    wanted = late.evaluate(
        """() => [...document.querySelectorAll('.tg-page button, .tg-page select, .tg-page input, .tg-page canvas')]
            .filter((e) => e.checkVisibility() && !e.disabled && e.tabIndex >= 0)
            .map((e, n) => { e.dataset.tab = n; return n; })"""
    )
    late.evaluate("document.activeElement.blur(); window.scrollTo(0, 0)")
    reached = set()
    for _ in range(3 * len(wanted)):
        late.keyboard.press("Tab")
        reached.add(late.evaluate("document.activeElement.dataset.tab"))
    assert {str(n) for n in wanted} <= reached


def test_the_page_draws_many_frames_a_second_while_the_model_steps(browser, server):
    with opened(browser, server.address + QUERY) as page:
        page.click(".tg-play")
        page.wait_for_timeout(2500)
        assert inside(page, "page.networks.framesPerSecond()") > 15


def test_the_network_stands_in_the_viewer_of_mesa(browser, tmp_path):
    file = tmp_path / "app.py"
    file.write_text(
        "from mesa.visualization import SolaraViz\n"
        "from sim.model import ProbationModel\n"
        "from visualiser.network import offender_network\n"
        "model = ProbationModel('post_reform', scale=0.01, seed=1)\n"
        "Page = SolaraViz(model, components=[offender_network()], name='Through the Gate')\n"
    )
    with solara(file) as address:
        page = browser.new_page()
        page.set_default_timeout(90_000)
        said = []
        page.on("pageerror", lambda error: said.append(str(error)))
        page.goto(address)
        page.wait_for_selector("canvas[role=img]")
        page.wait_for_function("() => document.querySelector('canvas[role=img]').ariaLabel.includes('people shown')")
        before = page.inner_text(".net-panel")
        page.get_by_role("button", name="Step", exact=True).click()
        page.wait_for_function("(before) => document.querySelector('.net').innerText !== before", arg=before)
        assert said == []
        page.close()


@pytest.fixture(scope="module")
def results(browser, tmp_path_factory):
    """A page on a folder that `compare` has written."""
    folder = tmp_path_factory.mktemp("results")
    done = CliRunner().invoke(
        app,
        ["compare", "--scale", "0.01", "--seeds", "2", "--until", "2017-12-31", "--jobs", "1", "--out", str(folder)],
    )
    assert done.exit_code == 0
    server = Server("--open", str(folder))
    try:
        with opened(browser, server.address, ready=False, first="table") as page:
            yield page
    finally:
        server.close()


def test_results_are_read_from_a_folder_without_running_anything(results):
    assert "pre_reform" in results.inner_text("body")
    assert results.said == []
    results.get_by_role("tab", name="Pictures").click()
    results.wait_for_function("() => [...document.querySelectorAll('img')].some((i) => i.naturalWidth > 300)")
    results.get_by_role("tab", name="Tables").click()
    with results.expect_download() as taken:
        results.get_by_role("button", name="Download CSV").click()
    assert b"," in taken.value.path().read_bytes()


@pytest.mark.parametrize("tab", ["Findings", "Pictures", "Tables"])
def test_the_results_break_no_rule_of_accessibility(results, tab):
    from axe_playwright_python.sync_playwright import Axe

    results.get_by_role("tab", name=tab).click()
    results.wait_for_timeout(600)
    assert Axe().run(results, options=RULES).response["violations"] == []
