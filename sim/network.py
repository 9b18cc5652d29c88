"""Ties between people: made by keyed draws for each pair, held as arrays, read along chains.

Potential co-offenders live in the same cell, a small part of an area. A pair is tied if its own uniform lies below a
chance that grows with both persons' sociability (heavy-tailed) and falls with their difference in age and with age
itself. One person more ties nobody else to anybody else. Strength fades with the time since the two last did anything
together, and grows when they do.
"""

import math
from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_YEAR, NEVER, WEEKS_PER_YEAR
from sim.compiled import compiled, compiled_with_arrays
from sim.draws import uniform
from sim.offenders import IS_IN_PRISON, Rows, Status
from sim.parameters.register import Register
from sim.tables import Column, Table

if TYPE_CHECKING:
    from sim.model import ProbationModel


class TieKind(IntEnum):
    """How two people came to be tied."""

    CO_OFFENDING = 0
    CUSTODY = 1


HALF_TIE_COLUMNS = {
    "peer": Column("int32", "row", "the other person"),
    "next": Column("int32", "half tie", "the next of the same person, -1 at the end of the chain"),
    "since_week": Column("int16", "week", "week in which the two last did something together"),
    "strength": Column("uint8", "hundredths", "strength in that week"),
    "given": Column("uint8", "hundredths", "influence that this person now has on the peer"),
    "kind": Column("uint8", "TieKind", "how the two came to be tied"),
}
HALF_TIE = np.dtype([(name, column.dtype) for name, column in HALF_TIE_COLUMNS.items()], align=True)
"""Each tie stands twice, once in the chain of each of its people, at numbers 2k and 2k + 1."""
MEMBER = np.dtype(
    [
        ("person_hash", np.uint64),
        ("birth_day", np.int32),
        ("sociability", np.float32),
        ("next", np.int32),  # who came before to the cell, -1 for nobody
    ],
    align=True,
)
"""What decides over ties to newcomers, side by side in memory, because cells are read person by person."""
TIE_COLUMNS = {"half": Column(HALF_TIE, "record", "half a tie; see HALF_TIE")}
MEMBER_COLUMNS = {"member": Column(MEMBER, "record", "a member of a cell; see MEMBER")}
FULL = 100
"""Hundredths of a tie of full strength."""


class Network(NamedTuple):
    """What the compiled loops know of the parameters."""

    sociability_least: float
    sociability_shape: float
    sociability_greatest: float
    p_tie: float
    age_years: float
    decline_years: float
    least_age: float
    fade: NDArray[np.float64]  # by weeks since
    least: int  # hundredths below which a tie is none
    influence: NDArray[np.float64]  # factor on the hazard by hundredths of influence, shape (256,)


class Ties(Table):
    """Ties between rows of people, each in two halves.

    Attributes
    ----------
    log_seen : int
        How far the log has been looked through.
    active : int64 array
        Everyone who is active, at liberty or not, in no order.
    cell_first : int64 array, shape (cells,), or None
        The person who came last to each cell, the head of its chain; -1 for nobody.
    """

    def __init__(self) -> None:
        super().__init__(TIE_COLUMNS)
        self.__dict__.update(active=np.empty(0, np.int64), log_seen=0, members=Table(MEMBER_COLUMNS), cell_first=None)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("log_seen", "active", "cell_first"):
            super().__setattr__(name, value)
        self.__dict__[name] = value

    @property
    def members(self) -> Table:
        """Everyone, by row, in the chains of their cells."""
        found: Table = self.__dict__["members"]
        return found

    def copy(self) -> "Ties":
        """Return an independent copy."""
        twin = super().copy()
        twin.__dict__["members"] = self.members.copy()
        twin.active = self.active.copy()
        twin.cell_first = None if self.cell_first is None else self.cell_first.copy()
        return twin


_LONGEST_FADE_WEEKS = 1040
_INFLUENCES = 256
_ROOM, _SIDES, _HALF, _THOUSAND = 2, 2, 0.5, 1000
_NEVER_WEEK = 2**15 - 1
TOGETHER = 64
"""People whose chains are walked side by side."""
_GONE = -NEVER
"""A day of birth that marks a member of a cell as no longer tracked."""


def build(register: Register) -> Network:
    """Gather the parameters, and tabulate how ties fade by week."""
    p = register.ties
    rate = math.log(2.0) / (p.half_life_years * WEEKS_PER_YEAR)
    return Network(
        sociability_least=p.sociability_least,
        sociability_shape=p.sociability_shape,
        sociability_greatest=p.sociability_greatest,
        p_tie=p.p_tie,
        age_years=p.age_difference_years,
        decline_years=p.age_decline_years,
        least_age=register.population.least_age,
        fade=np.array([math.exp(-rate * w) for w in range(_LONGEST_FADE_WEEKS)]),
        least=int(p.least_strength),
        influence=np.array([math.exp(p.peer_log_factor / FULL * h) for h in range(_INFLUENCES)]),
    )


@compiled
def sociability(n, u):
    """Return a person's sociability: a Pareto tail, cut off; ``least (1 - u)**(-1 / shape)``."""
    return min(n.sociability_least * (1.0 - u) ** (-1.0 / n.sociability_shape), n.sociability_greatest)


@compiled
def chance_of_tie(n, one, other, years_apart, mean_age):
    """Return the chance that two people of a cell are tied."""
    young = math.exp(-max(mean_age - n.least_age, 0.0) / n.decline_years)
    return min(1.0, n.p_tie * one * other * young * math.exp(-years_apart / n.age_years))


@compiled
def faded(n, strength, weeks):
    """Return the strength of a tie, in hundredths, so many weeks after the two last did something together; 0 for one
    too weak to matter."""
    now = int(strength * n.fade[min(max(weeks, 0), n.fade.size - 1)])
    return now if now >= n.least else 0


@compiled
def tied(i, j, first_tie, half):
    """Say whether two people are tied."""
    h = first_tie[i]
    while h >= 0:
        if half[h]["peer"] == j:
            return True
        h = half[h]["next"]
    return False


@compiled
def _walk_together(cells, member, cell_first, at):
    """Walk the chains of some cells side by side, so that members are near when each newcomer meets them.

    Members stand far apart, and one chain alone would wait for each in turn.
    """
    walking = 0
    for c in cells:
        at[walking] = cell_first[c]
        walking += at[walking] >= 0
    while walking:
        still = 0
        for k in range(walking):
            at[still] = member[at[k]]["next"]
            still += at[still] >= 0
        walking = still


@compiled_with_arrays
def pairs_with_newcomers(n, first_row, day, tie_key, cell, member, cell_first):
    """Return the pairs of newcomers with those of their cell who came before them and to whom they are tied.

    Newcomers, the members from a row on, join the chains of their cells on the way; whoever is gone is taken out.
    """
    out, found = np.empty((member.size - first_row + 1, 2), np.int64), 0
    at = np.empty(TOGETHER, np.int64)
    for i in range(first_row, member.size):
        if (i - first_row) % TOGETHER == 0:
            _walk_together(cell[i : i + TOGETHER], member, cell_first, at)
        me = member[i]
        before, j = -1, cell_first[cell[i]]
        while j >= 0:
            other = member[j]
            if other["birth_day"] == _GONE:
                j = other["next"]
                if before >= 0:
                    member[before]["next"] = j
                else:
                    cell_first[cell[i]] = j
                continue
            apart = abs(me["birth_day"] - other["birth_day"]) / DAYS_PER_YEAR
            mean_age = (day - _HALF * (float(me["birth_day"]) + float(other["birth_day"]))) / DAYS_PER_YEAR
            u = uniform(me["person_hash"] ^ other["person_hash"], tie_key)
            mine, theirs = float(me["sociability"]), float(other["sociability"])
            if u < n.p_tie * mine * theirs and u < chance_of_tie(n, mine, theirs, apart, mean_age):
                if found == out.shape[0]:
                    out = longer(out)
                out[found, 0], out[found, 1] = j, i
                found += 1
            before, j = j, other["next"]
        me["next"] = cell_first[cell[i]]
        cell_first[cell[i]] = i
    return out[:found]


@compiled_with_arrays
def longer(table):
    """Return a table with more room that starts alike."""
    out = np.empty((_ROOM * table.shape[0], table.shape[1]), table.dtype)
    out[: table.shape[0]] = table
    return out


@compiled_with_arrays
def pairs_inside(rows, wing, p_tie, key, person_hash, first_tie, half):
    """Return the pairs of people of one wing who become tied this month; rows are sorted by wing."""
    out, found = np.empty((rows.size + 1, 2), np.int64), 0
    start = 0
    for k in range(rows.size):
        if wing[k] != wing[start]:
            start = k
        for m in range(start, k):
            i, j = rows[m], rows[k]
            meet = uniform(person_hash[i] ^ person_hash[j], key) < p_tie
            if meet and not tied(i, j, first_tie, half):
                if found == out.shape[0]:
                    out = longer(out)
                out[found, 0], out[found, 1] = i, j
                found += 1
    return out[:found]


@compiled
def link(pairs, first, kind, strength, since_week, half, first_tie):
    """Write new ties, from a number on, at the head of the chains of both their people."""
    for k in range(pairs.shape[0]):
        for side in range(_SIDES):
            i, h = pairs[k, side], first + _SIDES * k + side
            half[h]["peer"] = pairs[k, 1 - side]
            half[h]["next"] = first_tie[i]
            half[h]["since_week"] = since_week[k]
            half[h]["strength"] = strength
            half[h]["given"] = 0
            half[h]["kind"] = kind
            first_tie[i] = h


def tie(model: "ProbationModel", pairs: NDArray[np.int64], kind: TieKind, strength: int, since_week: Rows) -> None:
    """Tie pairs of people; shape (n, 2), no pair twice."""
    ties = model.ties
    first = len(ties)
    ties.add(_SIDES * len(pairs))
    link(pairs, first, kind.value, strength, since_week.astype(np.int64), ties.half, model.people.first_tie)


def meet_newcomers(model: "ProbationModel") -> None:
    """Tie everyone who has come since the last time to potential co-offenders of the same cell."""
    people, ties, draws = model.people, model.ties, model.draws
    members = ties.members
    rows = members.add(len(people) - len(members))
    n = model.register.derived(build)
    hashes, area = people.person_hash[rows], people.area[rows]
    cells, first_cell = cells_of_areas(model)
    if ties.cell_first is None:
        ties.cell_first = np.full(int(cells.sum()), -1, np.int64)
    people.cell[rows] = first_cell[area] + (draws.uniforms("ties.cell", hashes) * cells[area]).astype(np.int64)
    member = members.member
    member["birth_day"][model.leaving[people.status[model.leaving] == Status.LEFT]] = _GONE
    member["person_hash"][rows] = hashes
    member["birth_day"][rows] = people.birth_day[rows]
    member["sociability"][rows] = sociabilities(n, draws.uniforms("ties.sociability", hashes))
    first = int(rows[0]) if len(rows) else len(member)
    pairs = pairs_with_newcomers(n, first, model.day, draws.key("ties.pair"), people.cell, member, ties.cell_first)
    still = (people.active_until_day[pairs] > model.day) & ~IS_IN_PRISON[people.status[pairs]]
    people.has_influence[pairs[still]] = False  # who is active tells all peers anew, the new one too
    tie(model, pairs, TieKind.CO_OFFENDING, FULL, people.arrival_week[pairs].max(axis=1, initial=-_NEVER_WEEK))


def by_area(model: "ProbationModel", per_1000: float) -> NDArray[np.float64]:
    """Return what each area has of something, so many for each thousand people supervised; shape (areas,)."""
    return np.array(model.region.shares) * model.region.caseload * model.scale * per_1000 / _THOUSAND


def cells_of_areas(model: "ProbationModel") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many cells each area has, by the people supervised there, and the number of its first."""
    cells = np.maximum(1, by_area(model, model.register.ties.cells_per_1000).astype(np.int64))
    return cells, np.concatenate([[0], cells.cumsum()[:-1]])


@compiled
def _fill_sociability(n, u, out):
    for k in range(u.size):
        out[k] = sociability(n, u[k])


def sociabilities(n: Network, u: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return people's sociability, shape (n,)."""
    out = np.empty(len(u))
    _fill_sociability(n, u, out)
    return out
