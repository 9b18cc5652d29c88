"""The official counting rules, over the event log or over any table of the same form.

Ministry of Justice, *Guide to proven reoffending statistics*: a proven reoffence is an offence committed within a year
of the index event that leads to a caution or conviction within that year or six further months. Twelve-month cohorts
count a person's first index event of the year, three-month cohorts the first of the quarter; the two are never mixed.
"""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_YEAR, NEVER, day_of
from sim.compiled import compiled
from sim.events import Event, unpack_occasion
from sim.needs import Need, has
from sim.offenders import (
    AGE_BAND_FLOORS,
    AGE_BANDS,
    BANDS,
    OGRS_BAND_FLOORS,
    OGRS_BANDS,
    Disposal,
    OffenceGroup,
    Provider,
    Rosh,
    band_of,
)
from sim.proven import (
    FOLLOW_UP_DAYS,
    WAITING_DAYS,
    FollowUp,
    Ints,
    Ints32,
    by_person_and_day,
    disposal_groups,
    follow_up,
    proven_occasions,
)

if TYPE_CHECKING:
    from sim.model import ProbationModel

DESCRIBED = ("provider_type", "accommodation_on_release", "family_ties", "mentored")
"""Columns whose values a reform moves: their groups hold other people in each arm, and are described, not differenced.

`provider_type` is one of them, `would_be_provider` is not; `mentored` is ever in the run."""
ESTIMATORS = {"twelve_month_cohort": 4, "three_month_cohort": 1}
"""Quarters of entry into a cohort of each estimator."""
SPLIT_BY_EVERYTHING = ("all", "disposal=custody_and_orders")
_QUARTER_MONTHS = (1, 4, 7, 10)


@dataclass(frozen=True)
class Cohort:
    """A group of people followed for a year.

    Attributes
    ----------
    estimator : str
        ``twelve_month_cohort`` or ``three_month_cohort``.
    start : date
        First day of entry.
    group : str
        ``all``, or ``column=value`` joined by ``&``.
    offenders, reoffenders, reoffences : int
    """

    estimator: str
    start: date
    group: str
    offenders: int
    reoffenders: int
    reoffences: int

    @property
    def binary_rate(self) -> float | None:
        """Reoffenders over offenders; None for an empty cohort."""
        return self.reoffenders / self.offenders if self.offenders else None

    @property
    def frequency(self) -> float | None:
        """Reoffences per reoffender; None where nobody reoffended."""
        return self.reoffences / self.reoffenders if self.reoffenders else None

    @property
    def reoffences_per_100(self) -> float | None:
        """Reoffences per hundred people; None for an empty cohort."""
        return 100 * self.reoffences / self.offenders if self.offenders else None


type Labels = NDArray[np.int8]
type Quarters = NDArray[np.int16]


def columns(model: "ProbationModel") -> dict[str, tuple[tuple[str, ...], Labels]]:
    """Return the grouping columns of index events: at most 127 labels, and each event's as an index, -1 for none."""
    return {name: (labels, which.astype(np.int8)) for name, labels, which in _columns(model)}


def _columns(model: "ProbationModel") -> Iterator[tuple[str, tuple[str, ...], NDArray[Any]]]:
    """Yield the grouping columns one after the other: name, labels, each event's label."""
    index, people = model.index_log, model.people
    row = index.row
    age = (index.day - people.birth_day[row]) / DAYS_PER_YEAR
    providers = tuple(p.name.lower() for p in Provider)
    yield "would_be_provider", providers, index.would_be_provider
    yield "provider_type", providers, np.where(index.provider == Provider.NOBODY, -1, index.provider.astype(np.int8))
    yield "area", model.region.areas, people.area[row]
    yield "sex", ("male", "female"), people.is_female[row]
    yield "age_band", AGE_BANDS, (np.searchsorted(AGE_BAND_FLOORS, age, side="right") - 1).clip(min=0)
    yield "previous_sanctions_band", BANDS, band_of(index.previous_sanctions)
    yield "ogrs_band", OGRS_BANDS, np.searchsorted(OGRS_BAND_FLOORS, index.ogrs3, side="right") - 1
    yield "offence_group", tuple(g.name.lower() for g in OffenceGroup), index.offence_group
    yield "rosh", tuple(r.name.lower() for r in Rosh), index.rosh
    yield "employed_before", ("yes", "no"), has(index.needs_assessed, Need.WORK)
    yield "class_a_drugs", ("no", "yes"), has(index.needs_assessed, Need.DRUGS)
    yield "family_ties", ("strong", "weak"), index.has_weak_family_tie
    unsettled = np.where(index.disposal == Disposal.CUSTODY, has(index.needs, Need.ACCOMMODATION).astype(np.int8), -1)
    yield "accommodation_on_release", ("settled", "unsettled"), unsettled
    yield "mentored", ("no", "yes"), people.was_mentored[row]


def quarter_starts(first: date, last: date) -> list[date]:
    """Return the first days of calendar quarters from `first` on, up to `last`."""
    days = [date(year, month, 1) for year in range(first.year, last.year + 1) for month in _QUARTER_MONTHS]
    return [d for d in days if first <= d <= last]


def after_index(model: "ProbationModel") -> FollowUp:
    """Return what followed each index event of a model, in the order of its index log."""
    index = model.index_log
    return follow_up(index.row, index.day, proven_occasions(model))


def cohorts(
    model: "ProbationModel",
    people: NDArray[np.bool_] | None = None,
    groups: Collection[str] = (),
    after: FollowUp | None = None,
) -> Iterator[Cohort]:
    """Yield every complete cohort of a model: both estimators, each quarter's start, every group.

    Parameters
    ----------
    model : ProbationModel
    people : boolean array, shape (index events,), optional
        Leave out index events where False (``same_people``).
    groups : collection of str, optional
        Disposal groups to count, each as a whole; by default all of them, whole and by column.
    after : FollowUp, optional
        What `after_index` returns, where the caller has it already.

    Yields
    ------
    Cohort
        Cohorts whose follow-up and waiting time run past the end of the run are absent, not understated. Columns
        subdivide `all` and `custody_and_orders`; the other disposal groups are split by would-be provider.
    """
    index = model.index_log
    starts = quarter_starts(date(2008, 4, 1), date(2030, 12, 31))
    bounds = np.array([day_of(s) for s in starts])
    order = by_person_and_day(index.row, index.day)
    row, quarter = index.row[order], (np.searchsorted(bounds, index.day[order], side="right") - 1).astype(np.int16)
    counted = np.ones(len(order), bool) if people is None else people[order]
    reoffences = (after or after_index(model)).reoffences[order]
    whole = _Split([("", ("",))], np.zeros((1, len(order)), np.int8))
    split = whole if groups else _split_by_columns(model, order)
    for group, belongs in disposal_groups(index).items():
        if groups and group not in groups:
            continue
        mine = split if group in SPLIT_BY_EVERYTHING else split.narrowed("", "would_be_provider")
        chosen = np.flatnonzero(belongs[order] & counted)
        tally = _Tally(mine.of(chosen), row[chosen], quarter[chosen], reoffences[chosen], len(starts))
        for estimator, quarters in ESTIMATORS.items():
            last = _last_start(bounds, model.day, quarters)
            for offset in range(quarters):
                counts = tally.count(quarters, offset, last)
                for cohort, first in enumerate(starts[offset:last:quarters]):
                    yield from tally.cohorts(counts, cohort, estimator, first, group)


class _Split(NamedTuple):
    """Columns that subdivide a group: names with labels, and each index event's label; -1 for none."""

    names: list[tuple[str, tuple[str, ...]]]
    labels: Labels  # shape (columns, events)

    def narrowed(self, *columns: str) -> "_Split":
        """Return these columns alone, as far as they are there."""
        kept = [i for i, (name, _) in enumerate(self.names) if name in columns]
        return _Split([self.names[i] for i in kept], self.labels[kept])

    def of(self, events: Ints) -> "_Split":
        """Return the labels of some events."""
        return _Split(self.names, self.labels[:, events])


def _split_by_columns(model: "ProbationModel", order: Ints) -> _Split:
    """Return the whole and every grouping column, events in an order."""
    split = columns(model)
    names = [("", ("",)), *((column, labels) for column, (labels, _) in split.items())]
    labels = np.zeros((len(names), len(order)), np.int8)
    for i, (_, label) in enumerate(split.values(), 1):
        labels[i] = label[order]
    return _Split(names, labels)


def _last_start(bounds: Ints, end_day: int, quarters: int) -> int:
    """Return the number of starts whose cohort, follow-up and waiting time end by a day."""
    ends = np.append(bounds, NEVER)[quarters:] + FOLLOW_UP_DAYS + WAITING_DAYS
    return int((ends <= end_day).sum())


@compiled
def _fill_tally(row, quarter, quarters, offset, last, labels, base, width, reoffences, counts):
    previous_row, previous_cohort = -1, -1
    for i in range(row.size):
        if quarter[i] < offset:
            continue
        cohort = (quarter[i] - offset) // quarters
        if row[i] == previous_row and cohort == previous_cohort:
            continue
        previous_row, previous_cohort = row[i], cohort
        if cohort * quarters + offset >= last:
            continue
        for c in range(labels.shape[0]):
            if labels[c, i] >= 0:
                cell = base[c] + cohort * width[c] + labels[c, i]
                counts[cell, 0] += 1
                counts[cell, 2] += reoffences[i]
                if reoffences[i] > 0:
                    counts[cell, 1] += 1


class _Tally:
    """Counts of offenders, reoffenders and reoffences of one group, by cohort and by the labels of several columns at
    once; events are sorted by person and day."""

    def __init__(self, split: _Split, row: Ints32, quarter: Quarters, reoffences: Ints32, cohorts: int) -> None:
        self.names = split.names
        self.labels = np.ascontiguousarray(split.labels)
        self.events = row, quarter, reoffences
        self.width = np.array([len(labels) for _, labels in self.names])
        self.base = np.concatenate([[0], np.cumsum(self.width * cohorts)])

    def count(self, quarters: int, offset: int, last: int) -> Ints:
        """Count the first event of each person in each cohort."""
        row, quarter, reoffences = self.events
        counts = np.zeros((self.base[-1], 3), np.int64)
        _fill_tally(row, quarter, quarters, offset, last, self.labels, self.base, self.width, reoffences, counts)
        return counts

    def cohorts(self, counts: Ints, cohort: int, estimator: str, first: date, group: str) -> Iterator[Cohort]:
        """Yield one cohort whole, and each label that anybody has."""
        for c, (column, labels) in enumerate(self.names):
            start = self.base[c] + cohort * self.width[c]
            for name, (offenders, again, total) in zip(
                labels, counts[start : start + self.width[c]].tolist(), strict=True
            ):
                if offenders or not column:
                    parts = [group if group != "all" or not column else "", f"{column}={name}" if column else ""]
                    yield Cohort(estimator, first, "&".join(p for p in parts if p), offenders, again, total)


def occasions(model: "ProbationModel", first: date, last: date) -> NDArray[np.float64]:
    """Count cautions and convictions of a period by disposal and history band, as the published table does.

    Parameters
    ----------
    first, last : date
        First day of the period, and the day after it.

    Returns
    -------
    float64 array, shape (8 disposals, 6 bands)
        Divided by the model's size: people of England and Wales.
    """
    log, people = model.log, model.people
    found = log.of(Event.CAUTION, Event.CONVICTION)
    row = log.row[found]
    order = np.lexsort((found, row))
    later = np.searchsorted(row[order], row[order], side="right") - 1 - np.arange(len(order))
    previous = np.empty(len(found), np.int64)
    previous[order] = people.sanctions[row[order]] - 1 - later
    _, _, disposal = unpack_occasion(log.value[found])
    disposal = np.where(log.event[found] == Event.CAUTION, Disposal.CAUTION, disposal)
    inside = (log.day[found] >= day_of(first)) & (log.day[found] < day_of(last))
    counts = np.zeros((len(Disposal), len(BANDS)))
    np.add.at(counts, (disposal[inside], band_of(previous[inside])), 1.0)
    return counts / model.size
