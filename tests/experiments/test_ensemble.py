import json

import numpy as np
import pytest

from experiments import ensemble, space
from experiments.plan import make_plan
from sim.errors import InputError
from sim.parameters.register import Register

NAMES = {"measure": "m", "estimator": "", "group": "all", "cohort_from": "", "cohort_to": "", "unit": "people"}


def test_the_spread_over_sets_and_over_seeds_is_told_apart():
    rng = np.random.default_rng(0)
    of_sets = np.repeat(rng.normal(-1.0, 0.5, 4000), 2)
    differences = of_sets + rng.normal(0, 1.0, 8000)
    found = ensemble.effect(NAMES, np.zeros(8000), differences, 2)
    assert found.parameters_sd == pytest.approx(0.5, abs=0.04)
    assert found.chance_sd == pytest.approx(1.0, abs=0.03)
    assert (found.low, found.high) == pytest.approx((-1 - 0.5 * 1.645, -1 + 0.5 * 1.645), abs=0.15)
    assert found.below_zero == pytest.approx(0.977, abs=0.02)


def test_seeds_that_agree_leave_no_chance():
    found = ensemble.effect(NAMES, np.zeros(4), np.array([1.0, 1.0, 3.0, 3.0]), 2)
    assert (found.difference, found.chance_sd) == (2.0, 0.0)
    assert found.parameters_sd == pytest.approx(2**0.5)


def test_sets_that_agree_leave_the_error_of_the_mean_alone():
    found = ensemble.effect(NAMES, np.zeros(6), np.array([1.0, 3.0, 3.0, 1.0, 0.8, 2.9]), 2)
    assert found.parameters_sd == 0
    assert found.error > 0
    assert found.high - found.difference == pytest.approx(2.920 * found.error, rel=1e-3)  # Student's t of two degrees


def test_a_small_difference_amid_chance_is_neither_lower_nor_higher():
    differences = np.random.default_rng(1).normal(-0.05, 1.0, 100)
    found = ensemble.effect(NAMES, np.zeros(100), differences, 2)
    assert found.low < 0 < found.high
    assert 0.05 < found.below_zero < 0.95


def test_no_difference_at_all_is_a_half():
    found = ensemble.effect(NAMES, np.ones(4), np.ones(4), 2)
    assert (found.difference, found.low, found.high, found.below_zero) == (0, 0, 0, 0.5)


def test_a_set_with_an_empty_group_is_left_out():
    base = np.array([np.nan, 0.0, 0.0, 0.0, 0.0, 0.0])
    found = ensemble.effect(NAMES, base, np.array([9.0, 9.0, 1.0, 1.0, 2.0, 2.0]), 2)
    assert found.difference == 1.5
    assert ensemble.effect(NAMES, base[:4], np.ones(4), 2) is None


def test_sets_are_written_and_read_again(tmp_path):
    sets = [{"reoffending.hazard_scale": 0.6123456789012345, "ties.p_tie": 0.1}]
    ensemble.write_sets(tmp_path, sets, {"budget": 1})
    assert ensemble.read_sets(tmp_path / "ensemble.csv") == sets
    assert json.loads((tmp_path / "ensemble.json").read_text()) == {"budget": 1}


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["no set"]),
        ("ties.p_tie\nx\n", ["row 2", "ties.p_tie", '"x"']),
        ("ties.p_tie,ties.p_join\n0.1\n", ["row 2", "as many cells"]),
    ],
)
def test_a_bad_file_of_sets_is_refused(tmp_path, text, words):
    path = tmp_path / "sets.csv"
    path.write_text(text)
    with pytest.raises(InputError) as error:
        ensemble.read_sets(path)
    assert all(word in str(error.value) for word in [*words, str(path)])


def test_each_set_has_seeds_of_its_own_and_keeps_what_the_user_set_by_hand():
    settings = ["ties.p_tie=0.5", f"arrivals.returners_per_year={[50_000.0] * 2 + [5_000.0] * 3}"]
    plan = make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.1, [0], None, settings)
    sets = [
        {"ties.p_tie": 0.1, "ties.p_join": 0.1 + 0.1 * i, "arrivals.returners_per_year[0]": 60_000.0} for i in range(2)
    ]
    first, second = ensemble.plans(plan, sets, "sets.csv")
    assert (first.seeds, second.seeds) == ((0, 1), (2, 3))
    assert (first.register.ties.p_join, second.register.ties.p_join) == (0.1, 0.2)
    assert first.register.ties.p_tie == second.register.ties.p_tie == 0.5
    assert first.register.arrivals.returners_per_year[0] == 50_000


def test_one_member_of_a_list_that_the_user_set_by_hand_is_kept_and_no_other():
    settings = ["arrivals.returners_per_year[0]=50000"]
    plan = make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.1, [0], None, settings)
    [under] = ensemble.plans(plan, [{f"arrivals.returners_per_year[{band}]": 15_000.0 for band in (0, 2)}], "sets.csv")
    assert under.register.arrivals.returners_per_year[0] == 50_000
    assert under.register.arrivals.returners_per_year[2] == 15_000


def test_the_shipped_ensemble_has_fifty_sets_of_every_number_within_its_range():
    register = Register.load()
    sets = ensemble.read_sets()
    names = [c.name for c in space.space(register)]
    assert len(sets) >= 50
    for number, named in enumerate(sets):
        assert list(named) == names
        space.with_values(register, named, f"set {number}")
    how = json.loads(ensemble.SHIPPED.with_suffix(".json").read_text())
    assert how["members"] == len(sets)
    assert {name: tuple(ends) for name, ends in how["coordinates"].items()} == {
        c.name: (c.low, c.high) for c in space.space(register)
    }
