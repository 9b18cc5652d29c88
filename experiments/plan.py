"""What a command was asked to do, checked and resolved: timelines, region, parameters, seeds, dates."""

import hashlib
import json
import math
import platform
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from importlib.metadata import version
from typing import Any

from experiments import space
from sim.clock import day_of
from sim.compiled import source_hash
from sim.contracts import load_contract
from sim.errors import InputError, finite, read_value
from sim.parameters.register import HOLD_AT, Register, Value
from sim.regions import Region, load_region
from sim.scenarios import load_timeline, with_term
from sim.timeline import ALL_AREAS, Timeline, checked_end, first_difference

DEFAULT_UNTIL = date(2019, 12, 31)
GREATEST_SCALE = 10.0
FEWEST_PEOPLE = 10
MOST_SEEDS = 10_000
PACKAGES = ("mesa", "numpy", "numba", "pandas", "pyarrow")


@dataclass(frozen=True)
class Plan:
    """One experiment: the arms, and the world they share.

    Attributes
    ----------
    arms : tuple of Timeline
        One for `run`; base and reform for `compare`.
    region : Region
    scale : float
    seeds : tuple of int
    until : date
        Last day of the run.
    register : Register
    settings : tuple of str
        What ``--set`` was given.
    notes : tuple of str
        What the user should know, such as a lever that no arm has.
    """

    arms: tuple[Timeline, ...]
    region: Region
    scale: float
    seeds: tuple[int, ...]
    until: date
    register: Register
    settings: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()

    @property
    def end_day(self) -> int:
        """First day after the run."""
        return day_of(self.until) + 1

    @property
    def fork_day(self) -> int | None:
        """First day on which the two arms' levers differ; None where they never do."""
        return first_difference(*self.arms) if len(self.arms) == 2 else None

    def describe(self) -> dict[str, Any]:
        """Return what decides the results: two plans with the same description give the same tables."""
        return {
            "arms": [{"scenario": arm.name, "title": arm.title, "levers": arm.describe()} for arm in self.arms],
            "region": self.region.name,
            "areas": list(self.region.areas),
            "caseload": self.region.caseload,
            "scale": self.scale,
            "seeds": list(self.seeds),
            "contracts": {arm.name: contracts_of(arm) for arm in self.arms},
            "until": self.until.isoformat(),
            "parameters": self.register.values(),
            "code_version": source_hash(),
        }

    @property
    def key(self) -> str:
        """Hash of the description, twelve hexadecimal digits."""
        text = json.dumps(self.describe(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    @property
    def parameters_hash(self) -> str:
        """Hash of the register's values."""
        text = json.dumps(self.register.values(), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    def manifest(self) -> dict[str, Any]:
        """Return everything that a run is made of."""
        return {
            **self.describe(),
            "key": self.key,
            "settings": list(self.settings),
            "notes": list(self.notes),
            "sources": {p.key: {"kind": p.kind, "source": p.source, "unit": p.unit} for p in self.register},
            "packages": {name: version(name) for name in PACKAGES},
            "python": platform.python_version(),
            "platform": platform.platform(),
        }


def contracts_of(arm: Timeline) -> dict[str, Any]:
    """Return what the contracts of a timeline say, by the lever that brings each."""
    levers = [lever for _, lever in sorted(arm.levers.items()) if arm.contract(lever.name)]
    return {lever.name: _contents(arm.contract(lever.name), tuple(lever.terms.items())) for lever in levers}


@lru_cache(maxsize=256)
def _contents(name: str, terms: tuple[tuple[str, Value], ...]) -> dict[str, Any]:
    """Return what a contract says, read once in a process."""
    contract = load_contract(name).with_terms(dict(terms))
    numbers = {key: number.value for key, number in contract.numbers.items()}
    return {"from": contract.from_day, "until": contract.until_day, "eligible": list(contract.eligible), **numbers}


def make_plan(
    scenarios: Sequence[str],
    region: str,
    scale: float,
    seeds: Sequence[int],
    until: str | None,
    settings: Sequence[str],
) -> Plan:
    """Check what the user asked for and resolve it.

    Raises
    ------
    InputError
        For any mistake, with what is allowed and the nearest valid name.
    """
    place = load_region(region)
    arms = [load_timeline(name, place.areas) for name in scenarios]
    plan = Plan(
        arms=tuple(arms),
        region=place,
        scale=checked_scale(scale),
        seeds=tuple(seeds),
        until=checked_until(until, arms),
        register=Register.load(),
        settings=tuple(settings),
    )
    if place.caseload * plan.scale < FEWEST_PEOPLE:
        least = FEWEST_PEOPLE / place.caseload
        raise InputError(f"--scale {scale:g} leaves nobody to speak of in {place.name}; allowed: {least:g} or more")
    for key, times in Counter(setting.partition("=")[0].strip() for setting in settings).items():
        if times > 1:
            raise InputError(f"--set {key} is given {times} times; give it once")
    for setting in settings:
        plan = apply_setting(plan, setting)
    plan = replace(plan, notes=(*plan.notes, *uncovered(plan)))
    if plan.until > DEFAULT_UNTIL:
        note = "After 2019 the dated series hold their last value (no pandemic): an assumption, not a record."
        plan = replace(plan, notes=(*plan.notes, note))
    return plan


def uncovered(plan: Plan) -> list[str]:
    """Return a note for each lever whose areas all lie outside the region."""
    return [
        f"{arm.name}: {lever.name} covers {', '.join(lever.areas)}, which {plan.region.name} does not have: it changes "
        "nothing."
        for arm in plan.arms
        for lever in arm.levers.values()
        if lever.areas != ALL_AREAS and not set(lever.areas) & set(plan.region.areas)
    ]


def apply_setting(plan: Plan, setting: str, written: str = "--set") -> Plan:
    """Apply one ``KEY=VALUE``: to a lever, or a contract, in every arm that has it, or to a number of the register.

    `written` says where it was, for the messages.
    """
    key, equals, value = setting.partition("=")
    key, value = key.strip(), value.strip()
    if not equals or not key or not value:
        raise InputError(
            f'{written} "{setting}" is not KEY=VALUE; write levers.NAME=off, levers.NAME=2015-02-01, '
            f"levers.NAME.SETTING=NUMBER, contracts.NAME.TERM=NUMBER, PROCESS.PARAMETER=NUMBER or {HOLD_AT}=YEAR"
        )
    place, _, rest = key.partition(".")
    if place not in _OF_ARMS:
        return replace(plan, register=set_number(plan.register, key, value, written))
    arms = tuple(_OF_ARMS[place](arm, rest, value, written) for arm in plan.arms)
    notes = plan.notes
    if not any(_has(arm, place, rest.partition(".")[0]) for arm in plan.arms):
        names = " and ".join(arm.name for arm in plan.arms)
        what = place.removesuffix("s")
        notes = (*notes, f"{written} {setting}: no arm has this {what} ({names}); it changes nothing.")
    return replace(plan, arms=arms, notes=notes)


def set_number(register: Register, key: str, value: str, written: str) -> Register:
    """Return a register with a number set: one of its own, or a member of a list by its place, as in ``NAME[2]``."""
    if not key.endswith("]"):
        return register.with_setting(key, value, written)
    number = finite(read_value(value))
    if number is None:
        raise InputError(f"{written}: {key} = {value} is not a number")
    return space.with_values(register, {key: number}, written)


_OF_ARMS = {"levers": Timeline.with_lever_setting, "contracts": with_term}


def _has(arm: Timeline, place: str, name: str) -> bool:
    """Say whether an arm has a lever, or a lever that brings a contract."""
    return name in arm.levers if place == "levers" else any(arm.contract(lever) == name for lever in arm.levers)


def checked_scale(scale: float) -> float:
    """Return a scale that is a number above 0."""
    if not math.isfinite(scale) or not 0 < scale <= GREATEST_SCALE:
        raise InputError(f"--scale {scale:g} is out of range; allowed: above 0, up to {GREATEST_SCALE:g}")
    return float(scale)


def checked_jobs(jobs: int) -> int:
    """Return a number of processes; 0 takes every core."""
    if jobs < 0:
        raise InputError(f"--jobs {jobs} is out of range; allowed: 0 (every core) or more")
    return jobs


def checked_seeds(seeds: int) -> tuple[int, ...]:
    """Return the seeds 0, 1, 2 ... of a number of runs."""
    if not 1 <= seeds <= MOST_SEEDS:
        raise InputError(f"--seeds {seeds} is out of range; allowed: 1 to {MOST_SEEDS}")
    return tuple(range(seeds))


def checked_seed(seed: int) -> int:
    """Return one seed, a whole number from 0."""
    if not 0 <= seed < 2**63:
        raise InputError(f"--seed {seed} is out of range; allowed: 0 to {2**63 - 1}")
    return seed


def checked_until(text: str | None, arms: Sequence[Timeline] = ()) -> date:
    """Return the last day of the run: as asked, else the latest that a scenario asks for."""
    if text is None:
        return max((arm.until or DEFAULT_UNTIL for arm in arms), default=DEFAULT_UNTIL)
    try:
        until = date.fromisoformat(text)
    except ValueError:
        raise InputError(f"--until {text} is not a date; allowed: a date such as 2017-12-31") from None
    return checked_end(until, "--until")
