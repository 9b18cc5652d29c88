"""Where people were each year, and how they moved between states."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_WEEK, date_of, day_of
from visualiser.states import ABSENT, LATELY_WEEKS, LOOKS, State

if TYPE_CHECKING:
    from visualiser.pair import Pair
    from visualiser.record import Record

ELSEWHERE = len(State)
"""Place, among the states of a flow, of people who are not known yet or no longer tracked."""
LABELS = [*(LOOKS[state].label for state in State), "not known yet or no longer tracked"]
_NOTE = (
    "The people on the page, from the first week of each year to the first week of the next. Who is at liberty after a "
    f"new offence in the last {LATELY_WEEKS} weeks counts there, not under the supervision that goes on."
)
_NO_LOG_YET = f" {date_of(0).year} begins with an empty log, so nobody counts there in its first week."


def flow(pair: "Pair") -> dict[str, Any]:
    """Return the moves between states of the people on the page, for every calendar year that is over, in both arms.

    Returns
    -------
    dict
        Ready for JSON. `moves` has, for each year, how many went from the row's state to the column's; who is nowhere
        at both ends is not counted.
    """
    years = years_over(pair.week)
    knows_offences = (pair.records[0].state_at(0) == State.REOFFENDED).any()
    return {
        "years": years,
        "states": LABELS,
        "arms": [{"moves": [moves(record, year).tolist() for year in years]} for record in pair.records],
        "note": _NOTE if knows_offences else _NOTE + _NO_LOG_YET,
    }


def years_over(week: int) -> list[int]:
    """Return the calendar years whose next one has begun by a week."""
    first = date_of(0).year
    return [year for year in range(first, date_of(week * DAYS_PER_WEEK).year) if first_week(year + 1) <= week]


def first_week(year: int) -> int:
    """Return the first week that begins in a year."""
    return max(0, -(-day_of(date_of(0).replace(year=year, month=1, day=1)) // DAYS_PER_WEEK))


def moves(record: "Record", year: int) -> NDArray[np.int64]:
    """Return how many people went from each state to each in a year; shape (states + 1, states + 1)."""
    late = record.state_at(first_week(year + 1))
    early = np.full(len(late), ABSENT, np.uint8)
    known = record.state_at(first_week(year))
    early[: len(known)] = known
    start, end = (np.where(codes == ABSENT, ELSEWHERE, codes).astype(np.int64) for codes in (early, late))
    sides = ELSEWHERE + 1
    counts = np.bincount(start * sides + end, minlength=sides * sides).reshape(sides, sides)
    counts[ELSEWHERE, ELSEWHERE] = 0
    return counts
