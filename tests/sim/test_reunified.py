"""One Probation Service again: who supervises, who is paid, what is settled after the end of contracts."""

from datetime import date

import numpy as np
import pytest

from experiments.plan import make_plan
from sim.accounts import contract_of, fee_of_year
from sim.clock import day_of, first_day, month_of
from sim.ledger import Line
from sim.offenders import Provider
from sim.proven import FOLLOW_UP_DAYS, WAITING_DAYS
from sim.scenarios import load_timeline
from sim.timeline import first_difference
from tests.sim.processes.alone import with_raw
from tests.worlds import world

ENDED = date(2016, 8, 15)
"""In the midst of a contract year and of a quarter."""
BEGAN = month_of(day_of(date(2015, 2, 1)))
PAID = (Line.SERVICE, Line.USE, Line.FOUNDATION)


@pytest.fixture(scope="module")
def before():
    """The reform in the week in which services are to become one."""
    return world("post_reform", ENDED)


@pytest.fixture(scope="module")
def reunified(before):
    """The timeline of reunification, at an early date."""
    return load_timeline("reunified", before.region.areas).with_lever_setting("reunified_service", ENDED.isoformat())


@pytest.fixture(scope="module")
def week_after(before, reunified):
    """The first week of the one service."""
    model = before.fork(reunified)
    model.step()
    return model


@pytest.fixture(scope="module")
def years_after(before, reunified):
    """The one service, when all results of companies are known."""
    model = before.fork(reunified)
    model.live_until(day_of(date(2018, 6, 4)))
    return model


def of_kind(model, kind):
    """Return the one provider of a kind in a region of one area."""
    (found,) = [p for p in model.providers if p.kind == kind]
    return found


def entered(model, provider, line, month):
    """Return what stands on a line of a provider's for a month."""
    return model.ledger.lines(provider.number, first_day(month), first_day(month + 1)).get(line, 0.0)


def test_the_scenario_is_the_reform_with_two_levers_more_and_runs_to_2023():
    reunified, reform = load_timeline("reunified"), load_timeline("post_reform")
    assert set(reunified.levers) - set(reform.levers) == {"discharge_grant", "reunified_service"}
    assert all(reunified.levers[name] == lever for name, lever in reform.levers.items())
    assert first_difference(reform, reunified) == day_of(date(2021, 6, 1))
    assert reunified.levers["reunified_service"].from_day == day_of(date(2021, 6, 26))
    assert (reform.until, reunified.until) == (None, date(2023, 12, 31))


def test_a_run_goes_on_as_long_as_any_scenario_asks_unless_told_otherwise():
    def until(*names, asked=None):
        return make_plan(names, "staffordshire_west_midlands", 1.0, [0], asked, []).until

    assert until("post_reform") == date(2019, 12, 31)
    assert until("reunified") == until("post_reform", "reunified") == date(2023, 12, 31)
    assert until("reunified", asked="2022-06-30") == date(2022, 6, 30)


def test_from_the_first_week_the_one_service_has_everyone(week_after):
    people = week_after.people
    held = people.officer >= 0
    assert held.sum() > 500
    assert (people.provider[held] == Provider.PROBATION_SERVICE).all()
    assert (week_after.officers.provider[people.officer[held]] == Provider.PROBATION_SERVICE).all()
    assert week_after.officers.caseload[week_after.officers.provider != Provider.PROBATION_SERVICE].sum() == 0


@pytest.mark.parametrize("share", [0.0, 1.0])
def test_who_keeps_the_officer_keeps_the_alliance(before, reunified, share):
    model = with_raw(before.fork(reunified), allocation__p_same_officer_at_split=share)
    people = model.people
    rows = np.flatnonzero((people.officer >= 0) & np.isin(people.provider, (Provider.NPS, Provider.CRC)))
    person, changes = people.person[rows], people.officer_changes[rows].copy()
    model.step()
    rows = people.rows_of(person)
    still = people.officer[rows] >= 0
    moved = (people.officer_changes[rows] > changes)[still]
    assert moved.all() if share == 0 else not moved.any()


def test_later_changes_of_officer_are_changes_also_within_the_one_service(years_after):
    weekly = years_after.weekly
    changes = weekly.series("officer_changes", "provider_type=probation_service")
    assert changes[-52:].sum() > 0


def test_only_the_one_service_is_paid_by_the_month_and_pays_staff(years_after):
    model, ended = years_after, month_of(day_of(ENDED))
    service = of_kind(model, Provider.PROBATION_SERVICE)
    for month in range(BEGAN, month_of(model.day - 7)):
        is_over = month >= ended
        for kind in (Provider.NPS, Provider.CRC):
            provider = of_kind(model, kind)
            for line in (Line.BLOCK_GRANT, Line.PRACTITIONERS, *PAID):
                assert not (is_over and entered(model, provider, line, month))
            assert bool(entered(model, provider, Line.PRACTITIONERS, month)) != is_over
        assert bool(entered(model, service, Line.BLOCK_GRANT, month)) == is_over
        assert bool(entered(model, service, Line.PRACTITIONERS, month)) == is_over


def test_the_fee_of_the_unfinished_year_is_settled_by_its_volume(before, reunified):
    """Half of the people whom the company took on in the last months were never there: the fee is less."""
    model, ended = before.fork(reunified), month_of(day_of(ENDED))
    company = of_kind(model, Provider.CRC)
    company.starts[ended - 6 : ended] //= 2
    model.live_until(day_of(date(2016, 12, 5)))
    contract = contract_of(model, company, day_of(ENDED))
    months = (ended - BEGAN) % 12
    assert months == 6
    paid = sum(entered(model, company, Line.SERVICE, month) for month in range(ended - months, ended))
    due = fee_of_year(model, company, contract, ended - 1) * months / 12
    assert entered(model, company, Line.RECONCILIATION, ended - 1) == pytest.approx(due - paid, abs=1e-6)
    assert due != pytest.approx(paid)
    later = sum(entered(model, company, Line.RECONCILIATION, m) for m in range(ended, month_of(model.day - 7)))
    assert later == 0


def test_results_of_whole_quarters_are_settled_when_they_are_known_and_no_others(years_after):
    model, company = years_after, of_kind(years_after, Provider.CRC)
    first, last = date(2015, 4, 1), date(2016, 7, 1)
    quarters = (last.year - first.year) * 4 + (last.month - first.month) // 3
    assert model.day > day_of(ENDED) + FOLLOW_UP_DAYS + WAITING_DAYS
    assert len(company.results) == quarters
    assert all(found.people > 0 for found, _ in company.results)


def test_places_that_a_company_gave_up_come_back_by_grant(before, reunified):
    model = before.fork(reunified)
    company = of_kind(model, Provider.CRC)
    company.places_share = 0.5
    for charity in model.charities:
        charity.places = round(charity.founding_places / 2)
    model.live_until(day_of(date(2016, 10, 10)))
    assert 0.5 < company.places_share < 0.6
    model.live_until(day_of(date(2019, 1, 7)))
    assert company.places_share == 1
    assert [c.places for c in model.charities] == [c.founding_places for c in model.charities]
    ended, now = day_of(ENDED), model.day
    assert model.ledger.received(company.number, (Line.SERVICE,), ended, now) == 0
    chained = model.ledger.day[model.ledger.line == Line.SUPPLY_CHAIN]
    granted = model.ledger.day[model.ledger.line == Line.CHARITY_GRANT]
    assert chained.max() < ended < granted.max()


def test_private_owners_of_companies_without_work_decide_nothing(years_after, before):
    company, at_the_end = of_kind(years_after, Provider.CRC), of_kind(before, Provider.CRC)
    assert years_after.officers.full_time_posts(company.kind, company.areas) == pytest.approx(
        before.officers.full_time_posts(at_the_end.kind, at_the_end.areas), rel=0.05
    )
