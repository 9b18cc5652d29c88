"""Measure how intensity at the index event differs from its mean in life: ``python docs/intensity.py``.

Whoever is in a stretch of high intensity is the likelier to be sanctioned, so people enter cohorts in such stretches
more often than not. `docs/model.md` says what that does to the reading of ``reoffending.hazard_scale``.
"""

import sys
from datetime import date
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sim.clock import DAYS_PER_WEEK, day_of
from sim.model import ProbationModel
from sim.offenders import BANDS, band_of
from sim.processes import reoffending


def intensity_at_index(model: ProbationModel, year: int) -> dict[str, float]:
    """Return the mean intensity of people on the day of their index events of a year: all, and by history band."""
    hazard, key = reoffending.hazard_of_year(model), model.draws.key("reoffending.intensity")
    index, people = model.index_log, model.people
    found = np.flatnonzero((index.day >= day_of(date(year, 1, 1))) & (index.day < day_of(date(year + 1, 1, 1))))
    row, week = index.row[found], index.day[found].astype(np.int64) // DAYS_PER_WEEK
    stretch = (week - people.stretch_phase[row]) // hazard.stretch_weeks
    pairs = zip(people.person_hash[row], stretch, strict=True)
    z = np.array([reoffending.intensity(hazard, person, s, key) for person, s in pairs])
    band = band_of(index.previous_sanctions[found])
    means = {f"previous sanctions {name}": float(z[band == i].mean()) for i, name in enumerate(BANDS)}
    return {"all": float(z.mean()), **means}


if __name__ == "__main__":
    world = ProbationModel("pre_reform", scale=0.5)
    world.live_until(day_of(date(2014, 1, 1)))
    for group, mean in intensity_at_index(world, 2013).items():
        print(f"{group:24} {mean:.2f}")
