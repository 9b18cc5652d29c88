"""Allocation: which provider by the regime's rule, one way from CRC to NPS, the least loaded officer of a team."""

from datetime import date
from itertools import product

import numpy as np
import pytest

from sim.clock import NEVER, day_of
from sim.draws import Draws
from sim.events import Event
from sim.offenders import COMMUNITY_SUPERVISION, IS_SUPERVISED_IN_COMMUNITY, People, Provider, Rosh, Status
from sim.parameters.register import Register
from sim.processes import allocation, supervision
from sim.processes.allocation import Case, Found, stranger
from sim.scenarios import load_timeline
from sim.workload import TIERS, Load
from sim.workload import build as build_workload
from tests.sim.processes.alone import (
    alone,
    at_both_ends,
    copy_of,
    free_people,
    nobody_supervises,
    with_officer,
    with_raw,
)
from tests.twins import watch
from tests.worlds import count, later, on_caseload, since, world

SPLIT_DAY = date(2012, 1, 2)
ORGANISATIONS = (Provider.TRUST, Provider.NPS, Provider.CRC)
PAIRS = [*product(Provider, ORGANISATIONS)]


@pytest.fixture
def splitting(early_2012):
    """The old regime in the week in which the split comes into force."""
    timeline = load_timeline("risk_split_only", early_2012.region.areas)
    assert early_2012.day == day_of(SPLIT_DAY)
    return early_2012.fork(timeline.with_lever_setting("risk_split", SPLIT_DAY.isoformat()))


@pytest.fixture
def no_one_stays(splitting):
    """The week of the split, in which nobody keeps the officer he had."""
    return with_raw(splitting, allocation__p_same_officer_at_split=0.0)


@pytest.fixture
def quiet(mid_2016):
    """The reform without escalation."""
    return with_raw(mid_2016, allocation__p_escalation_per_week=0.0)


def on_order(model, n, provider, **columns):
    """Return the rows of people on a community order whom a provider supervises."""
    rows = free_people(model, n, status=Status.COMMUNITY_ORDER, is_mappa=False, rosh=Rosh.MEDIUM, **columns)
    with_officer(model, rows, provider)
    return rows


# --- whose provider must change


@pytest.mark.parametrize("rule", [stranger, allocation._is_stranger], ids=["plain", "compiled"])
def test_whoever_has_another_provider_than_wanted_must_change_but_the_nps_keeps_whom_it_has(rule):
    staying = {(had, wanted) for had, wanted in PAIRS if not rule(had.value, wanted.value)}
    assert staying == {(p, p) for p in ORGANISATIONS} | {(Provider.NPS, Provider.CRC)}


def test_arrays_of_providers_are_judged_as_one_by_one():
    had, wanted = np.array(PAIRS).T
    assert stranger(had, wanted).tolist() == [stranger(*pair) for pair in PAIRS]


# --- the rule of each regime


def providers_of_those_on_a_caseload(model):
    """Return the rows of everyone on a caseload, and their providers."""
    rows = np.flatnonzero(on_caseload(model, np.arange(len(model.people))))
    return rows, model.people.provider[rows]


def test_a_trust_supervises_everyone_before_the_split(early_2012):
    model = alone(copy_of(early_2012), allocation)
    rows, provider = providers_of_those_on_a_caseload(model)
    assert len(rows) > 500
    assert (provider == Provider.TRUST).all()
    assert (model.people.officer[rows] >= 0).all()


def test_on_the_day_of_the_split_everyone_changes_hands_once_by_risk(no_one_stays):
    splitting = no_one_stays
    held = np.flatnonzero(splitting.people.officer >= 0)
    changes = splitting.people.officer_changes[held].copy()
    people = alone(splitting, allocation).people
    rows, provider = providers_of_those_on_a_caseload(splitting)
    high = (people.rosh[rows] >= Rosh.HIGH) | people.is_mappa[rows]
    assert np.array_equal(provider, np.where(high, Provider.NPS, Provider.CRC))
    assert 50 < high.sum() < len(rows) - 50
    kept = people.officer[held] >= 0
    assert np.array_equal(people.officer_changes[held], changes + kept)


def test_officers_caseloads_follow_the_cases_that_change_hands(splitting):
    alone(splitting, allocation)
    people, officers = splitting.people, splitting.officers
    named = np.bincount(people.officer[people.officer >= 0], minlength=len(officers))
    assert np.array_equal(officers.caseload, named)
    assert officers.caseload[officers.provider == Provider.TRUST].sum() == 0


def test_a_case_of_the_crc_whose_risk_becomes_high_goes_to_the_nps(quiet):
    rows = on_order(quiet, 3, Provider.CRC)
    people, changes = quiet.people, quiet.people.officer_changes[rows].copy()
    people.rosh[rows] = [Rosh.MEDIUM, Rosh.HIGH, Rosh.LOW]
    people.is_mappa[rows[2]] = True
    alone(quiet, allocation)
    assert people.provider[rows].tolist() == [Provider.CRC, Provider.NPS, Provider.NPS]
    assert (people.officer_changes[rows] - changes).tolist() == [0, 1, 1]
    assert (quiet.officers.provider[people.officer[rows]] == people.provider[rows]).all()


def test_a_case_of_the_nps_whose_risk_falls_stays_where_it_is(quiet):
    rows = on_order(quiet, 2, Provider.NPS)
    officer = quiet.people.officer[rows].copy()
    people = alone(quiet, allocation).people
    assert people.provider[rows].tolist() == [Provider.NPS] * 2
    assert np.array_equal(people.officer[rows], officer)


def test_a_new_case_gets_an_officer_of_its_area_and_is_no_change(quiet):
    rows = free_people(quiet, 40, status=Status.COMMUNITY_ORDER, is_mappa=False, rosh=Rosh.LOW, officer_changes=0)
    people, officers = alone(quiet, allocation).people, quiet.officers
    assert (people.provider[rows] == Provider.CRC).all()
    assert np.array_equal(officers.area[people.officer[rows]], people.area[rows])
    assert not people.officer_changes[rows].any()
    made = since(quiet, quiet.day, Event.ALLOCATION)
    assert set(rows) <= set(quiet.log.row[made])
    assert np.array_equal(quiet.log.cause_day[made], people.officer[quiet.log.row[made]])


def test_whoever_is_no_longer_on_a_caseload_loses_the_officer(quiet):
    rows = on_order(quiet, 3, Provider.CRC)
    quiet.people.status[rows[1:]] = [Status.REMAND, Status.CUSTODY]
    quiet.people.sentence_days[rows], quiet.people.sentence_end_day[rows] = 100, quiet.day + 50
    people = alone(quiet, allocation).people
    assert people.officer[rows[0]] >= 0
    assert nobody_supervises(people, rows[1:])


def test_a_prisoner_with_a_licence_to_come_has_an_officer(quiet):
    rows = free_people(quiet, 2, status=Status.CUSTODY, sentence_end_day=quiet.day + 300)
    quiet.people.sentence_days[rows] = [364, 366]
    people = alone(quiet, allocation).people
    assert (people.officer[rows] >= 0).tolist() == [False, True]


# --- who takes the case


def test_the_order_of_rows_does_not_count(quiet):
    rows = free_people(quiet, 200, status=Status.COMMUNITY_ORDER)
    worlds = [copy_of(quiet) for _ in range(2)]
    for model, ordered in zip(worlds, (rows, rows[::-1]), strict=True):
        allocation.allocate(model, ordered, np.full(len(rows), Provider.CRC))
    one, other = (w.people.officer[rows] for w in worlds)
    assert np.array_equal(one, other)
    assert len(set(one.tolist())) > 1


def test_nobody_to_allocate_changes_nothing(quiet):
    before = quiet.officers.caseload.copy()
    allocation.allocate(quiet, np.empty(0, np.int64), np.empty(0, np.int64))
    assert np.array_equal(quiet.officers.caseload, before)
    assert count(quiet, quiet.day, Event.ALLOCATION) == 0


def test_twice_the_practitioners_halve_the_caseload(day_zero):
    found = []
    for factor in (1, 2):
        wanted = tuple(n * factor for n in day_zero.register.allocation.trust_practitioners)
        register = with_raw(day_zero, allocation__trust_practitioners=wanted).register
        officers = world("pre_reform", register=register).officers
        found.append(officers.caseload[officers.provider == Provider.TRUST].mean())
    assert found[0] == pytest.approx(2 * found[1], rel=0.1)
    assert found[0] > 10


# --- escalation


ESCALATION = Draws(1).key("allocation.escalation", 3)
LOOK_OVER = pytest.mark.parametrize(
    "loop", [allocation._look_over, allocation._look_over.py_func], ids=["compiled", "twin"]
)
WORKLOAD = build_workload(Register.load())


def looked_over(loop, people, p=0.0, *, rows=None, only=Provider.TRUST, vacant=(), by_payment=()):
    """Go through people of the first area; return (escalated, over, to be allocated, to whom, load of three officers).

    The load is full of nonsense before, but for who cuts by payment.
    """
    rows = np.arange(len(people)) if rows is None else rows
    room = Found(*(np.full(len(rows), -9) for _ in Found._fields))
    is_vacant, payment = (np.isin(np.arange(3), officers) for officers in (vacant, by_payment))
    load = Load(np.full(3, 9, np.int32), np.full(3, 9, np.int32), payment, np.full((3, TIERS), 9, np.int64))
    escalated, over, found = loop(
        WORKLOAD, p, ESCALATION, 0, np.array([only]), rows, people.part(Case), is_vacant, load, room
    )
    return room.escalated[:escalated], room.over[:over], room.row[:found], room.provider[:found], load


def made_people(**columns):
    """Return people of every status and risk."""
    made, every = People(), [*product(Status, Rosh)]
    status, rosh = np.array(every).T
    made.arrive(0, np.arange(len(every)), **({"status": status, "rosh": rosh} | columns))
    return made


@LOOK_OVER
def test_only_people_of_low_or_medium_risk_in_the_community_escalate(loop):
    people = made_people()
    status, rosh = people.status.copy(), people.rosh.copy()
    assert not len(looked_over(loop, people, 0.0)[0])
    assert np.array_equal(people.rosh, rosh)
    rows = looked_over(loop, people, 1.0)[0]
    found = {(Status(s), Rosh(r)) for s, r in zip(status[rows], rosh[rows], strict=True)}
    assert found == set(product(COMMUNITY_SUPERVISION, (Rosh.LOW, Rosh.MEDIUM)))
    assert len(rows) == len(found)
    assert (people.rosh[rows] == Rosh.HIGH).all()
    others = np.setdiff1d(np.arange(len(people)), rows)
    assert np.array_equal(people.rosh[others], rosh[others])


@pytest.mark.parametrize("p", [0.0, 0.3, 1.0])
def test_who_escalates_is_judged_in_the_twin_as_in_the_loop_and_as_the_pass_has_it(p):
    people = made_people()
    part, every = people.part(Case), range(len(people))
    judged = [i for i in every if allocation.escalates(part, i, p, ESCALATION)]
    assert judged == [i for i in every if allocation.escalates.py_func(part, i, p, ESCALATION)]
    assert looked_over(allocation._look_over, people, p)[0].tolist() == judged


def test_so_many_escalate_as_the_chance_says_and_those_of_a_lower_chance_among_them():
    found = []
    for p in (0.1, 0.3):
        people = People()
        people.arrive(0, np.arange(20_000), status=Status.LICENCE)
        found.append(looked_over(allocation._look_over, people, p)[0])
    some, more = found
    assert len(some) / 20_000 == pytest.approx(0.1, abs=0.01)
    assert len(more) / 20_000 == pytest.approx(0.3, abs=0.01)
    assert set(some) < set(more)


# --- the pass over everyone under sentence


LIVES = {
    "status": [Status[s] for s in ("COMMUNITY_ORDER", "CUSTODY", "LICENCE", "LICENCE", "LICENCE", "REMAND", "CUSTODY")],
    "officer": [0, 0, 2, 1, -1, 2, 2],
    "rosh": [Rosh.LOW, Rosh.VERY_HIGH, Rosh.MEDIUM, Rosh.LOW, Rosh.MEDIUM, Rosh.MEDIUM, Rosh.MEDIUM],
    "ogrs3": [0.6, 0.6, 0.2, 0.2, 0.9, 0.9, 0.9],
    "licence_end_day": [-NEVER, 50, 50, 50, 50, -NEVER, -NEVER],
    "provider": [Provider.TRUST] * 4 + [Provider.NOBODY] + [Provider.TRUST] * 2,
}
"""Seven people: the fifth has no officer; the sixth and the seventh, remanded and without licence to come, are over."""


def seven_people():
    """Return the seven."""
    people = People()
    people.arrive(0, np.arange(7), **LIVES)
    return people


@LOOK_OVER
def test_the_pass_finds_who_is_over_and_whom_to_allocate_and_adds_up_what_officers_hold_by_hand(loop):
    _, over, row, provider, load = looked_over(loop, seven_people(), vacant=(1,))
    assert over.tolist() == [5, 6]
    assert row.tolist() == [3, 4], "a leaver's case and a new one"
    assert provider.tolist() == [Provider.TRUST] * 2
    p = Register.load().workload
    order, held = p.community_points[1], p.custody_points[3]
    low, medium = p.licence_points[0], p.licence_points[1]
    assert load.points.tolist() == [order + held, low, medium]
    assert load.community_cases.tolist() == [1, 1, 1]
    assert load.cuttable.tolist() == [[0, order, 0, 0], [low, 0, 0, 0], [0, medium, 0, 0]]


@LOOK_OVER
def test_what_an_officer_who_cuts_by_payment_can_cut_is_by_class_of_payment_by_hand(loop):
    *_, by_tier = looked_over(loop, seven_people())
    *_, load = looked_over(loop, seven_people(), by_payment=(0, 2))
    p = Register.load().workload
    order, low, medium = p.community_points[1], p.licence_points[0], p.licence_points[1]
    assert load.cuttable.tolist() == [[0, 0, 0, order], [low, 0, 0, 0], [0, medium, 0, 0]], "OGRS3 of 0.6 and 0.2"
    assert load.by_payment.tolist() == [True, False, True], "the pass does not change how anybody cuts"
    assert np.array_equal(load.points, by_tier.points)
    assert np.array_equal(load.community_cases, by_tier.community_cases)


@LOOK_OVER
def test_under_the_split_the_pass_allocates_whoever_has_another_provider_by_risk(loop):
    _, over, row, provider, _ = looked_over(loop, seven_people(), only=Provider.NOBODY)
    assert over.tolist() == [5, 6]
    assert row.tolist() == [0, 1, 2, 3, 4]
    assert provider.tolist() == [Provider.CRC, Provider.NPS, Provider.CRC, Provider.CRC, Provider.CRC]


@LOOK_OVER
def test_whoever_escalates_is_weighed_and_allocated_in_the_same_pass_as_of_high_risk(loop):
    escalated, _, row, provider, load = looked_over(loop, seven_people(), 1.0, only=Provider.NOBODY)
    assert escalated.tolist() == [0, 2, 3, 4]
    assert dict(zip(row.tolist(), provider.tolist(), strict=True)) == dict.fromkeys(range(5), Provider.NPS)
    p = Register.load().workload
    order, held, licence = p.community_points[3], p.custody_points[3], p.licence_points[3]
    assert load.points.tolist() == [order + held, licence, licence]
    assert load.cuttable.tolist() == [[0, 0, 0, order], [0, 0, 0, licence], [0, 0, 0, licence]]


@LOOK_OVER
def test_the_pass_sees_nobody_but_the_rows_asked_for(loop):
    people = seven_people()
    escalated, over, row, _, load = looked_over(loop, people, 1.0, rows=np.array([2, 5]))
    assert (escalated.tolist(), over.tolist(), row.tolist()) == ([2], [5], [])
    assert load.community_cases.tolist() == [0, 0, 1]
    assert people.rosh[[0, 3, 4]].tolist() == [Rosh.LOW, Rosh.LOW, Rosh.MEDIUM]


@pytest.mark.parametrize("loop", [allocation._reweigh, allocation._reweigh.py_func], ids=["compiled", "twin"])
@pytest.mark.parametrize("by_payment", [(), (1,), (0, 1, 2)])
def test_after_allocation_a_case_weighs_on_who_has_it_and_no_longer_on_who_had_it(loop, by_payment):
    """The first passes on, the third stays, the fifth is new; the points of who has them now count them already."""
    people, w = seven_people(), WORKLOAD
    *_, load = looked_over(allocation._look_over, people, by_payment=by_payment)
    rows, before, chosen = np.array([0, 2, 4]), np.array([0, 2, -1]), np.array([1, 2, 1])
    np.add.at(load.points, chosen, [w.points[tier, people.status[i]] for i, tier in zip(rows, (1, 1, 2), strict=True)])
    loop(w, rows, before, chosen, people.part(Case), load)
    people.officer[rows] = chosen
    *_, expected = looked_over(allocation._look_over, people, by_payment=by_payment)
    for name in Load._fields:
        assert np.array_equal(getattr(load, name), getattr(expected, name)), name
    assert load.community_cases.tolist() == [0, 3, 1]


def test_whoever_escalates_is_with_the_nps_the_same_week(mid_2016):
    model = with_raw(mid_2016, allocation__p_escalation_per_week=0.2)
    before = model.people.provider.copy()
    people = alone(model, allocation).people
    rows = model.log.row[since(model, model.day, Event.ESCALATION)]
    assert (before[rows] == Provider.CRC).sum() > 50
    assert (people.rosh[rows] == Rosh.HIGH).all()
    assert (people.provider[rows] == Provider.NPS).all()


def nps_caseload(model, day):
    """Return the caseload of the NPS in the last week."""
    return model.weekly.series("caseload", "provider_type=nps")[-1]


def crc_caseload(model, day):
    """Return the caseload of the CRCs in the last week."""
    return model.weekly.series("caseload", "provider_type=crc")[-1]


def test_more_escalation_moves_cases_from_the_crcs_to_the_nps(mid_2016):
    key = "allocation.p_escalation_per_week"
    low, high = at_both_ends(mid_2016, key, nps_caseload)
    assert high > 1.05 * low > 0
    gained = high - low
    low, high = at_both_ends(mid_2016, key, crc_caseload)
    assert low - high > gained / 2, "who came to the NPS left a company; some of either left supervision since"
    low, high = at_both_ends(mid_2016, key, crc_caseload, weeks=104)
    assert low > 1.05 * high > 0


def test_smaller_teams_leave_caseloads_less_level(mid_2016):
    """A team levels its own workload alone: the fewer its officers, the further the teams of one office lie apart."""
    spread = {}
    for size in (1, 1000):
        model = with_raw(mid_2016, allocation__team_size=size)
        rows = free_people(model, 3000, status=Status.COMMUNITY_ORDER, rosh=Rosh.MEDIUM, ogrs3=0.2)
        officers = model.officers
        officers.caseload[:] = officers.points[:] = 0
        officers.away_until_day[:] = model.day
        allocation.allocate(model, rows, np.full(len(rows), Provider.CRC))
        crc = (officers.provider == Provider.CRC) & ~officers.is_closed & officers.holds_cases
        one_case = model.register.workload.community_points[1] / officers.target[crc].min()
        spread[size] = np.ptp(officers.points[crc] / officers.target[crc]) / one_case
    assert spread[1000] <= 1 + 1e-9
    assert spread[1] > 10


# --- who is at work, who is qualified


def new_cases(model, n, **columns):
    """Return the rows of people whom the next allocation must give an officer of the CRC."""
    return free_people(model, n, **{"status": Status.COMMUNITY_ORDER, "is_mappa": False, "rosh": Rosh.LOW} | columns)


def test_nobody_gets_a_case_who_is_absent_or_gone(quiet):
    officers = quiet.officers
    crc = np.flatnonzero(officers.provider == Provider.CRC)
    absent, gone = crc[::3], crc[1::3]
    officers.away_until_day[crc] = quiet.day
    officers.away_until_day[np.concatenate([absent, gone])] = quiet.day + 1
    officers.is_vacant[gone] = True
    rows = new_cases(quiet, 300)
    people, before = quiet.people, officers.caseload[absent].copy()
    alone(quiet, allocation)
    assert set(people.officer[rows]) <= set(crc[2::3])
    assert (officers.caseload[gone] == 0).all()
    assert (officers.caseload[absent] <= before).all(), "who is absent keeps the cases and gets none"
    assert officers.caseload[absent].sum() > 100


def test_high_risk_goes_to_qualified_officers_and_all_others_to_any(quiet):
    officers, people = quiet.officers, quiet.people
    officers.away_until_day[:] = quiet.day
    officers.is_vacant[:] = False
    for team in np.split(np.flatnonzero(officers.provider == Provider.NPS)[:20], 4):
        officers.is_qualified[team] = [True, False, True, False, False]
    risky, mappa = new_cases(quiet, 120, rosh=Rosh.HIGH)[::2], new_cases(quiet, 120)[1::2]
    people.rosh[mappa], people.is_mappa[mappa] = Rosh.LOW, True
    alone(quiet, allocation)
    assert (people.provider[risky] == Provider.NPS).all()
    assert (people.provider[mappa] == Provider.NPS).all()
    assert officers.is_qualified[people.officer[risky]].all()
    assert not officers.is_qualified[people.officer[mappa]].all()


def test_where_nobody_qualified_is_at_work_high_risk_goes_to_whoever_is(quiet):
    officers = quiet.officers
    officers.is_qualified[:] = np.arange(len(officers)) % 2 == 0
    officers.away_until_day[:] = np.where(officers.is_qualified, quiet.day + 7, quiet.day)
    officers.is_vacant[:] = False
    rows = new_cases(quiet, 20, rosh=Rosh.HIGH)
    alone(quiet, allocation)
    assert not officers.is_qualified[quiet.people.officer[rows]].any()


@pytest.mark.parametrize("others", ["at work", "away"])
def test_a_post_that_is_given_up_gets_no_case_whether_or_not_the_others_are_at_work(quiet, others):
    officers = quiet.officers
    crc = np.flatnonzero(officers.provider == Provider.CRC)
    shut = crc[officers.holds_cases[crc]][::4]
    alone(quiet, allocation)
    officers.is_vacant[crc], officers.is_closed[crc] = False, False
    officers.away_until_day[crc] = quiet.day + (7 if others == "away" else 0)
    officers.is_closed[shut] = officers.is_vacant[shut] = True
    officers.away_until_day[shut] = NEVER
    held, rows = officers.caseload[shut].sum(), new_cases(quiet, 300)
    alone(quiet, allocation)
    assert held > 100
    assert not officers.caseload[shut].any(), "those that it had are handed on"
    assert officers.holds_cases[quiet.people.officer[rows]].all()
    assert set(quiet.people.officer[rows]) <= set(np.setdiff1d(crc, shut))


# --- leavers hand on their cases


def leave(model, officers, days=26 * 7):
    """Let officers be gone from today on."""
    model.officers.is_vacant[officers] = True
    model.officers.away_until_day[officers] = model.day + days


def test_a_leaver_s_cases_go_to_colleagues_of_the_same_provider_and_area(quiet):
    people, officers = quiet.people, quiet.officers
    officers.is_vacant[:] = False
    officers.away_until_day[:] = quiet.day
    alone(quiet, allocation)
    leaver = int(np.argmax(officers.caseload))
    rows = np.flatnonzero(people.officer == leaver)
    had, changes, alliance = (
        people.provider[rows].copy(),
        people.officer_changes[rows].copy(),
        people.alliance[rows].copy(),
    )
    leave(quiet, leaver)
    alone(quiet, allocation)
    assert officers.caseload[leaver] == officers.points[leaver] == officers.community_cases[leaver] == 0
    assert not officers.is_vacant[people.officer[rows]].any()
    assert np.array_equal(people.provider[rows], had)
    assert np.array_equal(officers.area[people.officer[rows]], people.area[rows])
    assert np.array_equal(people.officer_changes[rows], changes + 1)
    kept = np.float32(quiet.register.allocation.alliance_kept_on_change)
    assert people.alliance[rows].tolist() == pytest.approx((alliance * kept).tolist())
    assert len(rows) > 10


def test_a_team_that_is_gone_as_a_whole_keeps_its_cases_and_nobody_s_officer_changes(quiet):
    alone(quiet, allocation)
    people, officers = quiet.people, quiet.officers
    leave(quiet, officers.provider == Provider.CRC)
    held = np.flatnonzero(people.officer >= 0)
    held = held[people.provider[held] == Provider.CRC]
    quiet.week += 1  # other draws, the same teams
    for _ in range(2):  # the first levels what its members hold
        changes, alliance = people.officer_changes.copy(), people.alliance.copy()
        officer, logged = people.officer.copy(), count(quiet, 0, Event.ALLOCATION)
        alone(quiet, allocation)
    stayed = people.officer[held] == officer[held]
    assert np.array_equal(people.officer_changes[held], changes[held] + ~stayed)
    assert np.array_equal(people.alliance[held][stayed], alliance[held][stayed])
    assert count(quiet, 0, Event.ALLOCATION) - logged == (~stayed).sum()
    assert np.array_equal(officers.caseload, np.bincount(people.officer[people.officer >= 0], minlength=len(officers)))
    assert stayed.sum() > 0


# --- the alliance and the change of officer


@pytest.mark.parametrize("kept", [0.0, 0.3, 1.0])
def test_a_change_of_officer_leaves_so_much_of_the_alliance(quiet, kept):
    model = with_raw(quiet, allocation__alliance_kept_on_change=kept)
    rows = on_order(model, 3, Provider.CRC, alliance=[0.8, 0.8, 0.5], officer_changes=0)
    people = model.people
    people.rosh[rows[1:]] = Rosh.HIGH
    alone(model, allocation)
    assert people.alliance[rows].tolist() == pytest.approx([0.8, 0.8 * kept, 0.5 * kept])
    assert people.officer_changes[rows].tolist() == [0, 1, 1]


def test_a_new_supervision_starts_without_an_alliance_and_stays_of_the_status_with_it(quiet):
    rows = new_cases(quiet, 5, alliance=0.7, officer_changes=4)
    people = alone(quiet, allocation).people
    assert people.alliance[rows].tolist() == [0.0] * 5
    assert people.officer_changes[rows].tolist() == [4] * 5
    people.alliance[rows] = 0.7
    alone(quiet, allocation)
    assert people.alliance[rows].tolist() == pytest.approx([0.7] * 5)


@pytest.mark.parametrize("p", [0.0, 0.5, 1.0])
def test_at_the_split_those_who_keep_their_officer_keep_the_alliance(splitting, p):
    model = with_raw(splitting, allocation__p_same_officer_at_split=p)
    people = model.people
    supervised = people.officer >= 0
    people.alliance[supervised] = 0.8
    changes = people.officer_changes.copy()
    alone(model, allocation)
    rows = np.flatnonzero(supervised & (people.officer >= 0))
    changed = people.officer_changes[rows] > changes[rows]
    kept = np.float32(model.register.allocation.alliance_kept_on_change)
    assert people.alliance[rows][changed].tolist() == pytest.approx([0.8 * kept] * changed.sum())
    assert people.alliance[rows][~changed].tolist() == pytest.approx([0.8] * (~changed).sum())
    assert changed.mean() == pytest.approx(1 - p, abs=0.06)
    assert (people.provider[rows] != Provider.TRUST).all()
    assert len(rows) > 500


def test_only_at_the_split_does_anyone_move_together_with_the_officer(quiet):
    model = with_raw(quiet, allocation__p_same_officer_at_split=1.0, allocation__p_escalation_per_week=0.2)
    before = model.people.provider.copy()
    people, changes = model.people, model.people.officer_changes.copy()
    alone(model, allocation)
    moved = (before == Provider.CRC) & (people.provider[: len(before)] == Provider.NPS)
    assert moved.sum() > 30
    assert np.array_equal(people.officer_changes[moved], changes[moved] + 1)


def test_changes_of_officer_are_counted_for_whoever_takes_over(no_one_stays):
    people, changes = no_one_stays.people, no_one_stays.people.officer_changes.astype(int)
    alone(no_one_stays, allocation)
    changed = people.officer_changes[: len(changes)] > changes
    by_provider = np.bincount(people.provider[changed], minlength=len(Provider))
    assert no_one_stays.officer_changes.tolist() == by_provider.tolist()
    assert by_provider[Provider.TRUST] == 0 < by_provider[Provider.NPS] < by_provider[Provider.CRC]
    no_one_stays.week += 1
    no_one_stays.officers.is_vacant[:] = False
    no_one_stays.register = with_raw(no_one_stays, allocation__p_escalation_per_week=0.0).register
    alone(no_one_stays, allocation)
    assert no_one_stays.officer_changes.tolist() == [0] * len(Provider)


def officer_changes(model, day):
    """Count changes of officer since a day."""
    return model.weekly.series("officer_changes")[day // 7 :].sum()


def test_the_more_officers_leave_the_more_officers_change_and_the_worse_the_alliances(mid_2016):
    few, many = (later(with_raw(mid_2016, workload__leaving_per_year=p), weeks=26) for p in (0.0, 0.5))
    assert officer_changes(many, mid_2016.day) > 3 * officer_changes(few, mid_2016.day) > 0
    alliance = [w.people.alliance[w.people.officer >= 0].mean() for w in (few, many)]
    assert alliance[0] > alliance[1] + 0.03


def test_the_more_of_the_alliance_a_change_leaves_and_the_more_keep_their_officer_the_better_it_is(splitting):
    for key in ("allocation.alliance_kept_on_change", "allocation.p_same_officer_at_split"):
        low, high = at_both_ends(splitting, key, mean_all, weeks=8)
        assert high > low + 0.03, key


def mean_all(model, day):
    """Return the mean alliance of those who are supervised in the community."""
    people = model.people
    return people.alliance[IS_SUPERVISED_IN_COMMUNITY[people.status] & (people.officer >= 0)].mean()


# --- handover from CRC to NPS


@pytest.mark.parametrize(("days", "weeks"), [(0, 0), (7, 1), (21, 3), (24, 4)])
def test_whoever_passes_from_crc_to_nps_has_no_contact_until_the_handover_is_over(quiet, days, weeks):
    model = with_raw(quiet, allocation__handover_days=days, workload__greatest_cut=0.0)
    rows = on_order(model, 2, Provider.CRC, order_end_day=model.day + 500, status_end_day=model.day + 500)
    people = model.people
    people.contacts_due[rows] = people.contacts_kept[rows] = people.contacts_cut[rows] = 0
    people.status_since_day[rows] = model.day - 7
    people.rosh[rows[1]] = Rosh.HIGH
    due, cut = [], []
    for _ in range(6):
        alone(model, allocation)
        alone(model, supervision)
        due.append(people.contacts_due[rows].tolist())
        cut.append(people.contacts_cut[rows].tolist())
        model.week += 1
    assert due == [[n, n] for n in range(1, 7)], "weekly for both"
    assert cut == [[0, min(n, weeks)] for n in range(1, 7)]
    assert people.handover_end_day[rows[1]] == quiet.day + days


def test_a_handover_from_a_trust_or_within_a_provider_interrupts_nothing(no_one_stays, quiet):
    alone(no_one_stays, allocation)
    assert (no_one_stays.people.handover_end_day <= no_one_stays.day).all()
    before = quiet.people.handover_end_day.copy()
    leave(quiet, np.flatnonzero(quiet.officers.caseload > 0)[::2])
    people = alone(quiet, allocation).people
    assert np.array_equal(people.handover_end_day[: len(before)], before)
    assert quiet.officer_changes.sum() > 50


def cut_in_handover(model, day):
    """Count contacts cut since a day of people handed over since."""
    return int(model.people.contacts_cut[model.people.handover_end_day >= day].sum())


def test_longer_handovers_cut_more_contacts(mid_2016):
    fresh = with_raw(mid_2016, workload__greatest_cut=0.0, allocation__p_escalation_per_week=0.005)
    fresh.people.contacts_cut[:] = 0
    low, high = at_both_ends(fresh, "allocation.handover_days", cut_in_handover, weeks=26)
    assert low == 0
    assert high > 20


def test_without_escalation_nobody_escalates(quiet, mid_2016):
    assert count(later(quiet, weeks=26), mid_2016.day, Event.ESCALATION) == 0
    assert count(later(mid_2016, weeks=26), mid_2016.day, Event.ESCALATION) > 0


def test_without_escalation_or_sentence_nobody_changes_provider(quiet):
    people, had = quiet.people, quiet.people.provider.copy()
    alone(quiet, allocation)
    supervised = IS_SUPERVISED_IN_COMMUNITY[people.status] & (had != Provider.NOBODY)
    assert supervised.sum() > 500
    assert np.array_equal(people.provider[supervised], had[supervised])


def test_the_compiled_loops_are_their_twins(splitting, monkeypatch):
    splitting.register = with_raw(splitting, allocation__p_escalation_per_week=0.2).register
    people = splitting.people
    leaving = np.flatnonzero((people.status == Status.COMMUNITY_ORDER) & (people.officer >= 0))[:20]
    people.status[leaving] = Status.REMAND
    calls = watch(monkeypatch, allocation)
    alone(splitting, allocation)
    assert min(calls.values()) > 0
    assert nobody_supervises(people, leaving)
    assert count(splitting, splitting.day, Event.ESCALATION) > 50
