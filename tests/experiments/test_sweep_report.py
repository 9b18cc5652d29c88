"""The commands of sweeps, as their user types them."""

import json

import pandas as pd
import pytest
from PIL import Image
from typer.testing import CliRunner

from experiments import sweep, sweep_store
from experiments.engine import SchedulerLostError
from experiments.sweep_report import read_shard
from run import app
from sim.errors import InputError
from tests import sweeps
from tests.sweeps import DESIGN


@pytest.fixture
def design(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(DESIGN)
    return str(path)


@pytest.fixture
def quick(monkeypatch):
    """Let runs cost nothing."""
    monkeypatch.setattr(sweep, "live_task", sweeps.quick)


def said(*arguments, code=0):
    found = CliRunner().invoke(app, list(map(str, arguments)))
    assert found.exit_code == code, found.output
    return found


def test_a_sweep_of_the_model_ends_with_tables_effects_and_a_picture(design, tmp_path):
    out = tmp_path / "out"
    small = DESIGN.replace("seeds = 3", "seeds = 2").replace("[-0.2, -0.1, 0]", "[-0.2, 0]").replace('"off", ', "")
    (tmp_path / "mine.toml").write_text(small)
    text = said("sweep", design, "--out", out, "--jobs", 1).stdout
    assert "2 cells, 8 runs: 8 done, 0 failed, 0 to do" in text
    assert "  alliance_log_factor  through_the_gate\n                 -0.2        2015-05-01    " in text
    effects = pd.read_csv(out / "effects.csv")
    assert set(effects["cell"]) == {0, 1}
    rows = effects[(effects["measure"] == "binary_rate") & (effects["group"] == "all")]
    cells = pd.read_parquet(out / "cells.parquet")
    measures = pd.read_parquet(out / "measures.parquet").query("measure == 'binary_rate' and group == 'all'")
    levels = cells.merge(measures, on="run").query("cell == 0").groupby("scenario")["value"].mean()
    assert rows["difference"].iloc[0] == pytest.approx(levels["post_reform"] - levels["pre_reform"])
    picture = Image.open(out / "effects.png")
    runs = cells["run"].unique()
    assert runs[0] in picture.text["Comment"]
    assert "code version" in picture.text["Description"]
    assert picture.text["Source"].endswith("seeds 0 to 1")


def test_a_sweep_that_was_stopped_stands_as_it_was_left_and_resumes(design, tmp_path, quick):
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1, "--shard", "1/2")
    half = json.loads(said("status", out, "--json").stdout)
    assert half["done"] > 0
    assert half["to_do"] > 0
    assert half["done"] + half["to_do"] == half["runs"] == 27
    assert f"go on with: run.py resume {out}" in " ".join(said("status", out).stdout.split())
    whole = json.loads(said("resume", out, "--jobs", 1, "--json").stdout)
    assert (whole["done"], whole["to_do"]) == (27, 0)
    assert whole["effects"]
    assert "5 now" in said("compact", out).stdout
    assert said("status", out).stdout.count("27 done, 0 failed, 0 to do") == 1
    assert len(sweep_store.parts(out, "weekly")) == 1


def test_the_same_command_goes_on_with_its_own_folder(design, tmp_path, quick):
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1, "--shard", "2/3")
    again = said("sweep", design, "--out", out, "--jobs", 1)
    assert "9 runs are there already; 18 to do" in again.stderr


def test_a_poison_cell_ends_in_exit_code_one_and_retry_does_it_alone(design, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(sweep, "live_task", sweeps.poisoned)
    failed = said("sweep", design, "--out", out, "--jobs", 1, code=1)
    assert "6 of 27 runs failed; the others are finished" in failed.stderr
    assert "ValueError: a poison cell" in said("status", out).stdout
    assert said("retry", out, "--jobs", 1, code=1).stderr.count("6 failed runs to do again") == 1
    monkeypatch.setattr(sweep, "live_task", sweeps.quick)
    mended = said("retry", out, "--jobs", 1)
    assert "21 runs are there already; 6 to do" in mended.stderr
    assert "27 done, 0 failed, 0 to do" in mended.stdout


def test_a_damaged_part_is_set_aside_and_made_again(design, tmp_path, quick):
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    part = sweep_store.parts(out, "weekly")[0]
    whole = part.read_bytes()
    part.write_bytes(whole[:100])
    assert f"damaged {part}" in "".join(said("status", out).stdout.splitlines())
    assert "1 damaged parts" in said("resume", out, "--jobs", 1).stderr
    assert part.read_bytes() == whole
    assert (out / "damaged" / "weekly.parquet" / part.name).exists()


def test_a_full_disk_is_said_in_one_line_and_nothing_is_lost(design, tmp_path, monkeypatch):
    out = tmp_path / "out"
    monkeypatch.setattr(sweep, "live_task", sweeps.quick)
    said("sweep", design, "--out", out, "--jobs", 1, "--shard", "1/2")
    before = len(sweep_store.held(out).status)
    monkeypatch.setattr(sweep_store, "_write", lambda *_: sweeps.disk_full(None))
    full = said("resume", out, "--jobs", 1, code=1)
    assert f"error: {out}: No space left on device; finished runs are kept" in full.stderr
    assert len(sweep_store.held(out).status) == before


def test_a_folder_of_another_design_is_refused(design, tmp_path, quick):
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    (tmp_path / "mine.toml").write_text(DESIGN.replace("seeds = 3", "seeds = 2"))
    refused = said("sweep", design, "--out", out, code=2)
    assert "holds another design" in refused.stderr
    assert len(sweep_store.held(out).status) == 27


def test_a_folder_begun_by_other_code_is_refused(design, tmp_path, quick):
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "code_version": "0" * 16}))
    assert "was begun by other code (code_version" in said("resume", out, code=2).stderr


def test_scenarios_that_changed_since_are_refused(design, tmp_path, quick):
    own = tmp_path / "own.toml"
    own.write_text('base = "post_reform"\ntitle = "mine"\n')
    (tmp_path / "mine.toml").write_text(DESIGN.replace('"post_reform"', f'"{own}"'))
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    own.write_text('base = "short_sentence_supervision_only"\ntitle = "mine"\n')
    assert "have changed since it was begun" in said("resume", out, code=2).stderr


@pytest.mark.parametrize("command", ["status", "resume", "retry", "compact"])
def test_a_folder_without_a_sweep_is_refused(tmp_path, command):
    assert "holds no sweep" in said(command, tmp_path, code=2).stderr
    assert "holds no sweep" in said(command, tmp_path / "nothing", code=2).stderr


def test_shards_work_beside_one_another_and_beside_nobody_else(design, tmp_path, quick):
    from experiments.sweep_folder import locked

    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    with locked(out, sweep.WHOLE):
        for command in (["resume", out], ["compact", out], ["resume", out, "--shard", "1/2"]):
            assert "another process is at work on it" in said(*command, code=2).stderr
        assert "27 done" in said("status", out).stdout
    with locked(out, sweep.Shard(1, 2)):
        assert "27 done" in said("resume", out, "--shard", "2/2").stdout
        for command in (["resume", out], ["compact", out], ["resume", out, "--shard", "1/2"]):
            assert "another process is at work on it" in said(*command, code=2).stderr


def test_one_seed_has_no_interval_and_is_printed_all_the_same(design, tmp_path, quick):
    (tmp_path / "mine.toml").write_text(DESIGN.replace("seeds = 3", "seeds = 1"))
    assert said("sweep", design, "--out", tmp_path / "out", "--jobs", 1).stdout.count("(one seed)") == 12


def test_a_sweep_too_short_for_a_cohort_shows_what_there_is(design, tmp_path):
    short = DESIGN.replace("2016-12-31", "2009-03-31").replace("seeds = 3", "seeds = 2").replace("0.005", "0.002")
    (tmp_path / "mine.toml").write_text(short.replace("[-0.2, -0.1, 0]", "[-0.2, 0]"))
    text = said("sweep", design, "--out", tmp_path / "out", "--jobs", 1).stdout
    assert "Recalls to prison" in text
    assert "Proven reoffending" not in text
    assert (tmp_path / "out" / "effects.png").exists()


def test_a_finished_sweep_can_be_looked_at_and_compacted_by_other_code(design, tmp_path, quick):
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    manifest = json.loads((out / "manifest.json").read_text())
    (out / "manifest.json").write_text(json.dumps({**manifest, "code_version": "0" * 16}))
    assert "27 done" in said("status", out).stdout
    assert "5 now" in said("compact", out).stdout


def test_a_contract_that_changed_since_is_refused(design, tmp_path, quick):
    import shutil

    from experiments import plan
    from sim.files import CONTRACTS

    contract = tmp_path / "signed.toml"
    shutil.copy(CONTRACTS / "signed_2015.toml", contract)
    own = tmp_path / "own.toml"
    own.write_text(
        'base = "post_reform"\ntitle = "mine"\n[[change]]\nlever = "payment_by_results"\nfrom = 2015-02-01\n'
        f'contract = "{contract}"\nsource = "mine"\n'
    )
    (tmp_path / "mine.toml").write_text(DESIGN.replace('"post_reform"', f'"{own}"'))
    out = tmp_path / "out"
    said("sweep", design, "--out", out, "--jobs", 1)
    contract.write_text(contract.read_text().replace("from = 2015-02-01", "from = 2015-02-02"))
    plan._contents.cache_clear()  # as a new process would read it
    assert "have changed since it was begun" in said("resume", out, code=2).stderr


@pytest.mark.parametrize("text", ["0/2", "3/2", "1", "a/b", "1/", "-1/2"])
def test_a_shard_that_is_none_is_refused(text):
    with pytest.raises(InputError, match="is not i/n"):
        read_shard(text)
    assert read_shard("2/3") == (2, 3)


def test_a_dry_run_says_what_it_would_take_and_leaves_nothing(design, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    text = said("sweep", design, "--dry-run").stdout
    assert "27 different ones in 9 tasks: 6 cells, 2 scenarios, 3 seeds" in text
    asked = json.loads(said("sweep", design, "--dry-run", "--json").stdout)
    assert asked["runs"] == 27
    assert asked["minutes"] > 0
    assert asked["megabytes"] > 0
    assert 0 < asked["saved"] < 1
    assert sorted(p.name for p in tmp_path.iterdir()) == ["mine.toml"]


def test_one_scenario_is_shown_by_its_level(design, tmp_path, quick):
    (tmp_path / "mine.toml").write_text(DESIGN.replace('"pre_reform", ', ""))
    text = said("sweep", design, "--out", tmp_path / "out", "--jobs", 1).stdout
    assert "post_reform level" in text


def test_an_interrupted_sweep_says_how_to_go_on(design, tmp_path, monkeypatch):
    def interrupt(_task):
        raise KeyboardInterrupt

    monkeypatch.setattr(sweep, "live_task", interrupt)
    out = tmp_path / "out"
    stopped = said("sweep", design, "--out", out, "--jobs", 1, code=1)
    assert f"`run.py resume {out}` goes on" in stopped.stderr


def test_a_scheduler_that_is_gone_is_an_error_that_says_how_to_go_on(design, tmp_path, monkeypatch):
    def lost(*_arguments, **_options):
        raise SchedulerLostError("the scheduler at tcp://1.2.3.4:5 is gone")

    monkeypatch.setattr(sweep, "map_runs", lost)
    stopped = said("sweep", design, "--out", tmp_path / "out", "--jobs", 1, code=1)
    assert "the scheduler at tcp://1.2.3.4:5 is gone; finished runs are kept" in stopped.stderr
