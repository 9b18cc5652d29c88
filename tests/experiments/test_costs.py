"""What a year costs, by hand arithmetic on weeks that are all alike."""

from datetime import date
from io import StringIO

import pandas as pd
import pytest
from rich.console import Console

from experiments import costs, report
from sim.data import tables
from sim.errors import InputError
from sim.parameters.register import Register

ARMS = ("base", "reform")
SEEDS = (0, 1, 2)
WEEKS_A_YEAR = 365.25 / 7
PARTED = date(2014, 6, 1)
COUNTS = {
    "custody_population": 100,
    "orders_started": 7,
    "releases_supervised": 4,
    "custody_starts": 3,
    "convictions": 20,
    "breaches": 5,
    "helped": 12,
}
BY_HAND = {
    "cost_prison_per_year": 100 * 37648,
    "cost_orders_per_year": 7 * WEEKS_A_YEAR * 4135,
    "cost_licences_per_year": 4 * WEEKS_A_YEAR * 2380,
    "cost_reports_per_year": (7 + 3) * WEEKS_A_YEAR * 0.7 * 215,
    "cost_courts_per_year": (20 + 5) * WEEKS_A_YEAR * 215,
    "cost_help_per_year": 12 * 3000,
    "cost_reoffending_per_year": 250 * 32000,
}
PUBLIC = [m for m in BY_HAND if m not in ("cost_help_per_year", "cost_reoffending_per_year")]
REGISTER = Register.load()


def weekly(base, reform=None, extra=()):
    """Return the weekly table of two arms in which every week has the same counts; a seed adds its number to each."""
    dates = pd.date_range("2014-01-06", "2019-12-30", freq="7D")
    rows = [
        (day, measure, "all", value + seed * bool(value), arm, seed)
        for arm, counts in zip(ARMS, (base, base if reform is None else reform), strict=True)
        for measure, value in {**counts, **dict(extra)}.items()
        for seed in SEEDS
        for day in dates
    ]
    return pd.DataFrame(rows, columns=["date", "measure", "group", "value", "scenario", "seed"])


def cohorts(base, reform=None):
    """Return the cohorts of two arms: so many reoffences in each twelve-month cohort, and other rules beside it."""
    starts = pd.date_range("2013-01-01", "2018-04-01", freq="QS")
    rows = [
        (estimator, start, group, arm, seed, 1000, 100, reoffences * factor)
        for arm, reoffences in zip(ARMS, (base, base if reform is None else reform), strict=True)
        for seed in SEEDS
        for start in starts
        for estimator, group, factor in (
            ("twelve_month_cohort", "all", 1),
            ("twelve_month_cohort", "disposal=custody", 5),
            ("three_month_cohort", "all", 7),
        )
    ]
    names = ["estimator", "cohort_start", "group", "scenario", "seed", "offenders", "reoffenders", "reoffences"]
    return pd.DataFrame(rows, columns=names)


def differences(base, reform=None, reoffences=(250, 250), register=REGISTER):
    """Return the costs by measure."""
    found = costs.cost_differences(weekly(base, reform), cohorts(*reoffences), ARMS, PARTED, register)
    return {d.measure: d for d in found}


def without_seeds(counts):
    """Return the counts less what the mean over seeds adds to each."""
    return {measure: value - 1 for measure, value in counts.items()}


@pytest.mark.parametrize("measure", BY_HAND)
def test_a_line_is_its_count_at_its_unit_cost(measure):
    found = differences(without_seeds(COUNTS))[measure]
    assert found.base == pytest.approx(BY_HAND[measure])
    assert (found.unit, found.group, found.estimand) == ("pounds", "all", "as_published")


def test_every_line_is_checked_by_hand():
    assert {line.measure for line in costs.LINES} == set(BY_HAND)


def test_public_spend_adds_up_prison_supervision_reports_and_courts_and_nothing_else():
    found = differences(without_seeds(COUNTS))[costs.PUBLIC_SPEND]
    assert found.base == pytest.approx(sum(BY_HAND[m] for m in PUBLIC))
    assert {line.measure for line in costs.LINES if line.is_public} == set(PUBLIC)


def test_where_nobody_is_nothing_is_spent():
    found = differences(dict.fromkeys(COUNTS, 0), reoffences=(0, 0))
    assert {(d.base, d.reform, d.difference) for d in found.values()} == {(0.0, 0.0, 0.0)}
    assert len(found) == len(costs.LINES) + 1


def test_arms_that_are_equal_cost_the_same_to_the_penny():
    for d in differences(COUNTS).values():
        assert d.base == d.reform > 0
        assert (d.difference, d.low, d.high) == (0.0, 0.0, 0.0)


def test_what_one_arm_has_more_of_moves_its_own_line_and_the_total_alone():
    found = differences(COUNTS, {**COUNTS, "releases_supervised": 9})
    moved = {m for m, d in found.items() if d.difference}
    assert moved == {"cost_licences_per_year", costs.PUBLIC_SPEND}
    for measure in moved:
        assert found[measure].difference == pytest.approx(5 * WEEKS_A_YEAR * 2380)


def test_reoffending_and_help_move_no_public_spend():
    found = differences(COUNTS, {**COUNTS, "helped": 50}, reoffences=(250, 200))
    assert {m for m, d in found.items() if d.difference} == {"cost_help_per_year", "cost_reoffending_per_year"}
    assert found["cost_reoffending_per_year"].difference == pytest.approx(-50 * 32000)


def test_the_interval_is_that_of_the_paired_difference_over_seeds():
    base, reform = weekly(COUNTS), weekly(COUNTS)
    in_reform = (reform["scenario"] == "reform") & (reform["measure"] == "custody_population")
    reform.loc[in_reform, "value"] += 1 + reform.loc[in_reform, "seed"]
    table = pd.concat([base[base["scenario"] == "base"], reform[reform["scenario"] == "reform"]])
    found = costs.cost_differences(table, cohorts(250), ARMS, PARTED, REGISTER)
    prison = next(d for d in found if d.measure == "cost_prison_per_year")
    half = 4.302652729911275 * 37648 / 3**0.5
    assert prison.difference == pytest.approx(2 * 37648)
    assert (prison.low, prison.high) == pytest.approx((2 * 37648 - half, 2 * 37648 + half))


def test_costs_are_of_the_weeks_and_cohorts_that_compare_looks_at():
    table = weekly(without_seeds(COUNTS))
    table.loc[table["date"] < "2015-06-01", "value"] = 1e9
    early = cohorts(250)
    early.loc[early["cohort_start"] < "2015-07-01", "reoffences"] = 10**9
    found = {d.measure: d for d in costs.cost_differences(table, early, ARMS, PARTED, REGISTER)}
    assert found["cost_prison_per_year"].base == pytest.approx(BY_HAND["cost_prison_per_year"])
    assert found["cost_reoffending_per_year"].base == pytest.approx(BY_HAND["cost_reoffending_per_year"])
    assert found["cost_prison_per_year"].cohort_from == "2015-06-01"
    years = found["cost_reoffending_per_year"]
    assert (years.estimator, years.cohort_from, years.cohort_to) == ("twelve_month_cohort", "2015-07-01", "2018-06-30")


def test_without_a_complete_cohort_reoffending_is_absent_and_not_nothing():
    found = costs.cost_differences(weekly(COUNTS), cohorts(250).iloc[:0], ARMS, PARTED, REGISTER)
    assert "cost_reoffending_per_year" not in {d.measure for d in found}
    assert costs.PUBLIC_SPEND in {d.measure for d in found}


def test_money_from_the_books_of_an_organisation_is_a_line_that_is_pounds_already():
    profit = costs.Line("profit_per_year", "providers' profit", (("profit", "provider_type=crc"),), is_flow=True)
    table = weekly({"profit": -300}).replace({"group": {"all": "provider_type=crc"}})
    means, _ = costs.weekly_means(table, PARTED)
    assert costs.yearly([profit], means, "base", REGISTER).tolist() == pytest.approx(
        [(-300 + seed) * WEEKS_A_YEAR for seed in SEEDS]
    )
    assert costs.price_year(profit, REGISTER) == ""


# --- the unit costs


def numbers(identity):
    """Return the value and the note of a published figure."""
    row = next(r for r in tables.rows("published_statistics") if r["id"] == identity)
    return float(row["value"]), row["note"]


def test_published_unit_costs_are_those_of_the_published_table():
    order, note = numbers("cost_order")
    assert REGISTER.costs.order == order
    assert f"licence {REGISTER.costs.licence:,.0f} GBP" in note
    assert f"pre-sentence report {REGISTER.costs.report:.0f} GBP" in note
    assert REGISTER.costs.prison_place == numbers("cost_prison_place")[0]
    assert REGISTER.costs.reoffence == numbers("cost_reoffence")[0]


def test_every_number_of_money_says_its_price_year_and_public_spend_has_one():
    money = [p for p in REGISTER if p.process == "costs" and p.unit.startswith("GBP")]
    assert len(money) == len(REGISTER.parameters["costs"]) - 1
    assert all("prices" in p.unit for p in money)
    years = {line.measure: costs.price_year(line, REGISTER) for line in costs.LINES}
    assert years.pop("cost_reoffending_per_year") == "2017/18"
    assert set(years.values()) == {"2011/12"} == {costs.public_price_year(REGISTER)}


def test_a_line_says_whether_a_number_behind_it_is_assumed():
    assumed = {line.measure for line in costs.LINES if costs.is_assumed(line, REGISTER)}
    assert assumed == {"cost_reports_per_year", "cost_courts_per_year", "cost_help_per_year"}


@pytest.mark.parametrize("text", ["-1", "1e9", "NaN", '"dear"', "[1, 2]"])
@pytest.mark.parametrize("name", sorted(REGISTER.parameters["costs"]))
def test_a_bad_unit_cost_is_refused_with_its_name(name, text):
    with pytest.raises(InputError, match=f"costs.{name}"):
        REGISTER.with_setting(f"costs.{name}", text)


def test_a_setting_changes_its_line():
    dearer = REGISTER.with_setting("costs.court_hearing", "1000")
    found = differences(without_seeds(COUNTS), register=dearer)
    assert found["cost_courts_per_year"].base == pytest.approx((20 + 5) * WEEKS_A_YEAR * 1000)
    assert found["cost_prison_per_year"].base == pytest.approx(BY_HAND["cost_prison_per_year"])


# --- in print


def printed(found):
    """Return the lines of the table of costs."""
    console = Console(file=StringIO(), width=report.WIDTH)
    console.print(report.costs_table(list(found.values()), REGISTER))
    return [" ".join(line.split()) for line in console.file.getvalue().splitlines() if line.strip()]


def test_the_table_has_millions_price_years_and_marks_what_is_assumed():
    lines = printed(differences(without_seeds(COUNTS), {**without_seeds(COUNTS), "custody_population": 199}))
    assert lines[0] == "Costs, million pounds a year, people of the run, 2011/12 prices"
    assert lines[1] == "2015-06-01 to 2019-12-30"
    named = {line.rpartition(" [")[0]: line for line in lines[3:]}
    assert "prison 3.76 7.53 +3.76" in named
    assert "reoffending, 2017/18 8.00 8.00 +0.00" in named
    assert "help by charities** 0.04 0.04 +0.00" in named
    assert len(named) == len(costs.LINES) + 1


def test_costs_stand_in_their_own_table_and_not_among_stocks():
    table = report.stocks_table(list(differences(COUNTS).values()))
    assert table.row_count == 0
