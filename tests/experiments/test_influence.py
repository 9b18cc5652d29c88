import numpy as np
import pytest

from experiments import ensemble, influence, space
from experiments.plan import make_plan


@pytest.fixture(scope="module")
def plan():
    return make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.1, [0], None, [])


def test_a_straight_line_is_found_again_and_what_does_not_matter_does_not_move_it():
    rng = np.random.default_rng(3)
    places = rng.random((4000, 3))
    effect = 2.0 - 0.6 * places[:, 0] + 0.2 * places[:, 1] + 0.1 * rng.standard_normal(4000)
    moves, errors = influence.moves(places, effect)
    assert moves == pytest.approx([-0.6, 0.2, 0.0], abs=0.05)
    assert (np.abs(moves - [-0.6, 0.2, 0.0]) < 4 * errors).all()


def test_errors_are_as_large_as_slopes_spread():
    rng = np.random.default_rng(4)
    found = [influence.moves(rng.random((60, 1)), rng.standard_normal(60)) for _ in range(400)]
    moves, errors = np.array(found)[:, :, 0].T
    assert moves.std() == pytest.approx(errors.mean(), rel=0.12)


def test_a_run_without_a_value_is_left_out():
    places = np.array([[0.0], [0.5], [1.0], [0.3]])
    moves, _ = influence.moves(places, np.array([0.0, 1.0, 2.0, np.nan]))
    assert moves == pytest.approx([2.0])


def test_sets_are_drawn_from_what_calibration_left(plan):
    fitted = ensemble.read_sets()
    places, sets = influence.drawn(plan, fitted, 40)
    assert places.shape == (40, len(space.space(plan.register)))
    for name in ("reoffending.hazard_scale", "courts.custody_again"):
        low, high = np.quantile([row[name] for row in fitted], [0.05, 0.95])
        values = np.array([row[name] for row in sets])
        assert low * 0.99 <= values.min() < values.max() <= high * 1.01
        assert values.max() - values.min() > 0.9 * (high - low)


def test_a_number_that_the_sets_do_not_have_keeps_its_range(plan):
    coordinates = space.space(plan.register)[:2]
    assert influence.spans(coordinates, [{}, {}]).tolist() == [[0.0, 0.0], [1.0, 1.0]]


def test_what_moves_an_effect_most_stands_first_and_how_many_do_is_counted():
    rows = [
        influence.Influence("a.b", "assumed", 0.5, -0.3, 0.1),
        influence.Influence("c.d", "calibrated", 1, 0.1, 0.1),
    ]
    text = influence.lines({"reoffending, points": rows}, 7)
    assert "1 of 2 numbers move it" in text[2]
    assert text[4].split()[:5] == ["a.b", "-0.30", "0.10", "50%", "assumed"]
    assert max(map(len, text)) <= 80


def test_the_effect_of_a_small_design_is_measured(monkeypatch):
    monkeypatch.setattr(influence, "SCALE", 0.01)
    found = influence.measure(4, 1)
    assert set(found) == {"reoffending, points", "of short-sentence leavers", "recalls, percent"}
    assert all(len(rows) > 100 for rows in found.values())


def test_a_number_is_asked_for(capsys):
    assert influence.main(["many"]) == 2
    assert "how many sets" in capsys.readouterr().err
