"""A world whose support was watched: made once for each worker, never changed."""

import pytest

from sim.scenarios import load_timeline
from tests.sim.processes.helped import WEEKS, keep_book


@pytest.fixture(scope="session")
def year_of_support(mid_2016):
    """A year and more under the reform with the promised mentors."""
    model = mid_2016.fork(load_timeline("charity_mentoring_as_promised", mid_2016.region.areas))
    return model, keep_book(model, WEEKS)
