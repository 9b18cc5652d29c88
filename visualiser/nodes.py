"""Who is shown, and where each stands: people get a number on the page when they are first seen, and keep it."""

import heapq

import numpy as np
from numpy.typing import NDArray

from sim.offenders import People, Rows, person_number
from visualiser.layout import Layout

NOBODY = -1


def persons_at(people: People, rows: Rows) -> NDArray[np.int64]:
    """Return the numbers of the people in some rows, shape (n,): `People.person` works out everybody's."""
    numbers: NDArray[np.int64] = person_number(people.arrival_week[rows].astype(np.int64), people.slot[rows])
    return numbers


class Nodes:
    """The people on the page, in the order in which they were first seen.

    Parameters
    ----------
    layout : Layout

    Attributes
    ----------
    person : int64 array, shape (n,)
        Their numbers.
    xy : float32 array, shape (n, 2)
        Where they stand.
    is_female : bool array, shape (n,)
    birth_year : int16 array, shape (n,)
    """

    def __init__(self, layout: Layout) -> None:
        self.layout = layout
        self.person = np.empty(0, np.int64)
        self.xy = np.empty((0, 2), np.float32)
        self.is_female = np.empty(0, bool)
        self.birth_year = np.empty(0, np.int16)
        self._cell = np.empty(0, np.int64)
        self._place = np.empty(0, np.int64)
        self._is_here = np.empty(0, bool)
        self._order = np.empty(0, np.int64)
        self._taken: dict[int, int] = {}
        self._empty: dict[int, list[int]] = {}

    def __len__(self) -> int:
        return len(self.person)

    def numbers_of(self, persons: NDArray[np.integer]) -> NDArray[np.int64]:
        """Return the number on the page of each of some people, `NOBODY` where not shown; shape kept."""
        if not len(self):
            return np.full(len(persons), NOBODY)
        at = np.searchsorted(self.person, persons, sorter=self._order).clip(max=len(self) - 1)
        found = self._order[at]
        return np.where(self.person[found] == persons, found, NOBODY)

    def number_of(self, person: int) -> int | None:
        """Return the number on the page of one person, None where not shown."""
        found = int(self.numbers_of(np.array([person]))[0])
        return None if found == NOBODY else found

    def add(
        self,
        person: NDArray[np.int64],
        cell: NDArray[np.int64],
        is_female: NDArray[np.bool_],
        birth_year: NDArray[np.int16],
    ) -> None:
        """Show more people: each takes the first empty place of the neighbourhood, in the order of their numbers."""
        order = np.argsort(person)
        place = np.array([self._take(int(c)) for c in cell[order]], np.int64)
        stand = self.layout.cell_middles[cell[order]] + self.layout.places[place % len(self.layout.places)]
        self.person = np.concatenate([self.person, person[order]])
        self.xy = np.concatenate([self.xy, stand.astype(np.float32)])
        self.is_female = np.concatenate([self.is_female, is_female[order]])
        self.birth_year = np.concatenate([self.birth_year, birth_year[order]])
        self._cell = np.concatenate([self._cell, cell[order]])
        self._place = np.concatenate([self._place, place])
        self._is_here = np.concatenate([self._is_here, np.ones(len(order), bool)])
        self._order = np.argsort(self.person)

    def _take(self, cell: int) -> int:
        """Return the first empty place of a neighbourhood."""
        if empty := self._empty.get(cell):
            return heapq.heappop(empty)
        self._taken[cell] = self._taken.get(cell, 0) + 1
        return self._taken[cell] - 1

    def leave(self, is_absent: NDArray[np.bool_]) -> None:
        """Free the places of those who are absent under both regimes; shape (n,)."""
        for node in np.flatnonzero(is_absent & self._is_here).tolist():
            heapq.heappush(self._empty.setdefault(int(self._cell[node]), []), int(self._place[node]))
        self._is_here &= ~is_absent
