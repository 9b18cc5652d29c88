import numpy as np
import pytest

from experiments.sampling import Fit, Narrowed, fitting, moved, not_ruled_out

CENTRE = np.array([0.3, 0.6, 0.5])
WIDTHS = np.array([0.02, 0.05, 0.03])


def gaussian(points):
    distance = (points[:, :3] - CENTRE) / WIDTHS
    return Fit(np.abs(distance).max(axis=1), -0.5 * (distance**2).sum(axis=1))


def test_the_share_that_is_not_ruled_out_is_the_volume_of_the_box():
    box = float(np.prod(2 * 2.0 * WIDTHS))
    shares = [not_ruled_out(gaussian, 6, 2.0, np.random.default_rng(s), particles=400).share for s in range(6)]
    assert np.exp(np.mean(np.log(shares))) == pytest.approx(box, rel=0.25)


def test_points_not_ruled_out_fill_the_box_and_the_free_coordinates_evenly():
    narrowed = not_ruled_out(gaussian, 6, 2.0, np.random.default_rng(1))
    assert narrowed.level == 2.0
    assert (gaussian(narrowed.points).implausibility <= 2.0).all()
    within = (narrowed.points[:, :3] - CENTRE) / WIDTHS / 2
    assert within.mean(axis=0) == pytest.approx(np.zeros(3), abs=0.12)
    assert within.std(axis=0) == pytest.approx(np.full(3, 3**-0.5), abs=0.08)
    assert narrowed.points[:, 3:].mean(axis=0) == pytest.approx(np.full(3, 0.5), abs=0.06)
    assert narrowed.points[:, 3:].std(axis=0) == pytest.approx(np.full(3, 12**-0.5), abs=0.04)


def test_points_drawn_by_fit_have_the_mean_and_spread_of_the_density():
    narrowed = not_ruled_out(gaussian, 4, 6.0, np.random.default_rng(2))
    points = fitting(gaussian, narrowed, np.random.default_rng(3))
    assert points[:, :3].mean(axis=0) == pytest.approx(CENTRE, abs=0.01)
    assert points[:, :3].std(axis=0) / WIDTHS == pytest.approx(np.ones(3), abs=0.15)
    assert points[:, 3].std() == pytest.approx(12**-0.5, abs=0.04)


def test_where_nothing_meets_the_cutoff_the_level_says_how_near_it_came():
    def contradictory(points):
        one, other = np.abs(points[:, 0] - 0.2) / 0.01, np.abs(points[:, 0] - 0.6) / 0.01
        return Fit(np.maximum(one, other), -(one + other))

    narrowed = not_ruled_out(contradictory, 2, 3.0, np.random.default_rng(0), particles=200)
    assert narrowed.level == pytest.approx(20, abs=0.5)
    assert narrowed.points[:, 0] == pytest.approx(np.full(200, 0.4), abs=0.01)


def test_moves_stay_in_the_cube_and_below_the_level():
    points = np.random.default_rng(4).random((200, 5))
    again = moved(points, lambda p: Fit(p[:, 0], np.zeros(len(p))), 1.0, 0.0, np.random.default_rng(5))
    assert ((again >= 0) & (again <= 1)).all()
    assert (again != points).any(axis=1).mean() > 0.9


def test_the_same_seed_draws_the_same_points():
    narrowed = Narrowed(np.random.default_rng(0).random((100, 3)), 1.0, np.inf)
    first, second = (fitting(gaussian, narrowed, np.random.default_rng(7)) for _ in range(2))
    assert np.array_equal(first, second)
