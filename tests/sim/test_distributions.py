"""Quantile functions against closed forms."""

import math

import numpy as np
import pytest

from sim.distributions import geometric, log_uniform, powers, weibull

GRID = (np.arange(200_000) + 0.5) / 200_000
"""Midpoints: the mean over them is the mean of the distribution."""


@pytest.mark.parametrize("shape", [0.8, 1.0, 1.3, 2.0])
@pytest.mark.parametrize("mean", [1.0, 24.0, 400.0])
def test_a_weibull_has_its_mean_and_its_quantiles(mean, shape):
    assert weibull(GRID, mean, shape).mean() == pytest.approx(mean, rel=2e-3)
    scale = mean / math.gamma(1 + 1 / shape)
    median, ninth = weibull(np.array([0.5, 0.9]), mean, shape)
    assert median == pytest.approx(scale * math.log(2) ** (1 / shape))
    assert ninth == pytest.approx(scale * math.log(10) ** (1 / shape))


def test_a_weibull_of_shape_one_is_the_exponential():
    u = np.array([0.0, 0.25, 0.99])
    assert weibull(u, 10.0, 1.0) == pytest.approx(-10 * np.log(1 - u))


def test_a_weibull_takes_a_mean_for_each_person():
    assert weibull(np.array([0.5, 0.5]), np.array([1.0, 3.0]), 1.0) == pytest.approx([math.log(2), 3 * math.log(2)])


@pytest.mark.parametrize("mean", [0.2, 1.0, 14.0])
def test_a_geometric_has_its_mean_and_its_probabilities(mean):
    counts = geometric(GRID, mean)
    assert counts.mean() == pytest.approx(mean, rel=2e-3)
    stop = 1 / (1 + mean)
    for k in range(4):
        assert (counts == k).mean() == pytest.approx(stop * (1 - stop) ** k, abs=1e-4)


def test_a_geometric_of_mean_zero_or_less_is_zero():
    assert geometric(GRID[::20_000], 0.0).tolist() == [0] * 10
    assert geometric(np.array([0.5]), np.array([-1.0])).tolist() == [0]
    assert geometric(np.array([0.0]), 5.0).tolist() == [0]


def test_a_log_uniform_lies_evenly_between_the_logarithms_of_its_bounds():
    found = [log_uniform(u, 14.0, 182.0) for u in (0.0, 0.25, 0.5, 0.75, 1.0)]
    assert np.log(found) == pytest.approx(np.linspace(math.log(14), math.log(182), 5))


def test_powers_are_powers():
    assert powers(np.array([0.25, 1.0, 9.0]), 0.5) == pytest.approx([0.5, 1.0, 3.0])
    assert powers(np.array([2.0, 3.0], np.float32), 3.0) == pytest.approx([8.0, 27.0])


def test_quantiles_rise_with_the_uniform():
    u = GRID[::1000]
    for found in (weibull(u, 5.0, 1.3), geometric(u, 4.0), [log_uniform(x, 2.0, 9.0) for x in u]):
        assert (np.diff(found) >= 0).all()
