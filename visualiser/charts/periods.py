"""Calendar quarters of weeks, and where on the calendar a period stands."""

from datetime import date, timedelta

from sim.clock import DAYS_PER_WEEK, MONTHS_PER_QUARTER, MONTHS_PER_YEAR, date_of, first_day, month_of

QUARTERS = MONTHS_PER_YEAR // MONTHS_PER_QUARTER


def middle(first: date, last: date) -> str:
    """Return the middle day of a period of which both days are part."""
    return (first + timedelta(days=(last - first).days // 2)).isoformat()


def quarters_lived(weeks: int, months_later: int = 0) -> list[tuple[str, slice]]:
    """Return the middle of each calendar quarter that is over, and the weeks whose Monday falls in it.

    `months_later` takes the weeks that lie so many months after the quarter's.
    """
    found = []
    for month in range(0, month_of(weeks * DAYS_PER_WEEK) + 1, MONTHS_PER_QUARTER):
        first, after = (_first_week(month + more + months_later) for more in (0, MONTHS_PER_QUARTER))
        if after <= weeks:
            days = first_day(month), first_day(month + MONTHS_PER_QUARTER) - 1
            found.append((middle(*map(date_of, days)), slice(first, after)))
    return found


def _first_week(month: int) -> int:
    """Return the first week that begins in a month."""
    return max(0, -(-first_day(month) // DAYS_PER_WEEK))
