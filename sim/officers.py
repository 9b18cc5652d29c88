"""Officers: practitioners by area, organisation and team, with grade, hours and workload.

`Officer` is the Mesa agent that looks at one row.
"""

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.clock import NEVER, WEEKS_PER_YEAR
from sim.compiled import compiled
from sim.draws import Draws, person_hashes
from sim.offenders import Provider
from sim.parameters.register import Group
from sim.tables import Column, Table
from sim.views import RowView
from sim.workload import TIERS, Load

OFFICER_COLUMNS = {
    "officer_hash": Column("uint64", "bits", "hash of provider, area and place in the office: what draws are keyed by"),
    "area": Column("uint8", "index", "contract package area"),
    "provider": Column("uint8", "Provider", "who employs the officer"),
    "is_qualified": Column("bool", "boolean", "a probation officer (PO), not a service officer (PSO)"),
    "hours": Column("float32", "full time", "contracted hours as a share of full time"),
    "holds_cases": Column("bool", "boolean", "a caseholder; the others write reports, sit in court, run programmes"),
    "target": Column("int32", "points", "workload that the contracted hours can carry; 0 for who holds no cases"),
    "caseload": Column("int32", "people", "people supervised, in custody or the community"),
    "community_cases": Column("int32", "people", "people supervised in the community"),
    "points": Column("int32", "points", "workload held"),
    "is_vacant": Column("bool", "boolean", "the officer has left, and no successor has come"),
    "is_closed": Column("bool", "boolean", "the post has been given up"),
    "leaves_day": Column("int32", "day", "end of the notice that the officer is under", NEVER),
    "by_payment": Column("bool", "boolean", "cuts contacts of those first who are least likely to bring payment"),
    "away_until_day": Column("int32", "day", "end of an absence, or the day on which a successor comes", -NEVER),
}
_PLACES_IN_OFFICE, _AREAS = 100_000, 100
_HALF, _LEAST_HOURS = 0.5, 0.1


class Officers(Table):
    """The practitioners, ordered by provider and area so that the officers of one office stand together.

    Attributes
    ----------
    first, count, holders : int64 arrays, shape (providers, areas)
        Where the officers of a provider in an area stand, those who hold cases first, and how many there are of both.
    cuttable : int64 array, shape (officers, 4)
        Points of each tier from which contacts can be cut.
    cuts : float64 array, shape (officers, 4)
        Share of each tier's contacts that the officer cuts this week.
    """

    def __init__(self, areas: int) -> None:
        super().__init__(OFFICER_COLUMNS)
        for name in ("first", "count", "holders"):
            self.__dict__[name] = np.zeros((len(Provider), areas), np.int64)
        self._measure()

    def _measure(self) -> None:
        """Make room for the points by tier and the cuts of everyone."""
        self.__dict__["cuttable"] = np.zeros((len(self), TIERS), np.int64)
        self.__dict__["cuts"] = np.zeros((len(self), TIERS))

    def employ(
        self, provider: Provider, heads: float, shares: Sequence[float], spare: float = 0.0, holding: float = 1.0
    ) -> None:
        """Add a provider's practitioners, shared over the areas; at least one in each.

        A share `holding` of each office holds cases, at least one; they stand before the others. A share `spare` more
        of posts of either kind is closed from the start, here and there.
        """
        for area, share in enumerate(shares):
            founded = max(1, math.floor(heads * share + _HALF))
            holders = max(1, math.floor(founded * holding + _HALF))
            self.first[provider, area] = len(self)
            for holds_cases, number in ((True, holders), (False, founded - holders)):
                self._found(provider, area, number, math.ceil(number * spare), holds_cases=holds_cases)
        self._measure()

    def _found(self, provider: Provider, area: int, number: int, spare: int, *, holds_cases: bool) -> None:
        """Add posts of one kind to an office, some of them closed, evenly among the others."""
        posts = number + spare
        order = np.arange(posts)
        place = (provider * _AREAS + area) * _PLACES_IN_OFFICE + self.count[provider, area] + order
        rows = self.add(posts, officer_hash=person_hashes(place), area=area, provider=provider, hours=1)
        self.holds_cases[rows] = holds_cases
        self._close(rows[(order + 1) * spare // max(1, posts) > order * spare // max(1, posts)])
        self.count[provider, area] += posts
        self.holders[provider, area] += posts * holds_cases

    def grade(self, p: Group, draws: Draws) -> None:
        """Give everyone hours, a grade and a target, by keyed draws.

        The targets of those who hold cases are set so that the open posts of an office can carry what they could if
        everyone held cases.
        """
        rows = np.arange(len(self))
        part_time = draws.uniforms("officers.hours", self.officer_hash) < p.part_time_share
        self.hours[rows] = np.where(part_time, p.part_time_hours, 1.0)
        qualified_share = np.asarray(p.qualified_share)[self.provider - Provider.TRUST]
        self.is_qualified[rows] = draws.uniforms("officers.grade", self.officer_hash) < qualified_share
        office = self._office()
        is_open = self.hours * ~self.is_closed
        everyone, holders = (np.bincount(office, is_open * part) for part in (1, self.holds_cases))
        full_time = p.points_full_time * (everyone / np.maximum(holders, _LEAST_HOURS))[office] * self.holds_cases
        self.target[rows] = (self.hours * full_time).astype(np.int64)

    def _office(self) -> NDArray[np.int64]:
        """Return a number for the office of every officer: provider and area."""
        return self.provider.astype(np.int64) * self.count.shape[1] + self.area

    def load(self) -> Load:
        """Return what every officer holds, for a compiled loop; hold it no longer than a column."""
        return Load(self.points, self.community_cases, self.by_payment, self.__dict__["cuttable"])

    def release(self, officers: NDArray[np.integer]) -> None:
        """Take one case from each of these officers; -1 is nobody."""
        np.subtract.at(self.caseload, officers[officers >= 0], 1)

    def at_work_by_office(self) -> NDArray[np.float64]:
        """Return the full-time equivalents in post, shape (providers, areas)."""
        return np.bincount(self._office(), self.hours * ~self.is_vacant, self.count.size).reshape(self.count.shape)

    def of(self, provider: Provider, areas: Sequence[int]) -> NDArray[np.int64]:
        """Return the rows of a provider's officers in some areas."""
        offices = [np.arange(self.first[provider, a], self.first[provider, a] + self.count[provider, a]) for a in areas]
        return np.concatenate(offices)

    def _is_kept(self, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
        """Say which posts are open and under no notice."""
        kept: NDArray[np.bool_] = ~self.is_closed[rows] & (self.leaves_day[rows] == NEVER)
        return kept

    def full_time_posts(self, provider: Provider, areas: Sequence[int]) -> float:
        """Return the posts that are open and under no notice, filled or not, in full-time equivalents."""
        rows = self.of(provider, areas)
        return float(self.hours[rows][self._is_kept(rows)].sum())

    def workload(self, provider: Provider, areas: Sequence[int]) -> float:
        """Return the points held over the target of those in post."""
        rows = self.of(provider, areas)
        return float(self.points[rows].sum() / max(1, self.target[rows][~self.is_vacant[rows]].sum()))

    def change_posts(
        self,
        rows: NDArray[np.int64],
        wanted: float,
        leaves_day: int,
        comes_day: int,
        order: NDArray[np.float64],
    ) -> None:
        """Give posts up or open them until there are as many as wanted, in full-time equivalents, to half a post.

        Parameters
        ----------
        rows : int64 array, shape (n,)
            All posts of a provider, open and closed.
        wanted : float
        leaves_day, comes_day : int
            Day on which an officer under notice leaves, and on which a new one comes.
        order : float64 array, shape (n,)
            Keyed uniforms: who of equals goes or comes first. Empty posts are given up before filled ones, and notice
            is taken back before a post is filled anew. One caseholder stays, whatever is wanted.
        """
        kept = self._is_kept(rows)
        gap = wanted - float(self.hours[rows][kept].sum())
        if gap < 0:
            goes_first, may_go = order - self.is_vacant[rows], kept.copy()
            holders = np.flatnonzero(kept & self.holds_cases[rows])
            may_go[holders[np.argsort(goes_first[holders])[-1:]]] = False
            chosen = self._first(rows[may_go], goes_first[may_go], -gap)
            is_empty = self.is_vacant[chosen]
            self._close(chosen[is_empty])
            self.leaves_day[chosen[~is_empty]] = leaves_day
        else:
            noticed = ~self.is_closed[rows[~kept]]
            chosen = self._first(rows[~kept], order[~kept] - noticed, gap)
            closed = chosen[self.is_closed[chosen]]
            self.is_closed[closed], self.is_vacant[closed], self.away_until_day[closed] = False, True, comes_day
            self.leaves_day[chosen] = NEVER

    def _first(self, rows: NDArray[np.int64], order: NDArray[np.float64], full_time: float) -> NDArray[np.int64]:
        """Return the posts that come first, as many as come nearest to a number of full-time equivalents."""
        ranked = rows[np.argsort(order, kind="stable")]
        hours = self.hours[ranked]
        return ranked[np.cumsum(hours) - hours / 2 < full_time]

    def let_go(self, day: int) -> None:
        """Let officers go whose notice ends by a day; their posts are closed."""
        gone = np.flatnonzero(self.leaves_day <= day)
        self._close(gone)
        self.leaves_day[gone] = NEVER

    def _close(self, rows: NDArray[np.integer]) -> None:
        """Give posts up that nobody fills."""
        self.is_closed[rows] = self.is_vacant[rows] = True
        self.away_until_day[rows] = NEVER

    def is_away(self, day: int) -> NDArray[np.bool_]:
        """Say who is not at work on a day: absent, or gone without a successor; shape (officers,)."""
        return self.away_until_day > day

    def capacity(self, day: int, cover_share: float) -> NDArray[np.int64]:
        """Return the points that can be worked this week: an absent officer's in part, by colleagues."""
        share = np.where(self.is_away(day), cover_share, 1.0)
        return (self.target * share).astype(np.int64)

    def copy(self) -> "Officers":
        """Return an independent copy."""
        twin = super().copy()
        for name in ("first", "count", "holders", "cuttable", "cuts"):
            twin.__dict__[name] = self.__dict__[name].copy()
        return twin


def heads_for(full_time_in_post: float, p: Group) -> float:
    """Return the posts that give so many full-time equivalents in post, part-timers and vacancies reckoned with.

    A post is empty for `vacancy_weeks` after each leaver: for ``l w / (1 + l w)`` of the time, l leavers a week.
    """
    empty = p.leaving_per_year / WEEKS_PER_YEAR * p.vacancy_weeks
    mean_hours = 1 - p.part_time_share * (1 - p.part_time_hours)
    return float(full_time_in_post / mean_hours * (1 + empty))


class Officer(RowView):
    """One row of the table of officers, seen as a Mesa agent; officers have negative numbers.

    Parameters
    ----------
    model : ProbationModel
    row : int
    """

    table_name = "officers"
    title = "an officer"

    def __init__(self, model: Any, row: int) -> None:
        super().__init__(model, row, -1 - row)

    @property
    def employer(self) -> Provider:
        """Who employs the officer."""
        return Provider(self.provider)


@compiled
def _lighter(points, target, one, other):
    """Say whether one officer carries less of the target than another."""
    return points[one] * target[other] < points[other] * target[one]


@compiled
def assign_least_loaded(
    first,
    count,
    team_size,
    place,
    weight,
    is_high_risk,
    is_closed,
    is_at_work,
    is_qualified,
    target,
    points,
    caseload,
    out,
):
    """Give each case in turn to the officer of its team with the least workload for the hours; the first of equals.

    Cases of high risk of serious harm go to qualified officers as long as one is at work, and nobody gets a case who is
    not at work as long as anyone is. A post that is given up gets none as long as the office has another; a team whose
    posts are all given up sends its cases to the rest of the office.

    Parameters
    ----------
    first, count : int64 arrays, shape (n,)
        Where the caseholders of the case's office stand.
    team_size : int
    place : float64 array, shape (n,)
        The case's place in its office, in [0, 1): a keyed draw, so that a person's team does not depend on others.
    weight : int64 array, shape (n,)
        Workload points of the case.
    is_high_risk : boolean array, shape (n,)
    is_closed, is_at_work, is_qualified : boolean arrays, shape (officers,)
    target, points, caseload : int32 arrays, shape (officers,)
        `points` and `caseload` are read and written.
    out : int64 array, shape (n,)
        The officer of each case.
    """
    for i in range(first.size):
        teams = (count[i] + team_size - 1) // team_size
        team = int(place[i] * teams)
        start = first[i] + team * count[i] // teams
        end = first[i] + (team + 1) * count[i] // teams
        if is_closed[start:end].all():
            start, end = first[i], first[i] + count[i]
        best, best_fit = start, -1
        for officer in range(start, end):
            fit = 0
            if is_closed[officer]:
                fit = -1
            elif is_at_work[officer]:
                fit = 2 if is_qualified[officer] or not is_high_risk[i] else 1
            if fit > best_fit or (fit == best_fit and _lighter(points, target, officer, best)):
                best, best_fit = officer, fit
        caseload[best] += 1
        points[best] += weight[i]
        out[i] = best
