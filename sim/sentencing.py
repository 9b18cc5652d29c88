"""The published sentencing tables as arrays: who is sentenced for what, to what, and for how long."""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import ogrs
from sim.clock import DAYS_PER_MONTH, DAYS_PER_YEAR
from sim.compiled import compiled
from sim.data import tables
from sim.distributions import log_uniform
from sim.draws import pick
from sim.offenders import BANDS, Disposal, OffenceGroup, each
from sim.parameters.register import Register

type Floats = NDArray[np.float64]

PUBLISHED_GROUPS = {
    "Violence against the person": OffenceGroup.VIOLENCE,
    "Sexual offences": OffenceGroup.SEXUAL,
    "Robbery": OffenceGroup.ROBBERY,
    "Theft Offences": OffenceGroup.THEFT,
    "Criminal damage and arson": OffenceGroup.CRIMINAL_DAMAGE,
    "Drug offences": OffenceGroup.DRUGS,
    "Possession of weapons": OffenceGroup.WEAPONS,
    "Public order offences": OffenceGroup.PUBLIC_ORDER,
    "Miscellaneous crimes against society": OffenceGroup.MISCELLANEOUS,
    "Fraud offences": OffenceGroup.FRAUD,
    "Summary offences excluding motoring": OffenceGroup.SUMMARY_NON_MOTORING,
    "Summary motoring offences": OffenceGroup.SUMMARY_MOTORING,
}
PUBLISHED_DISPOSALS = {
    "caution": Disposal.CAUTION,
    "absolute discharge": Disposal.ABSOLUTE_DISCHARGE,
    "conditional discharge": Disposal.CONDITIONAL_DISCHARGE,
    "fine": Disposal.FINE,
    "other": Disposal.OTHER,
    "community sentence": Disposal.COMMUNITY_ORDER,
    "suspended sentence": Disposal.SUSPENDED_SENTENCE_ORDER,
    "immediate custody": Disposal.CUSTODY,
}
FIRST_YEAR, LAST_YEAR = 2014, 2019
LENGTH_BANDS = (
    "under 6 months",
    "6 to under 12 months",
    "12 months to under 4 years",
    "4 to 10 years",
    "over 10 years",
    "indeterminate",
)
INDETERMINATE_BAND = len(LENGTH_BANDS) - 1
_UNDER_12_MONTHS = slice(0, 2)
_LAST_UNDER_12_MONTHS = _UNDER_12_MONTHS.stop - 1
_FIRST_LENGTHS, _LENGTH_YEARS = 2010, 10
_RAKES, _BISECTIONS, _WIDEST = 100, 60, 7.0
_LENGTH_COLUMNS = ("up_to_6_months", "6_to_under_12_months", "12_months_to_under_4_years", "4_years_and_over")
LENGTH_KINDS = ("violence", "sexual", "robbery", "burglary", "theft_handling", "fraud", "drugs", "other", "summary")
"""Offences as the table of sentence lengths has them; summary offences carry six months at most."""
_LENGTH_KIND = {
    OffenceGroup.VIOLENCE: "violence",
    OffenceGroup.SEXUAL: "sexual",
    OffenceGroup.ROBBERY: "robbery",
    OffenceGroup.THEFT: "theft_handling",
    OffenceGroup.DRUGS: "drugs",
    OffenceGroup.FRAUD: "fraud",
    OffenceGroup.SUMMARY_NON_MOTORING: "summary",
    OffenceGroup.SUMMARY_MOTORING: "summary",
}
_BURGLARY = "burglary"


@cache
def occasions() -> Floats:
    """Return published occasions of adults, shape (years 2014-2019, groups 12, sexes 2, bands 6, disposals 8).

    Occasions of unknown sex (0.1 percent) are shared out like the rest of their cell's group and band.
    """
    counts = np.zeros((LAST_YEAR - FIRST_YEAR + 1, len(OffenceGroup), 3, len(BANDS), len(Disposal)))
    sexes = {"male": 0, "female": 1, "unknown": 2}
    for row in tables.rows("sentencing_occasions_adults_2014_2019"):
        counts[
            int(row["year"]) - FIRST_YEAR,
            PUBLISHED_GROUPS[row["offence_group"]],
            sexes[row["sex"]],
            BANDS.index(row["criminal_history"]),
            PUBLISHED_DISPOSALS[row["disposal"]],
        ] += float(row["occasions"])
    known, unknown = counts[:, :, :2], counts[:, :, 2:]
    return known + unknown * known.sum(axis=4, keepdims=True) / np.maximum(known.sum(axis=(2, 4), keepdims=True), 1)


class Sentencing(NamedTuple):
    """The probabilities that the processes draw from; cumulative ones end at 1."""

    first_timer: Floats  # cumulative over (group, sex) of a person with no previous sanction, flat
    returner: Floats  # cumulative over (group, sex) by band, shape (6, 24)
    group: Floats  # cumulative over groups by (sex, band), shape (2, 6, 12)
    caution: Floats  # share cautioned by (year, group, sex, band)
    court: Floats  # cumulative over disposals, the caution left out, by (year, group, sex, band)
    ogrs_offence: Floats  # cumulative over OGRS3 classes by group, shape (12, 20)
    cell: Floats  # cumulative over (group, sex, band, disposal) of all occasions of 2014, flat
    custody_cell: Floats  # the same, immediate custody alone
    length: Floats  # cumulative over length bands by (year from 2010, kind), shape (10, 9, 6)
    length_low: Floats  # days, shape (6,)
    length_high: Floats  # days, shape (6,)


def cumulative(weights: Floats) -> Floats:
    """Return cumulative probabilities along the last axis; where all weights are zero, zeros."""
    sums = weights.cumsum(axis=-1)
    total = sums[..., -1:]
    return sums / np.where(total > 0, total, 1.0)


def _shrunk(counts: Floats, pooled: Floats, weight: float) -> Floats:
    """Pull thin cells towards the distribution of the pool: `weight` occasions are worth of it."""
    share = pooled / np.maximum(pooled.sum(axis=-1, keepdims=True), 1)
    return counts + weight * share + 1e-12


def _ogrs_offences() -> Floats:
    """Return cumulative shares of OGRS3 classes by published group."""
    shares = np.zeros((len(OffenceGroup), len(ogrs.offence_classes())))
    for row in tables.rows("offence_group_to_ogrs3"):
        group = PUBLISHED_GROUPS[row["offence_group"]]
        shares[group, ogrs.offence_classes().index(row["ogrs3_offence"])] += float(row["share"])
    return cumulative(shares)


def length_change() -> Floats:
    """Return sentences passed by length band since 2010 as a multiple, shape (10 years, 5 bands)."""
    change = np.ones((_LENGTH_YEARS, INDETERMINATE_BAND))
    for row in tables.rows("custodial_sentences_change_since_2010"):
        band = LENGTH_BANDS.index(row["sentence_length"])
        change[int(row["year"]) - _FIRST_LENGTHS, band] += float(row["percent_change_since_2010"]) / 100
    return change


@cache
def length_kind() -> NDArray[np.int64]:
    """Return the kind of sentence length by offence group and OGRS3 class, shape (12, 20)."""
    kinds = np.empty((len(OffenceGroup), len(ogrs.offence_classes())), np.int64)
    for group in OffenceGroup:
        kinds[group] = LENGTH_KINDS.index(_LENGTH_KIND.get(group, "other"))
    for i, name in enumerate(ogrs.offence_classes()):
        if name.startswith(_BURGLARY):
            kinds[OffenceGroup.THEFT, i] = LENGTH_KINDS.index(_BURGLARY)
    return kinds


def _published_lengths(share_over_10_years: float) -> Floats:
    """Return sentences of 2005 by kind and length band, shape (9, 6); summary ones lie in the first band."""
    published = {row["offence"]: row for row in tables.rows("sentence_length_by_offence_2005")}
    base = np.zeros((len(LENGTH_KINDS), len(LENGTH_BANDS)))
    for i, kind in enumerate(LENGTH_KINDS[:-1]):
        *known, long = (float(published[kind][c]) for c in _LENGTH_COLUMNS)
        base[i] = [*known, long * (1 - share_over_10_years), long * share_over_10_years, 0]
        base[i, INDETERMINATE_BAND] = float(published[kind]["indeterminate"])
    base[-1, 0] = 1.0
    return base


def custody_by_kind(year: int, ogrs_offence: Floats) -> Floats:
    """Return published occasions of custody by kind of sentence length, shape (9,); before 2014 those of 2014."""
    table = occasions()[max(year, FIRST_YEAR) - FIRST_YEAR, ..., Disposal.CUSTODY].sum(axis=(1, 2))
    by_class = table[:, None] * np.diff(ogrs_offence, prepend=0.0)
    return np.bincount(length_kind().ravel(), by_class.ravel(), minlength=len(LENGTH_KINDS))


def _lengths(register: Register, ogrs_offence: Floats) -> Floats:
    """Return cumulative shares of the length bands by year from 2010 and kind of offence.

    The shape over offences is that of 2005; 2005 to 2010 is a gap in the record. What all kinds together make of a band
    follows the published change in every year, whatever the mix of offences, from a level of 2015 at which the bands
    under twelve months have the register's share of all sentences.
    """
    p, years = register.courts, range(_FIRST_LENGTHS, _FIRST_LENGTHS + _LENGTH_YEARS)
    shape = _published_lengths(p.share_over_10_years)
    life = [[p.in_year("indeterminate_factor", year)] for year in years]
    change = np.concatenate([length_change(), life], axis=1)
    custody = [custody_by_kind(year, ogrs_offence) for year in years]
    anchor = years.index(2015)
    level = custody[anchor] @ _at_share(shape * change[anchor], custody[anchor], p.share_under_12_months)
    passed = level * _ratio(change, change[anchor])
    return cumulative(np.stack([_raked(shape, c, p) for c, p in zip(custody, passed, strict=True)]))


def _at_share(weights: Floats, custody: Floats, share_under_12_months: float) -> Floats:
    """Return shares of bands by kind, shape (9, 6), with so many of all sentences under twelve months: one factor on
    those bands, by bisection of its logarithm."""
    low, high, factor = -_WIDEST, _WIDEST, np.ones(len(LENGTH_BANDS))
    for _ in range(_BISECTIONS):
        middle = (low + high) / 2
        factor[_UNDER_12_MONTHS] = math.exp(middle)
        passed = custody @ _shares(weights * factor)
        too_few = passed[_UNDER_12_MONTHS].sum() < share_under_12_months * custody.sum()
        low, high = (middle, high) if too_few else (low, middle)
    return _shares(weights * factor)


def _raked(shape: Floats, custody: Floats, passed: Floats) -> Floats:
    """Return shares of bands by kind, shape (9, 6), in the odds of a shape, such that all kinds together are passed in
    these proportions: one factor for each band, by iteration."""
    wanted = passed / passed.sum() * custody.sum()
    weights = shape
    for _ in range(_RAKES):
        shares = _shares(weights)
        weights = shares * _ratio(wanted, custody @ shares)
    return _shares(weights)


def _shares(weights: Floats) -> Floats:
    """Return the share of each band within its kind."""
    return weights / weights.sum(axis=1, keepdims=True)


def _ratio(above: Floats, below: Floats) -> Floats:
    """Divide; nothing over nothing is nothing, for a band that is never passed."""
    return np.divide(above, below, out=np.zeros_like(above), where=below > 0)


def build(register: Register) -> Sentencing:
    """Return the probabilities of sentencing under these parameters."""
    counts = occasions()
    p = register.courts
    by_sex = counts.sum(axis=2, keepdims=True)
    smooth = _shrunk(counts, np.broadcast_to(by_sex, counts.shape), p.smoothing_occasions)
    base = counts[0]
    court = smooth[..., 1:]
    ogrs_offence = _ogrs_offences()
    return Sentencing(
        first_timer=cumulative(base[:, :, 0].sum(axis=-1).ravel()),
        returner=cumulative(base.sum(axis=-1).transpose(2, 0, 1).reshape(len(BANDS), -1)),
        group=cumulative(base.sum(axis=-1).transpose(1, 2, 0)),
        caution=smooth[..., 0] / smooth.sum(axis=-1),
        court=cumulative(court),
        ogrs_offence=ogrs_offence,
        cell=cumulative(base.ravel()),
        custody_cell=cumulative(base[..., Disposal.CUSTODY].ravel()),
        length=_lengths(register, ogrs_offence),
        length_low=np.array([p.shortest_sentence_days, *(DAYS_PER_MONTH * m for m in (6, 12, 48, 120)), 1.0]),
        length_high=np.array(
            [*(DAYS_PER_MONTH * m for m in (6, 12, 48, 120)), p.longest_sentence_years * DAYS_PER_YEAR, 1.0]
        ),
    )


def table_year(register: Register, year: int) -> int:
    """Return the index of the year whose disposals hold: 2014 before it, 2019 after, or the year of holding."""
    held = year if register.hold_at is None else min(year, register.hold_at)
    return min(max(held, FIRST_YEAR), LAST_YEAR) - FIRST_YEAR


@compiled
def tilt(u, share, log_odds):
    """Move a uniform so that to lie below `share` becomes likelier by so much on the log-odds."""
    if share >= 1.0:
        return u
    odds = share / (1.0 - share) * math.exp(log_odds)
    new = odds / (1.0 + odds)
    return u * share / new if u < new else share + (u - new) * (1.0 - share) / (1.0 - new)


@compiled
def tilt_within(u, low, middle, high, log_odds):
    """Tilt a uniform that lies between two bounds, so that the part below the middle becomes likelier.

    Uniforms outside the bounds stay where they are, so the categories outside keep their chances.
    """
    if u < low or u >= high:
        return u
    width = high - low
    return low + width * tilt(min(u - low, width) / width, (middle - low) / width, log_odds)


@compiled
def _fill_lengths(kind, low, high, shares, group, ogrs_offence, log_odds, u_band, u_days, out_days, out_indeterminate):
    for k in range(u_band.size):
        bands = shares[kind[group[k], ogrs_offence[k]]]
        band = pick(tilt(u_band[k], bands[_LAST_UNDER_12_MONTHS], log_odds[k]), bands)
        out_days[k] = int(log_uniform(u_days[k], low[band], high[band]))
        out_indeterminate[k] = band == INDETERMINATE_BAND


def sentence_lengths(
    register: Register,
    year: int,
    groups: NDArray[np.integer],
    ogrs_offence: NDArray[np.integer],
    ogrs3: NDArray[np.floating],
    u_band: Floats,
    u_days: Floats,
) -> tuple[NDArray[np.int64], NDArray[np.bool_]]:
    """Turn two uniforms for each sentence into its length.

    Parameters
    ----------
    year : int
        Year of sentence; before 2010 the shape of 2010 holds.
    groups, ogrs_offence : integer arrays, shape (n,)
        Offence groups and OGRS3 classes.
    ogrs3 : float array, shape (n,)
        OGRS3 at the last index event: of two people sentenced for one kind of offence, the prolific one is the likelier
        to be given less than twelve months.
    u_band, u_days : float64 arrays, shape (n,)
        Uniforms for the published band and for the place within it (log-uniform).

    Returns
    -------
    (int64 array, bool array), shape (n,)
        Days, and whether the sentence is indeterminate (days then mean nothing).
    """
    s = register.derived(build)
    held = year if register.hold_at is None else min(year, register.hold_at)
    shares = s.length[min(max(held - _FIRST_LENGTHS, 0), len(s.length) - 1)]
    p, count = register.courts, len(u_band)
    log_odds = (p.short_sentence_slope * (ogrs3 - p.centre_ogrs3)).astype(np.float64)
    days, indeterminate = np.empty(count, np.int64), np.empty(count, bool)
    kinds = each(groups, count), each(ogrs_offence, count)
    _fill_lengths(
        length_kind(), s.length_low, s.length_high, shares, *kinds, log_odds, u_band, u_days, days, indeterminate
    )
    return days, indeterminate


class OrderLengths(NamedTuple):
    """Lengths of court orders in months, each with its cumulative share."""

    community_months: Floats
    community_shares: Floats
    suspended_months: Floats
    suspended_shares: Floats


def _order_lengths(register: Register) -> OrderLengths:
    """Gather the parameters of the loop."""
    p = register.courts
    return OrderLengths(
        community_months=np.asarray(p.community_order_months, float),
        community_shares=np.cumsum(p.community_order_share),
        suspended_months=np.asarray(p.suspended_order_months, float),
        suspended_shares=np.cumsum(p.suspended_order_share),
    )


@compiled
def _fill_order_days(lengths, disposal, u, out):
    for k in range(u.size):
        if disposal[k] == Disposal.SUSPENDED_SENTENCE_ORDER:
            months = lengths.suspended_months[pick(u[k], lengths.suspended_shares)]
        else:
            months = lengths.community_months[pick(u[k], lengths.community_shares)]
        out[k] = int(months * DAYS_PER_MONTH)


def order_days(register: Register, disposal: NDArray[np.integer], u: Floats) -> NDArray[np.int64]:
    """Turn a uniform for each court order into its length in days; shape (n,)."""
    out = np.empty(len(u), np.int64)
    _fill_order_days(register.derived(_order_lengths), each(disposal, len(u)), u, out)
    return out


def indeterminate_by_group() -> Floats:
    """Return indeterminate sentences of 2005 by offence group, shape (12,); "other" counts as criminal damage."""
    published = {row["offence"]: float(row["indeterminate"]) for row in tables.rows("sentence_length_by_offence_2005")}
    counts = np.zeros(len(OffenceGroup))
    for group, kind in _LENGTH_KIND.items():
        counts[group] = published.get(kind, 0.0)
    counts[OffenceGroup.THEFT] += published[_BURGLARY]
    counts[OffenceGroup.CRIMINAL_DAMAGE] = published["other"]
    return counts
