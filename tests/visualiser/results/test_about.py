"""What was run is told from the manifest, and a manifest that lacks it spoils nothing else."""

import pytest

from tests.visualiser.results.conftest import change
from visualiser.results.about import about, facts
from visualiser.results.opening import open_results
from visualiser.results.overview import overview


def test_what_was_run_is_told(opened, plan):
    said = about(opened)
    told = {fact["label"]: fact["value"] for fact in said["facts"]}
    assert said["command"] == "compare"
    assert said["title"] == "post_reform against pre_reform"
    assert [arm["scenario"] for arm in said["arms"]] == ["pre_reform", "post_reform"]
    assert told["Region"] == "Staffordshire and West Midlands"
    assert told["Scale"] == f"{plan.scale} ({plan.region.caseload * plan.scale:.0f} people supervised)"
    assert told["Seeds"] == "2 paired seeds (0 to 1)"
    assert told["Until"] == "2016-12-31"
    assert said["made_of"]["is_this_code"]
    assert said["made_of"]["key"] == plan.key


def test_a_sweep_is_told_by_its_cells_and_worlds(swept):
    folder, found = swept
    told = facts(open_results(folder))
    assert told["Scenarios"] == "pre_reform, post_reform"
    assert told["Cells"] == str(len(found.cells))
    assert told["Runs"] == str(len(found.runs))
    assert told["Seeds"] == "3 seeds (0 to 2)"


def test_values_that_are_many_are_counted(swept):
    folder, _ = swept
    change(folder, worlds=[{"until": f"201{k}-12-31"} for k in range(4)])
    assert facts(open_results(folder))["Until"] == "4 different ones"


def test_other_code_is_told_from_this(folder):
    change(folder, code_version="0" * 16)
    assert not about(open_results(folder))["made_of"]["is_this_code"]


@pytest.mark.parametrize("spoilt", [{}, {"arms": 3, "seeds": "x", "worlds": [1], "packages": [], "scale": "big"}])
def test_a_manifest_that_lacks_what_a_comparison_has_leaves_the_tables_to_be_looked_at(folder, spoilt):
    (folder / "manifest.json").write_text('{"command": "compare"}')
    change(folder, **spoilt)
    results = open_results(folder)
    said = overview(results)
    assert said["blocks"] == []
    assert said["title"] == "mine"
    assert "cannot be worked out" in said["problems"][0]
    assert results.rows("cohorts")["total"] > 0
