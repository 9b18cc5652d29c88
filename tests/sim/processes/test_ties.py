"""Ties: people met inside, who is under whose influence, family; and what of other people's lives depends on them."""

import math

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK
from sim.events import Event
from sim.model import ProbationModel
from sim.network import FULL, TieKind, Ties, build, faded, meet_newcomers
from sim.offenders import IN_PRISON, IS_IN_PRISON, OffenceGroup, Status
from sim.parameters.register import Register
from sim.processes import reoffending, ties
from tests import twins
from tests.sim.processes.alone import YEAR_WEEKS, alone, copy_of, free_people, with_raw
from tests.worlds import count, events, later, since, world

WATCHED_WEEKS = 40


def owners(model):
    """Return the owner of every half tie, by its number."""
    return model.ties.half["peer"].reshape(-1, 2)[:, ::-1].ravel()


def made_since(model, before, kind):
    """Return (one, other) of the ties of a kind made after so many half ties."""
    peers = model.ties.half["peer"][before:].reshape(-1, 2).astype(int)
    return peers[model.ties.half["kind"][before::2] == kind].T


def after_every_step(monkeypatch, model, look, weeks=WATCHED_WEEKS, **settings):
    """Live some weeks, under changed settings, and look at the world after ties have lived theirs; with the number of
    half ties before."""
    step = ties.step

    def step_and_look(lived):
        before = len(lived.ties)
        step(lived)
        look(lived, before)

    monkeypatch.setattr(ties, "step", step_and_look)
    return later(model, weeks=weeks, **settings)


# --- met in custody


def test_ties_of_custody_join_people_inside_together_for_like_offences_from_one_area(mid_2016, monkeypatch):
    found = []

    def look(model, before):
        one, other = made_since(model, before, TieKind.CUSTODY)
        people = model.people
        assert IS_IN_PRISON[people.status[one]].all()
        assert IS_IN_PRISON[people.status[other]].all()
        assert (people.offence_group[one] == people.offence_group[other]).all()
        assert (people.area[one] == people.area[other]).all()
        assert (model.ties.half["since_week"][before:] == model.week).all() or model.week % 4
        found.append(len(one))

    after_every_step(monkeypatch, mid_2016, look, ties__p_custody_tie=0.05)
    assert sum(found) > 100
    assert {week % 4 for week, number in enumerate(found, mid_2016.week) if number} == {0}, "once a month"


def no_ties(model):
    """Take away all ties of everyone, and return the empty table of them."""
    model.people.first_tie[:] = -1
    fresh = Ties()
    fresh.members.add(len(model.people))
    return fresh


def imprisoned(model, n=300):
    """Put people of two offence groups into custody on one day, everyone else at liberty, nobody tied; return rows."""
    people = model.people
    people.status[:], model.settled = Status.FREE, 0
    model.ties = no_ties(model)
    rows = free_people(model, n, status=Status.CUSTODY, status_since_day=model.day - 30)
    people.offence_group[rows] = np.where(np.arange(n) % 3, OffenceGroup.THEFT, OffenceGroup.FRAUD)
    model._sort_people()
    return rows


def tied_inside(model, weeks=1):
    """Return the pairs tied by some months inside, as a set of pairs of rows."""
    for _ in range(weeks):
        ties.meet_inside(model)
        model.week += 1
    return {tuple(sorted(pair)) for pair in np.stack(made_since(model, 0, TieKind.CUSTODY), axis=1).tolist()}


def test_everyone_on_a_wing_is_tied_where_it_is_certain_and_only_once(day_zero):
    model = with_raw(day_zero, ties__p_custody_tie=1.0, ties__wings_per_1000=0.001)
    rows = imprisoned(model).tolist()
    group = model.people.offence_group
    expected = {(i, j) for i in rows for j in rows if i < j and group[i] == group[j]}
    assert tied_inside(model, weeks=3) == expected
    assert len(model.ties) == 2 * len(expected)
    assert (model.ties.half["strength"] == int(model.register.ties.custody_strength)).all()


def test_people_on_different_wings_do_not_meet(day_zero):
    one_wing, ten = (
        with_raw(day_zero, ties__p_custody_tie=1.0, ties__wings_per_1000=wings) for wings in (0.001, 10 / 1.0)
    )
    wings = int(10 * ten.region.caseload * ten.scale / 1000)
    for model in (one_wing, ten):
        imprisoned(model)
    everyone, apart = tied_inside(one_wing), tied_inside(ten)
    assert apart < everyone
    assert wings > 5
    assert len(apart) / len(everyone) == pytest.approx(1 / wings, rel=0.15)


def test_people_meet_inside_as_often_in_the_country_as_in_a_region_of_one_area():
    register = Register.load().with_setting("ties.wings_per_1000", "4")

    def met_by_each(region, scale):
        model = ProbationModel("pre_reform", region, scale, 1, register)
        inside = IS_IN_PRISON[model.people.status]
        model.ties = no_ties(model)
        model._sort_people()
        model.register = register.with_setting("ties.p_custody_tie", "0.05")
        return 2 * len(tied_inside(model, weeks=12)) / inside.sum()

    country, region = met_by_each("england_wales", 0.1), met_by_each("staffordshire_west_midlands", 1.0)
    assert country == pytest.approx(region, rel=0.15)
    assert region > 1


@pytest.mark.parametrize("p", [0.0, 0.1])
def test_pairs_inside_are_tied_at_their_monthly_probability(p, day_zero):
    model = with_raw(day_zero, ties__p_custody_tie=p, ties__wings_per_1000=0.001)
    rows = imprisoned(model)
    sizes = np.bincount(model.people.offence_group[rows])
    possible = (sizes * (sizes - 1) / 2).sum()
    share = len(tied_inside(model, weeks=3)) / possible
    assert share == pytest.approx(1 - (1 - p) ** 3, abs=0.01)


def test_nobody_is_tied_inside_in_a_run_where_the_probability_is_0(early_2012):
    none, some = (later(early_2012, weeks=20, ties__p_custody_tie=p) for p in (0, 0.05))
    before = len(early_2012.ties)
    assert made_since(none, before, TieKind.CUSTODY).size == 0
    assert made_since(some, before, TieKind.CUSTODY).size > 100
    assert np.array_equal(*(made_since(m, before, TieKind.CO_OFFENDING)[:, :5] for m in (none, some))), (
        "who come anew are tied alike"
    )


# --- influence


def test_everyone_is_under_the_influence_that_active_peers_at_liberty_give(mid_2016, monkeypatch):
    weeks = []

    def look(model, _):
        people, half, day = model.people, model.ties.half, model.day
        sums = np.zeros(len(people), int)
        np.add.at(sums, half["peer"], half["given"].astype(int))
        assert np.array_equal(people.peer_influence, sums)
        giving = owners(model)[half["given"] > 0]
        assert people.has_influence[giving].all()
        assert (people.active_until_day[giving] > day).all()
        assert not IS_IN_PRISON[people.status[giving]].any()
        assert not (people.status[giving] == Status.LEFT).any()
        is_active = (people.active_until_day > day) & ~IS_IN_PRISON[people.status] & (people.status != Status.LEFT)
        assert np.array_equal(people.has_influence, is_active)
        weeks.append((sums > 0).sum())

    after_every_step(monkeypatch, mid_2016, look)
    assert len(weeks) == WATCHED_WEEKS
    assert min(weeks) > 50


@pytest.mark.parametrize("name", ["day_zero", "pre", "post"])
def test_influence_adds_up_at_any_time(name, request):
    model = request.getfixturevalue(name)
    sums = np.zeros(len(model.people), int)
    np.add.at(sums, model.ties.half["peer"], model.ties.half["given"].astype(int))
    assert np.array_equal(model.people.peer_influence, sums)
    assert (model.ties.half["given"] <= FULL).all()
    assert (sums > 0).any()


def test_an_offence_makes_a_person_active_for_some_time(day_zero):
    model = copy_of(day_zero)
    rows = free_people(model, 3, active_until_day=-5000)
    model.log.record(Event.OFFENCE, model.day - 2, rows[:1], 0)
    model.log.record(Event.CAUTION, model.day - 2, rows[1:2], 0)
    alone(model, ties)
    days = int(model.register.ties.active_days)
    assert model.people.active_until_day[rows].tolist() == [model.day - 2 + days, -5000, -5000]
    model.people.active_until_day[rows] = -5000
    ties.activate(model)
    assert (model.people.active_until_day[rows] == -5000).all(), "the log is looked through once"


@pytest.fixture
def two(day_zero):
    """A world in which nobody is active and nobody tied but two people at liberty; (world, one, other)."""
    model = copy_of(day_zero)
    people = model.people
    people.first_tie[:] = -1
    people.active_until_day[:] = -5000
    people.has_influence[:] = False
    people.peer_influence[:] = 0
    fresh = Ties()
    fresh.members.add(len(people))
    fresh.log_seen = len(model.log)
    model.ties = fresh
    one, other = free_people(model, 2, offence_bound=10**6).tolist()
    ties.tie(model, np.array([[one, other]]), TieKind.CO_OFFENDING, 90, np.array([model.week]))
    model._sort_people()
    return model, one, other


def offend(model, row, day):
    """Let a person have offended on a day."""
    model.log.record(Event.OFFENCE, day, np.array([row]), 0)
    ties.activate(model)


def test_a_person_gives_peers_influence_from_an_offence_on_until_the_time_is_over(two):
    model, one, other = two
    people = model.people
    offend(model, one, model.day + 3 * DAYS_PER_WEEK - int(model.register.ties.active_days))
    given = []
    for _ in range(5):
        ties.spread(model)
        given.append(int(people.peer_influence[other]))
        assert people.peer_influence[one] == 0, "the other has done nothing"
        model.week += 1
    assert given == [90, 90, 90, 0, 0]
    grown = math.exp(model.register.ties.peer_log_factor * 0.9)
    assert people.offence_bound[other] >= 10**6 * grown, "the bound holds for the hazard that has grown"
    assert people.offence_bound[one] == 10**6


def test_a_tie_gives_the_strength_it_has_when_it_begins_to_give(two):
    model, one, other = two
    model.ties.half["since_week"] = model.week - 52
    offend(model, one, model.day)
    ties.spread(model)
    expected = faded(build(model.register), 90.0, 52)
    assert model.people.peer_influence[other] == expected
    assert 50 < expected < 70


@pytest.mark.parametrize("status", [*IN_PRISON, Status.LEFT])
def test_peers_inside_and_people_who_have_left_give_nothing(two, status):
    model, one, other = two
    people = model.people
    offend(model, one, model.day)
    ties.spread(model)
    assert people.peer_influence[other] == 90
    people.status[one] = status
    ties.spread(model)
    assert people.peer_influence[other] == 0
    assert not people.has_influence[one]
    people.status[one] = Status.FREE
    ties.spread(model)
    assert people.peer_influence[other] == 90, "and again after release"


def test_whoever_is_not_tied_is_under_nobody_s_influence(post):
    tied = post.people.first_tie >= 0
    assert (post.people.peer_influence[~tied] == 0).all()
    assert (post.people.peer_influence[tied] >= 0).all()


# --- what depends on ties


NO_EFFECT = {"ties__peer_log_factor": 0.0, "ties__p_join": 0.0}
OTHER_TIES = {
    "ties__p_tie": 1.0,
    "ties__age_difference_years": 50.0,
    "ties__half_life_years": 20.0,
    "ties__p_custody_tie": 0.8,
    "ties__custody_strength": 100,
    "ties__cells_per_1000": 100,
    "ties__active_days": 700,
}


def tiny(years, **values):
    """Return a tiny world under other numbers, lived some years."""
    model = world(scale=0.01, register=with_raw(world(scale=0.002), **values).register)
    return later(model, weeks=round(years * YEAR_WEEKS))


def test_no_other_process_s_events_depend_on_ties_that_have_no_effect():
    few, many = tiny(3, **NO_EFFECT), tiny(3, **NO_EFFECT | OTHER_TIES)
    assert len(many.ties) > 4 * len(few.ties) > 0
    assert np.array_equal(events(few), events(many))
    assert len(events(few)) > 2000
    assert len(few.log.of(Event.CO_OFFENCE)) == 0


def test_ties_that_have_an_effect_change_what_happens():
    assert not np.array_equal(events(tiny(1)), events(tiny(1, **OTHER_TIES)))
    assert not np.array_equal(events(tiny(1)), events(tiny(1, ties__peer_log_factor=0.0)))


def offences_of(model, before, rows):
    """Count the offences, since two worlds parted, of people who stood in some rows then."""
    mine = model.people.rows_of(before.people.person[rows])
    return int(np.isin(model.log.row[since(model, before.day, Event.OFFENCE)], mine).sum())


def test_influence_makes_offences_of_the_tied_more_frequent(early_2012):
    """By so much more that the few who could offend without it are not in question."""
    none, much = (
        later(with_raw(early_2012, ties__p_join=0.0, ties__peer_log_factor=f), weeks=YEAR_WEEKS) for f in (0.0, 0.4)
    )
    tied = np.flatnonzero(early_2012.people.peer_influence > 30)
    assert offences_of(much, early_2012, tied) > 1.15 * offences_of(none, early_2012, tied) > 20
    everyone = [count(m, early_2012.day, Event.OFFENCE) for m in (none, much)]
    assert everyone[0] < everyone[1]
    untied = np.flatnonzero((early_2012.people.first_tie < 0) & (early_2012.people.status != Status.LEFT))
    stay = [offences_of(m, early_2012, untied) for m in (none, much)]
    assert stay[0] == pytest.approx(stay[1], rel=0.05)


def test_influence_acts_on_the_hazard_by_its_factor(mid_2016):
    h = reoffending.hazard_of_year(with_raw(mid_2016, ties__peer_log_factor=0.3))
    hundredths = np.array([0, 50, 100, 200])
    assert h.peers[hundredths] == pytest.approx(np.exp(0.3 * hundredths / 100))


# --- family


def family_weeks(model, weeks):
    """Live ties to family for some weeks, and nothing else."""
    for _ in range(weeks):
        model._sort_people()
        ties.live_family_ties(model)
        model.week += 1
    return model.people.family_tie


@pytest.mark.parametrize("lost", [0.0, 0.01, 0.05])
def test_the_tie_to_family_fades_inside_by_a_share_a_week(lost, day_zero):
    model = with_raw(day_zero, ties__family_lost_per_week=lost)
    rows = free_people(model, 50, family_tie=0.8, help=31)
    model.people.status[rows] = np.resize(IN_PRISON, 50)
    tie = family_weeks(model, 30)
    assert tie[rows] == pytest.approx(0.8 * (1 - lost) ** 30, rel=1e-5)


def test_the_tie_to_family_grows_back_at_liberty_by_a_share_of_what_is_missing(day_zero):
    model = copy_of(day_zero)
    rows = free_people(model, 200, family_tie=0.0, help=0)
    own = model.draws.uniforms("ties.family", model.people.person_hash[rows])
    share, review = model.register.ties.family_growth_per_review, int(model.register.needs.review_weeks)
    for reviews in (1, 2, 3):
        tie = family_weeks(model, review)
        assert tie[rows] == pytest.approx(own * (1 - (1 - share) ** reviews), abs=1e-5)


def test_nobody_s_tie_to_family_exceeds_what_it_is_in_that_life(post, pre):
    for model in (post, pre):
        own = model.draws.uniforms("ties.family", model.people.person_hash)
        came = len(model.ties.members)
        tie = model.people.family_tie[:came]
        assert (tie <= own[:came] + 1e-6).all()
        assert (tie < own[:came] - 0.05).sum() > 100, "some have been inside"
        assert np.corrcoef(tie, own[:came])[0, 1] > 0.5


def test_newcomers_have_the_tie_to_family_that_is_theirs(day_zero):
    model = copy_of(day_zero)
    before = model.people.person
    for _ in range(4):
        model.step()
    new = np.flatnonzero(~np.isin(model.people.person, before))
    own = model.draws.uniforms("ties.family", model.people.person_hash[new])
    at_liberty = ~IS_IN_PRISON[model.people.status[new]]
    assert model.people.family_tie[new][at_liberty] == pytest.approx(own[at_liberty], abs=0.05)
    assert len(new) > 50


FAMILY_OTHERWISE = {
    "ties__family_lost_per_week": 0.3,
    "ties__family_growth_per_review": 0.01,
    "ties__family_help_factor": 1.0,
}


def test_no_event_depends_on_a_tie_to_family_of_no_effect(mid_2016):
    def lived(factor, **values):
        return events(later(with_raw(mid_2016, ties__family_log_factor=factor, **values), weeks=YEAR_WEEKS))

    assert np.array_equal(lived(0.0), lived(0.0, **FAMILY_OTHERWISE))
    assert not np.array_equal(lived(-0.33), lived(-0.33, **FAMILY_OTHERWISE)), "else it has one"


def test_weak_ties_to_family_raise_offences(mid_2016):
    found = []
    for tie in (0.0, 1.0):
        model = with_raw(mid_2016, ties__family_log_factor=-0.33, ties__family_growth_per_review=0.0)
        model.people.family_tie[:] = tie
        found.append(count(later(model, weeks=YEAR_WEEKS), mid_2016.day, Event.OFFENCE))
    assert found[0] > 1.1 * found[1]


# --- twins


def test_the_compiled_loops_are_their_twins(monkeypatch):
    world(scale=0.002).step()
    calls = twins.watch(monkeypatch, ties)
    monkeypatch.setattr(twins, "TOLERANCE", 3e-7)  # ties to family are kept in single precision
    model = world(scale=0.002, seed=5)
    for _ in range(6):
        model.step()
    assert len(calls) > 0 < min(calls.values())
    assert model.people.peer_influence.any()


def test_newcomers_meet_once(day_zero):
    model = copy_of(day_zero)
    before = len(model.ties)
    meet_newcomers(model)
    meet_newcomers(model)
    assert len(model.ties) == before
