"""Allocation: who supervises whom.

Before the split a trust supervises everyone. Under `risk_split` high risk of serious harm and MAPPA go to the NPS, all
others to the CRC; escalation leads one way, from CRC to NPS. Within an office a person's team is drawn once, and the
case goes to its least loaded officer.

Reads: status, sentence columns, rosh, is_mappa, area.
Writes: provider, officer, officer_changes, rosh (escalation); officers' caseloads.
Draws: allocation.team, allocation.order, allocation.escalation.
"""

from typing import TYPE_CHECKING, Any

import numpy as np

from sim.compiled import compiled
from sim.draws import uniform
from sim.events import Event
from sim.legal_status import drop_supervisor, is_on_caseload
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Provider, Rosh, Rows
from sim.officers import assign_least_loaded
from sim.providers import by_risk

if TYPE_CHECKING:
    from sim.model import ProbationModel


def step(model: "ProbationModel") -> None:
    """Escalate, and give everyone on a caseload the provider that the rule names."""
    escalate(model)
    over, rows, wanted = sort_out(model)
    drop_supervisor(model, over)
    allocate(model, rows, wanted)


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
        if officer[i] < 0 or _is_stranger(provider[i], wanted):
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


def allocate(model: "ProbationModel", rows: Rows, provider: Rows) -> None:
    """Hand people to officers, in the order of a keyed priority, so that the order of rows does not count."""
    if not len(rows):
        return
    people, officers = model.people, model.officers
    order = np.argsort(model.draws.uniforms("allocation.order", people.person_hash[rows], model.week), kind="stable")
    rows, provider = rows[order], provider[order]
    had = people.officer[rows] >= 0
    officers.release(people.officer[rows])
    chosen = np.empty(len(rows), np.int64)
    assign_least_loaded(
        officers.first[provider, people.area[rows]],
        officers.count[provider, people.area[rows]],
        int(model.register.allocation.team_size),
        model.draws.uniforms("allocation.team", people.person_hash[rows]),
        officers.caseload,
        chosen,
    )
    people.provider[rows] = provider
    people.officer[rows] = chosen
    people.officer_changes[rows[had]] += 1
    model.log.record(Event.ALLOCATION, model.day, rows, provider, chosen)
