"""What `calibrate` prints and writes: waves, the record beside the ensemble, what was learned of each number."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from rich.console import Console

from experiments import store
from experiments.calibrate import Calibration, Wave, settings, spans, wave_line
from experiments.calibration_design import bar
from experiments.ensemble import write_sets
from experiments.space import Coordinate
from experiments.targets import Target
from experiments.validate import REGION
from experiments.validation_report import number

NARROWED = 0.7
"""A number is learned of when its 90 percent interval is no wider than this share of what its range alone gives."""
_RANGE_SHARE = 0.9
_NAME = 34


@dataclass(frozen=True)
class Met:
    """A target beside the ensemble.

    Attributes
    ----------
    target : Target
    low, median, high : float
        5, 50 and 95 percent of the members' runs, chance included, in the target's unit.
    within : float
        Share of the members' runs within the bar.
    """

    target: Target
    low: float
    median: float
    high: float
    within: float

    @property
    def bar(self) -> float:
        """How far the median may lie from the published figure: twice the stated discrepancy."""
        return bar(self.target)

    @property
    def is_met(self) -> bool:
        """Whether the median lies within the bar."""
        return abs(self.median - self.target.value) <= self.bar


@dataclass(frozen=True)
class Learned:
    """What was learned of a number.

    Attributes
    ----------
    coordinate : Coordinate
    low, median, high : float
        5, 50 and 95 percent of the members.
    width : float
        Of that interval over what the range alone would give; 1 is nothing learned, up to chance.
    """

    coordinate: Coordinate
    low: float
    median: float
    high: float
    width: float


def met(calibration: Calibration) -> list[Met]:
    """Return every target beside the ensemble."""
    low, _, median, _, high = spans(calibration.simulated)
    rows = zip(calibration.design.targets, low, median, high, calibration.simulated.T, strict=True)
    found = []
    for t, a, b, c, values in rows:
        within = float((np.abs(values - t.value) <= bar(t)).mean())
        found.append(Met(t, float(a), float(b), float(c), within))
    return found


def learned(calibration: Calibration) -> list[Learned]:
    """Return what was learned of every number, the most first."""
    low, _, median, _, high = spans(calibration.members)
    found = []
    for c, a, b, d in zip(calibration.design.coordinates, low, median, high, strict=True):
        width = (c.unit(float(d)) - c.unit(float(a))) / _RANGE_SHARE
        found.append(Learned(c, float(a), float(b), float(d), width))
    return sorted(found, key=lambda row: row.width)


def print_calibration(console: Console, calibration: Calibration) -> None:
    """Print waves, targets, and the numbers that were learned of."""
    design = calibration.design
    console.print(
        f"Calibrated to the record before the reform: {REGION}, scale {design.scale:g}, {design.budget} runs, "
        f"{len(design.coordinates)} numbers\n"
    )
    for number_, wave in enumerate(calibration.waves, 1):
        console.print(wave_line(number_, wave))
    rows = met(calibration)
    console.print(f"\n  {'':{_NAME}}{'published':>10}{'median':>9}  90 percent of sets")
    for row in rows:
        interval = f"[{number(row.low)}, {number(row.high)}]"
        cells = f"{number(row.target.value):>10}{number(row.median):>9}  {interval:20}"
        console.print(f"  {row.target.id[:_NAME]:{_NAME}}{cells}{'' if row.is_met else 'off'}".rstrip())
    console.print(f"  {sum(r.is_met for r in rows)} of {len(rows)} medians within the bar")
    known = [row for row in learned(calibration) if row.width <= NARROWED]
    console.print(f"\n  {'learned of, the most first':{_NAME}}{'range':>17}{'median':>8}  90 percent of sets")
    for line in known:
        c = line.coordinate
        cells = f"{f'{number(c.low)} to {number(c.high)}':>17}{number(line.median):>8}"
        console.print(f"  {c.name[:_NAME]:{_NAME}}{cells}  [{number(line.low)}, {number(line.high)}]")
    console.print(
        f"  {len(known)} of {len(design.coordinates)} numbers; of the others the record before the reform says little"
    )


def write_calibration(folder: Path, calibration: Calibration) -> list[str]:
    """Write the ensemble with how it was made, the targets, and what was learned, and return the names."""
    fitted, numbers = fitted_rows(calibration), learned_rows(calibration)
    how = {**calibration.design.describe(), "members": len(calibration.members)}
    how["waves"] = [_wave(w) for w in calibration.waves]
    write_sets(folder, settings(calibration), {**how, "fitted": fitted, "learned": numbers})
    for name, rows in (("targets.csv", fitted), ("parameters.csv", numbers)):
        store.write_whole(folder / name, pd.DataFrame(rows).to_csv(index=False).encode())
    return ["ensemble.csv", "ensemble.json", "parameters.csv", "targets.csv"]


def fitted_rows(calibration: Calibration) -> list[dict[str, Any]]:
    """Return every target beside the ensemble, as objects."""
    return [
        {
            "id": r.target.id,
            "measure": r.target.measure,
            "group": r.target.group,
            "unit": r.target.unit,
            "published": r.target.value,
            "low": r.low,
            "median": r.median,
            "high": r.high,
            "bar": r.bar,
            "met": r.is_met,
            "within": r.within,
            "source": r.target.source,
        }
        for r in met(calibration)
    ]


def learned_rows(calibration: Calibration) -> list[dict[str, Any]]:
    """Return what was learned of every number, as objects."""
    return [
        {
            "parameter": r.coordinate.name,
            "range_low": r.coordinate.low,
            "range_high": r.coordinate.high,
            "low": r.low,
            "median": r.median,
            "high": r.high,
            "width": r.width,
        }
        for r in learned(calibration)
    ]


def _wave(wave: Wave) -> dict[str, float | int | None]:
    """Return a wave as an object; what is not known of the last is null."""
    return {
        name: None if isinstance(value, float) and not np.isfinite(value) else value
        for name, value in wave._asdict().items()
    }


def calibration_object(calibration: Calibration, files: Sequence[str], folder: Path) -> dict[str, Any]:
    """Return the object of `calibrate --json`."""
    return {
        **calibration.design.describe(),
        "waves": [_wave(w) for w in calibration.waves],
        "members": len(calibration.members),
        "fitted": fitted_rows(calibration),
        "learned": learned_rows(calibration),
        "seconds": calibration.seconds,
        "files": list(files),
        "out": str(folder),
    }
