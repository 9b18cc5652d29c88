"""The EMA Workbench's view of the model, and the conditions under which a reform helps."""

import pickle
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image

from experiments import boxes, conditions, designs, ema, space, sweep, sweep_folder, sweep_store
from experiments.decompose import OUTCOMES
from experiments.plan import make_plan
from experiments.sweep_effects import effects
from experiments.worlds import make_sweep
from sim.errors import InputError, UnfinishedError
from sim.parameters.register import Register
from sim.scenarios import load_timeline
from sim.timeline import lever_definitions

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    workbench = pytest.importorskip("ema_workbench", reason="the extra `analysis` is not installed")

REGION, SCALE, UNTIL = "staffordshire_west_midlands", 0.005, "2016-12-31"
ALLIANCE, ENFORCE = "reoffending.alliance_log_factor", "supervision.p_enforce_licence"
DESIGN = {
    "scenarios": ["pre_reform", "post_reform"],
    "scale": SCALE,
    "until": UNTIL,
    "seeds": 2,
    "method": "latin_hypercube",
    "samples": 2,
    "factors": {ALLIANCE: {}, ENFORCE: {"high": 0.5}},
}


@pytest.fixture(scope="module")
def register():
    return Register.load()


@pytest.fixture(scope="module")
def small():
    return ema.model(scale=SCALE, until=UNTIL, seed=1, prefixes=[ALLIANCE, ENFORCE])


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """Return the folder of a small sweep that is finished."""
    return swept(DESIGN, tmp_path_factory.mktemp("sweep"))


def swept(design, place):
    """Run a design, and return its folder."""
    found = designs.read_design(design, "a test")
    sweep_folder.open_new(place, found)
    assert all(not done.failed for done in sweep.run(place, found.tasks(), 1))
    return place


def quietly(model, **asked):
    """Perform experiments one after another, without the workbench's bar of progress."""
    evaluator = workbench.SequentialEvaluator(model)
    return evaluator.perform_experiments(log_progress=True, **asked)


def lived(cell, seed=1):
    """Return what the sweep's own way of living says of one cell: (base, reform), each a value for every outcome."""
    world = REGION, SCALE, UNTIL
    (task,) = make_sweep("", {}, "a test", ["pre_reform", "post_reform"], world, [seed], [], [cell]).tasks()
    found = []
    for tables in sweep.live_task(task):
        m = tables["measures"]
        value = dict(zip(zip(m["measure"], m["group"], strict=True), m["value"], strict=True))
        found.append([value[o.measure, o.group] for o in OUTCOMES])
    return found


# --- parameters and outcomes


def test_every_number_that_may_vary_is_an_uncertainty_with_its_range_and_value(register):
    coordinates = space.space(register)
    found = ema.uncertainties(register)
    assert [ema.key_of(u.name) for u in found] == [c.name for c in coordinates]
    for c, u in zip(coordinates, found, strict=True):
        assert u.name.isidentifier()
        assert (u.lower_bound, u.upper_bound, u.default) == (c.low, c.high, space.held(register, c))


def test_a_range_of_many_times_is_drawn_by_its_logarithm_as_calibration_does(register):
    places = np.array([0.1, 0.5, 0.9])
    for c, u in zip(space.space(register), ema.uncertainties(register), strict=True):
        assert u.dist.ppf(places) == pytest.approx(c.value(places))


def test_prefixes_choose_numbers_and_a_wrong_one_is_named(register):
    found = ema.uncertainties(register, ["support.p_take_up", "ties."])
    assert {ema.key_of(u.name).partition(".")[0] for u in found} == {"support", "ties"}
    with pytest.raises(InputError, match=r'begins with "reofending\."; did you mean'):
        ema.uncertainties(register, ["reofending."])


def test_every_lever_of_the_timeline_is_a_switch_and_its_settings_have_their_ranges():
    timeline = load_timeline("post_reform")
    found = {ema.key_of(lever.name): lever for lever in ema.levers(timeline)}
    for name in timeline.levers:
        switch = found.pop(f"levers.{name}")
        assert isinstance(switch, workbench.BooleanParameter)
        assert switch.default is True
        for setting, rule in lever_definitions()[name].get("settings", {}).items():
            parameter = found.pop(f"levers.{name}.{setting}")
            assert (parameter.lower_bound, parameter.upper_bound) == (rule["low"], rule["high"])
            assert parameter.default == timeline.setting(name, setting)
    assert not found


def test_a_setting_that_is_nought_or_one_is_never_between():
    (fixed,) = [lever for lever in ema.levers(load_timeline("post_reform")) if "volumes_as_forecast" in lever.name]
    assert isinstance(fixed, workbench.IntegerParameter)


def test_each_outcome_has_an_effect_and_a_level_with_a_name_of_its_own():
    names = [outcome.name for outcome in ema.outcomes()]
    assert len(set(names)) == 2 * len(OUTCOMES)
    assert all(name.isidentifier() for name in names)
    assert "binary_rate__custody_under_12m__effect" in names


# --- the model


def test_the_model_run_by_the_workbench_says_what_a_sweep_says_exactly(small):
    experiments, found = quietly(small, scenarios=1, uncertainty_sampling_kwargs={"rng": 3})
    base, reform = lived({key: float(experiments[ema.name_of(key)][0]) for key in (ALLIANCE, ENFORCE)})
    for outcome, before, after in zip(OUTCOMES, base, reform, strict=True):
        assert found[ema.outcome_name(outcome, ema.EFFECT)] == [after - before]
        assert found[ema.outcome_name(outcome, ema.UNDER_REFORM)] == [after]


def test_many_processes_say_the_same_as_one(small):
    asked = [workbench.Sample(f"s{k}", **{ema.name_of(ALLIANCE): -0.1 * k}) for k in (1, 2)]
    _, one = quietly(small, scenarios=asked)
    with workbench.MultiprocessingEvaluator(small, n_processes=2) as evaluator:
        _, many = evaluator.perform_experiments(scenarios=asked, log_progress=True)
    assert {name: values.tolist() for name, values in one.items()} == {n: v.tolist() for n, v in many.items()}


def test_levers_that_are_off_leave_no_effect_and_a_setting_acts(small):
    off = {lever.name: False for lever in small.levers if isinstance(lever, workbench.BooleanParameter)}
    months = "levers__short_sentence_supervision__total_supervision_months"
    policies = [
        workbench.Sample("a", **off | {months: 12.0}),
        workbench.Sample("a", **dict.fromkeys(off, True) | {months: 12.0}),
        workbench.Sample("a", **dict.fromkeys(off, True) | {months: 1.0}),
    ]
    _, found = quietly(small, policies=policies)
    off, whole, short = zip(*(found[ema.outcome_name(o, ema.EFFECT)] for o in OUTCOMES), strict=True)
    assert off == (0,) * len(OUTCOMES)
    assert whole != off
    assert short not in (whole, off), "policies of one name are not the same policy"


def test_ends_of_a_range_are_not_missed_by_rounding(register):
    run = ema.PairedRun(make_plan(["pre_reform", "pre_reform"], REGION, SCALE, [0], "2008-06-30", []))
    for parameter in ema.uncertainties(register, ["supervision.", "ties."]):
        for end in parameter.dist.ppf([0.0, 1.0]):
            assert ema._settled(end, (parameter.lower_bound, parameter.upper_bound)) in (
                parameter.lower_bound,
                parameter.upper_bound,
            )
    assert run(supervision__p_enforce_licence=0.8 * (1 + 1e-16))
    with pytest.raises(InputError, match=r"supervision.p_enforce_licence = 0.81 is out of range; allowed: 0.1 to 0.8"):
        run(supervision__p_enforce_licence=0.81)


def test_a_name_that_does_not_exist_is_named_with_the_nearest(small):
    with pytest.raises(InputError, match=r'unknown parameter "ties.p_ti"; did you mean "ties.p_tie"'):
        small.function(ties__p_ti=0.1)
    with pytest.raises(InputError, match=r"post_reform has no lever discharge_grant; "):
        small.function(levers__discharge_grant=False)


def broken(*_):
    raise TypeError("broken on purpose")


def test_a_run_that_fails_stops_everything_and_says_under_what_numbers(small, monkeypatch):
    monkeypatch.setattr(ema, "ProbationModel", broken)
    with pytest.raises(UnfinishedError, match=r"TypeError: broken on purpose; seed 1, reoffending.alliance_log_factor"):
        quietly(small, scenarios=1)


def test_runs_that_fail_in_many_processes_fail_the_whole_and_nobody_waits(small, monkeypatch, capfd):
    """The workbench alone would wait for ever here: see `ema.model`."""
    asked = [workbench.Sample(f"s{k}", **{ema.name_of(ALLIANCE): 0.5}) for k in range(30)]
    with (
        workbench.MultiprocessingEvaluator(small, n_processes=2) as evaluator,
        pytest.raises(workbench.EMAError, match="Expected 30, got 0"),
    ):
        evaluator.perform_experiments(scenarios=asked, log_progress=True)
    assert "reoffending.alliance_log_factor = 0.5 is out of range" in capfd.readouterr().err


def test_the_model_can_be_sent_to_another_process(small):
    twin = pickle.loads(pickle.dumps(small))
    assert twin.function.plan.key == small.function.plan.key
    assert twin.cleanup.__self__ is twin.function


def test_without_the_workbench_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "ema_workbench", None)
    with pytest.raises(InputError, match="uv sync --extra analysis"):
        ema.workbench()


# --- a sweep in the workbench's form


def test_a_sweep_is_told_in_the_workbenchs_form(folder):
    experiments, found = ema.from_sweep(folder)
    cells = designs.read_design(DESIGN, "a test").cells
    assert experiments.columns.tolist() == [*map(ema.name_of, DESIGN["factors"]), "scenario", "policy", "model"]
    for key in DESIGN["factors"]:
        assert experiments[ema.name_of(key)].tolist() == [cell[key] for cell in cells]
    assert experiments["policy"].tolist() == ["post_reform"] * 2
    assert found.keys() == {outcome.name for outcome in ema.outcomes()}
    told = effects(folder)
    for outcome in OUTCOMES:
        rows = told[(told["measure"] == outcome.measure) & (told["group"] == outcome.group)]
        assert found[ema.outcome_name(outcome, ema.EFFECT)] == pytest.approx(rows["difference"].to_numpy(), abs=1e-12)
        assert found[ema.outcome_name(outcome, ema.UNDER_REFORM)] == pytest.approx(rows["reform"].to_numpy())


def test_a_sweep_and_the_model_say_the_same_of_the_same_numbers(folder, small):
    experiments, by_seed = ema.replications(str(folder))
    scenarios = workbench.em_framework.points.from_experiments(experiments)[:1]
    _, found = quietly(small, scenarios=scenarios)
    assert {name: values[0] for name, values in found.items()} == {n: v[0, 1] for n, v in by_seed.items()}


def edited(folder, place, change):
    """Return a copy of a sweep whose table of cells is changed."""
    place.mkdir()
    for table in ("measures", "runs"):
        sweep_store.folder_of(place, table).symlink_to(sweep_store.folder_of(folder, table))
    change(pd.read_parquet(folder / "cells.parquet")).to_parquet(place / "cells.parquet")
    return place


def test_a_sweep_of_two_reforms_has_a_row_for_each(folder, tmp_path):
    def doubled(cells):
        return pd.concat([cells, cells[cells["scenario"] == "post_reform"].assign(scenario="another")])

    place = edited(folder, tmp_path / "sweep", doubled)
    experiments, found = ema.from_sweep(place)
    assert experiments["policy"].tolist() == ["post_reform"] * 2 + ["another"] * 2
    assert found["frequency__effect"].tolist()[:2] == found["frequency__effect"].tolist()[2:]
    with pytest.raises(InputError, match=r"holds the reforms another, post_reform; allowed: a base and one reform"):
        conditions.numbers_in(place)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda cells: cells[cells["scenario"] == "post_reform"], "holds post_reform alone"),
        (lambda cells: cells.assign(run=cells["run"] + "x"), r"0 failed and 8 are not done; do `run.py resume"),
        (lambda cells: cells.assign(**{ALLIANCE: [None] + [0.0] * 7}), "leave reoffending.alliance_log_factor as"),
    ],
    ids=["one scenario", "unfinished", "as it is"],
)
def test_what_cannot_be_told_in_the_workbenchs_form_is_refused(folder, tmp_path, change, said):
    with pytest.raises(InputError, match=said):
        ema.from_sweep(edited(folder, tmp_path / "sweep", change))


def test_a_failed_run_is_refused_and_what_to_do_is_said(tmp_path):
    found = designs.read_design({**DESIGN, "samples": 2, "seeds": 1}, "a test")
    sweep_folder.open_new(tmp_path, found)
    for task in found.tasks():
        sweep_store.write_part(tmp_path, task.name, sweep.failed(task, "out of luck"))
    with pytest.raises(InputError, match=r"of 4 runs 4 failed and 0 are not done; do `run.py retry"):
        ema.from_sweep(tmp_path)


def test_a_folder_without_a_sweep_is_refused(tmp_path, capsys):
    with pytest.raises(InputError, match="holds no sweep"):
        ema.from_sweep(tmp_path)
    assert conditions.main([str(tmp_path)]) == 2
    assert "holds no sweep" in capsys.readouterr().err
    assert conditions.main([]) == 2


# --- conditions


def cube(cells=120, numbers=5, seed=0):
    """Return random cells over the unit cube, and a source of luck."""
    rng = np.random.default_rng(seed)
    return pd.DataFrame(rng.random((cells, numbers)), columns=[f"a__n{k}" for k in range(numbers)]), rng


KNOWN = {f"a__n{k}": conditions.Number(f"a.n{k}", "a unit", 0.0, 1.0) for k in range(5)}


class Named:
    """The names of a sweep's scenarios."""

    scenarios = ("pre_reform", "post_reform")


def boxed(monkeypatch, splits=4):
    """Return an answer where the effect is large in a known box, and the cells."""
    monkeypatch.setattr(boxes, "SPLITS", splits)
    x, rng = cube()
    within = (x["a__n0"] < 0.5) & (x["a__n2"] > 0.3)
    mean = np.where(within, -0.6, 0.1)[:, None]
    return boxes.answer(x, mean + 0.1 * rng.standard_normal((120, 2))), within


def test_a_known_box_is_found_again_and_holds_elsewhere(monkeypatch):
    found, within = boxed(monkeypatch)
    assert (found.cases == within).mean() > 0.98
    assert found.box.limits.keys() == {"a__n0", "a__n2"}
    assert found.box.limits["a__n0"] == (-np.inf, pytest.approx(0.5, abs=0.06))
    assert found.box.limits["a__n2"] == (pytest.approx(0.3, abs=0.06), np.inf)
    assert max(found.box.quasi_p.values()) < 0.01
    assert found.held_out.gain()[1] > 0.3
    text = conditions.lines(found, KNOWN, Named)
    assert max(map(len, text)) <= 80
    assert "n0 is below 0.5" in conditions.finding(found, KNOWN).replace("0.49", "0.5")
    assert "do not bear" not in conditions.finding(found, KNOWN)


def test_where_most_cells_are_cases_the_others_are_searched_for(monkeypatch):
    monkeypatch.setattr(boxes, "SPLITS", 2)
    x, rng = cube()
    mean = np.where(x["a__n1"] > 0.7, 0.1, -0.6)[:, None]
    found = boxes.answer(x, mean + 0.1 * rng.standard_normal((120, 2)))
    assert not found.seeks_cases
    assert found.box.limits == {"a__n1": (pytest.approx(0.7, abs=0.06), np.inf)}
    assert "does not lower proven reoffending beyond chance in" in conditions.finding(found, KNOWN)
    assert "Where it does not: the box" in "".join(conditions.lines(found, KNOWN, Named))


def test_chance_alone_makes_no_condition_that_holds(monkeypatch):
    monkeypatch.setattr(boxes, "SPLITS", 4)
    x, rng = cube(seed=1)
    found = boxes.answer(x, rng.standard_normal((120, 2)) - 1)
    assert found.held_out.gain()[1] <= 0
    said = conditions.finding(found, KNOWN)
    assert "do not bear this out" in said or said.startswith("No number parts")


def test_an_effect_below_zero_by_chance_alone_is_a_case_in_one_cell_of_twenty():
    rng = np.random.default_rng(5)
    effect = rng.standard_normal((4000, 2))
    chance = boxes.chance_in(effect)
    assert chance.error == pytest.approx(0.5**0.5, rel=0.03)
    assert (effect.mean(axis=1) < -chance.bound).mean() == pytest.approx(0.05, abs=0.012)


def test_what_a_seed_does_to_all_cells_alike_is_told():
    rng = np.random.default_rng(6)
    shared = np.array([-0.4, 0.4])
    found = boxes.chance_in(0.1 * rng.standard_normal((500, 2)) + shared)
    assert found.shared == pytest.approx(shared.std(ddof=1), abs=0.02)
    assert found.bound == pytest.approx(6.314 * found.error, rel=0.15)  # hardly more than one degree of freedom
    assert boxes.chance_in(np.ones((10, 1))) == (0.0, 0.0, 0.0)


def test_cells_of_one_kind_are_not_searched(monkeypatch):
    x, _ = cube(40)
    found = boxes.answer(x, np.full((40, 2), -1.0))
    assert found.held_out is None
    assert "40 of 40 cells: too one-sided to search" in conditions.finding(found, KNOWN)
    assert max(map(len, conditions.lines(found, KNOWN, Named))) <= 80


def test_a_box_holds_what_lies_between_its_limits():
    x = pd.DataFrame({"a": [0.1, 0.5, 0.9], "b": [0.0, 0.0, 1.0]})
    box = boxes.Box({"a": (0.3, np.inf), "b": (-np.inf, 0.5)}, {})
    assert box.holds(x).tolist() == [False, True, False]


def test_splits_that_share_cells_make_a_wider_interval_than_so_many_samples():
    inside = np.array([0.8, 0.9, 0.7, 0.8])
    held = boxes.HeldOut(inside, np.full(4, 0.5), inside, {})
    gain, low, high = held.gain()
    assert (gain, low + high) == (pytest.approx(0.3), pytest.approx(0.6))
    assert high - gain == pytest.approx(3.182 * (1.25 * inside.var(ddof=1)) ** 0.5, rel=1e-3)


def test_the_picture_has_its_provenance_and_a_panel_for_each_condition(tmp_path, monkeypatch, capsys):
    found, _ = boxed(monkeypatch, splits=3)
    assert len(conditions.draw(found, KNOWN).axes) == 2
    known = conditions.described(designs.read_design(DESIGN, "a test"), Register.load())
    answer = boxes.Answer(
        0.4 * found.x[["a__n0", "a__n2"]].set_axis([ema.name_of(ALLIANCE), ema.name_of(ENFORCE)], axis=1) - 0.3,
        found.effect,
        found.chance,
        found.cases,
        boxes.Box({ema.name_of(ALLIANCE): (-np.inf, -0.1)}, {ema.name_of(ALLIANCE): 0.01}),
        found.held_out._replace(restricted={ema.name_of(ALLIANCE): 3}),
    )
    monkeypatch.setattr(conditions, "ask", lambda _: (answer, known, designs.read_design(DESIGN, "a test")))
    assert conditions.main([str(tmp_path)]) == 0
    assert "reoffending.alliance_log_factor" in capsys.readouterr().out
    with Image.open(tmp_path / conditions.PICTURE) as picture:
        assert "seeds 0 to 1" in picture.text["Source"]


def test_numbers_are_described_by_unit_and_the_range_of_the_design(register):
    nested = {"factors": {"reoffending": {"alliance_log_factor": {}}, ENFORCE: [0.2, 0.4]}, "method": "list"}
    months = "levers.short_sentence_supervision.total_supervision_months"
    nested["factors"] |= {months: [6, 12]}
    nested["factors"]["reoffending"]["alliance_log_factor"] = [-0.2, -0.1]
    found = conditions.described(designs.read_design({**nested, "scenarios": DESIGN["scenarios"]}, "a test"), register)
    assert found[ema.name_of(ENFORCE)] == (ENFORCE, "probability", 0.2, 0.4)
    assert found[ema.name_of(ALLIANCE)][2:] == (-0.2, -0.1)
    assert found[ema.name_of(months)].unit == "months"
    assert conditions.described(designs.read_design(DESIGN, "a test"), register)[ema.name_of(ENFORCE)][2:] == (0.1, 0.5)


def test_a_small_sweep_is_asked_from_end_to_end(folder, capsys):
    assert conditions.main([str(folder)]) == 0
    assert "2 cells of 2 numbers, 2 seeds each" in capsys.readouterr().out


def test_the_shipped_design_asks_of_the_registers_own_ranges(register):
    found = designs.load_design("conditions")
    for number in conditions.described(found, register).values():
        parameter = register.find(number.key, "a test")
        assert (number.low, number.high, number.unit) == (parameter.low, parameter.high, parameter.unit)
    assert Path(found.place).name == "conditions.toml"
