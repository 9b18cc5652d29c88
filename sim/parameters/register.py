"""The parameter register: a number has a unit, a range, a kind and a source, or it does not load."""

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sim.errors import InputError, finite, read_toml, read_value, unknown
from sim.parameters.derivations import DERIVATIONS

FOLDER = Path(__file__).resolve().parent
KINDS = ("published", "derived", "calibrated", "assumed")
_REQUIRED = {"value", "unit", "low", "high", "kind", "source"}
_OPTIONAL = {"note", "over", "first_year"}
HOLD_AT = "series.hold_at"

type Value = float | tuple[float, ...]


@dataclass(frozen=True)
class Parameter:
    """One number of the register, or one number for each member of an axis.

    Attributes
    ----------
    process, name : str
        Where it is read; ``process.name`` is its key.
    value : float or tuple of float
        One number, or one for each member of `over`.
    unit, kind, source, note : str
        `kind` is one of ``published``, ``derived``, ``calibrated``, ``assumed``.
    low, high : float
        The sourced range; no value lies outside it.
    over : str
        The axis of a tuple (``year`` for a dated series, else an enum's name), or empty.
    first_year : int
        The year of the first member of a dated series.
    """

    process: str
    name: str
    value: Value
    unit: str
    low: float
    high: float
    kind: str
    source: str
    note: str = ""
    over: str = ""
    first_year: int = 0

    @property
    def key(self) -> str:
        """The name under which `--set` finds it."""
        return f"{self.process}.{self.name}"

    def in_year(self, year: int) -> float:
        """Return the member of a dated series for a year; before the first and after the last, those hold."""
        assert isinstance(self.value, tuple)
        assert self.over == "year"
        return self.value[min(max(year - self.first_year, 0), len(self.value) - 1)]

    def with_value(self, value: object, place: str) -> "Parameter":
        """Return this parameter with another value, checked like the first.

        Raises
        ------
        InputError
            If the value is no number, not finite, outside the range, or has another length.
        """
        return replace(self, value=_checked(value, self, place))


def _checked(value: object, parameter: Parameter, place: str) -> Value:
    """Check a value against the parameter's form and range."""
    if not isinstance(value, list):
        if parameter.over and isinstance(parameter.value, tuple):
            raise InputError(f"{place}: {parameter.key} = {value!r} must be a list of {len(parameter.value)} numbers")
        return _checked_number(value, parameter, place)
    if not parameter.over:
        raise InputError(f"{place}: {parameter.key} = {value!r} must be one number")
    if isinstance(parameter.value, tuple) and len(parameter.value) not in (0, len(value)):
        raise InputError(f"{place}: {parameter.key} has {len(value)} numbers; it takes {len(parameter.value)}")
    return tuple(_checked_number(v, parameter, place) for v in value)


def _checked_number(value: object, parameter: Parameter, place: str) -> float:
    """Check one number against the range."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise InputError(
            f"{place}: {parameter.key} = {value!r:.50} is not a number; "
            f"allowed: {parameter.low:g} to {parameter.high:g} ({parameter.unit})"
        )
    number = finite(value)
    if number is None or not parameter.low <= number <= parameter.high:
        raise InputError(
            f"{place}: {parameter.key} = {value!r:.50} is out of range; "
            f"allowed: {parameter.low:g} to {parameter.high:g} ({parameter.unit})"
        )
    return number


def _bound(process: str, key: str, entry: Mapping[str, Any], place: str) -> float:
    """Check an end of a range, which has no range of its own."""
    unbounded = Parameter(process, key, 0.0, str(entry["unit"]), -math.inf, math.inf, "", "")
    return _checked_number(entry[key], unbounded, place)


def parse_entry(process: str, name: str, entry: object, place: str) -> Parameter:
    """Read one number of a TOML file: of a process, or of a contract.

    Parameters
    ----------
    process, name : str
        Where it is read, and its key there.
    entry : object
        The table with value, unit, low, high, kind and source.
    place : str
        The file, for the messages.

    Raises
    ------
    InputError
        For whatever is unknown, missing, malformed or out of its own range.
    """
    place = f"{place}: [{name}]"
    if not isinstance(entry, dict):
        raise InputError(f"{place}: must be a table with the keys {', '.join(sorted(_REQUIRED))}")
    for key in entry:
        if key not in _REQUIRED | _OPTIONAL:
            raise unknown("key", key, _REQUIRED | _OPTIONAL, place)
    for key in sorted(_REQUIRED - entry.keys()):
        raise InputError(f"{place}: has no {key}; every number has {', '.join(sorted(_REQUIRED))}")
    for key in ("unit", "source", "kind"):
        if not isinstance(entry[key], str) or not entry[key].strip():
            raise InputError(f"{place}: {key} = {entry[key]!r} must be text that is not empty")
    if entry["kind"] not in KINDS:
        raise unknown("kind", entry["kind"], KINDS, place)
    if entry["kind"] == "assumed" and not str(entry.get("note", "")).strip():
        raise InputError(f"{place}: is assumed; its note must give the reason")
    fields = {k: v for k, v in entry.items() if k not in ("value", "low", "high")}
    low, high = (_bound(process, key, entry, place) for key in ("low", "high"))
    if low > high:
        raise InputError(f"{place}: low = {low:g} lies above high = {high:g}")
    form: Value = () if entry.get("over") else 0.0
    parameter = Parameter(process, name, form, low=low, high=high, **fields)
    return parameter.with_value(_derived(entry["value"], place), place)


def _derived(value: object, place: str) -> object:
    """Work out a value that is written as ``{ derive = "name" }``; leave any other as it is."""
    if not isinstance(value, dict):
        return value
    if value.keys() != {"derive"}:
        raise InputError(f'{place}: value = {value!r} must be a number, a list of numbers, or {{ derive = "name" }}')
    if str(value["derive"]) not in DERIVATIONS:
        raise unknown("derivation", str(value["derive"]), DERIVATIONS, place)
    return DERIVATIONS[value["derive"]]()


def _load_file(path: Path) -> dict[str, Parameter]:
    """Read the parameters of one process."""
    return {name: parse_entry(path.stem, name, entry, str(path)) for name, entry in read_toml(path).items()}


class Group:
    """The parameters of one process, read as attributes: a number, or a tuple over an axis."""

    def __init__(self, name: str, parameters: Mapping[str, Parameter], hold_at: int | None) -> None:
        self._name = name
        self._parameters = parameters
        self._hold_at = hold_at
        for key, parameter in parameters.items():
            setattr(self, key, parameter.value)

    def __getattr__(self, name: str) -> Any:
        raise AttributeError(f'process "{self._name}" has no parameter "{name}"')

    def in_year(self, name: str, year: int) -> float:
        """Return the value of a dated series in a year, or in the year at which all series are held."""
        held = year if self._hold_at is None else min(year, self._hold_at)
        return self._parameters[name].in_year(held)


@dataclass(frozen=True)
class Register:
    """All parameters, by process and name.

    Attributes
    ----------
    parameters : dict of str to dict of str to Parameter
    hold_at : int or None
        The year after which no dated series moves (``series.hold_at``).
    """

    parameters: dict[str, dict[str, Parameter]]
    hold_at: int | None = None
    _groups: dict[str, Group] = field(default_factory=dict, compare=False, repr=False)
    _derived: dict[Any, Any] = field(default_factory=dict, compare=False, repr=False)

    @classmethod
    def load(cls, folder: Path = FOLDER) -> "Register":
        """Read every TOML file of a folder; its name is the process.

        Raises
        ------
        InputError
            If a number lacks its unit, range, kind or source, lies outside its range, or has an unknown key.
        """
        return cls({path.stem: _load_file(path) for path in sorted(folder.glob("*.toml"))})

    def __getattr__(self, process: str) -> Group:
        if process.startswith("_") or process not in self.parameters:
            raise AttributeError(f'no parameters for a process "{process}"')
        if process not in self._groups:
            self._groups[process] = Group(process, self.parameters[process], self.hold_at)
        return self._groups[process]

    def __iter__(self) -> Iterator[Parameter]:
        for process in self.parameters.values():
            yield from process.values()

    def find(self, key: str, place: str) -> Parameter:
        """Return the parameter with a key.

        Raises
        ------
        InputError
            If there is none; the message names the nearest.
        """
        process, _, name = key.partition(".")
        if name not in self.parameters.get(process, {}):
            raise unknown("parameter", key, [p.key for p in self] + [HOLD_AT], place)
        return self.parameters[process][name]

    def with_setting(self, key: str, text: str, place: str = "--set") -> "Register":
        """Return the register with one number changed.

        Parameters
        ----------
        key : str
            ``process.parameter``, or ``series.hold_at`` with a year.
        text : str
            The value as written: a number, or a list in square brackets.

        Raises
        ------
        InputError
            If the key is unknown, or the value is malformed or out of its sourced range.
        """
        value = read_value(text)
        if key == HOLD_AT:
            if isinstance(value, bool) or not isinstance(value, int) or not 2008 <= value <= 2030:
                raise InputError(f"{place}: {HOLD_AT} = {text} is not a year; allowed: 2008 to 2030")
            return Register(self.parameters, hold_at=value)
        changed = self.find(key, place).with_value(value, place)
        processes = {p: dict(names) for p, names in self.parameters.items()}
        processes[changed.process][changed.name] = changed
        return Register(processes, hold_at=self.hold_at)

    def derived[T](self, build: Callable[["Register"], T]) -> T:
        """Return what a function makes of this register, made once."""
        if build not in self._derived:
            self._derived[build] = build(self)
        made: T = self._derived[build]
        return made

    def values(self) -> dict[str, Any]:
        """Return every key with its value, and the year of holding: what a manifest records."""
        listed: dict[str, Any] = {p.key: p.value for p in self}
        return listed | {HOLD_AT: self.hold_at}
