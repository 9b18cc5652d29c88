"""Compile the loops of the model, and keep the machine code under the hash of the source it came from.

Numba's own cache notices a changed function but not a changed callee in another file. Every file of ``sim``
therefore counts: one edit anywhere names a new folder, and code compiled before is never met again.
"""

import hashlib
import os
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, cast

import numba

SIM_FOLDER = Path(__file__).resolve().parent


def source_hash(folder: Path = SIM_FOLDER) -> str:
    """Hash every Python file, parameter file and table below `folder`, names and contents.

    Parameters
    ----------
    folder : Path
        Root of the tree.

    Returns
    -------
    str
        Sixteen hexadecimal digits: the ``code_version`` of a run.
    """
    digest = hashlib.blake2b(digest_size=8)
    for path in sorted(p for p in folder.rglob("*") if p.suffix in {".py", ".toml", ".csv"}):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _compiled_hash(folder: Path) -> str:
    """Hash what machine code depends on: the Python source alone, and Numba's version."""
    digest = hashlib.blake2b(numba.__version__.encode(), digest_size=8)
    for path in sorted(folder.rglob("*.py")):
        digest.update(path.relative_to(folder).as_posix().encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def cache_folder(folder: Path = SIM_FOLDER) -> Path:
    """Return the folder for compiled code of this source; a temporary one where the home cannot be written."""
    home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    name = Path("throughgate") / f"compiled-{_compiled_hash(folder)}"
    try:
        (home / name).mkdir(parents=True, exist_ok=True)
    except OSError:
        home = Path(tempfile.gettempdir())
        (home / name).mkdir(parents=True, exist_ok=True)
    return home / name


numba.config.CACHE_DIR = str(cache_folder())  # type: ignore[attr-defined]


_OPTIONS: dict[str, Any] = {"cache": True, "_nrt": False}
"""Without the counting of references to arrays, which costs more than most rules; a loop then makes no arrays."""


def compiled[F: Callable[..., Any]](function: F) -> F:
    """Compile a loop with Numba, cached on disk, without `fastmath`; its ``.py_func`` is its twin in Python."""
    return cast(F, numba.njit(**_OPTIONS)(function))


def compiled_with_arrays[F: Callable[..., Any]](function: F) -> F:
    """Compile a loop that makes arrays of its own."""
    return cast(F, numba.njit(cache=True)(function))


def rule[F: Callable[..., Any]](function: F) -> F:
    """Compile what holds for one person, to be written out in every compiled loop that calls it."""
    return cast(F, numba.njit(inline="always", **_OPTIONS)(function))
