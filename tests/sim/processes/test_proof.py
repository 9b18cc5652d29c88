"""Proof: how detected occasions end with the police, when, and who waits for court in prison."""

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK, NEVER
from sim.docket import Stage
from sim.events import Event, occasion_code
from sim.offenders import IS_IN_PRISON, Disposal, OffenceGroup, Status, band_of
from sim.processes import proof
from sim.sentencing import build, table_year
from tests.twins import watch
from tests.worlds import count, later, since, world

YEAR = 52
ALL_MAGISTRATES = [0] * len(OffenceGroup)
ALL_CROWN = [1] * len(OffenceGroup)


def quiet(model, **settings):
    """Return a copy of a world with an empty docket, nobody listed and nobody with a case pending."""
    twin = later(model, weeks=0, **settings)
    twin.docket.keep(np.zeros(len(twin.docket), bool))
    twin.people.pending_cases[:] = 0
    twin.people.listed_day[:] = -NEVER
    return twin


def enter(model, rows, stage, day=None, **columns):
    """Put one theft of each of these people on the docket; return the entries."""
    rows = np.asarray(rows)
    day = model.day if day is None else day
    np.add.at(model.people.pending_cases, rows, 1)
    code = occasion_code(OffenceGroup.THEFT, 2)
    return model.docket.add(len(rows), row=rows, stage=stage, day=day, **({"offence_day": day, "code": code} | columns))


def free_rows(model, number):
    """Return the rows of some people who are free and have been for a while."""
    people = model.people
    return np.flatnonzero((people.status == Status.FREE) & (people.status_since_day < model.day - 30))[:number]


# --- pure functions by hand


def stages(u, p_proven, p_caution):
    """Return the stages of occasions at these uniforms."""
    return [proof.resolution(x, p_proven, p_caution) for x in u]


def test_an_occasion_is_charged_cautioned_or_dropped_up_the_uniform():
    expected = [Stage.CHARGE, Stage.CHARGE, Stage.CAUTION, Stage.CAUTION, Stage.NO_PROOF, Stage.NO_PROOF]
    assert stages([0.0, 0.449, 0.451, 0.599, 0.6, 0.999], 0.6, 0.25) == expected


def test_nothing_is_dropped_that_is_bound_to_be_proven():
    u = np.linspace(0, 1, 500, endpoint=False)
    assert set(stages(u, 1.0, 0.3)) == {Stage.CHARGE, Stage.CAUTION}


def test_everything_proven_is_charged_where_nobody_is_cautioned():
    u = np.linspace(0, 1, 500, endpoint=False)
    assert set(stages(u, 0.5, 0.0)) == {Stage.CHARGE, Stage.NO_PROOF}


def remand_probabilities(register, crown, sanctions, magistrates, crown_court, repeat):
    """Return the chance of remand of each case."""
    chances = proof._chances(register)._replace(
        p_remand=magistrates, p_remand_crown=crown_court, remand_history_factor=repeat
    )
    return [proof.remand_probability(chances, c, s) for c, s in zip(crown, sanctions, strict=True)]


def test_remand_is_likelier_at_the_crown_court_and_from_seven_sanctions_on(register):
    crown = [False, False, False, True, True]
    found = remand_probabilities(register, crown, [0, 6, 7, 6, 30], 0.05, 0.3, 2.0)
    assert found == pytest.approx([0.05, 0.05, 0.1, 0.3, 0.6])


def test_the_chance_of_remand_is_never_above_1(register):
    assert remand_probabilities(register, [True], [20], 0.1, 0.6, 3.0) == [1.0]


def test_history_changes_nothing_where_its_factor_is_1(register):
    found = remand_probabilities(register, [False] * 40, range(40), 0.07, 0.3, 1.0)
    assert found == pytest.approx(np.full(40, 0.07))


# --- what the police make of an occasion


@pytest.fixture(scope="module")
def resolved(mid_2016):
    """Everybody's theft of this Monday, resolved; the entries in the order of people."""
    return resolve_all(mid_2016)


def resolve_all(model, stage=Stage.OFFENCE, **settings):
    twin = quiet(model, **settings)
    enter(twin, np.arange(len(twin.people)), stage)
    proof.resolve(twin)
    return twin


def test_the_proven_share_of_occasions_ends_in_proof(resolved):
    p_proven = resolved.register.proof.p_proven
    share = (resolved.docket.stage != Stage.NO_PROOF).mean()
    assert share == pytest.approx(p_proven, abs=2 / len(resolved.docket) ** 0.5)


def test_cautions_among_proven_occasions_have_the_published_share(resolved):
    people, stage = resolved.people, resolved.docket.stage
    table = resolved.register.derived(build).caution[table_year(resolved.register, resolved.year), OffenceGroup.THEFT]
    expected = table[people.is_female.astype(int), band_of(people.sanctions)]
    proven = stage != Stage.NO_PROOF
    assert (stage[proven] == Stage.CAUTION).mean() == pytest.approx(expected[proven].mean(), abs=0.015)
    assert 0.01 < expected.min() < expected.max() < 0.9, "shares differ, so the test tells them apart"


def test_first_timers_are_cautioned_more_often_than_people_with_long_histories(resolved):
    band, is_caution = band_of(resolved.people.sanctions), resolved.docket.stage == Stage.CAUTION
    assert is_caution[band <= 1].mean() > 1.5 * is_caution[band == 5].mean()


def test_the_way_to_the_police_decision_takes_a_day_and_the_lag(resolved):
    lag = resolved.docket.day - resolved.docket.offence_day
    p = resolved.register.proof
    # whole days are rounded down, so half a day is lost of the lag and one is added
    assert lag.mean() == pytest.approx(p.police_lag_days + 0.5, rel=0.03)
    assert lag.min() >= 1
    assert lag.max() <= 1 + p.longest_lag_days


def test_the_offence_a_person_arrives_with_is_always_proven(mid_2016):
    stages = resolve_all(mid_2016, stage=Stage.PROVEN_OFFENCE).docket.stage
    assert set(stages.tolist()) == {Stage.CHARGE, Stage.CAUTION}


def test_more_proof_proves_the_same_occasions_and_others(mid_2016):
    low, high = (resolve_all(mid_2016, proof__p_proven=p).docket.stage for p in (0.4, 0.8))
    assert not (high[low != Stage.NO_PROOF] == Stage.NO_PROOF).any()
    assert (high[low == Stage.CHARGE] == Stage.CHARGE).all()
    assert (low == Stage.NO_PROOF).sum() > 2.5 * (high == Stage.NO_PROOF).sum()


def test_a_longer_police_lag_delays_every_decision(mid_2016):
    short, long = (resolve_all(mid_2016, proof__police_lag_days=d).docket.day for d in (10, 60))
    assert (long >= short).all()
    assert (long - short).mean() == pytest.approx(50, rel=0.05)


def test_occasions_of_next_week_wait(mid_2016):
    model = quiet(mid_2016)
    entries = enter(model, [0, 1], Stage.OFFENCE, day=model.day + np.array([6, 7]))
    proof.resolve(model)
    assert model.docket.stage[entries[1]] == Stage.OFFENCE
    assert model.docket.stage[entries[0]] != Stage.OFFENCE


# --- closure


def test_cases_without_proof_are_closed_and_leave_no_sanction(mid_2016):
    model = quiet(mid_2016)
    row = int(free_rows(model, 1)[0])
    before = model.people.sanctions[row], model.people.ogrs3[row]
    enter(model, [row, row, row], Stage.NO_PROOF, day=model.day + np.array([1, 1, 20]))
    proof.step(model)
    assert model.people.pending_cases[row] == 1, "both of this week's, in one go; the third waits"
    assert (model.people.sanctions[row], model.people.ogrs3[row]) == before
    assert model.docket.stage.tolist() == [Stage.DONE, Stage.DONE, Stage.NO_PROOF]
    assert count(model, model.day, Event.NO_PROOF) == 2


# --- caution


def test_a_caution_is_a_sanction_and_an_index_event(mid_2016):
    model = quiet(mid_2016)
    people = model.people
    row = int(free_rows(model, 1)[0])
    before = int(people.sanctions[row])
    enter(model, [row], Stage.CAUTION, day=model.day + 3, offence_day=model.day - 9)
    proof.step(model)
    assert people.sanctions[row] == before + 1
    assert people.is_last_caution[row]
    assert (people.last_sanction_day[row], people.offence_day[row]) == (model.day + 3, model.day - 9)
    assert (people.follow_up_day[row], people.is_from_custody[row]) == (model.day + 3, False)
    assert people.pending_cases[row] == 0
    index = model.index_log
    assert (index.row[-1], index.day[-1], index.disposal[-1]) == (row, model.day + 3, Disposal.CAUTION)
    assert index.previous_sanctions[-1] == before


def test_a_caution_in_prison_is_a_sanction_but_no_index_event(mid_2016):
    model = quiet(mid_2016)
    people = model.people
    row = int(people.with_status(Status.CUSTODY)[0])
    before, status_end, entered = int(people.sanctions[row]), people.status_end_day[row], len(model.index_log)
    enter(model, [row], Stage.CAUTION)
    proof.step(model)
    assert people.sanctions[row] == before + 1
    assert len(model.index_log) == entered
    assert (people.status[row], people.status_end_day[row]) == (Status.CUSTODY, status_end)


def test_a_second_caution_in_one_week_waits_for_the_next(mid_2016):
    model = quiet(mid_2016)
    row = int(free_rows(model, 1)[0])
    entries = enter(model, [row, row], Stage.CAUTION, day=model.day + np.array([2, 4]))
    proof.step(model)
    assert model.docket.stage[entries].tolist() == [Stage.DONE, Stage.CAUTION]
    assert model.docket.day[entries[1]] == model.day + 4 + DAYS_PER_WEEK
    model.week += 1
    proof.step(model)
    assert model.docket.stage[entries[1]] == Stage.DONE
    assert count(model, model.day - DAYS_PER_WEEK, Event.CAUTION) == 2
    assert model.people.pending_cases[row] == 0


# --- charge


def charge_all(model, rows=None, **settings):
    """Return a world in which people who are free are charged with theft this Monday, and their entries."""
    twin = quiet(model, **settings)
    rows = np.flatnonzero(twin.people.status == Status.FREE) if rows is None else rows
    entries = enter(twin, rows, Stage.CHARGE, offence_day=twin.day - 20)
    proof.charge(twin, entries)
    return twin, entries


def test_a_charge_is_listed_for_court_no_sooner_than_in_a_week(mid_2016):
    model, entries = charge_all(mid_2016)
    docket, people = model.docket, model.people
    assert (docket.stage[entries] == Stage.HEARING).all()
    assert docket.day[entries].min() >= model.day + DAYS_PER_WEEK
    assert np.array_equal(people.listed_day[docket.row[entries]], docket.day[entries])
    assert (people.charge_day[docket.row[entries]] == model.day).all()
    assert (people.pending_cases[docket.row[entries]] == 1).all()
    log = model.log
    charged = since(model, model.day, Event.CHARGE)
    assert (log.cause_day[charged] == model.day - 20).all()
    assert len(charged) == len(entries)


def test_the_lag_to_court_is_that_of_its_kind_of_court(mid_2016):
    p = mid_2016.register.proof
    for chances, mean in ((ALL_MAGISTRATES, p.magistrates_days), (ALL_CROWN, p.in_year("crown_court_days", 2016))):
        model, entries = charge_all(mid_2016, proof__p_crown_court=chances)
        lag = model.docket.day[entries] - model.day - DAYS_PER_WEEK
        assert lag.mean() == pytest.approx(mean - 0.5, rel=0.04)
        assert lag.max() <= p.longest_lag_days


def test_a_longer_delay_at_the_crown_court_moves_nobody_s_day_forward(mid_2016):
    years = len(mid_2016.register.proof.crown_court_days)
    runs = [
        charge_all(mid_2016, proof__p_crown_court=ALL_CROWN, proof__crown_court_days=[d] * years) for d in (150, 300)
    ]
    short, long = (model.docket.day[entries] for model, entries in runs)
    assert (long >= short).all()
    assert (long > short + 20).mean() > 0.7


def test_nobody_who_is_not_listed_is_joined_to_a_hearing(mid_2016):
    low, high = (charge_all(mid_2016, proof__p_joined=p) for p in (0.2, 0.95))
    assert np.array_equal(low[0].docket.day, high[0].docket.day)


@pytest.mark.parametrize("share", [0.2, 0.95])
def test_a_share_of_cases_of_listed_people_is_joined_to_that_hearing(mid_2016, share):
    model = quiet(mid_2016, proof__p_joined=share)
    rows = free_rows(model, 3000)
    model.people.listed_day[rows] = model.day + 1000
    entries = enter(model, rows, Stage.CHARGE)
    proof.charge(model, entries)
    joined = (model.docket.day[entries] == model.day + 1000).mean()
    assert joined == pytest.approx(share, abs=0.03)


def test_nobody_is_joined_to_a_hearing_of_this_week(mid_2016):
    model = quiet(mid_2016, proof__p_joined=0.95)
    rows = free_rows(model, 500)
    model.people.listed_day[rows] = model.day + DAYS_PER_WEEK - 1
    entries = enter(model, rows, Stage.CHARGE)
    proof.charge(model, entries)
    assert model.docket.day[entries].min() >= model.day + DAYS_PER_WEEK


# --- remand


def remanded(model):
    return set(model.people.with_status(Status.REMAND).tolist())


def test_a_higher_chance_remands_the_same_people_and_others(mid_2016):
    low, high = (
        remanded(charge_all(mid_2016, proof__p_remand=p, proof__p_crown_court=ALL_MAGISTRATES)[0]) for p in (0.02, 0.12)
    )
    before = remanded(mid_2016)
    assert before < low < high
    assert len(high - before) > 4 * len(low - before)


def test_remand_has_its_chance_by_court_and_history(mid_2016):
    model, entries = charge_all(mid_2016)
    p, people = model.register.proof, model.people
    rows = model.docket.row[entries]
    p_crown = p.p_crown_court[OffenceGroup.THEFT]
    mean = p_crown * p.p_remand_crown + (1 - p_crown) * p.p_remand
    for long in (False, True):
        group = rows[(people.sanctions[rows] >= 7) == long]
        held = (people.status[group] == Status.REMAND).mean()
        assert held == pytest.approx(mean * (p.remand_history_factor if long else 1), abs=0.02)


def test_remand_holds_until_court_and_nobody_offends_there(mid_2016):
    model, entries = charge_all(mid_2016)
    people, rows = model.people, model.docket.row[entries]
    held = rows[people.status[rows] == Status.REMAND]
    assert (people.status_end_day[held] == NEVER).all()
    assert (people.offence_bound[held] == 0).all()
    assert model.log.row[since(model, model.day, Event.REMAND)].tolist() == held.tolist()
    assert len(held) > 50


def test_nobody_in_prison_is_remanded(mid_2016):
    inside = np.flatnonzero(IS_IN_PRISON[mid_2016.people.status])
    model, _ = charge_all(mid_2016, inside, proof__p_remand_crown=0.5, proof__p_crown_court=ALL_CROWN)
    assert np.array_equal(model.people.status[inside], mid_2016.people.status[inside])
    assert count(model, model.day, Event.REMAND) == 0
    assert count(model, model.day, Event.CHARGE) == len(inside) > 100


def test_someone_charged_twice_in_a_week_is_remanded_once(mid_2016):
    model = quiet(mid_2016, proof__p_remand_crown=0.5, proof__p_crown_court=ALL_CROWN)
    rows = np.repeat(free_rows(model, 500), 2)
    entries = enter(model, rows, Stage.CHARGE, offence_day=model.day - 1 - np.arange(1000) % 2)
    proof.charge(model, entries)
    held = model.log.row[since(model, model.day, Event.REMAND)]
    assert len(np.unique(held)) == len(held) > 200
    moved = model.people.flows - mid_2016.people.flows
    assert moved[Status.FREE, Status.REMAND] == moved.sum() == len(held)


# --- direction in a world that lives


def test_a_higher_chance_of_remand_raises_remand_in_a_year(mid_2016):
    low, high = (later(mid_2016, weeks=YEAR, proof__p_remand=p) for p in (0.02, 0.12))
    remands = [count(m, mid_2016.day, Event.REMAND) for m in (low, high)]
    assert remands[1] > 1.4 * remands[0]
    assert len(remanded(high)) > len(remanded(low))


def test_a_longer_police_lag_leaves_more_cases_pending(mid_2016):
    runs = [later(mid_2016, weeks=YEAR, proof__police_lag_days=d) for d in (10, 60)]
    pending = [int(m.people.pending_cases.sum()) for m in runs]
    lag = [charge_lag(m, mid_2016.day + 180) for m in runs]
    assert lag[1] > lag[0] + 30
    assert pending[1] > 1.3 * pending[0]


def charge_lag(model, day):
    """Return the mean time from offence to charge of charges from a day on."""
    found = since(model, day, Event.CHARGE)
    return (model.log.day[found] - model.log.cause_day[found]).mean()


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = world(scale=0.01, seed=5)
    model.step()
    calls = watch(monkeypatch, proof)
    for _ in range(4):
        model.step()
    assert len(calls) > 0 < min(calls.values())
