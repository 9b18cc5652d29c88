"""Lines that come from the weekly record: stocks as a week ends, flows by the quarter."""

from collections.abc import Callable

import numpy as np

from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, date_of
from sim.model import ProbationModel
from visualiser.charts.kinds import CASELOAD, CUSTODY, MONEY, RECALLS, WORKLOAD, Kind, Series
from visualiser.charts.periods import QUARTERS, quarters_lived

_WEEKS_BETWEEN = 4


def weekly_series(model: ProbationModel) -> dict[str, Series]:
    """Return the lines that come from the weekly record."""
    return {kind.id: read(model) for kind, read in WEEKLY.items()}


def _stock(measure: str) -> Callable[[ProbationModel], Series]:
    """Return how a stock is read: every fourth week, as that week ends and the next begins."""

    def read(model: ProbationModel) -> Series:
        weeks = range(0, len(model.weekly.rows), _WEEKS_BETWEEN)
        values = model.weekly.series(measure)[::_WEEKS_BETWEEN] if weeks else np.empty(0)
        return [date_of((week + 1) * DAYS_PER_WEEK).isoformat() for week in weeks], [float(v) for v in values]

    return read


def _recalls(model: ProbationModel) -> Series:
    """Return recalls by the quarter: the weekly mean times the weeks of a quarter, as some have thirteen Mondays and
    some fourteen."""
    spans = quarters_lived(len(model.weekly.rows))
    values = model.weekly.series("recalls") if spans else np.empty(0)
    return [day for day, _ in spans], [float(values[weeks].mean()) * WEEKS_PER_YEAR / QUARTERS for _, weeks in spans]


def _spent(model: ProbationModel) -> Series:
    """Return public spending by the quarter; the books of a month are closed in the first week of the next."""
    spans = quarters_lived(len(model.weekly.rows), months_later=1)
    values = model.weekly.series("public_spend") if spans else np.empty(0)
    return [day for day, _ in spans], [float(values[weeks].sum()) for _, weeks in spans]


WEEKLY: dict[Kind, Callable[[ProbationModel], Series]] = {
    RECALLS: _recalls,
    CASELOAD: _stock("caseload"),
    WORKLOAD: _stock("workload"),
    CUSTODY: _stock("custody_population"),
    MONEY: _spent,
}
"""The panels of the weekly record, in their order, and how each is read."""
