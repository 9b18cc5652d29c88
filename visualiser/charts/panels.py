"""The panels of the page: two lines each, and the published points beside them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sim.model import ProbationModel
from visualiser.charts.cohorts import rates_of, rates_of_pair
from visualiser.charts.intervals import Replicate, with_intervals
from visualiser.charts.kinds import REOFFENDING, Series, rounded
from visualiser.charts.published import published
from visualiser.charts.weekly import WEEKLY, weekly_series

if TYPE_CHECKING:
    from visualiser.pair import Pair


def charts(pair: "Pair", replicates: Sequence[Replicate] = ()) -> dict[str, Any]:
    """Return the panels up to the last week lived.

    Parameters
    ----------
    pair : Pair
    replicates : sequence of (base, reform)
        What `replicate_series` gave of other seeds.

    Returns
    -------
    dict
        Ready for JSON.
    """
    arms = [
        {**weekly_series(model), REOFFENDING.id: rates}
        for model, rates in zip(pair.models, rates_of_pair(pair), strict=True)
    ]
    size = pair.models[0].size
    panels = [
        {
            **vars(kind),
            "series": [_drawn(number, arm[kind.id], kind.digits) for number, arm in enumerate(arms)],
            "published": published(kind.id, size),
        }
        for kind in (REOFFENDING, *WEEKLY)
    ]
    return {"week": pair.week, "panels": with_intervals(panels, replicates)}


def _drawn(arm: int, series: Series, digits: int) -> dict[str, Any]:
    """Return the line of an arm."""
    days, values = series
    return {"arm": arm, "x": days, "y": [rounded(y, digits) for y in values], "low": None, "high": None}


def replicate_series(model: ProbationModel) -> dict[str, Series]:
    """Return the lines of all panels of one world."""
    return {**weekly_series(model), REOFFENDING.id: rates_of(model)}
