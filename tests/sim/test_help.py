"""What help does: the needs it is for, how fast they are met, how it acts on the hazard and on ties."""

import math

import numpy as np
import pytest

from sim.charities import Kind, Stage
from sim.clock import DAYS_PER_YEAR, NEVER
from sim.help import FOR_NEEDS, HELPS, build, mask_for
from sim.needs import NEEDS, Need
from sim.needs import build as build_needs
from sim.offenders import Status
from sim.processes import needs, ties
from sim.processes.reoffending import circumstances, hazard_of_year
from tests.sim.processes.alone import alone, copy_of, free_people, with_raw

MENTORED = 1 << Kind.MENTORING
FAMILY = 1 << Kind.FAMILY
SETS = range(HELPS)
PEOPLE = 3000
NO_EFFECT = {
    "support__met_per_year": (0.0,) * len(Kind),
    "support__mentoring_log_factor": 0.0,
    "support__mentoring_weakens_ties": 0.0,
    "ties__family_help_factor": 1.0,
}


def kinds_of(had):
    """Return the kinds of help in a set of bits."""
    return [kind for kind in Kind if had >> kind & 1]


# --- the tables


def test_every_need_has_help_of_exactly_one_kind():
    served = [need for kind in Kind for need in FOR_NEEDS[kind]]
    assert sorted(served) == list(Need)


def test_the_needs_of_a_kind_as_bits():
    assert mask_for(Kind.ACCOMMODATION) == 1 << Need.ACCOMMODATION
    assert mask_for(Kind.MENTORING) == 0b1010000
    assert sum(mask_for(kind) for kind in Kind) == 2**NEEDS - 1


def test_a_week_of_help_meets_a_need_by_the_rate_of_its_kind_and_no_other_need(register):
    rates, found = register.support.met_per_year, build(register).p_met
    assert found.shape == (HELPS, NEEDS)
    for had in SETS:
        for need in Need:
            rate = sum(rates[kind] for kind in kinds_of(had) if need in FOR_NEEDS[kind])
            assert 1 - found[had, need] == pytest.approx(math.exp(-rate * 7 / DAYS_PER_YEAR), abs=1e-12)


def test_mentoring_alone_acts_on_the_hazard_and_on_the_influence_of_peers(register):
    p, found = register.support, build(register)
    for had in SETS:
        mentored = Kind.MENTORING in kinds_of(had)
        assert found.hazard_factor[had] == pytest.approx(math.exp(p.mentoring_log_factor) if mentored else 1)
        assert found.tie_factor[had] == pytest.approx(1 - p.mentoring_weakens_ties if mentored else 1)
    assert found.hazard_factor[MENTORED] < 1
    assert found.tie_factor[MENTORED] < 1


def test_help_of_no_effect_is_none(day_zero):
    found = build(with_raw(day_zero, **NO_EFFECT).register)
    assert not found.p_met.any()
    assert (found.hazard_factor == 1).all()
    assert (found.tie_factor == 1).all()


# --- the hazard


@pytest.mark.parametrize("rule", [circumstances, circumstances.py_func], ids=["compiled", "twin"])
def test_mentoring_lowers_the_hazard_and_more_so_under_influence_and_ends_with_the_bit(rule, day_zero):
    register = day_zero.register
    h, n, helped = hazard_of_year(day_zero), build_needs(register), build(register)

    def factor(had, influence):
        return rule(h, n, helped, 0.5, 0, 0, had, influence, 0.5, 0.5, False)

    alone_ratio = factor(MENTORED, 0) / factor(0, 0)
    assert alone_ratio == pytest.approx(math.exp(register.support.mentoring_log_factor))
    weaker = math.exp(-register.ties.peer_log_factor * 2 * register.support.mentoring_weakens_ties)
    assert factor(MENTORED, 200) / factor(0, 200) == pytest.approx(alone_ratio * weaker)
    others = sum(1 << kind for kind in Kind if kind != Kind.MENTORING)
    assert factor(others, 200) == factor(0, 200)


# --- needs


def give_places(model, rows):
    """Let people be in the table of cases as helped; which kinds of help they have is in the column `help`."""
    model.cases.keep(np.zeros(len(model.cases), bool))
    model.cases.add(len(rows), row=rows, charity=0, stage=Stage.HELPED, end_day=NEVER)


def needs_after_a_week(model, had, **values):
    """Return which share of many people at liberty, with every need and a kind of help, still has each after a week."""
    model = with_raw(model, needs__turnover_per_year=(0.0,) * NEEDS, **values)
    rows = free_people(model, PEOPLE, needs=2**NEEDS - 1, help=had)
    give_places(model, rows)
    alone(model, needs)
    return (model.people.needs[rows][:, None] >> np.arange(NEEDS) & 1).mean(axis=0)


def test_people_who_are_helped_lose_the_needs_it_is_for_at_its_rate(day_zero):
    rates = (12.0, 15.0, 18.0, 21.0, 24.0)
    for kind in Kind:
        left = needs_after_a_week(day_zero, 1 << kind, support__met_per_year=rates)
        for need in Need:
            expected = math.exp(-rates[kind] * 7 / DAYS_PER_YEAR) if need in FOR_NEEDS[kind] else 1.0
            assert left[need] == pytest.approx(expected, abs=3 * 0.5 / math.sqrt(PEOPLE))


def test_who_has_no_help_and_who_is_in_prison_meets_no_need_by_it(day_zero):
    fast = (1000.0,) * len(Kind)
    assert needs_after_a_week(day_zero, 0, support__met_per_year=fast).tolist() == [1] * NEEDS
    model = with_raw(day_zero, needs__turnover_per_year=(0.0,) * NEEDS, support__met_per_year=fast)
    rows = free_people(model, 50, needs=2**NEEDS - 1, help=HELPS - 1, status=Status.CUSTODY)
    give_places(model, rows)
    alone(model, needs)
    assert (model.people.needs[rows] == 2**NEEDS - 1).all()


# --- family


def grown(model, had, factor):
    """Return how much of what was missing of the tie to family grows back between two reviews."""
    model = with_raw(model, ties__family_help_factor=factor)
    people = model.people
    rows = free_people(model, 500, help=had, family_tie=0.0)
    full = model.draws.uniforms("ties.family", people.person_hash[rows])
    for _ in range(int(model.register.needs.review_weeks)):
        model._sort_people()
        ties.live_family_ties(model)
        model.week += 1
    return people.family_tie[rows] / full


def test_a_family_charity_makes_the_tie_to_family_grow_faster_by_its_factor(day_zero):
    usual = day_zero.register.ties.family_growth_per_review
    assert grown(day_zero, 0, 2.0) == pytest.approx(usual, rel=1e-4)
    assert grown(day_zero, FAMILY, 2.0) == pytest.approx(2 * usual, rel=1e-4)
    assert grown(day_zero, FAMILY, 1.0) == pytest.approx(usual, rel=1e-4)
    assert grown(day_zero, MENTORED, 2.0) == pytest.approx(usual, rel=1e-4)
    assert grown(day_zero, FAMILY, 100.0) == pytest.approx(1.0, rel=1e-4), "never above what it is in life"


# --- nothing else


def test_help_of_no_effect_changes_nothing_in_a_person_s_week(day_zero):
    """Two copies of a world, one with everybody helped in every way, live the processes that read help."""
    plain, helped = (with_raw(day_zero, **NO_EFFECT) for _ in range(2))
    helped.people.help[:] = HELPS - 1
    for model in (plain, helped):
        for process in (needs, ties):
            alone(model, process)
    for column in ("needs", "family_tie", "peer_influence", "offence_bound"):
        assert np.array_equal(getattr(plain.people, column), getattr(helped.people, column)), column
    moved = copy_of(day_zero)
    moved.people.help[:] = HELPS - 1
    alone(moved, needs)
    assert not np.array_equal(moved.people.needs, plain.people.needs)
