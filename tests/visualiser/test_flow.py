"""The flow between states: moves add up to the stocks at both ends."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments.plan import make_plan
from sim.clock import DAYS_PER_WEEK, date_of
from visualiser.flow import ELSEWHERE, LABELS, first_week, flow, moves, years_over
from visualiser.pair import Pair
from visualiser.record import Record
from visualiser.states import ABSENT, State

PARTED = ("levers.risk_split=2008-06-02", "levers.short_sentence_supervision=2008-06-02")


@pytest.fixture(scope="module")
def pair():
    """Two small worlds that parted in 2008 and lived into 2010."""
    found = Pair(make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.01, [0], None, PARTED))
    while found.week < 110:
        found.step()
    return found


def test_moves_add_up_to_the_stocks_of_both_ends(pair):
    told = flow(pair)
    assert told["years"] == [2008, 2009]
    for number, arm in enumerate(told["arms"]):
        for year, matrix in zip(told["years"], np.array(arm["moves"]), strict=True):
            stocks = [pair.counts(first_week(y))[number] for y in (year, year + 1)]
            assert matrix.sum(axis=1)[:ELSEWHERE].tolist() == stocks[0]
            assert matrix.sum(axis=0)[:ELSEWHERE].tolist() == stocks[1]
            assert sum(stocks[1]) > 100


def test_the_arms_differ_after_they_part_and_newcomers_come_from_elsewhere(pair):
    base, reform = (np.array(arm["moves"]) for arm in flow(pair)["arms"])
    assert not np.array_equal(base[1], reform[1])
    assert base[:, ELSEWHERE, State.FREE].min() > 0
    assert (base[:, ELSEWHERE, ELSEWHERE] == 0).all()


def test_the_note_says_that_a_new_offence_counts_before_supervision_and_that_the_first_year_knows_none(pair):
    assert State.REOFFENDED not in pair.records[0].state_at(0)
    assert (pair.records[0].state_at(first_week(2009)) == State.REOFFENDED).any()
    note = flow(pair)["note"]
    assert "a new offence in the last 8 weeks counts there, not under the supervision that goes on" in note
    assert "2008 begins with an empty log" in note


def test_where_the_first_week_knows_of_offences_nothing_is_said_of_an_empty_log():
    record = Record()
    record.add(np.array([State.REOFFENDED], np.uint8), {})
    assert "empty log" not in flow(SimpleNamespace(week=0, records=(record, record)))["note"]


def test_every_state_has_a_label_and_the_last_is_nowhere(pair):
    told = flow(pair)
    assert told["states"] == LABELS
    assert len(LABELS) == len(State) + 1 == len(told["arms"][0]["moves"][0])


def test_a_year_counts_from_its_first_week_to_the_next_ones():
    record = Record()
    for week in range(first_week(2009) + 1):
        row = np.full(3, State.FREE, np.uint8)
        row[0] = State.CUSTODY if week else State.ORDER
        row[1] = State.FREE if week < first_week(2009) else ABSENT
        record.add(row if week else row[:2], {})
    found = moves(record, 2008)
    expected = np.zeros_like(found)
    expected[State.ORDER, State.CUSTODY] = expected[State.FREE, ELSEWHERE] = expected[ELSEWHERE, State.FREE] = 1
    assert np.array_equal(found, expected)


def test_a_year_is_over_when_the_next_has_begun():
    week = first_week(2010)
    assert date_of(week * DAYS_PER_WEEK).year == 2010 != date_of((week - 1) * DAYS_PER_WEEK).year
    assert years_over(week) == [2008, 2009]
    assert years_over(week - 1) == [2008]
    assert years_over(0) == []
