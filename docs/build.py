"""Write the generated parts of the documents: ``python docs/build.py``; with ``--check``, name what is stale.

A generated part stands between ``<!-- generated: NAME -->`` and ``<!-- end -->``, and NAME is a function of
`BLOCKS`. `docs/parameters.md` is generated whole.
"""

import inspect
import json
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import cache
from pathlib import Path
from typing import Any

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))

from experiments import costs, ensemble, estimates, institutions, space, tables  # noqa: E402
from experiments.calibration_report import NARROWED  # noqa: E402
from experiments.validation_report import number as short  # noqa: E402
from sim import events, measures, offenders  # noqa: E402
from sim.charities import CASE_COLUMNS  # noqa: E402
from sim.clock import date_of  # noqa: E402
from sim.data import tables as published  # noqa: E402
from sim.docket import DOCKET_COLUMNS  # noqa: E402
from sim.files import REGIONS, SCENARIOS, known_names  # noqa: E402
from sim.model import WEEK, ProbationModel  # noqa: E402
from sim.network import HALF_TIE_COLUMNS  # noqa: E402
from sim.offenders import Status  # noqa: E402
from sim.officers import OFFICER_COLUMNS  # noqa: E402
from sim.parameters.register import Parameter, Register  # noqa: E402
from sim.proven import disposal_groups  # noqa: E402
from sim.regions import load_region  # noqa: E402
from sim.scenarios import load_timeline  # noqa: E402
from sim.tables import Column  # noqa: E402
from sim.timeline import lever_definitions  # noqa: E402

STATUSES = {
    Status.FREE: "at liberty, unsupervised, and still tracked",
    Status.COMMUNITY_ORDER: "under a community order",
    Status.SUSPENDED_SENTENCE_ORDER: "under a suspended sentence order with requirements",
    Status.HOME_DETENTION_CURFEW: "released early on home detention curfew",
    Status.LICENCE: "on licence after custody",
    Status.YOUNG_OFFENDER_SUPERVISION: "in the three months' supervision of under-21s after a short sentence",
    Status.POST_SENTENCE_SUPERVISION: "under post-sentence supervision",
    Status.REMAND: "held before sentence",
    Status.CUSTODY: "serving a determinate sentence",
    Status.RECALLED: "returned to prison from licence or curfew",
    Status.INDETERMINATE: "serving an indeterminate sentence",
    Status.COMMITTAL: "committed to prison for breach of post-sentence supervision",
    Status.LEFT: "no longer tracked",
}
_MANY = 6
_LONG_NUMBER = 8
_PART = re.compile(r"<!-- generated: (\w+) -->\n(.*?)<!-- end -->", re.DOTALL)
_SECTION = re.compile(r"^(Reads|Writes|Draws):\s*(.*?)(?=^(?:Reads|Writes|Draws):|\Z)", re.MULTILINE | re.DOTALL)
_MEMBER = re.compile(r"^    ([A-Z_]+) = \d+(?:  # (.*))?$", re.MULTILINE)


def markdown_table(headings: Iterable[str], rows: Iterable[Iterable[object]]) -> str:
    """Return a Markdown table."""
    lines = [list(headings)]
    lines += [["---"] * len(lines[0])]
    lines += [[str(cell).replace("|", r"\|").replace("\n", " ") for cell in row] for row in rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def week() -> str:
    """Return the process overview: each module of `WEEK` with what its docstring says."""
    found = []
    for number, process in enumerate(WEEK, 1):
        text = inspect.getdoc(process) or ""
        found.append(f"{number}. **`{process.__name__.rpartition('.')[2]}`.** {text.splitlines()[0]}\n")
        found += [f"   - {name}: {' '.join(what.split())}\n" for name, what in _SECTION.findall(text)]
    return "".join(found)


def columns(declared: Mapping[str, Column]) -> str:
    """Return a table of columns."""
    rows = ((f"`{name}`", str(c.dtype), c.unit, c.meaning) for name, c in declared.items())
    return markdown_table(("name", "dtype", "unit", "meaning"), rows)


def statuses() -> str:
    """Return a table of the statuses."""
    rows = []
    for status in Status:
        where = "prison" if offenders.IS_IN_PRISON[status] else ""
        where = "supervised in the community" if offenders.IS_SUPERVISED_IN_COMMUNITY[status] else where
        failing = (
            {True: "recall", False: "breach"}[bool(offenders.IS_RECALLABLE[status])] if "community" in where else ""
        )
        rows.append((f"`{status.name.lower()}`", STATUSES[status], where, failing))
    return markdown_table(("status", "meaning", "where", "failing it leads to"), rows)


def event_kinds() -> str:
    """Return a table of the events, with what the comments of the enum say of them."""
    comments = dict(_MEMBER.findall(inspect.getsource(events.Event)))
    return markdown_table(("event", "what it holds"), ((f"`{e.name}`", comments[e.name]) for e in events.Event))


def levers() -> str:
    """Return a table of the levers."""
    rows = []
    for name, entry in lever_definitions().items():
        settings = "; ".join(
            f"`{key}` = {s['value']:g} {s['unit']}, {s['low']:g} to {s['high']:g}"
            for key, s in entry.get("settings", {}).items()
        )
        rows.append((f"`{name}`", entry["title"], ", ".join(entry["applies_by"]), settings, entry["source"]))
    return markdown_table(("lever", "what it moves", "applies by", "settings", "source"), rows)


def scenarios() -> str:
    """Return a table of the scenarios with their dated levers."""
    rows = []
    for name in known_names(SCENARIOS):
        timeline = load_timeline(name)
        dated = "; ".join(
            f"`{lever['lever']}` from {lever['from']} by {lever['applies_by']}" for lever in timeline.describe()
        )
        rows.append((f"`{name}`", timeline.title, dated or "none"))
    return markdown_table(("scenario", "what it is", "levers"), rows)


def regions() -> str:
    """Return a table of the regions."""
    rows = []
    for name in known_names(REGIONS):
        region = load_region(name)
        rows.append((f"`{name}`", len(region.areas), f"{region.caseload:,.0f}", region.source))
    return markdown_table(("region", "areas", "people supervised", "source"), rows)


def weekly_measures() -> str:
    """Return a table of the weekly stocks and flows, taken from one week of a tiny world."""
    groups: dict[str, list[str]] = {}
    for measure, group in _tiny_world().weekly.names:
        groups.setdefault(measure, []).append(f"`{group}`")
    return markdown_table(("weekly measure", "groups"), ((f"`{m}`", ", ".join(g)) for m, g in groups.items()))


def cohort_measures() -> str:
    """Return a table of what is measured over cohorts and index events."""
    rows = [(f"`{m}`", "cohorts", estimates.UNITS[m]) for m in estimates.RATES]
    rows += [(f"`{name}`", f"mean of a weekly stock, `{group}`", unit) for _, group, name, unit in estimates.STOCKS]
    rows += [(f"`{name}`", f"weekly flow, `{group}`", unit) for _, group, name, unit in estimates.FLOWS]
    rows += [(f"`{costs.PUBLIC_SPEND}`", "the public lines below, added up", costs.UNIT)]
    rows += [(f"`{line.measure}`", cost_basis(line), costs.UNIT) for line in costs.LINES]
    rows += [(f"`{row.measure}`", institution_basis(row), row.unit) for row in institutions.ROWS]
    days = ", ".join(str(n) for n in tables.CURVE_DAYS)
    rows += [("`reoffended_within_N_days`", f"index events; N = {days}", "fraction")]
    rows += [(f"`{m}`", "index events", "fraction") for m in ("custody_for_reoffence_within_1y", "recalled_within_1y")]
    return markdown_table(("measure", "over", "unit"), rows)


def cost_basis(line: costs.Line) -> str:
    """Say what a line of the costs is made of."""
    counted = " + ".join(f"`{measure}`" for measure, _ in line.counts) or "reoffences of twelve-month cohorts"
    return f"{counted}, at {' x '.join(f'`costs.{name}`' for name in line.unit_cost)}"


def institution_basis(row: institutions.Row) -> str:
    """Say what a row of institutions is made of."""
    added, taken, over = (
        " + ".join(dict.fromkeys(f"`{measure}`" for measure, _ in counts))
        for counts in (row.added, row.taken, row.over)
    )
    return f"{added}{f' - {taken}' if taken else ''}{f' / {over}' if over else ''}, `{row.group}`"


def groups() -> str:
    """Return a table of the groups of cohorts."""
    model = _tiny_world()
    wholes = ", ".join(f"`{g}`" for g in disposal_groups(model.index_log))
    rows = [("whole groups", wholes)]
    for column, (labels, _) in measures.columns(model).items():
        values = "the areas of the region" if column == "area" else ", ".join(f"`{v}`" for v in labels)
        rows.append((f"`{column}`", values))
    return markdown_table(("column", "values"), rows)


def _tiny_world(made: list[ProbationModel] = []) -> ProbationModel:  # noqa: B006
    """Return a world of a few people that has lived one week; made once."""
    if not made:
        made.append(ProbationModel("pre_reform", scale=0.002))
        made[0].step()
    return made[0]


def calibrated() -> str:
    """Return a table of the calibrated values."""
    rows = ((f"`{p.key}`", value(p), bounds(p), p.unit, p.source) for p in Register.load() if p.kind == "calibrated")
    return markdown_table(("parameter", "value", "range", "unit", "set against"), rows)


def targets() -> str:
    """Return a table of the published figures that values may be set against."""
    keys = ("id", "quantity", "value", "unit", "population", "period")
    rows = ([r[key] for key in keys] for r in published.rows("published_statistics") if r["use"] == "calibrate")
    return markdown_table(keys, rows)


@cache
def made() -> dict[str, Any]:
    """Return how the ensemble that ships was made."""
    return dict(json.loads(ensemble.SHIPPED.with_suffix(".json").read_text(encoding="utf-8")))


def waves() -> str:
    """Return a table of the waves of the calibration."""
    rows = []
    for n, wave in enumerate(made()["waves"], 1):
        said = "" if wave["foretold"] is None else f"{wave['foretold']:.0%}"
        left = "" if wave["share"] is None else f"{wave['share']:.1g} within {wave['level']:.1f} sd"
        rows.append((n, wave["runs"], wave["failed"], said, left))
    return markdown_table(
        (
            "wave",
            "runs",
            "failed",
            "values within two sd of what emulators foretold (95% if they knew their error)",
            "space left",
        ),
        rows,
    )


def fitted() -> str:
    """Return the targets of the calibration beside the ensemble."""
    rows = [
        (
            f"`{r['id']}`",
            short(r["published"]),
            short(r["median"]),
            span(r),
            short(r["bar"]),
            "" if r["met"] else "no",
            f"{r['within']:.0%}",
        )
        for r in made()["fitted"]
    ]
    return markdown_table(
        ("target", "published", "median of sets", "90 percent of sets", "bar", "met", "sets within"), rows
    )


def learned() -> str:
    """Return the numbers whose range the record narrowed, the most first."""
    register, rows = Register.load(), []
    held = {c.name: space.held(register, c) for c in space.space(register)}
    for r in made()["learned"]:
        if r["width"] <= NARROWED:
            range_ = f"{number(r['range_low'])} to {number(r['range_high'])}"
            own = short(held[r["parameter"]])
            rows.append((f"`{r['parameter']}`", range_, own, short(r["median"]), span(r), f"{r['width']:.0%}"))
    headings = ("number", "range", "value of the register", "median of sets", "90 percent of sets", "width left")
    return markdown_table(headings, rows)


def how_made() -> str:
    """Say in a sentence how the ensemble was made."""
    how = made()
    met, known = sum(r["met"] for r in how["fitted"]), sum(r["width"] <= NARROWED for r in how["learned"])
    numbers, sought = len(how["coordinates"]), len(how["targets"])
    return (
        f"{how['members']} sets from {how['budget']} runs of `{how['region']}` at scale {how['scale']:g} up to "
        f"{how['until']}, seed {how['seed']}, {numbers} numbers, {sought} targets; the median of sets meets {met} of "
        f"them. The record narrowed {known} numbers to {NARROWED:.0%} of their range or less.\n"
    )


def span(row: Mapping[str, float]) -> str:
    """Return an interval of a row."""
    return f"[{short(row['low'])}, {short(row['high'])}]"


def number(x: float) -> str:
    """Return a number as written, or in four digits where it was worked out."""
    text = f"{x:.10g}"
    return f"{x:.4g}" if "." in text and len(text) > _LONG_NUMBER else text


def value(p: Parameter) -> str:
    """Return a parameter's value; a long list in short form."""
    if not isinstance(p.value, tuple):
        return number(p.value)
    span = f", {p.first_year} to {p.first_year + len(p.value) - 1}" if p.over == "year" else f", by {p.over}"
    if len(p.value) > _MANY:
        return f"{number(p.value[0])} ... {number(p.value[-1])} ({len(p.value)} values{span})"
    return ", ".join(number(v) for v in p.value) + f" ({span[2:]})"


def bounds(p: Parameter) -> str:
    """Return a parameter's range."""
    return number(p.low) if p.low == p.high else f"{number(p.low)} to {number(p.high)}"


def posterior(p: Parameter) -> str:
    """Return what calibration left of a parameter: median and 90 percent of sets, or that its range is as before."""
    rows = {r["parameter"]: r for r in made()["learned"]}
    found = [rows[name] for name in made()["coordinates"] if name.partition("[")[0] == p.key]
    told = [f"{short(r['median'])} {span(r)}" if r["width"] <= NARROWED else "as range" for r in found]
    return "; ".join(told)


def parameters() -> str:
    """Return the whole of `parameters.md`."""
    register = Register.load()
    kinds = [p.kind for p in register]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds)))
    text = (
        "# Parameters\n\n"
        "Generated by `python docs/build.py` from `sim/parameters/*.toml`; edit those. "
        "`python run.py parameters NAME` prints a number whole, long lists included.\n\n"
        f"{len(kinds)} numbers: {counts}. What the kinds mean, and how the calibrated values were found: "
        "[model.md](model.md#calibrated-values). Posterior: median and 90 percent of the sets of the "
        '[ensemble](calibration.md), for numbers that calibration moved; "as range" where the record before the reform '
        "says next to nothing.\n"
    )
    for process, numbers in register.parameters.items():
        rows = (
            (f"`{p.name}`", value(p), p.unit, bounds(p), p.kind, posterior(p), p.source, p.note)
            for p in numbers.values()
        )
        text += f"\n## {process}\n\n"
        text += markdown_table(("name", "value", "unit", "range", "kind", "posterior", "source", "note"), rows)
    return text


def day_zero() -> str:
    """Return the date of day 0."""
    return f"Day 0 is {date_of(0):%A} {date_of(0)}.\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "week": week,
    "day_zero": day_zero,
    "people": lambda: columns(offenders.COLUMNS),
    "officers": lambda: columns(OFFICER_COLUMNS),
    "cases": lambda: columns(CASE_COLUMNS),
    "ties": lambda: columns(HALF_TIE_COLUMNS),
    "docket": lambda: columns(DOCKET_COLUMNS),
    "event_log": lambda: columns(events.EVENT_COLUMNS),
    "index_log": lambda: columns(events.INDEX_COLUMNS),
    "statuses": statuses,
    "events": event_kinds,
    "levers": levers,
    "scenarios": scenarios,
    "regions": regions,
    "weekly_measures": weekly_measures,
    "cohort_measures": cohort_measures,
    "groups": groups,
    "calibrated": calibrated,
    "targets": targets,
    "how_made": how_made,
    "waves": waves,
    "fitted": fitted,
    "learned": learned,
}


def rebuilt(text: str, place: str) -> tuple[str, list[str]]:
    """Return a document with its generated parts made anew, and the names of those that were stale.

    Raises
    ------
    KeyError
        If a part has a name that is not in `BLOCKS`.
    """
    stale = []

    def remake(part: re.Match[str]) -> str:
        name, old = part.groups()
        if name not in BLOCKS:
            raise KeyError(f'{place}: no generated part "{name}"; allowed: {", ".join(BLOCKS)}')
        new = BLOCKS[name]()
        if new != old:
            stale.append(f"{place}: {name}")
        return f"<!-- generated: {name} -->\n{new}<!-- end -->"

    return _PART.sub(remake, text), stale


def main(arguments: list[str]) -> int:
    """Rewrite the documents, or check them; return the exit code."""
    if arguments not in ([], ["--check"]):
        print(f"docs/build.py: {' '.join(arguments)} is not understood; allowed: nothing, or --check", file=sys.stderr)
        return 2
    whole = DOCS / "parameters.md"
    written = {whole: parameters()}
    stale = [] if whole.is_file() and whole.read_text(encoding="utf-8") == written[whole] else [f"{whole.name}: whole"]
    for path in sorted(DOCS.glob("*.md")):
        if path != whole:
            written[path], found = rebuilt(path.read_text(encoding="utf-8"), path.name)
            stale += found
    if arguments == ["--check"]:
        for name in stale:
            print(f"stale: docs/{name}; run python docs/build.py", file=sys.stderr)
        return 1 if stale else 0
    for path, text in written.items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
