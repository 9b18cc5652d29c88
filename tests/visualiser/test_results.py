"""Results mode: what a folder says is what the commands say, nothing outside it can be read, and mistakes are named."""

import csv
import io
import json
import shutil
from datetime import date

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from experiments import provenance, single, store, sweep_effects, sweep_store
from experiments.commands import comparison_object, estimate
from experiments.compare import read_table, run_pair
from experiments.decompose import OUTCOMES, coalitions, players, taken_apart
from experiments.plan import make_plan
from experiments.sweep_folder import open_new
from sim.errors import InputError
from tests import sweeps
from visualiser import results as mode
from visualiser.results import answer, open_results

PLACE = "staffordshire_west_midlands"
PIXEL = (4, 3)


@pytest.fixture(scope="session")
def plan():
    return make_plan(["pre_reform", "post_reform"], PLACE, 0.005, (0, 1), "2016-12-31", [])


@pytest.fixture(scope="session")
def made(plan, tmp_path_factory):
    """A folder of `compare`, and the object that `compare --json` would have printed."""
    folder = tmp_path_factory.mktemp("results") / "mine"
    folder.mkdir()
    store.write_manifest(folder, plan, "compare")
    reports = [run_pair(plan, folder, seed) for seed in plan.seeds]
    store.gather_parts(folder)
    found = {name: read_table(folder, name) for name in ("cohorts", "weekly", "outcomes")}
    said = comparison_object(plan, folder, *estimate(plan, found, reports), reports, 1.0, 0.0)
    draw(folder / "needs.png", provenance.of_plan(plan, "compare"))
    return folder, json.loads(json.dumps(said))


def draw(path, made_of):
    import matplotlib.pyplot as plt

    from experiments.figures import save

    save(plt.figure(figsize=PIXEL), path, made_of)


@pytest.fixture
def folder(made, tmp_path):
    """A copy of the folder, to be spoilt."""
    return shutil.copytree(made[0], tmp_path / "mine")


@pytest.fixture(scope="session")
def opened(made):
    return open_results(made[0])


def refused(results, message):
    content, buffers = answer(results, message)
    assert content["kind"] == "notice"
    assert content["level"] == "error"
    assert buffers == []
    return content["text"]


# opening


def test_a_folder_that_is_none_or_holds_no_results_is_named_with_what_is_expected(tmp_path, folder):
    file = tmp_path / "file"
    file.touch()
    bare = tmp_path / "bare"
    bare.mkdir()
    (bare / "cohorts.parquet").write_bytes((folder / "cohorts.parquet").read_bytes())
    only_manifest = tmp_path / "only"
    only_manifest.mkdir()
    shutil.copy(folder / "manifest.json", only_manifest)
    for place, why in (
        (tmp_path / "nowhere", "no folder"),
        (file, "no folder"),
        (bare, "no manifest"),
        (only_manifest, "no tables"),
    ):
        with pytest.raises(InputError, match=f"{place}.*{why}.*`compare`, `run`, `sweep`"):
            open_results(place)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"command": 3}', "[" * 100_000, '{"command": "compare"'])
def test_a_manifest_of_another_kind_is_refused(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(InputError, match=r"manifest\.json is damaged"):
        open_results(folder)


@pytest.mark.parametrize("spoilt", [{}, {"arms": 3, "seeds": "x", "worlds": [1], "packages": [], "scale": "big"}])
def test_a_manifest_that_lacks_what_a_comparison_has_leaves_the_tables_to_be_looked_at(folder, spoilt):
    (folder / "manifest.json").write_text(json.dumps({"command": "compare", **spoilt}))
    results = open_results(folder)
    said, _ = answer(results, {"kind": "overview"})
    assert said["blocks"] == []
    assert "cannot be worked out" in said["problems"][0]
    assert results.rows("cohorts")["total"] > 0


# what was found


def test_the_summary_of_a_comparison_is_what_compare_says(made, opened):
    said = opened.overview()
    expected = {
        (m["measure"], m["group"]): m
        for m in made[1]["measures"]
        if m["estimand"] == "as_published" and m["estimator"] in ("", "three_month_cohort", "twelve_month_cohort")
        if not (m["measure"] in ("binary_rate", "frequency") and m["estimator"] == "twelve_month_cohort")
    }
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
    assert said["headline"].startswith("The reform ")


def test_money_is_at_the_unit_costs_of_the_folder_and_not_at_those_of_today(folder):
    def prison(results):
        return next(r["base"] for b in results.overview()["blocks"] for r in b["rows"] if r["name"] == "prison")

    before = prison(open_results(folder))
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest["parameters"]["costs.prison_place"] *= 1.01
    (folder / "manifest.json").write_text(json.dumps(manifest))
    assert prison(open_results(folder)) == pytest.approx(1.01 * before)


def test_no_published_number_stands_among_the_differences(made, opened):
    published = {c["published_source"] for c in made[1]["before_after"]}
    text = json.dumps(opened.overview())
    assert published
    assert not any(source in text for source in published)
    assert all(set(row) & {"published", "record"} == set() for b in opened.overview()["blocks"] for row in b["rows"])


def test_what_was_run_is_told(opened, plan):
    said = opened.about()
    facts = {fact["label"]: fact["value"] for fact in said["facts"]}
    assert said["command"] == "compare"
    assert [arm["scenario"] for arm in said["arms"]] == ["pre_reform", "post_reform"]
    assert facts["Region"] == "Staffordshire and West Midlands"
    assert facts["Scale"] == "0.005 (100 people supervised)"
    assert facts["Seeds"] == "2 paired seeds (0 to 1)"
    assert facts["Until"] == "2016-12-31"
    assert said["made_of"]["is_this_code"]
    assert said["made_of"]["key"] == plan.key


def test_other_code_is_told_from_this(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    (folder / "manifest.json").write_text(json.dumps({**manifest, "code_version": "0" * 16}))
    assert not open_results(folder).about()["made_of"]["is_this_code"]


def test_the_summary_of_a_run_is_what_run_says(tmp_path):
    plan = make_plan(["post_reform"], PLACE, 0.005, (0,), "2012-12-31", [])
    ran = single.run(plan, tmp_path, events=True, people=True, graph=False, step=lambda: None)
    results = open_results(tmp_path)
    rows = {(r["measure"], r["group"]): r["reform"] for b in results.overview()["blocks"] for r in b["rows"]}
    said = {(m["measure"], m["group"]): m for m in ran.measures if m["estimator"] in ("", "three_month_cohort")}
    assert rows[("binary_rate", "all")] == pytest.approx(100 * said["binary_rate", "all"]["value"])
    assert rows[("caseload", "all")] == pytest.approx(said["caseload", "all"]["value"])
    assert rows[("recalls_per_year", "all")] == pytest.approx(said["recalls_per_year", "all"]["value"])
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
    block = open_results(tmp_path).overview()["blocks"][0]
    assert block["rows"][0]["difference"] == pytest.approx(100 * expected.whole(OUTCOMES[0]).mean())
    shares = [s for s in expected.shares if s.outcome == OUTCOMES[0]]
    assert [row["name"] for row in block["rows"][1:]] == [s.players[0] for s in shares]
    assert [row["difference"] for row in block["rows"][1:]] == pytest.approx([100 * s.value.mean() for s in shares])


# a sweep


@pytest.fixture
def swept(tmp_path):
    """A sweep of runs that cost nothing, in parts."""
    found = sweeps.make()
    folder = tmp_path / "swept"
    folder.mkdir()
    open_new(folder, found)
    for task in found.tasks():
        sweep_store.write_part(folder, task.name, sweeps.quick(task))
    return folder, found


def test_a_sweep_in_parts_and_compacted_say_the_same(swept):
    folder, found = swept
    before = open_results(folder)
    rows = {name: before.rows(name)["total"] for name in before.listed}
    blocks = before.overview()["blocks"]
    expected = sweep_effects.effects(folder)
    first = expected[expected["measure"] == "binary_rate"].iloc[0]
    assert blocks[0]["rows"][0]["difference"] == pytest.approx(100 * first["difference"])
    assert blocks[0]["rows"][0]["low"] == pytest.approx(100 * first["low"])
    assert before.overview()["problems"] == []
    sweep_store.compact(folder, sweeps.order(found))
    after = open_results(folder)
    assert {name: after.rows(name)["total"] for name in after.listed} == rows
    assert after.overview()["blocks"] == blocks


def test_parts_that_no_part_of_runs_stands_for_do_not_count(swept):
    folder, found = swept
    all_rows = open_results(folder).rows("measures")["total"]
    name = found.tasks()[0].name
    lost = pq.read_metadata(folder / "measures.parquet" / f"{name}.parquet").num_rows
    (folder / "runs.parquet" / f"{name}.parquet").unlink()
    assert lost
    assert open_results(folder).rows("measures")["total"] == all_rows - lost


def test_a_damaged_part_is_left_out_and_named(swept):
    folder, found = swept
    part = folder / "weekly.parquet" / f"{found.tasks()[0].name}.parquet"
    lost = pq.read_metadata(part).num_rows
    whole = open_results(folder).rows("weekly")["total"]
    part.write_bytes(part.read_bytes()[:100])
    results = open_results(folder)
    assert results.rows("weekly")["total"] == whole - lost
    assert any(part.name in text and "damaged" in text for text in results.overview()["problems"])


def test_failed_runs_are_told(swept):
    folder, found = swept
    task = found.tasks()[0]
    run = next(iter(task.arms))
    from experiments.sweep import failed

    sweep_store.write_part(folder, task.name, failed(task.only({run}), "ValueError: a poison cell"))
    assert any("1 runs failed: ValueError: a poison cell" in p for p in open_results(folder).overview()["problems"])


# nothing outside the folder


NOT_PICTURES = ["../secret.png", "/etc/passwd", "mine/needs.png", "needs.png\0", "./needs.png", "..", "", ".hidden.png"]


@pytest.mark.parametrize("name", NOT_PICTURES)
def test_only_a_picture_of_the_list_is_given(folder, name):
    (folder.parent / "secret.png").write_bytes((folder / "needs.png").read_bytes())
    (folder / ".hidden.png").write_bytes((folder / "needs.png").read_bytes())
    results = open_results(folder)
    assert "needs.png" in refused(results, {"kind": "picture", "name": name})
    assert results.picture("needs.png").startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["../mine/cohorts", "cohorts.parquet", "/etc/passwd", "manifest", ""])
def test_only_a_table_of_the_list_is_read(opened, name):
    assert "unknown table" in refused(opened, {"kind": "rows", "table": name})
    assert "unknown table" in refused(opened, {"kind": "csv", "table": name})


def test_links_are_not_followed(folder, swept):
    outside = folder.parent / "outside"
    outside.mkdir()
    for name in ("cohorts.parquet", "needs.png"):
        shutil.move(folder / name, outside / name)
        (folder / name).symlink_to(outside / name)
    (folder / "more.parquet").symlink_to(outside, target_is_directory=True)
    results = open_results(folder)
    assert "cohorts" not in results.listed
    assert "more" not in results.listed
    assert results.pictures() == []
    assert "unknown picture" in refused(results, {"kind": "picture", "name": "needs.png"})
    sweep_folder, _ = swept
    part = next((sweep_folder / "measures.parquet").iterdir())
    shutil.move(part, outside / part.name)
    part.symlink_to(outside / part.name)
    assert "links are not followed" in open_results(sweep_folder).overview()["problems"][0]


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


# tables


def test_filters_pass_what_they_say(opened, made):
    frame = pq.read_table(made[0] / "cohorts.parquet").to_pandas()
    filters = {
        "group": "CUSTODY_under",
        "estimator": {"is": "three_month_cohort"},
        "offenders": [2, 9],
        "cohort_start": ["2010-01-01", None],
    }
    wanted = frame[
        frame["group"].str.contains("custody_under")
        & (frame["estimator"] == "three_month_cohort")
        & frame["offenders"].between(2, 9)
        & (frame["cohort_start"] >= date(2010, 1, 1))
    ]
    found = opened.rows("cohorts", filters, limit=500)
    assert 0 < len(wanted) < len(frame)
    assert found["total"] == len(wanted)
    at = [column["name"] for column in found["columns"]].index("offenders")
    assert [row[at] for row in found["rows"]] == wanted["offenders"].tolist()[:500]
    exact = opened.rows("cohorts", {"group": {"is": "disposal=custody"}})["total"]
    assert exact == (frame["group"] == "disposal=custody").sum()


@pytest.mark.parametrize("descending", [False, True])
def test_rows_are_sorted_and_paged_with_what_is_missing_last(opened, made, descending):
    frame = pq.read_table(made[0] / "cohorts.parquet").to_pandas()
    ordered = frame.sort_values("frequency", ascending=not descending, kind="stable", na_position="last")
    assert frame["frequency"].isna().any()
    found = opened.rows("cohorts", sort="frequency", descending=descending, offset=30, limit=20)
    shown = [row[-1] for row in found["rows"]]
    assert shown == pytest.approx(ordered["frequency"].tolist()[30:50])
    last = opened.rows("cohorts", sort="frequency", descending=descending, offset=min(len(frame), mode.REACH) - 1)
    if len(frame) <= mode.REACH:
        assert last["rows"][0][-1] is None
    plain = opened.rows("cohorts", offset=7, limit=5)
    assert [row[4] for row in plain["rows"]] == frame["offenders"].tolist()[7:12]


def test_what_filters_need_of_a_column_is_told(opened, made):
    frame = pq.read_table(made[0] / "cohorts.parquet").to_pandas()
    columns = {column["name"]: column for column in opened.table("cohorts")["columns"]}
    assert columns["estimator"]["values"] == sorted(frame["estimator"].unique())
    assert "values" not in columns["group"]
    assert (columns["offenders"]["low"], columns["offenders"]["high"]) == (
        frame["offenders"].min(),
        frame["offenders"].max(),
    )
    assert columns["cohort_start"]["low"] == str(frame["cohort_start"].min())


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        ({"colour": "red"}, "unknown column"),
        ({"offenders": "many"}, "is a number"),
        ({"offenders": ["x", None]}, "is no number"),
        ({"offenders": [1, 2, 3]}, "is a number"),
        ({"offenders": [float("nan"), None]}, "is no number"),
        ({"offenders": [10**400, None]}, "is no number"),
        ({"cohort_start": ["yesterday", None]}, "is no date"),
        ({"cohort_start": [20100101, None]}, "is no date"),
        ({"group": ["a", "b"]}, "does not fit"),
        ({"group": {"is": 3}}, "does not fit"),
        ({"group": {"like": "a"}}, "does not fit"),
    ],
)
def test_a_filter_that_does_not_fit_is_named(opened, filters, why):
    assert why in refused(opened, {"kind": "rows", "table": "cohorts", "filters": filters})
    assert why in refused(opened, {"kind": "csv", "table": "cohorts", "filters": filters})


def test_a_filter_is_a_text_and_no_pattern(opened):
    assert opened.rows("cohorts", {"group": ".*"})["total"] == 0
    assert opened.rows("cohorts", {"group": "' or '1'='1"})["total"] == 0


def test_a_download_holds_the_rows_that_pass_and_is_refused_above_its_limit(opened, monkeypatch):
    filters = {"estimator": {"is": "three_month_cohort"}, "group": {"is": "all"}}
    content, (data,) = answer(opened, {"kind": "csv", "table": "cohorts", "filters": filters})
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    total = opened.rows("cohorts", filters)["total"]
    assert content == {"kind": "csv", "name": "cohorts.csv"}
    assert len(rows) == total > 0
    assert {row["group"] for row in rows} == {"all"}
    monkeypatch.setattr(mode, "MOST_DOWNLOADED", total - 1)
    text = refused(opened, {"kind": "csv", "table": "cohorts", "filters": filters})
    assert f"{total:,} rows are more than a download takes ({total - 1:,}); add filters" in text


def test_rows_out_of_reach_are_refused(opened):
    assert "offset" in refused(opened, {"kind": "rows", "table": "weekly", "offset": mode.REACH + 1})
    with pytest.raises(InputError, match="add filters"):
        opened.rows("weekly", offset=10 * mode.REACH)


@pytest.mark.parametrize("kept", [0, 3, 5000])
def test_a_damaged_table_is_named_and_the_others_are_shown(folder, kept):
    path = folder / "weekly.parquet"
    path.write_bytes(path.read_bytes()[:kept])
    results = open_results(folder)
    text = refused(results, {"kind": "rows", "table": "weekly"})
    assert text.startswith("weekly: is damaged")
    assert "`run.py compare` makes it again" in text
    assert str(folder.parent) not in text
    said = {table["name"]: table for table in results.tables()}
    assert "damaged" in said["weekly"]["problem"]
    assert said["cohorts"]["problem"] == ""
    assert "weekly" in results.overview()["problems"][0]


def test_a_table_damaged_in_its_middle_is_named(folder):
    path = folder / "weekly.parquet"
    data = bytearray(path.read_bytes())
    data[200 : len(data) // 2] = bytes(len(data) // 2 - 200)
    path.write_bytes(bytes(data))
    results = open_results(folder)
    assert "damaged" in refused(results, {"kind": "rows", "table": "weekly", "sort": "value"})
    assert "damaged" in refused(results, {"kind": "table", "name": "weekly"})
    assert "weekly" in results.overview()["problems"][0]


def test_whole_numbers_that_a_page_cannot_hold_and_numbers_that_are_none_reach_it_unharmed(folder):
    table = pa.table({"seed": [2**62 + 1, 3], "value": [float("inf"), 0.5], "flag": [True, None]})
    store.write_table(folder / "odd.parquet", table)
    results = open_results(folder)
    found = results.rows("odd")
    assert found["rows"] == [[str(2**62 + 1), None, True], [3, 0.5, None]]
    json.dumps([found, results.table("odd")], allow_nan=False)
    assert results.rows("odd", {"flag": {"is": "true"}})["total"] == 1


def test_a_table_of_text_is_read_too(folder):
    (folder / "sets.csv").write_text("name,value\na,1.5\nb,2.5\n")
    results = open_results(folder)
    assert results.rows("sets", {"value": [2, None]})["rows"] == [["b", 2.5]]


# pictures


def test_a_picture_tells_what_it_is_drawn_from(opened, plan):
    (said,) = opened.pictures()
    assert said["title"] == "Needs"
    assert said["provenance"][0].startswith("throughgate compare; code version ")
    assert "seeds 0 to 1" in said["provenance"][1]
    content, (data,) = answer(opened, {"kind": "picture", "name": "needs.png"})
    assert content == {"kind": "picture", "name": "needs.png"}
    assert data == (opened.folder / "needs.png").read_bytes()


@pytest.mark.parametrize("spoilt", [b"", b"nothing", b"\x89PNG\r\n\x1a\n" + b"\0" * 40, b"<svg onload='alert(1)'/>"])
def test_a_damaged_picture_is_named(folder, spoilt):
    (folder / "needs.png").write_bytes(spoilt)
    results = open_results(folder)
    assert "needs.png" in results.pictures()[0]["problem"]
    assert "damaged" in refused(results, {"kind": "picture", "name": "needs.png"})


# messages


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "rows",
        {},
        {"kind": "run"},
        {"kind": "rows"},
        {"kind": "rows", "table": "runs", "limit": 0},
        {"kind": "rows", "table": "runs", "limit": 10**9},
        {"kind": "rows", "table": "runs", "offset": -1},
        {"kind": "rows", "table": "runs", "sort": "colour"},
        {"kind": "rows", "table": "runs", "filters": []},
        {"kind": "rows", "table": "runs", "path": "/etc"},
        {"kind": "picture", "name": 3},
        {"kind": "picture", "name": "x" * 10_000},
    ],
)
def test_a_message_of_no_known_form_is_answered_by_a_notice(opened, message):
    assert refused(opened, message)


def test_a_reply_bears_the_number_of_its_question(opened):
    assert answer(opened, {"kind": "tables", "n": 7})[0]["n"] == 7
    assert answer(opened, {"kind": "nonsense", "n": 8})[0]["n"] == 8


def test_every_reply_can_be_sent_as_json(opened):
    for kind in ("about", "overview", "pictures", "tables"):
        content, _ = answer(opened, {"kind": kind})
        assert content["kind"] == kind
        json.dumps(content, allow_nan=False)
    json.dumps([answer(opened, {"kind": "table", "name": name})[0] for name in opened.listed], allow_nan=False)
