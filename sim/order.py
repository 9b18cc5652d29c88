"""The order of the rows of people: those who are dealt with together stand together.

Memory is read in lines of 64 bytes, and a loop that picks one row here and one there uses a few bytes of each. After
some years most rows are of people who have left, and the few under sentence are scattered among them, so that every
loop of the week reads many times what it needs. Twice a year, therefore, rows are put in this order: people who have
left, never touched again; people in prison; people supervised in the community; people at liberty; newcomers come
behind. Only those move who stand among another group, and they fill each other's places in the order in which they
stand: where anybody stands depends on nothing but the world itself.

Row numbers are changed wherever they are kept: logs, docket, cases, ties, views. It is the only place that changes
them. Nobody's life depends on them, for draws are keyed by person and queues are ordered by keyed priorities. Whoever
follows people over the weeks remembers their numbers (`People.person`) and asks for their rows (`People.rows_of`).
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.offenders import COMMUNITY_SUPERVISION, IN_PRISON, Offender, Rows, Status

if TYPE_CHECKING:
    from sim.model import ProbationModel

WEEKS_BETWEEN = 26
"""Weeks from one ordering to the next: people move between groups meanwhile, but ordering takes its time too."""
_GROUP = np.zeros(len(Status), np.uint8)
"""Place of each status in the order; people who have left come first."""
_GROUP[list(IN_PRISON)] = 1
_GROUP[list(COMMUNITY_SUPERVISION)] = 2
_GROUP[Status.FREE] = 3
_GROUPS = 4


def tidy(model: "ProbationModel") -> None:
    """Put people in order, in the weeks in which it is time."""
    if model.week % WEEKS_BETWEEN == 0:
        put_in_order(model)


def put_in_order(model: "ProbationModel") -> None:
    """Put everyone in order who has not left long ago; called between two weeks.

    Whoever has come since the ties were last made stays behind, as a newcomer.
    """
    first, end = model.settled, len(model.ties.members)
    group = _GROUP[model.people.status[first:end]]
    standing = np.bincount(group, minlength=_GROUPS)
    wanted = np.repeat(np.arange(_GROUPS, dtype=np.uint8), standing)
    places = np.flatnonzero(group != wanted)
    rows = places[np.argsort(group[places], kind="stable")]
    rearrange(model, first + rows, first + places)
    model.settled = first + int(standing[_GROUP[Status.LEFT]])
    model.forget_lists()


def rearrange(model: "ProbationModel", rows: Rows, places: Rows) -> None:
    """Move people to other rows, and change row numbers wherever they are kept.

    Parameters
    ----------
    model : ProbationModel
    rows, places : int64 arrays, shape (m,)
        Where people stand, and where each is to stand: the same rows in another order.
    """
    people, members = model.people, model.ties.members
    place = np.arange(len(people) + 1, dtype=np.int32)
    place[rows] = places
    place[-1] = -1  # nobody stays nobody
    people.rearrange(rows, places)
    members.rearrange(rows, places)
    for kept in kept_rows(model):
        _replace(kept, place)
    model.move_views(Offender, place)


def kept_rows(model: "ProbationModel") -> list[NDArray[Any]]:
    """Return every array of row numbers of people that outlives a week, to be written into."""
    ties, members = model.ties, model.ties.members
    tables = (model.log, model.index_log, model.docket, model.cases)
    found = [*(table.row for table in tables), ties.half["peer"], members.member["next"], ties.active]
    return found if ties.cell_first is None else [*found, ties.cell_first]


@compiled
def _replace(rows, place):
    """Replace row numbers by those at their places; -1 by what stands last."""
    for k in range(rows.size):
        rows[k] = place[rows[k]]
