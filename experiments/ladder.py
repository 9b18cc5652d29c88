"""The null ladder: what each part of the model adds to its fit, and to the effect of the reform.

From the plainest model up, a part at a time: published rates alone; individual hazards, courts and the law; officers
and charities that can only do so much; ties between people; owners who decide. A part that is not there yet is shut in
both arms: its effects are nought, or its limits far away, whatever the ranges of its numbers, for a rung is no claim
about the world. Every rung has its level put right by one number, so that it fits worse or better by its structure.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from scipy.special import logit

from experiments import store
from experiments.calibration_design import SCENARIO, bar, calibration_targets
from experiments.compare import SeedReport, arm_name, first_day, read_table, run_seed
from experiments.engine import map_runs
from experiments.estimates import (
    COUNTED,
    ESTIMATOR,
    comparable_starts,
    interval,
    level,
    of_arm,
    of_weeks,
    rate,
    summed,
    weekly_means,
)
from experiments.numbers import Floats
from experiments.plan import Plan, make_plan
from experiments.space import shut
from experiments.targets import Target
from experiments.validate import REGION, end_of, measured

FIT_SCALE, FIT_SEEDS = 0.05, 2
LEVEL = "reoffending.hazard_scale"
ANCHOR = "adults_binary_12m_2013"
"""The rate of everyone in the last year before the reform: every rung meets it by its level."""
EFFECTS = {
    "reoffending, points": ("binary_rate", "all"),
    "of short-sentence leavers": ("binary_rate", "disposal=custody_under_12m"),
    "recalls, percent": ("recalls", "all"),
}
_PERCENT = 100.0
_BOUNDLESS = 1e6

CAPACITY: Mapping[str, float] = {
    "workload.greatest_cut": 0.0,
    "workload.leaving_overload_slope": 0.0,
    "workload.sick_overload_slope": 0.0,
    "supervision.cases_quality_falls": _BOUNDLESS,
    "support.places_per_1000": _BOUNDLESS,
}
TIES: Mapping[str, float] = {"ties.peer_log_factor": 0.0, "ties.p_join": 0.0, "ties.family_log_factor": 0.0}
OWNERS = ("private_providers", "payment_by_results", "charity_supply_chain", "contract_variation")


class Rung(NamedTuple):
    """A model of the ladder: its name, the numbers that shut what is not there yet, and the levers left out."""

    name: str
    numbers: Mapping[str, float]
    without: tuple[str, ...]


RUNGS = (
    Rung("individual hazards", {**CAPACITY, **TIES}, OWNERS),
    Rung("and capacity", TIES, OWNERS),
    Rung("and ties", {}, OWNERS),
    Rung("and owners who decide", {}, ()),
)
RATES_ALONE = "published rates alone"
"""The rung below: each group keeps its published rate, so it fits by definition, and no reform changes anything."""


@dataclass(frozen=True)
class Step:
    """What a rung says.

    Attributes
    ----------
    name : str
    misfit : float
        Root of the mean squared distance from the record before the reform, in bars.
    within, targets : int
        How many targets are met, of how many.
    effects, adds : dict of str to float array, shape (seeds,)
        The reform's effect by seed, and how much of it the rung below has not.
    """

    name: str
    misfit: float
    within: int
    targets: int
    effects: dict[str, Floats]
    adds: dict[str, Floats]

    def as_dict(self) -> dict[str, Any]:
        """Return the fields by name, effects as means with their intervals."""
        plain = asdict(self)
        for field in ("effects", "adds"):
            plain[field] = {
                name: dict(zip(("mean", "low", "high"), (level(values), *interval(values)), strict=True))
                for name, values in plain[field].items()
            }
        return plain


def on_rung(plan: Plan, rung: Rung) -> Plan:
    """Return a plan as a rung has it: numbers set, levers left out of every arm that has them."""
    arms = plan.arms
    for lever in rung.without:
        arms = tuple(arm.with_lever_setting(lever, "off") if lever in arm.levers else arm for arm in arms)
    return replace(plan, arms=arms, register=shut(plan.register, rung.numbers))


def with_level(plan: Plan, level: float) -> Plan:
    """Return a plan with the level of the hazard."""
    return replace(plan, register=shut(plan.register, {LEVEL: level}))


def fit(settings: Sequence[str], task: tuple[int, int]) -> tuple[float, list[float]]:
    """Put the level of a rung right in the whole country, and measure what calibration is set against.

    Parameters
    ----------
    settings : sequence of str
        What the user set by hand.
    task : (rung, seed)

    Returns
    -------
    float
        The level of the hazard at which the rung meets `ANCHOR`.
    list of float
        What a run at that level says of every target.
    """
    number, seed = task
    targets = calibration_targets()
    plan = make_plan([SCENARIO], REGION, FIT_SCALE, [seed], end_of(targets).isoformat(), settings)
    plan = on_rung(plan, RUNGS[number])
    anchor = next(t for t in targets if t.id == ANCHOR)
    level = float(plan.register.find(LEVEL, "ladder").value)  # type: ignore[arg-type]
    found = _numbers(targets, plan)
    for _ in range(2):
        level *= float(np.exp(logit(anchor.value / _PERCENT) - logit(found[targets.index(anchor)] / _PERCENT)))
        found = _numbers(targets, with_level(plan, level))
    return level, found


def _numbers(targets: Sequence[Target], plan: Plan) -> list[float]:
    """Return what a run says of every target, NaN where it says nothing."""
    said = measured(targets, plan)
    return [value if isinstance(value := said[t.id], float) else np.nan for t in targets]


def misfit(targets: Sequence[Target], values: Floats) -> tuple[float, int]:
    """Return the distance of means over seeds from the record, in bars, and how many targets are met."""
    away = np.array([(v - t.value) / bar(t) for t, v in zip(targets, values, strict=True)])
    return float(np.sqrt(np.nanmean(away**2))), int((np.abs(away) <= 1).sum())


def run(plan: Plan, folder: Path, jobs: int) -> Iterator[SeedReport | None]:
    """Put the rungs' levels right, then run every seed on each; yield once for each run that is finished."""
    with store.locked(folder):
        store.clear(folder)
        fitted: dict[tuple[int, int], tuple[float, list[float]]] = {}
        tasks = [(number, seed) for number in range(len(RUNGS)) for seed in range(FIT_SEEDS)]
        for task, found in map_runs(partial(fit, plan.settings), tasks, jobs):
            fitted[task] = found
            yield None
        levels = [float(np.mean([fitted[n, s][0] for s in range(FIT_SEEDS)])) for n in range(len(RUNGS))]
        said = [np.mean([fitted[n, s][1] for s in range(FIT_SEEDS)], axis=0).tolist() for n in range(len(RUNGS))]
        store.write_whole(folder / "fit.json", json.dumps({"levels": levels, "values": said}, indent=1).encode())
        planned = tuple(with_level(on_rung(plan, rung), level) for rung, level in zip(RUNGS, levels, strict=True))
        for number in range(len(RUNGS)):
            rung_folder(folder, number).mkdir(exist_ok=True)
            store.clear(rung_folder(folder, number))
        pairs = [(number, seed) for number in range(len(RUNGS)) for seed in plan.seeds]
        for _, report in map_runs(partial(_pair, planned, folder), pairs, jobs):
            yield report


def rung_folder(folder: Path, number: int) -> Path:
    """Return where the tables of a rung lie."""
    return folder / f"rung-{number}"


def _pair(planned: Sequence[Plan], folder: Path, task: tuple[int, int]) -> SeedReport:
    """Run both arms of one seed on one rung."""
    number, seed = task
    return run_seed(planned[number], rung_folder(folder, number), seed)


def steps(plan: Plan, folder: Path) -> list[Step]:
    """Return what every rung says, from the folder of a finished ladder."""
    targets = calibration_targets()
    fitted = json.loads((folder / "fit.json").read_text(encoding="utf-8"))
    found: list[Step] = []
    for number, rung in enumerate(RUNGS):
        distance, within = misfit(targets, np.array(fitted["values"][number]))
        effects = effects_in(plan, rung_folder(folder, number))
        below = found[-1].effects if found else dict.fromkeys(effects, np.zeros(len(plan.seeds)))
        adds = {name: values - below[name] for name, values in effects.items()}
        found.append(Step(rung.name, distance, within, len(targets), effects, adds))
    return found


def effects_in(plan: Plan, folder: Path) -> dict[str, Floats]:
    """Return the reform's effects by seed; each of shape (seeds,)."""
    store.gather_parts(folder)
    arms = [arm_name(plan, "base"), arm_name(plan, "reform")]
    cohorts, weekly = read_table(folder, "cohorts"), read_table(folder, "weekly", COUNTED)
    counts = summed(cohorts, ESTIMATOR, comparable_starts(cohorts, ESTIMATOR, first_day(plan)))
    means, _ = weekly_means(weekly, first_day(plan))
    found = {}
    for name, (measure, group) in EFFECTS.items():
        if measure == "recalls":
            base, reform = (of_weeks(means, measure, group, arm) for arm in arms)
            found[name] = _PERCENT * (reform - base) / base
        else:
            base, reform = (rate(measure, of_arm(counts, group, arm, sorted(plan.seeds))) for arm in arms)
            found[name] = _PERCENT * (reform - base)
    return found
