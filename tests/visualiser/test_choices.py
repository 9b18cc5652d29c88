import re

import pytest

from sim.errors import InputError
from visualiser.choices import Choices, Limits, menu, week_in

LIMITS = Limits(people=1_000, sessions=2)


def test_an_address_says_what_was_chosen_and_nothing_else():
    chosen = Choices.read(
        {"reform": "reunified", "scale": 0.02, "seed": 7, "settings": ["levers.hdc_widened=off", "ties.p_tie=0.3"]}
    )
    assert Choices.from_query(f"?{chosen.query}&week=12&person=4") == chosen
    assert Choices().query == ""
    assert Choices.from_query("") == Choices()


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"base": "pre_refrom"}, 'unknown scenario "pre_refrom"; did you mean "pre_reform"?'),
        ({"base": "/etc/passwd"}, "unknown scenario"),
        ({"region": "../regions/england_wales.toml"}, "unknown region"),
        ({"scale": "all"}, "scale = 'all'"),
        ({"seed": -1}, "seed = -1"),
        ({"settings": ["x=1"] * 41}, "settings"),
        ({"settings": ["x=" + "1" * 300]}, "longer than 200"),
        ({"out": "/tmp"}, "out"),
        ([], "choices"),
    ],
)
def test_what_may_not_be_chosen_is_refused_by_name(given, said):
    with pytest.raises(InputError) as refusal:
        Choices.read(given)
    assert said in str(refusal.value)


def test_a_region_too_large_is_refused_with_the_scale_that_fits():
    with pytest.raises(InputError) as refusal:
        Choices(region="england_wales", scale=1.0).plan(LIMITS)
    assert "234,528 people" in str(refusal.value)
    assert "a scale of 0.0042 or less" in str(refusal.value)
    assert Choices(region="england_wales", scale=0.004).plan(LIMITS).region.name == "england_wales"


def test_a_bad_setting_is_refused_as_on_the_command_line():
    with pytest.raises(InputError, match=r"ties\.p_tie"):
        Choices(settings=("ties.p_tie=7",)).plan(LIMITS)


def test_the_menu_offers_what_there_is():
    offered = menu(LIMITS)
    names = {s["name"] for s in offered["scenarios"]}
    assert {"pre_reform", "post_reform", "reunified"} <= names
    assert set(offered["levers"]) == names
    assert offered["levers"]["post_reform"][0]["name"] == "risk_split"
    assert all(p["low"] <= p["value"] <= p["high"] for p in offered["parameters"])
    assert Choices.read(offered["defaults"]) == Choices()


def test_the_scale_that_fits_does_fit_however_small():
    for people in (200, 999, 20_000):
        with pytest.raises(InputError) as refusal:
            Choices(region="england_wales", scale=1.0).plan(Limits(people=people))
        fits = float(re.search(r"a scale of (\S+) or less", str(refusal.value))[1])
        assert 0.9 * people < fits * 234_528 <= people


def test_an_address_keeps_every_figure_of_a_scale():
    chosen = Choices(scale=0.0123456789)
    assert Choices.from_query(chosen.query).scale == chosen.scale


def test_an_address_with_too_many_fields_is_refused_in_words():
    with pytest.raises(InputError, match="more than 60 fields"):
        Choices.from_query("&".join(f"x{i}=1" for i in range(90)))


@pytest.mark.parametrize(
    ("query", "week"), [("week=12", 12), ("", 0), ("week=-3", 0), ("week=9e9", 0), ("week=12345", 0)]
)
def test_the_week_of_an_address(query, week):
    assert week_in(query, "week") == week
