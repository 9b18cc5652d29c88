"""What a user is told when the input is wrong: the place, the value, what is allowed, the nearest valid name."""

import difflib
import json
import math
import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any


class InputError(ValueError):
    """A mistake in what the user gave: printed as one message, never as a traceback."""


class UnfinishedError(RuntimeError):
    """Work that came to no good end through no mistake of the user's: printed as one message, never as a traceback."""


def nearest(name: str, allowed: Iterable[str]) -> str:
    """Return a phrase that names the valid name nearest to `name`, or all of them where none is near."""
    names = sorted(allowed)
    folded = {n.casefold(): n for n in names}
    close = difflib.get_close_matches(str(name).casefold(), folded, n=1, cutoff=0.5)
    return f'did you mean "{folded[close[0]]}"?' if close else "allowed: " + ", ".join(names)


def unknown(what: str, name: str, allowed: Iterable[str], place: str) -> InputError:
    """Return the error for a name that does not exist."""
    return InputError(f'{place}: unknown {what} "{name}"; {nearest(name, allowed)}')


def read_toml(path: Path) -> dict[str, Any]:
    """Read a TOML file.

    Raises
    ------
    InputError
        If the file is missing, empty, not UTF-8, or not TOML; the message names the file and the line.
    """
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text (byte {error.start}); save the file as UTF-8") from None
    except OSError as error:
        raise InputError(f"{path}: cannot be read: {error.strerror}") from None
    if not text.strip():
        raise InputError(f"{path}: the file is empty")
    try:
        return tomllib.loads(text)
    except RecursionError:
        raise InputError(f"{path}: not valid TOML: nested too deeply") from None
    except ValueError as error:
        raise InputError(f"{path}: not valid TOML: {error}") from None


def read_value(text: str) -> Any:
    """Return what a text after the equals sign says: a number, a list, or the text itself."""
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def finite(value: object) -> float | None:
    """Return a number as a float, or None for what is no number or not finite."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    try:
        number = float(value)
    except OverflowError:
        return None
    return number if math.isfinite(number) else None
