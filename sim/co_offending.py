"""Offences committed together: which tied peers take part in the offences of others, and what it does to the tie."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled, compiled_with_arrays
from sim.docket import first_of_each
from sim.draws import uniform
from sim.events import Event
from sim.network import FULL, build, faded, longer
from sim.offenders import IS_IN_PRISON, Rows, person_number

if TYPE_CHECKING:
    from sim.model import ProbationModel

_FIELDS = 4
_PEER, _LEADER, _TIE, _UNIFORM = range(_FIELDS)


@compiled_with_arrays
def _willing(
    n,
    p_join,
    key,
    week,
    monday,
    rows,
    days,
    half,
    first_tie,
    person_hash,
    status,
    offence_bound,
    hearing_day,
    follow_up_day,
    status_since_day,
):
    """Return (peer, place of the leader, tie, uniform) for every tied peer at liberty who would take part."""
    out, found = np.empty((rows.size + 1, _FIELDS)), 0
    for k in range(rows.size):
        i, day = rows[k], days[k]
        h = first_tie[i]
        while h >= 0:
            j, here = half[h]["peer"], h
            h = half[h]["next"]
            u = uniform(person_hash[i] ^ person_hash[j], key)
            if u >= p_join * faded(n, float(half[here]["strength"]), week - half[here]["since_week"]) / FULL:
                continue  # most end here, and nothing else of them has to be looked up
            if offence_bound[j] == 0 or IS_IN_PRISON[status[j]] or max(follow_up_day[j], status_since_day[j]) > day:
                continue
            if not monday <= hearing_day[j] <= day:
                if found == out.shape[0]:
                    out = longer(out)
                out[found, _PEER], out[found, _LEADER], out[found, _TIE], out[found, _UNIFORM] = j, k, here, u
                found += 1
    return out[:found]


def recruit(model: "ProbationModel", rows: Rows, days: NDArray[np.int64]) -> tuple[Rows, Rows]:
    """Return who takes part in this week's offences of others, and the places of their leaders among `rows`.

    Nobody takes part who offends this week anyway, or twice; between two leaders the pair's lower uniform decides. A
    common offence renews and strengthens the tie.
    """
    people, ties, p = model.people, model.ties, model.register.ties
    n = model.register.derived(build)
    found = _willing(
        n,
        p.p_join,
        model.draws.key("reoffending.join", model.week),
        model.week,
        model.day,
        rows,
        days,
        ties.half,
        people.first_tie,
        people.person_hash,
        people.status,
        people.offence_bound,
        people.hearing_day,
        people.follow_up_day,
        people.status_since_day,
    )
    joined, leader, which = found[:, :_UNIFORM].T.astype(np.int64)
    order = np.lexsort((found[:, _UNIFORM], joined))
    order = order[first_of_each(joined[order])]
    offends = np.zeros(len(people), bool)
    offends[rows] = True
    order = order[~offends[joined[order]]]
    order = order[np.argsort(found[order, _UNIFORM])]  # an order of their own, not that of rows
    joined, leader, which = joined[order], leader[order], which[order]
    renew(n, which, int(p.strength_gained), model.week, ties.half)
    together, others = np.concatenate([joined, rows[leader]]), np.concatenate([rows[leader], joined])
    others = person_number(people.arrival_week[others].astype(np.int64), people.slot[others])
    model.log.record(Event.CO_OFFENCE, np.concatenate([days[leader], days[leader]]), together, others)
    return joined, leader


@compiled
def renew(n, which, gained, week, half):
    """Let ties grow by a common offence: both halves of each."""
    for h in which:
        grown = min(faded(n, float(half[h]["strength"]), week - half[h]["since_week"]) + gained, FULL)
        for side in (h, h ^ 1):
            half[side]["strength"] = grown
            half[side]["since_week"] = week
