"""The log of what happened to whom, when; and the index events, the days on which people enter cohorts."""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled, rule
from sim.tables import Column, Table


class Event(IntEnum):
    """What can happen to a person; the comment says what `value` and `cause_day` hold."""

    ARRIVED = 0  # value: OffenceGroup
    OFFENCE = 1  # a detected occasion; value: occasion code
    NO_PROOF = 2  # resolved without caution or conviction; value: occasion code; cause: offence
    CAUTION = 3  # value: occasion code; cause: offence
    CHARGE = 4  # value: occasion code; cause: offence
    REMAND = 5  # value: 0; cause: offence
    CONVICTION = 6  # value: occasion code with disposal; cause: offence
    ORDER_START = 7  # value: days; cause: offence
    CUSTODY_START = 8  # value: sentence days; cause: offence
    RELEASE = 9  # value: Status after release; cause: start of custody
    SUPERVISION_START = 10  # value: Status; cause: 0
    SUPERVISION_END = 11  # value: Status ended; cause: its start
    ALLOCATION = 12  # value: Provider; cause: officer
    ESCALATION = 13  # value: Rosh; cause: 0
    BREACH = 14  # value: outcome * 8 + Reason; cause: 0
    RECALL = 15  # value: RecallKind * 8 + Reason; cause: 1 if the sentence is under twelve months
    RE_RELEASE = 16  # value: Status after; cause: the recall
    COMMITTAL = 17  # value: days
    LEFT = 18  # out of the tracked years
    SUSPENDED_SENTENCE_ACTIVATED = 19  # value: days; cause: offence
    JOINED_CONVICTION = 20  # convicted of a further case on the same occasion; as CONVICTION
    CO_OFFENCE = 21  # an offence committed with another; value: number of the other person
    HELP_START = 22  # value: Kind of charity; cause: Path by which the person came
    HELP_END = 23  # value: Kind of charity
    SERVED_ALREADY = 24  # sentenced to custody that is served when passed; value: sentence days; cause: offence


class RecallKind(IntEnum):
    """How long a recall holds."""

    FIXED_TERM = 0
    STANDARD = 1
    CURFEW = 2


class BreachOutcome(IntEnum):
    """What the court does with a breach."""

    CONTINUED = 0
    FINE = 1
    DEFAULT_ORDER = 2
    COMMITTAL = 3
    REVOKED_CUSTODY = 4
    REVOKED_OTHER = 5


EVENT_COLUMNS = {
    "day": Column("int32", "day", "day on which it fell"),
    "event": Column("uint8", "Event", "what happened"),
    "row": Column("int32", "row", "to whom"),
    "value": Column("int32", "code", "what exactly; see Event"),
    "cause_day": Column("int32", "day", "the day that it goes back to; see Event"),
}

INDEX_COLUMNS = {
    "day": Column("int32", "day", "start of follow-up: sanction in the community, or release"),
    "row": Column("int32", "row", "who"),
    "disposal": Column("uint8", "Disposal", "what the person comes from"),
    "sentence_days": Column("int32", "days", "custodial sentence; 0 where none"),
    "previous_sanctions": Column("int32", "occasions", "before the index sanction"),
    "ogrs3": Column("float32", "probability", "one-year probability at the index"),
    "offence_group": Column("uint8", "OffenceGroup", "index offence"),
    "rosh": Column("uint8", "Rosh", "risk of serious harm by the index offence alone"),
    "would_be_provider": Column("uint8", "Provider", "by the post-reform rule on that risk, in every regime"),
    "provider": Column("uint8", "Provider", "who supervises, from the day or from the next week on"),
    "needs_assessed": Column("uint8", "bits of Need", "criminogenic needs at the sanction"),
    "needs": Column("uint8", "bits of Need", "criminogenic needs on the day"),
    "has_weak_family_tie": Column("bool", "boolean", "the tie to family is below one half"),
}


class IndexColumns(NamedTuple):
    """All columns of the index log."""

    day: NDArray[np.int32]
    row: NDArray[np.int32]
    disposal: NDArray[np.uint8]
    sentence_days: NDArray[np.int32]
    previous_sanctions: NDArray[np.int32]
    ogrs3: NDArray[np.float32]
    offence_group: NDArray[np.uint8]
    rosh: NDArray[np.uint8]
    would_be_provider: NDArray[np.uint8]
    provider: NDArray[np.uint8]
    needs_assessed: NDArray[np.uint8]
    needs: NDArray[np.uint8]
    has_weak_family_tie: NDArray[np.bool_]


_OFFENCES_SHIFT, _DISPOSAL_SHIFT = 8, 16
_BYTE = 255
_REASONS = 8
MOST_OFFENCES = 60


def occasion_code(offence_group: Any, offences: Any, disposal: Any = 0) -> Any:
    """Pack group, number of offences and disposal of an occasion into one integer; scalars or arrays."""
    return np.int32(offence_group) | (np.int32(offences) << _OFFENCES_SHIFT) | (np.int32(disposal) << _DISPOSAL_SHIFT)


pack_occasion = compiled(occasion_code)


@rule
def group_of(code):
    """Return the offence group in one occasion code."""
    return code & _BYTE


def unpack_occasion(code: NDArray[np.int32]) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.int32]]:
    """Unpack occasion codes into (offence group, offences, disposal)."""
    return code & _BYTE, (code >> _OFFENCES_SHIFT) & _BYTE, code >> _DISPOSAL_SHIFT


def enforcement_code(kind: Any, reason: Any) -> Any:
    """Pack a kind of recall, or the outcome of a breach, and its Reason into one integer; scalars or arrays."""
    return kind * _REASONS + reason


def kind_of_enforcement(code: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return the RecallKind or BreachOutcome of enforcement codes; shape kept."""
    return code // _REASONS


def reason_of_enforcement(code: NDArray[np.integer[Any]]) -> NDArray[np.integer[Any]]:
    """Return the Reason of enforcement codes; shape kept."""
    return code % _REASONS


def room_for(events: int) -> NDArray[np.int64]:
    """Return room for the (day, row, value, cause day) of so many events, for `note` to fill; shape (4, n)."""
    return np.empty((4, events), np.int64)


@rule
def note(events, k, day, row, value, cause_day):
    """Write down an event to be logged, as the k-th of those in a room."""
    events[0, k], events[1, k], events[2, k], events[3, k] = day, row, value, cause_day


class EventLog(Table):
    """Everything that happened, in the order in which the processes wrote it."""

    def __init__(self) -> None:
        super().__init__(EVENT_COLUMNS)

    def record(self, event: Event, day: Any, row: NDArray[Any], value: Any = 0, cause_day: Any = 0) -> None:
        """Record one event for each row; `day`, `value` and `cause_day` are scalars or arrays like `row`."""
        if count := len(row):
            start, arrays = self.extend(count), self.__dict__["_arrays"]
            place = slice(start, start + count)
            for array, written in zip(arrays.values(), (day, event, row, value, cause_day), strict=True):
                array[place] = written

    def of(self, *events: Event, since: int = 0) -> NDArray[np.int64]:
        """Return the positions of all events of these kinds, from a place in the log on."""
        wanted = np.zeros(len(Event), bool)
        wanted[list(events)] = True
        return since + np.flatnonzero(wanted[self.event[since:]])


class IndexLog(Table):
    """Every index event, with what a cohort needs to know of the person on that day."""

    def __init__(self) -> None:
        super().__init__(INDEX_COLUMNS)
