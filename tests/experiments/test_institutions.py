"""What the block of institutions says, by hand arithmetic on weeks that are all alike."""

from datetime import date
from io import StringIO

import numpy as np
import pandas as pd
import pytest
from rich.console import Console

from experiments import estimates, figures, institutions, report
from sim.scenarios import load_timeline

ARMS = ("base", "reform")
SEEDS = (0, 1, 2)
WEEKS_A_YEAR = 365.25 / 7
PARTED = date(2014, 6, 1)
TRUST, NPS, CRC = (f"provider_type={name}" for name in ("trust", "nps", "crc"))
LOW, HIGH = (f"{CRC}&payment_class={c}" for c in (0, 3))
TRUSTS = {
    ("public_spend", "all"): 130_000,
    ("income", TRUST): 120_000,
    ("costs", TRUST): 119_000,
    ("caseload", TRUST): 2_000,
    ("caseholders_over_40", "all"): 0.25,
}
COMPANIES = {
    ("public_spend", "all"): 140_000,
    ("income", NPS): 60_000,
    ("costs", NPS): 61_000,
    ("income", CRC): 70_000,
    ("costs", CRC): 75_000,
    ("results_paid", CRC): -200,
    ("charity_deficit", "all"): 400,
    ("caseload", NPS): 500,
    ("caseload", CRC): 1_700,
    ("volume_over_forecast", CRC): 0.8,
    ("places_bought", CRC): 0.5,
    ("contacts_due", LOW): 50,
    ("contacts_kept", LOW): 20,
    ("contacts_due", HIGH): 200,
    ("contacts_kept", HIGH): 150,
    ("referrals", LOW): 40,
    ("help_started", LOW): 10,
    ("referrals", HIGH): 80,
    ("help_started", HIGH): 60,
    ("caseholders_over_40", "all"): 0.5,
    ("caseholders_over_40", NPS): 0.3,
    ("caseholders_over_40", CRC): 0.6,
}
ALL = {count: 0.0 for row in institutions.ROWS for count in (*row.added, *row.taken, *row.over, *row.of)}
BY_HAND = {
    ("paid_by_ministry_per_year", "all"): 140_000 * WEEKS_A_YEAR,
    ("income_per_year", "all"): 130_000 * WEEKS_A_YEAR,
    ("income_per_year", NPS): 60_000 * WEEKS_A_YEAR,
    ("income_per_year", CRC): 70_000 * WEEKS_A_YEAR,
    ("expenditure_per_year", "all"): 136_000 * WEEKS_A_YEAR,
    ("expenditure_per_year", NPS): 61_000 * WEEKS_A_YEAR,
    ("expenditure_per_year", CRC): 75_000 * WEEKS_A_YEAR,
    ("balance_per_year", "all"): -6_000 * WEEKS_A_YEAR,
    ("balance_per_year", NPS): -1_000 * WEEKS_A_YEAR,
    ("balance_per_year", CRC): -5_000 * WEEKS_A_YEAR,
    ("results_paid_per_year", CRC): -200 * WEEKS_A_YEAR,
    ("help_started_share", LOW): 0.25,
    ("help_started_share", HIGH): 0.75,
    ("overclaimed_per_year", CRC): 0.0,
    ("recovered_per_year", CRC): 0.0,
    ("not_recovered_per_year", CRC): 0.0,
    ("charity_deficit_per_year", "all"): 400 * WEEKS_A_YEAR,
    ("volume_over_forecast", CRC): 0.8,
    ("places_bought_share", CRC): 0.5,
    ("contacts_kept_share", LOW): 0.4,
    ("contacts_kept_share", HIGH): 0.75,
    ("caseholders_over_40", "all"): 0.5,
    ("caseholders_over_40", NPS): 0.3,
    ("caseholders_over_40", CRC): 0.6,
}
ONLY_WITH_COMPANIES = {key for key in BY_HAND if key[1] != "all"}


def weekly(base=TRUSTS, reform=COMPANIES):
    """Return the weekly table of two arms in which every week is like every other."""
    dates = pd.date_range("2014-01-06", "2019-12-30", freq="7D")
    rows = [
        (day, *count, value, arm, seed)
        for arm, counts in zip(ARMS, (base, reform), strict=True)
        for count, value in {**ALL, **counts}.items()
        for seed in SEEDS
        for day in dates
    ]
    return pd.DataFrame(rows, columns=["date", "measure", "group", "value", "scenario", "seed"])


def differences(base=TRUSTS, reform=COMPANIES):
    """Return the block by measure and group."""
    found = institutions.institution_differences(weekly(base, reform), ARMS, PARTED)
    return {(d.measure, d.group): d for d in found}


@pytest.fixture(scope="module")
def found():
    return differences()


def printed_block(found):
    """Return the lines of the printed table, with single spaces."""
    console = Console(file=StringIO(), width=report.WIDTH)
    console.print(report.institutions_table(list(found.values())))
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines() if line.strip()]


@pytest.fixture(scope="module")
def lines(found):
    return printed_block(found)


@pytest.mark.parametrize("key", BY_HAND)
def test_a_row_is_its_weeks_added_up_to_a_year_or_the_mean_week(found, key):
    assert found[key].reform == pytest.approx(BY_HAND[key])
    assert found[key].unit == ("pounds" if key[0].endswith("_per_year") else "fraction")


def test_every_row_is_checked_by_hand(found):
    assert set(found) == set(BY_HAND)


@pytest.mark.parametrize("key", sorted(ONLY_WITH_COMPANIES))
def test_what_an_arm_of_trusts_does_not_have_is_nothing_and_has_no_difference(found, key):
    d = found[key]
    assert d.base is d.difference is d.low is d.high is d.pairing_gain is None
    assert d.reform is not None


def test_what_both_arms_have_is_compared(found):
    both = {key for key, d in found.items() if d.difference is not None}
    assert both == set(BY_HAND) - ONLY_WITH_COMPANIES
    assert found["income_per_year", "all"].base == pytest.approx(120_000 * WEEKS_A_YEAR)
    assert found["income_per_year", "all"].difference == pytest.approx(10_000 * WEEKS_A_YEAR)
    assert found["balance_per_year", "all"].difference == pytest.approx(-7_000 * WEEKS_A_YEAR)


def test_income_less_costs_is_the_balance_and_parts_add_up(found):
    for _, group in (key for key in BY_HAND if key[0] == "balance_per_year"):
        income, costs, balance = (found[f"{m}_per_year", group].reform for m in ("income", "expenditure", "balance"))
        assert income - costs == pytest.approx(balance)
    for measure in ("income", "expenditure", "balance"):
        parts = [found[f"{measure}_per_year", group].reform for group in (NPS, CRC)]
        assert sum(parts) == pytest.approx(found[f"{measure}_per_year", "all"].reform)


def test_companies_without_a_contract_have_books_and_no_forecast():
    found = differences(COMPANIES, {**COMPANIES, ("volume_over_forecast", CRC): 0.0, ("results_paid", CRC): 0.0})
    assert found["volume_over_forecast", CRC].base == pytest.approx(0.8)
    assert found["volume_over_forecast", CRC].reform is None
    assert found["results_paid_per_year", CRC].reform == 0.0
    assert found["results_paid_per_year", CRC].difference == pytest.approx(200 * WEEKS_A_YEAR)


def test_companies_that_fund_no_charities_buy_no_places():
    found = differences(COMPANIES, {**COMPANIES, ("places_bought", CRC): 0.0})
    assert found["places_bought_share", CRC].base == pytest.approx(0.5)
    assert found["places_bought_share", CRC].reform is found["places_bought_share", CRC].difference is None
    assert found["income_per_year", CRC].difference == 0.0


OVERCLAIMING = {**COMPANIES, ("overclaimed", CRC): 1_000, ("recovered", CRC): 400}


def test_what_is_claimed_and_not_due_is_what_was_recovered_and_what_was_not():
    found = differences(COMPANIES, OVERCLAIMING)
    claimed, back, kept = (found[f"{m}_per_year", CRC].reform for m in ("overclaimed", "recovered", "not_recovered"))
    assert (claimed, back, kept) == pytest.approx((1_000 * WEEKS_A_YEAR, 400 * WEEKS_A_YEAR, 600 * WEEKS_A_YEAR))
    assert found["not_recovered_per_year", CRC].difference == pytest.approx(600 * WEEKS_A_YEAR)


def test_arms_that_are_equal_differ_by_nothing():
    for d in differences(COMPANIES, COMPANIES).values():
        assert (d.difference, d.low, d.high) == (0.0, 0.0, 0.0)


def test_the_level_of_one_arm_stands_where_the_other_has_none():
    names = dict.fromkeys(("measure", "estimator", "group", "cohort_from", "cohort_to", "unit", "estimand"), "")
    d = estimates.difference(names, np.full(2, np.nan), np.array([1.0, 3.0]))
    assert (d.base, d.reform, d.difference) == (None, 2.0, None)


def test_the_ledgers_public_spend_is_named_apart_from_that_at_unit_costs(found):
    assert not any(measure.startswith("cost_") for measure, _ in found)


# --- in print


def test_the_table_has_millions_percent_and_a_dash_for_what_is_not_there(lines):
    assert lines[0] == "Institutions, million pounds a year as booked, shares in percent"
    assert "income of the services 6.26 6.78 +0.52 [+0.52, +0.52] -" in lines
    assert "companies - 3.65 - - -" in lines
    assert "volume over forecast - 80.0 - - -" in lines
    assert "kept, low payment class - 40.0 - - -" in lines
    assert "caseholders above 40 25.0 50.0 +25.00 [+25.00, +25.00] -" in lines


@pytest.mark.parametrize(
    ("claims", "printed"),
    [
        ({("overclaimed", CRC): 1_000, ("recovered", CRC): 400}, ("0.05", "0.02", "0.03")),
        ({("overclaimed", CRC): 1_000}, ("0.05", "0.00", "0.05")),
        ({("overclaimed", CRC): 1_000, ("recovered", CRC): 1_000}, ("0.05", "0.05", "0.00")),
    ],
)
@pytest.mark.parametrize("base", [TRUSTS, COMPANIES], ids=["trusts", "companies"])
def test_overclaims_are_shown_in_three_rows_where_there_are_any_and_in_none_where_there_are_not(base, claims, printed):
    titles = ("claimed and not due", "recovered", "not recovered")
    without = printed_block(differences(base, COMPANIES))
    shown = printed_block(differences(base, {**COMPANIES, **claims}))
    assert not any(line.startswith(titles) for line in without)
    other = "0.00" if base is COMPANIES else "-"
    first = next(i for i, line in enumerate(shown) if line.startswith(titles))
    for line, title, pounds in zip(shown[first : first + 3], titles, printed, strict=True):
        assert line.startswith(f"{title} {other} {pounds} ")
    assert shown[:first] + shown[first + 3 :] == without


def test_without_companies_no_row_of_theirs_is_shown():
    table = report.institutions_table(list(differences(TRUSTS, TRUSTS).values()))
    assert table.row_count == len(BY_HAND) - len(ONLY_WITH_COMPANIES)


def test_institutions_stand_in_their_own_table_and_not_among_stocks(found):
    assert report.stocks_table(list(found.values())).row_count == 0


# --- the picture


def test_the_finding_says_balance_and_volume_with_intervals():
    assert institutions.finding(weekly(), "reform", PARTED) == (
        "Companies' income less costs: -0.26 million pounds a year [-0.26, -0.26]; "
        "volume 80 percent of forecast [80, 80]"
    )
    assert institutions.finding(weekly(), "base", PARTED) is None


def test_the_picture_shows_each_full_quarter_of_the_books():
    arms = {"base": load_timeline("pre_reform"), "reform": load_timeline("post_reform")}
    figure = figures.institutions(weekly(), "reform", arms, "A title")
    money, volume, balance, places = figure.axes
    bars = [bar.get_height() for bar in money.patches]
    assert max(bars) == pytest.approx(70_200 * 14 / 1e6)
    assert min(bars) == pytest.approx(-200 * 14 / 1e6)
    assert balance.lines[0].get_ydata()[5] == pytest.approx(-5_000 * 13 / 1e6, rel=0.1)
    assert volume.lines[0].get_ydata() == pytest.approx(80)
    assert places.lines[0].get_ydata() == pytest.approx(50)
    figures.plt.close(figure)


def test_the_bars_of_the_picture_add_up_to_income_with_claims_above_and_recoveries_below():
    """Of a quarter of fourteen weeks: fees are income less results and claims, and what went back beside."""
    arms = {"base": load_timeline("pre_reform"), "reform": load_timeline("post_reform")}
    figure = figures.institutions(weekly(COMPANIES, OVERCLAIMING), "reform", arms, "A title")
    money = figure.axes[0]
    greatest = {
        container.get_label(): max((bar.get_height() for bar in container), key=abs) for container in money.containers
    }
    by_hand = {"fees and grants": 69_600, "results": -200, "claimed and not due": 1_000, "recovered": -400}
    assert greatest == pytest.approx({name: pounds * 14 / 1e6 for name, pounds in by_hand.items()})
    assert sum(by_hand.values()) == COMPANIES["income", CRC]
    figures.plt.close(figure)
