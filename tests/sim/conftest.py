"""Worlds that many tests look at: made once for each worker, never changed (fork them)."""

from datetime import date

import pytest

from sim.model import ProbationModel
from sim.parameters.register import Register
from tests.ledger import keep_ledger
from tests.worlds import END, world


@pytest.fixture(scope="session")
def register():
    """The shipped parameters."""
    return Register.load()


@pytest.fixture(scope="session")
def day_zero():
    """A world on day 0."""
    return world("post_reform")


@pytest.fixture(scope="session")
def pre():
    """The old regime lived to the end of 2019."""
    return world("pre_reform", END)


@pytest.fixture(scope="session")
def post():
    """The reform lived to the end of 2019."""
    return world("post_reform", END)


@pytest.fixture(scope="session")
def mid_2016():
    """The reform in the middle of 2016, all but the wider curfew in force."""
    return world("post_reform", date(2016, 7, 4))


@pytest.fixture(scope="session")
def early_2012():
    """The old regime at the start of 2012."""
    return world("pre_reform", date(2012, 1, 2))


@pytest.fixture(scope="session")
def ledger():
    """The reform lived to the end of 2019 with a book kept of every week."""
    return keep_ledger("post_reform")


@pytest.fixture(scope="session")
def old_ledger():
    """The old regime lived to the end of 2015 with a book kept of every week."""
    return keep_ledger("pre_reform", date(2015, 12, 31))


@pytest.fixture(scope="session")
def country():
    """A tiny world of all areas on day 0."""
    return ProbationModel("post_reform", "england_wales", scale=0.005, seed=1)
