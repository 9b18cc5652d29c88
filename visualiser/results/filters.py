"""Filters of a table: what a page asks of each column, as a condition on rows."""

import math
from collections.abc import Mapping
from datetime import date
from typing import Any

import pyarrow.compute as pc
import pyarrow.dataset as ds

from sim.errors import InputError, unknown

_ALLOWED = {"text": 'a text, or {"is": text}', "flag": '{"is": "true"} or {"is": "false"}'}


def wanted(name: str, kinds: Mapping[str, str], filters: Mapping[str, Any]) -> ds.Expression | None:
    """Return what rows must be to pass all filters; None where there are none.

    Parameters
    ----------
    name : str
        Of the table, for messages.
    kinds : mapping of str to str
        Of its columns.
    filters : mapping
        By column: see `visualiser.results.folder.Results.rows`.

    Raises
    ------
    InputError
        For an unknown column, or a filter that does not fit it.
    """
    found = None
    for column, given in filters.items():
        if column not in kinds:
            raise unknown("column", column, kinds, name)
        part = _condition(f"{name}: {column}", column, kinds[column], given)
        if part is not None:
            found = part if found is None else found & part
    return found


def _condition(place: str, column: str, kind: str, given: Any) -> ds.Expression | None:
    """Return what a filter asks of one column; None where it asks nothing."""
    values = pc.field(column)
    if kind in ("number", "date"):
        return _between(place, values, kind, given)
    exact = given.get("is") if isinstance(given, dict) and set(given) == {"is"} else None
    if kind == "flag" and str(exact).lower() in ("true", "false"):
        return values == (str(exact).lower() == "true")
    if kind == "text" and isinstance(exact, str):
        return values == exact
    if kind == "text" and isinstance(given, str):
        return pc.match_substring(values, pattern=given, ignore_case=True) if given else None
    raise InputError(f"{place} = {given!r:.60}: does not fit; allowed: {_ALLOWED.get(kind, 'no filter')}")


def _between(place: str, values: ds.Expression, kind: str, given: Any) -> ds.Expression | None:
    """Return what a range asks, its ends included; None where both are open."""
    if not isinstance(given, list | tuple) or len(given) != 2:
        raise InputError(f"{place} = {given!r:.60}: is a {kind}; allowed: [low, high], either of them null")
    low, high = (_end(place, kind, end) for end in given)
    ends = [] if low is None else [values >= low]
    ends += [] if high is None else [values <= high]
    return ends[0] & ends[1] if len(ends) == 2 else ends[0] if ends else None


def _end(place: str, kind: str, given: Any) -> Any:
    """Return one end of a range: a number, a date, or None."""
    if given is None or given == "":
        return None
    try:
        if kind == "date":
            return date.fromisoformat(given)
        number = float(given)
    except (TypeError, ValueError, OverflowError):
        number = math.nan
    if math.isnan(number):
        raise InputError(f"{place} = {given!r:.60}: is no {kind}{' such as 2015-02-01' if kind == 'date' else ''}")
    return number
