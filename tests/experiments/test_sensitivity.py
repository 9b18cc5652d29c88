"""Sensitivity: functions with known indices through the path of the model, what chance does, what is kept of runs."""

import json
import math
import sys
from contextlib import nullcontext

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from experiments import sensitivity, sensitivity_report, space, sweep, sweep_store, tables
from experiments.decompose import OUTCOMES, Outcome
from experiments.sensitivity import ASPECTS, Aspect, chosen, evaluation, live_points, make_design, make_runs
from experiments.sensitivity_indices import indices, is_beyond_chance, p_of_chance, share_of_chance, steps, study
from experiments.space import Coordinate
from experiments.sweep_folder import open_new
from run import app
from sim.errors import InputError
from sim.parameters.register import Register

PI = math.pi
ISHIGAMI = [Coordinate(f"angle.x{k}", None, -PI, PI) for k in (1, 2, 3)]
KNOWN = Aspect(Outcome("known", "all", "points", "a known function", "points", 1), "level")
TWO = "reoffending.hazard_scale,reoffending.alliance_log_factor"
SMALL = ["--scale", "0.01", "--until", "2016-12-31", "--jobs", "1", "--samples", "2", "--parameters", TWO]


def ishigami(points, seed):
    """Return Ishigami's function with a = 7 and b = 0.1, a column of one aspect."""
    x = space.values(ISHIGAMI, points)
    return (np.sin(x[:, 0]) + 7 * np.sin(x[:, 1]) ** 2 + 0.1 * x[:, 2] ** 4 * np.sin(x[:, 0]))[:, None]


def on_unit_interval(number, process="p"):
    """Return numbers whose value is their place."""
    return [Coordinate(f"{process}.x{k}", None, 0.0, 1.0) for k in range(number)]


def noise(points, seed):
    """Return what has nothing to do with the points."""
    return np.random.default_rng(seed).normal(size=(len(points), 1))


def one(design, evaluate, seeds=(0, 1)):
    """Return the indices of a known function."""
    return study(design, evaluate, seeds, [KNOWN])[0]


def by_name(found):
    """Return a table of indices by name."""
    return found.table.set_index("name")


# --- functions whose indices are known


@pytest.fixture(scope="module")
def told(tmp_path_factory):
    """Ishigami's function through the path of the model: drawn, evaluated, analysed, written."""
    folder = tmp_path_factory.mktemp("ishigami")
    design = make_design(ISHIGAMI, "sobol", None, 1024)
    found = study(design, ishigami, [0, 1], [KNOWN])
    sensitivity_report.write(folder, design, found, {})
    return design, found, folder


def test_sobol_reproduces_the_indices_of_ishigamis_function_in_what_is_written(told):
    a, b = 7, 0.1
    alone = [0.5 * (1 + b * PI**4 / 5) ** 2, a**2 / 8, 0.0]
    together = b**2 * PI**8 * (1 / 18 - 1 / 50)
    variance = sum(alone) + together
    table = pd.read_csv(told[2] / "sensitivity.csv").set_index("name").loc[[c.name for c in ISHIGAMI]]
    assert table["S1"].to_numpy() == pytest.approx(np.array(alone) / variance, abs=0.02)
    total = [alone[0] + together, alone[1], together]
    assert table["ST"].to_numpy() == pytest.approx(np.array(total) / variance, abs=0.02)
    assert (table["ST_conf"] < 0.12).all()
    assert table["beyond_chance"].all()
    assert table["share_of_chance"].tolist() == [0, 0, 0]


def test_the_report_ranks_ishigamis_angles(told):
    text = sensitivity_report.lines(told[0], told[1])
    assert text[0].startswith("The level of a known function hangs most on angle.x1 (5")
    assert [line.split()[0] for line in text if line.startswith("  angle")] == ["angle.x1", "angle.x2", "angle.x3"]
    assert max(map(len, text)) <= 80


def test_morris_reproduces_the_elementary_effects_of_a_straight_line_exactly():
    slopes = np.array([3.0, -2.0, 0.5, 0.0])
    design = make_design(on_unit_interval(4), "morris", None, 4)
    whole = one(design, lambda x, seed: (x @ slopes)[:, None])
    found = by_name(whole)
    assert "3 of 4 numbers move it beyond chance, 1 not at all." in sensitivity_report.standing(design, whole)
    assert list(found.index) == ["p.x0", "p.x1", "p.x2", "p.x3"]
    assert found["mu_star"].to_numpy() == pytest.approx(abs(slopes), abs=1e-12)
    assert found["mu"].to_numpy() == pytest.approx(slopes, abs=1e-12)
    assert found["sigma"].to_numpy() == pytest.approx(np.zeros(4), abs=1e-12)
    assert [sensitivity_report.way(row) for row in found.to_dict("records")] == ["+", "-", "+", ""]


def test_morris_reproduces_the_mean_and_spread_of_a_product():
    """The effect of either factor of 2xy is twice the other: one on the mean over places 0, 1/3, 2/3 and 1."""
    design = make_design(on_unit_interval(3), "morris", None, 800)
    found = by_name(one(design, lambda x, seed: (2 * x[:, 0] * x[:, 1])[:, None]))
    spread = 2 * np.std([0, 1 / 3, 2 / 3, 1])
    assert found.loc[["p.x0", "p.x1"], "mu_star"].to_numpy() == pytest.approx(np.ones(2), abs=0.06)
    assert found.loc[["p.x0", "p.x1"], "sigma"].to_numpy() == pytest.approx(np.full(2, spread), abs=0.03)
    assert found.loc["p.x2", "mu_star"] == 0


def test_numbers_of_a_process_have_the_sum_of_their_shares():
    slopes = np.array([1.0, 2.0, 4.0, 2.0])
    numbers = [*on_unit_interval(2, "first"), *on_unit_interval(2, "second")]
    design = make_design(numbers, "sobol", None, 1024)
    assert (design.by, design.names, design.block) == ("process", ["first", "second"], 4)
    found = by_name(one(design, lambda x, seed: (x @ slopes)[:, None]))
    assert found.loc[["first", "second"], "S1"].to_numpy() == pytest.approx(np.array([5, 20]) / 25, abs=0.02)
    grouped = by_name(one(make_design(numbers, "morris", "process", 800), lambda x, seed: (x @ slopes)[:, None]))
    together = [(1 + 2 + abs(1 - 2)) / 2, (4 + 2 + abs(4 - 2)) / 2]  # two numbers go the same way, or not
    assert grouped.loc[["first", "second"], "mu_star"].to_numpy() == pytest.approx(together, abs=0.15)
    assert grouped["mu"].isna().all()


# --- designs


def test_the_same_design_is_drawn_again_and_each_step_moves_one_name():
    numbers = chosen(Register.load(), [], [])
    design = make_design(numbers, "morris", None, None)
    assert np.array_equal(design.points, make_design(numbers, "morris", None, None).points)
    assert (len(numbers) > 100, design.points.shape) == (True, (4 * (len(numbers) + 1), len(numbers)))
    moved = np.diff(design.points.reshape(4, design.block, -1), axis=1) != 0
    assert (moved.sum(axis=2) == 1).all()
    assert (moved.sum(axis=1) == 1).all()


def test_a_logarithmic_number_moves_by_equal_ratios():
    rates = [Coordinate("p.rate", None, 0.01, 1.0)]
    design = make_design(rates, "morris", None, 20)
    values = np.unique(space.values(rates, design.points).round(12))
    assert values[1:] / values[:-1] == pytest.approx(np.full(3, 100 ** (1 / 3)))


def test_numbers_are_chosen_by_how_their_names_begin_and_held_ones_are_left_out():
    register = Register.load()
    names = [c.name for c in chosen(register, ["reoffending.alliance", "arrivals"], ["arrivals.returners_per_year[1]"])]
    assert names == [*(f"arrivals.returners_per_year[{k}]" for k in (0, 2, 3, 4)), "reoffending.alliance_log_factor"]
    assert not [c for c in chosen(register, [], ["arrivals.returners_per_year"]) if c.member is not None]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--method", "moris"], 'unknown method "moris"; did you mean "morris"?'),
        (["--by", "lever"], 'unknown way "lever"; allowed: number, process'),
        (["--parameters", "reofending"], 'unknown parameter "reofending"; did you mean "reoffending"?'),
        (["--parameters", "ties.p_ti,ties.peerlog"], 'did you mean "ties.peer_log_factor"?'),
        (["--parameters", ","], 'unknown parameter ""; allowed: allocation'),
        (["--parameters", "costs"], "--parameters costs: is not varied; allowed: single numbers of kind calibrated or"),
        (["--parameters", "ties", "--by", "process"], "--by process: all numbers are of ties"),
        (["--parameters", "ties.p_join", "--set", "ties.p_join=0.1"], "--set holds all that is to be varied"),
        (["--samples", "1"], "--samples 1 is out of range; allowed: 2 to"),
        (["--method", "sobol", "--samples", "4"], "--samples 4 is out of range; allowed: 8 to"),
        (["--method", "sobol", "--samples", "12"], "--samples 12 must be a power of two for method sobol, such as 16"),
        (
            ["pre_reform", "no_change", "--parameters", "ties.p_join"],
            "pre_reform and no_change move the same levers up to 2018-12-31",
        ),
        (["--seeds", "0"], "--seeds 0 is out of range"),
        (["--set", "levers.risk_splt=off"], '--set: unknown lever "risk_splt"; did you mean "risk_split"?'),
    ],
)
def test_a_mistake_gets_one_message_and_exit_code_2(arguments, message):
    result = CliRunner().invoke(app, ["sensitivity", *arguments])
    assert result.exit_code == 2
    assert message in result.stderr


def test_without_salib_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "SALib", None)
    result = CliRunner().invoke(app, ["sensitivity"])
    assert result.exit_code == 2
    assert 'sensitivity needs the extra "analysis": uv run --extra analysis' in result.stderr


# --- chance


def test_the_share_of_chance_is_that_of_the_noise_that_was_put_in():
    design = make_design(on_unit_interval(2), "sobol", None, 512)
    for wanted in (0.1, 0.5, 0.9):
        scale = math.sqrt(wanted / (1 - wanted) / 12)
        found = one(design, lambda x, seed, scale=scale: x[:, :1] + scale * noise(x, seed), range(4))
        assert found.share_of_chance == pytest.approx(wanted, abs=0.02)


def test_the_share_of_chance_of_points_that_do_not_differ_is_one_and_of_one_seed_unknown():
    values = np.array([[1.0, 2.0, 3.0], [3.0, 2.0, 1.0]])
    assert share_of_chance(values) == 1
    assert share_of_chance(values[[0, 0]]) == 0
    assert math.isnan(share_of_chance(values[:1]))
    assert math.isnan(share_of_chance(np.ones((2, 3))))


def test_steps_are_told_under_the_name_that_moved():
    slopes = np.array([1.0, 10.0, 100.0])
    for method, size in (("morris", 2 / 3), ("sobol", None)):
        design = make_design(on_unit_interval(3), method, None, 8)
        points = design.points.reshape(8, design.block, 3)
        moved = steps(design, points, (points @ slopes)[None])
        if size:
            assert abs(moved[0]) == pytest.approx(np.tile(size * slopes, (8, 1)))
        else:
            assert moved[0] == pytest.approx((points[:, -1] - points[:, 0]) * slopes)


@pytest.mark.parametrize(("method", "samples"), [("morris", 200), ("sobol", 512)])
def test_an_index_that_chance_alone_makes_is_foretold(method, samples):
    table = one(make_design(on_unit_interval(3), method, None, samples), noise, range(3)).table
    index = {"morris": "mu_star", "sobol": "ST"}[method]
    assert table[index].to_numpy() == pytest.approx(table["by_chance"].to_numpy(), rel=0.1)


def test_of_noise_hardly_ever_anything_stands_out_though_some_numbers_stir_more_of_it():
    rng = np.random.default_rng(3)
    stirred = np.exp(rng.normal(size=40))
    found = [is_beyond_chance(p_of_chance(stirred * rng.normal(size=(2, 4, 40)))).any() for _ in range(300)]
    assert np.mean(found) < 0.1


def test_what_moves_an_outcome_stands_out_of_noise_and_what_does_nothing_does_not():
    slopes = np.array([5.0, 5.0, 0.0, 0.0])
    design = make_design(on_unit_interval(4), "morris", None, 10)
    found = by_name(one(design, lambda x, seed: (x @ slopes)[:, None] + 0.3 * noise(x, seed), range(4)))
    assert found["beyond_chance"].to_dict() == {"p.x0": True, "p.x1": True, "p.x2": False, "p.x3": False}


def test_with_one_seed_nothing_is_said_of_chance():
    design = make_design(on_unit_interval(2), "morris", None, 4)
    found = one(design, lambda x, seed: x[:, :1], [0])
    assert not found.table["beyond_chance"].any()
    assert found.table[["p", "by_chance", "spread"]].isna().all(axis=None)
    text = "\n".join(sensitivity_report.lines(design, [found]))
    assert "hangs most on p.x0 (1.00 points)" in text
    assert "that takes two seeds" in text.replace("\n  ", " ")


# --- runs that failed


def test_a_trajectory_with_a_run_that_failed_is_left_out_and_counted():
    design = make_design(on_unit_interval(2), "morris", None, 4)
    values = np.stack([design.points @ [1.0, 2.0]] * 2)
    values[:, 3:6] = [[1e9, math.nan, 1e9]] * 2
    found = indices(design, KNOWN, values)
    assert (found.left_out, found.blocks) == (1, 4)
    assert found.table["mu_star"].to_numpy() == pytest.approx([2.0, 1.0])
    assert "1 of 4 trajectories left out" in sensitivity_report.standing(design, found)


def test_an_outcome_of_which_nothing_is_known_has_no_indices_and_is_drawn_as_such(tmp_path):
    design = make_design(on_unit_interval(2), "morris", None, 4)
    nothing = indices(design, KNOWN, np.full((2, 12), math.nan))
    constant = indices(make_design(on_unit_interval(2), "sobol", None, 8), KNOWN, np.ones((2, 32)))
    assert nothing.table.empty
    assert constant.table["ST"].isna().all()
    text = "\n".join(sensitivity_report.lines(design, [nothing]))
    assert "nothing is known to move it" in text
    assert "Too few are left to say anything." in text
    sensitivity_report.write(tmp_path, design, [nothing], {})
    assert (tmp_path / "sensitivity.png").exists()


# --- runs of the model


def few(*wanted, samples=2):
    """Return a design over few numbers, and its runs."""
    design = make_design(chosen(Register.load(), wanted or TWO.split(","), []), "morris", None, samples)
    world = "staffordshire_west_midlands", 0.005, "2016-12-31"
    return design, make_runs(design, ["pre_reform", "post_reform"], world, [0, 1], [])


def quick(task):
    """Return what is said of runs: a hundred times the alliance, one more under the reform; nothing of the model."""
    value = -100 * float(dict(task.world.settings)["reoffending.alliance_log_factor"])
    return [
        {
            sweep_store.RUNS: tables.runs_table(task.world, arm.name, task.seed, run),
            "measures": {
                "run": [run] * len(OUTCOMES),
                "measure": [o.measure for o in OUTCOMES],
                "group": [o.group for o in OUTCOMES],
                "value": [value + bool(arm.levers)] * len(OUTCOMES),
            },
        }
        for run, arm in task.arms.items()
    ]


def no_progress(total, what):
    """Show nothing."""
    return nullcontext(lambda: None)


def test_runs_that_are_there_are_not_done_again_and_say_level_and_effect(tmp_path, monkeypatch):
    design, found = few()
    open_new(tmp_path, found, sensitivity.COMMAND)
    monkeypatch.setattr(sensitivity, "live_task", quick)
    assert live_points(found, tmp_path, 1, no_progress) == len(found.runs)
    assert live_points(found, tmp_path, 1, no_progress) == 0
    values = evaluation(found, tmp_path)(design.points, 1)
    alliance = space.values(design.coordinates, design.points)[:, 1]
    assert values.shape == (len(design.points), len(ASPECTS))
    assert values[:, 0] == pytest.approx(-100 * alliance)
    assert values[:, len(OUTCOMES)] == pytest.approx(np.ones(len(design.points)))
    with pytest.raises(InputError, match="holds another design"):
        open_new(tmp_path, few("reoffending.alliance")[1], sensitivity.COMMAND)


def test_of_stopped_runs_the_rest_is_done(tmp_path, monkeypatch):
    _, found = few()
    open_new(tmp_path, found, sensitivity.COMMAND)
    monkeypatch.setattr(sensitivity, "live_task", quick)
    parts = sweep.run(tmp_path, found.tasks()[:3], 1, live=quick)
    there = sum(part.runs for part in parts)
    assert there == 6
    sweep_store.parts(tmp_path, "measures")[0].write_bytes(b"damaged")
    assert live_points(found, tmp_path, 1, no_progress) == len(found.runs) - 4


def test_runs_that_fail_are_left_out_with_their_trajectories(tmp_path, monkeypatch):
    design, found = few(samples=4)
    world = found.worlds[found.runs_of[0][0][0]]

    def fails(task):
        if task.world == world:
            raise ValueError("a poison world")
        return quick(task)

    open_new(tmp_path, found, sensitivity.COMMAND)
    monkeypatch.setattr(sensitivity, "live_task", fails)
    live_points(found, tmp_path, 1, no_progress)
    assert set(sweep_store.held(tmp_path).errors.values()) == {"ValueError: a poison world"}
    level = study(design, evaluation(found, tmp_path), found.seeds)[0]
    hit = {k // design.block for k, runs in enumerate(found.runs_of) if runs[0][0] == found.runs_of[0][0][0]}
    assert level.left_out == len(hit)


@pytest.fixture(scope="module")
def lived(tmp_path_factory):
    """A small sensitivity of the model, once as text and once, gone on with, as JSON."""
    out = tmp_path_factory.mktemp("sensitivity")
    first = CliRunner().invoke(app, ["sensitivity", *SMALL, "--out", str(out)])
    times = {path: path.stat().st_mtime_ns for path in (out / "runs.parquet").iterdir()}
    csv = (out / "sensitivity.csv").read_bytes()
    second = CliRunner().invoke(app, ["sensitivity", *SMALL, "--out", str(out), "--json"])
    same = times == {path: path.stat().st_mtime_ns for path in (out / "runs.parquet").iterdir()}
    return first, second, out, same and csv == (out / "sensitivity.csv").read_bytes()


def test_a_small_sensitivity_of_the_model_says_what_its_outcomes_hang_on(lived):
    first, _, out, _ = lived
    assert first.exit_code == 0, first.output
    said = first.stdout.replace("\n", " ")
    assert "The level of proven reoffending" in said
    assert "levels  under pre_reform" in said
    assert said.count("of the variance between runs is chance") >= 4
    assert max(len(line) for line in first.stdout.splitlines() if str(out) not in line) <= 80
    table = pd.read_csv(out / "sensitivity.csv")
    assert set(table["of"]) == {"level", "effect"}
    assert set(table["name"]) == set(TWO.split(","))
    assert len(table) <= 2 * len(ASPECTS)
    assert table.loc[0, ["outcome", "of", "name"]].tolist() == ["binary_rate", "level", "reoffending.hazard_scale"]
    manifest = json.loads((out / "manifest.json").read_text())
    assert (manifest["command"], manifest["design"]["method"], manifest["cells"]) == ("sensitivity", "morris", 6)
    assert "sensitivity" in Image.open(out / "sensitivity.png").info["Description"]


def test_the_same_command_runs_nothing_again_and_says_the_same_as_json(lived):
    _, second, out, unchanged = lived
    assert second.exit_code == 0, second.output
    assert unchanged
    said = json.loads(second.stdout)
    keys = ("base", "reform", "method", "by", "samples", "seeds", "points", "failed", "out")
    assert [said[key] for key in keys] == ["pre_reform", "post_reform", "morris", "number", 2, 2, 6, 0, str(out)]
    assert [(row["measure"], row["of"]) for row in said["outcomes"]] == [(a.outcome.measure, a.of) for a in ASPECTS]
    first = said["outcomes"][0]
    assert 0 <= first["share_of_chance"] <= 1
    assert first["indices"][0]["name"] == "reoffending.hazard_scale"
    assert first["indices"][0]["mu"] > 0.2


def test_another_command_refuses_the_folder(lived):
    result = CliRunner().invoke(app, ["resume", str(lived[2])])
    assert result.exit_code == 2
    assert "was written by `run.py sensitivity`" in result.stderr
