"""The weekly record: what a week adds to it, by hand in a small world."""

import numpy as np
import pytest

from sim import weekly
from sim.events import Event, RecallKind, enforcement_code
from sim.offenders import IN_PRISON, IS_SUPERVISED_IN_COMMUNITY, Provider, Reason, Status
from sim.weekly import WeeklyRecord, flows, stocks
from tests.twins import watch
from tests.worlds import later, world

PROVIDERS = ("trust", "nps", "crc")


@pytest.fixture
def world_now(mid_2016):
    """A copy of the world of mid-2016, and the length of its log."""
    model = mid_2016.fork(mid_2016.timeline)
    model._sort_people()
    return model, len(model.log)


# --- stocks


def test_stocks_by_status_are_the_people(world_now):
    model, _ = world_now
    found = stocks(model)
    status = model.people.status
    assert [found["people", f"status={s.name.lower()}"] for s in Status] == [int((status == s).sum()) for s in Status]
    assert found["tracked", "all"] == (status != Status.LEFT).sum()
    assert found["custody_population", "all"] == np.isin(status, IN_PRISON).sum() > 100
    assert found["recall_population", "all"] == (status == Status.RECALLED).sum() > 0


def test_one_person_less_in_prison_is_one_less_in_the_stocks(world_now):
    model, _ = world_now
    before = stocks(model)
    model.people.status[model.people.with_status(Status.RECALLED)[0]] = Status.FREE
    after = stocks(model)
    moved = {key: after[key] - before[key] for key in before if after[key] != before[key]}
    assert moved == {
        ("people", "status=free"): 1,
        ("people", "status=recalled"): -1,
        ("custody_population", "all"): -1,
        ("recall_population", "all"): -1,
    }


def test_the_caseload_is_that_of_people_who_name_an_officer(world_now):
    model, _ = world_now
    people, found = model.people, stocks(model)
    has = people.officer >= 0
    assert found["caseload", "all"] == has.sum()
    assert found["caseload_in_community", "all"] == (has & IS_SUPERVISED_IN_COMMUNITY[people.status]).sum() > 200
    for provider in (Provider.TRUST, Provider.NPS, Provider.CRC):
        named = (people.provider[has] == provider).sum()
        assert found["caseload", f"provider_type={provider.name.lower()}"] == named


# --- flows


def record_all(model, number):
    """Log every kind of event so many times."""
    for event in Event:
        model.log.record(event, model.day, np.arange(number))


def test_flows_count_the_week_s_events_alone(world_now):
    model, _ = world_now
    record_all(model, 5)
    logged = len(model.log)
    record_all(model, 2)
    found = flows(model, logged)
    measures = "occasions cautions convictions custody_starts releases orders_started recalls re_releases breaches"
    measures += " committals allocations"
    assert {found[m, "all"] for m in measures.split()} == {2}


def test_every_flow_counts_its_own_kind_of_event(world_now):
    model, logged = world_now
    kinds = (Event.OFFENCE, Event.CAUTION, Event.CONVICTION, Event.CUSTODY_START, Event.RELEASE, Event.ORDER_START)
    for number, event in enumerate((*kinds, Event.RECALL, Event.RE_RELEASE, Event.BREACH, Event.COMMITTAL), 1):
        model.log.record(event, model.day, np.arange(number))
    found = flows(model, logged)
    names = ("occasions", "cautions", "convictions", "custody_starts", "releases", "orders_started", "recalls")
    names += ("re_releases", "breaches", "committals")
    assert [found[n, "all"] for n in names] == list(range(1, 11))


def test_recalls_are_parted_by_kind_and_by_length_of_sentence(world_now):
    model, logged = world_now
    kinds = [RecallKind.FIXED_TERM, RecallKind.FIXED_TERM, RecallKind.STANDARD, RecallKind.CURFEW]
    codes = enforcement_code(np.array(kinds), Reason.CURFEW)
    model.log.record(Event.RECALL, model.day, np.arange(4), codes, np.array([1, 1, 0, 1]))
    model.log.record(Event.BREACH, model.day, np.arange(4), codes, 1)
    found = flows(model, logged)
    assert [found["recalls", f"kind={k.name.lower()}"] for k in RecallKind] == [2, 1, 1]
    assert found["recalls", "disposal=custody_under_12m"] == 3
    assert found["recalls", "disposal=custody_12m_plus"] == 1


def test_short_sentences_are_those_under_twelve_months(world_now):
    model, logged = world_now
    model.log.record(Event.CUSTODY_START, model.day, np.arange(4), np.array([10, 364, 365, 900]))
    found = flows(model, logged)
    assert (found["custody_starts", "all"], found["custody_starts", "disposal=custody_under_12m"]) == (4, 2)


# --- the record


def test_a_week_adds_one_row_of_the_same_names(mid_2016):
    names = list(mid_2016.weekly.names)
    model = later(mid_2016, weeks=2)
    assert model.weekly.names == names
    assert len(set(names)) == len(names)
    assert len(model.weekly.rows) == len(mid_2016.weekly.rows) + 2 == model.week
    assert all(len(row) == len(names) for row in model.weekly.rows[-2:])


def test_a_series_is_one_column_over_the_weeks():
    record = WeeklyRecord()
    record.names = [("a", "all"), ("a", "x=1"), ("b", "all")]
    record.rows = [[1.0, 2.0, 3.0], [4.0, 5.0, 6.0]]
    assert record.series("a").tolist() == [1, 4]
    assert record.series("a", "x=1").tolist() == [2, 5]
    assert record.series("b").tolist() == [3, 6]


@pytest.mark.parametrize("asked", [("c", "all"), ("a", "x=2")])
def test_a_series_that_is_not_there_is_an_error(asked):
    record = WeeklyRecord()
    record.names, record.rows = [("a", "all")], [[1.0]]
    with pytest.raises(ValueError, match="not in list"):
        record.series(*asked)


def test_a_copy_of_the_record_goes_on_alone(mid_2016):
    rows = len(mid_2016.weekly.rows)
    twin = mid_2016.weekly.copy()
    twin.rows.append([0.0])
    twin.names.append(("x", "y"))
    assert len(mid_2016.weekly.rows) == rows
    assert ("x", "y") not in mid_2016.weekly.names


def test_contacts_of_the_providers_are_those_of_all(mid_2016):
    model = later(mid_2016, weeks=4)
    for measure in ("contacts_due", "contacts_kept"):
        parts = sum(model.weekly.series(measure, f"provider_type={p}")[-4:] for p in PROVIDERS)
        assert np.array_equal(parts, model.weekly.series(measure)[-4:])
        assert parts.min() > 50


def test_a_week_s_contacts_are_what_it_added_to_people(mid_2016):
    model = later(mid_2016, weeks=1)
    people, before = model.people, mid_2016.people
    for measure, column in (("contacts_due", "contacts_due"), ("contacts_kept", "contacts_kept")):
        added = getattr(people, column).astype(int).sum() - getattr(before, column).astype(int).sum()
        assert model.weekly.series(measure)[-1] == added > 0


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = world(scale=0.01, seed=5)
    calls = watch(monkeypatch, weekly)
    for _ in range(3):
        model.step()
    assert len(calls) > 0 < min(calls.values())
