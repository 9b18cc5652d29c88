"""Small pairs of worlds for the tests of the page, lived once."""

import pytest

from experiments.plan import make_plan
from visualiser.pair import Pair

SCALE = 0.01
"""About two hundred people under supervision."""


def plan(base="pre_reform", reform="post_reform", *, scale=SCALE, seed=1, settings=(), until=None):
    """Return a plan of the default region."""
    return make_plan([base, reform], "staffordshire_west_midlands", scale, [seed], until, list(settings))


@pytest.fixture(scope="session")
def lived():
    """Two worlds at the end of 2016; not to be changed."""
    pair = Pair(plan())
    while pair.week < 468:
        pair.step()
    return pair
