"""The decline of the hazard with offence-free time."""

import math
from itertools import pairwise

import pytest

from sim.desistance import desistance, desistance_by_week

PER_MONTH, SQUARED = -0.0531, 0.000408


def test_the_decline_agrees_with_hand_arithmetic():
    assert desistance(0, 1.0, PER_MONTH, SQUARED) == 1
    assert desistance(12, 1.0, PER_MONTH, SQUARED) == pytest.approx(math.exp(-0.6372 + 0.058752))
    assert desistance(12, 0.5, PER_MONTH, SQUARED) == pytest.approx(math.exp((-0.6372 + 0.058752) / 2))


def test_no_share_means_no_decline():
    assert desistance(30, 0.0, PER_MONTH, SQUARED) == 1


def test_the_decline_is_held_at_its_least():
    turning = 0.0531 / (2 * 0.000408)
    least = math.exp(-0.0531 * turning / 2)
    assert desistance(turning, 1.0, PER_MONTH, SQUARED) == pytest.approx(least)
    assert desistance(500, 1.0, PER_MONTH, SQUARED) == pytest.approx(least)


def test_the_decline_by_week_only_falls(register):
    found = [desistance_by_week(register.reoffending, week) for week in range(600)]
    assert found[0] == 1
    assert all(later <= earlier for earlier, later in pairwise(found))
    half = register.reoffending.desistance_share
    assert found[52] == pytest.approx(desistance(52 * 7 / 30.4375, half, PER_MONTH, SQUARED))
