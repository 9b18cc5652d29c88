"""The pictures of a folder, and what their metadata says they are drawn from."""

from pathlib import Path

from PIL import Image, UnidentifiedImageError

from sim.errors import InputError, unknown
from visualiser.results.files import Json, is_plain

_MEGABYTE = 1_000_000
_LARGEST = 32 * _MEGABYTE
TITLES = {
    "reoffending_by_quarter": "Proven reoffending by quarter",
    "time_to_first_reoffence": "Time to the first reoffence",
    "recalls_by_sentence": "Recalls by length of sentence",
    "officers_workload": "Officers' workload",
    "charities_waiting": "People waiting for a charity",
    "needs": "Needs",
    "institutions": "Institutions",
    "effects": "Effects in each cell",
    "decomposition": "The reform, lever by lever",
    "network": "The social network at the end",
    "sensitivity": "What moves the outcomes",
}


def pictures(folder: Path) -> list[Json]:
    """Return the pictures of the folder, with what their metadata says they are drawn from."""
    return [_picture(path) for path in sorted(folder.glob("*.png")) if is_plain(path)]


def _picture(path: Path) -> Json:
    """Return one picture's name, title, size and provenance; of a damaged one what is wrong with it."""
    title = TITLES.get(path.stem, path.stem.replace("_", " ").capitalize())
    said = {"name": path.name, "title": title, "bytes": path.stat().st_size, "provenance": [], "problem": ""}
    try:
        if path.stat().st_size > _LARGEST:
            raise ValueError(f"it is larger than {_LARGEST // _MEGABYTE} MB")
        with Image.open(path, formats=["PNG"]) as image:
            image.verify()
            said["width"], said["height"] = image.size
            said["provenance"] = [
                str(image.info[key]) for key in ("Description", "Source", "Comment") if key in image.info
            ]
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        reason = "it is no PNG" if isinstance(error, UnidentifiedImageError) else str(error)
        said["problem"] = f"{path.name}: is damaged or cannot be shown: {reason}"
    return said


def picture(folder: Path, name: str) -> bytes:
    """Return a picture of the list.

    Raises
    ------
    InputError
        If it is not in the list, or damaged.
    """
    listed = {picture["name"]: picture for picture in pictures(folder)}
    if name not in listed:
        raise unknown("picture", name, listed, folder.name)
    if listed[name]["problem"]:
        raise InputError(listed[name]["problem"])
    return (folder / name).read_bytes()
