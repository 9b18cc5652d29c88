"""Gradients of contact and help by class of payment: by hand, and on a small world with the placebo."""

from datetime import date

import numpy as np
import pytest

from experiments import parking
from experiments.parking import BASE, PAID, PLACEBO, Served, contact_gradient, gradients, help_gradient, timelines


def served(due, kept, helped=((10, 10, 10, 10), (5, 5, 5, 5))):
    """Return what was served: contacts due and kept by tier and class."""
    counts = np.stack([np.array(due), np.array(kept), np.array(due) - np.array(kept)], axis=-1)
    return Served(counts, np.array(helped))


def test_cutting_everyone_of_a_tier_alike_leaves_the_gradient_of_contact_at_nothing():
    due = [[100, 0, 0, 100], [100, 0, 0, 300], [0, 0, 0, 50], [0, 0, 0, 0]]
    kept = [[80, 0, 0, 80], [40, 0, 0, 120], [0, 0, 0, 10], [0, 0, 0, 0]]
    found = served(due, kept)
    assert parking.weights_of(found).tolist() == [100, 100, 0, 0]
    assert contact_gradient(found, parking.weights_of(found)) == pytest.approx(0)


def test_the_gradient_of_contact_is_the_log_ratio_of_the_classes_weighed_over_tiers():
    due = [[100, 0, 0, 100], [300, 0, 0, 300], [0, 0, 0, 50], [0, 0, 0, 0]]
    kept = [[40, 0, 0, 80], [150, 0, 0, 150], [0, 0, 0, 10], [0, 0, 0, 0]]
    found = served(due, kept)
    assert contact_gradient(found, parking.weights_of(found)) == pytest.approx(np.log(2) / 4)


def test_the_gradient_of_help_is_the_difference_over_the_share_of_everyone():
    ones = np.ones((4, 4), int)
    found = served(ones, ones, ((10, 10, 10, 10), (2, 5, 5, 8)))
    assert help_gradient(found) == pytest.approx((0.8 - 0.2) / 0.5)


def test_the_arms_differ_in_owners_and_in_payment_and_in_nothing_else():
    arms = timelines(("Staffordshire and West Midlands",))
    names = {arm: set(timeline.levers) for arm, timeline in arms.items()}
    assert names[PAID] - names[PLACEBO] == {"payment_by_results", "contract_variation"}
    assert names[PLACEBO] - names[BASE] == {"private_providers", "charity_supply_chain"}
    assert arms[PAID].levers["private_providers"] == arms[PLACEBO].levers["private_providers"]
    assert sum(arms[PAID].levers["private_providers"].settings.values()) == 0


@pytest.fixture(scope="module")
def small():
    """Three seeds of a small world, half a year of service."""
    return parking.measure(range(3), scale=0.1, end=date(2016, 7, 4), jobs=1)


def test_without_payment_contact_and_help_do_not_depend_on_its_likelihood_and_with_it_they_do(small):
    found = gradients(small)
    owners, payment = (found["contact"][one] - found["contact"][other] for one, other in ((1, 0), (2, 1)))
    assert abs(owners.mean()) < 0.1
    assert (payment > 0.1).all()
    assert ((found["help"][2] - found["help"][1]) > 0.5).all()
    assert abs((found["help"][1] - found["help"][0]).mean()) < 0.5


def test_the_same_seeds_serve_the_same(small):
    again = parking.run_seed(0.1, date(2016, 7, 4), 1)
    for arm in parking.ARMS:
        assert np.array_equal(again[arm].contacts, small[1][arm].contacts)
        assert np.array_equal(again[arm].help, small[1][arm].help)


def test_the_table_is_printed_with_intervals(small):
    printed = "\n".join(parking.lines(small))
    assert "3 paired seeds" in printed
    assert "what payment does: paid less placebo" in printed
    assert printed.count("[") == 10
