"""OGRS3, the Offender Group Reconviction Scale, by its published formula.

Howard, Francis, Soothill and Humphreys (2009), "OGRS 3: the revised Offender Group Reconviction Scale", Ministry of
Justice Research Summary 7/09; coefficients in ``data/ogrs3_coefficients.toml``.
"""

import math
from functools import cache
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.data import tables

_AGE_OFFSET = 10.0


class Weights(NamedTuple):
    """The weights of OGRS3 in the order in which the formula reads them."""

    one_year: float
    two_year: float
    copas: float
    history: NDArray[np.float64]  # shape (2, 3): conviction or caution; no, one, more previous sanctions
    age_floors: NDArray[np.float64]  # shape (7,), years
    age_sex: NDArray[np.float64]  # shape (2, 7): men, women
    offence: NDArray[np.float64]  # shape (20,)


@cache
def offence_classes() -> tuple[str, ...]:
    """Return the names of the OGRS3 offence classes, in the order of the weights."""
    return tuple(tables.toml("ogrs3_coefficients")["offence"])


@cache
def weights() -> Weights:
    """Return the published weights."""
    table = tables.toml("ogrs3_coefficients")
    history, age_sex = table["history"], table["age_sex"]
    first, repeat = history["first_conviction"], history["repeat_conviction"]
    cautions = [history["first_caution"], history["second_caution"], history["repeat_caution"]]
    return Weights(
        one_year=table["constant"]["one_year"],
        two_year=table["constant"]["two_year"],
        copas=table["copas_weight"],  # type: ignore[arg-type]
        history=np.array([[first, repeat, repeat], cautions]),
        age_floors=np.array([float(age) for age in age_sex["male"]]),  # type: ignore[attr-defined]
        age_sex=np.array([list(age_sex[sex].values()) for sex in ("male", "female")]),  # type: ignore[attr-defined]
        offence=np.array(list(table["offence"].values())),
    )


@compiled
def score(w, previous, age_at_sanction, age_at_first, age_now, is_female, is_caution, offence):
    """Return the score z of one person: everything in the formula but the constant."""
    copas = math.log((1.0 + previous) / (_AGE_OFFSET + max(age_at_sanction - age_at_first, 0.0)))
    band = 0
    for i in range(1, w.age_floors.size):
        if age_now >= w.age_floors[i]:
            band = i
    history = w.history[1 if is_caution else 0, min(previous, 2)]
    return w.copas * copas + history + w.age_sex[1 if is_female else 0, band] + w.offence[offence]


@compiled
def chance(w, constant, previous, age_at_sanction, age_at_first, age_now, is_female, is_caution, offence):
    """Return the probability of a proven reoffence of one person; see `probability`."""
    z = score(w, previous, age_at_sanction, age_at_first, age_now, is_female, is_caution, offence)
    return 1.0 / (1.0 + math.exp(-constant - z))


@compiled
def _fill(w, constant, previous, age_at_sanction, age_at_first, age_now, is_female, is_caution, offence, out):
    for i in range(out.size):
        known = previous[i], age_at_sanction[i], age_at_first[i], age_now[i], is_female[i], is_caution[i], offence[i]
        out[i] = chance(w, constant, *known)


def probability(
    previous: NDArray[np.integer],
    age_at_sanction: NDArray[np.float64],
    age_at_first: NDArray[np.float64],
    age_now: NDArray[np.float64],
    is_female: NDArray[np.bool_],
    is_caution: NDArray[np.bool_],
    offence: NDArray[np.integer],
    years: int = 1,
) -> NDArray[np.float64]:
    """Return the probability of a proven reoffence; all arrays have shape (n,).

    Parameters
    ----------
    previous : integer array
        Occasions of caution or conviction before the index sanction.
    age_at_sanction, age_at_first, age_now : float64 array
        Ages in years at the index sanction, at the first sanction of the life, at the start of follow-up.
    is_female, is_caution : boolean array
        Sex; whether the index sanction is a caution.
    offence : integer array
        Index into `offence_classes`.
    years : int
        1 or 2, the length of follow-up.

    Returns
    -------
    float64 array, shape (n,)
        ``1 / (1 + exp(-(constant + z)))`` with ``z = c * ln((1 + previous) / (10 + age_at_sanction - age_at_first)) +
        history + age_sex + offence``.
    """
    w = weights()
    out = np.empty(len(previous))
    constant = w.one_year if years == 1 else w.two_year
    _fill(w, constant, previous, age_at_sanction, age_at_first, age_now, is_female, is_caution, offence, out)
    return out
