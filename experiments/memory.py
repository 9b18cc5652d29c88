"""The memory of a process that lives many models, one after the other."""

import ctypes
import gc
import sys
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of two settings of glibc's `mallopt`."""
_AT_ONCE = 32 * 2**20
"""Bytes; the most that glibc takes. Below it, the room that one week frees serves the next."""


@cache
def settle_worker() -> None:
    """Ready a worker for many models, once: what is loaded by now stays, and is not searched for garbage again.

    Dask has its workers give memory back at once, so that the system hands out and clears anew what every week needs
    for a moment. Here it is given back when a task is over; see `free_memory`.
    """
    gc.collect()
    gc.freeze()
    _tell_glibc("mallopt", _MMAP_THRESHOLD, _AT_ONCE)
    _tell_glibc("mallopt", _TRIM_THRESHOLD, _AT_ONCE)


def free_memory() -> None:
    """Give back what a finished task held: Mesa's models refer to themselves, so that only the collector frees them.

    What is freed in pieces goes back to the system only where it is asked for (glibc), or a worker grows.
    """
    gc.collect()
    _tell_glibc("malloc_trim", 0)


def _tell_glibc(function: str, *numbers: int) -> None:
    """Call a function of glibc, where there is one."""
    if sys.platform == "linux":
        with suppress(OSError, AttributeError):
            getattr(ctypes.CDLL("libc.so.6"), function)(*numbers)
