"""Find and check the TOML files that a researcher writes."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from sim.errors import InputError, nearest, unknown

SCENARIOS = Path(__file__).resolve().parent.parent / "scenarios"
REGIONS = SCENARIOS / "regions"
CONTRACTS = SCENARIOS / "contracts"


def only_keys(keys: Mapping[str, Any], allowed: Iterable[str], place: str) -> None:
    """Refuse an unknown key."""
    for key in keys:
        if key not in allowed:
            raise unknown("key", key, allowed, place)


def text(value: object, key: str, place: str) -> str:
    """Return text, or refuse."""
    if not isinstance(value, str) or not value.strip():
        raise InputError(f"{place}: {key} = {value!r} must be text that is not empty")
    return value


def find_place(name: str, folder: Path = SCENARIOS) -> Path:
    """Return where the file of a name or path would be."""
    return Path(name) if is_path(name) else folder / f"{name}.toml"


def is_path(name: str) -> bool:
    """Say whether a user means a path and not a name."""
    return name.endswith(".toml") or "/" in name


def find_file(name: str, folder: Path, what: str) -> Path:
    """Return the file of a named scenario, region or contract, or of a path."""
    path = find_place(name, folder)
    if is_file(path):
        return path
    if is_path(name) and exists(path):
        raise InputError(f"{name}: is not a file; name a TOML file, or one of: {', '.join(known_names(folder))}")
    if is_path(name):
        raise InputError(f"{name}: no such file; {nearest(name, known_names(folder))}")
    raise unknown(what, name, known_names(folder), str(folder.name))


def is_file(path: Path) -> bool:
    """Say whether there is such a file; a name that no file can have names none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def exists(path: Path) -> bool:
    """Say whether there is anything of this name."""
    try:
        return path.exists()
    except (OSError, ValueError):
        return False


def known_names(folder: Path) -> list[str]:
    """Return the names of the TOML files of a folder."""
    return sorted(path.stem for path in folder.glob("*.toml"))
