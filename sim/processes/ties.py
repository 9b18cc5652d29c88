"""Ties: co-offenders, people met in custody, family; how strong they are, and who is under the influence of whom.

Newcomers are tied to potential co-offenders of their cell. Each month people of like offences who are inside together
may become tied. An offence makes a person active for some time. A person is under the influence of every tied peer who
is active and at liberty, by the strength of the tie as it has faded. The tie to family fades inside and grows back at
liberty, faster with help.

Reads: the log, new people, status, offence_group, area, stretch_phase, help.
Writes: cell, first_tie, active_until_day, has_influence, peer_influence, family_tie, offence_bound; ties.
Draws: ties.cell, ties.sociability, ties.pair, ties.family, ties.wing, ties.custody.
"""

from typing import TYPE_CHECKING

import numpy as np

from sim.charities import Kind
from sim.clock import DAYS_PER_WEEK
from sim.compiled import compiled, compiled_with_arrays
from sim.draws import uniform
from sim.events import Event
from sim.legal_status import raised
from sim.network import TOGETHER, TieKind, build, by_area, faded, meet_newcomers, pairs_inside, tie
from sim.offenders import IN_PRISON, IS_IN_PRISON, OffenceGroup, Rows, Status, status_table

if TYPE_CHECKING:
    from sim.model import ProbationModel

_MONTH_WEEKS = 4
_IS_AT_LIBERTY = ~status_table(*IN_PRISON, Status.LEFT)


def step(model: "ProbationModel") -> None:
    """Tie people, let family ties fade and grow, and work out who is under whose influence."""
    newcomers = np.arange(len(model.ties.members), len(model.people))
    meet_newcomers(model)
    begin_family_ties(model, newcomers)
    if model.week % _MONTH_WEEKS == 0:
        meet_inside(model)
    live_family_ties(model)
    activate(model)
    spread(model)


def begin_family_ties(model: "ProbationModel", rows: Rows) -> None:
    """Give newcomers the tie to family that they have in life when at liberty."""
    people = model.people
    people.family_tie[rows] = model.draws.uniforms("ties.family", people.person_hash[rows])


def meet_inside(model: "ProbationModel") -> None:
    """Tie people who are inside together: on one wing, for like offences, from one area.

    Each area has wings of its own, by the people supervised there, so that people meet as often in a region of one area
    as in the country; the last wing is filled in part.
    """
    people, p, ties = model.people, model.register.ties, model.ties
    rows = model.inside[IS_IN_PRISON[people.status[model.inside]]]
    wings = by_area(model, p.wings_per_1000)
    u = model.draws.uniforms_at("ties.wing", people.person_hash[rows], people.status_since_day[rows])
    wing = (u * wings[people.area[rows]]).astype(np.int64)
    wing = (wing * len(OffenceGroup) + people.offence_group[rows]) * len(model.region.areas) + people.area[rows]
    order = np.lexsort((people.person_hash[rows], wing))
    pairs = pairs_inside(
        rows[order],
        wing[order],
        p.p_custody_tie,
        model.draws.key("ties.custody", model.week),
        people.person_hash,
        people.first_tie,
        ties.half,
    )
    tie(model, pairs, TieKind.CUSTODY, int(p.custody_strength), np.full(len(pairs), model.week))


def live_family_ties(model: "ProbationModel") -> None:
    """Let ties to family fade inside, every week, and grow back at liberty, at reviews."""
    people, p = model.people, model.register.ties
    fade_family(model.inside, p.family_lost_per_week, people.status, people.family_tie)
    grow_family(
        model.reviewed,
        p.family_growth_per_review,
        p.family_help_factor,
        model.draws.key("ties.family"),
        people.person_hash,
        people.status,
        people.help,
        people.family_tie,
    )


@compiled
def fade_family(rows, lost, status, family_tie):
    """Let ties to family fade by a week inside."""
    for i in rows:
        if IS_IN_PRISON[status[i]]:
            family_tie[i] *= 1.0 - lost


@compiled_with_arrays
def grow_family(rows, growth, help_factor, key, person_hash, status, help_, family_tie):
    """Let ties to family grow back at liberty to what they are in the person's life."""
    hashes, law, aided = person_hash[rows], status[rows], help_[rows]  # people stand far apart, and reads then overlap
    for k in range(rows.size):
        if not IS_IN_PRISON[law[k]]:
            share = growth * (help_factor if aided[k] >> Kind.FAMILY & 1 else 1.0)
            missing = max(uniform(hashes[k], key) - family_tie[rows[k]], 0.0)
            family_tie[rows[k]] += min(share, 1.0) * missing


def activate(model: "ProbationModel") -> None:
    """Make everyone active who has offended since the last time, and keep the list of who is."""
    people, log, ties = model.people, model.log, model.ties
    seen, ties.log_seen = ties.log_seen, len(log)
    offended = seen + np.flatnonzero(log.event[seen:] == Event.OFFENCE)
    rows = log.row[offended]
    fresh = rows[people.active_until_day[rows] <= model.day - DAYS_PER_WEEK]
    fresh = fresh[np.unique(people.person_hash[fresh], return_index=True)[1]]
    ties.active = np.concatenate([ties.active, fresh.astype(np.int64)])
    people.active_until_day[rows] = log.day[offended] + int(model.register.ties.active_days)


def spread(model: "ProbationModel") -> None:
    """Tell the peers of everyone who has become active at liberty, or ceased to be; forget who is no longer active."""
    people, ties = model.people, model.ties
    tell_peers(
        model.register.derived(build),
        ties.active,
        model.day,
        model.week,
        ties.half,
        people.first_tie,
        people.status,
        people.active_until_day,
        people.has_influence,
        people.peer_influence,
        people.offence_bound,
    )
    ties.active = ties.active[people.active_until_day[ties.active] > model.day]


@compiled
def _gives(i, day, status, active_until_day):
    """Say whether a person is active at liberty, and so has influence on peers."""
    return (active_until_day[i] > day) & _IS_AT_LIBERTY[status[i]]


@compiled
def _changed(rows, day, status, active_until_day, has_influence, out):
    """Fill in who of the rows has become active at liberty, or ceased to be; return how many."""
    found = 0
    for i in rows:
        out[found] = i
        found += _gives(i, day, status, active_until_day) != has_influence[i]
    return found


@compiled
def _reach(rows, half, first_tie, peer_influence, at, near):
    """Walk the ties of some people side by side, up to their peers, so that all are near when each is told.

    Ties and peers stand far apart, and one chain alone would wait for each in turn.
    """
    walking = 0
    for i in rows:
        at[walking] = first_tie[i]
        walking += at[walking] >= 0
    while walking:
        still = 0
        for k in range(walking):
            tie_of = half[at[k]]
            near[k] = peer_influence[tie_of["peer"]]
            at[still] = tie_of["next"]
            still += at[still] >= 0
        walking = still


@compiled_with_arrays
def tell_peers(
    n,
    rows,
    day,
    week,
    half,
    first_tie,
    status,
    active_until_day,
    has_influence,
    peer_influence,
    offence_bound,
):
    """Add what people who have become active at liberty give their peers, and take back what those gave who no longer
    are; a tie gives its strength as it has faded by the week in which it begins to give. Whoever leaves gives nothing
    from then on, for nobody would take it back."""
    changed = np.empty(rows.size + 1, np.int64)
    changed = changed[: _changed(rows, day, status, active_until_day, has_influence, changed)]
    at, near = np.empty(TOGETHER, np.int64), np.empty(TOGETHER, np.int64)
    for k in range(changed.size):
        if k % TOGETHER == 0:
            _reach(changed[k : k + TOGETHER], half, first_tie, peer_influence, at, near)
        i = changed[k]
        active = _gives(i, day, status, active_until_day)
        has_influence[i] = active
        h = first_tie[i]
        while h >= 0:
            now = faded(n, float(half[h]["strength"]), week - half[h]["since_week"]) if active else 0
            if now != half[h]["given"]:
                peer = half[h]["peer"]
                peer_influence[peer] += now - np.int64(half[h]["given"])
                half[h]["given"] = now
                if active:
                    offence_bound[peer] = raised(offence_bound[peer], n.influence[now])
            h = half[h]["next"]
