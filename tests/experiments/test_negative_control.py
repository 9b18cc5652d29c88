"""The negative control: all channels shut, nothing reaches whom no company had; what is said is in the numbers."""

from datetime import date

import numpy as np
import pytest

from experiments import negative_control as control
from experiments.negative_control import ALONE, EVERY, MEASURES, NONE, NUMBERS, OPEN, RUNGS, Channel, Found
from sim.charities import Kind
from sim.clock import DAYS_PER_WEEK, day_of
from sim.events import Event
from sim.legal_status import look_again
from sim.needs import NEEDS
from sim.offenders import Provider
from sim.scenarios import load_timeline
from tests.worlds import SCALE, by_number, differing_columns, events

UNTIL = date(2018, 1, 8)
SEED = 5


@pytest.fixture(scope="module")
def timelines():
    """The arms."""
    return load_timeline(control.BASE), load_timeline(control.REFORM)


@pytest.fixture(scope="module")
def trunk(timelines):
    """A small world up to the day on which the arms part; then influence at its greatest and
    longest, officers over target."""
    world = control.grow_trunk(*timelines, SCALE, SEED)
    world.register = world.register.with_setting("workload.points_full_time", "600")
    world.officers.grade(world.register.workload, world.draws)
    world.register = world.register.with_setting(NUMBERS[Channel.INFLUENCE], "0.4")
    world.register = world.register.with_setting("ties.active_days", "365")
    look_again(world.people, np.flatnonzero(world.people.offence_bound > 0))
    return world


def with_a_company(trunk):
    """Return the rows of those whom a company supervises when the arms part."""
    return np.flatnonzero((trunk.people.provider == Provider.CRC) & (trunk.people.officer >= 0))


def shaken(trunk, timelines, is_open):
    """Return both arms of a small world, lived on; in the second, companies' people get every need when the arms part.

    In so small a world the levers seldom reach a life; that does, and what it does must not pass where all is shut.
    """
    base, reform = (control.fork(trunk, timeline, is_open) for timeline in timelines)
    rows = with_a_company(trunk)
    reform.people.needs[rows] = (1 << NEEDS) - 1
    look_again(reform.people, rows)
    return control.live(base, is_open, UNTIL), control.live(reform, is_open, UNTIL)


@pytest.fixture(scope="module")
def shut(trunk, timelines):
    """Both arms with all channels shut."""
    return shaken(trunk, timelines, frozenset())


def first_day_with_a_company(trunk, arms):
    """Return the first day on which each person, by number, was with a company since the arms parted, in either arm."""
    first = np.full(len(arms[0].people), day_of(UNTIL) + 1)
    for model in arms:
        given = model.log.of(Event.ALLOCATION, since=len(trunk.log))
        given = given[model.log.value[given] == Provider.CRC]
        np.minimum.at(first, control.places(model, model)[model.log.row[given]], model.log.day[given])
    first[control.places(trunk, arms[0])[with_a_company(trunk)]] = trunk.day
    return first


def lived_before(model, last_day):
    """Return the events of everyone before a day of their own, without the officer who takes a case; shape (n, 5)."""
    days = dict(zip(np.sort(model.people.person).tolist(), last_day.tolist(), strict=True))
    found = events(model)
    found = found[found[:, 0] < [days[person] for person in found[:, 2].tolist()]]
    found[found[:, 1] == Event.ALLOCATION, 4] = 0
    return found[np.lexsort(found.T)]


def test_with_all_channels_shut_nothing_differs_before_ones_own_first_day_with_a_company(trunk, shut):
    first = first_day_with_a_company(trunk, shut)
    np.testing.assert_array_equal(lived_before(shut[0], first), lived_before(shut[1], first))


def test_with_all_channels_shut_the_lives_of_nps_people_are_equal_event_for_event(trunk, shut):
    met = control.supervised_by(Provider.CRC, trunk, shut)
    people = control.supervised_by(Provider.NPS, trunk, shut) & ~met
    own = [lived_before(model, np.where(people, day_of(UNTIL) + 1, -1)) for model in shut]
    np.testing.assert_array_equal(*own)
    assert people.sum() > 200
    assert (own[0][:, 0] >= trunk.day).sum() > 2000, "there is something to compare"


def test_with_all_channels_shut_their_contacts_needs_and_alliance_are_equal_too(trunk, shut):
    unmet = ~control.supervised_by(Provider.CRC, trunk, shut)
    names = set(differing_columns(*shut)) - {"officer"}
    assert {"alliance", "contacts_cut"} <= names, "companies' people feel it"
    differing = [n for n in sorted(names) if (by_number(shut[0], n) != by_number(shut[1], n))[unmet].any()]
    assert set(differing) <= {"first_tie", "peer_influence", "has_influence"}, "ties act through shut channels alone"


def test_companies_people_feel_it_with_all_channels_shut(trunk, shut):
    met = control.supervised_by(Provider.CRC, trunk, shut)
    one, other = (control.lives(model, len(trunk.log)) for model in shut)
    assert (one != other)[met].mean() > 0.05
    assert not (one != other)[~met].any()


@pytest.mark.parametrize("rung", [*ALONE, control.BY_CONVICTION])
def test_each_channel_alone_reaches_somebody_whom_no_company_had(trunk, timelines, rung):
    arms = shaken(trunk, timelines, RUNGS[rung])
    met = control.supervised_by(Provider.CRC, trunk, arms)
    one, other = (control.lives(model, len(trunk.log)) for model in arms)
    assert (one != other)[~met].any()


def test_the_arms_part_in_the_week_of_the_first_lever(trunk, timelines):
    assert set(timelines[1].levers) - set(timelines[0].levers) == {"private_providers", "payment_by_results"}
    day = timelines[1].levers["private_providers"].from_day
    assert trunk.day <= day < trunk.day + DAYS_PER_WEEK


def test_the_ladder_opens_all_shuts_each_opens_each_alone_and_shuts_all():
    assert RUNGS[OPEN] == EVERY
    assert RUNGS[NONE] == frozenset()
    assert {frozenset(EVERY - RUNGS[f"without {c}"]) for c in Channel} == {frozenset({c}) for c in Channel}
    assert set().union(*ALONE.values()) == EVERY


@pytest.mark.parametrize("channel", Channel)
def test_a_shut_channel_is_shut_and_the_others_are_not(trunk, timelines, channel):
    twin = control.fork(trunk, timelines[0], EVERY - {channel})
    values, before = twin.register.values(), trunk.register.values()
    assert {k for k in before if values[k] != before[k]} == {NUMBERS[c] for c in NUMBERS if c == channel}
    assert all(values[NUMBERS[c]] == 0 for c in NUMBERS if c == channel)
    places = sum(charity.places for charity in twin.charities)
    assert (places == 0) == (channel == Channel.PLACES)
    assert sum(charity.places for charity in trunk.charities) > len(Kind)


def test_a_relieved_nps_has_room_and_everyone_at_work_and_companies_are_as_they_were(trunk, timelines):
    twin = trunk.fork(timelines[0])
    control.relieve(twin)
    nps = twin.officers.provider == Provider.NPS
    assert (twin.officers.target[nps] > 100 * twin.officers.points[nps]).all()
    assert not (twin.officers.is_vacant | twin.officers.is_away(twin.day))[nps].any()
    for name in ("target", "is_vacant", "away_until_day"):
        np.testing.assert_array_equal(getattr(twin.officers, name)[~nps], getattr(trunk.officers, name)[~nps])


def test_a_life_differs_by_any_event_but_not_by_which_officer_has_the_case(trunk, timelines):
    since = len(trunk.log) - 1000
    told = control.lives(trunk, since)
    twin = trunk.fork(timelines[0])
    given = twin.log.of(Event.ALLOCATION, since=since)[0]
    twin.log.cause_day[given] += 1
    np.testing.assert_array_equal(control.lives(twin, since), told)
    changed = twin.log.of(Event.CONVICTION, since=since)[0]
    twin.log.day[changed] += 1
    assert np.flatnonzero(control.lives(twin, since) != told).tolist() == [
        control.places(twin, twin)[twin.log.row[changed]]
    ]
    offences = control.lives(twin, since, (Event.OFFENCE,))
    np.testing.assert_array_equal(offences, control.lives(trunk, since, (Event.OFFENCE,)))


def test_cohorts_are_those_complete_from_a_year_after_the_arms_parted(shut, trunk):
    shown = control.in_window(shut[0], trunk.day)
    days = shut[0].index_log.day[shown]
    assert day_of(date(2016, 4, 1)) <= days.min() < days.max() < day_of(date(2016, 7, 1))
    with pytest.raises(ValueError, match="no cohort"):
        control.in_window(trunk, trunk.day)


# --- what is printed


def made(changes, seeds=4, touched=0.0):
    """Return seeds of a made-up ladder in which measures of the NPS change by so much, a little more each seed."""
    found = []
    for seed in range(seeds):
        rungs = {}
        for rung in RUNGS:
            change = changes.get(rung, {})
            rungs[rung] = {
                (name, side): (40.0, 40.0 + change.get(name, 0.0) * (1 + 0.01 * seed))
                for name in MEASURES
                for side in control.SIDES
            }
            share = touched if rung != NONE else change.get(control.LIVES, 0.0)
            rungs[rung][control.LIVES, Provider.NPS] = rungs[rung][control.OFFENCES, Provider.NPS] = (0.0, share)
        found.append(Found("profit-seeking", rungs))
    return found


def test_where_nothing_moves_the_conclusion_says_so():
    said = control.conclusion(made({}))
    assert said.startswith("In the NPS nothing moved beyond chance, of 11 measures")
    assert "none does, event for event, and reoffending in the cohorts does not move" in said


def test_what_moves_beyond_chance_is_named_with_its_change_and_no_other():
    said = control.conclusion(made({OPEN: {control.WORKLOAD: 2.0}}, touched=1.25))
    assert "In the NPS workload over target, % (+2.03 [" in said
    assert control.KEPT not in said
    assert "1.25 percent lead another life" in said


def test_a_channel_that_is_not_named_would_be_reported():
    assert "0.50 percent still do: a channel is not named here" in control.conclusion(
        made({NONE: {control.LIVES: 0.5}})
    )


def test_what_the_cohorts_move_by_with_all_shut_is_of_people_who_were_with_a_company_too():
    name = f"{control.REOFFENDING}, {control.AS_PUBLISHED}"
    assert "people who were with a company too" in control.conclusion(made({NONE: {name: 0.1}}))


def test_channels_are_ranked_by_the_lives_that_they_reach_alone():
    found = made({})
    for share, rung in enumerate(ALONE):
        for f in found:
            f.rungs[rung][control.LIVES, Provider.NPS] = (0.0, float(share))
    said = control.conclusion(found)
    assert (
        "percent: work of the NPS 3.00 (0.00), charities' places 2.00 (0.00), joint offences 1.00 (0.00), influence"
        in said
    )


def test_a_difference_is_reform_less_base_and_one_seed_has_no_interval():
    found = made({OPEN: {control.CASES: -3.0}}, seeds=1)
    assert control.differences(found, OPEN, control.CASES).tolist() == [-3.0]
    assert control.cell(np.array([-3.0])) == "-3.00"
    assert control.cell(np.zeros(3)) == "0 exactly"


def test_a_run_prints_two_tables_that_fit(monkeypatch):
    monkeypatch.setattr(control, "END", date(2018, 1, 8))
    found = control.run([SEED], rungs=(OPEN, *ALONE, control.BY_CONVICTION, NONE), scale=0.02)
    said = "\n".join(control.lines(found))
    assert max(map(len, said.splitlines())) <= 120
    assert set(MEASURES) == {name for name, side in found[0].rungs[OPEN] if side == Provider.CRC}
    assert control.touched(found, NONE) == 0
    assert control.conclusion(found)[:30] in said
