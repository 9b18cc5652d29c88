"""Draws are uniform, independent, and a function of (seed, stream, person, occasion) alone."""

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from sim.draws import Draws, choose, mix, person_hashes, pick, uniform, uniform_at
from sim.offenders import person_number

N = 100_000
HASHES = person_hashes(np.arange(N))
LEAST_P = 1e-3
"""Fixed seeds: a p-value below this is a fault of the generator, not bad luck."""


def p_of_pairs(one, other, cells=16):
    """Return the p-value of the chi-square test that two columns of uniforms are jointly uniform."""
    table = np.histogram2d(one, other, bins=cells, range=[[0, 1], [0, 1]])[0]
    return stats.chisquare(table.ravel()).pvalue


@pytest.mark.parametrize("seed", [0, 1, 2**31])
@pytest.mark.parametrize(("stream", "week"), [("reoffending.week", 0), ("courts.disposal", 417), ("a", -52)])
def test_uniforms_are_uniform(seed, stream, week):
    u = Draws(seed).uniforms(stream, HASHES, week)
    assert u.min() >= 0
    assert u.max() < 1
    assert stats.kstest(u, "uniform").pvalue > LEAST_P
    assert stats.chisquare(np.bincount((u * 1000).astype(int), minlength=1000)).pvalue > LEAST_P


def test_the_last_bits_of_a_uniform_are_as_even_as_the_first():
    u = Draws(5).uniforms("stream", HASHES, 9)
    low = (u * 2**53).astype(np.uint64) % np.uint64(256)
    assert stats.chisquare(np.bincount(low.astype(int), minlength=256)).pvalue > LEAST_P


def test_one_person_s_uniforms_over_weeks_are_uniform():
    """One p-value for each person, of uniformity and of pairs of weeks; the p-values themselves must be uniform."""
    draws = Draws(3)
    u = np.array([draws.uniforms("reoffending.week", HASHES[:100], week) for week in range(4000)]).T
    assert stats.kstest([stats.kstest(one, "uniform").pvalue for one in u], "uniform").pvalue > LEAST_P
    assert stats.kstest([p_of_pairs(one[::2], one[1::2], 8) for one in u], "uniform").pvalue > LEAST_P


def test_neighbouring_persons_are_independent():
    u = Draws(1).uniforms("stream", HASHES, 3)
    assert p_of_pairs(u[:-1], u[1:]) > LEAST_P
    assert abs(np.corrcoef(u[:-1], u[1:])[0, 1]) < 4 / N**0.5


def test_persons_of_one_slot_in_neighbouring_weeks_are_independent():
    this = Draws(1).uniforms("stream", person_hashes(person_number(np.arange(20_000), 7)))
    assert stats.kstest(this, "uniform").pvalue > LEAST_P
    assert p_of_pairs(this[:-1], this[1:], 8) > LEAST_P


@pytest.mark.parametrize("apart", [1, 2, 52, 104, 256])
def test_weeks_are_independent(apart):
    draws = Draws(1)
    one, other = (draws.uniforms("reoffending.week", HASHES, week) for week in (100, 100 + apart))
    assert p_of_pairs(one, other) > LEAST_P
    assert abs(np.corrcoef(one, other)[0, 1]) < 4 / N**0.5


def test_streams_are_independent():
    draws = Draws(1)
    names = ["reoffending.week", "reoffending.day", "supervision.contact", "supervision.discretion", "risk.rosh"]
    for one, other in pairwise(draws.uniforms(name, HASHES, 8) for name in names):
        assert p_of_pairs(one, other) > LEAST_P
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / N**0.5


def test_seeds_are_independent():
    for one, other in pairwise(Draws(seed).uniforms("stream", HASHES, 1) for seed in (0, 1, 2, 10, 100, 2**40)):
        assert p_of_pairs(one, other) > LEAST_P
        assert abs(np.corrcoef(one, other)[0, 1]) < 4 / N**0.5


def test_triples_of_persons_are_uniform_in_the_cube():
    u = Draws(4).uniforms("stream", HASHES[: N // 3 * 3], 2).reshape(-1, 3)
    table = np.histogramdd(u, bins=6, range=[(0, 1)] * 3)[0]
    assert stats.chisquare(table.ravel()).pvalue > LEAST_P


def test_a_week_of_one_s_own_is_independent_of_the_next_week_and_of_the_neighbour():
    draws, occasions = Draws(2), np.arange(N)
    same = draws.uniforms_at("courts.disposal", np.full(N, HASHES[0]), occasions)
    assert stats.kstest(same, "uniform").pvalue > LEAST_P
    assert p_of_pairs(same[:-1], same[1:]) > LEAST_P
    assert p_of_pairs(same, draws.uniforms_at("courts.length", np.full(N, HASHES[0]), occasions)) > LEAST_P


def test_mixing_is_one_to_one_and_flips_half_of_the_bits():
    numbers = np.arange(200_000, dtype=np.uint64)
    mixed = np.array([mix(n) for n in numbers], np.uint64)
    assert len(np.unique(mixed)) == len(numbers)
    flipped = np.bitwise_count(mixed[:-1:2] ^ mixed[1::2])
    assert abs(flipped.mean() - 32) < 0.1


def test_mixing_agrees_with_splitmix_64():
    """The first outputs of SplitMix64 from state 1234567, as published with Vigna's reference implementation."""
    golden, state, found = 0x9E3779B97F4A7C15, 1234567, []
    for _ in range(5):
        state = (state + golden) % 2**64
        found.append(int(mix(np.uint64(state))))
    assert found == [
        6457827717110365317,
        3203168211198807973,
        9817491932198370423,
        4593380528125082431,
        16408922859458223821,
    ]


def test_persons_of_different_number_have_different_hashes():
    week, slot = np.meshgrid(np.arange(-300, 300), np.arange(500))
    numbers = person_number(week.ravel(), slot.ravel())
    assert len(np.unique(person_hashes(numbers))) == numbers.size == len(np.unique(numbers))


@given(
    seed=st.integers(0, 2**63),
    week=st.integers(-1000, 2000),
    persons=st.lists(st.integers(0, 2**50), min_size=1, max_size=30, unique=True),
    chosen=st.randoms(use_true_random=False),
)
@settings(max_examples=50, deadline=None)
def test_a_draw_depends_neither_on_order_nor_on_who_else_is_there(seed, week, persons, chosen):
    draws = Draws(seed)
    together = dict(zip(persons, draws.uniforms("stream", person_hashes(np.array(persons)), week), strict=True))
    others = list(persons)
    chosen.shuffle(others)
    some = others[: 1 + len(others) // 2]
    alone = draws.uniforms("stream", person_hashes(np.array(some)), week)
    assert alone.tolist() == [together[p] for p in some]


def test_a_draw_does_not_depend_on_what_was_drawn_before():
    fresh, used = Draws(9), Draws(9)
    used.uniforms("other", HASHES[:100], 3)
    used.count("more", 2.5, 1)
    used.uniforms("stream", HASHES[:10], 7)
    assert np.array_equal(fresh.uniforms("stream", HASHES[:50], 3), used.uniforms("stream", HASHES[:50], 3))


def test_draws_at_occasions_of_one_s_own_do_not_depend_on_order():
    draws, occasions = Draws(9), np.arange(500) % 37 - 5
    forward = draws.uniforms_at("stream", HASHES[:500], occasions)
    assert np.array_equal(draws.uniforms_at("stream", HASHES[:500][::-1], occasions[::-1])[::-1], forward)
    assert np.array_equal(draws.uniforms_at("stream", HASHES[3:4], occasions[3:4]), forward[3:4])


@pytest.mark.parametrize("expected", [0.0, 0.25, 1.0, 3.7, 250.5])
def test_a_count_is_next_to_its_mean_and_has_it(expected):
    draws, weeks = Draws(1), 20_000
    counts = np.array([draws.count("arrivals", expected, week) for week in range(weeks)])
    assert set(counts) <= {int(expected), int(expected) + 1}
    fraction = expected % 1
    assert abs(counts.mean() - expected) <= 4 * (fraction * (1 - fraction) / weeks) ** 0.5


def test_choose_agrees_with_hand_arithmetic():
    u = np.array([0.0, 0.1999, 0.2, 0.4999, 0.5, 0.999999])
    by_hand = [0, 0, 1, 1, 2, 2]
    cumulative = np.array([0.2, 0.5, 1.0])
    assert choose(u, cumulative).tolist() == by_hand
    assert choose(u, np.tile(cumulative, (6, 1))).tolist() == by_hand


def test_pick_finds_what_is_found_by_counting():
    rng = np.random.default_rng(2)
    for size in range(1, 9):
        cumulative = np.cumsum(rng.integers(0, 3, size)) / 2.0
        for u in np.linspace(0, 1, 33):
            expected = min((cumulative <= u).sum(), size - 1)
            assert pick(u, cumulative) == pick.py_func(u, cumulative) == expected


def test_one_draw_on_an_occasion_of_one_s_own_is_that_of_many():
    draws = Draws(4)
    many = draws.uniforms_at("stream", HASHES[:50], np.arange(-20, 30))
    key = draws.key("stream")
    assert [uniform_at(h, key, k) for h, k in zip(HASHES[:50], range(-20, 30), strict=True)] == many.tolist()


def test_choose_never_takes_what_has_no_probability():
    cumulative = np.array([0.0, 0.3, 0.3, 1.0])
    u = np.concatenate([np.linspace(0, 1, 1000, endpoint=False), [0.3]])
    assert set(choose(u, cumulative)) == {1, 3}
    assert set(choose(u, np.tile(cumulative, (len(u), 1)))) == {1, 3}


def test_choose_stays_in_range_where_the_last_cumulative_is_a_hair_below_one():
    u = np.array([1 - 2**-53])
    assert choose(u, np.array([0.5, 1 - 2**-52])).tolist() == [1]


def test_a_choice_is_monotone_in_the_uniform():
    cumulative = np.cumsum(np.full(12, 1 / 12))
    chosen = choose(np.sort(Draws(1).uniforms("stream", HASHES[:1000])), cumulative)
    assert (np.diff(chosen) >= 0).all()


def test_compiled_draws_equal_their_twins_in_python():
    with np.errstate(over="ignore"):
        for bits in HASHES[:200]:
            key = np.uint64(12345678901234567)
            assert mix(bits) == mix.py_func(bits)
            assert uniform(bits, key) == uniform.py_func(bits, key)
