"""Who of some worlds is on the page, where they stand, in which state they are, and with whom they are tied."""

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.charities import Kind
from sim.charities import Stage as CaseStage
from sim.clock import DAYS_PER_YEAR, date_of
from sim.model import ProbationModel
from sim.network import build, cells_of_areas
from sim.offenders import Provider, Status
from visualiser.layout import lay_out
from visualiser.nodes import NOBODY, Nodes, persons_at
from visualiser.states import ABSENT, LATELY_WEEKS, states

MOST_SHOWN = 20_000
"""People on the page; of more a sample is shown."""
NO_HUB = 255
_ROOM, _LEAST_ROOM = 3, 10
"""Places of a neighbourhood, in people who stand in it at the start; whoever comes when all are taken stands on one."""


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

    @property
    def title(self) -> str:
        """Name on the page."""
        return _TITLES.get(self.type, self.type.replace("_", " ").capitalize())


_TITLES = {"nps": "NPS", "crc": "CRC", "trust": "Trust", "probation_service": "Probation Service"}


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


class Scene:
    """Worlds of one region, one scale and one seed as the page shows them: the same people in the same places.

    Parameters
    ----------
    models : sequence of ProbationModel
    most_shown : int
        People on the page: of more, the people of some neighbourhoods are shown, as many in each area as its share.
    with_probation_service : bool
        Whether the Probation Service, in which all are one again, has a place.

    Attributes
    ----------
    nodes : Nodes
    hubs : list of Hub
    shown_cells, cells : int64 arrays, shape (areas,)
        Neighbourhoods shown, and all there are.
    """

    def __init__(
        self,
        models: Sequence[ProbationModel],
        most_shown: int = MOST_SHOWN,
        *,
        with_probation_service: bool = False,
    ) -> None:
        first = models[0]
        self.cells, first_cell = cells_of_areas(first)
        tracked = int((first.people.status != Status.LEFT).sum())
        share = min(1.0, most_shown / max(1, tracked))
        self.shown_cells = np.maximum(1, (self.cells * share).astype(np.int64))
        self._cell_index = _number_cells(first_cell, self.shown_cells, int(self.cells.sum()))
        usual = tracked / int(self.cells.sum())
        self.layout = lay_out(first.region.areas, self.shown_cells, int(_ROOM * usual) + _LEAST_ROOM, usual)
        self.nodes = Nodes(self.layout)
        providers = [p for p in Provider if p and (p != Provider.PROBATION_SERVICE or with_probation_service)]
        kinds = [("provider", p.name.lower()) for p in providers] + [("charity", k.name.lower()) for k in Kind]
        self._hubs_of_area, self._first_charity = len(kinds), len(providers)
        self._place_of_provider = np.full(len(Provider), NO_HUB)
        self._place_of_provider[providers] = np.arange(len(providers))
        self.hubs = [
            Hub(kind, name, area, x, y)
            for area in range(len(first.region.areas))
            for (kind, name), (x, y) in zip(kinds, self.layout.around(area, len(kinds)), strict=True)
        ]
        self._looks: list[tuple[list[int], list[int]]] = []

    def look(self, models: Sequence[ProbationModel]) -> list[NDArray[np.uint8]]:
        """Give newcomers a place, and return the state of everybody on the page in each world; shape (nodes,) each."""
        for model in models:
            self._show_newcomers(model)
        while len(self._looks) < len(models):
            self._looks.append(([], []) if not self._looks else (self._looks[0][0].copy(), self._looks[0][1].copy()))
        found = [self._states(model, looks) for model, looks in zip(models, self._looks, strict=False)]
        self.nodes.leave(np.all([row == ABSENT for row in found], axis=0))
        return found

    def _states(self, model: ProbationModel, looks: tuple[list[int], list[int]]) -> NDArray[np.uint8]:
        """Return the state of everybody on the page in one world."""
        weeks, logged = looks
        weeks.append(model.week)
        logged.append(len(model.log))
        codes = states(model, logged[bisect_left(weeks, model.week - LATELY_WEEKS)])
        here = self.seen(model)
        row = np.full(len(self.nodes), ABSENT, np.uint8)
        row[here.nodes] = codes[here.rows]
        return row

    def _rows_shown(self, model: ProbationModel) -> NDArray[np.int64]:
        """Return the rows of the tracked people of the neighbourhoods that are shown."""
        known = len(model.ties.members)
        people = model.people
        is_shown = (people.status[:known] != Status.LEFT) & (self._cell_index[people.cell[:known]] != NOBODY)
        return np.flatnonzero(is_shown)

    def _show_newcomers(self, model: ProbationModel) -> None:
        """Give a place to everybody in the neighbourhoods shown who has none."""
        people, rows = model.people, self._rows_shown(model)
        persons = persons_at(people, rows)
        is_new = self.nodes.numbers_of(persons) == NOBODY
        new = rows[is_new]
        if len(new):
            years = date_of(0).year + people.birth_day[new] / DAYS_PER_YEAR
            cells = self._cell_index[people.cell[new]]
            self.nodes.add(persons[is_new], cells, people.is_female[new], np.floor(years).astype(np.int16))

    def seen(self, model: ProbationModel) -> Seen:
        """Return who of a world is on the page now."""
        rows = self._rows_shown(model)
        people = model.people
        nodes = self.nodes.numbers_of(persons_at(people, rows))
        return Seen(rows[nodes != NOBODY], nodes[nodes != NOBODY])

    def provider_hubs(self, model: ProbationModel) -> NDArray[np.uint8]:
        """Return the hub of who supervises each person on the page now, `NO_HUB` for nobody; shape (nodes,)."""
        here, people = self.seen(model), model.people
        place = self._place_of_provider[people.provider[here.rows]]
        is_linked = (people.officer[here.rows] >= 0) & (place != NO_HUB)
        found = np.full(len(self.nodes), NO_HUB, np.uint8)
        hub = people.area[here.rows].astype(np.int64) * self._hubs_of_area + place
        found[here.nodes[is_linked]] = hub[is_linked]
        return found

    def hub_counts(self, model: ProbationModel) -> list[int]:
        """Return how many people each hub has now: on officers' caseloads, or helped; of all people, shown or not."""
        people, counts = model.people, np.zeros(len(self.hubs), np.int64)
        supervised = np.flatnonzero(people.officer >= 0)
        place = self._place_of_provider[people.provider[supervised]]
        hub = people.area[supervised].astype(np.int64) * self._hubs_of_area + place
        np.add.at(counts, hub[place != NO_HUB], 1)
        for charity in model.charities:
            at = charity.area * self._hubs_of_area + self._first_charity + charity.kind
            counts[at] += model.cases.count(charity.number, CaseStage.HELPED)
        return [int(c) for c in counts]

    def ties(self, model: ProbationModel) -> NDArray[np.uint32]:
        """Return the pairs of people on the page who are tied now; shape (ties, 2), numbers on the page."""
        here = self.seen(model)
        node = np.full(len(model.people), NOBODY)
        node[here.rows] = here.nodes
        network, half = model.register.derived(build), model.ties.half
        one, other = node[half["peer"][1::2]], node[half["peer"][::2]]
        weeks = np.clip(model.week - half["since_week"][::2].astype(np.int64), 0, network.fade.size - 1)
        kept = (one != NOBODY) & (other != NOBODY) & (half["strength"][::2] * network.fade[weeks] >= network.least)
        return np.column_stack([one[kept], other[kept]]).astype(np.uint32)

    def describe(self) -> dict[str, Any]:
        """Return what does not change while the worlds live: the places, and who is shown."""
        return {
            "areas": [{"title": a.title, "x": a.x, "y": a.y, "r": a.r} for a in self.layout.areas],
            "hubs": [{"id": i, "title": hub.title, **vars(hub)} for i, hub in enumerate(self.hubs)],
            "extent": list(self.layout.extent),
            "note": self._note(),
        }

    def _note(self) -> str:
        """Say which people are shown."""
        shown, there = int(self.shown_cells.sum()), int(self.cells.sum())
        if shown == there:
            return (
                f"Everybody on record is shown: {len(self.nodes):,} people at the start, in {there:,} neighbourhoods."
            )
        return (
            f"A sample is shown: everybody in {shown:,} of {there:,} neighbourhoods, {len(self.nodes):,} people at the "
            "start. Charts count all people."
        )


def _number_cells(first_cell: NDArray[np.int64], shown: NDArray[np.int64], cells: int) -> NDArray[np.int64]:
    """Return the place on the page of each neighbourhood, `NOBODY` where it is not shown.

    Neighbourhoods of an area are alike, people being put into them by chance: the first ones are as good as any.
    """
    index = np.full(cells, NOBODY)
    start = 0
    for first, number in zip(first_cell.tolist(), shown.tolist(), strict=True):
        index[first : first + number] = np.arange(start, start + number)
        start += number
    return index
