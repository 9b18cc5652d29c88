"""Cohorts as the official rule counts them; false payment and scatter against worlds made of coins."""

import re
import sys
from datetime import date

import numpy as np
import pytest
from scipy.stats import binom, nbinom

from experiments import false_payment
from experiments.false_payment import (
    Followed,
    by_year,
    count,
    count_seed,
    frequency_scatter,
    of_another,
    of_others,
    one_area,
    rates,
    report,
    scatter,
    share,
    verdict,
    verdict_lines,
)
from sim import measures
from sim.clock import day_of
from sim.contracts import load_contract
from sim.errors import InputError
from sim.offenders import Provider
from sim.results import Cohorts, rate
from tests.worlds import world

SIGNED, PROPOSED = load_contract("signed_2015"), load_contract("proposal_2013")


def cohorts(people, reoffenders, reoffences=None, ogrs=None):
    """Return cohorts of nested lists, one for each seed."""
    people, again = np.array(people), np.array(reoffenders)
    return Cohorts(
        people,
        again,
        3 * again if reoffences is None else np.array(reoffences),
        people / 2 if ogrs is None else np.array(ogrs, float),
    )


def coins(seeds, quarters, people, *, seed=1, repeat=1):
    """Return worlds of independent people at a rate of 0.45, three geometric reoffences each; quarters may repeat."""
    rng = np.random.default_rng(seed)
    again = np.repeat(rng.binomial(people, 0.45, (seeds, quarters // repeat)), repeat, axis=1)
    reoffences = again + rng.negative_binomial(again, 1 / 3)
    return cohorts(np.full(again.shape, people), again, reoffences)


# --- counting


@pytest.fixture(scope="module")
def lived():
    return world("pre_reform", date(2012, 10, 1), seed=3)


def of_crc(model, name):
    groups = measures.disposal_groups(model.index_log)
    return groups[f"disposal={name}"] & (model.index_log.would_be_provider == Provider.CRC)


def test_quarters_are_counted_as_the_official_three_month_cohorts(lived):
    chosen = of_crc(lived, "custody_and_orders")
    counted, _ = count(lived, chosen, (2009, 2010))
    official = [
        (c.offenders, c.reoffenders, c.reoffences)
        for c in measures.cohorts(lived, chosen, ["disposal=custody_and_orders"])
        if c.estimator == "three_month_cohort" and c.start.year in (2009, 2010)
    ]
    assert len(official) == 8
    assert counted[:3].T.tolist() == [list(map(float, row)) for row in official]
    assert counted[0].min() > 50


def test_the_mix_is_the_sum_of_ogrs_of_those_counted(lived):
    """Everyone enters once: the first event of each in one quarter."""
    index = lived.index_log
    quarter = (index.day >= day_of(date(2010, 1, 1))) & (index.day < day_of(date(2010, 4, 1)))
    rows = np.flatnonzero(of_crc(lived, "community_order") & quarter)
    once = rows[np.unique(index.row[rows], return_index=True)[1]]
    chosen = np.zeros(len(index), bool)
    chosen[once] = True
    counted, entries = count(lived, chosen, (2010,))
    assert counted[0].tolist() == [len(once), 0, 0, 0]
    assert counted[3, 0] == pytest.approx(index.ogrs3[once].astype(float).sum())
    assert entries == 1


def test_entries_count_a_person_once_for_each_quarter_of_a_year(lived):
    index = lived.index_log
    chosen = of_crc(lived, "custody_and_orders")
    row = index.row[chosen & (index.day >= day_of(date(2010, 1, 1))) & (index.day < day_of(date(2011, 1, 1)))]
    counted, entries = count(lived, chosen, (2010,))
    assert entries == pytest.approx(counted[0].sum() / len(np.unique(row)))
    assert 1 < entries < 4


def test_a_seed_is_counted_in_its_own_area_and_seeds_differ(monkeypatch):
    monkeypatch.setattr(false_payment, "YEARS", (2009,))
    one, other = (count_seed("Durham Tees Valley", 0.05, SIGNED.eligible, seed)[0] for seed in (0, 1))
    assert one.shape == (4, 4)
    assert 20 < one[0].mean() < 120, "about a tenth of the published 554"
    assert not np.array_equal(one, other)
    orders, _ = count_seed("Durham Tees Valley", 0.05, ("community_order",), 0)
    assert (orders[0] < one[0]).all()


def test_an_area_is_a_region_of_its_published_size():
    region = one_area("London")
    assert (region.areas, region.shares, region.national_share) == (("London",), (1.0,), 0.1479)
    assert region.caseload == pytest.approx(234_528 * 0.1479)
    with pytest.raises(InputError, match=r"Lundon.*London"):
        one_area("Lundon")


# --- what is expected


def test_the_baseline_is_all_other_seeds_or_the_year_of_the_next():
    found = cohorts([[1, 2, 3, 4], [10, 20, 30, 40], [100, 200, 300, 400]], [[0] * 4] * 3)
    assert by_year(found).people.tolist() == [[10], [100], [1000]]
    assert of_others(found).people.tolist() == [[110, 220, 330, 440], [101, 202, 303, 404], [11, 22, 33, 44]]
    assert of_another(found, 4).people.tolist() == [[100] * 4, [1000] * 4, [10] * 4]
    two_years = cohorts([[1] * 4 + [2] * 4, [3] * 4 + [4] * 4], [[0] * 8] * 2)
    assert of_another(two_years, 4).people.tolist() == [[12] * 4 + [16] * 4, [4] * 4 + [8] * 4]


# --- scatter


def test_scatter_by_hand():
    """Rates of the others 0.55, 0.5, 0.45: 15 off, none, 15 off; a third of it is the others' own scatter."""
    found = cohorts([[100]] * 3, [[40], [50], [60]])
    each = 15**2 / (100 * 0.55 * 0.45) * 2 / 3
    assert scatter(SIGNED, found) == pytest.approx([each, 0, each])


def test_scatter_that_the_mix_explains_is_none():
    found = cohorts([[100]] * 3, [[40], [50], [60]], ogrs=[[40], [50], [60]])
    assert scatter(SIGNED, found) == pytest.approx([0, 0, 0])
    assert scatter(SIGNED.with_value("ogrs_slope", 0), found)[0] > 4


def test_frequency_scatter_by_hand():
    """Ten reoffenders each; the others' frequency 3.5, 3, 2.5: 15 off, none, 15 off."""
    found = cohorts([[100]] * 3, [[10]] * 3, [[20], [30], [40]])
    low, high = 15**2 / (10 * 3.5 * 2.5) * 2 / 3, 15**2 / (10 * 2.5 * 1.5) * 2 / 3
    assert frequency_scatter(found) == pytest.approx([low, 0, high])


def test_independent_people_scatter_as_the_contract_assumes_and_people_who_come_again_do_not():
    alone, again = coins(400, 4, 500), coins(400, 4, 500, repeat=4)
    assert scatter(SIGNED, alone).mean() == pytest.approx(1, abs=0.15)
    assert frequency_scatter(alone).mean() == pytest.approx(1, abs=0.15)
    assert scatter(SIGNED, by_year(alone)).mean() == pytest.approx(1, abs=0.3)
    assert scatter(SIGNED, by_year(again)).mean() == pytest.approx(4, abs=1.2), "four times the same people"


# --- false payment


@pytest.mark.parametrize("contract", [SIGNED, PROPOSED])
def test_independent_people_are_paid_as_falsely_as_the_contract_says(contract):
    for one in rates(contract, coins(1500, 4, 300)):
        assert one.model.mean() == pytest.approx(one.own, abs=4 * (one.own / 1500) ** 0.5 + 0.002), one.test
        assert one.model.shape == one.once.shape == (1500,)


def test_what_the_contract_says_is_binomial_and_negative_binomial():
    found = coins(50, 4, 300)
    quarter, year, frequency = rates(SIGNED, found)
    base = of_others(found)
    rate_ = base.reoffenders / base.people
    most = binom.ppf(0.05, 300, rate_)
    most -= binom.cdf(most, 300, rate_) > 0.05
    assert quarter.own == pytest.approx(binom.cdf(most, 300, rate_).mean())
    assert year.own <= 0.05
    years, others = by_year(found), by_year(base)
    again, p = np.asarray(years.reoffenders), 1 / rate(others.reoffences, others.reoffenders)
    least = nbinom.ppf(0.05, again, p)
    least -= nbinom.cdf(least, again, p) > 0.05
    assert frequency.own == pytest.approx(nbinom.cdf(least, again, p).mean())
    assert 0.03 < frequency.own <= 0.05


def test_people_who_come_again_are_paid_falsely_more_often_by_the_year():
    _, year, _ = rates(SIGNED, coins(1500, 4, 300, repeat=4))
    assert year.own <= 0.05
    assert year.model.mean() > 0.15


def test_a_baseline_measured_once_pays_falsely_more_often():
    quarter, year, frequency = rates(SIGNED, coins(1500, 4, 300))
    for one in (quarter, year, frequency):
        assert one.once.mean() > one.model.mean() + 0.005, one.test
    assert year.once.mean() == pytest.approx(0.12, abs=0.03), "a normal below -1.645 over the root of two"


def test_tests_are_those_that_a_contract_has():
    found = coins(5, 4, 300)
    assert [r.test for r in rates(SIGNED, found)] == [
        "binary by quarter",
        "binary by year (unpaid)",
        "frequency by year",
    ]
    assert [r.cohorts for r in rates(SIGNED, found)] == [20, 5, 5]
    assert [r.test for r in rates(PROPOSED, found)] == ["binary by quarter", "binary by year"]


# --- words


def test_a_share_has_an_interval_even_where_nothing_is_paid():
    mean, low, high = share(np.array([0.0, 0.1, 0.2]), 30)
    half = 4.302652729911275 * 10 / 3**0.5
    assert (mean, low, high) == (pytest.approx(10), 0, pytest.approx(10 + half))
    assert share(np.zeros(5), 20) == (0, 0, pytest.approx(100 * (1 - 0.05 ** (1 / 20))))


def test_a_verdict_goes_by_the_interval():
    assert [verdict(0.9, 1.1, x) for x in (0.5, 0.9, 1.0, 1.5)] == ["more", "no different", "no different", "less"]
    assert verdict(None, None, 3.0) == "no different"


def test_never_paid_is_no_different_from_hardly_ever():
    """A fall of 6 points among 2,000 people hardly ever comes by chance; twenty cohorts do not tell that from never."""
    strict = PROPOSED.with_value("binary_hurdle", 0.06)
    found = Followed("Atlantis", coins(5, 4, 2000), np.ones(5))
    said = verdict_lines([strict], [found])
    assert said[0].startswith("Paid falsely about as often as the contract says: binary by quarter of proposal_2013")


@pytest.fixture
def made_of_coins(monkeypatch):
    """Two areas: one of independent people, one of people who come again each quarter."""

    def follow(area, scale, eligible, seeds, jobs):
        repeat = 4 if area == "London" else 1
        return Followed(area, coins(len(seeds), 4, 500, repeat=repeat), np.full(len(seeds), float(repeat)))

    monkeypatch.setattr(false_payment, "follow", follow)


def test_the_report_says_which_area_is_paid_falsely_more_often(made_of_coins):
    lines = report(["300"])
    [alone, again] = [line for line in lines if ": reoffenders, adjusted by OGRS: " in line]
    assert re.fullmatch(r"Durham Tees Valley: .* by year neither over- nor under-dispersed .*", alone)
    assert re.fullmatch(r"London: .* by year over-dispersed \(variance \+\d+ percent\)\.", again)
    assert float(re.search(r"\+(\d+) percent\)\.$", again).group(1)) == pytest.approx(300, abs=120)
    more = lines[-1]
    assert more.startswith("Paid falsely more often than the contract says: ")
    assert "Durham" not in more
    paid, own = re.search(
        r"binary by year of proposal_2013 in London \(([\d.]+) percent against ([\d.]+)\)", more
    ).groups()
    assert float(own) < 2
    assert float(paid) > 8


def test_contracts_that_follow_other_people_are_not_compared(made_of_coins, tmp_path):
    other = tmp_path / "orders.toml"
    other.write_text('base = "signed_2015"\neligible = ["community_order"]\n')
    with pytest.raises(InputError, match="follow different people"):
        report(["3", "--contracts", "signed_2015", str(other)])


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["2"], "3 or more"),
        (["3", "--scale", "0"], "at a scale above 0"),
        (["3", "--areas", "Atlantis"], "Atlantis"),
        (["3", "--contracts", "signed_2051"], "signed_2015"),
    ],
)
def test_bad_input_is_refused_with_one_message(made_of_coins, monkeypatch, capsys, arguments, said):
    monkeypatch.setattr(sys, "argv", ["false_payment", *arguments])
    with pytest.raises(SystemExit) as ended:
        false_payment.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err
