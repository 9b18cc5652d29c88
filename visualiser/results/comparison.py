"""What `compare` prints of differences, from the tables of its folder."""

from collections.abc import Sequence

from experiments import costs, institutions, report
from experiments.compare import with_runs
from experiments.estimates import Difference, gained_and_lost
from experiments.plan import Plan
from visualiser.results.blocks import Findings, block, row, stock_digits, window_of
from visualiser.results.differences import differences_of
from visualiser.results.files import Json
from visualiser.results.folder import Results
from visualiser.results.plan import plan_of

_SHOWN_GROUPS = 5
_MILLION, _THOUSAND, _MANY = 1_000_000, 1_000, 100_000


def comparison(results: Results) -> Findings:
    """Return what `compare` prints of differences."""
    plan = plan_of(results.manifest)
    differences = differences_of(results, plan)
    seeds = len(set(with_runs(results.read("runs"))["seed"]))
    gained = _gained(differences, seeds)
    blocks = [
        _rates(differences, "binary_rate", "Proven reoffending within a year", "points"),
        _rates(differences, "frequency", "Reoffences per reoffender", "reoffences"),
        *gained,
        _stocks(differences),
        _costs(differences, plan),
        _institutions(differences),
    ]
    remarks = []
    if seeds < len(plan.seeds):
        remarks.append(f"{seeds} of {len(plan.seeds)} seeds are finished: the numbers are of those.")
    remarks += [block["note"] for block in gained if not block["rows"]]
    if seeds == 1:
        remarks.append("One seed has no interval: what it shows may be chance.")
    remarks.append(
        "Intervals: 95 percent, over paired seeds. They show chance alone, and not what is not known of the model."
    )
    return Findings(report.headline(differences), [block for block in blocks if block["rows"]], remarks)


def _rates(differences: Sequence[Difference], measure: str, title: str, unit: str) -> Json:
    """Return the table of a rate by group."""
    found = [d for g in report.GROUP_NAMES if (d := report.find(differences, measure, g)) and d.base is not None]
    rows = [row(report.group_name(d.group), d, fraction=measure == "binary_rate") for d in found]
    window = f"three-month cohorts, {window_of(found[0])}" if found else ""
    note = "Levels in percent, differences in percentage points." if measure == "binary_rate" else ""
    return block(title, window, unit, rows, one_scale=True, note=note)


def _gained(differences: Sequence[Difference], seeds: int) -> list[Json]:
    """Return the table of the groups that gained and lost most beyond chance, where intervals can say so."""
    if seeds < 2:
        return []
    moved, looked_at = gained_and_lost(differences)
    shown = moved if len(moved) <= 2 * _SHOWN_GROUPS else [*moved[:_SHOWN_GROUPS], *moved[-_SHOWN_GROUPS:]]
    rows = []
    for d in shown:
        column, _, value = d.group.partition("&")[2].partition("=")
        rows.append(row(f"{report.COLUMN_NAMES.get(column, column)}: {value}".replace("_", " "), d, fraction=True))
    note = (
        f"{len(moved)} of the {looked_at} groups that divide custody and orders moved beyond chance in reoffending, "
        "for so many comparisons."
    )
    window = f"custody and orders, {window_of(shown[0])}" if shown else ""
    return [block("Who gained and who lost", window, "points", rows, one_scale=True, note=note)]


def _stocks(differences: Sequence[Difference]) -> Json:
    """Return the table of stocks and yearly flows."""
    apart = {costs.PUBLIC_SPEND, *(line.measure for line in costs.LINES)} | institutions.MEASURES
    found = [d for d in differences if not d.estimator and d.measure not in apart]
    rows = [_stock_row(d, d.base) for d in found if d.base is not None]
    window = f"mean of the weeks, {window_of(found[0])}" if rows else ""
    return block("Prison, probation and enforcement", window, "as named", rows, one_scale=False)


def _stock_row(d: Difference, level: float) -> Json:
    """Return the row of a stock or yearly flow, a large one in thousands."""
    name = report.stock_name(d.measure, d.group)
    if level >= _MANY:
        return row(f"{name}, thousand", report.divided(d, _THOUSAND), digits=0)
    return row(name, d, digits=stock_digits(level))


def _costs(differences: Sequence[Difference], plan: Plan) -> Json:
    """Return the table of yearly costs: public spend, its lines, and what stands apart."""
    found = {d.measure: d for d in differences if d.unit == costs.UNIT and d.base is not None}
    names = {costs.PUBLIC_SPEND: "public spend"}
    names |= {line.measure: report.cost_name(line, plan.register, "*") for line in costs.LINES}
    rows = [row(name, report.divided(found[key], _MILLION)) for key, name in names.items() if key in found]
    year = costs.public_price_year(plan.register)
    note = f"Prices of {year}, but where another year is named. *: by an assumed unit cost or share. "
    note += "Help by charities and reoffending (what a yearly cohort costs society) stand apart from public spend."
    window = window_of(found[costs.PUBLIC_SPEND]) if costs.PUBLIC_SPEND in found else ""
    return block("Costs a year", window, "million pounds", rows, one_scale=True, note=note)


def _institutions(differences: Sequence[Difference]) -> Json:
    """Return the table of institutions; a level stands alone where the other arm has nothing of the kind."""
    found = {(d.measure, d.group): d for d in differences if d.measure in institutions.MEASURES}
    shown = [(of, found[of.measure, of.group]) for of in institutions.ROWS if (of.measure, of.group) in found]
    claimed = any(d.base or d.reform for of, d in shown if of.measure in institutions.OVERCLAIMS)
    rows = []
    for of, d in shown:
        if (d.base is not None or d.reform is not None) and (claimed or of.measure not in institutions.OVERCLAIMS):
            fraction = of.unit == institutions.FRACTION
            rows.append(row(of.title, d if fraction else report.divided(d, _MILLION), fraction=fraction))
    note = "Million pounds a year as booked; shares in percent, their differences in points."
    window = window_of(shown[0][1]) if shown else ""
    return block("Institutions", window, "as named", rows, one_scale=False, note=note)
