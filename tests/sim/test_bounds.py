"""Compiled loops check no bounds: what they read beyond an array is anybody's, and no two runs need agree on it.

Negative numbers of rows count from the end, checked or not: a -1 for nobody is not noticed here.
"""

import pytest

from tests.worlds import in_subprocess

LIVE = """
from experiments.space import space, with_values
from sim import measures
from sim.clock import day_of
from sim.model import ProbationModel
from sim.parameters.register import Register
from sim.scenarios import load_timeline
from datetime import date
register, share = Register.load(), {share}
numbers = {{c.name: c.low + share * (c.high - c.low) for c in space(register)}}
for region, scale in (("staffordshire_west_midlands", 0.02), ("england_wales", 0.002)):
    model = ProbationModel("pre_reform", region, scale, 2, with_values(register, numbers, "test"))
    model.live_until(day_of(date(2014, 5, 1)))
    reformed = model.fork(load_timeline("post_reform", model.region.areas))
    for world in (model, reformed):
        world.live_until(day_of(date(2018, 1, 1)))
        assert list(measures.cohorts(world))
print("lived")
"""


@pytest.fixture(scope="module")
def checking(tmp_path_factory):
    """What makes compiled loops check their bounds, and keeps what is compiled so to itself."""
    return {"NUMBA_BOUNDSCHECK": "1", "XDG_CACHE_HOME": str(tmp_path_factory.mktemp("checking"))}


@pytest.mark.parametrize("share", [0.0, 0.737, 1.0])
def test_no_loop_leaves_its_arrays_whatever_the_numbers(checking, share):
    assert in_subprocess(LIVE.format(share=share), **checking) == "lived"


def test_a_loop_that_leaves_its_array_is_noticed(checking):
    beyond = """
import numpy as np
from sim.draws import choose
try:
    choose(np.array([0.5]), np.ones((1, 2)), rows=np.array([7]))
except IndexError:
    print("noticed")
"""
    assert in_subprocess(beyond, **checking) == "noticed"
