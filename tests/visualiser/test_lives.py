"""A life, twice: every event of the log, states, needs, ties, and an answer for a number that nobody has."""

import json

import numpy as np
import pytest

from experiments import story
from experiments.plan import make_plan
from sim.charities import Stage
from sim.clock import date_of
from sim.errors import InputError
from sim.events import Event
from sim.graph import graph
from sim.needs import Need
from sim.offenders import Status
from visualiser.lives import KINDS, life, run_lengths, spans
from visualiser.pair import Pair
from visualiser.states import ABSENT, State

PARTED = ("levers.risk_split=2008-06-02", "levers.short_sentence_supervision=2008-06-02")


@pytest.fixture(scope="module")
def pair():
    """Two small worlds that parted in 2008 and lived into 2010, half of their people on the page."""
    plan = make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.01, [0], None, PARTED)
    found = Pair(plan, most_shown=1500)
    while found.week < 121:
        found.step()
    return found


@pytest.fixture(scope="module")
def eventful(pair):
    """A person on the page with a long story."""
    return next(p for p in story.busiest(pair.models[1], 500) if pair.nodes.number_of(p) is not None)


def test_a_life_is_ready_for_json_and_says_who_and_when(pair, eventful):
    told = life(pair, eventful)
    assert json.loads(json.dumps(told)) == told
    assert told["person"] == eventful
    assert told["now"] == pair.week
    assert f"Person {eventful}" in told["who"]
    assert [arm["name"] for arm in told["arms"]] == ["pre_reform", "post_reform"]
    assert all(arm["outcome"].startswith(f"On {date_of(pair.models[0].day)}") for arm in told["arms"])


def test_every_event_of_a_life_is_in_the_log_of_its_arm(pair, eventful):
    for model, arm in zip(pair.models, life(pair, eventful)["arms"], strict=True):
        log, row = model.log, model.offender(eventful).row
        logged = sorted(
            (int(d), KINDS[e]) for d, e in zip(log.day[log.row == row], log.event[log.row == row], strict=True)
        )
        told = [(e["day"], e["kind"]) for e in arm["events"]]
        assert told == sorted(told, key=lambda e: e[0])
        assert all(e["date"] == date_of(e["day"]).isoformat() and e["what"] for e in arm["events"])
        missing = list(logged)
        for event in told:
            missing.remove(event)
        assert all(kind in ("record", "supervision") for _, kind in missing)  # arrivals; starts that a release tells
        assert len(told) > 10


def test_every_event_is_of_some_kind():
    assert set(KINDS) == set(Event)


def test_states_are_those_on_record_as_run_lengths(pair, eventful):
    node = pair.nodes.number_of(eventful)
    for record, arm in zip(pair.records, life(pair, eventful)["arms"], strict=True):
        starts = [week for week, _ in arm["states"]]
        lengths = np.diff([*starts, len(record.weeks)])
        unrolled = np.repeat([state for _, state in arm["states"]], lengths)
        assert np.array_equal(unrolled, record.states(node))
        assert len(starts) > 2


def test_run_lengths_begin_where_a_value_does():
    assert run_lengths(np.array([ABSENT, 0, 0, 4, 0], np.uint8)) == [[0, ABSENT], [1, 0], [3, 4], [4, 0]]
    assert run_lengths(np.empty(0, np.uint8)) == []


def test_needs_last_from_sample_to_sample(pair):
    node = next(n for n in range(len(pair.nodes)) if len(set(pair.records[1].samples("needs", n)[1].tolist())) > 1)
    told = life(pair, int(pair.nodes.person[node]))["arms"][1]["needs"]
    weeks, values = pair.records[1].samples("needs", node)
    for need in Need:
        between = told.get(need.name.lower(), [])
        for week, mask in zip(weeks.tolist(), values.tolist(), strict=True):
            assert any(first <= week <= last for first, last in between) == bool(mask >> need & 1)
        assert all(last <= pair.week for _, last in between)
    assert told


def test_spans_join_samples_and_end_before_the_next():
    weeks = np.array([0, 4, 8, 12, 16])
    assert spans(weeks, np.array([1, 1, 0, 0, 1], bool), 17) == [[0, 7], [16, 17]]
    assert spans(weeks, np.zeros(5, bool), 17) == []
    assert spans(weeks[:0], np.zeros(0, bool), 17) == []


def test_ties_are_those_of_the_network(pair):
    for number, model in enumerate(pair.models):
        network = graph(model)
        rows = np.flatnonzero((model.people.status != Status.LEFT) & (model.people.officer >= 0))
        for person in model.people.person[rows[:60]].tolist():
            ties = life(pair, person)["arms"][number]["ties"]
            assert {t["person"]: t["kind"] for t in ties if t["kind"] != "charity"} == {
                other: edge["kind"] for other, edge in network[person].items() if edge["kind"] in _PEOPLE
            }
            for tie in ties:
                assert tie["strength"] == pytest.approx(network[person][tie["person"]]["strength"], abs=1e-3)


_PEOPLE = ("co_offending", "custody", "officer")


def test_a_tie_says_who_where_and_in_which_state(pair):
    found = [t for p in pair.nodes.person[:300].tolist() for t in life(pair, p)["arms"][0]["ties"] if t["person"] > 0]
    now = pair.records[0].state_at(pair.week)
    shown = [t for t in found if t["node"] is not None]
    assert 0 < len(shown) < len(found)
    assert all(pair.nodes.number_of(t["person"]) == t["node"] and t["state"] == now[t["node"]] for t in shown)
    assert {t["state"] for t in found} <= {int(s) for s in State}
    assert all(" of " in t["label"] for t in found)


def test_a_charity_that_helps_is_a_tie(pair):
    model = pair.models[1]
    rows, charities = model.cases.of(Stage.HELPED)
    person = int(model.people.person[rows[0]])
    helping = {t["person"]: t for t in life(pair, person)["arms"][1]["ties"] if t["kind"] == "charity"}
    charity = model.charities[charities[0]]
    assert helping[charity.unique_id]["label"] == f"charity: {story.HELP[charity.kind]}"
    assert helping[charity.unique_id]["state"] is None


def test_somebody_who_is_not_on_the_page_has_a_life_without_states(pair):
    model = pair.models[0]
    hidden = next(p for p in story.busiest(model, 500) if pair.nodes.number_of(p) is None)
    told = life(pair, hidden)
    assert [arm["states"] for arm in told["arms"]] == [[], []]
    assert [arm["needs"] for arm in told["arms"]] == [{}, {}]
    assert all(arm["events"] for arm in told["arms"])


def test_a_number_that_nobody_has_is_answered_with_some_who_are_on_the_page(pair):
    with pytest.raises(InputError, match="person 7: nobody has this number") as refused:
        life(pair, 7)
    named = [int(n) for n in str(refused.value).rpartition(": ")[2].split(", ")]
    assert len(named) == 5
    assert all(pair.nodes.number_of(n) is not None for n in named)


def test_those_who_are_named_are_the_most_eventful_of_the_page_and_nobody_else_is_looked_at(pair, monkeypatch):
    model = pair.models[0]
    here = set(model.people.person[pair.scene.seen(model).rows].tolist())
    best = [p for p in story.busiest(model, len(model.people)) if p in here][:5]
    monkeypatch.setattr(story, "busiest", lambda *_: pytest.fail("everybody is sorted"))
    with pytest.raises(InputError, match=", ".join(str(p) for p in best)):
        life(pair, 7)


def test_before_the_worlds_part_both_lives_are_one():
    young = Pair(make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", 0.002, [0], None, ()))
    for _ in range(5):
        young.step()
    told = life(young, int(young.nodes.person[0]))
    assert told["divergence"] is None
    one, other = told["arms"]
    assert {**one, "name": ""} == {**other, "name": ""}
