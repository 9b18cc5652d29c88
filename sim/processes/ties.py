"""Ties: co-offenders, people met in custody, family; how strong they are, and who is under the influence of whom.

Newcomers are tied to potential co-offenders of their cell. Each month people of like offences who are inside together
may become tied. An offence makes a person active for some time. A person is under the influence of every tied peer who
is active and at liberty, by the strength of the tie as it has faded; a mentor weakens it. The tie to family fades
inside and grows back at liberty, faster with help.

Reads: the log, new people, status, offence_group, area, stretch_phase, help.
Writes: cell, cell_next, sociability, first_tie, active_until_day, peer_influence, family_tie, offence_bound; ties.
Draws: ties.cell, ties.sociability, ties.pair, ties.family, ties.wing, ties.custody.
"""

from typing import TYPE_CHECKING

import numpy as np

from sim.charities import Kind
from sim.compiled import compiled
from sim.draws import uniform
from sim.events import Event
from sim.help import build as build_help
from sim.legal_status import VISIT
from sim.network import TieKind, build, faded, meet_newcomers, pairs_inside, tie
from sim.offenders import IS_IN_PRISON, OffenceGroup, Rows, Status

if TYPE_CHECKING:
    from sim.model import ProbationModel

_PHASES = 256
_MONTH_WEEKS = 4
_MOST = 250
"""The influence of peers, in hundredths, is counted up to here."""
_CHANGES = np.zeros(len(Event), bool)
_CHANGES[
    [
        Event.OFFENCE,
        Event.REMAND,
        Event.CUSTODY_START,
        Event.RECALL,
        Event.COMMITTAL,
        Event.RELEASE,
        Event.RE_RELEASE,
        Event.SUPERVISION_START,
        Event.LEFT,
    ]
] = True
"""Events after which someone may have become active, inactive, confined or free."""


def step(model: "ProbationModel") -> None:
    """Tie people, let family ties fade and grow, and work out who is under whose influence."""
    newcomers = np.arange(model.ties.people_seen, len(model.people))
    meet_newcomers(model)
    begin_family_ties(model, newcomers)
    if model.week % _MONTH_WEEKS == 0:
        meet_inside(model)
    live_family_ties(model)
    spread(model, activate(model))


def begin_family_ties(model: "ProbationModel", rows: Rows) -> None:
    """Give newcomers the tie to family that they have in life when at liberty."""
    people = model.people
    people.family_tie[rows] = model.draws.uniforms("ties.family", people.person_hash[rows])


def meet_inside(model: "ProbationModel") -> None:
    """Tie people who are inside together: on one wing, for like offences, from one area."""
    people, p, ties = model.people, model.register.ties, model.ties
    rows = model.engaged[IS_IN_PRISON[people.status[model.engaged]]]
    wings = max(1, int(p.wings_per_1000 * model.region.caseload * model.scale / _THOUSAND))
    u = model.draws.uniforms_at("ties.wing", people.person_hash[rows], people.status_since_day[rows])
    wing = (u * wings).astype(np.int64)
    wing = (wing * len(OffenceGroup) + people.offence_group[rows]) * len(model.region.areas) + people.area[rows]
    order = np.argsort(wing, kind="stable")
    pairs = pairs_inside(
        rows[order],
        wing[order],
        p.p_custody_tie,
        model.draws.key("ties.custody", model.week),
        people.person_hash,
        people.first_tie,
        ties.a,
        ties.b,
        ties.next_a,
        ties.next_b,
    )
    tie(model, pairs, TieKind.CUSTODY, int(p.custody_strength), np.full(len(pairs), model.week))


_THOUSAND = 1000


def live_family_ties(model: "ProbationModel") -> None:
    """Let ties to family fade inside, every week, and grow back at liberty, at reviews."""
    people, p = model.people, model.register.ties
    review_weeks = int(model.register.needs.review_weeks)
    fade_family(model.engaged, p.family_lost_per_week, people.status, people.family_tie)
    grow_family(
        model.tracked,
        np.arange(_PHASES) % review_weeks == model.week % review_weeks,
        p.family_growth_per_review,
        p.family_help_factor,
        model.draws.key("ties.family"),
        people.person_hash,
        people.status,
        people.stretch_phase,
        people.help,
        people.family_tie,
    )


@compiled
def fade_family(rows, lost, status, family_tie):
    """Let ties to family fade by a week inside."""
    for i in rows:
        if IS_IN_PRISON[status[i]]:
            family_tie[i] *= 1.0 - lost


@compiled
def grow_family(rows, is_reviewed, growth, help_factor, key, person_hash, status, stretch_phase, help_, family_tie):
    """Let ties to family grow back at liberty to what they are in the person's life."""
    for i in rows:
        if is_reviewed[stretch_phase[i]] and not IS_IN_PRISON[status[i]]:
            share = growth * (help_factor if help_[i] >> Kind.FAMILY & 1 else 1.0)
            missing = max(uniform(person_hash[i], key) - family_tie[i], 0.0)
            family_tie[i] += min(share, 1.0) * missing


def activate(model: "ProbationModel") -> Rows:
    """Make everyone active who has offended since the last time; return whose activity or liberty may have changed."""
    people, log, ties = model.people, model.log, model.ties
    seen, ties.log_seen = ties.log_seen, len(log)
    event, row, day = log.event[seen:], log.row[seen:], log.day[seen:]
    offended = event == Event.OFFENCE
    people.active_until_day[row[offended]] = day[offended] + int(model.register.ties.active_days)
    return row[_CHANGES[event]].astype(np.int64)


def spread(model: "ProbationModel", changed: Rows) -> None:
    """Work out anew who is under whose influence: the peers of those who changed, and a part of all the others."""
    people, ties = model.people, model.ties
    work_out(
        model.register.derived(build),
        model.register.derived(build_help).tie_factor,
        changed,
        model.tracked,
        np.arange(_PHASES) % _MONTH_WEEKS == model.week % _MONTH_WEEKS,
        model.day,
        model.week,
        ties.a,
        ties.b,
        ties.next_a,
        ties.next_b,
        ties.strength,
        ties.since_week,
        people.first_tie,
        people.status,
        people.active_until_day,
        people.stretch_phase,
        people.help,
        people.peer_influence,
        people.offence_bound,
    )


@compiled
def influence_on(n, i, day, week, a, b, next_a, next_b, strength, since_week, first_tie, status, active_until_day):
    """Return the strength of a person's ties to active peers at liberty, added up, in hundredths."""
    total = 0
    t = first_tie[i]
    while t >= 0:
        peer = b[t] if a[t] == i else a[t]
        law = status[peer]
        if active_until_day[peer] > day and not IS_IN_PRISON[law] and law != Status.LEFT:
            total += faded(n, float(strength[t]), week - since_week[t])
        t = next_a[t] if a[t] == i else next_b[t]
    return total


@compiled
def work_out(
    n,
    tie_factor,
    changed,
    rows,
    is_due,
    day,
    week,
    a,
    b,
    next_a,
    next_b,
    strength,
    since_week,
    first_tie,
    status,
    active_until_day,
    stretch_phase,
    help_,
    peer_influence,
    offence_bound,
):
    """Write down the influence on the peers of those who changed, and on those under influence whose turn it is."""
    chosen, found = np.empty(rows.size + a.size, np.int64), 0
    for i in changed:
        t = first_tie[i]
        while t >= 0 and found < chosen.size:
            chosen[found] = b[t] if a[t] == i else a[t]
            found += 1
            t = next_a[t] if a[t] == i else next_b[t]
    for i in rows:
        chosen[found] = i
        found += peer_influence[i] > 0 and is_due[stretch_phase[i]]
    for i in chosen[:found]:
        total = influence_on(
            n, i, day, week, a, b, next_a, next_b, strength, since_week, first_tie, status, active_until_day
        )
        now = min(int(total * tie_factor[help_[i]]), _MOST)
        if now > peer_influence[i] and offence_bound[i] > 0:
            offence_bound[i] = VISIT
        peer_influence[i] = now
