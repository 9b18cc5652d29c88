"""What `decompose` prints, from the tables of its folder."""

import math

from experiments.decompose import OUTCOMES, Decomposition, Outcome, players, taken_apart
from experiments.estimates import interval
from experiments.numbers import Floats
from visualiser.results.blocks import Findings, Said, block, row, title_of
from visualiser.results.files import Json
from visualiser.results.folder import Results
from visualiser.results.plan import plan_of

_REMARK = (
    "A lever's share is what it adds to those that are there already, averaged over all orders; shares add up to "
    "the whole. Intervals: 95 percent, over paired seeds; they show chance alone."
)


def decomposition(results: Results) -> Findings:
    """Return what `decompose` prints: each lever's share of the whole change."""
    teams = players(plan_of(results.manifest))
    table = results.read("values").sort_values(["seed", "coalition"], kind="stable")
    shape = table["seed"].nunique(), 2 ** len(teams), len(OUTCOMES)
    found = taken_apart(teams, OUTCOMES, table["value"].to_numpy(float).reshape(shape), 0.0)
    return Findings("", [_shares(found, outcome) for outcome in OUTCOMES], [_REMARK])


def _shares(found: Decomposition, outcome: Outcome) -> Json:
    """Return the table of an outcome: the whole change, and each lever's share of it."""
    rows = [_row("the whole reform", outcome, found.whole(outcome))]
    rows += [_row(f"  {s.players[0]}", outcome, s.value) for s in found.shares if s.outcome == outcome]
    return block(title_of(outcome), "", outcome.shown_unit, rows, one_scale=True)


def _row(name: str, outcome: Outcome, values: Floats) -> Json:
    """Return the row of a change by seed; of one that is not known, without a number."""
    shown = values * outcome.factor
    mean = float(shown.mean())
    said = Said(outcome.measure, outcome.group, mean, *interval(shown)) if math.isfinite(mean) else Said("", "", None)
    return row(name, said, digits=_digits(outcome))


def _digits(outcome: Outcome) -> int:
    """Return how many digits `decompose` shows an outcome with."""
    return 2 if outcome.unit in ("fraction", "reoffences") else 1 if outcome.factor == 1 else 0
