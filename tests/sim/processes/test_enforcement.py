"""Enforcement: who is listed for recall or breach, what comes of it, and for how long."""

from dataclasses import replace

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK, NEVER
from sim.docket import Stage
from sim.events import BreachOutcome, Event, RecallKind, enforcement_code, kind_of_enforcement
from sim.offenders import IS_ENGAGED, Reason, Rosh, Status
from sim.parameters.register import Register
from sim.processes import enforcement
from tests.twins import watch
from tests.worlds import count, later, since, world

YEAR = 52
ORDERS = (Status.COMMUNITY_ORDER, Status.SUSPENDED_SENTENCE_ORDER)
POST_SENTENCE = Status.POST_SENTENCE_SUPERVISION


def quiet(model, **settings):
    """Return a copy of a world with an empty docket and no failure or charge this week."""
    twin = later(model, weeks=0, **settings)
    twin.docket.keep(np.zeros(len(twin.docket), bool))
    twin.people.enforcement_reason[:] = Reason.NONE
    twin.people.charge_day[:] = -NEVER
    return twin


def with_value(register, key, value):
    """Return a register with a value that its sourced range may forbid."""
    parameter = register.find(key, "a test")
    processes = {p: dict(names) for p, names in register.parameters.items()}
    processes[parameter.process][parameter.name] = replace(parameter, value=value)
    return Register(processes)


def held_in(model, status, number=None, days=400):
    """Return people of a status, whose term has so many days to run and began a month ago."""
    rows = model.people.with_status(status)[:number]
    model.people.status_since_day[rows] = model.day - 30
    model.people.status_end_day[rows] = model.day + days
    return rows


def everyone_in(model, status, **columns):
    """Put everyone into a status, whose term has a year to run; return all rows."""
    people = model.people
    rows = np.arange(len(people))
    people.status[:], model.settled = status, 0
    people.status_since_day[:] = model.day - 30
    people.status_end_day[:] = people.licence_end_day[:] = people.pss_end_day[:] = model.day + 365
    people.rosh[:] = Rosh.LOW
    for name, value in columns.items():
        getattr(people, name)[:] = value
    return rows


def kinds(model, day, event):
    """Return the kinds of recall, or outcomes of breach, from a day on."""
    return kind_of_enforcement(model.log.value[since(model, day, event)])


# --- fixed terms by hand


def test_a_fixed_term_is_14_days_below_twelve_months_and_28_from_there_on(register):
    terms = enforcement._terms(register)
    assert [enforcement.fixed_term_days(terms, days) for days in (1, 364, 365, 3000)] == [14, 14, 28, 28]


# --- what is decided


def decide(model):
    """Decide on this week's failures, whatever has been done to people by hand."""
    model._sort_people()
    enforcement.decide(model)


@pytest.mark.parametrize("status", [Status.LICENCE, Status.HOME_DETENTION_CURFEW])
def test_failures_on_licence_and_curfew_are_listed_for_recall_next_week(mid_2016, status):
    model = quiet(mid_2016)
    rows = held_in(model, status, 5)
    model.people.enforcement_reason[rows] = Reason.NON_COMPLIANCE
    decide(model)
    docket = model.docket
    assert docket.row.tolist() == rows.tolist()
    assert (docket.stage == Stage.RECALL).all()
    assert (docket.code == Reason.NON_COMPLIANCE).all()
    assert docket.day.min() >= model.day + DAYS_PER_WEEK
    assert docket.day.max() < model.day + 2 * DAYS_PER_WEEK


@pytest.mark.parametrize("status", [*ORDERS, POST_SENTENCE])
def test_failures_on_orders_and_post_sentence_supervision_go_to_court(mid_2016, status):
    model = quiet(mid_2016)
    rows = everyone_in(model, status)
    model.people.enforcement_reason[:] = Reason.MISSED_CONTACT
    decide(model)
    docket, p = model.docket, model.register.enforcement
    assert docket.row.tolist() == rows.tolist()
    assert (docket.stage == Stage.BREACH_HEARING).all()
    lag = docket.day - model.day - DAYS_PER_WEEK
    assert lag.min() >= 0
    assert lag.mean() == pytest.approx(p.breach_lag_days - 0.5, rel=0.03)


def test_nothing_is_enforced_against_people_who_are_not_supervised(mid_2016):
    model = quiet(mid_2016)
    inside = model.people.with_status(Status.CUSTODY, Status.RECALLED, Status.REMAND)
    model.people.enforcement_reason[:] = Reason.MISSED_CONTACT
    model.people.charge_day[:] = model.day
    decide(model)
    assert not np.isin(inside, model.docket.row).any()
    assert not (model.people.status[model.docket.row] == Status.FREE).any()
    assert len(model.docket) > 100


def test_a_failure_is_decided_on_once(mid_2016):
    model = quiet(mid_2016)
    model.people.enforcement_reason[IS_ENGAGED[model.people.status]] = Reason.MISSED_CONTACT
    decide(model)
    listed = len(model.docket)
    decide(model)
    assert len(model.docket) == listed > 100
    assert (model.people.enforcement_reason == Reason.NONE).all()


@pytest.mark.parametrize(("chance", "share"), [(0.0, 0), (1.0, 1)])
def test_a_charge_this_week_leads_to_recall_with_its_chance(mid_2016, chance, share):
    model = quiet(mid_2016)
    model.register = with_value(model.register, "enforcement.p_recall_on_charge", chance)
    rows = held_in(model, Status.LICENCE)
    model.people.charge_day[rows] = model.day + 2
    decide(model)
    assert len(model.docket) == share * len(rows)
    assert (model.docket.code == Reason.FURTHER_CHARGE).all()
    assert len(rows) > 100


def test_a_charge_of_last_week_or_on_an_order_leads_to_no_recall(mid_2016):
    model = quiet(mid_2016)
    model.register = with_value(model.register, "enforcement.p_recall_on_charge", 1.0)
    model.people.charge_day[model.people.with_status(*ORDERS)] = model.day
    model.people.charge_day[model.people.with_status(Status.LICENCE)] = model.day - 1
    decide(model)
    assert len(model.docket) == 0


# --- recall


def recall_all(model, rows, days=2, reason=Reason.NON_COMPLIANCE):
    """Recall people on a day of this week."""
    entries = model.docket.add(len(rows), row=rows, day=model.day + days, stage=Stage.RECALL, code=reason)
    enforcement.step(model)
    assert (model.docket.stage[entries] == Stage.DONE).all()
    return model.people


def always_fixed(model, share=1.0):
    """Make recalls of the model fixed-term ones with this chance."""
    series = model.register.enforcement.p_fixed_term
    model.register = with_value(model.register, "enforcement.p_fixed_term", (share,) * len(series))


def test_a_recall_from_an_older_licence_is_not_one_from_the_short_sentence_served_since(mid_2016):
    model = quiet(mid_2016)
    always_fixed(model)
    rows = everyone_in(model, Status.LICENCE)[:2]
    model.people.sentence_days[rows] = 100
    model.people.licence_end_day[rows] = model.day + 300
    model.people.sentence_end_day[rows] = model.day + np.array([300, 20])
    people = recall_all(model, rows)
    assert (people.status_end_day[rows] - model.day).tolist() == [16, 30]
    assert model.log.cause_day[since(model, model.day, Event.RECALL)].tolist() == [1, 0]


def test_a_fixed_term_recall_ends_after_its_term_or_with_the_licence(mid_2016):
    model = quiet(mid_2016)
    always_fixed(model)
    rows = everyone_in(model, Status.LICENCE)[:4]
    model.people.sentence_days[rows] = [300, 300, 800, 800]
    model.people.licence_end_day[rows] = model.day + np.array([300, 10, 300, 29])
    model.people.sentence_end_day[rows] = model.people.licence_end_day[rows]
    people = recall_all(model, rows)
    assert (people.status[rows] == Status.RECALLED).all()
    assert (people.status_since_day[rows] == model.day + 2).all()
    assert (people.status_end_day[rows] - model.day).tolist() == [16, 10, 30, 29]
    assert (kinds(model, model.day, Event.RECALL) == RecallKind.FIXED_TERM).all()
    recalls = since(model, model.day, Event.RECALL)
    assert model.log.cause_day[recalls].tolist() == [1, 1, 0, 0], "whether the sentence is under twelve months"
    assert (model.log.value[recalls] % enforcement_code(1, 0) == Reason.NON_COMPLIANCE).all()


def test_nobody_of_high_risk_or_on_licence_for_life_has_a_fixed_term(mid_2016):
    model = quiet(mid_2016)
    always_fixed(model)
    rows = everyone_in(model, Status.LICENCE)[:4]
    model.people.rosh[rows[:3]] = [Rosh.MEDIUM, Rosh.HIGH, Rosh.VERY_HIGH]
    model.people.licence_end_day[rows[3]] = NEVER
    recall_all(model, rows)
    expected = [RecallKind.FIXED_TERM, RecallKind.STANDARD, RecallKind.STANDARD, RecallKind.STANDARD]
    assert kinds(model, model.day, Event.RECALL).tolist() == expected


def test_a_standard_recall_lasts_its_mean_and_longer_for_life(mid_2016):
    p = mid_2016.register.enforcement
    for licence_end, mean in ((NEVER // 2, p.standard_recall_days), (NEVER, p.indeterminate_recall_days)):
        model = quiet(mid_2016)
        always_fixed(model, 0.0)
        rows = everyone_in(model, Status.LICENCE, licence_end_day=licence_end)
        people = recall_all(model, rows)
        length = people.status_end_day[rows] - model.day - 2
        assert length.mean() == pytest.approx(mean + 0.5, rel=0.03)
        assert length.min() >= 1


def test_a_recall_from_curfew_lasts_until_the_half_way_day(mid_2016):
    model = quiet(mid_2016)
    always_fixed(model)
    rows = everyone_in(model, Status.HOME_DETENTION_CURFEW)[:3]
    model.people.conditional_release_day[rows] = model.day + np.array([20, 60, 100])
    people = recall_all(model, rows, reason=Reason.CURFEW)
    assert (people.status_end_day[rows] - model.day).tolist() == [20, 60, 100]
    assert (kinds(model, model.day, Event.RECALL) == RecallKind.CURFEW).all()


def test_nobody_is_recalled_whose_licence_is_over_or_has_not_begun_or_who_is_not_on_licence(mid_2016):
    model = quiet(mid_2016)
    rows = everyone_in(model, Status.LICENCE)[:4]
    people = model.people
    people.status_end_day[rows[0]] = model.day + 2
    people.status_since_day[rows[1]] = model.day + 3
    people.status[rows[2]] = Status.FREE
    recall_all(model, rows)
    assert model.log.row[since(model, model.day, Event.RECALL)].tolist() == [rows[3]]
    assert people.with_status(Status.RECALLED).tolist() == [rows[3]]


def test_a_second_enforcement_of_one_person_in_a_week_falls_away(mid_2016):
    model = quiet(mid_2016)
    rows = held_in(model, Status.LICENCE, 1)
    model.people.licence_end_day[rows] = model.day + 400
    recall_all(model, np.repeat(rows, 2), days=np.array([4, 1]))
    assert model.log.day[since(model, model.day, Event.RECALL)].tolist() == [model.day + 1]


# --- breach


def breach_all(model, status, shares=None, **columns):
    """Bring everyone before the court for breach of a status; return the outcomes."""
    rows = everyone_in(model, status, **columns)
    key = {
        Status.COMMUNITY_ORDER: "community_order_breach",
        Status.SUSPENDED_SENTENCE_ORDER: "suspended_order_breach",
    }.get(status, "post_sentence_breach")
    if shares is not None:
        model.register = model.register.with_setting(f"enforcement.{key}", str(shares))
    reason = Reason.MISSED_CONTACT
    entries = model.docket.add(len(rows), row=rows, day=model.day + 1, stage=Stage.BREACH_HEARING, code=reason)
    enforcement.hear_breaches(model, entries)
    return kinds(model, model.day, Event.BREACH)


def certain(outcome):
    """Return shares under which a breach has one outcome."""
    return [float(o == outcome) for o in BreachOutcome]


@pytest.mark.parametrize("status", [*ORDERS, POST_SENTENCE, Status.YOUNG_OFFENDER_SUPERVISION])
def test_breaches_of_each_status_have_its_own_outcomes(mid_2016, status):
    model = quiet(mid_2016)
    p = model.register.enforcement
    shares = {ORDERS[0]: p.community_order_breach, ORDERS[1]: p.suspended_order_breach}
    outcomes = breach_all(model, status, young_offender_end_day=model.day + 90)
    found = np.bincount(outcomes, minlength=len(BreachOutcome)) / len(outcomes)
    assert found == pytest.approx(shares.get(status, p.post_sentence_breach), abs=0.015)
    assert len(outcomes) == len(model.people)


@pytest.mark.parametrize("outcome", [BreachOutcome.CONTINUED, BreachOutcome.FINE, BreachOutcome.DEFAULT_ORDER])
def test_an_order_goes_on_after_a_warning_a_fine_or_a_default_order(mid_2016, outcome):
    model = quiet(mid_2016)
    breach_all(model, POST_SENTENCE, certain(outcome))
    assert (model.people.status == POST_SENTENCE).all()
    assert (model.people.status_end_day == model.day + 365).all()


def test_a_committal_is_for_a_fortnight_at_most_and_supervision_goes_on_after_it(mid_2016):
    model = quiet(mid_2016)
    breach_all(model, POST_SENTENCE, certain(BreachOutcome.COMMITTAL))
    people = model.people
    days = people.status_end_day - people.status_since_day
    assert (people.status == Status.COMMITTAL).all()
    assert np.unique(days).tolist() == list(range(1, 15))
    assert (people.pss_end_day == model.day + 365).all()
    assert np.array_equal(model.log.value[since(model, model.day, Event.COMMITTAL)], days)


def test_a_revoked_community_order_becomes_the_custody_of_the_register(mid_2016):
    model = quiet(mid_2016, enforcement__resentence_days=120)
    breach_all(model, Status.COMMUNITY_ORDER, certain(BreachOutcome.REVOKED_CUSTODY), licence_end_day=-NEVER)
    people = model.people
    assert (people.status == Status.CUSTODY).all()
    assert (people.sentence_days == 120).all()
    assert (people.conditional_release_day == model.day + 1 + 60).all()


def test_a_revoked_suspended_sentence_is_served(mid_2016):
    model = quiet(mid_2016)
    people = model.people
    held = 60 + np.arange(len(people)) % 5
    breach_all(
        model,
        Status.SUSPENDED_SENTENCE_ORDER,
        certain(BreachOutcome.REVOKED_CUSTODY),
        licence_end_day=-NEVER,
        suspended_days=held,
        suspended_end_day=model.day + 500,
    )
    assert np.array_equal(people.sentence_days, held)
    assert (people.suspended_end_day < 0).all(), "nothing is left to activate"


def test_a_revocation_to_another_sentence_ends_supervision_on_the_day(mid_2016):
    model = quiet(mid_2016)
    ends = {"licence_end_day": -NEVER, "young_offender_end_day": -NEVER, "order_end_day": model.day + 300}
    rows = everyone_in(model, Status.COMMUNITY_ORDER, pss_end_day=-NEVER, **ends)
    enforcement.revoke(
        model,
        rows[:50],
        np.full(50, model.day + 1),
        np.full(50, BreachOutcome.REVOKED_OTHER),
        model.people.status[rows[:50]],
    )
    people = model.people
    assert (people.status[:50] == Status.FREE).all()
    assert (people.order_end_day[:50] == model.day + 1).all()
    assert (people.officer[:50] == -1).all()
    assert (people.status[50:] == Status.COMMUNITY_ORDER).all()


def test_the_court_deals_with_nobody_whose_order_is_over_or_who_is_on_licence(mid_2016):
    model = quiet(mid_2016)
    rows = everyone_in(model, Status.COMMUNITY_ORDER)
    people = model.people
    people.status_end_day[rows[0]] = model.day + 1
    people.status_since_day[rows[1]] = model.day + 2
    people.status[rows[2:5]] = [Status.FREE, Status.LICENCE, Status.CUSTODY]
    entries = model.docket.add(6, row=rows[:6], day=model.day + 1, stage=Stage.BREACH_HEARING)
    enforcement.hear_breaches(model, entries)
    assert model.log.row[since(model, model.day, Event.BREACH)].tolist() == [rows[5]]


# --- direction and absence in a world that lives


def test_a_higher_chance_on_charge_raises_recalls(mid_2016):
    runs = [later(mid_2016, weeks=YEAR, enforcement__p_recall_on_charge=p) for p in (0.1, 0.8)]
    recalls = [count(m, mid_2016.day, Event.RECALL) for m in runs]
    assert recalls[1] > 1.15 * recalls[0]


def test_nobody_is_recalled_for_a_charge_where_the_chance_is_0(mid_2016):
    for chance in (0.0, 1.0):
        model = quiet(mid_2016)
        model.register = with_value(model.register, "enforcement.p_recall_on_charge", chance)
        model = later(model, weeks=26)
        recalls = since(model, mid_2016.day, Event.RECALL)
        for_charge = model.log.value[recalls] % enforcement_code(1, 0) == Reason.FURTHER_CHARGE
        assert for_charge.any() == (chance > 0)
        assert not for_charge.all()


def time_recalled(model, day):
    """Return the mean length of recalls that ended with re-release, and how many are in prison on recall."""
    found = since(model, day, Event.RE_RELEASE)
    log = model.log
    return (log.day[found] - log.cause_day[found]).mean(), len(model.people.with_status(Status.RECALLED))


def test_more_fixed_terms_shorten_the_time_recalled(mid_2016):
    years = len(mid_2016.register.enforcement.p_fixed_term)
    runs = [later(mid_2016, weeks=3 * YEAR, enforcement__p_fixed_term=[share] * years) for share in (0.1, 0.8)]
    long, short = (time_recalled(m, mid_2016.day + 182) for m in runs)
    assert short[0] < 0.8 * long[0]
    assert short[1] < long[1]


def test_longer_standard_recalls_raise_the_recall_population(mid_2016):
    runs = [later(mid_2016, weeks=3 * YEAR, enforcement__standard_recall_days=d) for d in (90, 400)]
    stock = [m.weekly.series("recall_population")[-YEAR:].mean() for m in runs]
    assert stock[1] > 1.25 * stock[0]


def test_a_higher_share_of_committals_raises_committals_and_none_makes_none(mid_2016):
    found = [
        count(later(mid_2016, weeks=2 * YEAR, enforcement__post_sentence_breach=shares), mid_2016.day, Event.COMMITTAL)
        for shares in ([0.5, 0.5, 0, 0, 0, 0], [0.4, 0.4, 0, 0.2, 0, 0], [0.1, 0.1, 0, 0.8, 0, 0])
    ]
    assert found[0] == 0
    assert found[2] > 2 * found[1] > 0


def test_a_longer_way_to_court_delays_breach(mid_2016):
    lists = []
    for days in (10, 60):
        model = quiet(mid_2016, enforcement__breach_lag_days=days)
        model.people.enforcement_reason[model.people.with_status(*ORDERS)] = Reason.MISSED_CONTACT
        decide(model)
        lists.append(model.docket.day.astype(int))
    assert (lists[1] >= lists[0]).all()
    assert (lists[1] - lists[0]).mean() > 30


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = world(scale=0.01, seed=5)
    calls = watch(monkeypatch, enforcement)
    for _ in range(8):
        model.people.enforcement_reason[::2] = Reason.MISSED_CONTACT
        model.step()
    assert len(calls) > 0 < min(calls.values())
    assert count(model, 0, Event.RECALL) > 3
