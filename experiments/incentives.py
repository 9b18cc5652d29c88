"""What a contract's results are worth to a provider, by the true rate that it brings about: effort, or cutting.

A provider's year is four quarterly cohorts of independent people at one true rate, drawn, and paid by `sim.payments`:
advance, quarterly results, clawback, deduction, annual top-up, frequency, cap. The mix of people and the volume are
those of the baseline and the forecast, and the fee for service is taken to pay for the usual service, no more and no
less: what a provider gains is what results pay less what effort costs, or plus what cutting saves.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy.special import bdtr, ndtri

from experiments.estimates import CONFIDENCE, interval
from experiments.numbers import Floats
from experiments.provider import PERCENT, Area, World
from sim.contracts import Contract
from sim.payments import QUARTERS_PER_YEAR, annual_lines, bid_fee, monthly_lines, quarterly_lines, service_fee, total
from sim.results import has_risen, pooled, prospects

STEP = 0.1
"""Points between the falls looked at."""
_MONTHS_PER_QUARTER = 3
_NEAR = 0.5
"""Pounds to which the cost at which cutting pays better is found."""


def results_of_years(contract: Contract, area: Area, fall: float, world: World) -> Floats:
    """Draw years at a true rate and return what results pay in each, deductions taken off.

    A quarter's lines are worked out once for every number of reoffenders that its cohort can have, and looked up.

    Parameters
    ----------
    fall : float
        Of the true rate below the baseline, points.

    Returns
    -------
    float64 array, shape (years,)
        Pounds.
    """
    rng, rate = np.random.default_rng(world.seed), world.rate - fall / PERCENT
    every = np.arange(area.people + 1)
    drawn = np.searchsorted(bdtr(every.astype(float), area.people, rate), rng.random((world.years, QUARTERS_PER_YEAR)))
    advance = _MONTHS_PER_QUARTER * monthly_lines(contract, area.share).foundation
    lines = quarterly_lines(contract, world.cohorts(area.people, every), world.baseline(), area.share, advance)
    paid = QUARTERS_PER_YEAR * advance + (lines.binary + lines.clawback)[drawn].sum(axis=1)
    year = pooled(world.cohorts(area.people, drawn))
    again = np.asarray(year.reoffenders)
    reoffences = again + rng.negative_binomial(np.maximum(again, 1), 1 / world.frequency_at(rate))
    fee = service_fee(contract, np.ones(4), np.ones(4), area.share)
    settled = annual_lines(
        contract, year._replace(reoffences=reoffences), world.baseline(), fee, area.share, total(fee), paid
    )
    return np.asarray(paid + lines.deduction[drawn].sum(axis=1) + total(settled), float)


@dataclass(frozen=True)
class Curve:
    """What results pay a provider in a year, by the fall of the true rate.

    Attributes
    ----------
    contract : Contract
    area : Area
    falls : float64 array, shape (f,)
        Points, rising; rises of the rate are negative.
    pounds : float64 array, shape (f, years)
        As `results_of_years` returns them, the same luck in each column.
    """

    contract: Contract
    area: Area
    falls: Floats
    pounds: Floats

    @property
    def fee(self) -> float:
        """The year's fee for service, pounds."""
        return float(bid_fee(self.contract, self.area.share))

    @cached_property
    def means(self) -> Floats:
        """Expected pounds at each fall."""
        return self.pounds.mean(axis=1)

    @cached_property
    def fewer(self) -> Floats:
        """Expected reoffenders fewer in a year at each fall."""
        return QUARTERS_PER_YEAR * self.area.people * self.falls / PERCENT

    def gains(self, cost: float, saving_share: float = 1.0) -> Floats:
        """Return the expected gain at each fall: results less the cost of effort, or plus what cutting saves."""
        return self.means - cost * self.fewer * np.where(self.falls < 0, saving_share, 1.0)

    def exceeded(self, sure: float) -> Floats:
        """Return the pounds that results exceed with a probability, at each fall."""
        return np.quantile(self.pounds, 1 - sure, axis=1, method="lower")


def curve(contract: Contract, area: Area, world: World, most_rise: float, most_fall: float) -> Curve:
    """Return what results pay at every fall of the grid, from a rise to a fall, points."""
    steps = np.arange(round(-most_rise / STEP), round(most_fall / STEP) + 1)
    falls = np.round(steps * STEP, 6)
    return Curve(contract, area, falls, np.array([results_of_years(contract, area, fall, world) for fall in falls]))


def break_even(found: Curve, cost: float, sure: float) -> float | None:
    """Return the least fall with which effort at a cost makes money with a probability; None where none does."""
    enough = (found.falls > 0) & (found.exceeded(sure) > cost * found.fewer)
    return float(found.falls[enough][0]) if enough.any() else None


def break_even_interval(found: Curve, cost: float, sure: float) -> tuple[float | None, float | None]:
    """Return the 95 percent interval of `break_even` for the number of years drawn."""
    half = ndtri((1 + CONFIDENCE) / 2) * (sure * (1 - sure) / found.pounds.shape[1]) ** 0.5
    return break_even(found, cost, max(sure - half, 0.0)), break_even(found, cost, min(sure + half, 1.0))


def greatest_cost(found: Curve, sure: float) -> float:
    """Return the cost of a reoffender fewer, pounds, at which no fall makes money with a probability any more."""
    falls = found.falls > 0
    return float((found.exceeded(sure)[falls] / found.fewer[falls]).max())


@dataclass(frozen=True)
class Best:
    """The most that a provider can gain in one way: by which fall, at which place of the grid, and how much, pounds."""

    fall: float
    place: int
    pounds: float


def best_rise(found: Curve, cost: float, saving_share: float) -> Best:
    """Return the best of cutting."""
    return _best(found, found.falls < 0, found.gains(cost, saving_share))


def best_fall(found: Curve, cost: float, achievable: float) -> Best:
    """Return the best of spending up to what can be bought, the usual service among it."""
    return _best(found, (found.falls >= 0) & (found.falls <= achievable), found.gains(cost))


def _best(found: Curve, among: NDArray[np.bool_], gains: Floats) -> Best:
    """Return the greatest gain."""
    place = int(np.flatnonzero(among)[np.argmax(gains[among])])
    return Best(float(found.falls[place]), place, float(gains[place]))


def switching_cost(found: Curve, achievable: float, saving_share: float) -> tuple[float, float | None, float | None]:
    """Return the cost of a reoffender fewer, pounds, from which on cutting pays better than spending; its interval.

    The advantage of cutting grows with the cost, so there is one such cost. The interval is for the rise and the fall
    that are best there: drawn with the same luck, they are paired by year.
    """

    def best(cost: float) -> tuple[Best, Best]:
        return best_rise(found, cost, saving_share), best_fall(found, cost, achievable)

    def is_better(cost: float) -> bool:
        cut, spend = best(cost)
        return cut.pounds > spend.pounds

    low, high = 0.0, 1.0
    while not is_better(high):
        low, high = high, 2 * high
    while high - low > _NEAR:
        middle = (low + high) / 2
        low, high = (low, middle) if is_better(middle) else (middle, high)
    cut, spend = best(high)
    slope = found.fewer[spend.place] - saving_share * found.fewer[cut.place]
    return high, *interval((found.pounds[spend.place] - found.pounds[cut.place]) / slope)


def chance_of_pay(contract: Contract, area: Area, world: World, fall: float = 0.0) -> float:
    """Return the exact probability that a quarter's binary rate is paid."""
    true = world.rate - fall / PERCENT
    return float(prospects(contract, area.people, true, world.rate, contract.binary_hurdle).p_paid)


def chance_of_deduction(contract: Contract, area: Area, world: World, rise: float) -> float:
    """Return the exact probability that a part of a quarter's fee is taken off."""
    every = np.arange(area.people + 1)
    risen = np.flatnonzero(has_risen(contract, world.cohorts(area.people, every), world.baseline()))
    most_kept = float(risen[0] - 1) if len(risen) else float(area.people)
    return float(1 - bdtr(most_kept, area.people, world.rate + rise / PERCENT))
