"""Read scenario files: a base, and the levers that differ."""

from dataclasses import replace
from pathlib import Path

from sim.clock import date_of, day_of
from sim.contracts import load_contract
from sim.errors import InputError, nearest, read_toml, read_value, unknown
from sim.files import CONTRACTS, SCENARIOS, find_file, find_place, is_file, known_names, only_keys, text
from sim.regions import checked_areas, load_region
from sim.timeline import ALL_AREAS, Lever, Timeline, checked_end, checked_settings, lever_definitions, parse_date

LONGEST_CHAIN = 20
_SCENARIO_KEYS = {"base", "title", "until", "change"}
_CHANGE_KEYS = {"lever", "from", "applies_by", "areas", "source", "settings", "contract"}


def _change(entry: object, place: str) -> Lever:
    """Read one change of a scenario file."""
    if not isinstance(entry, dict):
        raise InputError(f"{place}: must be a table with the keys {', '.join(sorted(_CHANGE_KEYS))}")
    only_keys(entry, _CHANGE_KEYS, place)
    for key in ("lever", "from", "source"):
        if key not in entry:
            raise InputError(f"{place}: has no {key}; a change has lever, from and source")
    name = text(entry["lever"], "lever", place)
    if name not in lever_definitions():
        raise unknown("lever", name, lever_definitions(), place)
    definition = lever_definitions()[name]
    day = day_of(parse_date(entry["from"], f"{place}: from", "a date such as 2015-02-01"))
    applies_by = entry.get("applies_by", definition["default_applies_by"])
    if applies_by not in definition["applies_by"]:
        raise unknown("applies_by", applies_by, definition["applies_by"], place)
    chosen = _areas(entry.get("areas", ["all"]), place)
    settings = checked_settings(entry.get("settings", {}), name, place)
    contract = _contract(entry.get("contract"), name, place)
    return Lever(name, day, applies_by, chosen, settings, text(entry["source"], "source", place), contract)


def _contract(given: object, lever: str, place: str) -> str:
    """Check that a contract, by name or path, is a good one, and that its lever takes one."""
    if given is None:
        return ""
    if "contract" not in lever_definitions()[lever]:
        takers = ", ".join(name for name, rule in lever_definitions().items() if "contract" in rule)
        raise InputError(f'{place}: contract: the lever "{lever}" takes none; allowed for {takers}')
    name = text(given, "contract", place)
    if not is_file(find_place(name, CONTRACTS)):
        raise InputError(f'{place}: contract: unknown contract "{name}"; {nearest(name, known_names(CONTRACTS))}')
    load_contract(name)
    return name


def _areas(given: object, place: str) -> tuple[str, ...]:
    """Check the areas of a change against all contract package areas."""
    if not isinstance(given, list) or not given:
        raise InputError(f'{place}: areas = {given!r} must be a list such as ["all"]')
    if given == ["all"]:
        return ALL_AREAS
    known = load_region("england_wales").areas
    return checked_areas(given, known, place)


def load_timeline(name: str, areas: tuple[str, ...] = (), _seen: tuple[Path, ...] = ()) -> Timeline:
    """Read a scenario by name or path, its base first.

    Parameters
    ----------
    name : str
        A file of ``scenarios/`` without its ending, or a path to a file of the same form.
    areas : tuple of str
        The areas of the region.

    Returns
    -------
    Timeline

    Raises
    ------
    InputError
        Unknown name, key, lever, area or setting; a date that is none; a base that leads back to itself; a lever
        dated before the base's own.
    """
    path = find_file(name, SCENARIOS, "scenario")
    if path.resolve() in _seen:
        chain = " -> ".join(p.stem for p in (*_seen, path))
        raise InputError(f'{path}: base: the scenario "{path.stem}" is its own base ({chain})')
    if len(_seen) > LONGEST_CHAIN:
        raise InputError(f"{path}: base: the chain of bases is longer than {LONGEST_CHAIN}; shorten it")
    document = read_toml(path)
    only_keys(document, _SCENARIO_KEYS, str(path))
    title = text(document.get("title"), "title", str(path))
    levers: dict[str, Lever] = {}
    until = None
    if "base" in document:
        base_name = text(document["base"], "base", str(path))
        beside = path.parent / base_name
        found = str(beside) if base_name.endswith(".toml") and is_file(beside) else base_name
        if not is_file(find_place(found)):
            near = nearest(base_name, known_names(SCENARIOS))
            raise InputError(f'{path}: base: unknown scenario "{base_name}"; {near}')
        base = load_timeline(found, areas, (*_seen, path.resolve()))
        levers.update(base.levers)
        until = base.until
    if "until" in document:
        place = f"{path}: until"
        until = checked_end(parse_date(document["until"], place, "a date such as 2023-12-31"), place)
    changes = document.get("change", [])
    if not isinstance(changes, list):
        raise InputError(f"{path}: change must be written [[change]], once for each lever")
    named: set[str] = set()
    for number, entry in enumerate(changes, 1):
        place = f"{path}: [[change]] {number}"
        lever = _change(entry, place)
        if lever.name in named:
            raise InputError(f'{place}: lever "{lever.name}" is changed twice in this file; keep one')
        named.add(lever.name)
        dated = levers.get(lever.name)
        if dated is not None and lever.from_day < dated.from_day:
            raise InputError(
                f"{place}: from = {date_of(lever.from_day)} lies before the base's own date of "
                f'"{lever.name}"; allowed: {date_of(dated.from_day)} or later'
            )
        levers[lever.name] = lever
    return Timeline(path.stem, title, levers, areas, until)


def with_term(timeline: Timeline, key: str, text: str, place: str = "--set") -> Timeline:
    """Return the timeline with one number of a contract changed; unchanged where no lever brings that contract.

    Parameters
    ----------
    timeline : Timeline
    key : str
        ``CONTRACT.NUMBER``.
    text : str
        The value as written: a number, or a list in square brackets.

    Raises
    ------
    InputError
        If there is no such contract or number, or the value is malformed, out of range, or does not fit the others.
    """
    name, _, number = key.partition(".")
    if name not in known_names(CONTRACTS):
        raise unknown("contract", name, known_names(CONTRACTS), place)
    contract, place, value = load_contract(name), f"{place}: contracts.{name}", read_value(text)
    contract.with_value(number, value, place)
    levers = dict(timeline.levers)
    for lever in timeline.levers.values():
        if timeline.contract(lever.name) == name:
            changed = contract.with_terms(lever.terms).with_value(number, value, place).numbers[number]
            levers[lever.name] = replace(lever, terms={**lever.terms, number: changed.value})
    return replace(timeline, levers=levers)
