"""Needs: onset and recovery at liberty, loss through custody, what help does.

At liberty a need comes and goes about the person's own propensity: at each review it is drawn anew
with the chance of its turnover. For rate r and propensity p this is the two-state chain with onset ``r p`` and
recovery ``r (1 - p)``, and lives that parted agree again at the next renewal. Each week inside may bring a need on:
home, work and family ties are lost. While help lasts, the needs that it is for may be met.

Reads: status, ogrs3, stretch_phase, help, charities' cases.
Writes: needs, offence_bound.
Draws: needs.review, needs.renewed, needs.inside, needs.helped.
"""

from typing import TYPE_CHECKING

import numpy as np

from sim.charities import Stage
from sim.compiled import compiled, compiled_with_arrays
from sim.draws import uniform
from sim.help import build as build_help
from sim.legal_status import raised
from sim.needs import NEEDS, build, hundredth, keys
from sim.offenders import IS_IN_PRISON

if TYPE_CHECKING:
    from sim.model import ProbationModel


def step(model: "ProbationModel") -> None:
    """Let needs come and go: at liberty by review and by help, inside by loss."""
    people, draws, week, cases = model.people, model.draws, model.week, model.cases
    n = model.register.derived(build)
    be_helped(
        n,
        model.register.derived(build_help).p_met,
        cases.row[cases.stage == Stage.HELPED],
        keys(draws, "needs.helped", week),
        people.person_hash,
        people.status,
        people.help,
        people.needs,
        people.offence_bound,
    )
    review(
        n,
        model.reviewed,
        keys(draws, "needs.review", week),
        keys(draws, "needs.renewed", week),
        people.person_hash,
        people.status,
        people.ogrs3,
        people.needs,
        people.offence_bound,
    )
    inside_keys = keys(draws, "needs.inside", week)
    lose_inside(n, model.inside, inside_keys, people.person_hash, people.status, people.needs)


@compiled
def renewed(n, person_hash, bin_of_ogrs3, needs, review_keys, renewed_keys):
    """Return a person's needs after a review: each is drawn anew with the chance of its turnover.

    Without branches, which would go either way as the draws do.
    """
    anew, drawn = 0, 0
    for need in range(NEEDS):
        anew |= int(uniform(person_hash, review_keys[need]) < n.p_review[need]) << need
        drawn |= int(uniform(person_hash, renewed_keys[need]) < n.usual[need, bin_of_ogrs3]) << need
    return (needs & ~anew) | (drawn & anew)


@compiled
def met(p_met, person_hash, help_, needs, helped_keys):
    """Return a person's needs after a week of help: each that the help is for may be met."""
    for need in range(NEEDS):
        if needs >> need & 1 and uniform(person_hash, helped_keys[need]) < p_met[help_, need]:
            needs &= ~(1 << need)
    return needs


@compiled
def be_helped(n, p_met, rows, helped_keys, person_hash, status, help_, needs, offence_bound):
    """Let a week of help meet needs of those at liberty; who comes twice, for two kinds of help, is told the same."""
    for i in rows:
        if IS_IN_PRISON[status[i]]:
            continue
        before = np.int64(needs[i])
        now = met(p_met, person_hash[i], help_[i], before, helped_keys)
        if now != before:
            needs[i] = now
            offence_bound[i] = raised(offence_bound[i], n.present[now] / n.present[before])


@compiled_with_arrays
def review(n, rows, review_keys, renewed_keys, person_hash, status, ogrs3, needs, offence_bound):
    """Review the needs of those of the rows who are at liberty.

    Everything is read before anything is worked out: people reviewed stand far apart, and reads then overlap.
    """
    hashes, law, risk, had = person_hash[rows], status[rows], ogrs3[rows], needs[rows]
    for k in range(rows.size):
        if IS_IN_PRISON[law[k]]:
            continue
        before = np.int64(had[k])
        now = renewed(n, hashes[k], hundredth(risk[k]), before, review_keys, renewed_keys)
        if now != before:
            i = rows[k]
            needs[i] = now
            offence_bound[i] = raised(offence_bound[i], n.present[now] / n.present[before])


@compiled_with_arrays
def lose_inside(n, rows, keys_, person_hash, status, needs):
    """Let a week inside bring needs on; one need after the other, so that several people are drawn for at once."""
    hashes, now = person_hash[rows], needs[rows]
    for need in range(NEEDS):
        key, p_lost = keys_[need], n.p_lost_inside[need]
        for k in range(rows.size):
            now[k] |= np.uint8(uniform(hashes[k], key) < p_lost) << np.uint8(need)
    for k in range(rows.size):
        if IS_IN_PRISON[status[rows[k]]]:
            needs[rows[k]] = now[k]
