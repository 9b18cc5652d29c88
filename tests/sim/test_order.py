"""The order of rows is nobody's business: the same lives, ties, cases and books whether rows move or not."""

from datetime import date

import numpy as np
import pytest

import sim.model
from experiments.compare import index_keys
from experiments.spillover import end_treatment, pairs, treat
from experiments.story import busiest
from sim import order
from sim.charities import Kind
from sim.clock import day_of
from sim.network import HALF_TIE_COLUMNS
from sim.offenders import COLUMNS, IS_ENGAGED, IS_IN_PRISON, Offender, Status
from sim.tables import Table
from tests.worlds import world

UNTIL = date(2016, 7, 1)


def lived(weeks_between):
    """Return a world to the middle of 2016 that is put in order so often, or never where None is given."""
    with pytest.MonkeyPatch.context() as patch:
        if weeks_between is None:
            patch.setattr(sim.model, "tidy", lambda model: None)
        else:
            patch.setattr(order, "WEEKS_BETWEEN", weeks_between)
        return world("post_reform", UNTIL, scale=0.03)


@pytest.fixture(scope="module")
def still():
    """A world whose rows never move."""
    return lived(None)


@pytest.fixture(scope="module")
def moved():
    """The same world, put in order every five weeks."""
    return lived(5)


def by_person(model, rows):
    """Return the numbers of the people in rows; -1 for nobody."""
    return np.append(model.people.person, -1)[rows]


def sorted_table(model, table, *keys):
    """Return a table with persons for rows, as one array of columns, sorted by person and then by these columns."""
    columns = {name: getattr(table, name) for name in table.columns}
    columns["row"] = by_person(model, columns["row"])
    place = np.lexsort([columns[name] for name in (*keys[::-1], "row")])
    return np.stack([column[place].astype(np.float64) for column in columns.values()])


def members(model):
    """Return the members of cells in the order of persons, with the person who came before for the row."""
    member = model.ties.members.member
    known = [by_person(model, member["next"]), member["person_hash"], member["birth_day"], member["sociability"]]
    return [column[np.argsort(model.people.person)] for column in known]


def differences(one, other):
    """Return what differs between two worlds, row numbers left out of account."""
    found = []

    def check(name, of):
        if not np.array_equal(of(one), of(other)):
            found.append(name)

    for name in COLUMNS:
        check(name, lambda m, n=name: getattr(m.people, n)[np.argsort(m.people.person)])
    for name in ("log", "index_log"):  # a person's events of one day in the order in which they were entered
        check(name, lambda m, n=name: sorted_table(m, getattr(m, n), "day"))
    check("cases", lambda m: sorted_table(m, m.cases, "charity", "asked_week"))
    check("docket", lambda m: sorted_table(m, m.docket, "day", "stage", "offence_day", "code"))
    check("peer", lambda m: by_person(m, m.ties.half["peer"]))
    for name in set(HALF_TIE_COLUMNS) - {"peer"}:
        check(name, lambda m, n=name: m.ties.half[n])
    check("active", lambda m: by_person(m, m.ties.active))
    check("cells", lambda m: by_person(m, m.ties.cell_first))
    for i in range(4):
        check(f"member {i}", lambda m, i=i: members(m)[i])
    for name in ("officers", "ledger"):
        for column in getattr(one, name).columns:
            check((name, column), lambda m, n=name, c=column: getattr(getattr(m, n), c))
    check("flows", lambda m: m.people.flows)
    check("weekly", lambda m: np.array(m.weekly.rows))
    return found


def some_order(model, seed=0):
    """Return all rows of a world, and the same rows in any order."""
    rows = np.arange(len(model.people))
    return rows, np.random.default_rng(seed).permutation(rows)


def test_nobody_s_life_depends_on_the_order_of_rows(still, moved):
    assert still.settled == 0
    assert moved.settled > 100
    assert not np.array_equal(still.people.person, moved.people.person)
    assert differences(still, moved) == []


def test_the_comparison_of_worlds_sees_a_change(moved):
    twin = moved.fork(moved.timeline)
    assert differences(moved, twin) == []
    twin.people.sanctions[7] += 1
    twin.log.value[9] += 1
    twin.ties.half["strength"][3] += 1
    assert differences(moved, twin) == ["sanctions", "log", "strength"]


def test_a_world_whose_rows_are_shuffled_lives_on_as_it_would_have(still):
    one, other = (still.fork(still.timeline) for _ in range(2))
    order.rearrange(other, *some_order(other))
    assert differences(one, other) == []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sim.model, "tidy", lambda model: None)
        for _ in range(6):
            one.live_week()
            other.live_week()
    assert differences(one, other) == []


def test_rows_stand_by_group_behind_those_who_have_left(moved):
    model = moved.fork(moved.timeline)
    order.put_in_order(model)
    status, end = model.people.status, len(model.ties.members)
    assert (status[: model.settled] == Status.LEFT).all()
    assert not (status[model.settled : end] == Status.LEFT).any()
    group = np.where(IS_IN_PRISON[status], 0, np.where(status == Status.FREE, 2, 1))[model.settled : end]
    assert (np.diff(group) >= 0).all()
    assert set(group) == {0, 1, 2}


def test_rows_in_order_stay_where_they_are(moved):
    model = moved.fork(moved.timeline)
    order.put_in_order(model)
    person, settled = model.people.person.copy(), model.settled
    order.put_in_order(model)
    assert np.array_equal(model.people.person, person)
    assert model.settled == settled


def test_the_settled_never_move_again(moved):
    model = moved.fork(moved.timeline)
    person = model.people.person[: model.settled].copy()
    for _ in range(3):
        model.live_week()
        order.put_in_order(model)
    assert model.settled > len(person)
    assert np.array_equal(model.people.person[: len(person)], person)


def test_a_newcomer_whom_the_ties_have_not_met_stays_behind(moved):
    model = moved.fork(moved.timeline)
    values = {"birth_day": -9000, "status_end_day": 10**6}
    row = model.people.arrive(model.week, np.array([99_999]), **values)
    number = model.people.person[row[0]]
    order.put_in_order(model)
    assert model.people.person[row[0]] == number
    model.live_week()
    assert len(model.ties.members) == len(model.people)


# --- each place in which a row number is kept


def test_every_column_of_rows_is_changed(moved):
    """The declarations say which columns hold rows of people; one that is new is not forgotten."""
    model = moved.fork(moved.timeline)
    kept = order.kept_rows(model)
    tables = {name: table for name, table in vars(model).items() if isinstance(table, Table)}
    found = {
        (name, column): getattr(table, column)
        for name, table in tables.items()
        for column, declared in table.columns.items()
        if declared.unit == "row"
    }
    assert {name for name, _ in found} == {"log", "index_log", "docket", "cases"}
    assert all(any(np.shares_memory(column, rows) for rows in kept) for column in found.values())
    assert [name for name, column in HALF_TIE_COLUMNS.items() if column.unit == "row"] == ["peer"]
    others = (model.ties.active, model.ties.cell_first, model.ties.half, model.ties.members.member)
    assert all(any(np.shares_memory(column, rows) for rows in kept) for column in others)


def test_three_people_change_places_by_hand(day_zero):
    model = day_zero.fork(day_zero.timeline)
    rows, places = np.array([3, 8, 20]), np.array([8, 20, 3])
    person, first_tie = model.people.person.copy(), model.people.first_tie.copy()
    model.log.record(0, 1, np.array([3, 4, 20]))
    model.cases.add(2, row=np.array([8, 9]))
    docket, peer, active = model.docket.row.copy(), model.ties.half["peer"].copy(), model.ties.active.copy()
    order.rearrange(model, rows, places)
    assert model.people.person[places].tolist() == person[rows].tolist()
    assert model.people.first_tie[places].tolist() == first_tie[rows].tolist()
    unmoved = np.setdiff1d(np.arange(len(person)), rows)
    assert np.array_equal(model.people.person[unmoved], person[unmoved])
    assert model.log.row.tolist() == [8, 4, 3]
    assert model.cases.row[-2:].tolist() == [20, 9]
    new = {3: 8, 8: 20, 20: 3}
    for now, before in ((model.docket.row, docket), (model.ties.half["peer"], peer), (model.ties.active, active)):
        assert now.tolist() == [new.get(row, row) for row in before.tolist()]


def test_the_rows_of_persons_are_found_by_number(moved):
    rows = np.array([5, 900, 12, 5])
    assert moved.people.rows_of(moved.people.person[rows]).tolist() == rows.tolist()
    assert moved.people.rows_of(np.empty(0, np.int64)).tolist() == []


# --- views and forks


def test_views_follow_the_people_whom_they_look_at(still):
    model = still.fork(still.timeline)
    seen = list(model.agents_by_type[Offender])
    held = model.offender(seen[40].unique_id)
    numbers = [view.unique_id for view in seen]
    order.put_in_order(model)
    rows = [view.row for view in seen]
    assert model.people.person[rows].tolist() == numbers
    assert rows != sorted(rows)
    assert held.row == seen[40].row
    again = {view.unique_id: view for view in model.agents_by_type[Offender]}
    assert all(again[view.unique_id] is view for view in seen)


def test_views_of_a_fork_are_its_own(still):
    model = still.fork(still.timeline)
    person = int(model.people.person[30])
    view = model.offender(person)
    twin = model.fork(model.timeline)
    theirs = twin.offender(person)
    order.rearrange(twin, *some_order(twin))
    assert (view.row, view.unique_id) == (30, person)
    assert twin.people.person[theirs.row] == person


def test_officers_views_stay_where_they_are(still):
    model = still.fork(still.timeline)
    officers = [view for view in model.agents if view.unique_id < 0 and hasattr(view, "row")]
    before = [view.row for view in officers]
    order.rearrange(model, *some_order(model))
    assert [view.row for view in officers] == before


@pytest.mark.parametrize("weeks", [1, 3])
def test_a_fork_between_two_orderings_is_the_world_itself(monkeypatch, weeks):
    monkeypatch.setattr(order, "WEEKS_BETWEEN", 4)
    model = world("post_reform", scale=0.01)
    for _ in range(8 + weeks):
        model.live_week()
    twin = model.fork(model.timeline)
    for _ in range(14):
        model.live_week()
        twin.live_week()
    assert np.array_equal(model.people.person, twin.people.person)
    assert model.settled == twin.settled
    assert np.array_equal(model.log.row, twin.log.row)
    assert differences(model, twin) == []


def test_the_week_s_lists_are_of_everyone_after_an_ordering(moved):
    model = moved.fork(moved.timeline)
    order.put_in_order(model)
    assert not len(model.engaged)
    model._sort_people()
    people, is_free = model.people, model.people.status == Status.FREE
    assert np.array_equal(model.inside, np.flatnonzero(IS_IN_PRISON[people.status]))
    assert np.array_equal(model.engaged, np.flatnonzero(IS_ENGAGED[people.status]))
    assert np.array_equal(model.leaving, np.flatnonzero(is_free & (people.status_end_day <= model.day)))
    weeks = int(model.register.needs.review_weeks)
    is_due = people.stretch_phase % weeks == model.week % weeks
    assert np.array_equal(model.reviewed, np.flatnonzero(is_due & (people.status != Status.LEFT)))


def test_whoever_left_before_the_last_ordering_is_counted_all_the_same(moved):
    assert moved.settled > 100
    assert np.array_equal(moved.people.stocks(moved.settled), moved.people.stocks())


def test_nobody_who_has_left_can_be_visited(moved):
    gone = moved.people.status == Status.LEFT
    assert gone.sum() > 100
    assert not moved.people.offence_bound[gone].any()


# --- experiments match people by number


def test_experiments_know_people_by_number(still, moved):
    assert np.array_equal(np.sort(index_keys(still)), np.sort(index_keys(moved)))
    assert busiest(still) == busiest(moved)
    early = still.fork(still.timeline)
    order.rearrange(early, *some_order(early))
    assert np.array_equal(pairs(still), pairs(early))


def test_a_treatment_follows_the_people_treated(still):
    model = still.fork(still.timeline)
    persons = pairs(model)[:5, 0]
    treat(model, persons)
    order.rearrange(model, *some_order(model))
    rows = model.people.rows_of(persons)
    assert (model.people.help[rows] >> Kind.MENTORING & 1).all()
    model.people.needs[rows] = 1
    treat(model, persons)
    assert (model.people.needs[rows] == 0).all()
    end_treatment(model, persons)
    mentored = np.isin(rows, model.cases.row)
    assert not (model.people.help[rows[~mentored]] >> Kind.MENTORING & 1).any()


def test_a_world_is_put_in_order_twice_a_year(monkeypatch):
    model, weeks = world("post_reform", scale=0.005), []
    monkeypatch.setattr(order, "put_in_order", lambda m: weeks.append(m.week))
    model.live_until(day_of(date(2009, 1, 20)))
    assert weeks == [0, 26, 52]
