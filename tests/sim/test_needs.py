"""Needs: published weights added up by hand, how they act on the odds, who has them on coming into the world."""

import math
import tomllib
from itertools import combinations

import numpy as np
import pytest

from sim import needs
from sim.draws import Draws, person_hashes
from sim.needs import MASKS, NEEDS, OGRS_BINS, WEIGHTS, Need, build, first_needs, has, hundredth, keys, log_odds
from sim.needs import odds_factor as compiled_odds_factor
from tests.sim.processes.alone import with_raw
from tests.twins import watch
from tests.worlds import SIM, world

EVERYBODY = person_hashes(np.arange(20_000))
OGRS3 = (0.0, 0.1, 0.5, 0.85, 1.0)
ODDS_FACTOR = pytest.mark.parametrize(
    "odds_factor", [compiled_odds_factor, compiled_odds_factor.py_func], ids=["compiled", "twin"]
)


def bits(mask):
    """Return which needs a number holds, shape (..., 7)."""
    return np.asarray(mask)[..., None] >> np.arange(NEEDS) & 1


def weight_of(mask):
    """Return the published log-odds of a set of needs."""
    return float(bits(mask) @ np.array(log_odds()))


def tables_at(model, share):
    """Return the tables of needs under a causal share."""
    return build(with_raw(model, needs__causal_share=share).register)


# --- weights


def test_the_weight_of_each_need_is_its_published_coefficients_added_up():
    by_hand = {
        Need.ACCOMMODATION: 2 * 0.0848,
        Need.WORK: 2 * 0.0318,
        Need.DRUGS: 0.182 / 2 + 0.109 / 2 + 0.086,
        Need.ALCOHOL: 0.075 + 0.034,
        Need.THINKING: 2 * 0.042 + 0.044,
        Need.RELATIONSHIPS: 0.142 + 0.036,
        Need.ASSOCIATES: 2 * 0.126,
    }
    assert log_odds() == pytest.approx([by_hand[need] for need in Need])


def test_every_item_is_published_and_serves_one_need_alone():
    published = tomllib.loads((SIM / "data" / "needs_log_odds.toml").read_text())["ogrs4_dynamic"]
    items = [item for need in Need for item in WEIGHTS[need]]
    assert set(items) <= published.keys()
    assert len(set(items)) == len(items) > NEEDS
    assert all(published[item] > 0 for item in items)


# --- the factor on the odds


@ODDS_FACTOR
def test_a_change_of_needs_since_sentence_has_no_effect_where_the_causal_share_is_0(odds_factor, day_zero):
    n = tables_at(day_zero, 0.0)
    for assessed in (0, 5, MASKS - 1):
        factors = {odds_factor(n, 0.4, assessed, now) for now in range(MASKS)}
        assert factors == {odds_factor(n, 0.4, assessed, assessed)}


@ODDS_FACTOR
@pytest.mark.parametrize("share", [0.3, 1.0])
def test_a_change_of_needs_since_sentence_acts_with_the_causal_share_of_its_weight(odds_factor, share, day_zero):
    n = tables_at(day_zero, share)
    for assessed, now in [(0, MASKS - 1), (MASKS - 1, 0), (0b0010011, 0b1000001), (1, 2)]:
        ratio = odds_factor(n, 0.4, assessed, now) / odds_factor(n, 0.4, assessed, assessed)
        assert ratio == pytest.approx(math.exp(share * (weight_of(now) - weight_of(assessed))))


@ODDS_FACTOR
def test_needs_as_they_were_at_sentence_count_in_full_whatever_the_causal_share(odds_factor, day_zero):
    for share in (0.0, 0.4, 1.0):
        n = tables_at(day_zero, share)
        for mask in (1, 0b1010101, MASKS - 1):
            ratio = odds_factor(n, 0.4, mask, mask) / odds_factor(n, 0.4, 0, 0)
            assert ratio == pytest.approx(math.exp(weight_of(mask)))


@ODDS_FACTOR
def test_the_factor_is_1_for_whoever_carries_the_weight_that_is_usual_at_the_ogrs3(odds_factor, day_zero):
    n = build(day_zero.register)
    for ogrs3 in OGRS3:
        usual = float(n.usual[:, hundredth(ogrs3)] @ np.array(log_odds()))
        assert odds_factor(n, ogrs3, 0, 0) == pytest.approx(math.exp(-usual))


def test_the_factor_of_needs_drawn_at_the_usual_prevalence_has_a_mean_near_1(day_zero):
    n = build(day_zero.register)
    for ogrs3 in OGRS3:
        drawn = first_needs(day_zero.register, Draws(3), EVERYBODY, np.full(len(EVERYBODY), ogrs3))
        found = np.mean([compiled_odds_factor(n, ogrs3, mask, mask) for mask in drawn.tolist()])
        p, weights = n.usual[:, hundredth(ogrs3)], np.array(log_odds())
        exactly = np.prod(1 - p + p * np.exp(weights)) * np.exp(-p @ weights)
        assert found == pytest.approx(exactly, abs=0.01)
        assert found == pytest.approx(1, abs=0.04)


def test_tables_are_read_by_the_nearest_hundredth():
    for rule in (hundredth, hundredth.py_func):
        assert [rule(x) for x in (0.0, 0.0049, 0.0051, 0.5, 0.994, 0.996, 1.0)] == [0, 0, 1, 50, 99, 100, 100]
    assert hundredth(1.0) == OGRS_BINS - 1


# --- who has them


def test_prevalence_is_a_logistic_curve_in_ogrs3():
    assert needs.prevalence(0.0, 3.0, 0.5) == 0.5
    assert needs.prevalence(math.log(3), 4.0, 0.5) == pytest.approx(0.75)
    assert needs.prevalence(math.log(3), 4.0, 0.25) == pytest.approx(1 / (1 + math.e / 3))


def test_the_table_of_what_is_usual_is_that_curve(register):
    usual, p = build(register).usual, register.needs
    assert usual.shape == (NEEDS, OGRS_BINS)
    for need in Need:
        for ogrs3 in OGRS3:
            by_hand = needs.prevalence(p.level[need], p.ogrs3_slope[need], ogrs3)
            assert usual[need, round(100 * ogrs3)] == pytest.approx(by_hand)
    assert (np.diff(usual, axis=1) >= 0).all(), "the likelier to reoffend, the more needs"


@pytest.mark.parametrize("ogrs3", OGRS3)
def test_people_come_with_the_needs_that_are_usual_at_their_ogrs3(ogrs3, register):
    found = bits(first_needs(register, Draws(3), EVERYBODY, np.full(len(EVERYBODY), ogrs3)))
    usual = build(register).usual[:, hundredth(ogrs3)]
    assert found.mean(axis=0) == pytest.approx(usual, abs=4 * 0.5 / len(EVERYBODY) ** 0.5)
    worst = max(abs(np.corrcoef(found[:, a], found[:, b])[0, 1]) for a, b in combinations(Need, 2))
    assert worst < 5 / len(EVERYBODY) ** 0.5, "each need is drawn by itself"


def test_the_same_person_has_no_fewer_needs_at_a_higher_ogrs3(register):
    low, high = (first_needs(register, Draws(3), EVERYBODY, np.full(len(EVERYBODY), x)) for x in (0.2, 0.7))
    assert (low & ~high == 0).all()
    assert (low != high).mean() > 0.5


def test_first_needs_are_the_person_s_own(register):
    """Whoever else comes, and in whatever order."""
    ogrs3 = np.linspace(0, 1, 500)
    together = first_needs(register, Draws(3), EVERYBODY[:500], ogrs3)
    order = np.random.default_rng(1).permutation(500)[:200]
    assert np.array_equal(first_needs(register, Draws(3), EVERYBODY[order], ogrs3[order]), together[order])


@pytest.mark.parametrize("need", Need)
def test_a_higher_level_gives_that_need_to_more_and_no_other(need, day_zero):
    level = list(day_zero.register.needs.level)
    level[need] += 1
    raised = with_raw(day_zero, needs__level=tuple(level)).register
    ogrs3 = np.full(5000, 0.4)
    before, after = (first_needs(r, Draws(3), EVERYBODY[:5000], ogrs3) for r in (day_zero.register, raised))
    assert (before & ~after == 0).all()
    assert set((after & ~before).tolist()) == {0, 1 << need}


def test_has_says_who_has_a_need():
    column = np.array([0, 1, 0b100, 0b1111111], np.uint8)
    assert has(column, Need.ACCOMMODATION).tolist() == [False, True, False, True]
    assert has(column, Need.DRUGS).tolist() == [False, False, True, True]
    assert has(column, Need.ASSOCIATES).tolist() == [False, False, False, True]


def test_every_need_has_a_key_of_its_own_on_every_occasion():
    found = np.concatenate([keys(Draws(3), "needs.review", week) for week in range(-40, 700)])
    assert len(np.unique(found)) == 740 * NEEDS


# --- twins


def test_the_compiled_loops_are_their_twins(monkeypatch):
    world(scale=0.002)
    calls = watch(monkeypatch, needs)
    model = world(scale=0.002, seed=5)
    n = build(model.register)
    for ogrs3 in OGRS3:
        needs.odds_factor(n, ogrs3, 5, 9)
    assert len(calls) > 0 < min(calls.values())
    assert model.people.needs.any()
