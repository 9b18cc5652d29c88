"""The event log and its codes."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from sim.events import MOST_OFFENCES, Event, EventLog, occasion_code, unpack_occasion
from sim.offenders import Disposal, OffenceGroup


@given(st.sampled_from(OffenceGroup), st.integers(0, MOST_OFFENCES), st.sampled_from(Disposal))
def test_an_occasion_code_survives_the_way_there_and_back(group, offences, disposal):
    code = np.array([occasion_code(group, offences, disposal)])
    assert [int(part[0]) for part in unpack_occasion(code)] == [group, offences, disposal]


def test_no_two_occasions_share_a_code():
    group, offences, disposal = (a.ravel() for a in np.meshgrid(np.arange(12), np.arange(61), np.arange(8)))
    codes = occasion_code(group, offences, disposal)
    assert len(np.unique(codes)) == 12 * 61 * 8
    assert all(np.array_equal(a, b) for a, b in zip(unpack_occasion(codes), (group, offences, disposal), strict=True))


def test_a_record_takes_scalars_and_arrays_and_nobody():
    log = EventLog()
    log.record(Event.RECALL, np.array([3, 4]), np.array([7, 8]), 5, np.array([0, 1]))
    log.record(Event.BREACH, 3, np.array([], int), 5)
    assert len(log) == 2
    assert log.row.tolist() == [7, 8]
    assert log.value.tolist() == [5, 5]
    assert log.cause_day.tolist() == [0, 1]


def test_events_are_found_by_kind_in_the_order_of_writing():
    log = EventLog()
    for event in (Event.RECALL, Event.BREACH, Event.RECALL, Event.LEFT):
        log.record(event, 1, np.array([0]))
    assert log.of(Event.RECALL).tolist() == [0, 2]
    assert log.of(Event.LEFT, Event.BREACH).tolist() == [1, 3]
    assert log.of(Event.REMAND).tolist() == []
