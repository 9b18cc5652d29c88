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

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_WEEK, NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled, rule
from sim.distributions import weibull_at, weibull_scale
from sim.docket import Entries, Stage, first_of_each
from sim.draws import uniform
from sim.events import BreachOutcome, Event, RecallKind, enforcement_code, note, room_for
from sim.imprisonment import imprison
from sim.legal_status import breach_outcome, confine, settle_in_community
from sim.offenders import IS_RECALLABLE, IS_SUPERVISED_IN_COMMUNITY, Reason, Rosh, Rows, Status
from sim.parameters.register import Register

if TYPE_CHECKING:
    from sim.model import ProbationModel

_code = compiled(enforcement_code)


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


class Subject(NamedTuple):
    """The columns of people by which it is decided what a failure leads to."""

    person_hash: NDArray[np.uint64]
    rosh: NDArray[np.uint8]
    status: NDArray[np.uint8]
    status_since_day: NDArray[np.int32]
    status_end_day: NDArray[np.int32]
    sentence_days: NDArray[np.int32]
    conditional_release_day: NDArray[np.int32]
    sentence_end_day: NDArray[np.int32]
    licence_end_day: NDArray[np.int32]


class Terms(NamedTuple):
    """What the compiled loops know of the parameters."""

    breach_lag_days: float
    lag_shape: float
    fixed_term_days_short: int
    fixed_term_days: int
    standard_recall_days: float
    indeterminate_recall_days: float
    standard_recall_shape: float


def _terms(register: Register) -> Terms:
    """Gather the parameters of the loops."""
    p = register.enforcement
    return Terms(
        breach_lag_days=float(p.breach_lag_days),
        lag_shape=float(p.lag_shape),
        fixed_term_days_short=int(p.fixed_term_days_short),
        fixed_term_days=int(p.fixed_term_days),
        standard_recall_days=float(p.standard_recall_days),
        indeterminate_recall_days=float(p.indeterminate_recall_days),
        standard_recall_shape=float(p.standard_recall_shape),
    )


@compiled
def _fill_lists(c, day_key, lag_key, next_week, p, rows, out_day, out_stage):
    scale = weibull_scale(c.lag_shape)
    for k in range(rows.size):
        i = rows[k]
        if IS_RECALLABLE[p.status[i]]:
            out_stage[k] = Stage.RECALL
            out_day[k] = next_week + int(uniform(p.person_hash[i], day_key) * DAYS_PER_WEEK)
        else:
            out_stage[k] = Stage.BREACH_HEARING
            lag = weibull_at(uniform(p.person_hash[i], lag_key), c.breach_lag_days, scale, c.lag_shape)
            out_day[k] = next_week + int(lag)


def list_failures(model: "ProbationModel", rows: Rows, reason: Rows) -> None:
    """Put failures on the docket: those of people on licence or curfew for recall, all others for a breach hearing."""
    day, stage = np.empty(len(rows), np.int64), np.empty(len(rows), np.uint8)
    _fill_lists(
        model.register.derived(_terms),
        model.draws.key("enforcement.recall_day", model.week),
        model.draws.key("enforcement.breach_lag", model.week),
        model.day + DAYS_PER_WEEK,
        model.people.part(Subject),
        rows,
        day,
        stage,
    )
    model.docket.add(len(rows), day=day, stage=stage, row=rows, offence_day=model.day, code=reason)


@rule
def fixed_term_days(c, sentence_days):
    """Return the length of a fixed-term recall: 14 days below twelve months, else 28 (Criminal Justice Act 2003,
    section 255A, as amended by the Offender Rehabilitation Act 2014)."""
    return c.fixed_term_days_short if sentence_days < TWELVE_MONTHS_DAYS else c.fixed_term_days


@rule
def licensed_sentence_days(p, i):
    """Return the length of the sentence from which a person is on licence or curfew.

    Where the licence is that of an older sentence, which runs on beside a short one served since, at least twelve
    months.
    """
    is_older = p.status[i] == Status.LICENCE and p.licence_end_day[i] != p.sentence_end_day[i]
    return max(int(p.sentence_days[i]), TWELVE_MONTHS_DAYS) if is_older else int(p.sentence_days[i])


@rule
def is_still_subject(p, i, day):
    """Say whether what a person failed on a day before still holds on the day of enforcement."""
    return p.status_since_day[i] <= day < p.status_end_day[i]


@rule
def recall_of(c, key, p, i, day, p_fixed_term, sentence_days, u_kind, scale):
    """Return the kind of a recall and its last day."""
    if p.status[i] == Status.HOME_DETENTION_CURFEW:
        return RecallKind.CURFEW.value, int(p.conditional_release_day[i])
    for_life = p.licence_end_day[i] == NEVER
    if u_kind < p_fixed_term and p.rosh[i] < Rosh.HIGH and not for_life:
        end = day + fixed_term_days(c, sentence_days)
        return RecallKind.FIXED_TERM.value, min(end, int(p.licence_end_day[i]))
    mean = c.indeterminate_recall_days if for_life else c.standard_recall_days
    length = 1 + int(weibull_at(uniform(p.person_hash[i], key), mean, scale, c.standard_recall_shape))
    return RecallKind.STANDARD.value, min(day + length, int(p.licence_end_day[i]))


@compiled
def _recall(c, kind_key, length_key, p_fixed_term, e, p, entries, recalls, ends):
    """Write down (day, row, code, 1 below twelve months) of each recall, and its end; return how many there are."""
    found, scale = 0, weibull_scale(c.standard_recall_shape)
    for k in entries:
        i, day = e.row[k], e.day[k]
        if not IS_RECALLABLE[p.status[i]] or not is_still_subject(p, i, day):
            continue
        days, u_kind = licensed_sentence_days(p, i), uniform(p.person_hash[i], kind_key)
        kind, ends[found] = recall_of(c, length_key, p, i, day, p_fixed_term, days, u_kind, scale)
        note(recalls, found, day, i, _code(kind, e.code[k]), days < TWELVE_MONTHS_DAYS)
        found += 1
    return found


def carry_out_recalls(model: "ProbationModel", entries: Rows) -> None:
    """Return to prison those who are still on licence or curfew on the day."""
    recalls, ends = room_for(len(entries)), np.empty(len(entries), np.int64)
    found = _recall(
        model.register.derived(_terms),
        model.draws.key("enforcement.recall_kind", model.week),
        model.draws.key("enforcement.recall_length", model.week),
        model.register.enforcement.in_year("p_fixed_term", model.year),
        model.docket.part(Entries),
        model.people.part(Subject),
        entries,
        recalls,
        ends,
    )
    recalls = recalls[:, :found]
    model.log.record(Event.RECALL, *recalls)
    confine(model, recalls[1], Status.RECALLED, recalls[0], ends[:found])


@compiled
def _still_in_breach(e, p, entries, out):
    """Write down (day, row, reason, status) of those who are still subject to what they breached; count them."""
    found = 0
    for k in entries:
        i, day = e.row[k], e.day[k]
        status = p.status[i]
        supervised = IS_SUPERVISED_IN_COMMUNITY[status] and not IS_RECALLABLE[status]
        if supervised and is_still_subject(p, i, day):
            note(out, found, day, i, e.code[k], status)
            found += 1
    return found


def hear_breaches(model: "ProbationModel", entries: Rows) -> None:
    """Deal in court with those who are still subject to the order or to post-sentence supervision."""
    heard = room_for(len(entries))
    found = _still_in_breach(model.docket.part(Entries), model.people.part(Subject), entries, heard)
    day, rows, reason, status = heard[:, :found]
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
    to_prison = rows[to_custody], day[to_custody], days[to_custody], offence_day[to_custody]
    imprison(model, *to_prison, is_for_breach=True)


def commit(model: "ProbationModel", rows: Rows, day: Rows) -> None:
    """Commit to prison for up to fourteen days for breach of post-sentence supervision (section 256AC); it goes on
    afterwards."""
    u = model.draws.uniforms("enforcement.committal", model.people.person_hash[rows], model.week)
    days = 1 + (u * model.register.enforcement.committal_days).astype(np.int64)
    model.log.record(Event.COMMITTAL, day, rows, days)
    confine(model, rows, Status.COMMITTAL, day, day + days)
