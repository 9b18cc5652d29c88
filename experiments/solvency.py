"""Do the companies lose money, and do their officers hold more than forty cases? ``python -m experiments.solvency``.

Both are published, and neither comes out of the model at its assumed values. So one number that bears on the books is
moved at a time, to the least and to the greatest of its range, then all together to the end that costs companies
most, and it is said whether companies would lose money. Runs of `post_reform` in England and Wales at a scale of 0.03,
so that all 21 companies are there, with the same seeds for each value.

Of caseholders it is said which share of practitioners would hold the cases of all, if as many of them held more than
forty as the inspectorate found, and all else were as in the model, where a share of `caseholder_share` holds them.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

import numpy as np

from experiments.arguments import seeds_asked
from experiments.engine import cores, map_runs
from experiments.estimates import with_bounds
from experiments.numbers import Floats
from experiments.plan import make_plan
from experiments.targets import published_numbers
from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR, WEEKS_PER_YEAR, day_of
from sim.contracts import load_contract
from sim.model import ProbationModel
from sim.offenders import Provider
from sim.parameters.register import Parameter, Register, Value
from sim.timeline import lever_definitions
from sim.weekly import MANY_CASES

type Settings = tuple[str, ...]

REGION, SCALE = "england_wales", 0.03
FIRST, END = date(2015, 2, 2), date(2019, 12, 30)
_MILLION, _PERCENT = 1_000_000, 100
_MILLIONS_OF_BILLION = 1000
_YEARS_OF_PAY = (date(2020, 12, 31) - date(2015, 2, 1)).days / DAYS_PER_YEAR
"""From the day on which the contracts began to the end of the pay that was forecast."""
_FORM = "+,.0f"
_COMPANIES = "provider_type=crc"
_OF_REGISTER = (
    "organisations.practitioner_pounds",
    "organisations.other_staff_pounds",
    "organisations.overhead_share",
    "organisations.resettlement_pounds",
    "organisations.uses_per_start",
    "organisations.greatest_change_per_month",
    "organisations.workload_borne",
    "organisations.least_posts_share",
    "organisations.notice_weeks",
    "organisations.least_places_share",
    "costs.help_place",
)
_OF_CONTRACT = ("maximum_annual_payment", "bid_fee_share", "fixed_share", "forecast_change", "use_fee")
_CONTRACTS = ("signed_2015", "variation_2017")
_OF_LEVER = ("private_providers.mission_led_share", "private_providers.satisficing_share")


class Books(NamedTuple):
    """What a run says of the companies.

    Attributes
    ----------
    income, balance : float
        Income, and income less costs, million pounds a year of England and Wales.
    hold_all : tuple of float
        Shares of practitioners, of companies and of the NPS, who would hold all cases, see `hold_all`.
    """

    income: float
    balance: float
    hold_all: tuple[float, ...]


def values() -> dict[str, tuple[Settings, Settings]]:
    """Return every number that is moved, with the settings of `--set` that give it its least and its greatest value.

    A number of a contract is moved in all contracts, each within its own range; a list has all members at an end.
    """
    register, definitions = Register.load(), lever_definitions()
    found = {key: _ends({key: register.find(key, "range")}) for key in _OF_REGISTER}
    contracts = {name: load_contract(name).numbers for name in _CONTRACTS}
    for number in _OF_CONTRACT:
        of_all = {f"contracts.{name}.{number}": numbers[number] for name, numbers in contracts.items()}
        found[f"contracts: {number}"] = _ends(of_all)
    for key in _OF_LEVER:
        lever, name = key.split(".")
        rule = definitions[lever]["settings"][name]
        found[key] = (f"levers.{key}={rule['low']}",), (f"levers.{key}={rule['high']}",)
    return found


def _ends(numbers: Mapping[str, Parameter]) -> tuple[Settings, Settings]:
    """Return the settings of numbers at the least and at the greatest of their ranges."""
    least, greatest = (
        tuple(f"{key}={_written(n.value, getattr(n, end))}" for key, n in numbers.items()) for end in ("low", "high")
    )
    return least, greatest


def _written(value: Value, end: float) -> str:
    """Return an end as it is written for a number or a list."""
    return str([end] * len(value) if isinstance(value, tuple) else end)


def run(scale: float, end: date, task: tuple[Settings, int]) -> Books:
    """Live one run with settings and read the companies' books."""
    settings, seed = task
    plan = make_plan(["post_reform"], REGION, scale, [seed], end.isoformat(), settings)
    model = ProbationModel(plan.arms[0], plan.region, scale, seed, plan.register)
    model.live_until(plan.end_day)
    income, costs = (a_year(model, name) for name in ("income", "costs"))
    above = published_numbers("caseholders_over_40")
    held = tuple(hold_all(model, kind, share) for kind, share in zip((Provider.CRC, Provider.NPS), above, strict=True))
    return Books(income, income - costs, held)


def a_year(model: ProbationModel, name: str) -> float:
    """Return companies' income or costs since their contracts began, million pounds a year of England and Wales."""
    weeks = model.weekly.series(name, _COMPANIES)[day_of(FIRST) // DAYS_PER_WEEK :]
    return float(weeks.mean()) * WEEKS_PER_YEAR / model.size / _MILLION


def hold_all(model: ProbationModel, provider: Provider, percent_above: float) -> float:
    """Return the share of practitioners who would hold the cases of all if so many of them held more than forty.

    Cases in the community, in the same proportions between officers as in the model.
    """
    officers = model.officers
    cases = officers.community_cases[(officers.provider == provider) & ~officers.is_vacant]
    held = np.quantile(cases[cases > 0], 1 - percent_above / _PERCENT)
    return float(held / MANY_CASES * model.register.workload.caseholder_share)


def measure(cases: Sequence[Settings], seeds: Sequence[int], scale: float, jobs: int = 1) -> list[list[Books]]:
    """Return the books of every case and seed, in their orders."""
    tasks = [(case, seed) for case in cases for seed in seeds]
    found = dict(map_runs(partial(run, scale, END), tasks, jobs))
    return [[found[case, seed] for seed in seeds] for case in cases]


def balance(of_seeds: Sequence[Books]) -> Floats:
    """Return the companies' balance by seed, million pounds a year."""
    return np.array([books.balance for books in of_seeds])


def worst(moved: Mapping[str, tuple[Settings, Settings]], ends: Sequence[tuple[Floats, Floats]]) -> Settings:
    """Return the settings at which each number costs companies most, of those that move their balance at all."""
    return tuple(
        setting
        for (least, greatest), (low, high) in zip(moved.values(), ends, strict=True)
        if low.mean() != high.mean()
        for setting in (least if low.mean() < high.mean() else greatest)
    )


def lines(seeds: int) -> list[str]:
    """Return the companies' balance as assumed, with each number at its ends, and with all at their worst."""
    moved, numbers = values(), range(seeds)
    both_ends = [end for ends in moved.values() for end in ends]
    as_assumed, *found = measure([(), *both_ends], numbers, SCALE, cores())
    ends = [(balance(low), balance(high)) for low, high in zip(found[::2], found[1::2], strict=True)]
    (together,) = measure([worst(moved, ends)], numbers, SCALE, cores())
    return [*books_lines(moved, as_assumed, ends, together), "", *caseholder_lines(as_assumed)]


def books_lines(
    moved: Mapping[str, object],
    as_assumed: Sequence[Books],
    ends: Sequence[tuple[Floats, Floats]],
    together: Sequence[Books],
) -> list[str]:
    """Return the table of balances, the numbers that move it most first."""
    loss = published_numbers("crc_losses")[0]
    found = [
        f"The 21 companies' income less costs, {FIRST} to {END}",
        f"published: a loss of {loss:g} million pounds over the life of the contracts, as forecast in 2018",
        "",
        f"{'million pounds a year, 95 percent interval':46}{'at its least':>24}{'at its greatest':>24}",
    ]
    rows = zip(moved, ends, strict=True)
    for name, (low, high) in sorted(rows, key=lambda row: -abs(row[1][1].mean() - row[1][0].mean())):
        found.append(f"{name:46}{with_bounds(low, _FORM):>24}{with_bounds(high, _FORM):>24}")
    for name, books in (("as assumed", as_assumed), ("all where companies fare worst", together)):
        found.append(f"{name:46}{with_bounds(balance(books), _FORM):>24}")
    paid = np.array([books.income for books in as_assumed])
    forecast = _MILLIONS_OF_BILLION * published_numbers("crc_pay_forecast")[0] / _YEARS_OF_PAY
    return [
        *found,
        "",
        f"{'paid to companies, as assumed':46}{with_bounds(paid, '.0f'):>24}",
        f"published: {forecast:.0f}, as forecast in 2019 for the contracts up to December 2020",
    ]


def caseholder_lines(as_assumed: Sequence[Books]) -> list[str]:
    """Return what the published shares of caseholders above forty would take."""
    above = published_numbers("caseholders_over_40")
    shares = _PERCENT * np.array([books.hold_all for books in as_assumed]).T
    return [
        f"percent of practitioners who would hold all cases, if as many had more than {MANY_CASES} as published",
        *(
            f"{f'{whose}: {percent:g} percent of caseholders above {MANY_CASES}':46}{with_bounds(held, '.0f'):>24}"
            for whose, percent, held in zip(("companies", "NPS"), above, shares, strict=True)
        ),
    ]


if __name__ == "__main__":
    print("\n".join(lines(seeds_asked(3))))
