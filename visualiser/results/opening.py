"""Opening a folder of results, or saying why it cannot be."""

from pathlib import Path

from experiments.store import PARTS
from sim.errors import InputError
from visualiser.results.files import EXPECTED, find_tables, read_manifest
from visualiser.results.folder import Results

_LADDER = "compare --ladder"


def open_results(path: str | Path) -> Results:
    """Open a folder of results.

    Raises
    ------
    InputError
        If it is no folder, or holds no manifest, or no table.
    """
    place = _resolved(Path(path))
    results = Results(place, read_manifest(place, str(path)), find_tables(place))
    if not results.listed:
        raise InputError(f"--open {path}: holds no tables{_why_none(results)}; expected: {EXPECTED}")
    return results


def _why_none(results: Results) -> str:
    """Say why a folder that a command wrote holds no tables."""
    if results.command == _LADDER:
        return ": what a ladder found is in ladder.json, its tables in its rungs"
    if (results.folder / PARTS).is_dir():
        return f": `{results.command}` is at work on it, or was cut off; it puts them together at its end"
    return ""


def _resolved(path: Path) -> Path:
    """Return a folder, resolved; refuse what is none."""
    try:
        is_folder = path.is_dir()
        place = path.resolve() if is_folder else path
    except (OSError, ValueError, RuntimeError):
        is_folder = False
    if not is_folder:
        raise InputError(f"--open {path}: is no folder; expected: {EXPECTED}")
    return place
