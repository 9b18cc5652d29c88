"""What the law does with people: on made cases, and in every release and recall of a run."""

from datetime import date

import numpy as np
import pytest

from sim.clock import NEVER, day_of
from sim.events import Event, RecallKind
from sim.imprisonment import imprison, set_post_release
from sim.legal_status import (
    VISIT,
    confine,
    look_again,
    serves_for_life,
    settle_in_community,
)
from sim.offenders import Disposal, OffenceGroup, Rosh, Status
from tests.worlds import on_caseload

SUPERVISED_FROM = day_of(date(2015, 2, 1))
YEAR = 365
TWO_YEARS = 730
PSS_DAYS = 365
"""Twelve months of 30.4375 days."""


@pytest.fixture
def people_of(day_zero):
    """Return a copy of the world of day 0 and five men of thirty who are free in it, with nothing behind them."""
    model = day_zero.fork(day_zero.timeline)
    rows = np.flatnonzero(model.people.status == Status.FREE)[:5]
    people = model.people
    people.birth_day[rows] = -int(30 * 365.25)
    people.offence_group[rows] = OffenceGroup.THEFT
    for column in ("licence_end_day", "pss_end_day", "young_offender_end_day", "order_end_day", "suspended_end_day"):
        getattr(people, column)[rows] = -NEVER
    people.is_supervised_short[rows] = False
    people.is_for_breach[rows] = False
    people.last_sanction_day[rows] = 0
    return model, rows


def sentence(model, rows, day, days, offence_day):
    """Imprison people."""
    n = len(rows)
    imprison(model, rows, np.full(n, day), np.array(days), np.full(n, offence_day))
    return model.people


def release(model, rows, day):
    """Release people on a day, as a first release."""
    n = len(rows)
    set_post_release(model, rows, np.full(n, day))
    settle_in_community(model, rows, np.full(n, day))
    return model.people


def test_half_of_a_sentence_is_served(people_of):
    model, rows = people_of
    people = sentence(model, rows, 100, [30, 61, 364, 730, 3000], 50)
    assert people.conditional_release_day[rows].tolist() == [115, 130, 282, 465, 1600]
    assert people.sentence_end_day[rows].tolist() == [130, 161, 464, 830, 3100]
    assert (people.status[rows] == Status.CUSTODY).all()
    assert (people.offence_bound[rows] == 0).all()


def test_time_on_remand_counts(people_of):
    model, rows = people_of
    confine(model, rows, Status.REMAND, np.full(5, 40), NEVER)
    people = sentence(model, rows, 100, [100, 200, 400, 80, 1000], 30)
    assert people.conditional_release_day[rows].tolist() == [100, 140, 240, 100, 540], (
        "never before the day of sentence"
    )
    assert people.sentence_end_day[rows].tolist() == [140, 240, 440, 120, 1040]


def test_a_sentence_passed_on_a_prisoner_runs_beside_the_first(people_of):
    model, rows = people_of
    sentence(model, rows, 100, [400] * 5, 50)
    people = sentence(model, rows, 150, [100, 300, 500, 700, 2000], 60)
    assert people.sentence_end_day[rows].tolist() == [500, 500, 650, 850, 2150]
    assert people.conditional_release_day[rows].tolist() == [300, 300, 400, 500, 1150]
    assert people.sentence_days[rows].tolist() == [400, 400, 500, 700, 2000]


def test_a_sentence_answers_a_breach_alone_only_if_no_offence_is_served_beside_it(people_of):
    model, rows = people_of
    days = np.full(5, 100)
    imprison(model, rows, days, days, days, is_for_breach=True)
    assert model.people.is_for_breach[rows].all()
    sentence(model, rows[:2], 120, [60, 90], 110)
    imprison(model, rows[2:3], days[:1] + 20, days[:1], days[:1], is_for_breach=True)
    assert model.people.is_for_breach[rows].tolist() == [False, False, True, True, True]
    imprison(model, rows[:1], days[:1] + 40, days[:1], days[:1], is_for_breach=True)
    assert not model.people.is_for_breach[rows[0]], "an offence is still served beside it"


def test_curfew_can_begin_for_terms_of_twelve_weeks_to_four_years_after_a_quarter_and_28_days(people_of):
    model, rows = people_of
    people = sentence(model, rows, 100, [83, 84, 120, 1000, 1461], 50)
    assert people.status_end_day[rows].tolist() == [141, 128, 130, 465, 830]


def test_nobody_goes_home_on_curfew_before_the_day_of_sentence(people_of):
    """Time on remand counts towards the quarter that must be served, but the sentence has to be passed first."""
    model, rows = people_of
    confine(model, rows, Status.REMAND, np.full(5, 10), NEVER)
    people = sentence(model, rows, 100, [200, 250, 400, 500, 700], 5)
    assert (people.status_end_day[rows] >= 100).all()


def test_nobody_goes_home_on_curfew_from_a_sexual_offence(people_of):
    model, rows = people_of
    model.people.offence_group[rows] = OffenceGroup.SEXUAL
    people = sentence(model, rows, 100, [200] * 5, 50)
    assert (people.status_end_day[rows] == people.conditional_release_day[rows]).all()


def test_sentences_of_twelve_months_or_more_end_on_licence_to_sentence_end(people_of):
    model, rows = people_of
    sentence(model, rows, 100, [365, 400, 729, 731, 4000], 50)
    people = release(model, rows, 700)
    assert people.licence_end_day[rows].tolist() == [465, 500, 829, 831, 4100]
    assert people.status[rows].tolist()[2:] == [Status.LICENCE] * 3
    assert (people.pss_end_day[rows] == -NEVER).all()


def test_sentences_under_twelve_months_end_at_the_gate_before_the_reform(people_of):
    model, rows = people_of
    sentence(model, rows, 100, [30, 100, 200, 300, 364], SUPERVISED_FROM - 1)
    people = release(model, rows, 290)
    assert (people.status[rows] == Status.FREE).all()
    assert not people.is_supervised_short[rows].any()
    assert (people.licence_end_day[rows] == -NEVER).all()


def test_people_under_21_are_supervised_for_three_months(people_of):
    model, rows = people_of
    sentence(model, rows, 100, [200, 200, 200, 200, 400], 50)
    model.people.birth_day[rows] = 200 - (np.array([18.1, 20.99, 21.01, 40.0, 19.0]) * 365.25).astype(int)
    people = release(model, rows, 200)
    young = Status.YOUNG_OFFENDER_SUPERVISION
    assert people.status[rows].tolist() == [young, young, Status.FREE, Status.FREE, Status.LICENCE]
    assert people.status_end_day[rows].tolist()[:2] == [200 + 91] * 2
    assert people.young_offender_end_day[rows[4]] == -NEVER


def test_short_sentences_for_offences_on_or_after_the_day_are_supervised_for_twelve_months_in_all(people_of):
    model, rows = people_of
    day = SUPERVISED_FROM + 100
    sentence(model, rows, day, [2, 100, 364, 500, 700], SUPERVISED_FROM)
    people = model.people
    assert people.is_supervised_short[rows].all()
    released = people.conditional_release_day[rows].astype(int)
    set_post_release(model, rows, released)
    settle_in_community(model, rows, released)
    assert (people.status[rows] == Status.LICENCE).all()
    assert people.licence_end_day[rows].tolist() == [day + d for d in (2, 100, 364, 500, 700)]
    assert people.pss_end_day[rows].tolist() == (released + PSS_DAYS).tolist()
    ended = people.licence_end_day[rows].astype(int)
    settle_in_community(model, rows, ended)
    on_pss = people.status[rows] == Status.POST_SENTENCE_SUPERVISION
    assert on_pss.tolist() == [True] * 5
    assert people.status_end_day[rows].tolist() == (released + PSS_DAYS).tolist()


@pytest.mark.parametrize(
    ("days", "offence_day"), [(1, SUPERVISED_FROM), (730, SUPERVISED_FROM), (100, SUPERVISED_FROM - 1)]
)
def test_one_day_two_years_and_older_offences_are_not_supervised_as_short(people_of, days, offence_day):
    model, rows = people_of
    people = sentence(model, rows, SUPERVISED_FROM + 100, [days] * 5, offence_day)
    assert not people.is_supervised_short[rows].any()


def test_the_months_of_supervision_are_the_lever_s_setting(people_of):
    model, rows = people_of
    lever = model.timeline.levers["short_sentence_supervision"]
    model.timeline.levers["short_sentence_supervision"] = type(lever)(
        lever.name, lever.from_day, lever.applies_by, lever.areas, {"total_supervision_months": 6}
    )
    try:
        sentence(model, rows, SUPERVISED_FROM, [100] * 5, SUPERVISED_FROM)
        people = release(model, rows, SUPERVISED_FROM + 50)
        assert (people.pss_end_day[rows] == SUPERVISED_FROM + 50 + 182).all()
    finally:
        model.timeline.levers["short_sentence_supervision"] = lever


def test_licence_comes_before_every_other_supervision_and_curfew_before_licence(people_of):
    model, rows = people_of
    people = model.people
    people.status[rows] = [Status.HOME_DETENTION_CURFEW, Status.FREE, Status.FREE, Status.FREE, Status.FREE]
    people.conditional_release_day[rows] = 50
    ends = np.array([100, 100, -NEVER, -NEVER, -NEVER])
    people.licence_end_day[rows] = ends
    people.pss_end_day[rows] = [200, 200, 200, -NEVER, -NEVER]
    people.young_offender_end_day[rows] = [300, 300, 300, 300, -NEVER]
    people.order_end_day[rows] = 400
    people.order_disposal[rows] = Disposal.SUSPENDED_SENTENCE_ORDER
    settle_in_community(model, rows, np.full(5, 10))
    assert people.status[rows].tolist() == [
        Status.HOME_DETENTION_CURFEW,
        Status.LICENCE,
        Status.POST_SENTENCE_SUPERVISION,
        Status.YOUNG_OFFENDER_SUPERVISION,
        Status.SUSPENDED_SENTENCE_ORDER,
    ]
    assert people.status_end_day[rows].tolist() == [50, 100, 200, 300, 400]
    settle_in_community(model, rows, np.full(5, 400))
    assert (people.status[rows] == Status.FREE).all()


def test_nobody_free_keeps_an_officer(people_of):
    model, rows = people_of
    people = model.people
    people.order_end_day[rows] = 50
    people.order_disposal[rows] = Disposal.COMMUNITY_ORDER
    settle_in_community(model, rows, np.full(5, 10))
    model.officers.caseload[0] += 5
    people.officer[rows] = 0
    loads = model.officers.caseload[0]
    settle_in_community(model, rows, np.full(5, 50))
    assert (people.officer[rows] == -1).all()
    assert model.officers.caseload[0] == loads - 5


def test_who_serves_for_life_is_said(people_of):
    model, rows = people_of
    people = model.people
    people.status[rows] = [Status.INDETERMINATE, Status.RECALLED, Status.RECALLED, Status.CUSTODY, Status.FREE]
    people.licence_end_day[rows] = [0, NEVER, 500, NEVER, NEVER]
    assert serves_for_life(model, rows).tolist() == [True, True, False, False, False]


def test_only_the_hazard_of_people_at_risk_is_worked_out_anew(people_of):
    model, rows = people_of
    bound = model.people.offence_bound
    bound[:] = 7
    bound[rows] = [0, 1, 2, VISIT, 3]
    look_again(model.people, rows[:4])
    assert bound[rows].tolist() == [0, VISIT, VISIT, VISIT, 3]
    assert (np.delete(bound, rows) == 7).all()


def test_prisoners_with_supervision_to_follow_are_on_a_caseload(people_of):
    model, rows = people_of
    people = model.people
    people.status[rows] = [Status.CUSTODY, Status.CUSTODY, Status.CUSTODY, Status.REMAND, Status.INDETERMINATE]
    people.sentence_days[rows] = [364, 365, 100, 400, NEVER]
    people.sentence_end_day[rows] = 10_000
    people.is_supervised_short[rows] = [False, False, True, False, False]
    assert on_caseload(model, rows).tolist() == [False, True, True, False, True]


def test_people_confined_do_not_offend_and_people_settled_are_looked_at(people_of):
    model, rows = people_of
    confine(model, rows, Status.CUSTODY, 3, 50)
    assert (model.people.offence_bound[rows] == 0).all()
    settle_in_community(model, rows, np.full(5, 50))
    assert (model.people.offence_bound[rows] == VISIT).all()


# --- in every release and recall of a run


def has_older_licence(r):
    """Say whether the licence at a release or recall is that of an older sentence."""
    return r.licence_end not in (r.sentence_end, -NEVER)


def test_every_long_sentence_is_followed_by_licence_to_sentence_end(ledger):
    long = [r for r in ledger.released if r.sentence_days >= YEAR]
    assert len(long) > 300
    assert all(r.licence_end >= r.sentence_end for r in long)
    assert np.mean([has_older_licence(r) for r in long]) < 0.1
    assert all(r.pss_end == -NEVER for r in long if r.sentence_days >= TWO_YEARS)


def test_no_short_sentence_is_followed_by_licence_before_the_reform(old_ledger):
    short = [r for r in old_ledger.released if r.sentence_days < YEAR]
    assert len(short) > 1000
    assert all(r.pss_end == -NEVER for r in short)
    assert np.mean([has_older_licence(r) for r in short]) < 0.2
    statuses = {r.status for r in short if not has_older_licence(r)}
    assert Status.LICENCE not in statuses
    assert Status.POST_SENTENCE_SUPERVISION not in statuses
    assert Status.HOME_DETENTION_CURFEW in statuses


def test_the_under_21s_and_no_others_get_young_offenders_supervision(old_ledger):
    short = [r for r in old_ledger.released if r.sentence_days < YEAR]
    young = [r for r in short if r.age < 21]
    assert len(young) > 30
    assert all(r.young_end == r.day + 91 for r in young)
    assert all(r.young_end == -NEVER for r in short if r.age >= 21)


def test_every_supervised_short_sentence_is_followed_by_twelve_months_in_all(ledger):
    supervised = [r for r in ledger.released if r.is_supervised_short and r.sentence_days < TWO_YEARS]
    assert len(supervised) > 300
    assert all(r.licence_end >= r.sentence_end for r in supervised)
    assert all(r.pss_end == r.half_way + PSS_DAYS for r in supervised), "from half-way, curfew or not"
    assert sum(r.day < r.half_way for r in supervised) > 10
    assert min(r.day for r in supervised) > SUPERVISED_FROM


def test_some_years_after_the_reform_every_short_sentence_is_supervised(ledger):
    late = [r for r in ledger.released if 1 < r.sentence_days < YEAR and r.day > day_of(date(2018, 6, 1))]
    assert len(late) > 100
    assert np.mean([r.is_supervised_short for r in late]) > 0.97


def test_nobody_is_released_before_half_way_but_on_curfew(ledger):
    early = [r for r in ledger.released if r.day < r.half_way]
    assert len(early) > 100
    assert {r.status for r in early} == {Status.HOME_DETENTION_CURFEW}
    assert all(r.half_way - r.day <= 135 for r in early)


def test_fixed_term_recalls_last_14_or_28_days_and_never_meet_high_risk(ledger):
    fixed = [r for r in ledger.recalled if r.kind == RecallKind.FIXED_TERM]
    assert len(fixed) > 100
    assert all(r.rosh < Rosh.HIGH for r in fixed)
    for r in (r for r in fixed if r.licence_end < NEVER):
        from_short = r.sentence_days < YEAR and not has_older_licence(r)
        assert r.end == min(r.day + (14 if from_short else 28), r.licence_end)


def test_standard_recalls_end_with_the_sentence_at_the_latest(ledger):
    standard = [r for r in ledger.recalled if r.kind == RecallKind.STANDARD and r.licence_end < NEVER]
    assert len(standard) > 100
    assert all(r.day < r.end <= r.licence_end for r in standard)


def test_curfew_recalls_end_by_the_half_way_day(ledger):
    curfew = [r for r in ledger.recalled if r.kind == RecallKind.CURFEW]
    assert len(curfew) > 5
    assert all(r.day < r.end <= r.half_way for r in curfew)


def test_only_curfew_can_lead_back_to_prison_from_a_short_sentence_before_the_reform(old_ledger):
    short = [r for r in old_ledger.recalled if r.sentence_days < YEAR and not has_older_licence(r)]
    assert {r.kind for r in short} <= {RecallKind.CURFEW}
    assert len(old_ledger.recalled) > 100


def test_a_recall_ends_in_re_release_on_its_day(ledger):
    log = ledger.model.log
    ends = {(int(log.row[k]), int(log.cause_day[k])): int(log.day[k]) for k in log.of(Event.RE_RELEASE)}
    recalled = {(int(log.row[k]), int(log.day[k])) for k in log.of(Event.RECALL)}
    assert set(ends) - recalled == {pair for pair in ends if pair[1] < 0}
    assert len(ends) > 100


def test_people_on_licence_for_life_are_recalled_to_a_day_that_is_still_to_come(ledger, old_ledger):
    """A shorter sentence served since then does not end the recall: the licence is for life."""
    life = [r for book in (ledger, old_ledger) for r in book.recalled if r.licence_end == NEVER]
    assert len(life) > 20
    assert [r for r in life if r.end <= r.day] == []


def test_people_on_licence_for_life_are_never_recalled_for_a_fixed_term(ledger, old_ledger):
    life = [r for book in (ledger, old_ledger) for r in book.recalled if r.licence_end == NEVER]
    assert {RecallKind(r.kind) for r in life} == {RecallKind.STANDARD}


def test_committals_last_fourteen_days_at_most(ledger):
    log = ledger.model.log
    days = log.value[log.of(Event.COMMITTAL)]
    assert len(days) > 5
    assert (days.min(), days.max()) >= (1, 1)
    assert days.max() <= 14
