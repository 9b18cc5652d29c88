"""Hazards of offending made by hand."""

import numpy as np

from sim.processes import reoffending

FLAT = {
    **{"slope": 1.0, "spread": 0.0, "supervised_factor": 1.0},
    **{"alliance_slope": 0.0, "family_slope": 0.0, "grant_factor": 1.0},
}


def flat(model, **changed):
    """Return a hazard without decline, peak, spread or circumstances, by default; fields changed by name."""
    h = reoffending.hazard_of_year(model)
    level = {"decline": np.ones_like(h.decline), "peak": np.zeros_like(h.peak), "peers": np.ones_like(h.peers)}
    return h._replace(**(FLAT | level | changed))
