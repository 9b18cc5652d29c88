"""What is decided once a month: owners of companies on posts, places of charities and whom to serve first; trusts
follow their grant.

What each behaviour wants is said by `ProbationProvider`; here it sees its books, asks its contract, and is done.
"""

from typing import TYPE_CHECKING

from sim.accounts import contract_of, fee_of_year, is_funded_by, is_private, post_cost, trust_staff
from sim.clock import DAYS_PER_WEEK, MONTHS_PER_QUARTER, first_day
from sim.offenders import Provider
from sim.payments import QUARTERS_PER_YEAR
from sim.providers import Behaviour, Books, ProbationProvider
from sim.results import prospects, rate

if TYPE_CHECKING:
    from sim.model import ProbationModel


def books_of(model: "ProbationModel", provider: ProbationProvider, month: int) -> Books:
    """Return a company's year as it looks at the end of a month. Results are not counted on: they come late."""
    last = first_day(month + 1) - 1
    contract = contract_of(model, provider, last)
    income = provider.budget if contract is None else fee_of_year(model, provider, contract, month)
    practitioner, beside = post_cost(model, provider.kind)
    posts = model.officers.full_time_posts(provider.kind, provider.areas)
    resettled = provider.resettled[max(0, month + 1 - MONTHS_PER_QUARTER) : month + 1].sum() * QUARTERS_PER_YEAR
    at_work = float(model.officers.at_work_by_office()[provider.kind, list(provider.areas)].sum())
    chain = 0.0
    if is_funded_by(model, provider, last):
        places = sum(charity.places for charity in model.charities if charity.area in provider.areas)
        chain = model.register.costs.help_place * places
    return Books(
        income=income,
        staff=practitioner * at_work + beside * posts,
        other_costs=provider.overhead + chain + model.register.organisations.resettlement_pounds * float(resettled),
        post=practitioner + beside,
        workload=model.officers.workload(provider.kind, provider.areas),
    )


def pays_for_fewer_reoffenders(model: "ProbationModel", provider: ProbationProvider, month: int) -> bool:
    """Say whether one reoffender fewer raises the payment that a company expects of its next cohort."""
    contract = contract_of(model, provider, first_day(month + 1) - 1)
    if contract is None:
        return False
    people = provider.starts[max(0, month - MONTHS_PER_QUARTER) : month + 1].sum()
    usual = rate(provider.baseline.reoffenders, provider.baseline.people)
    worth = prospects(contract, people, usual, usual, contract.binary_hurdle)
    return bool(worth.pounds_per_reoffender > 0)


def decide(model: "ProbationModel", month: int) -> None:
    """Let every company with a private owner decide on posts, on charities' places and on whom it serves first; the
    posts of a trust follow its grant."""
    p, last = model.register.organisations, first_day(month + 1) - 1
    for provider in model.providers:
        if not is_private(model, provider, last):
            grant_places(model, provider)
            grant_posts(model, provider, month)
            continue
        provider.behaviour = owner_behaviour(model, provider.owner_draw)
        books = books_of(model, provider, month)
        least, most = p.least_posts_share * provider.founding_posts, (1 + p.spare_posts_share) * provider.founding_posts
        change_posts(model, provider, min(max(provider.posts_wanted(books, p), least), most), month)
        seeks = provider.behaviour == Behaviour.PROFIT_SEEKING
        by_payment = seeks and pays_for_fewer_reoffenders(model, provider, month)
        model.officers.by_payment[model.officers.of(provider.kind, provider.areas)] = by_payment
        if is_funded_by(model, provider, last):
            provider.places_share = provider.share_of_places_wanted(books, p)
            buy_places(model, provider, by_payment)


def change_posts(model: "ProbationModel", provider: ProbationProvider, wanted: float, month: int) -> None:
    """Set the posts that a provider means to keep, and open or give up those of its officers, after notice."""
    officers, provider.posts = model.officers, wanted
    rows = officers.of(provider.kind, provider.areas)
    officers.change_posts(
        rows,
        wanted,
        leaves_day=model.day + int(model.register.organisations.notice_weeks) * DAYS_PER_WEEK,
        comes_day=model.day + int(model.register.workload.vacancy_weeks) * DAYS_PER_WEEK,
        order=model.draws.uniforms("organisations.notice", officers.officer_hash[rows], month),
    )


def grant_posts(model: "ProbationModel", provider: ProbationProvider, month: int) -> None:
    """Let the posts of a trust follow the grant of the financial year; all others stay as they are."""
    if provider.kind == Provider.TRUST:
        wanted = provider.founding_posts * trust_staff(model.register, model.day)
        if wanted != provider.posts:
            change_posts(model, provider, wanted, month)


def grant_places(model: "ProbationModel", provider: ProbationProvider) -> None:
    """Let places come back that a company gave up and a grant pays for now, as fast as they could go."""
    if provider.places_share < 1 or provider.behaviour != Behaviour.BLOCK_GRANT:
        provider.behaviour = Behaviour.BLOCK_GRANT
        step = model.register.organisations.greatest_change_per_month
        provider.places_share = min(1.0, provider.places_share + step)
        buy_places(model, provider)


def buy_places(model: "ProbationModel", provider: ProbationProvider, by_payment: bool = False) -> None:
    """Set the places of the charities of a company's areas to what it buys, and whom they are to serve first."""
    for charity in model.charities:
        if charity.area in provider.areas:
            charity.places = round(charity.founding_places * provider.places_share)
            charity.by_payment = by_payment


def owner_behaviour(model: "ProbationModel", u: float) -> Behaviour:
    """Return how an owner behaves, by the shares of the lever `private_providers`; the rest seek profit."""
    mission = model.timeline.setting("private_providers", "mission_led_share")
    satisficing = model.timeline.setting("private_providers", "satisficing_share")
    if u < mission:
        return Behaviour.MISSION_LED
    return Behaviour.SATISFICING if u < mission + satisficing else Behaviour.PROFIT_SEEKING
