"""What a contract pays, line by line: pure arithmetic on a contract, volumes and cohorts.

Every function takes arrays that broadcast: one member for each provider, quarter or both, or plain numbers. Money is in
pounds. Lines are what a ledger posts; a month, a quarter's cohort and a year are settled each on its own, and what a
provider receives is the sum of all lines posted. Deductions are negative.
"""

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sim.clock import MONTHS_PER_YEAR
from sim.contracts import Contract
from sim.results import ROUNDING, Cohorts, Money, binary_due, frequency_due, has_risen, rate

QUARTERS_PER_YEAR = 4


class ServiceFee(NamedTuple):
    """The year's fee for service as volume has turned out."""

    fixed: Money
    by_volume: Money


class MonthlyLines(NamedTuple):
    """What is paid each month."""

    service: Money  # a twelfth of the fee bid, whatever the volume
    use: Money
    through_the_gate: Money
    activity_requirement: Money
    foundation: Money  # results paid in advance


class QuarterlyLines(NamedTuple):
    """What is settled when the results of a three-month cohort are known."""

    binary: Money  # earned beyond the advance
    clawback: Money  # advance not earned
    deduction: Money  # for a rise of the binary rate


class AnnualLines(NamedTuple):
    """What is settled for a contract year."""

    reconciliation: Money  # fee for service by volume, less what was paid by the month
    top_up: Money
    frequency: Money
    over_cap: Money  # results beyond the pot, taken off


def total(lines: Iterable[Money]) -> Money:
    """Return the sum of lines, in their order."""
    return np.asarray(sum(lines), float)


def bid_fee(contract: Contract, size: ArrayLike) -> Money:
    """Return the fee for service bid for a year.

    Parameters
    ----------
    size : array
        A provider's share of England and Wales, times the scale of the model.
    """
    return np.asarray(size, float) * contract.maximum_annual_payment * contract.bid_fee_share


def results_pot(contract: Contract, size: ArrayLike) -> Money:
    """Return what the fee for service leaves of the maximum annual payment: the most that results earn in a year."""
    return np.asarray(size, float) * contract.maximum_annual_payment - bid_fee(contract, size)


def forecast_starts(contract: Contract, base_starts: ArrayLike) -> NDArray[np.float64]:
    """Return the starts that the bid forecasts from those of a base year; shapes (..., 4), by sentence type."""
    return np.asarray(base_starts, float) * (1 + np.asarray(contract.forecast_change))


def weighted_volume(contract: Contract, starts: ArrayLike) -> NDArray[np.float64]:
    """Return the weighted annual volume of starts, shape (..., 4) by sentence type."""
    return np.asarray(starts, float) @ np.asarray(contract.volume_weights)


def band_of(contract: Contract, ratio: ArrayLike) -> NDArray[np.intp]:
    """Return the number of the band in which a weighted volume over its forecast lies; an edge is in the band above."""
    return np.searchsorted(contract.band_edges, np.asarray(ratio) + ROUNDING, side="right") - 1


def service_fee(contract: Contract, starts: ArrayLike, forecast: ArrayLike, size: ArrayLike) -> ServiceFee:
    """Return the year's fee for service: a part that is fixed, a part by band of volume.

    Parameters
    ----------
    starts, forecast : array, shape (..., 4)
        The year's starts, and those forecast, by sentence type.
    size : array, shape (...)

    Returns
    -------
    ServiceFee
        Nothing where nobody was forecast: no such contract is let.
    """
    expected = weighted_volume(contract, forecast)
    ratio = rate(weighted_volume(contract, starts), expected)
    factor = np.asarray(contract.band_fees)[band_of(contract, np.where(expected > 0, ratio, 0.0))]
    fee = np.where(expected > 0, bid_fee(contract, size), 0.0)
    return ServiceFee(fee * contract.fixed_share, fee * (1 - contract.fixed_share) * factor)


def monthly_lines(
    contract: Contract, size: ArrayLike, uses: ArrayLike = 0, leavers: ArrayLike = 0, requirements: ArrayLike = 0
) -> MonthlyLines:
    """Return what a month pays.

    Parameters
    ----------
    size : array
        A provider's share of England and Wales, times the scale of the model.
    uses, leavers, requirements : array
        Services started for the public service, people released with Through the Gate, activity requirements started.
    """
    return MonthlyLines(
        bid_fee(contract, size) / MONTHS_PER_YEAR,
        np.asarray(uses) * contract.use_fee,
        np.asarray(leavers) * contract.through_the_gate_fee,
        np.asarray(requirements) * contract.activity_requirement_fee,
        results_pot(contract, size) * contract.foundation_share / MONTHS_PER_YEAR,
    )


def quarterly_lines(
    contract: Contract, cohorts: Cohorts, baseline: Cohorts, size: ArrayLike, advanced: ArrayLike = 0
) -> QuarterlyLines:
    """Return what the results of three-month cohorts settle.

    Parameters
    ----------
    cohorts, baseline : Cohorts
        Those to be paid, and those of the baseline year.
    size : array
    advanced : array
        Pounds of foundation payment made for each cohort.
    """
    beyond = binary_due(contract, cohorts, baseline, contract.binary_hurdle) - np.asarray(advanced, float)
    deducted = bid_fee(contract, size) / QUARTERS_PER_YEAR * contract.rise_deduction
    return QuarterlyLines(
        np.maximum(beyond, 0.0),
        np.minimum(beyond, 0.0) * contract.clawback_share,
        np.where(has_risen(contract, cohorts, baseline), -deducted, 0.0),
    )


def annual_lines(
    contract: Contract,
    year: Cohorts,
    baseline: Cohorts,
    fee: ServiceFee,
    size: ArrayLike,
    service_paid: ArrayLike,
    results_paid: ArrayLike,
) -> AnnualLines:
    """Return what is settled for a year.

    Parameters
    ----------
    year, baseline : Cohorts
        The year's cohorts as one, and those of the baseline year.
    fee : ServiceFee
        By the year's volume.
    size : array
    service_paid, results_paid : array
        Sums posted for the year: monthly service; foundation, binary and clawback.
    """
    paid = np.asarray(results_paid, float)
    earned = binary_due(contract, year, baseline, contract.annual_hurdle)
    top_up = contract.top_up_share * np.maximum(earned - paid, 0.0)
    frequency = frequency_due(contract, year, baseline) * np.where(earned > 0, 1.0, contract.ungated_share)
    return AnnualLines(
        total(fee) - np.asarray(service_paid, float),
        top_up,
        frequency,
        np.minimum(results_pot(contract, size) - (paid + top_up + frequency), 0.0),
    )
