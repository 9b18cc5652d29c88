"""Values worked out from the published tables, against hand arithmetic on the tables themselves."""

import csv
import math
from statistics import fmean

import pytest

from sim.files import CONTRACTS
from sim.parameters import derivations
from tests.worlds import SIM


def table(name):
    """Read a published table without the model's own reader."""
    with (SIM / "data" / f"{name}.csv").open(encoding="utf-8") as file:
        return list(csv.DictReader(file))


def national(series):
    """Return a national series by its first year."""
    return {int(r["period"][:4]): float(r["value"]) for r in table("national_series") if r["series"] == series}


def adults(quantity, year):
    """Return the four quarters of a year of a quantity of the adult three-month cohorts."""
    found = [
        float(r["value"])
        for r in table("proven_reoffending_adults_2000_2014")
        if r["estimator"] == "three_month_cohort"
        and r["period"] == "3-monthly"
        and r["quantity"] == quantity
        and r["cohort_start"].startswith(str(year))
    ]
    assert len(found) == 4
    return found


def occasions(year, **where):
    """Add up published occasions of a year."""
    rows = table("sentencing_occasions_adults_2014_2019")
    return sum(
        float(r["occasions"]) for r in rows if r["year"] == str(year) and all(r[k] == v for k, v in where.items())
    )


def test_first_timers_are_the_occasions_of_2014_without_a_history():
    assert derivations.first_timers() == occasions(2014, criminal_history="0")


def test_the_level_of_occasions_is_one_in_2014_and_the_published_ratio_after():
    level = derivations.occasions_level()
    assert len(level) == 2019 - 2005 + 1
    assert level[2014 - 2005] == 1
    for year in (2015, 2017, 2019):
        assert level[year - 2005] == pytest.approx(occasions(year) / occasions(2014))


def test_the_level_before_2014_follows_the_cohorts_of_adults():
    level = derivations.occasions_level()
    everyone = national("all_offenders_in_cohorts")
    cohorts_2014 = sum(adults("offenders", 2013)) * everyone[2014] / everyone[2013]
    for year in (2005, 2008, 2011, 2013):
        assert level[year - 2005] == pytest.approx(sum(adults("offenders", year)) / cohorts_2014)


def test_detection_is_one_in_2011_and_the_ratio_of_hazards_in_2013():
    index = derivations.detection_index()
    hazard = {y: -math.log(1 - fmean(adults("binary_rate_percent", y)) / 100) for y in (2008, 2011, 2013)}
    assert index[2011 - 2008] == 1
    assert index[0] == pytest.approx(hazard[2008] / hazard[2011])
    assert index[2013 - 2008] == pytest.approx(hazard[2013] / hazard[2011])


def test_detection_after_2013_follows_the_rate_of_all_offenders():
    rate = national("all_offenders_binary_rate_percent")
    joined = fmean(adults("binary_rate_percent", 2013)) * rate[2016] / rate[2013]
    base = -math.log(1 - fmean(adults("binary_rate_percent", 2011)) / 100)
    assert derivations.detection_index()[2016 - 2008] == pytest.approx(-math.log(1 - joined / 100) / base)


def test_offences_follow_reoffences_per_reoffender_beyond_what_detection_did():
    index = [o * d for o, d in zip(derivations.offences_index(), derivations.detection_index(), strict=True)]
    base = fmean(adults("reoffences_per_reoffender", 2011))
    everyone = national("all_offenders_reoffences_per_reoffender")
    assert index[2011 - 2008] == pytest.approx(1)
    assert index[2009 - 2008] == pytest.approx(fmean(adults("reoffences_per_reoffender", 2009)) / base)
    later = fmean(adults("reoffences_per_reoffender", 2013)) * everyone[2016] / everyone[2013]
    assert index[2016 - 2008] == pytest.approx(later / base)


def test_crown_court_days_are_those_of_the_answer():
    published = national("crown_court_charge_to_completion_mean")
    assert derivations.crown_court_days() == [published[y] for y in range(2011, 2020)]


def test_the_share_on_curfew_is_releases_over_the_eligible():
    released, eligible = national("hdc_releases"), national("hdc_eligible")
    found = derivations.curfew_share()
    assert found == [released[y] / eligible[y] for y in (2014, 2015, 2016, 2017)]
    assert found[-1] == pytest.approx(9312 / 44697)


def test_fees_are_what_the_published_share_of_payment_by_results_leaves():
    share = next(r for r in table("published_statistics") if r["id"] == "pbr_share")
    assert share["unit"] == "percent"
    assert derivations.bid_fee_share() == pytest.approx((100 - float(share["value"])) / 100)


def test_every_derivation_is_used_by_a_parameter_file_or_a_contract():
    files = " ".join(p.read_text() for p in [*(SIM / "parameters").glob("*.toml"), *CONTRACTS.glob("*.toml")])
    for name in derivations.DERIVATIONS:
        assert f'derive = "{name}"' in files
