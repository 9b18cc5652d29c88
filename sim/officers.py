"""Officers: a table of practitioners by area, organisation and team; cases go to the least loaded of the team.

`Officer` is the Mesa agent that looks at one row.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.offenders import Provider
from sim.tables import Column, Table
from sim.views import RowView

OFFICER_COLUMNS = {
    "area": Column("uint8", "index", "contract package area"),
    "provider": Column("uint8", "Provider", "who employs the officer"),
    "caseload": Column("int32", "people", "people supervised, in custody or the community"),
}


class Officers(Table):
    """The practitioners, ordered by provider and area so that the officers of one office stand together.

    Attributes
    ----------
    first, count : int64 arrays, shape (providers, areas)
        Where the officers of a provider in an area stand.
    """

    def __init__(self, areas: int) -> None:
        super().__init__(OFFICER_COLUMNS)
        self.__dict__["first"] = np.zeros((len(Provider), areas), np.int64)
        self.__dict__["count"] = np.zeros((len(Provider), areas), np.int64)

    def employ(self, provider: Provider, practitioners: float, shares: Sequence[float]) -> None:
        """Add a provider's practitioners, shared over the areas; at least one in each."""
        for area, share in enumerate(shares):
            number = max(1, math.floor(practitioners * share + 0.5))
            self.first[provider, area] = len(self)
            self.count[provider, area] = number
            self.add(number, area=area, provider=provider)

    def release(self, officers: NDArray[np.integer]) -> None:
        """Take one case from each of these officers; -1 is nobody."""
        np.subtract.at(self.caseload, officers[officers >= 0], 1)

    def copy(self) -> "Officers":
        """Return an independent copy."""
        twin = super().copy()
        for name in ("first", "count"):
            twin.__dict__[name] = self.__dict__[name].copy()
        return twin


class Officer(RowView):
    """One row of the table of officers, seen as a Mesa agent; officers have negative numbers.

    Parameters
    ----------
    model : ProbationModel
    row : int
    """

    table_name = "officers"
    title = "an officer"

    def __init__(self, model: Any, row: int) -> None:
        super().__init__(model, row, -1 - row)

    @property
    def employer(self) -> Provider:
        """Who employs the officer."""
        return Provider(self.provider)


@compiled
def assign_least_loaded(first, count, team_size, place, caseload, out):
    """Give each case in turn to the least loaded officer of its team; the first of equals.

    Parameters
    ----------
    first, count : int64 arrays, shape (n,)
        Where the officers of the case's office stand.
    team_size : int
    place : float64 array, shape (n,)
        The case's place in its office, in [0, 1): a keyed draw, so that a person's team does not depend on others.
    caseload : int32 array, shape (officers,)
        Read and written.
    out : int64 array, shape (n,)
        The officer of each case.
    """
    for i in range(first.size):
        teams = (count[i] + team_size - 1) // team_size
        team = int(place[i] * teams)
        start = first[i] + team * count[i] // teams
        end = first[i] + (team + 1) * count[i] // teams
        best = start
        for officer in range(start + 1, end):
            if caseload[officer] < caseload[best]:
                best = officer
        caseload[best] += 1
        out[i] = best
