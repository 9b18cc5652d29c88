"""The reform taken apart: what each of its levers adds, over all orders in which they could have come.

Levers that belong together are one player; every subset of players is a world of its own, under the same luck, and
worlds are one up to the day on which they part. A player's share is its Shapley value (Shapley 1953): what it adds to
those who are there already, averaged over all orders. Shares add up to the whole effect, whatever levers do to each
other. What two players do to each other is Shapley's interaction index (Grabisch and Roubens 1999): how much more, or
less, they change together than each by itself, averaged over who else is there.
"""

import itertools
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from experiments import costs, store, summary
from experiments.compare import first_day
from experiments.engine import map_runs
from experiments.estimates import UNITS
from experiments.numbers import Floats
from experiments.plan import Plan
from experiments.tree import Lived, grow
from sim import measures
from sim.errors import InputError
from sim.model import ProbationModel
from sim.timeline import Timeline

PLAYERS: Mapping[str, tuple[str, ...]] = {
    "NPS and CRCs": ("risk_split", "reunified_service"),
    "short sentences supervised": ("short_sentence_supervision",),
    "activity requirement": ("rehabilitation_activity_requirement",),
    "owners and contracts": (
        "private_providers",
        "payment_by_results",
        "charity_supply_chain",
        "contract_variation",
    ),
    "help at release": ("through_the_gate", "charity_mentoring", "discharge_grant"),
    "curfew widened": ("hdc_widened",),
}
"""Which levers move together: who supervises whom, what the law asks for, who pays and is paid, what is given at the
gate. Two of one player are never told apart."""


_MAKE_VALUES = ("decompose.py", "summary.py", "costs.py", "estimates.py", "tables.py", "tree.py")
"""The code that decides what finished seeds say, beside the model's."""


class Outcome(NamedTuple):
    """What a world is asked for: a measure and group of the tables, its unit, and how it is shown."""

    measure: str
    group: str
    unit: str
    title: str
    shown_unit: str
    factor: float


OUTCOMES = (
    Outcome("binary_rate", "all", UNITS["binary_rate"], "proven reoffending", "points", 100),
    Outcome(
        "binary_rate",
        "disposal=custody_under_12m",
        UNITS["binary_rate"],
        "reoffending after short sentences",
        "points",
        100,
    ),
    Outcome("frequency", "all", UNITS["frequency"], "reoffences per reoffender", "reoffences", 1),
    Outcome("recalls_per_year", "all", "recalls a year", "recalls to prison", "recalls a year", 1),
    Outcome("custody_population", "all", "people", "people in prison", "people", 1),
    Outcome(costs.PUBLIC_SPEND, "all", costs.UNIT, "public spend", "thousand pounds a year", 1e-3),
)
_VALUES = "values"


@dataclass(frozen=True)
class Share:
    """What one player, or two together, have of the change of one outcome, by seed; arrays of shape (seeds,).

    Attributes
    ----------
    players : tuple of str
    outcome : Outcome
    value : float64 array
        Shapley value of a player, interaction index of two.
    alone : float64 array
        What changes where nobody else moves; for two, beyond what each changes alone.
    last : float64 array
        What changes where everybody else has moved already; for two, beyond what each changes then.
    """

    players: tuple[str, ...]
    outcome: Outcome
    value: Floats
    alone: Floats
    last: Floats


@dataclass(frozen=True)
class Decomposition:
    """A reform taken apart.

    Attributes
    ----------
    players : dict of str to tuple of str
        Levers of each player that the arms do not share.
    outcomes : tuple of Outcome
    values : float64 array, shape (seeds, 2**players, outcomes)
        Of every world; see `coalitions`.
    shares, interactions : list of Share
        By outcome, then player or pair.
    saved : float
        Share of the weeks that worlds lived together.
    """

    players: dict[str, tuple[str, ...]]
    outcomes: tuple[Outcome, ...]
    values: Floats
    shares: list[Share]
    interactions: list[Share]
    saved: float

    def whole(self, outcome: Outcome) -> Floats:
        """Return the whole change of an outcome, by seed."""
        k = self.outcomes.index(outcome)
        return self.values[:, -1, k] - self.values[:, 0, k]


def players(plan: Plan) -> dict[str, tuple[str, ...]]:
    """Return the players of a plan: groups of levers in which its arms differ before the end, in the order of dates.

    Raises
    ------
    InputError
        If the arms do not differ.
    """
    base, reform = (
        {name: lever.describe() for name, lever in arm.levers.items() if lever.from_day < plan.end_day}
        for arm in plan.arms
    )
    moved = {name for name in base.keys() | reform.keys() if base.get(name) != reform.get(name)}
    found = {player: tuple(name for name in names if name in moved) for player, names in PLAYERS.items()}
    if not moved:
        names = " and ".join(arm.name for arm in plan.arms)
        raise InputError(
            f"decompose: {names} move the same levers up to {plan.until}: there is nothing to take apart; name two "
            "scenarios that differ"
        )
    days = {
        player: min(arm.levers[name].from_day for arm in plan.arms for name in names if name in arm.levers)
        for player, names in found.items()
        if names
    }
    return {player: found[player] for player in sorted(days, key=lambda player: days[player])}


def coalitions(plan: Plan) -> dict[int, Timeline]:
    """Return the levers of every subset of players, under its number: bit k says whether player k has moved.

    The first is the base, the last the reform.
    """
    base, reform = plan.arms
    teams = list(players(plan).values())
    found = {}
    for number in range(2 ** len(teams)):
        moved = {name for k, team in enumerate(teams) if number >> k & 1 for name in team}
        levers = {name: lever for name, lever in base.levers.items() if name not in moved}
        levers |= {name: lever for name, lever in reform.levers.items() if name in moved}
        found[number] = replace(base, levers=levers)
    return found


def run(plan: Plan, folder: Path, jobs: int, step: Callable[[], None]) -> None:
    """Run every world of every seed; seeds that are finished in the folder already are kept. Call `step` at each."""
    with store.locked(folder):
        now = store.hash_of(*_MAKE_VALUES)
        if manifest := store.manifest_in(folder):
            store.refuse_other_code(folder, manifest, values_version=now)
        store.clear_unfinished(folder)
        store.write_manifest(folder, plan, "decompose", values_version=now)
        waiting = [seed for seed in plan.seeds if not _part(folder, seed).exists()]
        for _ in range(len(plan.seeds) - len(waiting)):
            step()
        for _ in map_runs(partial(_run_seed, plan, folder), waiting, jobs):
            step()


def _part(folder: Path, seed: int) -> Path:
    """Return the table of a finished seed."""
    return folder / store.PARTS / store.part_of(seed) / f"{_VALUES}.parquet"


def _run_seed(plan: Plan, folder: Path, seed: int) -> None:
    """Run every world of one seed as a tree, and write what each says."""
    lived = Lived()
    worlds = coalitions(plan)
    values = np.empty((len(worlds), len(OUTCOMES)))
    world = ProbationModel(plan.arms[0], plan.region, plan.scale, seed, plan.register)
    for number, model in grow(world, worlds, plan.end_day, lived):
        values[number] = measure(plan, model)
    columns = {
        "seed": np.full(values.size, seed),
        "coalition": np.repeat(np.arange(len(worlds)), len(OUTCOMES)),
        "measure": [o.measure for o in OUTCOMES] * len(worlds),
        "group": [o.group for o in OUTCOMES] * len(worlds),
        "value": values.ravel(),
    }
    weeks = {"together": [lived.together], "apart": [lived.apart]}
    store.write_part(folder, store.part_of(seed), {_VALUES: columns, "weeks": weeks})


def measure(plan: Plan, model: ProbationModel) -> Floats:
    """Return what a finished world says of every outcome, shape (outcomes,); NaN where it says nothing.

    Cohorts and weeks are those over which `compare` sets the two arms of the plan beside each other.
    """
    groups = {o.group for o in OUTCOMES}
    said = summary.values(model, measures.cohorts(model, groups=groups), first_day(plan))
    found = {(value.measure, value.group): value.value for value in said}
    return np.array([found.get((o.measure, o.group), np.nan) for o in OUTCOMES])


def result(plan: Plan, folder: Path) -> Decomposition:
    """Return the reform taken apart, from the folder of finished seeds; write every world's values as one table."""
    found = pa.concat_tables([pq.read_table(_part(folder, seed)) for seed in plan.seeds])
    store.write_table(folder / f"{_VALUES}.parquet", found)
    weeks = [pq.read_table(_part(folder, seed).with_name("weeks.parquet")).to_pylist()[0] for seed in plan.seeds]
    lived = Lived(sum(w["together"] for w in weeks), sum(w["apart"] for w in weeks))
    teams = players(plan)
    values = found["value"].to_numpy().reshape(len(plan.seeds), 2 ** len(teams), len(OUTCOMES))
    return taken_apart(teams, OUTCOMES, values, lived.saved)


def taken_apart(
    teams: dict[str, tuple[str, ...]], outcomes: tuple[Outcome, ...], values: Floats, saved: float
) -> Decomposition:
    """Take a reform apart, from the values of every world, shape (seeds, 2**players, outcomes)."""
    names = list(teams)
    everyone = range(len(names))
    shares, interactions = [], []
    for k, outcome in enumerate(outcomes):
        v = values[:, :, k]
        shares += [Share((names[i],), outcome, *marginals(v, (i,))) for i in everyone]
        pairs = itertools.combinations(everyone, 2)
        interactions += [Share((names[i], names[j]), outcome, *marginals(v, (i, j))) for i, j in pairs]
    return Decomposition(teams, outcomes, values, shares, interactions, saved)


def marginals(v: Floats, chosen: Sequence[int]) -> tuple[Floats, Floats, Floats]:
    """Return what some players change together: over all orders, where nobody else has moved, where everybody has.

    Parameters
    ----------
    v : float64 array, shape (seeds, 2**players)
        The worth of every coalition, the empty one first.
    chosen : sequence of int
        One player (Shapley value) or two (interaction index).

    Returns
    -------
    three float64 arrays, shape (seeds,)
    """
    n = v.shape[1].bit_length() - 1
    others = [i for i in range(n) if i not in chosen]
    total = np.zeros(len(v))
    for size in range(len(others) + 1):
        weight = 1 / (math.comb(len(others), size) * (len(others) + 1))
        for there in itertools.combinations(others, size):
            total += weight * _change(v, there, chosen)
    return total, _change(v, (), chosen), _change(v, others, chosen)


def _change(v: Floats, there: Sequence[int], chosen: Sequence[int]) -> Floats:
    """Return what some players change together beyond what fewer of them do, where others are there already."""
    start = sum(1 << i for i in there)
    found = np.zeros(len(v))
    for size in range(len(chosen) + 1):
        for moved in itertools.combinations(chosen, size):
            found += (-1) ** (len(chosen) - size) * v[:, start + sum(1 << i for i in moved)]
    return found
