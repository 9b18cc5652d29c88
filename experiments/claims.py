"""What was said in January 2015, beside the record and the model: ``python -m experiments.claims [SEEDS]``.

The head counts of the news report that the project starts from are claims, not inputs: they stand in
`published_statistics.csv` with ``use = claim``, and here beside what has been published since and what runs of
`post_reform` in England and Wales hold. One of them, the people of Staffordshire and West Midlands, is also the size of
the default region. What else was claimed (support for everyone who leaves prison, most of whom reoffend quickly) is
measured the same way. Published figures that stand in a note are read from it.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import date
from functools import partial
from typing import NamedTuple

import numpy as np

from experiments.arguments import seeds_asked
from experiments.engine import cores, run_seeds
from experiments.estimates import with_bounds
from experiments.numbers import Floats
from experiments.solvency import END, a_year
from experiments.tables import outcomes_table
from experiments.targets import published_numbers
from sim.clock import DAYS_PER_WEEK, day_of
from sim.data import tables
from sim.measures import after_index
from sim.model import ProbationModel
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Provider, Rosh
from sim.regions import load_region

REGION, SCALE, SEEDS = "england_wales", 0.1, 4
_SWM = "Staffordshire and West Midlands"
_COMPANIES, _NPS = "provider_type=crc", "provider_type=nps"
_PERCENT = 100.0
_LEAVERS = "disposal=custody_under_12m"
_BEFORE, _LATER = 2013, 2018
_WITHIN = {
    f"of leavers of short sentences in {_BEFORE}, reoffended within {n} days, percent": f"reoffended_within_{n}_days"
    for n in (18, 91, 182, 365)
}
_HELP = {
    f"of leavers in {_LATER}, promised Through the Gate, percent": ("leavers_covered", "all"),
    f"of leavers in {_LATER}, seen by it, percent": ("leavers_seen", "all"),
    f"of leavers in {_LATER}, starts of a charity's help through it, percent": (
        "help_started",
        "path=through_the_gate",
    ),
}
"""What is measured of leavers, and from what."""


class Claim(NamedTuple):
    """A claim beside the record and the model.

    Attributes
    ----------
    said : str
        What was said.
    number : str
        The number claimed, empty where none was.
    since : str
        What has been published since, empty where nothing has.
    measures : dict of str to str
        Names of what runs measure, with the form in which each is printed.
    """

    said: str
    number: str
    since: str
    measures: Mapping[str, str]


def _note(identity: str, pattern: str) -> str:
    """Return a number from the note of a published figure."""
    found = re.search(pattern, _published(identity, "note"))
    assert found is not None, f"{identity}: the note has no {pattern}"
    return found.group(1)


def _published(identity: str, column: str) -> str:
    """Return a cell of a published figure."""
    return next(row[column] for row in tables.rows("published_statistics") if row["id"] == identity)


def _claimed(identity: str) -> str:
    """Return the number of a claim as text."""
    (number,) = published_numbers(identity)
    return f"{number:,.0f}"


def claims() -> list[Claim]:
    """Return every claim, in the order of the design."""
    billions, years = float(_note("crc_contract_value", r"([\d.]+)bn over")), 7
    short, all_ = (published_numbers(f"reoff_custody_{name}")[0] for name in ("under_12m", "all"))
    (helped,), of = published_numbers("ttg_employment_2016"), _published("ttg_employment_2016", "unit")
    people, percent = ",.0f", ".0f"
    return [
        Claim(
            "people of low and medium risk with the companies",
            _claimed("crc_people"),
            "",
            {"with companies in 2015": people, "with companies in 2018": people},
        ),
        Claim(
            "people of high risk with the NPS",
            _claimed("nps_people"),
            f"{_note('nps_people', r'about ([\d,]+)')} with the NPS in 2018-19, of any risk",
            {
                "with the NPS in 2015": people,
                "with the NPS in 2018": people,
                "of high risk and in the community at the end of 2019": people,
            },
        ),
        Claim(
            f"people of {_SWM}",
            _claimed("swm_people"),
            f"{_note('swm_people', r'held ([\d,]+) in 2018')} with the company in 2018",
            {f"of {_SWM} in 2015": people, f"with the company of {_SWM} in 2018": people},
        ),
        Claim("contracts", _claimed("crc_contracts"), "", {"companies": people}),
        Claim(
            "million pounds a year for the contracts",
            _claimed("crc_contract_value"),
            f"{billions:g}bn over {years} years as planned, {1000 * billions / years:,.0f} a year",
            {"paid to companies, million pounds a year": people},
        ),
        Claim(
            "most who are released with 46 pounds and no support reoffend quickly",
            "",
            f"{short:g} percent of leavers of short sentences within a year, {all_:g} of all, 2013/14",
            dict.fromkeys(_WITHIN, percent),
        ),
        Claim(
            "support and mentoring for every offender who leaves prison",
            "",
            f"{helped:g} {of} sampled leavers were helped into work by Through the Gate, 2016",
            dict.fromkeys(_HELP, percent),
        ),
    ]


def measure(scale: float, seed: int) -> dict[str, float]:
    """Return every figure of one run, people and pounds those of England and Wales, by the names of `claims`."""
    model = ProbationModel("post_reform", REGION, scale, seed)
    area = model.region.areas.index(load_region("staffordshire_west_midlands").areas[0])
    found = {"companies": float(len(model.region.areas))}
    officers = model.officers
    of_area, of_company = officers.area == area, officers.provider == Provider.CRC
    model.live_until(day_of(date(2015, 7, 1)))
    found[f"of {_SWM} in 2015"] = float(officers.caseload[of_area].sum()) / model.size
    model.live_until(day_of(date(_LATER, 7, 1)))
    found[f"with the company of {_SWM} in 2018"] = float(officers.caseload[of_area & of_company].sum()) / model.size
    model.live_until(day_of(END))
    for year in (2015, _LATER):
        found[f"with companies in {year}"] = _mean(model, "caseload", _COMPANIES, year) / model.size
        found[f"with the NPS in {year}"] = _mean(model, "caseload", _NPS, year) / model.size
    people = model.people
    high = (people.provider == Provider.NPS) & (people.rosh >= Rosh.HIGH) & IS_SUPERVISED_IN_COMMUNITY[people.status]
    found["of high risk and in the community at the end of 2019"] = float(high.sum()) / model.size
    found["paid to companies, million pounds a year"] = a_year(model, "income")
    return found | _leavers(model)


def _mean(model: ProbationModel, name: str, group: str, year: int) -> float:
    """Return the mean of a weekly measure over a year."""
    first, end = (day_of(date(y, 1, 1)) // DAYS_PER_WEEK for y in (year, year + 1))
    return float(model.weekly.series(name, group)[first:end].mean())


def _leavers(model: ProbationModel) -> dict[str, float]:
    """Return how soon leavers of short sentences reoffended before the reform, and what help leavers had after it."""
    table = outcomes_table(model, "", after_index(model))
    rows = zip(table["measure"], table["group"], table["year"], table["value"], strict=True)
    within = {str(name): float(value) for name, group, year, value in rows if (group, year) == (_LEAVERS, _BEFORE)}
    found = {title: _PERCENT * within[name] for title, name in _WITHIN.items()}
    leavers = _mean(model, "leavers", "all", _LATER)
    for title, (name, group) in _HELP.items():
        found[title] = _PERCENT * _mean(model, name, group, _LATER) / leavers
    return found


def lines(found: Mapping[str, Floats]) -> list[str]:
    """Return the claims as text: what was said, what was published since, what runs hold with 95 percent intervals."""
    printed = []
    for claim in claims():
        printed.append("claim      " + " ".join(filter(None, (claim.number, claim.said))))
        if claim.since:
            printed.append(f"published  {claim.since}")
        printed += [f"model      {with_bounds(found[name], form):27}{name}" for name, form in claim.measures.items()]
        printed.append("")
    return [*printed, "England and Wales unless a place is named; 95 percent intervals over seeds."]


def run(seeds: Sequence[int], scale: float = SCALE, jobs: int = 1) -> dict[str, Floats]:
    """Return every figure by name, an array over seeds."""
    runs = run_seeds(partial(measure, scale), seeds, jobs)
    return {name: np.array([one[name] for one in runs]) for name in runs[0]}


def main(seeds: int = SEEDS) -> None:
    """Run the seeds and print the claims."""
    print("\n".join(lines(run(range(seeds), jobs=cores()))))


if __name__ == "__main__":
    main(seeds_asked(SEEDS))
