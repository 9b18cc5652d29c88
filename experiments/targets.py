"""Published figures as rows of a table, each saying what the model measures beside it.

The record that comes with the model is `record.csv`: it says how each row of `published_statistics.csv` is measured,
and takes value, source and use from there. A researcher's own file (``validate --targets FILE.csv``) has the columns
of `COLUMNS`. A row that asks for what the model does not know is refused with its row and column.
"""

import csv
import math
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import NamedTuple

from experiments.vocabulary import ESTIMATORS, OCCASIONS, Measure, measures
from sim import sentencing
from sim.data import tables
from sim.errors import InputError, nearest
from sim.offenders import BANDS, Disposal
from sim.scenarios import load_timeline
from sim.timeline import FIRST_DATE, LAST_DATE

COLUMNS = (
    "id", "measure", "estimator", "group", "cohort_from", "cohort_to", "scenario", "value", "unit", "standard_error",
    "source",
)  # fmt: skip
RECORD = Path(__file__).with_name("record.csv")
CHANGE = "_change"
_OCCASIONS_ERROR = 0.01
"""Of a count of occasions: years from 2008 to 2014 are scaled from later tables (see sim/data/SOURCES.md)."""


CHECK = "check"
_FITTED_YEARS, _FITTED_RECALL_YEARS = (2009, 2011, 2013), (2010, 2012)
_SERIES_YEARS, _RECALL_YEARS = range(2008, 2014), range(2010, 2014)
_SERIES = (
    ("three_month_cohort", "binary_rate_percent", "binary_rate", "percent", 0.06, _FITTED_YEARS),
    ("three_month_cohort", "reoffences_per_reoffender", "frequency", "count", 0.01, _FITTED_YEARS),
    ("twelve_month_cohort", "binary_rate_percent", "binary_rate", "percent", 0.07, _FITTED_YEARS),
    ("twelve_month_cohort", "reoffences_per_reoffender", "frequency", "count", 0.01, ()),
)
"""Estimator, quantity, measure, unit, error of counts of half a million people (and of rounding to a tenth), and the
years that calibration is set against; those between are a check of what it foretells."""
_SHORT = {"three_month_cohort": "3m", "twelve_month_cohort": "12m"}


class Period(NamedTuple):
    """A span of days; both belong to it."""

    first: date
    last: date

    def __str__(self) -> str:
        return f"{self.first} to {self.last}"


@dataclass(frozen=True)
class Target:
    """A published figure, and what measures the same in the model.

    Attributes
    ----------
    id, use, measure, estimator, group, scenario, unit, source : str
        `use` is ``calibrate``, ``validate``, ``context``, ``check`` for years of a series between those set against,
        or ``user`` for a row of a file of one's own.
    periods : tuple of Period
        One; two for a measure that ends in ``_change``.
    value, standard_error : float
        In `unit`; the error is 0 where it is not known.
    fact : str
        Rows of one fact overlap: they are not as many tests as they are rows.
    """

    id: str
    use: str
    measure: str
    estimator: str
    group: str
    periods: tuple[Period, ...]
    scenario: str
    value: float
    unit: str
    standard_error: float
    source: str
    fact: str = ""

    @property
    def stem(self) -> str:
        """The measure whose change it is, or the measure itself."""
        return self.measure.removesuffix(CHANGE)


def published_numbers(identity: str) -> list[float]:
    """Return the numbers in the value of a published figure.

    Raises
    ------
    InputError
        If there is no such row.
    """
    rows = {r["id"]: r["value"] for r in tables.rows("published_statistics")}
    if identity not in rows:
        raise InputError(f'published_statistics: unknown id "{identity}"; {nearest(identity, rows)}')
    return [float(n) for n in re.findall(r"(?<!\d)-?\d+(?:\.\d+)?", rows[identity])]


def record() -> tuple[list[Target], list[tuple[str, str]]]:
    """Return the published record as far as the model measures it, and the rows that it does not with the reason."""
    published = {r["id"]: r for r in tables.rows("published_statistics")}
    found, unmeasured = [], []
    with RECORD.open(encoding="utf-8", newline="") as file:
        for number, row in enumerate(csv.DictReader(file), 2):
            if not row["measure"]:
                unmeasured.append((row["id"], row["note"]))
                continue
            identity, _, which = row["published"].partition(":")
            value = published_numbers(identity)[int(which or 0)]
            known = published[identity]
            cells = {**row, "value": str(value), "source": f"{known['source']} ({known['period']})"}
            found.append(parse(cells, f"{RECORD}: row {number}", use=known["use"], fact=row["fact"]))
    return found + occasions_record() + series_record(), unmeasured


def occasions_record() -> list[Target]:
    """Return the published occasions of 2014, by disposal and by history band."""
    table = sentencing.occasions()[0].sum(axis=(0, 1)).T
    sums = [("disposal", [d.name.lower() for d in Disposal], 1), ("previous_sanctions_band", list(BANDS), 0)]
    year = Period(date(2014, 1, 1), date(2014, 12, 31))
    return [
        Target(
            id=f"occasions_{label.removesuffix('_discharge').removesuffix('_order')}",
            use="calibrate",
            measure=OCCASIONS,
            estimator="",
            group=f"{column}={label}",
            periods=(year,),
            scenario="post_reform",
            value=float(known),
            unit="occasions",
            standard_error=_OCCASIONS_ERROR * float(known),
            source="sentencing_occasions_adults_2014_2019",
            fact=f"occasions by {column.replace('_', ' ')}",
        )
        for column, labels, axis in sums
        for label, known in zip(labels, table.sum(axis=axis), strict=True)
    ]


def series_record() -> list[Target]:
    """Return the published series to 2014: proven reoffending of all adults by both estimators, prison on recall.

    Each year of cohorts runs from April; the recall population is that of a June. `use` is ``calibrate``, or ``check``
    for years, and a whole series, that nothing is set against.
    """
    published = {
        (r["estimator"], r["cohort_start"], r["quantity"]): float(r["value"])
        for r in tables.rows("proven_reoffending_adults_2000_2014")
        if r["period"] == "annual"
    }
    found = [
        Target(
            id=f"adults_{measure.removesuffix('_rate')}_{_SHORT[estimator]}_{year}",
            use="calibrate" if year in fitted else CHECK,
            measure=measure,
            estimator=estimator,
            group="all",
            periods=(Period(date(year, 4, 1), date(year + 1, 3, 31)),),
            scenario="post_reform",
            value=published[estimator, f"{year}-04-01", quantity],
            unit=unit,
            standard_error=error,
            source="proven_reoffending_adults_2000_2014",
            fact="series of all adults",
        )
        for estimator, quantity, measure, unit, error, fitted in _SERIES
        for year in _SERIES_YEARS
    ]
    inside = {r["month"]: float(r["people_in_prison_on_recall"]) for r in tables.rows("recall_population_2009_2014")}
    return found + [
        Target(
            id=f"recall_population_{year}",
            use="calibrate" if year in _FITTED_RECALL_YEARS else CHECK,
            measure="recall_population",
            estimator="",
            group="all",
            periods=(Period(date(year, 6, 1), date(year, 6, 30)),),
            scenario="post_reform",
            value=inside[f"{year}-06"],
            unit="people",
            standard_error=0.0,
            source="recall_population_2009_2014",
            fact="recall population",
        )
        for year in _RECALL_YEARS
    ]


def read_targets(path: Path) -> list[Target]:
    """Read a researcher's own targets.

    Raises
    ------
    InputError
        If the file cannot be read, lacks a column, repeats an id, or a row asks for what the model does not know; the
        message names file, row and column.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InputError(f"--targets {path}: cannot be read: {error.strerror}") from None
    except UnicodeDecodeError as error:
        raise InputError(f"--targets {path}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    reader = csv.DictReader(text.splitlines())
    missing = [name for name in COLUMNS if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(f"{path}: has no column {', '.join(missing)}; allowed: {', '.join(COLUMNS)}")
    found: dict[str, Target] = {}
    for row in _rows_of(reader, path):
        place = f"{path}: row {reader.line_num}"
        if None in row or None in row.values():
            raise InputError(f"{place}: does not have {len(reader.fieldnames or ())} cells, as many as the first row")
        target = parse(row, place)
        if target.id in found:
            raise InputError(f'{place}, column id: "{target.id}" stands twice; give each row an id of its own')
        found[target.id] = target
    if not found:
        raise InputError(f"{path}: has no row under its column names")
    return list(found.values())


def _rows_of(reader: "csv.DictReader[str]", path: Path) -> Iterator[dict[str, str]]:
    """Yield the rows of a file; a quotation mark that is never closed can make one cell of all that follows."""
    try:
        yield from reader
    except csv.Error as error:
        raise InputError(f"{path}: row {reader.line_num} cannot be read: {error}; close every quotation mark") from None


def parse(row: Mapping[str, str], place: str, use: str = "user", fact: str = "") -> Target:
    """Check a row and return it as a target.

    Raises
    ------
    InputError
        For a cell that is not allowed; the message names row and column.
    """
    cells = {name: row[name].strip() for name in COLUMNS}
    name = cells["measure"]
    stem = name.removesuffix(CHANGE)
    known = measures()
    _one_of(stem, known, f"{place}, column measure", "measure")
    measure = known[stem]
    _one_of(cells["group"] or "all", measure.groups, f"{place}, column group", "group")
    if measure.has_estimator:
        _one_of(cells["estimator"], ESTIMATORS, f"{place}, column estimator", "estimator")
    elif cells["estimator"]:
        raise InputError(f'{place}, column estimator: "{cells["estimator"]}"; allowed: nothing, for {name}')
    units = measure.change_units if name != stem else measure.units
    _one_of(cells["unit"], units, f"{place}, column unit", "unit")
    try:
        load_timeline(cells["scenario"])
    except InputError as error:
        raise InputError(f"{place}, column scenario: {error}") from None
    if not cells["id"]:
        raise InputError(f"{place}, column id: is empty; give each row an id of its own")
    value = _number(cells["value"], f"{place}, column value")
    if name == stem and not value:
        raise InputError(f'{place}, column value: "{cells["value"]}"; allowed: no 0, of which errors are shares')
    return Target(
        id=cells["id"],
        use=use,
        measure=name,
        estimator=cells["estimator"],
        group=cells["group"] or "all",
        periods=_periods(cells, measure, place, is_change=name != stem),
        scenario=cells["scenario"],
        value=value,
        unit=cells["unit"],
        standard_error=_number(cells["standard_error"] or "0", f"{place}, column standard_error", least=0.0),
        source=cells["source"],
        fact=fact,
    )


def _one_of(given: str, allowed: Iterable[str], place: str, what: str) -> None:
    """Refuse a name that is not among those allowed."""
    names = list(allowed)
    if given not in names:
        raise InputError(f'{place}: unknown {what} "{given}"; {nearest(given, names)}')


def _number(text: str, place: str, least: float = -math.inf) -> float:
    """Read a finite number."""
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not math.isfinite(number) or number < least:
        raise InputError(f'{place}: "{text}" is not a number{"" if least < 0 else f" of {least:g} or more"}')
    return number


def _periods(cells: Mapping[str, str], measure: Measure, place: str, *, is_change: bool) -> tuple[Period, ...]:
    """Read the period of a row, or the two of a change."""
    if is_change:
        found = []
        for column in ("cohort_from", "cohort_to"):
            first, slash, last = cells[column].partition("/")
            if not slash:
                raise InputError(
                    f'{place}, column {column}: "{cells[column]}"; a change goes from one period to another: '
                    "write each as 2011-01-01/2011-12-31"
                )
            found.append(_period(first, last, measure, cells["estimator"], (f"{place}, column {column}",) * 2))
        return tuple(found)
    places = (f"{place}, column cohort_from", f"{place}, column cohort_to")
    return (_period(cells["cohort_from"], cells["cohort_to"], measure, cells["estimator"], places),)


def _period(first: str, last: str, measure: Measure, estimator: str, places: tuple[str, str]) -> Period:
    """Read a span of days that the measure can be taken over."""
    days = []
    for text, place in zip((first, last), places, strict=True):
        try:
            day = date.fromisoformat(text.strip())
        except ValueError:
            raise InputError(f'{place}: "{text}" is not a date; allowed: a date such as 2013-07-01') from None
        if not FIRST_DATE <= day <= LAST_DATE:
            raise InputError(f"{place}: {day} is outside the model's time; allowed: {FIRST_DATE} to {LAST_DATE}")
        days.append(day)
    period = Period(*days)
    if period.last < period.first:
        raise InputError(f"{places[1]}: {period.last} lies before {period.first}; allowed: that day or later")
    wrong = measure.refusal(*period, estimator)
    if wrong:
        raise InputError(f"{places[0]}: {period} {wrong}")
    return period
