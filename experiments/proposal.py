"""Three findings of 2013 about the proposed contract: ``python -m experiments.proposal [FINDING] [options]``.

The Social Market Foundation (Paying for results?, August 2013) found of the proposed payment by results that

* break_even: a provider is moderately sure of making any money only from a large fall of reoffending on;
* cutting: cutting cost, while reoffending rises a little, pays better than spending;
* small_areas: both are worse in small areas.

Here they come out of the contract's own lines (experiments.incentives), or do not. Assumed, and each an argument:

* what a reoffender fewer costs (--cost). It is not to be had here, so it is not one number but a ladder: nothing
  (whatever effort costs, no smaller fall will do), half the tariff, the tariff (what the payer offers for it), and help
  as priced: the contract's fee for use, over the fall that mentoring brings in the weaker studies while it lasts;
* what a reoffender more saves (--saving-share): as much as one fewer costs, a straight line through the usual service;
* the fall that can be bought (--achievable): the one that the Ministry expected;
* the frequency (--frequency-follows): moves with the binary rate as one hazard for both makes it.
"""

import sys
from argparse import ArgumentParser, ArgumentTypeError, RawDescriptionHelpFormatter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from experiments.before_after import published
from experiments.estimates import interval
from experiments.incentives import (
    Best,
    Curve,
    best_fall,
    best_rise,
    break_even,
    break_even_interval,
    chance_of_deduction,
    chance_of_pay,
    curve,
    greatest_cost,
    switching_cost,
)
from experiments.provider import PERCENT, Area, Question, areas, default_costs, listed, numbers, published_world, row
from sim.contracts import Contract, load_contract
from sim.errors import InputError, read_value

MOST_FALL = 10.0
"""Points: no larger fall is looked at."""
SEVERAL = 2.0
"""Points from which on a fall is one of several points."""
FLAT = 0.01
"""Of the fee: where deductions take less, payment is called flat."""
BY_SIGNIFICANCE = {
    "binary_hurdle": 0.005,
    "annual_hurdle": 0.005,
    "binary_level": 0.05,
    "rise_limit": 0.005,
    "rise_level": 0.05,
}
"""Another reading of the proposal: the least hurdle and limit that the contract's ranges allow, and a change that is
significant, so that the flat zone widens as cohorts get smaller."""
SHOWN = (-3.0, -2.0, -1.0, 0.0, 1.0, 2.0, 3.0, 3.7, 5.0)
CAUTIOUS_RISE = 2.0
"""Points of a rise below the limit, for the chance of a deduction."""


# --- words


def money(pounds: float) -> str:
    """Return pounds in words."""
    return f"£{pounds:,.0f}"


def points(value: float | None) -> str:
    """Return a fall in words."""
    return "none" if value is None else f"{value:.1f}"


def appearance(finding: str, costs: Sequence[float], appears: Sequence[bool], why: str) -> str:
    """Say at which costs a finding appears, and why it does not at the others."""
    there = [money(c) for c, is_there in zip(costs, appears, strict=True) if is_there]
    absent = [money(c) for c, is_there in zip(costs, appears, strict=True) if not is_there]
    if not absent:
        return f"{finding}: appears at {listed(there)}."
    return (
        f"{finding}: "
        + (f"appears at {listed(there)}, not at {listed(absent)}" if there else "does not appear")
        + f": {why}."
    )


def _heading(what: str, question: Question, found: Curve) -> list[str]:
    """Return what a table shows and how it was found."""
    area, world = found.area, question.world
    return [
        what,
        f"{found.contract.name}; {area.name}, {area.people:,} people a quarter; {world.years:,} years drawn, seed "
        f"{world.seed}; 95 percent interval",
    ]


# --- the three findings


def break_even_lines(question: Question) -> list[str]:
    """Return the first finding: from which fall on a provider is sure of making any money."""
    found = curve(question.contract, areas()["average"], question.world, 0, MOST_FALL)
    shown = [fall for fall in SHOWN if fall > 0]
    lines = _heading(f"Fall from which on a provider is {question.sure:.0%} sure of making any money", question, found)
    lines += [f"{'':47}expected gain, percent of the fee, at a fall of"]
    lines += [f"{'a reoffender fewer costs':26}{'fall, points':>18}   " + "".join(f"{f:>8g}" for f in shown)]
    falls = {}
    for name, cost in question.costs.items():
        falls[name] = break_even(found, cost, question.sure)
        low, high = break_even_interval(found, cost, question.sure)
        gains = PERCENT * np.interp(shown, found.falls, found.gains(cost)) / found.fee
        cell = points(falls[name]) + (f" [{points(low)}, {points(high)}]" if falls[name] else "")
        lines.append(f"{money(cost):>8} {name:17}{cell:>18}   " + "".join(f"{g:>+8.1f}" for g in gains))
    return [*lines, *_break_even_words(question, found, falls)]


def _break_even_words(question: Question, found: Curve, falls: dict[str, float | None]) -> list[str]:
    """Say what fall it takes, from which cost on no fall is enough, and whether a small fall loses money."""
    takes = [f"{points(fall)} points at {money(question.costs[name])}" for name, fall in falls.items() if fall]
    most, claim = greatest_cost(found, question.sure), published("smf_breakeven")[0]
    losing = [money(c) for c in question.costs.values() if np.interp(1.0, found.falls, found.gains(c)) < 0]
    is_large = [fall is None or fall >= SEVERAL for fall in falls.values()]
    return [
        f"To be {question.sure:.0%} sure takes a fall of {listed(takes) or 'more than is looked at'} (published: about "
        f"{claim:g}); from {money(most)} a reoffender fewer on, no fall up to {MOST_FALL:g} points is enough.",
        f"A fall of 1 point is expected to lose money at {listed(losing) or 'none of these costs'}.",
        appearance(
            "Breaking even takes several points",
            list(question.costs.values()),
            is_large,
            f"there a fall below {SEVERAL:g} points is enough",
        ),
    ]


def cutting_lines(question: Question) -> list[str]:
    """Return the second finding: what cutting gains against spending."""
    found = curve(question.contract, areas()["average"], question.world, question.rise, question.achievable)
    lines = _heading("Gain of a year by the fall of the true rate, percent of the fee for service", question, found)
    lines += [f"{'':38}gain where a reoffender fewer costs (and one more saves {question.saving_share:.0%} of it)"]
    lines += [
        f"{'fall, points':14}{'results paid':>22}  " + "".join(f"{money(c):>13}" for c in question.costs.values())
    ]
    for fall in [f for f in SHOWN if -question.rise <= f <= question.achievable]:
        place = int(np.argmin(abs(found.falls - fall)))
        ends = [PERCENT * (end or 0.0) / found.fee for end in interval(found.pounds[place])]
        cell = f"{PERCENT * found.means[place] / found.fee:+.2f} [{ends[0]:+.2f}, {ends[1]:+.2f}]"
        gains = [PERCENT * found.gains(c, question.saving_share)[place] / found.fee for c in question.costs.values()]
        lines.append(f"{fall:<+14.1f}{cell:>22}  " + "".join(f"{g:>+13.1f}" for g in gains))
    cuts = [best_rise(found, c, question.saving_share) for c in question.costs.values()]
    falls = [best_fall(found, c, question.achievable) for c in question.costs.values()]
    for name, bests in (("best by cutting (rise)", cuts), ("best by spending (fall)", falls)):
        cells = [f"{PERCENT * b.pounds / found.fee:+.1f} ({abs(b.fall):.1f})" for b in bests]
        lines.append(f"{name:38}" + "".join(f"{cell:>13}" for cell in cells))
    return [*lines, *_cutting_words(question, found, cuts, falls)]


def _cutting_words(question: Question, found: Curve, cuts: Sequence[Best], falls: Sequence[Best]) -> list[str]:
    """Say from which cost on cutting pays better, and how far payment is flat."""
    cost, low, high = switching_cost(found, question.achievable, question.saving_share)
    flat = found.falls[(found.falls <= 0) & (found.means > -FLAT * found.fee)]
    is_better = [cut.pounds > fall.pounds for cut, fall in zip(cuts, falls, strict=True)]
    return [
        f"Cutting, with a rise of up to {question.rise:g} points, pays better than spending for a fall of up to "
        f"{question.achievable:g}, and than neither, from {money(cost)} [{low:,.0f}, {high:,.0f}] a reoffender fewer "
        "on.",
        f"Payment is flat, to {FLAT:.0%} of the fee, up to a rise of {abs(flat.min(initial=0.0)):.1f} of these "
        f"{question.rise:g} points.",
        appearance(
            "Cutting pays better than spending",
            list(question.costs.values()),
            is_better,
            f"below {money(cost)} a fall earns more than a rise saves",
        ),
    ]


def small_areas_lines(question: Question) -> list[str]:
    """Return the third finding: the first two in a small, an average and a large area, for two kinds of hurdle."""
    other = question.contract
    for name, value in BY_SIGNIFICANCE.items():
        other = other.with_value(name, value, "hurdle by significance")
    words = ", ".join(f"{name} {value:g}" for name, value in BY_SIGNIFICANCE.items())
    return [
        f"{question.contract.name} by size of area; {question.world.years:,} years drawn, seed {question.world.seed}; "
        "95 percent interval; chances are exact",
        "",
        f"As it is: one hurdle of {PERCENT * question.contract.binary_hurdle:g} points and one limit of "
        f"{PERCENT * question.contract.rise_limit:g} for all areas",
        *_by_area(question, question.contract),
        "",
        f"Another reading, hurdle and limit by significance ({words})",
        *_by_area(question, other),
    ]


@dataclass(frozen=True)
class InArea:
    """What one area says.

    Attributes
    ----------
    falls : list of float or None
        From which on a provider is sure of making any money, by cost.
    switch : (float, float, float)
        Cost from which on cutting pays better, and its interval.
    paid, deducted : float
        Exact percent of quarters that are paid at no change, and deducted from at a rise.
    """

    falls: list[float | None]
    switch: tuple[float, float | None, float | None]
    paid: float
    deducted: float


def in_area(question: Question, contract: Contract, area: Area) -> InArea:
    """Return what one area says of a contract."""
    found = curve(contract, area, question.world, question.rise, MOST_FALL)
    return InArea(
        [break_even(found, cost, question.sure) for cost in question.costs.values()],
        switching_cost(found, question.achievable, question.saving_share),
        PERCENT * chance_of_pay(contract, area, question.world),
        PERCENT * chance_of_deduction(contract, area, question.world, CAUTIOUS_RISE),
    )


def _by_area(question: Question, contract: Contract) -> list[str]:
    """Return the table of one contract over areas, and what it says."""
    costs = list(question.costs.values())
    falls_title = f"fall that is {question.sure:.0%} sure at"
    lines = [
        f"{'':28}{'percent of quarters':>32}   {falls_title:{9 * len(costs)}}{'cutting pays better':>24}",
        f"{'':20}{'people':>8}{'paid, no change':>16}{f'deducted, +{CAUTIOUS_RISE:g}':>16}   "
        + "".join(f"{money(c):>9}" for c in costs)
        + f"{'from':>24}",
    ]
    found = {}
    for size, area in areas().items():
        found[size] = one = in_area(question, contract, area)
        cost, low, high = one.switch
        lines.append(
            f"{area.name:20}{area.people:>8,}{one.paid:>16.1f}{one.deducted:>16.1f}   "
            + "".join(f"{points(f):>9}" for f in one.falls)
            + f"{f'{money(cost)} [{low:,.0f}, {high:,.0f}]':>24}"
        )
    return [*lines, *small_against_large(costs, found["small"], found["large"])]


def small_against_large(costs: Sequence[float], small: InArea, large: InArea) -> list[str]:
    """Say whether breaking even is harder in the small area, and cutting pays sooner there, beyond the intervals."""
    pairs = [p for p in zip(costs, small.falls, large.falls, strict=True) if p[1] is not None or p[2] is not None]
    is_harder = [(s or np.inf) > (g or np.inf) for _, s, g in pairs]
    (ours, _, high), (theirs, low, _) = small.switch, large.switch
    is_sooner = high is not None and low is not None and high < low
    why = f"at a rise of {CAUTIOUS_RISE:g} points fees are deducted in {small.deducted:.1f} percent of quarters there, "
    return [
        appearance(
            "Breaking even takes a larger fall in the small area",
            [p[0] for p in pairs],
            is_harder,
            f"chance pays {small.paid:.1f} percent of quarters there, {large.paid:.1f} in the large",
        )
        if pairs
        else "No fall is enough in the small area or the large one.",
        f"Cutting pays from a lower cost on in the small area: {'appears' if is_sooner else 'does not appear'}, from "
        f"{money(ours)} there, {money(theirs)} in the large"
        + ("." if is_sooner else f": {why}{large.deducted:.1f} in the large."),
    ]


FINDINGS = {"break_even": break_even_lines, "cutting": cutting_lines, "small_areas": small_areas_lines}


# --- the command


def _between(low: float, high: float) -> Callable[[str], float]:
    """Return what reads a number in a range."""

    def read(text: str) -> float:
        try:
            value = float(text)
        except ValueError:
            value = np.nan
        if not low <= value <= high:
            raise ArgumentTypeError(f"{text!r} is not a number from {low:g} to {high:g}")
        return value

    return read


def _parser() -> ArgumentParser:
    """Return the command's arguments."""
    parser = ArgumentParser(
        "python -m experiments.proposal", description=__doc__, formatter_class=RawDescriptionHelpFormatter
    )
    [most_rise] = numbers(r"rise by up to (\d+) points", row("smf_breakeven")["note"])
    expected = published("pbr_expected_fall")[0]
    point, share = _between(0.1, MOST_FALL), _between(0, 1)
    parser.add_argument("finding", nargs="?", choices=FINDINGS, help="one of them; by default all")
    parser.add_argument("--contract", default="proposal_2013", help="name or path; default proposal_2013")
    parser.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", help="a number of the contract")
    parser.add_argument(
        "--cost", type=_between(0, 1e6), nargs="+", help="pounds for a reoffender fewer; default the ladder"
    )
    parser.add_argument(
        "--saving-share", type=_between(0.1, 2), default=1.0, help="of a cost, saved by a reoffender more; default 1"
    )
    parser.add_argument("--sure", type=_between(0.01, 0.99), default=0.8, help="moderately sure; default 0.8")
    parser.add_argument(
        "--rise", type=point, default=most_rise, help=f"points, most let rise; default {most_rise:g}, as published"
    )
    parser.add_argument(
        "--achievable", type=point, default=expected, help=f"points, most bought; default {expected:g}, as published"
    )
    parser.add_argument("--frequency-follows", type=share, default=1.0, help="the binary rate: 1 as one hazard, 0 not")
    parser.add_argument(
        "--years", type=_between(100, 1e6), default=10_000, help="drawn for each true rate; default 10000"
    )
    parser.add_argument("--seed", type=_between(0, 1e9), default=1, help="default 1")
    return parser


def report(arguments: Sequence[str]) -> list[str]:
    """Return the lines that the command prints.

    Raises
    ------
    InputError
        For a contract, or a number of it, that is not allowed.
    """
    options = _parser().parse_args(arguments)
    contract = load_contract(options.contract)
    for name, _, text in (setting.partition("=") for setting in options.set):
        contract = contract.with_value(name, read_value(text))
    world = published_world(options.frequency_follows, int(options.years), int(options.seed))
    question = Question(
        contract,
        world,
        {f"as given, {i}": c for i, c in enumerate(options.cost, 1)}
        if options.cost
        else default_costs(contract, world.rate),
        options.saving_share,
        options.sure,
        options.rise,
        options.achievable,
    )
    chosen = [options.finding] if options.finding else list(FINDINGS)
    return [line for name in chosen for line in [*FINDINGS[name](question), ""]][:-1]


def main() -> None:
    """Print the findings; 2 is the exit code for wrong input."""
    try:
        print("\n".join(report(sys.argv[1:])))
    except InputError as wrong:
        print(wrong, file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
