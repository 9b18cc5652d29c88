"""How a score and what follows go together: ``python -m experiments.score [SEEDS]``.

The hazard of a person starts from OGRS3, but a cohort's rate is made by much else: intensity, needs, peers, custody,
what is proven in time. So each person of one twelve-month cohort, all adults, has a score on the day of the index event
and an outcome, as in the sample that OGRS3 was made from, and the questions are those that are asked of a score. Is the
rate of each fifth as the score says, but for a level and a slope (recalibration)? How often is the score of one who
reoffends the higher of two (area under the curve)? And once the score is put right, who reoffends more than it says?
"""

from collections.abc import Sequence
from datetime import date, timedelta
from functools import partial
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit, logit
from scipy.stats import rankdata

from experiments.arguments import seeds_asked
from experiments.engine import cores, run_seeds
from experiments.estimates import with_bounds
from experiments.numbers import Floats
from sim import measures
from sim.clock import DAYS_PER_WEEK, TWELVE_MONTHS_DAYS, day_of
from sim.model import ProbationModel
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS, by_person_and_day

SCENARIO, SCALE, SEEDS = "pre_reform", 0.5, 6
FIRST = date(2013, 7, 1)
FIFTHS = 5
COLUMNS = ("sex", "age_band", "previous_sanctions_band", "offence_group")
_PERCENT = 100.0


class Cohort(NamedTuple):
    """One cohort, each person once.

    Attributes
    ----------
    ogrs3 : float array, shape (people,)
        One-year probability on the day of the index event.
    reoffended : boolean array, shape (people,)
    groups : dict of str to boolean array, shape (people,)
        Who belongs to each group of `COLUMNS`.
    """

    ogrs3: Floats
    reoffended: NDArray[np.bool_]
    groups: dict[str, NDArray[np.bool_]]


class Found(NamedTuple):
    """What a cohort says of the score.

    Attributes
    ----------
    level, slope : float
        Of the logistic recalibration: log-odds of the outcome at a score of one half; for each unit of the score's.
    area : float
        Under the receiver operating characteristic curve.
    fifths : float array, shape (5, 2)
        Mean score and rate of each fifth by score, percent.
    groups : dict of str to float array, shape (3,)
        Of each group its share of the cohort, its rate, and the rate that the recalibrated score gives it, percent.
    """

    level: float
    slope: float
    area: float
    fifths: Floats
    groups: dict[str, Floats]


def cohort(model: ProbationModel, first: date = FIRST) -> Cohort:
    """Return the twelve-month cohort of all adults that starts on a day: of each person the first index event."""
    index, start = model.index_log, day_of(first)
    order = by_person_and_day(index.row, index.day)
    inside = order[(index.day[order] >= start) & (index.day[order] < start + TWELVE_MONTHS_DAYS)]
    _, firsts = np.unique(index.row[inside], return_index=True)
    chosen = inside[firsts]
    groups: dict[str, NDArray[np.bool_]] = {}
    for name in COLUMNS:
        labels, which = measures.columns(model)[name]
        groups |= {f"{name}={label}": which[chosen] == i for i, label in enumerate(labels)}
    reoffended = measures.after_index(model).reoffences[chosen] > 0
    return Cohort(index.ogrs3[chosen].astype(float), reoffended, groups)


def area_under_curve(score: Floats, happened: NDArray[np.bool_]) -> float:
    """Return how often of two people, one to whom it happened and one to whom not, the first has the higher score."""
    ranks = rankdata(score)
    with_it, without = int(happened.sum()), int((~happened).sum())
    return float((ranks[happened].sum() - with_it * (with_it + 1) / 2) / (with_it * without))


def recalibration(score: Floats, happened: NDArray[np.bool_]) -> tuple[float, float]:
    """Return level and slope on the log-odds of a score that fit an outcome best."""
    odds = logit(score)

    def lacking(line: Floats) -> tuple[float, Floats]:
        z = line[0] + line[1] * odds
        missed = expit(z) - happened
        return float((np.logaddexp(0, z) - happened * z).mean()), np.array([missed.mean(), (missed * odds).mean()])

    level, slope = minimize(lacking, np.array([0.0, 1.0]), jac=True, method="BFGS").x
    return float(level), float(slope)


def judged(c: Cohort) -> Found:
    """Return what a cohort says of the score."""
    level, slope = recalibration(c.ogrs3, c.reoffended)
    expected = expit(level + slope * logit(c.ogrs3))
    fifths = np.array_split(np.argsort(c.ogrs3, kind="stable"), FIFTHS)
    by_score = [[c.ogrs3[part].mean(), c.reoffended[part].mean()] for part in fifths]
    groups = {
        name: _PERCENT * np.array([who.mean(), c.reoffended[who].mean(), expected[who].mean()])
        for name, who in c.groups.items()
        if who.any()
    }
    return Found(level, slope, area_under_curve(c.ogrs3, c.reoffended), _PERCENT * np.array(by_score), groups)


def run_seed(scale: float, seed: int) -> Found:
    """Run one world until its cohort is followed up, and judge the score by it."""
    model = ProbationModel(SCENARIO, scale=scale, seed=seed)
    after = timedelta(days=TWELVE_MONTHS_DAYS + FOLLOW_UP_DAYS + WAITING_DAYS + DAYS_PER_WEEK)
    model.live_until(day_of(FIRST + after))
    return judged(cohort(model))


def lines(found: Sequence[Found]) -> list[str]:
    """Return the tables, with 95 percent intervals over seeds."""

    def cell(values: Any, form: str = ".1f") -> str:
        return with_bounds(np.asarray(values, float), form)

    out = [
        f"OGRS3 and proven reoffending within a year, all adults, index events of a year from {FIRST}",
        f"mean over {len(found)} seeds, 95 percent interval",
        "",
        f"{'area under the curve':32}{cell([f.area for f in found], '.3f'):>26}",
        f"{'slope on the log-odds':32}{cell([f.slope for f in found], '.2f'):>26}",
        f"{'level at a score of one half':32}{cell([f.level for f in found], '+.2f'):>26}",
        "",
        f"{'percent':32}{'score':>10}{'reoffend':>26}",
    ]
    for i in range(FIFTHS):
        said, happened = ([f.fifths[i, k] for f in found] for k in range(2))
        out.append(f"{f'fifth {i + 1} by score':32}{np.mean(said):10.1f}{cell(happened):>26}")
    out += ["", f"{'percent':32}{'of cohort':>10}{'reoffend':>26}{'above the score put right':>28}"]
    for name in found[0].groups:
        rows = np.array([f.groups[name] for f in found if name in f.groups])
        if len(rows) == len(found):
            share, rate, said = rows.T
            out.append(f"{name:32}{share.mean():10.1f}{cell(rate):>26}{cell(rate - said, '+.1f'):>28}")
    return out


if __name__ == "__main__":
    number = seeds_asked(SEEDS)
    print("\n".join(lines(run_seeds(partial(run_seed, SCALE), range(number), cores()))))
