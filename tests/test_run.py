"""The command line, as a user meets it."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from typer.testing import CliRunner

import run
from experiments import costs, ensemble, institutions
from experiments.calibration_design import make_design, open_folder

ROOT = Path(run.__file__).resolve().parent
SMALL = ("--scale", "0.01", "--until", "2017-12-31")
BRIEF = ("--scale", "0.005", "--until", "2015-12-31")
"""Where it does not matter what a comparison finds."""
RUNNER = CliRunner()


def call(*arguments):
    return RUNNER.invoke(run.app, list(arguments))


def refused(said, *arguments):
    """Call a command that must refuse what it is given, in one message that says so."""
    result = call(*arguments)
    assert result.exit_code == 2
    assert said in result.stderr
    assert result.stderr.count("\n") == 1


def tables_of(folder):
    """Return a hash of each table but the timings."""
    files = sorted(p for p in Path(folder).glob("*.parquet") if p.stem != "timings")
    return {p.name: hashlib.sha256(p.read_bytes()).hexdigest() for p in files}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """A small comparison: its folder and the object that it printed."""
    folder = tmp_path_factory.mktemp("compare") / "out"
    result = call("compare", *SMALL, "--seeds", "3", "--jobs", "1", "--json", "--out", str(folder))
    assert result.exit_code == 0, result.output
    return folder, json.loads(result.stdout)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("compare", "pre_reforms"), ("scenarios", "pre_reforms", 'did you mean "pre_reform"?')),
        (("compare", "--region", "staffordshire"), ("regions", "staffordshire_west_midlands")),
        (("compare", "--scale", "0"), ("--scale", "above 0")),
        (("compare", "--scale", "-1"), ("--scale", "above 0")),
        (("compare", "--scale", "nan"), ("--scale", "above 0")),
        (("compare", "--seeds", "0"), ("--seeds", "1 to")),
        (("compare", "--seeds", "-3"), ("--seeds", "1 to")),
        (("compare", "--jobs", "-1"), ("--jobs", "0")),
        (("compare", "--until", "2017-02-30"), ("--until", "2017-02-30", "date")),
        (("compare", "--set", "levers.risk=off"), ("--set", "risk_split")),
        (("run", "post_reform", "--seed", "-1"), ("--seed", "0 to")),
        (("run", "nothing.toml"), ("nothing.toml", "no such file")),
        (("story", "1", "a", "b", "c"), ("story", "one, or two")),
        (("scenarios", "post"), ("post", "post_reform")),
        (("scenarios", "POST_REFORM"), ('did you mean "post_reform"?',)),
        (("scenarios", "/"), ("/: is not a file", "post_reform")),
        (("run", "pre_reform", "--scale", "1e-300"), ("--scale 1e-300", "0.0005 or more")),
        (
            ("run", "pre_reform", "--set", "levers.risk_split=off", "--set", "levers.risk_split=2016-01-01"),
            ("2 times",),
        ),
        (("run", "pre_reform", "--set", "reoffending.hazard_scale=abc"), ("'abc' is not a number", "0.25 to 1.3")),
        (("levers", "risk"), ("risk", "risk_split")),
        (("parameters", "reofending"), ("reofending", "reoffending")),
        (("parameters", "reoffending.scale"), ("reoffending.hazard_scale",)),
    ],
)
def test_a_mistake_is_told_in_one_message_with_exit_code_2(arguments, said):
    result = call(*arguments)
    assert result.exit_code == 2
    assert result.stderr.startswith("error: ")
    assert "Traceback" not in result.output
    assert all(part in result.stderr for part in said), result.stderr


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"", "empty"),
        (b"\xff\xfe broken", "UTF-8"),
        (b'base = "pre_reform"\ntitle = "x"\n[[change', "TOML"),
        (b'base = "pre_reform"\ntitle = "x"\nchanges = []\n', 'did you mean "change"?'),
        (b'base = "mine.toml"\ntitle = "x"\n', "its own base"),
        (b'title = "x"\n[[change]]\nlever = "risk_split"\nfrom = 2014-06-01\n', "source"),
        (b'title = "x"\n[[change]]\nlever = "risk_split"\nfrom = "soon"\nsource = "s"\n', "soon"),
        (
            b'base = "post_reform"\ntitle = "x"\n[[change]]\nlever = "risk_split"\nfrom = 2013-01-01\nsource = "s"\n',
            "before",
        ),
    ],
)
def test_a_bad_scenario_file_is_named_with_what_is_wrong(tmp_path, content, said):
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    result = call("compare", "pre_reform", str(path))
    assert result.exit_code == 2
    assert "mine.toml" in result.stderr
    assert said in result.stderr


def test_a_users_own_scenario_works_by_naming_a_base_and_what_differs(tmp_path):
    path = tmp_path / "mine.toml"
    path.write_text(
        'base = "pre_reform"\ntitle = "Six months"\n[[change]]\nlever = "short_sentence_supervision"\n'
        'from = 2012-02-01\nsettings = { total_supervision_months = 6 }\nsource = "a question of mine"\n'
    )
    folder = str(tmp_path / "out")
    result = call("compare", "pre_reform", str(path), "--scale", "0.02", "--until", "2015-12-31", "--seeds", "2",
                  "--jobs", "1", "--json", "--out", folder)  # fmt: skip
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert found["first_difference_date"] == "2012-02-01"
    caseload = next(m for m in found["measures"] if m["measure"] == "caseload_in_community")
    assert caseload["difference"] > 0


def test_compare_prints_the_keys_that_other_programs_read(compared):
    _, found = compared
    keys = {"base", "reform", "region", "scale", "seeds", "first_difference_date", "seconds", "compile_seconds"}
    assert keys | {"person_weeks", "out", "measures", "before_after"} <= found.keys()
    measure = {"measure", "estimator", "group", "cohort_from", "cohort_to", "unit", "base", "reform", "difference"}
    assert all(measure | {"low", "high", "pairing_gain", "estimand"} <= m.keys() for m in found["measures"])
    change = {"measure", "group", "unit", "base", "reform", "all_adults", "published", "published_source"}
    assert all(change <= c.keys() for c in found["before_after"])
    assert {m["estimand"] for m in found["measures"]} == {"as_published", "same_people"}


def test_compare_counts_the_cost_of_both_arms_in_pounds(compared):
    _, found = compared
    booked = {(row.measure, row.group) for row in institutions.ROWS if row.unit == institutions.POUNDS}
    every = [m for m in found["measures"] if m["unit"] == "pounds"]
    pounds = {m["measure"]: m for m in every if (m["measure"], m["group"]) not in booked}
    assert len(every) == len(pounds) + len(booked), "each once"
    assert pounds.keys() == {costs.PUBLIC_SPEND, *(line.measure for line in costs.LINES)}
    prison = next(m for m in found["measures"] if m["measure"] == "custody_population")
    assert pounds["cost_prison_per_year"]["base"] == pytest.approx(37648 * prison["base"])
    public = sum(pounds[line.measure]["difference"] for line in costs.LINES if line.is_public)
    assert pounds[costs.PUBLIC_SPEND]["difference"] == pytest.approx(public)
    assert min(m["base"] for m in pounds.values()) > 0


def test_compare_has_the_books_of_institutions_and_those_of_companies_in_the_reform_alone(compared):
    _, found = compared
    keys = {(row.measure, row.group) for row in institutions.ROWS}
    rows = {(m["measure"], m["group"]): m for m in found["measures"] if (m["measure"], m["group"]) in keys}
    assert rows.keys() == keys
    assert min(rows["paid_by_ministry_per_year", "all"][arm] for arm in ("base", "reform")) > 0
    for measure in ("income_per_year", "places_bought_share", "recovered_per_year"):
        of_companies = rows[measure, "provider_type=crc"]
        assert of_companies["base"] is None
        assert of_companies["reform"] is not None


def test_no_published_number_stands_beside_an_arm_difference(compared):
    _, found = compared
    assert not any("published" in key for m in found["measures"] for key in m)


def test_compare_writes_tables_manifest_and_pictures(compared):
    folder, _ = compared
    names = {p.name for p in folder.iterdir()}
    assert {"runs.parquet", "weekly.parquet", "cohorts.parquet", "timings.parquet", "manifest.json"} <= names
    assert {"recalls_by_sentence.png", "time_to_first_reoffence.png"} <= names
    runs = pd.read_parquet(folder / "runs.parquet")
    assert list(runs.columns) == [
        "run", "scenario", "region", "scale", "seed", "parameters_hash", "code_version", "status", "error",
    ]  # fmt: skip
    assert len(runs) == 6
    assert (runs["status"] == "done").all()


def test_two_jobs_write_the_same_tables_as_one(compared, tmp_path):
    folder, _ = compared
    result = call("compare", *SMALL, "--seeds", "3", "--jobs", "2", "--json", "--out", str(tmp_path / "out"))
    assert result.exit_code == 0, result.output
    assert tables_of(tmp_path / "out") == tables_of(folder)


def test_a_null_reform_changes_nothing_exactly(tmp_path):
    result = call("compare", "pre_reform", "no_change", *BRIEF, "--seeds", "2", "--jobs", "1", "--json", "--out",
                  str(tmp_path / "out"))  # fmt: skip
    found = json.loads(result.stdout)
    assert found["first_difference_date"] is None
    assert {m["difference"] for m in found["measures"]} <= {0.0, None}


def test_the_terminal_table_fits_eighty_columns(tmp_path):
    result = call("compare", *SMALL, "--seeds", "2", "--jobs", "1", "--out", str(tmp_path / "out"))
    lines = [line for line in result.stdout.splitlines() if not line.startswith("Written to")]
    assert max(len(line) for line in lines) <= 80
    assert "95% interval" in result.stdout
    assert "…" not in result.stdout, "a cell is cut off"


def test_run_writes_every_event_and_person(tmp_path):
    result = call("run", "post_reform", *SMALL, "--events", "--people", "--json", "--out", str(tmp_path / "out"))
    found = json.loads(result.stdout)
    assert {"nanoseconds_per_person_week", "peak_megabytes", "supervised_person_weeks"} <= found.keys()
    events = pd.read_parquet(tmp_path / "out" / "events.parquet")
    assert list(events.columns) == ["run", "day", "event", "person", "detail"]
    people = pd.read_parquet(tmp_path / "out" / "people.parquet")
    assert set(events["person"]) <= set(people["person"])
    assert people["person"].is_unique


def test_the_null_reform_run_on_its_own_equals_its_base_but_for_its_name(tmp_path):
    found = {}
    for name in ("pre_reform", "no_change"):
        folder = tmp_path / name
        call("run", name, *SMALL, "--events", "--people", "--json", "--out", str(folder))
        found[name] = {
            t: pd.read_parquet(folder / f"{t}.parquet").drop(columns=["run"])
            for t in ("events", "weekly", "cohorts", "people")
        }
    for table, frame in found["pre_reform"].items():
        pd.testing.assert_frame_equal(frame, found["no_change"][table])


def test_a_folder_with_another_run_is_refused(compared):
    folder, _ = compared
    result = call("compare", "--scale", "0.02", "--seeds", "1", "--out", str(folder))
    assert result.exit_code == 2
    assert "holds another run" in result.stderr


def test_a_story_reads_as_a_life(tmp_path):
    result = call("story", "0", "pre_reform", "post_reform", *SMALL)
    assert result.exit_code == 0
    assert "Person " in result.stdout
    assert "aged" in result.stdout
    assert "sentenced" in result.stdout


def test_a_story_of_nobody_names_somebody():
    result = call("story", "7", *SMALL)
    assert result.exit_code == 2
    assert "nobody has this number" in result.stderr


@pytest.mark.parametrize("command", ["scenarios", "regions", "levers", "parameters"])
def test_what_there_is_can_be_listed(command):
    result = call(command)
    assert result.exit_code == 0
    assert result.stdout


def start(*arguments):
    """Start ``run.py`` in a process of its own, which tells where it stands if it has to be aborted."""
    command = [sys.executable, "-X", "faulthandler", str(ROOT / "run.py"), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def ended(process):
    """Wait for a process that was told to stop, and return what it wrote on standard error."""
    try:
        return process.communicate(timeout=60)[1]
    except subprocess.TimeoutExpired:
        process.send_signal(signal.SIGABRT)
        pytest.fail(f"did not stop within a minute:\n{process.communicate()[1]}")


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGTERM])
def test_an_interrupted_comparison_leaves_its_finished_seeds_readable(tmp_path, how):
    folder = tmp_path / "out"
    process = start("compare", "--scale", "0.05", "--seeds", "200", "--jobs", "2", "--out", str(folder))
    deadline = time.monotonic() + 300
    while time.monotonic() < deadline and not list(folder.glob("parts/seed-*")):
        time.sleep(0.1)
    os.kill(process.pid, how)
    err = ended(process)
    assert process.returncode == 1
    assert "seeds are finished" in err
    assert "Traceback" not in err
    finished = pd.read_parquet(folder / "runs.parquet")
    assert len(finished) >= 2
    assert not list(folder.glob(".*tmp"))


def test_a_rerun_that_is_stopped_leaves_the_finished_tables_as_they_were(tmp_path):
    folder = tmp_path / "out"
    arguments = ("compare", *BRIEF, "--seeds", "2", "--jobs", "1", "--out", str(folder))
    assert call(*arguments).exit_code == 0
    before = tables_of(folder)
    (folder / ".manifest.json.1.tmp").touch()  # as a kill would leave it
    process = start(*arguments)
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and not list(folder.glob("parts/seed-*")):
        time.sleep(0.05)
    process.kill()
    process.wait(timeout=60)
    assert tables_of(folder) == before
    assert call(*arguments).exit_code == 0
    assert tables_of(folder) == before
    assert not (folder / "parts").exists()


def test_what_a_user_writes_is_never_taken_for_markup(tmp_path):
    scenario = tmp_path / "[red]mine.toml"
    scenario.write_text('base = "pre_reform"\ntitle = "six [/nope] months [bold]"\n', encoding="utf-8")
    shown = call("scenarios", str(scenario))
    assert "[red]mine: six [/nope] months [bold]" in shown.stdout
    out = str(tmp_path / "[red]out[/b]")
    result = call("compare", "pre_reform", str(scenario), *BRIEF, "--seeds", "1", "--jobs", "1", "--out", out)
    assert result.exit_code == 0, result.output
    assert f"Written to {out}/" in result.stdout


def test_a_lever_whose_areas_the_region_does_not_have_is_said_to_change_nothing(tmp_path):
    scenario = tmp_path / "far.toml"
    change = '[[change]]\nlever = "risk_split"\nfrom = 2014-06-01\nsource = "s"\nareas = ["London"]\n'
    scenario.write_text(f'base = "pre_reform"\ntitle = "elsewhere"\n{change}', encoding="utf-8")
    result = call("run", str(scenario), *SMALL, "--json", "--out", str(tmp_path / "out"))
    assert "far: risk_split covers London" in result.stderr


def test_a_full_disk_is_told_without_a_traceback():
    with open("/dev/full", "w") as full:
        done = subprocess.run(
            [sys.executable, str(ROOT / "run.py"), "parameters"],
            stdout=full,
            stderr=subprocess.PIPE,
            text=True,
            check=False,
        )
    assert done.returncode == 1
    assert "Traceback" not in done.stderr


def test_help_answers_quickly_and_names_every_command():
    done = subprocess.run([sys.executable, str(ROOT / "run.py"), "--help"], capture_output=True, text=True, check=True)
    for command in ("compare", "run", "story", "scenarios", "regions", "levers", "parameters"):
        assert command in done.stdout


def test_validate_prints_the_keys_that_other_programs_read(tmp_path):
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,measure,estimator,group,cohort_from,cohort_to,scenario,value,unit,standard_error,source\n"
        "a,caseload,,all,2011-01-01,2011-12-31,pre_reform,234528,people,,a report\n"
        "b,recalls_change,,disposal=custody_under_12m,2008-01-07/2008-01-13,2009-01-05/2009-01-11,pre_reform,9,percent,,a\n"
    )
    out = tmp_path / "out"
    small = ("--scale", "0.002", "--seeds", "2", "--jobs", "1")
    result = call("validate", "--targets", str(path), *small, "--out", str(out), "--json")
    assert result.exit_code == 0, result.output
    assert {file.name for file in out.iterdir()} == {"targets.csv", "validation.png"}
    found = json.loads(result.stdout)
    wanted = {"id", "use", "measure", "group", "published", "simulated", "low", "high", "error", "unit", "inside"}
    assert [target["id"] for target in found["targets"]] == ["a"]
    assert wanted <= set(found["targets"][0])
    assert abs(found["targets"][0]["error"]) < 100_000
    assert [set(row) for row in found["unmeasured"]] == [{"id", "reason"}]


def test_validate_takes_settings_and_the_sets_of_an_ensemble(tmp_path, monkeypatch):
    path = tmp_path / "mine.csv"
    path.write_text(
        "id,measure,estimator,group,cohort_from,cohort_to,scenario,value,unit,standard_error,source\n"
        "a,binary_rate,three_month_cohort,all,2010-01-01,2010-12-31,pre_reform,30,percent,,a report\n"
    )
    small = ("--targets", str(path), "--scale", "0.005", "--jobs", "1", "--json")

    def rate(*arguments):
        result = call("validate", *small, *arguments)
        assert result.exit_code == 0, result.output
        (row,) = json.loads(result.stdout)["targets"]
        return row["simulated"], row["low"]

    monkeypatch.setattr(ensemble, "read_sets", lambda: [{"reoffending.hazard_scale": v} for v in (0.5, 1.3)])
    few = [rate("--seeds", "1", "--set", f"reoffending.hazard_scale={v}")[0] for v in (0.5, 1.3)]
    both, low = rate("--ensemble")
    assert few[0] + 5 < few[1]
    assert few[0] < both < few[1]
    assert low < few[0]
    assert rate("--ensemble", "--set", "reoffending.hazard_scale=0.5")[0] < both


def test_validate_lists_what_can_be_asked_within_eighty_columns():
    result = call("validate", "--measures")
    assert result.exit_code == 0
    assert {"binary_rate", "recalls_per_year"} <= set(result.stdout.replace(",", " ").split())
    assert all(len(line) <= 80 for line in result.stdout.splitlines())


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--targets", "none.csv"), "none.csv: cannot be read"),
        (("--scale", "0"), "--scale 0"),
        (("--seeds", "0"), "--seeds 0"),
        (("--jobs", "-1"), "--jobs -1"),
        (("--ensemble", "--seeds", "2"), "--seeds does not go with --ensemble"),
        (("--set", "reoffending.hazard_scale=9"), "0.25 to 1.3"),
    ],
)
def test_validate_refuses_a_mistake_in_one_message(arguments, said):
    refused(said, "validate", *arguments)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--budget", "5"), "--budget 5"),
        (("--scale", "-1"), "--scale -1"),
        (("--seed", "-1"), "--seed -1"),
        (("--jobs", "-1"), "--jobs -1"),
    ],
)
def test_calibrate_refuses_a_mistake_in_one_message(arguments, said):
    refused(said, "calibrate", *arguments)


def test_calibrate_asks_for_resume_where_a_folder_holds_the_same_calibration(tmp_path):
    out = tmp_path / "out"
    design = make_design(80, 0.01, 0)
    open_folder(design, str(out), resume=False)
    result = call("calibrate", "--budget", "80", "--scale", "0.01", "--out", str(out))
    assert result.exit_code == 2
    assert "--resume" in result.stderr


def test_an_ensemble_parts_parameters_from_chance(tmp_path, monkeypatch):
    sets = [{"reoffending.hazard_scale": 0.55}, {"reoffending.hazard_scale": 0.9}, {"ties.p_join": 0.3}]
    monkeypatch.setattr(ensemble, "read_sets", lambda: sets)
    out = tmp_path / "out"
    small = ("--scale", "0.02", "--until", "2017-12-31", "--jobs", "1", "--ensemble")
    result = call("compare", *small, "--out", str(out), "--json")
    assert result.exit_code == 0, result.output
    found = json.loads(result.stdout)
    assert (found["sets"], found["seeds"]) == (3, 6)
    rates = {(m["measure"], m["group"]): m for m in found["measures"]}
    assert {"difference", "low", "high", "parameters_sd", "chance_sd", "below_zero"} <= set(rates["binary_rate", "all"])
    assert rates["recalls_per_year", "all"]["difference"] > 0
    assert len(set(pd.read_parquet(out / "runs.parquet")["parameters_hash"])) == 3
    assert (out / "effects.csv").exists()
    monkeypatch.setattr(ensemble, "run", lambda *_: iter(()))  # the tables of the runs above are still there
    shown = call("compare", *small, "--out", str(out))
    assert shown.exit_code == 0, shown.output
    assert all(len(line) <= 80 for line in shown.stdout.splitlines() if str(out) not in line)
    assert "under 3 sets fitted to the record" in shown.stdout


def test_seeds_do_not_go_with_an_ensemble():
    result = call("compare", "--ensemble", "--seeds", "3")
    assert result.exit_code == 2
    assert "--seeds" in result.stderr
