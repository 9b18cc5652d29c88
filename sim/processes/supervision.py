"""Supervision: terms that end, contacts due and kept, absences that call for enforcement.

How often a contact is due depends on legal status and risk of serious harm: weekly at first, then by tier. A contact is
missed without acceptable reason more often by people of higher OGRS3. The second such absence within twelve months
calls for enforcement unless the officer uses discretion. On licence other failures (residence, conduct, drugs) add
a hazard of their own; on curfew so do breaches of the curfew. `model.contacts` counts the week's contacts by provider.

Reads: status, status_since_day, status_end_day, rosh, ogrs3.
Writes: status columns, supervisor columns, offence_bound (terms that end), contacts_due, contacts_kept, absences,
warning_day, enforcement_reason; officers' caseloads.
Draws: supervision.contact, supervision.discretion, supervision.failure.
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

if TYPE_CHECKING:
    from sim.model import ProbationModel


_CENTRE = 0.5
"""The OGRS3 at which the register states chances of missing a contact or failing."""


class Contact(NamedTuple):
    """What the compiled loop knows of the parameters."""

    first_weeks: NDArray[np.int64]  # of weekly contact, shape (statuses,)
    interval: NDArray[np.int64]  # weeks, shape (statuses, 4 levels of risk of serious harm)
    p_miss: NDArray[np.float64]  # at the central OGRS3, shape (statuses,)
    greatest_odds_ratio: float  # of OGRS3 at 1 over the central one
    miss_slope: float  # on the log-odds, for each unit of OGRS3
    absences_allowed: int
    warning_days: int
    p_enforce: NDArray[np.float64]  # officer's discretion, shape (statuses,)
    p_failure: NDArray[np.float64]  # other failures, a week, shape (statuses,)


class Keys(NamedTuple):
    """The keys of this week's draws."""

    contact: np.uint64
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
        model.day,
        Keys(*(model.draws.key(f"supervision.{name}", model.week) for name in Keys._fields)),
        model.engaged,
        people.person_hash,
        people.status,
        people.status_since_day,
        people.rosh,
        people.ogrs3,
        people.provider,
        people.contacts_due,
        people.contacts_kept,
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
    first_weeks = np.zeros(statuses, np.int64)
    p_miss, p_enforce, p_failure = np.zeros(statuses), np.zeros(statuses), np.zeros(statuses)
    licence = (Status.LICENCE, Status.HOME_DETENTION_CURFEW)
    for status in COMMUNITY_SUPERVISION:
        on_pss = status in (Status.POST_SENTENCE_SUPERVISION, Status.YOUNG_OFFENDER_SUPERVISION)
        first_weeks[status] = 0 if on_pss else p.first_weeks
        interval[status] = [max(1, round(w)) for w in p.weeks_between_contacts]
        if on_pss:
            interval[status] = np.maximum(interval[status], round(p.post_sentence_weeks_between_contacts))
        p_miss[status] = p.p_miss_licence if status in licence or on_pss else p.p_miss_order
        p_enforce[status] = p.p_enforce_licence if status in licence else p.p_enforce_order
        if on_pss:
            p_enforce[status] = p.p_enforce_post_sentence
    per_week = DAYS_PER_WEEK / DAYS_PER_MONTH
    p_failure[Status.LICENCE] = p.licence_failure_per_month * per_week
    p_failure[Status.HOME_DETENTION_CURFEW] = p.curfew_failure_per_month * per_week
    return Contact(
        first_weeks=first_weeks,
        interval=interval,
        p_miss=p_miss,
        greatest_odds_ratio=math.exp(p.miss_slope * (1 - _CENTRE)),
        miss_slope=p.miss_slope,
        absences_allowed=int(p.absences_allowed),
        warning_days=int(DAYS_PER_YEAR),
        p_enforce=p_enforce,
        p_failure=p_failure,
    )


@compiled
def is_contact_due(c, weeks, status, rosh):
    """Say whether a contact falls due after so many weeks of a status: weekly at first but for low risk and
    post-sentence supervision, then by tier."""
    if weeks < c.first_weeks[status] and rosh > 0:
        return True
    return weeks % c.interval[status, rosh] == 0


@compiled
def keeps(c, base, ogrs3, u):
    """Say whether a contact is kept: missed below the uniform, with log-odds that rise with OGRS3.

    The odds at OGRS3 of 1 bound those of everyone, so that most are passed by without an exponential.
    """
    if u >= base * c.greatest_odds_ratio:
        return True
    odds = base / (1.0 - base) * math.exp(c.miss_slope * (ogrs3 - _CENTRE))
    return u >= odds / (1.0 + odds)


@compiled
def fails(c, base, ogrs3, u):
    """Say whether another failure falls in this week: a chance that is multiplied up with OGRS3."""
    if u >= base * c.greatest_odds_ratio:
        return False
    return u < base * math.exp(c.miss_slope * (ogrs3 - _CENTRE))


@compiled
def hold(
    c,
    day,
    keys,
    rows,
    person_hash,
    status,
    status_since_day,
    rosh,
    ogrs3,
    provider,
    contacts_due,
    contacts_kept,
    absences,
    warning_day,
    enforcement_reason,
    contacts,
):
    """Hold the contacts of a week for those of the rows who are supervised in the community.

    `contacts` counts (due, kept) by provider, shape (4, 2).
    """
    for i in rows:
        s = status[i]
        if not IS_SUPERVISED_IN_COMMUNITY[s] or day <= status_since_day[i]:
            continue
        if c.p_failure[s] > 0.0 and fails(c, c.p_failure[s], float(ogrs3[i]), uniform(person_hash[i], keys.failure)):
            enforcement_reason[i] = Reason.CURFEW if s == Status.HOME_DETENTION_CURFEW else Reason.NON_COMPLIANCE
        if not is_contact_due(c, (day - status_since_day[i]) // DAYS_PER_WEEK, s, rosh[i]):
            continue
        contacts_due[i] += 1
        contacts[provider[i], 0] += 1
        if keeps(c, c.p_miss[s], float(ogrs3[i]), uniform(person_hash[i], keys.contact)):
            contacts_kept[i] += 1
            contacts[provider[i], 1] += 1
            continue
        absences[i] += 1
        if absences[i] == 1 or day - warning_day[i] > c.warning_days:
            absences[i] = 1
            warning_day[i] = day
        if absences[i] > c.absences_allowed and uniform(person_hash[i], keys.discretion) < c.p_enforce[s]:
            absences[i] = 0
            enforcement_reason[i] = Reason.MISSED_CONTACT
