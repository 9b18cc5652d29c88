import numpy as np
import pytest

from experiments import space
from sim.errors import InputError
from sim.parameters.register import Register


@pytest.fixture(scope="module")
def register() -> Register:
    return Register.load()


def test_of_what_is_not_known_costs_choices_of_design_and_lists_alone_are_no_coordinates(register):
    names = {c.key for c in space.space(register)}
    left_out = [p for p in register if p.kind in space.KINDS and p.key not in names]
    assert {p.key for p in left_out if p.process != "costs" and not isinstance(p.value, list | tuple)} == {
        "population.tracking_years",
        "population.longest_lookback_years",
        "population.run_in_weeks",
        "population.greatest_age",
        "organisations.overclaim_share",
        "organisations.audits_per_year",
    }
    assert "arrivals.returners_per_year" in names


def test_what_is_kept_or_searched_by_member_is_in_the_register(register):
    for key in space.FIXED:
        assert register.find(key, "test").kind in space.KINDS
    for key, ends in space.LISTS.items():
        p = register.find(key, "test")
        assert len(ends) == len(p.value)
        assert all(p.low <= low < high <= p.high for low, high in ends)


def test_published_and_derived_numbers_are_no_coordinates(register):
    kinds = {p.key: p.kind for p in register}
    assert {kinds[c.key] for c in space.space(register)} == set(space.KINDS)


def test_the_registers_own_values_lie_in_the_cube_and_come_back(register):
    coordinates = space.space(register)
    at = space.unit(coordinates, register)
    assert ((at >= 0) & (at <= 1)).all()
    values = space.values(coordinates, at[None])[0]
    again = space.with_values(register, dict(zip([c.name for c in coordinates], values, strict=True)), "test")
    for p, q in zip(register, again, strict=True):
        assert np.allclose(p.value, q.value), p.key


def test_the_corners_of_the_cube_are_the_ends_of_the_ranges(register):
    coordinates = space.space(register)
    for corner, end in ((0.0, "low"), (1.0, "high")):
        values = space.values(coordinates, np.full((1, len(coordinates)), corner))[0]
        assert values == pytest.approx([getattr(c, end) for c in coordinates])
        space.with_values(register, dict(zip([c.name for c in coordinates], values, strict=True)), "test")


def test_a_wide_range_is_searched_by_its_logarithm():
    wide, narrow = space.Coordinate("a.b", None, 1.0, 100.0), space.Coordinate("a.b", None, 1.0, 3.0)
    assert wide.value(np.array(0.5)) == pytest.approx(10)
    assert narrow.value(np.array(0.5)) == pytest.approx(2)
    assert wide.unit(10.0) == pytest.approx(0.5)


def test_a_list_changes_member_by_member(register):
    changed = space.with_values(register, {"arrivals.returners_per_year[1]": 30_000.0}, "test")
    before, after = register.arrivals.returners_per_year, changed.arrivals.returners_per_year
    assert after[1] == 30_000
    assert after[:1] + after[2:] == before[:1] + before[2:]


@pytest.mark.parametrize(
    ("named", "words"),
    [
        ({"reoffending.hazard_scal": 0.6}, ["sets.csv: row 3", "hazard_scal", "reoffending.hazard_scale"]),
        ({"reoffending.hazard_scale": 9.0}, ["sets.csv: row 3", "= 9", "0.25 to 1.3"]),
        ({"arrivals.returners_per_year[0]": 1.0}, ["returners_per_year[0]", "45000 to 85000"]),
        ({"custody.share_served": 0.5}, ["custody.share_served"]),
    ],
)
def test_a_wrong_name_or_value_is_refused(register, named, words):
    with pytest.raises(InputError) as error:
        space.with_values(register, named, "sets.csv: row 3")
    assert all(word in str(error.value) for word in words)
