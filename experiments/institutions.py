"""What institutions were paid, spent and did in each arm: the books of providers and charities, and whom companies saw.

Money is as booked: nominal, for the people of the run. What the Ministry paid by the ledger is another quantity than
public spend at unit costs (`experiments.costs`): the ledger has providers and charities, and no prison and no court.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import pandas as pd

from experiments.estimates import (
    Difference,
    bounds,
    difference,
    of_weeks,
    weekly_means,
)
from experiments.numbers import Floats
from sim.clock import WEEKS_PER_YEAR

POUNDS, FRACTION = "pounds", "fraction"
_SERVICES = ("trust", "nps", "crc", "probation_service")
_COMPANIES = "provider_type=crc"
_MILLION = 1_000_000


@dataclass(frozen=True)
class Row:
    """One row of the block.

    Attributes
    ----------
    measure, group, title, unit : str
        Its name and group in the results, its name in print, and `pounds` or `fraction`.
    added, taken : tuple of (str, str)
        Weekly measures with their groups, added up, and those taken off. Of money a year's, of stocks the mean week.
    over : tuple of (str, str)
        Weekly measures by which the sum is divided; none for a sum that stands alone.
    of : tuple of (str, str)
        A weekly measure that is nought all along in an arm that has nothing of the kind; none where every arm has it.
    """

    measure: str
    group: str
    title: str
    unit: str
    added: tuple[tuple[str, str], ...]
    taken: tuple[tuple[str, str], ...] = ()
    over: tuple[tuple[str, str], ...] = ()
    of: tuple[tuple[str, str], ...] = ()


def _of_services(measure: str, title: str, added: Sequence[str], taken: Sequence[str] = ()) -> list[Row]:
    """Return the rows of a book: all services at work, then the public one and the companies."""
    every = [f"provider_type={name}" for name in _SERVICES]
    rows = [Row(measure, "all", title, POUNDS, _crossed(added, every), _crossed(taken, every))]
    for group, part in (("provider_type=nps", "  NPS"), (_COMPANIES, "  companies")):
        own = _crossed(added, [group]), _crossed(taken, [group])
        rows.append(Row(measure, group, part, POUNDS, *own, of=(("caseload", group),)))
    return rows


def _crossed(measures: Sequence[str], groups: Sequence[str]) -> tuple[tuple[str, str], ...]:
    """Return every measure with every group."""
    return tuple((measure, group) for measure in measures for group in groups)


def _of_companies(
    measure: str, title: str, unit: str, added: Sequence[str], taken: Sequence[str] = (), of: str = "caseload"
) -> Row:
    """Return a row that only an arm with companies has, or with what `of` measures."""
    own = _crossed(added, [_COMPANIES]), _crossed(taken, [_COMPANIES])
    return Row(measure, _COMPANIES, title, unit, *own, of=((of, _COMPANIES),))


def _kept(payment_class: int, title: str) -> Row:
    """Return the row of contacts that companies' people of a class of payment keep, of those due."""
    group = f"{_COMPANIES}&payment_class={payment_class}"
    due = (("contacts_due", group),)
    return Row("contacts_kept_share", group, title, FRACTION, (("contacts_kept", group),), over=due, of=due)


def _helped(payment_class: int, title: str) -> Row:
    """Return the row of starts of help of companies' people of a class of payment, of referrals."""
    group = f"{_COMPANIES}&payment_class={payment_class}"
    referred = (("referrals", group),)
    return Row("help_started_share", group, title, FRACTION, (("help_started", group),), over=referred, of=referred)


def _above_40(group: str, title: str) -> Row:
    """Return the row of caseholders with more than forty cases in the community."""
    of = () if group == "all" else (("caseload", group),)
    return Row("caseholders_over_40", group, title, FRACTION, (("caseholders_over_40", group),), of=of)


_VOLUME, _PLACES = "volume_over_forecast", "places_bought"
OVERCLAIMS = ("overclaimed_per_year", "recovered_per_year", "not_recovered_per_year")
"""What was claimed and not due, what of it went back, and the rest: of interest where there is any."""
ROWS = (
    Row("paid_by_ministry_per_year", "all", "paid by the Ministry", POUNDS, (("public_spend", "all"),)),
    *_of_services("income_per_year", "income of the services", ["income"]),
    *_of_services("expenditure_per_year", "costs of the services", ["costs"]),
    *_of_services("balance_per_year", "balance of the services", ["income"], ["costs"]),
    _of_companies("results_paid_per_year", "companies' results paid", POUNDS, ["results_paid"]),
    _of_companies(OVERCLAIMS[0], "claimed and not due", POUNDS, ["overclaimed"]),
    _of_companies(OVERCLAIMS[1], "  recovered", POUNDS, ["recovered"]),
    _of_companies(OVERCLAIMS[2], "  not recovered", POUNDS, ["overclaimed"], ["recovered"]),
    Row("charity_deficit_per_year", "all", "charities' deficit", POUNDS, (("charity_deficit", "all"),)),
    _of_companies(_VOLUME, "volume over forecast", FRACTION, [_VOLUME], of=_VOLUME),
    _of_companies("places_bought_share", "charities' places bought", FRACTION, [_PLACES], of=_PLACES),
    _kept(0, "kept, low payment class"),
    _kept(3, "kept, high payment class"),
    _helped(0, "helped, low payment class"),
    _helped(3, "helped, high payment class"),
    _above_40("all", "caseholders above 40"),
    _above_40("provider_type=nps", "  NPS"),
    _above_40(_COMPANIES, "  companies"),
)  # fmt: skip
MEASURES = frozenset(row.measure for row in ROWS)


def values(row: Row, means: "pd.Series[float]", arm: str) -> Floats:
    """Return a row in one arm, by seed, shape (seeds,); NaN where the arm has nothing of the kind."""
    found = _sum(row.added, means, arm) - _sum(row.taken, means, arm)
    if row.unit == POUNDS:
        found = found * WEEKS_PER_YEAR
    with np.errstate(divide="ignore", invalid="ignore"):
        if row.over:
            found = found / _sum(row.over, means, arm)
    is_there = _sum(row.of, means, arm) != 0 if row.of else True
    return np.where(is_there, found, np.nan)


def _sum(counts: Sequence[tuple[str, str]], means: "pd.Series[float]", arm: str) -> Floats:
    """Return weekly measures added up, by seed."""
    return np.sum([of_weeks(means, measure, group, arm) for measure, group in counts], axis=0)


def institution_differences(weekly: pd.DataFrame, arms: Sequence[str], parted: date | None) -> list[Difference]:
    """Compare the rows of the block between arms; a level stands alone where the other arm has nothing of the kind.

    Parameters
    ----------
    weekly : DataFrame
        The table of that name with scenario and seed.
    arms : (str, str)
        Names of base and reform.
    parted : date or None
        First day on which the arms can differ.
    """
    means, window = weekly_means(weekly, parted)
    return [
        difference(
            {"measure": row.measure, "group": row.group, "unit": row.unit, **window},
            *(values(row, means, arm) for arm in arms),
        )
        for row in ROWS
    ]


def finding(weekly: pd.DataFrame, arm: str, parted: date | None) -> str | None:
    """Say what companies' balance and volume were in an arm, over seeds; None where it has no companies."""
    means, _ = weekly_means(weekly, parted)
    rows = {(row.measure, row.group): row for row in ROWS}
    balance = values(rows["balance_per_year", _COMPANIES], means, arm) / _MILLION
    volume = 100 * values(rows[_VOLUME, _COMPANIES], means, arm)
    if np.isnan(balance).any():
        return None
    said = f"Companies' income less costs: {balance.mean():+.2f} million pounds a year{bounds(balance, '+.2f')}"
    if np.isnan(volume).any():
        return said
    return f"{said}; volume {volume.mean():.0f} percent of forecast{bounds(volume, '.0f')}"
