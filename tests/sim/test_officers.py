"""Officers: where they stand, their hours and grades, who takes a case, and both measures of the caseload."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.clock import NEVER
from sim.draws import Draws
from sim.offenders import Provider, Rosh
from sim.officers import Officers, assign_least_loaded, heads_for
from sim.providers import by_risk
from sim.weekly import MANY_CASES

LOOPS = pytest.mark.parametrize("loop", [assign_least_loaded, assign_least_loaded.py_func], ids=["compiled", "twin"])
PLACES = st.lists(st.floats(0, 1, exclude_max=True), max_size=60)


def assign(places, count=20, team_size=10, first=0, *, loop=assign_least_loaded, weight=1, high=False, **officers):
    """Assign cases of one office in turn; return (officers, caseloads, points).

    Unless told otherwise all posts are open and all officers at work, qualified, without cases and of one target.
    """
    n, known = len(places), first + count
    made = {"is_closed": False, "is_at_work": True, "is_qualified": True, "target": 100, "points": 0, "caseload": 0}
    made |= officers
    staff = [np.array(np.broadcast_to(made[k], known), bool) for k in ("is_closed", "is_at_work", "is_qualified")]
    target, points, load = (
        np.array(np.broadcast_to(made[k], known), np.int32) for k in ("target", "points", "caseload")
    )
    out = np.empty(n, np.int64)
    weights, risks = np.array(np.broadcast_to(weight, n), np.int64), np.array(np.broadcast_to(high, n), bool)
    offices = np.full(n, first), np.full(n, count)
    loop(*offices, team_size, np.array(places, float), weights, risks, *staff, target, points, load, out)
    return out, load, points


def teams_of(first, count, team_size):
    """Return the officers of each team of an office."""
    teams = -(-count // team_size)
    return [range(first + t * count // teams, first + (t + 1) * count // teams) for t in range(teams)]


def test_practitioners_stand_together_by_provider_and_area():
    officers = Officers(3)
    officers.employ(Provider.TRUST, 10, (0.5, 0.3, 0.2))
    officers.employ(Provider.NPS, 1, (0.5, 0.3, 0.2))
    assert officers.count[Provider.TRUST].tolist() == [5, 3, 2]
    assert officers.count[Provider.NPS].tolist() == [1, 1, 1], "at least one in each area"
    assert officers.first[Provider.NPS].tolist() == [10, 11, 12]
    assert officers.area.tolist() == [0] * 5 + [1] * 3 + [2] * 2 + [0, 1, 2]
    assert (officers.provider[10:] == Provider.NPS).all()


def test_releasing_takes_one_case_each_and_nobody_s_is_nobody_s():
    officers = Officers(1)
    officers.employ(Provider.CRC, 3, (1.0,))
    officers.caseload[:] = 5
    officers.release(np.array([0, -1, 2, 2]))
    assert officers.caseload.tolist() == [4, 5, 3]


def test_a_copy_of_the_officers_is_independent():
    officers = Officers(1)
    officers.employ(Provider.CRC, 2, (1.0,))
    twin = officers.copy()
    twin.employ(Provider.NPS, 2, (1.0,))
    twin.caseload[:] = 9
    twin.cuts[:] = twin.cuttable[:] = 1
    assert len(officers) == 2
    assert officers.cuts.shape == officers.cuttable.shape == (2, 4)
    assert not officers.cuts.any()
    assert not officers.cuttable.any()
    assert officers.count[Provider.NPS].tolist() == [0]
    assert officers.caseload.tolist() == [0, 0]


@LOOPS
def test_the_least_loaded_of_the_team_takes_the_case_and_the_first_of_equals(loop):
    out, load, points = assign([0.0] * 3, count=4, loop=loop, points=[3, 1, 1, 5], caseload=[3, 1, 1, 5])
    assert out.tolist() == [1, 2, 1]
    assert load.tolist() == points.tolist() == [3, 3, 2, 5]


def test_it_is_points_that_count_not_cases():
    out, load, points = assign([0.0, 0.0], count=2, weight=[30, 4], points=[40, 20], caseload=[1, 9])
    assert out.tolist() == [1, 0]
    assert load.tolist() == [2, 10]
    assert points.tolist() == [44, 50]


@LOOPS
def test_hours_count_so_that_half_the_target_gets_half_the_work(loop):
    _, load, _ = assign([0.0] * 30, count=2, loop=loop, target=[100, 50])
    assert load.tolist() == [20, 10]


def test_officers_who_carry_equal_shares_of_unequal_targets_are_equals():
    assert assign([0.0], count=3, target=[100, 50, 80], points=[50, 25, 40])[0].tolist() == [0]
    assert assign([0.0], count=3, target=[100, 50, 80], points=[50, 24, 40])[0].tolist() == [1]


def test_a_place_names_one_team_whatever_the_others_do():
    out, _, _ = assign([0.0, 0.49, 0.5, 0.999], count=20)
    assert [int(o) // 10 for o in out] == [0, 0, 1, 1]


@LOOPS
def test_nobody_gets_a_case_who_is_not_at_work_while_a_colleague_of_the_team_is(loop):
    """The other team has room: teams do not help each other out."""
    out, _, _ = assign(
        [0.0] * 5, count=6, team_size=3, loop=loop, is_at_work=[0, 1, 0, 1, 1, 1], points=[0, 900, 0, 0, 0, 0]
    )
    assert out.tolist() == [1] * 5


def test_a_team_that_is_away_as_a_whole_shares_its_cases_all_the_same():
    out, _, _ = assign([0.0] * 4, count=2, is_at_work=False)
    assert out.tolist() == [0, 1, 0, 1]


# --- posts that are given up


@LOOPS
@pytest.mark.parametrize("at_work", [True, [0, 0, 1]])
def test_a_post_that_is_given_up_gets_no_case_however_much_the_others_hold(loop, at_work):
    made = {"is_closed": [1, 0, 0], "is_at_work": at_work, "points": [0, 900, 910], "is_qualified": [1, 0, 0]}
    for high in (False, True):
        out, load, _ = assign([0.0] * 4, count=3, loop=loop, weight=4, high=high, **made)
        assert load[0] == 0
        assert set(out.tolist()) == ({1, 2} if at_work is True else {2})


@LOOPS
def test_where_all_others_of_the_team_are_away_they_get_the_cases_and_a_post_given_up_none(loop):
    made = {"is_closed": [1, 0, 0, 1, 0, 0], "is_at_work": [0, 0, 0, 0, 1, 1], "points": [0, 900, 900, 0, 0, 0]}
    out, _, _ = assign([0.0] * 4, count=6, team_size=3, loop=loop, **made)
    assert out.tolist() == [1, 2, 1, 2]


@LOOPS
def test_the_cases_of_a_team_whose_posts_are_all_given_up_go_to_the_rest_of_the_office(loop):
    made = {"is_closed": [0, 0, 1, 1, 0, 0], "is_at_work": [0, 1, 0, 0, 1, 1], "points": [0, 12, 0, 0, 10, 11]}
    out, load, _ = assign([0.4] * 3 + [0.0], count=6, team_size=2, loop=loop, **made)
    assert out.tolist() == [4, 4, 5, 1], "the least loaded at work of all the others; another team is as it was"
    assert load.tolist() == [0, 1, 0, 0, 2, 1]
    away = assign([0.4] * 3, count=6, team_size=2, loop=loop, **made | {"is_at_work": False})[0]
    assert away.tolist() == [0, 0, 0], "where nobody is at work, whoever has a post"


@LOOPS
def test_no_case_leaves_its_office_though_all_its_posts_are_given_up(loop):
    out, load, _ = assign([0.0, 0.9], count=2, first=3, loop=loop, is_closed=True, is_at_work=False)
    assert out.tolist() == [3, 4]
    assert load[:3].tolist() == [0, 0, 0]


@LOOPS
def test_high_risk_goes_to_a_qualified_officer_however_much_lighter_the_others_are(loop):
    kinds = {"is_qualified": [0, 1, 0, 1], "points": [0, 500, 0, 510]}
    out, _, _ = assign([0.0] * 4, count=4, loop=loop, weight=20, high=[True, True, False, True], **kinds)
    assert out.tolist() == [1, 3, 0, 1]


@LOOPS
def test_high_risk_goes_to_whoever_is_at_work_when_no_qualified_officer_is(loop):
    kinds = {"is_qualified": [1, 0, 0], "is_at_work": [0, 1, 1], "points": [0, 80, 70]}
    assert assign([0.0], count=3, loop=loop, high=True, **kinds)[0].tolist() == [2]


@given(PLACES, st.integers(1, 35), st.integers(1, 12), st.integers(0, 9))
@settings(max_examples=80, deadline=None)
def test_every_case_goes_to_an_officer_of_the_office_and_teams_are_level(places, count, team_size, first):
    out, load, _ = assign(places, count, team_size, first)
    assert load.sum() == len(places)
    assert load.tolist() == np.bincount(out, minlength=first + count).tolist()
    assert all(first <= o < first + count for o in out)
    for team in teams_of(first, count, team_size):
        members = load[team]
        assert 0 < len(members) <= team_size
        assert members.max() - members.min() <= 1


@given(PLACES, st.integers(1, 12), st.integers(1, 6), st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_who_is_away_not_qualified_or_gone_is_passed_by_as_long_as_there_is_another(places, count, team_size, seed):
    rng = np.random.default_rng(seed)
    at_work, qualified, closed = rng.random((3, count)) < [[0.6], [0.5], [0.4]]
    at_work &= ~closed
    high, weight = rng.random(len(places)) < 0.5, rng.integers(0, 100, len(places))
    made = {"weight": weight, "high": high, "is_closed": closed, "is_at_work": at_work, "is_qualified": qualified}
    made["target"] = rng.integers(200, 900, count)
    out, load, points = assign(places, count, team_size, **made)
    teams = teams_of(0, count, team_size)
    for officer, place, risky in zip(out.tolist(), places, high, strict=True):
        team = list(teams[int(place * len(teams))])
        team = list(range(count)) if closed[team].all() else team
        assert officer in team
        assert not closed[officer] or closed.all()
        assert at_work[officer] or not at_work[team].any()
        assert qualified[officer] or not (risky and (qualified & at_work)[team].any())
    assert np.array_equal(load, np.bincount(out, minlength=count))
    assert np.array_equal(points, np.bincount(out, weight, minlength=count))
    twin = assign(places, count, team_size, loop=assign_least_loaded.py_func, **made)
    assert all(np.array_equal(*pair) for pair in zip((out, load, points), twin, strict=True))


# --- hours, grades, posts


def graded(register, heads=20_000, areas=1, seed=3, **changes):
    """Return officers of one provider, graded under changed parameters of workload."""
    for name, text in changes.items():
        register = register.with_setting(f"workload.{name}", text)
    officers = Officers(areas)
    officers.employ(Provider.CRC, heads, (1 / areas,) * areas)
    officers.grade(register.workload, Draws(seed))
    return officers


def test_hours_grades_and_targets_are_as_the_register_says(register):
    officers = graded(
        register,
        part_time_share="0.3",
        part_time_hours="0.5",
        qualified_share="[0.5, 0.5, 0.6, 0.5]",
        points_full_time="700",
        caseholder_share="1",
    )
    half = officers.hours == np.float32(0.5)
    assert half.mean() == pytest.approx(0.3, abs=0.015)
    assert (officers.hours[~half] == 1).all()
    assert (officers.target == np.where(half, 350, 700)).all()
    assert officers.holds_cases.all()
    assert officers.is_qualified.mean() == pytest.approx(0.6, abs=0.015)
    assert officers.is_qualified[half].mean() == pytest.approx(0.6, abs=0.03), "grades do not depend on hours"


@pytest.mark.parametrize("share", [0.6, 0.75, 0.8, 1.0])
@pytest.mark.parametrize("spare", [0.0, 0.2, 0.25, 1 / 3])
@pytest.mark.parametrize("heads", [1, 2, 3, 7, 12, 100, 400])
def test_a_share_of_every_office_holds_cases_and_can_carry_what_everyone_could(register, share, spare, heads):
    p = register.workload
    officers = Officers(2)
    officers.employ(Provider.CRC, 2 * heads, (0.5, 0.5), spare, share)
    officers.grade(p, Draws(3))
    for area in range(2):
        rows = officers.of(Provider.CRC, (area,))
        holders = rows[: officers.holders[Provider.CRC, area]]
        assert officers.holds_cases[holders].all()
        assert not officers.holds_cases[rows[len(holders) :]].any()
        is_open = ~officers.is_closed[rows]
        assert is_open.sum() == heads
        assert (officers.holds_cases[rows] & is_open).sum() == max(1, math.floor(heads * share + 0.5))
        can = p.points_full_time * officers.hours[rows][is_open].sum()
        assert officers.target[rows][is_open].sum() == pytest.approx(can, abs=len(rows))
    assert (officers.target[~officers.holds_cases] == 0).all()


@pytest.mark.parametrize("seed", range(5))
def test_the_last_caseholder_of_an_office_stays_whatever_is_wanted(seed):
    officers = Officers(1)
    officers.employ(Provider.CRC, 4, (1.0,), 0.5, 0.5)
    rng = np.random.default_rng(seed)
    for _ in range(6):
        change(officers, 0.0, rng.random(len(officers)))
        officers.let_go(LEAVES)
    assert (officers.holds_cases & ~officers.is_closed).sum() == 1
    assert not (~officers.holds_cases & ~officers.is_closed).any()


def test_an_officer_s_grade_depends_on_the_place_in_the_office_alone(register):
    few, many = graded(register, 20, areas=2), graded(register, 80, areas=2)
    for area, (start, end) in enumerate(((0, 10), (10, 20))):
        first = many.first[Provider.CRC, area]
        for name in ("hours", "is_qualified", "officer_hash"):
            assert np.array_equal(getattr(few, name)[start:end], getattr(many, name)[first : first + 10])
    assert not np.array_equal(few.hours, graded(register, 20, areas=2, seed=4).hours)


def test_posts_are_reckoned_from_hours_in_post_by_hand(register):
    for name, value in (
        *(("part_time_share", "0.25"), ("part_time_hours", "0.6")),
        *(("leaving_per_year", "0.06"), ("vacancy_weeks", "26")),
    ):
        register = register.with_setting(f"workload.{name}", value)
    weeks = 365.25 / 7
    assert heads_for(900, register.workload) == pytest.approx(1000 * (1 + 0.06 * 26 / weeks))


def test_an_absent_officer_s_work_is_done_in_part_and_the_day_of_coming_back_is_a_day_at_work():
    officers = Officers(1)
    officers.employ(Provider.CRC, 3, (1.0,))
    officers.target[:] = [900, 900, 500]
    officers.away_until_day[:] = [701, 700, 10**6]
    assert officers.is_away(700).tolist() == [True, False, True]
    assert officers.capacity(700, 0.5).tolist() == [450, 900, 250]


# --- posts that are given up and opened

LEAVES, COMES = 700, 800


def posts(heads=10, spare=0.0, **columns):
    """Return the officers of one office, of full time unless told otherwise, and all their rows."""
    officers = Officers(1)
    officers.employ(Provider.CRC, heads, (1.0,), spare)
    for name, rows in columns.items():
        getattr(officers, name)[rows] = True
    return officers, np.arange(len(officers))


def change(officers, wanted, order=None):
    """Change the posts of an office, in the order of the rows unless told otherwise."""
    rows = officers.of(Provider.CRC, (0,))
    order = rows / len(rows) if order is None else np.array(order)
    officers.change_posts(rows, wanted, LEAVES, COMES, order)


def noticed(officers):
    """Return the rows of officers under notice."""
    return np.flatnonzero(officers.leaves_day < NEVER).tolist()


def closed(officers):
    """Return the rows of closed posts."""
    return np.flatnonzero(officers.is_closed).tolist()


def test_empty_posts_are_given_up_first_at_once_and_then_notice_is_given():
    officers, _ = posts(is_vacant=[7, 9])
    officers.away_until_day[[7, 9]] = 650
    change(officers, 7)
    assert closed(officers) == [7, 9], "empty posts go, though they come last of all by order"
    assert officers.away_until_day[[7, 9]].tolist() == [NEVER, NEVER], "nobody comes to a closed post"
    assert noticed(officers) == [0]
    assert officers.leaves_day[0] == LEAVES
    assert not officers.is_vacant[0], "who is under notice works on"


def test_who_goes_is_by_the_order_that_is_given():
    officers, _ = posts(4)
    change(officers, 2, [0.9, 0.1, 0.8, 0.2])
    assert noticed(officers) == [1, 3]
    assert officers.full_time_posts(Provider.CRC, (0,)) == 2


def test_an_officer_under_notice_leaves_on_the_day_and_not_before():
    officers, _ = posts(3)
    change(officers, 2)
    officers.let_go(LEAVES - 1)
    assert closed(officers) == []
    officers.let_go(LEAVES)
    assert closed(officers) == [0]
    assert officers.is_vacant.tolist() == [True, False, False]
    assert officers.away_until_day[0] == NEVER
    assert noticed(officers) == []


def test_notice_is_taken_back_before_a_post_is_opened_and_the_opened_one_is_filled_on_its_day():
    officers, _ = posts(8, spare=0.25)
    assert len(closed(officers)) == 2
    change(officers, 6)
    given = noticed(officers)
    assert len(given) == 2
    shut = closed(officers)
    change(officers, 9)
    assert noticed(officers) == []
    opened = sorted(set(shut) - set(closed(officers)))
    assert len(opened) == 1
    assert officers.is_vacant[opened].all()
    assert officers.away_until_day[opened].tolist() == [COMES]
    assert not officers.is_vacant[given].any()


def test_no_more_posts_are_opened_than_there_are():
    officers, rows = posts(8, spare=0.25)
    change(officers, 1000)
    assert officers.full_time_posts(Provider.CRC, (0,)) == len(rows) == 10
    assert closed(officers) == []


def test_posts_that_are_as_many_as_wanted_stay_as_they_are():
    officers, _ = posts(8, spare=0.25)
    twin = officers.copy()
    change(officers, officers.full_time_posts(Provider.CRC, (0,)))
    for name in officers.columns:
        assert np.array_equal(getattr(officers, name), getattr(twin, name)), name


@pytest.mark.parametrize(("wanted", "gone"), [(2.76, []), (2.74, [0]), (2.01, [0]), (1.99, [0, 1]), (1.26, [0, 1])])
def test_part_timers_count_by_their_hours_and_posts_come_as_near_as_they_can(wanted, gone):
    officers, _ = posts(4)
    officers.hours[:] = [0.5, 1.0, 0.5, 1.0]
    change(officers, wanted, [0.1, 0.2, 0.3, 0.4])
    assert noticed(officers) == gone


@pytest.mark.parametrize("heads", [1, 2, 5])
def test_steps_of_less_than_a_post_add_up_in_a_small_office(heads):
    officers, _ = posts(heads, spare=1.0)
    for month in range(40):
        change(officers, heads * (1 - 0.02 * month))
    assert officers.full_time_posts(Provider.CRC, (0,)) == max(1, round(heads * (1 - 0.02 * 39)))


@pytest.mark.parametrize("wanted", [3.5, 3.3, 3.7])
def test_posts_settle_where_the_same_is_wanted_again_whoever_comes_first(wanted):
    officers, _ = posts(6)
    officers.hours[:] = [1.0, 0.6, 1.0, 0.6, 1.0, 0.6]
    rng = np.random.default_rng(1)
    for _ in range(20):
        change(officers, wanted, rng.random(len(officers)))
    settled = officers.copy()
    for _ in range(20):
        change(officers, wanted, rng.random(len(officers)))
    for name in officers.columns:
        assert np.array_equal(getattr(officers, name), getattr(settled, name)), name


@given(st.lists(st.sampled_from([0.5, 0.6, 1.0]), min_size=1, max_size=30), st.floats(1, 40), st.integers(0, 2**32 - 1))
@settings(max_examples=80, deadline=None)
def test_posts_come_within_half_a_post_of_what_is_wanted_as_far_as_there_are_any(hours, wanted, seed):
    rng = np.random.default_rng(seed)
    officers, rows = posts(len(hours))
    officers.hours[:] = hours
    officers.is_closed[:] = rng.random(len(rows)) < 0.3
    officers.is_vacant[:] = officers.is_closed | (rng.random(len(rows)) < 0.2)
    before, most = officers.full_time_posts(Provider.CRC, (0,)), float(np.sum(hours))
    change(officers, wanted, rng.random(len(rows)))
    after = officers.full_time_posts(Provider.CRC, (0,))
    low, high = sorted((before, min(wanted, most)))
    assert low - 0.5 - 1e-3 <= after <= high + 0.5 + 1e-3
    assert abs(after - min(wanted, most)) <= 0.5 + 1e-3
    assert not (officers.is_closed & ~officers.is_vacant).any(), "nobody sits in a closed post"


def test_spare_posts_are_closed_and_empty_from_the_start_in_each_office():
    officers = Officers(2)
    officers.employ(Provider.CRC, 40, (0.75, 0.25), spare=0.2)
    assert officers.count[Provider.CRC].tolist() == [36, 12]
    for area, number in ((0, 6), (1, 2)):
        rows = officers.of(Provider.CRC, (area,))
        assert officers.is_closed[rows].sum() == number
    assert np.array_equal(officers.is_closed, officers.is_vacant)
    assert (officers.away_until_day[officers.is_closed] == NEVER).all()
    assert officers.full_time_posts(Provider.CRC, (0, 1)) == 40
    assert officers.at_work_by_office()[Provider.CRC].tolist() == [30, 10]


def test_the_officers_of_a_provider_are_those_of_its_areas_alone():
    officers = Officers(3)
    officers.employ(Provider.NPS, 3, (1 / 3,) * 3)
    officers.employ(Provider.CRC, 6, (0.5, 0.25, 0.25))
    assert officers.of(Provider.CRC, (0, 2)).tolist() == [3, 4, 5, 8, 9]
    assert (officers.provider[officers.of(Provider.CRC, (0, 1, 2))] == Provider.CRC).all()


def test_workload_is_points_over_the_target_of_those_in_post():
    officers, _ = posts(3, is_vacant=[2])
    officers.target[:], officers.points[:] = 100, [150, 90, 20]
    assert officers.workload(Provider.CRC, (0,)) == pytest.approx(260 / 200)


# --- both measures of the caseload


@pytest.mark.parametrize("name", ["pre", "post"])
@pytest.mark.parametrize("provider", [None, Provider.TRUST, Provider.NPS, Provider.CRC])
def test_both_measures_of_the_caseload_are_hand_counts_of_the_tables(name, provider, request):
    model = request.getfixturevalue(name)
    group = f"provider_type={provider.name.lower()}" if provider else "all"
    measured = {m: model.weekly.series(m, group)[-1] for m in MEASURES}
    in_service = {Provider.TRUST} if name == "pre" else {Provider.NPS, Provider.CRC}
    mine = [i for i, p in enumerate(model.officers.provider) if p in in_service and provider in (None, p)]
    assert measured == pytest.approx(by_hand(model, mine), rel=1e-6)
    assert (measured["cases_per_om_fte"] > measured["cases_per_caseholder"] / 2 > 0) == bool(mine)


MEASURES = ("om_fte", "cases_per_om_fte", "cases_per_caseholder", "caseholders_over_40", "workload", "vacancies")


def by_hand(model, mine):
    """Measure some officers one by one."""
    officers = model.officers
    staff = [i for i in mine if not officers.is_vacant[i]]
    named = np.bincount(model.people.officer[model.people.officer >= 0], minlength=len(officers))
    holding = [int(officers.community_cases[i]) for i in staff if officers.community_cases[i]]
    hours = sum(float(officers.hours[i]) for i in staff)
    return {
        "om_fte": hours,
        "cases_per_om_fte": sum(int(named[i]) for i in mine) / max(1, hours),
        "cases_per_caseholder": sum(holding) / max(1, len(holding)),
        "caseholders_over_40": sum(n > MANY_CASES for n in holding) / max(1, len(holding)),
        "workload": sum(int(officers.points[i]) for i in mine) / max(1, sum(int(officers.target[i]) for i in staff)),
        "vacancies": sum(bool(officers.is_vacant[i] and not officers.is_closed[i]) for i in mine),
    }


# --- the rule of the provider


@pytest.mark.parametrize("rosh", Rosh)
@pytest.mark.parametrize("mappa", [False, True])
def test_high_risk_and_mappa_go_to_the_nps_and_all_others_to_the_crc(rosh, mappa):
    wanted = Provider.NPS if mappa or rosh in (Rosh.HIGH, Rosh.VERY_HIGH) else Provider.CRC
    assert by_risk(rosh, mappa) == wanted
