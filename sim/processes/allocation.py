"""Allocation: who supervises whom.

Before the split a trust supervises everyone. Under `risk_split` high risk of serious harm and MAPPA go to the NPS, all
others to the CRC; escalation leads one way, from CRC to NPS, with an interruption of contact. Under
`reunified_service` one service has everyone again. Within an office a person's team is drawn once, and the case goes to
the officer with the least workload for the contracted hours; high risk of serious harm to a qualified one. Officers who
leave hand on their cases. A change of officer sets the alliance back. Above what an officer can carry, contacts are
cut, lowest tier first, or by class of payment.

Reads: status, sentence columns, rosh, is_mappa, area, ogrs3, officers' hours, grades and absences.
Writes: provider (of the last index events too), officer, officer_changes, alliance, handover_end_day, offence_bound,
rosh (escalation); officers' caseloads (and points, cuts).
Draws: allocation.team, allocation.order, allocation.escalation, allocation.same_officer.
"""

from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.draws import uniform
from sim.events import Event
from sim.legal_status import drop_supervisor, is_on_caseload, look_again
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Disposal, Provider, Rosh, Rows
from sim.officers import assign_least_loaded
from sim.providers import by_risk, only_provider
from sim.workload import add_case, clear, fill_weights, share_cut, tier_of
from sim.workload import build as build_workload

if TYPE_CHECKING:
    from sim.model import ProbationModel

_SUPERVISED = (Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER, Disposal.CUSTODY)
"""What supervision follows."""


def step(model: "ProbationModel") -> None:
    """Escalate; give everyone on a caseload the provider that the rule names and an officer; see who has too much."""
    over, rows, wanted = look_over(model)
    drop_supervisor(model, over)
    allocate(model, rows, wanted)
    cut(model)


def stranger(provider: Any, wanted: Any) -> Any:
    """Say whose provider must change: a trust's case after the split, or a CRC's case that belongs to the NPS.

    The NPS keeps whom it has: allocation is decided once, and escalation leads one way. Scalars or arrays.
    """
    return (provider != wanted) & ((provider != Provider.NPS) | (wanted != Provider.CRC))


_is_stranger = compiled(stranger)


class Case(NamedTuple):
    """The columns of people by which it is decided whether they need a supervisor, which, and what the case weighs."""

    person_hash: NDArray[np.uint64]
    status: NDArray[np.uint8]
    sentence_days: NDArray[np.int32]
    is_supervised_short: NDArray[np.bool_]
    sentence_end_day: NDArray[np.int32]
    licence_end_day: NDArray[np.int32]
    area: NDArray[np.uint8]
    rosh: NDArray[np.uint8]
    ogrs3: NDArray[np.float32]
    is_mappa: NDArray[np.bool_]
    officer: NDArray[np.int32]
    provider: NDArray[np.uint8]


class Found(NamedTuple):
    """Room for whom a pass over everyone under sentence finds, each shape (people,)."""

    escalated: NDArray[np.int64]
    over: NDArray[np.int64]  # no longer to be supervised
    row: NDArray[np.int64]  # to be allocated
    provider: NDArray[np.int64]  # to whom by the regime's rule


@compiled
def escalates(p, i, p_escalation, key):
    """Say whether someone supervised in the community is judged to be of high risk this week."""
    below = IS_SUPERVISED_IN_COMMUNITY[p.status[i]] and p.rosh[i] < Rosh.HIGH
    return below and uniform(p.person_hash[i], key) < p_escalation


@compiled
def _look_over(w, p_escalation, key, day, only, rows, p, is_vacant, load, out):
    """Escalate, find who is over and whom to allocate, and weigh what every officer holds, in one pass."""
    clear(load)
    escalated, over, found = 0, 0, 0
    for i in rows:
        if escalates(p, i, p_escalation, key):
            p.rosh[i] = Rosh.HIGH
            out.escalated[escalated] = i
            escalated += 1
        officer = p.officer[i]
        if not is_on_caseload(
            day, p.status[i], p.sentence_days[i], p.is_supervised_short[i], p.sentence_end_day[i], p.licence_end_day[i]
        ):
            if officer >= 0:
                out.over[over] = i
                over += 1
            continue
        if officer >= 0:
            add_case(w, load, officer, p.status[i], p.rosh[i], p.ogrs3[i], 1)
        wanted = only[p.area[i]]
        if wanted == Provider.NOBODY:
            wanted = by_risk(p.rosh[i], p.is_mappa[i])
        if officer < 0 or is_vacant[officer] or _is_stranger(p.provider[i], wanted):
            out.row[found], out.provider[found] = i, wanted
            found += 1
    return escalated, over, found


def look_over(model: "ProbationModel") -> tuple[Rows, Rows, Rows]:
    """Go through everyone under sentence: raise the assessed risk of some to high, and add up officers' workload.

    Return who is no longer to be supervised; who is to be allocated, and to which provider by the regime's rule.
    """
    rows, p = model.engaged, model.register.allocation
    room = Found(*(np.empty(len(rows), np.int64) for _ in Found._fields))
    escalated, over, found = _look_over(
        model.register.derived(build_workload),
        p.p_escalation_per_week,
        model.draws.key("allocation.escalation", model.week),
        model.day,
        np.array([only_provider(model.timeline, area, model.day) for area in range(len(model.region.areas))]),
        rows,
        model.people.part(Case),
        model.officers.is_vacant,
        model.officers.load(),
        room,
    )
    model.log.record(Event.ESCALATION, model.day, room.escalated[:escalated], Rosh.HIGH)
    return room.over[:over], room.row[:found], room.provider[:found]


def allocate(model: "ProbationModel", rows: Rows, provider: Rows) -> None:
    """Hand people to officers, in the order of a keyed priority, so that the order of rows does not count."""
    model.officer_changes[:] = 0
    if not len(rows):
        return
    people, officers, p = model.people, model.officers, model.register.allocation
    order = np.argsort(model.draws.uniforms("allocation.order", people.person_hash[rows], model.week), kind="stable")
    rows, provider = rows[order], provider[order]
    officers.release(people.officer[rows])
    chosen = np.empty(len(rows), np.int64)
    assign_least_loaded(
        officers.first[provider, people.area[rows]],
        officers.holders[provider, people.area[rows]],
        int(p.team_size),
        model.draws.uniforms("allocation.team", people.person_hash[rows]),
        weights(model, rows),
        people.rosh[rows] >= Rosh.HIGH,
        officers.is_closed,
        ~officers.is_away(model.day),
        officers.is_qualified,
        officers.target,
        officers.points,
        officers.caseload,
        chosen,
    )
    before = people.officer[rows].astype(np.int64)
    _reweigh(model.register.derived(build_workload), rows, before, chosen, people.part(Case), officers.load())
    moved = chosen != before  # a team that is away as a whole keeps the cases of a leaver
    rows, provider, chosen = rows[moved], provider[moved], chosen[moved]
    hand_over(model, rows, provider)
    people.provider[rows] = provider
    people.officer[rows] = chosen
    model.log.record(Event.ALLOCATION, model.day, rows, provider, chosen)
    is_new = before[moved] < 0
    note_supervisor(model, rows[is_new], provider[is_new])


def note_supervisor(model: "ProbationModel", rows: Rows, provider: Rows) -> None:
    """Enter who supervises after the last index event of this week and the last, for people who had nobody on the day.

    Whoever starts an order has a provider from the next week on, and is in that one's cohort.
    """
    index, first = model.index_log, model.index_logged[0]
    nobody = np.isin(index.disposal[first:], _SUPERVISED) & (index.provider[first:] == Provider.NOBODY)
    waiting = first + np.flatnonzero(nobody)
    last_of = dict(zip(index.row[waiting].tolist(), waiting.tolist(), strict=True))
    for row, who in zip(rows.tolist(), provider.tolist(), strict=True):
        if row in last_of:
            index.provider[last_of[row]] = who


@compiled
def _reweigh(w, rows, before, chosen, p, load):
    """Take cases from the load of who had them and add them to that of who has them now, whose points count them."""
    for k in range(rows.size):
        i = rows[k]
        if before[k] >= 0:
            add_case(w, load, before[k], p.status[i], p.rosh[i], p.ogrs3[i], -1)
        load.points[chosen[k]] -= w.points[tier_of(w, p.rosh[i], p.ogrs3[i]), p.status[i]]
        add_case(w, load, chosen[k], p.status[i], p.rosh[i], p.ogrs3[i], 1)


def weights(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Return the workload points of cases, shape (n,)."""
    people = model.people
    out = np.empty(len(rows), np.int64)
    fill_weights(model.register.derived(build_workload), rows, people.status, people.rosh, people.ogrs3, out)
    return out


def hand_over(model: "ProbationModel", rows: Rows, provider: Rows) -> None:
    """Let a change of officer set the alliance back, and a change from CRC to NPS interrupt contact.

    At the split and when services become one some keep the officer they had: they change employer together.
    """
    people, p = model.people, model.register.allocation
    before = people.provider[rows]
    begins = before == Provider.NOBODY
    u = model.draws.uniforms("allocation.same_officer", people.person_hash[rows], model.week)
    reorganised = (before == Provider.TRUST) | (provider == Provider.PROBATION_SERVICE)
    together = reorganised & (before != provider) & (u < p.p_same_officer_at_split)
    changes = ~begins & ~together
    people.alliance[rows[begins]] = 0
    people.alliance[rows[changes]] *= np.float32(p.alliance_kept_on_change)
    people.officer_changes[rows[changes]] += 1
    model.officer_changes[:] = np.bincount(provider[changes], minlength=len(Provider))
    look_again(people, rows[changes])
    escalated = rows[(before == Provider.CRC) & (provider == Provider.NPS)]
    people.handover_end_day[escalated] = model.day + int(p.handover_days)


def cut(model: "ProbationModel") -> None:
    """Work out what every officer above capacity cuts from this week's contacts."""
    officers = model.officers
    share_cut(
        model.register.derived(build_workload),
        officers.points,
        officers.capacity(model.day, model.register.workload.cover_share),
        officers.cuttable,
        officers.cuts,
    )
