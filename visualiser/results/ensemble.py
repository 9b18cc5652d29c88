"""What `compare --ensemble` prints, from the tables of its folder."""

from collections.abc import Sequence

from experiments import report
from experiments.compare import first_day
from experiments.ensemble import LEVEL, Effect, effects
from experiments.ensemble_report import headline
from visualiser.results.blocks import Findings, block, row, stock_digits, window_of
from visualiser.results.differences import arms_of, weekly_of, with_runs
from visualiser.results.files import Json
from visualiser.results.folder import Results
from visualiser.results.plan import plan_of

_RATES = {
    "binary_rate": ("Proven reoffending within a year", "points"),
    "frequency": ("Reoffences per reoffender", "reoffences"),
}


def ensemble(results: Results) -> Findings:
    """Return what `compare --ensemble` prints: the reform's effects over all sets."""
    plan = plan_of(results.manifest)
    parted = first_day(plan)
    found = effects(with_runs(results.read("cohorts")), weekly_of(results, parted), arms_of(plan), parted)
    blocks = [_rates(measure, [e for e in found if e.measure == measure]) for measure in _RATES]
    blocks.append(_stocks([e for e in found if not e.estimator]))
    remark = (
        f"Intervals: {LEVEL:.0%}, of the change under a set: what is not known of parameters, and the mean's error."
    )
    return Findings(headline(found), [block for block in blocks if block["rows"]], [remark])


def _rates(measure: str, found: Sequence[Effect]) -> Json:
    """Return the table of a rate by group."""
    title, unit = _RATES[measure]
    rows = [row(report.group_name(e.group), e, fraction=measure == "binary_rate") for e in found]
    return block(title, window_of(found[0]) if found else "", unit, rows, one_scale=True)


def _stocks(found: Sequence[Effect]) -> Json:
    """Return the table of stocks and yearly flows."""
    rows = [row(report.stock_name(e.measure, e.group), e, digits=stock_digits(e.base)) for e in found]
    window = window_of(found[0]) if found else ""
    return block("Prison, probation and enforcement", window, "as named", rows, one_scale=False)
