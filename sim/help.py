"""What help does while it lasts: which needs it is for, how fast it meets them, how it acts on the hazard."""

import math
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.charities import Kind
from sim.clock import DAYS_PER_WEEK, DAYS_PER_YEAR
from sim.needs import NEEDS, Need
from sim.parameters.register import Register

FOR_NEEDS = {
    Kind.MENTORING: (Need.THINKING, Need.ASSOCIATES),
    Kind.ACCOMMODATION: (Need.ACCOMMODATION,),
    Kind.EMPLOYMENT: (Need.WORK,),
    Kind.SUBSTANCE_MISUSE: (Need.DRUGS, Need.ALCOHOL),
    Kind.FAMILY: (Need.RELATIONSHIPS,),
}
"""Which needs bring a person to which kind of charity, and which it works on."""
HELPS = 2 ** len(Kind)


class Help(NamedTuple):
    """What the compiled loops know of the parameters; the first axis is the set of kinds of help being had."""

    p_met: NDArray[np.float64]  # that a week of help meets a need, shape (32, 7)
    hazard_factor: NDArray[np.float64]  # mentoring while it lasts, shape (32,)
    tie_factor: NDArray[np.float64]  # on the influence of peers, shape (32,)


def mask_for(kind: Kind) -> int:
    """Return the needs that a kind of help is for, as bits."""
    return sum(1 << need for need in FOR_NEEDS[kind])


def build(register: Register) -> Help:
    """Gather the tables."""
    p = register.support
    week = DAYS_PER_WEEK / DAYS_PER_YEAR
    p_met = np.zeros((HELPS, NEEDS))
    hazard, ties = np.ones(HELPS), np.ones(HELPS)
    for kind in Kind:
        had = (np.arange(HELPS) >> kind & 1).astype(bool)
        for need in FOR_NEEDS[kind]:
            p_met[had, need] = 1.0 - math.exp(-p.met_per_year[kind] * week)
    mentored = (np.arange(HELPS) >> Kind.MENTORING & 1).astype(bool)
    hazard[mentored] = math.exp(p.mentoring_log_factor)
    ties[mentored] = 1.0 - p.mentoring_weakens_ties
    return Help(p_met, hazard, ties)
