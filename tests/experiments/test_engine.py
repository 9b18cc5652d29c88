import gc
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from experiments.engine import map_runs, run_seeds
from tests.processes import is_running


def double(number: int) -> int:
    return 2 * number


def fail(number: int) -> int:
    raise ValueError(f"task {number}")


def process_of(_number: int) -> int:
    return os.getpid()


def kept_from_the_collector(_number: int) -> int:
    return gc.get_freeze_count()


def write_and_sleep(folder: Path) -> None:
    (folder / str(os.getpid())).touch()
    time.sleep(120)


PARENT = """
import sys
from pathlib import Path
from experiments.engine import map_runs
from tests.experiments.test_engine import write_and_sleep
if __name__ == "__main__":
    list(map_runs(write_and_sleep, [Path(sys.argv[1])] * 4, 2))
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes live")
def test_workers_end_with_a_parent_that_was_killed(tmp_path):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    folder = tmp_path / "workers"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    parent = subprocess.Popen([sys.executable, str(script), str(folder)], env=environment)
    deadline = time.monotonic() + 60
    while len(list(folder.iterdir())) < 2:
        assert time.monotonic() < deadline
        assert parent.poll() is None
        time.sleep(0.1)
    workers = [int(path.name) for path in folder.iterdir()]
    parent.kill()
    parent.wait()
    while any(map(is_running, workers)):
        assert time.monotonic() < deadline, "workers outlive their parent"
        time.sleep(0.1)


@pytest.mark.parametrize("jobs", [1, 2])
def test_every_task_is_done_once_whatever_the_jobs(jobs):
    assert sorted(map_runs(double, [3, 1, 2], jobs)) == [(1, 2), (2, 4), (3, 6)]


@pytest.mark.parametrize("jobs", [1, 2])
def test_results_of_seeds_come_in_the_order_of_seeds(jobs):
    assert run_seeds(double, [3, 1, 2], jobs) == [6, 2, 4]


def test_a_worker_looks_for_garbage_in_its_tasks_alone_and_this_process_is_left_as_it_is():
    assert all(count > 0 for _, count in map_runs(kept_from_the_collector, [1, 2], 2))
    before = gc.get_freeze_count()
    assert [count for _, count in map_runs(kept_from_the_collector, [1], 1)] == [before]


def test_one_job_runs_in_this_process():
    assert [p for _, p in map_runs(process_of, [1, 2], 1)] == [os.getpid()] * 2


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_task_that_fails_is_not_passed_over(jobs):
    with pytest.raises(ValueError, match="task"):
        list(map_runs(fail, [1, 2], jobs))
