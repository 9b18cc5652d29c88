"""The hazard of offending by hand: its level and course, the intensity, and circumstances."""

import math

import numpy as np
import pytest

from sim.clock import DAYS_PER_YEAR
from sim.help import build as build_help
from sim.needs import build as build_needs
from sim.needs import odds_factor
from sim.processes import reoffending
from tests.sim.processes.alone import YEAR_WEEKS, weightless, with_raw
from tests.sim.processes.hazards import flat
from tests.worlds import later

# --- the hazard by hand


def test_the_hazard_is_a_product_of_its_factors(mid_2016):
    h = flat(mid_2016, scale=0.001, supervised_factor=0.9)
    h.decline[3], h.peak[3] = 0.5, 0.25
    assert reoffending.weekly_hazard(h, 0.5, 1.0, 0, False, False) == pytest.approx(0.001)
    assert reoffending.weekly_hazard(h, 0.8, 2.0, 0, False, False) == pytest.approx(0.008)
    assert reoffending.weekly_hazard(h, 0.5, 1.0, 3, False, False) == pytest.approx(0.0005)
    assert reoffending.weekly_hazard(h, 0.5, 1.0, 3, True, False) == pytest.approx(0.000625)
    assert reoffending.weekly_hazard(h, 0.5, 1.0, 3, True, True) == pytest.approx(0.0005625)
    assert reoffending.weekly_hazard(h._replace(slope=0.5), 0.8, 1.0, 0, False, False) == pytest.approx(0.002)


def test_the_level_of_the_hazard_is_that_of_proven_occasions_over_their_share_and_index(mid_2016):
    p, proof = mid_2016.register.reoffending, mid_2016.register.proof
    expected = p.hazard_scale / proof.p_proven * proof.in_year("detection_index", mid_2016.year) / DAYS_PER_YEAR
    assert reoffending.hazard_of_year(mid_2016).scale == pytest.approx(expected)


def test_the_hazard_follows_the_years(mid_2016, early_2012):
    index = mid_2016.register.proof
    ratio = index.in_year("detection_index", 2016) / index.in_year("detection_index", 2012)
    scales = [reoffending.hazard_of_year(m).scale for m in (mid_2016, early_2012)]
    assert scales[0] / scales[1] == pytest.approx(ratio)
    assert ratio != 1


def test_the_decline_starts_near_1_and_never_rises(mid_2016):
    decline = reoffending.hazard_of_year(mid_2016).decline
    assert decline[0] == pytest.approx(1, abs=0.01)
    assert (np.diff(decline) <= 0).all()
    assert decline[YEAR_WEEKS] < 0.95


def test_the_peak_after_release_is_an_exponential_read_in_mid_week(mid_2016):
    model = later(mid_2016, weeks=0, reoffending__release_peak=2.0, reoffending__release_peak_weeks=8)
    peak = reoffending.hazard_of_year(model).peak
    assert peak[0] == pytest.approx(2 * math.exp(-0.5 / 8))
    assert peak[8:16] / peak[:8] == pytest.approx(np.full(8, math.exp(-1)))


def test_there_is_no_decline_where_its_share_is_0(mid_2016):
    model = later(mid_2016, weeks=0, reoffending__desistance_share=0)
    assert (reoffending.hazard_of_year(model).decline == 1).all()


def test_release_is_like_any_other_day_where_the_peak_is_0(mid_2016):
    model = later(mid_2016, weeks=0, reoffending__release_peak=0)
    h = reoffending.hazard_of_year(model)
    pairs = [
        [reoffending.weekly_hazard(h, 0.6, 1.3, w, from_custody, False) for from_custody in (True, False)]
        for w in range(60)
    ]
    assert all(one == other for one, other in pairs)


def test_supervision_changes_nothing_where_its_log_factor_is_0(mid_2016):
    h = reoffending.hazard_of_year(later(mid_2016, weeks=0, reoffending__supervision_log_factor=0))
    pair = [reoffending.weekly_hazard(h, 0.6, 1.3, 5, True, supervised) for supervised in (True, False)]
    assert pair[0] == pair[1]


# --- the intensity


def intensities(h, hashes, stretch):
    return np.array([reoffending.intensity(h, person, stretch, np.uint64(77)) for person in hashes])


def test_the_intensity_has_mean_1_but_for_its_truncation(mid_2016):
    spread, greatest = 1.0, 5.0
    h = flat(mid_2016, spread=spread, least_uniform=math.exp(-greatest))
    z = intensities(h, mid_2016.people.person_hash, 3)
    # E[min(X, g)] = 1 - exp(-g) of an exponential X; its standard deviation is below 1
    assert z.mean() == pytest.approx(1 - spread * math.exp(-greatest), abs=4 / len(z) ** 0.5)
    assert z.max() == pytest.approx(greatest)
    assert z.min() >= 0


def test_a_share_of_the_intensity_is_fixed_and_the_rest_exponential(mid_2016):
    h = flat(mid_2016, spread=0.6, least_uniform=math.exp(-8))
    z = intensities(h, mid_2016.people.person_hash[:8000], 3)
    assert z.min() >= 0.4
    assert np.median(z) == pytest.approx(0.4 + 0.6 * math.log(2), abs=0.03)


def test_everyone_is_alike_where_the_spread_is_0(mid_2016):
    assert (intensities(flat(mid_2016), mid_2016.people.person_hash[:200], 3) == 1).all()


def test_a_stretch_keeps_its_intensity_and_the_next_knows_nothing_of_it(mid_2016):
    h = flat(mid_2016, spread=1.0)
    hashes = mid_2016.people.person_hash[:4000]
    one, again, following = (intensities(h, hashes, s) for s in (5, 5, 6))
    assert np.array_equal(one, again)
    assert abs(np.corrcoef(one, following)[0, 1]) < 4 / len(hashes) ** 0.5


# --- circumstances


CIRCUMSTANCES = pytest.mark.parametrize(
    "rule", [reoffending.circumstances, reoffending.circumstances.py_func], ids=["compiled", "twin"]
)


def factor(rule, model, h, **changed):
    """Return what a life's circumstances do to the hazard; by default no needs, help or peers, and all else centred."""
    usual = {"ogrs3": 0.4, "assessed": 0, "needs": 0, "help_": 0, "influence": 0}
    usual |= {"family_tie": 0.5, "alliance": 0.0, "in_community": True}
    return rule(h, weightless(model.register), build_help(model.register), *(usual | changed).values())


@CIRCUMSTANCES
def test_circumstances_multiply_the_hazard_by_the_log_factors(rule, mid_2016):
    model = with_raw(mid_2016, ties__family_log_factor=-0.3, reoffending__alliance_log_factor=-0.2)
    model = with_raw(model, ties__peer_log_factor=0.1)
    h = reoffending.hazard_of_year(model)
    assert factor(rule, model, h) == pytest.approx(1)
    assert factor(rule, model, h, family_tie=1.0) == pytest.approx(math.exp(-0.15))
    assert factor(rule, model, h, family_tie=0.0) == pytest.approx(math.exp(0.15))
    assert factor(rule, model, h, alliance=1.0) == pytest.approx(math.exp(-0.2))
    assert factor(rule, model, h, alliance=1.0, in_community=False) == 1, "only under supervision in the community"
    assert factor(rule, model, h, influence=150) == pytest.approx(math.exp(0.15))
    assert factor(rule, model, h, influence=30_000) == factor(rule, model, h, influence=255), "cut off"
    assert factor(rule, model, h, alliance=0.0) == factor(rule, model, h, alliance=0.0, in_community=False)
    together = factor(rule, model, h, family_tie=0.0, alliance=0.5, influence=50)
    assert together == pytest.approx(math.exp(0.15 - 0.1 + 0.05))


@CIRCUMSTANCES
def test_needs_multiply_the_hazard_by_their_factor_on_the_odds(rule, mid_2016):
    h, n, helped = flat(mid_2016), build_needs(mid_2016.register), build_help(mid_2016.register)
    for assessed, now in [(0, 0), (127, 127), (5, 80)]:
        found = rule(h, n, helped, 0.4, assessed, now, 0, 0, 0.9, 0.1, True)
        assert found == pytest.approx(odds_factor(n, 0.4, assessed, now))
