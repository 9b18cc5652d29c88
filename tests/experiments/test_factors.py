"""Factors of a design, and the cells that each method makes of them."""

from datetime import date

import numpy as np
import pytest

from experiments.factors import Factor, as_text, cells, described, read_factor, settings_of
from sim.errors import InputError
from sim.parameters.register import Register

REGISTER = Register.load()
PLACE = "mine.toml: [factors]"


def read(key, given):
    return read_factor(key, given, REGISTER, PLACE)


def test_a_list_keeps_its_values_as_they_are_written():
    factor = read("levers.through_the_gate", ["off", date(2015, 5, 1)])
    assert [as_text(v) for v in factor.levels(PLACE)] == ["off", "2015-05-01"]


def test_a_range_without_ends_has_those_of_the_register_or_the_lever():
    factor = read("reoffending.alliance_log_factor", {"steps": 3})
    parameter = REGISTER.find("reoffending.alliance_log_factor", "")
    assert factor.levels(PLACE) == (parameter.low, (parameter.low + parameter.high) / 2, parameter.high)
    setting = read("levers.short_sentence_supervision.total_supervision_months", {"steps": 2})
    assert setting.levels(PLACE) == (1.0, 24.0)


def test_a_range_of_dates_is_cut_into_days():
    factor = read("levers.risk_split", {"low": date(2014, 6, 1), "high": date(2014, 6, 11), "steps": 3})
    assert factor.levels(PLACE) == (date(2014, 6, 1), date(2014, 6, 6), date(2014, 6, 11))
    assert read("levers.risk_split", {"low": "2014-06-01", "high": "2014-06-11", "steps": 3}) == factor


def test_values_stay_within_their_range_and_can_be_read_by_a_person():
    factor = Factor("x.y", (), 0.1, 0.3)
    values = [factor.at(u) for u in (0.0, 1 / 3, 1.0)]
    assert values == [0.1, 0.166667, 0.3]
    assert as_text(values[1]) == "0.166667"


def test_a_grid_has_every_combination_the_last_factor_fastest():
    factors = [Factor("a.a", (1.0, 2.0)), Factor("b.b", ("off", "on", "x"))]
    found = cells(factors, "grid", 0, PLACE)
    assert len(found) == 6
    assert found[0] == {"a.a": 1.0, "b.b": "off"}
    assert found[1] == {"a.a": 1.0, "b.b": "on"}


def test_a_list_takes_first_with_first_and_wants_one_length():
    factors = [Factor("a.a", (1.0, 2.0)), Factor("b.b", (3.0, 4.0))]
    assert cells(factors, "list", 0, PLACE) == [{"a.a": 1.0, "b.b": 3.0}, {"a.a": 2.0, "b.b": 4.0}]
    with pytest.raises(InputError, match=r"one length \(a\.a has 2, c\.c has 1\)"):
        cells([factors[0], Factor("c.c", (1.0,))], "list", 0, PLACE)


def test_one_at_a_time_begins_with_nothing_moved():
    factors = [Factor("a.a", (1.0, 2.0)), Factor("b.b", (3.0,))]
    assert cells(factors, "one_at_a_time", 0, PLACE) == [{}, {"a.a": 1.0}, {"a.a": 2.0}, {"b.b": 3.0}]


def test_no_factor_makes_one_cell():
    assert cells([], "grid", 0, PLACE) == [{}]


def test_a_latin_hypercube_has_one_point_in_each_slice_of_each_factor():
    factors = [Factor("a.a", (), 0.0, 1.0), Factor("b.b", (), 10.0, 20.0)]
    found = cells(factors, "latin_hypercube", 20, PLACE)
    for key, low, width in (("a.a", 0, 1), ("b.b", 10, 10)):
        slices = np.floor((np.array([c[key] for c in found]) - low) / width * 20)
        assert sorted(slices.clip(0, 19)) == list(range(20))
    assert cells(factors, "latin_hypercube", 20, PLACE) == found


def test_a_sobol_sequence_asks_for_a_power_of_two():
    factors = [Factor("a.a", (), 0.0, 1.0)]
    assert len(cells(factors, "sobol", 16, PLACE)) == 16
    with pytest.raises(InputError, match="samples = 60 must be a power of two for method sobol, such as 64"):
        cells(factors, "sobol", 60, PLACE)


def test_sampled_choices_are_taken_equally_often():
    found = cells([Factor("a.a", ("x", "y"))], "latin_hypercube", 10, PLACE)
    assert [c["a.a"] for c in found].count("x") == 5


@pytest.mark.parametrize(
    ("key", "given", "message"),
    [
        ("a.b", [], "the list is empty"),
        ("a.b", 3, "must be a list of values, or a range"),
        ("a.b", [True], "neither a number nor a date nor text"),
        ("a.b", {"low": 1, "hihg": 2}, 'unknown key "hihg"; did you mean "high"'),
        ("scale", {"low": 1}, "high = None must be a number or a date"),
        ("a.b", {"low": 2, "high": 1}, "low = 2.0 must lie below high = 1.0"),
        ("a.b", {"low": 1, "high": date(2015, 1, 1)}, "must both be numbers, or both dates"),
        ("a.b", {"low": 1, "high": 2, "steps": 1}, "steps = 1 must be a whole number from 2"),
        ("region", ["x", "x"], "x is listed 2 times"),
    ],
)
def test_a_bad_factor_is_refused_with_its_place(key, given, message):
    with pytest.raises(InputError, match=rf"mine\.toml: \[factors\]: {key}.*{message}"):
        read(key, given)


def test_a_grid_over_a_range_asks_for_steps():
    with pytest.raises(InputError, match="a range needs steps here"):
        cells([Factor("a.a", (), 0.0, 1.0)], "grid", 0, PLACE)


def test_a_design_that_nobody_can_mean_is_refused():
    factors = [Factor(f"a.{k}", tuple(map(float, range(100)))) for k in range(4)]
    with pytest.raises(InputError, match="100,000,000 cells"):
        cells(factors, "grid", 0, PLACE)


def test_a_cell_is_written_as_settings_and_as_json():
    cell = {"region": "x", "a.b": 0.25, "levers.c": date(2015, 1, 2)}
    assert settings_of(cell, ("region",)) == ["a.b=0.25", "levers.c=2015-01-02"]
    assert described(cell) == {"region": "x", "a.b": 0.25, "levers.c": "2015-01-02"}
