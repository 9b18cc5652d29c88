"""What a contract pays, line by line, against hand arithmetic."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.contracts import load_contract
from sim.data import tables
from sim.payments import (
    annual_lines,
    band_of,
    bid_fee,
    forecast_starts,
    monthly_lines,
    quarterly_lines,
    results_pot,
    service_fee,
    total,
    weighted_volume,
)
from sim.results import Cohorts, pooled
from tests.contracts import made

BASE = Cohorts(1000, 500, 1500, 500.0)
"""Half reoffend, three times each; mean OGRS one half."""
FORECAST = [100, 100, 100, 100]


@pytest.fixture
def contract(tmp_path):
    """A million a year: 750,000 bid, a quarter of it fixed; a pot of 250,000, a fifth of it in advance."""
    return made(tmp_path)


def quarters(*reoffenders, each=3.0):
    """Return four cohorts of a thousand people."""
    count = np.array(reoffenders)
    return Cohorts(np.full(4, 1000), count, np.round(count * each).astype(int), np.full(4, 500.0))


def year_of(contract, cohorts, starts=FORECAST, size=1.0, base=BASE, forecast=FORECAST):
    """Post every line of a year; return the lines of a month, of the quarters and of the year, and their sum."""
    month = monthly_lines(contract, size)
    advanced = 3 * month.foundation
    quarter = quarterly_lines(contract, cohorts, base, size, advanced)
    results = 4 * advanced + quarter.binary.sum() + quarter.clawback.sum()
    fee = service_fee(contract, starts, forecast, size)
    year = annual_lines(contract, pooled(cohorts), base, fee, size, 12 * month.service, results)
    return month, quarter, year, 12 * total(month) + total(quarter).sum() + total(year)


def listed(lines):
    """Return the lines as plain numbers."""
    return [np.asarray(line).tolist() for line in lines]


# --- volume and the fee for service


def test_the_fee_bid_leaves_the_pot(contract):
    assert (bid_fee(contract, 1), results_pot(contract, 1)) == (750_000, 250_000)
    assert listed((bid_fee(contract, [0.5, 0]), results_pot(contract, [0.5, 0]))) == [[375_000, 0], [125_000, 0]]


def test_weighted_volume_is_starts_by_their_weights(contract):
    assert weighted_volume(contract, [10, 20, 40, 80]) == 10 / 2 + 20 / 4 + 40 / 8 + 80 / 8
    assert weighted_volume(contract, [[8, 0, 0, 0], [0, 0, 0, 8]]).tolist() == [4, 1]


def test_the_forecast_changes_the_starts_of_the_base_year(contract):
    assert forecast_starts(contract, [10, 20, 30, 40]).tolist() == [10, 20, 60, 40]


@pytest.mark.parametrize(
    ("ratio", "band"), [(0, 0), (0.499, 0), (0.5, 1), (0.899, 1), (0.9, 2), (1, 2), (1.099, 2), (1.1, 3), (9, 3)]
)
def test_an_edge_belongs_to_the_band_above_it(contract, ratio, band):
    assert band_of(contract, ratio) == band


@pytest.mark.parametrize(
    ("starts", "by_volume"),
    [(0, 281_250), (49, 281_250), (50, 421_875), (89, 421_875), (90, 562_500), (100, 562_500), (110, 703_125)],
)
def test_the_fee_is_a_fixed_part_and_a_part_by_band(contract, starts, by_volume):
    fee = service_fee(contract, [starts] * 4, FORECAST, 1)
    assert (fee.fixed, fee.by_volume) == (187_500, by_volume)
    assert total(fee) == 187_500 + by_volume


def test_a_fee_that_is_all_fixed_does_not_move_with_volume(tmp_path):
    contract = made(tmp_path, fixed_share=1)
    assert {float(total(service_fee(contract, [n] * 4, FORECAST, 1))) for n in (0, 70, 100, 300)} == {750_000}


def test_volume_falls_short_though_more_people_are_supervised(contract):
    """A fifth more starts, but of light weight in the place of heavy ones."""
    starts = [60, 60, 220, 140]
    assert sum(starts) == 1.2 * sum(FORECAST)
    assert weighted_volume(contract, starts) / weighted_volume(contract, FORECAST) == pytest.approx(0.9)
    assert service_fee(contract, [59, 60, 220, 140], FORECAST, 1).by_volume == 421_875


def test_the_variation_pays_about_what_was_agreed_on_top():
    """342 million pounds more for the years left, at the middle of the published shortfalls."""
    note = next(r for r in tables.rows("published_statistics") if r["id"] == "crc_losses")["note"]
    agreed = float(re.search(r"(\d+) million GBP extra", note)[1]) * 1e6
    shortfall = next(r for r in tables.rows("published_statistics") if r["id"] == "volume_shortfall_2016")["note"]
    low, high = (float(v) / 100 for v in re.search(r"(\d+) to (\d+) percent", shortfall).groups())
    forecast = [100.0] * 4
    starts = [100 * (1 - (low + high) / 2)] * 4
    signed, varied = load_contract("signed_2015"), load_contract("variation_2017")
    more = total(service_fee(varied, starts, forecast, 1)) - total(service_fee(signed, starts, forecast, 1))
    years = (varied.until_day - varied.from_day + 1) / 365.25
    assert float(more) * years == pytest.approx(agreed, rel=0.1)


# --- a month


def test_a_month_is_a_twelfth_and_what_was_used(contract):
    assert listed(monthly_lines(contract, 1, uses=3)) == [62_500, 1200, 0, 0, pytest.approx(50_000 / 12)]


def test_services_inside_the_fee_have_no_line_of_their_own_and_services_outside_have(contract, tmp_path):
    inside = monthly_lines(contract, 1, leavers=10, requirements=20)
    assert (inside.through_the_gate, inside.activity_requirement) == (0, 0)
    outside = made(tmp_path, through_the_gate_fee=30, activity_requirement_fee=7)
    lines = monthly_lines(outside, 1, leavers=10, requirements=20)
    assert (lines.through_the_gate, lines.activity_requirement) == (300, 140)
    assert total(lines) - total(inside) == 440


# --- quarters and the year


def test_constant_cohorts_line_by_line(contract):
    """30 of 500 expected reoffenders fewer each quarter, and 200 reoffences fewer of 5,640 in the year."""
    cohorts = quarters(470, 470, 470, 470)._replace(reoffences=np.full(4, 1360))
    month, quarter, year, received = year_of(contract, cohorts)
    assert 3 * month.foundation == 12_500
    assert listed(quarter) == [[17_500] * 4, [0] * 4, [0] * 4]
    assert listed(year) == [0, 0, 20_000, 0]
    assert received == 750_000 + 120_000 + 20_000


def test_no_change_pays_the_fee_and_takes_the_advance_back(contract):
    _, quarter, year, received = year_of(contract, quarters(500, 500, 500, 500))
    assert listed(quarter) == [[0] * 4, [-12_500] * 4, [0] * 4]
    assert listed(year) == [0, 0, 0, 0]
    assert received == 750_000


def test_a_quarter_that_missed_is_made_good_by_the_year(contract):
    """The second quarter falls short of the hurdle of 20; the year, 105 fewer of 2,000, does not."""
    _, quarter, year, received = year_of(contract, quarters(470, 485, 470, 470))
    assert quarter.binary.tolist() == [17_500, 0, 17_500, 17_500]
    assert quarter.clawback.tolist() == [0, -12_500, 0, 0]
    assert year.top_up == 105_000 - 90_000
    assert received == 750_000 + 105_000


def test_a_year_that_missed_keeps_what_its_quarters_earned(contract):
    _, quarter, year, received = year_of(contract, quarters(470, 500, 500, 500))
    assert quarter.binary.tolist() == [17_500, 0, 0, 0]
    assert year.top_up == 0
    assert received == 750_000 + 30_000


def test_the_year_has_a_hurdle_of_its_own(tmp_path):
    """The year falls by 26 in a thousand."""
    cohorts = quarters(470, 485, 470, 470)
    tops = [year_of(made(tmp_path, annual_hurdle=h), cohorts)[2].top_up for h in (0.01, 0.02625, 0.027)]
    assert tops == [15_000, 15_000, 0]


def test_a_contract_without_top_up_pays_by_the_quarter_only(tmp_path):
    contract = made(tmp_path, top_up_share=0, foundation_share=0)
    *_, received = year_of(contract, quarters(470, 485, 470, 470))
    assert received == 750_000 + 90_000


def test_an_advance_that_is_not_clawed_back_is_kept(tmp_path):
    *_, received = year_of(made(tmp_path, clawback_share=0.5), quarters(500, 500, 500, 500))
    assert received == 750_000 + 25_000


def test_a_rise_is_deducted_from_the_limit_on(contract):
    _, quarter, _, received = year_of(contract, quarters(529, 530, 700, 500))
    assert quarter.deduction.tolist() == [0, -18_750, -18_750, 0]
    assert received == 750_000 - 2 * 18_750


def test_frequency_waits_for_the_binary_hurdle_or_does_not(tmp_path):
    """No reoffender fewer, 400 reoffences fewer in the year."""
    cohorts = quarters(500, 500, 500, 500)._replace(reoffences=np.full(4, 1400))
    for share, paid in ((0, 0), (0.5, 20_000), (1, 40_000)):
        _, _, year, received = year_of(made(tmp_path, ungated_share=share), cohorts)
        assert year.frequency == paid
        assert received == 750_000 + paid


def test_results_never_earn_more_than_the_pot(contract):
    """400,000 by the quarters and 20,000 by frequency, of a pot of 250,000."""
    cohorts = quarters(400, 400, 400, 400)._replace(reoffences=np.full(4, 1150))
    _, quarter, year, received = year_of(contract, cohorts)
    assert quarter.binary.tolist() == [87_500] * 4
    assert (year.frequency, year.over_cap) == (20_000, 250_000 - 420_000)
    assert received == 1_000_000


def test_results_that_fill_the_pot_exactly_are_not_cut(tmp_path):
    contract = made(tmp_path, binary_tariff=625)
    _, _, year, received = year_of(contract, quarters(400, 400, 400, 400))
    assert year.over_cap == 0
    assert received == 1_000_000


def test_a_short_volume_is_settled_at_the_end_of_the_year(contract):
    month, _, year, received = year_of(contract, quarters(500, 500, 500, 500), starts=[70] * 4)
    assert month.service == 62_500
    assert year.reconciliation == 421_875 - 562_500
    assert received == 187_500 + 421_875


# --- nobody


def test_an_empty_provider_has_no_money_and_nothing_is_divided_by_nought(contract):
    nobody = Cohorts(*(np.zeros(4, int) for _ in Cohorts._fields))
    base = Cohorts(0, 0, 0, 0.0)
    with np.errstate(all="raise"):
        for held in (contract, *map(load_contract, ("proposal_2013", "signed_2015", "variation_2017"))):
            month, quarter, year, received = year_of(held, nobody, [0] * 4, 0.0, base, [0] * 4)
            assert not any(np.any(line) for lines in (month, quarter, year) for line in lines)
            assert received == 0


def test_a_provider_with_a_contract_and_no_people_gets_the_fixed_fee_and_the_lowest_band(contract):
    nobody = Cohorts(*(np.zeros(4, int) for _ in Cohorts._fields))
    *_, received = year_of(contract, nobody, starts=[0] * 4)
    assert received == 187_500 + 281_250


def test_no_forecast_is_no_fee(contract):
    *_, received = year_of(contract, quarters(500, 500, 500, 500), forecast=[0] * 4)
    assert received == 0


# --- all providers at once, and what always holds


def test_providers_side_by_side_get_what_each_gets_alone():
    contract, size = load_contract("proposal_2013"), np.array([0.02, 0.15, 0.0])
    cohorts = Cohorts(*(np.stack([c, 7 * c, 0 * c]) for c in quarters(455, 520, 470, 460)))
    starts = np.array([[60, 70, 90, 80], [700, 700, 700, 700], [0] * 4])
    forecast = np.array([[100] * 4, [700] * 4, [0] * 4])
    month = monthly_lines(contract, size)
    quarter = quarterly_lines(contract, cohorts, BASE, size[:, None], 3 * month.foundation[:, None])
    results = 12 * month.foundation + quarter.binary.sum(axis=1) + quarter.clawback.sum(axis=1)
    fee = service_fee(contract, starts, forecast, size)
    year = annual_lines(contract, pooled(cohorts), BASE, fee, size, 12 * month.service, results)
    received = 12 * total(month) + total(quarter).sum(axis=1) + total(year)
    for i in range(3):
        alone = Cohorts(*(column[i] for column in cohorts))
        assert received[i] == pytest.approx(year_of(contract, alone, starts[i], size[i], BASE, forecast[i])[3])
    assert received[0] > 0
    assert received[2] == 0


@given(
    st.sampled_from(["proposal_2013", "signed_2015", "variation_2017"]),
    st.lists(st.integers(0, 1000), min_size=4, max_size=4),
    st.floats(1, 6),
    st.lists(st.integers(0, 300), min_size=4, max_size=4),
    st.floats(0, 1),
)
@settings(max_examples=200, deadline=None)
def test_what_is_received_is_fee_and_results_within_the_pot_less_deductions(name, reoffenders, each, starts, size):
    contract = load_contract(name)
    month, quarter, year, received = year_of(contract, quarters(*reoffenders, each=each), starts, size)
    fee, pot = float(total(service_fee(contract, starts, FORECAST, size))), float(results_pot(contract, size))
    results = float(
        12 * month.foundation + (quarter.binary + quarter.clawback).sum() + year.top_up + year.frequency + year.over_cap
    )
    assert -1e-6 <= results <= pot + 1e-6
    assert (quarter.deduction <= 0).all()
    assert received == pytest.approx(fee + results + quarter.deduction.sum(), abs=1e-5)
