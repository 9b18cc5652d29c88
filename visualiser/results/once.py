"""Values that are worked out once, whichever threads ask for them."""

from collections.abc import Callable, Hashable
from threading import Lock
from typing import Any


class Once:
    """Values by key: the first to ask works one out, those who ask meanwhile wait for it, and for no other."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, Lock] = {}
        self._all = Lock()

    def get[T](self, key: Hashable, make: Callable[[], T]) -> T:
        """Return the value of a key, made if it is not there yet; what `make` raises is raised, and nothing is kept."""
        with self._all:
            lock = self._locks.setdefault(key, Lock())
        with lock:
            if key not in self._values:
                self._values[key] = make()
            found: T = self._values[key]
            return found
