"""The calendar: one step is a week, day 0 is Monday 2008-01-07, and every event carries its day."""

from datetime import date, timedelta

import numpy as np
from numpy.typing import NDArray

DAYS_PER_WEEK = 7
DAYS_PER_YEAR = 365.25
WEEKS_PER_YEAR = DAYS_PER_YEAR / DAYS_PER_WEEK
MONTHS_PER_YEAR = 12
MONTHS_PER_QUARTER = 3
DAYS_PER_MONTH = DAYS_PER_YEAR / MONTHS_PER_YEAR
DAY_ZERO = date(2008, 1, 7)
TWELVE_MONTHS_DAYS = int(DAYS_PER_YEAR)
NEVER = 2**30
"""The day of what has not been set: later than any day, and small enough to be added to."""

_EPOCH_DAYS = (DAY_ZERO - date(1970, 1, 1)).days


def day_of(when: date) -> int:
    """Return the day number of a date; negative before day 0."""
    return (when - DAY_ZERO).days


def date_of(day: int) -> date:
    """Return the date of a day number."""
    return DAY_ZERO + timedelta(days=int(day))


def week_of(day: int) -> int:
    """Return the number of the week in which a day falls."""
    return day // DAYS_PER_WEEK


def year_of_week(week: int) -> int:
    """Return the calendar year of a week's Monday: what a dated series is read by."""
    return date_of(week * DAYS_PER_WEEK).year


def dates(days: NDArray[np.integer]) -> NDArray[np.datetime64]:
    """Return day numbers as NumPy dates, shape kept."""
    return (np.asarray(days, np.int64) + _EPOCH_DAYS).astype("datetime64[D]")


def month_of(day: int) -> int:
    """Return the number of the calendar month of a day, counted from that of day 0."""
    when = date_of(day)
    return (when.year - DAY_ZERO.year) * MONTHS_PER_YEAR + when.month - DAY_ZERO.month


def first_day(month: int) -> int:
    """Return the first day of a month by its number."""
    years, months = divmod(DAY_ZERO.month - 1 + month, MONTHS_PER_YEAR)
    return day_of(date(DAY_ZERO.year + years, months + 1, 1))
