"""Tables of what was found, as a page draws them: numbers as they are shown, and their text as commands print it."""

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

from experiments import report
from experiments.decompose import Outcome
from experiments.ensemble import Effect
from experiments.estimates import Difference
from visualiser.results.files import Json

_BELOW_FIFTY = 50
_NUMBERS = ("base", "reform", "difference", "low", "high")


@dataclass
class Findings:
    """What the tables of a folder say.

    Attributes
    ----------
    headline : str
    blocks : list of dict
        Tables of results, in the order in which they are shown: see `block`.
    remarks : list of str
        How to read them.
    problem : str
        Why there are none, where they cannot be worked out.
    """

    headline: str = ""
    blocks: list[Json] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    problem: str = ""


@dataclass(frozen=True)
class Said:
    """Numbers of a row that are no `Difference`, as they are shown."""

    measure: str
    group: str
    difference: float | None
    low: float | None = None
    high: float | None = None
    base: float | None = None
    reform: float | None = None


type Compared = Difference | Effect
type Valued = Said | Compared


def block(title: str, window: str, unit: str, rows: Sequence[Json], *, one_scale: bool, note: str = "") -> Json:
    """Return a table of results.

    ``one_scale`` says whether the intervals of its rows can be drawn on one axis; ``unit`` is that of the differences.
    """
    return {
        "title": title,
        "window": window,
        "unit": unit,
        "rows": list(rows),
        "one_scale": one_scale,
        "note": note,
        "has_levels": any(row["text"]["base"] != "-" or row["text"]["reform"] != "-" for row in rows),
        "has_differences": any(row["difference"] is not None for row in rows),
    }


def row(name: str, d: Valued, *, fraction: bool = False, digits: int = 2) -> Json:
    """Return a row: numbers as they are shown (percent, points), and their text, as the commands print it.

    A name begins with two spaces for each row that it stands under.
    """
    clean = name.lstrip()
    return {
        "name": clean,
        "level": (len(name) - len(clean)) // 2,
        "measure": d.measure,
        "group": d.group,
        **{key: _shown(getattr(d, key), 100 if fraction else 1) for key in _NUMBERS},
        "text": _texts(d, fraction, digits),
    }


def _shown(value: float | None, factor: int) -> float | None:
    """Return a number as it is shown; None where there is none."""
    return None if value is None or not math.isfinite(value) else factor * value


def _texts(d: Valued, fraction: bool, digits: int) -> dict[str, str]:
    """Return the cells of a row as the commands print them."""
    within = "-" if d.difference is None else report.spread(d.low, d.high, fraction=fraction, digits=digits)
    if fraction:
        levels = {"base": report.percent(d.base), "reform": report.percent(d.reform)}
        return {**levels, "difference": report.points(d.difference), "interval": within}
    levels = {"base": report.number(d.base, digits), "reform": report.number(d.reform, digits)}
    return {**levels, "difference": report.number(d.difference, digits, sign=True), "interval": within}


def window_of(d: Compared) -> str:
    """Return the time over which something is compared."""
    return f"{d.cohort_from} to {d.cohort_to}"


def stock_digits(level: float) -> int:
    """Return how many digits a stock or yearly flow is shown with."""
    return 2 if abs(level) < _BELOW_FIFTY else 0


def title_of(outcome: Outcome) -> str:
    """Return what an outcome is called at the head of a table."""
    return outcome.title[0].upper() + outcome.title[1:]
