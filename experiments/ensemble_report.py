"""What `compare --ensemble` prints: the reform's effects under every set fitted to the record before the reform."""

from collections.abc import Sequence

from rich.console import Console

from experiments.ensemble import LEVEL, SEEDS_EACH, Effect
from experiments.plan import Plan
from experiments.report import MEASURE_NAMES, WIDTH, group_name, number, percent, points, print_under
from sim.clock import date_of

_NAME = 26
_RATES = {"binary_rate": "Proven reoffending within a year, percent", "frequency": "Reoffences per reoffender"}


def print_ensemble(console: Console, plan: Plan, effects: Sequence[Effect], sets: int) -> None:
    """Print what the reform changed, with what is not known of parameters apart from chance."""
    base, reform = plan.arms
    print_under(console, reform.name, f" against {base.name}, under {sets} sets fitted to the record")
    size = f"{plan.region.caseload * plan.scale:,.0f} people supervised"
    console.print(f"  where   {plan.region.title}\n          {size}")
    parted = "the arms never part" if plan.fork_day is None else f"the arms part on {date_of(plan.fork_day)}"
    console.print(f"  when    2008 to {plan.until}; {parted}; {SEEDS_EACH} paired seeds a set\n")
    console.print(headline(effects), style="bold", width=WIDTH)
    for measure, title in _RATES.items():
        rows = [e for e in effects if e.measure == measure]
        if rows:
            console.print(
                f"\n{title}\nthree-month cohorts, {rows[0].cohort_from} to {rows[0].cohort_to}", style="italic"
            )
            _heading(console)
            for e in rows:
                console.print(line(e, group_name(e.group)))
    rows = [e for e in effects if not e.estimator]
    if rows:
        title = "Prison, probation and enforcement, people of the run, mean of the weeks"
        console.print(f"\n{title}\n{rows[0].cohort_from} to {rows[0].cohort_to}", style="italic")
        _heading(console)
        for e in rows:
            name = MEASURE_NAMES.get(e.measure, e.measure.replace("_", " "))
            console.print(line(e, name if e.group == "all" else f"  {group_name(e.group).strip()}"))
    console.print(
        f"\ninterval: {LEVEL:.0%}, of the change under a set: spread of sets with chance taken out, and error of the "
        "mean. sets, seeds: standard deviation of the change between sets of parameters, 0 where it is not told apart "
        "from chance, and between seeds of one set. Both arms of a pair have the same set. Numbers that the record "
        "before the reform says little of keep most of their range.",
        style="dim",
        width=WIDTH,
    )


def headline(effects: Sequence[Effect]) -> str:
    """Say in one sentence how the main measures change, and with what probability under a set they fall."""
    parts = []
    for measure, group, name in (
        ("binary_rate", "all", "proven reoffending within a year"),
        ("binary_rate", "disposal=custody_under_12m", "that of short-sentence leavers"),
        ("recalls_per_year", "all", "recalls to prison"),
    ):
        e = next((e for e in effects if (e.measure, e.group) == (measure, group)), None)
        if e is None:
            continue
        if measure == "binary_rate":
            size = f"{points(e.difference)} points [{points(e.low)}, {points(e.high)}]"
        else:
            scaled = [100 * v / e.base for v in (e.difference, e.low, e.high)] if e.base else [0.0, 0.0, 0.0]
            size = f"{scaled[0]:+.0f} percent [{scaled[1]:+.0f}, {scaled[2]:+.0f}]"
        parts.append(f"{name} {size}, below zero with a probability of {e.below_zero:.2f}")
    if not parts:
        return "No cohort of the comparison is complete: the run ends too early."
    text = "; ".join(parts)
    return f"{text[0].upper()}{text[1:]}."


def _heading(console: Console) -> None:
    """Print the names of the columns."""
    console.print(f"{'':{_NAME}}{'base':>7}{'reform':>7}{'change':>8}  {'interval':16}{'sets':>7}{'seeds':>7}")


def line(e: Effect, name: str) -> str:
    """Return an effect as a line of at most eighty columns."""
    if e.measure == "binary_rate":
        cells = [percent(e.base), percent(e.reform), points(e.difference)]
        interval = f"[{points(e.low)}, {points(e.high)}]"
        apart = [f"{100 * v:.2f}" for v in (e.parameters_sd, e.chance_sd)]
    else:
        cells = [number(e.base), number(e.reform), number(e.difference, sign=True)]
        interval = f"[{number(e.low, sign=True)}, {number(e.high, sign=True)}]"
        apart = [number(v) for v in (e.parameters_sd, e.chance_sd)]
    return (
        f"{name[:_NAME]:{_NAME}}{cells[0]:>7}{cells[1]:>7}{cells[2]:>8}  {interval:16}{apart[0]:>7}{apart[1]:>7}"
    ).rstrip()
