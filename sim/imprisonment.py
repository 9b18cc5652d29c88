"""A determinate sentence: how it begins, when release can first come, and what supervises people after it."""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sim.clock import DAYS_PER_MONTH, DAYS_PER_YEAR, NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled, rule
from sim.events import Event, room_for
from sim.legal_status import Standing, confine_one
from sim.offenders import Days, OffenceGroup, Rows, Status, each, status_table
from sim.parameters.register import Register

if TYPE_CHECKING:
    from sim.model import ProbationModel

TWO_YEARS_DAYS = int(2 * DAYS_PER_YEAR)
FOUR_YEARS_DAYS = int(4 * DAYS_PER_YEAR)
_QUARTER = 4
IS_SERVING_CUSTODIAL_PART = status_table(Status.CUSTODY, Status.RECALLED, Status.HOME_DETENTION_CURFEW)


class Terms(NamedTuple):
    """What the compiled loops know of the parameters of custody."""

    share_served: float
    curfew_shortest_days: float
    curfew_longest_days: int  # on curfew
    curfew_least_served_days: int
    young_offender_age_below: float
    young_offender_days: int


def _terms(register: Register) -> Terms:
    """Gather the parameters of the loops."""
    p = register.custody
    return Terms(
        share_served=p.share_served,
        curfew_shortest_days=p.curfew_shortest_days,
        curfew_longest_days=int(p.curfew_longest_days),
        curfew_least_served_days=int(p.curfew_least_served_days),
        young_offender_age_below=p.young_offender_age_below,
        young_offender_days=int(p.young_offender_months * DAYS_PER_MONTH),
    )


@rule
def credited_from(p, i, day):
    """Return the day from which a sentence passed on a day counts as served: time on remand is credited."""
    return int(p.status_since_day[i]) if p.status[i] == Status.REMAND else int(day)


@compiled
def _fill_half_way(c, p, rows, day, days, out):
    for k in range(rows.size):
        out[k] = credited_from(p, rows[k], day[k]) + int(days[k] * c.share_served)


@rule
def first_release_day(c, p, i, start, day):
    """Return the first day on which curfew could begin, not before the day of sentence; the half-way day where it
    cannot, as for people on licence for life."""
    half_way, days = int(p.conditional_release_day[i]), int(p.sentence_days[i])
    if days < c.curfew_shortest_days or days >= FOUR_YEARS_DAYS:
        return half_way
    if p.offence_group[i] == OffenceGroup.SEXUAL or p.licence_end_day[i] == NEVER:
        return half_way
    served = start + max(days // _QUARTER, c.curfew_least_served_days)
    return min(max(half_way - c.curfew_longest_days, served, int(day)), half_way)


@rule
def _begin_sentence(p, i, day, days, credited, half_way, is_covered, is_for_breach):
    """Write down a determinate sentence, at one with any that is being served."""
    old_end, old_half = -NEVER, -NEVER
    is_short = is_covered and 1 < days < TWO_YEARS_DAYS
    if IS_SERVING_CUSTODIAL_PART[p.status[i]]:
        old_end, old_half = int(p.sentence_end_day[i]), int(p.conditional_release_day[i])
        is_short = is_short or p.is_supervised_short[i]
        is_for_breach = is_for_breach and p.is_for_breach[i]
        days = max(days, int(p.sentence_days[i]))
    if p.status[i] == Status.RECALLED:
        old_half = int(p.status_end_day[i])
    p.is_supervised_short[i] = is_short
    p.is_for_breach[i] = is_for_breach
    p.sentence_end_day[i] = max(credited, old_end)
    p.sentence_days[i] = days
    p.conditional_release_day[i] = max(half_way, old_half, day)
    p.order_end_day[i] = min(int(p.order_end_day[i]), day)


@compiled
def _imprison(c, p, rows, day, days, half_way, is_covered, is_for_breach, flows, ended):
    """Imprison people, write down supervision that ends, and return how often it does."""
    endings = 0
    for k in range(rows.size):
        i, start = rows[k], credited_from(p, rows[k], day[k])
        _begin_sentence(p, i, day[k], days[k], start + days[k], half_way[k], is_covered[k], is_for_breach)
        end = first_release_day(c, p, i, start, day[k])
        if p.status[i] == Status.CUSTODY:
            p.status_end_day[i] = end
        else:
            endings = confine_one(p, i, Status.CUSTODY.value, day[k], end, flows, ended, endings)
    return endings


def imprison(
    model: "ProbationModel", rows: Rows, day: Days, days: Days, offence_day: Days, *, is_for_breach: bool = False
) -> None:
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
    is_for_breach : bool
        Whether it answers a breach and no offence; release from such a sentence alone is no index event.
    """
    count = len(rows)
    if not count:
        return
    people, terms = model.people, model.register.derived(_terms)
    who, on, length = (each(values, count) for values in (rows, day, days))
    half_way, ended = np.empty(count, np.int64), room_for(count)
    _fill_half_way(terms, people.part(Standing), who, on, length, half_way)
    covered = model.timeline.covers(
        "short_sentence_supervision",
        people.area[rows],
        today=model.day,
        offence_day=offence_day,
        sentence_day=day,
        release_day=half_way,
    )
    flows = people.__dict__["flows"]
    endings = _imprison(terms, people.part(Standing), who, on, length, half_way, covered, is_for_breach, flows, ended)
    model.log.record(Event.CUSTODY_START, day, rows, days, offence_day)
    model.log.record(Event.SUPERVISION_END, *ended[:, :endings])


@compiled
def _set_post_release(c, p, rows, day, pss_days):
    for k in range(rows.size):
        i, d = rows[k], day[k]
        is_short = p.is_supervised_short[i]
        is_licensed = is_short or p.sentence_days[i] >= TWELVE_MONTHS_DAYS
        is_young = (d - p.birth_day[i]) / DAYS_PER_YEAR < c.young_offender_age_below
        licence_end = p.sentence_end_day[i] if is_licensed else -NEVER
        p.licence_end_day[i] = max(licence_end, p.licence_end_day[i] if p.licence_end_day[i] > d else -NEVER)
        has_pss = is_short and p.sentence_days[i] < TWO_YEARS_DAYS
        p.pss_end_day[i] = p.conditional_release_day[i] + pss_days if has_pss else -NEVER
        p.young_offender_end_day[i] = d + c.young_offender_days if is_young and not is_licensed else -NEVER


def set_post_release(model: "ProbationModel", rows: Rows, day: Days) -> None:
    """On first release, set how long licence, post-sentence supervision and young offenders' supervision last.

    A licence that runs already, for life or from an earlier sentence, is not cut short. Post-sentence supervision ends
    so many months after the custodial part, whether or not curfew let the person out before (Criminal Justice Act
    2003, section 256AA).
    """
    months = model.timeline.setting("short_sentence_supervision", "total_supervision_months")
    _set_post_release(
        model.register.derived(_terms),
        model.people.part(Standing),
        each(rows, len(rows)),
        each(day, len(rows)),
        int(months * DAYS_PER_MONTH),
    )
