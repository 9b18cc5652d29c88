"""Workload in points: what a case weighs by tier and place, what an officer can carry, and what is cut above that.

The form is that of the Ministry's workload measurement tool: a weight for each case by tier and by where the person is
(custody, community, licence), added up against a target for contracted hours.
"""

import math
from enum import IntEnum
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.offenders import COMMUNITY_SUPERVISION, Rosh, Status
from sim.parameters.register import Register

TIERS = 4
HUNDREDTHS = 100
_NEAR_ONE = 0.999
LOW_LIKELIHOOD, HIGH_LIKELIHOOD = 0, 1


class Place(IntEnum):
    """Where a case is, as the workload tool has it."""

    CUSTODY = 0
    COMMUNITY = 1
    LICENCE = 2


_ON_LICENCE = (
    Status.LICENCE,
    Status.HOME_DETENTION_CURFEW,
    Status.POST_SENTENCE_SUPERVISION,
    Status.YOUNG_OFFENDER_SUPERVISION,
)


class Workload(NamedTuple):
    """What the compiled loops know of the parameters."""

    points: NDArray[np.int64]  # by tier and status, shape (4, statuses)
    is_cuttable: NDArray[np.bool_]  # contacts can be cut in this status, shape (statuses,)
    tier: NDArray[np.int64]  # by risk of serious harm and likelihood, shape (4, 2)
    likelihood_bound: float  # OGRS3 from which likelihood is high
    greatest_cut: float  # share of a tier's contacts
    payment_class: NDArray[np.int64]  # by hundredths of OGRS3, shape (101,)


def build(register: Register) -> Workload:
    """Gather the weights by tier and status."""
    p = register.workload
    places = np.array([p.custody_points, p.community_points, p.licence_points], np.int64)
    place = np.full(len(Status), Place.CUSTODY)
    place[list(COMMUNITY_SUPERVISION)] = Place.COMMUNITY
    place[list(_ON_LICENCE)] = Place.LICENCE
    tier = np.zeros((len(Rosh), 2), np.int64)
    tier[Rosh.LOW] = 0, 1
    tier[Rosh.MEDIUM] = 1, 2
    tier[Rosh.HIGH :] = TIERS - 1
    return Workload(
        points=np.ascontiguousarray(places[place].T),
        is_cuttable=place != Place.CUSTODY,
        tier=tier,
        likelihood_bound=p.likelihood_bound,
        greatest_cut=p.greatest_cut,
        payment_class=payment_classes(),
    )


def payment_classes() -> NDArray[np.int64]:
    """Return a class, 0 to 3, by hundredths of OGRS3: how much the same fall of the hazard lowers the binary rate.

    For probability P the hazard of a year is ``-log(1 - P)``, so that a small share of it less changes P by
    ``-(1 - P) log(1 - P)``: most at P of 0.63, little for those who hardly ever or nearly always reoffend. Classes are
    quarters of the greatest change.
    """
    probability = np.minimum(np.arange(HUNDREDTHS + 1) / HUNDREDTHS, _NEAR_ONE)
    change = np.array([-(1 - p) * math.log(1 - p) for p in probability.tolist()])
    return np.minimum((TIERS * change / change.max()).astype(np.int64), TIERS - 1)


@compiled
def cut_class(w, by_payment, rosh, ogrs3):
    """Return by what contacts are cut, the lowest first: the tier, or the class of payment."""
    return class_of(w, ogrs3) if by_payment else tier_of(w, rosh, ogrs3)


@compiled
def class_of(w, ogrs3):
    """Return the class of payment, 0 to 3; see `payment_classes`."""
    return w.payment_class[int(ogrs3 * HUNDREDTHS)]


@compiled
def tier_of(w, rosh, ogrs3):
    """Return the tier, 0 to 3: the highest for high risk of serious harm; below that by risk and by likelihood."""
    return w.tier[rosh, HIGH_LIKELIHOOD if ogrs3 >= w.likelihood_bound else LOW_LIKELIHOOD]


class Load(NamedTuple):
    """What every officer holds."""

    points: NDArray[np.int32]  # shape (officers,)
    community_cases: NDArray[np.int32]  # shape (officers,)
    by_payment: NDArray[np.bool_]  # cuts by class of payment, not by tier; shape (officers,)
    cuttable: NDArray[np.int64]  # points that contacts can be cut from, by tier or class, shape (officers, 4)


@compiled
def clear(load):
    """Let nobody hold anything."""
    load.points[:] = 0
    load.community_cases[:] = 0
    load.cuttable[:] = 0


@compiled
def add_case(w, load, officer, status, rosh, ogrs3, cases):
    """Add a case to what an officer holds, or with -1 take it away."""
    tier = tier_of(w, rosh, ogrs3)
    weight = cases * w.points[tier, status]
    load.points[officer] += weight
    if w.is_cuttable[status]:
        load.cuttable[officer, cut_class(w, load.by_payment[officer], rosh, ogrs3)] += weight
        load.community_cases[officer] += cases


@compiled
def fill_weights(w, rows, status, rosh, ogrs3, out):
    """Fill in the points of cases; shape (n,)."""
    for k in range(rows.size):
        i = rows[k]
        out[k] = w.points[tier_of(w, rosh[i], ogrs3[i]), status[i]]


@compiled
def share_cut(w, points, capacity, cuttable, out):
    """Fill in the share of each tier's contacts that an officer above capacity cuts, lowest tier first.

    Parameters
    ----------
    points, capacity : int arrays, shape (officers,)
        Points held, and points that can be worked.
    cuttable : int64 array, shape (officers, 4)
    out : float64 array, shape (officers, 4)
        At most the greatest cut of any tier; what is still too much is left undone elsewhere than in contacts.
    """
    for o in range(points.size):
        excess = float(points[o] - capacity[o])
        for tier in range(TIERS):
            out[o, tier] = 0.0
            if excess > 0.0 and cuttable[o, tier] > 0:
                out[o, tier] = min(w.greatest_cut, excess / cuttable[o, tier])
                excess -= out[o, tier] * cuttable[o, tier]
