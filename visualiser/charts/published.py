"""Published points that measure the same as a panel, each marked by whether the model was fitted to it."""

from functools import cache
from typing import Any

from experiments.estimates import ESTIMATOR
from experiments.targets import Target, record
from sim.data import tables
from visualiser.charts.cohorts import FIRST_COHORT
from visualiser.charts.kinds import CASELOAD, RECALLS, REOFFENDING
from visualiser.charts.periods import QUARTERS, middle

GROUP = "all"
"""Whom the published series by the quarter counts: every adult with an index event, cautions and fines included."""
_MEASURES = {RECALLS.id: ("recalls_per_year", 1 / QUARTERS), CASELOAD.id: ("caseload", 1.0)}
"""Of a panel of counts, the measure of the record and how much of its period a point of the panel covers."""
_OF_COUNTRY = "England and Wales"
_SCALED = "England and Wales, scaled to this world"
_FITTED, _NOT_FITTED, _YEAR_FITTED = "fitted to", "not fitted to", "its year fitted to"
_CALIBRATE = "calibrate"
_DIGITS = 3


def published(panel: str, size: float) -> list[dict[str, Any]]:
    """Return the published points that measure the same as a panel, source by source.

    Parameters
    ----------
    panel : str
    size : float
        People of the world on the page for each of England and Wales.
    """
    if panel == REOFFENDING.id:
        return _rates()
    measure, part = _MEASURES.get(panel, ("", 0.0))
    return [
        {
            "x": [middle(*target.periods[0])],
            "y": [round(target.value * part * size, _DIGITS)],
            "label": f"{_SCALED} ({_FITTED if target.use == _CALIBRATE else _NOT_FITTED})",
            "source": target.source,
        }
        for target in _targets(measure)
    ]


@cache
def _targets(measure: str) -> tuple[Target, ...]:
    """Return the figures of the published record of a measure, of everybody."""
    return tuple(target for target in record()[0] if (target.measure, target.group) == (measure, GROUP))


def _rates() -> list[dict[str, Any]]:
    """Return the published binary rate of all adults by the same estimator, quarter by quarter: those of years that
    the model was fitted to, and the others."""
    fitted: list[tuple[str, float]] = []
    others: list[tuple[str, float]] = []
    for row in tables.rows("proven_reoffending_adults_2000_2014"):
        is_same = (row["estimator"], row["period"], row["quantity"]) == (ESTIMATOR, "3-monthly", "binary_rate_percent")
        if is_same and row["cohort_start"] >= FIRST_COHORT.isoformat() and row["value"]:
            chosen = fitted if _is_in_fitted_year(row["cohort_start"]) else others
            chosen.append((row["cohort_start"], round(float(row["value"]), _DIGITS)))
    return [
        {
            "x": [day for day, _ in rows],
            "y": [value for _, value in rows],
            "label": f"{_OF_COUNTRY} ({said})",
            "source": "Ministry of Justice, proven reoffending statistics, adults, three-month cohorts",
        }
        for rows, said in ((fitted, _YEAR_FITTED), (others, _NOT_FITTED))
    ]


def _is_in_fitted_year(day: str) -> bool:
    """Say whether a cohort is part of a year of cohorts that the model was fitted to."""
    years = (t.periods[0] for t in _targets("binary_rate") if (t.use, t.estimator) == (_CALIBRATE, ESTIMATOR))
    return any(year.first.isoformat() <= day <= year.last.isoformat() for year in years)
