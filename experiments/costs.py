"""What a year costs in each arm: what the run counts, at the unit costs of the register, each at its own price year.

Money is that of the people of the run, never blown up to a larger place. Accounts stand apart: public spend is the one
total; what a charity's help costs, what reoffending costs society, and the books of organisations are not added to it.
Price years are not converted, for no published index is among the data: whatever is added up has one price year.
"""

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from experiments.estimates import (
    Difference,
    comparable_starts,
    difference,
    end_of,
    of_arm,
    of_weeks,
    summed,
    weekly_means,
)
from experiments.numbers import Floats
from sim.clock import WEEKS_PER_YEAR
from sim.parameters.register import Parameter, Register

UNIT = "pounds"
PUBLIC_SPEND = "cost_public_per_year"
REOFFENDING_ESTIMATOR = "twelve_month_cohort"
"""The published cost of reoffending is that of a twelve-month cohort, each person once."""
_PRICES = re.compile(r"(\d{4}/\d{2}) prices")


@dataclass(frozen=True)
class Line:
    """One line of the yearly cost: what is counted, and at what unit cost.

    Attributes
    ----------
    measure, title : str
        Its name in the results, and in print.
    counts : tuple of (str, str)
        Weekly measures and their groups, added up; empty where the cohorts are counted.
    unit_cost : tuple of str
        Numbers of the register's `costs` that are multiplied. Empty where the weekly measure is in pounds already, as
        in the books of a provider or a charity.
    is_flow : bool
        Whether the weekly measures are of what happens in a week, or of what is there in it.
    is_public : bool
        Whether it is part of public spend.
    """

    measure: str
    title: str
    counts: tuple[tuple[str, str], ...]
    unit_cost: tuple[str, ...] = ()
    is_flow: bool = False
    is_public: bool = False


WEEKLY_LINES = (
    Line("cost_prison_per_year", "prison", (("custody_population", "all"),), ("prison_place",), is_public=True),
    Line(
        "cost_orders_per_year", "court orders", (("orders_started", "all"),), ("order",), is_flow=True, is_public=True
    ),
    Line(
        "cost_licences_per_year",
        "licences and PSS",
        (("releases_supervised", "all"),),
        ("licence",),
        is_flow=True,
        is_public=True,
    ),
    Line(
        "cost_reports_per_year",
        "pre-sentence reports",
        (("orders_started", "all"), ("custody_starts", "all")),
        ("report", "reports_per_sentence"),
        is_flow=True,
        is_public=True,
    ),
    Line(
        "cost_courts_per_year",
        "court hearings",
        (("convictions", "all"), ("breaches", "all")),
        ("court_hearing",),
        is_flow=True,
        is_public=True,
    ),
    Line("cost_help_per_year", "help by charities", (("helped", "all"),), ("help_place",)),
)
"""What is counted every week. Money that an organisation's books record by the week joins here, each book as a line of
its own that is not public spend and has no unit cost."""
REOFFENDING = Line("cost_reoffending_per_year", "reoffending", (), ("reoffence",))
"""What is counted over cohorts."""
LINES = (*WEEKLY_LINES, REOFFENDING)


def unit_cost(line: Line, register: Register) -> float:
    """Return the unit cost of a line, pounds; one where the line is counted in pounds."""
    return math.prod(float(getattr(register.costs, name)) for name in line.unit_cost)


def parameters(line: Line, register: Register) -> list[Parameter]:
    """Return the numbers of the register behind a line."""
    return [register.parameters["costs"][name] for name in line.unit_cost]


def is_assumed(line: Line, register: Register) -> bool:
    """Say whether any number behind a line is assumed."""
    return any(p.kind == "assumed" for p in parameters(line, register))


def price_year(line: Line, register: Register) -> str:
    """Return the financial year of a line's prices, as its units have it; empty where it is counted in pounds."""
    found = {year for p in parameters(line, register) for year in _PRICES.findall(p.unit)}
    assert len(found) <= 1, f"{line.measure} multiplies prices of {' and '.join(sorted(found))}"
    return "".join(found)


def public_price_year(register: Register) -> str:
    """Return the financial year of the prices of public spend, the same in all its lines."""
    found = {price_year(line, register) for line in LINES if line.is_public}
    assert len(found) == 1, f"public spend adds up prices of {' and '.join(sorted(found))}"
    return found.pop()


def cost_differences(
    weekly: pd.DataFrame, cohorts: pd.DataFrame, arms: Sequence[str], parted: date | None, register: Register
) -> list[Difference]:
    """Compare the yearly cost between arms, by line.

    Parameters
    ----------
    weekly, cohorts : DataFrame
        The tables of those names with scenario and seed.
    arms : (str, str)
        Names of base and reform.
    parted : date or None
        First day on which the arms can differ.
    register : Register
        Has the unit costs.

    Returns
    -------
    list of Difference
        Pounds a year for the people of the run: public spend, its lines, the lines that stand alone, and reoffending
        where a cohort is complete.
    """
    means, window = weekly_means(weekly, parted)
    spent = {line.measure: [yearly([line], means, arm, register) for arm in arms] for line in WEEKLY_LINES}
    public = [yearly([line for line in WEEKLY_LINES if line.is_public], means, arm, register) for arm in arms]
    names = {"group": "all", "unit": UNIT, **window}
    found = [difference({"measure": m, **names}, *both) for m, both in ({PUBLIC_SPEND: public} | spent).items()]
    return found + reoffending_differences(cohorts, arms, parted, register)


def yearly(lines: Sequence[Line], means: "pd.Series[float]", arm: str, register: Register) -> Floats:
    """Return what some lines together cost in a year in one arm, by seed, pounds; shape (seeds,)."""
    costs = [
        of_weeks(means, measure, group, arm) * (WEEKS_PER_YEAR if line.is_flow else 1.0) * unit_cost(line, register)
        for line in lines
        for measure, group in line.counts
    ]
    return np.sum(costs, axis=0)


def reoffending_differences(
    cohorts: pd.DataFrame, arms: Sequence[str], parted: date | None, register: Register
) -> list[Difference]:
    """Compare what the proven reoffences of a yearly cohort cost society; nothing where no cohort is complete."""
    starts = comparable_starts(cohorts, REOFFENDING_ESTIMATOR, parted)
    if not starts:
        return []
    counts = summed(cohorts, REOFFENDING_ESTIMATOR, starts)
    seeds = sorted(counts.index.unique("seed"))
    reoffences = (of_arm(counts, "all", arm, seeds)["reoffences"].to_numpy(float) / len(starts) for arm in arms)
    names = {
        "measure": REOFFENDING.measure,
        "estimator": REOFFENDING_ESTIMATOR,
        "group": "all",
        "cohort_from": starts[0].date().isoformat(),
        "cohort_to": end_of(starts[-1], REOFFENDING_ESTIMATOR),
        "unit": UNIT,
        "estimand": "as_published",
    }
    return [difference(names, *(number * unit_cost(REOFFENDING, register) for number in reoffences))]
