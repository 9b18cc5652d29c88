"""What the page shows of a person: one of seven states, each with a colour and a shape."""

from dataclasses import dataclass
from enum import IntEnum
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.events import Event
from sim.offenders import IS_IN_PRISON, Status

if TYPE_CHECKING:
    from sim.model import ProbationModel


class State(IntEnum):
    """Where a person is, as the page shows it."""

    FREE = 0
    ORDER = 1
    LICENCE = 2
    POST_SENTENCE_SUPERVISION = 3
    CUSTODY = 4
    RECALLED = 5
    REOFFENDED = 6


ABSENT = 255
"""The state of a person who is not known yet, or no longer tracked."""
LATELY_WEEKS = 8
"""So long after a new offence with a suspect, proven or not, a person at liberty stands out, supervised or not."""


@dataclass(frozen=True)
class Look:
    """How a state is drawn.

    Attributes
    ----------
    label, colour, shape : str
    """

    label: str
    colour: str
    shape: str


LOOKS = {
    State.FREE: Look("free, on record", "#8C96A3", "dot"),
    State.ORDER: Look("court order", "#228833", "square"),
    State.LICENCE: Look("licence or curfew", "#4477AA", "triangle"),
    State.POST_SENTENCE_SUPERVISION: Look("post-sentence supervision", "#2AA5C9", "triangle_down"),
    State.CUSTODY: Look("custody or remand", "#222255", "block"),
    State.RECALLED: Look("recalled", "#AA3377", "cross"),
    State.REOFFENDED: Look(f"new offence in the last {LATELY_WEEKS} weeks", "#EE7733", "star"),
}
"""Colours that the colour-blind can tell apart (after Paul Tol's schemes), with shapes that need no colour."""

_DAY_BITS = 20
_OF_STATUS = np.full(len(Status), ABSENT, np.uint8)
_OF_STATUS[Status.FREE] = State.FREE
_OF_STATUS[[Status.COMMUNITY_ORDER, Status.SUSPENDED_SENTENCE_ORDER]] = State.ORDER
_OF_STATUS[[Status.LICENCE, Status.HOME_DETENTION_CURFEW, Status.YOUNG_OFFENDER_SUPERVISION]] = State.LICENCE
_OF_STATUS[Status.POST_SENTENCE_SUPERVISION] = State.POST_SENTENCE_SUPERVISION
_OF_STATUS[[Status.REMAND, Status.CUSTODY, Status.INDETERMINATE, Status.COMMITTAL]] = State.CUSTODY
_OF_STATUS[Status.RECALLED] = State.RECALLED


def states(model: "ProbationModel", logged: int) -> NDArray[np.uint8]:
    """Return the state of everybody by row, shape (people,).

    Parameters
    ----------
    model : ProbationModel
    logged : int
        Length of the event log `LATELY_WEEKS` ago: where to look for late offences.
    """
    found = _OF_STATUS[model.people.status]
    offenders = new_offenders(model, logged)
    at_liberty = ~IS_IN_PRISON[model.people.status[offenders]] & (found[offenders] != ABSENT)
    found[offenders[at_liberty]] = State.REOFFENDED
    return found


def new_offenders(model: "ProbationModel", logged: int) -> NDArray[np.int64]:
    """Return the rows of those with an offence in the log from a place on, without that which brought them into it."""
    log = model.log
    offences, arrivals = log.of(Event.OFFENCE, since=logged), log.of(Event.ARRIVED, since=logged)
    key, known = (log.row[k].astype(np.int64) << _DAY_BITS | log.day[k] for k in (offences, arrivals))
    return log.row[offences[~np.isin(key, known)]].astype(np.int64)


def describe() -> list[dict[str, str]]:
    """Return the states as the page is told of them, in the order of their codes."""
    return [
        {"key": state.name.lower(), "label": look.label, "colour": look.colour, "shape": look.shape}
        for state, look in LOOKS.items()
    ]
