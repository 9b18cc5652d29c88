import numpy as np
import pytest

from experiments import provider
from experiments.provider import World, areas, default_costs, help_as_priced, listed, published_world, shares_by_area
from sim.contracts import load_contract
from sim.data import tables


def test_areas_are_the_smallest_the_average_and_the_largest_with_their_part_of_the_published_cohort():
    found = areas()
    shares = [float(row["share_of_residents"]) for row in tables.rows("contract_areas")]
    assert [a.share for a in found.values()] == [min(shares), pytest.approx(sum(shares) / 21), max(shares)]
    assert [a.people for a in found.values()] == [
        round(27_000 * s) for s in (min(shares), sum(shares) / 21, max(shares))
    ]
    assert list(shares_by_area().values()) == sorted(shares)


def test_the_world_is_the_published_baseline():
    world = published_world(1.0, 10, 1)
    assert (world.rate, world.frequency) == (0.475, 4.2)
    base = world.baseline()
    assert (base.reoffenders / base.people, base.reoffences / base.reoffenders) == (0.475, 4.2)
    assert base.ogrs / base.people == 0.475


def test_one_hazard_moves_the_frequency_with_the_rate():
    """A rate of one half is a hazard of ln 2; of three quarters, twice as much."""
    assert provider.times(0.5) == pytest.approx(2 * np.log(2))
    world = World(0.5, 3.0)
    assert world.frequency_at(0.5) == 3.0
    assert world.frequency_at(0.75) == pytest.approx(3.0 * (2 * np.log(2) / 0.75) / (2 * np.log(2)))
    assert World(0.5, 3.0, follows=0.0).frequency_at(0.75) == 3.0
    assert World(0.5, 3.0, follows=0.5).frequency_at(0.75) == pytest.approx(3.5)


def test_help_as_priced_is_the_fee_over_the_fall_it_brings():
    """600 pounds, over 7.5 percent of 40 percent: 3 in a hundred."""
    assert help_as_priced(load_contract("proposal_2013"), 0.4) == pytest.approx(20_000)


def test_the_ladder_of_costs_is_set_by_the_contract_and_not_by_what_it_finds():
    contract = load_contract("proposal_2013").with_value("binary_tariff", 5000)
    assert list(default_costs(contract, 0.4).values()) == pytest.approx([0, 2500, 5000, 20_000])


def test_words_are_listed_as_in_a_sentence():
    assert [listed(w) for w in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
