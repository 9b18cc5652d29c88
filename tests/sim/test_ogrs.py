"""OGRS3 against the worked checks that stand beside its coefficients."""

import math

import numpy as np
import pytest

from sim import ogrs

THEFT, VIOLENCE = (ogrs.offence_classes().index(name) for name in ("theft", "violence"))
WORKED = [
    (31, 16, 16, THEFT, 0.672, 0.808),
    (31, 16, 16, VIOLENCE, 0.514, 0.685),
    (28, 18, 4, VIOLENCE, 0.262, 0.422),
    (30, 30, 0, VIOLENCE, 0.064, 0.124),
]


def probability(age, first, previous, offence, *, years=1, woman=False, caution=False, age_now=None):
    """Score one person."""
    return float(
        ogrs.probability(
            np.array([previous]),
            np.array([float(age)]),
            np.array([float(first)]),
            np.array([float(age if age_now is None else age_now)]),
            np.array([woman]),
            np.array([caution]),
            np.array([offence]),
            years,
        )[0]
    )


@pytest.mark.parametrize(("age", "first", "previous", "offence", "one", "two"), WORKED)
def test_the_worked_checks_hold_to_three_decimals(age, first, previous, offence, one, two):
    assert round(probability(age, first, previous, offence), 3) == one
    assert round(probability(age, first, previous, offence, years=2), 3) == two


def test_a_cautioned_woman_agrees_with_hand_arithmetic():
    z = 1.251124464 * math.log(3 / (10 + 25 - 20)) + 0.34859587 - 1.052777806 + 0.159910192
    fraud = ogrs.offence_classes().index("fraud")
    found = probability(25, 20, 2, fraud, woman=True, caution=True)
    assert found == pytest.approx(1 / (1 + math.exp(-1.402562384 - z)), rel=1e-9)


def test_one_earlier_caution_weighs_as_a_second_caution():
    first, second = (probability(30, 29, k, VIOLENCE, caution=True) for k in (0, 1))
    by_hand = 1.251124464 * math.log(2) + 0.083100501
    assert math.log(second / (1 - second)) - math.log(first / (1 - first)) == pytest.approx(by_hand)


@pytest.mark.parametrize(("floor", "band"), [(18, 0), (21, 1), (25, 2), (30, 3), (35, 4), (40, 5), (50, 6)])
def test_a_band_of_age_begins_on_its_birthday(floor, band):
    weights = [-0.625103618, -1.051515067, -1.166679288, -1.325976554, -1.368045933, -1.499690953, -2.025261458]
    base = probability(60, 40, 5, VIOLENCE, age_now=18)
    found = probability(60, 40, 5, VIOLENCE, age_now=floor)
    assert math.log(found / (1 - found)) - math.log(base / (1 - base)) == pytest.approx(weights[band] - weights[0])
    if band:
        before = probability(60, 40, 5, VIOLENCE, age_now=floor - 0.01)
        assert math.log(before / (1 - before)) - math.log(base / (1 - base)) == pytest.approx(
            weights[band - 1] - weights[0]
        )


def test_more_sanctions_and_a_shorter_career_raise_the_score():
    by_sanctions = [probability(40, 20, k, THEFT) for k in range(2, 40)]
    by_career = [probability(40, first, 8, THEFT) for first in range(20, 40)]
    assert np.diff(by_sanctions).min() > 0
    assert np.diff(by_career).min() > 0


def test_the_odds_of_two_years_are_about_twice_those_of_one():
    one, two = probability(31, 16, 16, THEFT), probability(31, 16, 16, THEFT, years=2)
    assert (two / (1 - two)) / (one / (1 - one)) == pytest.approx(math.exp(2.121705678 - 1.402562384))


def test_a_first_sanction_after_the_index_counts_as_no_career():
    assert probability(30, 31, 0, THEFT) == probability(30, 30, 0, THEFT)


def test_there_are_twenty_classes_of_offence_and_seven_bands_of_age():
    assert len(ogrs.offence_classes()) == 20
    assert ogrs.weights().age_sex.shape == (2, 7)
    assert ogrs.weights().offence.shape == (20,)
