"""The paired comparison: the same people through two regimes, forked on the day on which the levers part."""

import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
from numpy.typing import NDArray

from experiments import store, tables
from experiments.engine import map_runs
from experiments.plan import Plan
from experiments.tree import live_to
from sim import measures
from sim.clock import date_of
from sim.compiled import cache_folder
from sim.model import ProbationModel
from sim.proven import FollowUp
from sim.timeline import Timeline

SAME_PEOPLE_GROUPS = ("all", "disposal=custody_and_orders", "disposal=custody_under_12m")


@dataclass(frozen=True)
class SeedReport:
    """What a worker says of one finished seed; the tables are on disk."""

    seed: int
    seconds: float
    compile_seconds: float
    person_weeks: float
    supervised_person_weeks: float
    same_people: dict[tuple[str, str, str, str], tuple[int, int, int]]


def run_seed(plan: Plan, folder: Path, seed: int) -> SeedReport:
    """Run both arms of one seed from a shared prefix, and write their tables.

    The world runs once under the base to the week of the first lever that differs; there it is forked. Where no lever
    differs, both arms run in one piece and are one and the same.
    """
    compile_seconds = warm_up()
    start = time.perf_counter()
    base, reform = plan.arms
    prefix = ProbationModel(base, plan.region, plan.scale, seed, plan.register)
    fork_day = plan.end_day if plan.fork_day is None else min(plan.fork_day, plan.end_day)
    live_to(prefix, fork_day)
    models = {"base": prefix.fork(base), "reform": prefix.fork(reform)}
    weeks = prefix.weekly
    parts: list[dict[str, tables.Columns]] = []
    after: list[FollowUp] = []
    for arm, model in models.items():
        model.live_until(plan.end_day)
        after.append(measures.after_index(model))
        parts.append(arm_tables(plan, model, after[-1], arm_name(plan, arm), seed))
    lived = [weeks, *(m.weekly for m in models.values())]
    same = same_people(models["base"], models["reform"], after, len(prefix.index_log))
    shared = len(weeks.rows)
    report = SeedReport(
        seed,
        time.perf_counter() - start,
        compile_seconds,
        sum(person_weeks(w, "tracked", 0 if i == 0 else shared) for i, w in enumerate(lived)),
        sum(person_weeks(w, "caseload", 0 if i == 0 else shared) for i, w in enumerate(lived)),
        same,
    )
    store.write_part(folder, store.part_of(seed), {**join(parts), store.TIMINGS: timings_table(report)})
    return report


def timings_table(report: SeedReport) -> tables.Columns:
    """Return the row of `timings` for a finished seed."""
    return {
        "run": [f"seed/{report.seed}"],
        "seconds": [report.seconds],
        "compile_seconds": [report.compile_seconds],
        "person_weeks": [report.person_weeks],
        "supervised_person_weeks": [report.supervised_person_weeks],
    }


def arm_name(plan: Plan, arm: str) -> str:
    """Return the name of an arm's scenario in the tables; a scenario compared with itself is named by its arm."""
    base, reform = plan.arms
    if base.name == reform.name:
        return f"{base.name} ({arm})"
    return base.name if arm == "base" else reform.name


def person_weeks(record: Any, measure: str, since: int) -> float:
    """Add up a stock over the weeks that were lived from `since` on."""
    return float(record.series(measure)[since:].sum()) if len(record.rows) > since else 0.0


def warm_up() -> float:
    """Run a tiny world over every compiled loop, so that compiling is not counted as running; return its seconds."""
    start = time.perf_counter()
    marker = cache_folder() / "warm"
    if not marker.exists():
        ProbationModel("post_reform", scale=0.005).live_until(60)
        marker.touch()
    return time.perf_counter() - start


def arm_tables(
    plan: Plan, model: ProbationModel, after: FollowUp, scenario: str, seed: int
) -> dict[str, tables.Columns]:
    """Return the tables of one arm; `after` is what followed its index events."""
    run = tables.run_name(scenario, seed)
    return {
        "runs": tables.runs_table(plan, scenario, seed),
        "weekly": tables.weekly_table(model, run),
        "cohorts": tables.cohorts_table(list(measures.cohorts(model, after=after)), run),
        "outcomes": tables.outcomes_table(model, run, after),
    }


def join(parts: Sequence[dict[str, tables.Columns]]) -> dict[str, pa.Table]:
    """Put the tables of several arms under one another."""
    return {name: pa.concat_tables([pa.table(part[name]) for part in parts]) for name in parts[0]}


def same_people(
    base: ProbationModel, reform: ProbationModel, after: Sequence[FollowUp], alike: int
) -> dict[tuple[str, str, str, str], tuple[int, int, int]]:
    """Count cohorts of the index events that happened in both arms.

    Parameters
    ----------
    after : two FollowUp
        What followed the index events of base and reform.
    alike : int
        Length of the log of index events at the fork: up to there the arms are one world.

    Returns
    -------
    dict
        From (arm, estimator, cohort start, group) to (offenders, reoffenders, reoffences).
    """
    keys = [index_keys(model)[alike:] for model in (base, reform)]
    once = np.ones(alike, bool)
    shared = [np.concatenate([once, np.isin(a, b, kind="sort")]) for a, b in (keys, keys[::-1])]
    return {
        (arm, c.estimator, c.start.isoformat(), c.group): (c.offenders, c.reoffenders, c.reoffences)
        for arm, model, both, then in zip(("base", "reform"), (base, reform), shared, after, strict=True)
        for c in measures.cohorts(model, both, SAME_PEOPLE_GROUPS, then)
    }


def index_keys(model: ProbationModel) -> NDArray[np.int64]:
    """Return one number for each index event: person, day and disposal."""
    index = model.index_log
    person = model.people.person[index.row]
    return (person << 20 | index.day.astype(np.int64)) << 3 | index.disposal.astype(np.int64)


def compare(plan: Plan, folder: Path, jobs: int) -> Iterator[SeedReport]:
    """Run every seed of a plan and yield a report as each one is finished and on disk."""
    with store.locked(folder):
        store.clear(folder)
        store.write_manifest(folder, plan, "compare")
        for _, report in map_runs(partial(run_seed, plan, folder), plan.seeds, jobs):
            yield report


def read_table(folder: Path, name: str, counted: Collection[tuple[str, str]] = ()) -> pd.DataFrame:
    """Read a table of a finished comparison, with columns for scenario and seed; of some measures and groups alone, if
    they are named."""
    wanted = [[("measure", "==", measure), ("group", "==", group)] for measure, group in counted] or None
    return with_runs(pd.read_parquet(folder / f"{name}.parquet", filters=wanted))


def with_runs(frame: pd.DataFrame) -> pd.DataFrame:
    """Give a table columns for the scenario and the seed that the names of its runs hold, and make its dates dates."""
    runs = frame["run"].astype("category").cat
    parts = [str(run).rpartition("/") for run in runs.categories]
    frame["scenario"] = np.array([scenario for scenario, _, _ in parts], object)[runs.codes]
    frame["seed"] = np.array([int(seed) for _, _, seed in parts], np.int64)[runs.codes]
    for column in {"date", "cohort_start"} & set(frame.columns):
        frame[column] = pd.to_datetime(frame[column])
    return frame


def first_day(plan: Plan) -> date | None:
    """Return the first day on which the arms can differ."""
    return None if plan.fork_day is None else date_of(plan.fork_day)


def timelines(plan: Plan) -> dict[str, Timeline]:
    """Return the arms by the names that the tables have for them."""
    return {arm_name(plan, "base"): plan.arms[0], arm_name(plan, "reform"): plan.arms[1]}
