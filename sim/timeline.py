"""Dated levers: what is in force on a day, for whom.

A regime is data. It has no state and no chance, and no process asks for its name: processes ask whether a lever
covers these people on these days.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.clock import date_of, day_of
from sim.errors import InputError, finite, read_toml, read_value, unknown

FOLDER = Path(__file__).resolve().parent
ALL_AREAS = ("all",)
FIRST_DATE, LAST_DATE = date(2008, 1, 7), date(2030, 12, 31)
EARLIEST_END = date(2008, 2, 4)


@cache
def lever_definitions() -> dict[str, dict[str, Any]]:
    """Return what each lever moves, by name: title, allowed `applies_by`, settings with ranges, source."""
    return read_toml(FOLDER / "levers.toml")


@dataclass(frozen=True)
class Lever:
    """A lever with its date.

    Attributes
    ----------
    name : str
    from_day : int
        First day on which it holds.
    applies_by : str
        ``everyone``, ``offence_day``, ``sentence_day`` or ``release_day``: the day that decides for each person.
    areas : tuple of str
        Areas covered, or ``("all",)``.
    settings : dict of str to float
    source : str
    contract : str
        Name or path of the contract that it brings, where the scenario names one.
    terms : dict of str to float or tuple of float
        Numbers of that contract that are not as its file gives them.
    """

    name: str
    from_day: int
    applies_by: str
    areas: tuple[str, ...] = ALL_AREAS
    settings: Mapping[str, float] = field(default_factory=dict)
    source: str = ""
    contract: str = ""
    terms: Mapping[str, float | tuple[float, ...]] = field(default_factory=dict)

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of it."""
        return {
            "lever": self.name,
            "from": date_of(self.from_day).isoformat(),
            "applies_by": self.applies_by,
            "areas": list(self.areas),
            "settings": dict(self.settings),
            **({"contract": self.contract} if self.contract else {}),
            **({"terms": dict(self.terms)} if self.terms else {}),
        }


@dataclass(frozen=True)
class Timeline:
    """A scenario, resolved: its levers by name.

    Attributes
    ----------
    name, title : str
    levers : dict of str to Lever
    areas : tuple of str
        The areas of the region, in the order of the people's `area` column.
    until : date or None
        Last day of a run, where the scenario asks for another than usual.
    """

    name: str
    title: str
    levers: Mapping[str, Lever]
    areas: tuple[str, ...] = ()
    until: date | None = None

    def covers(
        self, name: str, area: NDArray[np.integer], *, today: int, **days: NDArray[np.integer] | int
    ) -> NDArray[np.bool_]:
        """Say for each person whether a lever applies.

        Parameters
        ----------
        name : str
            The lever.
        area : integer array, shape (n,)
            Each person's area.
        today : int
            The day on which ``everyone`` is decided.
        **days : integer array, shape (n,), or int
            ``offence_day``, ``sentence_day``, ``release_day``, as far as the caller knows them.

        Returns
        -------
        boolean array, shape (n,)
        """
        lever = self.levers.get(name)
        if lever is None:
            return np.zeros(len(area), bool)
        decisive = today if lever.applies_by == "everyone" else days[lever.applies_by]
        covered = np.full(area.shape, np.asarray(decisive) >= lever.from_day)
        if lever.areas == ALL_AREAS:
            return covered
        return covered & np.isin(area, [i for i, a in enumerate(self.areas) if a in lever.areas])

    def holds(self, name: str, areas: Iterable[int], day: int) -> bool:
        """Say whether a lever that applies to everyone holds on a day in any of some areas; see `covers`."""
        lever = self.levers.get(name)
        if lever is None or day < lever.from_day:
            return False
        return lever.areas == ALL_AREAS or any(self.areas[area] in lever.areas for area in areas)

    def setting(self, lever: str, name: str) -> float:
        """Return a setting of a lever: the scenario's, or the definition's own."""
        own = lever_definitions()[lever]["settings"][name]["value"]
        return float(self.levers[lever].settings.get(name, own)) if lever in self.levers else float(own)

    def contract(self, lever: str) -> str:
        """Return the name or path of the contract that a lever brings: the scenario's, or the definition's own.

        Empty where the lever brings none.
        """
        return self.levers[lever].contract or str(lever_definitions()[lever].get("contract", ""))

    def with_lever_setting(self, key: str, text: str, place: str = "--set") -> "Timeline":
        """Return the timeline with a lever changed; unchanged where it has none.

        Parameters
        ----------
        key : str
            A lever, which is dropped (``off``) or moved to a date, or ``LEVER.SETTING``, which takes a number.
        text : str

        Raises
        ------
        InputError
            If lever or setting is unknown, or the text is neither ``off`` nor a date, or no number in range.
        """
        name, _, setting = key.partition(".")
        if name not in lever_definitions():
            raise unknown("lever", name, lever_definitions(), place)
        levers = dict(self.levers)
        if setting:
            given = checked_settings({setting: read_value(text)}, name, f"{place}: levers.{name}")
            if name in levers:
                levers[name] = replace(levers[name], settings={**levers[name].settings, **given})
            return replace(self, levers=levers)
        if text == "off":
            levers.pop(name, None)
        else:
            day = day_of(parse_date(text, f"{place}: levers.{name}", 'a date such as 2015-02-01, or "off"'))
            if name in levers:
                levers[name] = replace(levers[name], from_day=day)
        return replace(self, levers=levers)

    def describe(self) -> list[dict[str, Any]]:
        """Return the levers in the order of their dates, as a manifest records them."""
        return [lever.describe() for lever in sorted(self.levers.values(), key=lambda v: (v.from_day, v.name))]


def checked_settings(given: object, lever: str, place: str) -> dict[str, float]:
    """Check settings of a lever against its definition.

    Raises
    ------
    InputError
        If they are no table, or a setting is unknown, no number, or out of range.
    """
    defined = lever_definitions()[lever].get("settings", {})
    if not isinstance(given, dict):
        raise InputError(f"{place}: settings = {given!r} must be a table such as {{ name = 1.0 }}")
    for key, value in given.items():
        if not defined:
            raise InputError(f'{place}: settings.{key}: the lever "{lever}" has no settings')
        if key not in defined:
            raise unknown("setting", key, defined, place)
        rule = defined[key]
        number = finite(value)
        if number is None or not rule["low"] <= number <= rule["high"]:
            raise InputError(
                f"{place}: settings.{key} = {value!r} is {'no number' if number is None else 'out of range'}; "
                f"allowed: {rule['low']:g} to {rule['high']:g} ({rule['unit']})"
            )
    return {key: float(value) for key, value in given.items()}


def first_difference(one: Timeline, other: Timeline) -> int | None:
    """Return the first day of any lever that either timeline dates and the other does not date alike; else None."""
    days = []
    for name in one.levers.keys() | other.levers.keys():
        a, b = one.levers.get(name), other.levers.get(name)
        if a is None or b is None or a.describe() != b.describe():
            days += [lever.from_day for lever in (a, b) if lever is not None]
    return min(days, default=None)


def parse_date(value: object, place: str, allowed: str) -> date:
    """Read a date from a TOML date or from text."""
    if isinstance(value, datetime):
        value = value.date()
    if isinstance(value, str):
        try:
            value = date.fromisoformat(value)
        except ValueError:
            raise InputError(f"{place} = {value} is not a date; allowed: {allowed}") from None
    if not isinstance(value, date):
        raise InputError(f"{place} = {value!r} is not a date; allowed: {allowed}")
    if not FIRST_DATE <= value <= LAST_DATE:
        raise InputError(f"{place} = {value} is outside the model's time; allowed: {FIRST_DATE} to {LAST_DATE}")
    return value


def checked_end(until: date, place: str) -> date:
    """Return the last day of a run, checked; `place` says where it was written."""
    if not EARLIEST_END <= until <= LAST_DATE:
        raise InputError(f"{place} {until} is out of range; allowed: {EARLIEST_END} to {LAST_DATE}")
    return until
