"""Help under one regime alone: a place that comes later, not so far, or not within the weeks that one may wait."""

from dataclasses import replace
from types import SimpleNamespace

from sim.charities import Kind, Path
from sim.events import Event
from tests.visualiser.divergence.by_hand import DAY, LATER, line, told

START = line(DAY, Event.HELP_START, Kind.MENTORING, Path.VOLUNTARY)


def test_a_place_that_comes_later_is_told_with_its_day(tiny):
    soon = told(tiny, [START], [line(LATER, Event.HELP_START, Kind.MENTORING, Path.VOLUNTARY)])
    assert (soon["cause"], soon["index"]) == ("place", [0, None])
    assert "There the same help began on 26 February 2008." in soon["explanation"]
    assert told(tiny, [line(DAY, Event.HELP_END, Kind.FAMILY)], [])["cause"] == "place"


def test_before_the_wait_is_over_help_has_not_begun_so_far(tiny):
    weeks = int(tiny.models[0].register.support.longest_wait_weeks)
    assert tiny.models[0].day <= DAY + 7 * weeks
    assert "There the same help has not begun so far." in told(tiny, [START], [])["explanation"]


def test_after_the_wait_no_reason_is_claimed_that_the_log_does_not_give(pair):
    found = told(pair, [START], [])["explanation"]
    assert "within the 13 weeks that one may wait: no place, no referral, or not wanted" in found
    assert "the log does not say which" in found


def test_through_the_gate_is_named(tiny):
    start = line(DAY, Event.HELP_START, Kind.EMPLOYMENT, Path.THROUGH_THE_GATE)
    found = told(tiny, [], [start])
    assert found["cause"] == "place"
    assert found["explanation"].startswith("Through the Gate met the person on release under the reform")


def test_help_is_logged_as_the_week_begins_in_which_the_gate_meets_a_person(tiny):
    start = line(DAY - DAY % 7, Event.HELP_START, Kind.EMPLOYMENT, Path.THROUGH_THE_GATE)
    base, reform = tiny.plan.arms
    for later, has_begun in ((6, True), (7, False)):
        lever = replace(reform.levers["through_the_gate"], from_day=DAY - DAY % 7 + later)
        plan = SimpleNamespace(arms=(base, replace(reform, levers={**reform.levers, "through_the_gate": lever})))
        found = told(tiny, [], [start], plan=plan)["explanation"]
        assert ("there is no such service" in found) == has_begun


def test_queues_are_told_where_they_stand_apart(tiny):
    week = DAY // 7
    places = [m.weekly.names.index(("waiting", "kind=mentoring")) for m in tiny.models]
    rows = [m.weekly.rows[week][at] for m, at in zip(tiny.models, places, strict=True)]
    tiny.models[1].weekly.rows[week][places[1]] = rows[0] + 4
    try:
        found = told(tiny, [line(DAY, Event.HELP_START, Kind.MENTORING)], [])
    finally:
        tiny.models[1].weekly.rows[week][places[1]] = rows[1]
    assert f"and {int(rows[0])} waiting under the base" in found["explanation"]
    assert f"and {int(rows[0]) + 4} waiting under the reform" in found["explanation"]
