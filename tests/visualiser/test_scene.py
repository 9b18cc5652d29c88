import numpy as np
import pytest

from sim.events import Event
from sim.model import ProbationModel
from sim.offenders import IS_IN_PRISON, Provider, Status
from tests.visualiser.conftest import SCALE, plan
from tests.worlds import world
from visualiser.pair import Pair
from visualiser.scene import NO_HUB, Scene
from visualiser.states import ABSENT, LATELY_WEEKS, State


def test_everybody_on_record_is_on_the_page_once(lived):
    for model in lived.models:
        here = lived.scene.seen(model)
        known = len(model.ties.members)
        assert len(here.rows) == (model.people.status[:known] != Status.LEFT).sum()
        assert len(np.unique(here.nodes)) == len(here.nodes)
        assert (lived.nodes.person[here.nodes] == model.people.person[here.rows]).all()


def test_the_same_people_stand_in_the_same_places_under_both_regimes(lived):
    both = [set(lived.nodes.person[lived.scene.seen(model).nodes].tolist()) for model in lived.models]
    assert len(both[0] & both[1]) > 0.95 * len(both[0] | both[1])
    assert len(np.unique(lived.nodes.person)) == len(lived.nodes)


def test_states_agree_with_the_law_and_with_the_log(lived):
    model = lived.models[1]
    here, codes = lived.scene.seen(model), lived.records[1].state_at(lived.week)
    status, code = model.people.status[here.rows], codes[here.nodes]
    assert ((code == State.RECALLED) == (status == Status.RECALLED)).all()
    assert ((code == State.POST_SENTENCE_SUPERVISION) <= (status == Status.POST_SENTENCE_SUPERVISION)).all()
    assert (code[IS_IN_PRISON[status]] != State.REOFFENDED).all()
    arrived = {(int(model.log.row[k]), int(model.log.day[k])) for k in model.log.of(Event.ARRIVED)}
    found = [(int(model.log.row[k]), int(model.log.day[k])) for k in model.log.of(Event.OFFENCE)]
    recent = {row for row, day in found if day >= model.day - 7 * LATELY_WEEKS and (row, day) not in arrived}
    offended = np.isin(here.rows, list(recent))
    assert ((code == State.REOFFENDED) == (offended & ~IS_IN_PRISON[status])).all()
    assert (code == State.REOFFENDED).any()


def test_the_page_shows_seven_states_and_absent_ones_are_not_counted(lived):
    counts = lived.counts(lived.week)
    assert all(len(c) == len(State) for c in counts)
    for arm in (0, 1):
        assert sum(counts[arm]) == (lived.records[arm].state_at(lived.week) != ABSENT).sum()
    assert counts[0][State.POST_SENTENCE_SUPERVISION] == 0
    assert counts[1][State.POST_SENTENCE_SUPERVISION] > 0


def test_of_many_people_whole_neighbourhoods_are_shown():
    model = world(scale=0.05)
    scene = Scene((model,), most_shown=2_000)
    scene.look((model,))
    assert 0.8 * 2_000 < len(scene.nodes) < 1.2 * 2_000
    there = np.flatnonzero(model.people.status[: len(model.ties.members)] != Status.LEFT)
    shown = np.isin(there, scene.seen(model).rows)
    for cell in np.unique(model.people.cell[there]):
        assert len(set(shown[model.people.cell[there] == cell].tolist())) == 1
    assert "sample" in scene.describe()["note"]


def test_hubs_count_all_who_are_supervised(lived):
    for model in lived.models:
        counts = lived.scene.hub_counts(model)
        supervised = (model.people.officer >= 0).sum()
        assert sum(c for c, hub in zip(counts, lived.scene.hubs, strict=True) if hub.kind == "provider") == supervised
        hub = lived.scene.provider_hubs(model)
        here = lived.scene.seen(model)
        assert (hub != NO_HUB).sum() == (model.people.officer[here.rows] >= 0).sum()
    types = {lived.scene.hubs[h].type for h in np.unique(lived.scene.provider_hubs(lived.models[1])) if h != NO_HUB}
    assert types == {Provider.NPS.name.lower(), Provider.CRC.name.lower()}


def test_ties_join_people_who_are_on_the_page(lived):
    pairs = lived.scene.ties(lived.models[0])
    assert len(pairs) > 0
    assert set(pairs.ravel().tolist()) <= set(lived.scene.seen(lived.models[0]).nodes.tolist())


def test_both_arms_are_one_world_until_they_part():
    pair = Pair(plan())
    while pair.week < pair.fork_week:
        pair.step()
    assert not pair.parted
    assert pair.records[0].state_at(pair.week) is pair.records[1].state_at(pair.week)
    pair.step()
    assert pair.parted
    assert pair.week == pair.fork_week + 1


def test_two_arms_alike_never_part():
    pair = Pair(plan("pre_reform", "pre_reform", until="2008-03-31"))
    assert pair.fork_week is None
    while not pair.is_over:
        pair.step()
    assert not pair.parted


@pytest.mark.parametrize("reform", ["post_reform", "reunified"])
def test_a_place_is_kept_for_the_probation_service_only_where_it_comes(reform):
    pair = Pair(plan(reform=reform))
    assert ("Probation Service" in [hub.title for hub in pair.scene.hubs]) == (reform == "reunified")


def test_the_worlds_on_the_page_are_those_of_the_command_line(lived):
    alone = ProbationModel("post_reform", scale=SCALE, seed=1)
    alone.live_until(lived.models[1].day)
    for column in ("day", "event", "row", "value"):
        assert (getattr(alone.log, column) == getattr(lived.models[1].log, column)).all()


def test_whoever_has_just_come_has_not_reoffended():
    pair = Pair(plan())
    for _ in range(6):
        pair.step()
    people, here = pair.models[0].people, pair.scene.seen(pair.models[0])
    codes = pair.records[0].state_at(pair.week)
    new = people.arrival_week[here.rows] >= pair.week - 2
    assert new.sum() > 10
    assert (codes[here.nodes[new]] == State.REOFFENDED).mean() < 0.2
