"""Supervision: terms that end, contacts due and kept, absences that call for enforcement.

How often a contact is due depends on legal status and risk of serious harm: weekly at first, then by tier; under a
rehabilitation activity requirement the officer decides, and fewer are due. A contact is missed without acceptable
reason more often by people of higher OGRS3, and most often in the first weeks of a licence, while homes are looked for
and touch is lost. The second such absence within twelve months calls for enforcement unless the officer uses
discretion. On licence other failures (residence, conduct, drugs) add a hazard of their own, highest in the same
weeks; on curfew so do breaches of the curfew. An officer who has too much to do cuts contacts,
and none is held while a case passes from one provider to another. Each kept contact adds to the working alliance, less
so with an officer who holds many cases; the alliance makes contacts likelier to be kept. `model.contacts` counts the
week's contacts by provider, tier and class of payment.

Reads: status, status_since_day, status_end_day, rosh, ogrs3, officer, provider, is_rar, handover_end_day,
officers' cuts.
Writes: status columns, supervisor columns, offence_bound (terms that end), contacts_due, contacts_kept, contacts_cut,
alliance, absences, warning_day, enforcement_reason; officers' caseloads.
Draws: supervision.contact, supervision.activity, supervision.cut, supervision.discretion, supervision.failure.
"""

import math
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_MONTH, DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.compiled import compiled
from sim.draws import uniform
from sim.legal_status import settle_in_community
from sim.offenders import COMMUNITY_SUPERVISION, IS_SUPERVISED_IN_COMMUNITY, Reason, Rosh, Status
from sim.parameters.register import Register
from sim.workload import build as build_workload
from sim.workload import class_of, cut_class, tier_of

if TYPE_CHECKING:
    from sim.model import ProbationModel


_DUE, _KEPT, _CUT = range(3)
_SETTLED_WEEKS = 104
_CENTRE = 0.5
"""The OGRS3 at which the register states chances of missing a contact or failing."""


class Contact(NamedTuple):
    """What the compiled loop knows of the parameters. Weeks of a status are counted from its first full one, 0."""

    reports_on_release: NDArray[np.bool_]  # is seen in the very week in which the status begins, shape (statuses,)
    first_weeks: NDArray[np.int64]  # of weekly contact, shape (statuses, 4 levels of risk of serious harm)
    interval: NDArray[np.int64]  # weeks, shape (statuses, 4 levels of risk of serious harm)
    p_miss: NDArray[np.float64]  # at the central OGRS3, shape (statuses, weeks of the status)
    greatest_odds_ratio: float  # of OGRS3 at 1 and no alliance over the central ones
    miss_slope: float  # on the log-odds, for each unit of OGRS3
    absences_allowed: int
    warning_days: int
    p_enforce: NDArray[np.float64]  # officer's discretion, shape (statuses,)
    p_failure: NDArray[np.float64]  # other failures, a week, shape (statuses, weeks of the status)
    alliance_slope: float  # on the log-odds of missing a contact, downwards
    centre_alliance: float
    alliance_growth: float  # of what is missing, for each kept contact
    cases_quality_falls: float


class Keys(NamedTuple):
    """The keys of this week's draws."""

    contact: np.uint64
    activity: np.uint64
    cut: np.uint64
    discretion: np.uint64
    failure: np.uint64


def step(model: "ProbationModel") -> None:
    """End terms that have run out, then hold this week's contacts."""
    people = model.people
    over = people.due(model.engaged, IS_SUPERVISED_IN_COMMUNITY, model.day + 1)
    settle_in_community(model, over, people.status_end_day[over].astype(np.int64))
    model.contacts[:] = 0
    hold(
        model.register.derived(_contact),
        model.register.derived(build_workload),
        model.timeline.setting("rehabilitation_activity_requirement", "contact_share"),
        model.day,
        Keys(*(model.draws.key(f"supervision.{name}", model.week) for name in Keys._fields)),
        model.engaged,
        model.officers.cuts,
        model.officers.by_payment,
        model.officers.community_cases,
        people.person_hash,
        people.status,
        people.status_since_day,
        people.rosh,
        people.ogrs3,
        people.provider,
        people.officer,
        people.is_rar,
        people.handover_end_day,
        people.alliance,
        people.contacts_due,
        people.contacts_kept,
        people.contacts_cut,
        people.absences,
        people.warning_day,
        people.enforcement_reason,
        model.contacts,
    )


def _contact(register: Register) -> Contact:
    """Gather the parameters of the loop."""
    p = register.supervision
    statuses = len(Status)
    interval = np.ones((statuses, len(Rosh)), np.int64)
    first_weeks = np.zeros((statuses, len(Rosh)), np.int64)
    p_miss, p_failure = (np.zeros((statuses, _SETTLED_WEEKS)) for _ in ("p_miss", "p_failure"))
    p_enforce, reports_on_release = np.zeros(statuses), np.zeros(statuses, bool)
    licence = (Status.LICENCE, Status.HOME_DETENTION_CURFEW)
    reports_on_release[[*licence]] = True
    for status in COMMUNITY_SUPERVISION:
        on_pss = status in (Status.POST_SENTENCE_SUPERVISION, Status.YOUNG_OFFENDER_SUPERVISION)
        first_weeks[status] = 0 if on_pss else p.first_weeks
        first_weeks[status, Rosh.LOW] = p.low_risk_first_weeks if status in licence else 0
        interval[status] = [max(1, round(w)) for w in p.weeks_between_contacts]
        if on_pss:
            interval[status] = np.maximum(interval[status], round(p.post_sentence_weeks_between_contacts))
        p_miss[status] = p.p_miss_licence if status in licence or on_pss else p.p_miss_order
        p_enforce[status] = p.p_enforce_licence if status in licence else p.p_enforce_order
        if on_pss:
            p_enforce[status] = p.p_enforce_post_sentence
    per_week = DAYS_PER_WEEK / DAYS_PER_MONTH
    settling = np.array([math.exp(-week / p.licence_settling_weeks) for week in range(_SETTLED_WEEKS)])
    odds = p.p_miss_licence / (1.0 - p.p_miss_licence) * (1 + p.licence_miss_peak * settling)
    p_miss[Status.LICENCE] = odds / (1.0 + odds)
    p_failure[Status.LICENCE] = p.licence_failure_per_month * per_week * (1 + p.licence_failure_peak * settling)
    p_failure[Status.HOME_DETENTION_CURFEW] = p.curfew_failure_per_month * per_week
    return Contact(
        reports_on_release=reports_on_release,
        first_weeks=first_weeks,
        interval=interval,
        p_miss=p_miss,
        greatest_odds_ratio=math.exp(p.miss_slope * (1 - _CENTRE) + p.alliance_miss_effect * p.centre_alliance),
        miss_slope=p.miss_slope,
        absences_allowed=int(p.absences_allowed),
        warning_days=int(DAYS_PER_YEAR),
        p_enforce=p_enforce,
        p_failure=p_failure,
        alliance_slope=p.alliance_miss_effect,
        centre_alliance=p.centre_alliance,
        alliance_growth=p.alliance_growth,
        cases_quality_falls=p.cases_quality_falls,
    )


@compiled
def is_contact_due(c, weeks, status, rosh):
    """Say whether a contact falls due in a week of a status: weekly at first but for post-sentence
    supervision, and for low risk on an order, then by tier."""
    return weeks < c.first_weeks[status, rosh] or weeks % c.interval[status, rosh] == 0


@compiled
def keeps(c, base, ogrs3, alliance, u):
    """Say whether a contact is kept: missed below the uniform, with log-odds that rise with OGRS3 and fall with the
    alliance.

    The odds at OGRS3 of 1 and no alliance bound those of everyone, so that most are passed by without an exponential.
    """
    if u >= base * c.greatest_odds_ratio:
        return True
    slope = c.miss_slope * (ogrs3 - _CENTRE) - c.alliance_slope * (alliance - c.centre_alliance)
    odds = base / (1.0 - base) * math.exp(slope)
    return u >= odds / (1.0 + odds)


@compiled
def grown(c, alliance, cases):
    """Return the alliance after a kept contact: a share of what was missing is made up, a smaller one with an officer
    who holds more cases in the community than quality can bear."""
    quality = min(1.0, c.cases_quality_falls / max(cases, 1))
    return alliance + c.alliance_growth * quality * (1.0 - alliance)


@compiled
def is_cut(w, cuts, by_payment, officer, rosh, ogrs3, u):
    """Say whether the officer cuts this contact, given what each tier, or class of payment, is cut by."""
    return officer >= 0 and u < cuts[officer, cut_class(w, by_payment[officer], rosh, ogrs3)]


@compiled
def fails(c, base, ogrs3, u):
    """Say whether another failure falls in this week: a chance that is multiplied up with OGRS3."""
    if u >= base * c.greatest_odds_ratio:
        return False
    return u < base * math.exp(c.miss_slope * (ogrs3 - _CENTRE))


@compiled
def hold(
    c,
    w,
    rar_contact_share,
    day,
    keys,
    rows,
    cuts,
    by_payment,
    community_cases,
    person_hash,
    status,
    status_since_day,
    rosh,
    ogrs3,
    provider,
    officer,
    is_rar,
    handover_end_day,
    alliance,
    contacts_due,
    contacts_kept,
    contacts_cut,
    absences,
    warning_day,
    enforcement_reason,
    contacts,
):
    """Hold the contacts of a week for those of the rows who are supervised in the community.

    `contacts` counts (due, kept, cut) by provider, tier and class of payment, shape (providers, 4, 4, 3).
    """
    for i in rows:
        s = status[i]
        weeks = (day - 1 - status_since_day[i]) // DAYS_PER_WEEK
        if not IS_SUPERVISED_IN_COMMUNITY[s] or (weeks < 0 and not c.reports_on_release[s]):
            continue
        week = min(max(weeks, 0), _SETTLED_WEEKS - 1)
        p_failure = c.p_failure[s, week] if weeks >= 0 else 0.0
        if p_failure > 0.0 and fails(c, p_failure, float(ogrs3[i]), uniform(person_hash[i], keys.failure)):
            enforcement_reason[i] = Reason.CURFEW if s == Status.HOME_DETENTION_CURFEW else Reason.NON_COMPLIANCE
        if not is_contact_due(c, weeks, s, rosh[i]):
            continue
        on_order = s == Status.COMMUNITY_ORDER or s == Status.SUSPENDED_SENTENCE_ORDER  # noqa: PLR1714
        if on_order and is_rar[i] and uniform(person_hash[i], keys.activity) >= rar_contact_share:
            continue
        contacts_due[i] += 1
        counts = contacts[provider[i], tier_of(w, rosh[i], ogrs3[i]), class_of(w, ogrs3[i])]
        counts[_DUE] += 1
        if handover_end_day[i] > day or is_cut(
            w, cuts, by_payment, officer[i], rosh[i], ogrs3[i], uniform(person_hash[i], keys.cut)
        ):
            contacts_cut[i] += 1
            counts[_CUT] += 1
            continue
        if keeps(c, c.p_miss[s, week], float(ogrs3[i]), float(alliance[i]), uniform(person_hash[i], keys.contact)):
            contacts_kept[i] += 1
            counts[_KEPT] += 1
            cases = community_cases[officer[i]] if officer[i] >= 0 else 0
            alliance[i] = grown(c, float(alliance[i]), cases)
            continue
        absences[i] += 1
        if absences[i] == 1 or day - warning_day[i] > c.warning_days:
            absences[i] = 1
            warning_day[i] = day
        if absences[i] > c.absences_allowed and uniform(person_hash[i], keys.discretion) < c.p_enforce[s]:
            absences[i] = 0
            enforcement_reason[i] = Reason.MISSED_CONTACT
