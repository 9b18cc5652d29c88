"""Contract files: what is shipped, what a contract takes from its base, and every kind of bad input."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clock import day_of
from sim.contracts import SENTENCE_TYPES, bounds, load_contract
from sim.data import tables
from sim.errors import InputError
from sim.files import CONTRACTS, known_names
from tests.contracts import NUMBERS, contract_text, entry, made

SHIPPED = known_names(CONTRACTS)


@pytest.fixture
def write(tmp_path):
    """Write a contract file and return its path."""

    def to(content, name="mine.toml"):
        path = tmp_path / name
        path.write_text(content, encoding="utf-8")
        return str(path)

    return to


def refused(path, *said):
    """Assert that a contract is refused with a message that names its file and holds all of these."""
    with pytest.raises(InputError) as error:
        load_contract(path)
    for words in ("mine.toml", *said):
        assert words in str(error.value)


# --- what is shipped


def test_the_three_contracts_are_there():
    assert SHIPPED == ["proposal_2013", "signed_2015", "variation_2017"]


@pytest.mark.parametrize("name", SHIPPED)
def test_every_shipped_number_lies_in_its_range_and_says_why(name):
    contract = load_contract(name)
    assert set(contract.numbers) == set(bounds())
    for number in contract.numbers.values():
        values = number.value if isinstance(number.value, tuple) else (number.value,)
        assert all(number.low <= v <= number.high for v in values), number.key
        assert number.value == getattr(contract, number.name)
        assert number.note.strip() or number.kind != "assumed", number.key


@pytest.mark.parametrize("name", SHIPPED)
def test_every_published_row_that_a_contract_names_is_there(name):
    known = {row["id"] for row in tables.rows("published_statistics")}
    named = set()
    for number in load_contract(name).numbers.values():
        for source in number.source.split("published_statistics: ")[1:]:
            named |= {n for n in re.findall(r"[a-z0-9_]+", source) if "_" in n}
    assert len(named) > 5
    assert named <= known


@pytest.mark.parametrize("name", SHIPPED)
def test_what_is_not_public_is_assumed(name):
    contract = load_contract(name)
    assumed = {n for n, number in contract.numbers.items() if number.kind == "assumed"}
    assert {n for n in bounds() if n.endswith(("_tariff", "_level", "_weights", "_edges", "_fees"))} <= assumed


def test_the_signed_contract_differs_from_the_proposal_in_its_results_only():
    proposal, signed = load_contract("proposal_2013"), load_contract("signed_2015")
    assert {n for n in bounds() if getattr(proposal, n) != getattr(signed, n)} == {
        *("binary_hurdle", "binary_level", "annual_hurdle", "top_up_share", "foundation_share"),
        *("rise_limit", "rise_level", "rise_deduction", "frequency_level", "ungated_share"),
    }
    assert (proposal.binary_level, proposal.ungated_share) == (1, 0)
    assert (signed.binary_hurdle, signed.top_up_share, signed.ungated_share) == (0, 0, 1)


def test_through_the_gate_and_the_activity_requirement_are_inside_the_fee():
    for name in SHIPPED:
        contract = load_contract(name)
        assert (contract.through_the_gate_fee, contract.activity_requirement_fee) == (0, 0)


def test_the_dates_are_those_of_the_record():
    published = {r["id"]: r["value"] for r in tables.rows("published_statistics")}
    assert load_contract("variation_2017").from_day == day_of(date.fromisoformat(published["contract_variation"]))
    assert load_contract("signed_2015").from_day == day_of(date(2015, 2, 1))
    assert load_contract("signed_2015").until_day == load_contract("variation_2017").until_day


# --- a contract of one's own


def test_a_whole_contract_loads(tmp_path):
    contract = made(tmp_path)
    assert contract.name == "mine"
    assert contract.eligible == ("community_order", "custody_under_12m")
    assert {n: getattr(contract, n) for n in NUMBERS} == {
        n: tuple(v) if isinstance(v, list) else v for n, v in NUMBERS.items()
    }
    assert (contract.from_day, contract.until_day) == (day_of(date(2015, 2, 1)), day_of(date(2022, 1, 31)))


def test_a_contract_has_what_its_base_has_but_for_what_it_says(write):
    write(contract_text(), "whole.toml")
    path = write('base = "whole.toml"\ntitle = "Mine"\n' + entry("use_fee", value=50))
    mine, base = load_contract(path), load_contract(path.replace("mine", "whole"))
    assert (mine.title, mine.use_fee) == ("Mine", 50)
    assert {n for n in bounds() if getattr(mine, n) != getattr(base, n)} == {"use_fee"}
    assert (mine.source, mine.from_day, mine.eligible) == (base.source, base.from_day, base.eligible)


def test_a_shipped_contract_is_a_base_by_its_name(write):
    mine = load_contract(write('base = "variation_2017"\n' + entry("use_fee", value=50)))
    assert mine.fixed_share == load_contract("variation_2017").fixed_share
    assert mine.use_fee == 50


def test_one_number_is_changed_within_its_range_and_the_contract_stays_as_it_was(tmp_path):
    contract = made(tmp_path)
    changed = contract.with_value("binary_hurdle", 0.5)
    assert (changed.binary_hurdle, changed.numbers["binary_hurdle"].value) == (0.5, 0.5)
    assert contract.binary_hurdle == contract.numbers["binary_hurdle"].value == 0.02


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("binary_hurdel", 0.1, 'unknown number of a contract "binary_hurdel"; did you mean "binary_hurdle"'),
        ("binary_hurdle", 1.5, "out of range; allowed: 0 to 1"),
        ("use_fee", "much", "is not a number"),
        ("volume_weights", [0.5, 0.5, 0.5, 0.5], "adds up to 2"),
        ("band_edges", [0, 0.9, 0.5, 1], "edges that begin at 0 and rise"),
        ("band_fees", [0.5, 0.75, 1.0], "it takes 4"),
    ],
)
def test_a_change_that_does_not_fit_is_refused(tmp_path, name, value, said):
    with pytest.raises(InputError, match=re.escape(said)):
        made(tmp_path).with_value(name, value)


# --- bad contracts


@pytest.mark.parametrize("name", ["signed", "signed_2016", "SIGNED_2015"])
def test_an_unknown_contract_is_refused_with_the_nearest(name):
    with pytest.raises(InputError, match=f'unknown contract "{name}"; did you mean "signed_2015"'):
        load_contract(name)


@pytest.mark.parametrize("name", sorted(NUMBERS))
def test_a_contract_without_one_of_its_numbers_is_refused(write, name):
    refused(write(contract_text(**{name: None})), f"has no [{name}]")


@pytest.mark.parametrize("word", ["title", "source", "from", "until", "eligible"])
def test_a_contract_without_one_of_its_words_is_refused(write, word):
    refused(write(contract_text({word: None})), f"has no {word}")


def test_an_unknown_key_is_refused_with_the_nearest(write):
    refused(write(contract_text(binary_hurdel={})), 'unknown key "binary_hurdel"; did you mean "binary_hurdle"')
    refused(write(contract_text({"untill": "2020-01-01"})), 'unknown key "untill"; did you mean "until"')
    refused(write(contract_text(use_fee={"vlaue": 3})), "[use_fee]", 'unknown key "vlaue"; did you mean "value"')


@pytest.mark.parametrize("key", ["value", "unit", "low", "high", "kind", "source", "note"])
def test_a_number_without_its_provenance_is_refused(write, key):
    refused(write(contract_text(use_fee={key: None})), "[use_fee]", key)


def test_a_number_that_is_no_table_is_refused(write):
    text = contract_text(use_fee=None)
    refused(write(f"use_fee = 3\n{text}"), "[use_fee]", "must be a table")


@pytest.mark.parametrize(
    "name", ["maximum_annual_payment", "use_fee", "through_the_gate_fee", "binary_tariff", "frequency_tariff"]
)
def test_negative_fees_are_refused(write, name):
    refused(write(contract_text(**{name: {"value": -5, "low": -10}})), f"[{name}]", "value = -5", "0 or more")
    refused(write(contract_text(**{name: {"low": -10}})), f"[{name}]", "low = -10", "0 or more")


def test_negative_fees_of_a_band_are_refused(write):
    refused(
        write(contract_text(band_fees={"value": [-0.5, 0.75, 1.0, 1.25]})), "[band_fees]", "value = -0.5", "0 or more"
    )


@pytest.mark.parametrize("name", ["binary_hurdle", "annual_hurdle", "rise_limit", "binary_level", "bid_fee_share"])
@pytest.mark.parametrize("value", [1.2, 120])
def test_hurdles_levels_and_shares_over_100_percent_are_refused(write, name, value):
    refused(write(contract_text(**{name: {"value": value}})), f"[{name}]", f"value = {value:g}", "allowed: 0 to 1")


def test_a_range_that_reaches_over_100_percent_is_refused(write):
    refused(write(contract_text(binary_hurdle={"high": 1.5})), "[binary_hurdle]", "high = 1.5", "allowed: 0 to 1")


@pytest.mark.parametrize(
    "edges", [[0, 0.9, 0.5, 1.1], [0, 0.5, 0.5, 1.1], [0.1, 0.5, 0.9, 1.1], [1.1, 0.9, 0.5, 0], []]
)
def test_bands_out_of_order_are_refused(write, edges):
    refused(write(contract_text(band_edges={"value": edges, "high": 2})), "[band_edges]", str(edges)[1:4], "rise")


@pytest.mark.parametrize("fees", [[0.5, 0.75, 1.0], [0.5, 0.75, 1.0, 1.1, 1.25], [0.5, 1.0, 0.75, 1.25]])
def test_fees_that_do_not_fit_their_bands_are_refused(write, fees):
    refused(write(contract_text(band_fees={"value": fees})), "[band_fees]", str(fees), "4 fees")


@pytest.mark.parametrize(
    ("weights", "said"), [([0.5, 0.25, 0.125, 0.1], "adds up to 0.975"), ([0.5, 0.25, 0.25, 0.25], "adds up to 1.25")]
)
def test_weights_that_do_not_add_up_are_refused(write, weights, said):
    refused(write(contract_text(volume_weights={"value": weights})), "[volume_weights]", said, "add up to 1")


@pytest.mark.parametrize("name", ["volume_weights", "forecast_change"])
def test_a_list_over_sentence_types_has_one_number_for_each(write, name):
    refused(write(contract_text(**{name: {"value": [0.5, 0.5]}})), f"[{name}]", "2 numbers", *SENTENCE_TYPES)


def test_a_list_over_another_axis_or_where_one_number_belongs_is_refused(write):
    refused(write(contract_text(volume_weights={"over": '"band"'})), 'over = "band"', 'a list over "sentence type"')
    refused(write(contract_text(use_fee={"value": [1, 2], "over": '"band"'})), "[use_fee]", "one number")
    refused(write(contract_text(volume_weights={"value": 1, "over": None})), 'a list over "sentence type"')


def test_dates_reversed_are_refused(write):
    words = {"from": "2016-01-01", "until": "2015-12-31"}
    refused(write(contract_text(words)), "until = 2015-12-31", "from = 2016-01-01", "2016-01-01 or later")
    assert load_contract(write(contract_text({"from": "2016-01-01", "until": "2016-01-01"}))).from_day


def test_a_date_reversed_against_the_base_is_refused(write):
    refused(write('base = "signed_2015"\nfrom = 2023-01-01\n'), "until = 2022-01-31", "from = 2023-01-01")


@pytest.mark.parametrize("value", ['"soon"', "3", "1999-01-01", "2031-01-01", "true"])
def test_a_date_that_is_none_is_refused(write, value):
    refused(write(contract_text({"from": value})), "from")


@pytest.mark.parametrize(
    ("value", "said"),
    [
        ("[]", "must be a list"),
        ('"all"', "must be a list"),
        ('["community_orders"]', 'did you mean "community_order"'),
        ("[3]", "unknown sentence type"),
        ('["community_order", "community_order"]', "named 2 times"),
    ],
)
def test_bad_eligible_sentences_are_refused(write, value, said):
    refused(write(contract_text({"eligible": value})), "eligible", said)


def test_an_unknown_base_is_refused_with_the_nearest(write):
    refused(write('base = "signed_2016"\n'), 'base: unknown contract "signed_2016"; did you mean "signed_2015"')
    refused(write('base = "nowhere.toml"\n'), "base: unknown contract")


def test_a_base_that_leads_back_to_itself_is_refused(write):
    write('base = "mine.toml"\n', "other.toml")
    refused(write('base = "other.toml"\n'), "leads back to itself", "mine -> other -> mine")


@given(st.text(alphabet='abfilmrnotu_es =[]"0123456789.\n-', max_size=120))
@settings(max_examples=200, deadline=None)
def test_hostile_text_is_never_anything_but_an_input_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "hostile.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        load_contract(str(path))
