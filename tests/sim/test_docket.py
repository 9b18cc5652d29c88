"""The docket."""

import numpy as np

from sim.docket import Docket, Stage, first_of_each


def docket(*entries):
    made = Docket()
    for day, stage, row, offence_day in entries:
        made.add(1, day=day, stage=stage, row=row, offence_day=offence_day)
    return made


def test_entries_come_by_person_day_and_offence_whatever_the_order_of_entry():
    entries = [(5, Stage.HEARING, 2, 1), (3, Stage.HEARING, 1, 2), (3, Stage.HEARING, 1, 1), (1, Stage.CHARGE, 1, 9)]
    for order in ([0, 1, 2, 3], [3, 2, 1, 0], [2, 0, 3, 1]):
        made = docket(*(entries[k] for k in order))
        due = made.due(10)
        assert list(zip(made.row[due], made.day[due], made.offence_day[due], strict=True)) == [
            (1, 1, 9),
            (1, 3, 1),
            (1, 3, 2),
            (2, 5, 1),
        ]


def test_only_named_stages_before_the_day_are_due_and_done_ones_never():
    made = docket((4, Stage.HEARING, 0, 0), (5, Stage.HEARING, 1, 0), (4, Stage.RECALL, 2, 0), (1, Stage.DONE, 3, 0))
    assert made.row[made.due(5)].tolist() == [0, 2]
    assert made.row[made.due(6, Stage.HEARING)].tolist() == [0, 1]
    assert made.row[made.due(6, Stage.RECALL, Stage.DONE)].tolist() == [2]


def test_a_case_that_is_closed_is_done_and_one_fewer_for_its_person():
    made = docket((4, Stage.CHARGE, 0, 0), (5, Stage.CHARGE, 1, 0), (6, Stage.CHARGE, 1, 0))
    pending = np.array([1, 3], np.uint8)
    made.close(np.array([0, 1, 2]), pending)
    assert pending.tolist() == [0, 1]
    assert made.stage.tolist() == [Stage.DONE] * 3


def test_done_entries_are_forgotten_and_no_others():
    made = docket((4, Stage.HEARING, 0, 0), (1, Stage.DONE, 3, 0), (9, Stage.OFFENCE, 5, 0))
    made.drop_done()
    assert made.row.tolist() == [0, 5]


def test_the_first_of_each_person_is_marked():
    assert first_of_each(np.array([1, 1, 2, 5, 5, 5])).tolist() == [True, False, True, True, False, False]
    assert first_of_each(np.array([], int)).tolist() == []
