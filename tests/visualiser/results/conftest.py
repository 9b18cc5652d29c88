"""Folders of results: one comparison and one sweep, made once; copies of them, to be spoilt."""

import json
import shutil
from dataclasses import replace

import matplotlib.pyplot as plt
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from experiments import provenance, store, sweep_store
from experiments.commands import comparison_object, estimate
from experiments.compare import read_table, run_seed
from experiments.figures import save
from experiments.plan import make_plan
from experiments.sweep_folder import open_new
from tests import sweeps
from visualiser.results.answers import answer
from visualiser.results.opening import open_results

PLACE, SCALE = "staffordshire_west_midlands", 0.003
PIXEL = (4, 3)


@pytest.fixture(scope="session")
def plan():
    return make_plan(["pre_reform", "post_reform"], PLACE, SCALE, (0, 1), "2016-12-31", [])


@pytest.fixture(scope="session")
def made(plan, tmp_path_factory):
    """A folder of `compare`, and the object that `compare --json` would have printed.

    One seed is lived; the other is the same with more reoffenders, and more of everything, under the reform.
    """
    folder = tmp_path_factory.mktemp("results") / "mine"
    folder.mkdir()
    store.write_manifest(folder, plan, "compare")
    lived = run_seed(plan, folder, 0)
    reports = [lived, replace(lived, seed=1)]
    store.gather_parts(folder)
    for path in folder.glob("*.parquet"):
        store.write_table(path, with_more(pq.read_table(path), seeds=1))
    found = {name: read_table(folder, name) for name in ("cohorts", "weekly", "outcomes")}
    said = comparison_object(plan, folder, *estimate(plan, found, reports), reports, 1.0, 0.0)
    save(plt.figure(figsize=PIXEL), folder / "needs.png", provenance.of_plan(plan, "compare"))
    return folder, json.loads(json.dumps(said))


def with_more(table, seeds):
    """Return a table of so many seeds, and under it the same for as many more, the reform's numbers higher."""
    more = table
    for seed in range(seeds):
        run = pc.replace_substring_regex(more["run"], f"/{seed}$", f"/{seed + seeds}")
        more = more.set_column(more.column_names.index("run"), "run", run)
    higher = {
        "seed": lambda: pc.add(more["seed"], seeds),
        "value": lambda: pc.if_else(reform, pc.multiply(more["value"], 1.5), more["value"]),
        "reoffenders": lambda: pc.if_else(reform, more["offenders"], more["reoffenders"]),
    }
    reform = pc.starts_with(more["run"], "post_reform")
    for name in set(higher) & set(more.column_names):
        more = more.set_column(more.column_names.index(name), name, higher[name]())
    return pa.concat_tables([table, more.cast(table.schema)])


@pytest.fixture(scope="session")
def opened(made):
    return open_results(made[0])


@pytest.fixture
def folder(made, tmp_path):
    """A copy of the folder, to be spoilt."""
    return shutil.copytree(made[0], tmp_path / "mine")


@pytest.fixture(scope="session")
def _swept_once(tmp_path_factory):
    """A sweep of runs that cost nothing, in parts."""
    found = sweeps.make()
    folder = tmp_path_factory.mktemp("sweeps") / "swept"
    folder.mkdir()
    open_new(folder, found)
    for task in found.tasks():
        sweep_store.write_part(folder, task.name, sweeps.quick(task))
    return folder, found


@pytest.fixture
def swept(_swept_once, tmp_path):
    """A copy of the sweep, to be spoilt, and its design."""
    folder, found = _swept_once
    return shutil.copytree(folder, tmp_path / "swept"), found


def change(folder, **changed):
    """Change what the manifest of a folder says."""
    path = folder / store.MANIFEST
    path.write_text(json.dumps({**json.loads(path.read_text()), **changed}))


def refused(results, message):
    """Return why a message is not answered."""
    content, buffers = answer(results, message)
    assert content["kind"] == "notice"
    assert content["level"] == "error"
    assert buffers == []
    return content["text"]


def rows_of(said):
    """Return the rows of all blocks, by measure and group."""
    return {(row["measure"], row["group"]): row for block in said["blocks"] for row in block["rows"]}
