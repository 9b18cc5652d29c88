from types import SimpleNamespace

import numpy as np

from experiments import tables
from sim.charities import Kind, Path
from sim.clock import day_of
from sim.events import BreachOutcome, Event, EventLog, RecallKind, occasion_code
from sim.offenders import Disposal, OffenceGroup, Provider, Reason, Status

SAYS_NO_MORE = {Event.REMAND, Event.LEFT}
"""Events whose name says all."""


def test_every_event_that_has_a_value_has_words_for_it():
    without = {event for event in Event if not tables.describe(event, 0)}
    assert without == SAYS_NO_MORE


def test_an_occasion_reads_as_one():
    code = int(occasion_code(OffenceGroup.THEFT, 2, Disposal.FINE))
    assert tables.describe(Event.CONVICTION, code) == "fine for theft, 2 offences"
    assert tables.describe(Event.OFFENCE, int(occasion_code(OffenceGroup.DRUGS, 1))) == "drugs, 1 offence"


def test_a_recall_says_its_kind_and_why():
    value = RecallKind.FIXED_TERM * 8 + Reason.MISSED_CONTACT
    assert tables.describe(Event.RECALL, value) == "fixed term, after missed contact"


def test_a_breach_says_its_outcome_and_why():
    value = BreachOutcome.COMMITTAL * 8 + Reason.MISSED_CONTACT
    assert tables.describe(Event.BREACH, value) == "committal, after missed contact"


def test_details_carry_the_day_of_the_offence():
    from datetime import date

    day = day_of(date(2012, 3, 4))
    events = np.array([Event.CHARGE, Event.RELEASE, Event.ALLOCATION], np.uint8)
    values = np.array([occasion_code(OffenceGroup.THEFT, 1), Status.LICENCE, Provider.CRC], np.int32)
    found = tables.details(events, values, np.array([day, 0, 5], np.int32))
    assert list(found) == ["theft, 1 offence; offence of 2012-03-04", "licence", "crc"]


def test_an_empty_log_has_no_details():
    assert len(tables.details(*(np.empty(0, np.int64) for _ in range(3)))) == 0


def test_help_says_of_what_kind_and_how_the_person_came_to_it():
    events = np.array([Event.HELP_START, Event.HELP_START, Event.HELP_END], np.uint8)
    values = np.array([Kind.MENTORING, Kind.SUBSTANCE_MISUSE, Kind.MENTORING], np.int32)
    found = tables.details(events, values, np.array([Path.SUPERVISION, Path.EVERY_LEAVER, 0], np.int32))
    assert list(found) == [
        "mentoring, referred by the officer",
        "substance misuse, as promised to every leaver",
        "mentoring",
    ]


def test_every_path_to_a_charity_has_words_in_its_order():
    assert list(tables.PATHS) == sorted(Path)
    assert len(set(tables.PATHS.values())) == len(Path)


def test_a_common_offence_says_with_whom():
    assert tables.describe(Event.CO_OFFENCE, 234_500_017) == "with person 234500017"


def test_every_event_in_the_table_goes_by_its_own_name():
    model = SimpleNamespace(log=EventLog(), people=SimpleNamespace(person=np.array([7])))
    for event in Event:
        model.log.record(event, int(event), np.array([0]))
    found = tables.events_table(model, "run")["event"]
    assert list(found) == [event.name.lower() for event in sorted(Event)]
