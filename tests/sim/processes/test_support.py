"""Support as a whole: what moves the number who are helped, and what help moves."""

from datetime import date

import numpy as np
import pytest

from sim.charities import Path, Stage
from sim.events import Event
from sim.offenders import Provider, Status
from sim.processes import support
from tests.sim.processes.alone import copy_of, free_people, with_raw
from tests.sim.processes.helped import HELP_EVENTS, KINDS, cases_of, keys, plenty, total
from tests.sim.test_help import NO_EFFECT
from tests.twins import watch
from tests.worlds import count, differing_columns, events, later, world

NOBODY_REFERRED = {"support__p_referred": (0.0,) * KINDS, "support__voluntary_reach": 0.0}


# --- directions, on paired worlds


def test_the_more_want_help_the_more_are_helped_where_places_are_plenty(early_2012):
    few, many = (later(plenty(early_2012), weeks=26, support__p_take_up=p) for p in (0.3, 0.8))
    assert total(many, 26, "help_started") > 1.5 * total(few, 26, "help_started")


def test_the_more_places_the_more_are_helped_and_the_fewer_wait(early_2012):
    worlds = [later(plenty(early_2012, n), weeks=26) for n in (2, 8, 1000)]
    helped, waiting = ([m.weekly.series(n)[-1] for m in worlds] for n in ("helped", "waiting"))
    assert helped == sorted(set(helped))
    assert waiting == sorted(set(waiting), reverse=True)
    assert waiting[-1] == 0


def test_no_places_means_no_help(early_2012):
    model = plenty(early_2012, 0)
    assert total(later(model, weeks=40), 10, "helped") == 0
    assert total(later(model, weeks=40), 40, "help_started") == 0


def test_the_greater_the_reach_the_more_leavers_come_to_charities_by_themselves(early_2012):
    few, many = (later(plenty(early_2012), weeks=26, support__voluntary_reach=p) for p in (0.03, 0.3))
    volunteers = [total(m, 26, "help_started", "path=voluntary") for m in (few, many)]
    assert volunteers[1] > 3 * volunteers[0] > 0
    assert abs(np.subtract(*(total(m, 26, "help_started", "path=supervision") for m in (few, many)))) < 20
    free = [sum(m.people.status[r] == Status.FREE for r, _, _ in keys(cases_of(m), Stage.HELPED)) for m in (few, many)]
    assert free[1] > free[0]


def test_the_more_officers_refer_the_more_are_helped(early_2012):
    few, many = (later(with_raw(plenty(early_2012), support__p_referred=(p,) * KINDS), weeks=26) for p in (0.05, 0.5))
    assert total(many, 26, "help_started", "path=supervision") > 4 * total(few, 26, "help_started", "path=supervision")


# --- zero


def made(day_zero, scenario="pre_reform", years=3, **values):
    """Return a world laid down and lived with raw numbers."""
    register = with_raw(day_zero, **values).register
    return world(scenario, date(2008 + years, 1, 1), scale=0.02, register=register)


def test_nobody_is_ever_helped_where_nobody_is_referred(day_zero):
    model = made(day_zero, **NOBODY_REFERRED)
    assert len(model.cases) == 0
    assert not model.people.help.any()
    assert not model.people.asked.any()
    assert not model.people.was_mentored.any()
    assert count(model, 0, *HELP_EVENTS) == 0
    for measure in ("helped", "waiting", "help_started"):
        assert not model.weekly.series(measure).any()


@pytest.mark.parametrize(
    "nothing", [{"support__places_per_1000": (0,) * KINDS}, NOBODY_REFERRED], ids=["places", "referrals"]
)
def test_help_of_no_effect_changes_no_event_of_anybody(day_zero, nothing):
    """Support touches the rest of the world through what help does, and through nothing else."""
    helped, without = made(day_zero, **NO_EFFECT), made(day_zero, **NO_EFFECT, **nothing)
    assert count(helped, 0, Event.HELP_START) > 100
    assert count(without, 0, Event.HELP_START) == 0
    assert np.array_equal(events(helped, without=HELP_EVENTS), events(without, without=HELP_EVENTS))
    assert set(differing_columns(helped, without)) <= {"help", "asked", "was_mentored", "offence_bound"}


def test_help_as_it_is_does_change_events(day_zero):
    helped, without = made(day_zero), made(day_zero, support__places_per_1000=(0,) * KINDS)
    assert not np.array_equal(events(helped, without=HELP_EVENTS), events(without, without=HELP_EVENTS))


def test_only_where_the_company_that_pays_seeks_results_do_people_take_turns_by_what_they_may_bring(day_zero):
    model = copy_of(day_zero)
    people, cases, waiting = model.people, model.cases, 5
    cases.keep(np.zeros(len(cases), bool))
    rows = free_people(model, waiting, provider=Provider.CRC)
    by_results, usual = model.charities[:2]
    for charity in model.charities:
        charity.places, charity.by_payment = int(charity in (by_results, usual)), charity is by_results
    luck = [
        model.draws.uniforms_at("support.priority", people.person_hash[rows], np.full(waiting, charity.number))
        for charity in (by_results, usual)
    ]
    soonest = int(np.argmin(luck[1]))
    last = next(int(k) for k in np.argsort(luck[0])[::-1] if k != soonest)
    classes = {}
    for ogrs3 in (0.05, 0.25, 0.45, 0.65, 0.85):
        people.ogrs3[rows] = ogrs3
        classes[int(support.worth_of(model, rows)[0])] = ogrs3
    assert len(classes) > 1
    best, other = classes[max(classes)], classes[min(classes)]
    people.ogrs3[rows] = other
    people.ogrs3[rows[last]] = best
    for charity in (by_results, usual):
        cases.add(waiting, row=rows, charity=charity.number, path=Path.SUPERVISION, asked_week=0, end_day=10**6)
    support.fill_places(model)
    mine = [(cases.charity == c.number) & (cases.stage == Stage.HELPED) for c in (by_results, usual)]
    assert cases.row[mine[0]].tolist() == [rows[last]]
    assert cases.row[mine[1]].tolist() == [rows[soonest]] != [rows[last]]


def test_every_compiled_loop_is_its_twin(monkeypatch, mid_2016):
    model = copy_of(mid_2016)
    calls = watch(monkeypatch, support)
    for _ in range(3):
        model.step()
    assert [loop for loop, number in calls.items() if not number] == []
