"""Custody: time served, and release on its day.

Half of a determinate sentence is served, less time on remand. From an earliest day on, some of those eligible go home
on curfew; before the reform the share follows the published series, under `hdc_widened` it is the lever's. First
release starts licence, post-sentence supervision or young offenders' supervision as the law has it, and follow-up;
re-release after recall, or the end of a committal, starts neither. A release that the Ministry does not match to a
conviction, as may be most of those from custody for breach of an order alone, is scored like any other and enters no
cohort.

Reads: status, status_end_day, conditional_release_day, sentence columns, birth_day.
Writes: status columns, supervisor columns, licence_end_day, pss_end_day, young_offender_end_day,
follow-up columns; officers' caseloads.
Draws: custody.curfew, custody.in_cohort, risk.rosh.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.assessment import score_anew, start_follow_up
from sim.clock import DAYS_PER_WEEK, NEVER
from sim.events import Event
from sim.imprisonment import set_post_release
from sim.legal_status import settle_in_community
from sim.offenders import IS_IN_PRISON, Days, Disposal, Rows, Status

if TYPE_CHECKING:
    from sim.model import ProbationModel


def step(model: "ProbationModel") -> None:
    """Release everyone whose day has come."""
    people = model.people
    due = people.due(model.engaged, IS_IN_PRISON, model.day + DAYS_PER_WEEK)
    status = people.status[due]
    release_from_sentence(model, due[status == Status.CUSTODY])
    release_indeterminate(model, due[status == Status.INDETERMINATE])
    re_release(model, due[status == Status.RECALLED])
    end_committal(model, due[status == Status.COMMITTAL])


def release_from_sentence(model: "ProbationModel", rows: Rows) -> None:
    """Release on curfew or at the half-way day; whoever is refused curfew waits for the half-way day."""
    people = model.people
    day = people.status_end_day[rows].astype(np.int64)
    half_way = people.conditional_release_day[rows]
    early = day < half_way
    granted = early & grant_curfew(model, rows, day)
    refused = rows[early & ~granted]
    people.status_end_day[refused] = people.conditional_release_day[refused]
    out = granted | ~early | (half_way < model.day + DAYS_PER_WEEK)
    rows, granted, day = rows[out], granted[out], np.where(granted, day, half_way)[out].astype(np.int64)
    set_post_release(model, rows, day)
    begun = people.status_since_day[rows].copy()
    curfew = rows[granted]
    people.move(curfew, Status.HOME_DETENTION_CURFEW, day[granted], people.conditional_release_day[curfew])
    model.log.record(Event.SUPERVISION_START, day[granted], curfew, Status.HOME_DETENTION_CURFEW)
    settle_in_community(model, rows[~granted], day[~granted])
    model.log.record(Event.RELEASE, day, rows, people.status[rows], begun)
    pay_grant(model, rows, day)
    counts = is_matched(model, rows, begun)
    start_follow_up(model, rows[counts], day[counts], Disposal.CUSTODY)
    score_anew(model, rows[~counts], day[~counts])


def is_matched(model: "ProbationModel", rows: Rows, begun: Days) -> NDArray[np.bool_]:
    """Say whose release the Ministry matches to a conviction, by the day on which the time in prison began; fewer where
    it was imposed for breach alone."""
    people, p = model.people, model.register.custody
    u = model.draws.uniforms_at("custody.in_cohort", people.person_hash[rows], begun)
    return u < p.p_in_cohort * np.where(people.is_for_breach[rows], p.breach_in_cohort, 1.0)


def pay_grant(model: "ProbationModel", rows: Rows, day: Rows) -> None:
    """Hand out the discharge grant: the old one, or the raised one where the lever covers the release."""
    people = model.people
    people.has_full_grant[rows] = model.timeline.covers(
        "discharge_grant", people.area[rows], today=model.day, release_day=day
    )


def grant_curfew(model: "ProbationModel", rows: Rows, day: Rows) -> NDArray[np.bool_]:
    """Say who is released on curfew: by the series, or by the lever for those it covers."""
    people = model.people
    series = model.register.custody.in_year("p_curfew", model.year)
    widened = model.timeline.covers("hdc_widened", people.area[rows], today=model.day, release_day=day)
    p_curfew = np.where(widened, model.timeline.setting("hdc_widened", "share_released"), series)
    u = model.draws.uniforms_at("custody.curfew", people.person_hash[rows], people.status_since_day[rows])
    return u < p_curfew


def release_indeterminate(model: "ProbationModel", rows: Rows) -> None:
    """Release people from an indeterminate sentence on a licence without end."""
    people = model.people
    day = people.status_end_day[rows].astype(np.int64)
    begun = people.status_since_day[rows].copy()
    people.licence_end_day[rows] = NEVER
    settle_in_community(model, rows, day)
    model.log.record(Event.RELEASE, day, rows, Status.LICENCE, begun)
    pay_grant(model, rows, day)
    start_follow_up(model, rows, day, Disposal.CUSTODY)


def re_release(model: "ProbationModel", rows: Rows) -> None:
    """Release people after recall: to what is left of the licence. No new index event."""
    people = model.people
    day = people.status_end_day[rows].astype(np.int64)
    recalled = people.status_since_day[rows].copy()
    settle_in_community(model, rows, day)
    model.log.record(Event.RE_RELEASE, day, rows, people.status[rows], recalled)


def end_committal(model: "ProbationModel", rows: Rows) -> None:
    """Let people out after a committal for breach of post-sentence supervision."""
    settle_in_community(model, rows, model.people.status_end_day[rows].astype(np.int64))
