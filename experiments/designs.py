"""Read a design: what a sweep varies, over which scenarios, for how many seeds."""

from collections.abc import Mapping
from datetime import date
from pathlib import Path
from typing import Any

from experiments.factors import METHODS, SAMPLED, Factor, cells, read_factor, settings_of
from experiments.plan import checked_scale, checked_seeds
from experiments.worlds import Sweep, make_sweep
from sim.errors import InputError, read_toml, unknown
from sim.files import SCENARIOS, find_file, only_keys, text
from sim.parameters.register import Register

DESIGNS = SCENARIOS / "designs"
DEFAULTS: dict[str, Any] = {
    "scenarios": ["pre_reform", "post_reform"],
    "region": "staffordshire_west_midlands",
    "scale": 1.0,
    "seeds": 10,
    "method": "grid",
    "samples": 64,
}
_KEYS = {"title", "scenarios", "region", "scale", "until", "seeds", "method", "samples", "settings", "factors"}


def load_design(name: str) -> Sweep:
    """Read a design by name or path, and resolve all its runs.

    Raises
    ------
    InputError
        For any mistake, with the file, the key, the value and what is allowed.
    """
    path = find_file(name, DESIGNS, "design")
    return read_design(read_toml(path), str(path))


def read_design(document: dict[str, Any], place: str) -> Sweep:
    """Resolve a design that was read from a file, or kept with a sweep."""
    only_keys(document, _KEYS, place)
    given = {**DEFAULTS, **document}
    title = text(given.get("title", Path(place).stem), "title", place)
    scenarios = _names(given["scenarios"], place)
    method = given["method"]
    if method not in METHODS:
        raise unknown("method", str(method), METHODS, place)
    if "samples" in document and method not in SAMPLED:
        raise InputError(f"{place}: samples goes with {' and '.join(SAMPLED)}, not with method {method}; leave it out")
    factors, fixed = (_table(given.get(key, {}), key, place) for key in ("factors", "settings"))
    for key in factors.keys() & fixed.keys():
        raise InputError(f"{place}: {key} stands under [settings] and under [factors]; keep one")
    register = Register.load()
    varied = read_factors(document, register, place)
    single = [read_factor(key, [value], register, f"{place}: [settings]") for key, value in fixed.items()]
    chosen = cells(varied, method, _whole(given["samples"], "samples", place), place)
    try:
        seeds = checked_seeds(_whole(given["seeds"], "seeds", place))
        scale = checked_scale(_number(given["scale"], "scale", place))
    except InputError as error:
        raise InputError(f"{place}: {str(error).removeprefix('--')}") from None
    world = text(given["region"], "region", place), scale, _until(given.get("until"), place)
    settings = settings_of({f.key: f.choices[0] for f in single})
    return make_sweep(title, document, place, scenarios, world, seeds, settings, chosen)


def read_factors(document: Mapping[str, Any], register: Register, place: str) -> list[Factor]:
    """Return the factors of a design, in its order."""
    given = _table(document.get("factors", {}), "factors", place)
    return [read_factor(key, value, register, f"{place}: [factors]") for key, value in given.items()]


def _names(given: object, place: str) -> list[str]:
    """Return the scenarios of a design, each once."""
    if not isinstance(given, list) or not given or not all(isinstance(name, str) for name in given):
        raise InputError(f'{place}: scenarios = {given!r:.60} must be a list such as ["pre_reform", "post_reform"]')
    for name in given:
        if given.count(name) > 1:
            raise InputError(f'{place}: scenarios: "{name}" is named {given.count(name)} times; name it once')
    return given


def _table(given: object, key: str, place: str) -> dict[str, Any]:
    """Return a table of a design; dotted keys that were not put in quotes are put together again."""
    if not isinstance(given, dict):
        raise InputError(f'{place}: [{key}] must be a table such as [{key}] with "reoffending.hazard_scale" = ...')
    return {name: value for outer, inner in given.items() for name, value in _flat(outer, inner)}


def _flat(name: str, given: object) -> list[tuple[str, Any]]:
    """Return the entries of a table, with names of tables inside it put before theirs."""
    if isinstance(given, dict) and given and not given.keys() & {"low", "high", "steps"}:
        return [pair for inner, value in given.items() for pair in _flat(f"{name}.{inner}", value)]
    return [(name, given)]


def _whole(given: object, key: str, place: str) -> int:
    """Return a whole number."""
    if isinstance(given, bool) or not isinstance(given, int):
        raise InputError(f"{place}: {key} = {given!r} must be a whole number")
    return given


def _number(given: object, key: str, place: str) -> float:
    """Return a number."""
    if isinstance(given, bool) or not isinstance(given, int | float):
        raise InputError(f"{place}: {key} = {given!r} must be a number")
    return float(given)


def _until(given: object, place: str) -> str | None:
    """Return the last day of a run as text."""
    if given is None:
        return None
    if isinstance(given, date | str):
        return str(given)
    raise InputError(f"{place}: until = {given!r} must be a date such as 2017-12-31")
