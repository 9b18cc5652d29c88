"""Means over seeds and their intervals."""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.estimates import interval
from visualiser.charts.kinds import Series, rounded

type Replicate = Sequence[Mapping[str, Series]]
"""What another seed gave under base and reform, each by the panel's name; see `panels.replicate_series`."""


def with_intervals(panels: Sequence[dict[str, Any]], replicates: Sequence[Replicate]) -> list[dict[str, Any]]:
    """Return the panels with means over seeds and their 95 percent intervals, where there is more than one seed.

    The seed on the page is one of them. Where only it has a value, the line is that seed's and has no interval.
    """
    return [_with_interval(panel, replicates) for panel in panels] if replicates else list(panels)


def _with_interval(panel: dict[str, Any], replicates: Sequence[Replicate]) -> dict[str, Any]:
    """Return one panel with means and intervals."""
    others = [[dict(zip(*other[arm][panel["id"]], strict=True)) for other in replicates] for arm in (0, 1)]
    series = [_averaged(line, others[line["arm"]], panel["digits"]) for line in panel["series"]]
    note = f"{panel['note'].removesuffix('.')}; mean of {len(replicates) + 1} seeds with its 95 percent interval."
    return {**panel, "series": series, "note": note}


def _averaged(line: dict[str, Any], others: Sequence[Mapping[str, float | None]], digits: int) -> dict[str, Any]:
    """Return a line with the mean over seeds at each date, and its interval."""
    means, lows, highs = [], [], []
    for day, own in zip(line["x"], line["y"], strict=True):
        known = np.array([v for v in (own, *(other.get(day) for other in others)) if v is not None])
        low, high = interval(known)
        means.append(rounded(float(known.mean()) if len(known) else None, digits))
        lows.append(rounded(low, digits))
        highs.append(rounded(high, digits))
    return {**line, "y": means, "low": lows, "high": highs}
