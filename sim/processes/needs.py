"""Needs: onset and recovery at liberty, loss through custody, what help does.

At liberty a need comes and goes about the person's own propensity: at each review (every quarter) it is drawn anew
with the chance of its turnover. For rate r and propensity p this is the two-state chain with onset ``r p`` and
recovery ``r (1 - p)``, and lives that parted agree again at the next renewal. Each week inside may bring a need on:
home, work and family ties are lost. While help lasts, the needs that it is for may be met.

Reads: status, ogrs3, stretch_phase, help.
Writes: needs, offence_bound.
Draws: needs.review, needs.renewed, needs.inside, needs.helped.
"""

from typing import TYPE_CHECKING

import numpy as np

from sim.compiled import compiled
from sim.draws import uniform
from sim.help import build as build_help
from sim.legal_status import raised
from sim.needs import NEEDS, build, hundredth, keys
from sim.offenders import IS_IN_PRISON

if TYPE_CHECKING:
    from sim.model import ProbationModel

_PHASES = 256


def step(model: "ProbationModel") -> None:
    """Let needs come and go: at liberty by review and by help, inside by loss."""
    people, draws, week = model.people, model.draws, model.week
    n = model.register.derived(build)
    review_weeks = int(model.register.needs.review_weeks)
    live_at_liberty(
        n,
        model.register.derived(build_help).p_met,
        model.tracked,
        np.arange(_PHASES) % review_weeks == week % review_weeks,
        keys(draws, "needs.review", week),
        keys(draws, "needs.renewed", week),
        keys(draws, "needs.helped", week),
        people.person_hash,
        people.status,
        people.stretch_phase,
        people.ogrs3,
        people.help,
        people.needs,
        people.offence_bound,
    )
    lose_inside(
        n,
        model.inside,
        keys(draws, "needs.inside", week),
        people.person_hash,
        people.status,
        people.needs,
    )


@compiled
def renewed(n, person_hash, bin_of_ogrs3, needs, review_keys, renewed_keys):
    """Return a person's needs after a review: each is drawn anew with the chance of its turnover."""
    for need in range(NEEDS):
        if uniform(person_hash, review_keys[need]) < n.p_review[need]:
            needs &= ~(1 << need)
            if uniform(person_hash, renewed_keys[need]) < n.usual[need, bin_of_ogrs3]:
                needs |= 1 << need
    return needs


@compiled
def met(p_met, person_hash, help_, needs, helped_keys):
    """Return a person's needs after a week of help: each that the help is for may be met."""
    for need in range(NEEDS):
        if needs >> need & 1 and uniform(person_hash, helped_keys[need]) < p_met[help_, need]:
            needs &= ~(1 << need)
    return needs


@compiled
def live_at_liberty(
    n,
    p_met,
    rows,
    is_reviewed,
    review_keys,
    renewed_keys,
    helped_keys,
    person_hash,
    status,
    stretch_phase,
    ogrs3,
    help_,
    needs,
    offence_bound,
):
    """Review the needs of a part of the people at liberty, and let help meet needs."""
    for i in rows:
        reviewed = is_reviewed[stretch_phase[i]]
        if (not reviewed and help_[i] == 0) or IS_IN_PRISON[status[i]]:
            continue
        before = np.int64(needs[i])
        now = before
        if help_[i] > 0:
            now = met(p_met, person_hash[i], help_[i], now, helped_keys)
        if reviewed:
            now = renewed(n, person_hash[i], hundredth(ogrs3[i]), now, review_keys, renewed_keys)
        if now != before:
            needs[i] = now
            offence_bound[i] = raised(offence_bound[i], n.present[now] / n.present[before])


@compiled
def lose_inside(n, rows, keys_, person_hash, status, needs):
    """Let a week inside bring needs on."""
    for i in rows:
        if IS_IN_PRISON[status[i]]:
            now = np.int64(needs[i])
            for need in range(NEEDS):
                if not now >> need & 1 and uniform(person_hash[i], keys_[need]) < n.p_lost_inside[need]:
                    now |= 1 << need
            needs[i] = now
