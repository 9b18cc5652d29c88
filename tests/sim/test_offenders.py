"""The table of people and the view of one row."""

import numpy as np
import pytest

from sim.clock import NEVER
from sim.offenders import (
    BAND_FLOORS,
    COLUMNS,
    COMMUNITY_SUPERVISION,
    IN_PRISON,
    Offender,
    People,
    Status,
    band_of,
    history_band,
    person_number,
    status_table,
)


@pytest.fixture
def people():
    made = People()
    made.arrive(3, np.array([0, 1, 50_000]), birth_day=np.array([-7305, -10000, -20000]), status_end_day=NEVER)
    return made


def test_a_person_is_numbered_by_week_and_slot_and_never_by_row(people):
    assert people.person.tolist() == [person_number(3, slot) for slot in (0, 1, 50_000)]
    people.arrive(3, np.array([2]))
    assert people.person[3] == person_number(3, 2)
    assert len(set(people.person.tolist())) == 4


def test_the_same_number_has_the_same_hash_wherever_the_row(people):
    other = People()
    other.arrive(9, np.arange(5))
    row = other.arrive(3, np.array([1]))
    assert other.person_hash[row] == people.person_hash[1]


def test_a_move_is_counted_and_dated(people):
    people.move(np.array([0, 2]), Status.REMAND, 9, NEVER)
    people.move(np.array([2]), np.array([Status.CUSTODY]), np.array([12]), np.array([40]))
    flows = people.flows
    assert flows[Status.FREE, Status.REMAND] == 2
    assert flows[Status.REMAND, Status.CUSTODY] == 1
    assert flows.sum() == 3
    assert people.stocks().sum() == 3
    assert people.stocks()[[Status.FREE, Status.REMAND, Status.CUSTODY]].tolist() == [1, 1, 1]
    assert (people.status_since_day[2], people.status_end_day[2]) == (12, 40)
    assert people.with_status(Status.REMAND, Status.CUSTODY).tolist() == [0, 2]


def test_a_copy_has_its_own_rows_and_flows(people):
    twin = people.copy()
    twin.move(np.array([0]), Status.LEFT, 1, NEVER)
    assert people.flows.sum() == 0
    assert people.status.tolist() == [0, 0, 0]
    assert isinstance(twin, People)


def test_ages_are_in_years(people):
    assert people.age(np.array([0]), 0).tolist() == [7305 / 365.25]


def test_bands_of_history_begin_at_their_floors():
    assert band_of(np.array([0, 1, 2, 3, 6, 7, 10, 11, 14, 15, 90])).tolist() == [0, 1, 1, 2, 2, 3, 3, 4, 4, 5, 5]
    assert band_of(BAND_FLOORS).tolist() == list(range(6))
    assert [history_band(n) for n in range(100)] == band_of(np.arange(100)).tolist()


def test_every_status_is_at_liberty_supervised_or_in_prison_and_in_one_alone():
    others = {Status.FREE, Status.LEFT}
    assert set(COMMUNITY_SUPERVISION) | set(IN_PRISON) | others == set(Status)
    assert len(COMMUNITY_SUPERVISION) + len(IN_PRISON) + len(others) == len(Status)
    assert status_table(*IN_PRISON).sum() == len(IN_PRISON)


def test_every_column_declares_unit_and_meaning():
    for name, column in COLUMNS.items():
        assert column.unit.strip(), name
        assert column.meaning.strip(), name
        assert not name.endswith("_day") or column.unit == "day", name
        assert not name.startswith(("is_", "has_")) or column.dtype == "bool", name


def test_an_offender_reads_one_row(day_zero):
    row = 17
    offender = Offender(day_zero, row)
    for name in COLUMNS:
        assert getattr(offender, name) == getattr(day_zero.people, name)[row].item(), name
    assert offender.unique_id == day_zero.people.person[row]
    assert offender.state == Status(day_zero.people.status[row])
    assert offender.age == pytest.approx((day_zero.day - day_zero.people.birth_day[row]) / 365.25)


def test_an_offender_sees_what_happens_to_the_row(day_zero):
    twin = day_zero.fork(day_zero.timeline)
    offender = Offender(twin, 5)
    before = offender.contacts_due
    twin.people.contacts_due[5] += 3
    twin.people.arrive(0, np.arange(90_000, 95_000))
    assert offender.contacts_due == before + 3


def test_an_offender_is_described_in_one_line(day_zero):
    row = int(np.flatnonzero(day_zero.people.is_female)[0])
    line = Offender(day_zero, row).describe()
    assert "a woman of" in line
    assert str(day_zero.people.person[row]) in line
    assert "\n" not in line


def test_a_view_cannot_take_a_person_out_of_the_world(day_zero):
    with pytest.raises(TypeError, match="a view of one row"):
        Offender(day_zero, 0).remove()


def test_a_misspelt_column_of_an_offender_is_an_error(day_zero):
    with pytest.raises(AttributeError, match='an offender has no "sanction"'):
        _ = Offender(day_zero, 0).sanction


def test_a_person_is_found_by_number_or_not_at_all(day_zero):
    number = int(day_zero.people.person[40])
    assert day_zero.offender(number).row == 40
    assert day_zero.offender(-1) is None
