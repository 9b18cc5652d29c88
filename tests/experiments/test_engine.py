import os

import pytest

from experiments.engine import map_runs, run_seeds


def double(number: int) -> int:
    return 2 * number


def fail(number: int) -> int:
    raise ValueError(f"task {number}")


def process_of(_number: int) -> int:
    return os.getpid()


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once_whatever_the_jobs(jobs):
    assert sorted(map_runs(double, [3, 1, 2], jobs)) == [(1, 2), (2, 4), (3, 6)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_of_seeds_come_in_the_order_of_seeds(jobs):
    assert run_seeds(double, [3, 1, 2], jobs) == [6, 2, 4]


def test_one_job_runs_in_this_process():
    assert [p for _, p in map_runs(process_of, [1, 2], 1)] == [os.getpid()] * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_fails_is_not_passed_over(jobs):
    with pytest.raises(ValueError, match="task"):
        list(map_runs(fail, [1, 2], jobs))
