import numpy as np
import pytest

from experiments.calibration_design import calibration_targets
from experiments.emulators import added_up, error_added_up, fit

TARGETS = {t.id: t for t in calibration_targets()}


def surface(points):
    return 2 * points[:, 0] - points[:, 1] + np.sin(4 * points[:, 2]) + 0.8 * points[:, 0] * points[:, 3]


@pytest.fixture(scope="module")
def worked():
    rng = np.random.default_rng(0)
    points = rng.random((160, 20))
    emulator = fit(points, surface(points) + 0.1 * rng.standard_normal(160))
    new = rng.random((400, 20))
    return emulator, new, *emulator.predict(new)


def test_an_emulator_finds_the_surface_and_the_chance_of_a_run(worked):
    emulator, new, mean, _ = worked
    assert (mean - surface(new)).std() < 0.15 * surface(new).std()
    assert emulator.chance == pytest.approx(0.1, rel=0.3)
    assert {0, 1, 2} <= set(emulator.active)


def test_an_emulator_knows_how_sure_it_is(worked):
    _, new, mean, variance = worked
    distance = (mean - surface(new)) / variance**0.5
    assert 0.9 <= (np.abs(distance) <= 2).mean() <= 1
    assert distance.std() > 0.3


def test_few_runs_leave_much_doubt():
    rng = np.random.default_rng(1)
    points = rng.random((14, 60))
    emulator = fit(points, surface(points))
    new = rng.random((400, 60))
    mean, variance = emulator.predict(new)
    assert (np.abs(mean - surface(new)) <= 2 * (variance + emulator.chance**2) ** 0.5).mean() > 0.8


def test_effects_add_up_as_log_odds_and_logarithms():
    rate, count = TARGETS["reoff_custody_all"], TARGETS["caseload_2011"]
    assert added_up(rate, np.array([50.0])) == pytest.approx([0.0])
    assert added_up(count, np.array([np.e])) == pytest.approx([1.0])
    assert np.isfinite(added_up(rate, np.array([0.0, 100.0]))).all()
    assert np.isfinite(added_up(count, np.array([0.0]))).all()


@pytest.mark.parametrize(
    "name", ["reoff_custody_all", "reoff_within_18_days", "frequency_adults_old", "occasions_fine"]
)
def test_an_error_is_carried_over_to_that_scale(name):
    target = TARGETS[name]
    step = 1e-3 * target.value
    moved = added_up(target, np.array([target.value + step, target.value - step]))
    assert error_added_up(target, step) == pytest.approx((moved[0] - moved[1]) / 2, rel=1e-3)
