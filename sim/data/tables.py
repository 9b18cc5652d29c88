"""Read the published tables once; nothing here is retyped."""

import csv
import tomllib
from functools import cache
from pathlib import Path

FOLDER = Path(__file__).resolve().parent


@cache
def rows(name: str) -> tuple[dict[str, str], ...]:
    """Return the rows of a published CSV table, each a dict from column to text."""
    with (FOLDER / f"{name}.csv").open(encoding="utf-8", newline="") as file:
        return tuple(csv.DictReader(file))


@cache
def toml(name: str) -> dict[str, dict[str, float]]:
    """Return a published TOML table."""
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
