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

from sim.charities import Stage
from sim.clock import DAYS_PER_YEAR, WEEKS_PER_YEAR
from sim.compiled import compiled
from sim.draws import uniform
from sim.offenders import OffenceGroup, Rows, Status
from sim.parameters.register import Register
from sim.tables import Column, Table

if TYPE_CHECKING:
    import networkx

    from sim.model import ProbationModel


class TieKind(IntEnum):
    """How two people came to be tied."""

    CO_OFFENDING = 0
    CUSTODY = 1


TIE_COLUMNS = {
    "a": Column("int32", "row", "one of the two"),
    "b": Column("int32", "row", "the other"),
    "next_a": Column("int32", "tie", "the next tie of a, -1 at the end of the chain", -1),
    "next_b": Column("int32", "tie", "the next tie of b, -1 at the end of the chain", -1),
    "kind": Column("uint8", "TieKind", "how they came to be tied"),
    "strength": Column("uint8", "hundredths", "strength in the week in which they last did something together"),
    "since_week": Column("int16", "week", "that week"),
}
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


class Ties(Table):
    """Ties between rows of people; each belongs to the chains of both.

    Attributes
    ----------
    people_seen, log_seen : int
        How far the table of people and the log have been looked through.
    cell_first : int64 array, shape (cells,), or None
        The person who came last to each cell, the head of its chain; -1 for nobody.
    """

    def __init__(self) -> None:
        super().__init__(TIE_COLUMNS)
        self.__dict__.update(people_seen=0, log_seen=0, cell_first=None)

    def __setattr__(self, name: str, value: object) -> None:
        if name not in ("people_seen", "log_seen", "cell_first"):
            super().__setattr__(name, value)
        self.__dict__[name] = value

    def copy(self) -> "Ties":
        """Return an independent copy."""
        twin = super().copy()
        twin.cell_first = None if self.cell_first is None else self.cell_first.copy()
        return twin


_LONGEST_FADE_WEEKS = 1040
_ROOM, _HALF, _THOUSAND = 2, 0.5, 1000


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
    """Return the strength of a tie, in hundredths, so many weeks after the two last did something together."""
    return int(strength * n.fade[min(max(weeks, 0), n.fade.size - 1)])


@compiled
def tied(i, j, first_tie, a, b, next_a, next_b):
    """Say whether two people are tied."""
    t = first_tie[i]
    while t >= 0:
        if a[t] == j or b[t] == j:
            return True
        t = next_a[t] if a[t] == i else next_b[t]
    return False


@compiled
def pairs_with_newcomers(n, rows, day, tie_key, person_hash, birth_day, sociability_of, cell, cell_first, cell_next):
    """Return the pairs of newcomers with those of their cell who came before them and to whom they are tied.

    Newcomers join the chains of their cells on the way.
    """
    out, found = np.empty((rows.size + 1, 2), np.int64), 0
    for i in rows:
        j = cell_first[cell[i]]
        while j >= 0:
            apart = abs(birth_day[i] - birth_day[j]) / DAYS_PER_YEAR
            mean_age = (day - _HALF * (float(birth_day[i]) + float(birth_day[j]))) / DAYS_PER_YEAR
            chance = chance_of_tie(n, sociability_of[i], sociability_of[j], apart, mean_age)
            if uniform(person_hash[i] ^ person_hash[j], tie_key) < chance:
                if found == out.shape[0]:
                    longer = np.empty((_ROOM * found, 2), np.int64)
                    longer[:found] = out
                    out = longer
                out[found, 0], out[found, 1] = j, i
                found += 1
            j = cell_next[j]
        cell_next[i] = cell_first[cell[i]]
        cell_first[cell[i]] = i
    return out[:found]


@compiled
def pairs_inside(rows, wing, p_tie, key, person_hash, first_tie, a, b, next_a, next_b):
    """Return the pairs of people of one wing who become tied this month; rows are sorted by wing."""
    out, found = np.empty((rows.size + 1, 2), np.int64), 0
    start = 0
    for k in range(rows.size):
        if wing[k] != wing[start]:
            start = k
        for m in range(start, k):
            i, j = rows[m], rows[k]
            meet = uniform(person_hash[i] ^ person_hash[j], key) < p_tie
            if meet and not tied(i, j, first_tie, a, b, next_a, next_b):
                if found == out.shape[0]:
                    longer = np.empty((_ROOM * found, 2), np.int64)
                    longer[:found] = out
                    out = longer
                out[found, 0], out[found, 1] = i, j
                found += 1
    return out[:found]


@compiled
def link(first, count, a, b, next_a, next_b, first_tie):
    """Put new ties at the head of the chains of both their people."""
    for t in range(first, first + count):
        next_a[t] = first_tie[a[t]]
        first_tie[a[t]] = t
        next_b[t] = first_tie[b[t]]
        first_tie[b[t]] = t


def tie(model: "ProbationModel", pairs: NDArray[np.int64], kind: TieKind, strength: int, since_week: Rows) -> None:
    """Tie pairs of people; shape (n, 2), no pair twice."""
    ties = model.ties
    made = ties.add(len(pairs), a=pairs[:, 0], b=pairs[:, 1], kind=kind, strength=strength, since_week=since_week)
    first = int(made[0]) if len(made) else 0
    link(first, len(made), ties.a, ties.b, ties.next_a, ties.next_b, model.people.first_tie)


def meet_newcomers(model: "ProbationModel") -> None:
    """Tie everyone who has come since the last time to potential co-offenders of the same cell."""
    people, ties = model.people, model.ties
    rows = np.arange(ties.people_seen, len(people))
    ties.people_seen = len(people)
    n = model.register.derived(build)
    hashes, draws = people.person_hash[rows], model.draws
    cells, first_cell = cells_of_areas(model)
    if ties.cell_first is None:
        ties.cell_first = np.full(int(cells.sum()), -1, np.int64)
    area = people.area[rows]
    people.cell[rows] = first_cell[area] + (draws.uniforms("ties.cell", hashes) * cells[area]).astype(np.int64)
    people.sociability[rows] = sociabilities(n, draws.uniforms("ties.sociability", hashes))
    pairs = pairs_with_newcomers(
        n,
        rows,
        model.day,
        draws.key("ties.pair"),
        people.person_hash,
        people.birth_day,
        people.sociability,
        people.cell,
        ties.cell_first,
        people.cell_next,
    )
    since = people.arrival_week[pairs].max(axis=1)
    tie(model, pairs, TieKind.CO_OFFENDING, FULL, since)


def cells_of_areas(model: "ProbationModel") -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return how many cells each area has, by the people supervised there, and the number of its first."""
    per_1000 = model.register.ties.cells_per_1000
    shares = np.array(model.region.shares)
    cells = np.maximum(1, (shares * model.region.caseload * model.scale * per_1000 / _THOUSAND).astype(np.int64))
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


def graph(model: "ProbationModel", area: int | None = None) -> "networkx.Graph":
    """Return the network as it stands: people who have ties, an officer or help, with the officers and charities.

    Parameters
    ----------
    model : ProbationModel
    area : int, optional
        One contract package area; all by default.

    Returns
    -------
    networkx.Graph
        Nodes are the agents' numbers, with `kind` and what is known of each; edges have `kind` and `strength` in
        [0, 1]: of a tie between people as it has faded, of an officer the working alliance, of a mentor 1. Ties with
        people whom the model no longer tracks are left out.
    """
    import networkx as nx

    people, ties = model.people, model.ties
    there = people.status != Status.LEFT
    if area is not None:
        there = there & (people.area == area)
    network = nx.Graph()
    n = model.register.derived(build)
    numbers = people.person
    kept = np.flatnonzero(there[ties.a] & there[ties.b])
    for t in kept.tolist():
        weeks = model.week - int(ties.since_week[t])
        strength = faded(n, float(ties.strength[t]), weeks) / FULL
        if strength > 0:
            kind = TieKind(ties.kind[t]).name.lower()
            network.add_edge(int(numbers[ties.a[t]]), int(numbers[ties.b[t]]), kind=kind, strength=strength)
    supervised = np.flatnonzero(there & (people.officer >= 0))
    for i in supervised.tolist():
        officer = -1 - int(people.officer[i])
        network.add_edge(int(numbers[i]), officer, kind="officer", strength=float(people.alliance[i]))
        network.nodes[officer]["kind"] = "officer"
    cases = model.cases
    for row, number in zip(*cases.of(Stage.HELPED), strict=True):
        if there[row]:
            charity = model.charities[number]
            network.add_edge(int(numbers[row]), charity.unique_id, kind=charity.kind.name.lower(), strength=1.0)
            network.nodes[charity.unique_id]["kind"] = "charity"
    _describe_people(model, network, np.flatnonzero(there))
    return network


def _describe_people(model: "ProbationModel", network: "networkx.Graph", rows: Rows) -> None:
    """Write down of each person in the graph what a reader would colour or filter by."""
    people = model.people
    age = people.age(rows, model.day)
    for i, number, years in zip(rows.tolist(), people.person[rows].tolist(), age.tolist(), strict=True):
        if number in network:
            network.nodes[number].update(
                kind="person",
                status=Status(people.status[i]).name.lower(),
                age=round(years, 1),
                sex="female" if people.is_female[i] else "male",
                ogrs3=round(float(people.ogrs3[i]), 3),
                offence_group=OffenceGroup(people.offence_group[i]).name.lower(),
                area=model.region.areas[people.area[i]],
            )
