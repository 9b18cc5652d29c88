"""One run of one scenario: its tables, its measures, what it cost."""

import resource
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from experiments import store, tables
from experiments.compare import person_weeks, warm_up
from experiments.estimates import FLOWS, STOCKS, UNITS
from experiments.memory import ready_process
from experiments.plan import Plan
from sim import measures
from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, date_of
from sim.model import ProbationModel

_KILOBYTES_PER_MEGABYTE = 1024
_YEAR_WEEKS = 52


@dataclass(frozen=True)
class Run:
    """A finished run.

    Attributes
    ----------
    plan : Plan
    seconds, compile_seconds : float
    person_weeks, supervised_person_weeks : float
        Tracked people, and supervised ones, added up over the weeks from day 0; the run-in is not counted.
    peak_megabytes : float
        Greatest resident memory while the run was lived and measured.
    measures : list of dict
        Keys as `run --json` promises.
    files : list of str
    """

    plan: Plan
    seconds: float
    compile_seconds: float
    person_weeks: float
    supervised_person_weeks: float
    peak_megabytes: float
    measures: list[dict[str, Any]]
    files: list[str]

    def as_dict(self, folder: Path) -> dict[str, Any]:
        """Return the object of `run --json`."""
        return {
            "scenario": self.plan.arms[0].name,
            "region": self.plan.region.name,
            "scale": self.plan.scale,
            "seed": self.plan.seeds[0],
            "seconds": self.seconds,
            "compile_seconds": self.compile_seconds,
            "person_weeks": self.person_weeks,
            "supervised_person_weeks": self.supervised_person_weeks,
            "nanoseconds_per_person_week": 1e9 * self.seconds / self.person_weeks,
            "peak_megabytes": self.peak_megabytes,
            "out": str(folder),
            "measures": self.measures,
        }


def run(plan: Plan, folder: Path, *, events: bool, people: bool, graph: bool, step: Callable[[], None]) -> Run:
    """Run the one arm of a plan in one piece and write its tables, whole or not at all; call `step` every week.

    With `graph`, the social network at the end of the run is written as GraphML and drawn.
    """
    store.clear(folder)
    store.write_manifest(folder, plan, "run")
    ready_process()
    compile_seconds = warm_up()
    start = time.perf_counter()
    model = ProbationModel(plan.arms[0], plan.region, plan.scale, plan.seeds[0], plan.register)
    while model.day < plan.end_day:
        model.step()
        step()
    seconds = time.perf_counter() - start
    scenario, seed = plan.arms[0].name, plan.seeds[0]
    name = tables.run_name(scenario, seed)
    after = measures.after_index(model)
    found = list(measures.cohorts(model, after=after))
    content = {
        "runs": tables.runs_table(plan, scenario, seed),
        "weekly": tables.weekly_table(model, name),
        "cohorts": tables.cohorts_table(found, name),
        "outcomes": tables.outcomes_table(model, name, after),
    }
    if events:
        content["events"] = tables.events_table(model, name)
    if people:
        content["people"] = tables.people_table(model, name)
    peak = peak_megabytes()
    content[store.TIMINGS] = {
        "run": [name],
        "seconds": [seconds],
        "compile_seconds": [compile_seconds],
        "peak_megabytes": [peak],
    }
    store.write_part(folder, store.part_of(seed), content)
    store.gather_parts(folder)
    if graph:
        from experiments import networks

        networks.write(model, folder)
    files = sorted(p.name for p in folder.iterdir())
    tracked, supervised = (person_weeks(model.weekly, column, 0) for column in ("tracked", "caseload"))
    values = latest_rates(found) + latest_weeks(model)
    return Run(plan, seconds, compile_seconds, tracked, supervised, peak, values, files)


def peak_megabytes() -> float:
    """Return the greatest resident memory of this process so far."""
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak / _KILOBYTES_PER_MEGABYTE / (_KILOBYTES_PER_MEGABYTE if sys.platform == "darwin" else 1)


def latest_rates(found: list[measures.Cohort]) -> list[dict[str, Any]]:
    """Return the rates of the latest complete cohort of each estimator and group; None for an empty group."""
    latest: dict[str, Any] = {}
    for cohort in found:
        latest[cohort.estimator] = max(latest.get(cohort.estimator, cohort.start), cohort.start)
    return [
        {
            "measure": measure,
            "estimator": c.estimator,
            "group": c.group,
            "cohort_from": c.start.isoformat(),
            "cohort_to": _last_entry(c).isoformat(),
            "unit": UNITS[measure],
            "value": getattr(c, measure),
        }
        for c in found
        if c.start == latest[c.estimator]
        for measure in UNITS
    ]


def _last_entry(cohort: measures.Cohort) -> date:
    """Return the last day of entry of a cohort."""
    months = cohort.start.month - 1 + 3 * measures.ESTIMATORS[cohort.estimator]
    return date(cohort.start.year + months // 12, months % 12 + 1, 1) - timedelta(days=1)


def latest_weeks(model: ProbationModel) -> list[dict[str, Any]]:
    """Return stocks and yearly flows over the last 52 weeks of the run, people of the run."""
    weeks = len(model.weekly.rows)
    first = max(0, weeks - _YEAR_WEEKS)
    window = [date_of(w * DAYS_PER_WEEK).isoformat() for w in (first, weeks)]
    found = []
    for table, factor in ((STOCKS, 1.0), (FLOWS, WEEKS_PER_YEAR)):
        for column, group, name, unit in table:
            value = float(model.weekly.series(column, group)[first:].mean()) * factor
            found.append(
                {
                    "measure": name,
                    "estimator": "",
                    "group": group,
                    "cohort_from": window[0],
                    "cohort_to": window[1],
                    "unit": unit,
                    "value": value,
                }
            )
    return found
