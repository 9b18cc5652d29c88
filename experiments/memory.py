"""The memory of a process that lives many models, one after the other."""

import ctypes
import gc
import sys
from contextlib import suppress
from functools import cache

_TRIM_THRESHOLD, _MMAP_THRESHOLD = -1, -3
"""Numbers of two settings of glibc's `mallopt`."""
_OWN_MEMORY_BYTES = 4 * 2**20
"""Arrays from this size on have memory of their own, so that a table that grows leaves no holes."""
_KEPT_BYTES = 32 * 2**20
"""As much of the room that one week frees is kept for the next."""


@cache
def ready_process() -> None:
    """Ready this process for models, once.

    Left to itself, glibc takes ever greater arrays from one heap, and a world of millions leaves a gigabyte of holes;
    under Dask's own settings the system hands out and clears anew what every week needs for a moment.
    """
    _tell_glibc("mallopt", _MMAP_THRESHOLD, _OWN_MEMORY_BYTES)
    _tell_glibc("mallopt", _TRIM_THRESHOLD, _KEPT_BYTES)


@cache
def ready_worker() -> None:
    """Ready a process that does nothing but tasks, once: what is loaded by now is not searched for garbage again."""
    gc.collect()
    gc.freeze()


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
