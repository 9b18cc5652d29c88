"""The books of a run: every pound by hand, who is paid when, contracts, results, overclaims, and forks."""

from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim import accounts
from sim.clock import NEVER, WEEKS_PER_YEAR, date_of, day_of, first_day, month_of
from sim.contracts import load_contract
from sim.decisions import grant_posts, owner_behaviour
from sim.events import Event
from sim.ledger import OUTSIDE, PAYER, RESULTS, Line, charity_account
from sim.measures import cohorts
from sim.offenders import Disposal, Provider
from sim.payments import band_of, bid_fee, forecast_starts, quarterly_lines, service_fee
from sim.providers import Behaviour
from sim.results import Cohorts
from sim.scenarios import load_timeline
from sim.weekly import institutions
from tests.sim.processes.alone import copy_of
from tests.worlds import later, world

SPLIT = day_of(date(2014, 6, 1))
START = month_of(day_of(date(2015, 2, 1)))
"""First month of the contract."""
ALL_TIME = (0, 10**6)
COSTS = (Line.PRACTITIONERS, Line.OTHER_STAFF, Line.OVERHEAD, Line.RESETTLEMENT)
OVERCLAIMS = (Line.OVERCLAIM, Line.RECOVERY)


@pytest.fixture(scope="module")
def early_2015():
    """The reform a month before companies are owned and paid by contract."""
    return world("post_reform", date(2015, 1, 5))


@pytest.fixture(scope="module")
def under(early_2015):
    """Live on from the start of 2015 under another scenario, to the end of the second contract year; kept by name."""
    kept = {}

    def live(name):
        if name not in kept:
            kept[name] = early_2015.fork(load_timeline(name, early_2015.region.areas))
            kept[name].live_until(day_of(date(2017, 2, 13)))
        return kept[name]

    return live


def of_kind(model, kind):
    """Return the providers of a kind."""
    return [p for p in model.providers if p.kind == kind]


def company(model):
    """Return the one company of a region of one area."""
    (found,) = of_kind(model, Provider.CRC)
    return found


def lines_in(model, provider):
    """Return the lines on which a provider ever received."""
    ledger = model.ledger
    return {Line(int(n)) for n in ledger.line[ledger.receiver == provider.number]}


def entered(model, line, month, provider):
    """Return what stands on a line of a provider's for a month, whichever way it went."""
    sums = model.ledger.lines(provider.number, first_day(month), first_day(month + 1))
    return sums.get(line, 0.0)


def months(model, first=0):
    """Return the months whose books are closed."""
    return range(first, month_of(model.day - 7))


# --- every pound


@pytest.mark.parametrize("name", ["pre", "post"])
def test_each_month_lines_add_up_to_the_balance_of_every_provider_and_all_balances_to_nothing(name, request):
    model = request.getfixturevalue(name)
    ledger = model.ledger
    accounts_ = [PAYER, OUTSIDE, *(p.number for p in model.providers)]
    accounts_ += [charity_account(c.number) for c in model.charities]
    assert np.isfinite(ledger.pounds).all()
    assert set(ledger.source.tolist()) | set(ledger.receiver.tolist()) <= set(accounts_)
    with_money = 0
    for month in months(model):
        span = first_day(month), first_day(month + 1)
        balances = [ledger.balance(account, *span) for account in accounts_]
        assert sum(balances) == pytest.approx(0, abs=1e-3)
        for provider in model.providers:
            balance = ledger.balance(provider.number, *span)
            assert sum(ledger.lines(provider.number, *span).values()) == pytest.approx(balance, abs=1e-6)
            with_money += balance != 0
    assert with_money > len(months(model)) * 0.9


def test_every_payment_falls_on_the_last_day_of_a_month_each_once(post):
    days = np.unique(post.ledger.day).tolist()
    assert days == [first_day(m + 1) - 1 for m in months(post)]


def test_each_line_is_between_the_accounts_that_it_is_for(post):
    ledger = post.ledger
    charities = ledger.receiver >= charity_account(0), ledger.source >= charity_account(0)
    provided = tuple((a >= 0) & (a < charity_account(0)) for a in (ledger.receiver, ledger.source))
    to_charity = np.isin(ledger.line, (Line.SUPPLY_CHAIN, Line.CHARITY_GRANT))
    assert np.array_equal(charities[0], to_charity)
    assert np.array_equal(charities[1], ledger.line == Line.PLACES)
    assert np.array_equal(ledger.source == PAYER, provided[0] | (ledger.line == Line.CHARITY_GRANT))
    assert np.array_equal(ledger.receiver == OUTSIDE, np.isin(ledger.line, (*COSTS, Line.PLACES)))
    assert np.array_equal(provided[1], np.isin(ledger.line, (*COSTS, Line.SUPPLY_CHAIN)))


@pytest.mark.parametrize("name", ["pre", "post"])
def test_public_spend_is_what_providers_and_charities_received_of_it(name, request):
    model = request.getfixturevalue(name)
    ledger = model.ledger
    to_providers = sum(float(ledger.pounds[ledger.receiver == p.number].sum()) for p in model.providers)
    grants = float(ledger.pounds[ledger.line == Line.CHARITY_GRANT].sum())
    spent = model.weekly.series("public_spend").sum()
    assert spent == pytest.approx(to_providers + grants)
    assert spent == pytest.approx(-ledger.balance(PAYER, *ALL_TIME))
    by_kind = sum(model.weekly.series("income", f"provider_type={k}").sum() for k in ("trust", "nps", "crc"))
    assert by_kind == pytest.approx(to_providers)
    deficit = -sum(ledger.balance(charity_account(c.number), *ALL_TIME) for c in model.charities)
    assert model.weekly.series("charity_deficit").sum() == pytest.approx(deficit, abs=1e-3)


@pytest.mark.parametrize(
    ("kind", "first", "end"), [(Provider.TRUST, 0, SPLIT), (Provider.NPS, SPLIT, None), (Provider.CRC, SPLIT, None)]
)
def test_trusts_are_paid_and_spend_before_the_split_alone_and_the_others_after_it_alone(post, kind, first, end):
    ledger, end = post.ledger, post.day if end is None else end
    for provider in of_kind(post, kind):
        days = ledger.day[(ledger.receiver == provider.number) | (ledger.source == provider.number)]
        assert days.min() == first_day(month_of(first) + 1) - 1
        assert days.max() == first_day(month_of(end - 7)) - 1 if end != SPLIT else days.max() == SPLIT - 1


def test_without_the_split_trusts_alone_are_paid_to_the_end(pre):
    for provider in pre.providers:
        assert bool(lines_in(pre, provider)) == (provider.kind == Provider.TRUST)


def test_practitioners_cost_what_those_in_post_week_by_week_cost_by_hand(post):
    provider, pounds = company(post), post.register.organisations.practitioner_pounds
    in_post = post.weekly.series("om_fte", "provider_type=crc")
    for month in months(post, month_of(SPLIT) + 1):
        weeks = [w for w in range(len(in_post)) if month_of(w * 7) == month]
        by_hand = -pounds / WEEKS_PER_YEAR * sum(in_post[w - 1] for w in weeks)
        assert entered(post, Line.PRACTITIONERS, month, provider) == pytest.approx(by_hand)


def test_a_budget_covers_the_founding_posts_and_overhead_by_hand(post):
    p, work = post.register.organisations, post.register.allocation
    heads = {Provider.TRUST: work.trust_practitioners[0], Provider.NPS: work.nps_practitioners}
    for i, (kind, number) in enumerate((heads | {Provider.CRC: work.crc_practitioners}).items()):
        (provider,) = of_kind(post, kind)
        staff = number * post.size * (p.practitioner_pounds + p.other_staff_pounds * p.other_staff_per_practitioner[i])
        assert provider.budget == pytest.approx(staff * (1 + p.overhead_share))
        assert provider.overhead == pytest.approx(staff * p.overhead_share)
    (nps,) = of_kind(post, Provider.NPS)
    assert lines_in(post, nps) == {Line.BLOCK_GRANT}
    for month in months(post, month_of(SPLIT)):
        assert entered(post, Line.BLOCK_GRANT, month, nps) == pytest.approx(nps.budget / 12)
        assert entered(post, Line.OVERHEAD, month, nps) == pytest.approx(-nps.overhead / 12)


def test_resettlement_costs_a_price_for_each_leaver_seen_and_nothing_before_through_the_gate(post):
    provider, pounds = company(post), post.register.organisations.resettlement_pounds
    seen = post.weekly.series("leavers_seen")
    started, spent = month_of(day_of(date(2015, 5, 1))), 0.0
    for month in months(post, month_of(SPLIT)):
        by_hand = -pounds * sum(seen[w] for w in range(len(seen)) if month_of(w * 7) == month)
        found = entered(post, Line.RESETTLEMENT, month, provider)
        assert found == pytest.approx(by_hand)
        assert found == 0 or month >= started - 1, "a week counts to the month of its Monday"
        spent += found
    assert spent < 0, "somebody is seen"
    for other in (Provider.TRUST, Provider.NPS):
        assert not post.ledger.received(of_kind(post, other)[0].number, (Line.RESETTLEMENT,), *ALL_TIME)


# --- trusts follow the published numbers of staff


@pytest.mark.parametrize(
    ("when", "staff"),
    [
        (date(2008, 1, 7), 9580),
        (date(2011, 3, 31), 9580),
        (date(2011, 4, 1), 9270),
        (date(2012, 3, 31), 9270),
        (date(2012, 4, 1), 9900),
        (date(2013, 3, 31), 9900),
        (date(2013, 4, 1), 9660),
        (date(2020, 1, 1), 9660),
    ],
)
def test_the_number_of_a_march_is_that_of_the_financial_year_that_ends_with_it(register, when, staff):
    assert accounts.trust_staff(register, day_of(when)) == pytest.approx(staff / 9580)


def staff_of_year(day):
    """Return the published staff of the financial year of a day, by hand."""
    when = date_of(day)
    year = when.year + (when >= date(when.year, 4, 1))
    return {2012: 9270, 2013: 9900}.get(year, 9580 if year < 2012 else 9660)


def test_a_trust_has_the_grant_of_its_year_and_keeps_its_overhead_by_hand(pre):
    (trust,) = of_kind(pre, Provider.TRUST)
    staff = trust.budget - trust.overhead
    for month in months(pre):
        ratio = staff_of_year(first_day(month + 1) - 1) / 9580
        assert entered(pre, Line.BLOCK_GRANT, month, trust) == pytest.approx((staff * ratio + trust.overhead) / 12)
        assert entered(pre, Line.OVERHEAD, month, trust) == pytest.approx(-trust.overhead / 12)


@pytest.mark.parametrize("scale", [0.02, 0.3])
def test_posts_of_trusts_follow_the_published_staff_to_half_a_post(scale):
    model = world("pre_reform", scale=scale)
    (trust,) = of_kind(model, Provider.TRUST)
    founded = model.officers.full_time_posts(trust.kind, trust.areas)
    for year in range(2008, 2016):
        model.week = day_of(date(year, 4, 7)) // 7
        grant_posts(model, trust, month_of(model.day) - 1)
        posts = model.officers.full_time_posts(trust.kind, trust.areas)
        assert posts == pytest.approx(founded * staff_of_year(model.day) / 9580, abs=0.5 + 1e-3)
        model.officers.let_go(model.day + 90)


def test_posts_of_all_others_stay(pre):
    for kind in (Provider.NPS, Provider.CRC, Provider.PROBATION_SERVICE):
        (other,) = of_kind(pre, kind)
        assert other.posts == other.founding_posts == pre.officers.full_time_posts(kind, other.areas)


@pytest.mark.parametrize(("held", "staff"), [(2010, 9580), (2011, 9270), (2012, 9900), (2013, 9660)])
def test_a_held_year_keeps_the_staff_with_which_it_ends(register, held, staff):
    frozen = register.with_setting("series.hold_at", str(held))
    assert accounts.trust_staff(frozen, day_of(date(2019, 5, 1))) == pytest.approx(staff / 9580)


# --- charities


def test_charities_have_grants_before_and_the_company_s_money_after(post):
    ledger, owned = post.ledger, first_day(START)
    grants, chain = (ledger.day[ledger.line == line] for line in (Line.CHARITY_GRANT, Line.SUPPLY_CHAIN))
    assert grants.max() == owned - 1
    assert chain.min() == first_day(START + 1) - 1
    assert (ledger.source[ledger.line == Line.SUPPLY_CHAIN] == company(post).number).all()


def test_a_charity_is_paid_for_its_places_and_spends_at_least_that(post):
    monthly = post.register.costs.help_place / 12
    last = post.ledger.day == first_day(months(post)[-1] + 1) - 1
    for charity in post.charities:
        account = charity_account(charity.number)
        paid = post.ledger.pounds[last & (post.ledger.receiver == account)].sum()
        spent = post.ledger.pounds[last & (post.ledger.source == account)].sum()
        assert spent >= paid - 1e-9
        assert spent == pytest.approx(max(charity.upkeep, charity.places) * monthly)
    assert sum(c.places for c in post.charities) == pytest.approx(
        company(post).places_share * sum(c.founding_places for c in post.charities), rel=0.15
    )


def places_bought(model):
    """Return the weekly share of charities' places that companies buy."""
    return model.weekly.series("places_bought", "provider_type=crc")


def test_companies_buy_places_from_the_day_on_which_they_fund_charities(post, pre):
    bought, weeks = places_bought(post), day_of(date(2015, 2, 1)) // 7 + 1
    assert not bought[:weeks].any()
    assert bought[weeks] == 1
    assert (bought[weeks:] > 0).all()
    assert bought[-1] == company(post).places_share
    fewer = post.fork(post.timeline)
    company(fewer).places_share = 0.5
    fewer.step()
    step = post.register.organisations.greatest_change_per_month
    assert abs(places_bought(fewer)[-1] - 0.5) < 1.5 * step
    assert not places_bought(pre).any()


def test_where_companies_do_not_fund_charities_they_buy_no_places_and_grants_go_on(early_2015):
    model = early_2015.fork(early_2015.timeline.with_lever_setting("charity_supply_chain", "off"))
    model.live_until(day_of(date(2015, 9, 7)))
    assert company(model).behaviour != Behaviour.BLOCK_GRANT, "owned, and by contract"
    assert not places_bought(model).any()
    assert [c.places for c in model.charities] == [c.founding_places for c in model.charities]
    assert not (model.ledger.line == Line.SUPPLY_CHAIN).any()


def test_places_bought_are_a_mean_over_the_companies_that_fund_charities(country):
    timeline = country.timeline
    for lever in ("risk_split", "private_providers", "charity_supply_chain"):
        timeline = timeline.with_lever_setting(lever, date_of(0).isoformat())
    levers = dict(timeline.levers)
    levers["charity_supply_chain"] = replace(levers["charity_supply_chain"], areas=country.region.areas[:2])
    model = country.fork(replace(timeline, levers=levers))
    for provider in of_kind(model, Provider.CRC):
        provider.places_share = {(0,): 0.5, (1,): 0.8}.get(provider.areas, 1.0)
    found = institutions(model, len(model.ledger))
    assert found["places_bought", "provider_type=crc"] == pytest.approx(0.65)


# --- the contract


@pytest.mark.parametrize(("year", "name"), [(0, "signed_2015"), (1, "signed_2015"), (2, "variation_2017")])
def test_months_and_reconciliation_are_the_fee_of_the_year_by_hand(post, year, name):
    provider, contract = company(post), load_contract(name)
    first = START + 12 * year
    base = provider.starts[START - 12 : START].sum(axis=0)
    starts, forecast = provider.starts[first : first + 12].sum(axis=0), forecast_starts(contract, base)
    assert base.min() > 0
    assert starts.min() > 0
    ledger, span = post.ledger, (first_day(first), first_day(first + 12))
    paid = ledger.received(provider.number, (Line.SERVICE, Line.RECONCILIATION), *span)
    assert paid == pytest.approx(float(sum(service_fee(contract, starts, forecast, post.size))))
    monthly = [entered(post, Line.SERVICE, m, provider) for m in range(first, first + 12)]
    assert monthly == pytest.approx([float(bid_fee(contract, post.size)) / 12] * 12)
    reconciled = [m for m in range(first, first + 12) if entered(post, Line.RECONCILIATION, m, provider)]
    assert reconciled in ([], [first + 11]), "in the last month of the year, or not at all"


def test_the_contract_begins_with_its_lever_and_what_was_before_was_a_grant(post):
    provider = company(post)
    assert provider.first_month == START
    for month in months(post, month_of(SPLIT)):
        assert (entered(post, Line.BLOCK_GRANT, month, provider) > 0) == (month < START)
        assert (entered(post, Line.SERVICE, month, provider) > 0) == (month >= START)


def test_use_is_paid_for_each_order_under_the_public_service(post):
    provider, contract = company(post), load_contract("signed_2015")
    fee = contract.use_fee * post.register.organisations.uses_per_start
    for month in months(post, START):
        assert entered(post, Line.USE, month, provider) == pytest.approx(provider.bought[month] * fee)
    assert provider.bought[START:].sum() > 0


def test_with_volumes_as_forecast_the_fee_is_the_bid_s_whatever_starts(under):
    as_forecast, signed = under("volumes_as_forecast"), under("post_reform")
    contract = load_contract("signed_2015")
    for model in (as_forecast, signed):
        assert company(model).starts[START : START + 24].sum() > 0
    years = [(first_day(START + 12 * y), first_day(START + 12 * y + 12)) for y in (0, 1)]
    lines = (Line.SERVICE, Line.RECONCILIATION)
    paid, less = ([m.ledger.received(company(m).number, lines, *year) for year in years] for m in (as_forecast, signed))
    assert paid == pytest.approx([float(bid_fee(contract, signed.size))] * 2)
    assert company(as_forecast).volume_over_forecast == pytest.approx(1)
    starts, before = (company(signed).starts[m : m + 12].sum(axis=0) for m in (START, START - 12))
    weights = [0.3, 0.3, 0.2, 0.2]
    band = band_of(contract, starts @ weights / (before @ weights))
    assert less[0] == pytest.approx(paid[0] * (0.2 + 0.8 * contract.band_fees[band]))
    assert less[1] <= paid[1] + 1e-6


def test_a_fee_that_is_the_bid_s_has_no_reconciliation_and_none_is_less_than_a_penny(under, post):
    as_forecast = under("volumes_as_forecast")
    assert Line.SERVICE in lines_in(as_forecast, company(as_forecast))
    assert Line.RECONCILIATION not in lines_in(as_forecast, company(as_forecast))
    reconciled = post.ledger.pounds[post.ledger.line == Line.RECONCILIATION]
    assert len(reconciled) > 0
    assert np.abs(reconciled).min() >= 0.01


@pytest.mark.parametrize(
    ("difference", "entries"),
    [(0, 0), (1e-10, 0), (-1e-10, 0), (0.009, 0), (-0.009, 0), (0.011, 1), (-0.011, 1), (7, 1)],
)
def test_a_difference_of_a_penny_is_reconciled_and_rounding_is_not(post, monkeypatch, difference, entries):
    model = post.fork(post.timeline)
    provider, year = company(model), (first_day(START), first_day(START + 12))
    paid = model.ledger.received(provider.number, (Line.SERVICE,), *year)
    monkeypatch.setattr(accounts, "fee_of_year", lambda *_: paid + difference)
    before = len(model.ledger)
    accounts.reconcile(model, provider, load_contract("signed_2015"), START + 11)
    assert len(model.ledger) == before + entries
    if entries:
        assert model.ledger.line[-1] == Line.RECONCILIATION
        assert model.ledger.pounds[-1] == pytest.approx(difference, abs=1e-6)


def test_fully_funded_is_a_quarter_more_than_volumes_as_forecast(under):
    full, forecast = under("fully_funded"), under("volumes_as_forecast")
    for line in (Line.SERVICE, Line.RECONCILIATION):
        one, other = (m.ledger.received(company(m).number, (line,), *ALL_TIME) for m in (full, forecast))
        assert one == pytest.approx(1.25 * other, abs=1e-3)


def test_without_payment_by_results_a_company_has_its_grant_alone(under):
    model = under("no_payment_by_results")
    provider = company(model)
    assert lines_in(model, provider) == {Line.BLOCK_GRANT}
    for month in months(model, START):
        assert entered(model, Line.BLOCK_GRANT, month, provider) == pytest.approx(provider.budget / 12)
    assert not model.officers.by_payment.any()


# --- results


def eligible(model):
    """Say which index events enter payment cohorts: orders and determinate custody."""
    index = model.index_log
    orders = (index.disposal == Disposal.COMMUNITY_ORDER) | (index.disposal == Disposal.SUSPENDED_SENTENCE_ORDER)
    return orders | ((index.disposal == Disposal.CUSTODY) & (index.sentence_days < NEVER))


def counted(model, mask, start, quarters):
    """Count a cohort by the measures, and the OGRS of first events one by one."""
    estimator = "three_month_cohort" if quarters == 1 else "twelve_month_cohort"
    (found,) = [
        c for c in cohorts(model, mask, groups=("all",)) if (c.estimator, c.start, c.group) == (estimator, start, "all")
    ]
    first, end = day_of(start), first_day(month_of(day_of(start)) + 3 * quarters)
    index, first_events = model.index_log, {}
    for i in np.flatnonzero(mask & (index.day >= first) & (index.day < end)).tolist():
        row = int(index.row[i])
        if row not in first_events or index.day[i] < index.day[first_events[row]]:
            first_events[row] = i
    assert len(first_events) == found.offenders
    ogrs = sum(float(index.ogrs3[i]) for i in first_events.values())
    return Cohorts(found.offenders, found.reoffenders, found.reoffences, ogrs)


def test_the_baseline_is_the_year_s_three_month_cohorts_by_the_rule_as_results_are(post):
    mask = eligible(post) & (post.index_log.would_be_provider == Provider.CRC)
    quarters = [counted(post, mask, date(2011, month, 1), 1) for month in (1, 4, 7, 10)]
    names = ("people", "reoffenders", "reoffences", "ogrs")
    baseline = Cohorts(**{name: sum(getattr(quarter, name) for quarter in quarters) for name in names})
    assert baseline.people > counted(post, mask, date(2011, 1, 1), 4).people > 300
    assert company(post).baseline == pytest.approx(baseline, rel=1e-5)


def test_who_starts_an_order_is_in_the_cohort_of_who_then_supervises(pre, post):
    """On the day of the order nobody does: whoever starts one has a provider from the next week on."""
    for model, end in ((pre, pre.day - 7), (post, day_of(date(2019, 12, 1)))):
        index = model.index_log
        orders = np.isin(index.disposal, (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER))
        orders &= (index.day >= 0) & (index.day < end)
        assert (index.provider[orders] != Provider.NOBODY).mean() > 0.99
        by_trust, after = index.provider[orders] == Provider.TRUST, index.day[orders] >= SPLIT + 7
        assert by_trust[index.day[orders] < SPLIT].mean() > 0.99
        if model is post:
            assert not by_trust[after].any()
            same = index.provider[orders] == index.would_be_provider[orders]
            assert same[after].mean() > 0.8
    unsupervised = (pre.index_log.disposal == Disposal.CUSTODY) & (pre.index_log.sentence_days < 365)
    assert (pre.index_log.provider[unsupervised] == Provider.NOBODY).mean() > 0.6, "before the reform they have nobody"


def test_results_paid_are_those_of_cohorts_counted_by_the_official_rules(post):
    provider, ledger = company(post), post.ledger
    mask = eligible(post) & (post.index_log.provider == Provider.CRC)
    baseline, settled = provider.baseline, []
    assert len(provider.results) >= 8
    for number, (found, _) in enumerate(provider.results):
        start = first_day(START + 2 + 3 * number)
        by_hand = counted(post, mask, date_of(start), 1)
        assert found == pytest.approx(by_hand, rel=1e-5)
        end = first_day(START + 5 + 3 * number)
        known = next(m for m in months(post, START) if first_day(m + 1) >= end + 365 + 182)
        settled.append(known)
        contract = load_contract("signed_2015" if known < month_of(day_of(date(2017, 8, 1))) else "variation_2017")
        lines = quarterly_lines(contract, by_hand, baseline, post.size)
        for line, pounds in (
            (Line.BINARY, lines.binary),
            (Line.CLAWBACK, lines.clawback),
            (Line.DEDUCTION, lines.deduction),
        ):
            assert entered(post, line, known, provider) == pytest.approx(float(pounds), rel=1e-4, abs=1e-6)
    lines = np.isin(ledger.line, (Line.BINARY, Line.CLAWBACK, Line.DEDUCTION))
    assert {month_of(d) for d in ledger.day[lines].tolist()} <= set(settled)
    assert ledger.pounds[np.isin(ledger.line, RESULTS)].any()


def test_areas_are_counted_apart_and_add_up_to_the_country(country):
    model = country.fork(country.timeline)
    model.live_until(day_of(date(2010, 6, 7)))
    contract = load_contract("signed_2015")
    start, end = day_of(date(2008, 4, 1)), day_of(date(2008, 7, 1))
    mask = eligible(model) & (model.index_log.would_be_provider == Provider.CRC)
    areas = model.people.area[model.index_log.row]
    found = accounts.cohorts_by_area(model, contract, start, end, by_rule=True)
    with_people = np.flatnonzero(found.people)
    assert len(with_people) > 10
    for area in with_people[:5].tolist():
        by_hand = counted(model, mask & (areas == area), date(2008, 4, 1), 1)
        assert [column[area] for column in found] == pytest.approx(list(by_hand), rel=1e-5)
    assert [column.sum() for column in found] == pytest.approx(
        list(counted(model, mask, date(2008, 4, 1), 1)), rel=1e-5
    )


def test_what_is_proven_in_the_week_in_which_a_cohort_begins_counts(post):
    """That week may begin in the month before."""
    model = post.fork(post.timeline)
    start, end = day_of(date(2015, 4, 1)), day_of(date(2015, 7, 1))
    assert start % 7 == 2
    log, index = model.log, model.index_log
    mask = eligible(model) & (index.provider == Provider.CRC)
    inside = np.flatnonzero(mask & (index.day >= start) & (index.day < end))
    proofs = log.of(Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION)
    (caution,) = log.of(Event.CAUTION)[np.flatnonzero(log.day[log.of(Event.CAUTION)] // 7 == start // 7)[:1]]
    event = next(i for i in inside if index.row[i] not in log.row[proofs[log.cause_day[proofs] >= start]])
    index.day[event] = start
    log.row[caution], log.cause_day[caution], log.day[caution] = index.row[event], start + 1, start + 2
    contract = load_contract("signed_2015")
    before, after = (
        accounts.cohorts_by_area(m, contract, start, end, by_rule=False).reoffenders for m in (post, model)
    )
    assert after[0] == counted(model, mask, date(2015, 4, 1), 1).reoffenders == before[0] + 1


# --- integrity


@pytest.fixture(scope="module")
def overclaimed(mid_2016):
    """Two years in which a tenth of the fee is overclaimed, unaudited and audited."""
    share = {"organisations__overclaim_share": 0.1}
    return tuple(later(mid_2016, weeks=104, organisations__audits_per_year=audits, **share) for audits in (0, 4))


def test_by_default_nothing_is_overclaimed_or_recovered(post):
    assert not np.isin(post.ledger.line, OVERCLAIMS).any()


def test_overclaims_that_nobody_audits_stay_paid(overclaimed, mid_2016):
    model, _ = overclaimed
    provider = company(model)
    assert not (model.ledger.line == Line.RECOVERY).any()
    since = months(model, month_of(mid_2016.day - 7))
    assert len(since) >= 23
    for month in since:
        service = entered(model, Line.SERVICE, month, provider)
        assert entered(model, Line.OVERCLAIM, month, provider) == pytest.approx(0.1 * service)
    assert model.weekly.series("overclaimed", "provider_type=crc").sum() == pytest.approx(
        model.ledger.received(provider.number, (Line.OVERCLAIM,), *ALL_TIME)
    )


def test_an_audit_recovers_all_that_is_owed_and_nothing_more(overclaimed):
    _, model = overclaimed
    provider, ledger = company(model), model.ledger
    audits = ledger.day[ledger.line == Line.RECOVERY].tolist()
    assert 3 <= len(audits) <= 16, "four a year, by chance"
    assert audits == sorted(set(audits))
    previous = 0
    for day in audits:
        claimed = ledger.received(provider.number, (Line.OVERCLAIM,), previous, day + 1)
        back = ledger.received(provider.number, (Line.RECOVERY,), previous, day + 1)
        assert back == pytest.approx(-claimed)
        assert claimed > 0
        previous = day + 1
    owed = ledger.received(provider.number, OVERCLAIMS, *ALL_TIME)
    assert owed == pytest.approx(ledger.received(provider.number, (Line.OVERCLAIM,), previous, 10**6))
    claims = [m.ledger.received(company(m).number, (Line.OVERCLAIM,), *ALL_TIME) for m in overclaimed]
    assert claims[0] == pytest.approx(claims[1]), "audits do not deter"


@pytest.mark.parametrize("audited", [False, True])
def test_what_the_weeks_say_was_claimed_and_recovered_is_the_ledger_s(overclaimed, audited):
    model = overclaimed[audited]
    claims, back = (
        model.ledger.received(company(model).number, (line,), *ALL_TIME) for line in (Line.OVERCLAIM, Line.RECOVERY)
    )
    weeks = {m: model.weekly.series(m, "provider_type=crc") for m in ("overclaimed", "recovered")}
    assert weeks["overclaimed"].sum() == pytest.approx(claims)
    assert weeks["recovered"].sum() == pytest.approx(-back)
    assert min(weeks["overclaimed"].min(), weeks["recovered"].min()) == 0
    assert (weeks["recovered"].sum() > 0) == audited


# --- owners


@pytest.mark.parametrize(
    ("u", "behaviour"),
    [
        (0.0, Behaviour.MISSION_LED),
        (0.19, Behaviour.MISSION_LED),
        (0.2, Behaviour.SATISFICING),
        (0.49, Behaviour.SATISFICING),
        (0.5, Behaviour.PROFIT_SEEKING),
        (0.99, Behaviour.PROFIT_SEEKING),
    ],
)
def test_how_an_owner_behaves_is_by_the_shares(early_2015, u, behaviour):
    levers = dict(early_2015.timeline.levers)
    shares = {"mission_led_share": 0.2, "satisficing_share": 0.3}
    levers["private_providers"] = replace(levers["private_providers"], settings=shares)
    assert owner_behaviour(early_2015.fork(replace(early_2015.timeline, levers=levers)), u) == behaviour


def test_owners_of_the_country_behave_in_about_the_shares_and_trusts_by_their_grant(country):
    draws = [p.owner_draw for p in country.providers if p.kind == Provider.CRC]
    assert len(set(draws)) == len(country.region.areas)
    assert 0.2 < np.mean(draws) < 0.8
    assert {p.behaviour for p in country.providers} == {Behaviour.BLOCK_GRANT}


def test_mission_led_owners_buy_all_places_and_earn_nothing_by_cuts(under):
    model = under("mission_led_owners")
    provider = company(model)
    assert provider.behaviour == Behaviour.MISSION_LED
    assert provider.places_share == 1
    assert [c.places for c in model.charities] == [c.founding_places for c in model.charities]
    assert not model.officers.by_payment.any()


def test_behaviour_is_a_grant_s_until_owners_come(early_2015, under):
    assert {p.behaviour for p in early_2015.providers} == {Behaviour.BLOCK_GRANT}
    others = [p for p in under("post_reform").providers if p.kind != Provider.CRC]
    assert {p.behaviour for p in others} == {Behaviour.BLOCK_GRANT}


# --- forks


def books(model):
    """Return a copy of everything that institutions own."""
    ledger = {name: getattr(model.ledger, name).copy() for name in model.ledger.columns}
    officers = {name: getattr(model.officers, name).copy() for name in model.officers.columns}
    providers = [
        (p.starts.copy(), p.bought.copy(), p.results, p.first_month, p.places_share, p.practitioner_weeks, p.behaviour)
        for p in model.providers
    ]
    charities = [(c.places, c.upkeep) for c in model.charities]
    return ledger, officers, providers, charities, list(model.log_at_month)


def test_a_fork_has_books_of_its_own(mid_2016):
    mid_2016 = copy_of(mid_2016)
    for provider in mid_2016.providers:
        provider.places_share = 0.8
    before = books(mid_2016)
    twin = later(mid_2016, weeks=60)
    np.testing.assert_equal(books(mid_2016), before)
    after = books(twin)
    for part, (one, other) in enumerate(zip(before, after, strict=True)):
        with pytest.raises(AssertionError):
            np.testing.assert_equal(one, other)
        assert part < 5
    assert all(p.model is twin for p in twin.providers)
    assert all(p.model is mid_2016 for p in mid_2016.providers)


def test_a_fork_under_the_same_timeline_keeps_the_same_books(early_2015):
    one, other = (early_2015.fork(early_2015.timeline) for _ in range(2))
    for model in (one, other):
        model.live_until(day_of(date(2015, 9, 7)))
    np.testing.assert_equal(books(one), books(other))
