"""What lies in a folder: mistakes are named, every command's folder opens or is refused, links are not followed."""

import shutil

import pyarrow.parquet as pq
import pytest

from experiments import calibration_design, ensemble, ladder, store
from sim.errors import InputError
from tests.visualiser.results.conftest import change, refused
from visualiser.results.findings import findings
from visualiser.results.opening import open_results
from visualiser.results.overview import overview
from visualiser.results.pictures import pictures


def test_a_folder_that_is_none_or_holds_no_results_is_named_with_what_is_expected(tmp_path, made):
    folder, _ = made
    (tmp_path / "file").touch()
    for name, held in (("bare", "cohorts.parquet"), ("only", "manifest.json")):
        (tmp_path / name).mkdir()
        shutil.copy(folder / held, tmp_path / name)
    refusals = {"nowhere": "no folder", "file": "no folder", "bare": "no manifest", "only": "no tables"}
    for name, why in refusals.items():
        with pytest.raises(InputError, match=f"{tmp_path / name}.*{why}.*`compare`, `run`, `sweep`"):
            open_results(tmp_path / name)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"command": 3}', "[" * 100_000, '{"command": "compare"'])
def test_a_manifest_of_another_kind_is_refused(tmp_path, text):
    (tmp_path / "manifest.json").write_text(text)
    (tmp_path / "effects.csv").write_text("cell,difference\n0,1\n")
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        open_results(tmp_path)


# the folders of other commands


def test_a_folder_of_validate_which_keeps_no_manifest_is_refused(tmp_path):
    (tmp_path / "targets.csv").write_text("id,published,simulated\na,1,2\n")
    with pytest.raises(InputError, match=r"no manifest\.json \(`validate` writes none\)"):
        open_results(tmp_path)


def test_a_ladder_whose_tables_lie_in_its_rungs_is_refused(tmp_path, plan):
    store.write_manifest(tmp_path, plan, "compare-ladder")
    ladder.rung_folder(tmp_path, 0).mkdir()
    (tmp_path / "ladder.json").write_text("{}")
    with pytest.raises(InputError, match=r"no tables: what a ladder found is in ladder\.json, its tables in its rungs"):
        open_results(tmp_path)


def test_a_comparison_that_was_cut_off_is_refused(tmp_path, plan):
    store.write_manifest(tmp_path, plan, "compare")
    (tmp_path / store.PARTS).mkdir()
    with pytest.raises(InputError, match="no tables: `compare` is at work on it, or was cut off"):
        open_results(tmp_path)


def test_a_calibration_shows_its_tables(tmp_path):
    design = calibration_design.make_design(calibration_design.LEAST_BUDGET, 0.05, 0)
    calibration_design.open_folder(design, str(tmp_path), resume=False)
    ensemble.write_sets(tmp_path, [{"reoffending.hazard_scale": 1.5}], {})
    results = open_results(tmp_path)
    assert results.rows("ensemble")["rows"] == [[1.5]]
    assert "`run.py calibrate` makes it again" in results.remedy
    assert findings(results).remarks == ["No summary is made of what `calibrate` found: see the tables."]
    facts = {fact["label"]: fact["value"] for fact in overview(results)["facts"]}
    assert facts["Scale"] == "0.05"


def test_a_study_of_sensitivity_shows_its_runs_and_what_moves_the_outcomes(swept):
    folder, found = swept
    change(folder, command="sensitivity")
    (folder / "sensitivity.csv").write_text("outcome,name,mu_star\nbinary_rate,ties.p_join,0.1\n")
    results = open_results(folder)
    assert next(iter(results.listed)) == "sensitivity"
    assert results.rows("runs")["total"] == len(found.runs)
    assert "`run.py sensitivity` makes it again" in results.remedy
    assert overview(results)["remarks"] == ["No summary is made of what `sensitivity` found: see the tables."]


# parts and links


def test_parts_that_no_part_of_runs_stands_for_do_not_count(swept):
    folder, found = swept
    all_rows = open_results(folder).rows("measures")["total"]
    name = found.tasks()[0].name
    lost = pq.read_metadata(folder / "measures.parquet" / f"{name}.parquet").num_rows
    (folder / "runs.parquet" / f"{name}.parquet").unlink()
    assert lost
    assert open_results(folder).rows("measures")["total"] == all_rows - lost


def test_links_are_not_followed(folder):
    outside = folder.parent / "outside"
    outside.mkdir()
    for name in ("cohorts.parquet", "needs.png"):
        shutil.move(folder / name, outside / name)
        (folder / name).symlink_to(outside / name)
    (folder / "more.parquet").symlink_to(outside, target_is_directory=True)
    results = open_results(folder)
    assert "cohorts" not in results.listed
    assert "more" not in results.listed
    assert pictures(folder) == []
    assert "unknown picture" in refused(results, {"kind": "picture", "name": "needs.png"})


def test_a_table_that_becomes_a_link_after_opening_is_not_read(folder):
    results = open_results(folder)
    results.rows("runs")
    shutil.move(folder / "runs.parquet", folder.parent / "elsewhere.parquet")
    (folder / "runs.parquet").symlink_to(folder.parent / "elsewhere.parquet")
    assert "has changed since" in refused(results, {"kind": "rows", "table": "runs"})


def test_a_manifest_that_is_a_link_is_not_read(folder):
    shutil.move(folder / "manifest.json", folder.parent / "manifest.json")
    (folder / "manifest.json").symlink_to(folder.parent / "manifest.json")
    with pytest.raises(InputError, match="no manifest"):
        open_results(folder)


@pytest.mark.parametrize("name", ["../mine/cohorts", "cohorts.parquet", "/etc/passwd", "manifest", ""])
def test_only_a_table_of_the_list_is_read(opened, name):
    assert "unknown table" in refused(opened, {"kind": "rows", "table": name})
    assert "unknown table" in refused(opened, {"kind": "csv", "table": name})
