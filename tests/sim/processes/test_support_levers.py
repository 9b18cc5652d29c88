"""What the levers of support do: Through the Gate, the promised mentors, the grant, the activity requirement."""

import numpy as np
import pytest

from sim.charities import Kind, Path, Stage
from sim.clock import DAYS_PER_WEEK, NEVER
from sim.events import Event
from sim.offenders import IS_IN_PRISON
from tests.sim.processes.alone import with_raw
from tests.sim.processes.helped import KINDS, assert_one_world, only, plenty, total, unlike_weeks
from tests.worlds import differing_columns, events, later


def kind_group(kind):
    return f"kind={kind.name.lower()}"


# --- Through the Gate


def test_through_the_gate_covers_releases_from_its_date_on(early_2012):
    start = early_2012.day + 10 * DAYS_PER_WEEK + 2
    model = later(early_2012, weeks=20, timeline=only("through_the_gate", early_2012, start))
    covered, seen, leavers = (model.weekly.series(n)[-20:] for n in ("leavers_covered", "leavers_seen", "leavers"))
    assert covered.sum() == (model.log.day[model.log.of(Event.RELEASE)] >= start).sum() > 40
    assert not covered[:10].any()
    assert np.array_equal(covered[12:], leavers[12:])
    assert 0 < covered[10] < leavers[10]
    assert (seen <= covered).all()
    assert total(model, 20, "help_started", "path=through_the_gate") > 0


def test_through_the_gate_adds_referrals_and_no_places(early_2012):
    without = later(early_2012, weeks=52)
    gate = later(early_2012, weeks=52, timeline=only("through_the_gate", early_2012))
    for kind in Kind:
        places = [m.weekly.series("places", kind_group(kind))[-52:] for m in (without, gate)]
        assert np.array_equal(*places)
    assert total(gate, 52, "waiting") > total(without, 52, "waiting")
    started = [total(m, 52, "help_started") for m in (without, gate)]
    assert abs(started[1] - started[0]) < 0.15 * started[0], "places are full, so that the help is no more"
    assert total(gate, 52, "help_started", "path=through_the_gate") > 10
    assert total(without, 52, "help_started", "path=through_the_gate") == 0


def test_through_the_gate_delivers_less_than_a_third_of_what_it_promises(post):
    promised = post.weekly.series("leavers_covered").sum()
    assert promised > 1000
    assert post.weekly.series("help_started", "path=through_the_gate").sum() < 0.3 * promised
    assert post.weekly.series("leavers_seen").sum() == pytest.approx(0.3 * promised, rel=0.1)


def test_a_gate_that_sees_nobody_is_no_gate(early_2012):
    without = later(early_2012, weeks=40)
    gate = later(early_2012, weeks=40, timeline=only("through_the_gate", early_2012, share_seen=0.0))
    assert_one_world(without, gate, besides={"leavers_covered"})
    assert total(gate, 40, "leavers_covered") > 100


def test_the_more_leavers_the_gate_sees_the_more_it_refers(early_2012):
    base = plenty(early_2012)
    started = [
        total(later(base, weeks=20, timeline=only("through_the_gate", base, share_seen=s)), 20, "help_started")
        for s in (0.0, 0.3, 1.0)
    ]
    assert started == sorted(set(started))


# --- the promised mentors


def test_every_leaver_who_wants_one_has_a_mentor_at_once(year_of_support):
    mentored = 0
    for turn in year_of_support[1]:
        for row in turn.released:
            if IS_IN_PRISON[turn.status[row]]:
                continue
            assert bool(turn.help[row] >> Kind.MENTORING & 1) == turn.motivated[row]
            mentored += turn.motivated[row]
    assert mentored > 150


def test_mentors_for_nobody_change_nothing(early_2012):
    without = later(early_2012, weeks=40)
    nobody = later(early_2012, weeks=40, timeline=only("charity_mentoring", early_2012, coverage=0.0))
    assert_one_world(without, nobody)


def test_the_more_leavers_are_offered_a_mentor_the_more_have_one(early_2012):
    mentored = [
        total(
            later(early_2012, weeks=40, timeline=only("charity_mentoring", early_2012, coverage=c)),
            40,
            "help_started",
            "path=every_leaver",
        )
        for c in (0.0, 0.3, 1.0)
    ]
    assert mentored[0] == 0
    assert mentored[1] == pytest.approx(0.3 * mentored[2], rel=0.3)


def test_promised_mentors_take_no_place_from_anybody(early_2012):
    without = later(early_2012, weeks=30)
    promise = later(early_2012, weeks=30, timeline=only("charity_mentoring", early_2012))
    for model in (without, promise):
        own = (model.cases.path != Path.EVERY_LEAVER) & (model.cases.stage == Stage.HELPED)
        helped = np.bincount(model.cases.charity[own], minlength=KINDS)
        assert helped[Kind.MENTORING] == model.charities[Kind.MENTORING].places
    assert total(promise, 30, "helped", "kind=mentoring") > 2 * total(without, 30, "helped", "kind=mentoring")


# --- the discharge grant and the activity requirement


def test_a_grant_of_no_effect_changes_no_event(early_2012):
    without = later(early_2012, weeks=52)
    grant = later(early_2012, weeks=52, timeline=only("discharge_grant", early_2012))
    assert grant.people.has_full_grant.any()
    assert np.array_equal(events(without), events(grant))
    assert unlike_weeks(without, grant, 52) == set()
    assert set(differing_columns(without, grant)) <= {"has_full_grant", "offence_bound"}


def offences_soon_after_release(model, day, weeks):
    """Return the detected offences within some weeks of a release from a day on."""
    log = model.log
    out = log.of(Event.RELEASE)
    out = out[log.day[out] >= day]
    released = {int(r): int(d) for r, d in zip(log.row[out], log.day[out], strict=True)}
    found = log.of(Event.OFFENCE)
    return sum(
        0 <= int(d) - released.get(int(r), NEVER) < weeks * DAYS_PER_WEEK
        for r, d in zip(log.row[found], log.day[found], strict=True)
    )


def test_a_grant_moves_offences_soon_after_release_as_its_factor_says(early_2012):
    timeline = only("discharge_grant", early_2012)
    found = [
        offences_soon_after_release(
            later(with_raw(early_2012, reoffending__grant_log_factor=f), weeks=52, timeline=timeline), early_2012.day, 4
        )
        for f in (-1.5, 0.0, 1.5)
    ]
    assert found[0] < 0.7 * found[1]
    assert found[2] > 1.5 * found[1]


def test_a_grant_reaches_only_who_is_released_from_its_date_on(early_2012):
    model = later(early_2012, weeks=26, timeline=only("discharge_grant", early_2012, early_2012.day + 70))
    log, people = model.log, model.people
    out = log.of(Event.RELEASE)
    last = {int(r): int(d) for r, d in zip(log.row[out], log.day[out], strict=True)}
    assert all(people.has_full_grant[r] == (d >= early_2012.day + 70) for r, d in last.items())
    assert set(np.flatnonzero(people.has_full_grant)) <= set(last)


def test_an_activity_requirement_like_any_other_changes_no_event(early_2012):
    without = later(early_2012, weeks=60)
    same = later(
        early_2012,
        weeks=60,
        timeline=only(
            "rehabilitation_activity_requirement",
            early_2012,
            applies_by="sentence_day",
            contact_share=1.0,
            referral_factor=1.0,
        ),
    )
    assert same.people.is_rar.any()
    assert np.array_equal(events(without), events(same))
    assert unlike_weeks(without, same, 60) == set()
    assert set(differing_columns(without, same)) == {"is_rar"}


def test_an_activity_requirement_makes_for_fewer_contacts_and_more_referrals(early_2012):
    def lived_with(**changed):
        settings = {"contact_share": 1.0, "referral_factor": 1.0} | changed
        timeline = only("rehabilitation_activity_requirement", early_2012, applies_by="sentence_day", **settings)
        return later(plenty(early_2012), weeks=52, timeline=timeline)

    same, thin, busy = lived_with(), lived_with(contact_share=0.5), lived_with(referral_factor=2.0)
    assert total(thin, 52, "contacts_due") < 0.95 * total(same, 52, "contacts_due")
    assert total(busy, 52, "help_started", "path=supervision") > 1.2 * total(
        same, 52, "help_started", "path=supervision"
    )
