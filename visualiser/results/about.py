"""What was run, when and how, from the manifest of a folder alone."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from experiments.store import MANIFEST
from sim.compiled import source_hash
from sim.files import REGIONS, known_names
from sim.regions import load_region
from visualiser.results.files import Json
from visualiser.results.folder import ENSEMBLE, Results

_FEW = 3
"""Different values that are listed rather than counted."""


def about(results: Results) -> Json:
    """Return what was run, when and how."""
    m = results.manifest
    arms = _arms(m)
    return {
        "folder": results.folder.name,
        "command": results.command,
        "title": _title(m, results.folder.name),
        "arms": [{key: str(arm.get(key, "")) for key in ("scenario", "title")} for arm in arms],
        "facts": [{"label": label, "value": value} for label, value in facts(results).items() if value],
        "settings": _texts(m, "settings"),
        "notes": _texts(m, "notes"),
        "made_of": _made_of(m),
    }


def facts(results: Results) -> dict[str, str]:
    """Return what was asked, in words."""
    m = results.manifest
    worlds = [w for w in listed(m.get("worlds")) if isinstance(w, dict)]
    written = datetime.fromtimestamp((results.folder / MANIFEST).stat().st_mtime, UTC)
    return {
        "Scenarios": ", ".join(_texts(m, "scenarios")) if worlds else "",
        "Region": _several([_region(r) for r in _of_worlds(m, worlds, "region")]),
        "Scale": _several([_scale(s, m.get("caseload")) for s in _of_worlds(m, worlds, "scale")]),
        "Until": _several([str(u) for u in _of_worlds(m, worlds, "until")]),
        "Cells": _count(m.get("cells")),
        "Runs": _count(m.get("runs")),
        "Seeds": _seeds(listed(m.get("seeds")), results.command, paired=len(_arms(m)) == 2 and not worlds),
        "Written": f"{written:%-d %B %Y, %H:%M} UTC",
    }


def listed(given: object) -> list[Any]:
    """Return a list, or nothing where the manifest has none."""
    return given if isinstance(given, list) else []


def _texts(manifest: Json, key: str) -> list[str]:
    """Return a list of texts of the manifest."""
    return [str(value) for value in listed(manifest.get(key))]


def _arms(manifest: Json) -> list[Json]:
    """Return the arms of the manifest."""
    return [arm for arm in listed(manifest.get("arms")) if isinstance(arm, dict)]


def _title(manifest: Json, folder: str) -> str:
    """Return a title of the whole."""
    if isinstance(manifest.get("title"), str):
        return str(manifest["title"])
    names = [str(arm.get("scenario", "")) for arm in _arms(manifest)]
    return f"{names[1]} against {names[0]}" if len(names) == 2 else ", ".join(names) or folder


def _of_worlds(manifest: Json, worlds: Sequence[Json], key: str) -> list[Any]:
    """Return what the manifest says of the world, or of each world of a sweep."""
    given = [world.get(key) for world in worlds] if worlds else [manifest.get(key)]
    return [value for value in given if value is not None]


def _region(given: object) -> str:
    """Return the title of a region: of ours its own, of another's file its name."""
    name = str(given[0]) if isinstance(given, list) and given else str(given)
    return load_region(name).title.partition(":")[0] if name in known_names(REGIONS) else name


def _scale(given: object, caseload: object) -> str:
    """Return a scale, and how many people that is where the manifest says so."""
    if not isinstance(given, int | float):
        return str(given)
    people = f" ({caseload * given:,.0f} people supervised)" if isinstance(caseload, int | float) else ""
    return f"{given:g}{people}"


def _several(values: Sequence[str]) -> str:
    """Return the values that differ, or how many there are where they are many."""
    different = list(dict.fromkeys(values))
    return ", ".join(different) if len(different) <= _FEW else f"{len(different):,} different ones"


def _count(given: object) -> str:
    """Return a number as text, nothing where the manifest has none."""
    return f"{given:,}" if isinstance(given, int) else ""


def _seeds(seeds: Sequence[Any], command: str, *, paired: bool) -> str:
    """Say how many seeds, and which; an ensemble's manifest has those of its first set."""
    if not seeds:
        return ""
    plural = "s" if len(seeds) > 1 else ""
    if command == ENSEMBLE:
        return f"{len(seeds)} paired seed{plural} for each set of parameters"
    which = f"{seeds[0]} to {seeds[-1]}" if plural else f"{seeds[0]}"
    return f"{len(seeds)} paired seed{plural} ({which})" if paired else f"{len(seeds)} seed{plural} ({which})"


def _made_of(manifest: Json) -> Json:
    """Return by which code and packages the folder was made."""
    packages = manifest.get("packages")
    return {
        "code_version": str(manifest.get("code_version", "")),
        "is_this_code": manifest.get("code_version") == source_hash(),
        "key": str(manifest.get("key", "")),
        "design": Path(str(manifest.get("design_file", ""))).name,
        "packages": {str(k): str(v) for k, v in packages.items()} if isinstance(packages, dict) else {},
        "python": str(manifest.get("python", "")),
        "platform": str(manifest.get("platform", "")),
    }
