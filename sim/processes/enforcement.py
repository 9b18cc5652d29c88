"""Enforcement: breach goes to court, recall to prison; never the one for the other.

A failure on licence or curfew may end in recall, a failure on an order or on post-sentence supervision in breach. A
charge while on licence may end in recall too. What is decided this week takes effect next week (recall) or some weeks
later (a breach hearing), and only if the person is then still subject to it.

Reads: enforcement_reason, charge_day, status, sentence columns, rosh, the docket.
Writes: enforcement_reason, absences, the docket, status columns, supervisor columns, offence_bound, order columns,
sentence columns; officers' caseloads.
Draws: enforcement.charge, enforcement.recall_day, enforcement.recall_kind, enforcement.recall_length,
enforcement.breach_lag, enforcement.breach, enforcement.committal.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_WEEK, NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.distributions import weibull
from sim.docket import Stage, first_of_each
from sim.draws import uniform
from sim.events import BreachOutcome, Event, RecallKind, enforcement_code
from sim.imprisonment import imprison
from sim.legal_status import breach_outcome, confine, settle_in_community
from sim.offenders import IS_RECALLABLE, IS_SUPERVISED_IN_COMMUNITY, Reason, Rosh, Rows, Status

if TYPE_CHECKING:
    from sim.model import ProbationModel


def step(model: "ProbationModel") -> None:
    """Carry out the recalls and breach hearings of this week, then decide on this week's failures.

    One person's second enforcement in a week falls away with the first.
    """
    docket = model.docket
    due = docket.due(model.day + DAYS_PER_WEEK, Stage.RECALL, Stage.BREACH_HEARING)
    first = due[first_of_each(docket.row[due])]
    carry_out_recalls(model, first[docket.stage[first] == Stage.RECALL])
    hear_breaches(model, first[docket.stage[first] == Stage.BREACH_HEARING])
    docket.stage[due] = Stage.DONE
    decide(model)


@compiled
def _decide(rows, day, key, p_on_charge, person_hash, status, charge_day, enforcement_reason, out_row, out_reason):
    found = 0
    for i in rows:
        reason, is_charged = enforcement_reason[i], charge_day[i] >= day
        if reason == Reason.NONE and not is_charged:
            continue
        enforcement_reason[i] = Reason.NONE
        if not IS_SUPERVISED_IN_COMMUNITY[status[i]]:
            continue
        if is_charged and IS_RECALLABLE[status[i]] and uniform(person_hash[i], key) < p_on_charge:
            reason = Reason.FURTHER_CHARGE.value
        if reason != Reason.NONE:
            out_row[found], out_reason[found] = i, reason
            found += 1
    return found


def decide(model: "ProbationModel") -> None:
    """List recalls for next week and breaches for court."""
    people, p = model.people, model.register.enforcement
    row, reason = (np.empty(len(model.engaged), np.int64) for _ in ("row", "reason"))
    found = _decide(
        model.engaged,
        model.day,
        model.draws.key("enforcement.charge", model.week),
        p.p_recall_on_charge,
        people.person_hash,
        people.status,
        people.charge_day,
        people.enforcement_reason,
        row,
        reason,
    )
    list_failures(model, row[:found], reason[:found])


def list_failures(model: "ProbationModel", rows: Rows, reason: Rows) -> None:
    """Put failures on the docket: those of people on licence or curfew for recall, all others for a breach hearing."""
    people, p = model.people, model.register.enforcement
    hashes, licensed = people.person_hash[rows], IS_RECALLABLE[people.status[rows]]
    next_week = model.day + DAYS_PER_WEEK
    u_day = model.draws.uniforms("enforcement.recall_day", hashes, model.week)
    lag = weibull(model.draws.uniforms("enforcement.breach_lag", hashes, model.week), p.breach_lag_days, p.lag_shape)
    day = next_week + np.where(licensed, (u_day * DAYS_PER_WEEK).astype(np.int64), lag.astype(np.int64))
    stage = np.where(licensed, Stage.RECALL, Stage.BREACH_HEARING)
    model.docket.add(len(rows), day=day, stage=stage, row=rows, offence_day=model.day, code=reason)


def fixed_term_days(sentence_days: NDArray[np.integer], short: float, long: float) -> NDArray[np.int64]:
    """Return the length of a fixed-term recall: 14 days below twelve months, else 28 (Criminal Justice Act 2003,
    section 255A, as amended by the Offender Rehabilitation Act 2014)."""
    return np.where(sentence_days < TWELVE_MONTHS_DAYS, int(short), int(long))


def licensed_sentence_days(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Return the length of the sentence from which people are on licence or curfew; shape (n,).

    Where the licence is that of an older sentence, which runs on beside a short one served since, at least twelve
    months.
    """
    people = model.people
    days = people.sentence_days[rows].astype(np.int64)
    on_licence = people.status[rows] == Status.LICENCE
    is_older = on_licence & (people.licence_end_day[rows] != people.sentence_end_day[rows])
    return np.where(is_older, np.maximum(days, TWELVE_MONTHS_DAYS), days)


def carry_out_recalls(model: "ProbationModel", entries: Rows) -> None:
    """Return to prison those who are still on licence or curfew on the day."""
    people, p, docket = model.people, model.register.enforcement, model.docket
    rows, day = docket.row[entries].astype(np.int64), docket.day[entries].astype(np.int64)
    still = IS_RECALLABLE[people.status[rows]] & (people.status_end_day[rows] > day)
    still &= people.status_since_day[rows] <= day
    rows, day, reason = rows[still], day[still], docket.code[entries][still]
    hashes = people.person_hash[rows]
    fixed = model.draws.uniforms("enforcement.recall_kind", hashes, model.week) < p.in_year("p_fixed_term", model.year)
    for_life = people.licence_end_day[rows] == NEVER
    fixed &= (people.rosh[rows] < Rosh.HIGH) & ~for_life
    length = weibull(
        model.draws.uniforms("enforcement.recall_length", hashes, model.week),
        np.where(for_life, p.indeterminate_recall_days, p.standard_recall_days),
        p.standard_recall_shape,
    ).astype(np.int64)
    sentence_days = licensed_sentence_days(model, rows)
    length = np.where(fixed, fixed_term_days(sentence_days, p.fixed_term_days_short, p.fixed_term_days), length + 1)
    curfew = people.status[rows] == Status.HOME_DETENTION_CURFEW
    end = np.where(curfew, people.conditional_release_day[rows], day + length)
    end = np.minimum(end, np.where(curfew, NEVER, people.licence_end_day[rows]))
    kind = np.where(curfew, RecallKind.CURFEW, np.where(fixed, RecallKind.FIXED_TERM, RecallKind.STANDARD))
    model.log.record(
        Event.RECALL, day, rows, enforcement_code(kind, reason), (sentence_days < TWELVE_MONTHS_DAYS).astype(int)
    )
    confine(model, rows, Status.RECALLED, day, end)


def hear_breaches(model: "ProbationModel", entries: Rows) -> None:
    """Deal in court with those who are still subject to the order or to post-sentence supervision."""
    people, docket = model.people, model.docket
    rows, day = docket.row[entries].astype(np.int64), docket.day[entries].astype(np.int64)
    status = people.status[rows]
    still = IS_SUPERVISED_IN_COMMUNITY[status] & ~IS_RECALLABLE[status]
    still &= (people.status_end_day[rows] > day) & (people.status_since_day[rows] <= day)
    rows, day, reason, status = rows[still], day[still], docket.code[entries][still], status[still]
    outcome = breach_outcome(model, rows)
    model.log.record(Event.BREACH, day, rows, enforcement_code(outcome, reason))
    revoke(model, rows, day, outcome, status)
    commit(model, rows[outcome == BreachOutcome.COMMITTAL], day[outcome == BreachOutcome.COMMITTAL])


def revoke(model: "ProbationModel", rows: Rows, day: Rows, outcome: Rows, status: Rows) -> None:
    """Revoke orders: to custody, or to another sentence that is not supervised."""
    people, p = model.people, model.register.enforcement
    to_custody = outcome == BreachOutcome.REVOKED_CUSTODY
    other = outcome == BreachOutcome.REVOKED_OTHER
    suspended = status == Status.SUSPENDED_SENTENCE_ORDER
    days = np.where(suspended, people.suspended_days[rows], int(p.resentence_days)).astype(np.int64)
    offence_day = np.where(suspended, people.suspended_offence_day[rows], people.offence_day[rows])
    people.suspended_end_day[rows[suspended & to_custody]] = -NEVER
    people.order_end_day[rows[other]] = day[other]
    settle_in_community(model, rows[other], day[other])
    imprison(model, rows[to_custody], day[to_custody], days[to_custody], offence_day[to_custody])


def commit(model: "ProbationModel", rows: Rows, day: Rows) -> None:
    """Commit to prison for up to fourteen days for breach of post-sentence supervision (section 256AC); it goes on
    afterwards."""
    u = model.draws.uniforms("enforcement.committal", model.people.person_hash[rows], model.week)
    days = 1 + (u * model.register.enforcement.committal_days).astype(np.int64)
    model.log.record(Event.COMMITTAL, day, rows, days)
    confine(model, rows, Status.COMMITTAL, day, day + days)
