"""The docket: offences on their way to a decision, and decisions on their way to their day."""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.tables import Column, Table


class Stage(IntEnum):
    """What happens to an entry on its day."""

    OFFENCE = 0
    PROVEN_OFFENCE = 1
    NO_PROOF = 2
    CAUTION = 3
    CHARGE = 4
    HEARING = 5
    BREACH_HEARING = 6
    RECALL = 7
    DONE = 8


DOCKET_COLUMNS = {
    "day": Column("int32", "day", "day on which the entry falls due"),
    "stage": Column("uint8", "Stage", "what then happens"),
    "row": Column("int32", "row", "who"),
    "offence_day": Column("int32", "day", "day of the offence, or of the failure that is enforced"),
    "code": Column("int32", "code", "occasion code (events.occasion_code); for enforcement, the Reason"),
    "ogrs_offence": Column("uint8", "index", "OGRS3 class of the offence"),
}


_ROW_SHIFT, _DAY_SHIFT = 34, 17
"""Row, day and day of offence as one number to sort by: days lie within 2**16 of day 0."""


@compiled
def _fill_due(day, stage, before_day, wanted, out):
    found = 0
    for k in range(day.size):
        if day[k] < before_day and wanted[stage[k]]:
            out[found] = k
            found += 1
    return found


class Entries(NamedTuple):
    """All columns of the docket."""

    day: NDArray[np.int32]
    stage: NDArray[np.uint8]
    row: NDArray[np.int32]
    offence_day: NDArray[np.int32]
    code: NDArray[np.int32]
    ogrs_offence: NDArray[np.uint8]


@compiled
def _close(e, entries, pending_cases):
    for k in entries:
        pending_cases[e.row[k]] -= 1
        e.stage[k] = Stage.DONE


@compiled
def _close_up(e):
    kept = 0
    for k in range(e.stage.size):
        if e.stage[k] != Stage.DONE:
            e.day[kept], e.stage[kept], e.row[kept] = e.day[k], e.stage[k], e.row[k]
            e.offence_day[kept], e.code[kept], e.ogrs_offence[kept] = e.offence_day[k], e.code[k], e.ogrs_offence[k]
            kept += 1
    return kept


class Docket(Table):
    """Entries in no order; done ones are dropped once a week."""

    def __init__(self) -> None:
        super().__init__(DOCKET_COLUMNS)

    def due(self, before_day: int, *stages: Stage) -> NDArray[np.int64]:
        """Return positions of entries of these stages (all, where none is named) that fall before a day.

        They come in the order of (row, day, offence), whatever the order in which they were entered.
        """
        found = self.falling_due(before_day, *stages)
        row, day, offence_day = (getattr(self, name)[found].astype(np.int64) for name in ("row", "day", "offence_day"))
        return found[np.argsort((row << _ROW_SHIFT) + (day << _DAY_SHIFT) + offence_day, kind="stable")]

    def falling_due(self, before_day: int, *stages: Stage) -> NDArray[np.int64]:
        """Return positions as `due` does, in the order in which they were entered."""
        wanted = np.zeros(len(Stage), bool)
        wanted[list(stages or Stage)] = True
        wanted[Stage.DONE] = False
        out = np.empty(len(self), np.int64)
        return out[: _fill_due(self.day, self.stage, before_day, wanted, out)]

    def close(self, entries: NDArray[np.integer[Any]], pending_cases: NDArray[np.uint8]) -> None:
        """Mark cases as done; the people of each have one fewer pending."""
        _close(self.part(Entries), entries, pending_cases)

    def drop_done(self) -> None:
        """Forget the entries that are done."""
        self._resize(_close_up(self.part(Entries)))


def first_of_each(rows: NDArray[np.integer]) -> NDArray[np.bool_]:
    """Mark the first entry of each person, of entries sorted by person."""
    first = np.ones(len(rows), bool)
    first[1:] = rows[1:] != rows[:-1]
    return first
