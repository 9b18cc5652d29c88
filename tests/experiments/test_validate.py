from datetime import date

import pytest

from experiments import targets
from sim.clock import day_of
from sim.model import ProbationModel


@pytest.fixture(scope="module")
def measured():
    model = ProbationModel("pre_reform", "england_wales", 0.1, 1)
    model.live_until(day_of(date(2016, 1, 1)))
    return targets.measure(model)


def test_every_rate_lies_within_five_points_of_the_pre_reform_record(measured):
    rates = {t.name: t.error for t in measured if t.unit == "percent"}
    assert len(rates) == 9
    assert {name: error for name, error in rates.items() if abs(error) > 5} == {}


def test_the_caseload_lies_within_a_tenth_of_the_published_one(measured):
    caseload = next(t for t in measured if t.name == "caseload_2011")
    assert abs(caseload.error) < 0.1


def test_occasions_lie_within_a_tenth_by_disposal_and_by_history_band(measured):
    occasions = {t.name: t.error for t in measured if t.unit == "occasions"}
    assert len(occasions) == 14
    assert {name: error for name, error in occasions.items() if abs(error) > 0.1} == {}


def test_frequency_lies_within_a_tenth(measured):
    frequencies = [t.error for t in measured if t.unit == "count"]
    assert all(abs(error) < 0.1 for error in frequencies)
