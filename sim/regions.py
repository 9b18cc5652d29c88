"""Where people live: regions, their areas and their size."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sim.data import tables
from sim.errors import InputError, finite, read_toml, unknown
from sim.files import REGIONS, find_file, only_keys, text

MOST_PEOPLE = 10_000_000
_REGION_KEYS = {"title", "caseload", "areas", "source", "note"}


@dataclass(frozen=True)
class Region:
    """Where people live.

    Attributes
    ----------
    name, title : str
    areas : tuple of str
        Contract package areas.
    shares : tuple of float
        Their shares of the region's people; sum 1.
    caseload : float
        People supervised at 1:1 (in custody or the community): what the region's size means.
    national_share : float
        The caseload as a share of that of England and Wales.
    """

    name: str
    title: str
    areas: tuple[str, ...]
    shares: tuple[float, ...]
    caseload: float
    national_share: float
    source: str


def checked_areas(given: Sequence[Any], known: Collection[str], place: str) -> tuple[str, ...]:
    """Return areas by name, each once.

    Raises
    ------
    InputError
        For an area that does not exist, is no text, or is named twice.
    """
    if "all" in given:
        raise InputError(f'{place}: areas = {list(given)!r:.80}: "all" stands alone, or areas are named one by one')
    for area in given:
        if not isinstance(area, str) or area not in known:
            raise unknown("area", str(area), [*known, "all"], place)
    for area in given:
        if given.count(area) > 1:
            raise InputError(f'{place}: areas: "{area}" is named {given.count(area)} times; name it once')
    return tuple(given)


def load_region(name: str) -> Region:
    """Read a region by name or path.

    Raises
    ------
    InputError
        Unknown name, key or area; a caseload that is no positive number.
    """
    path = find_file(name, REGIONS, "region")
    document = read_toml(path)
    only_keys(document, _REGION_KEYS, str(path))
    listed = {row["area"]: float(row["share_of_residents"]) for row in tables.rows("contract_areas")}
    areas = document.get("areas", ["all"])
    if not isinstance(areas, list) or not areas:
        raise InputError(f'{path}: areas = {areas!r} must be a list of areas, or ["all"]')
    chosen = checked_areas(list(listed) if areas == ["all"] else areas, listed, str(path))
    caseload = finite(document.get("caseload"))
    if caseload is None or not 0 < caseload <= MOST_PEOPLE:
        given = f"{document.get('caseload')!r:.50}"
        raise InputError(f"{path}: caseload = {given} must be a number of people above 0, up to {MOST_PEOPLE:,}")
    total = sum(listed[a] for a in chosen)
    shares = tuple(listed[a] / total for a in chosen)
    published = next(r for r in tables.rows("published_statistics") if r["id"] == "caseload_2011")
    return Region(
        path.stem,
        text(document.get("title"), "title", str(path)),
        chosen,
        shares,
        caseload,
        caseload / float(published["value"]),
        text(document.get("source"), "source", str(path)),
    )
