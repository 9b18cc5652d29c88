import pytest

from sim.errors import InputError
from visualiser.choices import Choices, Limits, menu

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
    assert "a scale of 0.004 or less" in str(refusal.value)
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
