"""The null ladder: what is shut on a rung is shut, the top rung is the model, and what parts add adds up."""

import json
from datetime import date
from itertools import pairwise

import numpy as np
import pytest
from typer.testing import CliRunner

from experiments import ladder, ladder_report
from experiments.calibration_design import calibration_targets, discrepancy
from experiments.plan import make_plan
from run import app
from sim.events import Event
from tests.sim.processes.alone import copy_of
from tests.worlds import later, since, world


@pytest.fixture(scope="module")
def mid_2016():
    return world(until=date(2016, 7, 1))


def plan():
    return make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.02, [0, 1], "2016-12-31", [])


def lived(model, numbers, weeks=30):
    """Return a world of the same people, numbers shut, some weeks on."""
    twin = copy_of(model)
    twin.register = ladder.shut(twin.register, numbers)
    return later(twin, weeks=weeks)


def test_numbers_are_shut_whatever_their_ranges_and_no_others_move():
    register = plan().register
    shut = ladder.shut(register, ladder.CAPACITY)
    moved = [p.key for p, q in zip(register, shut, strict=True) if p.value != q.value]
    assert sorted(moved) == sorted(ladder.CAPACITY)
    assert set(shut.support.places_per_1000) == {1e6}


def test_the_top_rung_is_the_model_and_the_rungs_below_leave_levers_and_numbers_out():
    whole = plan()
    top = ladder.on_rung(whole, ladder.RUNGS[-1])
    assert (top.arms, list(top.register)) == (whole.arms, list(whole.register))
    for rung in ladder.RUNGS[:-1]:
        base, reform = ladder.on_rung(whole, rung).arms
        assert base == whole.arms[0]
        assert not set(reform.levers) & set(ladder.OWNERS)
        assert {"risk_split", "short_sentence_supervision"} <= set(reform.levers)
    numbers = [set(rung.numbers) for rung in ladder.RUNGS]
    assert all(above < below for below, above in pairwise(numbers[:-1]))


def test_without_limits_nothing_is_cut(mid_2016):
    free, held = lived(mid_2016, ladder.CAPACITY), lived(mid_2016, {})
    last = [m.weekly.series("contacts_cut", "all")[-10:].sum() for m in (free, held)]
    assert last[0] < 0.1 * last[1], "what is left are contacts during a handover"


def test_without_limits_nobody_waits_for_a_place():
    register = plan().register
    free, held = (world(until=date(2008, 9, 1), register=r) for r in (ladder.shut(register, ladder.CAPACITY), register))
    waiting = [m.weekly.series("waiting", "all")[-10:].sum() for m in (free, held)]
    assert waiting[0] == 0 < waiting[1]


def test_without_ties_nobody_offends_with_another(mid_2016):
    apart, tied = lived(mid_2016, ladder.TIES), lived(mid_2016, {})
    joint = [len(since(m, mid_2016.day, Event.CO_OFFENCE)) for m in (apart, tied)]
    assert joint[0] == 0 < joint[1]


def test_misfit_is_in_bars_and_counts_what_is_met():
    targets = calibration_targets()
    record = np.array([t.value for t in targets])
    bars = np.array([2 * discrepancy(t) for t in targets])
    assert ladder.misfit(targets, record) == (0.0, len(targets))
    assert ladder.misfit(targets, record + 0.9 * bars) == (pytest.approx(0.9), len(targets))
    off = record + np.where(np.arange(len(targets)) < 5, 2.0, 0.0) * bars
    assert ladder.misfit(targets, off) == (pytest.approx(2 * (5 / len(targets)) ** 0.5), len(targets) - 5)


def test_from_the_command_what_parts_add_adds_up_to_the_effect_of_the_top(tmp_path, monkeypatch):
    monkeypatch.setattr(ladder, "FIT_SCALE", 0.003)
    monkeypatch.setattr(ladder, "FIT_SEEDS", 1)
    monkeypatch.setattr(ladder, "RUNGS", (ladder.RUNGS[0], ladder.RUNGS[-1]))
    asked = ["compare", "--ladder", "--scale", "0.02", "--seeds", "2", "--jobs", "1", "--until", "2017-12-31"]
    done = CliRunner().invoke(app, [*asked, "--out", str(tmp_path / "l"), "--json"])
    assert done.exit_code == 0, done.output
    said = json.loads(done.stdout.splitlines()[-1])
    assert [r["name"] for r in said["rungs"]] == ["individual hazards", "and owners who decide"]
    for name in ladder.EFFECTS:
        added = sum(r["adds"][name]["mean"] for r in said["rungs"])
        assert added == pytest.approx(said["rungs"][-1]["effects"][name]["mean"])
    assert all(r["misfit"] > 0 for r in said["rungs"])
    fitted = json.loads((tmp_path / "l" / "fit.json").read_text())
    at = [t.id for t in calibration_targets()].index(ladder.ANCHOR)
    anchor = calibration_targets()[at].value
    assert [v[at] for v in fitted["values"]] == pytest.approx([anchor] * 2, abs=2.5)


def test_ladder_and_ensemble_are_two_questions():
    done = CliRunner().invoke(app, ["compare", "--ladder", "--ensemble"])
    assert done.exit_code == 2
    assert "--ladder does not go with --ensemble" in done.output


def test_the_finding_names_the_part_that_adds_most():
    def step(name, *added):
        arrays = {k: np.array([v, v]) for k, v in zip(ladder.EFFECTS, added, strict=True)}
        return ladder.Step(name, 1.0, 30, 38, arrays, arrays)

    text = ladder_report.headline([step("a", -0.3, -1.0, 2.0), step("b", 0.1, 0.0, 25.0)])
    assert "reoffending comes in with: a" in text
    assert "recalls comes in with: b" in text
