"""Who supervises whom: the rule of the trusts, and the rule by risk."""

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled
from sim.offenders import Provider, Rosh


@compiled
def by_risk(rosh, is_mappa):
    """Return the provider of one person by risk; see `provider_by_risk`."""
    return Provider.NPS.value if rosh >= Rosh.HIGH or is_mappa else Provider.CRC.value


@compiled
def _fill_by_risk(rosh, is_mappa, out):
    for i in range(rosh.size):
        out[i] = by_risk(rosh[i], is_mappa[i])


def provider_by_risk(rosh: NDArray[np.integer], is_mappa: NDArray[np.bool_]) -> NDArray[np.uint8]:
    """Allocate by risk: high or very high risk of serious harm, or MAPPA, to the NPS; all others to the CRC.

    Parameters
    ----------
    rosh : integer array, shape (n,)
        `Rosh` codes.
    is_mappa : boolean array, shape (n,)

    Returns
    -------
    uint8 array, shape (n,)
        `Provider` codes. The rule of June 2014 (Ministry of Justice, Target Operating Model, 2014), which is also the
        group ``would_be_provider`` in every regime.
    """
    out = np.empty(len(rosh), np.uint8)
    _fill_by_risk(rosh, is_mappa, out)
    return out
