"""What the law does with a person on a day: imprisonment, release, and what supervises someone at liberty.

Used by every process that moves people between statuses, so that the rules stand once.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_YEAR, NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled, rule
from sim.draws import choose
from sim.events import BreachOutcome, Event, note, room_for
from sim.offenders import (
    IS_SUPERVISED_IN_COMMUNITY,
    Days,
    Disposal,
    People,
    Provider,
    Rows,
    Status,
    each,
    move_one,
    status_table,
)
from sim.parameters.register import Register

if TYPE_CHECKING:
    from sim.model import ProbationModel

VISIT = 2**32 - 1
"""An `offence_bound` that says: nothing is known of this person's hazard, look."""
MARGIN = 2
"""Added to a bound, in units of 2**-32, so that rounding never hides anyone who would offend."""
IS_SERVING = status_table(Status.CUSTODY, Status.RECALLED)
IS_SUPERVISED_IN_PRISON = status_table(Status.INDETERMINATE, Status.COMMITTAL)


class Standing(NamedTuple):
    """The columns of people by which the law knows where they stand."""

    status: NDArray[np.uint8]
    status_since_day: NDArray[np.int32]
    status_end_day: NDArray[np.int32]
    birth_day: NDArray[np.int32]
    offence_group: NDArray[np.uint8]
    last_sanction_day: NDArray[np.int32]
    sentence_days: NDArray[np.int32]
    is_supervised_short: NDArray[np.bool_]
    is_for_breach: NDArray[np.bool_]
    conditional_release_day: NDArray[np.int32]
    sentence_end_day: NDArray[np.int32]
    licence_end_day: NDArray[np.int32]
    pss_end_day: NDArray[np.int32]
    young_offender_end_day: NDArray[np.int32]
    order_end_day: NDArray[np.int32]
    order_disposal: NDArray[np.uint8]
    offence_bound: NDArray[np.uint32]
    absences: NDArray[np.uint8]
    officer: NDArray[np.int32]
    provider: NDArray[np.uint8]


@rule
def status_at_liberty(p, i, day, forgotten_days):
    """Return what supervises a person at liberty on a day, and until when: the first that holds of curfew, licence,
    post-sentence supervision, young offenders' supervision, court order, nothing."""
    if p.status[i] == Status.HOME_DETENTION_CURFEW and p.conditional_release_day[i] > day:
        return Status.HOME_DETENTION_CURFEW.value, int(p.conditional_release_day[i])
    if p.licence_end_day[i] > day:
        return Status.LICENCE.value, int(p.licence_end_day[i])
    if p.pss_end_day[i] > day:
        return Status.POST_SENTENCE_SUPERVISION.value, int(p.pss_end_day[i])
    if p.young_offender_end_day[i] > day:
        return Status.YOUNG_OFFENDER_SUPERVISION.value, int(p.young_offender_end_day[i])
    if p.order_end_day[i] > day:
        suspended = p.order_disposal[i] == Disposal.SUSPENDED_SENTENCE_ORDER
        order = Status.SUSPENDED_SENTENCE_ORDER.value if suspended else Status.COMMUNITY_ORDER.value
        return order, int(p.order_end_day[i])
    return Status.FREE.value, max(int(p.last_sanction_day[i]) + forgotten_days, int(day) + 1)


@compiled
def _fill_community_status(p, rows, day, forgotten_days, out):
    for k in range(rows.size):
        out[0, k], out[1, k] = status_at_liberty(p, rows[k], day[k], forgotten_days)


def _forgotten_days(model: "ProbationModel") -> int:
    """Return the days after a sanction for which a person at liberty is tracked."""
    return int(model.register.population.tracking_years * DAYS_PER_YEAR)


def community_status(model: "ProbationModel", rows: Rows, day: Days) -> NDArray[np.int64]:
    """Return what supervises people at liberty on a day, and until when (see `status_at_liberty`); shape (2, n)."""
    out = np.empty((2, len(rows)), np.int64)
    people_of, count = model.people.part(Standing), len(rows)
    _fill_community_status(people_of, each(rows, count), each(day, count), _forgotten_days(model), out)
    return out


@rule
def _drop_supervisor(p, i, caseload):
    if p.officer[i] >= 0:
        caseload[p.officer[i]] -= 1
    p.officer[i] = -1
    p.provider[i] = Provider.NOBODY


@compiled
def _drop_supervisors(p, rows, caseload):
    for i in rows:
        _drop_supervisor(p, i, caseload)


def drop_supervisor(model: "ProbationModel", rows: Rows) -> None:
    """Take people off their officer's caseload."""
    _drop_supervisors(model.people.part(Standing), each(rows, len(rows)), model.officers.caseload)


@compiled
def _settle(p, rows, day, forgotten_days, flows, caseload, ended, started):
    """Settle people, write (day, row, status, since) of supervision that ends and begins, and count both."""
    endings, starts = 0, 0
    for k in range(rows.size):
        i, before = rows[k], p.status[rows[k]]
        status, end = status_at_liberty(p, i, day[k], forgotten_days)
        if status == before:
            p.status_end_day[i] = end
            continue
        if IS_SUPERVISED_IN_COMMUNITY[before]:
            note(ended, endings, day[k], i, before, p.status_since_day[i])
            endings += 1
        if status == Status.FREE:
            _drop_supervisor(p, i, caseload)
        else:
            note(started, starts, day[k], i, status, 0)
            starts += 1
            if before != Status.HOME_DETENTION_CURFEW:
                p.absences[i] = 0
        move_one(p, i, status, day[k], end, flows)
        p.offence_bound[i] = VISIT
    return endings, starts


def settle_in_community(model: "ProbationModel", rows: Rows, day: Days) -> None:
    """Give people who are at liberty on a day the status that the law gives them; those in prison come out."""
    count = len(rows)
    if not count:
        return
    people, log = model.people, model.log
    ended, started = room_for(count), room_for(count)
    endings, starts = _settle(
        people.part(Standing),
        each(rows, count),
        each(day, count),
        _forgotten_days(model),
        people.__dict__["flows"],
        model.officers.caseload,
        ended,
        started,
    )
    log.record(Event.SUPERVISION_END, *ended[:, :endings])
    log.record(Event.SUPERVISION_START, *started[:, :starts])


@rule
def is_for_life(p, i):
    """Say whether a person is in prison on an indeterminate sentence, or recalled from one."""
    recalled = p.status[i] == Status.RECALLED and p.licence_end_day[i] == NEVER
    return recalled or p.status[i] == Status.INDETERMINATE


@compiled
def _fill_for_life(p, rows, out):
    for k in range(rows.size):
        out[k] = is_for_life(p, rows[k])


def serves_for_life(model: "ProbationModel", rows: Rows) -> NDArray[np.bool_]:
    """Say who is in prison for life (see `is_for_life`): a further sentence changes nothing; shape (n,)."""
    out = np.empty(len(rows), np.bool_)
    _fill_for_life(model.people.part(Standing), each(rows, len(rows)), out)
    return out


@rule
def confine_one(p, i, status, day, end, flows, ended, endings):
    """Move a person into prison, write down supervision that ends, and return how many have been written down."""
    if IS_SUPERVISED_IN_COMMUNITY[p.status[i]]:
        note(ended, endings, day, i, p.status[i], p.status_since_day[i])
        endings += 1
    move_one(p, i, status, day, end, flows)
    p.offence_bound[i] = 0
    p.absences[i] = 0
    return endings


@compiled
def _confine(p, rows, status, day, end, flows, ended):
    endings = 0
    for k in range(rows.size):
        endings = confine_one(p, rows[k], status, day[k], end[k], flows, ended, endings)
    return endings


def confine(model: "ProbationModel", rows: Rows, status: Status, day: Days, end: Days | int) -> None:
    """Move people into prison in a status until a day; supervision in the community ends. Nobody offends there."""
    count = len(rows)
    if not count:
        return
    ended = room_for(count)
    who, since, until = (each(values, count) for values in (rows, day, end))
    flows = model.people.__dict__["flows"]
    endings = _confine(model.people.part(Standing), who, int(status), since, until, flows, ended)
    model.log.record(Event.SUPERVISION_END, *ended[:, :endings])


def look_again(people: People, rows: Rows) -> None:
    """Let the hazard of those of the people who are at risk be worked out anew."""
    bound = people.offence_bound
    bound[rows[bound[rows] > 0]] = VISIT


@compiled
def raised(bound, factor):
    """Return an `offence_bound` that holds after the hazard has grown by a factor; 0, nobody at risk, stays.

    For a factor f of at least 1 the chance ``1 - exp(-f x)`` is at most f times ``1 - exp(-x)``; a hazard that has
    fallen leaves the bound as it is.
    """
    if bound == 0 or factor <= 1.0:
        return bound
    return min(np.int64(bound * factor) + MARGIN, VISIT)


@compiled
def is_on_caseload(day, status, sentence_days, is_supervised_short, sentence_end_day, licence_end_day):
    """Say whether a person is on a caseload: supervised in the community, or in prison with supervision to follow."""
    if IS_SERVING[status]:
        to_follow = sentence_days >= TWELVE_MONTHS_DAYS or is_supervised_short
        return licence_end_day > day or (sentence_end_day > day and to_follow)
    return IS_SUPERVISED_IN_COMMUNITY[status] or IS_SUPERVISED_IN_PRISON[status]


class Orders(NamedTuple):
    """The columns of people that a court order writes."""

    order_end_day: NDArray[np.int32]
    order_disposal: NDArray[np.uint8]
    suspended_day: NDArray[np.int32]
    suspended_end_day: NDArray[np.int32]
    suspended_days: NDArray[np.int32]
    suspended_offence_day: NDArray[np.int32]
    is_rar: NDArray[np.bool_]


@compiled
def _write_orders(p, rows, day, days, disposal, is_required, is_rar, offence_day, suspended_custody_days):
    for k in range(rows.size):
        i, end = rows[k], day[k] + days[k]
        if disposal[k] == Disposal.SUSPENDED_SENTENCE_ORDER:
            p.suspended_day[i], p.suspended_end_day[i] = day[k], end
            p.suspended_days[i], p.suspended_offence_day[i] = suspended_custody_days, offence_day[k]
        if is_required[k] and end >= p.order_end_day[i]:
            p.order_end_day[i], p.order_disposal[i], p.is_rar[i] = end, disposal[k], is_rar[k]


def write_orders(
    model: "ProbationModel",
    rows: Rows,
    day: Days,
    days: Days,
    disposal: NDArray[np.integer],
    is_required: NDArray[np.bool_],
    offence_day: Days,
) -> None:
    """Write down court orders: custody held in suspense, and what supervises those with requirements.

    Of two orders that run at once, the one that ends last is what supervises.
    """
    count = len(rows)
    activity_required = model.timeline.covers(
        "rehabilitation_activity_requirement",
        model.people.area[rows],
        today=model.day,
        offence_day=np.asarray(offence_day),
        sentence_day=np.asarray(day),
    )
    _write_orders(
        model.people.part(Orders),
        each(rows, count),
        each(day, count),
        each(days, count),
        each(disposal, count),
        is_required,
        activity_required,
        each(offence_day, count),
        int(model.register.courts.suspended_custody_days),
    )


def _breach_shares(register: Register) -> NDArray[np.float64]:
    """Return cumulative shares of `BreachOutcome` by status; the order of who is not supervised goes on."""
    p = register.enforcement
    table = np.ones((len(Status), len(BreachOutcome)))
    table[Status.COMMUNITY_ORDER] = np.cumsum(p.community_order_breach)
    table[Status.SUSPENDED_SENTENCE_ORDER] = np.cumsum(p.suspended_order_breach)
    table[Status.POST_SENTENCE_SUPERVISION] = np.cumsum(p.post_sentence_breach)
    table[Status.YOUNG_OFFENDER_SUPERVISION] = np.cumsum(p.post_sentence_breach)
    return table


def breach_outcome(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Return what the court does this week with a breach of what supervises people now, as `BreachOutcome`; shape (n,).

    One draw for each person and week: whoever asks is told the same.
    """
    people = model.people
    u = model.draws.uniforms("enforcement.breach", people.person_hash[rows], model.week)
    return choose(u, model.register.derived(_breach_shares), people.status[rows])
