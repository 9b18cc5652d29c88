"""The reform taken apart: shares of games with a known answer, worlds of subsets, and what is kept of a stopped run."""

import json

import numpy as np
import pandas as pd
import pytest
from typer.testing import CliRunner

from experiments import compare, decompose, estimates
from experiments.decompose import OUTCOMES, PLAYERS, coalitions, marginals, measure, players, taken_apart
from experiments.plan import make_plan
from run import app
from sim.errors import InputError
from sim.model import ProbationModel
from sim.timeline import lever_definitions

REGION, SCALE, UNTIL = "staffordshire_west_midlands", 0.005, "2016-12-31"


def plan(reform="companies_only", base="pre_reform", until=UNTIL, seeds=(0, 1)):
    return make_plan([base, reform], REGION, SCALE, seeds, until, [])


def additive(parts):
    """Return the worth of every coalition of an additive game; parts of shape (seeds, players)."""
    n = parts.shape[1]
    inside = np.array([[number >> k & 1 for k in range(n)] for number in range(2**n)])
    return 7.0 + parts @ inside.T


# --- shares


def test_shares_of_an_additive_game_are_its_parts_and_nothing_interacts():
    parts = np.random.default_rng(1).normal(size=(4, 6))
    teams = {f"p{k}": (f"l{k}",) for k in range(6)}
    found = taken_apart(teams, OUTCOMES[:1], additive(parts)[:, :, None], 0.5)
    for k, share in enumerate(found.shares):
        for values in (share.value, share.alone, share.last):
            assert np.allclose(values, parts[:, k], atol=1e-12)
    assert len(found.interactions) == 15
    assert all(np.allclose(pair.value, 0, atol=1e-12) for pair in found.interactions)


def test_shares_add_up_to_the_whole_whatever_players_do_to_each_other():
    values = np.random.default_rng(2).normal(size=(5, 64, 2)) * 1e3
    found = taken_apart({f"p{k}": () for k in range(6)}, OUTCOMES[:2], values, 0.5)
    for outcome in found.outcomes:
        whole = sum(share.value for share in found.shares if share.outcome == outcome)
        assert np.allclose(whole, found.whole(outcome), rtol=1e-12, atol=1e-9)


def test_who_does_something_only_together_shares_it_and_interacts():
    both = np.array([[0.0, 0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 1.0]])  # players 0 and 1 together make one, 2 makes nothing
    value, alone, last = (float(part[0]) for part in marginals(both, (0,)))
    assert (value, alone, last) == (0.5, 0.0, 1.0)
    assert [float(marginals(both, (k,))[0][0]) for k in (1, 2)] == [0.5, 0.0]
    assert [float(marginals(both, pair)[0][0]) for pair in ((0, 1), (0, 2), (1, 2))] == [1.0, 0.0, 0.0]


# --- worlds


def test_every_lever_has_one_player_and_there_are_at_most_six():
    named = [name for names in PLAYERS.values() for name in names]
    assert sorted(named) == sorted(lever_definitions())
    assert len(PLAYERS) <= 6


def test_players_are_the_levers_that_differ_before_the_end_in_the_order_of_their_dates():
    assert list(players(plan("post_reform", until="2019-12-31"))) == list(PLAYERS)
    assert "curfew widened" not in players(plan("post_reform", until="2017-12-31"))
    assert players(plan("post_reform", base="risk_split_only")).keys() == PLAYERS.keys() - {
        "NPS and CRCs",
        "curfew widened",
    }
    with pytest.raises(InputError, match="move the same levers up to 2016-12-31"):
        players(plan("no_change"))


def test_the_first_coalition_is_the_base_the_last_the_reform_and_the_others_lie_between():
    whole = plan("post_reform", until="2019-12-31")
    found = coalitions(whole)
    assert len(found) == 64
    assert found[0].levers == whole.arms[0].levers
    assert found[63].levers == whole.arms[1].levers
    assert set(found[1].levers) == {"risk_split"}
    assert len({tuple(sorted(arm.levers)) for arm in found.values()}) == 64


def test_a_world_says_what_compare_says_of_it(tmp_path):
    whole = plan("post_reform", until="2018-12-31", seeds=(0,))
    list(compare.compare(whole, tmp_path, 1))
    from experiments import commands, store

    store.gather_parts(tmp_path)
    found = {name: compare.read_table(tmp_path, name) for name in ("cohorts", "weekly")}
    differences, _ = commands.estimate(whole, found, [])
    for arm, side in zip(whole.arms, ("base", "reform"), strict=True):
        model = ProbationModel(arm, whole.region, whole.scale, 0, whole.register)
        model.live_until(whole.end_day)
        for outcome, value in zip(OUTCOMES, measure(whole, model), strict=True):
            said = next(
                d
                for d in differences
                if (d.measure, d.group, d.estimand) == (outcome.measure, outcome.group, "as_published")
                and d.estimator in ("", estimates.ESTIMATOR)
            )
            assert value == pytest.approx(getattr(said, side), rel=1e-12), outcome


# --- the command


def test_a_stopped_run_goes_on_and_ends_with_the_same_bytes(tmp_path):
    whole, done = plan(), []
    for name in ("once", "twice"):
        (tmp_path / name).mkdir()
    decompose.run(whole, tmp_path / "once", 1, lambda: done.append("once"))
    decompose.run(plan(seeds=(0,)), tmp_path / "twice", 1, lambda: None)
    kept = (tmp_path / "twice/parts/seed-000000/values.parquet").stat().st_mtime_ns
    half = tmp_path / "twice/parts/.seed-000001.1.tmp"
    half.mkdir()
    decompose.run(whole, tmp_path / "twice", 1, lambda: done.append("twice"))
    assert done == ["once", "once", "twice", "twice"]
    assert not half.exists()
    assert (tmp_path / "twice/parts/seed-000000/values.parquet").stat().st_mtime_ns == kept
    found = [decompose.result(whole, tmp_path / name) for name in ("once", "twice")]
    assert np.array_equal(found[0].values, found[1].values)
    once, twice = ((tmp_path / name / "values.parquet").read_bytes() for name in ("once", "twice"))
    assert once == twice


def test_the_command_prints_shares_and_returns_them(tmp_path):
    out = tmp_path / "out"
    arguments = ["decompose", "pre_reform", "companies_only", "--scale", "0.005", "--until", UNTIL, "--seeds", "2"]
    arguments += ["--jobs", "1", "--out", str(out)]
    shown = CliRunner().invoke(app, arguments)
    assert shown.exit_code == 0, shown.output
    assert all(len(line) <= 80 for line in shown.stdout.splitlines() if str(out) not in line)
    assert "2 seeds, 4 worlds each" in shown.stdout
    result = CliRunner().invoke(app, [*arguments, "--json"])
    found = json.loads(result.stdout)
    assert set(found["players"]) == {"NPS and CRCs", "owners and contracts"}
    assert len(found["full_effect"]) == len(OUTCOMES)
    assert len(found["levers"]) == 2 * len(OUTCOMES)
    assert {"lever", "measure", "value", "low", "high", "unit"} <= set(found["levers"][0])
    for whole in found["full_effect"]:
        mine = [s["value"] for s in found["levers"] if (s["measure"], s["group"]) == (whole["measure"], whole["group"])]
        if whole["value"] is not None:
            assert sum(mine) == pytest.approx(whole["value"], rel=1e-9, abs=1e-9)
    assert len(pd.read_parquet(out / "values.parquet")) == 2 * 4 * len(OUTCOMES)
    assert (out / "decomposition.png").stat().st_size > 20_000


def test_scenarios_that_do_not_differ_are_refused():
    result = CliRunner().invoke(app, ["decompose", "pre_reform", "no_change", "--scale", "0.005", "--seeds", "1"])
    assert result.exit_code == 2
    assert "nothing to take apart" in result.stderr
