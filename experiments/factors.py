"""What a design varies: factors, and the ways of choosing cells, each a value for every factor."""

import itertools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

import numpy as np
from scipy.stats import qmc

from experiments.numbers import Floats
from sim.errors import InputError, finite, read_value, unknown
from sim.files import only_keys
from sim.parameters.register import Register
from sim.timeline import lever_definitions

type Value = float | str | date
type Cell = dict[str, Value]

METHODS = ("grid", "list", "latin_hypercube", "sobol", "one_at_a_time")
SAMPLED = ("latin_hypercube", "sobol")
MOST_CELLS = 1_000_000
_DIGITS = 6
"""Sampled values are rounded to so many, that a person can read and repeat them."""
OF_THE_WORLD = ("region", "scale")
"""Factors that are no settings: where people live, and how many."""
_RANGE_KEYS = ("low", "high", "steps")


@dataclass(frozen=True)
class Factor:
    """One thing that a design varies.

    Attributes
    ----------
    key : str
        What ``--set`` takes, or ``region`` or ``scale``.
    choices : tuple
        Its values where they are listed; empty for a range.
    low, high : float or date
        The ends of a range.
    steps : int
        Levels of a range in a grid, ends included; 0 where it is only sampled.
    """

    key: str
    choices: tuple[Value, ...] = ()
    low: float | date = 0.0
    high: float | date = 0.0
    steps: int = 0

    def levels(self, place: str) -> tuple[Value, ...]:
        """Return the values that a grid takes."""
        if self.choices:
            return self.choices
        if not self.steps:
            raise InputError(f"{place}: {self.key}: a range needs steps here, such as steps = 3; or list its values")
        return tuple(self.at(float(unit)) for unit in np.linspace(0, 1, self.steps))

    def at(self, unit: float) -> Value:
        """Return the value at a place in the unit interval."""
        if self.choices:
            return self.choices[min(int(unit * len(self.choices)), len(self.choices) - 1)]
        if isinstance(self.low, date) and isinstance(self.high, date):
            days = self.high.toordinal() - self.low.toordinal()
            return date.fromordinal(self.low.toordinal() + round(unit * days))
        assert isinstance(self.low, float)
        assert isinstance(self.high, float)
        rounded = float(f"{self.low + unit * (self.high - self.low):.{_DIGITS}g}")
        return min(max(rounded, self.low), self.high)


def as_text(value: Value) -> str:
    """Return a value as ``--set`` takes it."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def read_factor(key: str, given: object, register: Register, place: str) -> Factor:
    """Read one factor of a design: a list of values, or a range.

    Raises
    ------
    InputError
        For what is neither, an empty list, or a range whose ends are not in order.
    """
    here = f"{place}: {key}"
    if isinstance(given, list):
        if not given:
            raise InputError(f"{here}: the list is empty; give at least one value")
        values = tuple(_value(v, here) for v in given)
        for value in values:
            if values.count(value) > 1 and key in ("region", "scale"):
                raise InputError(f"{here}: {as_text(value)} is listed {values.count(value)} times; list it once")
        return Factor(key, values)
    if not isinstance(given, dict):
        raise InputError(
            f"{here} = {given!r:.60} must be a list of values, or a range such as {{ low = 0, high = 1, steps = 3 }}"
        )
    only_keys(given, _RANGE_KEYS, here)
    steps = given.get("steps", 0)
    if isinstance(steps, bool) or not isinstance(steps, int) or steps == 1 or not 0 <= steps <= MOST_CELLS:
        raise InputError(f"{here}: steps = {steps!r} must be a whole number from 2 to {MOST_CELLS:,}")
    own_low, own_high = (None, None) if {"low", "high"} <= given.keys() else _own_range(key, register, place)
    low, high = _end(given.get("low"), own_low, "low", here), _end(given.get("high"), own_high, "high", here)
    if isinstance(low, date) != isinstance(high, date):
        raise InputError(f"{here}: low = {low} and high = {high} must both be numbers, or both dates")
    if not low < high:  # type: ignore[operator]
        raise InputError(f"{here}: low = {low} must lie below high = {high}")
    return Factor(key, (), low, high, steps)


def _own_range(key: str, register: Register, place: str) -> tuple[float | None, float | None]:
    """Return the range that a number of the register or a setting of a lever has of its own; None for others."""
    process, _, name = key.partition(".")
    if process == "levers":
        lever, _, setting = name.partition(".")
        rule = lever_definitions().get(lever, {}).get("settings", {}).get(setting)
        return (rule["low"], rule["high"]) if rule else (None, None)
    if process == "contracts" or key in OF_THE_WORLD or key.endswith("]"):
        return None, None
    parameter = register.find(key, place)
    return parameter.low, parameter.high


def _end(given: object, own: float | None, end: str, place: str) -> float | date:
    """Return an end of a range: as given, else the sourced one."""
    if given is None and own is not None:
        return float(own)
    value = None if given is None else _value(given, place)
    if isinstance(value, float | date):
        return value
    try:
        return date.fromisoformat(str(value))  # as a design that was kept with a sweep has it
    except ValueError:
        pass
    raise InputError(f"{place}: {end} = {given!r} must be a number or a date")


def _value(given: object, place: str) -> Value:
    """Return one value of a factor: a number, a date, text; a list, for a number that has one for each year or kind."""
    if isinstance(given, datetime):
        given = given.date()
    if isinstance(given, date):
        return given
    if isinstance(given, str) and given.strip():
        number = finite(read_value(given))
        return given if number is None else number
    if isinstance(given, list):
        return json.dumps(given, default=str)
    number = finite(given)
    if number is None:
        raise InputError(f"{place}: {given!r:.60} is neither a number nor a date nor text")
    return number


def cells(factors: Sequence[Factor], method: str, samples: int, place: str) -> list[Cell]:
    """Return the cells of a design, in a fixed order.

    Parameters
    ----------
    factors : sequence of Factor
    method : str
        ``grid``: every combination of levels. ``list``: the first values of all factors, the second ones, and so on.
        ``one_at_a_time``: nothing moved, then each level of each factor alone. ``latin_hypercube``, ``sobol``: as many
        samples as are asked for, the same whenever they are drawn.
    samples : int
        For the sampled methods.
    place : str
        The file, for the messages.

    Raises
    ------
    InputError
        If the method does not exist or the factors do not suit it.
    """
    if method not in METHODS:
        raise unknown("method", method, METHODS, place)
    if not factors:
        return [{}]
    keys = [f.key for f in factors]
    if method == "grid":
        levels = [f.levels(place) for f in factors]
        _refuse_too_many(int(np.prod([float(len(v)) for v in levels])), place)
        return [dict(zip(keys, values, strict=True)) for values in itertools.product(*levels)]
    if method == "one_at_a_time":
        return [{}, *({f.key: value} for f in factors for value in f.levels(place))]
    if method == "list":
        levels = [f.levels(place) for f in factors]
        lengths = {f.key: len(v) for f, v in zip(factors, levels, strict=True)}
        if len(set(lengths.values())) > 1:
            said = ", ".join(f"{key} has {length}" for key, length in lengths.items())
            raise InputError(f"{place}: method list takes factors of one length ({said})")
        return [dict(zip(keys, values, strict=True)) for values in zip(*levels, strict=True)]
    return [
        {f.key: f.at(float(u)) for f, u in zip(factors, row, strict=True)}
        for row in _drawn(method, len(factors), samples, place)
    ]


def _drawn(method: str, dimensions: int, samples: int, place: str) -> Floats:
    """Draw points of the unit cube, shape (samples, dimensions)."""
    if samples < 2:
        raise InputError(f"{place}: samples = {samples} must be a whole number from 2 for method {method}")
    _refuse_too_many(samples, place)
    rng = np.random.default_rng(samples)
    if method == "latin_hypercube":
        return np.asarray(qmc.LatinHypercube(dimensions, rng=rng).random(samples))
    refuse_no_power_of_two(samples, f"{place}: samples = {samples}")
    return np.asarray(qmc.Sobol(dimensions, rng=rng).random(samples))


def refuse_no_power_of_two(samples: int, said: str) -> None:
    """Refuse a number of samples that leaves a Sobol sequence unbalanced; `said` is how it was given."""
    if samples & (samples - 1):
        near = 2 ** round(np.log2(samples))
        raise InputError(f"{said} must be a power of two for method sobol, such as {near}")


def _refuse_too_many(number: int, place: str) -> None:
    """Refuse a design that nobody can mean."""
    if number > MOST_CELLS:
        raise InputError(f"{place}: the design has {number:,} cells; allowed: up to {MOST_CELLS:,}")


def settings_of(cell: Mapping[str, Value], but: Sequence[str] = ()) -> list[str]:
    """Return a cell as ``KEY=VALUE``, without some of its keys."""
    return [f"{key}={as_text(value)}" for key, value in cell.items() if key not in but]


def described(cell: Mapping[str, Value]) -> dict[str, Any]:
    """Return a cell as JSON has it."""
    return {key: value.isoformat() if isinstance(value, date) else value for key, value in cell.items()}
