"""Tables of arrays: columns declared once, rows added at the end."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

_SPARE = 2
"""Room made for each row in use: what is not written takes no memory."""


@dataclass(frozen=True)
class Column:
    """The declaration of a column.

    Attributes
    ----------
    dtype : str
        NumPy's name of the type.
    unit : str
    meaning : str
        One phrase, printed in the documentation.
    default : int or float or bool
        What a new row holds where nothing is given.
    """

    dtype: str | np.dtype[Any]
    unit: str
    meaning: str
    default: float = 0


def _grown(array: NDArray[Any], used: int, size: int) -> NDArray[Any]:
    """Return a longer array that starts alike."""
    longer = np.empty(size, array.dtype)
    longer[:used] = array[:used]
    return longer


class Table:
    """Rows of declared columns; each column is an attribute, an array over the rows that exist.

    A misspelt column is an error, on reading and on writing. Arrays are views: `add` may make them anew, so hold a
    column no longer than one process.
    """

    def __init__(self, columns: Mapping[str, Column]) -> None:
        self.__dict__["columns"] = columns
        self.__dict__["size"] = self.__dict__["_room"] = 0
        self.__dict__["_arrays"] = {name: np.empty(0, c.dtype) for name, c in columns.items()}
        self.__dict__["_seen"], self.__dict__["_parts"] = [], {}

    def __len__(self) -> int:
        return int(self.__dict__["size"])

    def __getattr__(self, name: str) -> NDArray[Any]:
        try:
            view: NDArray[Any] = self.__dict__["_arrays"][name][: self.__dict__["size"]]
        except KeyError:
            raise AttributeError(f'no column "{name}"') from None
        self.__dict__[name] = view
        self.__dict__["_seen"].append(name)
        return view

    def part[P: tuple[Any, ...]](self, kind: type[P]) -> P:
        """Return the columns that a NamedTuple names, for a compiled loop; hold it no longer than a column."""
        parts = self.__dict__["_parts"]
        if kind not in parts:
            arrays, size = self.__dict__["_arrays"], self.__dict__["size"]
            parts[kind] = kind(*[arrays[name][:size] for name in kind._fields])  # type: ignore[attr-defined]
        found: P = parts[kind]
        return found

    def _resize(self, size: int) -> None:
        """Set the number of rows, and forget the views of before."""
        own = self.__dict__
        own["size"] = size
        for name in own["_seen"]:
            own.pop(name, None)
        own["_seen"], own["_parts"] = [], {}

    def __setattr__(self, name: str, value: object) -> None:
        raise AttributeError(f'write into the column: table.{name}[rows] = ...; there is no assigning of "{name}"')

    def add(self, count: int, **values: Any) -> NDArray[np.int64]:
        """Add rows at the end and return their numbers; shape (count,).

        Raises
        ------
        AttributeError
            If a column is unknown.
        """
        columns: Mapping[str, Column] = self.__dict__["columns"]
        if not values.keys() <= columns.keys():
            raise AttributeError(f'no column "{min(values.keys() - columns.keys())}"')
        start = self.extend(count)
        end = start + count
        for name, array in self.__dict__["_arrays"].items():
            array[start:end] = values[name] if name in values else columns[name].default
        return np.arange(start, end)

    def extend(self, count: int) -> int:
        """Make room for rows at the end and return the number of the first; what they hold is anybody's."""
        own = self.__dict__
        start, end = own["size"], own["size"] + count
        if end > own["_room"]:
            own["_room"] = end * _SPARE
            for name, array in own["_arrays"].items():
                own["_arrays"][name] = _grown(array, start, own["_room"])
        self._resize(end)
        return start

    def keep(self, rows: NDArray[Any]) -> None:
        """Drop all rows but these (a boolean mask or row numbers)."""
        for name in self.columns:
            kept = getattr(self, name)[rows]
            self._arrays[name][: len(kept)] = kept
        self._resize(len(kept))

    def rearrange(self, rows: NDArray[np.integer[Any]], places: NDArray[np.integer[Any]]) -> None:
        """Move rows to other places: the same numbers in another order; shapes (m,)."""
        for array in self.__dict__["_arrays"].values():
            array[places] = array[rows]

    def copy(self) -> Self:
        """Return an independent copy."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        used, room = len(self), _SPARE * len(self)
        twin.__dict__["_arrays"] = {name: _grown(a, used, room) for name, a in self.__dict__["_arrays"].items()}
        twin.__dict__["_room"] = room
        twin._resize(used)
        return twin
