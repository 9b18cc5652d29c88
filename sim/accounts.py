"""What providers and charities are paid, and what they spend: the books of a month.

A trust, the NPS and a company without a contract have a block grant: what their posts cost, those of a trust in its
financial year, all others' at founding. A
company under `payment_by_results` has its contract: a fee for service that volume moves, and payment for results, of
cohorts that are counted as the Ministry counts them, when they are known a year and a half later. Money is nominal, in
the prices of the register.
"""

from datetime import date
from functools import lru_cache
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.clock import (
    MONTHS_PER_QUARTER,
    MONTHS_PER_YEAR,
    TWELVE_MONTHS_DAYS,
    WEEKS_PER_YEAR,
    date_of,
    day_of,
    first_day,
    month_of,
)
from sim.contracts import SENTENCE_TYPES, Contract, load_contract
from sim.docket import first_of_each
from sim.draws import person_hashes
from sim.events import Event
from sim.ledger import OUTSIDE, PAYER, Line, Payment, charity_account
from sim.offenders import Disposal, Provider, Rosh, Status
from sim.parameters.register import Register, Value
from sim.payments import (
    QUARTERS_PER_YEAR,
    annual_lines,
    forecast_starts,
    monthly_lines,
    quarterly_lines,
    service_fee,
    weighted_volume,
)
from sim.proven import (
    FOLLOW_UP_DAYS,
    WAITING_DAYS,
    by_person_and_day,
    disposal_groups,
    follow_up,
    proven_occasions,
)
from sim.providers import ProbationProvider, only_provider
from sim.results import Cohorts, together

if TYPE_CHECKING:
    from sim.model import ProbationModel

_PENNY = 0.01
_CONTRACTS_KEPT = 64
_APRIL = 4
"""Financial years begin with it."""
_COMMUNITY_ORDER, _SUSPENDED_ORDER, _SHORT_CUSTODY, _LONG_CUSTODY = range(len(SENTENCE_TYPES))


def is_at_work(model: "ProbationModel", provider: ProbationProvider, day: int) -> bool:
    """Say whether a provider supervises anybody on a day."""
    wanted = Provider.NOBODY if provider.kind in (Provider.NPS, Provider.CRC) else provider.kind
    return any(only_provider(model.timeline, area, day) == wanted for area in provider.areas)


def is_private(model: "ProbationModel", provider: ProbationProvider, day: int) -> bool:
    """Say whether a company is at work on a day and has a private owner."""
    owned = provider.kind == Provider.CRC and model.timeline.holds("private_providers", provider.areas, day)
    return owned and is_at_work(model, provider, day)


def is_funded_by(model: "ProbationModel", provider: ProbationProvider, day: int) -> bool:
    """Say whether a company pays the charities of its areas."""
    chained = model.timeline.holds("charity_supply_chain", provider.areas, day)
    return chained and is_private(model, provider, day)


def contract_of(model: "ProbationModel", provider: ProbationProvider, day: int) -> Contract | None:
    """Return the contract by which a provider is paid on a day, or None for a grant."""
    areas, timeline = provider.areas, model.timeline
    if provider.kind != Provider.CRC or not timeline.holds("payment_by_results", areas, day):
        return None
    lever = "contract_variation" if timeline.holds("contract_variation", areas, day) else "payment_by_results"
    return _contract(timeline.contract(lever), tuple(timeline.levers[lever].terms.items()))


@lru_cache(maxsize=_CONTRACTS_KEPT)
def _contract(name: str, terms: tuple[tuple[str, Value], ...]) -> Contract:
    """Read a contract once, not every month."""
    return load_contract(name).with_terms(dict(terms))


def size_of(model: "ProbationModel", provider: ProbationProvider) -> float:
    """Return the provider's areas as a share of England and Wales, times the model's scale."""
    return model.size * sum(model.region.shares[area] for area in provider.areas)


def post_cost(model: "ProbationModel", kind: Provider) -> tuple[float, float]:
    """Return pounds a year of a full-time practitioner, and of the staff beside each."""
    p = model.register.organisations
    return p.practitioner_pounds, p.other_staff_pounds * p.other_staff_per_practitioner[kind - Provider.TRUST]


def staff_at_founding(register: Register) -> dict[Provider, float]:
    """Return the practitioners in post, full-time equivalents for England and Wales, with whom each kind begins."""
    p = register.allocation
    return {
        Provider.TRUST: p.trust_practitioners[0],
        Provider.NPS: p.nps_practitioners,
        Provider.CRC: p.crc_practitioners,
        Provider.PROBATION_SERVICE: p.probation_service_practitioners,
    }


def trust_staff(register: Register, day: int) -> float:
    """Return the practitioners for whom trusts have a grant on a day, over those at founding.

    Grants are set for a financial year, and the published number of a March is that of the year that ends with it.
    """
    series = register.parameters["allocation"]["trust_practitioners"]
    when = date_of(day)
    if register.hold_at is not None:
        when = min(when, date(register.hold_at, MONTHS_PER_YEAR, 31))
    return float(series.in_year(when.year + (when.month >= _APRIL)) / register.allocation.trust_practitioners[0])


def span_of_trust_staff(register: Register) -> float:
    """Return by how much more the most are for whom trusts ever have a grant than the least."""
    staff = register.allocation.trust_practitioners
    return float(max(staff) / min(staff) - 1)


def grant(model: "ProbationModel", provider: ProbationProvider, day: int) -> float:
    """Return the block grant or budget on a day, pounds a year: for a trust, by the staff of its financial year."""
    if provider.kind != Provider.TRUST:
        return provider.budget
    staff = provider.budget - provider.overhead
    return staff * trust_staff(model.register, day) + provider.overhead


def count_week(model: "ProbationModel") -> None:
    """Count the week's starts of sentences by who is to supervise them, leavers resettled, and practitioners at work.

    People of low and medium risk are a company's volume, whoever supervises now; sentences under twelve months count
    before the day on which they are supervised, because a bid has to forecast them. Orders of high-risk people count as
    occasions for the public service to buy something.
    """
    log, people, since = model.log, model.people, model.week_logged
    orders, releases = log.of(Event.ORDER_START, since=since), log.of(Event.RELEASE, since=since)
    row = np.concatenate([log.row[orders], log.row[releases]])
    kind = np.where(people.last_disposal[row] == Disposal.COMMUNITY_ORDER, _COMMUNITY_ORDER, _SUSPENDED_ORDER)
    short = people.sentence_days[row] < TWELVE_MONTHS_DAYS
    kind[len(orders) :] = np.where(short, _SHORT_CUSTODY, _LONG_CUSTODY)[len(orders) :]
    to_company = (people.rosh[row] < Rosh.HIGH) & ~people.is_mappa[row]
    unsupervised = np.zeros(len(row), bool)
    unsupervised[len(orders) :] = log.value[releases] == Status.FREE
    month, types, areas = month_of(model.day), len(SENTENCE_TYPES), len(model.region.areas)
    place = people.area[row].astype(np.int64) * types + kind
    all_starts, supervised = (
        np.bincount(place[counted], minlength=areas * types).reshape(areas, types)
        for counted in (to_company, to_company & ~unsupervised)
    )
    high_risk = np.bincount(people.area[row[: len(orders)]][~to_company[: len(orders)]], minlength=areas)
    resettled = np.bincount(people.area[model.support.seen], minlength=areas)
    at_work = model.officers.at_work_by_office()
    for provider in model.providers:
        where = provider.areas
        provider.practitioner_weeks += float(_sum_over(where, at_work[provider.kind]))
        if provider.kind == Provider.CRC:
            starts = supervised if provider.first_month >= 0 else all_starts
            provider.starts[month] += _sum_over(where, starts)
            provider.bought[month] += _sum_over(where, high_risk)
            provider.resettled[month] += _sum_over(where, resettled)


def _sum_over(areas: tuple[int, ...], by_area: NDArray[Any]) -> Any:
    """Return the sum over some areas; that of one, which most providers have, is its own."""
    return by_area[areas[0]] if len(areas) == 1 else by_area[list(areas)].sum(axis=0)


def close_month(model: "ProbationModel", month: int) -> None:
    """Enter everything that is paid for a month, once it is over."""
    last = first_day(month + 1) - 1
    model.counted.clear()
    for provider in model.providers:
        if is_at_work(model, provider, last):
            pay_income(model, provider, month)
            pay_costs(model, provider, month)
        elif provider.first_month >= 0:
            settle(model, provider, month)
        provider.practitioner_weeks = 0.0
    fund_charities(model, last)


def pay_income(model: "ProbationModel", provider: ProbationProvider, month: int) -> None:
    """Enter what a provider is paid for a month: its grant, or what its contract says."""
    last = first_day(month + 1) - 1
    contract = contract_of(model, provider, last)
    if contract is None:
        model.ledger.pay(last, Line.BLOCK_GRANT, PAYER, provider.number, grant(model, provider, last) / MONTHS_PER_YEAR)
        return
    if provider.first_month < 0:
        begin_contract(model, provider, contract, month)
    pay_by_month(model, provider, contract, month)
    provider.volume_over_forecast = volume_over_forecast(model, provider, contract, month)
    reconcile(model, provider, contract, month)
    pay_results(model, provider, contract, month)


def settle(model: "ProbationModel", provider: ProbationProvider, month: int) -> None:
    """Enter what is still owed to a company whose work is over: its last fee by volume, and results once known."""
    contract = contract_of(model, provider, first_day(month + 1) - 1)
    if contract is None:
        return
    if is_at_work(model, provider, first_day(month) - 1):
        reconcile(model, provider, contract, month - 1, is_over=True)
    pay_results(model, provider, contract, month)


def begin_contract(model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int) -> None:
    """Fix on what a contract rests: the volumes of the year before it, and the baseline of its results.

    The baseline is what results are held against: three-month cohorts, of a whole year, as one.
    """
    provider.first_month = month
    provider.base_starts = provider.starts[max(0, month - MONTHS_PER_YEAR) : month].sum(axis=0)
    first = month_of(day_of(date(int(contract.baseline_year), 1, 1)))
    bounds = [first_day(first + quarter * MONTHS_PER_QUARTER) for quarter in range(QUARTERS_PER_YEAR + 1)]
    provider.baseline = together(cohort(model, provider, contract, *span, by_rule=True) for span in pairwise(bounds))


def pay_by_month(model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int) -> None:
    """Enter the month's fees, and what is claimed beyond them."""
    p, last = model.register.organisations, first_day(month + 1) - 1
    bought = provider.bought[month] * p.uses_per_start
    lines = monthly_lines(contract, size_of(model, provider), uses=bought)
    service = float(lines.service) * model.timeline.setting("payment_by_results", "funding_factor")
    model.ledger.pay(last, Line.SERVICE, PAYER, provider.number, service)
    model.ledger.pay(last, Line.USE, PAYER, provider.number, float(lines.use))
    model.ledger.pay(last, Line.FOUNDATION, PAYER, provider.number, float(lines.foundation))
    overclaim(model, provider, month, service)


def overclaim(model: "ProbationModel", provider: ProbationProvider, month: int, service: float) -> None:
    """Enter what is claimed and not due, and what an audit finds and recovers."""
    p, last = model.register.organisations, first_day(month + 1) - 1
    if not p.overclaim_share:
        return
    model.ledger.pay(last, Line.OVERCLAIM, PAYER, provider.number, service * p.overclaim_share)
    owed = model.ledger.received(provider.number, (Line.OVERCLAIM, Line.RECOVERY), 0, last + 1)
    key = person_hashes(np.array([provider.number]))
    if model.draws.uniforms("organisations.audit", key, month)[0] < p.audits_per_year / MONTHS_PER_YEAR:
        model.ledger.pay(last, Line.RECOVERY, PAYER, provider.number, -owed)


def volume_of_year(
    model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int
) -> NDArray[np.float64]:
    """Return the starts of the twelve months up to one, those since the contract began made a year's; shape (4,)."""
    if model.timeline.setting("payment_by_results", "volumes_as_forecast"):
        return forecast_starts(contract, provider.base_starts)
    first = max(provider.first_month, month + 1 - MONTHS_PER_YEAR)
    months = month + 1 - first
    return np.asarray(provider.starts[first : month + 1].sum(axis=0) * (MONTHS_PER_YEAR / months), np.float64)


def volume_over_forecast(model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int) -> float:
    """Return the weighted volume of the last twelve months over that forecast; 0 where none was."""
    forecast = weighted_volume(contract, forecast_starts(contract, provider.base_starts))
    volume = weighted_volume(contract, volume_of_year(model, provider, contract, month))
    return float(volume / forecast) if forecast > 0 else 0.0


def fee_of_year(model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int) -> float:
    """Return the fee for service of a year, by the volume of the twelve months up to one."""
    forecast = forecast_starts(contract, provider.base_starts)
    starts = volume_of_year(model, provider, contract, month)
    fee = float(sum(service_fee(contract, starts, forecast, size_of(model, provider))))
    return fee * model.timeline.setting("payment_by_results", "funding_factor")


def reconcile(
    model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int, *, is_over: bool = False
) -> None:
    """Enter the fee by the volume of each contract year, or of what there was of the last, less what was paid.

    What is less than a penny is rounding and no payment.
    """
    months = (month + 1 - provider.first_month) % MONTHS_PER_YEAR
    if is_over == (months == 0):
        return
    months = months or MONTHS_PER_YEAR
    last = first_day(month + 1) - 1
    paid = model.ledger.received(provider.number, (Line.SERVICE,), first_day(month + 1 - months), last + 1)
    difference = fee_of_year(model, provider, contract, month) * months / MONTHS_PER_YEAR - paid
    if abs(difference) >= _PENNY:
        model.ledger.pay(last, Line.RECONCILIATION, PAYER, provider.number, difference)


def cohorts_by_area(
    model: "ProbationModel", contract: Contract, start_day: int, end_day: int, *, by_rule: bool
) -> Cohorts:
    """Count the companies' cohort of each area by the official rules: a person's first eligible index event in a span.

    Parameters
    ----------
    start_day, end_day : int
        The span, its end not counted; follow-up and the time for proof have passed since.
    by_rule : bool
        Everyone whom the rule by risk gives to a company, whoever supervised; else those whom a company supervised.

    Returns
    -------
    Cohorts
        Arrays of shape (areas,).
    """
    index, people = model.index_log, model.people
    inside = np.flatnonzero((index.day >= start_day) & (index.day < end_day))
    groups = disposal_groups(index, inside)
    eligible = np.any([groups[f"disposal={kind}"] for kind in contract.eligible], axis=0)
    mine = (index.would_be_provider if by_rule else index.provider)[inside] == Provider.CRC
    events = inside[mine & eligible]
    row, day = index.row[events], index.day[events]
    order = by_person_and_day(row, day)
    order = order[first_of_each(row[order])]
    events, row, day = events[order], row[order], day[order]
    # the month before, because a span may begin in the midst of a week that counts to that month
    since = model.log_at_month[max(0, month_of(start_day) - 1)]
    after = follow_up(row, day, proven_occasions(model, since))
    area, areas = people.area[row], len(model.region.areas)
    return Cohorts(
        np.bincount(area, minlength=areas),
        np.bincount(area[after.reoffences > 0], minlength=areas),
        np.bincount(area, after.reoffences, areas).astype(np.int64),
        np.bincount(area, index.ogrs3[events].astype(np.float64), areas),
    )


def cohort(
    model: "ProbationModel",
    provider: ProbationProvider,
    contract: Contract,
    start_day: int,
    end_day: int,
    *,
    by_rule: bool,
) -> Cohorts:
    """Return a company's cohort; see `cohorts_by_area`, which is asked once a month for all companies."""
    asked = (contract.eligible, start_day, end_day, by_rule)
    if asked not in model.counted:
        model.counted[asked] = cohorts_by_area(model, contract, start_day, end_day, by_rule=by_rule)
    where = list(provider.areas)
    return Cohorts(*(np.asarray(column)[where].sum().item() for column in model.counted[asked]))


def pay_results(model: "ProbationModel", provider: ProbationProvider, contract: Contract, month: int) -> None:
    """Enter payment for the three-month cohorts whose results are known now, and every fourth time for their year.

    A cohort in whose quarter the company's work ended is not paid for.
    """
    last = first_day(month + 1) - 1
    quarter = -(-provider.first_month // MONTHS_PER_QUARTER) + len(provider.results)
    start, end = first_day(quarter * MONTHS_PER_QUARTER), first_day((quarter + 1) * MONTHS_PER_QUARTER)
    if end + FOLLOW_UP_DAYS + WAITING_DAYS > last + 1 or not is_at_work(model, provider, end - 1):
        return
    size, pay = size_of(model, provider), model.ledger.pay
    found = cohort(model, provider, contract, start, end, by_rule=False)
    advanced = model.ledger.received(provider.number, (Line.FOUNDATION,), start, end)
    lines = quarterly_lines(contract, found, provider.baseline, size, advanced)
    pay(last, Line.BINARY, PAYER, provider.number, float(lines.binary))
    pay(last, Line.CLAWBACK, PAYER, provider.number, float(lines.clawback))
    pay(last, Line.DEDUCTION, PAYER, provider.number, float(lines.deduction))
    paid = advanced + float(lines.binary) + float(lines.clawback)
    provider.results = (*provider.results, (found, paid))
    if len(provider.results) % QUARTERS_PER_YEAR == 0:
        pay_year_of_results(model, provider, contract, last)


def pay_year_of_results(model: "ProbationModel", provider: ProbationProvider, contract: Contract, last: int) -> None:
    """Enter what the last four cohorts earn as one."""
    quarters = provider.results[-QUARTERS_PER_YEAR:]
    year = together(found for found, _ in quarters)
    size = size_of(model, provider)
    none = service_fee(contract, provider.base_starts * 0, provider.base_starts * 0, size)
    lines = annual_lines(
        contract, year, provider.baseline, none, size, service_paid=0.0, results_paid=sum(paid for _, paid in quarters)
    )
    model.ledger.pay(last, Line.TOP_UP, PAYER, provider.number, float(lines.top_up))
    model.ledger.pay(last, Line.FREQUENCY, PAYER, provider.number, float(lines.frequency))
    model.ledger.pay(last, Line.OVER_CAP, PAYER, provider.number, float(lines.over_cap))


def pay_costs(model: "ProbationModel", provider: ProbationProvider, month: int) -> None:
    """Enter what a provider spends on staff, overhead and, where Through the Gate falls to it, resettlement."""
    last = first_day(month + 1) - 1
    practitioner, beside = post_cost(model, provider.kind)
    in_post = practitioner * provider.practitioner_weeks / WEEKS_PER_YEAR
    open_posts = model.officers.full_time_posts(provider.kind, provider.areas)
    costs = {
        Line.PRACTITIONERS: in_post,
        Line.OTHER_STAFF: beside * open_posts / MONTHS_PER_YEAR,
        Line.OVERHEAD: provider.overhead / MONTHS_PER_YEAR,
        Line.RESETTLEMENT: model.register.organisations.resettlement_pounds * int(provider.resettled[month]),
    }
    model.ledger.pay_all(last, [(line, provider.number, OUTSIDE, pounds) for line, pounds in costs.items()])


def fund_charities(model: "ProbationModel", last: int) -> None:
    """Enter what charities are paid for their places, by grant or by the company of their area, and what they spend."""
    primes = {
        area: provider for provider in model.providers if is_funded_by(model, provider, last) for area in provider.areas
    }
    monthly = model.register.costs.help_place / MONTHS_PER_YEAR
    adjusts = model.register.organisations.upkeep_adjusts_per_month
    payments: list[Payment] = []
    for charity in model.charities:
        account, prime = charity_account(charity.number), primes.get(charity.area)
        line, source = (Line.CHARITY_GRANT, PAYER) if prime is None else (Line.SUPPLY_CHAIN, prime.number)
        payments.append((line, source, account, charity.places * monthly))
        charity.upkeep += (charity.places - charity.upkeep) * adjusts
        payments.append((Line.PLACES, account, OUTSIDE, max(charity.upkeep, charity.places) * monthly))
    model.ledger.pay_all(last, payments)


def found_providers(model: "ProbationModel") -> list[ProbationProvider]:
    """Found the trusts and the company of each area, the NPS and the Probation Service, with a budget for their posts.

    How the owner of a company will behave is drawn by its area.
    """
    overhead_share, founders = model.register.organisations.overhead_share, staff_at_founding(model.register)
    areas = range(len(model.region.areas))
    found: list[tuple[Provider, tuple[int, ...]]] = [
        *((Provider.TRUST, (a,)) for a in areas),
        (Provider.NPS, tuple(areas)),
        *((Provider.CRC, (a,)) for a in areas),
        (Provider.PROBATION_SERVICE, tuple(areas)),
    ]
    providers = []
    for number, (kind, where) in enumerate(found):
        practitioner, beside = post_cost(model, kind)
        share = sum(model.region.shares[a] for a in where)
        staff = founders[kind] * model.size * share * (practitioner + beside)
        owner = float(model.draws.uniforms("organisations.owner", person_hashes(np.array(where)))[0])
        overhead = staff * overhead_share
        posts = model.officers.full_time_posts(kind, where)
        providers.append(ProbationProvider(model, number, kind, where, owner, staff + overhead, overhead, posts))
    return providers
