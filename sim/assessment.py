"""What is known of a person at a sanction: history, risk of serious harm, MAPPA, OGRS3; and the start of follow-up.

Used by every process that sanctions or releases, so that a person is judged alike everywhere.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import ogrs
from sim.clock import DAYS_PER_YEAR, TWELVE_MONTHS_DAYS
from sim.compiled import compiled, rule
from sim.draws import uniform
from sim.events import IndexColumns
from sim.legal_status import VISIT
from sim.offenders import Days, Disposal, OffenceGroup, Rosh, Rows, each
from sim.parameters.register import Register
from sim.providers import by_risk

if TYPE_CHECKING:
    from sim.model import ProbationModel


_WEAK = 0.5
"""A tie to family below it is called weak."""


class Risk(NamedTuple):
    """Bounds on a person's place in the distribution of risk of serious harm, by offence group; shapes (12,)."""

    medium: NDArray[np.float64]
    high: NDArray[np.float64]
    very_high: NDArray[np.float64]


def _risk(register: Register) -> Risk:
    """Gather the parameters of the loop."""
    p = register.risk
    p_high = np.asarray(p.p_high)
    at_least_medium = p_high + (1 - p_high) * np.asarray(p.p_medium)
    return Risk(1 - at_least_medium, 1 - p_high, 1 - p_high * p.very_high_share)


@compiled
def rosh_at(bounds, group, place):
    """Return the risk of serious harm of a person at a place in [0, 1) of the distribution, after an offence."""
    if place >= bounds.very_high[group]:
        return Rosh.VERY_HIGH.value
    if place >= bounds.high[group]:
        return Rosh.HIGH.value
    return Rosh.MEDIUM.value if place >= bounds.medium[group] else Rosh.LOW.value


class Judged(NamedTuple):
    """The columns of people that a sanction or an index event reads or writes."""

    person_hash: NDArray[np.uint64]
    birth_day: NDArray[np.int32]
    is_female: NDArray[np.bool_]
    sanctions: NDArray[np.int32]
    first_sanction_day: NDArray[np.int32]
    last_sanction_day: NDArray[np.int32]
    offence_day: NDArray[np.int32]
    offence_group: NDArray[np.uint8]
    ogrs_offence: NDArray[np.uint8]
    is_last_caution: NDArray[np.bool_]
    sentence_days: NDArray[np.int32]
    officer: NDArray[np.int32]
    provider: NDArray[np.uint8]
    rosh: NDArray[np.uint8]
    is_mappa: NDArray[np.bool_]
    ogrs3: NDArray[np.float32]
    follow_up_day: NDArray[np.int32]
    is_from_custody: NDArray[np.bool_]
    offence_bound: NDArray[np.uint32]
    needs: NDArray[np.uint8]
    needs_assessed: NDArray[np.uint8]
    family_tie: NDArray[np.float32]


@rule
def assess_one(bounds, key, p, i, to_custody):
    """Assess a person's risk of serious harm and MAPPA; see `assess_risk`."""
    group = p.offence_group[i]
    assessed = rosh_at(bounds, group, uniform(p.person_hash[i], key))
    p.rosh[i] = max(p.rosh[i], assessed) if p.officer[i] >= 0 else assessed
    violent = group == OffenceGroup.VIOLENCE or group == OffenceGroup.ROBBERY  # noqa: PLR1714
    long = to_custody and p.sentence_days[i] >= TWELVE_MONTHS_DAYS
    if group == OffenceGroup.SEXUAL or (violent and long):
        p.is_mappa[i] = True


@compiled
def _assess(bounds, key, p, rows, to_custody):
    for i in rows:
        assess_one(bounds, key, p, i, to_custody)


def assess_risk(model: "ProbationModel", rows: Rows, *, to_custody: bool) -> None:
    """Assess risk of serious harm and MAPPA at sentence: to custody, once its length is known, or otherwise.

    Sexual offences make a person eligible for MAPPA; violence and robbery with a sentence of twelve months or more.

    A person's place in the distribution is drawn once in a life, so that the same person is judged alike in every
    regime. Of someone under supervision the judgement can only rise; it is made afresh after supervision has ended.
    """
    bounds, key = model.register.derived(_risk), model.draws.key("risk.rosh")
    _assess(bounds, key, model.people.part(Judged), each(rows, len(rows)), to_custody)


@compiled
def _record_sanction(bounds, key, p, rows, day, offence_day, group, ogrs_offence, is_caution):
    for k in range(rows.size):
        i = rows[k]
        p.sanctions[i] += 1
        p.last_sanction_day[i] = day[k]
        p.first_sanction_day[i] = min(int(p.first_sanction_day[i]), day[k])
        p.offence_day[i] = offence_day[k]
        p.offence_group[i], p.ogrs_offence[i] = group[k], ogrs_offence[k]
        p.is_last_caution[i] = is_caution
        p.needs_assessed[i] = p.needs[i]
        assess_one(bounds, key, p, i, False)


def record_sanction(
    model: "ProbationModel",
    rows: Rows,
    day: Days,
    offence_day: Days,
    group: NDArray[np.integer],
    ogrs_offence: NDArray[np.integer],
    *,
    is_caution: bool,
) -> None:
    """Add a caution or conviction to people's histories and assess their risk; no one twice."""
    bounds, key = model.register.derived(_risk), model.draws.key("risk.rosh")
    people, count = model.people.part(Judged), len(rows)
    who, on, offended = each(rows, count), each(day, count), each(offence_day, count)
    _record_sanction(bounds, key, people, who, on, offended, each(group, count), each(ogrs_offence, count), is_caution)


@rule
def rosh_of_index_offence(bounds, key, p, i):
    """Return a person's risk of serious harm by the index offence alone: the same in every regime.

    What supervisors later make of a person depends on who is supervised, and so on the regime; a group that is
    compared between regimes must not.
    """
    return rosh_at(bounds, p.offence_group[i], uniform(p.person_hash[i], key))


@rule
def age_on(p, i, day):
    """Return a person's age in years on a day."""
    return (day - p.birth_day[i]) / DAYS_PER_YEAR


@rule
def _ogrs3_on(w, p, i, day):
    previous = int(p.sanctions[i]) - 1
    at_last, at_first = age_on(p, i, p.last_sanction_day[i]), age_on(p, i, p.first_sanction_day[i])
    now, offence = age_on(p, i, day), p.ogrs_offence[i]
    return ogrs.chance(w, w.one_year, previous, at_last, at_first, now, p.is_female[i], p.is_last_caution[i], offence)


@rule
def _score_anew(w, p, i, day, is_custody):
    p.ogrs3[i] = _ogrs3_on(w, p, i, day)
    p.follow_up_day[i] = day
    p.is_from_custody[i] = is_custody
    p.offence_bound[i] = VISIT


@compiled
def _score_all_anew(w, p, rows, day):
    for k in range(rows.size):
        _score_anew(w, p, rows[k], day[k], True)


def score_anew(model: "ProbationModel", rows: Rows, day: Days) -> None:
    """Score people who have served their time on the day of sentence: as on a release, but they enter no cohort."""
    count = len(rows)
    if count:
        _score_all_anew(ogrs.weights(), model.people.part(Judged), each(rows, count), each(day, count))


@compiled
def _start_follow_up(w, bounds, key, p, rows, day, disposal, log, start):
    for k in range(rows.size):
        i, to = rows[k], start + k
        is_custody = disposal[k] == Disposal.CUSTODY
        _score_anew(w, p, i, day[k], is_custody)
        rosh = rosh_of_index_offence(bounds, key, p, i)
        log.day[to], log.row[to], log.disposal[to] = day[k], i, disposal[k]
        log.sentence_days[to] = p.sentence_days[i] if is_custody else 0
        log.previous_sanctions[to] = p.sanctions[i] - 1
        log.ogrs3[to] = p.ogrs3[i]
        log.offence_group[to] = p.offence_group[i]
        log.rosh[to] = rosh
        log.would_be_provider[to] = by_risk(rosh, p.is_mappa[i])
        log.provider[to] = p.provider[i]
        log.needs_assessed[to], log.needs[to] = p.needs_assessed[i], p.needs[i]
        log.has_weak_family_tie[to] = p.family_tie[i] < _WEAK


def start_follow_up(model: "ProbationModel", rows: Rows, day: Days, disposal: NDArray[np.integer] | Disposal) -> None:
    """Start follow-up on the day of a sanction in the community or of a release: score OGRS3, enter the cohort.

    Parameters
    ----------
    disposal : integer array, shape (n,), or Disposal
        What people come from.
    """
    count = len(rows)
    if not count:
        return
    start = model.index_log.extend(count)
    _start_follow_up(
        ogrs.weights(),
        model.register.derived(_risk),
        model.draws.key("risk.rosh"),
        model.people.part(Judged),
        each(rows, count),
        each(day, count),
        each(disposal, count),
        model.index_log.part(IndexColumns),
        start,
    )
