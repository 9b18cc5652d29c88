import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from visualiser.layout import lay_out
from visualiser.nodes import NOBODY, Nodes

CELLS = 3


def nodes():
    return Nodes(lay_out(("a",), np.array([CELLS]), 40, 10.0))


def add(table, persons, cells):
    count = len(persons)
    table.add(np.array(persons), np.array(cells), np.zeros(count, bool), np.full(count, 1980, np.int16))


def test_people_keep_their_number_and_strangers_have_none():
    table = nodes()
    assert table.number_of(7) is None
    add(table, [9, 5], [0, 1])
    add(table, [7], [0])
    assert [table.number_of(p) for p in (5, 9, 7, 8)] == [0, 1, 2, None]
    assert table.numbers_of(np.array([8, 7, 5])).tolist() == [NOBODY, 2, 0]


def test_a_newcomer_takes_the_place_of_whoever_left_and_of_nobody_else():
    table = nodes()
    add(table, [1, 2, 3], [0, 0, 0])
    table.leave(np.array([False, True, False]))
    add(table, [4, 5], [0, 0])
    assert (table.xy[3] == table.xy[1]).all()
    assert not any((table.xy[4] == table.xy[k]).all() for k in range(3))


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, CELLS - 1), st.integers(0, 6), st.integers(0, 10)), max_size=12))
def test_nobody_who_is_there_shares_a_place(weeks):
    table, here, next_person = nodes(), np.empty(0, bool), 1
    for cell, newcomers, gone in weeks:
        persons = list(range(next_person, next_person + newcomers))
        next_person += newcomers
        if persons:
            add(table, persons, [cell] * newcomers)
            here = np.append(here, np.ones(newcomers, bool))
        if len(here):
            here[gone % len(here)] = False
            table.leave(~here)
        places = table.xy[here]
        assert len(np.unique(places, axis=0)) == len(places)
