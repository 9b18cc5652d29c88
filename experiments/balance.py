"""Set the numbers of returners so that the courts' occasions by history band agree with the published ones of 2014.

``python -m experiments.balance`` prints the values for ``sim/parameters/arrivals.toml``. It reads occasions by history
band alone; disposals, rates and caseload are checks that it does not see.
"""

import sys
from datetime import date

import numpy as np
from numpy.typing import NDArray

from sim import measures, sentencing
from sim.clock import day_of
from sim.errors import InputError
from sim.model import ProbationModel
from sim.parameters.register import Register

KEY = "arrivals.returners_per_year"
_FIRST, _LAST = date(2014, 1, 1), date(2015, 1, 1)
_DAMPING = np.array([0.7, 0.6, 0.5, 0.35, 0.15])
"""A returner of a high band brings many more occasions than one."""


def occasions_2014(register: Register, seeds: range, region: str, scale: float) -> NDArray[np.float64]:
    """Return the model's occasions of 2014, mean over seeds; shape (8 disposals, 6 bands)."""
    counts = []
    for seed in seeds:
        model = ProbationModel("pre_reform", region, scale, seed, register)
        model.live_until(day_of(_LAST))
        counts.append(measures.occasions(model, _FIRST, _LAST))
    return np.mean(counts, axis=0)


def balance(register: Register, rounds: int, seeds: range, region: str, scale: float) -> Register:
    """Move returners by a damped share of what is missing in each band, some rounds; return the register."""
    published = sentencing.occasions()[0].sum(axis=(0, 1))  # shape (6 bands, 8 disposals)
    limit = register.find(KEY, "balance").high
    for number in range(rounds):
        made = occasions_2014(register, seeds, region, scale)
        ratio = made.sum(axis=0) / published.sum(axis=1)
        print(f"round {number}: bands {ratio.round(3)}", file=sys.stderr)
        print(f"  disposals {(made.sum(axis=1) / published.sum(axis=0)).round(3)}", file=sys.stderr)
        missing = (published.sum(axis=1) - made.sum(axis=0))[1:]
        returners = np.clip(np.asarray(register.arrivals.returners_per_year) + _DAMPING * missing, 0, limit)
        register = register.with_setting(KEY, str([int(round(r, -2)) for r in returners]), "balance")
    return register


if __name__ == "__main__":
    start = Register.load()
    try:
        for setting in sys.argv[1:]:
            name, _, value = setting.partition("=")
            start = start.with_setting(name, value)
    except InputError as error:
        print(f"error: experiments.balance: {error}", file=sys.stderr)
        sys.exit(2)
    found = balance(start, 5, range(2), "staffordshire_west_midlands", 1.0)
    print(f"value = {[int(v) for v in found.arrivals.returners_per_year]}")
