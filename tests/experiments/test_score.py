"""What is asked of a score: made cohorts whose answers are known, and one of the model."""

from datetime import date

import numpy as np
import pytest
from scipy.special import expit, logit

from experiments import score
from sim.clock import day_of
from tests.worlds import world


@pytest.fixture(scope="module")
def made():
    """Outcomes by a level of -0.5 and a slope of 0.8 on the log-odds of the score; one group reoffends more."""
    rng = np.random.default_rng(0)
    ogrs3 = rng.beta(1.2, 2.0, 40_000).clip(0.01, 0.97)
    group = rng.random(len(ogrs3)) < 0.2
    chance = expit(-0.5 + 0.8 * logit(ogrs3) + 0.6 * group)
    return score.Cohort(ogrs3, rng.random(len(ogrs3)) < chance, {"more": group, "rest": ~group, "none": group & ~group})


def test_level_and_slope_of_a_made_cohort_are_found_again():
    rng = np.random.default_rng(1)
    ogrs3 = rng.random(60_000).clip(0.02, 0.98)
    happened = rng.random(len(ogrs3)) < expit(-0.5 + 0.8 * logit(ogrs3))
    assert score.recalibration(ogrs3, happened) == pytest.approx((-0.5, 0.8), abs=0.03)


def test_the_area_counts_pairs_and_half_of_ties():
    happened = np.array([True, False, True, False])
    assert score.area_under_curve(np.array([0.9, 0.1, 0.8, 0.2]), happened) == 1.0
    assert score.area_under_curve(np.array([0.1, 0.9, 0.2, 0.8]), happened) == 0.0
    assert score.area_under_curve(np.array([0.5, 0.5, 0.5, 0.5]), happened) == 0.5
    assert score.area_under_curve(np.array([0.9, 0.1, 0.2, 0.2]), happened) == pytest.approx(3.5 / 4)


def test_fifths_rise_and_hold_the_same_number_of_people(made):
    found = score.judged(made)
    assert (np.diff(found.fifths, axis=0) > 0).all()
    assert found.fifths[:, 1].mean() == pytest.approx(100 * made.reoffended.mean(), abs=0.01)


def test_a_group_that_the_score_misses_lies_above_it_and_the_rest_below(made):
    groups = score.judged(made).groups
    assert set(groups) == {"more", "rest"}
    more, rest = (rate - said for _, rate, said in (groups["more"], groups["rest"]))
    assert more > 5
    assert rest < 0
    shares = [groups[name][0] for name in ("more", "rest")]
    assert np.dot(shares, [more, rest]) == pytest.approx(0, abs=1)


def test_a_cohort_of_the_model_has_each_person_once_by_the_first_index_event():
    model = world(until=date(2012, 7, 2))
    first = date(2010, 1, 1)
    c = score.cohort(model, first)
    index = model.index_log
    inside = (index.day >= day_of(first)) & (index.day < day_of(first) + 365)
    assert len(c.ogrs3) == len(np.unique(index.row[inside])) > 500
    assert np.sum([c.groups["sex=male"], c.groups["sex=female"]]) == len(c.ogrs3)
    assert 0.1 < c.reoffended.mean() < 0.5
    assert score.area_under_curve(c.ogrs3, c.reoffended) > 0.6


def test_the_tables_have_every_fifth_and_group(made):
    found = [score.judged(made)] * 2
    text = "\n".join(score.lines(found))
    assert "fifth 5 by score" in text
    assert "area under the curve" in text
    assert "more " in text
    assert "none " not in text
