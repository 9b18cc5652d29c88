import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from rich.console import Console

from experiments import series_figure, validation_figure
from experiments.calibration_design import bar
from experiments.targets import Period, Target, record
from experiments.validate import Row, UnmeasuredError, beside, end_of, measure, read, run, validate
from experiments.validation_report import coverage, headline, line, number, print_validation, verdict
from sim.clock import WEEKS_PER_YEAR, day_of
from sim.model import ProbationModel

SCALE = 0.1
YEAR = Period(date(2011, 1, 1), date(2011, 12, 31))


Y2013 = Period(date(2013, 1, 1), date(2013, 12, 31))
Y2014 = Period(date(2014, 1, 1), date(2014, 12, 31))


def target(**given):
    """Return a target of people on recall in 2011, changed as given."""
    plain = Target("x", "user", "recall_population", "", "all", (YEAR,), "post_reform", 1.0, "people", 0.0, "")
    return replace(plain, **given)


@pytest.fixture(scope="module")
def measured():
    """The record as two runs measure it, halving the chance of one: targets by id, and means."""
    targets, _ = record()
    one, other = (run(tuple(targets), SCALE, (), (), ("post_reform", seed)) for seed in (1, 2))
    means = {name: one[name] if isinstance(one[name], str) else (one[name] + other[name]) / 2 for name in one}
    return {t.id: t for t in targets}, means


def test_every_row_of_the_record_that_is_to_be_measured_is(measured):
    targets, values = measured
    assert {identity: value for identity, value in values.items() if isinstance(value, str)} == {}
    assert set(values) == set(targets)


def errors(measured, unit):
    """Return the errors of the rows set against, in points of percent, else over the published figure."""
    targets, values = measured
    chosen = [t for t in targets.values() if t.use == "calibrate" and t.unit == unit]
    return {t.id: (values[t.id] - t.value) / (1 if unit == "percent" else t.value) for t in chosen}


def test_every_rate_set_against_lies_within_five_points(measured):
    found = errors(measured, "percent")
    assert len(found) == 15
    assert {name: error for name, error in found.items() if abs(error) > 5} == {}


@pytest.mark.parametrize(("unit", "rows"), [("people", 6), ("recalls", 1), ("occasions", 14), ("count", 5)])
def test_counts_set_against_lie_within_a_tenth_or_half_as_much_again_as_their_bar(measured, unit, rows):
    targets, found = measured[0], errors(measured, unit)
    assert len(found) == rows
    allowed = {name: max(0.1, 1.5 * bar(targets[name]) / targets[name].value) for name in found}
    assert {name: error for name, error in found.items() if abs(error) > allowed[name]} == {}


# --- the arithmetic, on a small world


@pytest.fixture(scope="module")
def tables():
    model = ProbationModel("pre_reform", "england_wales", 0.02, 3)
    model.live_until(day_of(date(2013, 12, 30)))
    return read(model, "pre_reform/3")


def test_a_stock_is_the_mean_of_its_weeks_in_people_of_the_country(tables):
    first, last = date(2011, 1, 3), date(2011, 12, 26)  # Mondays
    weeks = tables.model.weekly.series("recall_population")[day_of(first) // 7 : day_of(last) // 7 + 1]
    assert measure(target(), tables) == pytest.approx(weeks.mean() / tables.model.size)


def test_a_year_s_flow_is_the_weeks_mean_times_the_weeks_of_a_year(tables):
    weekly = measure(target(measure="recalls", unit="recalls"), tables)
    assert measure(target(measure="recalls_per_year", unit="recalls"), tables) == pytest.approx(WEEKS_PER_YEAR * weekly)


def test_what_does_not_grow_with_people_is_not_divided_by_their_number(tables):
    assert 5 < measure(target(measure="cases_per_om_fte", unit="cases"), tables) < 60


def test_a_rate_is_taken_over_the_cohorts_of_its_period(tables):
    table = tables.cohorts
    of = (table["estimator"] == "three_month_cohort") & (table["group"] == "disposal=custody")
    year = table[of & (table["cohort_start"].dt.year == 2011)]
    asked = target(measure="binary_rate", estimator="three_month_cohort", group="disposal=custody", unit="percent")
    assert len(year) == 4
    assert measure(asked, tables) == pytest.approx(100 * year["reoffenders"].sum() / year["offenders"].sum())
    assert measure(replace(asked, unit="fraction"), tables) == pytest.approx(measure(asked, tables) / 100)


def test_a_year_of_the_twelve_month_estimator_is_one_cohort(tables):
    asked = target(measure="frequency", estimator="twelve_month_cohort", unit="count")
    table = tables.cohorts
    of = (table["estimator"] == "twelve_month_cohort") & (table["group"] == "all")
    one = table[of & (table["cohort_start"] == "2011-01-01")]
    assert measure(asked, tables) == pytest.approx(float(one["frequency"].iloc[0]))


def test_an_outcome_is_weighed_by_the_events_of_its_years(tables):
    asked = target(measure="recalled_within_1y", group="disposal=custody", unit="percent")
    one, other = (
        measure(replace(asked, periods=(Period(date(y, 1, 1), date(y, 12, 31)),)), tables) for y in (2010, 2011)
    )
    both = measure(replace(asked, periods=(Period(date(2010, 1, 1), date(2011, 12, 31)),)), tables)
    assert min(one, other) <= both <= max(one, other)


def test_a_change_is_in_points_or_in_percent_of_the_first_period(tables):
    years = tuple(Period(date(y, 1, 1), date(y, 12, 31)) for y in (2009, 2011))
    asked = target(measure="binary_rate", estimator="three_month_cohort", group="all", unit="percent")
    before, after = (measure(replace(asked, periods=(year,)), tables) for year in years)
    change = replace(asked, measure="binary_rate_change", periods=years)
    assert measure(replace(change, unit="percentage points"), tables) == pytest.approx(after - before)
    assert measure(change, tables) == pytest.approx(100 * (after / before - 1))


def test_shares_of_recalls_add_up(tables):
    parts = [
        measure(target(measure="recall_share", group=f"disposal={kind}", unit="percent"), tables)
        for kind in ("custody_under_12m", "custody_12m_plus")
    ]
    assert 50 < sum(parts) <= 100.0001


def test_occasions_by_disposal_and_by_band_have_one_sum(tables):
    from sim.offenders import BANDS, Disposal

    groups = ([f"disposal={d.name.lower()}" for d in Disposal], [f"previous_sanctions_band={b}" for b in BANDS])
    asked = target(measure="occasions_by_disposal_per_year", unit="occasions")
    sums = [sum(measure(replace(asked, group=group), tables) for group in kind) for kind in groups]
    assert sums[0] == pytest.approx(sums[1])
    assert sums[0] > 0


@pytest.mark.parametrize(
    "given",
    [
        {"periods": (Period(date(2013, 1, 1), date(2014, 1, 31)),)},
        {"measure": "binary_rate", "estimator": "three_month_cohort", "periods": (Y2013,)},
        {"measure": "recalled_within_1y", "group": "disposal=custody", "periods": (Y2013,)},
        {"measure": "occasions_by_disposal_per_year", "group": "disposal=fine", "periods": (Y2014,)},
        {"measure": "binary_rate", "estimator": "three_month_cohort", "group": "provider_type=nps"},
    ],
)
def test_what_the_run_does_not_have_is_said_and_not_made_up(tables, given):
    with pytest.raises(UnmeasuredError):
        measure(target(**given), tables)


# --- the interval, how often it holds, and the verdict


@pytest.mark.parametrize(
    ("published", "half", "most"), [(10.0, 1, 1), (11.3, 1, 1), (8.7, 1, 1), (11.4, 0, 1), (6.8, 0, 1), (13.3, 0, 0)]
)
def test_narrower_intervals_hold_less(published, half, most):
    """About 10 with a standard deviation of 2: half lies within 1.35, nine tenths within 3.29."""
    row = Row(target(value=published), 10.0, 10 - 2 * 1.959964, 10 + 2 * 1.959964)
    assert coverage([row]) == f"of 1 rows the 50% interval holds {half} and the 90% interval holds {most}"


def test_without_an_interval_nothing_is_held():
    assert not Row(target(), 1.0, None, None).holds(0.9)


def test_the_interval_holds_the_error_of_the_mean_the_chance_of_the_country_and_the_published_error():
    values = np.array([9.0, 11.0])
    mean, low, high = beside(values, 0.0, 0.5)
    assert (mean, high - mean) == (10.0, pytest.approx(12.706 * math.sqrt(2.0 * (0.5 + 0.5)), rel=1e-3))
    assert high - mean == pytest.approx(mean - low)
    _, low, high = beside(np.array([10.0, 10.0]), 1.0, 0.5)
    assert (low, high) == (pytest.approx(10 - 1.96, abs=1e-3), pytest.approx(10 + 1.96, abs=1e-3))
    assert beside(np.array([3.0, 3.0]), 0.0, 0.1) == (3.0, 3.0, 3.0)
    assert beside(np.array([3.0]), 1.0, 0.1) == (3.0, None, None)


def test_the_published_figure_is_inside_the_interval_as_often_as_the_interval_says():
    random = np.random.default_rng(7)
    error, seeds, scale, worlds = 0.5, 4, 0.1, 4000
    hits = 0
    for _ in range(worlds):
        _, low, high = beside(random.normal(0, 1 / math.sqrt(scale), seeds), error, scale)
        hits += low <= random.normal(0, math.hypot(1, error)) <= high
    assert abs(hits / worlds - 0.95) < 0.02


def test_runs_go_on_until_the_last_period_is_over_and_its_people_are_followed_up():
    rate = target(measure="binary_rate", estimator="three_month_cohort", unit="percent")
    assert end_of([target()]) == date(2012, 1, 1)
    assert end_of([target(), rate]) == date(2013, 7, 1)  # 547 days: a year and 182 days for proof
    assert end_of([target(periods=(Period(date(2008, 1, 7), date(2008, 1, 13)),))]) == date(2008, 2, 4)
    assert end_of([target(periods=(Period(date(2030, 1, 1), date(2030, 12, 31)),))]) == date(2030, 12, 31)


def test_targets_are_measured_in_the_scenario_they_name_and_what_no_run_has_is_said():
    period = (Period(date(2008, 6, 1), date(2008, 8, 31)),)
    asked = [
        target(periods=period),
        target(id="y", periods=period, scenario="no_change"),
        target(
            id="z",
            measure="binary_rate",
            estimator="three_month_cohort",
            group="provider_type=nps",
            periods=(Period(date(2008, 7, 1), date(2008, 9, 30)),),
        ),
    ]
    rows, unmeasured = validate(asked, 0.005, [0, 1])
    assert [row.target.id for row in rows] == ["x", "y"]
    assert rows[0].simulated == rows[1].simulated
    assert [identity for identity, _ in unmeasured] == ["z"]
    assert {"id", "use", "measure", "group", "published", "simulated", "low", "high", "error", "unit", "inside"} <= set(
        rows[0].as_dict()
    )


def row(value, simulated, low, high, **given):
    return Row(target(value=value, **given), simulated, low, high)


def test_rows_of_one_fact_count_once():
    rows = [row(1, 1, 0, 2, fact="a"), row(5, 1, 0, 2, fact="a"), row(1, 1, 0, 2, fact="b")]
    assert verdict(rows) == "2 of 3 rows inside; 1 of 2 facts with all their rows inside"
    assert [r.inside for r in rows] == [True, False, True]
    assert row(1, 1, None, None).inside is None


def test_lines_fit_eighty_columns_and_say_what_lies_outside():
    long = row(123456, 234567.8, 134567.8, 999999.5, id="a_very_long_name_of_a_target_of_somebody")
    assert line(long).endswith("outside")
    assert len(line(long)) <= 80
    assert line(row(5, 1, 0.5, 1.5)).endswith("outside")
    assert [number(v) for v in (0.12345, 12.345, 1234.5)] == ["0.123", "12.3", "1,234"]


def test_the_picture_has_every_row_on_the_axis_of_its_unit_and_names_those_outside_in_bold():
    rows = [
        row(40, 42, 41, 43, id="a_rate", measure="binary_rate", unit="percent", use="calibrate"),
        row(0.5, 0.4, 0.3, 0.6, id="a_share", measure="recall_share", unit="fraction", use="validate"),
        row(200, 210, 190, 230, id="a_count"),
        row(-2, -1, -3, 1, id="points", measure="binary_rate_change", unit="percentage points"),
        row(20, 30, 25, 35, id="ratio", measure="recalls_change", unit="percent"),
    ]
    figure = validation_figure.validation(rows, "found")
    labels = [[(t.get_text(), t.get_fontweight()) for t in axis.get_yticklabels()] for axis in figure.axes]
    assert labels == [
        [("a rate", "bold"), ("a share", "normal")],
        [("a count", "normal")],
        [("points", "normal")],
        [("ratio", "bold")],
    ]
    published = [[line.get_xdata()[0] for line in axis.get_lines() if line.get_marker() == "D"] for axis in figure.axes]
    assert published == [[40, 50], [100], [-2], [20]]
    assert validation_figure.validation([row(1, 1, None, None)], "one seed").axes


def test_the_title_counts_what_was_never_set_against():
    rows = [row(1, 1, 0, 2, use="validate"), row(5, 1, 0, 2, use="validate"), row(1, 1, 0, 2, use="calibrate")]
    assert headline(rows) == "The model meets 1 of 2 published figures that it was never set against"
    assert headline(rows[2:]) == "The model meets 1 of 1 targets"
    alone = [replace(row, low=None, high=None) for row in rows]
    assert (
        headline(alone) == "2 published figures that it was never set against beside one run of the model: no interval"
    )


def test_the_report_has_all_uses_and_what_was_not_measured(capsys):
    rows = [row(1, 1, 0, 2, use=use, id=use) for use in ("calibrate", "context", "validate")]
    print_validation(Console(width=80), rows, [("gone", "no such thing")], 0.1, 4)
    said = capsys.readouterr().out
    words = " ".join(said.split())
    assert all(text in words for text in ("Set against", "Never set against", "gone: no such thing", "is an input"))
    assert all(len(text) <= 80 for text in said.splitlines())


def test_the_series_are_drawn_year_by_year_with_checks_apart():
    targets = [t for t in record()[0] if t.fact in ("series of all adults", "recall population")]
    rows = [Row(t, t.value, 0.9 * t.value, 1.1 * t.value) for t in reversed(targets)]
    figure = series_figure.series(rows)
    drawn = [axis for axis in figure.axes if axis.lines]
    assert len(drawn) == 5
    for axis in drawn:
        mean, *points = axis.lines
        years = mean.get_xdata().tolist()
        assert years == sorted(years)
        assert [point.get_xdata()[0] for point in points] == years
    hollow = [line.get_markerfacecolor() == "white" for line in drawn[0].lines[1:]]
    assert hollow == [True, False] * 3
    assert series_figure.series_title(rows) == "Of 17 figures of years not fitted, 90% intervals hold 17"
