"""What decides a calibration: targets, numbers that move, runs."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from experiments import space, store
from experiments.plan import make_plan
from experiments.space import Coordinate
from experiments.targets import Target, record
from experiments.validate import REGION, end_of
from experiments.vocabulary import Kind, measures
from sim.compiled import source_hash
from sim.errors import InputError

LATER_SHARES = (7 / 80, 7 / 80, 7 / 40, *8 * (1 / 16,))
"""Of the budget, by wave after the first, which draws from all of the space: what the first does not rule out; four
times by how well points fit, for emulators are to be good where points are put right; six times those points, put
right by their own runs: emulators stay less exact than the record, and how far points move is half of what they say."""
LEAST_BUDGET, MOST_BUDGET = 80, 100_000
SCENARIO = "post_reform"
_FITTED_BY = (
    "calibrate.py",
    "emulators.py",
    "judge.py",
    "sampling.py",
    "space.py",
    "targets.py",
    "validate.py",
    "tables.py",
)
"""The code that decides what comes of a calibration, beside the model's: its waves and what its runs say."""
_RATE_POINTS, _EARLY_POINTS, _COUNT_SHARE, _RECALL_SHARE = 0.5, 1.0, 0.025, 0.05


def discrepancy(target: Target) -> float:
    """Return the standard deviation by which the model is allowed to be wrong of a target, in its unit.

    Half of what the project's bars allow, read as two standard deviations: a point of a rate, two of the share within
    some days, five percent of a count or frequency; ten percent of a recall population before the last, when policy
    moved in ways that are not in the model. Stated, not estimated.
    """
    kind = measures()[target.stem].kind
    if kind == Kind.OUTCOME and "within" in target.measure and "days" in target.measure:
        return _EARLY_POINTS
    if target.unit == "percent":
        return _RATE_POINTS
    if target.measure == "recall_population" and target.source == "recall_population_2009_2014":
        return _RECALL_SHARE * target.value
    return _COUNT_SHARE * target.value


def bar(target: Target) -> float:
    """Return how far a model may lie from a target and meet it: twice the stated discrepancy, in its unit."""
    return 2 * discrepancy(target)


def calibration_targets() -> list[Target]:
    """Return what is fitted: the rows of the record with ``use = calibrate``."""
    return [target for target in record()[0] if target.use == "calibrate"]


@dataclass(frozen=True)
class Design:
    """What decides a calibration: two with the same description, by the same code, give the same result.

    Attributes
    ----------
    budget : int
        Runs.
    scale : float
        People for each person of England and Wales.
    seed : int
        Of the designs, and the first of the runs.
    targets : tuple of Target
    coordinates : tuple of Coordinate
    """

    budget: int
    scale: float
    seed: int
    targets: tuple[Target, ...]
    coordinates: tuple[Coordinate, ...]

    @property
    def waves(self) -> tuple[int, ...]:
        """Runs of each wave."""
        later = [round(share * self.budget) for share in LATER_SHARES]
        return (self.budget - sum(later), *later)

    def describe(self) -> dict[str, Any]:
        """Return what is written beside the results."""
        return {
            "command": "calibrate",
            "budget": self.budget,
            "runs_of_waves": list(self.waves),
            "region": REGION,
            "scenario": SCENARIO,
            "scale": self.scale,
            "seed": self.seed,
            "until": end_of(self.targets).isoformat(),
            "code_version": source_hash(),
            "fitted_by": store.hash_of(*_FITTED_BY),
            "coordinates": {c.name: [c.low, c.high] for c in self.coordinates},
            "targets": {t.id: [t.value, t.standard_error, discrepancy(t)] for t in self.targets},
        }


def make_design(budget: int, scale: float, seed: int) -> Design:
    """Check what the user asked for.

    Raises
    ------
    InputError
        For a budget that is too small to fit anything, or out of all reason.
    """
    if not LEAST_BUDGET <= budget <= MOST_BUDGET:
        raise InputError(f"--budget {budget} is out of range; allowed: {LEAST_BUDGET} to {MOST_BUDGET} runs")
    register = make_plan([SCENARIO], REGION, scale, [seed], None, []).register
    return Design(budget, scale, seed, tuple(calibration_targets()), tuple(space.space(register)))


def open_folder(design: Design, out: str | None, *, resume: bool) -> Path:
    """Return the folder of a calibration, new, or with `resume` that of an earlier start.

    Raises
    ------
    InputError
        If it holds anything else, or a calibration although `resume` was not asked for.
    """
    folder = store.writable(
        out or str(store.DEFAULT_FOLDER / f"calibrate-{REGION}-{design.scale:g}-{design.budget}-{design.seed}")
    )
    path = folder / store.MANIFEST
    described = design.describe()
    held = sorted(p.name for p in folder.iterdir() if not p.name.startswith("."))
    if held and not path.exists():
        raise InputError(f"--out {folder}: holds other files ({', '.join(held[:3])}); name an empty folder")
    if not held:
        store.write_whole(path, json.dumps(described, indent=1).encode())
        return folder
    known = store.manifest_in(folder)
    other = [key for key in described if known.get(key) != described[key]]
    if other:
        raise InputError(f"--out {folder}: holds another run ({', '.join(other)} differ); name an empty folder")
    if not resume:
        raise InputError(f"--out {folder}: holds this calibration already; add --resume to go on with it")
    return folder
