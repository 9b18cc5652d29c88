"""A book kept of every week of a run: what the law and conservation tests are read from."""

from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np

from sim.clock import DAYS_PER_WEEK, NEVER, day_of
from sim.docket import Stage
from sim.events import Event, kind_of_enforcement
from sim.model import ProbationModel
from sim.offenders import IS_IN_PRISON, Status
from tests.worlds import END

CASE_STAGES = [Stage.OFFENCE, Stage.PROVEN_OFFENCE, Stage.NO_PROOF, Stage.CAUTION, Stage.CHARGE, Stage.HEARING]


class Release(NamedTuple):
    """What the law made of a first release, read at the end of its week."""

    week_day: int  # first day of the week in which the model recorded it
    day: int
    sentence_days: int
    sentence_end: int
    half_way: int
    licence_end: int
    pss_end: int
    young_end: int
    is_supervised_short: bool
    age: float
    status: Status


class Recall(NamedTuple):
    """A recall, read at the end of its week."""

    day: int
    kind: int
    rosh: int
    sentence_days: int
    sentence_end: int
    half_way: int
    licence_end: int
    end: int


@dataclass
class Ledger:
    """One entry for each week."""

    model: ProbationModel
    days: list[int] = field(default_factory=list)
    sizes: list[int] = field(default_factory=list)
    stocks: list[Any] = field(default_factory=list)
    flows: list[Any] = field(default_factory=list)
    wrong_caseloads: list[int] = field(default_factory=list)
    wrong_offices: list[int] = field(default_factory=list)
    wrong_cases: list[int] = field(default_factory=list)
    overdue_entries: list[int] = field(default_factory=list)
    released: list[Release] = field(default_factory=list)
    recalled: list[Recall] = field(default_factory=list)
    out_of_week: list[tuple[str, int, int]] = field(default_factory=list)  # event, its day, first day of the week

    def write(self, logged: int) -> None:
        """Write down the week just lived."""
        model, people, officers = self.model, self.model.people, self.model.officers
        first = model.day - DAYS_PER_WEEK
        self.days.append(model.day)
        self.sizes.append(len(people))
        self.stocks.append(np.bincount(people.status, minlength=len(Status)))
        self.flows.append(people.flows.copy())
        has = people.officer >= 0
        named = np.bincount(people.officer[has], minlength=len(officers))
        self.wrong_caseloads.append(int((named != officers.caseload).sum()))
        office = people.officer[has]
        elsewhere = (officers.provider[office] != people.provider[has]) | (officers.area[office] != people.area[has])
        self.wrong_offices.append(int(elsewhere.sum()) + int((people.provider[~has] != 0).sum()))
        cases = model.docket.row[np.isin(model.docket.stage, CASE_STAGES)]
        self.wrong_cases.append(int((np.bincount(cases, minlength=len(people)) != people.pending_cases).sum()))
        self.overdue_entries.append(int((model.docket.day < model.day).sum()))
        new = slice(logged, None)
        self._write_releases(first, np.flatnonzero(model.log.event[new] == Event.RELEASE) + logged)
        away = (model.log.day[new] < first) | (model.log.day[new] >= model.day)
        self.out_of_week += [
            (Event(e).name, int(d), first)
            for e, d in zip(model.log.event[new][away], model.log.day[new][away], strict=True)
        ]
        recalls = np.flatnonzero(model.log.event[new] == Event.RECALL) + logged
        self._write_recalls(recalls)

    def _write_releases(self, first: int, found: Any) -> None:
        """Write down releases from determinate sentences; not of those in prison again in the same week."""
        people, log = self.model.people, self.model.log
        for k in found:
            i, day = log.row[k], int(log.day[k])
            if people.licence_end_day[i] >= NEVER or IS_IN_PRISON[people.status[i]]:
                continue
            columns = ("sentence_days", "sentence_end_day", "conditional_release_day")
            columns += ("licence_end_day", "pss_end_day", "young_offender_end_day")
            entry = [int(getattr(people, c)[i]) for c in columns]
            age = (day - int(people.birth_day[i])) / 365.25
            short = bool(people.is_supervised_short[i])
            self.released.append(Release(first, day, *entry, short, age, Status(log.value[k])))

    def _write_recalls(self, found: Any) -> None:
        people, log = self.model.people, self.model.log
        for k in found:
            i = log.row[k]
            columns = ("rosh", "sentence_days", "sentence_end_day", "conditional_release_day")
            columns += ("licence_end_day", "status_end_day")
            entry = [int(getattr(people, c)[i]) for c in columns]
            self.recalled.append(Recall(int(log.day[k]), int(kind_of_enforcement(log.value[k])), *entry))


def keep_ledger(scenario, until=END, scale=0.05, seed=2) -> Ledger:
    """Live a small world and keep the book."""
    ledger = Ledger(ProbationModel(scenario, scale=scale, seed=seed))
    ledger.write(0)
    while ledger.model.day < day_of(until):
        logged = len(ledger.model.log)
        ledger.model.step()
        ledger.write(logged)
    assert len(ledger.days) == 1 + -(-day_of(until) // DAYS_PER_WEEK)
    return ledger
