"""Charities: founding, places, whom they take; the table of cases; the agents."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.charities import Cases, Charity, Kind, Path, Stage, SupportCounts, admitted, found
from sim.officers import Officer
from sim.regions import load_region
from tests.sim.processes.alone import copy_of

PEOPLE = 234_528
"""Caseload of England and Wales."""


@pytest.fixture(scope="module")
def founded(register):
    """The charities of England and Wales, at half scale."""
    return found(SimpleNamespace(register=register, region=load_region("england_wales"), scale=0.5))


# --- founding


def test_every_area_has_one_charity_of_each_kind_in_the_order_of_their_numbers(founded):
    assert [(c.area, c.kind) for c in founded] == [(area, kind) for area in range(21) for kind in Kind]
    assert [c.number for c in founded] == list(range(21 * len(Kind)))


def test_places_are_those_for_each_thousand_supervised_in_the_area(founded, register):
    shares = load_region("england_wales").shares
    for c in founded:
        assert c.places == round(register.support.places_per_1000[c.kind] * PEOPLE / 2 / 1000 * shares[c.area])
    mentors = sum(c.places for c in founded if c.kind == Kind.MENTORING)
    assert mentors == pytest.approx(8 * PEOPLE / 2 / 1000, abs=21 / 2)


def test_a_world_of_a_thousand_has_the_places_of_a_thousand(day_zero, register):
    assert [c.places for c in day_zero.charities] == list(register.support.places_per_1000)


def test_staff_are_as_many_as_the_places_need(founded, register):
    assert all(c.staff * register.support.places_per_worker == pytest.approx(c.places) for c in founded)


# --- who is admitted

QUEUES = st.lists(
    st.tuples(st.integers(0, 5), st.floats(0, 1, exclude_max=True)), max_size=12, unique_by=lambda entry: entry[1]
)


def let_in(queue, places, taken=0, worth=None):
    """Return the positions of those of one charity's queue who get a place."""
    weeks, priority = np.array([w for w, _ in queue], int), np.array([p for _, p in queue], float)
    worth = np.full(len(queue), -1) if worth is None else worth
    return admitted(np.zeros(len(queue), int), weeks, priority, np.array([places - taken]), worth).tolist()


@given(QUEUES, st.integers(0, 6), st.integers(0, 8))
@settings(max_examples=300, deadline=None)
def test_free_places_go_to_who_asked_first_and_those_of_one_week_by_priority(queue, places, taken):
    assert [queue[k] for k in let_in(queue, places, taken)] == sorted(queue)[: max(0, places - taken)]


@given(QUEUES, st.randoms(use_true_random=False), st.integers(0, 6))
@settings(max_examples=200, deadline=None)
def test_the_order_of_the_queue_in_the_table_decides_nothing(queue, rng, places):
    shuffled = list(queue)
    rng.shuffle(shuffled)
    taken = [{q[k] for k in let_in(q, places)} for q in (queue, shuffled)]
    assert taken[0] == taken[1]


@given(QUEUES, st.data(), st.integers(0, 6))
@settings(max_examples=200, deadline=None)
def test_a_company_s_own_people_take_their_turns_by_what_they_may_bring_and_others_keep_theirs(queue, data, places):
    worth = np.array(data.draw(st.lists(st.integers(-1, 3), min_size=len(queue), max_size=len(queue))), int)
    usual, chosen = let_in(queue, places), let_in(queue, places, worth=worth)
    assert [k for k in chosen if worth[k] < 0] == [k for k in usual if worth[k] < 0]
    own = sorted(np.flatnonzero(worth >= 0).tolist(), key=lambda k: (-worth[k], queue[k]))
    assert [k for k in chosen if worth[k] >= 0] == own[: sum(worth[k] >= 0 for k in usual)]


@given(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 5), st.integers(-1, 3)), max_size=20), st.data())
@settings(max_examples=200, deadline=None)
def test_every_charity_lets_in_whom_it_would_let_in_alone(queue, data):
    free = data.draw(st.lists(st.integers(-1, 4), min_size=3, max_size=3))
    charities, weeks, worth = (np.array([q[i] for q in queue], int) for i in range(3))
    priority = np.linspace(0.9, 0.1, len(queue))
    together = admitted(charities, weeks, priority, np.array(free), worth).tolist()
    alone = []
    for c in range(3):
        mine = np.flatnonzero(charities == c)
        asking = [(int(weeks[k]), float(priority[k])) for k in mine]
        alone += mine[let_in(asking, free[c], worth=worth[mine])].tolist()
    assert together == alone


def test_nobody_is_taken_where_every_place_is_in_use():
    assert let_in([(1, 0.1), (2, 0.2)], places=3, taken=3) == []
    assert let_in([(1, 0.1), (2, 0.2)], places=0) == []


# --- the cases


@pytest.fixture
def cases():
    """Five cases of three charities."""
    table = Cases()
    stage = [Stage.WAITING, Stage.HELPED, Stage.DONE, Stage.HELPED, Stage.WAITING]
    table.add(5, row=[10, 11, 12, 13, 14], charity=[0, 0, 0, 1, 2], path=Path.SUPERVISION, stage=stage)
    return table


def test_cases_are_found_and_counted_by_where_they_stand(cases):
    assert cases.of(Stage.WAITING) == ([10, 14], [0, 2])
    assert cases.of(Stage.HELPED) == ([11, 13], [0, 1])
    assert [cases.count(c, Stage.HELPED) for c in range(3)] == [1, 1, 0]
    assert [cases.count(c, Stage.WAITING) for c in range(3)] == [1, 0, 1]


def test_done_cases_are_dropped_and_the_others_keep_their_order(cases):
    cases.drop_done()
    assert cases.row.tolist() == [10, 11, 13, 14]
    assert cases.charity.tolist() == [0, 0, 1, 2]


def test_counts_begin_every_week_at_nothing():
    counts = SupportCounts()
    counts.leavers[:], counts.referrals[:], counts.started[:] = 1, 2, 3
    assert counts.referrals.shape == counts.started.shape == (len(Path), len(Kind))
    counts.clear()
    assert counts.leavers.sum() == counts.referrals.sum() == counts.started.sum() == 0


# --- the agents


def test_charities_are_selected_added_up_and_read_like_any_agents(mid_2016):
    charities = mid_2016.agents_by_type[Charity]
    assert set(charities) <= set(mid_2016.agents)
    full = charities.select(lambda c: c.helped == c.places)
    assert [c.number for c in full] == [
        c.number for c in mid_2016.charities if mid_2016.cases.count(c.number, Stage.HELPED) == c.places
    ]
    assert charities.agg("helped", sum) == len(mid_2016.cases.of(Stage.HELPED)[0]) > 0
    assert charities.agg("waiting", sum) == len(mid_2016.cases.of(Stage.WAITING)[0]) > 0
    assert charities.get("kind") == list(Kind)
    assert charities.get(["area", "places"]) == [[c.area, c.places] for c in mid_2016.charities]


def test_charities_are_numbered_below_all_officers(mid_2016):
    numbers = mid_2016.agents_by_type[Charity].get("unique_id")
    assert len(set(numbers)) == len(numbers)
    assert max(numbers) < min(mid_2016.agents_by_type[Officer].get("unique_id")) < 0


def test_a_charity_cannot_be_taken_out_of_the_world(mid_2016):
    with pytest.raises(TypeError, match="set its places to 0"):
        mid_2016.charities[0].remove()
    assert len(mid_2016.agents_by_type[Charity]) == len(Kind)


def test_the_charities_of_a_fork_look_at_the_fork_s_cases_and_keep_places_of_their_own(mid_2016):
    twin = copy_of(mid_2016)
    before = [(c.helped, c.waiting) for c in mid_2016.charities]
    assert [(c.helped, c.waiting) for c in twin.charities] == before
    assert all(c.model is twin for c in twin.charities)
    assert all(c.model is mid_2016 for c in mid_2016.charities)
    twin.cases.stage[:] = Stage.DONE
    twin.cases.drop_done()
    twin.charities[0].places = 99
    assert [(c.helped, c.waiting) for c in twin.charities] == [(0, 0)] * len(Kind)
    assert [(c.helped, c.waiting) for c in mid_2016.charities] == before
    assert mid_2016.charities[0].places != 99
