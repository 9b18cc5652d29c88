"""How often a contract pays though nothing changed: ``python -m experiments.false_payment [SEEDS] [options]``.

A contract judges a cohort as if its people were independent and the baseline were known without error. Under that
assumption the rate of false payment is exact (`sim.results`). Here it stands beside the rate in the model, where people
come again, offend together and differ: runs of `pre_reform`, one for each seed. All people and all luck are made in one
way, so that nothing differs between runs but chance. What is expected of a cohort is the rate of all other seeds in the
same quarter, adjusted by OGRS as the contract does it; or, measured once, the rate of one other seed in the same year,
as a real baseline is. Areas are run one at a time: no tie crosses their borders. Cohorts are three-month cohorts of the
sentence types that the contract names and of people who would be a company's.

A smaller world has smaller cohorts, and the test is stricter on them.
"""

import sys
from argparse import ArgumentParser, RawDescriptionHelpFormatter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.special import nbdtr

from experiments.before_after import published
from experiments.engine import cores, run_seeds
from experiments.estimates import interval
from experiments.numbers import Floats
from experiments.provider import PERCENT, areas, listed, shares_by_area
from sim import measures
from sim.clock import day_of
from sim.contracts import Contract, load_contract
from sim.errors import InputError, unknown
from sim.model import ProbationModel
from sim.offenders import Provider
from sim.payments import QUARTERS_PER_YEAR
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS, disposal_groups
from sim.regions import Region
from sim.results import Cohorts, binary_due, expected_rate, frequency_due, pooled, prospects, rate

YEARS = (2009, 2010, 2011)
"""Of entry into cohorts: after a year of running, and before any lever."""
SCALE = 0.5
"""At which the model's cohorts are of about the published size."""


@dataclass(frozen=True)
class Followed:
    """Cohorts of one area in many worlds.

    Attributes
    ----------
    area : str
    cohorts : Cohorts
        Arrays of shape (seeds, quarters).
    entries_per_person : float64 array, shape (seeds,)
        How often one who enters a year's cohorts does so, up to four.
    """

    area: str
    cohorts: Cohorts
    entries_per_person: Floats


@dataclass(frozen=True)
class Rate:
    """How often one test pays, as a fraction of cohorts.

    Attributes
    ----------
    test : str
    cohorts : int
        Judged, over all seeds.
    own : float
        Exact, under the contract's own assumption, for these cohorts.
    model, once : float64 arrays, shape (seeds,)
        In the model: against all other seeds, and against one.
    """

    test: str
    cohorts: int
    own: float
    model: Floats
    once: Floats


# --- runs


def one_area(name: str) -> Region:
    """Return a contract area as a region of its own.

    Raises
    ------
    InputError
        If there is no such area.
    """
    shares = shares_by_area()
    if name not in shares:
        raise unknown("area", name, shares, "--areas")
    people, source = published("caseload_2011")
    return Region(name, name, (name,), (1.0,), people * shares[name], shares[name], source)


def count_seed(area: str, scale: float, eligible: tuple[str, ...], seed: int) -> tuple[NDArray[np.float64], float]:
    """Run one world and count its quarters: the fields of `Cohorts`, shape (4, quarters), and entries for a person."""
    model = ProbationModel("pre_reform", one_area(area), scale, seed)
    model.live_until(day_of(date(YEARS[-1], 12, 31)) + 1 + FOLLOW_UP_DAYS + WAITING_DAYS)
    groups = disposal_groups(model.index_log)
    chosen = np.logical_or.reduce([groups[f"disposal={name}"] for name in eligible])
    return count(model, chosen & (model.index_log.would_be_provider == Provider.CRC), YEARS)


def count(model: ProbationModel, chosen: NDArray[np.bool_], years: Sequence[int]) -> tuple[NDArray[np.float64], float]:
    """Count three-month cohorts of some index events: each person's first of the quarter, followed for a year."""
    index, after = model.index_log, measures.after_index(model)
    starts = measures.quarter_starts(date(years[0], 1, 1), date(years[-1] + 1, 1, 1))
    quarters = len(starts) - 1
    quarter = np.searchsorted([day_of(s) for s in starts], index.day, side="right") - 1
    found = np.flatnonzero(chosen & (quarter >= 0) & (quarter < quarters))
    found = found[np.argsort(index.day[found], kind="stable")]
    person = index.row[found].astype(np.int64)
    first = found[np.unique(person * quarters + quarter[found], return_index=True)[1]]
    columns = (np.ones(len(first)), after.reoffences[first] > 0, after.reoffences[first], index.ogrs3[first])
    in_years = np.unique(person * quarters + quarter[found] // QUARTERS_PER_YEAR)
    counted = np.array([np.bincount(quarter[first], np.asarray(c, float), quarters) for c in columns])
    return counted, len(first) / max(len(in_years), 1)


def follow(area: str, scale: float, eligible: tuple[str, ...], seeds: Sequence[int], jobs: int = 1) -> Followed:
    """Run one area over seeds."""
    task = partial(count_seed, area, scale, eligible)
    found = run_seeds(task, seeds, jobs)
    columns = np.array([counted for counted, _ in found])
    people, reoffenders, reoffences = columns[:, :3].astype(np.int64).swapaxes(0, 1)
    cohorts = Cohorts(people, reoffenders, reoffences, columns[:, 3])
    return Followed(area, cohorts, np.array([entries for _, entries in found]))


# --- what is expected


def by_year(cohorts: Cohorts) -> Cohorts:
    """Return the quarters of each year as one cohort; shape (seeds, years)."""
    shape = (len(np.asarray(cohorts.people)), -1, QUARTERS_PER_YEAR)
    return pooled(Cohorts(*(np.asarray(column).reshape(shape) for column in cohorts)))


def of_others(cohorts: Cohorts) -> Cohorts:
    """Return the sum of all other seeds."""
    columns = [np.asarray(column) for column in cohorts]
    return Cohorts(*(column.sum(axis=0) - column for column in columns))


def of_another(cohorts: Cohorts, repeat: int) -> Cohorts:
    """Return the year of the next seed, for each of so many cohorts of the year."""
    years = (np.roll(np.asarray(column), -1, axis=0) for column in by_year(cohorts))
    return Cohorts(*(np.repeat(column, repeat, axis=1) for column in years))


# --- how often it pays


def rates(contract: Contract, cohorts: Cohorts) -> list[Rate]:
    """Return how often each test of a contract pays: the binary rate by quarter and by year, the frequency by year."""
    years, quarter, year = by_year(cohorts), contract.binary_hurdle, contract.annual_hurdle
    found = [
        _binary("binary by quarter", contract, cohorts, quarter, of_another(cohorts, QUARTERS_PER_YEAR)),
        _binary(
            "binary by year" if contract.top_up_share else "binary by year (unpaid)",
            contract,
            years,
            year,
            of_another(cohorts, 1),
        ),
    ]
    if contract.ungated_share:
        found.append(_frequency(contract, years, of_another(cohorts, 1)))
    return found


def _binary(test: str, contract: Contract, cohorts: Cohorts, hurdle: float, another: Cohorts) -> Rate:
    """Return how often a fall of the binary rate is found."""
    others = of_others(cohorts)
    expected = expected_rate(contract, cohorts, others)
    own = prospects(contract, cohorts.people, expected, expected, hurdle).p_paid
    paid = [(binary_due(contract, cohorts, base, hurdle) > 0).mean(axis=1) for base in (others, another)]
    return Rate(test, own.size, float(own.mean()), *paid)


def _frequency(contract: Contract, years: Cohorts, another: Cohorts) -> Rate:
    """Return how often a fall of the frequency is found."""
    others = of_others(years)
    paid = [(frequency_due(contract, years, base) > 0).mean(axis=1) for base in (others, another)]
    own = _own_frequency(contract, years, others)
    return Rate("frequency by year", own.size, float(own.mean()), *paid)


def _own_frequency(contract: Contract, years: Cohorts, baseline: Cohorts) -> Floats:
    """Return the exact probability that so few reoffences are found, for the reoffenders there are."""
    again = np.asarray(years.reoffenders, np.int64)
    frequency = rate(baseline.reoffences, baseline.reoffenders)
    low, high = again - 1, np.ceil(again * frequency).astype(np.int64)
    while (high - low).max() > 1:
        middle = (low + high) // 2
        is_paid = frequency_due(contract, years._replace(reoffences=middle), baseline) > 0
        low, high = np.where(is_paid, middle, low), np.where(is_paid, high, middle)
    return np.where(low < again, 0.0, nbdtr(np.maximum(low - again, 0), again, 1 / frequency))


# --- how far counts scatter


def scatter(contract: Contract, cohorts: Cohorts) -> Floats:
    """Return the variance of reoffenders about what is expected, over that of independent people; shape (seeds,).

    What is expected comes from the other seeds and scatters too: by a part for each of them, taken out.
    """
    expected = expected_rate(contract, cohorts, of_others(cohorts))
    people, seeds = np.asarray(cohorts.people), len(np.asarray(cohorts.people))
    square = (np.asarray(cohorts.reoffenders) - people * expected) ** 2
    return (square / (people * expected * (1 - expected))).mean(axis=1) * (seeds - 1) / seeds


def frequency_scatter(cohorts: Cohorts) -> Floats:
    """Return the variance of reoffences, for the reoffenders there are, over that of geometric numbers."""
    others, again = of_others(cohorts), np.asarray(cohorts.reoffenders)
    frequency, seeds = rate(others.reoffences, others.reoffenders), len(again)
    square = (np.asarray(cohorts.reoffences) - again * frequency) ** 2
    return (square / (again * frequency * (frequency - 1))).mean(axis=1) * (seeds - 1) / seeds


# --- what is printed


def share(values: Floats, cohorts: int) -> tuple[float, float, float]:
    """Return a mean share and its 95 percent interval over seeds, percent.

    Where none of so many cohorts is paid, the upper end is the share at which that has a chance of 5 percent.
    """
    if not values.any():
        return 0.0, 0.0, PERCENT * (1 - 0.05 ** (1 / cohorts))
    low, high = interval(values)
    mean = float(values.mean())
    return PERCENT * mean, PERCENT * max(low if low is not None else 0.0, 0.0), PERCENT * (high or 1.0)


def _cell(found: tuple[float, float, float]) -> str:
    """Return a share with its interval."""
    return f"{found[0]:.1f} [{found[1]:.1f}, {found[2]:.1f}]"


def rate_lines(contracts: Sequence[Contract], found: Followed) -> list[str]:
    """Return the table of false payment in one area."""
    people = np.asarray(found.cohorts.people)
    entries = float(found.entries_per_person.mean())
    lines = [
        f"{found.area}: {people.mean():,.0f} people a quarter; in a year each enters {entries:.2f} times",
        f"  {'':16}{'':24}{'contract says':>14}{'in the model':>20}{'baseline measured once':>26}",
    ]
    for contract in contracts:
        for one in rates(contract, found.cohorts):
            model, once = (_cell(share(values, one.cohorts)) for values in (one.model, one.once))
            lines.append(f"  {contract.name:16}{one.test:24}{PERCENT * one.own:>14.1f}{model:>20}{once:>26}")
    return lines


def scatters(contract: Contract, found: Followed) -> dict[str, tuple[Floats, Floats]]:
    """Return what scatters, by quarter and by year, over what independence says; shapes (seeds,)."""
    quarters, years = found.cohorts, by_year(found.cohorts)
    plain = contract.with_value("ogrs_slope", 0.0)
    return {
        "reoffenders": (scatter(plain, quarters), scatter(plain, years)),
        "reoffenders, adjusted by OGRS": (scatter(contract, quarters), scatter(contract, years)),
        "reoffences of the reoffenders": (frequency_scatter(quarters), frequency_scatter(years)),
    }


def scatter_lines(found: dict[str, tuple[Floats, Floats]]) -> list[str]:
    """Return the table of variances over those of independent people."""
    lines = [f"  {'variance over that of independence':40}{'quarter':>22}{'year':>22}"]
    for name, values in found.items():
        cells = []
        for one in values:
            low, high = interval(one)
            cells.append(f"{one.mean():.2f}" + ("" if low is None else f" [{low:.2f}, {high:.2f}]"))
        lines.append(f"  {name:40}" + "".join(f"{cell:>22}" for cell in cells))
    return lines


def verdict(low: float | None, high: float | None, expected: float) -> str:
    """Say whether an interval lies above or below what is expected."""
    if low is None or high is None or low <= expected <= high:
        return "no different"
    return "more" if low > expected else "less"


def verdict_lines(contracts: Sequence[Contract], found: Sequence[Followed]) -> list[str]:
    """Say which tests pay falsely more often than the contract says, which less often, and which no differently."""
    said: dict[str, list[str]] = {}
    for area in found:
        for contract in contracts:
            for one in rates(contract, area.cohorts):
                (paid, low, high), own = share(one.model, one.cohorts), PERCENT * one.own
                words = f"{one.test} of {contract.name} in {area.area} ({paid:.1f} percent against {own:.1f})"
                said.setdefault(verdict(low, high, own), []).append(words)
    ends = {"less": "less often than the contract says", "more": "more often than the contract says"}
    kinds = [kind for kind in ("no different", "less", "more") if kind in said]
    return [
        f"Paid falsely {ends.get(kind, 'about as often as the contract says')}: {listed(said[kind])}." for kind in kinds
    ]


def scatter_words(area: str, spread: dict[str, tuple[Floats, Floats]]) -> list[str]:
    """Say how far each count scatters in an area."""
    return [f"{area}: {name}: {_dispersion(values)}." for name, values in spread.items()]


def _dispersion(values: tuple[Floats, Floats]) -> str:
    """Say how far what is counted by quarter and by year scatters, against independence."""
    kinds = {"more": "over-dispersed", "less": "under-dispersed", "no different": "neither over- nor under-dispersed"}
    return listed(
        [
            f"by {span} {kinds[verdict(*interval(one), 1.0)]} (variance {PERCENT * (one.mean() - 1):+.0f} percent)"
            for span, one in zip(("quarter", "year"), values, strict=True)
        ]
    )


def _parser() -> ArgumentParser:
    """Return the command's arguments."""
    parser = ArgumentParser(
        "python -m experiments.false_payment", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    sizes = areas()
    named = [sizes["small"].name, sizes["large"].name]
    parser.add_argument("seeds", nargs="?", type=int, default=40, help="default 40; at least 3")
    parser.add_argument("--areas", nargs="+", default=named, help="default the smallest and the largest")
    parser.add_argument("--contracts", nargs="+", default=["signed_2015", "proposal_2013"], help="names or paths")
    parser.add_argument("--scale", type=float, default=SCALE, help=f"default {SCALE:g}: cohorts of the published size")
    parser.add_argument("--jobs", type=int, default=cores(), help="processes; default all cores")
    return parser


def report(arguments: Sequence[str]) -> list[str]:
    """Return the lines that the command prints.

    Raises
    ------
    InputError
        For a contract or an area that is not known, or contracts that follow different people.
    """
    options = _parser().parse_args(arguments)
    if options.seeds < 3 or not options.scale > 0:
        raise InputError(f"{options.seeds} seeds at scale {options.scale:g}; allowed: 3 or more, at a scale above 0")
    contracts = [load_contract(name) for name in options.contracts]
    if len({contract.eligible for contract in contracts}) > 1:
        raise InputError(f"--contracts {' '.join(options.contracts)} follow different people; name those that do not")
    for area in options.areas:
        one_area(area)
    lines = [
        "Percent of cohorts paid though nothing changed",
        f"pre_reform, entries of {YEARS[0]} to {YEARS[-1]}, scale {options.scale:g}, seeds 0 to {options.seeds - 1}; "
        "95 percent interval over seeds",
    ]
    found = [
        follow(area, options.scale, contracts[0].eligible, range(options.seeds), options.jobs) for area in options.areas
    ]
    spreads = [scatters(contracts[0], one) for one in found]
    for one, spread in zip(found, spreads, strict=True):
        lines += ["", *rate_lines(contracts, one), *scatter_lines(spread)]
    said = [line for one, spread in zip(found, spreads, strict=True) for line in scatter_words(one.area, spread)]
    return [*lines, "", *said, *verdict_lines(contracts, found)]


def main() -> None:
    """Print the tables; 2 is the exit code for wrong input."""
    try:
        print("\n".join(report(sys.argv[1:])))
    except InputError as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
