"""Two pairs of worlds that part early: one to look for lives in, one as a stage for lives made by hand."""

import pytest

from experiments.plan import make_plan
from visualiser.pair import Pair

_LEVERS = ("risk_split", "short_sentence_supervision", "through_the_gate", "hdc_widened")
PARTED = tuple(f"levers.{name}=2008-02-04" for name in _LEVERS)


def pair_of(scale, weeks):
    found = Pair(make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", scale, [0], None, PARTED))
    while found.week < weeks:
        found.step()
    return found


@pytest.fixture(scope="package")
def pair():
    """Two small worlds that parted in February 2008 and lived into 2010."""
    return pair_of(0.01, 120)


@pytest.fixture(scope="package")
def tiny():
    """Two tiny worlds that have lived ten weeks, as a stage for lives made by hand."""
    return pair_of(0.002, 10)
