"""The pre-reform record beside the model: ``python -m experiments.targets`` prints every row that it can measure.

One run of `pre_reform` on England and Wales at scale 0.1. These rows have `use = calibrate` in the published
statistics, or are the published occasions of 2014: values were set against them, so agreement is no test.
"""

import sys
from dataclasses import dataclass
from datetime import date

import numpy as np

from experiments.tables import outcomes_table
from sim import measures, sentencing
from sim.clock import DAYS_PER_WEEK, day_of
from sim.data import tables
from sim.measures import Cohort
from sim.model import ProbationModel
from sim.offenders import BANDS, Disposal
from sim.proven import FollowUp

END = date(2015, 12, 31)
_PERCENT = 100
_COHORTS = {
    "reoff_custody_all": "disposal=custody",
    "reoff_custody_under_12m": "disposal=custody_under_12m",
    "reoff_custody_12m_plus": "disposal=custody_12m_plus",
    "reoff_court_orders": "disposal=court_order",
    "reoff_community_order": "disposal=community_order",
    "reoff_sso": "disposal=suspended_sentence_order",
    "reoff_custody_and_orders": "disposal=custody_and_orders",
}
_OUTCOMES = {
    "reoff_within_18_days": ("reoffended_within_18_days", 2013),
    "return_to_custody_1y": ("custody_for_reoffence_within_1y", 2011),
}


@dataclass(frozen=True)
class Target:
    """A published figure and the model's.

    Attributes
    ----------
    name, unit : str
    published, simulated : float
    """

    name: str
    unit: str
    published: float
    simulated: float

    @property
    def error(self) -> float:
        """In percentage points where the unit is percent, else as a fraction of the published figure."""
        gap = self.simulated - self.published
        return gap if self.unit == "percent" else gap / self.published


def measure(model: ProbationModel) -> list[Target]:
    """Measure every row in a model that has lived past 2015.

    Parameters
    ----------
    model : ProbationModel
        Any region and scale; counts are divided by its size.
    """
    published = {r["id"]: r for r in tables.rows("published_statistics") if r["use"] == "calibrate"}
    after = measures.after_index(model)
    found = list(measures.cohorts(model, after=after))
    return [
        *(_binary(published, identity, group, found) for identity, group in _COHORTS.items()),
        *_outcomes(published, model, after),
        *_frequencies(published, found),
        *_stocks(published, model),
        *_occasions(model),
    ]


def _cohort(found: list[Cohort], estimator: str, start: date, group: str) -> Cohort:
    """Return one cohort."""
    return next(c for c in found if (c.estimator, c.start, c.group) == (estimator, start, group))


def _binary(published: dict[str, dict[str, str]], identity: str, group: str, found: list[Cohort]) -> Target:
    """Measure the binary rate of the twelve-month cohort of July 2013."""
    rate = _cohort(found, "twelve_month_cohort", date(2013, 7, 1), group).binary_rate
    assert rate is not None
    return Target(identity, "percent", float(published[identity]["value"]), _PERCENT * rate)


def _outcomes(published: dict[str, dict[str, str]], model: ProbationModel, after: FollowUp) -> list[Target]:
    """Measure what followed release from custody."""
    table = outcomes_table(model, "targets", after)
    rows = zip(table["measure"], table["group"], table["year"], table["value"], strict=True)
    values = {(m, y): v for m, group, y, v in rows if group == "disposal=custody"}
    return [
        Target(identity, "percent", float(published[identity]["value"]), _PERCENT * values[key])
        for identity, key in _OUTCOMES.items()
    ]


def _frequencies(published: dict[str, dict[str, str]], found: list[Cohort]) -> list[Target]:
    """Measure reoffences per reoffender by both estimators."""
    twelve = _cohort(found, "twelve_month_cohort", date(2013, 4, 1), "all")
    quarters = [c for c in found if (c.estimator, c.start.year, c.group) == ("three_month_cohort", 2011, "all")]
    pooled = sum(c.reoffences for c in quarters) / sum(c.reoffenders for c in quarters)
    return [
        Target(
            "frequency_adults_old", "count", float(published["frequency_adults_old"]["value"]), twelve.frequency or 0
        ),
        Target("freq_all_2011", "count", float(published["freq_all_2011"]["value"]), pooled),
    ]


def _stocks(published: dict[str, dict[str, str]], model: ProbationModel) -> list[Target]:
    """Measure caseload and recall population, divided by the model's size."""
    spans = {
        "caseload_2011": ("caseload", date(2011, 1, 3), date(2011, 12, 31)),
        "recall_population_pre": ("recall_population", date(2014, 6, 1), date(2014, 6, 30)),
    }
    return [
        Target(identity, "people", float(published[identity]["value"]), _level(model, *span))
        for identity, span in spans.items()
    ]


def _level(model: ProbationModel, name: str, first: date, last: date) -> float:
    """Return the mean of a weekly stock over a period, people of England and Wales."""
    weeks = slice(day_of(first) // DAYS_PER_WEEK, day_of(last) // DAYS_PER_WEEK)
    return float(model.weekly.series(name)[weeks].mean() / model.size)


def _occasions(model: ProbationModel) -> list[Target]:
    """Measure occasions of 2014 by disposal and by history band."""
    made = measures.occasions(model, date(2014, 1, 1), date(2015, 1, 1))
    table = sentencing.occasions()[0].sum(axis=(0, 1)).T
    sums = [("disposal", [d.name.lower() for d in Disposal], 1), ("previous", list(BANDS), 0)]
    return [
        Target(f"occasions {what}={label}", "occasions", float(known), float(simulated))
        for what, labels, axis in sums
        for label, known, simulated in zip(labels, table.sum(axis=axis), made.sum(axis=axis), strict=True)
    ]


def main(scale: float = 0.1, seed: int = 0) -> None:
    """Run the model and print the table."""
    model = ProbationModel("pre_reform", "england_wales", scale, seed)
    model.live_until(day_of(END) + 1)
    print(f"{'':40}{'published':>12}{'simulated':>12}{'error':>10}")
    for target in measure(model):
        points = target.unit == "percent"
        error = f"{target.error:+.1f} pts" if points else f"{_PERCENT * target.error:+.1f} %"
        digits = 1 if points or np.abs(target.published) < _PERCENT else 0
        print(f"{target.name:40}{target.published:12,.{digits}f}{target.simulated:12,.{digits}f}{error:>10}")


if __name__ == "__main__":
    main(float(sys.argv[1]) if sys.argv[1:] else 0.1)
