import pandas as pd
import pytest

from experiments import store
from experiments.plan import make_plan
from sim.errors import InputError


@pytest.fixture
def plan():
    return make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.01, [0, 1], None, [])


def test_a_part_appears_whole_and_parts_are_gathered_in_order(tmp_path):
    for name in ("seed-000001", "seed-000000"):
        store.write_part(tmp_path, name, {"runs": {"run": [name], "value": [1]}})
    assert store.gather_parts(tmp_path) == ["seed-000000", "seed-000001"]
    assert list(pd.read_parquet(tmp_path / "runs.parquet")["run"]) == ["seed-000000", "seed-000001"]
    assert not (tmp_path / store.PARTS).exists()


def test_half_a_part_is_not_read(tmp_path):
    (tmp_path / store.PARTS / ".seed-000000.1.tmp").mkdir(parents=True)
    assert store.gather_parts(tmp_path) == []


def test_a_folder_of_the_same_plan_is_used_again(tmp_path, plan):
    folder = store.output_folder(plan, "compare", str(tmp_path / "a"))
    store.write_manifest(folder, plan, "compare")
    assert store.output_folder(plan, "compare", str(tmp_path / "a")) == folder


def test_a_folder_that_holds_another_run_is_refused(tmp_path, plan):
    folder = store.output_folder(plan, "compare", str(tmp_path / "a"))
    store.write_manifest(folder, plan, "run")
    with pytest.raises(InputError, match="holds another run"):
        store.output_folder(plan, "compare", str(folder))


def test_a_folder_of_other_files_is_refused_and_left_alone(tmp_path, plan):
    precious = tmp_path / "precious.txt"
    precious.write_text("mine")
    with pytest.raises(InputError, match=r"precious\.txt"):
        store.output_folder(plan, "compare", str(tmp_path))
    assert precious.read_text() == "mine"


def test_a_folder_that_cannot_be_made_is_refused(tmp_path, plan):
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError, match="cannot be written"):
        store.output_folder(plan, "compare", str(tmp_path / "file" / "out"))


def test_one_process_at_a_time_is_at_work_on_a_folder(tmp_path):
    with store.locked(tmp_path):
        with pytest.raises(InputError, match="another process is at work on it"), store.locked(tmp_path):
            pass
        with store.locked(tmp_path, ".other-lock"):
            pass
    with store.locked(tmp_path, shared=True), store.locked(tmp_path, shared=True):
        pass


def test_what_was_begun_by_other_code_is_refused_by_name(tmp_path):
    now = store.hash_of("store.py", "tables.py")
    assert now != store.hash_of("store.py")
    store.refuse_other_code(tmp_path, {"by": now}, by=now)
    with pytest.raises(InputError, match=rf"by 0abc; this is {now}"):
        store.refuse_other_code(tmp_path, {"by": "0abc"}, by=now)


def test_the_manifest_holds_what_the_run_is_made_of(tmp_path, plan):
    import json

    store.write_manifest(tmp_path, plan, "compare")
    manifest = json.loads((tmp_path / store.MANIFEST).read_text())
    assert manifest["seeds"] == [0, 1]
    assert manifest["parameters"]["reoffending.hazard_scale"] == plan.register.reoffending.hazard_scale
    assert {"packages", "platform", "code_version", "arms"} <= manifest.keys()
