"""Stocks and flows, week by week: what a time series of a run is made of."""

from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.clock import TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.events import Event, RecallKind, kind_of_enforcement
from sim.offenders import IN_PRISON, IS_SUPERVISED_IN_COMMUNITY, Provider, Status

if TYPE_CHECKING:
    from sim.model import ProbationModel

type Counts = dict[tuple[str, str], np.integer[Any] | int]

_FLOWS = {
    "occasions": Event.OFFENCE,
    "cautions": Event.CAUTION,
    "convictions": Event.CONVICTION,
    "custody_starts": Event.CUSTODY_START,
    "releases": Event.RELEASE,
    "orders_started": Event.ORDER_START,
    "recalls": Event.RECALL,
    "re_releases": Event.RE_RELEASE,
    "breaches": Event.BREACH,
    "committals": Event.COMMITTAL,
    "allocations": Event.ALLOCATION,
}


class WeeklyRecord:
    """Rows of (measure, group) by week, filled as the model lives.

    Attributes
    ----------
    names : list of (str, str)
        Measure and group of each column, the same every week.
    rows : list of list of float
        One row a week from week 0 on.
    """

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.rows: list[list[float]] = []

    def record(self, model: "ProbationModel", logged: int) -> None:
        """Add the week's row; `logged` is the length of the event log before it."""
        values = {**stocks(model), **flows(model, logged), **contacts(model)}
        self.names = list(values)
        self.rows.append([float(v) for v in values.values()])

    def series(self, measure: str, group: str = "all") -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return one column over the weeks."""
        column = self.names.index((measure, group))
        return np.array([row[column] for row in self.rows])

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self)()
        twin.names, twin.rows = list(self.names), list(self.rows)
        return twin


def stocks(model: "ProbationModel") -> Counts:
    """Count people by status, prison population, recall population and caseload at the end of the week."""
    counts = model.people.stocks()
    on_caseload, in_community = caseload(model)
    found: Counts = {("tracked", "all"): counts[:-1].sum()}
    found |= {("people", f"status={s.name.lower()}"): counts[s] for s in Status}
    found["custody_population", "all"] = counts[list(IN_PRISON)].sum()
    found["recall_population", "all"] = counts[Status.RECALLED]
    found["caseload", "all"] = on_caseload.sum()
    found["caseload_in_community", "all"] = in_community
    found |= {("caseload", f"provider_type={p.name.lower()}"): on_caseload[p] for p in Provider if p}
    return found


@compiled
def _count_in_community(rows, status, officer):
    found = 0
    for i in rows:
        if officer[i] >= 0 and IS_SUPERVISED_IN_COMMUNITY[status[i]]:
            found += 1
    return found


def caseload(model: "ProbationModel") -> tuple[NDArray[np.int64], int]:
    """Return the people on officers' caseloads by provider, shape (4,), and those of them in the community.

    Whoever began supervision this week joins a caseload next week.
    """
    people, officers = model.people, model.officers
    by_provider = np.bincount(officers.provider, officers.caseload, len(Provider)).astype(np.int64)
    return by_provider, _count_in_community(model.engaged, people.status, people.officer)


def flows(model: "ProbationModel", logged: int) -> Counts:
    """Count the week's events, recalls by kind and by length of sentence."""
    log = model.log
    events, values, short = log.event[logged:], log.value[logged:], log.cause_day[logged:]
    counts = np.bincount(events, minlength=len(Event))
    found: Counts = {(name, "all"): counts[event] for name, event in _FLOWS.items()}
    recalls = events == Event.RECALL
    under_12m = short[recalls].sum()
    found["recalls", "disposal=custody_under_12m"] = under_12m
    found["recalls", "disposal=custody_12m_plus"] = counts[Event.RECALL] - under_12m
    kinds = np.bincount(kind_of_enforcement(values[recalls]), minlength=len(RecallKind))
    found |= {("recalls", f"kind={kind.name.lower()}"): kinds[kind] for kind in RecallKind}
    starts = values[events == Event.CUSTODY_START]
    found["custody_starts", "disposal=custody_under_12m"] = (starts < TWELVE_MONTHS_DAYS).sum()
    return found


def contacts(model: "ProbationModel") -> Counts:
    """Count contacts due and kept this week, by who supervises."""
    found: Counts = {}
    for i, name in enumerate(("contacts_due", "contacts_kept")):
        found[name, "all"] = model.contacts[:, i].sum()
        found |= {(name, f"provider_type={p.name.lower()}"): model.contacts[p, i] for p in Provider if p}
    return found
