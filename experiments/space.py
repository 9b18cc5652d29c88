"""The space that calibration searches: a coordinate for each number that is not known, over its range."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np

from experiments.numbers import Floats
from sim.errors import InputError, unknown
from sim.parameters.register import Register

KINDS = ("calibrated", "assumed")
LOGARITHMIC = 5.0
"""A range of positive numbers whose end is so many times its beginning is searched by its logarithm."""
FIXED = {
    "population.tracking_years": "how long people are kept in the table, a choice of design",
    "population.longest_lookback_years": "how far back the first day looks, a choice of design",
    "population.run_in_weeks": "how long the world runs before its first day, a choice of design",
    "population.greatest_age": "cuts a tail, a choice of design",
    "organisations.overclaim_share": "off by default: moved by whoever asks about overclaims",
    "organisations.audits_per_year": "acts on overclaims alone",
}
"""Numbers that calibration leaves as they are, with the reason."""
FIXED_PROCESSES = {"costs": "prices what happened and changes nothing of it"}
LISTS = {
    "arrivals.returners_per_year": (
        (45_000, 85_000),
        (22_000, 45_000),
        (3_000, 16_000),
        (1_000, 11_000),
        (0, 3_000),
    )
}
"""Lists that are searched member by member, each over a part of the list's range.

The sums of returners are close to the published occasions less what people already tracked bring; other lists keep
their values."""


@dataclass(frozen=True)
class Coordinate:
    """One number that calibration may move.

    Attributes
    ----------
    key : str
        ``process.parameter``.
    member : int or None
        Which member of a list; None for a number of its own.
    low, high : float
        Its range.
    """

    key: str
    member: int | None
    low: float
    high: float

    @property
    def name(self) -> str:
        """The key, with the member in square brackets."""
        return self.key if self.member is None else f"{self.key}[{self.member}]"

    @property
    def is_logarithmic(self) -> bool:
        """Whether equal steps are equal ratios."""
        return self.low > 0 and self.high / self.low >= LOGARITHMIC

    def value(self, unit: Floats) -> Floats:
        """Return values from places in the unit interval; any shape."""
        if self.is_logarithmic:
            found = self.low * np.exp(unit * math.log(self.high / self.low))
        else:
            found = self.low + unit * (self.high - self.low)
        return np.clip(found, self.low, self.high)

    def unit(self, value: float) -> float:
        """Return the place of a value in the unit interval."""
        if self.is_logarithmic:
            return math.log(value / self.low) / math.log(self.high / self.low)
        return (value - self.low) / (self.high - self.low)


def space(register: Register) -> list[Coordinate]:
    """Return the coordinates of a register, in its order: single numbers of `KINDS` with a range, and `LISTS`."""
    found: list[Coordinate] = []
    for p in register:
        if p.key in LISTS:
            found += [Coordinate(p.key, i, *ends) for i, ends in enumerate(LISTS[p.key])]
        elif (
            p.kind in KINDS
            and p.low < p.high
            and not p.over
            and p.key not in FIXED
            and p.process not in FIXED_PROCESSES
        ):
            found.append(Coordinate(p.key, None, p.low, p.high))
    return found


def values(coordinates: Sequence[Coordinate], unit: Floats) -> Floats:
    """Return values of points in the unit cube; both of shape (points, coordinates)."""
    return np.stack([c.value(unit[:, i]) for i, c in enumerate(coordinates)], axis=1)


def unit(coordinates: Sequence[Coordinate], register: Register) -> Floats:
    """Return the place of a register's own values in the unit cube; shape (coordinates,)."""
    return np.array([c.unit(held(register, c)) for c in coordinates])


def held(register: Register, coordinate: Coordinate) -> float:
    """Return the value that a register has for a coordinate."""
    value = register.find(coordinate.key, "calibration").value
    if coordinate.member is None:
        assert isinstance(value, float)
        return value
    assert isinstance(value, tuple)
    return value[coordinate.member]


def shut(register: Register, numbers: Mapping[str, float]) -> Register:
    """Return a register with numbers set whatever their ranges, for a control is no claim about the world.

    Each member of a list alike.
    """
    parameters = {process: dict(names) for process, names in register.parameters.items()}
    for key, value in numbers.items():
        p = register.find(key, "control")
        held = tuple([value] * len(p.value)) if isinstance(p.value, tuple) else value
        parameters[p.process][p.name] = replace(p, value=held)
    return Register(parameters, register.hold_at)


def with_values(register: Register, named: Mapping[str, float], place: str) -> Register:
    """Return a register with the values of a set, given by the names of coordinates.

    Raises
    ------
    InputError
        If a name is no coordinate, or a value lies outside its range; the message begins with `place`.
    """
    known = {c.name: c for c in space(register)}
    lists: dict[str, list[float]] = {}
    for name, value in named.items():
        if name not in known:
            raise unknown("parameter", name, known, place)
        c = known[name]
        if not c.low <= value <= c.high:
            raise InputError(f"{place}: {name} = {value:g} is out of range; allowed: {c.low:g} to {c.high:g}")
        if c.member is None:
            register = register.with_setting(c.key, repr(float(value)), place)
        else:
            whole = register.find(c.key, place).value
            assert isinstance(whole, tuple)
            lists.setdefault(c.key, list(whole))[c.member] = float(value)
    for key, members in lists.items():
        register = register.with_setting(key, repr(members), place)
    return register
