"""Arms lived as a tree are those lived each by itself, and what they share is lived once."""

import numpy as np
import pytest

from experiments.plan import make_plan
from experiments.tree import Lived, branches, grow
from sim.model import ProbationModel
from tests.worlds import differing_columns, events

NAMES = ("pre_reform", "risk_split_only", "companies_only", "post_reform", "no_change")


@pytest.fixture(scope="module")
def plan():
    return make_plan(NAMES, "staffordshire_west_midlands", 0.005, [3], "2015-12-31", [])


def first(plan):
    return ProbationModel(plan.arms[0], plan.region, plan.scale, 3, plan.register)


def test_every_arm_of_a_tree_is_the_arm_lived_by_itself(plan):
    lived = Lived()
    grown = {}
    for name, model in grow(first(plan), {arm.name: arm for arm in plan.arms}, plan.end_day, lived):
        grown[name] = model
    assert set(grown) == set(NAMES)
    for arm in plan.arms:
        alone = ProbationModel(arm, plan.region, plan.scale, 3, plan.register)
        alone.live_until(plan.end_day)
        assert np.array_equal(events(alone), events(grown[arm.name])), arm.name
        assert differing_columns(alone, grown[arm.name]) == []
    assert grown["pre_reform"] is grown["no_change"]
    assert lived.apart == len(NAMES) * grown["pre_reform"].week
    assert 0.6 < lived.saved < 0.8


def test_arms_part_where_their_levers_do(plan):
    arms = {arm.name: arm for arm in plan.arms}
    assert [list(part) for part in branches(arms, 0)] == [list(NAMES)]
    split = min(arms["post_reform"].levers["risk_split"].from_day, plan.end_day)
    parted = [list(part) for part in branches(arms, split + 1)]
    assert parted == [["pre_reform", "no_change"], ["risk_split_only", "companies_only", "post_reform"]]
    assert len(branches(arms, plan.end_day)) == 4
