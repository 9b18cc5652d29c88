"""What the law does with a person on a day: imprisonment, release, and what supervises someone at liberty.

Used by every process that moves people between statuses, so that the rules stand once.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_MONTH, DAYS_PER_YEAR, NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.draws import choose
from sim.events import BreachOutcome, Event
from sim.offenders import (
    IS_SUPERVISED_IN_COMMUNITY,
    Days,
    Disposal,
    OffenceGroup,
    Provider,
    Rows,
    Status,
    status_table,
)

if TYPE_CHECKING:
    from sim.model import ProbationModel

VISIT = 2**32 - 1
"""An `offence_bound` that says: nothing is known of this person's hazard, look."""
TWO_YEARS_DAYS = int(2 * DAYS_PER_YEAR)
FOUR_YEARS_DAYS = int(4 * DAYS_PER_YEAR)
_QUARTER = 4
IS_SERVING = status_table(Status.CUSTODY, Status.RECALLED)
IS_SERVING_CUSTODIAL_PART = status_table(Status.CUSTODY, Status.RECALLED, Status.HOME_DETENTION_CURFEW)
IS_SUPERVISED_IN_PRISON = status_table(Status.INDETERMINATE, Status.COMMITTAL)


@compiled
def _fill_community_status(
    rows, day, forgotten_days, status, curfew_end, licence_end, pss_end, young_end, order_end, order, last, out
):
    for k in range(rows.size):
        i, d = rows[k], day[k]
        if status[i] == Status.HOME_DETENTION_CURFEW and curfew_end[i] > d:
            out[k, 0], out[k, 1] = Status.HOME_DETENTION_CURFEW, curfew_end[i]
        elif licence_end[i] > d:
            out[k, 0], out[k, 1] = Status.LICENCE, licence_end[i]
        elif pss_end[i] > d:
            out[k, 0], out[k, 1] = Status.POST_SENTENCE_SUPERVISION, pss_end[i]
        elif young_end[i] > d:
            out[k, 0], out[k, 1] = Status.YOUNG_OFFENDER_SUPERVISION, young_end[i]
        elif order_end[i] > d:
            suspended = order[i] == Disposal.SUSPENDED_SENTENCE_ORDER
            out[k, 0] = Status.SUSPENDED_SENTENCE_ORDER if suspended else Status.COMMUNITY_ORDER
            out[k, 1] = order_end[i]
        else:
            out[k, 0], out[k, 1] = Status.FREE, max(last[i] + forgotten_days, d + 1)


def community_status(model: "ProbationModel", rows: Rows, day: Days) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Return what supervises people at liberty on a day, and until when: the first that holds of curfew, licence,
    post-sentence supervision, young offenders' supervision, court order, nothing. Shapes (n,)."""
    people = model.people
    out = np.empty((len(rows), 2), np.int64)
    _fill_community_status(
        rows,
        np.asarray(day, np.int64),
        int(model.register.population.tracking_years * DAYS_PER_YEAR),
        people.status,
        people.conditional_release_day,
        people.licence_end_day,
        people.pss_end_day,
        people.young_offender_end_day,
        people.order_end_day,
        people.order_disposal,
        people.last_sanction_day,
        out,
    )
    return out[:, 0], out[:, 1]


@compiled
def _mark_moves(rows, status, end, old_status, status_end_day, out):
    """Put off the end of statuses that stay; sort the others into moves, endings and beginnings of supervision."""
    moving, ended, started, freed = 0, 0, 0, 0
    for k in range(rows.size):
        before = old_status[rows[k]]
        if status[k] == before:
            status_end_day[rows[k]] = end[k]
            continue
        out[0, moving] = k
        moving += 1
        if IS_SUPERVISED_IN_COMMUNITY[before]:
            out[1, ended] = k
            ended += 1
        if status[k] == Status.FREE:
            out[3, freed] = k
            freed += 1
        else:
            out[2, started] = k
            started += 1
    return moving, ended, started, freed


def settle_in_community(model: "ProbationModel", rows: Rows, day: Days) -> None:
    """Give people who are at liberty on a day the status that the law gives them; those in prison come out."""
    if not len(rows):
        return
    people, log = model.people, model.log
    status, end = community_status(model, rows, day)
    out = np.empty((4, len(rows)), np.int64)
    counts = _mark_moves(rows, status, end, people.status, people.status_end_day, out)
    moving, ended, started, freed = (marked[:count] for marked, count in zip(out, counts, strict=True))
    over = rows[ended]
    log.record(Event.SUPERVISION_END, day[ended], over, people.status[over], people.status_since_day[over])
    log.record(Event.SUPERVISION_START, day[started], rows[started], status[started])
    afresh = rows[started]
    people.absences[afresh[people.status[afresh] != Status.HOME_DETENTION_CURFEW]] = 0
    people.move(rows[moving], status[moving], day[moving], end[moving])
    people.offence_bound[rows[moving]] = VISIT
    drop_supervisor(model, rows[freed])


def drop_supervisor(model: "ProbationModel", rows: Rows) -> None:
    """Take people off their officer's caseload."""
    people = model.people
    model.officers.release(people.officer[rows])
    people.officer[rows] = -1
    people.provider[rows] = Provider.NOBODY


def serves_for_life(model: "ProbationModel", rows: Rows) -> NDArray[np.bool_]:
    """Say who is in prison on an indeterminate sentence, or recalled from one: a further sentence changes nothing."""
    people = model.people
    status = people.status[rows]
    recalled = (status == Status.RECALLED) & (people.licence_end_day[rows] == NEVER)
    return (status == Status.INDETERMINATE) | recalled


def confine(model: "ProbationModel", rows: Rows, status: Status, day: Days, end: Days | int) -> None:
    """Move people into prison in a status until a day; supervision in the community ends. Nobody offends there."""
    people = model.people
    ended = IS_SUPERVISED_IN_COMMUNITY[people.status[rows]]
    out, on = rows[ended], np.broadcast_to(day, rows.shape)[ended]
    model.log.record(Event.SUPERVISION_END, on, out, people.status[out], people.status_since_day[out])
    people.move(rows, status, day, end)
    people.offence_bound[rows] = 0
    people.absences[rows] = 0


def imprison(model: "ProbationModel", rows: Rows, day: Days, days: Days, offence_day: Days) -> None:
    """Begin a determinate sentence, at one with any that is being served.

    Half is served, less the time on remand. A sentence passed on someone in custody, on recall or on curfew runs beside
    the first: the longer of the two and the later of their dates hold. A licence from an earlier sentence runs on
    beside the new one. A court order ends. Whether the sentence is a supervised short one depends on the day by which
    the lever applies.

    Parameters
    ----------
    rows : int64 array, shape (n,)
        No one twice, no one serving an indeterminate sentence.
    day, days, offence_day : int arrays, shape (n,)
        Day of sentence, its length, and the day of the offence or failure that it answers.
    """
    if not len(rows):
        return
    people = model.people
    p = model.register.custody
    status = people.status[rows]
    serving = IS_SERVING_CUSTODIAL_PART[status]
    credited = np.where(status == Status.REMAND, people.status_since_day[rows], day)
    half_way = credited + (days * p.share_served).astype(np.int64)
    end = credited + days
    old_end = np.where(serving, people.sentence_end_day[rows], -NEVER)
    old_half = np.where(serving, people.conditional_release_day[rows], -NEVER)
    old_half = np.where(status == Status.RECALLED, people.status_end_day[rows], old_half)
    covered = model.timeline.covers(
        "short_sentence_supervision",
        people.area[rows],
        today=model.day,
        offence_day=offence_day,
        sentence_day=day,
        release_day=half_way,
    )
    short = covered & (days > 1) & (days < TWO_YEARS_DAYS)
    people.is_supervised_short[rows] = short | (serving & people.is_supervised_short[rows])
    people.sentence_days[rows] = np.where(serving, np.maximum(people.sentence_days[rows], days), days)
    people.sentence_end_day[rows] = np.maximum(end, old_end)
    people.conditional_release_day[rows] = np.maximum(np.maximum(half_way, old_half), day)
    people.order_end_day[rows] = np.minimum(people.order_end_day[rows], day)
    model.log.record(Event.CUSTODY_START, day, rows, days, offence_day)
    first_possible = _curfew_day(model, rows, credited, day)
    stays = status == Status.CUSTODY
    people.status_end_day[rows[stays]] = first_possible[stays]
    confine(model, rows[~stays], Status.CUSTODY, day[~stays], first_possible[~stays])


def _curfew_day(model: "ProbationModel", rows: Rows, start: Days, day: Days) -> NDArray[np.int64]:
    """Return the first day on which curfew could begin, not before the day of sentence; the half-way day where it
    cannot, as for people on licence for life."""
    people = model.people
    p = model.register.custody
    half_way = people.conditional_release_day[rows].astype(np.int64)
    days = people.sentence_days[rows]
    eligible = (days >= p.curfew_shortest_days) & (days < FOUR_YEARS_DAYS)
    eligible &= (people.offence_group[rows] != OffenceGroup.SEXUAL) & (people.licence_end_day[rows] != NEVER)
    earliest = np.maximum(half_way - int(p.curfew_longest_days), start + days // _QUARTER)
    earliest = np.maximum(earliest, start + int(p.curfew_least_served_days))
    earliest = np.maximum(earliest, day)
    return np.where(eligible & (earliest < half_way), earliest, half_way)


@compiled
def is_on_caseload(day, status, sentence_days, is_supervised_short, sentence_end_day, licence_end_day):
    """Say whether a person is on a caseload: supervised in the community, or in prison with supervision to follow."""
    if IS_SERVING[status]:
        to_follow = sentence_days >= TWELVE_MONTHS_DAYS or is_supervised_short
        return licence_end_day > day or (sentence_end_day > day and to_follow)
    return IS_SUPERVISED_IN_COMMUNITY[status] or IS_SUPERVISED_IN_PRISON[status]


def set_post_release(model: "ProbationModel", rows: Rows, day: Days) -> None:
    """On first release, set how long licence, post-sentence supervision and young offenders' supervision last.

    A licence that runs already, for life or from an earlier sentence, is not cut short. Post-sentence supervision ends
    so many months after the custodial part, whether or not curfew let the person out before (Criminal Justice Act
    2003, section 256AA).
    """
    people = model.people
    p = model.register.custody
    days = people.sentence_days[rows]
    long = days >= TWELVE_MONTHS_DAYS
    short_supervised = people.is_supervised_short[rows]
    licensed = long | short_supervised
    months = model.timeline.setting("short_sentence_supervision", "total_supervision_months")
    young = ~licensed & (people.age(rows, day) < p.young_offender_age_below)
    licence_end = np.where(licensed, people.sentence_end_day[rows], -NEVER)
    running = people.licence_end_day[rows] > day
    people.licence_end_day[rows] = np.maximum(licence_end, np.where(running, people.licence_end_day[rows], -NEVER))
    people.pss_end_day[rows] = np.where(
        short_supervised & (days < TWO_YEARS_DAYS),
        people.conditional_release_day[rows] + int(months * DAYS_PER_MONTH),
        -NEVER,
    )
    people.young_offender_end_day[rows] = np.where(young, day + int(p.young_offender_months * DAYS_PER_MONTH), -NEVER)


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
    people = model.people
    end = np.asarray(day) + days
    suspended = disposal == Disposal.SUSPENDED_SENTENCE_ORDER
    held = rows[suspended]
    people.suspended_day[held] = np.asarray(day)[suspended]
    people.suspended_end_day[held] = end[suspended]
    people.suspended_days[held] = int(model.register.courts.suspended_custody_days)
    people.suspended_offence_day[held] = np.asarray(offence_day)[suspended]
    lasts_longer = is_required & (end >= people.order_end_day[rows])
    people.order_end_day[rows[lasts_longer]] = end[lasts_longer]
    people.order_disposal[rows[lasts_longer]] = disposal[lasts_longer]
    people.is_rar[rows[lasts_longer]] = model.timeline.covers(
        "rehabilitation_activity_requirement",
        people.area[rows],
        today=model.day,
        offence_day=np.asarray(offence_day),
        sentence_day=np.asarray(day),
    )[lasts_longer]


def breach_outcome(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Return what the court does this week with a breach of what supervises people now, as `BreachOutcome`; shape (n,).

    One draw for each person and week: whoever asks is told the same.
    """
    people, p = model.people, model.register.enforcement
    status = people.status[rows]
    u = model.draws.uniforms("enforcement.breach", people.person_hash[rows], model.week)
    outcome = np.full(len(rows), BreachOutcome.CONTINUED, np.int64)
    for kind, shares in (
        (Status.COMMUNITY_ORDER, p.community_order_breach),
        (Status.SUSPENDED_SENTENCE_ORDER, p.suspended_order_breach),
        (Status.POST_SENTENCE_SUPERVISION, p.post_sentence_breach),
        (Status.YOUNG_OFFENDER_SUPERVISION, p.post_sentence_breach),
    ):
        here = status == kind
        outcome[here] = choose(u[here], np.cumsum(shares))
    return outcome
