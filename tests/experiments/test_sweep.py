"""Sweeps: every run once, whatever fails or dies meanwhile, with the same tables whoever does the work."""

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest

from benchmarks.kills import below, workers
from experiments import sweep, sweep_store
from experiments.sweep import Shard, missing
from sim.errors import InputError
from sim.model import ProbationModel
from tests import sweeps
from tests.processes import is_running


@pytest.fixture(scope="module")
def found():
    return sweeps.make()


def carried_out(found, folder, jobs=1, live=sweeps.quick, shard=sweep.WHOLE, cluster=None):
    """Do what is missing of a sweep and return what the workers said."""
    return list(sweep.run(folder, missing(found, sweep_store.held(folder), shard), jobs, cluster, live))


def compacted(found, folder):
    sweep_store.compact(folder, sweeps.order(found))
    return sweeps.tables_in(folder)


@pytest.fixture(scope="module")
def undisturbed(found, tmp_path_factory):
    folder = tmp_path_factory.mktemp("undisturbed")
    carried_out(found, folder)
    return compacted(found, folder)


# --- the same, whoever does the work


def test_two_workers_make_the_tables_that_one_makes(found, undisturbed, tmp_path):
    said = carried_out(found, tmp_path, jobs=2)
    assert sum(f.runs for f in said) == len(sweeps.order(found))
    assert compacted(found, tmp_path) == undisturbed


def test_shards_in_one_folder_make_the_whole(found, undisturbed, tmp_path):
    for i in (1, 2, 3):
        carried_out(found, tmp_path, shard=Shard(i, 3))
    assert compacted(found, tmp_path) == undisturbed


def test_a_cluster_makes_the_tables_that_one_process_makes(found, undisturbed, tmp_path):
    from distributed import LocalCluster

    options = {"n_workers": 2, "threads_per_worker": 1, "dashboard_address": "127.0.0.1:0", "silence_logs": "CRITICAL"}
    with LocalCluster(**options) as cluster:
        carried_out(found, tmp_path, cluster=cluster.scheduler_address)
    assert compacted(found, tmp_path) == undisturbed


def test_nothing_that_is_finished_is_done_again(found, undisturbed, tmp_path):
    first = missing(found, sweep_store.held(tmp_path))[:4]
    list(sweep.run(tmp_path, first, 1, None, sweeps.quick))
    before = {p: p.stat().st_mtime_ns for p in sweep_store.parts(tmp_path, "runs")}
    said = carried_out(found, tmp_path)
    assert len(said) == len(found.tasks()) - 4
    assert {p: p.stat().st_mtime_ns for p in before} == before
    assert compacted(found, tmp_path) == undisturbed


# --- failures and deaths


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_poison_cell_is_a_failed_row_and_all_others_finish(found, undisturbed, tmp_path, jobs):
    said = carried_out(found, tmp_path, jobs, sweeps.poisoned)
    there = sweep_store.held(tmp_path)
    poisoned = {run for task in found.tasks() for run in task.arms if is_poisoned(task.only({run}))}
    assert set(there.errors) == poisoned
    assert set(there.errors.values()) == {"ValueError: a poison cell"}
    assert there.status.keys() == sweeps.order(found).keys()
    assert sum(f.failed for f in said) == len(poisoned)
    assert sweep_store.forget_failed(tmp_path)  # as `retry` does, once the cause is mended
    again = missing(found, sweep_store.held(tmp_path))
    assert {run for task in again for run in task.arms} == poisoned
    carried_out(found, tmp_path)
    assert compacted(found, tmp_path) == undisturbed


def is_poisoned(task):
    try:
        sweeps.poisoned(task)
    except ValueError:
        return True
    return False


def test_a_run_that_kills_its_workers_ends_as_a_failed_row_and_takes_no_other_with_it(tmp_path):
    found = sweeps.make(seeds=1, factors={"reoffending.alliance_log_factor": [-0.1, 0]})
    carried_out(found, tmp_path, 2, sweeps.deadly)
    there = sweep_store.held(tmp_path)
    assert len(there.errors) == 1
    sweep_store.forget_failed(tmp_path)
    carried_out(found, tmp_path, 2, sweeps.deadly)  # alone, it is done by a worker all the same
    assert sweep_store.held(tmp_path).errors == there.errors
    poisoned = {run for task in found.tasks() for run in task.arms if is_poisoned(task.only({run}))}
    assert set(there.errors) == poisoned
    assert all("its worker died" in error for error in there.errors.values())
    assert there.status.keys() == sweeps.order(found).keys()


@pytest.mark.parametrize("jobs", [1, 2])
def test_a_full_disk_stops_the_sweep_and_makes_no_failed_row(found, tmp_path, monkeypatch, jobs):
    if jobs == 2:
        os.chmod(tmp_path, 0o500)
        if os.access(tmp_path, os.W_OK):
            pytest.skip("this user may write anywhere")
    else:
        monkeypatch.setattr(sweep_store, "_write", lambda *_: sweeps.disk_full(None))
    with pytest.raises(OSError, match=r"No space left|Permission denied"):
        carried_out(found, tmp_path, jobs)
    assert sweep_store.held(tmp_path).status == {}


def test_a_worker_with_other_code_refuses(found, tmp_path):
    with pytest.raises(InputError, match=r"other code of the model .* results would mix"):
        sweep.run_task(tmp_path, "0" * 16, sweeps.quick, found.tasks()[0])


def test_a_worker_that_reads_another_contract_refuses(found, tmp_path, monkeypatch):
    from experiments import plan
    from sim.compiled import source_hash

    task = found.tasks()[0]
    changed = {"signed_2015": "otherwise"}
    monkeypatch.setattr(plan, "_contents", lambda name, _terms: changed.get(name, name))
    with pytest.raises(InputError, match="reads other contracts than the sweep"):
        sweep.run_task(tmp_path, source_hash(), sweeps.quick, task)


def test_a_worker_that_cannot_see_the_folder_says_so(found, tmp_path):
    from sim.compiled import source_hash

    with pytest.raises(InputError, match="a worker cannot see this folder"):
        sweep.run_task(tmp_path / "elsewhere", source_hash(), sweeps.quick, found.tasks()[0])


PARENT = """
import sys
from pathlib import Path
from benchmarks.kills import below, workers
from experiments import sweep, sweep_store
from tests import sweeps
from tests.processes import is_running
if __name__ == "__main__":
    found, folder = sweeps.make(), Path(sys.argv[1])
    sweep_store.settle(folder)
    for _ in sweep.run(folder, sweep.missing(found, sweep_store.held(folder)), 2, None, sweeps.slow):
        pass
"""


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="asks /proc which processes live")
@pytest.mark.parametrize("whom", ["worker", "parent", "group"])
def test_what_is_killed_resumes_and_ends_with_the_same_bytes(found, undisturbed, tmp_path, whom):
    script = tmp_path / "parent.py"
    script.write_text(PARENT)
    folder = tmp_path / "sweep"
    folder.mkdir()
    environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    chance = random.Random(whom)
    parent = subprocess.Popen([sys.executable, str(script), str(folder)], env=environment, start_new_session=True)
    wait_for(lambda: sweep_store.parts(folder, "runs"), parent)
    time.sleep(chance.uniform(0, 0.3))
    if whom == "worker":
        os.kill(chance.choice(workers(parent.pid)), signal.SIGKILL)
        assert parent.wait(60) == 0  # its runs are done again by others
    elif whom == "parent":
        children = below(parent.pid)
        parent.kill()
        parent.wait()
        wait_for(lambda: not any(is_running(child) for child in children))
    else:
        os.killpg(parent.pid, signal.SIGKILL)
        parent.wait()
    there = sweep_store.held(folder)
    assert there.damaged == []
    assert whom == "worker" or 0 < len(there.status) < len(sweeps.order(found))
    carried_out(found, folder)
    assert compacted(found, folder) == undisturbed


def wait_for(what, process=None):
    deadline = time.monotonic() + 60
    while not what():
        assert time.monotonic() < deadline
        assert process is None or process.poll() is None
        time.sleep(0.02)


# --- the model itself


def test_a_run_of_a_sweep_is_the_run_that_the_model_makes_by_itself(found, tmp_path):
    task = found.tasks()[0]
    tables = sweep.live_task(task)
    for (run, arm), table in zip(task.arms.items(), tables, strict=True):
        model = ProbationModel(arm, task.world.region, task.world.scale, task.seed, task.world.register())
        model.live_until(task.world.end_day)
        own = sweep.run_tables(task, run, model)
        for name, columns in own.items():
            pd.testing.assert_frame_equal(pd.DataFrame(columns), pd.DataFrame(table[name]))
    weeks = [int(t["timings"]["weeks_lived"][0]) for t in tables]
    assert sum(weeks) < len(weeks) * -(-task.world.end_day // 7)
    from experiments.tree import weeks_to_live

    assert sum(weeks) == weeks_to_live(task.arms, task.world.end_day)
