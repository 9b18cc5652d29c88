"""Who supervises whom: the rule by risk."""

from sim.compiled import compiled
from sim.offenders import Provider, Rosh


@compiled
def by_risk(rosh, is_mappa):
    """Allocate a person by risk: high or very high risk of serious harm, or MAPPA, to the NPS; all others to the CRC.

    Parameters
    ----------
    rosh : int
        A `Rosh` code.
    is_mappa : bool

    Returns
    -------
    int
        A `Provider` code. The rule of June 2014 (Ministry of Justice, Target Operating Model, 2014), which is also the
        group ``would_be_provider`` in every regime.
    """
    return Provider.NPS.value if rosh >= Rosh.HIGH or is_mappa else Provider.CRC.value
