"""Stocks and flows, week by week: what a time series of a run is made of."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from sim.accounts import is_funded_by
from sim.charities import Kind, Path
from sim.charities import Stage as CaseStage
from sim.clock import TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.events import Event, RecallKind, kind_of_enforcement, unpack_occasion
from sim.ledger import PAYER, RESULTS, Line, charity_account
from sim.needs import NEEDS, Need
from sim.offenders import (
    IN_PRISON,
    IS_ENGAGED,
    IS_SUPERVISED_IN_COMMUNITY,
    Disposal,
    OffenceGroup,
    Provider,
    Rosh,
    Status,
)
from sim.workload import TIERS

if TYPE_CHECKING:
    from sim.model import ProbationModel
    from sim.providers import ProbationProvider

type Counts = dict[tuple[str, str], np.number[Any] | float]

_FLOWS = {
    "occasions": Event.OFFENCE,
    "cautions": Event.CAUTION,
    "convictions": Event.CONVICTION,
    "custody_starts": Event.CUSTODY_START,
    "releases": Event.RELEASE,
    "orders_started": Event.ORDER_START,
    "recalls": Event.RECALL,
    "re_releases": Event.RE_RELEASE,
    "breaches": Event.BREACH,
    "committals": Event.COMMITTAL,
    "allocations": Event.ALLOCATION,
    "co_offending": Event.CO_OFFENCE,
}
_IS_SERIOUS = np.isin(list(OffenceGroup), (OffenceGroup.VIOLENCE, OffenceGroup.SEXUAL, OffenceGroup.ROBBERY))
_IS_RESULT = np.isin(list(Line), RESULTS)
_OF_STATUS = {s: f"status={s.name.lower()}" for s in Status}
_OF_PROVIDER = {p: f"provider_type={p.name.lower()}" for p in Provider if p}
_OF_RECALL = {k: f"kind={k.name.lower()}" for k in RecallKind}
_OF_RISK = {r: f"rosh={r.name.lower()}" for r in Rosh}
_OF_KIND = {k: f"kind={k.name.lower()}" for k in Kind}
_OF_PATH = {p: f"path={p.name.lower()}" for p in Path}
_OF_CLASS = [f"provider_type=crc&payment_class={c}" for c in range(TIERS)]
"""Names of groups, made once."""

_NEEDS_WEEKS = 4
"""Needs are counted every fourth week; in between the last count stands."""
MANY_CASES = 40
"""Above it HM Inspectorate of Probation counts caseholders."""


class WeeklyRecord:
    """Rows of (measure, group) by week, filled as the model lives.

    Attributes
    ----------
    names : list of (str, str)
        Measure and group of each column, the same every week.
    rows : list of list of float
        One row a week from week 0 on.
    """

    def __init__(self) -> None:
        self.names: list[tuple[str, str]] = []
        self.rows: list[list[float]] = []
        self.needs: Counts = {}

    def record(self, model: "ProbationModel", logged: int, paid: int) -> None:
        """Add the week's row; `logged` and `paid` are the lengths of the event log and of the ledger before it."""
        if model.week % _NEEDS_WEEKS == 0 or not self.needs:
            self.needs = needs(model)
        values = {
            **stocks(model),
            **flows(model, logged),
            **contacts(model),
            **staffing(model),
            **self.needs,
            **support(model),
            **institutions(model, paid),
        }
        self.names = list(values)
        self.rows.append([float(v) for v in values.values()])

    def series(self, measure: str, group: str = "all") -> np.ndarray[Any, np.dtype[np.float64]]:
        """Return one column over the weeks."""
        column = self.names.index((measure, group))
        return np.array([row[column] for row in self.rows])

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self)()
        twin.names, twin.rows, twin.needs = list(self.names), list(self.rows), dict(self.needs)
        return twin


def stocks(model: "ProbationModel") -> Counts:
    """Count people by status, prison population, recall population and caseload at the end of the week."""
    counts = model.people.stocks(model.settled).tolist()
    on_caseload, in_community = caseload(model)
    found: Counts = {("tracked", "all"): sum(counts[: Status.LEFT])}
    found |= {("people", group): counts[status] for status, group in _OF_STATUS.items()}
    found["custody_population", "all"] = sum(counts[status] for status in IN_PRISON)
    found["recall_population", "all"] = counts[Status.RECALLED]
    found["caseload", "all"] = on_caseload.sum()
    found["caseload_in_community", "all"] = in_community
    found |= {("caseload", group): on_caseload[p] for p, group in _OF_PROVIDER.items()}
    return found


@compiled
def _count_in_community(rows, status, officer):
    found = 0
    for i in rows:
        if officer[i] >= 0 and IS_SUPERVISED_IN_COMMUNITY[status[i]]:
            found += 1
    return found


def caseload(model: "ProbationModel") -> tuple[NDArray[np.int64], int]:
    """Return the people on officers' caseloads by provider, shape (4,), and those of them in the community.

    Whoever began supervision this week joins a caseload next week.
    """
    people, officers = model.people, model.officers
    by_provider = np.bincount(officers.provider, officers.caseload, len(Provider)).astype(np.int64)
    return by_provider, _count_in_community(model.engaged, people.status, people.officer)


def flows(model: "ProbationModel", logged: int) -> Counts:
    """Count the week's events, recalls by kind and by length of sentence, first releases to supervision."""
    log = model.log
    events, values, short = log.event[logged:], log.value[logged:], log.cause_day[logged:]
    counts = np.bincount(events, minlength=len(Event))
    found: Counts = {(name, "all"): counts[event] for name, event in _FLOWS.items()}
    recalls = events == Event.RECALL
    under_12m = short[recalls].sum()
    found["recalls", "disposal=custody_under_12m"] = under_12m
    found["recalls", "disposal=custody_12m_plus"] = counts[Event.RECALL] - under_12m
    kinds = np.bincount(kind_of_enforcement(values[recalls]), minlength=len(RecallKind))
    found |= {("recalls", group): kinds[kind] for kind, group in _OF_RECALL.items()}
    released_to = values[events == Event.RELEASE]
    found["releases_supervised", "all"] = IS_SUPERVISED_IN_COMMUNITY[released_to].sum()
    starts = values[events == Event.CUSTODY_START]
    found["custody_starts", "disposal=custody_under_12m"] = (starts < TWELVE_MONTHS_DAYS).sum()
    return found | serious(model, logged)


def serious(model: "ProbationModel", logged: int) -> Counts:
    """Count serious reoffences proven this week: convictions for violence, sexual offences or robbery with immediate
    custody, of people who had a sanction before. By risk of serious harm as judged after it: described, never compared
    between regimes."""
    log, people = model.log, model.people
    found = logged + np.flatnonzero(log.event[logged:] == Event.CONVICTION)
    row = log.row[found]
    group, _, disposal = unpack_occasion(log.value[found])
    counted = (disposal == Disposal.CUSTODY) & _IS_SERIOUS[group] & (people.sanctions[row] > 1)
    by_risk = np.bincount(people.rosh[row[counted]], minlength=len(Rosh))
    return {
        ("serious_reoffences", "all"): by_risk.sum(),
        **{("serious_reoffences", group): by_risk[risk] for risk, group in _OF_RISK.items()},
    }


def contacts(model: "ProbationModel") -> Counts:
    """Count contacts due, kept and cut this week, and changes of officer, by who supervises."""
    found: Counts = {("officer_changes", "all"): model.officer_changes.sum()}
    found |= {("officer_changes", group): model.officer_changes[p] for p, group in _OF_PROVIDER.items()}
    by_class = model.contacts.sum(axis=1)
    by_provider = by_class.sum(axis=1).T.tolist()
    of_companies = by_class[Provider.CRC].T.tolist()
    for i, name in enumerate(("contacts_due", "contacts_kept", "contacts_cut")):
        found[name, "all"] = sum(by_provider[i])
        found |= {(name, group): by_provider[i][p] for p, group in _OF_PROVIDER.items()}
        found |= {(name, group): count for group, count in zip(_OF_CLASS, of_companies[i], strict=True)}
    return found


_STAFFING = ("om_fte", "cases_per_om_fte", "cases_per_caseholder", "caseholders_over_40", "workload", "vacancies")


_PAYMENTS = (
    ("public_spend", "all"),
    *((name, group) for group in _OF_PROVIDER.values() for name in ("income", "costs")),
    ("results_paid", "provider_type=crc"),
    ("overclaimed", "provider_type=crc"),
    ("recovered", "provider_type=crc"),
    ("charity_deficit", "all"),
)


def institutions(model: "ProbationModel", paid: int) -> Counts:
    """Add up the week's payments: income and costs by kind of provider, results, public spend, charities' deficit.

    Books are closed in the first week of a month, so that most weeks have none. Volume over forecast is a mean over
    companies; the share of charities' places bought is one over companies that fund charities, 0 where none does. What
    is overclaimed is what was claimed and not due, whether or not it was recovered since.
    """
    ledger, providers = model.ledger, model.providers
    companies = [p for p in providers if p.kind == Provider.CRC]
    bought = [p.places_share for p in companies if is_funded_by(model, p, model.day)]
    shares: Counts = {
        ("volume_over_forecast", "provider_type=crc"): sum(p.volume_over_forecast for p in companies) / len(companies),
        ("places_bought", "provider_type=crc"): sum(bought) / max(1, len(bought)),
    }
    if paid == len(ledger):
        return dict.fromkeys(_PAYMENTS, 0.0) | shares
    line, pounds = ledger.line[paid:], ledger.pounds[paid:]
    source, receiver = ledger.source[paid:], ledger.receiver[paid:]
    found: Counts = {("public_spend", "all"): pounds[source == PAYER].sum()}
    paid_to, paid_by = _kind_of(providers, receiver), _kind_of(providers, source)
    for kind, group in _OF_PROVIDER.items():
        found["income", group] = pounds[paid_to == kind].sum()
        found["costs", group] = pounds[paid_by == kind].sum()
    found["results_paid", "provider_type=crc"] = pounds[(paid_to == Provider.CRC) & _IS_RESULT[line]].sum()
    found["overclaimed", "provider_type=crc"] = pounds[line == Line.OVERCLAIM].sum()
    found["recovered", "provider_type=crc"] = 0.0 - pounds[line == Line.RECOVERY].sum()
    charities = receiver >= charity_account(0), source >= charity_account(0)
    found["charity_deficit", "all"] = pounds[charities[1]].sum() - pounds[charities[0]].sum()
    return {measure: found[measure] for measure in _PAYMENTS} | shares


def _kind_of(providers: Sequence["ProbationProvider"], account: NDArray[np.integer[Any]]) -> NDArray[np.int64]:
    """Return the kind of provider that each account is of, `NOBODY` for all others; shape kept."""
    kinds = np.array([p.kind for p in providers], np.int64)
    is_provider = (account >= 0) & (account < len(kinds))
    return np.where(is_provider, kinds[np.where(is_provider, account, 0)], Provider.NOBODY)


def staffing(model: "ProbationModel") -> Counts:
    """Measure the officers of the services at work (trusts before the split, NPS and CRCs after), all and by employer.

    Staff in post in full-time equivalents, both caseload measures, the share of caseholders above forty cases in the
    community, workload over target, and empty posts.
    """
    officers = model.officers
    cases = np.bincount(officers.provider, weights=officers.caseload, minlength=len(Provider))
    found = _staffing_of(model, "all", (cases > 0)[officers.provider])
    for provider, group in _OF_PROVIDER.items():
        found |= _staffing_of(model, group, (officers.provider == provider) & (cases[provider] > 0))
    return found


def _staffing_of(model: "ProbationModel", group: str, mine: NDArray[np.bool_]) -> Counts:
    """Measure some officers."""
    officers = model.officers
    if not mine.any():
        return dict.fromkeys(((name, group) for name in _STAFFING), 0)
    staff = mine & ~officers.is_vacant
    community = officers.community_cases[staff & (officers.community_cases > 0)]
    fte = float(officers.hours[staff].sum())
    holders = max(1, len(community))
    return {
        ("om_fte", group): fte,
        ("cases_per_om_fte", group): officers.caseload[mine].sum() / max(1.0, fte),
        ("cases_per_caseholder", group): community.sum() / holders,
        ("caseholders_over_40", group): (community > MANY_CASES).sum() / holders,
        ("workload", group): officers.points[mine].sum() / max(1, officers.target[staff].sum()),
        ("vacancies", group): (mine & officers.is_vacant & ~officers.is_closed).sum(),
    }


@compiled
def _count_needs(status, needs_, counts, people):
    for i in range(status.size):
        if IS_ENGAGED[status[i]]:
            where = 1 if IS_SUPERVISED_IN_COMMUNITY[status[i]] else 0
            people[where] += 1
            for need in range(NEEDS):
                counts[where, need] += np.int64(needs_[i]) >> need & 1


def needs(model: "ProbationModel") -> Counts:
    """Return the shares with each need, of people supervised in the community and of people in prison."""
    counts, number = np.zeros((2, NEEDS), np.int64), np.zeros(2, np.int64)
    still_here = slice(model.settled, None)
    _count_needs(model.people.status[still_here], model.people.needs[still_here], counts, number)
    shares = counts / np.maximum(number, 1)[:, None]
    return {
        (name, f"need={need.name.lower()}"): shares[where, need]
        for where, name in enumerate(("need_in_prison", "need_in_community"))
        for need in Need
    }


def support(model: "ProbationModel") -> Counts:
    """Count places, people helped and waiting, and starts of help by kind of charity; leavers, those whom Through the
    Gate covers and those whom it sees; starts of help by path; of companies' people, referrals and starts by class of
    payment."""
    cases, counted = model.cases, model.support
    kind = cases.charity % len(Kind)
    helped = np.bincount(kind[cases.stage == CaseStage.HELPED], minlength=len(Kind)).tolist()
    waiting = np.bincount(kind[cases.stage == CaseStage.WAITING], minlength=len(Kind)).tolist()
    places = np.bincount(
        [c.kind for c in model.charities], weights=[c.places for c in model.charities], minlength=len(Kind)
    ).tolist()
    started = counted.started.tolist()
    found: Counts = dict(
        zip((("leavers", "all"), ("leavers_covered", "all"), ("leavers_seen", "all")), counted.leavers, strict=True)
    )
    found |= {("helped", "all"): sum(helped), ("waiting", "all"): sum(waiting)}
    found["help_started", "all"] = sum(map(sum, started))
    for k, group in _OF_KIND.items():
        found |= {("places", group): places[k], ("helped", group): helped[k], ("waiting", group): waiting[k]}
        found["help_started", group] = sum(of_path[k] for of_path in started)
    for c, group in enumerate(_OF_CLASS):
        found["referrals", group], found["help_started", group] = counted.of_companies[:, c]
    return found | {("help_started", group): sum(started[p]) for p, group in _OF_PATH.items()}
