"""The calendar."""

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.clock import DAY_ZERO, NEVER, date_of, dates, day_of, first_day, month_of, week_of, year_of_week


def test_day_zero_is_a_monday_and_week_zero_begins_on_it():
    assert date(2008, 1, 7) == DAY_ZERO
    assert DAY_ZERO.weekday() == 0
    assert (day_of(DAY_ZERO), week_of(0), week_of(6), week_of(7), week_of(-1)) == (0, 0, 0, 1, -1)


@pytest.mark.parametrize(
    ("when", "day"),
    [(date(2008, 1, 8), 1), (date(2008, 12, 31), 359), (date(2015, 2, 1), 2582), (date(2007, 12, 31), -7)],
)
def test_days_agree_with_hand_counts(when, day):
    assert day_of(when) == day
    assert date_of(day) == when


@given(st.dates(date(1950, 1, 1), date(2060, 1, 1)))
def test_dates_survive_the_way_there_and_back(when):
    assert date_of(day_of(when)) == when
    assert dates(np.array([day_of(when)])).astype(date)[0] == when


def test_a_week_belongs_to_the_year_of_its_monday():
    assert year_of_week(0) == 2008
    assert year_of_week(-1) == 2007
    assert year_of_week(week_of(day_of(date(2014, 12, 31)))) == 2014
    assert year_of_week(week_of(day_of(date(2017, 1, 1)))) == 2016


def test_never_is_later_than_any_day_and_can_be_added_to():
    assert day_of(date(2100, 1, 1)) < NEVER
    assert np.int32(NEVER) + np.int32(day_of(date(2100, 1, 1))) > 0


def test_months_are_those_of_the_calendar():
    days = np.arange(0, 3000)
    for day in days.tolist():
        month, when = month_of(day), date_of(day)
        assert first_day(month) <= day < first_day(month + 1)
        assert (date_of(first_day(month)).year, date_of(first_day(month)).month) == (when.year, when.month)
        assert date_of(first_day(month)).day == 1
    assert month_of(0) == 0
