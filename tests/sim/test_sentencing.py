"""The sentencing tables against the published totals."""

import csv

import numpy as np
import pytest

from sim import sentencing
from sim.clock import DAYS_PER_MONTH
from sim.data import tables
from sim.distributions import log_uniform
from sim.draws import choose
from sim.offenders import BANDS, Disposal, OffenceGroup
from sim.sentencing import build, cumulative, sentence_lengths, table_year, tilt
from tests.worlds import SIM


@pytest.fixture(scope="module")
def made(register):
    """The probabilities under the shipped parameters."""
    return build(register)


@pytest.fixture(scope="module")
def published():
    """The published rows."""
    with (SIM / "data" / "sentencing_occasions_adults_2014_2019.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def test_all_published_occasions_are_kept_those_of_unknown_sex_too(published):
    totals = sentencing.occasions().sum(axis=(1, 2, 3, 4))
    by_hand = [sum(float(r["occasions"]) for r in published if r["year"] == str(y)) for y in range(2014, 2020)]
    assert totals == pytest.approx(by_hand)
    assert by_hand[0] == 595_569
    assert any(r["sex"] == "unknown" for r in published)


def test_occasions_of_unknown_sex_stay_in_their_disposal_group_and_band(published):
    table = sentencing.occasions()
    for name, group in sentencing.PUBLISHED_GROUPS.items():
        by_hand = np.zeros((6, len(BANDS), len(Disposal)))
        for r in published:
            if r["offence_group"] == name:
                where = int(r["year"]) - 2014, BANDS.index(r["criminal_history"])
                by_hand[(*where, sentencing.PUBLISHED_DISPOSALS[r["disposal"]])] += float(r["occasions"])
        assert table[:, group].sum(axis=1) == pytest.approx(by_hand), name


def test_a_cell_is_the_published_one():
    """Criminal damage, women without a history, cautioned in 2014: 109."""
    cell = sentencing.occasions()[0, OffenceGroup.CRIMINAL_DAMAGE, 1, 0, Disposal.CAUTION]
    assert 109 <= cell < 110


def test_every_cumulative_row_rises_to_one(made):
    for name in ("first_timer", "returner", "group", "court", "ogrs_offence", "cell", "custody_cell", "length"):
        rows = getattr(made, name)
        assert np.array_equal(rows[..., -1], np.ones_like(rows[..., -1])), name
        assert (np.diff(rows, axis=-1) >= -1e-15).all(), name
        assert (rows >= 0).all(), name


def test_a_group_has_the_published_share_of_men_without_a_history(made):
    table = sentencing.occasions()[0].sum(axis=-1)
    share = np.diff(made.group[0, 0], prepend=0)
    assert share == pytest.approx(table[:, 0, 0] / table[:, 0, 0].sum())


def test_the_share_cautioned_is_the_published_one_in_a_thick_cell(made):
    table = sentencing.occasions()[0, OffenceGroup.THEFT, 0, 0]
    assert table.sum() > 5000
    assert made.caution[0, OffenceGroup.THEFT, 0, 0] == pytest.approx(table[0] / table.sum(), abs=0.003)


def test_courts_give_no_cautions_and_the_published_share_of_custody(made):
    table = sentencing.occasions()[0, OffenceGroup.THEFT, 0, 5]
    shares = np.diff(made.court[0, OffenceGroup.THEFT, 0, 5], prepend=0)
    assert len(shares) == len(Disposal) - 1
    assert shares == pytest.approx(table[1:] / table[1:].sum(), abs=0.003)


def test_the_share_under_twelve_months_in_2015_is_the_parameter(register, made):
    custody = sentencing.occasions()[1, ..., Disposal.CUSTODY].sum(axis=(1, 2))
    classes = np.diff(made.ogrs_offence, prepend=0)
    short = made.length[5][sentencing.length_kind()][..., 1]
    share = (custody[:, None] * classes * short).sum() / custody.sum()
    assert share == pytest.approx(register.courts.share_under_12_months, abs=1e-6)


def test_another_share_under_twelve_months_is_met_too(register):
    changed = register.with_setting("courts.share_under_12_months", "0.6")
    made = build(changed)
    custody = sentencing.occasions()[1, ..., Disposal.CUSTODY].sum(axis=(1, 2))
    short = made.length[5][sentencing.length_kind()][..., 1]
    share = (custody[:, None] * np.diff(made.ogrs_offence, prepend=0) * short).sum() / custody.sum()
    assert share == pytest.approx(0.6, abs=1e-6)


def test_the_change_of_sentence_lengths_is_the_published_percentage():
    change = sentencing.length_change()
    assert (change[0] == 1).all()
    assert change[1, 0] == pytest.approx(1.0232)
    assert change[3, 0] == pytest.approx(1 - 0.097)


def test_what_all_kinds_make_of_a_band_changes_as_published(made):
    """Whatever the mix of offences of the year; the change is over the level of 2015."""
    change = sentencing.length_change()
    passed = np.array(
        [
            sentencing.custody_by_kind(year, made.ogrs_offence) @ np.diff(made.length[year - 2010], prepend=0.0)
            for year in range(2010, 2020)
        ]
    )[:, : sentencing.INDETERMINATE_BAND]
    grown = passed / passed[5] / (change / change[5])
    assert grown == pytest.approx(np.tile(grown[:, :1], 5), rel=1e-6), "one factor for a year: the total is the table's"
    assert passed[9, 3] / passed[9, 2] > passed[0, 3] / passed[0, 2] * 1.3, "long ones became more"


def test_summary_offences_carry_six_months_at_most(register):
    n = 500
    u = (np.arange(n) + 0.5) / n
    groups = np.full(n, OffenceGroup.SUMMARY_MOTORING)
    days, life = sentence_lengths(register, 2014, groups, np.zeros(n, int), np.full(n, 0.5), u, u[::-1])
    assert not life.any()
    assert (days.min(), days.max()) >= (14, 14)
    assert days.max() <= 182


def test_lengths_lie_in_their_published_bands(register, made):
    n = 4000
    u = (np.arange(n) + 0.5) / n
    kind = np.full(n, OffenceGroup.VIOLENCE)
    spread = np.random.default_rng(1).permutation(u)
    days, life = sentence_lengths(
        register, 2014, kind, np.zeros(n, int), np.full(n, register.courts.centre_ogrs3), u, spread
    )
    bounds = np.diff(made.length[4, sentencing.LENGTH_KINDS.index("violence")], prepend=0)
    edges = [14, 182.625, 365.25, 48 * 30.4375, 120 * 30.4375, 22 * 365.25 + 1]
    shares = np.histogram(days[~life], edges)[0] / n
    assert life.mean() == pytest.approx(bounds[5], abs=2 / n)
    assert shares == pytest.approx(bounds[:5], abs=3 / n)


def test_the_average_sentence_of_each_year_is_the_published_one(made):
    """A check that no parameter was set against."""
    published = {int(r["year"]): float(r["all_offences"]) for r in tables.rows("average_custodial_sentence_months")}
    u = (np.arange(2000) + 0.5) / 2000
    months = [
        np.mean([log_uniform(x, low, high) for x in u]) / DAYS_PER_MONTH
        for low, high in zip(made.length_low[:5], made.length_high[:5], strict=True)
    ]
    classes = np.diff(made.ogrs_offence, prepend=0.0)
    for year, average in published.items():
        passed = sentencing.occasions()[max(year, 2014) - 2014, ..., Disposal.CUSTODY].sum(axis=(1, 2))
        bands = np.diff(made.length[year - 2010], prepend=0.0)[sentencing.length_kind()]
        number = (passed[:, None, None] * classes[:, :, None] * bands).sum(axis=(0, 1))[:5]
        assert number @ months / number.sum() == pytest.approx(average, rel=0.04), year


def test_the_prolific_are_sentenced_for_less_within_one_kind_of_offence(register):
    n = 2000
    u = (np.arange(n) + 0.5) / n
    args = np.full(n, OffenceGroup.THEFT), np.zeros(n, int)
    low, low_life = sentence_lengths(register, 2014, *args, np.full(n, 0.2), u, np.full(n, 0.5))
    high, high_life = sentence_lengths(register, 2014, *args, np.full(n, 0.8), u, np.full(n, 0.5))
    determinate = ~low_life & ~high_life
    assert (high <= low)[determinate].all()
    assert (high < 365).mean() > (low < 365).mean() + 0.05


def test_a_tilt_of_zero_moves_nothing():
    u = np.linspace(0, 0.999, 100)
    assert [tilt(x, 0.3, 0.0) for x in u] == pytest.approx(u)


@pytest.mark.parametrize(("share", "log_odds"), [(0.3, 0.9), (0.3, -0.9), (0.05, 2.0), (0.9, -3.0)])
def test_a_tilt_changes_the_log_odds_by_what_it_says(share, log_odds):
    n = 100_000
    u = (np.arange(n) + 0.5) / n
    moved = np.array([tilt(x, share, log_odds) for x in u])
    odds = share / (1 - share) * np.exp(log_odds)
    assert (moved < share).mean() == pytest.approx(odds / (1 + odds), abs=2 / n)
    assert (np.diff(moved) > 0).all()
    assert 0 <= moved.min() <= moved.max() < 1


def test_a_tilt_of_a_certain_share_moves_nothing():
    assert [tilt(0.1, 1.0, -2.0), tilt(0.9, 1.0, 2.0)] == [0.1, 0.9]


def test_the_table_of_a_year_is_held_at_both_ends(register):
    assert [table_year(register, y) for y in (2008, 2014, 2016, 2019, 2025)] == [0, 0, 2, 5, 5]
    held = register.with_setting("series.hold_at", "2016")
    assert [table_year(held, y) for y in (2008, 2016, 2019)] == [0, 2, 2]


def test_order_lengths_follow_their_shares(register):
    n = 1000
    u = (np.arange(n) + 0.5) / n
    orders = sentencing.order_days(register, np.full(n, Disposal.COMMUNITY_ORDER), u)
    months = np.round(orders / 30.4375).astype(int)
    assert {m: int((months == m).sum()) for m in (6, 12, 18, 24)} == {
        m: round(n * share) for m, share in zip((6, 12, 18, 24), register.courts.community_order_share, strict=True)
    }
    suspended = sentencing.order_days(register, np.full(n, Disposal.SUSPENDED_SENTENCE_ORDER), u)
    assert set(np.round(suspended / 30.4375).astype(int)) == {12, 18, 24}


def test_burglary_within_theft_is_sentenced_as_burglary():
    from sim import ogrs

    kinds = sentencing.length_kind()
    burglary = ogrs.offence_classes().index("burglary_domestic")
    assert sentencing.LENGTH_KINDS[kinds[OffenceGroup.THEFT, burglary]] == "burglary"
    assert sentencing.LENGTH_KINDS[kinds[OffenceGroup.VIOLENCE, burglary]] == "violence"


def test_indeterminate_sentences_by_group_add_up_to_the_published_kinds():
    by_group = sentencing.indeterminate_by_group()
    assert by_group[OffenceGroup.VIOLENCE] == 554
    assert by_group[OffenceGroup.THEFT] == 39 + 28
    assert by_group[OffenceGroup.CRIMINAL_DAMAGE] == 110


def test_cumulative_agrees_with_hand_arithmetic():
    assert cumulative(np.array([1.0, 3.0, 4.0])).tolist() == [0.125, 0.5, 1.0]
    assert choose(np.array([0.125]), cumulative(np.array([1.0, 3.0, 4.0]))).tolist() == [1]
