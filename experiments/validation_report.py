"""What `validate` prints: the record beside the model, what was set against it first, what was not after."""

from collections.abc import Sequence
from datetime import date

from rich.console import Console

from experiments.before_after import national_binary_change, published
from experiments.plan import DEFAULT_UNTIL
from experiments.report import WIDTH
from experiments.targets import CHECK
from experiments.validate import REGION, Row, end_of

_TITLES = {
    "calibrate": "Set against: values were chosen to agree with these, so agreement is no test",
    CHECK: "Series between the years that were set against: what the fit foretells",
    "context": "Context: known when the model was built, not aimed at",
    "validate": "Never set against: the test",
    "user": "Targets of the file",
}
LEVELS = (0.5, 0.9)
"""Of the intervals whose coverage is counted under the ensemble."""
_LONG = 1000
_NAME = 28


def print_validation(
    console: Console,
    rows: Sequence[Row],
    unmeasured: Sequence[tuple[str, str]],
    scale: float,
    seeds: int,
    *,
    sets: int = 0,
    settings: Sequence[str] = (),
) -> None:
    """Print every row that was measured, the verdict of each use, and what was not measured."""
    runs = f"{sets} sets of parameters, a run each" if sets else f"{seeds} seed{'s' * (seeds != 1)}"
    console.print(f"The published record beside the model: {REGION}, scale {scale:g}, {runs}")
    if settings:
        console.print(f"with {', '.join(settings)}", width=WIDTH)
    for use, title in _TITLES.items():
        chosen = [row for row in rows if row.target.use == use]
        if chosen:
            console.print(f"\n{title}")
            console.print(f"  {'':{_NAME}}{'published':>10}{'model':>10}  {'95 percent interval':21}")
            for row in chosen:
                console.print(line(row))
            if seeds > 1:
                console.print(f"  {coverage(chosen) if sets else verdict(chosen)}")
    if unmeasured:
        console.print("\nNot measured")
        for identity, reason in unmeasured:
            console.print(f"  {identity}: {reason}")
    print_notes(console, end_of([row.target for row in rows]) if rows else DEFAULT_UNTIL, sets)


def line(row: Row) -> str:
    """Return a row as a line of at most eighty columns."""
    target = row.target
    interval = "" if row.low is None or row.high is None else f"[{number(row.low)}, {number(row.high)}]"
    outside = "outside" if row.inside is False else ""
    name = target.id if len(target.id) <= _NAME else f"{target.id[: _NAME - 1]}."
    return f"  {name:{_NAME}}{number(target.value):>10}{number(row.simulated):>10}  {interval:21}{outside}".rstrip()


def number(value: float) -> str:
    """Return a number with as many digits as can be meant."""
    return f"{value:,.0f}" if abs(value) >= _LONG else f"{value:.3g}"


def verdict(rows: Sequence[Row]) -> str:
    """Return how many rows, and how many facts, lie inside: rows of one fact overlap and are no tests of their own."""
    facts: dict[str, bool] = {}
    for row in rows:
        key = row.target.fact or row.target.id
        facts[key] = facts.get(key, True) and bool(row.inside)
    inside = sum(bool(row.inside) for row in rows)
    return (
        f"{inside} of {len(rows)} rows inside; {sum(facts.values())} of {len(facts)} facts with all their rows inside"
    )


def coverage(rows: Sequence[Row]) -> str:
    """Return how often intervals over the sets hold the published figure: rows of one fact fall together."""
    held = [f"{level:.0%} interval holds {sum(row.holds(level) for row in rows)}" for level in LEVELS]
    return f"of {len(rows)} rows the {' and the '.join(held)}"


def headline(rows: Sequence[Row]) -> str:
    """Return what the picture's title says: how many of the figures that were never set against the model meets."""
    tests = [row for row in rows if row.target.use == "validate"]
    kind = "published figures that it was never set against" if tests else "targets"
    if all(row.inside is None for row in tests or rows):
        return f"{len(tests or rows)} {kind} beside one run of the model: no interval"
    inside, of = sum(bool(row.inside) for row in tests or rows), len(tests or rows)
    return f"The model meets {inside} of {of} {kind}"


def print_notes(console: Console, end: date, sets: int = 0) -> None:
    """Print what intervals hold, what the nation did meanwhile, and what is assumed where runs go on after 2019."""
    first, last = published("freq_all_2011")[0], published("freq_all_2016_17")[0]
    binary, frequency = 100 * national_binary_change(), 100 * (last / first - 1)
    of_seeds = (
        "chance of a country of full size, error of the mean over seeds, error of the published figure. What is not "
        "known of parameters is not in it."
    )
    of_sets = (
        "what is not known of parameters, with the chance of a run of this scale in it, and the error of the published "
        "figure."
    )
    what = of_sets if sets else of_seeds
    notes = [
        f"The interval is where the published figure would lie if the model were right: {what}",
        "A change is before and after, and most of it was everyone's: from 2011 to 2016/17 the binary rate of adults, "
        f"from 2013 on that of all offenders, changed by {binary:+.1f} points, reoffences per reoffender by "
        f"{frequency:+.0f} percent. That trend is an input.",
    ]
    if end > DEFAULT_UNTIL:
        notes.append(
            f"Runs go on to {end}, until everyone is followed up; after 2019 dated series hold their last value."
        )
    for note in notes:
        console.print(f"\n{note}", width=WIDTH)
