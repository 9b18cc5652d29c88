"""The same people under two regimes, week by week, with what the page shows of them."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.plan import Plan
from sim.charities import Kind
from sim.charities import Stage as CaseStage
from sim.clock import DAYS_PER_WEEK, date_of
from sim.model import ProbationModel
from sim.network import build, cells_of_areas
from sim.offenders import Provider, Status, person_number
from visualiser.layout import lay_out
from visualiser.nodes import NOBODY, Nodes
from visualiser.record import WEEKS_BETWEEN_SAMPLES, Record, sample
from visualiser.states import ABSENT, LATELY_WEEKS, State, states

MOST_SHOWN = 20_000
"""People on the page; of more a sample is shown."""
NO_HUB = 255
_ROOM = 3
"""Places of a neighbourhood, in people who stand in it at the start; whoever comes when all are taken stands on one."""
_YEAR_DAYS = 365.2425


@dataclass(frozen=True)
class Hub:
    """An organisation or a charity on the ring of an area.

    Attributes
    ----------
    kind : str
        ``provider`` or ``charity``.
    type : str
        The `Provider` or the `Kind` of charity.
    area : int
    x, y : float
    """

    kind: str
    type: str
    area: int
    x: float
    y: float


@dataclass(frozen=True)
class Seen:
    """The people of a world who are on the page now.

    Attributes
    ----------
    rows, nodes : int64 arrays, shape (m,)
        Their rows in the world, and their numbers on the page.
    """

    rows: NDArray[np.int64]
    nodes: NDArray[np.int64]


class Pair:
    """Two worlds of one plan, lived side by side; one and the same until their levers part.

    Parameters
    ----------
    plan : Plan
        Two arms, one seed.
    most_shown : int
        People on the page: of more, the people of some neighbourhoods are shown, as many in each area as its share.

    Attributes
    ----------
    models : (ProbationModel, ProbationModel)
        Base and reform; before they part, both are the same object.
    nodes : Nodes
    records : (Record, Record)
    hubs : list of Hub
    shown_cells, cells : int64 array, shape (areas,)
        Neighbourhoods shown, and all there are.
    """

    def __init__(self, plan: Plan, most_shown: int = MOST_SHOWN) -> None:
        self.plan = plan
        first = ProbationModel(plan.arms[0], plan.region, plan.scale, plan.seeds[0], plan.register)
        self.models = (first, first)
        self.cells, self._first_cell = cells_of_areas(first)
        tracked = int((first.people.status != Status.LEFT).sum())
        share = min(1.0, most_shown / max(1, tracked))
        self.shown_cells = np.maximum(1, (self.cells * share).astype(np.int64))
        self._cell_index = self._number_cells()
        usual = tracked / int(self.cells.sum())
        most = int(_ROOM * usual) + 10
        self.layout = lay_out(plan.region.areas, self.shown_cells, most, usual)
        self.nodes = Nodes(self.layout)
        self.records = (Record(), Record())
        self.hubs = self._stand_hubs()
        self._logged: tuple[list[int], list[int]] = ([], [])
        self._look()

    def _number_cells(self) -> NDArray[np.int64]:
        """Return the place on the page of each neighbourhood, `NOBODY` where it is not shown."""
        index = np.full(int(self.cells.sum()) + 1, NOBODY)
        start = 0
        for first, shown in zip(self._first_cell.tolist(), self.shown_cells.tolist(), strict=True):
            index[first : first + shown] = np.arange(start, start + shown)
            start += shown
        return index

    def _stand_hubs(self) -> list[Hub]:
        """Put every organisation that either arm can have, and every charity, on the ring of its area."""
        reunified = any("reunified_service" in arm.levers for arm in self.plan.arms)
        providers = [p for p in Provider if p and (p != Provider.PROBATION_SERVICE or reunified)]
        kinds = [("provider", p.name.lower()) for p in providers] + [("charity", k.name.lower()) for k in Kind]
        found = []
        for area in range(len(self.plan.region.areas)):
            places = self.layout.around(area, len(kinds))
            found += [Hub(kind, name, area, x, y) for (kind, name), (x, y) in zip(kinds, places, strict=True)]
        self._hubs_of_area = len(kinds)
        self._place_of_provider = np.full(len(Provider), NO_HUB)
        self._place_of_provider[providers] = np.arange(len(providers))
        self._first_charity = len(providers)
        return found

    @property
    def week(self) -> int:
        """Weeks lived."""
        return self.models[0].week

    @property
    def parted(self) -> bool:
        """Whether the two arms are two worlds."""
        return self.models[0] is not self.models[1]

    @property
    def fork_week(self) -> int | None:
        """Week as which begins the worlds part; None where their levers never differ."""
        day = self.plan.fork_day
        return None if day is None or day >= self.plan.end_day else day // DAYS_PER_WEEK

    @property
    def end_week(self) -> int:
        """Week at whose beginning the run ends."""
        return -(-self.plan.end_day // DAYS_PER_WEEK)

    @property
    def is_over(self) -> bool:
        """Whether the last week was lived."""
        return self.week >= self.end_week

    def step(self) -> None:
        """Live one week of both worlds; as one world up to the week of the first lever that differs."""
        if not self.parted and self.fork_week is not None and self.week >= self.fork_week:
            base, reform = self.plan.arms
            self.models = (self.models[0].fork(base), self.models[0].fork(reform))
        self.models[0].step()
        if self.parted:
            self.models[1].step()
        self._look()

    def _look(self) -> None:
        """Give newcomers a place, and keep the week on record."""
        worlds = self.models if self.parted else self.models[:1]
        for model in worlds:
            self._show_newcomers(model)
        rows = []
        for arm, model in enumerate(worlds):
            self._logged[arm].append(len(model.log))
            since = self._logged[arm][max(0, len(self._logged[arm]) - 1 - LATELY_WEEKS)]
            here, codes = self.seen(model), states(model, since)
            row = np.full(len(self.nodes), ABSENT, np.uint8)
            row[here.nodes] = codes[here.rows]
            is_due = self.week % WEEKS_BETWEEN_SAMPLES == 0
            rows.append((row, sample(model, here.rows, here.nodes, len(self.nodes)) if is_due else {}))
        if not self.parted:
            self._logged[1].append(self._logged[0][-1])
        for arm, record in enumerate(self.records):
            record.add(*rows[arm if self.parted else 0])
        self.nodes.leave((rows[0][0] == ABSENT) & (rows[-1][0] == ABSENT))

    def _rows_shown(self, model: ProbationModel) -> NDArray[np.int64]:
        """Return the rows of the tracked people of the neighbourhoods that are shown."""
        known = len(model.ties.members)
        people = model.people
        is_shown = (people.status[:known] != Status.LEFT) & (self._cell_index[people.cell[:known]] != NOBODY)
        return np.flatnonzero(is_shown)

    def _show_newcomers(self, model: ProbationModel) -> None:
        """Give a place to everybody in the neighbourhoods shown who has none."""
        people, rows = model.people, self._rows_shown(model)
        persons = person_number(people.arrival_week[rows].astype(np.int64), people.slot[rows])
        is_new = self.nodes.numbers_of(persons) == NOBODY
        new = rows[is_new]
        if len(new):
            years = date_of(0).year + people.birth_day[new] / _YEAR_DAYS
            cells = self._cell_index[people.cell[new]]
            self.nodes.add(persons[is_new], cells, people.is_female[new], years.astype(np.int16))

    def seen(self, model: ProbationModel) -> Seen:
        """Return who of a world is on the page now."""
        rows = self._rows_shown(model)
        people = model.people
        nodes = self.nodes.numbers_of(person_number(people.arrival_week[rows].astype(np.int64), people.slot[rows]))
        return Seen(rows, nodes)

    def counts(self, week: int) -> list[list[int]]:
        """Return how many people on the page are in each state in a week, for each arm."""
        return [
            np.bincount(record.state_at(week), minlength=ABSENT + 1)[: len(State)].tolist() for record in self.records
        ]

    def provider_hubs(self, arm: int) -> NDArray[np.uint8]:
        """Return the hub of who supervises each person on the page now, `NO_HUB` for nobody; shape (nodes,)."""
        model = self.models[arm]
        here = self.seen(model)
        people = model.people
        place = self._place_of_provider[people.provider[here.rows]]
        is_linked = (people.officer[here.rows] >= 0) & (place != NO_HUB)
        found = np.full(len(self.nodes), NO_HUB, np.uint8)
        hub = people.area[here.rows].astype(np.int64) * self._hubs_of_area + place
        found[here.nodes[is_linked]] = hub[is_linked]
        return found

    def hub_counts(self, arm: int) -> list[int]:
        """Return how many people each hub has now: on officers' caseloads, or helped."""
        model = self.models[arm]
        people, counts = model.people, np.zeros(len(self.hubs), np.int64)
        supervised = np.flatnonzero(people.officer >= 0)
        place = self._place_of_provider[people.provider[supervised]]
        hub = people.area[supervised].astype(np.int64) * self._hubs_of_area + place
        np.add.at(counts, hub[place != NO_HUB], 1)
        for charity in model.charities:
            at = charity.area * self._hubs_of_area + self._first_charity + charity.kind
            counts[at] += model.cases.count(charity.number, CaseStage.HELPED)
        return [int(c) for c in counts]

    def ties(self, arm: int) -> NDArray[np.uint32]:
        """Return the pairs of people on the page who are tied now; shape (ties, 2), numbers on the page."""
        model = self.models[arm]
        here = self.seen(model)
        node = np.full(len(model.people), NOBODY)
        node[here.rows] = here.nodes
        network, half = model.register.derived(build), model.ties.half
        one, other = node[half["peer"][1::2]], node[half["peer"][::2]]
        weeks = np.clip(model.week - half["since_week"][::2].astype(np.int64), 0, network.fade.size - 1)
        kept = (one != NOBODY) & (other != NOBODY) & (half["strength"][::2] * network.fade[weeks] >= network.least)
        return np.column_stack([one[kept], other[kept]]).astype(np.uint32)

    def describe(self) -> dict[str, Any]:
        """Return what does not change while the worlds live: places, dates, levers."""
        return {
            "arms": [{"name": arm.name, "title": arm.title} for arm in self.plan.arms],
            "fork_week": self.fork_week,
            "end_week": self.end_week,
            "areas": [{"title": a.title, "x": a.x, "y": a.y, "r": a.r} for a in self.layout.areas],
            "hubs": [{"id": i, "title": _title(h), **vars(h)} for i, h in enumerate(self.hubs)],
            "extent": list(self.layout.extent),
            "levers": self._levers(),
            "note": self._note(),
        }

    def _levers(self) -> list[dict[str, Any]]:
        """Return the levers of both arms by date, and which arms have each on that day."""
        found: dict[tuple[int, str], list[int]] = {}
        for number, arm in enumerate(self.plan.arms):
            for lever in arm.levers.values():
                found.setdefault((lever.from_day, lever.name), []).append(number)
        return [
            {
                "name": name,
                "title": name.replace("_", " "),
                "date": date_of(day).isoformat(),
                "week": day // DAYS_PER_WEEK,
                "arms": arms,
            }
            for (day, name), arms in sorted(found.items())
        ]

    def _note(self) -> str:
        """Say which people are shown."""
        shown, there = int(self.shown_cells.sum()), int(self.cells.sum())
        if shown == there:
            return f"Everybody is shown: {len(self.nodes):,} people in {there:,} neighbourhoods."
        return (
            f"A sample is shown: everybody in {shown:,} of {there:,} neighbourhoods, {len(self.nodes):,} people. "
            "Charts count all people."
        )


_TITLES = {"nps": "NPS", "crc": "CRC", "trust": "Trust", "probation_service": "Probation Service"}


def _title(hub: Hub) -> str:
    """Return the name of a hub on the page."""
    return _TITLES.get(hub.type, hub.type.replace("_", " ").capitalize())
