"""Timelines: what is in force on a day, for whom."""

from datetime import date

import numpy as np
import pytest

from sim.clock import day_of
from sim.errors import InputError
from sim.regions import load_region
from sim.scenarios import load_timeline
from sim.timeline import Lever, Timeline, first_difference, lever_definitions

AREA = np.zeros(3, np.int64)


def timeline(applies_by="everyone", areas=("all",), known=("Essex", "London"), name="risk_split", day=100):
    """Return a timeline of one lever."""
    return Timeline("made", "Made", {name: Lever(name, day, applies_by, areas)}, known)


def test_a_lever_for_everyone_begins_on_its_day():
    made = timeline()
    assert made.covers("risk_split", AREA, today=99).tolist() == [False] * 3
    assert made.covers("risk_split", AREA, today=100).tolist() == [True] * 3


@pytest.mark.parametrize("by", ["offence_day", "sentence_day", "release_day"])
def test_a_lever_by_a_day_looks_at_each_person_s_own_day_alone(by):
    days = {d: np.array([500, 500, 500]) for d in ("offence_day", "sentence_day", "release_day")}
    days[by] = np.array([99, 100, 101])
    found = timeline(by).covers("risk_split", AREA, today=500, **days)
    assert found.tolist() == [False, True, True]


def test_a_lever_holds_in_its_areas_alone():
    made = timeline(areas=("London",))
    assert made.covers("risk_split", np.array([0, 1, 1]), today=200).tolist() == [False, True, True]
    assert not made.covers("risk_split", np.array([1]), today=1).any()


@pytest.mark.parametrize("areas", [("all",), ("Essex",), ("Essex", "London")])
@pytest.mark.parametrize("where", [(0,), (1,), (2,), (1, 2), (0, 1, 2)])
def test_a_lever_holds_where_it_covers_anybody(areas, where):
    made = timeline(areas=areas, known=("Essex", "London", "Wales"))
    for day in (99, 100, 500):
        assert made.holds("risk_split", where, day) == made.covers("risk_split", np.array(where), today=day).any()
    assert not made.holds("reunified_service", where, 500)


def test_what_is_not_in_the_timeline_covers_nobody():
    assert not timeline().covers("hdc_widened", AREA, today=10**6, release_day=10**6).any()


def test_a_setting_is_the_scenario_s_own_or_the_definition_s():
    plain = timeline(name="hdc_widened", applies_by="release_day")
    assert plain.setting("hdc_widened", "share_released") == 0.3643
    assert Timeline("n", "t", {}).setting("hdc_widened", "share_released") == 0.3643
    lever = Lever("hdc_widened", 5, "release_day", settings={"share_released": 0.9})
    assert Timeline("n", "t", {"hdc_widened": lever}).setting("hdc_widened", "share_released") == 0.9


def test_a_lever_is_dropped_or_moved_and_the_timeline_itself_stays():
    post = load_timeline("post_reform")
    off = post.with_lever_setting("hdc_widened", "off")
    moved = post.with_lever_setting("hdc_widened", "2016-03-01")
    assert "hdc_widened" in post.levers
    assert set(off.levers) == set(post.levers) - {"hdc_widened"}
    assert len(off.levers) == len(post.levers) - 1 == 8
    assert moved.levers["hdc_widened"].from_day == day_of(date(2016, 3, 1))
    assert moved.levers["hdc_widened"].applies_by == "release_day"
    assert moved.levers["risk_split"] == post.levers["risk_split"]


def test_a_lever_that_the_timeline_does_not_have_is_not_added_by_moving_it():
    pre = load_timeline("pre_reform")
    assert pre.with_lever_setting("hdc_widened", "2016-03-01").levers == {}
    assert pre.with_lever_setting("hdc_widened", "off").levers == {}


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        ("risk_splt", "off", 'unknown lever "risk_splt"; did you mean "risk_split"'),
        ("risk_split", "2015-02-30", "levers.risk_split = 2015-02-30 is not a date"),
        ("risk_split", "soon", 'allowed: a date such as 2015-02-01, or "off"'),
        ("risk_split", "", "is not a date"),
        ("risk_split", "2008-01-06", "outside the model's time; allowed: 2008-01-07 to 2030-12-31"),
        ("risk_split", "2031-01-01", "outside the model's time"),
    ],
)
def test_a_bad_lever_setting_is_refused(name, text, said):
    with pytest.raises(InputError) as error:
        load_timeline("post_reform").with_lever_setting(name, text)
    assert "--set" in str(error.value)
    assert said in str(error.value)


def test_the_first_difference_is_the_first_lever_that_they_do_not_share():
    pre, post = load_timeline("pre_reform"), load_timeline("post_reform")
    split = load_timeline("risk_split_only")
    assert first_difference(pre, post) == day_of(date(2014, 6, 1)) == first_difference(post, pre)
    assert first_difference(split, post) == day_of(date(2015, 2, 1))
    assert first_difference(pre, load_timeline("no_change")) is None
    assert first_difference(post, post) is None


def test_a_moved_lever_differs_from_the_earlier_of_its_dates():
    post = load_timeline("post_reform")
    earlier = post.with_lever_setting("hdc_widened", "2016-01-01")
    assert first_difference(post, earlier) == day_of(date(2016, 1, 1)) == first_difference(earlier, post)


def test_a_timeline_describes_its_levers_by_date():
    described = load_timeline("post_reform", load_region("england_wales").areas).describe()
    assert [(d["from"], d["lever"]) for d in described] == [
        ("2014-06-01", "risk_split"),
        ("2015-02-01", "charity_supply_chain"),
        ("2015-02-01", "payment_by_results"),
        ("2015-02-01", "private_providers"),
        ("2015-02-01", "rehabilitation_activity_requirement"),
        ("2015-02-01", "short_sentence_supervision"),
        ("2015-05-01", "through_the_gate"),
        ("2017-08-01", "contract_variation"),
        ("2018-01-01", "hdc_widened"),
    ]


def test_every_setting_of_a_lever_lies_in_its_own_range():
    for name, definition in lever_definitions().items():
        assert definition["default_applies_by"] in definition["applies_by"], name
        for key, rule in definition.get("settings", {}).items():
            assert rule["low"] <= rule["value"] <= rule["high"], (name, key)
            assert rule["unit"]
            assert rule["meaning"]
