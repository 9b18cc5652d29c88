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
type Ints32 = NDArray[np.int32]


class Proven(NamedTuple):
    """Proven occasions, sorted by person and day of offence; arrays of shape (n,)."""

    row: Ints32
    offence_day: Ints32
    proof_day: Ints32
    offences: Ints32
    is_custody: NDArray[np.bool_]


class FollowUp(NamedTuple):
    """What followed each index event; arrays of shape (n,)."""

    reoffences: Ints32  # proven, in the year
    days_to_first: Ints32  # NEVER where there is none
    has_custody: NDArray[np.bool_]  # a custodial sentence for an offence in the year, whenever passed


def proven_occasions(model: "ProbationModel", since: int = 0) -> Proven:
    """Return all cautions and convictions of a model's log, from a place in it on."""
    log = model.log
    found = log.of(Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION, since=since)
    _, offences, disposal = unpack_occasion(log.value[found])
    custody = (log.event[found] != Event.CAUTION) & (disposal == Disposal.CUSTODY)
    order = by_person_and_day(log.row[found], log.cause_day[found])
    found = found[order]
    return Proven(log.row[found], log.cause_day[found], log.day[found], offences[order], custody[order])


@compiled
def _follow(row, day, starts, proven, found):
    for i in range(row.size):
        start = day[i]
        for k in range(starts[row[i]], starts[row[i] + 1]):
            if proven.offence_day[k] < start:
                continue
            if proven.offence_day[k] >= start + FOLLOW_UP_DAYS:
                break
            if proven.is_custody[k]:
                found.has_custody[i] = True
            if proven.proof_day[k] < start + FOLLOW_UP_DAYS + WAITING_DAYS:
                if found.reoffences[i] == 0:
                    found.days_to_first[i] = proven.offence_day[k] - start
                found.reoffences[i] += proven.offences[k]


def follow_up(row: NDArray[np.integer], day: NDArray[np.integer], proven: Proven) -> FollowUp:
    """Count proven reoffending after index events.

    Parameters
    ----------
    row, day : integer arrays, shape (n,)
        Who, and the day of the index event.
    proven : Proven
        All proven occasions of these people.

    Returns
    -------
    FollowUp
        Calendar time counts: a year in which the person was back in custody is a year.
    """
    count = len(row)
    found = FollowUp(np.zeros(count, np.int32), np.full(count, NEVER, np.int32), np.zeros(count, bool))
    _follow(row, day, np.searchsorted(proven.row, np.arange(row.max(initial=-1) + 2)), proven, found)
    return found


def disposal_groups(index: IndexLog, events: Ints | slice = slice(None)) -> dict[str, NDArray[np.bool_]]:
    """Return which index events, all or some, belong to each disposal group; arrays of shape (events,).

    Each group is a cohort of its own, not a partition.
    """
    disposal, days = index.disposal[events], index.sentence_days[events]
    custody = disposal == Disposal.CUSTODY
    short, determinate = days < TWELVE_MONTHS_DAYS, days < NEVER
    order = np.isin(disposal, (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER))
    return {
        "all": np.ones(len(disposal), bool),
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
