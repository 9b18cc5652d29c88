"""The charts: counted as elsewhere, once, and beside published figures of the same measure alone."""

import json
from datetime import date

import numpy as np
import pytest

from experiments.plan import make_plan
from sim import measures
from sim.clock import DAYS_PER_WEEK, WEEKS_PER_YEAR, date_of, day_of
from sim.data import tables
from sim.ledger import PAYER
from visualiser.charts import charts, cohorts, replicate_series, with_intervals
from visualiser.charts.cohorts import binary_rates, complete_cohorts
from visualiser.charts.published import published
from visualiser.pair import Pair
from visualiser.states import State

IDS = ["reoffending", "recalls", "caseload", "workload", "custody", "money"]
PARTED = ("levers.risk_split=2009-06-01", "levers.short_sentence_supervision=2009-06-01")


def plan():
    return make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.01, [0], None, PARTED)


@pytest.fixture(scope="module")
def pair():
    """Two small worlds that parted in June 2009 and lived to the middle of 2011."""
    found = Pair(plan())
    while found.week < 180:
        found.step()
    return found


def panel(told, name):
    return next(p for p in told["panels"] if p["id"] == name)


def lines(told, name):
    return [dict(zip(s["x"], s["y"], strict=True)) for s in panel(told, name)["series"]]


def test_there_are_six_panels_of_two_lines_ready_for_json(pair):
    told = charts(pair)
    assert [p["id"] for p in told["panels"]] == IDS
    assert told["week"] == pair.week
    assert json.loads(json.dumps(told)) == told
    for p in told["panels"]:
        assert [s["arm"] for s in p["series"]] == [0, 1]
        assert all(len(s["x"]) == len(s["y"]) > 0 and s["low"] is s["high"] is None for s in p["series"])


def test_nothing_is_drawn_before_anything_was_lived():
    told = charts(Pair(plan()))
    assert all(s["x"] == s["y"] == [] for p in told["panels"] for s in p["series"])


def test_reoffending_is_what_the_official_rules_count(pair):
    told = lines(charts(pair), "reoffending")
    for model, line in zip(pair.models, told, strict=True):
        official = {
            c.start.isoformat(): 100 * c.binary_rate
            for c in measures.cohorts(model, groups=("all",))
            if c.estimator == "three_month_cohort"
        }
        assert line == pytest.approx(official, abs=1e-3)
        assert len(line) >= 6


def test_a_cohort_counted_alone_is_the_same_as_with_others(pair):
    starts = complete_cohorts(pair.models[1].day)
    together = binary_rates(pair.models[1], starts)
    assert [binary_rates(pair.models[1], [s])[0] for s in starts] == together
    assert len(set(together)) > 3


def test_each_cohort_is_counted_once_and_once_for_both_arms_before_they_part(monkeypatch):
    counted = []

    def count(model, starts):
        counted.append((model, starts))
        return binary_rates(model, starts)

    monkeypatch.setattr(cohorts, "binary_rates", count)
    pair = Pair(make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.002, [0], None, ()))
    while pair.week < 120:
        pair.step()
        charts(pair)
    assert not pair.parted
    assert [s for _, starts in counted for s in starts] == complete_cohorts(pair.models[0].day)
    assert len(counted) > 1


def test_cohorts_complete_before_the_fork_are_counted_under_one_arm_alone(pair, monkeypatch):
    counted = {0: [], 1: []}

    def count(model, starts):
        counted[pair.models.index(model)] += starts
        return binary_rates(model, starts)

    monkeypatch.setattr(cohorts, "binary_rates", count)
    cohorts._COUNTED.pop(pair, None)
    charts(pair)
    charts(pair)
    shared = complete_cohorts(pair.fork_week * DAYS_PER_WEEK)
    assert counted[0] == complete_cohorts(pair.models[0].day)
    assert counted[1] == counted[0][len(shared) :]


def test_recalls_of_a_quarter_are_its_weeks_brought_to_a_quarters_length(pair):
    weeks = [w for w in range(pair.week) if date(2010, 4, 1) <= date.fromordinal(733048 + 7 * w) < date(2010, 7, 1)]
    told = lines(charts(pair), "recalls")[1]
    assert date.fromordinal(733048) == date(2008, 1, 7)
    mean = pair.models[1].weekly.series("recalls")[weeks].mean()
    assert told["2010-05-16"] == pytest.approx(mean * WEEKS_PER_YEAR / 4, abs=0.01)
    assert max(told) == "2011-02-14"
    assert "brought to a quarter's length" in panel(charts(pair), "recalls")["note"]


def test_spending_of_a_quarter_is_what_the_books_of_its_months_say(pair):
    told = lines(charts(pair), "money")[1]
    ledger = pair.models[1].ledger
    first, end = day_of(date(2010, 1, 1)), day_of(date(2010, 4, 1))
    paid = ledger.pounds[(ledger.source == PAYER) & (ledger.day >= first) & (ledger.day < end)].sum()
    assert told["2010-02-14"] == pytest.approx(paid, rel=1e-6)


@pytest.mark.parametrize(
    ("name", "measure"), [("caseload", "caseload"), ("workload", "workload"), ("custody", "custody_population")]
)
def test_stocks_are_those_of_every_fourth_week_dated_as_it_ends(pair, name, measure):
    for model, line in zip(pair.models, lines(charts(pair), name), strict=True):
        assert list(line.values()) == pytest.approx(model.weekly.series(measure)[::4], abs=1e-3)
        assert list(line)[:2] == ["2008-01-14", "2008-02-11"]


def test_a_stock_agrees_with_the_network_of_its_date(pair):
    for number, line in enumerate(lines(charts(pair), "custody")):
        for week in range(1, pair.week + 1, 4):
            counts = pair.counts(week)[number]
            inside = counts[State.CUSTODY] + counts[State.RECALLED]
            assert line[date_of(week * DAYS_PER_WEEK).isoformat()] == inside


def test_notes_are_one_short_sentence(pair):
    for told in charts(pair)["panels"]:
        assert told["note"].count(".") == 1
        assert len(told["note"]) <= 110
    assert "dated at its start as published" in panel(charts(pair), "reoffending")["note"]


def test_published_rates_are_of_the_same_estimator_and_group():
    points = published("reoffending", 0.1)
    rows = {
        r["cohort_start"]: float(r["value"])
        for r in tables.rows("proven_reoffending_adults_2000_2014")
        if (r["estimator"], r["period"], r["quantity"]) == ("three_month_cohort", "3-monthly", "binary_rate_percent")
        and r["value"]
    }
    shown = {day: y for one in points for day, y in zip(one["x"], one["y"], strict=True)}
    assert shown == pytest.approx({day: rows[day] for day in rows if day >= "2008-04-01"}, abs=1e-3)
    assert min(shown) == "2008-04-01"
    assert all("three-month" in one["source"] for one in points)


def test_published_rates_say_which_years_the_model_was_fitted_to():
    fitted, others = published("reoffending", 0.1)
    assert fitted["label"] == "England and Wales (its year fitted to)"
    assert others["label"] == "England and Wales (not fitted to)"
    assert {day[:4] if day[5:7] != "01" else str(int(day[:4]) - 1) for day in fitted["x"]} == {"2009", "2011", "2013"}
    assert {"2008-04-01", "2010-07-01", "2012-04-01"} <= set(others["x"])


def test_published_counts_are_scaled_to_the_world_stand_at_the_middle_of_their_period_and_name_their_source():
    points = published("caseload", 0.1) + published("recalls", 0.1)
    assert [p["y"][0] for p in points] == pytest.approx([23452.8, 26464.9, 442.525, 606.7], abs=0.01)
    assert [p["x"] for p in points] == [["2011-07-02"], ["2017-12-16"], ["2014-09-30"], ["2018-07-02"]]
    assert all(p["source"] for p in points)


def test_published_counts_say_whether_the_model_was_fitted_to_them():
    labels = [one["label"] for name in ("caseload", "recalls") for one in published(name, 0.1)]
    scaled = "England and Wales, scaled to this world"
    assert labels == [f"{scaled} (fitted to)", f"{scaled} (not fitted to)"] * 2


def test_no_published_figure_stands_where_none_measures_the_same():
    assert [published(name, 1.0) for name in ("workload", "custody", "money")] == [[], [], []]


def test_the_lines_of_a_replicate_are_those_of_its_world(pair):
    series = replicate_series(pair.models[1])
    told = charts(pair)
    assert set(series) == set(IDS)
    for name in IDS:
        assert dict(zip(*series[name], strict=True)) == pytest.approx(lines(told, name)[1], abs=0.006)


def test_intervals_are_those_of_the_mean_over_seeds(pair):
    def replicate(more):
        return [
            {name: (x, [y + more for y in ys]) for name, (x, ys) in replicate_series(m).items()} for m in pair.models
        ]

    alone, told = charts(pair), charts(pair, [replicate(3.0), replicate(6.0)])
    for name in IDS:
        own, series = panel(alone, name)["series"][1], panel(told, name)["series"][1]
        assert series["y"] == pytest.approx([y + 3 for y in own["y"]], abs=0.02)
        half = 4.302653 * 3 / np.sqrt(3)  # Student's t of 2 degrees of freedom
        assert series["low"] == pytest.approx([y + 3 - half for y in own["y"]], abs=0.02)
        assert series["high"] == pytest.approx([y + 3 + half for y in own["y"]], abs=0.02)
        assert "mean of 3 seeds" in panel(told, name)["note"]


def test_a_date_that_one_seed_alone_has_keeps_its_value_without_an_interval():
    line = {"arm": 0, "x": ["2010-01-01", "2010-04-01"], "y": [1.0, 2.0], "low": None, "high": None}
    shown = [{"id": "recalls", "digits": 0, "note": "", "series": [line], "published": []}]
    series = with_intervals(shown, [({"recalls": (["2010-01-01"], [3.0])},) * 2])[0]["series"][0]
    assert series["y"] == [2.0, 2.0]
    assert series["low"][1] is series["high"][1] is None
    assert series["low"][0] < 2.0 < series["high"][0]
    assert with_intervals(shown, []) == shown
