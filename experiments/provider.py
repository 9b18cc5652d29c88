"""What is assumed of a provider: its area, the people it serves, what a reoffender fewer costs it.

Published figures are read from the tables; what is not to be had is an argument of `experiments.proposal`.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from experiments.before_after import published
from sim.contracts import Contract
from sim.data import tables
from sim.payments import QUARTERS_PER_YEAR
from sim.results import Cohorts

PERCENT = 100
_BASE = 100_000
"""People of the baseline: so many that rates of a tenth of a percent are whole people."""


@dataclass(frozen=True)
class Area:
    """A contract area.

    Attributes
    ----------
    name : str
    share : float
        Of England and Wales.
    people : int
        In a quarter's cohort.
    """

    name: str
    share: float
    people: int


@dataclass(frozen=True)
class World:
    """What is assumed of people and of the draw.

    Attributes
    ----------
    rate, frequency : float
        Of the baseline.
    follows : float
        How far the frequency follows the binary rate: 1 as one hazard makes it, 0 not at all.
    years : int
        Drawn for each true rate.
    seed : int
        Of the same luck at each.
    """

    rate: float
    frequency: float
    follows: float = 1.0
    years: int = 10_000
    seed: int = 1

    def frequency_at(self, rate: float) -> float:
        """Return reoffences per reoffender at another true binary rate.

        At a constant hazard one who reoffends with probability p does so ``-ln(1 - p) / p`` times, on average.
        """
        by_hazard = self.frequency * times(rate) / times(self.rate)
        return self.frequency + self.follows * (by_hazard - self.frequency)

    def baseline(self) -> Cohorts:
        """Return the cohorts that results are measured against."""
        again = round(self.rate * _BASE)
        return Cohorts(_BASE, again, round(self.frequency * again), self.rate * _BASE)

    def cohorts(self, people: int, reoffenders: NDArray[np.integer]) -> Cohorts:
        """Return cohorts of the baseline's mix, their reoffences not yet counted."""
        size = np.full(reoffenders.shape, people)
        return Cohorts(size, reoffenders, reoffenders, size * self.rate)


def times(rate: float) -> float:
    """Return how often one who reoffends at least once does so, at a constant hazard."""
    return float(-np.log1p(-rate) / rate)


@dataclass(frozen=True)
class Question:
    """A contract and what is assumed of a provider: the arguments of the command.

    Attributes
    ----------
    contract : Contract
    world : World
    costs : dict of str to float
        Pounds for a reoffender fewer, by what the number is.
    saving_share : float
    sure : float
        Probability that is moderately sure.
    rise, achievable : float
        The most that a provider lets reoffending rise, and can make it fall; points.
    """

    contract: Contract
    world: World
    costs: dict[str, float]
    saving_share: float = 1.0
    sure: float = 0.8
    rise: float = 3.0
    achievable: float = 3.7


def row(identity: str) -> dict[str, str]:
    """Return a row of the published statistics."""
    return next(r for r in tables.rows("published_statistics") if r["id"] == identity)


def numbers(pattern: str, text: str) -> list[float]:
    """Return the numbers that a pattern finds in a text."""
    return [float(found.replace(",", "")) for found in re.findall(pattern, text)]


def shares_by_area() -> dict[str, float]:
    """Return each contract area's share of England and Wales, the smallest first."""
    found = {r["area"]: float(r["share_of_residents"]) for r in tables.rows("contract_areas")}
    return dict(sorted(found.items(), key=lambda area: area[1]))


def areas() -> dict[str, Area]:
    """Return the smallest area, one of average size and the largest, with their part of the published cohort."""
    shares, [people] = shares_by_area(), numbers(r"\(([\d,]+)\)", row("crc_binary_2015_16")["population"])
    small, *_, large = shares
    chosen = {"small": (small, shares[small]), "large": (large, shares[large])}
    chosen["average"] = ("an average area", sum(shares.values()) / len(shares))
    return {
        size: Area(chosen[size][0], chosen[size][1], round(people * chosen[size][1] / QUARTERS_PER_YEAR))
        for size in ("small", "average", "large")
    }


def help_as_priced(contract: Contract, rate: float) -> float:
    """Return the pounds for a reoffender fewer: the fee for use over the middle of published effects of mentoring."""
    effects = numbers(r"\d+", row("mentoring_meta")["value"])
    return float(contract.use_fee / (np.mean(effects) / PERCENT * rate))


def default_costs(contract: Contract, rate: float) -> dict[str, float]:
    """Return the ladder of costs, pounds for a reoffender fewer, and what each is."""
    return {
        "nothing": 0.0,
        "half the tariff": contract.binary_tariff / 2,
        "the tariff": contract.binary_tariff,
        "help as priced": help_as_priced(contract, rate),
    }


def published_world(follows: float, years: int, seed: int) -> World:
    """Return a world at the published rates of the baseline."""
    rate, frequency = (published(f"crc_baseline_{name}")[0] for name in ("binary", "frequency"))
    return World(rate / PERCENT, frequency, follows, years, seed)


def listed(words: Sequence[str]) -> str:
    """Return words as a list in a sentence."""
    return " and ".join([", ".join(words[:-1]), words[-1]]) if len(words) > 1 else "".join(words)
