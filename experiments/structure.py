"""What the agents are like, beside the published figures: ``python -m experiments.structure [SEEDS]``.

Needs of people in custody and in the community, ties between co-offenders, offences committed together, officers'
cases, delivered coverage of Through the Gate. Runs of `post_reform` in the default region at half its size, with a 95
percent interval over seeds. Published figures are read from `published_statistics.csv`; those marked unverified there
are given ten points either way.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import networkx as nx
import numpy as np
from numpy.typing import NDArray

from experiments.arguments import seeds_asked
from experiments.engine import cores, run_seeds
from experiments.estimates import interval
from experiments.targets import published_numbers
from sim.clock import DAYS_PER_WEEK, day_of
from sim.data import tables
from sim.events import Event
from sim.graph import degrees, graph
from sim.model import ProbationModel
from sim.needs import Need

BEFORE, AFTER = date(2013, 3, 31), date(2017, 12, 31)
_YEAR_WEEKS = 52
_MARGIN = 10.0
"""Points allowed either way of an assessed need: figures of another year, most of them not re-read."""
_RECALLED = {
    Need.WORK: "employment",
    Need.DRUGS: "drugs",
    Need.THINKING: "thinking",
    Need.RELATIONSHIPS: "relationships",
}


@dataclass(frozen=True)
class Figure:
    """One figure of the model beside the published one.

    Attributes
    ----------
    name : str
    low, high : float or None
        What is published, as a range; None where nothing is.
    values : float64 array, shape (seeds,)
    """

    name: str
    low: float | None
    high: float | None
    values: NDArray[np.float64]

    @property
    def is_inside(self) -> bool | None:
        """Whether the mean lies in the published range; None where nothing is published."""
        if self.low is None or self.high is None:
            return None
        return bool(self.low <= self.values.mean() <= self.high)


def published_needs() -> dict[Need, tuple[float, float]]:
    """Return the published shares with each need, percent: in custody, in the community."""
    rows = {r["id"]: r for r in tables.rows("published_statistics")}
    first = rows["needs_accommodation"]
    found = {Need.ACCOMMODATION: _two(first["value"], " to ")}
    for need, words in ((Need.ASSOCIATES, "lifestyle and associates"), (Need.ALCOHOL, "alcohol")):
        found[need] = _two(re.search(rf"{words} (\d+, \d+)", first["note"]), ", ")
    for need, word in _RECALLED.items():
        found[need] = _two(re.search(rf"{word} (\d+/\d+)", rows["needs_recalled"]["value"]), "/")
    return found


def _two(text: "str | re.Match[str] | None", separator: str) -> tuple[float, float]:
    """Return the two numbers of a text."""
    assert text is not None
    one, other = (text if isinstance(text, str) else text.group(1)).split(separator)
    return float(one), float(other)


def measure(scale: float, seed: int) -> dict[str, float]:
    """Return every figure of one run."""
    model = ProbationModel("post_reform", scale=scale, seed=seed)
    model.live_until(day_of(BEFORE))
    found = {f"{name} 2013": value for name, value in _caseloads(model).items()}
    found |= _needs(model) | _ties(model) | _together(model)
    model.live_until(day_of(AFTER))
    found |= {f"{name} 2017": value for name, value in _caseloads(model).items()}
    return found | _coverage(model)


def _mean(model: ProbationModel, name: str, group: str = "all") -> float:
    """Return the mean of a weekly measure over the last year."""
    return float(model.weekly.series(name, group)[-_YEAR_WEEKS:].mean())


def _caseloads(model: ProbationModel) -> dict[str, float]:
    """Return both caseload measures and the workload."""
    names = ("cases_per_om_fte", "cases_per_caseholder", "workload")
    return {name: _mean(model, name) for name in names}


def _needs(model: ProbationModel) -> dict[str, float]:
    """Return the shares with each need, percent."""
    return {
        f"{need.name.lower()} {where}": 100 * _mean(model, f"need_in_{where}", f"need={need.name.lower()}")
        for need in Need
        for where in ("prison", "community")
    }


def _ties(model: ProbationModel) -> dict[str, float]:
    """Return degree, clustering and assortativity by age."""
    degree = degrees(model)
    tied = degree[degree > 0]
    people = graph(model)
    people.remove_nodes_from([n for n in list(people) if n < 0])
    people.remove_edges_from([(a, b) for a, b, s in people.edges(data="strength") if s < 0.25])
    people.remove_nodes_from(list(nx.isolates(people)))
    return {
        "mean degree of the tied": float(tied.mean()),
        "of the tied, with one or two": 100 * float((tied <= 2).mean()),
        "greatest degree": float(tied.max()),
        "clustering": float(nx.average_clustering(people)),
        "clustering by chance": float(nx.density(people)),
        "assortativity by age": float(nx.numeric_assortativity_coefficient(people, "age")),
    }


def _together(model: ProbationModel) -> dict[str, float]:
    """Return the share of a year's detected offences that were committed with others, and of groups that are pairs."""
    log = model.log
    start = model.day - _YEAR_WEEKS * DAYS_PER_WEEK
    all_, with_others = (found[log.day[found] >= start] for found in (log.of(Event.OFFENCE), log.of(Event.CO_OFFENCE)))
    key = log.row[with_others].astype(np.int64) << 20 | log.day[with_others]
    occasions = np.unique(key)
    others = model.people.rows_of(log.value[with_others])
    groups = nx.Graph(list(zip(log.row[with_others].tolist(), others.tolist(), strict=True)))
    pairs = np.array([len(g) == 2 for g in nx.connected_components(groups)])
    return {
        "offences with others": 100 * len(occasions) / len(all_),
        "of groups, pairs": 100 * float(pairs.mean()),
    }


def _coverage(model: ProbationModel) -> dict[str, float]:
    """Return, of a year's leavers, those promised Through the Gate, those it saw, and starts of help by it."""
    leavers = _mean(model, "leavers")
    seen, promised = (_mean(model, name) / leavers for name in ("leavers_seen", "leavers_covered"))
    started = _mean(model, "help_started", "path=through_the_gate") / leavers
    return {
        "leavers promised": 100 * promised,
        "leavers seen": 100 * seen,
        "starts of help for 100 leavers": 100 * started,
    }


def figures(scale: float, seeds: Sequence[int], jobs: int = 1) -> list[Figure]:
    """Return every figure beside what is published."""
    runs = run_seeds(partial(measure, scale), seeds, jobs)
    values = {name: np.array([run[name] for run in runs]) for name in runs[0]}
    ranges = _published_ranges()
    nothing: tuple[float | None, float | None] = (None, None)
    bounds = {name: ranges.get(name, nothing) for name in values}
    return [Figure(name, bounds[name][0], bounds[name][1], v) for name, v in values.items()]


def _published_ranges() -> dict[str, tuple[float, float]]:
    """Return the published range of each figure that has one."""
    ranges = {}
    for need, shares in published_needs().items():
        for where, share in zip(("prison", "community"), shares, strict=True):
            ranges[f"{need.name.lower()} {where}"] = (share - _MARGIN, share + _MARGIN)
    low, high = published_numbers("cooffending")
    ranges["offences with others"] = (low, high)
    pairs = next(r for r in tables.rows("published_statistics") if r["id"] == "cooffending")["note"]
    ranges["of groups, pairs"] = _two(re.search(r"(\d+ to \d+) percent of groups", pairs), " to ")
    ranges["mean degree of the tied"] = _two(re.search(r"mean degree ([\d.]+ to [\d.]+)", pairs), " to ")
    before, _, after, _ = published_numbers("cases_per_om_fte")
    ranges["cases_per_om_fte 2013"] = (0.9 * before, 1.1 * before)
    ranges["cases_per_om_fte 2017"] = (0.9 * after, 1.1 * after)
    return ranges


def rows(found: Sequence[Figure]) -> list[tuple[str, str, str, str]]:
    """Return (what, published, simulated with interval, verdict) of every figure."""
    lines = []
    for f in found:
        low, high = interval(f.values)
        spread = "" if low is None else f" [{low:.3g}, {high:.3g}]"
        published = "-" if f.low is None else f"{f.low:g} to {f.high:g}"
        verdict = {None: "", True: "inside", False: "outside"}[f.is_inside]
        lines.append((f.name.replace("_", " "), published, f"{f.values.mean():.3g}{spread}", verdict))
    return lines


def main(seeds: int = 5) -> None:
    """Print the table."""
    for cells in [("", "published", "simulated", ""), *rows(figures(0.5, range(seeds), cores()))]:
        print(f"{cells[0]:34}{cells[1]:>14}{cells[2]:>26}  {cells[3]}")


if __name__ == "__main__":
    main(seeds_asked(5))
