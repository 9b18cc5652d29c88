"""Courts: disposal by offence and history, length, activation of suspended sentences, and who goes home."""

import math

import numpy as np
import pytest

from sim import sentencing
from sim.clock import NEVER
from sim.docket import Stage
from sim.events import Event, occasion_code, unpack_occasion
from sim.offenders import Disposal, OffenceGroup, Provider, Status, band_of
from sim.processes import courts
from tests.sim.processes.alone import (
    YEAR_WEEKS,
    alone,
    at_both_ends,
    copy_of,
    free_people,
    nobody_supervises,
    with_officer,
    with_raw,
)
from tests.twins import watch
from tests.worlds import later, since, world


@pytest.fixture
def court(mid_2016):
    """A copy of the world of 2016 with empty court lists; no life sentences, no suspended ones without requirements,
    none that is served when it is passed."""
    never = (0.0,) * len(mid_2016.register.courts.indeterminate_factor)
    model = with_raw(
        mid_2016, courts__p_no_requirements=0.0, courts__indeterminate_factor=never, courts__p_served_already=0.0
    )
    model.docket.keep(np.empty(0, np.int64))
    return model


def list_cases(model, rows, *, offence_day=-40, day=2, group=OffenceGroup.THEFT):
    """List a hearing for each of these people on a day of this week; days count from its Monday."""
    model.docket.add(
        len(rows),
        day=model.day + np.asarray(day),
        stage=Stage.HEARING,
        row=rows,
        offence_day=model.day + np.asarray(offence_day),
        code=occasion_code(group, 1),
    )
    np.add.at(model.people.pending_cases, rows, 1)


def sentenced_to(monkeypatch, model, *disposals):
    """Hear this week's cases, each person in turn sentenced to the next of these disposals, or all to the only one."""

    def chosen(_, rows, *__):
        return np.resize(np.array(disposals, np.int64), len(rows))

    with monkeypatch.context() as patch:
        patch.setattr(courts, "choose_disposal", chosen)
        return alone(model, courts).people


def logged(model, *kinds):
    """Return the values of this week's events of these kinds."""
    return model.log.value[since(model, model.day, *kinds)].tolist()


def convictions(model, kind):
    """Return this week's convictions of a kind as (day, offence day, group, disposal); days count from its Monday."""
    found, log = since(model, model.day, kind), model.log
    group, _, disposal = unpack_occasion(log.value[found])
    days = (log.day[found] - model.day, log.cause_day[found] - model.day)
    return [*zip(*(x.tolist() for x in (*days, group, disposal)), strict=True)]


def expit(x):
    """Return the probability of log-odds."""
    return 1 / (1 + math.exp(-x))


def logit(p):
    """Return the log-odds of a probability."""
    return math.log(p / (1 - p))


# --- the disposal


def disposals(model, group=OffenceGroup.THEFT, *, is_female=False, sanctions=20, is_from_custody=False, ogrs3=0.5):
    """Return what everyone would be given as a person of one cell of the published table."""
    people, rows = model.people, np.arange(len(model.people))
    people.is_female[:], people.sanctions[:] = is_female, sanctions
    people.is_from_custody[:], people.ogrs3[:] = is_from_custody, ogrs3
    return courts.choose_disposal(model, rows, rows, np.full(len(rows), group))


def plain(model):
    """Return a copy of a world in which the table alone decides."""
    return with_raw(model, courts__custody_again=0.0, courts__community_order_slope=0.0)


def shares_of(given):
    """Return the shares of disposals in court, shape (7,); nobody is cautioned there."""
    counts = np.bincount(given, minlength=len(Disposal))
    assert counts[Disposal.CAUTION] == 0
    return counts[1:] / len(given)


def published_shares(year, group, is_female, sanctions):
    """Return the published shares of disposals in court, cautions left out, shape (7,)."""
    table = sentencing.occasions()[year - 2014, group, int(is_female), band_of(np.array([sanctions]))[0], 1:]
    assert table.sum() > 1000, "a thin cell leans on both sexes together"
    return table / table.sum()


CELLS = [
    (OffenceGroup.THEFT, False, 20),
    (OffenceGroup.THEFT, True, 4),
    (OffenceGroup.VIOLENCE, False, 0),
    (OffenceGroup.DRUGS, False, 8),
    (OffenceGroup.SUMMARY_MOTORING, True, 0),
]


@pytest.mark.parametrize(("group", "is_female", "sanctions"), CELLS)
def test_disposals_have_the_published_shares_of_the_year(mid_2016, group, is_female, sanctions):
    found = shares_of(disposals(plain(mid_2016), group, is_female=is_female, sanctions=sanctions))
    assert found == pytest.approx(published_shares(2016, group, is_female, sanctions), abs=0.015)


def test_before_2014_the_table_of_2014_holds(early_2012):
    expected = published_shares(2014, OffenceGroup.THEFT, False, 20)
    assert shares_of(disposals(plain(early_2012))) == pytest.approx(expected, abs=0.015)
    assert np.abs(expected - published_shares(2016, OffenceGroup.THEFT, False, 20)).max() > 0.02


def custody_by_origin(model, log_odds):
    """Return who would be given custody if nobody, and if everyone, came from custody."""
    changed = with_raw(plain(model), courts__custody_again=log_odds)
    return [disposals(changed, is_from_custody=origin) for origin in (False, True)]


def test_custody_is_likelier_after_custody_by_what_the_log_odds_say(mid_2016):
    model, log_odds = copy_of(mid_2016), 1.2
    share = published_shares(2016, OffenceGroup.THEFT, False, 20)[-1]
    centre = model.register.courts.centre_from_custody
    fresh, again = ((d == Disposal.CUSTODY).mean() for d in custody_by_origin(model, log_odds))
    assert fresh == pytest.approx(expit(logit(share) - log_odds * centre), abs=0.015)
    assert again == pytest.approx(expit(logit(share) + log_odds * (1 - centre)), abs=0.015)
    assert again > fresh + 0.1


def test_nobody_is_dealt_with_more_lightly_for_coming_from_custody(mid_2016):
    fresh, again = custody_by_origin(copy_of(mid_2016), 1.2)
    assert (again >= fresh).all()
    assert (again > fresh).any()


def test_where_origin_does_not_count_it_changes_nobody_s_disposal(mid_2016):
    fresh, again = custody_by_origin(copy_of(mid_2016), 0.0)
    assert np.array_equal(fresh, again)


def orders_by_ogrs3(model, slope):
    """Return everyone's disposals at a low and at a high OGRS3, at a slope of community orders."""
    changed = with_raw(plain(model), courts__community_order_slope=slope)
    return [disposals(changed, ogrs3=ogrs3) for ogrs3 in (0.2, 0.9)]


def test_of_orders_the_community_order_is_likelier_for_the_prolific_by_what_the_slope_says(mid_2016):
    shares, slope = published_shares(2016, OffenceGroup.THEFT, False, 20), 2.0
    community, suspended = shares[Disposal.COMMUNITY_ORDER - 1], shares[Disposal.SUSPENDED_SENTENCE_ORDER - 1]
    centre = mid_2016.register.courts.centre_ogrs3_orders
    for given, ogrs3 in zip(orders_by_ogrs3(mid_2016, slope), (0.2, 0.9), strict=True):
        orders = np.isin(given, courts.ORDERS)
        found = (given[orders] == Disposal.COMMUNITY_ORDER).mean()
        log_odds = math.log(community / suspended) + slope * (ogrs3 - centre)
        assert found == pytest.approx(expit(log_odds), abs=0.03)


def test_likelihood_moves_people_between_orders_alone(mid_2016):
    low, high = orders_by_ogrs3(mid_2016, 2.0)
    moved = low != high
    assert moved.any()
    assert (low[moved] == Disposal.SUSPENDED_SENTENCE_ORDER).all()
    assert (high[moved] == Disposal.COMMUNITY_ORDER).all()


def test_without_a_slope_likelihood_changes_nobody_s_order(mid_2016):
    low, high = orders_by_ogrs3(mid_2016, 0.0)
    assert np.array_equal(low, high)


# --- the hearing


def test_a_conviction_is_one_more_sanction_for_the_offence_of_the_case(court, monkeypatch):
    rows = free_people(court, 1, sanctions=3, last_sanction_day=0, is_last_caution=True)
    list_cases(court, rows, group=OffenceGroup.FRAUD)
    people, day = sentenced_to(monkeypatch, court, Disposal.FINE), court.day
    assert people.sanctions[rows].tolist() == [4]
    assert people.last_sanction_day[rows].tolist() == [day + 2]
    assert people.offence_day[rows].tolist() == [day - 40]
    assert people.offence_group[rows].tolist() == [OffenceGroup.FRAUD]
    assert people.last_disposal[rows].tolist() == [Disposal.FINE]
    assert not people.is_last_caution[rows].any()
    assert people.pending_cases[rows].tolist() == [0]
    assert (court.docket.stage == Stage.DONE).all()


def test_cases_of_one_person_in_one_week_are_one_occasion_on_the_first_day(court, monkeypatch):
    rows = free_people(court, 1, sanctions=3)
    list_cases(court, rows, day=5, offence_day=-90, group=OffenceGroup.FRAUD)
    list_cases(court, rows, day=1, offence_day=-40, group=OffenceGroup.THEFT)
    people = sentenced_to(monkeypatch, court, Disposal.FINE)
    assert people.sanctions[rows].tolist() == [4]
    assert people.pending_cases[rows].tolist() == [0]
    assert convictions(court, Event.CONVICTION) == [(1, -40, OffenceGroup.THEFT, Disposal.FINE)]
    assert convictions(court, Event.JOINED_CONVICTION) == [(1, -90, OffenceGroup.FRAUD, Disposal.FINE)]


def test_cases_of_next_week_wait(court, monkeypatch):
    rows = free_people(court, 2, sanctions=3)
    list_cases(court, rows, day=[6, 7])
    people = sentenced_to(monkeypatch, court, Disposal.FINE)
    assert people.sanctions[rows].tolist() == [4, 3]
    assert people.pending_cases[rows].tolist() == [0, 1]


def test_a_case_of_someone_who_comes_out_later_in_the_week_is_heard_on_that_day(court, monkeypatch):
    rows = free_people(court, 1, status=Status.LICENCE, status_since_day=court.day + 5)
    list_cases(court, rows, day=2)
    people = sentenced_to(monkeypatch, court, Disposal.CUSTODY)
    assert people.status_since_day[rows].tolist() == people.last_sanction_day[rows].tolist() == [court.day + 5]


@pytest.mark.parametrize(
    ("disposal", "status"),
    [
        (Disposal.FINE, Status.FREE),
        (Disposal.COMMUNITY_ORDER, Status.COMMUNITY_ORDER),
        (Disposal.SUSPENDED_SENTENCE_ORDER, Status.SUSPENDED_SENTENCE_ORDER),
    ],
)
@pytest.mark.parametrize("before", [Status.FREE, Status.REMAND])
def test_whoever_is_not_sentenced_to_custody_leaves_court_at_liberty(court, monkeypatch, disposal, status, before):
    rows = free_people(court, 1, status=before, status_since_day=court.day - 30)
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, disposal)
    assert people.status[rows].tolist() == [status]
    assert people.follow_up_day[rows].tolist() == [court.day + 2]
    assert not people.is_from_custody[rows].any()
    assert (court.index_log.row[-1], court.index_log.disposal[-1]) == (rows[0], disposal)


def test_custody_is_begun_and_followed_up_on_release_only(court, monkeypatch):
    rows, before = free_people(court, 20), len(court.index_log)
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, Disposal.CUSTODY)
    assert (people.status[rows] == Status.CUSTODY).all()
    assert (people.sentence_days[rows] >= court.register.courts.shortest_sentence_days).all()
    assert len(set(people.sentence_days[rows].tolist())) > 10
    assert sorted(logged(court, Event.CUSTODY_START)) == sorted(people.sentence_days[rows].tolist())
    assert len(court.index_log) == before


def test_violence_with_a_long_sentence_is_for_mappa_and_with_a_short_one_is_not(court, monkeypatch):
    rows = free_people(court, 60, is_mappa=False)
    list_cases(court, rows, group=OffenceGroup.VIOLENCE)
    people = sentenced_to(monkeypatch, court, Disposal.CUSTODY)
    long = people.sentence_days[rows] >= 365
    assert 5 < long.sum() < 55
    assert np.array_equal(people.is_mappa[rows], long)


def test_an_order_passed_on_a_prisoner_lets_nobody_out_and_begins_no_follow_up(court, monkeypatch):
    rows, before = free_people(court, 1, status=Status.CUSTODY, status_end_day=court.day + 50), len(court.index_log)
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, Disposal.COMMUNITY_ORDER)
    assert people.status[rows].tolist() == [Status.CUSTODY]
    assert (people.order_end_day[rows] > court.day).all()
    assert len(court.index_log) == before


def test_an_order_never_cuts_a_longer_one_short(court, monkeypatch):
    rows = free_people(court, 1, status=Status.COMMUNITY_ORDER, order_disposal=Disposal.COMMUNITY_ORDER)
    court.people.order_end_day[rows] = court.people.status_end_day[rows] = court.day + 5000
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, Disposal.COMMUNITY_ORDER)
    assert people.order_end_day[rows].tolist() == people.status_end_day[rows].tolist() == [court.day + 5000]


def test_order_lengths_are_those_of_the_register(court, monkeypatch):
    rows = free_people(court, 600)
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, Disposal.COMMUNITY_ORDER)
    months = np.round((people.order_end_day[rows] - court.day - 2) / (365.25 / 12)).astype(int)
    p = court.register.courts
    shares = [(months == m).mean() for m in p.community_order_months]
    assert shares == pytest.approx(p.community_order_share, abs=0.08)
    assert sorted(logged(court, Event.ORDER_START)) == sorted((people.order_end_day[rows] - court.day - 2).tolist())


def test_of_two_orders_the_one_that_ends_last_supervises(court, monkeypatch):
    rows = free_people(
        court, 1, status=Status.SUSPENDED_SENTENCE_ORDER, order_disposal=Disposal.SUSPENDED_SENTENCE_ORDER
    )
    court.people.order_end_day[rows] = court.people.status_end_day[rows] = court.day + 5000
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, Disposal.COMMUNITY_ORDER)
    assert people.order_disposal[rows].tolist() == [Disposal.SUSPENDED_SENTENCE_ORDER]
    assert people.status[rows].tolist() == [Status.SUSPENDED_SENTENCE_ORDER]


# --- sentences served when they are passed


@pytest.mark.parametrize("before", [Status.FREE, Status.LICENCE, Status.REMAND])
def test_whose_short_sentence_is_served_goes_home_and_enters_no_cohort(court, monkeypatch, before):
    model = with_raw(court, courts__p_served_already=1.0)
    rows = free_people(model, 40, status=before, status_since_day=model.day - 30, is_mappa=False)
    if before == Status.LICENCE:
        model.people.licence_end_day[rows] = model.people.status_end_day[rows] = model.day + 500
    cohort = len(model.index_log)
    list_cases(model, rows, group=OffenceGroup.VIOLENCE)
    people = sentenced_to(monkeypatch, model, Disposal.CUSTODY)
    served = np.isin(rows, model.log.row[since(model, model.day, Event.SERVED_ALREADY)])
    assert 5 < served.sum() < 35, "long sentences begin"
    assert (people.status[rows[~served]] == Status.CUSTODY).all()
    assert (people.sentence_days[rows[~served]] >= 365).all()
    assert (people.status[rows[served]] == (Status.LICENCE if before == Status.LICENCE else Status.FREE)).all()
    assert not people.is_mappa[rows[served]].any()
    assert (people.sanctions[rows] > 0).all()
    assert (people.follow_up_day[rows[served]] == model.day + 2).all()
    assert people.is_from_custody[rows[served]].all()
    assert max(logged(model, Event.SERVED_ALREADY)) < 365 <= min(logged(model, Event.CUSTODY_START))
    assert len(model.index_log) == cohort


def test_a_short_sentence_passed_in_prison_runs_beside_the_one_being_served(court, monkeypatch):
    model = with_raw(court, courts__p_served_already=1.0)
    rows = free_people(model, 20, status=Status.CUSTODY, status_end_day=model.day + 50)
    list_cases(model, rows)
    people = sentenced_to(monkeypatch, model, Disposal.CUSTODY)
    assert (people.status[rows] == Status.CUSTODY).all()
    assert logged(model, Event.SERVED_ALREADY) == []


def test_with_a_suspended_sentence_activated_the_two_together_are_short_or_not(court, monkeypatch):
    model = with_raw(court, courts__p_served_already=1.0)
    rows = free_people(model, 40, suspended_days=365, suspended_end_day=model.day)
    model, found = activated(monkeypatch, model, rows, Disposal.CUSTODY)
    assert found == rows.tolist()
    assert (model.people.status[rows] == Status.CUSTODY).all()


def begun(model, day):
    """Count the sentences begun in prison since a day."""
    return len(since(model, day, Event.CUSTODY_START))


def test_the_more_are_served_when_passed_the_fewer_begin(mid_2016):
    low, high = at_both_ends(mid_2016, "courts.p_served_already", begun)
    assert low > 1.1 * high > 0


def test_where_none_is_served_when_passed_all_begin(mid_2016):
    never = later(with_raw(mid_2016, courts__p_served_already=0.0), weeks=YEAR_WEEKS)
    some = later(mid_2016, weeks=YEAR_WEEKS)
    assert len(since(never, mid_2016.day, Event.SERVED_ALREADY)) == 0
    share = len(since(some, mid_2016.day, Event.SERVED_ALREADY)) / begun(never, mid_2016.day)
    assert 0.1 < share < 0.4


# --- suspended sentences


def test_a_suspended_sentence_without_requirements_is_not_supervised(court, monkeypatch):
    model = with_raw(court, courts__p_no_requirements=1.0)
    rows = free_people(model, 1)
    list_cases(model, rows)
    people = sentenced_to(monkeypatch, model, Disposal.SUSPENDED_SENTENCE_ORDER)
    assert people.status[rows].tolist() == [Status.FREE]
    assert (people.suspended_end_day[rows] > model.day + 100).all()
    assert people.suspended_days[rows].tolist() == [model.register.courts.suspended_custody_days]
    assert model.index_log.disposal[-1] == Disposal.OTHER
    assert logged(model, Event.ORDER_START) == []


def activated(monkeypatch, model, rows, disposal=Disposal.FINE, **case):
    """Hear cases with activation certain; return who had a suspended sentence activated."""
    model = with_raw(model, courts__p_activation=1.0, courts__p_activation_alone=1.0)
    list_cases(model, rows, **case)
    sentenced_to(monkeypatch, model, disposal)
    return model, model.log.row[since(model, model.day, Event.SUSPENDED_SENTENCE_ACTIVATED)].tolist()


def test_a_suspended_sentence_is_activated_for_an_offence_within_its_operational_period_alone(court, monkeypatch):
    day = court.day
    rows = free_people(court, 3, suspended_days=120, last_sanction_day=day - 200)
    court.people.suspended_end_day[rows] = [day - 39, day - 40, -NEVER]
    model, found = activated(monkeypatch, court, rows, offence_day=-40)
    assert found == rows[:1].tolist()
    assert model.people.status[rows].tolist() == [Status.CUSTODY, Status.FREE, Status.FREE]
    assert model.people.sentence_days[rows[0]] == 120
    assert model.people.suspended_end_day[rows[0]] == -NEVER
    assert logged(model, Event.SUSPENDED_SENTENCE_ACTIVATED) == logged(model, Event.CUSTODY_START) == [120]


def test_no_suspended_sentence_is_activated_for_an_offence_before_it_was_passed(court, monkeypatch):
    """Two offences wait for court: the first hearing ends in a suspended sentence, the second in a fine."""
    rows = free_people(court, 1)
    list_cases(court, rows, offence_day=-30)
    sentenced_to(monkeypatch, court, Disposal.SUSPENDED_SENTENCE_ORDER)
    court.week += 1
    _, found = activated(monkeypatch, court, rows, offence_day=-60)
    assert found == []


def test_people_who_serve_for_life_have_nothing_activated(court, monkeypatch):
    rows = free_people(court, 1, status=Status.INDETERMINATE, suspended_end_day=court.day, suspended_days=120)
    _, found = activated(monkeypatch, court, rows)
    assert found == []


def test_an_activated_sentence_is_served_after_that_for_the_new_offence(court, monkeypatch):
    rows = free_people(court, 40, suspended_days=120)
    without, with_it = copy_of(court), copy_of(court)
    with_it.people.suspended_end_day[rows] = court.day
    new, found = activated(monkeypatch, without, rows, Disposal.CUSTODY)
    both, found_with_it = activated(monkeypatch, with_it, rows, Disposal.CUSTODY)
    assert (found, found_with_it) == ([], rows.tolist())
    assert np.array_equal(both.people.sentence_days[rows], new.people.sentence_days[rows] + 120)
    assert len(logged(both, Event.CUSTODY_START)) == len(rows)


def test_time_on_remand_counts_where_a_suspended_sentence_is_activated_too(court, monkeypatch):
    remanded = court.day - 30
    rows = free_people(court, 30, status=Status.REMAND, status_since_day=remanded, suspended_days=20)
    court.people.suspended_end_day[rows] = court.day
    model, found = activated(monkeypatch, court, rows, Disposal.CUSTODY)
    half_way = remanded + model.people.sentence_days[rows] // 2
    assert found == rows.tolist()
    assert np.array_equal(model.people.conditional_release_day[rows], np.maximum(half_way, model.day + 2))


def test_activation_beside_custody_and_alone_have_chances_of_their_own(court, monkeypatch):
    rows = free_people(court, 2000, suspended_end_day=court.day, suspended_days=120)
    model = with_raw(court, courts__p_activation=0.7, courts__p_activation_alone=0.2)
    list_cases(model, rows)
    people = sentenced_to(monkeypatch, model, Disposal.CUSTODY, Disposal.FINE)
    found = np.isin(rows, model.log.row[since(model, model.day, Event.SUSPENDED_SENTENCE_ACTIVATED)])
    custody = people.last_disposal[rows] == Disposal.CUSTODY
    assert [found[custody].mean(), found[~custody].mean()] == pytest.approx([0.7, 0.2], abs=0.05)
    assert np.array_equal(people.status[rows[~custody]] == Status.CUSTODY, found[~custody])


def activations(model, day):
    """Count suspended sentences activated since a day."""
    return len(since(model, day, Event.SUSPENDED_SENTENCE_ACTIVATED))


def days_activated(model, day):
    """Sum the days of the suspended sentences activated since a day."""
    return model.log.value[since(model, day, Event.SUSPENDED_SENTENCE_ACTIVATED)].sum()


def suspended_orders(model, day):
    """Count the beginnings of supervision under suspended sentence orders since a day."""
    began = model.log.value[since(model, day, Event.SUPERVISION_START)]
    return int((began == Status.SUSPENDED_SENTENCE_ORDER).sum())


def on_community_orders(model, day):
    """Count the people on community orders."""
    return int((model.people.status == Status.COMMUNITY_ORDER).sum())


@pytest.mark.parametrize(
    ("name", "measure", "rise"),
    [
        ("p_activation", activations, 1.2),
        ("p_activation_alone", activations, 1.4),
        ("suspended_custody_days", days_activated, 1.1),
        ("community_order_months", on_community_orders, 1.4),
    ],
)
def test_what_is_raised_raises_activations_or_orders(mid_2016, name, measure, rise):
    beside_custody_alone = with_raw(mid_2016, courts__p_activation_alone=0.0)
    low, high = at_both_ends(beside_custody_alone, f"courts.{name}", measure, weeks=2 * YEAR_WEEKS)
    assert high > rise * low > 0


def test_more_suspended_sentences_without_requirements_mean_fewer_under_supervision(mid_2016):
    low, high = at_both_ends(mid_2016, "courts.p_no_requirements", suspended_orders)
    assert low > 1.3 * high > 0


def test_where_courts_activate_nothing_nothing_is_activated(mid_2016):
    never = with_raw(mid_2016, courts__p_activation=0.0, courts__p_activation_alone=0.0)
    assert activations(later(never, weeks=YEAR_WEEKS), mid_2016.day) == 0
    assert activations(later(mid_2016, weeks=YEAR_WEEKS), mid_2016.day) > 5


# --- sentences for life


def life_sentences(monkeypatch, court, factor, n=3000):
    """Count sentences for life of people sentenced to custody for violence, at a factor on the published ones."""
    factors = (factor,) * len(court.register.courts.indeterminate_factor)
    model = with_raw(court, courts__indeterminate_factor=factors)
    rows = free_people(model, n)
    list_cases(model, rows, group=OffenceGroup.VIOLENCE)
    people = sentenced_to(monkeypatch, model, Disposal.CUSTODY)
    return int((people.status[rows] == Status.INDETERMINATE).sum())


def test_sentences_for_life_rise_with_their_factor_and_are_none_at_zero(court, monkeypatch):
    none, some, more = (life_sentences(monkeypatch, court, factor) for factor in (0.0, 1.0, 4.0))
    assert none == 0
    assert more > 2 * some > 10


def to_life(model, rows):
    """Sentence people to life today."""
    day = np.full(len(rows), model.day)
    courts.sentence_to_life(model, rows, day, day - 40)
    return model.people


def test_the_years_served_for_life_have_the_mean_of_the_register(mid_2016):
    model = copy_of(mid_2016)
    rows = np.arange(8000)
    people, p = to_life(model, rows), model.register.custody
    years = (people.status_end_day[rows] - model.day) / 365.25
    assert years.mean() == pytest.approx(p.indeterminate_years, rel=0.04)
    spread = math.gamma(1 + 2 / p.indeterminate_shape) / math.gamma(1 + 1 / p.indeterminate_shape) ** 2 - 1
    assert years.std() / years.mean() == pytest.approx(math.sqrt(spread), rel=0.06)


def test_a_sentence_for_life_has_no_end_and_ends_every_order(court):
    rows = free_people(court, 1, order_end_day=court.day + 300)
    people = to_life(court, rows)
    assert people.status[rows].tolist() == [Status.INDETERMINATE]
    assert people.sentence_end_day[rows].tolist() == people.conditional_release_day[rows].tolist() == [NEVER]
    assert (people.order_end_day[rows] < court.day).all()
    assert logged(court, Event.CUSTODY_START) == [NEVER]


def test_people_who_serve_for_life_go_on_serving_it(court, monkeypatch):
    end = court.day + 900
    rows = free_people(court, 2, status=[Status.INDETERMINATE, Status.RECALLED], status_end_day=end)
    court.people.licence_end_day[rows[1]] = NEVER
    list_cases(court, rows)
    people = sentenced_to(monkeypatch, court, Disposal.CUSTODY)
    assert people.status[rows].tolist() == [Status.INDETERMINATE, Status.RECALLED]
    assert (people.status_end_day[rows] == end).all()
    assert logged(court, Event.CUSTODY_START) == []


def test_whoever_goes_free_from_court_has_no_officer(court, monkeypatch):
    rows = free_people(court, 1, status=Status.REMAND)
    with_officer(court, rows, Provider.NPS)
    list_cases(court, rows)
    assert nobody_supervises(sentenced_to(monkeypatch, court, Disposal.FINE), rows)


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = world(scale=0.01, seed=5)
    model.step()
    calls = watch(monkeypatch, courts)
    for _ in range(4):
        model.step()
    assert len(calls) > 0 < min(calls.values())
