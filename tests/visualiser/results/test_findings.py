"""What a folder says is what the command that wrote it says."""

import json
import shutil

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from experiments import ensemble as ensembles
from experiments import single, store, sweep_effects, sweep_store
from experiments.decompose import OUTCOMES, coalitions, players, taken_apart
from experiments.ensemble_report import headline
from experiments.plan import make_plan
from tests import sweeps
from tests.visualiser.results.conftest import PLACE, SCALE, change, rows_of, with_more
from visualiser.results.opening import open_results
from visualiser.results.overview import overview


def expected_of(said):
    """Return the measures of `compare --json` that are shown, by measure and group."""
    return {
        (m["measure"], m["group"]): m
        for m in said["measures"]
        if m["estimand"] == "as_published" and m["estimator"] in ("", "three_month_cohort", "twelve_month_cohort")
        if not (m["measure"] in ("binary_rate", "frequency") and m["estimator"] == "twelve_month_cohort")
    }


def test_the_summary_of_a_comparison_is_what_compare_says(made, opened):
    said, expected = overview(opened), expected_of(made[1])
    checked = 0
    for block in said["blocks"]:
        for row in block["rows"]:
            of = expected[row["measure"], row["group"]]
            factor = 1e-6 if of["unit"] == "pounds" else 1
            if of["unit"] == "fraction" and "percent" in block["note"]:
                factor = 100
            for key in ("base", "reform", "difference", "low", "high"):
                want = None if of[key] is None else pytest.approx(factor * of[key])
                assert row[key] == want, (row["name"], key)
            checked += 1
    assert checked > 50
    assert said["problems"] == []
    assert said["headline"].startswith("In the model the reform ")


def test_a_comparison_of_fewer_seeds_than_were_asked_for_says_so(folder):
    change(folder, seeds=[0, 1, 2])
    assert "2 of 3 seeds are finished: the numbers are of those." in overview(open_results(folder))["remarks"]


def test_money_is_at_the_unit_costs_of_the_folder_and_not_at_those_of_today(opened, folder):
    def prison(results):
        return next(r["base"] for b in overview(results)["blocks"] for r in b["rows"] if r["name"] == "prison")

    parameters = dict(opened.manifest["parameters"])
    parameters["costs.prison_place"] *= 1.01
    change(folder, parameters=parameters)
    assert prison(open_results(folder)) == pytest.approx(1.01 * prison(opened))


def test_no_published_number_stands_among_the_differences(made, opened):
    said = overview(opened)
    published = {c["published_source"] for c in made[1]["before_after"]}
    text = json.dumps(said)
    assert published
    assert not any(source in text for source in published)
    assert all(set(row) & {"published", "record"} == set() for b in said["blocks"] for row in b["rows"])


def test_the_summary_of_a_run_is_what_run_says(tmp_path):
    plan = make_plan(["post_reform"], PLACE, SCALE, (0,), "2009-12-31", [])
    ran = single.run(plan, tmp_path, events=True, people=True, graph=False, step=lambda: None)
    results = open_results(tmp_path)
    rows = rows_of(overview(results))
    said = {(m["measure"], m["group"]): m for m in ran.measures if m["estimator"] in ("", "three_month_cohort")}
    assert rows["binary_rate", "all"]["reform"] == pytest.approx(100 * said["binary_rate", "all"]["value"])
    assert rows["caseload", "all"]["reform"] == pytest.approx(said["caseload", "all"]["value"])
    assert rows["recalls_per_year", "all"]["reform"] == pytest.approx(said["recalls_per_year", "all"]["value"])
    assert {"events", "people"} <= set(results.listed)


def test_the_summary_of_a_decomposition_is_what_decompose_says(tmp_path, plan):
    worlds = len(coalitions(plan))
    values = np.random.default_rng(1).random((2, worlds, len(OUTCOMES)))
    store.write_manifest(tmp_path, plan, "decompose")
    columns = {
        "seed": np.repeat([0, 1], worlds * len(OUTCOMES)),
        "coalition": np.tile(np.repeat(np.arange(worlds), len(OUTCOMES)), 2),
        "measure": [o.measure for o in OUTCOMES] * worlds * 2,
        "group": [o.group for o in OUTCOMES] * worlds * 2,
        "value": values.ravel(),
    }
    store.write_table(tmp_path / "values.parquet", pa.table(columns))
    expected = taken_apart(players(plan), OUTCOMES, values, 0.0)
    block = overview(open_results(tmp_path))["blocks"][0]
    assert block["rows"][0]["difference"] == pytest.approx(100 * expected.whole(OUTCOMES[0]).mean())
    shares = [s for s in expected.shares if s.outcome == OUTCOMES[0]]
    assert [row["name"] for row in block["rows"][1:]] == [s.players[0] for s in shares]
    assert [row["difference"] for row in block["rows"][1:]] == pytest.approx([100 * s.value.mean() for s in shares])


def test_the_summary_under_an_ensemble_is_what_compare_says_of_the_sets_that_are_finished(made, plan, tmp_path):
    tables = {name: with_more(pq.read_table(made[0] / f"{name}.parquet"), seeds=2) for name in ("cohorts", "weekly")}
    for name, table in tables.items():
        store.write_table(tmp_path / f"{name}.parquet", table)
    expected = ensembles.effects_in(tmp_path, plan)
    for name, table in tables.items():
        lone = with_more(table, seeds=4)
        there = pc.match_substring_regex(lone["run"], "/[0-4]$")
        store.write_table(tmp_path / f"{name}.parquet", lone.filter(there))
    store.write_manifest(tmp_path, plan, "compare-ensemble-0123abcd")
    (tmp_path / "sets.csv").write_text(ensembles.as_csv([{"ties.p_join": p} for p in (0.1, 0.2, 0.3)]))
    results = open_results(tmp_path)
    said = overview(results)
    rows = rows_of(said)
    assert said["problems"] == []
    assert said["command"] == "compare --ensemble"
    assert said["remarks"][0] == "2 of 3 sets are finished: the numbers are of those."
    assert {"label": "Seeds", "value": "2 paired seeds for each set of parameters"} in said["facts"]
    assert "`run.py compare --ensemble` makes it again" in results.remedy
    assert said["headline"] == headline(expected)
    assert len(rows) == len(expected) > 20
    for effect in expected:
        factor = 100 if effect.measure == "binary_rate" else 1
        found = rows[effect.measure, effect.group]
        assert found["difference"] == pytest.approx(factor * effect.difference)
        assert found["low"] == pytest.approx(factor * effect.low)


# a sweep


def test_a_sweep_in_parts_and_compacted_say_the_same(swept):
    folder, found = swept
    before = open_results(folder)
    rows = {name: before.rows(name)["total"] for name in before.listed}
    said = overview(before)
    expected = sweep_effects.effects(folder)
    first = expected[expected["measure"] == "binary_rate"].iloc[0]
    assert said["blocks"][0]["rows"][0]["difference"] == pytest.approx(100 * first["difference"])
    assert said["blocks"][0]["rows"][0]["low"] == pytest.approx(100 * first["low"])
    assert "Cells by alliance_log_factor, through_the_gate." in said["blocks"][0]["note"]
    assert said["problems"] == []
    sweep_store.compact(folder, sweeps.order(found))
    after = open_results(folder)
    assert {name: after.rows(name)["total"] for name in after.listed} == rows
    assert overview(after)["blocks"] == said["blocks"]


def test_a_sweep_whose_part_is_a_link_is_not_worked_out(swept):
    folder, _ = swept
    part = next((folder / "measures.parquet").iterdir())
    shutil.move(part, folder.parent / part.name)
    part.symlink_to(folder.parent / part.name)
    assert "links are not followed" in overview(open_results(folder))["problems"][0]


def test_a_damaged_part_is_left_out_and_named(swept):
    folder, found = swept
    part = folder / "weekly.parquet" / f"{found.tasks()[0].name}.parquet"
    lost = pq.read_metadata(part).num_rows
    whole = open_results(folder).rows("weekly")["total"]
    part.write_bytes(part.read_bytes()[:100])
    results = open_results(folder)
    assert results.rows("weekly")["total"] == whole - lost
    assert any(part.name in text and "damaged" in text for text in overview(results)["problems"])


def test_failed_runs_are_told(swept):
    from experiments.sweep import failed

    folder, found = swept
    task = found.tasks()[0]
    run = next(iter(task.arms))
    sweep_store.write_part(folder, task.name, failed(task.only({run}), "ValueError: a poison cell"))
    assert any("1 runs failed: ValueError: a poison cell" in p for p in overview(open_results(folder))["problems"])
