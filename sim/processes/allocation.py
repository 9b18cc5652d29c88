"""Allocation: who supervises whom.

Before the split a trust supervises everyone. Under `risk_split` high risk of serious harm and MAPPA go to the NPS, all
others to the CRC; escalation leads one way, from CRC to NPS, with an interruption of contact. Within an office a
person's team is drawn once, and the case goes to the officer with the least workload for the contracted hours; high
risk of serious harm to a qualified one. Officers who leave hand on their cases. A change of officer sets the alliance
back. Above what an officer can carry, contacts are cut, lowest tier first.

Reads: status, sentence columns, rosh, is_mappa, area, ogrs3, officers' hours, grades and absences.
Writes: provider, officer, officer_changes, alliance, handover_end_day, offence_bound, rosh (escalation); officers'
caseloads (and points, cuts).
Draws: allocation.team, allocation.order, allocation.escalation, allocation.same_officer.
"""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.draws import uniform
from sim.events import Event
from sim.legal_status import drop_supervisor, is_on_caseload, look_again
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Provider, Rosh, Rows
from sim.officers import assign_least_loaded
from sim.providers import by_risk
from sim.workload import add_up, fill_weights, share_cut
from sim.workload import build as build_workload

if TYPE_CHECKING:
    from sim.model import ProbationModel


def step(model: "ProbationModel") -> None:
    """Escalate; give everyone on a caseload the provider that the rule names and an officer; see who has too much."""
    escalate(model)
    over, rows, wanted = sort_out(model)
    drop_supervisor(model, over)
    weigh(model)
    allocate(model, rows, wanted)
    weigh(model)
    cut(model)


def stranger(provider: Any, wanted: Any) -> Any:
    """Say whose provider must change: a trust's case after the split, or a CRC's case that belongs to the NPS.

    The NPS keeps whom it has: allocation is decided once, and escalation leads one way. Scalars or arrays.
    """
    return (provider != wanted) & ((provider != Provider.NPS) | (wanted != Provider.CRC))


_is_stranger = compiled(stranger)


@compiled
def _sort_out(
    rows,
    day,
    is_split,
    status,
    sentence_days,
    is_supervised_short,
    sentence_end_day,
    licence_end_day,
    area,
    rosh,
    is_mappa,
    officer,
    is_vacant,
    provider,
    out_over,
    out_row,
    out_provider,
):
    over, found = 0, 0
    for i in rows:
        if not is_on_caseload(
            day, status[i], sentence_days[i], is_supervised_short[i], sentence_end_day[i], licence_end_day[i]
        ):
            if officer[i] >= 0:
                out_over[over] = i
                over += 1
            continue
        wanted = by_risk(rosh[i], is_mappa[i]) if is_split[area[i]] else Provider.TRUST.value
        if officer[i] < 0 or is_vacant[officer[i]] or _is_stranger(provider[i], wanted):
            out_row[found], out_provider[found] = i, wanted
            found += 1
    return over, found


def sort_out(model: "ProbationModel") -> tuple[Rows, Rows, Rows]:
    """Return who is no longer to be supervised; who is to be allocated, and to which provider by the regime's rule."""
    people, rows = model.people, model.engaged
    no_longer, row, wanted = (np.empty(len(rows), np.int64) for _ in ("no longer", "row", "wanted"))
    over, found = _sort_out(
        rows,
        model.day,
        model.timeline.covers("risk_split", np.arange(len(model.region.areas)), today=model.day),
        people.status,
        people.sentence_days,
        people.is_supervised_short,
        people.sentence_end_day,
        people.licence_end_day,
        people.area,
        people.rosh,
        people.is_mappa,
        people.officer,
        model.officers.is_vacant,
        people.provider,
        no_longer,
        row,
        wanted,
    )
    return no_longer[:over], row[:found], wanted[:found]


@compiled
def _escalating(rows, p_escalation, key, person_hash, status, rosh, out):
    found = 0
    for i in rows:
        chosen = uniform(person_hash[i], key) < p_escalation
        if chosen and IS_SUPERVISED_IN_COMMUNITY[status[i]] and rosh[i] < Rosh.HIGH:
            out[found] = i
            found += 1
    return found


def escalate(model: "ProbationModel") -> None:
    """Raise the assessed risk of some who are supervised in the community to high."""
    people, p = model.people, model.register.allocation
    out = np.empty(len(model.engaged), np.int64)
    key = model.draws.key("allocation.escalation", model.week)
    found = _escalating(
        model.engaged, p.p_escalation_per_week, key, people.person_hash, people.status, people.rosh, out
    )
    rows = out[:found]
    people.rosh[rows] = Rosh.HIGH
    model.log.record(Event.ESCALATION, model.day, rows, Rosh.HIGH)


def weigh(model: "ProbationModel") -> None:
    """Add up every officer's workload points, from the cases as they stand."""
    people, officers = model.people, model.officers
    add_up(
        model.register.derived(build_workload),
        model.engaged,
        people.officer,
        people.status,
        people.rosh,
        people.ogrs3,
        officers.points,
        officers.community_cases,
        officers.cuttable,
    )


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
        officers.count[provider, people.area[rows]],
        int(p.team_size),
        model.draws.uniforms("allocation.team", people.person_hash[rows]),
        weights(model, rows),
        people.rosh[rows] >= Rosh.HIGH,
        ~officers.is_away(model.day),
        officers.is_qualified,
        officers.target,
        officers.points,
        officers.caseload,
        chosen,
    )
    moved = chosen != people.officer[rows]  # a team that is away as a whole keeps the cases of a leaver
    rows, provider, chosen = rows[moved], provider[moved], chosen[moved]
    hand_over(model, rows, provider)
    people.provider[rows] = provider
    people.officer[rows] = chosen
    model.log.record(Event.ALLOCATION, model.day, rows, provider, chosen)


def weights(model: "ProbationModel", rows: Rows) -> NDArray[np.int64]:
    """Return the workload points of cases, shape (n,)."""
    people = model.people
    out = np.empty(len(rows), np.int64)
    fill_weights(model.register.derived(build_workload), rows, people.status, people.rosh, people.ogrs3, out)
    return out


def hand_over(model: "ProbationModel", rows: Rows, provider: Rows) -> None:
    """Let a change of officer set the alliance back, and a change from CRC to NPS interrupt contact.

    At the split some keep the officer they had: they change employer together.
    """
    people, p = model.people, model.register.allocation
    before = people.provider[rows]
    begins = before == Provider.NOBODY
    u = model.draws.uniforms("allocation.same_officer", people.person_hash[rows], model.week)
    together = (before == Provider.TRUST) & (provider != Provider.TRUST) & (u < p.p_same_officer_at_split)
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
