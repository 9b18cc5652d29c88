"""What the model can be asked for: measures, with their groups, units, and the spans of days they are taken over."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import Enum
from functools import cache

from experiments.tables import CURVE_DAYS
from sim import measures as counted
from sim.model import ProbationModel
from sim.offenders import BANDS, Disposal
from sim.proven import disposal_groups

OUTCOMES = (
    *(f"reoffended_within_{days}_days" for days in CURVE_DAYS),
    "custody_for_reoffence_within_1y",
    "recalled_within_1y",
)
"""What followed a release or the start of an order."""
ESTIMATORS = tuple(counted.ESTIMATORS)
OCCASIONS = "occasions_by_disposal_per_year"
RECALL_SHARE = "recall_share"
PER_YEAR = "_per_year"
FLOWS = (
    "recalls",
    "breaches",
    "committals",
    "releases",
    "releases_supervised",
    "orders_started",
    "custody_starts",
    "convictions",
    "cautions",
    "occasions",
    "serious_reoffences",
)
"""Weekly counts of what happened, which can be asked for by the year."""
SHARES = (
    "caseholders_over_40",
    "need_in_prison",
    "need_in_community",
    "volume_over_forecast",
    "places_bought",
    "workload",
)
RATIOS = (*SHARES, "cases_per_om_fte", "cases_per_caseholder")
"""Weekly measures that do not grow with the number of people; all others are counts of England and Wales."""
COUNT = "count"
FRACTION, _COUNT = ("percent", "fraction"), (COUNT, "people", "cases", "recalls", "occasions", "staff", "pounds")
_POINTS, _RATIO = ("percentage points", "percent"), ("percent",)
_MONTHS_OF_QUARTER, _MONTHS_OF_YEAR = 3, 12


class Kind(Enum):
    """Where a measure is taken from."""

    RATE = "By the official counting rules, from the cohorts that start in the period"
    SIZE = "People of England and Wales in a cohort that starts in the period, mean"
    OUTCOME = "Share of the releases and orders of whole calendar years that this followed"
    LEVEL = "A stock or a week's number: mean of the weeks of the period"
    FLOW = "A year's number, from the weeks of the period"
    SHARE = "Recalls of the group, of all recalls of the period"
    OCCASIONS = "A year's cautions and convictions, from whole calendar years"


@dataclass(frozen=True)
class Measure:
    """A measure that a target can ask for.

    Attributes
    ----------
    name : str
    kind : Kind
    groups, units : tuple of str
    """

    name: str
    kind: Kind
    groups: tuple[str, ...]
    units: tuple[str, ...]

    @property
    def change_units(self) -> tuple[str, ...]:
        """Units of a change from one period to another: points are a difference, percent are of the first period."""
        return _POINTS if self.units == FRACTION else _RATIO

    @property
    def has_estimator(self) -> bool:
        """Whether it is counted by cohorts."""
        return self.kind in (Kind.RATE, Kind.SIZE)

    def refusal(self, first: date, last: date, estimator: str = "") -> str:
        """Return why it cannot be taken over a span of days, empty where it can."""
        end = last + timedelta(days=1)
        months = (end.year - first.year) * _MONTHS_OF_YEAR + end.month - first.month
        if self.has_estimator:
            step = _MONTHS_OF_QUARTER * counted.ESTIMATORS[estimator]
            whole = first.day == end.day == 1 and (first.month - 1) % _MONTHS_OF_QUARTER == 0 and months % step == 0
            return (
                ""
                if whole
                else f"is no whole cohort; allowed: {step} months, or a multiple, from 1/1, 1/4, 1/7 or 1/10"
            )
        if self.kind in (Kind.OUTCOME, Kind.OCCASIONS):
            whole = (first.month, first.day, end.month, end.day) == (1, 1, 1, 1)
            return "" if whole else "is no whole calendar year; allowed: one or more"
        return "" if (last - first).days >= 6 else "is shorter than a week"


@cache
def measures() -> dict[str, Measure]:
    """Return every measure by name."""
    model = ProbationModel("post_reform", "england_wales", scale=0.0005)
    model.live_until(1)
    disposals = tuple(disposal_groups(model.index_log))
    found = [Measure("binary_rate", Kind.RATE, _groups(model, disposals), FRACTION)]
    found += [Measure(name, Kind.RATE, found[0].groups, (COUNT,)) for name in ("frequency", "reoffences_per_100")]
    found.append(Measure("cohort_size", Kind.SIZE, found[0].groups, ("people",)))
    found += [Measure(name, Kind.OUTCOME, disposals, FRACTION) for name in OUTCOMES]
    weekly: dict[str, list[str]] = {}
    for name, group in model.weekly.names:
        weekly.setdefault(name, []).append(group)
    for name, groups in weekly.items():
        found.append(Measure(name, Kind.LEVEL, tuple(groups), FRACTION if name in SHARES else _COUNT))
    found += [Measure(f"{name}{PER_YEAR}", Kind.FLOW, tuple(weekly[name]), _COUNT) for name in FLOWS]
    found.append(Measure(RECALL_SHARE, Kind.SHARE, tuple(g for g in weekly["recalls"] if g != "all"), FRACTION))
    bands = [f"previous_sanctions_band={band}" for band in BANDS]
    found.append(
        Measure(OCCASIONS, Kind.OCCASIONS, (*(f"disposal={d.name.lower()}" for d in Disposal), *bands), _COUNT)
    )
    return {measure.name: measure for measure in found}


def _groups(model: ProbationModel, disposals: Iterable[str]) -> tuple[str, ...]:
    """Return the groups of cohorts: disposal groups, whole and by what `measures.cohorts` splits them."""
    columns = {name: labels for name, (labels, _) in counted.columns(model).items()}
    found = []
    for disposal in disposals:
        split = (
            columns if disposal in counted.SPLIT_BY_EVERYTHING else {"would_be_provider": columns["would_be_provider"]}
        )
        prefix = "" if disposal == "all" else f"{disposal}&"
        found += [disposal, *(f"{prefix}{name}={label}" for name, labels in split.items() for label in labels)]
    return tuple(found)
