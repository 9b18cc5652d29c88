"""The weekly record: what a week adds to it, by hand in a small world."""

import numpy as np
import pytest

from sim import weekly
from sim.charities import Kind, Path, Stage
from sim.events import Event, RecallKind, enforcement_code, occasion_code
from sim.needs import NEEDS, Need
from sim.offenders import (
    IN_PRISON,
    IS_IN_PRISON,
    IS_SUPERVISED_IN_COMMUNITY,
    Disposal,
    OffenceGroup,
    Provider,
    Reason,
    Rosh,
    Status,
)
from sim.weekly import WeeklyRecord, flows, needs, serious, stocks, support
from tests.twins import watch
from tests.worlds import later, world

PROVIDERS = ("trust", "nps", "crc")
AFTER_CUSTODY = (
    Status.HOME_DETENTION_CURFEW,
    Status.LICENCE,
    Status.YOUNG_OFFENDER_SUPERVISION,
    Status.POST_SENTENCE_SUPERVISION,
)
COUNTED_WEEKS = 4
"""Needs are counted afresh in weeks that this divides."""


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
    measures += " committals allocations co_offending"
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


def test_a_release_counts_as_supervised_by_the_status_it_leads_to_and_a_re_release_does_not(world_now):
    model, logged = world_now
    for number, status in enumerate((Status.FREE, *AFTER_CUSTODY), 1):
        model.log.record(Event.RELEASE, model.day, np.arange(number), status)
    model.log.record(Event.RE_RELEASE, model.day, np.arange(7), Status.LICENCE)
    found = flows(model, logged)
    assert found["releases", "all"] == 1 + 2 + 3 + 4 + 5
    assert found["releases_supervised", "all"] == 2 + 3 + 4 + 5


# --- serious reoffences


def serious_with(model, logged, row=0, group=OffenceGroup.VIOLENCE, disposal=Disposal.CUSTODY, **columns):
    """Return the serious reoffences of a week in which one person is convicted."""
    model.people.sanctions[row] = columns.get("sanctions", 5)
    model.people.rosh[row] = columns.get("rosh", Rosh.HIGH)
    event = columns.get("event", Event.CONVICTION)
    model.log.record(event, model.day, np.array([row]), occasion_code(group, 3, disposal))
    return serious(model, logged)


@pytest.mark.parametrize("group", [OffenceGroup.VIOLENCE, OffenceGroup.SEXUAL, OffenceGroup.ROBBERY])
def test_a_serious_reoffence_counts_once_whatever_the_number_of_offences_and_under_its_risk(world_now, group):
    found = serious_with(*world_now, group=group)
    assert found["serious_reoffences", "all"] == 1
    assert [found["serious_reoffences", f"rosh={r.name.lower()}"] for r in Rosh] == [0, 0, 1, 0]


@pytest.mark.parametrize(
    "changed",
    [
        {"group": OffenceGroup.THEFT},
        {"disposal": Disposal.SUSPENDED_SENTENCE_ORDER},
        {"sanctions": 1},
        {"event": Event.CHARGE},
        {"event": Event.JOINED_CONVICTION},
    ],
)
def test_no_other_conviction_is_a_serious_reoffence(world_now, changed):
    assert not any(serious_with(*world_now, **changed).values())


def test_serious_reoffences_of_a_week_are_those_of_its_log_alone(world_now):
    model, logged = world_now
    for row in range(3):
        serious_with(model, logged, row=row)
    assert serious(model, logged)["serious_reoffences", "all"] == 3
    assert serious(model, logged + 2)["serious_reoffences", "all"] == 1
    assert not any(serious(model, len(model.log)).values())


def test_serious_reoffences_happen_and_are_a_small_part_of_convictions(mid_2016):
    record = mid_2016.weekly
    serious_, custody = record.series("serious_reoffences").sum(), record.series("custody_starts").sum()
    assert 50 < serious_ < custody
    assert serious_ == sum(record.series("serious_reoffences", f"rosh={r.name.lower()}").sum() for r in Rosh)


# --- needs


def test_the_shares_with_needs_are_those_of_people_who_are_there_at_the_week_s_end(mid_2016):
    model = later(mid_2016, weeks=1 + -mid_2016.week % COUNTED_WEEKS)
    people, found = model.people, needs(model)
    for name, there in (("prison", IS_IN_PRISON), ("community", IS_SUPERVISED_IN_COMMUNITY)):
        rows = [i for i in range(len(people)) if there[people.status[i]]]
        for need in Need:
            share = sum(int(people.needs[i]) >> need & 1 for i in rows) / len(rows)
            assert found[f"need_in_{name}", f"need={need.name.lower()}"] == pytest.approx(share)
            assert model.weekly.series(f"need_in_{name}", f"need={need.name.lower()}")[-1] == pytest.approx(share)
            assert 0 < share < 1


def test_who_is_set_free_is_counted_neither_in_prison_nor_in_the_community(world_now):
    model, _ = world_now
    model.people.needs[IS_IN_PRISON[model.people.status]] = 0
    released = model.people.with_status(Status.CUSTODY)[:20]
    model.people.needs[released] = 2**NEEDS - 1
    inside, before = IS_IN_PRISON[model.people.status].sum(), needs(model)
    model.people.status[released[0]] = Status.FREE
    found = needs(model)
    for need in Need:
        group = f"need={need.name.lower()}"
        assert found["need_in_prison", group] == pytest.approx(19 / (inside - 1))
        assert found["need_in_community", group] == before["need_in_community", group]


def test_where_nobody_is_nobody_has_a_need(world_now):
    model, _ = world_now
    model.people.status[:] = Status.FREE
    assert not any(needs(model).values())


# --- support


def test_the_stocks_of_support_are_those_of_the_cases_and_charities(world_now):
    model, _ = world_now
    found, cases = support(model), model.cases
    for kind in Kind:
        group = f"kind={kind.name.lower()}"
        mine = cases.charity % len(Kind) == kind
        assert found["helped", group] == (mine & (cases.stage == Stage.HELPED)).sum()
        assert found["helped", group] == (model.people.help >> kind & 1).sum()
        assert found["waiting", group] == (mine & (cases.stage == Stage.WAITING)).sum()
        assert found["places", group] == sum(c.places for c in model.charities if c.kind == kind)
    assert found["helped", "all"] == (cases.stage == Stage.HELPED).sum() > 30
    assert found["waiting", "all"] == (cases.stage == Stage.WAITING).sum() > 10


def test_the_flows_of_support_are_the_week_s_counts(world_now):
    model, _ = world_now
    model.support.leavers[:] = 9, 7, 3
    model.support.started[:] = np.arange(len(Path) * len(Kind)).reshape(len(Path), len(Kind))
    found = support(model)
    assert [found[n, "all"] for n in ("leavers", "leavers_covered", "leavers_seen")] == [9, 7, 3]
    assert found["help_started", "all"] == 190
    assert [found["help_started", f"kind={k.name.lower()}"] for k in Kind] == [30, 34, 38, 42, 46]
    assert [found["help_started", f"path={p.name.lower()}"] for p in Path] == [10, 35, 60, 85]


def test_starts_of_help_are_those_of_the_log_and_leavers_those_released(mid_2016):
    log, record = mid_2016.log, mid_2016.weekly
    starts = log.of(Event.HELP_START)
    weeks = np.bincount(log.day[starts] // 7, minlength=mid_2016.week)
    assert np.array_equal(record.series("help_started"), weeks)
    by_path = np.bincount(log.cause_day[starts], minlength=len(Path))
    assert [record.series("help_started", f"path={p.name.lower()}").sum() for p in Path] == by_path.tolist()
    assert np.array_equal(record.series("leavers"), record.series("releases"))


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
