"""Where two lives part: the first line that is one life's own, found in the log, with a cause that the model knows."""

import pytest

from experiments import story
from sim.charities import Kind
from sim.clock import date_of, day_of
from sim.events import Event
from sim.offenders import Provider
from tests.visualiser.divergence.by_hand import CONVICTED, DAY, LATER, TRUST, line, told
from visualiser.divergence import divergence
from visualiser.divergence.parting import CAUSES


@pytest.fixture(scope="module")
def parted(pair):
    """Everybody on the page whose lives differ, with the lives and where they part."""
    found = []
    for person in pair.nodes.person.tolist():
        lives = [story.life(model, person) for model in pair.models]
        if (where := divergence(pair, person, lives)) is not None:
            found.append((person, lives, where))
    return found


def test_the_line_that_is_marked_is_in_the_log_of_its_arm_and_not_of_the_other(pair, parted):
    assert len(parted) > 100
    for person, lives, where in parted:
        for mark in filter(None, (where, where["then"])):
            marked = 0
            for arm, place in enumerate(mark["index"]):
                if place is not None:
                    line, log, row = (
                        lives[arm].lines[place],
                        pair.models[arm].log,
                        pair.models[arm].offender(person).row,
                    )
                    here = (log.row == row) & (log.event == line.event) & (log.day == day_of(line.day))
                    assert (here & (log.value == line.value) & (log.cause_day == line.cause)).any()
                    assert mark["date"] == line.day.isoformat()
                    assert line.what in mark["arm_texts"][arm]
                    assert line not in lives[1 - arm].lines
                    marked += 1
            assert marked


def test_up_to_the_marked_line_the_lives_are_the_same(parted):
    for _, (one, other), where in parted:
        first = next(place for place in where["index"] if place is not None)
        assert one.lines[:first] == other.lines[:first]


def test_causes_are_known_and_of_several_kinds(parted):
    causes = [mark["cause"] for _, _, where in parted for mark in filter(None, (where, where["then"]))]
    assert set(causes) <= set(CAUSES)
    assert len(set(causes)) >= 4
    assert all(where["explanation"].endswith(".") and "  " not in where["explanation"] for _, _, where in parted)


def test_who_reads_the_same_in_both_arms_has_no_divergence(pair, parted):
    known = {person for person, _, _ in parted}
    alike = [p for p in pair.nodes.person.tolist() if p not in known]
    assert len(alike) > 100
    for person in alike[:50]:
        one, other = (story.life(model, person).lines for model in pair.models)
        assert one == other


def test_a_line_that_the_other_life_has_after_one_of_its_own_is_not_marked(tiny):
    both = line(DAY, Event.CHARGE)
    found = told(tiny, [both], [line(DAY, Event.CAUTION), both])
    assert found["index"] == [None, 0]
    assert found["arm_texts"] == ["nothing new, and nothing since", "cautioned: 0 0"]


def test_the_same_lines_in_another_order_are_both_marked(tiny):
    one, other = line(DAY, Event.CHARGE), line(DAY, Event.CAUTION)
    assert told(tiny, [one, other], [other, one])["index"] == [0, 0]


def test_the_earlier_day_is_marked_and_the_other_life_says_what_comes_next(tiny):
    found = told(tiny, [line(LATER, Event.CHARGE)], [line(DAY, Event.CHARGE)])
    assert (found["index"], found["date"]) == ([None, 0], date_of(DAY).isoformat())
    assert found["arm_texts"][0] == "nothing new; next, on 26 February 2008: charged: 0 0"


def test_after_a_change_of_officer_the_first_other_difference_is_told_too(tiny):
    start = line(LATER, Event.HELP_START, Kind.MENTORING)
    charged = line(DAY, Event.CHARGE)
    found = told(tiny, [CONVICTED, charged], [CONVICTED, TRUST, charged, start])
    assert (found["cause"], found["index"]) == ("officer", [None, 1])
    assert found["then"]["index"] == [None, 3]
    assert found["then"]["cause"] == "place"


def test_lives_that_read_the_same_do_not_part(tiny):
    assert told(tiny, [TRUST], [line(14, Event.ALLOCATION, Provider.TRUST, 3)]) is None
