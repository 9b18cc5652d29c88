"""What the record before the reform can tell of the model, and what not: ``python -m experiments.identifiability DIR``.

Of a finished calibration, DIR, the runs are used again. Ten of them, which the emulators then do not see, are taken for
records whose makers are known: are the true values found again by narrowing and fitting on emulators, and how often do
intervals hold them? The last waves of a calibration, put right by their own runs, are not part of this test; and since
the ten are of the second wave, drawn from what the first did not rule out, while narrowing starts from all of the
space, true values lie somewhat nearer to the middle than a level says. And for each mechanism, what becomes of the
space that is not ruled out when its effect is set to nothing?
"""

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from experiments.bench import finished
from experiments.calibrate import CUTOFF
from experiments.calibration_design import Design
from experiments.calibration_report import NARROWED
from experiments.engine import map_fits
from experiments.judge import Judge, judge_after
from experiments.numbers import Floats
from experiments.sampling import Fit, Judging, Narrowed, fitting, not_ruled_out
from sim.errors import InputError

RECORDS = 10
LEVELS = (0.5, 0.9)
MECHANISMS: Mapping[str, Mapping[str, float]] = {
    "influence of active peers": {"ties.peer_log_factor": 0.0},
    "offences committed with others": {"ties.p_join": 0.0},
    "family": {"ties.family_log_factor": 0.0},
    "needs act on reoffending": {"needs.causal_share": 0.0},
    "working alliance": {"reoffending.alliance_log_factor": 0.0},
    "supervision as such": {"reoffending.supervision_log_factor": 0.0},
    "mentoring": {"support.mentoring_log_factor": 0.0},
    "a peak after release": {"reoffending.release_peak": 0.0},
    "decline while free of offences": {"reoffending.desistance_share": 0.0},
}
"""Each with the numbers that set its effect to nothing; all are ends of their ranges but supervision's, its middle."""


class Recovered(NamedTuple):
    """What came of the synthetic records.

    Attributes
    ----------
    names : list of str
        Coordinates.
    inside : dict of float to bool array, shape (records, coordinates)
        Whether the interval of a level held the true value.
    widths : float64 array, shape (records, coordinates)
        Of the 90 percent interval over that which the range alone gives.
    """

    names: list[str]
    inside: dict[float, Any]
    widths: Floats


class Mechanism(NamedTuple):
    """What is left of the space without a mechanism.

    Attributes
    ----------
    name : str
    share : float
        Of the space with its effect at nothing that is not ruled out; over the whole space with it free: `ratio`.
    ratio : float
    level : float
        The least implausibility reached, in standard deviations; the cutoff where something is not ruled out.
    """

    name: str
    share: float
    ratio: float
    level: float


def recover(
    design: Design, points: Floats, values: Floats, records: int = RECORDS, tell: Callable[[str], None] = lambda _: None
) -> Recovered:
    """Recover the makers of synthetic records: runs of the second wave, kept from the emulators.

    Parameters
    ----------
    points, values : float64 array
        As `bench.finished` gives them.
    tell : callable
        Called with a line after each record.
    """
    later = np.arange(design.waves[0], sum(design.waves[:2]))
    usable = later[np.isfinite(values[later]).all(axis=1)]
    chosen = np.random.default_rng((design.seed, records)).choice(usable, min(records, len(usable)), replace=False)
    rest = np.setdiff1d(np.arange(len(points)), chosen)
    judge = judge_after(design.targets, points[rest], values[rest], design.waves[0])
    rows = [judge.of_record(values[one]) for one in chosen]
    found = []
    for cloud in map_fits(_posterior, _searches(rows, points.shape[1], design.seed)):
        found.append(cloud)
        tell(f"record {len(found)} of {len(chosen)}")
    inside: dict[float, Any] = {}
    for level in LEVELS:
        low, high = np.quantile(found, [(1 - level) / 2, (1 + level) / 2], axis=1)
        inside[level] = (low <= points[chosen]) & (points[chosen] <= high)
    return Recovered([c.name for c in design.coordinates], inside, (high - low) / LEVELS[-1])


def without(design: Design, judge: Judge, tell: Callable[[str], None] = lambda _: None) -> list[Mechanism]:
    """Say what is left of the space with each mechanism's effect at nothing; call `tell` with a line after each."""
    names = [c.name for c in design.coordinates]
    held = [
        {names.index(name): design.coordinates[names.index(name)].unit(v) for name, v in off.items()}
        for off in ({}, *MECHANISMS.values())
    ]
    left = []
    for narrowed in map_fits(_narrowed, _searches([_Held(judge, fixed) for fixed in held], len(names), design.seed)):
        left.append(narrowed)
        tell(f"space {len(left)} of {len(held)}")
    whole, *rest = left
    if whole.level > CUTOFF:
        raise InputError(f"nothing lies within {CUTOFF:g} sd of the record (nearest {whole.level:.1f})")
    return [Mechanism(m, n.share, n.share / whole.share, n.level) for m, n in zip(MECHANISMS, rest, strict=True)]


class _Search(NamedTuple):
    """What is to be sampled, and the seed of the draws."""

    judge: Judging
    dimensions: int
    seed: tuple[int, int]


def _searches(judges: Sequence[Judging], dimensions: int, seed: int) -> list[_Search]:
    """Return a search by each judge, with draws of its own."""
    return [_Search(judge, dimensions, (seed, i)) for i, judge in enumerate(judges)]


def _posterior(search: _Search) -> Floats:
    """Sample what made a record; shape (particles, coordinates)."""
    rng = np.random.default_rng(search.seed)
    return fitting(search.judge, not_ruled_out(search.judge, search.dimensions, CUTOFF, rng), rng)


def _narrowed(search: _Search) -> Narrowed:
    """Sample what a judge does not rule out."""
    return not_ruled_out(search.judge, search.dimensions, CUTOFF, np.random.default_rng(search.seed))


@dataclass(frozen=True)
class _Held:
    """A judge of points some of whose coordinates are held."""

    judge: Judging
    fixed: Mapping[int, float]

    def __call__(self, points: Floats) -> Fit:
        """Return how points fit with those coordinates where they are held."""
        points = points.copy()
        for i, value in self.fixed.items():
            points[:, i] = value
        return self.judge(points)


def lines(recovered: Recovered, mechanisms: list[Mechanism]) -> list[str]:
    """Return what was found, as lines of at most eighty columns."""
    width = recovered.widths.mean(axis=0)
    known = np.flatnonzero(width <= NARROWED)
    number = len(recovered.widths)
    found = [f"{number} runs taken for records, kept from the emulators: true values inside", " " * 40]
    found[-1] += "".join(f"{f'{level:.0%} interval':>15}" for level in LEVELS)
    shares = [f"{recovered.inside[level][:, known].mean():>15.0%}" for level in LEVELS]
    found.append(f"  {f'{len(known)} numbers that are identified':38}{''.join(shares)}")
    held = dict(zip(known, recovered.inside[LEVELS[-1]][:, known].mean(axis=0), strict=True))
    found += ["", f"Identified: the 90 percent interval is {NARROWED:.0%} of what the range gives, or less"]
    for i in known[np.argsort(width[known])]:
        found.append(f"  {recovered.names[i]:45}width left {width[i]:>4.0%}, held {held[i]:>4.0%}")
    found += ["", "Space not ruled out, a mechanism without effect, over that with all"]
    for m in mechanisms:
        verdict = f"{m.ratio:>6.1f}" if m.level <= CUTOFF else f"  none within {CUTOFF:g} sd (nearest {m.level:.1f})"
        found.append(f"  {m.name:40}{verdict}")
    found += [
        "",
        "Providers' response to contracts and owners: not ruled out, by construction. It",
        "begins in February 2015, and what is fitted ends two months later (recalls to",
        "March 2015, cohorts of 2013/14 followed into 2015): it says hardly anything of",
        "it.",
    ]
    return found


def main(arguments: list[str]) -> int:
    """Print what a finished calibration can tell."""
    if len(arguments) != 1:
        print("experiments.identifiability: name the folder of a finished calibration", file=sys.stderr)
        return 2
    tell = partial(print, file=sys.stderr, flush=True)
    try:
        design, points, values = finished(Path(arguments[0]))
        mechanisms = without(design, judge_after(design.targets, points, values, design.waves[0]), tell)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines(recover(design, points, values, tell=tell), mechanisms)))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
