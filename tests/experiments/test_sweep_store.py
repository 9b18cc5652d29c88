"""Parts that are there whole or not at all, and what is done with those that are damaged."""

import os
import shutil
from pathlib import Path

import pandas as pd
import pytest

from experiments import sweep_store, tables
from tests import sweeps


@pytest.fixture
def found():
    return sweeps.make()


@pytest.fixture
def folder(tmp_path, found):
    for task in found.tasks():
        sweep_store.write_part(tmp_path, task.name, sweeps.quick(task))
    return tmp_path


def test_a_run_is_held_once_its_row_stands_in_runs(tmp_path, found):
    task = found.tasks()[0]
    sweep_store.write_part(tmp_path, task.name, sweeps.quick(task))
    assert sweep_store.held(tmp_path).status == dict.fromkeys(task.arms, tables.DONE)
    (tmp_path / "runs.parquet" / f"{task.name}.parquet").unlink()
    assert sweep_store.held(tmp_path).status == {}


def test_rests_of_a_write_that_was_cut_off_are_no_parts_and_go_when_the_folder_is_put_in_order(tmp_path, found):
    task = found.tasks()[0]
    place = tmp_path / "weekly.parquet"
    place.mkdir()
    rest = place / f".{task.name}.parquet.123"
    rest.write_bytes(b"half")
    assert sweep_store.parts(tmp_path, "weekly") == []
    sweep_store.write_part(tmp_path, task.name, sweeps.quick(task))
    sweep_store.drop_rests(tmp_path)
    assert not rest.exists()
    assert len(sweep_store.parts(tmp_path, "weekly")) == 1


def test_every_table_is_read_in_one_line_by_pandas(folder, found):
    runs = {run for task in found.tasks() for run in task.arms}
    assert set(pd.read_parquet(folder / "weekly.parquet")["run"]) == runs
    sweep_store.compact(folder, sweeps.order(found))
    assert set(pd.read_parquet(folder / "weekly.parquet")["run"]) == runs


def test_a_compacted_folder_has_one_file_a_table_in_the_order_of_the_runs(folder, found):
    order = sweeps.order(found)
    rows = sweep_store.compact(folder, order)
    assert {t: len(sweep_store.parts(folder, t)) for t in rows} == dict.fromkeys(rows, 1)
    assert list(pd.read_parquet(folder / "runs.parquet")["run"]) == list(order)
    assert sweep_store.held(folder).status == dict.fromkeys(order, tables.DONE)
    assert rows["weekly"] == 100 * len(order)


def test_the_same_runs_make_the_same_bytes_however_they_came_about(folder, tmp_path_factory, found):
    other = tmp_path_factory.mktemp("other")
    tasks = found.tasks()[::-1]
    for k, task in enumerate(tasks):  # in another order, each run by itself, compacted half way
        for single in task.alone():
            sweep_store.write_part(other, single.name, sweeps.quick(single))
        if k == len(tasks) // 2:
            sweep_store.compact(other, sweeps.order(found))
    for place in (folder, other):
        sweep_store.compact(place, sweeps.order(found))
    assert sweeps.tables_in(folder) == sweeps.tables_in(other)
    assert "cohorts" in sweeps.tables_in(folder)


class Stopped(BaseException):
    pass


@pytest.mark.parametrize("strokes", [0, 1, 2, 3, 8, 9, 10, 20, 30, 40])
def test_a_compaction_that_is_stopped_loses_nothing(folder, tmp_path_factory, found, monkeypatch, strokes):
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(folder, whole, dirs_exist_ok=True)
    sweep_store.compact(whole, sweeps.order(found))
    left = [strokes]

    def stop_before(act):
        def stopping(*arguments, **options):
            left[0] -= 1
            if left[0] < 0:
                raise Stopped
            return act(*arguments, **options)

        return stopping

    monkeypatch.setattr(sweep_store.os, "replace", stop_before(os.replace))
    monkeypatch.setattr(Path, "unlink", stop_before(Path.unlink))
    with pytest.raises(Stopped):
        sweep_store.compact(folder, sweeps.order(found))
    monkeypatch.undo()
    sweep_store.settle(folder)
    assert len(sweep_store.held(folder).status) == len(sweeps.order(found))
    sweep_store.compact(folder, sweeps.order(found))
    assert sweeps.tables_in(folder) == sweeps.tables_in(whole)


@pytest.mark.parametrize("table", ["runs", "weekly"])
def test_a_part_that_is_cut_short_is_named_and_its_runs_are_to_do_again(folder, found, table):
    path = sweep_store.parts(folder, table)[2]
    path.write_bytes(path.read_bytes()[:-30])
    there = sweep_store.held(folder)
    assert there.damaged == [path]
    missing = set(sweeps.order(found)) - there.status.keys()
    assert missing == set(found.tasks()[2].arms)
    with pytest.raises(sweep_store.DamagedError, match=rf"{path.name}: is damaged"):
        sweep_store.compact(folder, sweeps.order(found))
    aside = sweep_store.set_aside(folder, there.damaged)
    assert (aside / f"{table}.parquet" / path.name).exists()
    assert sweep_store.held(folder).damaged == []


def test_a_part_with_a_wrong_byte_is_found_when_it_is_compacted(folder, found):
    path = sweep_store.parts(folder, "weekly")[1]
    content = bytearray(path.read_bytes())
    content[200] ^= 0xFF
    path.write_bytes(bytes(content))
    with pytest.raises(sweep_store.DamagedError, match=rf"{path.name}: is damaged .*resume .* makes its runs again"):
        sweep_store.compact(folder, sweeps.order(found))
    sweep_store.settle(folder)
    sweep_store.set_aside(folder, [path])
    assert (folder / "damaged" / "weekly.parquet" / path.name).exists()
    assert set(sweeps.order(found)) - sweep_store.held(folder).status.keys() == set(found.tasks()[1].arms)


def test_failed_rows_are_forgotten_and_no_others(folder, found):
    from experiments.sweep import failed

    task = found.tasks()[0]
    bad, *good = task.alone()
    tables = [*failed(bad, "why"), *(t for single in good for t in sweeps.quick(single))]
    sweep_store.write_part(folder, task.name, tables)
    there = sweep_store.held(folder)
    assert there.errors == dict.fromkeys(bad.arms, "why")
    assert sweep_store.forget_failed(folder) == list(bad.arms)
    assert set(sweeps.order(found)) - sweep_store.held(folder).status.keys() == set(bad.arms)


def test_rows_of_a_run_that_is_not_finished_count_for_nothing(folder, tmp_path_factory, found):
    """A kill between a task's other tables and its row in `runs`, and a compaction before the task is done again."""
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(folder, whole, dirs_exist_ok=True)
    task = found.tasks()[1]
    (folder / "runs.parquet" / f"{task.name}.parquet").unlink()
    sweep_store.compact(folder, sweeps.order(found))
    assert not set(task.arms) & set(pd.read_parquet(folder / "weekly.parquet")["run"])
    sweep_store.write_part(folder, task.name, sweeps.quick(task))
    for place in (folder, whole):
        sweep_store.compact(place, sweeps.order(found))
    assert sweeps.tables_in(folder) == sweeps.tables_in(whole)


def test_damage_after_a_compaction_doubles_no_rows(folder, tmp_path_factory, found):
    whole = tmp_path_factory.mktemp("whole")
    shutil.copytree(folder, whole, dirs_exist_ok=True)
    sweep_store.compact(folder, sweeps.order(found))
    path = sweep_store.parts(folder, "weekly")[0]
    path.write_bytes(path.read_bytes()[:-30])
    sweep_store.set_aside(folder, sweep_store.held(folder).damaged)
    for task in found.tasks():
        sweep_store.write_part(folder, task.name, sweeps.quick(task))
    for place in (folder, whole):
        sweep_store.compact(place, sweeps.order(found))
    assert sweeps.tables_in(folder) == sweeps.tables_in(whole)


def test_what_a_write_that_was_cut_off_left_is_dropped_and_nothing_else(folder, found):
    task = found.tasks()[1]
    (folder / "runs.parquet" / f"{task.name}.parquet").unlink()
    before = {path for table in sweep_store.TABLES for path in sweep_store.parts(folder, table)}
    sweep_store.drop_rests(folder)
    after = {path for table in sweep_store.TABLES for path in sweep_store.parts(folder, table)}
    assert {path.name for path in before - after} == {f"{task.name}.parquet"}
    assert len(sweep_store.held(folder).status) == len(sweeps.order(found)) - len(task.arms)


def test_parts_written_after_a_compaction_was_cut_off_are_kept(folder, found):
    """A shard at work while what a compaction left is still to be settled."""
    task = found.tasks()[-1]
    for table in sweep_store.TABLES:
        (sweep_store.folder_of(folder, table) / f"{task.name}.parquet").unlink(missing_ok=True)
    replace = os.replace

    def stop_at_the_end(source, target):
        replace(source, target)
        if Path(target).name == ".compacted":
            raise Stopped

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(sweep_store.os, "replace", stop_at_the_end)
        with pytest.raises(Stopped):
            sweep_store.compact(folder, sweeps.order(found))
    sweep_store.write_part(folder, task.name, sweeps.quick(task))
    sweep_store.settle(folder)
    assert len(sweep_store.held(folder).status) == len(sweeps.order(found))
    assert set(pd.read_parquet(folder / "weekly.parquet")["run"]) == sweeps.order(found).keys()
