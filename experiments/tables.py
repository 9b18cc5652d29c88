"""A finished model as tidy tables: runs, weekly, cohorts, outcomes, events, people."""

from datetime import date
from enum import IntEnum
from typing import TYPE_CHECKING, Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from experiments.plan import Plan
from sim import measures
from sim.charities import Kind, Path
from sim.clock import DAYS_PER_WEEK, NEVER, dates, day_of
from sim.compiled import source_hash
from sim.events import BreachOutcome, Event, RecallKind, kind_of_enforcement, reason_of_enforcement, unpack_occasion
from sim.model import ProbationModel
from sim.offenders import Disposal, OffenceGroup, Provider, Reason, Rosh, Status
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS, FollowUp, disposal_groups

if TYPE_CHECKING:
    from experiments.worlds import World

type Columns = dict[str, Any]

FAILED, DONE = "failed", "done"

CURVE_DAYS = (7, 14, 18, 30, 60, 91, 122, 152, 182, 213, 243, 274, 304, 335, 365)
"""Days after the index event at which the share with a proven reoffence is tabulated."""


def run_name(scenario: str, seed: int) -> str:
    """Return the name of a run: its scenario and seed."""
    return f"{scenario}/{seed}"


def runs_table(of: "Plan | World", scenario: str, seed: int, run: str = "", error: str | None = None) -> Columns:
    """Return the row of `runs` for a run that is finished, or has failed where there is an error.

    Its name is that of its scenario and seed, unless it has one.
    """
    return {
        "run": [run or run_name(scenario, seed)],
        "scenario": [scenario],
        "region": [of.region.name],
        "scale": [of.scale],
        "seed": [seed],
        "parameters_hash": [of.parameters_hash],
        "code_version": [source_hash()],
        "status": [DONE if error is None else FAILED],
        "error": [error or ""],
    }


def weekly_table(model: ProbationModel, run: str) -> Columns:
    """Return stocks and flows by week, measure and group; `date` is the week's Monday."""
    record = model.weekly
    values = np.array(record.rows)
    weeks, columns = values.shape
    mondays = dates(np.arange(weeks) * DAYS_PER_WEEK)
    place = pa.array(np.tile(np.arange(columns), weeks))
    return {
        "run": pa.repeat(run, values.size),
        "date": np.repeat(mondays, columns),
        "measure": pa.array([measure for measure, _ in record.names]).take(place),
        "group": pa.array([group for _, group in record.names]).take(place),
        "value": values.ravel(),
    }


def cohorts_table(found: list[measures.Cohort], run: str) -> Columns:
    """Return cohorts as rows."""
    return {
        "run": np.full(len(found), run),
        "estimator": [c.estimator for c in found],
        "cohort_start": np.array([c.start for c in found], "datetime64[D]"),
        "group": [c.group for c in found],
        "offenders": np.array([c.offenders for c in found], np.int64),
        "reoffenders": np.array([c.reoffenders for c in found], np.int64),
        "reoffences": np.array([c.reoffences for c in found], np.int64),
        "binary_rate": np.array([np.nan if c.binary_rate is None else c.binary_rate for c in found]),
        "frequency": np.array([np.nan if c.frequency is None else c.frequency for c in found]),
    }


def outcomes_table(model: ProbationModel, run: str, after: FollowUp) -> Columns:
    """Return what followed index events, by calendar year of the event and disposal group.

    Measures: ``reoffended_within_N_days`` for each N of `CURVE_DAYS`, ``custody_for_reoffence_within_1y``,
    ``recalled_within_1y``. Every release and order counts, not the first of a year alone. Years whose follow-up and
    waiting time are not over are absent.
    """
    index = model.index_log
    day = index.day.astype(np.int64)
    years = np.arange(2008, 2031)
    bounds = np.array([day_of(date(year, 1, 1)) for year in years])
    complete = bounds[1:] <= model.day - FOLLOW_UP_DAYS - WAITING_DAYS
    year = np.searchsorted(bounds, day, side="right") - 1
    interval = np.searchsorted(CURVE_DAYS, after.days_to_first, side="right")
    recalled = recalled_within_a_year(model, index.row.astype(np.int64), day)
    found: dict[str, list[Any]] = {"measure": [], "group": [], "year": [], "events": [], "value": []}
    for group, members in disposal_groups(index).items():
        belongs = np.flatnonzero(members & (year >= 0))
        in_group = year[belongs]
        events = np.bincount(in_group, minlength=len(years))
        shown = np.flatnonzero(complete & (events[:-1] > 0))
        shape = (len(years), len(CURVE_DAYS) + 1)
        first = np.bincount(in_group * shape[1] + interval[belongs], minlength=shape[0] * shape[1]).reshape(shape)
        hits = dict(zip((f"reoffended_within_{n}_days" for n in CURVE_DAYS), first.cumsum(axis=1).T, strict=False))
        for name, hit in (("custody_for_reoffence_within_1y", after.has_custody), ("recalled_within_1y", recalled)):
            hits[name] = np.bincount(in_group[hit[belongs]], minlength=len(years))
        for name, number in hits.items():
            found["measure"] += [name] * len(shown)
            found["group"] += [group] * len(shown)
            found["year"] += years[shown].tolist()
            found["events"] += events[shown].tolist()
            found["value"] += (number[shown] / events[shown]).tolist()
    return {"run": np.full(len(found["year"]), run), **found}


def recalled_within_a_year(model: ProbationModel, row: NDArray[np.int64], day: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Say of each index event whether a recall followed within a year."""
    log = model.log
    recalls = log.of(Event.RECALL)
    key = np.sort(log.row[recalls].astype(np.int64) * NEVER + log.day[recalls])
    first = np.searchsorted(key, row * NEVER + day)
    last = np.searchsorted(key, row * NEVER + day + FOLLOW_UP_DAYS)
    return last > first


def events_table(model: ProbationModel, run: str) -> Columns:
    """Return the whole log: run, day, event, person, detail."""
    log = model.log
    order = np.lexsort((np.arange(len(log)), log.day))
    names = np.array([event.name.lower() for event in sorted(Event)])
    return {
        "run": np.full(len(log), run),
        "day": dates(log.day[order]),
        "event": names[log.event[order]],
        "person": model.people.person[log.row[order]],
        "detail": details(log.event[order], log.value[order], log.cause_day[order]),
    }


def people_table(model: ProbationModel, run: str) -> Columns:
    """Return one row for each person at the end, in the order of their numbers."""
    people = model.people
    rows = np.argsort(people.person)
    return {
        "run": np.full(len(people), run),
        "person": people.person[rows],
        "area": np.array(model.region.areas)[people.area[rows]],
        "sex": np.where(people.is_female[rows], "female", "male"),
        "birth_date": dates(people.birth_day[rows]),
        "age": people.age(rows, model.day).astype(np.float32),
        "status": np.array([s.name.lower() for s in Status])[people.status[rows]],
        "sanctions": people.sanctions[rows],
        "offence_group": np.array([g.name.lower() for g in OffenceGroup])[people.offence_group[rows]],
        "rosh": np.array([r.name.lower() for r in Rosh])[people.rosh[rows]],
        "ogrs3": people.ogrs3[rows],
        "provider_type": np.array([p.name.lower() for p in Provider])[people.provider[rows]],
        "officer_changes": people.officer_changes[rows],
        "contacts_due": people.contacts_due[rows],
        "contacts_kept": people.contacts_kept[rows],
    }


def details(events: NDArray[np.integer], values: NDArray[np.integer], causes: NDArray[np.integer]) -> NDArray[np.str_]:
    """Return what exactly happened, in words, for each event; shape (n,)."""
    code = (events.astype(np.int64) << 32) | values.astype(np.int64)
    unique, place = np.unique(code, return_inverse=True)
    words = np.array([describe(Event(c >> 32), int(c & 0xFFFFFFFF)) for c in unique.tolist()] or [""])
    found = words[place].astype(object)
    dated = np.isin(events, _DATED_BY_OFFENCE) & (causes < NEVER)
    found[dated] = found[dated] + "; offence of " + dates(causes[dated]).astype(str).astype(object)
    helped = events == Event.HELP_START
    found[helped] = found[helped] + ", " + np.array(list(PATHS.values()), object)[causes[helped]]
    return found.astype(str)


_DATED_BY_OFFENCE = [
    Event.NO_PROOF,
    Event.CAUTION,
    Event.CHARGE,
    Event.REMAND,
    Event.CONVICTION,
    Event.JOINED_CONVICTION,
    Event.ORDER_START,
    Event.CUSTODY_START,
    Event.SUSPENDED_SENTENCE_ACTIVATED,
    Event.SERVED_ALREADY,
]
PATHS = {
    Path.VOLUNTARY: "met by the charity on release",
    Path.SUPERVISION: "referred by the officer",
    Path.THROUGH_THE_GATE: "referred by the resettlement service",
    Path.EVERY_LEAVER: "as promised to every leaver",
}
"""How a person came to a charity, in words, in the order of `Path`."""
_OCCASIONS = (Event.OFFENCE, Event.NO_PROOF, Event.CAUTION, Event.CHARGE, Event.CONVICTION, Event.JOINED_CONVICTION)
_CODES: dict[Event, type[IntEnum]] = {
    Event.RELEASE: Status,
    Event.SUPERVISION_START: Status,
    Event.SUPERVISION_END: Status,
    Event.RE_RELEASE: Status,
    Event.ARRIVED: OffenceGroup,
    Event.ALLOCATION: Provider,
    Event.ESCALATION: Rosh,
    Event.HELP_START: Kind,
    Event.HELP_END: Kind,
}
_OUTCOMES: dict[Event, type[IntEnum]] = {Event.BREACH: BreachOutcome, Event.RECALL: RecallKind}
_DAYS = (
    Event.ORDER_START,
    Event.CUSTODY_START,
    Event.COMMITTAL,
    Event.SUSPENDED_SENTENCE_ACTIVATED,
    Event.SERVED_ALREADY,
)


def describe(event: Event, value: int) -> str:
    """Put the value of an event into words."""
    if event in _OCCASIONS:
        return _describe_occasion(event, value)
    if event in _DAYS:
        return "for life or indeterminate" if value >= NEVER else f"{value} days"
    if event in _CODES:
        return _words(_CODES[event](value))
    if event in _OUTCOMES:
        kind, reason = (int(of(np.array(value))) for of in (kind_of_enforcement, reason_of_enforcement))
        return f"{_words(_OUTCOMES[event](kind))}, after {_words(Reason(reason))}"
    return f"with person {value}" if event == Event.CO_OFFENCE else ""


def _describe_occasion(event: Event, value: int) -> str:
    """Put an occasion code into words."""
    group, offences, disposal = (int(x[0]) for x in unpack_occasion(np.array([value], np.int32)))
    text = f"{_words(OffenceGroup(group))}, {offences} offence{'s' * (offences != 1)}"
    convicted = event in (Event.CONVICTION, Event.JOINED_CONVICTION)
    return f"{_words(Disposal(disposal))} for {text}" if convicted else text


def _words(member: Any) -> str:
    """Return the name of an enum's member as words."""
    return str(member.name).lower().replace("_", " ")
