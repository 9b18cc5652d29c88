"""The same people under two regimes, week by week, with what is kept of them."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from experiments.plan import Plan
from sim.clock import DAYS_PER_WEEK, date_of
from sim.compiled import source_hash
from sim.model import ProbationModel
from visualiser.record import WEEKS_BETWEEN_SAMPLES, Record, sample
from visualiser.scene import MOST_SHOWN, Scene
from visualiser.states import ABSENT, State

_NEVER = "The two scenarios move the same levers on the same days: the worlds never differ."


class Pair:
    """Two worlds of one plan, lived side by side; one and the same until their levers part.

    Parameters
    ----------
    plan : Plan
        Two arms, one seed.
    most_shown : int
        See `Scene`.

    Attributes
    ----------
    models : (ProbationModel, ProbationModel)
        Base and reform; before they part, both are the same object.
    scene : Scene
    records : (Record, Record)
    hub_counts : (list, list)
        How many people each organisation and charity had, week by week.
    """

    def __init__(self, plan: Plan, most_shown: int = MOST_SHOWN) -> None:
        self.plan = plan
        first = ProbationModel(plan.arms[0], plan.region, plan.scale, plan.seeds[0], plan.register)
        self.models = (first, first)
        reunified = any("reunified_service" in arm.levers for arm in plan.arms)
        self.scene = Scene((first,), most_shown, with_probation_service=reunified)
        self.nodes = self.scene.nodes
        self.records = (Record(), Record())
        self.hub_counts: tuple[list[list[int]], list[list[int]]] = ([], [])
        self._keep()

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
        """Week at whose beginning the worlds part; None where their levers never differ."""
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
        self._keep()

    def _keep(self) -> None:
        """Put the week on record; of one world once for both."""
        worlds = self.models if self.parted else self.models[:1]
        rows = self.scene.look(worlds)
        is_due = self.week % WEEKS_BETWEEN_SAMPLES == 0
        samples = [self._sample(model) if is_due else {} for model in worlds]
        for arm, record in enumerate(self.records):
            world = arm if self.parted else 0
            record.add(rows[world], samples[world])
        counts = [self.scene.hub_counts(model) for model in worlds]
        for arm, kept in enumerate(self.hub_counts):
            kept.append(counts[arm if self.parted else 0])

    def _sample(self, model: ProbationModel) -> dict[str, NDArray[np.uint8]]:
        """Return what is kept of the people on the page every few weeks."""
        here = self.scene.seen(model)
        return sample(model, here.rows, here.nodes, len(self.nodes))

    def counts(self, week: int) -> list[list[int]]:
        """Return how many people on the page are in each state in a week, for each arm."""
        return [
            np.bincount(record.state_at(week), minlength=ABSENT + 1)[: len(State)].tolist() for record in self.records
        ]

    def describe(self) -> dict[str, Any]:
        """Return what does not change while the worlds live: places, dates, levers, what all is made of."""
        plan = self.plan
        arms = " and ".join(arm.name for arm in plan.arms)
        notes = "".join(f" {note}" for note in plan.notes)
        settings = "".join(f", {setting}" for setting in plan.settings)
        return {
            "arms": [{"name": arm.name, "title": arm.title} for arm in plan.arms],
            "fork_week": self.fork_week,
            "end_week": self.end_week,
            "levers": self._levers(),
            "notes": [*plan.notes, *([_NEVER] if self.fork_week is None else [])],
            "fork_date": None if self.fork_week is None else date_of(plan.fork_day or 0).isoformat(),
            "provenance": f"{arms}, {plan.region.name} at scale {plan.scale!r}, seed {plan.seeds[0]}{settings}; "
            f"code {source_hash()}.{notes}",
            **self.scene.describe(),
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
