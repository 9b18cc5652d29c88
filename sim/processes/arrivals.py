"""Arrivals: first-timers and returners come with an occasion that is proven; those long free of sanctions leave.

Whoever has had no caution or conviction for the tracked years leaves; people who come back to notice after such a gap
arrive as returners with a history. Numbers and people are the same in every regime: nothing here reads what the model
has done.

Reads: status, status_end_day, pending_cases.
Writes: new rows; status, status_since_day, status_end_day, offence_bound (of those who leave); the docket.
Draws: arrivals.first_timers, arrivals.returners, arrivals.kind, arrivals.band, arrivals.day, arrivals.offences, and
those of `population.draw_people`.
"""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_MONTH, DAYS_PER_WEEK, NEVER, WEEKS_PER_YEAR
from sim.distributions import geometric
from sim.docket import Stage
from sim.draws import choose, person_hashes
from sim.events import MOST_OFFENCES, Event, occasion_code
from sim.offenders import SEXES, Rows, Status, person_number
from sim.population import draw_people
from sim.sentencing import build, cumulative

if TYPE_CHECKING:
    from sim.model import ProbationModel

_SEXES = len(SEXES)
RETURNER_SLOTS = 50_000
"""Returners are numbered from here, so that one first-timer more renames no returner."""


def step(model: "ProbationModel") -> None:
    """Let people arrive, and let those leave whose tracked years are over."""
    leave(model)
    arrive(model)


def leave(model: "ProbationModel") -> None:
    """Stop tracking people at liberty, unsupervised, without a pending case, whose last sanction is long past."""
    people = model.people
    rows = model.leaving
    waiting = people.pending_cases[rows] > 0
    people.status_end_day[rows[waiting]] = model.day + int(DAYS_PER_MONTH)  # asked again a month later
    rows = rows[~waiting]
    model.log.record(Event.LEFT, people.status_end_day[rows], rows)
    people.move(rows, Status.LEFT, model.day, NEVER)
    people.offence_bound[rows] = 0


def arrive(model: "ProbationModel") -> None:
    """Add this week's first-timers and returners, each with a proven offence on the docket."""
    p = model.register.arrivals
    s = model.register.derived(build)
    level = p.in_year("level", model.year) * model.size / WEEKS_PER_YEAR
    first = model.draws.count("arrivals.first_timers", p.first_timers_per_year * level, model.week)
    returners = model.draws.count("arrivals.returners", sum(p.returners_per_year) * level, model.week)
    slot = np.concatenate([np.arange(first), RETURNER_SLOTS + np.arange(returners)])
    is_returner = np.arange(first + returners) >= first
    hashes = person_hashes(person_number(np.full(len(slot), model.week), slot))
    u = {n: model.draws.uniforms(f"arrivals.{n}", hashes) for n in ("kind", "band", "day", "offences")}
    band = np.where(is_returner, 1 + choose(u["band"], cumulative(np.asarray(p.returners_per_year))), 0)
    kind = np.where(is_returner, choose(u["kind"], s.returner, band), choose(u["kind"], s.first_timer))
    group, sex = kind // _SEXES, kind % _SEXES
    day = model.day + (u["day"] * DAYS_PER_WEEK).astype(np.int64)
    columns = draw_people(model, hashes, day, band, group, sex)
    columns["follow_up_day"] = np.full(len(day), model.day + DAYS_PER_WEEK)
    columns["status_end_day"] = np.full(len(day), NEVER)
    columns["pending_cases"] = np.ones(len(day), np.int64)
    rows = model.people.arrive(model.week, slot, **columns)
    enter_offence(model, rows, day, u["offences"])


def enter_offence(model: "ProbationModel", rows: Rows, day: Rows, u: NDArray[np.float64]) -> None:
    """Log the arrival and put its offence on the docket: proven, for that is why the person is here."""
    people = model.people
    offences = 1 + geometric(u, model.register.reoffending.further_offences)
    code = occasion_code(people.offence_group[rows], np.minimum(offences, MOST_OFFENCES))
    model.log.record(Event.ARRIVED, day, rows, people.offence_group[rows])
    model.log.record(Event.OFFENCE, day, rows, code)
    model.docket.add(
        len(rows),
        day=day,
        stage=Stage.PROVEN_OFFENCE,
        row=rows,
        offence_day=day,
        code=code,
        ogrs_offence=people.ogrs_offence[rows],
    )
