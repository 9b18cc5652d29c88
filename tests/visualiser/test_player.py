from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from tests.visualiser.conftest import SCALE
from visualiser.choices import Choices, Limits
from visualiser.player import Player
from visualiser.states import ABSENT


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


class Page:
    """What a player sends, and the clock by which it plays."""

    def __init__(self, **chosen):
        choices = Choices(scale=SCALE, **chosen)
        self.sent, self.clock = [], Clock()
        self.player = Player(
            choices.plan(Limits()), choices, lambda content, buffers: self.sent.append((content, buffers)), self.clock
        )

    def frames(self):
        return [content for content, _ in self.sent if content["kind"] == "frame"]

    def kinds(self):
        return [content["kind"] for content, _ in self.sent]

    def live(self, seconds, step=0.05):
        """Let time go by, and draw each frame as it comes."""
        for _ in range(round(seconds / step)):
            self.clock.now += step
            if self.player.wait == 0:
                self.player.live()
            self.player.seen(self.frames()[-1]["n"])


def test_a_page_is_told_of_the_world_then_of_its_first_week():
    page = Page()
    assert page.kinds() == ["world", "frame", "charts"]
    frame, buffers = page.sent[1]
    assert (frame["week"], frame["first_new"], frame["playing"]) == (0, 0, False)
    xy, persons, sex, born, base, reform, hub_base, hub_reform = buffers
    nodes = frame["nodes"]
    assert [len(b) for b in (xy, persons, sex, born)] == [8 * nodes, 4 * nodes, nodes, 2 * nodes]
    assert [len(b) for b in (base, reform, hub_base, hub_reform)] == [nodes] * 4
    assert base == reform


@pytest.mark.parametrize("speed", [1, 4, 10])
def test_so_many_weeks_go_by_in_a_second(speed):
    page = Page()
    page.player.play(speed)
    page.live(6)
    assert page.player.pair.week == pytest.approx(6 * speed, abs=1 + 0.1 * speed)
    page.player.pause()
    week = page.player.pair.week
    page.live(3)
    assert page.player.pair.week == week


def test_each_frame_tells_newcomers_once():
    page = Page()
    page.player.play(10)
    page.live(2)
    known = 0
    for content, buffers in page.sent:
        if content["kind"] == "frame":
            assert content["first_new"] == known
            assert len(buffers[1]) == 4 * (content["nodes"] - known)
            known = content["nodes"]
    persons = b"".join(b[1] for c, b in page.sent if c["kind"] == "frame")
    assert np.frombuffer(persons, np.uint32).tolist() == page.player.pair.nodes.person.tolist()


def test_a_page_that_draws_slowly_is_not_flooded():
    page = Page()
    page.player.seen(page.frames()[-1]["n"])
    page.player.play(20)
    before = len(page.frames())
    for _ in range(20):
        page.clock.now += 0.05
        if page.player.wait == 0:
            page.player.live()
    assert len(page.frames()) - before <= 2
    assert page.player.wait > 0


def test_the_calendar_turns_back_to_what_was_and_play_goes_on_from_the_present():
    page = Page()
    page.player.seek(20)
    while page.player.is_playing:
        page.player.live()
    then = page.sent[-2]
    assert then[0]["week"] == 20
    page.player.seek(40)
    while page.player.is_playing:
        page.player.live()
    page.player.seek(20)
    frame, buffers = page.sent[-2]
    assert (frame["week"], frame["lived"]) == (20, 40)
    known = len(then[1][4])
    assert buffers[4][:known] == then[1][4]
    assert set(buffers[4][known:]) <= {ABSENT}
    assert set(buffers[6]) == {ABSENT}
    page.player.play(10)
    page.live(1)
    assert 29 <= page.frames()[-1]["week"] <= 31
    assert page.player.pair.week == 40
    page.live(2)
    assert page.player.pair.week > 45


def test_a_step_goes_on_from_the_week_that_is_shown():
    page = Page()
    page.player.seek(12)
    while page.player.is_playing:
        page.player.live()
    page.player.seek(5)
    page.player.step(2)
    assert (page.frames()[-1]["week"], page.frames()[-1]["lived"]) == (7, 12)


def test_a_link_to_a_week_turned_back_to_lives_on_first():
    page = Page()
    page.player.seek(14, then=6)
    while page.player.is_playing:
        page.player.live()
    assert (page.frames()[-1]["week"], page.frames()[-1]["lived"]) == (6, 14)
    assert next(c for c, _ in reversed(page.sent) if c["kind"] == "charts")["week"] == 14


def test_steps_that_are_asked_for_quickly_add_up():
    page = Page()
    for _ in range(3):
        page.player.step(4)
    while page.player.is_playing:
        page.player.live()
    assert page.frames()[-1]["week"] == 12


def test_play_forgets_where_a_link_would_have_turned_back_to():
    page = Page()
    page.player.seek(30, then=4)
    page.player.live()
    page.player.play(10)
    page.live(1)
    page.player.pause()
    assert page.frames()[-1]["week"] > 4


def test_a_week_turned_back_to_has_its_own_counts_of_organisations():
    page = Page()
    page.player.seek(6)
    while page.player.is_playing:
        page.player.live()
    then = page.frames()[-1]["hub_counts"]
    page.player.seek(20)
    while page.player.is_playing:
        page.player.live()
    page.player.seek(6)
    assert page.frames()[-1]["hub_counts"] == then
    assert sum(then[0]) > 0


def test_a_page_that_lost_a_frame_is_sent_everybody_again():
    page = Page()
    page.player.seek(10)
    while page.player.is_playing:
        page.player.live()
    page.player.begin_anew()
    frame, buffers = page.sent[-1]
    assert frame["first_new"] == 0
    assert len(buffers[1]) == 4 * frame["nodes"]


def test_ties_are_sent_where_they_are_asked_for():
    page = Page()
    assert not page.frames()[-1]["ties"]
    page.player.show_ties(True)
    frame, buffers = page.sent[-1]
    assert frame["ties"]
    assert len(buffers) == 10
    pairs = np.frombuffer(buffers[8], np.uint32).reshape(-1, 2)
    assert len(pairs) > 0
    assert pairs.max() < frame["nodes"]


def test_nobody_lives_past_the_end():
    page = Page()
    page.player.pair.plan = replace(page.player.pair.plan, until=date(2008, 5, 31))
    page.player.play(520)
    page.live(3)
    assert page.player.pair.is_over
    assert not page.player.is_playing
    assert page.frames()[-1]["over"]
    page.player.play(5)
    assert not page.player.is_playing


def test_a_number_that_nobody_has_is_answered_with_some_that_are_there():
    page = Page()
    page.player.send_life(5)
    notice = page.sent[-1][0]
    assert notice["kind"] == "notice"
    assert "person 5" in notice["text"]
    person = int(page.player.pair.nodes.person[0])
    page.player.send_life(person)
    assert page.sent[-1][0]["person"] == person
