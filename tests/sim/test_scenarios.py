"""Scenario files: inheritance, and every kind of bad input."""

from contextlib import suppress
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clock import day_of
from sim.errors import InputError
from sim.files import SCENARIOS, known_names
from sim.model import ProbationModel
from sim.scenarios import load_timeline
from sim.timeline import lever_definitions
from tests.worlds import events

CHANGE = {"lever": '"hdc_widened"', "from": "2018-01-01", "source": '"somewhere"'}


@pytest.fixture
def write(tmp_path):
    """Write a scenario file and return its path."""

    def to(content, name="mine.toml"):
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode("utf-8", "surrogatepass"))
        return str(path)

    return to


@pytest.fixture
def change(write):
    """Load a scenario of one change, its entries as given; None leaves one out."""

    def load(**changed):
        entries = {**CHANGE, **{k.rstrip("_"): v for k, v in changed.items()}}
        lines = "\n".join(f"{k} = {v}" for k, v in entries.items() if v is not None)
        return load_timeline(write(f'title = "Mine"\n[[change]]\n{lines}\n'))

    return load


def refused(path, *said):
    """Assert that a scenario is refused with a message that holds all of these."""
    with pytest.raises(InputError) as error:
        load_timeline(path)
    for words in said:
        assert words in str(error.value)


@pytest.mark.parametrize("name", known_names(SCENARIOS))
def test_every_shipped_scenario_loads(name):
    assert load_timeline(name).title


def test_no_change_has_the_levers_of_its_base_under_another_name():
    pre, same = load_timeline("pre_reform"), load_timeline("no_change")
    assert pre.levers == same.levers == {}
    assert pre.name != same.name


def test_a_scenario_inherits_the_levers_of_its_base_and_replaces_by_name(write):
    path = write(
        'base = "post_reform"\ntitle = "Later curfew"\n[[change]]\nlever = "hdc_widened"\nfrom = 2019-01-01\n'
        'areas = ["Essex"]\nsettings = { share_released = 0.5 }\nsource = "mine"\n'
    )
    made, base = load_timeline(path), load_timeline("post_reform")
    assert set(made.levers) == set(base.levers)
    assert made.levers["risk_split"] == base.levers["risk_split"]
    lever = made.levers["hdc_widened"]
    assert (lever.from_day, lever.areas, lever.settings) == (
        day_of(date(2019, 1, 1)),
        ("Essex",),
        {"share_released": 0.5},
    )


def test_a_chain_of_bases_is_followed(write):
    write('base = "risk_split_only"\ntitle = "One"\n', "one.toml")
    two = write('base = "one.toml"\ntitle = "Two"\n', "two.toml")
    assert set(load_timeline(two).levers) == {"risk_split"}


def test_the_shipped_dates_are_those_of_the_reform():
    found = {n: lever.from_day for n, lever in load_timeline("post_reform").levers.items()}
    assert found == {
        "risk_split": day_of(date(2014, 6, 1)),
        "short_sentence_supervision": day_of(date(2015, 2, 1)),
        "rehabilitation_activity_requirement": day_of(date(2015, 2, 1)),
        "private_providers": day_of(date(2015, 2, 1)),
        "payment_by_results": day_of(date(2015, 2, 1)),
        "charity_supply_chain": day_of(date(2015, 2, 1)),
        "through_the_gate": day_of(date(2015, 5, 1)),
        "contract_variation": day_of(date(2017, 8, 1)),
        "hdc_widened": day_of(date(2018, 1, 1)),
    }
    by = {n: lever.applies_by for n, lever in load_timeline("post_reform").levers.items()}
    assert by == {
        "risk_split": "everyone",
        "short_sentence_supervision": "offence_day",
        "rehabilitation_activity_requirement": "offence_day",
        "through_the_gate": "release_day",
        **dict.fromkeys(
            ("private_providers", "payment_by_results", "charity_supply_chain", "contract_variation"), "everyone"
        ),
        "hdc_widened": "release_day",
    }


NEEDED = {
    "private_providers": {"risk_split"},
    "payment_by_results": {"risk_split"},
    "contract_variation": {"risk_split", "payment_by_results"},
    "charity_supply_chain": {"risk_split", "private_providers"},
}
"""Levers without which another has nothing to act on: companies at work, a contract to vary, an owner who pays."""


@pytest.mark.parametrize("name", [n for n in known_names(SCENARIOS) if n.endswith("_only") and n != "companies_only"])
def test_a_scenario_of_one_lever_adds_that_lever_alone_to_what_it_needs(name):
    lever = name.removesuffix("_only")
    assert lever in lever_definitions()
    levers, reform = load_timeline(name).levers, load_timeline("post_reform").levers
    assert set(levers) == {lever} | NEEDED.get(lever, set())
    assert all(levers[n].describe() == reform[n].describe() for n in levers if n in reform)


def test_the_companies_alone_are_the_split_with_owners_and_contract_as_in_the_reform():
    levers, reform = load_timeline("companies_only").levers, load_timeline("post_reform").levers
    assert levers == {name: reform[name] for name in ("risk_split", "private_providers", "payment_by_results")}


@pytest.fixture(scope="module")
def before_companies():
    """A tiny country at the end of 2014; no lever but the split is in force."""
    country = ProbationModel("risk_split_only", "england_wales", scale=0.005, seed=2)
    country.live_until(day_of(date(2014, 12, 29)))
    return country


def booked_and_lived(model, timeline, end=date(2018, 12, 31)):
    """Return the ledger and the events of a world that lives on under a timeline."""
    twin = model.fork(timeline)
    twin.live_until(day_of(end))
    ledger = twin.ledger
    return np.stack([ledger.day, ledger.line, ledger.source, ledger.receiver, ledger.pounds]), events(twin)


def differ(one, other):
    """Say whether the ledgers, and whether the events, of two worlds differ."""
    return tuple(not np.array_equal(a, b) for a, b in zip(one, other, strict=True))


@pytest.mark.parametrize("lever", ["payment_by_results", "contract_variation", "charity_supply_chain"])
def test_a_lever_moves_money_with_the_levers_that_it_needs_and_nothing_without_one_of_them(lever, before_companies):
    whole = load_timeline(f"{lever}_only")
    without = whole.with_lever_setting(lever, "off")
    money, lives = differ(booked_and_lived(before_companies, whole), booked_and_lived(before_companies, without))
    assert money
    assert lives == (lever == "charity_supply_chain"), "a contract alone moves money alone"
    for needed in NEEDED[lever] - {"risk_split"}:
        idle, none = whole.with_lever_setting(needed, "off"), without.with_lever_setting(needed, "off")
        assert (
            differ(booked_and_lived(before_companies, idle), booked_and_lived(before_companies, none)) == (False,) * 2
        )


def test_a_private_owner_on_a_grant_moves_money_and_lives_with_the_split_and_no_life_without_it():
    old = ProbationModel(
        "pre_reform", scale=0.2, seed=2
    )  # so small a company as the tiny country's has no post to give up
    old.live_until(day_of(date(2015, 1, 26)))
    split, owned = (load_timeline(name) for name in ("risk_split_only", "private_providers_only"))
    owner = replace(owned.levers["private_providers"], settings={"mission_led_share": 0.0, "satisficing_share": 0.0})
    profit = replace(owned, levers={**owned.levers, "private_providers": owner})
    end = date(2016, 3, 28)
    assert differ(booked_and_lived(old, split, end), booked_and_lived(old, profit, end)) == (True, True)
    arms = (
        booked_and_lived(old, timeline.with_lever_setting("risk_split", "off"), end) for timeline in (split, profit)
    )
    assert differ(*arms) == (False, False)


def test_every_lever_has_a_scenario_of_its_own():
    assert {f"{lever}_only" for lever in lever_definitions()} <= set(known_names(SCENARIOS))


def test_the_promise_is_the_reform_and_a_mentor_for_every_leaver():
    promise, reform = load_timeline("charity_mentoring_as_promised").levers, load_timeline("post_reform").levers
    assert promise == reform | {
        "charity_mentoring": load_timeline("charity_mentoring_only").levers["charity_mentoring"]
    }


def test_the_default_of_applies_by_is_the_definition_s(change):
    assert change().levers["hdc_widened"].applies_by == "release_day"
    assert change(lever='"short_sentence_supervision"').levers["short_sentence_supervision"].applies_by == "offence_day"
    by = change(lever='"short_sentence_supervision"', applies_by='"sentence_day"')
    assert by.levers["short_sentence_supervision"].applies_by == "sentence_day"


def test_a_contract_is_the_scenario_s_or_the_lever_s_own(change):
    own = change(lever='"payment_by_results"')
    assert own.contract("payment_by_results") == "signed_2015"
    given = change(lever='"payment_by_results"', contract='"proposal_2013"')
    assert given.contract("payment_by_results") == "proposal_2013"
    assert given.describe()[0]["contract"] == "proposal_2013"
    assert change(lever='"contract_variation"').contract("contract_variation") == "variation_2017"


@pytest.mark.parametrize(("written", "meant"), [('"2018-01-01"', 0), ("2018-01-01T10:00:00", 0), ("2018-01-02", 1)])
def test_a_date_is_a_date_however_it_is_written(change, written, meant):
    assert change(from_=written).levers["hdc_widened"].from_day == day_of(date(2018, 1, 1)) + meant


@pytest.mark.parametrize("name", ["pre_refrom", "post_refrm"])
def test_an_unknown_scenario_is_refused_with_the_nearest(name):
    refused(name, f'unknown scenario "{name}"', "did you mean")


def test_a_missing_path_is_refused(tmp_path):
    refused(str(tmp_path / "none.toml"), "none.toml", "no such file")


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"lever": '"hdc_widend"'}, 'unknown lever "hdc_widend"; did you mean "hdc_widened"?'),
        ({"lever": "3"}, "lever = 3 must be text"),
        ({"lever": None}, "has no lever"),
        ({"from": None}, "has no from"),
        ({"source": None}, "has no source"),
        ({"source": '" "'}, "source = ' ' must be text"),
        ({"from": '"2018-02-30"'}, "from = 2018-02-30 is not a date; allowed: a date such as 2015-02-01"),
        ({"from": '"soon"'}, "from = soon is not a date"),
        ({"from": "2018"}, "from = 2018 is not a date"),
        ({"from": "true"}, "is not a date"),
        ({"from": "nan"}, "is not a date"),
        ({"from": "07:32:00"}, "is not a date"),
        ({"from": "2007-12-31"}, "outside the model's time; allowed: 2008-01-07 to 2030-12-31"),
        ({"applies_by": '"offence_day"'}, 'unknown applies_by "offence_day"; did you mean "release_day"?'),
        ({"applies_by": '["release_day"]'}, "unknown applies_by"),
        ({"areas": '["Esex"]'}, 'unknown area "Esex"; did you mean "Essex"?'),
        ({"areas": '"all"'}, "areas = 'all' must be a list"),
        ({"areas": "[]"}, "areas = [] must be a list"),
        ({"areas": '[["Essex"]]'}, "unknown area"),
        ({"settings": "3"}, "settings = 3 must be a table"),
        ({"settings": "{ share_relesed = 0.5 }"}, 'unknown setting "share_relesed"; did you mean "share_released"?'),
        (
            {"settings": "{ share_released = 1.5 }"},
            "settings.share_released = 1.5 is out of range; allowed: 0 to 1 (fraction)",
        ),
        ({"settings": "{ share_released = nan }"}, "settings.share_released = nan"),
        ({"settings": "{ share_released = true }"}, "settings.share_released = True"),
        ({"settings": '{ share_released = "a" }'}, "settings.share_released = 'a'"),
        ({"lever": '"risk_split"', "settings": "{ x = 1 }"}, 'the lever "risk_split" has no settings'),
        (
            {"lever": '"payment_by_results"', "contract": '"signed_2051"'},
            'unknown contract "signed_2051"; did you mean "signed_2015"?',
        ),
        ({"lever": '"payment_by_results"', "contract": "3"}, "contract = 3 must be text"),
        (
            {"lever": '"risk_split"', "contract": '"signed_2015"'},
            'contract: the lever "risk_split" takes none; allowed for payment_by_results, contract_variation',
        ),
        *(
            (
                {"lever": f'"{lever}"', "settings": f"{{ {name} = {value} }}"},
                f"settings.{name} = {value} is out of range",
            )
            for lever, name, value in (
                ("private_providers", "mission_led_share", 1.1),
                ("private_providers", "satisficing_share", -0.1),
                ("payment_by_results", "volumes_as_forecast", 2.0),
                ("payment_by_results", "funding_factor", 0.4),
            )
        ),
        ({"lever": '"charity_supply_chain"', "settings": "{ x = 1 }"}, "has no settings"),
        ({"form": "2018-01-01"}, 'unknown key "form"; did you mean "from"?'),
    ],
)
def test_a_bad_change_is_refused_with_file_place_key_and_value(change, changed, said):
    with pytest.raises(InputError) as error:
        change(**changed)
    assert "mine.toml: [[change]] 1" in str(error.value)
    assert said in str(error.value)


def test_a_date_that_no_calendar_has_is_refused(change):
    with pytest.raises(InputError, match=r"mine\.toml: not valid TOML.*line 4"):
        change(from_="2018-02-30")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ('titel = "Mine"\n', 'unknown key "titel"; did you mean "title"?'),
        ("base = 3\ntitle = 'x'\n", "base = 3 must be text"),
        ('base = "pre_refrom"\ntitle = "x"\n', 'unknown scenario "pre_refrom"'),
        ('base = "pre_reform"\n', "title = None must be text"),
        ("title = 3\n", "title = 3 must be text"),
        ('title = "x"\nchange = 3\n', "change must be written [[change]]"),
        ('title = "x"\nchange = { lever = "risk_split" }\n', "change must be written [[change]]"),
        ('title = "x"\nchange = [1, 2]\n', "[[change]] 1: must be a table"),
        ("", "empty"),
        (b"title = '\xff'", "not UTF-8"),
        ('title = "x"\n[[change]\n', "not valid TOML"),
        ('title = "cut', "not valid TOML"),
    ],
)
def test_a_bad_file_is_refused_by_name(write, content, said):
    refused(write(content), "mine.toml" if "pre_refrom" not in str(content) else "pre_reform", said)


def test_a_lever_changed_twice_in_one_file_is_refused(write):
    one = '[[change]]\nlever = "risk_split"\nfrom = 2014-06-01\nsource = "s"\n'
    refused(write(f'title = "x"\n{one}{one}'), "[[change]] 2", 'lever "risk_split" is changed twice')


def test_a_lever_dated_before_its_base_s_own_date_is_refused(write):
    path = write(
        'base = "post_reform"\ntitle = "x"\n[[change]]\nlever = "risk_split"\nfrom = 2014-05-31\nsource = "s"\n'
    )
    refused(path, "mine.toml: [[change]] 1", "from = 2014-05-31", "risk_split", "allowed: 2014-06-01 or later")


def test_a_scenario_that_is_its_own_base_is_refused(write):
    refused(write('base = "mine.toml"\ntitle = "x"\n'), "mine.toml", "its own base (mine -> mine)")


def test_a_chain_of_bases_that_leads_back_is_refused(write):
    write('base = "c.toml"\ntitle = "b"\n', "b.toml")
    write('base = "a.toml"\ntitle = "c"\n', "c.toml")
    refused(write('base = "b.toml"\ntitle = "a"\n', "a.toml"), "its own base (a -> b -> c -> a)")


@pytest.mark.parametrize(
    "name", ["a" * 300, "a" * 300 + ".toml", "x/" + "a" * 300, "\0", "a\0.toml", "", ".", "..", "/"]
)
def test_a_hostile_name_is_refused(name):
    refused(name)


def test_a_hostile_base_is_refused(write):
    refused(write(f'base = "{"a" * 300}.toml"\ntitle = "x"\n'))


def test_a_setting_too_great_for_a_float_is_refused(change):
    with pytest.raises(InputError, match="share_released"):
        change(settings="{ share_released = 1" + "0" * 400 + " }")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """A file to overwrite with whatever hypothesis thinks of."""
    return tmp_path_factory.mktemp("hostile") / "hostile.toml"


def loads_or_refuses(path: Path, content: bytes):
    """Load; anything but a timeline or an InputError is a fault."""
    path.write_bytes(content)
    with suppress(InputError):
        load_timeline(str(path))


@given(st.binary(max_size=200))
@settings(max_examples=200, deadline=None)
def test_hostile_bytes_are_never_anything_but_an_input_error(hostile, content):
    loads_or_refuses(hostile, content)


VALUES = st.one_of(
    st.sampled_from(['"risk_split"', '"hdc_widened"', "2015-02-01", "2015-13-01", '["all"]', '["Essex"]', "{}", "[]"]),
    st.sampled_from(
        ["true", "nan", "-inf", "1e400", "0x_", "1979-05-27T07:32:00Z", "07:32:00", "''", '"""x"""', "[{}]"]
    ),
    st.integers().map(str),
    st.floats().map(str),
    st.text(max_size=8).map(lambda s: '"' + s + '"'),
    st.just("{ share_released = 0.5 }"),
    st.just("{ share_released = [] }"),
)
KEYS = st.sampled_from(
    ["base", "title", "change", "lever", "from", "applies_by", "areas", "source", "settings", "x", "a.b"]
)
LINES = st.one_of(
    st.tuples(KEYS, VALUES).map(" = ".join), st.just("[[change]]"), st.just("[change]"), st.just('title = "x"')
)


@given(st.lists(LINES, max_size=12))
@settings(max_examples=400, deadline=None)
def test_hostile_entries_are_never_anything_but_an_input_error(hostile, lines):
    loads_or_refuses(hostile, "\n".join(lines).encode("utf-8", "surrogatepass"))


@given(st.text(max_size=40))
@settings(max_examples=200, deadline=None)
def test_hostile_names_are_never_anything_but_an_input_error(name):
    if name in known_names(SCENARIOS):
        return
    with pytest.raises(InputError):
        load_timeline(name)
