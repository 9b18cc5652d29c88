"""Designs as files: what they resolve to, and what is refused."""

import json

import pytest

from experiments.designs import DESIGNS, load_design, read_design
from experiments.worlds import make_sweep
from sim.errors import InputError
from sim.files import known_names

REGION = "staffordshire_west_midlands"
DESIGN = """
title = "Mine"
scenarios = ["pre_reform", "post_reform"]
scale = 0.005
until = 2016-12-31
seeds = 2
[factors]
"levers.through_the_gate" = ["off", 2015-05-01]
"reoffending.alliance_log_factor" = { steps = 2 }
"""


def written(tmp_path, text):
    path = tmp_path / "mine.toml"
    path.write_text(text)
    return str(path)


@pytest.mark.parametrize("name", known_names(DESIGNS))
def test_shipped_designs_resolve(name):
    assert load_design(name).tasks()


def test_arms_that_no_factor_touches_are_run_once(tmp_path):
    found = load_design(written(tmp_path, DESIGN))
    assert len(found.cells) == 4
    assert len(found.worlds) == 2  # a world for each number; levers are arms within it
    assert [len(arms) for arms in found.arms] == [3, 3]  # without the reform, with it, and with it but for one lever
    rows = list(found.rows())
    assert len(rows) == 4 * 2 * 2
    assert len({row["run"] for row in rows}) == 12


def test_seeds_are_paired_over_all_cells(tmp_path):
    found = load_design(written(tmp_path, DESIGN))
    assert {row["seed"] for row in found.rows()} == {0, 1}
    assert [task.seed for task in found.tasks()] == [0, 0, 1, 1]


def test_a_run_has_an_address_of_its_own_by_all_that_decides_it(tmp_path):
    base = load_design(written(tmp_path, DESIGN))
    again = load_design(written(tmp_path, DESIGN.replace("seeds = 2", "seeds = 1")))
    runs = {row["run"] for row in base.rows()}
    assert {row["run"] for row in again.rows()} < runs  # fewer seeds: the same runs
    for old, new in (("scale = 0.005", "scale = 0.006"), ("2016-12-31", "2015-12-31"), ("2015-05-01", "2015-06-01")):
        other = {row["run"] for row in load_design(written(tmp_path, DESIGN.replace(old, new))).rows()}
        assert other != runs
    assert base.key != again.key


def test_region_and_scale_can_be_factors(tmp_path):
    text = DESIGN + f'region = ["{REGION}", "england_wales"]\nscale = [0.005, 0.01]\n'
    found = load_design(written(tmp_path, text))
    assert {(w.region.name, w.scale) for w in found.worlds} == {
        (region, scale) for region in (REGION, "england_wales") for scale in (0.005, 0.01)
    }


def test_fixed_settings_hold_in_every_cell(tmp_path):
    found = load_design(written(tmp_path, DESIGN.replace("[factors]", "[settings]\nseries.hold_at = 2014\n[factors]")))
    assert {w.register().hold_at for w in found.worlds} == {2014}


def test_a_design_is_the_same_when_it_comes_back_from_a_manifest(tmp_path):
    found = load_design(written(tmp_path, DESIGN))
    kept = json.loads(json.dumps(found.manifest(), default=str))
    assert read_design(kept["design"], kept["design_file"]).key == found.key == kept["key"]


def test_a_member_of_a_list_can_be_a_factor():
    key = "arrivals.returners_per_year[2]"
    found = make_sweep("t", {}, "p", ["pre_reform"], (REGION, 0.005, None), [0], [], [{key: 5_000.0}, {key: 6_000.0}])
    assert [w.register().arrivals.returners_per_year[2] for w in found.worlds] == [5_000.0, 6_000.0]


def test_notes_of_cells_are_told_once(tmp_path):
    text = DESIGN.replace('"post_reform"', '"no_change"')
    assert sum("no arm has this lever" in note for note in load_design(written(tmp_path, text)).notes) == 2


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ('title = "Mine"', 'titel = "Mine"', 'unknown key "titel"; did you mean "title"'),
        ('"post_reform"]', '"post_refrom"]', 'unknown scenario "post_refrom"; did you mean "post_reform"'),
        ('"post_reform"]', '"pre_reform"]', '"pre_reform" is named 2 times'),
        ("seeds = 2", "seeds = 0", r"mine\.toml: seeds 0 is out of range"),
        ("seeds = 2", "seeds = 1.5", r"seeds = 1\.5 must be a whole number"),
        ("scale = 0.005", "scale = -1", r"mine\.toml: scale -1 is out of range"),
        ("2016-12-31", "1999-12-31", "1999-12-31 is out of range"),
        ("seeds = 2", 'seeds = 2\nmethod = "gird"', 'unknown method "gird"; did you mean "grid"'),
        ("seeds = 2", "seeds = 2\nsamples = 5", "samples goes with latin_hypercube and sobol"),
        (
            "alliance_log_factor",
            "aliance_log_factor",
            'unknown parameter "reoffending.aliance_log_factor"; did you mean',
        ),
        ("{ steps = 2 }", "[99]", r"mine\.toml: \[factors\]: reoffending\.alliance_log_factor = 99 is out of range"),
        ('"off", ', '"of", ', "levers.through_the_gate = of is not a date"),
        ('"off", 2015-05-01]', "]", "the list is empty"),
        ("[factors]", "[settings]\nreoffending.alliance_log_factor = 0\n[factors]", "keep one"),
    ],
)
def test_a_mistake_in_a_design_names_file_key_value_and_what_is_allowed(tmp_path, old, new, message):
    assert old in DESIGN
    with pytest.raises(InputError, match=message):
        load_design(written(tmp_path, DESIGN.replace(old, new)))


def test_an_unknown_design_names_the_nearest():
    with pytest.raises(InputError, match='unknown design "tousand"; did you mean "thousand"'):
        load_design("tousand")
