"""Values of the register that are worked out from the published tables, so that nobody retypes them.

A parameter file writes ``value = { derive = "name" }``; the name is a function here.
"""

import math
from collections.abc import Callable
from statistics import fmean

from sim.data import tables

_PERCENT = 100
_ADULTS, _QUARTERLY = "three_month_cohort", "3-monthly"
_BASE_YEAR = 2011
_FIRST_OCCASIONS, _LAST_OCCASIONS = 2014, 2019
_JOIN_YEAR = 2013


def _national(series: str) -> dict[int, float]:
    """Return a national series by year; a financial year counts as the year in which it starts."""
    return {int(r["period"][:4]): float(r["value"]) for r in tables.rows("national_series") if r["series"] == series}


def _adult_quarters(quantity: str) -> dict[int, list[float]]:
    """Return a quantity of the adult three-month cohorts by calendar year of cohort start."""
    found: dict[int, list[float]] = {}
    for row in tables.rows("proven_reoffending_adults_2000_2014"):
        if (row["estimator"], row["period"], row["quantity"]) == (_ADULTS, _QUARTERLY, quantity) and row["value"]:
            found.setdefault(int(row["cohort_start"][:4]), []).append(float(row["value"]))
    return found


def _joined(quantity: str, national: str) -> dict[int, float]:
    """Join the adult series to 2013 with the change since then of the series for all offenders."""
    adults = {year: fmean(values) for year, values in _adult_quarters(quantity).items() if year <= _JOIN_YEAR}
    everyone = _national(national)
    later = {y: adults[_JOIN_YEAR] * v / everyone[_JOIN_YEAR] for y, v in everyone.items() if y > _JOIN_YEAR}
    return adults | later


def _from(series: dict[int, float], first: int) -> list[float]:
    """List a series from a year on."""
    return [series[year] for year in range(first, max(series) + 1)]


def occasions_level() -> list[float]:
    """Occasions of the year over those of 2014, from 2003: cohorts of adults to 2013, published occasions after."""
    cohorts = {y: sum(v) for y, v in _adult_quarters("offenders").items() if len(v) == 4}
    everyone = _national("all_offenders_in_cohorts")
    occasions = dict.fromkeys(range(_FIRST_OCCASIONS, _LAST_OCCASIONS + 1), 0.0)
    for row in tables.rows("sentencing_occasions_adults_2014_2019"):
        occasions[int(row["year"])] += float(row["occasions"])
    cohorts_2014 = cohorts[_JOIN_YEAR] * everyone[_FIRST_OCCASIONS] / everyone[_JOIN_YEAR]
    level = {y: v / cohorts_2014 for y, v in cohorts.items() if y < _FIRST_OCCASIONS}
    known = level | {y: v / occasions[_FIRST_OCCASIONS] for y, v in occasions.items()}
    first = 2005
    return _from({y: v for y, v in known.items() if y >= first}, first)


def first_timers() -> float:
    """Occasions of 2014 with no previous caution or conviction: each person has one such occasion in a life."""
    rows = tables.rows("sentencing_occasions_adults_2014_2019")
    return sum(float(r["occasions"]) for r in rows if r["year"] == "2014" and r["criminal_history"] == "0")


def detection_index() -> list[float]:
    """Hazard behind the national binary rate, ``-ln(1 - rate)``, over that of 2011; from 2008."""
    rates = _joined("binary_rate_percent", "all_offenders_binary_rate_percent")
    hazards = {y: -math.log(1 - r / _PERCENT) for y, r in rates.items()}
    return _from({y: h / hazards[_BASE_YEAR] for y, h in hazards.items()}, 2008)


def offences_index() -> list[float]:
    """Reoffences per reoffender, national, over those of 2011 and over the detection index; from 2008.

    Fewer detected occasions mean fewer for each reoffender too; what the published frequency did beyond that is put
    down to offences on an occasion.
    """
    frequency = _joined("reoffences_per_reoffender", "all_offenders_reoffences_per_reoffender")
    ratio = _from({y: f / frequency[_BASE_YEAR] for y, f in frequency.items()}, 2008)
    return [r / d for r, d in zip(ratio, detection_index(), strict=True)]


def crown_court_days() -> list[float]:
    """Mean days from charge to completion in the Crown Court, 2011 to 2019."""
    return _from(_national("crown_court_charge_to_completion_mean"), 2011)


def curfew_share() -> list[float]:
    """Releases on curfew over those eligible, 2014 to 2017: before curfew was widened."""
    released, eligible = _national("hdc_releases"), _national("hdc_eligible")
    return [released[y] / eligible[y] for y in range(2014, 2018)]


def bid_fee_share() -> float:
    """Share of the maximum annual payment left to fees, the published share of payment by results taken off."""
    row = next(r for r in tables.rows("published_statistics") if r["id"] == "pbr_share")
    return 1 - float(row["value"]) / _PERCENT


DERIVATIONS: dict[str, Callable[[], float | list[float]]] = {
    f.__name__: f
    for f in (
        occasions_level,
        first_timers,
        detection_index,
        offences_index,
        crown_court_days,
        curfew_share,
        bid_fee_share,
    )
}
