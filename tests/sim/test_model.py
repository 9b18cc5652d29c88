"""The world as a whole: one world until a lever parts it, and the same world every time."""

import hashlib
from dataclasses import replace
from datetime import date

import mesa
import numpy as np
import pytest

from sim.clock import NEVER, day_of
from sim.events import Event
from sim.model import WEEK, ProbationModel
from sim.offenders import COLUMNS, Status
from sim.parameters.register import Register
from sim.scenarios import load_timeline
from tests.worlds import END, LEVERS, SIM, differing_columns, events, in_subprocess, world

TABLES = ("people", "docket", "log", "index_log", "officers", "ties", "cases")


def tables_equal(one, other):
    """Say which columns of which tables differ between two worlds."""
    return [
        (table, column)
        for table in TABLES
        for column in getattr(one, table).columns
        if not np.array_equal(getattr(getattr(one, table), column), getattr(getattr(other, table), column))
    ]


def test_the_old_regime_and_no_change_are_one_world(pre):
    same = world("no_change", END)
    assert tables_equal(pre, same) == []
    assert pre.weekly.rows == same.weekly.rows
    assert pre.weekly.names == same.weekly.names


def test_the_reform_is_the_old_regime_until_its_first_lever(pre, post):
    first = day_of(date(2014, 6, 1))
    before = events(pre)[events(pre)[:, 0] < first - 6]
    assert np.array_equal(before, events(post)[events(post)[:, 0] < first - 6])
    week = first // 7
    assert pre.weekly.rows[:week] == post.weekly.rows[:week]


def test_the_reform_parts_from_the_old_regime_after_its_first_lever(pre, post):
    first = day_of(date(2014, 6, 1))
    early = (events(m) for m in (pre, post))
    one, other = (e[(e[:, 0] >= first) & (e[:, 0] < first + 30)] for e in early)
    assert not np.array_equal(one, other)


def test_the_reform_with_every_lever_off_is_the_old_regime(pre):
    off = load_timeline("post_reform", pre.region.areas)
    for lever in LEVERS:
        off = off.with_lever_setting(lever, "off")
    same = world(off, END)
    assert tables_equal(pre, same) == []
    assert pre.weekly.rows == same.weekly.rows


@pytest.mark.parametrize("stop", [date(2008, 1, 14), date(2014, 5, 26)])
def test_a_forked_run_is_the_run_in_one_piece(pre, post, stop):
    trunk = world("pre_reform", stop)
    reform = trunk.fork(post.timeline)
    reform.live_until(day_of(END))
    assert tables_equal(reform, post) == []
    assert reform.weekly.rows == post.weekly.rows


def test_a_fork_does_not_touch_the_world_it_came_from():
    trunk = world("pre_reform", date(2009, 1, 1), scale=0.01)
    whole = world("pre_reform", date(2010, 1, 1), scale=0.01)
    trunk.fork(load_timeline("post_reform", trunk.region.areas)).live_until(day_of(date(2011, 1, 1)))
    trunk.live_until(day_of(date(2010, 1, 1)))
    assert tables_equal(trunk, whole) == []


def test_the_same_seed_twice_is_the_same_world(post):
    again = world("post_reform", END)
    assert tables_equal(again, post) == []
    assert again.weekly.rows == post.weekly.rows


def test_another_seed_is_another_world(day_zero):
    other = world("post_reform", seed=2)
    assert not np.array_equal(other.people.birth_day, day_zero.people.birth_day)
    assert len(events(world("post_reform", date(2008, 3, 1), seed=2))) > 0


# --- one person more


def one_more(model, **columns):
    """Add a person with a number of his own, free and never to leave."""
    values = {"birth_day": -9000, "last_sanction_day": 0, "first_sanction_day": 0, "sanctions": 1, "ogrs3": 0.5}
    values |= {"follow_up_day": 0, "status_end_day": NEVER, "offence_bound": 0}
    return model.people.arrive(model.week, np.array([99_999]), **(values | columns))


def others(model, number, *, officers=True):
    """Return the events of everyone but one person; officers' numbers left out where they may differ."""
    log = events(model)
    if not officers:
        log[log[:, 1] == Event.ALLOCATION, 4] = 0
    log = log[log[:, 2] != number]
    return log[np.lexsort(log.T)]


@pytest.fixture(scope="module")
def plain():
    """A world to the middle of 2016, the reform with early dates."""
    return world("post_reform", date(2016, 7, 1), scale=0.03)


def test_a_person_more_who_does_nothing_changes_nobody_else_s_life(plain):
    model = world("post_reform", scale=0.03)
    row = one_more(model)
    number = int(model.people.person[row[0]])
    model.live_until(day_of(date(2016, 7, 1)))
    assert np.array_equal(others(model, number), others(plain, number))
    here, there = model.people, plain.people
    assert here.status[here.rows_of(np.array([number]))] == Status.FREE
    rows = here.rows_of(there.person)
    differing = [n for n in COLUMNS if not np.array_equal(getattr(here, n)[rows], getattr(there, n))]
    assert set(differing) <= {"first_tie"}, "where a tie stands in the table is not part of anybody's life"


NO_INFLUENCE = {
    "ties__peer_log_factor": 0,
    "ties__p_join": 0,
    "workload__greatest_cut": 0,
    "supervision__cases_quality_falls": 10**9,
    "workload__leaving_overload_slope": 0,
    "workload__sick_overload_slope": 0,
    "allocation__alliance_kept_on_change": 1,
    "support__places_per_1000": (0,) * 5,
    "workload__leaving_per_year": 0,
    "organisations__greatest_change_per_month": 0,
    "allocation__trust_practitioners": (9580,) * 4,
}
"""Numbers with which nobody's life touches another's: no peers, no officer short of time, no scarce place, nobody who
leaves and hands on whom the order of allocation happened to bring."""


def without_influence():
    """Return the register with every way shut in which one person's life touches another's."""
    parameters = {process: dict(names) for process, names in Register.load().parameters.items()}
    for key, value in NO_INFLUENCE.items():
        process, name = key.split("__")
        parameters[process][name] = replace(parameters[process][name], value=value)
    return Register(parameters)


def test_a_person_more_who_lives_and_offends_changes_nobody_else_s_events_where_nobody_has_influence():
    end = day_of(date(2016, 7, 1))
    plain, model = (world("post_reform", scale=0.03, register=without_influence()) for _ in range(2))
    row = one_more(model, offence_bound=2**32 - 1, ogrs3=0.9, sanctions=20, birth_day=-8500)
    number = int(model.people.person[row[0]])
    for one in (plain, model):
        one.live_until(end)
    assert (events(model)[:, 2] == number).sum() > 5, "the newcomer lived"
    assert np.array_equal(others(model, number, officers=False), others(plain, number, officers=False))


def test_a_person_more_who_lives_and_offends_changes_few_other_lives_where_people_have_influence(plain):
    """Through peers, officers' time and scarce places, and only so: most people never hear of the newcomer."""
    model = world("post_reform", scale=0.03)
    row = one_more(model, offence_bound=2**32 - 1, ogrs3=0.9, sanctions=20, birth_day=-8500)
    number = int(model.people.person[row[0]])
    model.live_until(day_of(date(2016, 7, 1)))
    here, there = (others(m, number, officers=False) for m in (model, plain))
    lives = {tuple(e) for e in here.tolist()} ^ {tuple(e) for e in there.tolist()}
    touched = {person for _, _, person, _, _ in lives}
    assert len(touched) < 0.05 * len(plain.people)


# --- Mesa


def test_a_step_is_a_week_on_mesa_s_clock():
    model = world("post_reform", scale=0.005)
    assert isinstance(model, mesa.Model)
    assert (model.week, model.day, model.time) == (0, 0, 0)
    for _ in range(3):
        model.step()
    assert (model.week, model.day, model.time) == (3, 21, 3)
    twin = model.fork(model.timeline)
    twin.step()
    assert (twin.week, twin.time, model.week, model.time) == (4, 4, 3, 3)


def test_the_week_is_the_tuple_of_processes_in_its_order(monkeypatch):
    model, lived = world("post_reform", scale=0.005), []
    for process in WEEK:
        original = process.step
        monkeypatch.setattr(process, "step", lambda m, p=process, f=original: (lived.append(p), f(m)))
    model.live_week()
    assert lived == list(WEEK)


def test_the_first_week_of_a_year_is_that_of_its_first_monday():
    model = world("post_reform", scale=0.005)
    firsts = []
    for _ in range(110):
        if model.is_first_week_of_year:
            firsts.append(model.week)
        model.week += 1
    assert firsts == [0, 52, 104]


def test_the_record_starts_on_day_0(day_zero):
    assert len(day_zero.log) == len(day_zero.index_log) == 0
    assert day_zero.weekly.rows == []
    assert day_zero.people.flows.sum() == 0


def test_a_world_is_described_by_what_made_it(post):
    found = post.describe()
    assert (found["scenario"], found["region"], found["scale"], found["seed"]) == (
        "post_reform",
        "staffordshire_west_midlands",
        0.05,
        1,
    )
    assert [d["lever"] for d in found["levers"]] == list(LEVERS)


def test_a_world_of_many_areas_fills_them_all():
    model = ProbationModel("post_reform", "england_wales", scale=0.004, seed=3)
    for _ in range(5):
        model.step()
    counts = np.bincount(model.people.area, minlength=21)
    assert counts.min() > 0
    assert counts / counts.sum() == pytest.approx(model.region.shares, abs=0.02)


def test_the_hazard_s_bound_hides_nobody():
    """Looking at everyone every week gives the same events: the bound is a short cut, not a rule."""
    quick, slow = (world("post_reform", scale=0.01) for _ in range(2))
    for _ in range(160):
        quick.step()
        slow.people.offence_bound[slow.people.offence_bound > 0] = 2**32 - 1
        slow.step()
    assert np.array_equal(events(quick), events(slow))
    assert [c for c in differing_columns(quick, slow) if c != "offence_bound"] == []


# --- the same bytes

DIGEST = """
import hashlib
import numpy as np
from sim.model import ProbationModel
model = ProbationModel("post_reform", scale=0.01, seed=3)
for lever, text in (("risk_split", "2008-06-01"), ("short_sentence_supervision", "2008-03-01")):
    model.timeline = model.timeline.with_lever_setting(lever, text)
model.live_until(600)
integers, whole = hashlib.blake2b(digest_size=8), hashlib.blake2b(digest_size=8)
for table in (model.log, model.index_log, model.people, model.docket):
    for name in table.columns:
        column = np.ascontiguousarray(getattr(table, name))
        whole.update(column.tobytes())
        if column.dtype.kind in "iub" and name != "offence_bound":
            integers.update(column.tobytes())
print(integers.hexdigest(), whole.hexdigest(), len(model.log))
"""


@pytest.fixture(scope="module")
def digest():
    """What a small run leaves behind, in a process of its own."""
    return in_subprocess(DIGEST, PYTHONHASHSEED="0")


def test_the_digest_sees_a_change(digest):
    assert in_subprocess(DIGEST.replace("seed=3", "seed=4"), PYTHONHASHSEED="0") != digest
    assert int(digest.split()[-1]) > 100


@pytest.mark.parametrize("hash_seed", ["1", "random"])
def test_the_hash_seed_of_python_changes_nothing(digest, hash_seed):
    assert in_subprocess(DIGEST, PYTHONHASHSEED=hash_seed) == digest


def dispatched_features():
    """Return the features of this processor for which NumPy carries code of its own."""
    from numpy._core._multiarray_umath import __cpu_dispatch__, __cpu_features__

    return [f for f in __cpu_dispatch__ if __cpu_features__.get(f)]


def test_numpy_without_the_features_of_this_processor_gives_the_same_integers(digest):
    features = dispatched_features()
    if not features:
        pytest.skip("NumPy has no code of its own for this processor")
    said = in_subprocess(
        f"from numpy._core._multiarray_umath import __cpu_features__ as f; print(any(f[x] for x in {features!r}))",
        NPY_DISABLE_CPU_FEATURES=" ".join(features),
    )
    assert said == "False", "the features were not switched off, so the test proves nothing"
    plain = in_subprocess(DIGEST, PYTHONHASHSEED="0", NPY_DISABLE_CPU_FEATURES=" ".join(features))
    assert plain.split()[0] == digest.split()[0]
    assert plain.split()[2] == digest.split()[2]


def test_no_file_of_the_model_uses_another_source_of_chance():
    banned = ("np.random", "import random", "model.rng", "model.random", "self.random", "self.rng", "default_rng")
    for path in SIM.rglob("*.py"):
        text = path.read_text().replace("random=self.random", "")  # what Mesa shuffles its sets of views by
        found = [word for word in banned if word in text]
        assert not found, (path, found)


def test_events_are_hashable_by_content(post):
    """The helper that compares worlds sees a single changed value."""
    before = hashlib.blake2b(events(post).tobytes()).hexdigest()
    changed = events(post)
    changed[0, 3] += 1
    assert hashlib.blake2b(changed.tobytes()).hexdigest() != before
