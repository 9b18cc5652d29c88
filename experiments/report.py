"""What the terminal says: short tables, intervals beside every difference, sources beside every published figure."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from experiments import costs, institutions
from experiments.before_after import Change
from experiments.estimates import ESTIMATOR, RATES, Difference, gained_and_lost
from experiments.plan import Plan
from experiments.story import Life, Line
from sim.clock import DAYS_PER_YEAR, date_of
from sim.parameters.register import Register

WIDTH = 80
_MANY = 100_000
_THOUSAND, _MILLION = 1_000, 1_000_000
_SHOWN, _FEW = 5, 50
"""Groups shown of those that gained most, and of those that lost most."""
GROUP_NAMES = {
    "all": "everyone",
    "disposal=custody_and_orders": "custody and orders",
    "disposal=custody_and_orders&would_be_provider=crc": "  CRC-type people",
    "disposal=custody_and_orders&would_be_provider=nps": "  NPS-type people",
    "disposal=custody": "released from custody",
    "disposal=custody_under_12m": "  under 12 months",
    "disposal=custody_12m_plus": "  12 months and over",
    "disposal=court_order": "court orders",
    "disposal=community_order": "  community order",
    "disposal=suspended_sentence_order": "  suspended sentence",
}
MEASURE_NAMES = {
    "custody_population": "people in prison",
    "recall_population": "people in prison on recall",
    "caseload": "caseload, custody included",
    "caseload_in_community": "caseload in the community",
    "recalls_per_year": "recalls a year",
    "breaches_per_year": "breaches a year",
    "custody_starts_per_year": "custodial sentences a year",
    "contacts_due_per_year": "contacts due",
    "contacts_kept_per_year": "contacts kept",
    "contacts_cut_per_year": "contacts cut",
    "officer_changes_per_year": "changes of officer",
    "om_fte": "practitioners in post, FTE",
    "cases_per_om_fte": "cases for each FTE",
    "cases_per_caseholder": "community cases a holder",
    "workload": "workload over target",
    "waiting": "waiting for a charity",
    "helped": "helped by a charity",
    "help_started_per_year": "starts of help a year",
    "need_in_community": "unsuitable home, share",
    "serious_reoffences_per_year": "serious reoffences a year",
    "binary_rate_change": "binary rate",
    "frequency_change": "frequency",
    "recalls_change": "recalls",
    "caseload_change": "caseload",
    "recall_share": "recall share",
}
COLUMN_NAMES = {
    "would_be_provider": "type",
    "age_band": "age",
    "previous_sanctions_band": "previous sanctions",
    "ogrs_band": "OGRS3",
    "offence_group": "offence",
    "rosh": "risk of harm",
}


def stdout_console() -> Console:
    """Return a console for results; plain and eighty columns wide where standard output is no terminal.

    Square brackets are text: a user's titles and folders may have them.
    """
    console = Console(highlight=False, markup=False)
    return console if console.is_terminal else Console(highlight=False, markup=False, width=WIDTH, no_color=True)


def print_under(console: Console, name: str, rest: str) -> None:
    """Print a name in bold and what goes with it."""
    console.print(Text.assemble((name, "bold"), rest))


def group_name(group: str) -> str:
    """Return a short name of a group."""
    return GROUP_NAMES.get(group, group.replace("disposal=", "").replace("&", ", ").replace("_", " "))


def points(value: float | None, digits: int = 2) -> str:
    """Return a fraction as percentage points with a sign."""
    return "-" if value is None else f"{100 * value:+.{digits}f}"


def percent(value: float | None, digits: int = 1) -> str:
    """Return a fraction as a percentage."""
    return "-" if value is None else f"{100 * value:.{digits}f}"


def number(value: float | None, digits: int = 2, *, sign: bool = False) -> str:
    """Return a number, with thousands apart where it is large."""
    if value is None:
        return "-"
    if abs(value) >= 100:
        digits = 0
    return f"{value:{'+' if sign else ''},.{digits}f}"


def spread(low: float | None, high: float | None, *, fraction: bool, digits: int = 2) -> str:
    """Return an interval in brackets."""
    if low is None or high is None:
        return "(one seed)"
    if fraction:
        return f"[{points(low)}, {points(high)}]"
    return f"[{number(low, digits, sign=True)}, {number(high, digits, sign=True)}]"


def gain(value: float | None) -> str:
    """Return a pairing gain; what lies above a thousand is as good as infinite."""
    if value is None:
        return "-"
    return ">1000" if value > 1000 else f"{value:.{1 if value < 100 else 0}f}"


def print_comparison(
    console: Console, plan: Plan, differences: Sequence[Difference], before_after: Sequence[Change], seeds: int
) -> None:
    """Print what the reform changed, then what changed over time beside the record."""
    base, reform = plan.arms
    print_under(console, reform.name, f" against {base.name}")
    console.print(f"  base    {base.title}")
    console.print(f"  reform  {reform.title}")
    size = f"{plan.region.caseload * plan.scale:,.0f} people supervised"
    plural = "s" if seeds != 1 else ""
    console.print(f"  where   {plan.region.title}\n          {size}")
    parted = "the arms never part" if plan.fork_day is None else f"the arms part on {date_of(plan.fork_day)}"
    console.print(f"  when    2008 to {plan.until}; {parted}; {seeds} paired seed{plural}\n")
    console.print(headline(differences), style="bold")
    console.print()
    console.print(rates_table(differences, "binary_rate", "Proven reoffending within a year, percent"))
    console.print(rates_table(differences, "frequency", "Reoffences per reoffender"))
    console.print(gained_table(differences))
    console.print(stocks_table(differences))
    console.print(costs_table(differences, plan.register))
    console.print(institutions_table(differences))
    console.print(
        "gain: variance of the difference between unpaired arms over that between paired ones.\n"
        "* custody and orders, index events that are present in both arms.\n"
        "** by an assumed unit cost or share. Reoffending: what the people of yearly cohorts cost society, no public "
        "spend.\n"
        "Institutions: payments by the ledger, no part of the costs above. Kept: contacts kept of those due, of the "
        "companies' people, helped: starts of help of referrals, by how much a little less offending would move the "
        "rate that is paid for. -: not in this arm.",
        style="dim",
    )
    if before_after:
        console.print(before_after_table(before_after))
        console.print(
            "record: England and Wales; nation: all adults or all offenders. The national "
            "trend is an input of both arms, so the rows for everyone agree by construction where they agree. The "
            "record's changes are mostly that trend: they stand beside changes over time alone, and no published "
            "number stands beside a difference between arms.",
            style="dim",
        )


def headline(differences: Sequence[Difference]) -> str:
    """Say in one sentence what the reform changed."""
    rate = find(differences, "binary_rate", "all")
    recalls = find(differences, "recalls_per_year", "all")
    reform, parts, missing = "In the model the reform", [], ""
    if rate is not None and rate.difference is not None:
        parts.append(
            f"{reform} {_verdict(rate)} proven reoffending within a year: "
            f"{points(rate.difference)} points {spread(rate.low, rate.high, fraction=True)}"
        )
        reform = "it"
    else:
        missing = (
            " No cohort that entered since the arms parted is complete: the run ends too early to tell of reoffending."
        )
    if recalls is not None and recalls.difference is not None and recalls.base:
        change, low, high = (
            None if v is None else 100 * v / recalls.base for v in (recalls.difference, recalls.low, recalls.high)
        )
        bounds = "" if low is None else f" [{low:+.0f}, {high:+.0f}]"
        parts.append(f"{reform} {_verdict(recalls)} recalls to prison: {change:+.0f} percent{bounds}")
    return f"{'; '.join(parts)}{'.' * bool(parts)}{missing}".strip()


def _verdict(d: Difference) -> str:
    """Say which way a difference goes, if its interval says so."""
    if d.difference == 0 and d.low in (None, 0) and d.high in (None, 0):
        return "changed nothing in"
    if d.low is None or d.high is None:
        return "shows, in one seed, this change of"
    if d.low > 0:
        return "raised"
    return "lowered" if d.high < 0 else "did not measurably change"


def find(
    differences: Iterable[Difference], measure: str, group: str, estimand: str = "as_published"
) -> Difference | None:
    """Return the difference of a measure and group, three-month cohorts where it is a rate."""
    for d in differences:
        if (d.measure, d.group, d.estimand) == (measure, group, estimand) and d.estimator in ("", ESTIMATOR):
            return d
    return None


def rates_table(differences: Sequence[Difference], measure: str, title: str) -> Table:
    """Return the table of a rate by group: both arms, the difference with its interval, the pairing gain."""
    found = [(g, d) for g in GROUP_NAMES if (d := find(differences, measure, g)) is not None and d.base is not None]
    fraction = measure == "binary_rate"
    dates = f"{found[0][1].cohort_from} to {found[0][1].cohort_to}" if found else "no complete cohort"
    table = _table(f"{title}\nthree-month cohorts, {dates}")
    for group, d in found:
        table.add_row(*_row(group_name(group), d, fraction=fraction))
    same = find(differences, measure, "disposal=custody_and_orders", "same_people")
    if same is not None and same.base is not None:
        table.add_row(*_row("same people in both arms*", same, fraction=fraction))
    return table


def gained_table(differences: Sequence[Difference]) -> Table:
    """Return the table of the groups that gained and lost most, of custody and orders by one column."""
    moved, looked_at = gained_and_lost(differences)
    table = _table(
        f"Who gained and who lost: percent reoffending, custody and orders\n{len(moved)} of {looked_at} groups moved "
        "beyond chance (for so many comparisons)"
    )
    shown = moved if len(moved) <= 2 * _SHOWN else [*moved[:_SHOWN], *moved[-_SHOWN:]]
    for d in shown:
        column, _, value = d.group.partition("&")[2].partition("=")
        name = f"{COLUMN_NAMES.get(column, column)}: {value}".replace("_", " ")
        table.add_row(*_row(name, d, fraction=True))
    return table


def _row(name: str, d: Difference, *, fraction: bool, digits: int = 2) -> list[str]:
    """Return one row of a table of differences."""
    if fraction:
        cells = [percent(d.base), percent(d.reform), points(d.difference)]
    else:
        cells = [number(d.base, digits), number(d.reform, digits), number(d.difference, digits, sign=True)]
    within = "-" if d.difference is None else spread(d.low, d.high, fraction=fraction, digits=digits)
    return [name, *cells, within, gain(d.pairing_gain)]


def stocks_table(differences: Sequence[Difference]) -> Table:
    """Return the table of stocks and yearly flows."""
    apart = {costs.PUBLIC_SPEND, *(line.measure for line in costs.LINES)} | institutions.MEASURES
    found = [d for d in differences if not d.estimator and d.measure not in apart and d.base is not None]
    dates = f"{found[0].cohort_from} to {found[0].cohort_to}" if found else ""
    table = _table(f"Prison, probation and enforcement, people of the run, mean of the weeks\n{dates}")
    for d in found:
        name = stock_name(d.measure, d.group)
        if d.base is not None and d.base >= _MANY:
            table.add_row(*_row(f"{name}, thousand", divided(d, _THOUSAND), fraction=False, digits=0))
        else:
            digits = 2 if d.base is not None and abs(d.base) < _FEW else 0
            table.add_row(*_row(name, d, fraction=False, digits=digits))
    return table


def stock_name(measure: str, group: str) -> str:
    """Return what a stock or flow is called in a table: of a part, the part under its whole."""
    if group == "all" or measure == "need_in_community":
        return MEASURE_NAMES[measure]
    return f"  {group_name(group).strip().replace('=', ': ')}"


def divided(d: Difference, by: float) -> Difference:
    """Return a difference with its values in thousands, or in millions."""
    base, reform, difference, low, high = (
        None if value is None else value / by for value in (d.base, d.reform, d.difference, d.low, d.high)
    )
    return replace(d, base=base, reform=reform, difference=difference, low=low, high=high)


def costs_table(differences: Sequence[Difference], register: Register) -> Table:
    """Return the table of yearly costs: public spend and its lines, then what stands apart, with their price years."""
    found = {d.measure: d for d in differences if d.unit == costs.UNIT and d.base is not None}
    lines = [line for line in costs.LINES if line.measure in found]
    spend, year = found[costs.PUBLIC_SPEND], costs.public_price_year(register)
    heading = f"Costs, million pounds a year, people of the run, {year} prices"
    table = _table(f"{heading}\n{spend.cohort_from} to {spend.cohort_to}")
    table.add_row(*_row("public spend", divided(spend, _MILLION), fraction=False))
    for line in lines:
        table.add_row(*_row(cost_name(line, register), divided(found[line.measure], _MILLION), fraction=False))
    return table


def cost_name(line: costs.Line, register: Register, assumed: str = "**") -> str:
    """Return what a line of the costs is called: under the total it is part of, with a price year that is its own, and
    with a mark where it rests on an assumed number."""
    year = costs.price_year(line, register)
    own_year = "" if year == costs.public_price_year(register) else f", {year or 'as booked'}"
    mark = assumed if costs.is_assumed(line, register) else ""
    return f"{'  ' * line.is_public}{line.title}{own_year}{mark}"


def institutions_table(differences: Sequence[Difference]) -> Table:
    """Return the table of institutions; a level stands alone where the other arm has nothing of the kind.

    Rows that neither arm has are left out, and those of overclaims where there are none.
    """
    found = {(d.measure, d.group): d for d in differences if d.measure in institutions.MEASURES}
    shown = [(row, found[row.measure, row.group]) for row in institutions.ROWS]
    dates = f"{shown[0][1].cohort_from} to {shown[0][1].cohort_to}"
    table = _table(f"Institutions, million pounds a year as booked, shares in percent\n{dates}")
    has_overclaims = any(d.base or d.reform for row, d in shown if row.measure in institutions.OVERCLAIMS)
    for row, d in shown:
        fraction = row.unit == institutions.FRACTION
        is_there = d.base is not None or d.reform is not None
        if is_there and (has_overclaims or row.measure not in institutions.OVERCLAIMS):
            table.add_row(*_row(row.title, d if fraction else divided(d, _MILLION), fraction=fraction))
    return table


def _table(title: str) -> Table:
    """Return an empty table of differences."""
    table = _plain_table(title)
    table.add_column("", no_wrap=True, width=26)
    for heading, width in (("base", 8), ("reform", 8), ("difference", 11), ("95% interval", 20), ("gain", 6)):
        table.add_column(heading, justify="right", no_wrap=True, width=width)
    return table


def _plain_table(title: str) -> Table:
    """Return an empty table in the style of the report."""
    return Table(
        title=f"\n{title}", title_justify="left", title_style="bold", box=None, pad_edge=False,
        padding=(0, 0, 0, 1), collapse_padding=True,
    )  # fmt: skip


def before_after_table(changes: Sequence[Change]) -> Table:
    """Return the table of changes over time: both arms, the record, the national trend; percent or points."""
    table = _plain_table(
        "Change over time within each arm, beside the record\n"
        "binary rate and share in percentage points, the others in percent"
    )
    table.add_column("", no_wrap=True, width=32)
    table.add_column("between", no_wrap=True, width=18)
    for heading in ("base", "reform", "record", "nation"):
        table.add_column(heading, justify="right", no_wrap=True, width=7)
    for c in changes:
        name = f"{MEASURE_NAMES[c.measure]}, {group_name(c.group).strip()}"
        cells = [points(v, 1) for v in (c.base, c.reform, c.published, c.all_adults)]
        table.add_row(name, c.period, *cells)
    return table


def print_written(console: Console, folder: Path, files: Sequence[str]) -> None:
    """Say where the output is."""
    console.print(f"\nWritten to {folder}/: " + ", ".join(files), soft_wrap=True)


def print_lives(console: Console, lives: Sequence[Life], parted: int | None) -> None:
    """Print one life; or two, what they share told once, then each from the line on at which they part."""
    first = lives[0]
    print_under(console, f"\n{' and '.join(life.scenario for life in lives)}", f": {first.introduction}")
    shared = first.lines if parted is None else first.lines[:parted]
    print_lines(console, first.birth_day, shared)
    if len(lives) == 1:
        console.print(f"\n{first.outcome}")
    elif parted is None:
        console.print(f"\nThe two lives are the same, day for day. {first.outcome}")
    else:
        console.print("\nHere the two lives part.")
        for life in lives:
            print_under(console, f"\nUnder {life.scenario}", "")
            print_lines(console, life.birth_day, life.lines[parted:])
            console.print(f"\n{life.outcome}")


def print_lines(console: Console, birth_day: int, lines: Sequence[Line]) -> None:
    """Print what happened, year by year with the person's age."""
    year = 0
    for line in lines:
        if line.day.year != year:
            year = line.day.year
            age = (line.day - date_of(birth_day)).days // DAYS_PER_YEAR
            print_under(console, f"\n{year}", f", aged {age:.0f}")
        text = f"{line.what}: {line.detail}" if line.detail else line.what
        console.print(f"  {line.day:%d %b}  {text}", soft_wrap=True)


def print_run(console: Console, plan: Plan, measures: Sequence[dict[str, Any]]) -> None:
    """Print the latest rates of one run, by disposal group, and its last year's stocks and flows."""
    arm = plan.arms[0]
    print_under(console, arm.name, f": {arm.title}")
    size = f"{plan.region.caseload * plan.scale:,.0f} people supervised"
    console.print(f"  {plan.region.title}; {size}; 2008 to {plan.until}; seed {plan.seeds[0]}\n")
    rates = {(m["measure"], m["estimator"], m["group"]): m for m in measures if m["estimator"]}
    for estimator in ("twelve_month_cohort", "three_month_cohort"):
        first = rates.get(("binary_rate", estimator, "all"))
        if first is None:
            continue
        name = estimator.replace("_", " ")
        table = _plain_table(f"Latest {name}, {first['cohort_from']} to {first['cohort_to']}")
        table.add_column("", no_wrap=True, min_width=26)
        for heading in ("reoffend, %", "reoffences each", "per 100 people"):
            table.add_column(heading, justify="right")
        for group in GROUP_NAMES:
            values = [rates.get((m, estimator, group), {}).get("value") for m in RATES]
            if values[0] is not None:
                table.add_row(group_name(group), percent(values[0]), number(values[1]), number(values[2], 1))
        console.print(table)
    table = _plain_table("The last 52 weeks")
    table.add_column("", no_wrap=True, min_width=40)
    table.add_column("", justify="right")
    for m in measures:
        if not m["estimator"]:
            digits = 2 if abs(m["value"]) < _FEW else 0
            table.add_row(stock_name(m["measure"], m["group"]), number(m["value"], digits))
    console.print(table)
