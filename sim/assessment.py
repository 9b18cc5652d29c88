"""What is known of a person at a sanction: history, risk of serious harm, MAPPA, OGRS3; and the start of follow-up.

Used by every process that sanctions or releases, so that a person is judged alike everywhere.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim import ogrs
from sim.clock import TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.draws import uniform
from sim.legal_status import VISIT
from sim.offenders import Days, Disposal, OffenceGroup, Rosh, Rows
from sim.parameters.register import Register
from sim.providers import provider_by_risk

if TYPE_CHECKING:
    from sim.model import ProbationModel


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
    people = model.people
    people.sanctions[rows] += 1
    people.last_sanction_day[rows] = day
    people.first_sanction_day[rows] = np.minimum(people.first_sanction_day[rows], day)
    people.offence_day[rows] = offence_day
    people.offence_group[rows] = group
    people.ogrs_offence[rows] = ogrs_offence
    people.is_last_caution[rows] = is_caution
    people.needs_assessed[rows] = people.needs[rows]
    assess_risk(model, rows, to_custody=False)


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


@compiled
def _assess(rows, to_custody, bounds, key, person_hash, sentence_days, offence_group, officer, rosh, is_mappa):
    for i in rows:
        group = offence_group[i]
        assessed = rosh_at(bounds, group, uniform(person_hash[i], key))
        rosh[i] = max(rosh[i], assessed) if officer[i] >= 0 else assessed
        violent = group == OffenceGroup.VIOLENCE or group == OffenceGroup.ROBBERY  # noqa: PLR1714
        long = to_custody and sentence_days[i] >= TWELVE_MONTHS_DAYS
        if group == OffenceGroup.SEXUAL or (violent and long):
            is_mappa[i] = True


def assess_risk(model: "ProbationModel", rows: Rows, *, to_custody: bool) -> None:
    """Assess risk of serious harm and MAPPA at sentence: to custody, once its length is known, or otherwise.

    Sexual offences make a person eligible for MAPPA; violence and robbery with a sentence of twelve months or more.

    A person's place in the distribution is drawn once in a life, so that the same person is judged alike in every
    regime. Of someone under supervision the judgement can only rise; it is made afresh after supervision has ended.
    """
    people = model.people
    _assess(
        rows,
        to_custody,
        model.register.derived(_risk),
        model.draws.key("risk.rosh"),
        people.person_hash,
        people.sentence_days,
        people.offence_group,
        people.officer,
        people.rosh,
        people.is_mappa,
    )


@compiled
def _judge(rows, bounds, key, person_hash, offence_group, out):
    for k in range(rows.size):
        i = rows[k]
        out[k] = rosh_at(bounds, offence_group[i], uniform(person_hash[i], key))


def rosh_of_index_offence(model: "ProbationModel", rows: Rows) -> NDArray[np.uint8]:
    """Return the risk of serious harm by the index offence alone, shape (n,): the same in every regime.

    What supervisors later make of a person depends on who is supervised, and so on the regime; a group that is
    compared between regimes must not.
    """
    people = model.people
    out = np.empty(len(rows), np.uint8)
    key = model.draws.key("risk.rosh")
    _judge(rows, model.register.derived(_risk), key, people.person_hash, people.offence_group, out)
    return out


def start_follow_up(model: "ProbationModel", rows: Rows, day: Days, disposal: NDArray[np.integer]) -> None:
    """Start follow-up on the day of a sanction in the community or of a release: score OGRS3, enter the cohort.

    Parameters
    ----------
    disposal : integer array, shape (n,)
        What people come from, as a `Disposal`.
    """
    if not len(rows):
        return
    people = model.people
    previous = people.sanctions[rows] - 1
    people.ogrs3[rows] = ogrs.probability(
        previous,
        people.age(rows, people.last_sanction_day[rows]),
        people.age(rows, people.first_sanction_day[rows]),
        people.age(rows, day),
        people.is_female[rows],
        people.is_last_caution[rows],
        people.ogrs_offence[rows],
    )
    people.follow_up_day[rows] = day
    custody = disposal == Disposal.CUSTODY
    people.is_from_custody[rows] = custody
    people.offence_bound[rows] = VISIT
    rosh = rosh_of_index_offence(model, rows)
    model.index_log.add(
        len(rows),
        day=day,
        row=rows,
        disposal=disposal,
        sentence_days=np.where(custody, people.sentence_days[rows], 0),
        previous_sanctions=previous,
        ogrs3=people.ogrs3[rows],
        offence_group=people.offence_group[rows],
        rosh=rosh,
        would_be_provider=provider_by_risk(rosh, people.is_mappa[rows]),
        provider=people.provider[rows],
        needs_assessed=people.needs_assessed[rows],
        needs=people.needs[rows],
        has_weak_family_tie=people.family_tie[rows] < _WEAK,
    )
