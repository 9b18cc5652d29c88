"""Custody: release at half-way, on curfew or for life; re-release and the end of a committal."""

from dataclasses import replace

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK, NEVER
from sim.events import Event
from sim.legal_status import VISIT
from sim.offenders import IS_IN_PRISON, Disposal, Provider, Status
from sim.processes import custody
from sim.scenarios import load_timeline
from sim.timeline import Timeline
from tests.sim.processes.alone import (
    alone,
    at_both_ends,
    copy_of,
    free_people,
    nobody_supervises,
    with_officer,
    with_raw,
)
from tests.worlds import later, since

CURFEW = Status.HOME_DETENTION_CURFEW


def widened(model, share, day):
    """Return a world's timeline with curfew widened to a share from a day on."""
    lever = load_timeline("post_reform", model.region.areas).levers["hdc_widened"]
    lever = replace(lever, from_day=day, settings={"share_released": share})
    old = model.timeline
    return Timeline(old.name, old.title, dict(old.levers) | {"hdc_widened": lever}, old.areas)


def with_share(model, share, day=0):
    """Return a copy of a world in which curfew is widened to a share."""
    return model.fork(widened(model, share, day))


@pytest.fixture
def prison(mid_2016):
    """A copy of the world of 2016: nobody is due for release but those whom a test puts there, all of them matched."""
    model = with_raw(mid_2016, custody__p_in_cohort=1.0)
    inside = IS_IN_PRISON[model.people.status]
    model.people.status_end_day[inside] = model.day + 1000
    return model


def inmates(model, n, status=Status.CUSTODY, **columns):
    """Return the rows of people in prison for 200 days, from 80 days ago until 20 days on; `columns` differ."""
    day = model.day
    served = {"status": status, "status_since_day": day - 80, "status_end_day": day + 20, "sentence_days": 200}
    served |= {"conditional_release_day": day + 20, "sentence_end_day": day + 120, "last_sanction_day": day - 80}
    return free_people(model, n, **(served | columns))


def logged(model, event):
    """Return the events of a kind of the present week as (row, day, value, cause)."""
    found, log = since(model, model.day, event), model.log
    return [*zip(*(x[found].tolist() for x in (log.row, log.day, log.value, log.cause_day)), strict=True)]


# --- who is granted curfew


def granted(model, day=None):
    """Return for everyone, as if a sentence were begun by each on a day of his own, whether curfew is granted."""
    rows = np.arange(len(model.people))
    model.people.status_since_day[:] = rows
    return custody.grant_curfew(model, rows, np.full(len(rows), model.day if day is None else day))


def test_before_it_is_widened_curfew_is_granted_to_the_share_of_the_series(mid_2016):
    share = mid_2016.register.custody.in_year("p_curfew", 2016)
    assert granted(copy_of(mid_2016)).mean() == pytest.approx(share, abs=0.015)


def test_once_widened_curfew_is_granted_to_the_share_of_the_lever(mid_2016):
    some, more = (granted(with_share(mid_2016, share)) for share in (0.5, 0.8))
    assert some.mean() == pytest.approx(0.5, abs=0.015)
    assert more.mean() == pytest.approx(0.8, abs=0.015)
    assert not (some & ~more).any(), "nobody is refused because more are granted"


def test_the_day_of_release_decides_whether_the_lever_holds(mid_2016):
    start = mid_2016.day + 30
    before, after = (granted(with_share(mid_2016, 1.0, start), day) for day in (start - 1, start))
    assert after.all()
    assert np.array_equal(before, granted(copy_of(mid_2016)))


def test_nobody_is_granted_curfew_where_the_share_is_zero(mid_2016):
    assert not granted(with_share(mid_2016, 0.0)).any()


# --- release from a determinate sentence


def test_whoever_is_granted_curfew_goes_home_on_it_until_the_half_way_day(prison):
    model = with_share(prison, 1.0)
    day = model.day
    rows = inmates(model, 2, status_end_day=[day, day + 6])
    people = alone(model, custody).people
    assert people.status[rows].tolist() == [CURFEW, CURFEW]
    assert people.status_since_day[rows].tolist() == [day, day + 6]
    assert (people.status_end_day[rows] == day + 20).all()
    assert (people.offence_bound[rows] == VISIT).all()
    assert logged(model, Event.RELEASE) == [(rows[0], day, CURFEW, day - 80), (rows[1], day + 6, CURFEW, day - 80)]
    assert [entry[:3] for entry in logged(model, Event.SUPERVISION_START)] == [
        (rows[0], day, CURFEW),
        (rows[1], day + 6, CURFEW),
    ]


def test_whoever_is_refused_curfew_waits_for_the_half_way_day(prison):
    model = with_share(prison, 0.0)
    rows = inmates(model, 1, status_end_day=model.day)
    people = alone(model, custody).people
    assert (people.status[rows[0]], people.status_end_day[rows[0]]) == (Status.CUSTODY, model.day + 20)
    assert logged(model, Event.RELEASE) == []


def test_whoever_is_refused_curfew_in_the_week_of_the_half_way_day_leaves_on_that_day(prison):
    model = with_share(prison, 0.0)
    day = model.day
    rows = inmates(model, 2, status_end_day=day, conditional_release_day=[day + 6, day + 7])
    people = alone(model, custody).people
    assert people.status[rows].tolist() == [Status.FREE, Status.CUSTODY]
    assert logged(model, Event.RELEASE) == [(rows[0], day + 6, Status.FREE, day - 80)]


def test_release_is_in_the_week_of_its_day_and_not_before(prison):
    day = prison.day
    ends = np.array([day + 6, day + 7])
    rows = inmates(prison, 2, status_end_day=ends, conditional_release_day=ends, sentence_days=400)
    prison.people.sentence_end_day[rows] = day + 200
    people = alone(prison, custody).people
    assert people.status[rows].tolist() == [Status.LICENCE, Status.CUSTODY]
    assert (people.status_since_day[rows[0]], people.status_end_day[rows[0]]) == (day + 6, day + 200)


def test_release_begins_a_follow_up_that_is_from_custody(prison):
    day = prison.day
    rows = inmates(prison, 1, status_end_day=day + 3, conditional_release_day=day + 3, is_from_custody=False)
    people, index = alone(prison, custody).people, prison.index_log
    assert people.is_from_custody[rows].all()
    assert people.follow_up_day[rows].tolist() == [day + 3]
    entry = (index.row[-1], index.day[-1], index.disposal[-1], index.sentence_days[-1])
    assert entry == (rows[0], day + 3, Disposal.CUSTODY, 200)
    assert index.previous_sanctions[-1] == people.sanctions[rows[0]] - 1


def test_release_from_custody_for_breach_alone_is_scored_and_enters_no_cohort(prison):
    day, before = prison.day, len(prison.index_log)
    rows = inmates(prison, 2, status_end_day=day + 3, conditional_release_day=day + 3)
    people = prison.people
    people.is_for_breach[rows] = [True, False]
    alone(prison, custody)
    assert [row for row, *_ in logged(prison, Event.RELEASE)] == rows.tolist()
    assert people.follow_up_day[rows].tolist() == [day + 3] * 2
    assert people.is_from_custody[rows].all()
    assert prison.index_log.row[before:].tolist() == [rows[1]]


def test_a_release_that_is_not_matched_is_scored_and_enters_no_cohort(mid_2016):
    model = later(mid_2016, weeks=8)
    nobody = with_raw(model, custody__p_in_cohort=0.0)
    before = len(model.index_log)
    for world in (model, nobody):
        alone(world, custody)
    entered, none = (world.index_log.sentence_days[before:] for world in (model, nobody))
    assert len(entered) > 2
    assert (none == NEVER).all(), "only those released from a sentence without end"
    for name in ("ogrs3", "follow_up_day", "is_from_custody", "offence_bound", "status"):
        assert np.array_equal(getattr(model.people, name), getattr(nobody.people, name)), name


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_every_release_of_a_week_is_one_index_event_of_its_day_and_those_for_breach_by_their_share(mid_2016, share):
    model = with_raw(later(mid_2016, weeks=8), custody__p_in_cohort=1.0, custody__breach_in_cohort=share)
    log, index = model.log, model.index_log
    logged_before, indexed_before = len(log), len(index)
    alone(model, custody)
    releases = logged_before + np.flatnonzero(log.event[logged_before:] == Event.RELEASE)
    for_breach = model.people.is_for_breach[log.row[releases]]
    assert for_breach.any()
    releases = releases[~for_breach | (share == 1.0)]
    assert len(releases) > 2
    released = sorted(zip(log.row[releases], log.day[releases], strict=True))
    assert sorted(zip(index.row[indexed_before:], index.day[indexed_before:], strict=True)) == released


# --- the other ways out


def test_release_from_an_indeterminate_sentence_is_on_licence_without_end(prison):
    day = prison.day
    rows = inmates(prison, 1, status=Status.INDETERMINATE, status_end_day=day + 2, sentence_days=NEVER)
    people = alone(prison, custody).people
    assert people.status[rows].tolist() == [Status.LICENCE]
    assert people.licence_end_day[rows].tolist() == people.status_end_day[rows].tolist() == [NEVER]
    assert logged(prison, Event.RELEASE) == [(rows[0], day + 2, Status.LICENCE, day - 80)]
    assert prison.index_log.row[-1] == rows[0]


def test_re_release_is_to_what_is_left_and_no_index_event(prison):
    day, before = prison.day, len(prison.index_log)
    rows = inmates(prison, 3, status=Status.RECALLED, status_since_day=day - 14, status_end_day=day + 1)
    people = prison.people
    people.licence_end_day[rows] = [day + 90, day + 1, day + 1]
    people.pss_end_day[rows] = [day + 300, day + 300, -NEVER]
    follow_up = people.follow_up_day[rows].copy()
    alone(prison, custody)
    after = [Status.LICENCE, Status.POST_SENTENCE_SUPERVISION, Status.FREE]
    assert people.status[rows].tolist() == after
    assert people.status_end_day[rows].tolist()[:2] == [day + 90, day + 300]
    expected = [(row, day + 1, status, day - 14) for row, status in zip(rows, after, strict=True)]
    assert logged(prison, Event.RE_RELEASE) == expected
    assert logged(prison, Event.RELEASE) == []
    assert len(prison.index_log) == before
    assert np.array_equal(people.follow_up_day[rows], follow_up)


def test_whom_nothing_supervises_after_recall_has_no_officer(prison):
    rows = inmates(prison, 2, status=Status.RECALLED, status_end_day=prison.day)
    prison.people.licence_end_day[rows] = [prison.day, prison.day + 50]
    with_officer(prison, rows, Provider.CRC)
    people = alone(prison, custody).people
    assert nobody_supervises(people, rows[:1])
    assert people.provider[rows[1]] == Provider.CRC


def test_post_sentence_supervision_goes_on_after_a_committal(prison):
    day, before = prison.day, len(prison.index_log)
    rows = inmates(prison, 1, status=Status.COMMITTAL, status_end_day=day + 4, pss_end_day=day + 60)
    people = alone(prison, custody).people
    assert people.status[rows].tolist() == [Status.POST_SENTENCE_SUPERVISION]
    assert people.status_end_day[rows].tolist() == [day + 60]
    assert logged(prison, Event.RELEASE) == logged(prison, Event.RE_RELEASE) == []
    assert len(prison.index_log) == before


def test_nobody_on_remand_is_released(prison):
    rows = inmates(prison, 1, status=Status.REMAND, status_end_day=NEVER)
    assert alone(prison, custody).people.status[rows].tolist() == [Status.REMAND]


def test_nobody_is_kept_past_the_day(mid_2016):
    model = copy_of(mid_2016)
    people = model.people
    due = np.flatnonzero(IS_IN_PRISON[people.status] & (people.status_end_day < model.day + DAYS_PER_WEEK))
    alone(model, custody)
    overdue = IS_IN_PRISON[people.status] & (people.status_end_day < model.day + DAYS_PER_WEEK)
    assert len(due) > 3
    assert not overdue.any()


# --- direction and zero


def curfew_releases(model, day):
    """Count releases on curfew from a day on."""
    return int((model.log.value[since(model, day, Event.RELEASE)] == CURFEW).sum())


def early_releases(model, share):
    """Return releases on curfew in half a year in which it is widened to a share, from the week after next on."""
    return curfew_releases(later(model, weeks=26, timeline=widened(model, share, model.day)), model.day)


def test_widening_curfew_raises_releases_on_it(mid_2016):
    narrow, wide = (early_releases(mid_2016, share) for share in (0.2, 0.8))
    assert wide > 2 * narrow > 0


def test_a_greater_share_of_the_series_raises_releases_on_curfew(mid_2016):
    low, high = at_both_ends(mid_2016, "custody.p_curfew", curfew_releases, weeks=26)
    assert high > 2 * low > 0


def test_a_share_of_zero_ends_releases_on_curfew(mid_2016):
    assert early_releases(mid_2016, 0.0) == 0
    none = with_raw(mid_2016, custody__p_curfew=(0.0,) * len(mid_2016.register.custody.p_curfew))
    assert curfew_releases(later(none, weeks=26), mid_2016.day) == 0


def days_in_prison(model, day):
    """Return the number of people in prison, summed over the weeks since a day."""
    return model.weekly.series("custody_population")[day // DAYS_PER_WEEK :].sum()


def test_curfew_empties_prisons(mid_2016):
    low, high = at_both_ends(mid_2016, "custody.p_curfew", days_in_prison)
    assert high < 0.99 * low
