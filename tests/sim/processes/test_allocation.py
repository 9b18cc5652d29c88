"""Allocation: which provider by the regime's rule, one way from CRC to NPS, the least loaded officer of a team."""

from datetime import date
from itertools import product

import numpy as np
import pytest

from sim.clock import day_of
from sim.draws import Draws
from sim.events import Event
from sim.offenders import COMMUNITY_SUPERVISION, IS_SUPERVISED_IN_COMMUNITY, People, Provider, Rosh, Status
from sim.processes import allocation
from sim.processes.allocation import stranger
from sim.scenarios import load_timeline
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


def test_on_the_day_of_the_split_everyone_changes_hands_once_by_risk(splitting):
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
        wanted = day_zero.register.allocation.trust_practitioners * factor
        register = with_raw(day_zero, allocation__trust_practitioners=wanted).register
        officers = world("pre_reform", register=register).officers
        found.append(officers.caseload[officers.provider == Provider.TRUST].mean())
    assert found[0] == pytest.approx(2 * found[1], rel=0.1)
    assert found[0] > 10


# --- escalation


def escalated(loop, p, people, key):
    """Return the rows that a loop escalates at a chance."""
    out = np.empty(len(people), np.int64)
    rows = np.arange(len(people))
    return out[: loop(rows, p, key, people.person_hash, people.status, people.rosh, out)]


def made_people(**columns):
    """Return people of every status and risk."""
    made, every = People(), [*product(Status, Rosh)]
    status, rosh = np.array(every).T
    made.arrive(0, np.arange(len(every)), **({"status": status, "rosh": rosh} | columns))
    return made


@pytest.mark.parametrize("loop", [allocation._escalating, allocation._escalating.py_func], ids=["compiled", "twin"])
def test_only_people_of_low_or_medium_risk_in_the_community_escalate(loop):
    people = made_people()
    rows = escalated(loop, 1.0, people, Draws(1).key("allocation.escalation", 3))
    found = {(Status(s), Rosh(r)) for s, r in zip(people.status[rows], people.rosh[rows], strict=True)}
    assert found == set(product(COMMUNITY_SUPERVISION, (Rosh.LOW, Rosh.MEDIUM)))
    assert not len(escalated(loop, 0.0, people, Draws(1).key("allocation.escalation", 3)))


def test_so_many_escalate_as_the_chance_says_and_those_of_a_lower_chance_among_them():
    people = People()
    people.arrive(0, np.arange(20_000), status=Status.LICENCE)
    some, more = (
        escalated(allocation._escalating, p, people, Draws(1).key("allocation.escalation", 3)) for p in (0.1, 0.3)
    )
    assert len(some) / 20_000 == pytest.approx(0.1, abs=0.01)
    assert len(more) / 20_000 == pytest.approx(0.3, abs=0.01)
    assert set(some) < set(more)


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
    assert high > 1.1 * low > 0
    low, high = at_both_ends(mid_2016, key, crc_caseload)
    assert low > 1.05 * high > 0


def test_smaller_teams_leave_caseloads_less_level(mid_2016):
    """A team levels its own caseloads alone: the fewer its officers, the further the teams of one office lie apart."""
    spread = {}
    for size in (1, 1000):
        model = with_raw(mid_2016, allocation__team_size=size)
        rows = free_people(model, 1500, status=Status.COMMUNITY_ORDER)
        model.officers.caseload[:] = 0
        allocation.allocate(model, rows, np.full(len(rows), Provider.CRC))
        spread[size] = np.ptp(model.officers.caseload[model.officers.provider == Provider.CRC])
    assert spread[1000] <= 1
    assert spread[1] > 10


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
