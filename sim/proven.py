"""What followed an index event: proven reoffending by the official counting rules.

Ministry of Justice, *Guide to proven reoffending statistics*: a proven reoffence is an offence committed within a year
of the index event that leads to a caution or conviction within that year or six further months.
"""

from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import NEVER, TWELVE_MONTHS_DAYS
from sim.compiled import compiled
from sim.events import Event, IndexLog, unpack_occasion
from sim.offenders import Disposal

if TYPE_CHECKING:
    from sim.model import ProbationModel

FOLLOW_UP_DAYS = 365
WAITING_DAYS = 182

type Ints = NDArray[np.int64]


class Proven(NamedTuple):
    """Proven occasions, sorted by person and day of offence; arrays of shape (n,)."""

    row: Ints
    offence_day: Ints
    proof_day: Ints
    offences: Ints
    is_custody: NDArray[np.bool_]


class FollowUp(NamedTuple):
    """What followed each index event; arrays of shape (n,)."""

    reoffences: Ints  # proven, in the year
    days_to_first: Ints  # NEVER where there is none
    has_custody: NDArray[np.bool_]  # a custodial sentence for an offence in the year, whenever passed


def proven_occasions(model: "ProbationModel", since: int = 0) -> Proven:
    """Return all cautions and convictions of a model's log, from a place in it on."""
    log = model.log
    found = log.of(Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION, since=since)
    _, offences, disposal = unpack_occasion(log.value[found])
    custody = (log.event[found] != Event.CAUTION) & (disposal == Disposal.CUSTODY)
    row, offence_day = log.row[found].astype(np.int64), log.cause_day[found].astype(np.int64)
    order = by_person_and_day(row, offence_day)
    proof_day = log.day[found].astype(np.int64)
    return Proven(row[order], offence_day[order], proof_day[order], offences[order].astype(np.int64), custody[order])


@compiled
def _follow(index_row, index_day, first, last, offence_day, proof_day, offences, custody, out):
    for i in range(index_row.size):
        start = index_day[i]
        for k in range(first[i], last[i]):
            if offence_day[k] < start:
                continue
            if offence_day[k] >= start + FOLLOW_UP_DAYS:
                break
            if custody[k]:
                out[i, 2] = 1
            if proof_day[k] < start + FOLLOW_UP_DAYS + WAITING_DAYS:
                if out[i, 0] == 0:
                    out[i, 1] = offence_day[k] - start
                out[i, 0] += offences[k]


def follow_up(row: Ints, day: Ints, proven: Proven) -> FollowUp:
    """Count proven reoffending after index events.

    Parameters
    ----------
    row, day : int64 arrays, shape (n,)
        Who, and the day of the index event.
    proven : Proven
        All proven occasions of these people.

    Returns
    -------
    FollowUp
        Calendar time counts: a year in which the person was back in custody is a year.
    """
    starts = np.searchsorted(proven.row, np.arange(row.max(initial=-1) + 2))
    first, last = starts[row], starts[row + 1]
    out = np.zeros((len(row), 3), np.int64)
    out[:, 1] = NEVER
    _follow(row, day, first, last, proven.offence_day, proven.proof_day, proven.offences, proven.is_custody, out)
    return FollowUp(out[:, 0], out[:, 1], out[:, 2] == 1)


def disposal_groups(index: IndexLog) -> dict[str, NDArray[np.bool_]]:
    """Return which index events belong to each disposal group; each group is a cohort of its own, not a partition."""
    disposal, days = index.disposal, index.sentence_days
    custody = disposal == Disposal.CUSTODY
    short, determinate = days < TWELVE_MONTHS_DAYS, days < NEVER
    order = np.isin(disposal, (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER))
    return {
        "all": np.ones(len(index), bool),
        "disposal=custody_and_orders": custody | order,
        "disposal=custody": custody,
        "disposal=custody_under_12m": custody & short,
        "disposal=custody_12m_plus": custody & ~short & determinate,
        "disposal=court_order": order,
        "disposal=community_order": disposal == Disposal.COMMUNITY_ORDER,
        "disposal=suspended_sentence_order": disposal == Disposal.SUSPENDED_SENTENCE_ORDER,
    }


def by_person_and_day(row: NDArray[np.integer], day: NDArray[np.integer]) -> Ints:
    """Return the order by row, then day; equal ones keep their places. Days lie between -NEVER and NEVER."""
    return np.argsort(row.astype(np.int64) * (2 * NEVER) + day, kind="stable")
