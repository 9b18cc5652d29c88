"""Criminogenic needs: who has them, what they weigh on the odds of reoffending, how custody brings them on.

Seven needs are bits of one number. Their weights are the published coefficients of OGRS4's dynamic form, net of
criminal history (`data/needs_log_odds.toml`). A need at sentence predicts with its full weight, centred on what is
usual at the person's OGRS3; a change since then acts with the causal share of it.
"""

import math
from enum import IntEnum
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.compiled import compiled
from sim.data import tables
from sim.draws import Draws, uniform
from sim.parameters.register import Register


class Need(IntEnum):
    """A criminogenic need; its place is its bit in the column `needs`."""

    ACCOMMODATION = 0
    WORK = 1
    DRUGS = 2
    ALCOHOL = 3
    THINKING = 4
    RELATIONSHIPS = 5
    ASSOCIATES = 6


NEEDS = len(Need)
MASKS = 2**NEEDS
OGRS_BINS = 101
"""Hundredths of OGRS3 at which prevalence is tabulated."""
_ROUND = 0.5
WEIGHTS: dict[Need, dict[str, float]] = {
    Need.ACCOMMODATION: {"accommodation_unsuitable_per_point": 2},
    Need.WORK: {"unemployed_per_point": 2},
    Need.DRUGS: {"heroin": 0.5, "crack": 0.5, "low_motivation_over_drugs_per_point": 1},
    Need.ALCOHOL: {"chronic_drinking_per_point": 1, "binge_drinking_per_point": 1},
    Need.THINKING: {"impulsivity_per_point": 2, "pro_criminal_attitudes_per_point": 1},
    Need.RELATIONSHIPS: {"relationship_problems_with_partner_per_point": 1, "relationship_quality_per_point": 1},
    Need.ASSOCIATES: {"activities_encourage_offending_per_point": 2},
}
"""What a need scores in the published form: points of each item (an assumption), of half of those with a drug need
heroin, of half crack."""


@cache
def log_odds() -> tuple[float, ...]:
    """Return the published weight of each need on the log-odds of a proven reoffence."""
    published = tables.toml("needs_log_odds")["ogrs4_dynamic"]
    return tuple(sum(points * published[item] for item, points in WEIGHTS[need].items()) for need in Need)


def prevalence(level: float, slope: float, ogrs3: float) -> float:
    """Return the chance of having a need at an OGRS3: ``logistic(level + slope (ogrs3 - 1/2))``."""
    return 1.0 / (1.0 + math.exp(-level - slope * (ogrs3 - 0.5)))


class Needs(NamedTuple):
    """What the compiled loops know of the parameters."""

    usual: NDArray[np.float64]  # prevalence at liberty by need and hundredth of OGRS3, shape (7, 101)
    p_review: NDArray[np.float64]  # that a need is drawn anew between two reviews, shape (7,)
    p_lost_inside: NDArray[np.float64]  # that a week inside brings a need on, shape (7,)
    assessed: NDArray[np.float64]  # factor on the odds of needs at sentence, less the causal share, shape (128,)
    present: NDArray[np.float64]  # factor on the odds of present needs, the causal share, shape (128,)
    centre: NDArray[np.float64]  # factor that takes out what is usual, by hundredth of OGRS3, shape (101,)


def build(register: Register) -> Needs:
    """Gather the tables."""
    p = register.needs
    bins = np.arange(OGRS_BINS) / (OGRS_BINS - 1)
    usual = np.array([[prevalence(p.level[n], p.ogrs3_slope[n], float(x)) for x in bins] for n in Need])
    years = p.review_weeks * DAYS_PER_WEEK / DAYS_PER_YEAR
    week = DAYS_PER_WEEK / DAYS_PER_YEAR
    weights = np.array(log_odds())
    has = (np.arange(MASKS)[:, None] >> np.arange(NEEDS)) & 1
    sums = (has * weights).sum(axis=1)
    return Needs(
        usual=usual,
        p_review=np.array([1.0 - math.exp(-rate * years) for rate in p.turnover_per_year]),
        p_lost_inside=np.array([1.0 - math.exp(-rate * week) for rate in p.lost_per_year_inside]),
        assessed=np.array([math.exp((1.0 - p.causal_share) * s) for s in sums]),
        present=np.array([math.exp(p.causal_share * s) for s in sums]),
        centre=np.array([math.exp(-s) for s in (weights[:, None] * usual).sum(axis=0)]),
    )


@compiled
def hundredth(ogrs3):
    """Return the hundredth of an OGRS3 by which tables are read."""
    return int(ogrs3 * (OGRS_BINS - 1) + _ROUND)


@compiled
def odds_factor(n, ogrs3, assessed, present):
    """Return the factor on the odds: full weight of needs at sentence, centred; the causal share of changes since."""
    return n.assessed[assessed] * n.present[present] * n.centre[hundredth(ogrs3)]


@compiled
def _fill_first(n, key, person_hash, ogrs3, out):
    for i in range(person_hash.size):
        bin_of = hundredth(ogrs3[i])
        mask = 0
        for need in range(NEEDS):
            if uniform(person_hash[i], key[need]) < n.usual[need, bin_of]:
                mask |= 1 << need
        out[i] = mask


def keys(draws: Draws, stream: str, occasion: int = 0) -> NDArray[np.uint64]:
    """Return a key of a stream for each need, on an occasion such as a week; shape (7,)."""
    return draws.keys(stream, occasion * NEEDS, NEEDS)


def first_needs(
    register: Register, draws: Draws, person_hash: NDArray[np.uint64], ogrs3: NDArray[np.floating]
) -> NDArray[np.int64]:
    """Draw the needs with which people come into the world, by what is usual at their OGRS3; shape (n,)."""
    out = np.empty(len(person_hash), np.int64)
    _fill_first(register.derived(build), keys(draws, "needs.first"), person_hash, np.asarray(ogrs3, np.float64), out)
    return out


def has(needs: NDArray[np.integer], need: Need) -> NDArray[np.bool_]:
    """Say who has a need; shape kept."""
    return (needs >> need & 1).astype(bool)
