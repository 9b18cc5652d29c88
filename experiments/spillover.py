"""Treat one person of a pair and measure the other: ``python -m experiments.spillover [SEEDS]``.

Pairs of tied co-offenders at liberty are drawn so that nobody is in two; one of each is treated. The treatment is a
mentor for a year and every need met at once: the most that help could do, so that what spreads has a chance to show.
The two arms are one world up to the day of treatment. Three effects are reported, each as proven or unproven detected
offences in two years for a hundred people, with a 95 percent interval over paired seeds:

* direct: on the treated;
* indirect: on the other of each pair, who is not treated;
* total: on everyone, over the number treated.

A ladder shows what carries the indirect effect: both channels (influence of active peers, offences committed
together), each alone, and none, where it must be zero for want of any other path but capacity (places and officers'
time), which all arms share.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial

import numpy as np
from numpy.typing import NDArray

from experiments.arguments import seeds_asked
from experiments.engine import cores, run_seeds
from experiments.estimates import with_bounds
from sim.charities import Kind, Stage
from sim.clock import WEEKS_PER_YEAR, day_of
from sim.events import Event
from sim.legal_status import look_again
from sim.model import ProbationModel
from sim.network import TieKind
from sim.offenders import IS_IN_PRISON, Status
from sim.parameters.register import Register

TREATED_ON = date(2012, 1, 2)
YEARS = 2
TREATED_WEEKS = 52
CHANNELS: dict[str, dict[str, str]] = {
    "both channels": {},
    "influence alone": {"ties.p_join": "0"},
    "joint offences alone": {"ties.peer_log_factor": "0"},
    "influence at its greatest, alone": {"ties.p_join": "0", "ties.peer_log_factor": "0.4"},
    "neither": {"ties.p_join": "0", "ties.peer_log_factor": "0"},
}
_STRONG = 50
_SCALE = 0.5


@dataclass(frozen=True)
class Effect:
    """What one seed says: offences without and with treatment, and how many people they are for."""

    treated: tuple[int, int]
    untreated: tuple[int, int]
    everyone: tuple[int, int]
    pairs: int

    def per_100(self, which: str) -> float:
        """Return the change in offences for a hundred treated people."""
        without, treated = getattr(self, which)
        return 100 * (treated - without) / self.pairs


def pairs(model: ProbationModel) -> NDArray[np.int64]:
    """Return pairs of strongly tied co-offenders at liberty, nobody in two: their numbers, the first to be treated.

    The shape is (n, 2).

    Pairs are taken in the order of a keyed priority, so that who is in one does not depend on the order of rows.
    """
    people, half = model.people, model.ties.half
    one, other = half["peer"][1::2].astype(np.int64), half["peer"][::2].astype(np.int64)
    out = ~IS_IN_PRISON[people.status] & (people.status != Status.LEFT)
    recent = half["since_week"][::2] > model.week - 2 * TREATED_WEEKS
    strong = (half["kind"][::2] == TieKind.CO_OFFENDING) & (half["strength"][::2] >= _STRONG) & recent
    kept = np.flatnonzero(strong & out[one] & out[other])
    found = np.stack([one[kept], other[kept]], axis=1)
    u = model.draws.uniforms("spillover.pair", people.person_hash[found[:, 0]] ^ people.person_hash[found[:, 1]])
    taken: set[int] = set()
    chosen = []
    for a, b in found[np.argsort(u, kind="stable")].tolist():
        if a not in taken and b not in taken:
            taken |= {a, b}
            chosen.append((a, b))
    return people.person[np.array(chosen, np.int64).reshape(-1, 2)]


def treat(model: ProbationModel, persons: NDArray[np.int64]) -> None:
    """Let people have a mentor and no needs; called every week of the treatment."""
    people, rows = model.people, model.people.rows_of(persons)
    free = rows[~IS_IN_PRISON[people.status[rows]]]
    people.help[free] |= np.uint8(1 << Kind.MENTORING)
    people.needs[free] = 0
    look_again(people, free)


def end_treatment(model: ProbationModel, persons: NDArray[np.int64]) -> None:
    """Take the mentor away from all but those whom a charity gives one."""
    cases, people, rows = model.cases, model.people, model.people.rows_of(persons)
    mentored = (cases.stage == Stage.HELPED) & (cases.charity % len(Kind) == Kind.MENTORING)
    over = rows[~np.isin(rows, cases.row[mentored])]
    people.help[over] &= ~np.uint8(1 << Kind.MENTORING)
    look_again(people, over)


def run_seed(settings: tuple[tuple[str, str], ...], seed: int) -> Effect:
    """Run one world untreated and treated from the day of treatment on, and count offences."""
    register = Register.load()
    for key, value in settings:
        register = register.with_setting(key, value, "spillover")
    trunk = ProbationModel("pre_reform", scale=_SCALE, seed=seed, register=register)
    trunk.live_until(day_of(TREATED_ON))
    chosen, start = pairs(trunk), trunk.day
    counted = []
    for is_treated in (False, True):
        model = trunk.fork(trunk.timeline)
        for week in range(int(YEARS * WEEKS_PER_YEAR)):
            if is_treated and week < TREATED_WEEKS:
                treat(model, chosen[:, 0])
            if is_treated and week == TREATED_WEEKS:
                end_treatment(model, chosen[:, 0])
            model.step()
        offences = model.log.of(Event.OFFENCE)
        offences = model.log.row[offences[model.log.day[offences] >= start]]
        by_row, (one, other) = np.bincount(offences, minlength=len(model.people)), map(model.people.rows_of, chosen.T)
        counted.append((by_row[one].sum(), by_row[other].sum(), by_row.sum()))
    treated, untreated, everyone = ((int(a), int(b)) for a, b in zip(*counted, strict=True))
    return Effect(treated, untreated, everyone, len(chosen))


def measure(seeds: Sequence[int], settings: dict[str, str], jobs: int = 1) -> list[Effect]:
    """Return the effects of every seed, in the order of seeds."""
    task = partial(run_seed, tuple(sorted(settings.items())))
    return run_seeds(task, seeds, jobs)


def rows(seeds: Sequence[int], jobs: int = 1) -> Iterator[tuple[str, ...]]:
    """Yield (channels open, pairs, direct, indirect, total) with intervals, for each rung of the ladder."""
    for name, settings in CHANNELS.items():
        effects = measure(seeds, settings, jobs)
        whose = ("treated", "untreated", "everyone")
        cells = [with_bounds(np.array([e.per_100(which) for e in effects]), "+.1f") for which in whose]
        yield name, f"{np.mean([e.pairs for e in effects]):,.0f}", *cells


def main(seeds: int = 10) -> None:
    """Print the table."""
    print(f"Change in detected offences in {YEARS} years for 100 people treated; {seeds} seeds, 95 percent interval")
    print(f"{'':34}{'pairs':>7}{'direct':>24}{'indirect':>24}{'total':>24}")
    for name, pairs_, *cells in rows(range(seeds), cores()):
        print(f"{name:34}{pairs_:>7}" + "".join(f"{cell:>24}" for cell in cells), flush=True)


if __name__ == "__main__":
    main(seeds_asked(10))
