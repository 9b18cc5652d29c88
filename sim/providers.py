"""Providers of probation: the rule by risk, and who employs officers, is paid for it and decides how much to buy."""

from enum import IntEnum
from typing import TYPE_CHECKING, NamedTuple, Self

import numpy as np

from sim.clock import DAY_ZERO, MONTHS_PER_YEAR
from sim.compiled import compiled
from sim.contracts import SENTENCE_TYPES
from sim.institution import Institution
from sim.offenders import Provider, Rosh
from sim.parameters.register import Group
from sim.results import Cohorts
from sim.timeline import LAST_DATE, Timeline

if TYPE_CHECKING:
    from sim.model import ProbationModel

_MONTHS = (LAST_DATE.year - DAY_ZERO.year + 1) * MONTHS_PER_YEAR
"""As long as any run."""


@compiled
def by_risk(rosh, is_mappa):
    """Allocate a person by risk: high or very high risk of serious harm, or MAPPA, to the NPS; all others to the CRC.

    Parameters
    ----------
    rosh : int
        A `Rosh` code.
    is_mappa : bool

    Returns
    -------
    int
        A `Provider` code. The rule of June 2014 (Ministry of Justice, Target Operating Model, 2014), which is also the
        group ``would_be_provider`` in every regime.
    """
    return Provider.NPS.value if rosh >= Rosh.HIGH or is_mappa else Provider.CRC.value


def only_provider(timeline: Timeline, area: int, day: int) -> Provider:
    """Return the one provider of an area on a day, or nobody where risk decides between NPS and CRC.

    Trusts up to the split; the Probation Service once services are one again.
    """
    if timeline.holds("reunified_service", (area,), day):
        return Provider.PROBATION_SERVICE
    return Provider.NOBODY if timeline.holds("risk_split", (area,), day) else Provider.TRUST


class Behaviour(IntEnum):
    """How a provider decides."""

    BLOCK_GRANT = 0  # a public body keeps the posts that its grant is set for
    MISSION_LED = 1  # spends on service all that comes in
    SATISFICING = 2  # keeps the service as long as it does not lose money
    PROFIT_SEEKING = 3  # buys as little as the contract bears, and serves first who may bring payment


class Books(NamedTuple):
    """A year of a provider as it looks from now, and its workload: what decisions rest on."""

    income: float  # pounds a year
    staff: float  # pounds a year, of the posts that are open
    other_costs: float  # pounds a year
    post: float  # pounds a year that a full-time post costs, with those who support it
    workload: float  # points over target

    @property
    def surplus(self) -> float:
        """Pounds a year."""
        return self.income - self.staff - self.other_costs


class ProbationProvider(Institution):
    """A provider of probation: trusts of an area together, the NPS, the company of an area, the Probation Service.

    Trusts of one contract area stand as one, because people have a contract area and no trust.

    Parameters
    ----------
    model : ProbationModel
    number : int
        Place among the providers, and account in the ledger.
    kind : Provider
    areas : tuple of int
    owner_draw : float
        The uniform by which its private owner behaves one way or another.
    budget, overhead : float
        Pounds a year: what its posts at founding cost in all, and the part that stays whatever posts it keeps.
    founding_posts : float
        Full-time equivalents open at founding.

    Attributes
    ----------
    posts : float
        Full-time posts that it means to keep; those of its officers come to within half a post of it.
    practitioner_weeks : float
        Full-time equivalents at work in this month, added up over its weeks.
    starts : int64 array, shape (months, 4)
        Starts of sentences that it is paid for, by calendar month from that of day 0 on and by sentence type.
    bought : int64 array, shape (months,)
        Starts of orders under the public service, which may buy something for them.
    resettled : int64 array, shape (months,)
        Leavers whom its resettlement service saw.
    first_month : int
        Of its contract, -1 before.
    base_starts : int64 array, shape (4,)
        Starts of the year before the contract, on which its forecast rests.
    baseline : Cohorts
        Against which its results are measured.
    results : tuple of (Cohorts, float)
        Three-month cohorts settled so far, and the pounds paid for each.
    places_share : float
        Charities' places that it buys, over those at founding.
    volume_over_forecast : float
        Weighted volume of the last twelve months over that forecast.
    """

    first_number = -2_000_000  # charities stand between it and officers
    title = "a provider"
    ends_by = "a lever ends it"

    def __init__(
        self,
        model: "ProbationModel",
        number: int,
        kind: Provider,
        areas: tuple[int, ...],
        owner_draw: float,
        budget: float,
        overhead: float,
        founding_posts: float,
    ) -> None:
        super().__init__(model, number)
        self.kind = kind
        self.areas = areas
        self.owner_draw = owner_draw
        self.behaviour = Behaviour.BLOCK_GRANT
        self.budget = budget
        self.overhead = overhead
        self.founding_posts = self.posts = founding_posts
        self.practitioner_weeks = 0.0
        self.starts = np.zeros((_MONTHS, len(SENTENCE_TYPES)), np.int64)
        self.bought = np.zeros(_MONTHS, np.int64)
        self.resettled = np.zeros(_MONTHS, np.int64)
        self.first_month = -1
        self.base_starts = np.zeros(len(SENTENCE_TYPES), np.int64)
        self.baseline = Cohorts(0, 0, 0, 0.0)
        self.results: tuple[tuple[Cohorts, float], ...] = ()
        self.places_share = 1.0
        self.volume_over_forecast = 0.0

    def posts_wanted(self, books: Books, p: Group) -> float:
        """Return how many full-time posts it wants next month, by how it decides; at most a step more or less.

        Parameters
        ----------
        books : Books
        p : Group
            The register's ``organisations``.
        """
        posts, step = self.posts, p.greatest_change_per_month * self.posts
        match self.behaviour:
            case Behaviour.BLOCK_GRANT:
                return posts
            case Behaviour.MISSION_LED:
                return posts + float(np.clip(books.surplus / books.post, -step, step))
            case Behaviour.SATISFICING:
                if books.surplus < 0:
                    return posts - step
                return posts + step if books.workload > 1 and books.surplus > step * books.post else posts
            case Behaviour.PROFIT_SEEKING:
                if books.workload < p.workload_borne:
                    return posts - step
                return posts + step if books.workload > p.workload_borne + p.workload_slack else posts

    def share_of_places_wanted(self, books: Books, p: Group) -> float:
        """Return the share of charities' places that it buys next month."""
        step = p.greatest_change_per_month
        match self.behaviour:
            case Behaviour.BLOCK_GRANT | Behaviour.MISSION_LED:
                change = step
            case Behaviour.SATISFICING:
                change = step if books.surplus >= 0 else -step
            case Behaviour.PROFIT_SEEKING:
                change = -step
        return float(np.clip(self.places_share + change, p.least_places_share, 1.0))

    def moved_to(self, model: "ProbationModel") -> Self:
        """Return the same provider, with counts of its own, in a copy of its world."""
        twin = super().moved_to(model)
        twin.starts, twin.bought, twin.resettled = self.starts.copy(), self.bought.copy(), self.resettled.copy()
        return twin
