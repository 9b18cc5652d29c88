"""`ProbationModel`: the people, the timeline, and the week as one tuple."""

from typing import Any, Self
from weakref import WeakSet

import mesa
import numpy as np
from mesa.agentset import AbstractAgentSet, _HardKeyAgentSet
from mesa.experimental.scenarios import Scenario
from mesa.time import EventGenerator, Priority, Schedule
from numpy.typing import NDArray

from sim import population
from sim.accounts import found_providers, span_of_trust_staff, staff_at_founding
from sim.charities import Cases, Charity, SupportCounts, found
from sim.clock import DAYS_PER_WEEK, year_of_week
from sim.compiled import compiled
from sim.desistance import stretch_weeks
from sim.docket import Docket
from sim.draws import Draws
from sim.events import EventLog, IndexLog
from sim.ledger import Ledger
from sim.network import Ties
from sim.offenders import IS_ENGAGED, IS_IN_PRISON, Offender, People, Provider, Status
from sim.officers import Officer, Officers, heads_for
from sim.order import tidy
from sim.parameters.register import Register
from sim.processes import (
    allocation,
    arrivals,
    courts,
    custody,
    enforcement,
    needs,
    organisations,
    proof,
    reoffending,
    supervision,
    support,
    ties,
)
from sim.providers import ProbationProvider
from sim.regions import Region, load_region
from sim.scenarios import load_timeline
from sim.timeline import Timeline
from sim.views import RowView
from sim.weekly import WeeklyRecord
from sim.workload import TIERS

WEEK = (
    arrivals,  # first-timers and returners, the same people in every regime
    custody,  # time served; release on its day
    allocation,  # who supervises whom: provider by rule, officer by workload points; what the officer must cut
    supervision,  # terms that end; contacts cut, kept and missed; alliance; failures
    support,  # charities and Through the Gate: referral, take-up, queues, places
    needs,  # accommodation, work, drugs, drink, thinking, relationships, associates: onset and recovery
    ties,  # co-offenders, people met inside, family: made, faded, grown; who is under whose influence
    reoffending,  # offences fall on their day, some together
    proof,  # caution, charge, or a resolution that proves nothing; remand; lag to court
    courts,  # sentence by offence and history
    enforcement,  # breach of orders and of post-sentence supervision; recall from licence
    organisations,  # officers fall ill and leave, more under load; successors come
)

_ROOM = 2
_LISTS = 4
_OWN = (
    *("people", "docket", "log", "index_log", "weekly", "officers", "ties", "cases"),
    *("contacts", "officer_changes", "ledger", "log_at_month"),
)
"""What a forked world has of its own."""
CONTACT_COUNTS = 3
"""Contacts of a week: due, kept, cut; each by provider, tier and class of payment."""


class World(Scenario):
    """What a model is made of, as a Mesa `Scenario`: ``ProbationModel(World(rng=3, name="pre_reform", scale=0.1))``.

    Mesa keeps the name ``scenario`` for it; the dated levers of a regime are `ProbationModel.timeline`.
    """

    name: str = "post_reform"
    region: str = "staffordshire_west_midlands"
    scale: float = 1.0


class ProbationModel(mesa.Model):
    """The offender lifecycle in a region under one timeline of levers.

    Parameters
    ----------
    scenario : str or Timeline or World
        Name or path of a scenario, a resolved timeline, or all of a world at once, its `rng` being the seed.
    region : str or Region
        Name or path of a region, or a loaded one.
    scale : float
        People for each person of the region; 1 is the region itself.
    seed : int
        Non-negative; two models of one seed have the same people and the same luck.
    register : Register, optional
        Parameters; the shipped ones by default.

    Attributes
    ----------
    people : People
        Table of everyone, one row a person; rows move twice a year (`sim.order`).
    officers : Officers
    charities : list of Charity
    cases : Cases
        Who waits for a charity or has a place.
    providers : list of ProbationProvider
    ledger : Ledger
        Every payment from day 0 on.
    log_at_month : list of int
        Length of the log before the first week of each month.
    counted : dict
        Cohorts by area that companies asked for this month.
    ties : Ties
        Who is tied to whom.
    docket : Docket
    log : EventLog
        Everything from day 0 on.
    index_log : IndexLog
        Index events from day 0 on.
    weekly : WeeklyRecord
        Stocks and flows of every week from week 0 on.
    week : int
        The week that the next step lives; negative in the run-in.
    settled : int
        Rows at the front of the table, of people who have left, which move no more.
    index_logged : tuple of (int, int)
        Length of the index log before the last week and before the present one.
    engaged, leaving, inside, reviewed : int64 arrays
        Rows at the start of the present week, in order: people under sentence or on remand; those whose tracked years
        are over; those in prison; those whose needs and family ties are reviewed.

    Notes
    -----
    The stock is laid down some weeks before day 0 and run in, so that on day 0 the courts' lists, remand and recall
    are as full as the flows make them.
    """

    def __init__(
        self,
        scenario: str | Timeline | World = "post_reform",
        region: str | Region = "staffordshire_west_midlands",
        scale: float = 1.0,
        seed: int = 0,
        register: Register | None = None,
    ) -> None:
        world = None
        if isinstance(scenario, World):
            world, seed = scenario, int(scenario.rng or 0)
            scenario, region, scale = world.name, world.region, world.scale
        super().__init__(rng=None if world else seed, scenario=world)
        self.region = load_region(region) if isinstance(region, str) else region
        self.timeline = load_timeline(scenario, self.region.areas) if isinstance(scenario, str) else scenario
        self.register = register or Register.load()
        self.scale = scale
        self.seed_number = seed
        self.size = scale * self.region.national_share
        self.draws = Draws(seed)
        self.people = People()
        self.docket = Docket()
        self.log = EventLog()
        self.index_log = IndexLog()
        self.weekly = WeeklyRecord()
        self.officers = self._employ()
        self.ties = Ties()
        self.cases = Cases()
        self.charities = found(self)
        self.support = SupportCounts()
        self.ledger = Ledger()
        self.log_at_month: list[int] = []
        self.providers = found_providers(self)
        self.contacts = np.zeros((len(Provider), TIERS, TIERS, CONTACT_COUNTS), np.int64)
        self.officer_changes = np.zeros(len(Provider), np.int64)
        self.week = -int(self.register.population.run_in_weeks)
        self.settled = 0
        self.index_logged = (0, 0)
        self._forget_the_week()
        population.add_stock(self, self.week)
        while self.week < 0:
            self.live_week()
        self._open_the_log()

    def _employ(self) -> Officers:
        """Set up the practitioners of trusts, NPS and CRCs by the published numbers, with room for those to come."""
        work, spare_of_company = self.register.workload, self.register.organisations.spare_posts_share
        officers = Officers(len(self.region.areas))
        for provider, practitioners in staff_at_founding(self.register).items():
            spare = {Provider.TRUST: span_of_trust_staff(self.register), Provider.CRC: spare_of_company}
            heads, holding = heads_for(practitioners * self.size, work), work.caseholder_share
            officers.employ(provider, heads, self.region.shares, spare.get(provider, 0.0), holding)
        officers.grade(work, self.draws)
        return officers

    def _forget_the_week(self) -> None:
        """Drop what belongs to one week alone, and what can be found again."""
        self.forget_lists()
        self.week_logged = len(self.log)
        self.counted: dict[Any, Any] = {}
        self._views: dict[tuple[type, int], Any] = {}
        self._watching: WeakSet[RowView] = WeakSet()
        self._scratch = np.empty((_LISTS, 0), np.int64)

    def forget_lists(self) -> None:
        """Drop the week's lists of rows, as after a change of rows."""
        self.engaged = self.leaving = self.inside = self.reviewed = np.empty(0, np.int64)

    def scratch(self) -> NDArray[np.int64]:
        """Return four rows of room for a number for each person; what they hold is anybody's."""
        if self._scratch.shape[1] < len(self.people):
            self._scratch = np.empty((_LISTS, _ROOM * len(self.people)), np.int64)
        return self._scratch

    def _sort_people(self) -> None:
        """Find who is under sentence or on remand, whose tracked years are over, who is in prison, who is reviewed."""
        people, review_weeks = self.people, int(self.register.needs.review_weeks)
        is_reviewed = np.arange(stretch_weeks(self.register.reoffending)) % review_weeks == self.week % review_weeks
        columns = people.status, people.status_end_day, people.stretch_phase
        counts = _split(self.settled, *columns, self.day, is_reviewed, *self.scratch())
        self.engaged, self.leaving, self.inside, self.reviewed = (
            found[:count].copy() for found, count in zip(self.scratch(), counts, strict=True)
        )

    def _open_the_log(self) -> None:
        """Forget what was logged in the run-in: the record starts on day 0."""
        ties.activate(self)
        self.log.keep(self.log.day >= 0)
        self.index_log.keep(self.index_log.day >= 0)
        self.index_logged = (0, 0)
        self.people.__dict__["flows"][:] = 0
        self.ties.log_seen = len(self.log)

    @property
    def day(self) -> int:
        """First day of the present week."""
        return self.week * DAYS_PER_WEEK

    @property
    def year(self) -> int:
        """Calendar year of the present week's Monday: what dated series are read by."""
        return year_of_week(self.week)

    @property
    def is_first_week_of_year(self) -> bool:
        """Whether dated series take a new value this week."""
        return year_of_week(self.week - 1) != self.year

    def step(self) -> None:
        """Live one week, on Mesa's clock: `time` is the number of weeks since day 0."""
        self.live_week()

    def live_week(self) -> None:
        """Live one week: the processes of `WEEK`, in their order."""
        tidy(self)
        self._sort_people()
        self.week_logged, paid = len(self.log), len(self.ledger)
        self.index_logged = self.index_logged[1], len(self.index_log)
        for process in WEEK:
            process.step(self)
        self.docket.drop_done()
        if self.week >= 0:
            self.weekly.record(self, self.week_logged, paid)
        self.week += 1

    def live_until(self, day: int) -> None:
        """Live every week that starts before a day."""
        while self.day < day:
            self.step()

    def fork(self, timeline: Timeline) -> Self:
        """Return an independent copy that lives on under another timeline.

        The two are one world up to this week if their timelines date nothing before it.
        """
        twin = type(self).__new__(type(self))
        mesa.Model.__init__(twin, rng=self.seed_number)
        twin._default_schedule.stop()
        twin.time, twin.steps = self.time, self.steps
        schedule = Schedule(interval=1.0, start=self.time + 1.0)
        twin._default_schedule = EventGenerator(twin, twin._do_step, schedule, priority=Priority.HIGH).start()
        for name in ("region", "register", "scale", "seed_number", "size", "draws", "week", "settled", "index_logged"):
            setattr(twin, name, getattr(self, name))
        for name in _OWN:
            setattr(twin, name, getattr(self, name).copy())
        twin.charities = [charity.moved_to(twin) for charity in self.charities]
        twin.providers = [provider.moved_to(twin) for provider in self.providers]
        twin.support = SupportCounts()
        twin.timeline = timeline
        twin._forget_the_week()
        return twin

    @property
    def agent_types(self) -> list[type]:
        """The kinds of agents: people, officers, charities and providers."""
        return [Offender, Officer, Charity, ProbationProvider]

    @property
    def agents_by_type(self) -> dict[type, AbstractAgentSet[Any]]:
        """Views of everyone who is tracked and of every officer, made when first asked for, charities and providers.

        People carry positive numbers that depend on the person alone, all others negative ones.
        """
        rows: dict[type[Any], Any] = {
            Offender: np.flatnonzero(self.people.status != Status.LEFT).tolist(),
            Officer: range(len(self.officers)),
        }
        views: dict[type[Any], list[Any]] = {
            kind: [self._view(kind, row) for row in wanted] for kind, wanted in rows.items()
        }
        views[Charity], views[ProbationProvider] = self.charities, self.providers
        return {kind: _HardKeyAgentSet(found, random=self.random) for kind, found in views.items()}

    def _view(self, kind: type[Any], row: int) -> Any:
        """Return the view of a row; kept, because Mesa's selections hold their agents weakly."""
        if (kind, row) not in self._views:
            self._views[kind, row] = kind(self, row)
        return self._views[kind, row]

    def watch(self, view: RowView) -> None:
        """Keep sight of a view, as long as anybody holds it, so that it can follow its row."""
        self._watching.add(view)

    def move_views(self, kind: type[RowView], place: NDArray[np.integer[Any]]) -> None:
        """Let the views of a kind follow their rows to other places; `place` has the new row for each old one."""
        for view in self._watching:
            if isinstance(view, kind):
                view.row = int(place[view.row])
        self._views = {(made, view.row): view for (made, _), view in self._views.items()}

    @property
    def agents(self) -> AbstractAgentSet[Any]:
        """Views of all people and officers, charities and providers; see `agents_by_type`."""
        views = [view for found in self.agents_by_type.values() for view in found]
        return _HardKeyAgentSet(views, random=self.random)

    def offender(self, person: int) -> Offender | None:
        """Return the view of a person by number, or None where nobody has it."""
        found = np.flatnonzero(self.people.person == person)
        return Offender(self, int(found[0])) if len(found) else None

    def describe(self) -> dict[str, Any]:
        """Return what a manifest records of the world."""
        return {
            "scenario": self.timeline.name,
            "levers": self.timeline.describe(),
            "region": self.region.name,
            "scale": self.scale,
            "seed": self.seed_number,
        }


@compiled
def _split(settled, status, status_end_day, stretch_phase, day, is_reviewed, engaged, leaving, inside, reviewed):
    """Fill in the week's lists, passing by the first rows, of people who have left; return how long each is.

    People of one status stand together, and so the one branch hardly ever takes a processor by surprise.
    """
    found, gone, held, due = 0, 0, 0, 0
    for i in range(settled, status.size):
        law = status[i]
        reviewed[due] = i
        due += (law != Status.LEFT) & is_reviewed[stretch_phase[i]]
        if law == Status.FREE:
            leaving[gone] = i
            gone += status_end_day[i] <= day
        else:
            engaged[found], inside[held] = i, i
            found += IS_ENGAGED[law]
            held += IS_IN_PRISON[law]
    return found, gone, held, due
