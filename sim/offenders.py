"""The people: enums, columns, the table, and `Offender`, the Mesa agent that looks at one row."""

from enum import IntEnum
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.clock import DAYS_PER_YEAR, NEVER, date_of
from sim.compiled import compiled, rule
from sim.draws import person_hashes
from sim.tables import Column, Table
from sim.views import RowView

type Rows = NDArray[np.integer[Any]]
type Days = NDArray[np.integer[Any]]


class Status(IntEnum):
    """Where the law has a person; everyone is in exactly one."""

    FREE = 0
    COMMUNITY_ORDER = 1
    SUSPENDED_SENTENCE_ORDER = 2
    HOME_DETENTION_CURFEW = 3
    LICENCE = 4
    YOUNG_OFFENDER_SUPERVISION = 5
    POST_SENTENCE_SUPERVISION = 6
    REMAND = 7
    CUSTODY = 8
    RECALLED = 9
    INDETERMINATE = 10
    COMMITTAL = 11
    LEFT = 12


class OffenceGroup(IntEnum):
    """The twelve published offence groups, in the order of the sentencing tables."""

    VIOLENCE = 0
    SEXUAL = 1
    ROBBERY = 2
    THEFT = 3
    CRIMINAL_DAMAGE = 4
    DRUGS = 5
    WEAPONS = 6
    PUBLIC_ORDER = 7
    MISCELLANEOUS = 8
    FRAUD = 9
    SUMMARY_NON_MOTORING = 10
    SUMMARY_MOTORING = 11


class Disposal(IntEnum):
    """How an occasion ends: by the police (caution) or in court."""

    CAUTION = 0
    ABSOLUTE_DISCHARGE = 1
    CONDITIONAL_DISCHARGE = 2
    FINE = 3
    OTHER = 4
    COMMUNITY_ORDER = 5
    SUSPENDED_SENTENCE_ORDER = 6
    CUSTODY = 7


class Rosh(IntEnum):
    """Risk of serious harm: a judgement, never mixed with likelihood."""

    LOW = 0
    MEDIUM = 1
    HIGH = 2
    VERY_HIGH = 3


class Provider(IntEnum):
    """Who supervises."""

    NOBODY = 0
    TRUST = 1
    NPS = 2
    CRC = 3
    PROBATION_SERVICE = 4  # NPS and CRCs in one again


class Reason(IntEnum):
    """Why a person is to be breached or recalled."""

    NONE = 0
    MISSED_CONTACT = 1
    NON_COMPLIANCE = 2
    FURTHER_CHARGE = 3
    CURFEW = 4


COMMUNITY_SUPERVISION = (
    Status.COMMUNITY_ORDER,
    Status.SUSPENDED_SENTENCE_ORDER,
    Status.HOME_DETENTION_CURFEW,
    Status.LICENCE,
    Status.YOUNG_OFFENDER_SUPERVISION,
    Status.POST_SENTENCE_SUPERVISION,
)
IN_PRISON = (Status.REMAND, Status.CUSTODY, Status.RECALLED, Status.INDETERMINATE, Status.COMMITTAL)
RECALLABLE = (Status.LICENCE, Status.HOME_DETENTION_CURFEW)


def status_table(*statuses: Status) -> NDArray[np.bool_]:
    """Return a table to index by status: True for these."""
    table = np.zeros(len(Status), bool)
    table[list(statuses)] = True
    return table


IS_SUPERVISED_IN_COMMUNITY = status_table(*COMMUNITY_SUPERVISION)
IS_IN_PRISON = status_table(*IN_PRISON)
IS_RECALLABLE = status_table(*RECALLABLE)
IS_ENGAGED = ~status_table(Status.FREE, Status.LEFT)
"""Under sentence or on remand: whom the probation service or the prisons deal with."""

SEXES = ("male", "female")
BANDS = ("0", "1-2", "3-6", "7-10", "11-14", "15+")
"""Bands of previous sanctions, as published."""
BAND_FLOORS = np.array([0, 1, 3, 7, 11, 15])
AGE_BANDS = ("18-20", "21-24", "25-29", "30-39", "40-49", "50+")
AGE_BAND_FLOORS = np.array([18, 21, 25, 30, 40, 50])
OGRS_BANDS = ("0-24", "25-49", "50-74", "75-100")
OGRS_BAND_FLOORS = np.array([0.0, 0.25, 0.5, 0.75])

COLUMNS = {
    "person_hash": Column("uint64", "bits", "hash of the person's number: what every draw is keyed by"),
    "arrival_week": Column("int16", "week", "week of arrival; before the run-in, the week of the last sanction"),
    "slot": Column("int32", "ordinal", "place among the arrivals of that week"),
    "area": Column("uint8", "index", "contract package area, an index into the region's areas"),
    "birth_day": Column("int32", "day", "day of birth"),
    "is_female": Column("bool", "boolean", "sex as recorded"),
    "first_sanction_day": Column("int32", "day", "first caution or conviction of the life", NEVER),
    "sanctions": Column("int32", "occasions", "cautions and convictions so far"),
    "last_sanction_day": Column("int32", "day", "last caution or conviction", NEVER),
    "offence_day": Column("int32", "day", "day of the last sanctioned offence", -NEVER),
    "offence_group": Column("uint8", "OffenceGroup", "group of the last sanctioned offence"),
    "ogrs_offence": Column("uint8", "index", "OGRS3 class of the last sanctioned offence"),
    "last_disposal": Column("uint8", "Disposal", "disposal of the last conviction"),
    "is_last_caution": Column("bool", "boolean", "the last sanction was a caution"),
    "rosh": Column("uint8", "Rosh", "assessed risk of serious harm"),
    "is_mappa": Column("bool", "boolean", "eligible for multi-agency public protection arrangements"),
    "ogrs3": Column("float32", "probability", "OGRS3 one-year probability at the last index event"),
    "follow_up_day": Column("int32", "day", "last index event: sanction in the community, or release", NEVER),
    "is_from_custody": Column("bool", "boolean", "the last index event was a release"),
    "offence_bound": Column("uint32", "2**-32", "bound on this week's chance of an offence; see reoffending"),
    "stretch_phase": Column("uint16", "weeks", "calendar week, within the stretch length, on which a stretch begins"),
    "status": Column("uint8", "Status", "where the law has the person", Status.FREE),
    "status_since_day": Column("int32", "day", "first day of the status"),
    "status_end_day": Column("int32", "day", "day on which the status ends by itself", NEVER),
    "sentence_days": Column("int32", "days", "length of the custodial sentence being served or last served"),
    "conditional_release_day": Column("int32", "day", "half-way point, less time on remand", NEVER),
    "sentence_end_day": Column("int32", "day", "end of the custodial sentence", -NEVER),
    "licence_end_day": Column("int32", "day", "end of licence", -NEVER),
    "pss_end_day": Column("int32", "day", "end of post-sentence supervision", -NEVER),
    "young_offender_end_day": Column("int32", "day", "end of the three months' supervision of under-21s", -NEVER),
    "order_end_day": Column("int32", "day", "end of the court order", -NEVER),
    "order_disposal": Column("uint8", "Disposal", "kind of the court order"),
    "suspended_day": Column("int32", "day", "start of the operational period of a suspended sentence", -NEVER),
    "suspended_end_day": Column("int32", "day", "end of the operational period of a suspended sentence", -NEVER),
    "suspended_days": Column("int32", "days", "custody held in suspense"),
    "suspended_offence_day": Column("int32", "day", "offence for which custody is held in suspense", -NEVER),
    "is_supervised_short": Column("bool", "boolean", "sentence supervised under `short_sentence_supervision`"),
    "is_for_breach": Column("bool", "boolean", "the sentence in custody answers a breach and no offence"),
    "provider": Column("uint8", "Provider", "who supervises"),
    "officer": Column("int32", "index", "supervising officer, -1 for none", -1),
    "officer_changes": Column("uint16", "changes", "times the officer changed within supervision"),
    "alliance": Column("float32", "fraction", "working alliance with the present officer, 0 to 1"),
    "handover_end_day": Column("int32", "day", "end of a handover between providers: no contact until then", -NEVER),
    "absences": Column("uint8", "absences", "unacceptable absences on the present warning"),
    "warning_day": Column("int32", "day", "first unacceptable absence of the present warning", -NEVER),
    "enforcement_reason": Column("uint8", "Reason", "why enforcement is to act this week"),
    "contacts_due": Column("uint16", "contacts", "contacts due so far"),
    "contacts_kept": Column("uint16", "contacts", "contacts kept so far"),
    "contacts_cut": Column("uint16", "contacts", "contacts cut so far, for want of time or in a handover"),
    "needs": Column("uint8", "bits of Need", "criminogenic needs now"),
    "needs_assessed": Column("uint8", "bits of Need", "criminogenic needs at the last sanction"),
    "help": Column("uint8", "bits of Kind", "kinds of help that a charity gives now"),
    "asked": Column("uint8", "bits of Kind", "kinds of help waited for or had now"),
    "was_mentored": Column("bool", "boolean", "has ever had a mentor"),
    "is_rar": Column("bool", "boolean", "the order has a rehabilitation activity requirement"),
    "has_full_grant": Column("bool", "boolean", "was released with the raised discharge grant"),
    "cell": Column("int32", "index", "part of the area, within which potential co-offenders are"),
    "first_tie": Column("int32", "half tie", "head of the chain of ties; -1 for none", -1),
    "active_until_day": Column("int32", "day", "end of the time for which an offence makes a person active", -NEVER),
    "has_influence": Column("bool", "boolean", "active and at liberty: peers are under this person's influence"),
    "peer_influence": Column("int16", "hundredths", "strength of the ties to active peers at liberty, added up"),
    "family_tie": Column("float32", "fraction", "strength of the tie to family"),
    "pending_cases": Column("uint8", "cases", "offences on the docket, waiting for a decision"),
    "hearing_day": Column(
        "int32", "day", "day this week of a charge, caution, hearing or recall: not at risk from it on", NEVER
    ),
    "listed_day": Column("int32", "day", "day of the next hearing listed", -NEVER),
    "charge_day": Column("int32", "day", "last charge", -NEVER),
}

_WEEK_OFFSET = 2000
_SLOTS_PER_WEEK = 100_000


def person_number(arrival_week: Any, slot: Any) -> Any:
    """Return the number of a person, a function of arrival week and slot alone; scalars or arrays."""
    return (np.int64(arrival_week) + _WEEK_OFFSET) * _SLOTS_PER_WEEK + slot


_TALLIES = 4
"""Counts kept side by side, because adding to one number twice in a row makes the second wait."""


@compiled
def _fill_due(rows, status, status_end_day, statuses, before_day, out):
    found = 0
    for i in rows:
        if statuses[status[i]] and status_end_day[i] < before_day:
            out[found] = i
            found += 1
    return found


@compiled
def _count(codes, counts):
    for i in range(codes.size):
        counts[i % _TALLIES, codes[i]] += 1


@rule
def history_band(count):
    """Return the published band of one number of previous sanctions."""
    band = 0
    for k in range(1, BAND_FLOORS.size):
        band += count >= BAND_FLOORS[k]
    return band


class Whereabouts(NamedTuple):
    """The columns that say where a person is."""

    status: NDArray[np.uint8]
    status_since_day: NDArray[np.int32]
    status_end_day: NDArray[np.int32]


@rule
def move_one(p, i, status, since, end, flows):
    """Move a person to a status from one day until another, and count the flow."""
    flows[p.status[i], status] += 1
    p.status[i] = status
    p.status_since_day[i] = since
    p.status_end_day[i] = end


@compiled
def _move(p, rows, status, since, end, flows):
    for k in range(rows.size):
        move_one(p, rows[k], status[k], since[k], end[k], flows)


def each(values: Any, count: int) -> NDArray[np.int64]:
    """Return whole numbers as compiled loops take them: one for each of so many people."""
    if isinstance(values, np.ndarray):
        return np.ascontiguousarray(values, np.int64)
    return np.full(count, values, np.int64)


class People(Table):
    """The table of everyone, one row a person; newcomers come last, and rows move twice a year (see `sim.order`).

    Attributes
    ----------
    flows : int64 array, shape (statuses, statuses)
        Moves so far, from the row's status to the column's.
    """

    def __init__(self) -> None:
        super().__init__(COLUMNS)
        self.__dict__["flows"] = np.zeros((len(Status), len(Status)), np.int64)

    def arrive(self, arrival_week: Any, slot: NDArray[np.integer], **values: Any) -> Rows:
        """Add persons, keyed by arrival week and slot; return their rows."""
        numbers = person_number(np.broadcast_to(arrival_week, slot.shape).astype(np.int64), slot)
        hashes = person_hashes(numbers)
        return self.add(len(slot), person_hash=hashes, arrival_week=arrival_week, slot=slot, **values)

    @property
    def person(self) -> NDArray[np.int64]:
        """Numbers of the persons, shape (n,): what events and tables call them."""
        return person_number(self.arrival_week.astype(np.int64), self.slot)

    def rows_of(self, persons: NDArray[np.integer[Any]]) -> Rows:
        """Return the present rows of persons by number, all of whom are there; shape (n,)."""
        numbers = self.person
        order = np.argsort(numbers)
        return order[np.searchsorted(numbers, persons, sorter=order)]

    def move(self, rows: Rows, status: Any, since: Days | int, end: Days | int) -> None:
        """Move people to a status from one day until another, and count the flow."""
        who, to, first, last = (each(values, len(rows)) for values in (rows, status, since, end))
        _move(self.part(Whereabouts), who, to, first, last, self.__dict__["flows"])

    def with_status(self, *statuses: Status) -> Rows:
        """Return the rows of people in any of these statuses."""
        return np.flatnonzero(status_table(*statuses)[self.status])

    def age(self, rows: Rows, day: Days | int) -> NDArray[np.float64]:
        """Return ages in years on a day."""
        return (day - self.birth_day[rows]) / DAYS_PER_YEAR

    def stocks(self, settled: int = 0) -> NDArray[np.int64]:
        """Return the number of people in each status; whoever stands in the first `settled` rows has left."""
        counts = np.zeros((_TALLIES, len(Status)), np.int64)
        _count(self.status[settled:], counts)
        counts[0, Status.LEFT] += settled
        return counts.sum(axis=0)

    def due(self, rows: Rows, statuses: NDArray[np.bool_], before_day: int) -> Rows:
        """Return those of these rows whose status, one of a table's, ends before a day."""
        out = np.empty(len(rows), np.int64)
        return out[: _fill_due(rows, self.status, self.status_end_day, statuses, before_day, out)]

    def copy(self) -> "People":
        """Return an independent copy, flows included."""
        twin = super().copy()
        twin.__dict__["flows"] = self.__dict__["flows"].copy()
        return twin


def band_of(counts: NDArray[np.integer]) -> NDArray[np.int64]:
    """Return the published band of numbers of previous sanctions; shape kept."""
    return np.searchsorted(BAND_FLOORS, counts, side="right") - 1


class Offender(RowView):
    """One row of the table of people, seen as a Mesa agent; the number is the person's own.

    Parameters
    ----------
    model : ProbationModel
    row : int
    """

    table_name = "people"
    title = "an offender"

    def __init__(self, model: Any, row: int) -> None:
        people = model.people
        super().__init__(model, row, int(person_number(int(people.arrival_week[row]), int(people.slot[row]))))

    @property
    def age(self) -> float:
        """Age in years at the start of the model's present week."""
        return float(self.model.people.age(np.array([self.row]), self.model.day)[0])

    @property
    def state(self) -> Status:
        """Where the law has this person."""
        return Status(self.status)

    def describe(self) -> str:
        """Return one line: who this is."""
        sex = "woman" if self.is_female else "man"
        since = date_of(self.status_since_day)
        return f"person {self.unique_id}, a {sex} of {self.age:.0f}, {self.state.name.lower()} since {since}"
