"""What companies do to people of the NPS, a negative control: ``python -m experiments.negative_control [SEEDS]``.

The split into NPS and companies on a grant, against the same with `private_providers` and `payment_by_results`. The two
levers touch nobody in the NPS: what moves in its cohorts (``would_be_provider=nps``) came over from the companies, with
people who were with a company too, or by a channel. Up to the day on which the arms part they are one world; there
channels are shut, in both arms alike, in code, for nought may lie outside a number's sourced range.

* influence: an active peer raises the chance of an offence;
* joint offences: tied peers take part in the offences of others;
* charities' places: everyone waits in one queue for them;
* work of the NPS: its officers have more or less to do as companies' people come to it, by escalation, or by conviction
  for an offence of high risk of harm, which no number shuts. Shut, they have room for everyone, and nobody is away.

With all shut nothing can reach people who never were with a company. Whom a channel reaches is counted by whether any
event of their lives differs between the arms.
"""

import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from functools import partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from experiments.arguments import seeds_asked
from experiments.compare import index_keys
from experiments.engine import cores, run_seeds
from experiments.estimates import SETTLING_DAYS, interval, rate, with_bounds
from experiments.memory import free_memory
from experiments.numbers import Floats
from experiments.space import shut
from experiments.tables import recalled_within_a_year
from sim import measures
from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, date_of, day_of
from sim.events import Event
from sim.model import ProbationModel
from sim.offenders import Provider
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS, FollowUp, disposal_groups
from sim.scenarios import load_timeline
from sim.timeline import Timeline, first_difference

BASE, REFORM = "risk_split_only", "companies_only"
END = date(2018, 12, 31)
GROUP = "disposal=custody_and_orders"
SIDES = (Provider.NPS, Provider.CRC)
SEEDS, _SCALE = 8, 0.5
_ROOM_POINTS = 1_000_000
_PERCENT = 100

type Bools = NDArray[np.bool_]
type Arms = tuple[ProbationModel, ProbationModel]
type Values = dict[tuple[str, Provider], tuple[float, float]]
"""Base and reform by measure and side."""


class Channel(StrEnum):
    """A way from companies' people to those who never were with a company."""

    INFLUENCE = "influence"
    JOINT = "joint offences"
    ESCALATION = "escalation"
    PLACES = "charities' places"
    WORK = "work of the NPS"


NUMBERS = {
    Channel.INFLUENCE: "ties.peer_log_factor",
    Channel.JOINT: "ties.p_join",
    Channel.ESCALATION: "allocation.p_escalation_per_week",
}
"""What is nought in a world where a channel is shut; the other channels are shut by hand."""
EVERY = frozenset(Channel)
OPEN, BY_CONVICTION, NONE = "all open", "work of the NPS, by conviction alone", "all shut"
ALONE = {
    "influence alone": frozenset({Channel.INFLUENCE}),
    "joint offences alone": frozenset({Channel.JOINT}),
    "charities' places alone": frozenset({Channel.PLACES}),
    "work of the NPS alone": frozenset({Channel.WORK, Channel.ESCALATION}),
}
RUNGS: dict[str, frozenset[Channel]] = {
    OPEN: EVERY,
    **{f"without {channel}": EVERY - {channel} for channel in Channel},
    **ALONE,
    BY_CONVICTION: frozenset({Channel.WORK}),
    NONE: frozenset(),
}
"""The channels that are open on each rung of the ladder."""
AS_PUBLISHED, SAME, NEVER_MET = COUNTED = "as published", "same index events", "never with a company"
"""Whose reoffending: of everyone; after index events of both arms; of people who were with a company in neither."""
REOFFENDING, FREQUENCY, RECALLED = (
    "proven reoffending in a year, %",
    "reoffences of a reoffender",
    "recalled in a year, %",
)
KEPT, CHANGES = "contacts kept of those due, %", "officer changes a year, for 100 cases"
CASES, WORKLOAD = "cases for a full-time officer", "workload over target, %"
MEASURES = {
    **{f"{REOFFENDING}, {counted}": 2 for counted in COUNTED},
    **{f"{FREQUENCY}, {counted}": 3 for counted in COUNTED},
    **dict.fromkeys((RECALLED, KEPT, CHANGES, CASES, WORKLOAD), 2),
}
"""Every measure with its decimals; from contacts on of those whom the side supervises."""
LIVES, OFFENCES = "lives", "offences"


@dataclass(frozen=True)
class Found:
    """What one seed says.

    Attributes
    ----------
    owner : str
        How the companies' owners behave.
    rungs : dict
        The measures in both arms on each rung.
    """

    owner: str
    rungs: dict[str, Values]


def grow_trunk(base: Timeline, reform: Timeline, scale: float, seed: int) -> ProbationModel:
    """Return the world under the base at the start of the week in which the arms part."""
    trunk = ProbationModel(base, scale=scale, seed=seed)
    parted = first_difference(base, reform)
    assert parted is not None
    trunk.live_until(parted - DAYS_PER_WEEK + 1)
    return trunk


def fork(trunk: ProbationModel, timeline: Timeline, is_open: Collection[Channel]) -> ProbationModel:
    """Return a copy of a world under a timeline in which all channels are shut but those that are open."""
    twin = trunk.fork(timeline)
    for channel, key in NUMBERS.items():
        if channel not in is_open:
            twin.register = shut(twin.register, {key: 0.0})
    if Channel.PLACES not in is_open:
        for charity in twin.charities:
            charity.places = 0
    return twin


def relieve(model: ProbationModel) -> None:
    """Give every officer of the NPS room for any number of cases, and let none be away; called every week."""
    officers = model.officers
    nps = np.flatnonzero(officers.provider == Provider.NPS)
    officers.target[nps] = (officers.hours[nps] * _ROOM_POINTS).astype(np.int64)
    officers.is_vacant[nps], officers.away_until_day[nps] = False, model.day


def live(model: ProbationModel, is_open: Collection[Channel], end: date) -> ProbationModel:
    """Let an arm live to the end, and return it."""
    while model.day < day_of(end):
        if Channel.WORK not in is_open:
            relieve(model)
        model.step()
    return model


def places(model: ProbationModel, arm: ProbationModel) -> NDArray[np.int64]:
    """Return, for each row of people of a world, the place of the person among those of an arm in order of number."""
    return np.searchsorted(np.sort(arm.people.person), model.people.person)


def supervised_by(provider: Provider, trunk: ProbationModel, arms: Arms) -> Bools:
    """Say who was supervised by a provider in either arm at any time since they parted; shape (people,), by number."""
    found = np.zeros(len(arms[0].people), bool)
    had = (trunk.people.provider == provider) & (trunk.people.officer >= 0)
    found[places(trunk, arms[0])[had]] = True
    for model in arms:
        log = model.log
        given = log.of(Event.ALLOCATION, since=len(trunk.log))
        found[places(model, model)[log.row[given[log.value[given] == provider]]]] = True
    return found


def lives(model: ProbationModel, since: int, events: Collection[Event] = Event) -> NDArray[np.uint64]:
    """Return a digest of each person's events of some kinds from a place in the log on; shape (people,), by number.

    Which officer has a case is left out: it shows in what the officer does.
    """
    log, found = model.log, model.log.of(*events, since=since)
    cause = np.where(log.event[found] == Event.ALLOCATION, 0, log.cause_day[found])
    told = {name: getattr(log, name)[found] for name in ("day", "event", "value")}
    who = places(model, model)[log.row[found]]
    digest = np.zeros(len(model.people), np.uint64)
    hashes = pd.util.hash_pandas_object(pd.DataFrame({"who": who, **told, "cause": cause}), index=False)
    np.add.at(digest, who, hashes.to_numpy(np.uint64))
    return digest


def in_window(model: ProbationModel, parted: int) -> Bools:
    """Say which index events enter complete cohorts that start a year after the arms parted; shape (index events,)."""
    first, last = date_of(parted) + timedelta(days=SETTLING_DAYS), model.day - FOLLOW_UP_DAYS - WAITING_DAYS
    starts = [day_of(start) for start in measures.quarter_starts(first, date_of(last))]
    if len(starts) < 2:
        raise ValueError("no cohort that starts a year after the arms parted is complete")
    inside: Bools = (model.index_log.day >= starts[0]) & (model.index_log.day < starts[-1])
    return inside


def rates(model: ProbationModel, after: FollowUp, chosen: Bools) -> tuple[float, float]:
    """Return binary rate, percent, and frequency of three-month cohorts of chosen index events, shape (index events,).

    A person counts with the first such event of a quarter.
    """
    kept = [c for c in measures.cohorts(model, chosen, (GROUP,), after) if c.estimator == "three_month_cohort"]
    columns = ["offenders", "reoffenders", "reoffences"]
    counts = pd.DataFrame({name: [sum(getattr(c, name) for c in kept)] for name in columns})
    return _PERCENT * float(rate("binary_rate", counts)[0]), float(rate("frequency", counts)[0])


def of_cohorts(model: ProbationModel, side: Provider, parted: int, shared: Bools, met: Bools) -> dict[str, float]:
    """Return what followed the index events of one side's cohorts in one arm.

    Parameters
    ----------
    shared : boolean array, shape (index events,)
        Which happened in both arms.
    met : boolean array, shape (people,)
        Who was with a company in either arm, by number.
    """
    index, after = model.index_log, measures.after_index(model)
    row = index.row.astype(np.int64)
    mine = (index.would_be_provider == side) & in_window(model, parted)
    found = {}
    for counted, kept in zip(COUNTED, (mine, mine & shared, mine & ~met[places(model, model)[row]]), strict=True):
        found[f"{REOFFENDING}, {counted}"], found[f"{FREQUENCY}, {counted}"] = rates(model, after, kept)
    events = np.flatnonzero(mine & disposal_groups(index)[GROUP])
    recalled = recalled_within_a_year(model, row[events], index.day[events].astype(np.int64))
    return {**found, RECALLED: _PERCENT * float(recalled.mean())}


def of_supervised(model: ProbationModel, side: Provider, parted: int) -> dict[str, float]:
    """Return what officers of one side do in one arm, over the weeks from a year after the arms parted."""
    first, group = (parted + SETTLING_DAYS) // DAYS_PER_WEEK + 1, f"provider_type={side.name.lower()}"
    due, kept, changes, cases, held, work = (
        model.weekly.series(name, group)[first:]
        for name in ("contacts_due", "contacts_kept", "officer_changes", "caseload", "cases_per_om_fte", "workload")
    )
    return {
        KEPT: _PERCENT * float(kept.sum() / due.sum()),
        CHANGES: _PERCENT * WEEKS_PER_YEAR * float(changes.sum() / cases.sum()),
        CASES: float(held.mean()),
        WORKLOAD: _PERCENT * float(work.mean()),
    }


def measure(trunk: ProbationModel, arms: Arms) -> Values:
    """Return every measure of NPS and companies in both arms.

    Of people whom the NPS supervised at any time since the arms parted, and a company never, in either arm: the
    percentages whose lives, and whose offences, differ between arms.
    """
    met = supervised_by(Provider.CRC, trunk, arms)
    keys = [index_keys(model) for model in arms]
    shared = [np.isin(a, b, kind="sort") for a, b in (keys, keys[::-1])]
    found: Values = {}
    for side in SIDES:
        base, reform = (
            of_cohorts(model, side, trunk.day, both, met) | of_supervised(model, side, trunk.day)
            for model, both in zip(arms, shared, strict=True)
        )
        found |= {(name, side): (base[name], reform[name]) for name in base}
    people = supervised_by(Provider.NPS, trunk, arms) & ~met
    for name, events in ((LIVES, tuple(Event)), (OFFENCES, (Event.OFFENCE,))):
        one, other = (lives(model, len(trunk.log), events) for model in arms)
        found[name, Provider.NPS] = 0.0, _PERCENT * float((one != other)[people].mean())
    return found


def run_seed(rungs: Sequence[str], scale: float, seed: int) -> Found:
    """Run both arms of one world on each rung of the ladder."""
    base, reform = (load_timeline(name) for name in (BASE, REFORM))
    trunk, found = grow_trunk(base, reform, scale, seed), {}
    for rung in rungs:
        is_open = RUNGS[rung]
        one, other = (live(fork(trunk, timeline, is_open), is_open, END) for timeline in (base, reform))
        found[rung] = measure(trunk, (one, other))
        owners = [p.behaviour for p in other.providers if p.kind == Provider.CRC]
        del one, other
        free_memory()
    return Found(", ".join(owner.name.lower().replace("_", "-") for owner in owners), found)


def run(seeds: Sequence[int], rungs: Sequence[str] = tuple(RUNGS), scale: float = _SCALE, jobs: int = 1) -> list[Found]:
    """Return what every seed says, in the order of seeds."""
    return run_seeds(partial(run_seed, tuple(rungs), scale), seeds, jobs)


def differences(found: Sequence[Found], rung: str, name: str, side: Provider = Provider.NPS) -> Floats:
    """Return reform less base of a measure, by seed; shape (seeds,)."""
    return np.array([np.subtract(*f.rungs[rung][name, side][::-1]) for f in found])


def stands_out(values: Floats) -> bool:
    """Say whether zero lies outside the interval."""
    low, high = interval(values)
    return low is not None and high is not None and not low <= 0 <= high


def cell(values: Floats, digits: int = 2) -> str:
    """Return a mean difference with its interval."""
    return with_bounds(values, f"+.{digits}f") if values.any() else "0 exactly"


def measured(found: Sequence[Found]) -> list[tuple[str, ...]]:
    """Return (measure, level under the grant and change in the NPS, the same in companies), with all channels open."""
    lines = []
    for name, digits in MEASURES.items():
        cells = []
        for side in SIDES:
            level = np.mean([f.rungs[OPEN][name, side][0] for f in found])
            cells += [f"{level:.{digits}f}", cell(differences(found, OPEN, name, side), digits)]
        lines.append((name, *([*cells[:2], "", ""] if NEVER_MET in name else cells)))
    return lines


def ladder(found: Sequence[Found]) -> list[tuple[str, ...]]:
    """Return (rung, changes of proven reoffending in NPS cohorts by whose it is, shares of lives and offences that
    differ) of each rung."""
    return [
        (
            rung,
            *(cell(differences(found, rung, f"{REOFFENDING}, {counted}")) for counted in COUNTED),
            *(f"{touched(found, rung, what):.2f}" for what in (LIVES, OFFENCES)),
        )
        for rung in found[0].rungs
    ]


def touched(found: Sequence[Found], rung: str, what: str = LIVES) -> float:
    """Return the share of NPS people, never with a company, whose lives differ between arms; percent."""
    return float(differences(found, rung, what).mean())


def conclusion(found: Sequence[Found]) -> str:
    """Say from the numbers what moved in the NPS, and through which channel."""
    moved = [name for name in MEASURES if stands_out(differences(found, OPEN, name))]
    what = "; ".join(f"{name} ({cell(differences(found, OPEN, name), MEASURES[name])})" for name in moved) or "nothing"
    ranked = ", ".join(
        f"{rung.removesuffix(' alone')} {touched(found, rung):.2f} ({touched(found, rung, OFFENCES):.2f})"
        for rung in sorted(ALONE, key=lambda rung: -touched(found, rung))
    )
    return (
        f"In the NPS {what} moved beyond chance, of {len(MEASURES)} measures looked at, each at 95 percent. "
        f"Of NPS people never with a company {touched(found, OPEN):.2f} percent lead another life, in "
        f"brackets those who offend otherwise ({touched(found, OPEN, OFFENCES):.2f}); by one channel alone, percent: "
        f"{ranked}; by conviction, escalation shut, {touched(found, BY_CONVICTION):.2f}. {_with_all_shut(found)}"
    )


def _with_all_shut(found: Sequence[Found]) -> str:
    """Say what is left with all channels shut, and whose it is."""
    if touched(found, NONE):
        return f"With all channels shut {touched(found, NONE):.2f} percent still do: a channel is not named here."
    rest = differences(found, NONE, f"{REOFFENDING}, {AS_PUBLISHED}")
    if not rest.any():
        return "With all channels shut none does, event for event, and reoffending in the cohorts does not move."
    return (
        f"With all channels shut none does, event for event; what reoffending in the cohorts then moves by, "
        f"{cell(rest, 3)} points, is of people who were with a company too."
    )


def owners(found: Sequence[Found]) -> Mapping[str, int]:
    """Count the seeds by how the companies' owners behave."""
    names = [f.owner for f in found]
    return {name: names.count(name) for name in sorted(set(names))}


def lines(found: Sequence[Found]) -> list[str]:
    """Return both tables and the conclusion."""
    drawn = ", ".join(f"{count} {name}" for name, count in owners(found).items())
    tables = [
        f"{REFORM} less {BASE}, all channels open; {len(found)} seeds ({drawn})",
        *(_row(cells, (53, 8, 25, 8, 25)) for cells in [("", "NPS", "change", "CRC", "change"), *measured(found)]),
        "",
        "Proven reoffending in NPS cohorts, change in points; NPS people never with a company, percent who differ in",
        *(_row(cells, (38, 21, 21, 21, 9, 10)) for cells in [("", *COUNTED, LIVES, OFFENCES), *ladder(found)]),
    ]
    return [*tables, "", textwrap.fill(conclusion(found), 120)]


def _row(cells: Sequence[str], widths: Sequence[int]) -> str:
    """Return cells in columns, the first to the left."""
    return f"{cells[0]:{widths[0]}}" + "".join(f"{c:>{w}}" for c, w in zip(cells[1:], widths[1:], strict=True))


if __name__ == "__main__":
    print("\n".join(lines(run(range(seeds_asked(SEEDS)), jobs=cores()))))
