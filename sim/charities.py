"""Charities: who helps with what, how many places they have, whom they take."""

from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.institution import Institution
from sim.tables import Column, Table
from sim.workload import TIERS

if TYPE_CHECKING:
    from sim.model import ProbationModel


class Kind(IntEnum):
    """What a charity does; its place is its bit in the column `help`."""

    MENTORING = 0
    ACCOMMODATION = 1
    EMPLOYMENT = 2
    SUBSTANCE_MISUSE = 3
    FAMILY = 4


class Path(IntEnum):
    """How a person came to a charity."""

    VOLUNTARY = 0
    SUPERVISION = 1
    THROUGH_THE_GATE = 2
    EVERY_LEAVER = 3


class Stage(IntEnum):
    """Where a case of help stands."""

    WAITING = 0
    HELPED = 1
    DONE = 2


CASE_COLUMNS = {
    "row": Column("int32", "row", "who"),
    "charity": Column("int32", "index", "of which charity"),
    "path": Column("uint8", "Path", "how the person came to it"),
    "stage": Column("uint8", "Stage", "where the case stands"),
    "asked_week": Column("int32", "week", "week of the referral"),
    "end_day": Column("int32", "day", "last day of waiting, then of help"),
}


class Cases(Table):
    """Cases of help, waiting or going on; done ones are dropped once a week."""

    def __init__(self) -> None:
        super().__init__(CASE_COLUMNS)

    def drop_done(self) -> None:
        """Forget the cases that are done."""
        self.keep(self.stage != Stage.DONE)

    def of(self, stage: Stage) -> tuple[list[int], list[int]]:
        """Return the people and the charities of the cases that stand there."""
        found = self.stage == stage
        return self.row[found].tolist(), self.charity[found].tolist()

    def count(self, charity: int, stage: Stage) -> int:
        """Return how many cases of a charity stand there."""
        return int(((self.charity == charity) & (self.stage == stage)).sum())


REFERRED, STARTED = range(2)
"""Rows of `SupportCounts.of_companies`: referrals and starts of help."""


class SupportCounts:
    """What happened in a week in the support of people.

    Attributes
    ----------
    leavers : int64 array, shape (3,)
        People released for the first time; those of them whom Through the Gate covers; those whom it sees.
    seen : int64 array, shape (n,)
        Whom of them Through the Gate sees.
    referrals, started : int64 arrays, shape (4 paths, 5 kinds)
        People put into a queue, and people whose help began.
    of_companies : int64 array, shape (2, 4)
        Of people whom companies supervise, by class of payment: `REFERRED` and `STARTED`.
    """

    def __init__(self) -> None:
        self.leavers = np.zeros(3, np.int64)
        self.seen: NDArray[np.integer[Any]] = np.empty(0, np.int64)
        self.referrals = np.zeros((len(Path), len(Kind)), np.int64)
        self.started = np.zeros((len(Path), len(Kind)), np.int64)
        self.of_companies = np.zeros((2, TIERS), np.int64)

    def clear(self) -> None:
        """Begin a week."""
        self.seen = self.seen[:0]
        for counts in (self.leavers, self.referrals, self.started, self.of_companies):
            counts[:] = 0


class Charity(Institution):
    """One charity: a specialism, an area, places, and staff who run them. It holds no list of people: see `Cases`.

    Parameters
    ----------
    model : ProbationModel
    number : int
        Place among the charities; the agent's own number is far below those of officers.
    kind : Kind
    area : int
        Contract package area.
    places : int
        People helped at once.
    places_per_worker : float
    """

    first_number = -1_000_000  # officers stand between it and 0
    title = "a charity"
    ends_by = "set its places to 0"

    def __init__(
        self, model: "ProbationModel", number: int, kind: Kind, area: int, places: int, places_per_worker: float
    ) -> None:
        super().__init__(model, number)
        self.kind = kind
        self.area = area
        self.places = self.founding_places = places
        self.upkeep = float(places)
        self.by_payment = False  # the company that pays has its own people served in the order of what they may bring
        self.staff = places / places_per_worker

    @property
    def helped(self) -> int:
        """People who have a place now."""
        return self.model.cases.count(self.number, Stage.HELPED)

    @property
    def waiting(self) -> int:
        """People in the queue now."""
        return self.model.cases.count(self.number, Stage.WAITING)


def admitted(
    charity: NDArray[np.integer[Any]],
    asked_week: NDArray[np.integer[Any]],
    priority: NDArray[np.float64],
    free: NDArray[np.integer[Any]],
    worth: NDArray[np.integer[Any]],
) -> NDArray[np.int64]:
    """Return whom of the queues of charities to give their free places.

    Who asked first is served first, those of one week by a keyed priority.

    Where the company that pays for the places seeks payment by results, its own people take their turns in the order of
    what they may bring; nobody else waits longer for it.

    Parameters
    ----------
    charity, asked_week : int arrays, shape (n,)
        Whom each waits for, and since when.
    priority : float64 array, shape (n,)
    free : int array, shape (charities,)
        Places that nobody has.
    worth : int array, shape (n,)
        Class of payment of those whose turns go by it, -1 for all others.

    Returns
    -------
    int64 array
        Positions in the queues, charity by charity, in the order of turns; of each at most as many as it has places.
    """
    turn = np.lexsort((priority, asked_week, charity))
    sought = np.flatnonzero(worth[turn] >= 0)
    own = turn[sought]
    turn[sought] = own[np.lexsort((-worth[own], charity[own]))]
    waits_for = charity[turn]
    ahead = np.arange(len(turn)) - np.searchsorted(waits_for, waits_for)
    return turn[ahead < free[waits_for]]


def found(model: "ProbationModel") -> list[Charity]:
    """Found one charity of each kind in each area, with places for the people supervised there."""
    p = model.register.support
    per_1000 = p.places_per_1000
    supervised = model.region.caseload * model.scale
    return [
        Charity(
            model,
            area * len(Kind) + kind,
            kind,
            area,
            round(per_1000[kind] / _THOUSAND * supervised * share),
            p.places_per_worker,
        )
        for area, share in enumerate(model.region.shares)
        for kind in Kind
    ]


_THOUSAND = 1000
