"""The runs of a sweep, each addressed by what decides it, and the worlds in which they share a past.

A world is a region at a scale under one set of numbers; its arms are timelines. A task is a world under one seed: all
its arms as a tree in one worker, so that what they share is lived once.
"""

import hashlib
import json
import platform
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cache, cached_property
from importlib.metadata import version
from typing import Any

from experiments import store
from experiments.factors import OF_THE_WORLD, Cell, described, settings_of
from experiments.plan import PACKAGES, Plan, apply_setting, contracts_of, make_plan, set_number
from sim.clock import day_of
from sim.compiled import source_hash
from sim.errors import InputError
from sim.parameters.register import Register
from sim.regions import Region
from sim.timeline import Timeline, first_difference

_LEVERS = ("levers.", "contracts.")
_MAKE_TABLES = ("summary.py", "costs.py", "estimates.py", "tables.py")


@dataclass(frozen=True)
class World:
    """What all arms of a task share but the seed.

    Attributes
    ----------
    region : Region
    scale : float
    until : date
        Last day of the run.
    settings : tuple of (str, str)
        Numbers of the register that are not as it has them.
    parameters_hash : str
        Of the register's values.
    """

    region: Region
    scale: float
    until: date
    settings: tuple[tuple[str, str], ...]
    parameters_hash: str

    @property
    def end_day(self) -> int:
        """First day after the run."""
        return day_of(self.until) + 1

    def describe(self) -> dict[str, Any]:
        """Return what decides its people and their luck, but for timeline and seed."""
        region = self.region
        place = [region.name, list(region.areas), list(region.shares), region.caseload]
        return {"region": place, "scale": self.scale, "until": str(self.until), "parameters": self.parameters_hash}

    def register(self) -> Register:
        """Return the register with the world's numbers."""
        register = _loaded()
        for key, value in self.settings:
            register = set_number(register, key, value, "sweep")
        return register


@cache
def _loaded() -> Register:
    """Read the register once in a process."""
    return Register.load()


@dataclass(frozen=True)
class Task:
    """A world under one seed.

    Attributes
    ----------
    number : int
        Its place in the sweep.
    world : World
    seed : int
    arms : dict of str to Timeline
        By the address of the run.
    parted : int or None
        First day on which any two arms of the sweep differ: what measures are taken from.
    """

    number: int
    world: World
    seed: int
    arms: Mapping[str, Timeline]
    parted: int | None

    @property
    def name(self) -> str:
        """The name of its part of the tables: its place, and the hash of its runs."""
        text = " ".join(self.arms)
        return f"{self.number:07d}-{hashlib.blake2b(text.encode(), digest_size=4).hexdigest()}"

    def alone(self) -> "list[Task]":
        """Return a task for each arm."""
        return [replace(self, arms={run: arm}) for run, arm in self.arms.items()]

    def only(self, wanted: set[str]) -> "Task":
        """Return the task with those of its runs that are wanted."""
        return replace(self, arms={run: arm for run, arm in self.arms.items() if run in wanted})


@cache
def code_version() -> str:
    """Return the hash of the model's code, worked out once in a process."""
    return source_hash()


@cache
def tables_version() -> str:
    """Return the hash of the code that makes tables of a finished world."""
    return store.hash_of(*_MAKE_TABLES)


def address(world: World, arm: Timeline, seed: int) -> str:
    """Return the address of a run: hash of timeline, contracts, parameters, region, scale, end, seed, code version."""
    described = {
        **world.describe(),
        "levers": arm.describe(),
        "contracts": contracts_of(arm),
        "seed": seed,
        "code_version": code_version(),
    }
    return hashlib.blake2b(json.dumps(described, sort_keys=True).encode(), digest_size=8).hexdigest()


@dataclass(frozen=True)
class Sweep:
    """All runs of a design.

    Attributes
    ----------
    title : str
    document : dict
        The design as it was written.
    place : str
        Where.
    scenarios : tuple of str
        As the design names them.
    seeds : tuple of int
    cells : tuple of Cell
    worlds : tuple of World
    arms : tuple of tuple of Timeline
        The different timelines of each world.
    runs_of : tuple of tuple of (int, int)
        For each cell, for each scenario: its world, and its arm there.
    notes : tuple of str
        What the user should know.
    """

    title: str
    document: Mapping[str, Any]
    place: str
    scenarios: tuple[str, ...]
    seeds: tuple[int, ...]
    cells: tuple[Cell, ...]
    worlds: tuple[World, ...]
    arms: tuple[tuple[Timeline, ...], ...]
    runs_of: tuple[tuple[tuple[int, int], ...], ...]
    notes: tuple[str, ...] = ()
    _addresses: dict[tuple[int, int, int], str] = field(default_factory=dict, compare=False, repr=False)

    @cached_property
    def factors(self) -> tuple[str, ...]:
        """What any cell moves, in the order of the design."""
        return tuple(dict.fromkeys(key for cell in self.cells for key in cell))

    @cached_property
    def parted(self) -> int | None:
        """First day on which any two arms of one world differ; None where none do."""
        days = [day for arms in self.arms for arm in arms[1:] if (day := first_difference(arms[0], arm)) is not None]
        return min(days, default=None)

    def run_of(self, world: int, arm: int, seed: int) -> str:
        """Return the address of a run, worked out once."""
        key = world, arm, seed
        if key not in self._addresses:
            self._addresses[key] = address(self.worlds[world], self.arms[world][arm], seed)
        return self._addresses[key]

    def tasks(self) -> list[Task]:
        """Return the tasks: every world under the first seed, then under the second, and so on."""
        number = 0
        found = []
        for seed in self.seeds:
            for w, world in enumerate(self.worlds):
                arms = {self.run_of(w, a, seed): arm for a, arm in enumerate(self.arms[w])}
                found.append(Task(number, world, seed, arms, self.parted))
                number += 1
        return found

    @property
    def runs(self) -> list[str]:
        """The addresses of all runs, task by task."""
        return [run for task in self.tasks() for run in task.arms]

    def rows(self) -> Iterator[dict[str, Any]]:
        """Yield a row for each cell, scenario and seed: which run is theirs, and the value of every factor."""
        for c, (cell, runs) in enumerate(zip(self.cells, self.runs_of, strict=True)):
            given = described(cell)
            values = {key: given.get(key) for key in self.factors}
            for scenario, (world, arm) in zip(self.scenarios, runs, strict=True):
                for seed in self.seeds:
                    run = self.run_of(world, arm, seed)
                    yield {"cell": c, "scenario": scenario, "seed": seed, "run": run, **values}

    @cached_property
    def key(self) -> str:
        """Hash of what the sweep is: cells and the addresses of their runs, twelve hexadecimal digits."""
        text = json.dumps(list(self.rows()), sort_keys=True)
        return hashlib.blake2b(text.encode(), digest_size=6).hexdigest()

    def manifest(self) -> dict[str, Any]:
        """Return everything that the runs are made of."""
        register = _loaded()
        different = {json.dumps(arm.describe()): arm for arms in self.arms for arm in arms}
        return {
            "command": "sweep",
            "key": self.key,
            "title": self.title,
            "design": dict(self.document),
            "design_file": self.place,
            "scenarios": list(self.scenarios),
            "seeds": list(self.seeds),
            "cells": len(self.cells),
            "runs": sum(len(arms) for arms in self.arms) * len(self.seeds),
            "arms": [
                {"scenario": arm.name, "title": arm.title, "levers": arm.describe()} for arm in different.values()
            ],
            "worlds": [{**world.describe(), "settings": dict(world.settings)} for world in self.worlds],
            "parameters": register.values(),
            "sources": {p.key: {"kind": p.kind, "source": p.source, "unit": p.unit} for p in register},
            "notes": list(self.notes),
            "code_version": code_version(),
            "tables_version": tables_version(),
            "packages": {name: version(name) for name in PACKAGES},
            "python": platform.python_version(),
            "platform": platform.platform(),
        }


def make_sweep(
    title: str,
    document: Mapping[str, Any],
    place: str,
    scenarios: Sequence[str],
    world: tuple[str, float, str | None],
    seeds: Sequence[int],
    fixed: Sequence[str],
    cells: Sequence[Cell],
) -> Sweep:
    """Resolve every cell of a design: timelines, numbers, and which runs are one and the same.

    Parameters
    ----------
    world : (region, scale, until)
        Where no cell says otherwise.
    fixed : sequence of str
        ``KEY=VALUE`` for all cells.

    Raises
    ------
    InputError
        For any value that is not allowed, with the cell's own words.
    """
    region, scale, until = world
    bases: dict[tuple[str, float], Plan] = {}
    found: dict[str, tuple[int, World, dict[str, tuple[int, Timeline]]]] = {}
    runs_of = []
    notes: dict[str, None] = {}
    for cell in cells:
        where = str(cell.get("region", region)), _scale(cell.get("scale", scale), place)
        if where not in bases:
            bases[where] = _planned(scenarios, where, seeds, until, place)
            for setting in fixed:
                bases[where] = apply_setting(bases[where], setting, f"{place}: [settings]")
            notes |= dict.fromkeys(bases[where].notes)
        plan = bases[where]
        settings = settings_of(cell, OF_THE_WORLD)
        for setting in settings:
            plan = apply_setting(plan, setting, f"{place}: [factors]")
        notes |= dict.fromkeys(plan.notes)
        numbers = [s.partition("=") for s in (*fixed, *settings) if not s.startswith(_LEVERS)]
        pairs = tuple((key.strip(), value.strip()) for key, _, value in numbers)
        own = World(plan.region, plan.scale, plan.until, pairs, plan.parameters_hash)
        key = json.dumps(own.describe(), sort_keys=True)
        number, _, arms = found.setdefault(key, (len(found), own, {}))
        runs_of.append(tuple((number, arms.setdefault(json.dumps(a.describe()), (len(arms), a))[0]) for a in plan.arms))
    worlds = tuple(own for _, own, _ in found.values())
    different = tuple(tuple(arm for _, arm in arms.values()) for _, _, arms in found.values())
    return Sweep(
        title,
        document,
        place,
        tuple(scenarios),
        tuple(seeds),
        tuple(cells),
        worlds,
        different,
        tuple(runs_of),
        tuple(notes),
    )


def _planned(
    scenarios: Sequence[str], where: tuple[str, float], seeds: Sequence[int], until: str | None, place: str
) -> Plan:
    """Resolve scenarios in a region; a mistake is one of the design, not of an option."""
    try:
        return make_plan(scenarios, *where, list(seeds), until, [])
    except InputError as error:
        raise InputError(f"{place}: {str(error).removeprefix('--')}") from None


def _scale(given: object, place: str) -> float:
    """Return a scale that is a number; `make_plan` checks its size."""
    if not isinstance(given, float | int) or isinstance(given, bool):
        raise InputError(f"{place}: scale = {given!r} is not a number")
    return float(given)
