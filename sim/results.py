"""What results are worth under a contract: cohorts against their baseline, tests of significance, sums earned.

Every function takes arrays that broadcast: one member for each provider, quarter or both, or plain numbers. Tests of
significance take people as independent and the baseline as known without error, as the contract does: with people who
come again the rate of false payment is another. The distributions are those of `scipy.special`: `scipy.stats` has the
same and takes seconds to import.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import bdtr, bdtrc, bdtrik, nbdtr

from sim.contracts import Contract

ROUNDING = 1e-9
"""Of people, or of a volume over its forecast: what stands exactly on an edge counts as there."""

type Money = NDArray[np.float64]
type Rates = NDArray[np.float64]
type Flags = NDArray[np.bool_]


class Cohorts(NamedTuple):
    """People followed for a year, by the official counting rules; arrays of one shape, whole numbers but the last."""

    people: ArrayLike
    reoffenders: ArrayLike
    reoffences: ArrayLike
    ogrs: ArrayLike  # sum of the people's probabilities of a proven reoffence within a year, by OGRS


class Prospects(NamedTuple):
    """What results of a cohort to come are worth before they are known."""

    p_paid: Rates
    pounds: Money  # expected payment
    pounds_per_reoffender: Money  # what one expected reoffender fewer adds to it


def rate(part: ArrayLike, whole: ArrayLike) -> Rates:
    """Return a rate; not a number where there is nobody, so that no comparison holds."""
    top, bottom = np.broadcast_arrays(np.asarray(part, float), np.asarray(whole, float))
    return np.divide(top, bottom, out=np.full(top.shape, np.nan), where=bottom > 0)


def pooled(cohorts: Cohorts) -> Cohorts:
    """Return the cohorts of a year, along the last axis, as one."""
    return Cohorts(*(np.asarray(column).sum(axis=-1) for column in cohorts))


def together(cohorts: Iterable[Cohorts]) -> Cohorts:
    """Return cohorts that stand one by one, those of quarters, as one."""
    return pooled(Cohorts(*(np.array(column) for column in zip(*cohorts, strict=True))))


def expected_rate(contract: Contract, cohorts: Cohorts, baseline: Cohorts) -> Rates:
    """Return the binary rate of the baseline, adjusted to a cohort's mean OGRS.

    ``rate of baseline + ogrs_slope * (mean OGRS of cohort - mean OGRS of baseline)``, held within 0 and 1: with a slope
    of 1, the adjustment of the published series (Ministry of Justice, proven reoffending statistics).
    """
    mix = rate(cohorts.ogrs, cohorts.people) - rate(baseline.ogrs, baseline.people)
    return np.clip(rate(baseline.reoffenders, baseline.people) + contract.ogrs_slope * mix, 0.0, 1.0)


def _p_at_most(count: ArrayLike, people: ArrayLike, p: ArrayLike) -> Rates:
    """Return the probability of at most so many of independent people; nought below none."""
    below = bdtr(np.maximum(count, 0.0), np.asarray(people, np.int64), np.asarray(p, float))
    return np.where(np.asarray(count) < 0, 0.0, below)


def most_paid(contract: Contract, people: ArrayLike, expected: ArrayLike, hurdle: float) -> NDArray[np.float64]:
    """Return the largest number of reoffenders of a cohort for which a fall of the binary rate is paid; -1 for none.

    The rate has fallen by the hurdle, and by chance it would be as low with a probability of at most `binary_level`:
    one-sided, ``P(X <= reoffenders)`` for X binomial of `people` and `expected`.
    """
    people, expected, level = np.asarray(people), np.asarray(expected, float), contract.binary_level
    by_hurdle = np.floor(people * (expected - hurdle) + ROUNDING)
    by_level = np.ceil(bdtrik(level, people.astype(float), expected))
    by_level = by_level - (_p_at_most(by_level, people, expected) > level)
    return np.where(people * expected > 0, np.maximum(np.minimum(by_hurdle, by_level), -1.0), -1.0)


def binary_due(contract: Contract, cohorts: Cohorts, baseline: Cohorts, hurdle: float) -> Money:
    """Return what the fall of the binary rate earns: the tariff for each reoffender fewer than expected, or nothing."""
    expected = expected_rate(contract, cohorts, baseline)
    reoffenders = np.asarray(cohorts.reoffenders)
    fewer = np.asarray(cohorts.people) * expected - reoffenders
    is_paid = reoffenders <= most_paid(contract, cohorts.people, expected, hurdle)
    return np.where(is_paid, fewer * contract.binary_tariff, 0.0)


def has_risen(contract: Contract, cohorts: Cohorts, baseline: Cohorts) -> Flags:
    """Say whether the binary rate is above what is expected by `rise_limit`, and significantly so at `rise_level`."""
    expected, people = expected_rate(contract, cohorts, baseline), np.asarray(cohorts.people)
    more = np.asarray(cohorts.reoffenders) - people * expected
    chance = bdtrc(np.asarray(cohorts.reoffenders, float) - 1, np.asarray(people, np.int64), expected)
    is_over = (more > 0) & (more + ROUNDING >= people * contract.rise_limit)
    return np.asarray(is_over & (chance <= contract.rise_level))


def frequency_due(contract: Contract, cohorts: Cohorts, baseline: Cohorts) -> Money:
    """Return what the fall of reoffences per reoffender earns: the tariff for each reoffence fewer, or nothing.

    By chance the reoffences would be as few with a probability of at most `frequency_level`. Each reoffender's number
    is taken as geometric about the baseline's frequency, so that the number beyond one each is negative binomial.
    """
    reoffenders, reoffences = np.asarray(cohorts.reoffenders, np.int64), np.asarray(cohorts.reoffences, np.int64)
    frequency = rate(baseline.reoffences, baseline.reoffenders)
    fewer = reoffenders * frequency - reoffences
    chance = nbdtr(reoffences - reoffenders, reoffenders, 1 / frequency)
    is_paid = (reoffenders > 0) & (fewer > 0) & (chance <= contract.frequency_level)
    return np.where(is_paid, fewer * contract.frequency_tariff, 0.0)


def prospects(contract: Contract, people: ArrayLike, true: ArrayLike, expected: ArrayLike, hurdle: float) -> Prospects:
    """Return the chance and the expectation of payment for the binary rate, for a true rate.

    Parameters
    ----------
    people : array
        Of the cohort.
    true, expected : array
        Each person's probability of a proven reoffence, and the adjusted rate of the baseline.
    hurdle : float

    Returns
    -------
    Prospects
        Exact under the contract's own assumption of independent people, before advance and cap. With k the most
        reoffenders paid and F the binomial distribution, ``tariff * (n * expected * F(k; n, true) -
        n * true * F(k - 1; n - 1, true))``, and its fall for one expected reoffender more.
    """
    n, p, e = np.broadcast_arrays(np.asarray(people, np.int64), np.asarray(true, float), np.asarray(expected, float))
    most = most_paid(contract, n, e, hurdle)
    others = np.maximum(n - 1, 0)
    fewer = np.where(most >= 0, n * e - most, 0.0)
    chance, chance_less = _p_at_most(most, n, p), np.where(n > 0, _p_at_most(most - 1, others, p), 0.0)
    edge = np.where(n > 0, _p_at_most(most, others, p), 0.0) - chance_less
    pounds = np.where(most >= 0, n * (e * chance - p * chance_less), 0.0)
    return Prospects(chance, pounds * contract.binary_tariff, (chance_less + fewer * edge) * contract.binary_tariff)
