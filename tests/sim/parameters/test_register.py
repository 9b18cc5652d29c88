"""A number has a unit, a range, a kind and a source, or it does not load."""

import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.errors import InputError
from sim.parameters.register import KINDS, Register

GOOD = {
    "value": "0.5",
    "unit": '"probability"',
    "low": "0.0",
    "high": "1.0",
    "kind": '"assumed"',
    "source": '"somewhere"',
    "note": '"because"',
}


@pytest.fixture
def load(tmp_path):
    """Load a register of one file, its entry as given; None leaves a key out."""

    def read(**changed):
        entry = {key: value for key, value in {**GOOD, **changed}.items() if value is not None}
        lines = "\n".join(f"{key} = {value}" for key, value in entry.items())
        (tmp_path / "courts.toml").write_text(f"[p_fine]\n{lines}\n", encoding="utf-8")
        return Register.load(tmp_path)

    return read


def refused(load, *words, **changed):
    """Assert that an entry is refused with a message that names the file, the entry and these words."""
    with pytest.raises(InputError) as error:
        load(**changed)
    for word in ("courts.toml", "p_fine", *words):
        assert word in str(error.value)


def test_a_whole_entry_loads(load):
    loaded = load()
    assert loaded.courts.p_fine == 0.5
    assert [p.key for p in loaded] == ["courts.p_fine"]


@pytest.mark.parametrize("key", ["value", "unit", "low", "high", "kind", "source"])
def test_an_entry_without_a_required_key_is_refused(load, key):
    refused(load, f"has no {key}", **{key: None})


@pytest.mark.parametrize("key", ["unit", "kind", "source"])
@pytest.mark.parametrize("value", ['""', '"  "', "3", "true"])
def test_an_empty_unit_kind_or_source_is_refused(load, key, value):
    refused(load, key, "must be text", **{key: value})


def test_an_unknown_key_is_refused_with_the_nearest(load):
    refused(load, 'unknown key "vlaue"', 'did you mean "value"?', vlaue="1")


def test_an_unknown_kind_is_refused_with_the_nearest(load):
    refused(load, 'unknown kind "asumed"', 'did you mean "assumed"?', kind='"asumed"')


@pytest.mark.parametrize("value", ["1.01", "-0.01", "nan", "inf", "-inf"])
def test_a_value_outside_its_range_is_refused(load, value):
    refused(load, "out of range", "0 to 1", "probability", value=value)


@pytest.mark.parametrize("value", ['"0.5"', "true", "2015-02-01", '["a"]', "{ a = 1 }"])
def test_a_value_that_is_no_number_is_refused(load, value):
    refused(load, "must be" if value[0] in "[{" else "is not a number", value=value)


def test_a_low_above_its_high_is_refused(load):
    refused(load, "low = 1", "above high = 0.5", low="1", high="0.5")


@pytest.mark.parametrize("key", ["low", "high"])
@pytest.mark.parametrize("value", ["nan", "inf", '"a"', "false"])
def test_a_bound_that_is_no_finite_number_is_refused(load, key, value):
    refused(load, key, **{key: value})


@pytest.mark.parametrize("note", [None, '""', '"  "'])
def test_an_assumed_number_without_a_note_is_refused(load, note):
    refused(load, "is assumed", "note", note=note)


@pytest.mark.parametrize("kind", [k for k in KINDS if k != "assumed"])
def test_only_assumed_numbers_need_a_note(load, kind):
    assert load(kind=f'"{kind}"', note=None).courts.p_fine == 0.5


def test_a_list_needs_an_axis_and_an_axis_a_list(load):
    refused(load, "must be one number", value="[0.5, 0.5]")
    refused(load, "must be a list", value="0.5", over='"sex"')
    assert load(value="[0.25, 0.5]", over='"sex"').courts.p_fine == (0.25, 0.5)


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ("[0.5, 1.5]", "out of range"),
        ("[0.5, nan]", "out of range"),
        ('[0.5, "a"]', "not a number"),
        ("[[0.5], 0.5]", "not a number"),
        ("[0.5, true]", "not a number"),
    ],
)
def test_every_member_of_a_list_is_checked(load, values, said):
    refused(load, said, value=values, over='"sex"')


def test_an_unknown_derivation_is_refused_with_the_nearest(load):
    refused(
        load, 'unknown derivation "first_timer"', 'did you mean "first_timers"?', value='{ derive = "first_timer" }'
    )
    refused(load, "derive", value='{ derived = "first_timers" }')
    refused(load, "unknown derivation", value="{ derive = 3 }")


def test_a_derived_value_is_checked_against_its_range(load):
    refused(load, "out of range", value='{ derive = "first_timers" }')
    assert load(value='{ derive = "first_timers" }', high="1e9").courts.p_fine > 1e5


def test_an_entry_that_is_no_table_is_refused(tmp_path):
    (tmp_path / "courts.toml").write_text("p_fine = 0.5\n")
    with pytest.raises(InputError, match=r"courts\.toml: \[p_fine\]: must be a table"):
        Register.load(tmp_path)


def test_a_name_defined_twice_is_refused(tmp_path):
    (tmp_path / "courts.toml").write_text("[p_fine]\nvalue = 1\n[p_fine]\nvalue = 2\n")
    with pytest.raises(InputError, match=r"courts\.toml: not valid TOML"):
        Register.load(tmp_path)


# --- the shipped register


def test_every_shipped_number_lies_in_its_range_and_says_why(register):
    numbers = list(register)
    assert len(numbers) > 80
    for p in numbers:
        values = p.value if isinstance(p.value, tuple) else (p.value,)
        assert values, p.key
        assert all(p.low <= v <= p.high for v in values), p.key
        assert p.unit.strip(), p.key
        assert p.source.strip(), p.key
        assert p.kind in KINDS, p.key
        assert p.note.strip() or p.kind != "assumed", p.key


def test_every_shipped_list_of_shares_adds_up_to_one(register):
    shares = ["courts.community_order_share", "courts.suspended_order_share", "enforcement.community_order_breach"]
    shares += ["enforcement.suspended_order_breach", "enforcement.post_sentence_breach"]
    for key in shares:
        assert sum(register.find(key, "test").value) == pytest.approx(1), key


def test_a_shipped_list_has_one_number_for_each_member_of_its_axis(register):
    sizes = {"offence group": 12, "history band": 6, "history band from 1-2 on": 5, "breach outcome": 6}
    sizes |= {"risk of serious harm": 4}
    checked = 0
    for p in register:
        if p.over in sizes:
            assert len(p.value) == sizes[p.over], p.key
            checked += 1
    assert checked >= 8
    assert len(register.courts.community_order_months) == len(register.courts.community_order_share)
    assert len(register.courts.suspended_order_months) == len(register.courts.suspended_order_share)


def test_a_series_holds_its_ends_and_its_years(register):
    series = register.find("enforcement.p_fixed_term", "test")
    assert (series.in_year(1990), series.in_year(2008), series.in_year(2009)) == (0.15, 0.15, 0.33)
    assert (series.in_year(2017), series.in_year(2030)) == (0.48, 0.48)
    assert register.enforcement.in_year("p_fixed_term", 2009) == 0.33


def test_holding_series_stops_them_after_the_year_and_not_before(register):
    held = register.with_setting("series.hold_at", "2010")
    for year, as_in in ((2008, 2008), (2010, 2010), (2011, 2010), (2019, 2010)):
        assert held.enforcement.in_year("p_fixed_term", year) == register.enforcement.in_year("p_fixed_term", as_in)
    assert held.values()["series.hold_at"] == 2010
    assert held.with_setting("proof.p_proven", "0.7").hold_at == 2010


@pytest.mark.parametrize("text", ["2007", "2031", "2010.5", "true", "soon", "[2010]", "null"])
def test_a_year_of_holding_that_is_none_is_refused(register, text):
    with pytest.raises(InputError, match=r"series\.hold_at = .* 2008 to 2030"):
        register.with_setting("series.hold_at", text)


def test_a_setting_changes_one_number_and_leaves_the_register_as_it_was(register):
    changed = register.with_setting("proof.p_proven", "0.7")
    assert (changed.proof.p_proven, register.proof.p_proven) == (0.7, 0.6)
    differing = [k for k, v in changed.values().items() if v != register.values()[k]]
    assert differing == ["proof.p_proven"]


def test_a_setting_of_a_list_is_a_list_in_brackets(register):
    changed = register.with_setting("supervision.weeks_between_contacts", "[8, 4, 2, 1]")
    assert changed.supervision.weeks_between_contacts == (8, 4, 2, 1)


@pytest.mark.parametrize(
    ("key", "nearest"),
    [
        ("proof.p_prove", "proof.p_proven"),
        ("prof.p_proven", "proof.p_proven"),
        ("p_proven", "proof.p_proven"),
        ("series.hold", "series.hold_at"),
        ("enforcement.fixed_term_day", "enforcement.fixed_term_days"),
    ],
)
def test_an_unknown_parameter_is_refused_with_the_nearest(register, key, nearest):
    with pytest.raises(InputError, match=f'--set: unknown parameter "{key}"; did you mean "{nearest}"'):
        register.with_setting(key, "1")


@pytest.mark.parametrize("text", ["0.39", "0.81", "NaN", "Infinity", "1e999", "-1"])
def test_a_setting_outside_the_sourced_range_is_refused(register, text):
    with pytest.raises(InputError, match=r"--set: proof\.p_proven = .* 0\.4 to 0\.8 \(probability\)"):
        register.with_setting("proof.p_proven", text)


@pytest.mark.parametrize("text", ["high", "", "true", "null", '"0.5"', "0.5.5", "{}", "1" * 5000])
def test_a_setting_that_is_no_number_is_refused(register, text):
    with pytest.raises(InputError, match=r"--set: proof\.p_proven"):
        register.with_setting("proof.p_proven", text)


@pytest.mark.parametrize("text", ["[1, 2]", "[1, 2, 3, 4, 5]", "[]", "3", '[1, 2, 3, "4"]', "[1, 2, 3, 400]"])
def test_a_list_of_the_wrong_length_or_content_is_refused(register, text):
    with pytest.raises(InputError, match=r"supervision\.weeks_between_contacts"):
        register.with_setting("supervision.weeks_between_contacts", text)


def test_a_whole_number_too_great_for_a_float_is_refused(register):
    with pytest.raises(InputError, match=r"proof\.p_proven"):
        register.with_setting("proof.p_proven", "1" + "0" * 400)


def test_a_list_nested_without_end_is_refused(register):
    with pytest.raises(InputError, match=r"proof\.p_proven"):
        register.with_setting("proof.p_proven", "[" * 100_000)


@given(st.text(max_size=60) | st.from_regex(r"[-+0-9.eE\[\], ]{1,40}", fullmatch=True))
@settings(max_examples=300, deadline=None)
def test_hostile_text_is_refused_or_a_number_in_range(register, text):
    try:
        value = register.with_setting("proof.p_proven", text).proof.p_proven
    except InputError:
        return
    assert 0.4 <= value <= 0.8
    assert math.isfinite(value)


@given(st.text(max_size=30))
@settings(max_examples=200, deadline=None)
def test_a_hostile_key_is_refused(register, key):
    with pytest.raises(InputError, match="unknown parameter"):
        register.with_setting(key, "0.5")


def test_a_misspelt_attribute_is_an_error(register):
    with pytest.raises(AttributeError, match='process "courts" has no parameter "p_activate"'):
        _ = register.courts.p_activate
    with pytest.raises(AttributeError, match='no parameters for a process "court"'):
        _ = register.court


def test_what_is_derived_from_a_register_is_made_once_and_anew_for_another(register):
    made = []

    def build(r):
        made.append(r)
        return r.proof.p_proven

    fresh = register.with_setting("proof.p_proven", "0.5")
    other = fresh.with_setting("proof.p_proven", "0.7")
    assert (fresh.derived(build), fresh.derived(build), other.derived(build)) == (0.5, 0.5, 0.7)
    assert len(made) == 2
