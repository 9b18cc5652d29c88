import itertools

import numpy as np
import pytest

from experiments.calibration_design import calibration_targets
from experiments.emulators import added_up
from experiments.judge import judge_of
from sim.errors import InputError

TARGETS = [t for t in calibration_targets() if t.id in ("reoff_custody_all", "caseload_2011", "recall_population_2010")]
SLOPES = np.array([[1.0, 0.5, 0.0, 0.0], [0.0, 0.4, 0.3, 0.0], [0.5, 0.0, -0.6, 0.0]])


def values_of(points):
    """Return what runs say in the targets' units: linear where effects add up, the record at the middle of the cube."""
    raised = (points - 0.5) @ SLOPES.T
    share, count = (added_up(TARGETS[i], np.array(TARGETS[i].value)) for i in (0, 1))
    recalled = added_up(TARGETS[2], np.array(TARGETS[2].value))
    odds = np.exp(share + raised[:, 0])
    return np.stack([100 * odds / (1 + odds), np.exp(count + raised[:, 1]), np.exp(recalled + raised[:, 2])], axis=1)


def put_right(judge, points, values, rng):
    """Return points put right for the first time."""
    return judge.corrected(points, points[None], values[None], judge.wanted(len(points), rng))


@pytest.fixture(scope="module")
def judge():
    rng = np.random.default_rng(0)
    points = rng.random((80, 4))
    return judge_of(TARGETS, points, values_of(points) * rng.normal(1, 0.003, (80, 3)))


def test_the_record_itself_is_least_implausible(judge):
    at = np.array([[0.5] * 4, [0.9, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.0]])
    fit = judge(at)
    assert fit.implausibility[0] < 0.5
    assert fit.implausibility[1] > 3
    assert fit.log_density[0] > fit.log_density[1]
    assert fit.implausibility[2] < 0.6


def test_runs_put_right_by_their_own_result_meet_the_record(judge):
    rng = np.random.default_rng(1)
    points = 0.2 + 0.6 * rng.random((60, 4))
    off = lambda p: np.abs(values_of(p) / [t.value for t in TARGETS] - 1).mean(axis=0)  # noqa: E731
    moved = put_right(judge, points, values_of(points), rng)
    assert off(points).min() > 0.05
    assert (off(moved) < [0.02, 0.03, 0.06]).all(), off(moved)
    assert (np.abs(moved[:, 3] - points[:, 3]) < 0.05).all()
    assert ((moved >= 0) & (moved <= 1)).all()


def test_runs_that_differ_from_what_emulators_say_are_put_right_by_what_they_are(judge):
    """A run that lies high for reasons that no emulator knows is moved down by as much."""
    at = np.full((200, 4), 0.5)
    high = values_of(at)
    high[:, 1] *= 1.1
    moved = put_right(judge, at, high, np.random.default_rng(2))
    lowered = np.log(values_of(moved)[:, 1] / values_of(at)[:, 1])
    assert lowered.mean() == pytest.approx(-np.log(1.1), abs=0.03)


def test_where_a_wall_stops_one_number_the_others_go_further(judge):
    """Both of the numbers that the count hangs on must move; the first stands at its wall already."""
    at = np.full((200, 4), 0.5)
    at[:, 1] = 0.0
    high = np.tile([t.value for t in TARGETS], (200, 1)) * [1, 1.05, 1]
    moved = put_right(judge, at, high, np.random.default_rng(4))
    lowered = np.log(values_of(moved)[:, 1] / values_of(at)[:, 1])
    assert moved[:, 1].max() < 0.2
    assert lowered.mean() < -0.015


def test_sets_spread_by_the_stated_error_and_no_further(judge):
    """Runs without chance about a linear surface come to lie about the record by observation and discrepancy."""
    at = np.full((2000, 4), 0.5)
    moved = put_right(judge, at, values_of(at), np.random.default_rng(5))
    spread = np.stack([added_up(t, v) for t, v in zip(TARGETS, values_of(moved).T, strict=True)]).std(axis=1)
    assert (spread < 1.05 * np.sqrt(judge.variance)).all(), spread / np.sqrt(judge.variance)
    assert (spread > 0.5 * np.sqrt(judge.variance)).all(), spread / np.sqrt(judge.variance)


def test_however_often_runs_are_put_right_what_the_record_is_silent_on_stays_as_it_was_drawn(judge):
    """The steps settle: the third and the thirtieth leave points alike, and the fourth number where it was drawn."""
    rng = np.random.default_rng(6)
    drawn = 0.2 + 0.6 * rng.random((60, 4))
    wanted, tried = judge.wanted(60, rng), [drawn]
    for _ in range(30):
        tried.append(judge.corrected(drawn, np.stack(tried), np.stack([*map(values_of, tried)]), wanted))
    after, points = tried[1:], tried[-1]
    assert np.abs(after[2] - after[29]).max() < 0.02
    assert (np.abs(points[:, 3] - drawn[:, 3]) < 0.05).all()
    assert np.abs(points[:, :3] - drawn[:, :3]).max() > 0.2


def test_chance_and_slopes_that_are_too_flat_throw_no_point_to_and_fro(judge):
    """Runs answer twice as steeply as emulators say, and with chance: steps shrink, and the last meet the record."""
    rng = np.random.default_rng(8)
    drawn = 0.35 + 0.3 * rng.random((200, 4))
    wanted, tried, said = judge.wanted(200, rng), [drawn], []
    for _ in range(8):
        steep = 0.5 + 2 * (tried[-1] - 0.5)
        said.append(values_of(steep) * rng.normal(1, 0.01, (200, 3)))
        tried.append(judge.corrected(drawn, np.stack(tried), np.stack(said), wanted))
    steps = [np.abs(new - old)[:, :3].mean() for old, new in itertools.pairwise(tried)]
    assert steps[-1] < 0.15 * steps[1]
    lies = np.median(values_of(0.5 + 2 * (tried[-1] - 0.5)), axis=0) / [t.value for t in TARGETS] - 1
    assert (np.abs(lies) < 0.02).all(), lies


@pytest.mark.parametrize("steepness", [0.5, 2.0])
def test_with_chance_and_slopes_that_are_wrong_by_half_runs_still_come_to_meet_the_record(judge, steepness):
    """Runs answer half or twice as steeply as emulators say, and with chance: steps shrink, and the last meet it."""
    rng = np.random.default_rng(8)
    drawn = 0.35 + 0.3 * rng.random((200, 4))
    wanted, tried, said = judge.wanted(200, rng), [drawn], []

    def lives(points):
        return values_of(0.5 + steepness * (points - 0.5) + 0.1)

    for _ in range(8):
        said.append(lives(tried[-1]) * rng.normal(1, 0.01, (200, 3)))
        tried.append(judge.corrected(drawn, np.stack(tried), np.stack(said), wanted))
    steps = [np.abs(new - old)[:, :3].mean() for old, new in itertools.pairwise(tried)]
    assert steps[-1] < 0.2 * steps[0]
    lies = np.median(lives(tried[-1]), axis=0) / [t.value for t in TARGETS] - 1
    assert (np.abs(lies) < [0.006, 0.006, 0.01]).all(), lies


def test_a_run_that_failed_counts_for_nothing_and_a_point_of_which_all_did_stays(judge):
    drawn, last = np.full((2, 4), 0.4), np.full((2, 4), 0.6)
    said = np.stack([values_of(drawn), np.full((2, 3), np.nan)])
    said[0, 1] = np.nan
    wanted = judge.wanted(2, np.random.default_rng(7))
    moved = judge.corrected(drawn, np.stack([drawn, last]), said, wanted)
    assert moved[1].tolist() == last[1].tolist()
    assert moved[0] == pytest.approx(judge.corrected(drawn[:1], drawn[None, :1], said[:1, :1], wanted[:1])[0])


def test_the_nearest_runs_come_first_and_those_that_failed_never(judge):
    points = np.array([[0.9, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5], [0.6, 0.5, 0.5, 0.5], [0.5, 0.5, 0.5, 0.5]])
    values = values_of(points)
    values[3, 1] = np.nan
    assert list(judge.nearest(values, 4)) == [1, 2, 0]
    assert list(judge.nearest(values, 1)) == [1]


def test_nearest_may_be_asked_of_what_each_is_to_meet(judge):
    values = values_of(np.array([[0.5, 0.5, 0.5, 0.5], [0.9, 0.5, 0.5, 0.5]]))
    own = np.stack([[added_up(t, v) for t, v in zip(TARGETS, row, strict=True)] for row in values])
    assert list(judge.nearest(values, 2)) == [0, 1]
    assert list(judge.nearest(values, 2, own[[1, 1]])) == [1, 0]
    assert list(judge.nearest(values, 2, own)) == [0, 1]


def test_what_four_runs_of_a_point_say_moves_it_further_than_what_one_says(judge):
    at = np.full((1, 4), 0.5)
    high = values_of(at) * [1, 1.1, 1]
    wanted = judge.published[None]
    once, often = (judge.corrected(at, np.stack([at] * n), np.stack([high] * n), wanted) for n in (1, 4))
    down = [float(np.log(values_of(m)[0, 1] / values_of(at)[0, 1])) for m in (once, often)]
    assert -0.1 < down[1] < down[0] < 0


def test_the_record_of_a_run_takes_the_place_of_the_published_one(judge):
    at = np.array([[0.8, 0.3, 0.6, 0.5]])
    other = judge.of_record(values_of(at)[0])
    assert other(at).implausibility[0] < 1 < judge(at).implausibility[0]


def test_emulators_foretell_runs_they_have_not_seen(judge):
    points = np.random.default_rng(3).random((100, 4))
    assert judge.foretold(points, values_of(points)) > 0.9
    assert judge.foretold(points, 1.5 * values_of(points)) < 0.5


def test_too_few_runs_are_refused():
    points = np.random.default_rng(0).random((9, 4))
    with pytest.raises(InputError, match="only 9 of 9 runs"):
        judge_of(TARGETS, points, values_of(points))
