"""The network: chains of half ties, ties by keyed draws for each pair, and who is tied to whom."""

import math
from collections import Counter

import numpy as np
import pytest

from sim import graph, network
from sim.clock import WEEKS_PER_YEAR
from sim.draws import Draws, person_hashes, uniform
from sim.network import FULL, TieKind, Ties, build, meet_newcomers, tie
from sim.offenders import COLUMNS, Status
from sim.processes import ties
from tests.sim.processes.alone import copy_of, with_raw
from tests.twins import watch
from tests.worlds import halves, world

RULES = ("compiled", "twin")
NONE = -1


def rule(name, which):
    """Return a compiled function of the network, or its twin."""
    function = getattr(network, name)
    return function if which == "compiled" else function.py_func


def pairs_of(model, kind=None):
    """Return the ties as a set of pairs of persons' numbers, the lower first."""
    one, other, half = halves(model)
    of_kind = np.ones(len(half), bool) if kind is None else half["kind"] == kind
    numbers = np.sort(np.stack([model.people.person[one], model.people.person[other]], axis=1)[of_kind], axis=1)
    return set(map(tuple, numbers.tolist()))


def chain(model, row):
    """Return the half ties in a person's chain."""
    half, found = model.ties.half, []
    h = int(model.people.first_tie[row])
    while h != NONE:
        found.append(h)
        h = int(half["next"][h])
    return found


def peopled(model, rows):
    """Return a world of these people of another world, in this order, who have yet to meet."""
    twin = copy_of(model)
    twin.people.keep(rows)
    twin.people.first_tie[:] = NONE
    twin.ties = Ties()
    return twin


def come(model, source, rows):
    """Let people of another world come too, and meet whoever is there."""
    model.people.add(len(rows), **{name: getattr(source.people, name)[rows] for name in COLUMNS})
    model.people.first_tie[-len(rows) :] = NONE
    meet_newcomers(model)


@pytest.fixture(scope="module")
def tracked(day_zero):
    """Rows of everyone who is tracked on day 0."""
    return np.flatnonzero(day_zero.people.status != Status.LEFT)


@pytest.fixture(scope="module")
def met(day_zero, tracked):
    """Everyone tracked on day 0, met at once."""
    model = peopled(day_zero, tracked)
    meet_newcomers(model)
    return model


# --- chains


@pytest.mark.parametrize("name", ["day_zero", "pre", "post"])
def test_each_half_tie_stands_once_in_the_chain_of_its_owner_and_nowhere_else(name, request):
    model = request.getfixturevalue(name)
    following, peer = model.ties.half["next"].tolist(), model.ties.half["peer"].tolist()
    seen = Counter()
    for row, first in enumerate(model.people.first_tie.tolist()):
        now = first
        while now != NONE:
            seen[now] += 1
            assert peer[now ^ 1] == row, "the other half points at its owner"
            now = following[now]
    assert seen == Counter(range(len(peer)))
    assert len(peer) > 4000


@pytest.mark.parametrize("name", ["day_zero", "pre", "post"])
def test_the_two_halves_of_a_tie_agree(name, request):
    half = request.getfixturevalue(name).ties.half
    assert len(half) % 2 == 0
    for field in ("strength", "since_week", "kind"):
        assert np.array_equal(half[field][::2], half[field][1::2]), field
    assert half["strength"].max() <= FULL
    assert (half["strength"] > 0).all()


@pytest.mark.parametrize("name", ["day_zero", "pre", "post"])
def test_nobody_is_tied_to_himself_or_twice_to_the_same_person(name, request):
    model = request.getfixturevalue(name)
    one, other, half = halves(model)
    assert (one != other).all()
    assert len(pairs_of(model)) == len(half)


@pytest.mark.parametrize("name", ["day_zero", "pre", "post"])
def test_potential_co_offenders_are_of_one_cell_and_so_of_one_area(name, request):
    model = request.getfixturevalue(name)
    people = model.people
    one, other, half = halves(model)
    co_offending = half["kind"] == TieKind.CO_OFFENDING
    assert (people.cell[one] == people.cell[other])[co_offending].all()
    assert (people.area[one] == people.area[other]).all()
    cells, first = network.cells_of_areas(model)
    assert ((people.cell >= first[people.area]) & (people.cell < (first + cells)[people.area])).all()
    assert len(np.unique(people.cell)) > 0.95 * cells.sum()


@pytest.mark.parametrize("which", RULES)
def test_tied_follows_the_chain_from_either_side(which, day_zero):
    tied = rule("tied", which)
    people, half = day_zero.people, day_zero.ties.half
    one, other, _ = halves(day_zero)
    for i, j in list(zip(one.tolist(), other.tolist(), strict=True))[:200]:
        assert tied(i, j, people.first_tie, half)
        assert tied(j, i, people.first_tie, half)
    loners = np.flatnonzero(people.first_tie == NONE)[:20].tolist()
    assert not any(tied(i, j, people.first_tie, half) for i in loners for j in one[:20].tolist())


def test_a_new_tie_stands_at_the_head_of_both_chains(day_zero):
    model = copy_of(day_zero)
    before = {row: chain(model, row) for row in (3, 8, 9)}
    first = len(model.ties)
    tie(model, np.array([[3, 8], [8, 9]]), TieKind.CUSTODY, 50, np.array([4, 5]))
    assert chain(model, 3) == [first, *before[3]]
    assert chain(model, 8) == [first + 2, first + 1, *before[8]]
    assert chain(model, 9) == [first + 3, *before[9]]
    new = model.ties.half[first:]
    assert new["peer"].tolist() == [8, 3, 9, 8]
    assert new["since_week"].tolist() == [4, 4, 5, 5]
    assert new["strength"].tolist() == [50] * 4
    assert (new["given"] == 0).all()


def test_a_forked_world_has_ties_of_its_own(day_zero):
    twin = copy_of(day_zero)
    pairs, seen = pairs_of(day_zero), day_zero.ties.log_seen
    members = day_zero.ties.members.member.copy()
    heads = day_zero.ties.cell_first.copy()
    for _ in range(5):
        twin.step()
    assert pairs_of(day_zero) == pairs < pairs_of(twin)
    assert day_zero.ties.log_seen == seen < twin.ties.log_seen
    assert np.array_equal(day_zero.ties.members.member, members)
    assert np.array_equal(day_zero.ties.cell_first, heads)
    assert len(twin.ties.members) > len(members)


# --- keyed draws


def test_one_person_more_adds_ties_of_that_person_alone(met, day_zero, tracked):
    everybody = pairs_of(met)
    degree = Counter(number for pair in everybody for number in pair)
    sociable = [number for number, _ in degree.most_common(3)]
    number_of = day_zero.people.person[tracked]
    for number in [*sociable, *number_of[:3].tolist()]:
        fewer = peopled(day_zero, tracked[number_of != number])
        meet_newcomers(fewer)
        assert everybody - pairs_of(fewer) == {pair for pair in everybody if number in pair}
        assert pairs_of(fewer) <= everybody
    assert degree[sociable[0]] > 5


def test_ties_do_not_depend_on_the_order_in_which_newcomers_come(met, day_zero, tracked):
    backwards, shuffled = tracked[::-1], np.random.default_rng(2).permutation(tracked)
    for order in (backwards, shuffled):
        other = peopled(day_zero, order)
        meet_newcomers(other)
        assert pairs_of(other) == pairs_of(met)


def test_ties_do_not_depend_on_who_came_together(met, day_zero, tracked):
    bit_by_bit = peopled(day_zero, tracked[:4000])
    meet_newcomers(bit_by_bit)
    come(bit_by_bit, day_zero, tracked[4000:4001])
    come(bit_by_bit, day_zero, tracked[4001:])
    assert pairs_of(bit_by_bit) == pairs_of(met)
    assert len(bit_by_bit.ties.members) == len(tracked)


def test_newcomers_do_not_meet_who_has_left(met, day_zero, tracked):
    model = peopled(day_zero, tracked[:6000])
    meet_newcomers(model)
    gone = np.arange(0, 6000, 2)
    model.people.status[gone] = Status.LEFT
    model.leaving = gone
    come(model, day_zero, tracked[6000:])
    one, other, _ = halves(model)
    later = np.maximum(one, other) >= 6000
    assert not np.isin(np.minimum(one, other)[later], gone).any()
    kept = pairs_of(met) - pairs_of(model)
    numbers = set(model.people.person[gone].tolist())
    assert kept
    assert all(numbers & set(pair) for pair in kept), "nobody else lost a tie by it"


def test_nobody_is_tied_where_the_chance_is_0(day_zero, tracked):
    model = peopled(with_raw(day_zero, ties__p_tie=0.0), tracked)
    meet_newcomers(model)
    assert len(model.ties) == 0


def test_a_higher_chance_keeps_every_tie_and_adds_some(met, day_zero, tracked):
    more = peopled(with_raw(day_zero, ties__p_tie=0.6), tracked)
    meet_newcomers(more)
    assert pairs_of(met) < pairs_of(more)
    assert len(pairs_of(more)) > 1.2 * len(pairs_of(met))


def test_two_are_tied_if_their_own_uniform_lies_below_their_chance(met):
    """Every pair of a cell once more, plainly."""
    people, draws, n = met.people, met.draws, build(met.register)
    key = draws.key("ties.pair")
    social = network.sociabilities(n, draws.uniforms("ties.sociability", people.person_hash))
    age = people.age(np.arange(len(people)), met.day)
    expected = set()
    for cell in np.unique(people.cell)[:150]:
        here = np.flatnonzero(people.cell == cell)
        for i, j in ((i, j) for i in here for j in here if i < j):
            apart, mean = abs(age[i] - age[j]), (age[i] + age[j]) / 2
            p = n.p_tie * social[i] * social[j] * math.exp(-max(mean - n.least_age, 0) / n.decline_years)
            p *= math.exp(-apart / n.age_years)
            if uniform(people.person_hash[i] ^ people.person_hash[j], key) < p:
                expected.add(tuple(sorted((int(people.person[i]), int(people.person[j])))))
    inside = set(people.person[np.isin(people.cell, np.unique(people.cell)[:150])].tolist())
    assert {pair for pair in pairs_of(met) if pair[0] in inside} == expected
    assert len(expected) > 300


# --- the chance of a tie


@pytest.mark.parametrize("which", RULES)
def test_sociability_is_a_pareto_tail_cut_off(which, day_zero):
    n, sociability = build(day_zero.register), rule("sociability", which)
    assert sociability(n, 0.0) == n.sociability_least
    assert sociability(n, 0.5) == pytest.approx(n.sociability_least * 2 ** (1 / n.sociability_shape))
    assert sociability(n, 1 - 1e-12) == n.sociability_greatest
    least, shape, greatest = n.sociability_least, n.sociability_shape, n.sociability_greatest
    drawn = network.sociabilities(n, Draws(2).uniforms("test", person_hashes(np.arange(40_000))))
    for x in (0.5, 1, 2, 5):
        expected = (least / x) ** shape
        assert (drawn > x).mean() == pytest.approx(expected, abs=4 * (expected / 40_000) ** 0.5)
    assert drawn.max() == greatest


@pytest.mark.parametrize("which", RULES)
def test_the_chance_of_a_tie_is_a_product_that_falls_with_age_and_difference(which, day_zero):
    n, chance = build(day_zero.register), rule("chance_of_tie", which)
    p, least = n.p_tie, n.least_age
    assert chance(n, 1.0, 1.0, 0.0, least) == pytest.approx(p)
    assert chance(n, 0.5, 1.2, 0.0, least) == pytest.approx(0.6 * p)
    assert chance(n, 1.0, 1.0, n.age_years, least) == pytest.approx(p / math.e)
    assert chance(n, 1.0, 1.0, 0.0, least + 2 * n.decline_years) == pytest.approx(p / math.e**2)
    assert chance(n, 1.0, 1.0, 0.0, least - 5) == pytest.approx(p), "no more below the least age"
    assert chance(n, 20.0, 20.0, 0.0, least) == 1


# --- who is tied to whom


def test_the_young_have_more_ties_than_the_old(met):
    age = met.people.age(np.arange(len(met.people)), met.day)
    degree = np.bincount(met.ties.half["peer"], minlength=len(age))
    young, middle, old = (degree[(age >= a) & (age < b)].mean() for a, b in ((18, 25), (25, 40), (40, 99)))
    assert young > middle > 2 * old


def test_nobody_is_tied_across_areas(country):
    one, other, half = halves(country)
    assert (country.people.area[one] == country.people.area[other]).all()
    co_offending = half["kind"] == TieKind.CO_OFFENDING
    assert (country.people.cell[one] == country.people.cell[other])[co_offending].all()
    assert len(half) > 500


# --- strength


@pytest.mark.parametrize("which", RULES)
@pytest.mark.parametrize("years", [0.5, 2.0, 5.0])
def test_a_tie_is_half_as_strong_after_its_half_life(which, years, day_zero):
    n, faded = build(with_raw(day_zero, ties__half_life_years=years).register), rule("faded", which)
    assert faded(n, 100.0, 0) == 100
    assert faded(n, 100.0, -3) == 100, "a newcomer's first week may lie ahead"
    half_life = years * WEEKS_PER_YEAR
    for lives in (1, 2, 3):
        assert faded(n, 100.0, round(lives * half_life)) == pytest.approx(100 * 0.5**lives, abs=1.01)
    for weeks in (1, 17, 300):
        assert faded(n, 80.0, weeks) == int(80 * 2 ** (-weeks / half_life))
    assert faded(n, 100.0, 10**6) == faded(n, 100.0, len(n.fade) - 1)


# --- twins


@pytest.mark.parametrize("which", RULES)
def test_a_longer_table_starts_alike_and_has_room(which):
    for table in (np.arange(6).reshape(3, 2), np.array([[0.5, 1.5]])):
        found = rule("longer", which)(table)
        assert np.array_equal(found[: len(table)], table)
        assert found.shape == (2 * len(table), 2)
        assert found.dtype == table.dtype


def test_the_compiled_loops_are_their_twins(monkeypatch):
    crowded = {"ties__cells_per_1000": 100, "ties__p_custody_tie": 1.0, "ties__wings_per_1000": 4}
    register = with_raw(world(scale=0.002), **crowded).register
    world(scale=0.002, register=register).step()
    longer = network.longer
    calls = watch(monkeypatch, network)
    monkeypatch.setattr(network, "longer", longer)  # what its new room holds is anybody's
    monkeypatch.setattr(ties, "pairs_inside", network.pairs_inside)
    monkeypatch.setattr(graph, "faded", network.faded)
    model = world(scale=0.002, seed=5, register=register)
    for _ in range(5):
        model.step()
    graph.graph(model)
    assert len(calls) > 0
    assert [name for name, number in calls.items() if not number] == ["longer"]
    assert set(np.unique(model.ties.half["kind"])) == set(TieKind)
