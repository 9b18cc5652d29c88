import os
import signal
import time

import psutil
import pytest

from tests.visualiser.conftest import SCALE
from visualiser.choices import Limits
from visualiser.sessions import Hall, Session

SECONDS = 60
QUERY = f"?scale={SCALE}"


class Page:
    """What a session sends to its page."""

    def __init__(self, hall):
        self.sent = []
        self.session = Session(hall, lambda content, _buffers: self.sent.append(content))

    def ask(self, kind, **fields):
        self.session.handle({"kind": kind, **fields})

    def wait(self, holds):
        """Wait for a message of which something holds, and return it."""
        end = time.monotonic() + SECONDS
        while time.monotonic() < end:
            for content in list(self.sent):
                if holds(content):
                    return content
            time.sleep(0.02)
        raise AssertionError([c["kind"] for c in self.sent])

    def ready(self):
        self.ask("open", query=QUERY)
        return self.wait(lambda c: c.get("phase") == "ready")


@pytest.fixture
def hall():
    made = Hall(Limits(people=1_000, sessions=2))
    yield made
    made.close()


@pytest.fixture
def page(hall):
    made = Page(hall)
    yield made
    made.session.close()


def is_gone(pid):
    return not psutil.pid_exists(pid) or psutil.Process(pid).status() == psutil.STATUS_ZOMBIE


def test_a_page_is_offered_choices_and_given_worlds(page):
    page.ready()
    assert [c["kind"] for c in page.sent][:2] == ["menu", "phase"]
    page.ask("seek", week=9)
    page.wait(lambda c: c["kind"] == "frame" and c["week"] == 9)


def test_two_pages_have_worlds_of_their_own_and_closing_one_ends_its_process(hall, page):
    other = Page(hall)
    page.ready()
    other.ready()
    one, two = page.session.pid, other.session.pid
    assert one != two
    page.ask("seek", week=5)
    page.wait(lambda c: c["kind"] == "frame" and c["week"] == 5)
    assert max(c["week"] for c in other.sent if c["kind"] == "frame") == 0
    page.session.close()
    assert is_gone(one)
    assert not is_gone(two)
    other.session.close()
    assert is_gone(two)


def test_a_hall_that_is_full_says_so_and_has_room_when_one_leaves(hall, page):
    page.ready()
    second, third = Page(hall), Page(hall)
    second.ready()
    third.ask("open", query=QUERY)
    assert "All 2 places are taken" in third.wait(lambda c: c.get("phase") == "full")["message"]
    assert third.session.pid is None
    second.session.close()
    third.ask("start", choices={"scale": SCALE})
    third.wait(lambda c: c.get("phase") == "ready")
    third.session.close()


def test_a_process_that_is_killed_is_told_of_and_the_page_can_start_again(page):
    page.ready()
    os.kill(page.session.pid, signal.SIGKILL)
    lost = page.wait(lambda c: c.get("phase") == "lost")
    assert "Start again" in lost["message"]
    page.sent.clear()
    page.ask("start", choices={"scale": SCALE})
    page.wait(lambda c: c.get("phase") == "ready")


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("?base=nowhere", 'unknown scenario "nowhere"'),
        ("?region=england_wales&scale=1", "234,528 people under supervision"),
        ("?scale=abc", "scale"),
        ("?set=ties.p_tie%3D9", "ties.p_tie"),
        ("?" + "&".join(f"x{i}=1" for i in range(90)), "more than 60 fields"),
    ],
)
def test_an_address_that_cannot_be_run_is_refused_in_words_and_the_page_goes_on(page, query, said):
    page.ask("open", query=query)
    assert said in page.wait(lambda c: c.get("phase") == "refused")["message"]
    assert page.session.pid is None


def test_what_a_page_may_not_ask_changes_nothing(page):
    page.ready()
    page.ask("eval", code="1")
    assert "kind" in page.wait(lambda c: c["kind"] == "notice")["text"]
    page.ask("seek", week=3)
    page.wait(lambda c: c["kind"] == "frame" and c["week"] == 3)


def test_choices_that_cannot_be_run_leave_the_worlds_as_they_are(page):
    page.ready()
    pid = page.session.pid
    page.ask("start", choices={"settings": ["ties.p_tie=9"]})
    assert "ties.p_tie" in page.wait(lambda c: c["kind"] == "notice")["text"]
    assert page.session.pid == pid


def test_a_page_that_asks_faster_than_anybody_can_answer_is_let_go(hall, page):
    page.ready()
    for week in range(2_000):
        page.ask("seek", week=week % 3)
        page.ask("flow")
    pid = page.session.pid
    page.session.close()
    assert is_gone(pid)
    others = [Page(hall).session for _ in range(2)]
    assert all(hall.enter(other) for other in others)


def test_a_closed_hall_lets_nobody_in(hall, page):
    hall.close()
    page.ask("open", query=QUERY)
    page.wait(lambda c: c.get("phase") == "full")
    assert page.session.pid is None


def test_a_link_leads_to_its_week(page):
    page.ask("open", query=f"{QUERY}&week=15")
    assert page.wait(lambda c: c["kind"] == "frame" and c["week"] == 15)["lived"] == 15


def test_more_seeds_give_intervals(page):
    page.ask("open", query=f"{QUERY}&set=levers.risk_split%3D2009-01-05")
    page.wait(lambda c: c.get("phase") == "ready")
    page.ask("replicates", more=2)
    page.wait(lambda c: c["kind"] == "replicates" and c["done"] == 2 and not c["running"])
    page.ask("seek", week=60)
    charted = page.wait(lambda c: c["kind"] == "charts" and c["week"] == 60)
    caseload = next(p for p in charted["panels"] if p["id"] == "caseload")
    assert all(series["low"] is not None for series in caseload["series"])
