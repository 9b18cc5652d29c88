"""What the commands do: run, measure, print, write."""

import json
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd
from rich.console import Console

from experiments import ensemble as ensembles
from experiments import provenance, report, single, store
from experiments import story as stories
from experiments import validate as validation
from experiments.before_after import Change, changes
from experiments.compare import (
    SeedReport,
    arm_name,
    first_day,
    read_table,
    timelines,
    warm_up,
)
from experiments.compare import (
    compare as run_pairs,
)
from experiments.costs import cost_differences
from experiments.engine import cores
from experiments.ensemble_report import print_ensemble
from experiments.estimates import Difference, cohort_differences, same_people_differences, weekly_differences
from experiments.institutions import finding as institution_finding
from experiments.institutions import institution_differences
from experiments.plan import Plan, checked_jobs, make_plan
from experiments.tables import run_name
from experiments.targets import read_targets, record
from experiments.validation_report import headline, print_validation
from sim.clock import DAYS_PER_WEEK
from sim.compiled import source_hash

if TYPE_CHECKING:
    from experiments.worlds import Sweep

type Progress = Callable[[int, str], AbstractContextManager[Callable[[], None]]]


def compare(plan: Plan, out: str | None, jobs: int, *, as_json: bool, progress: Progress) -> None:
    """Run all seeds of a comparison, print what the reform changed, write tables and pictures.

    Interrupted, it gathers the seeds that are finished and says so.
    """
    jobs = checked_jobs(jobs) or cores()
    folder = store.output_folder(plan, "compare", out)
    tell(plan)
    start = time.perf_counter()
    compile_seconds = warm_up()
    reports: list[SeedReport] = []
    try:
        with progress(len(plan.seeds), "seeds") as step:
            for finished in run_pairs(plan, folder, jobs):
                reports.append(finished)
                step()
    except KeyboardInterrupt:
        finished_seeds = store.gather_parts(folder)
        print(f"stopped: {len(finished_seeds)} of {len(plan.seeds)} seeds are finished, in {folder}", file=sys.stderr)
        raise
    store.gather_parts(folder)
    reports.sort(key=lambda r: r.seed)
    found = {name: read_table(folder, name) for name in ("cohorts", "weekly", "outcomes")}
    differences, before_after = estimate(plan, found, reports)
    pictures = draw(plan, folder, found, differences)
    seconds = time.perf_counter() - start
    if as_json:
        print(json.dumps(comparison_object(plan, folder, differences, before_after, reports, seconds, compile_seconds)))
        return
    console = report.stdout_console()
    report.print_comparison(console, plan, differences, before_after, len(reports))
    lived = sum(r.person_weeks for r in reports)
    compiling = f", of which compiling {compile_seconds:.0f}" if compile_seconds > 1 else ""
    console.print(f"\n{seconds:.0f} s{compiling}; {lived / 1e6:,.0f} million tracked person-weeks")
    report.print_written(console, folder, [p.name for p in sorted(folder.glob("*.parquet"))] + pictures)


def compare_ensemble(plan: Plan, out: str | None, jobs: int, *, as_json: bool, progress: Progress) -> None:
    """Run a comparison under every set of the ensemble, and print what is sure whichever is right."""
    jobs = checked_jobs(jobs) or cores()
    sets = ensembles.read_sets()
    planned = ensembles.plans(plan, sets, str(ensembles.SHIPPED))
    command = f"compare-ensemble-{ensembles.digest(sets)}"
    folder = store.output_folder(planned[0], command, out)
    tell(plan)
    start = time.perf_counter()
    warm_up()
    store.write_manifest(folder, planned[0], command)
    store.write_whole(folder / "sets.csv", ensembles.as_csv(sets).encode())
    total = sum(len(p.seeds) for p in planned)
    try:
        with progress(total, "pairs") as step:
            for _ in ensembles.run(planned, folder, jobs):
                step()
    except KeyboardInterrupt:
        print(f"stopped: {len(store.gather_parts(folder))} of {total} pairs are finished, in {folder}", file=sys.stderr)
        raise
    effects = ensembles.effects_in(folder, plan)
    table = pd.DataFrame([e.as_dict() for e in effects])
    store.write_whole(folder / "effects.csv", table.to_csv(index=False).encode())
    seconds = time.perf_counter() - start
    if as_json:
        described: dict[str, Any] = {"base": arm_name(plan, "base"), "reform": arm_name(plan, "reform")}
        described |= {"region": plan.region.name, "scale": plan.scale}
        parted = first_day(plan)
        print(
            json.dumps(
                {
                    **described,
                    "sets": len(sets),
                    "seeds": total,
                    "first_difference_date": None if parted is None else parted.isoformat(),
                    "seconds": seconds,
                    "out": str(folder),
                    "notes": list(plan.notes),
                    "measures": [e.as_dict() for e in effects],
                }
            )
        )
        return
    console = report.stdout_console()
    print_ensemble(console, plan, effects, len(sets))
    console.print(f"\n{seconds:.0f} s")
    report.print_written(
        console, folder, [p.name for p in sorted(folder.glob("*.parquet"))] + ["effects.csv", "sets.csv"]
    )


def compare_ladder(plan: Plan, out: str | None, jobs: int, *, as_json: bool, progress: Progress) -> None:
    """Run a comparison on every rung of the null ladder, and print what each part of the model adds."""
    from experiments import ladder, ladder_report

    jobs = checked_jobs(jobs) or cores()
    folder = store.output_folder(plan, "compare-ladder", out)
    tell(plan)
    start = time.perf_counter()
    warm_up()
    store.write_manifest(folder, plan, "compare-ladder")
    with progress(ladder_report.runs(plan), "runs") as step:
        for _ in ladder.run(plan, folder, jobs):
            step()
    found = ladder.steps(plan, folder)
    described = {"rungs": [s.as_dict() for s in found], "notes": list(plan.notes)}
    store.write_whole(folder / "ladder.json", (json.dumps(described, indent=1) + "\n").encode())
    seconds = time.perf_counter() - start
    if as_json:
        arms = {"base": arm_name(plan, "base"), "reform": arm_name(plan, "reform")}
        place = {"region": plan.region.name, "scale": plan.scale, "seeds": len(plan.seeds)}
        print(json.dumps({**arms, **place, "seconds": seconds, "out": str(folder), **described}))
        return
    console = report.stdout_console()
    ladder_report.print_ladder(console, plan, found)
    console.print(f"\n{seconds:.0f} s")
    report.print_written(console, folder, ["ladder.json", "fit.json"])


def calibrate(
    budget: int, scale: float, seed: int, jobs: int, out: str | None, *, resume: bool, as_json: bool, progress: Progress
) -> None:
    """Fit what is not known to the record before the reform, print and write what was learned."""
    from experiments import calibrate as calibration
    from experiments import calibration_design as designs
    from experiments import calibration_report

    design = designs.make_design(budget, scale, seed)
    folder = designs.open_folder(design, out, resume=resume)
    warm_up()
    try:
        with progress(design.budget, "runs") as step:
            fitted = calibration.calibrate(
                design, folder, jobs or cores(), step, partial(print, file=sys.stderr, flush=True)
            )
    except KeyboardInterrupt:
        print(f"stopped: finished runs are kept in {folder}; add --resume to go on", file=sys.stderr)
        raise
    written = calibration_report.write_calibration(folder, fitted)
    if as_json:
        print(json.dumps(calibration_report.calibration_object(fitted, written, folder)))
        return
    console = report.stdout_console()
    calibration_report.print_calibration(console, fitted)
    console.print(f"\n{fitted.seconds:.0f} s")
    report.print_written(console, folder, written)


def tell(asked: "Plan | Sweep") -> None:
    """Print what the user should know of a plan or sweep on standard error."""
    for note in asked.notes:
        print(f"note: {note}", file=sys.stderr)


def estimate(
    plan: Plan, found: dict[str, pd.DataFrame], reports: list[SeedReport]
) -> tuple[list[Difference], list[Change]]:
    """Estimate differences between arms and changes within arms from the tables of a comparison."""
    arms = [arm_name(plan, "base"), arm_name(plan, "reform")]
    cohorts, weekly, parted = found["cohorts"], found["weekly"], first_day(plan)
    differences = cohort_differences(cohorts, arms, parted)
    differences += same_people_differences(reports, cohorts, arms, parted)
    differences += weekly_differences(weekly, arms, parted)
    differences += cost_differences(weekly, cohorts, arms, parted, plan.register)
    differences += institution_differences(weekly, arms, parted)
    return differences, changes(cohorts, weekly, arms)


def draw(plan: Plan, folder: Path, found: dict[str, pd.DataFrame], differences: list[Difference]) -> list[str]:
    """Draw the pictures of a comparison and return their names; a run too short for one goes without it."""
    from experiments import figures

    figures.style()
    arms = timelines(plan)
    made_of = provenance.of_plan(plan, "compare")
    cohorts, weekly, outcomes = found["cohorts"], found["weekly"], found["outcomes"]
    drawn = []
    rate = report.find(differences, "binary_rate", "all")
    short = report.find(differences, "binary_rate", "disposal=custody_under_12m")
    if rate is not None and rate.difference is not None and short is not None:
        title = (
            f"The reform moved proven reoffending by {finding(rate)}; of short-sentence leavers, by {finding(short)}"
        )
        picture = figures.quarterly(cohorts, arms, title)
        figures.save(picture, folder / "reoffending_by_quarter.png", made_of)
        drawn.append("reoffending_by_quarter.png")
    if len(outcomes):
        title = f"Of leavers of short sentences, {curve_finding(outcomes, list(arms))}"
        figures.save(figures.time_to_first(outcomes, arms, title), folder / "time_to_first_reoffence.png", made_of)
        drawn.append("time_to_first_reoffence.png")
    title = f"The reform changed recalls to prison by {recall_finding(differences)}"
    figures.save(figures.recalls(weekly, arms, title), folder / "recalls_by_sentence.png", made_of)
    pictures = {
        "officers_workload.png": (figures.staffing, f"Officers' workload: {change_finding(differences, 'workload')}"),
        "charities_waiting.png": (
            figures.support,
            f"People waiting for a charity: {change_finding(differences, 'waiting')}",
        ),
        "needs.png": (
            figures.needs,
            f"Percent of the supervised without suitable accommodation: {share_finding(differences)}",
        ),
    }
    for name, (picture_of, heading) in pictures.items():
        figures.save(picture_of(weekly, arms, heading), folder / name, made_of)
    drawn += ["recalls_by_sentence.png", *pictures]
    if books := institution_finding(weekly, arm_name(plan, "reform"), first_day(plan)):
        picture = figures.institutions(weekly, arm_name(plan, "reform"), arms, books)
        figures.save(picture, folder / "institutions.png", made_of)
        drawn.append("institutions.png")
    return drawn


def change_finding(differences: list[Difference], measure: str) -> str:
    """Say what a stock is in both arms and how they differ."""
    d = next(d for d in differences if d.measure == measure)
    if d.base is None or d.reform is None:
        return "nothing to show"
    digits = 0 if abs(d.base) >= 50 else 2
    interval = f" {report.spread(d.low, d.high, fraction=False, digits=digits)}" if d.low is not None else ""
    return (
        f"{report.number(d.base, digits)} without the reform and {report.number(d.reform, digits)} with it, "
        f"{report.number(d.difference, digits, sign=True)}{interval}"
    )


def finding(d: Difference) -> str:
    """Put a difference of a rate into a title."""
    interval = f" {report.spread(d.low, d.high, fraction=True)}" if d.low is not None else ""
    return f"{report.points(d.difference)} points{interval}"


def curve_finding(outcomes: pd.DataFrame, arms: list[str]) -> str:
    """Say what share has reoffended within 18 days and within a year, in both arms."""
    last = outcomes[(outcomes["year"] == outcomes["year"].max()) & (outcomes["group"] == "disposal=custody_under_12m")]
    means = last.groupby(["measure", "scenario"])["value"].mean()
    base, reform = (
        [f"{100 * means.get((f'reoffended_within_{n}_days', arm), float('nan')):.1f}" for n in (18, 365)]
        for arm in arms
    )
    return (
        f"{reform[0]} percent reoffend within 18 days and {reform[1]} within a year with the reform, "
        f"{base[0]} and {base[1]} without it"
    )


def recall_finding(differences: list[Difference]) -> str:
    """Say how recalls of both lengths of sentence differ between the arms."""
    parts = []
    for group, name in (("disposal=custody_under_12m", "short"), ("disposal=custody_12m_plus", "long")):
        d = report.find(differences, "recalls_per_year", group)
        if d is not None and d.difference is not None:
            interval = f" {report.spread(d.low, d.high, fraction=False, digits=0)}" if d.low is not None else ""
            parts.append(f"{report.number(d.difference, 0, sign=True)} a year{interval} from {name} sentences")
    return " and ".join(parts)


def comparison_object(
    plan: Plan,
    folder: Path,
    differences: list[Difference],
    before_after: list[Change],
    reports: list[SeedReport],
    seconds: float,
    compile_seconds: float,
) -> dict[str, Any]:
    """Return the object of `compare --json`."""
    parted = first_day(plan)
    return {
        "base": arm_name(plan, "base"),
        "reform": arm_name(plan, "reform"),
        "region": plan.region.name,
        "scale": plan.scale,
        "seeds": len(reports),
        "first_difference_date": None if parted is None else parted.isoformat(),
        "seconds": seconds,
        "compile_seconds": compile_seconds,
        "person_weeks": sum(r.person_weeks for r in reports),
        "supervised_person_weeks": sum(r.supervised_person_weeks for r in reports),
        "out": str(folder),
        "notes": list(plan.notes),
        "measures": [d.as_dict() for d in differences],
        "before_after": [c.as_dict() for c in before_after],
    }


def share_finding(differences: list[Difference]) -> str:
    """Say what share of the supervised lack accommodation in both arms and how they differ, percent and points."""
    d = next(d for d in differences if d.measure == "need_in_community")
    interval = f" points {report.spread(d.low, d.high, fraction=True)}" if d.low is not None else " points"
    arms = f"{report.percent(d.base)} without the reform and {report.percent(d.reform)} with it"
    return f"{arms}, {report.points(d.difference)}{interval}"


def run(
    plan: Plan, out: str | None, *, events: bool, people: bool, graph: bool, as_json: bool, progress: Progress
) -> None:
    """Run one scenario once, print its latest rates, write its tables."""
    folder = store.output_folder(plan, "run", out)
    tell(plan)
    with progress(weeks_of(plan), "weeks") as step:
        finished = single.run(plan, folder, events=events, people=people, graph=graph, step=step)
    if as_json:
        print(json.dumps(finished.as_dict(folder)))
        return
    console = report.stdout_console()
    report.print_run(console, plan, finished.measures)
    per = 1e9 * finished.seconds / finished.person_weeks
    console.print(
        f"\n{finished.seconds:.1f} s, {per:.0f} ns a tracked person-week ({finished.person_weeks / 1e6:,.1f} million); "
        f"peak memory {finished.peak_megabytes:,.0f} MB"
    )
    report.print_written(console, folder, finished.files)


def weeks_of(plan: Plan) -> int:
    """Return the number of weeks that one run of a plan lives from day 0 on."""
    return -(-plan.end_day // DAYS_PER_WEEK)


def story(plan: Plan, person: int, progress: Progress) -> None:
    """Print one life, or the same life twice."""
    tell(plan)
    with progress(weeks_of(plan) * len(plan.arms), "weeks") as step:
        lives = stories.tell(plan, person, step)
    console: Console = report.stdout_console()
    parted = stories.first_difference(*lives) if len(lives) > 1 else None
    report.print_lives(console, lives, parted)


def validate(
    path: str | None,
    scale: float,
    seeds: Sequence[int],
    jobs: int,
    out: str | None,
    settings: Sequence[str] = (),
    *,
    ensemble: bool = False,
    as_json: bool,
    progress: Progress,
) -> None:
    """Measure the published record, or a researcher's own targets, in the model, and print both side by side."""
    targets, never = record() if path is None else (read_targets(Path(path)), [])
    folder = None if out is None else store.writable(out)
    scenarios = list(dict.fromkeys(target.scenario for target in targets))
    tell(make_plan(scenarios, validation.REGION, scale, [0], None, settings))
    sets = ensembles.read_sets() if ensemble else []
    seeds = range(len(sets)) if sets else seeds
    start = time.perf_counter()
    warm_up()
    with progress(len(seeds) * len(scenarios), "runs") as step:
        rows, unmeasured = validation.validate(targets, scale, seeds, jobs or cores(), step, settings, sets)
    unmeasured = never + unmeasured
    written = []
    if folder is not None:
        runs = [run_name(name, seed) for seed in seeds for name in scenarios]
        written = _write_validation(folder, rows, runs, list(seeds), with_series=bool(sets) and path is None)
    if as_json:
        found = {"region": validation.REGION, "scale": scale, "seeds": list(seeds), "code_version": source_hash()}
        found |= {"settings": list(settings), "sets": len(sets)}
        reasons = [{"id": identity, "reason": reason} for identity, reason in unmeasured]
        print(json.dumps({**found, "targets": [row.as_dict() for row in rows], "unmeasured": reasons}))
        return
    console = report.stdout_console()
    print_validation(console, rows, unmeasured, scale, len(seeds), sets=len(sets), settings=settings)
    console.print(f"\n{time.perf_counter() - start:.0f} s")
    if folder is not None:
        report.print_written(console, folder, written)


def _write_validation(
    folder: Path, rows: Sequence[validation.Row], runs: Sequence[str], seeds: Sequence[int], *, with_series: bool
) -> list[str]:
    """Write the rows as a table and pictures, and return their names; nothing measured, nothing written."""
    if not rows:
        return []
    from experiments import figures
    from experiments.series_figure import series
    from experiments.validation_figure import validation as drawn

    table = pd.DataFrame([row.as_dict() for row in rows])
    table["periods"] = ["; ".join(map(str, row.target.periods)) for row in rows]
    store.write_whole(folder / "targets.csv", table.to_csv(index=False).encode())
    figures.style()
    made_of = provenance.metadata("validate", "validate", runs, seeds)
    figures.save(drawn(rows, headline(rows)), folder / "validation.png", made_of)
    if not with_series:
        return ["targets.csv", "validation.png"]
    figures.save(series(rows), folder / "series.png", made_of)
    return ["targets.csv", "validation.png", "series.png"]
