"""Tables of arrays."""

from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.tables import Column, Table

COLUMNS = {"age": Column("int32", "years", "age", 7), "is_odd": Column("bool", "boolean", "oddness")}


@pytest.fixture
def table():
    made = Table(COLUMNS)
    made.add(3, age=np.array([1, 2, 3]), is_odd=np.array([True, False, True]))
    return made


def test_rows_are_added_at_the_end_and_never_moved(table):
    assert table.add(2, age=9).tolist() == [3, 4]
    assert table.age.tolist() == [1, 2, 3, 9, 9]
    assert table.is_odd.tolist() == [True, False, True, False, False]
    assert len(table) == 5


def test_what_is_not_given_holds_the_default(table):
    rows = table.add(1)
    assert (table.age[rows].tolist(), table.is_odd[rows].tolist()) == ([7], [False])


def test_a_misspelt_column_is_an_error(table):
    with pytest.raises(AttributeError, match='no column "aeg"'):
        _ = table.aeg
    with pytest.raises(AttributeError, match='no column "aeg"'):
        table.add(1, aeg=3)
    with pytest.raises(AttributeError, match="there is no assigning"):
        table.age = np.zeros(3)
    with pytest.raises(AttributeError, match="there is no assigning"):
        table.aeg = 1


def test_a_refused_row_leaves_the_table_as_it_was(table):
    with pytest.raises(AttributeError):
        table.add(4, age=1, nothing=2)
    assert len(table) == 3
    assert table.age.tolist() == [1, 2, 3]


def test_columns_have_their_declared_types(table):
    assert (table.age.dtype, table.is_odd.dtype) == (np.int32, np.bool_)
    table.add(100, age=np.arange(100.0))
    assert table.age.dtype == np.int32


def test_writing_into_a_column_changes_the_table(table):
    table.age[1] = 50
    assert table.age.tolist() == [1, 50, 3]
    table.add(10)
    assert table.age[1] == 50


class Oddness(NamedTuple):
    is_odd: Any


def test_a_part_is_some_of_the_columns_as_they_are_now(table):
    table.part(Oddness).is_odd[1] = True
    assert table.is_odd.tolist() == [True, True, True]
    assert table.part(Oddness) is table.part(Oddness)
    table.add(1)
    assert table.part(Oddness).is_odd.tolist() == [True, True, True, False]


def test_a_part_of_a_copy_is_the_copy_s(table):
    table.part(Oddness)
    table.copy().part(Oddness).is_odd[:] = False
    assert table.is_odd.tolist() == [True, False, True]


def test_keeping_takes_a_mask_or_row_numbers(table):
    other = table.copy()
    table.keep(table.is_odd)
    other.keep(np.array([2, 0]))
    assert table.age.tolist() == [1, 3]
    assert other.age.tolist() == [3, 1]
    assert table.add(1, age=8).tolist() == [2]


def test_a_copy_is_independent(table):
    twin = table.copy()
    twin.age[0] = 99
    twin.add(1)
    assert table.age.tolist() == [1, 2, 3]
    assert len(twin) == 4
    table.add(2, age=5)
    assert twin.age.tolist() == [99, 2, 3, 7]


@given(st.lists(st.integers(0, 40), max_size=15))
def test_a_table_is_a_list_of_the_rows_added(counts):
    table, expected = Table(COLUMNS), []
    for k, number in enumerate(counts):
        table.add(number, age=k)
        expected += [k] * number
    assert table.age.tolist() == expected
