"""Offences committed together: who takes part with whom, and what it does to the tie."""

import numpy as np
import pytest

from sim import co_offending
from sim.clock import NEVER
from sim.events import Event, unpack_occasion
from sim.network import HALF_TIE, build
from sim.offenders import IS_IN_PRISON
from sim.processes import reoffending
from tests.sim.processes.alone import YEAR_WEEKS, with_raw
from tests.twins import watch
from tests.worlds import count, later, prison_spells, since, world


def co_offences(model, start=0):
    """Return (row, day, row of the other) of the offences committed with others, from a day on."""
    log = model.log
    found = since(model, start, Event.CO_OFFENCE)
    row_of = {int(number): row for row, number in enumerate(model.people.person)}
    other = np.array([row_of[int(number)] for number in log.value[found]], int)
    return log.row[found].astype(int), log.day[found].astype(int), other


def tied_pairs(model):
    """Return the ties as a set of pairs of rows, either way round."""
    peers = model.ties.half["peer"].reshape(-1, 2).tolist()
    return {tuple(pair) for pair in peers} | {tuple(pair[::-1]) for pair in peers}


@pytest.mark.parametrize("name", ["pre", "post"])
def test_ten_to_twenty_percent_of_occasions_are_committed_with_others(name, request):
    model = request.getfixturevalue(name)
    half_way = model.day // 2
    row, day, _ = co_offences(model, half_way)
    share = len(set(zip(row, day, strict=True))) / count(model, half_way, Event.OFFENCE)
    assert 0.10 < share < 0.20


@pytest.mark.parametrize("name", ["pre", "post"])
def test_partners_name_each_other_and_each_has_an_offence_of_that_day_and_group(name, request):
    model = request.getfixturevalue(name)
    log = model.log
    row, day, other = co_offences(model)
    named = set(zip(row, day, other, strict=True))
    assert len(named) == len(row) > 1000
    assert named == {(partner, when, one) for one, when, partner in named}
    offended = log.of(Event.OFFENCE)
    group = unpack_occasion(log.value[offended])[0]
    did = dict(zip(zip(log.row[offended], log.day[offended], strict=True), group, strict=True))
    assert all(did[one, when] == did[partner, when] for one, when, partner in named)
    assert {(one, partner) for one, _, partner in named} <= tied_pairs(model)


@pytest.mark.parametrize("name", ["pre", "post"])
def test_nobody_offends_together_from_prison(name, request):
    model = request.getfixturevalue(name)
    row, day, _ = co_offences(model)
    spells = prison_spells(model)
    spells = spells[np.argsort(spells[:, 0])]
    first, last = (np.searchsorted(spells[:, 0], row, side=side) for side in ("left", "right"))
    for when, a, b in zip(day, first, last, strict=True):
        assert not ((spells[a:b, 1] < when) & (when < spells[a:b, 2])).any()
    assert (last > first).sum() > 500, "many who offend together have been inside"


def test_who_takes_part_is_at_liberty_at_risk_tied_to_the_leader_and_takes_part_once(mid_2016, monkeypatch):
    recruit, joined = co_offending.recruit, []

    def recruit_and_look(model, rows, days):
        people = model.people
        status, bound, hearing = (getattr(people, c).copy() for c in ("status", "offence_bound", "hearing_day"))
        since_day = np.maximum(people.follow_up_day, people.status_since_day)
        who, leader = recruit(model, rows, days)
        when = days[leader]
        assert len(np.unique(who)) == len(who)
        assert not np.isin(who, rows).any(), "whoever offends this week anyway leads himself"
        assert not IS_IN_PRISON[status[who]].any()
        assert (bound[who] > 0).all()
        assert (since_day[who] <= when).all()
        assert not ((hearing[who] >= model.day) & (hearing[who] <= when)).any()
        assert set(zip(who, rows[leader], strict=True)) <= tied_pairs(model)
        joined.append(len(who))
        return who, leader

    monkeypatch.setattr(reoffending, "recruit", recruit_and_look)
    later(with_raw(mid_2016, ties__p_join=0.8), weeks=20)
    assert sum(joined) > 100


def test_every_peer_at_liberty_takes_part_where_it_is_certain(mid_2016):
    model = with_raw(mid_2016, ties__p_join=1e9)
    people, half = model.people, model.ties.half
    half["since_week"] = model.week
    people.hearing_day[:] = NEVER
    model._sort_people()
    rows = np.flatnonzero(~IS_IN_PRISON[people.status] & (people.offence_bound > 0))[::20]
    days = np.full(len(rows), model.day + 3)
    expected = set()
    for row in rows.tolist():
        h = int(people.first_tie[row])
        while h >= 0:
            expected.add(int(half["peer"][h]))
            h = int(half["next"][h])
    at_risk = (people.offence_bound > 0) & ~IS_IN_PRISON[people.status]
    at_risk &= np.maximum(people.follow_up_day, people.status_since_day) <= model.day + 3
    expected = {peer for peer in expected if at_risk[peer]} - set(rows.tolist())
    joined, _ = co_offending.recruit(model, rows, days)
    assert set(joined.tolist()) == expected
    assert len(joined) == len(expected) > 50


def test_nobody_takes_part_where_the_probability_is_0(mid_2016):
    assert count(later(mid_2016, weeks=YEAR_WEEKS, ties__p_join=0), mid_2016.day, Event.CO_OFFENCE) == 0


def test_a_higher_probability_of_taking_part_makes_more_offences_together(mid_2016):
    worlds = (later(mid_2016, weeks=YEAR_WEEKS, ties__p_join=p) for p in (0.1, 0.4))
    low, high = (count(model, mid_2016.day, Event.CO_OFFENCE) for model in worlds)
    assert 2 * low < high < 8 * low


@pytest.mark.parametrize("rule", [co_offending.renew, co_offending.renew.py_func], ids=["compiled", "twin"])
def test_a_common_offence_renews_a_tie_and_strengthens_it_up_to_the_full(rule, mid_2016):
    n, half = build(mid_2016.register), np.zeros(6, HALF_TIE)
    half["strength"], half["since_week"] = np.repeat([50, 90, 100], 2), np.repeat([100, 100, 0], 2)
    rule(n, np.array([0, 3]), 40, 100, half)
    assert half["strength"].tolist() == [90, 90, 100, 100, 100, 100]
    assert half["since_week"].tolist() == [100, 100, 100, 100, 0, 0]
    weeks = 60
    rule(n, np.array([4]), 40, weeks, half)
    assert half["strength"][4:].tolist() == [int(100 * n.fade[weeks]) + 40 if n.fade[weeks] < 0.6 else 100] * 2
    assert half["since_week"][4:].tolist() == [weeks] * 2


def test_the_lower_uniform_of_the_pair_decides_between_two_leaders(mid_2016):
    """Whoever could join two is the partner of one, whichever leader is looked at first."""
    for order in (slice(None), slice(None, None, -1)):
        model = with_raw(mid_2016, ties__p_join=1e9)
        people = model.people
        rows = np.flatnonzero((people.first_tie >= 0) & (people.offence_bound > 0))[::3][order]
        joined, leader = co_offending.recruit(model, rows, np.full(len(rows), model.day + 6))
        found = dict(zip(joined.tolist(), rows[leader].tolist(), strict=True))
        if order == slice(None):
            first = found
    assert found == first
    assert len(found) > 100


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = with_raw(world(scale=0.005, seed=5), ties__p_join=1e9)
    start = model.day
    calls = watch(monkeypatch, co_offending)
    for _ in range(8):
        model.step()
    assert len(calls) > 0 < min(calls.values())
    assert count(model, start, Event.CO_OFFENCE) > 10
