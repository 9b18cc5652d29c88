"""Many arms of one world as a tree: what they share is lived once, and where levers part the world is forked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sim.clock import DAYS_PER_WEEK
from sim.model import ProbationModel
from sim.timeline import Timeline, first_difference


@dataclass
class Lived:
    """Weeks lived in a tree, and weeks that the same arms would have lived each by itself."""

    together: int = 0
    apart: int = 0

    @property
    def saved(self) -> float:
        """Share of the weeks that shared prefixes saved."""
        return 1 - self.together / self.apart if self.apart else 0.0


def live_to(model: ProbationModel, day: int) -> None:
    """Live every week that is over by a day, so that the next one is the first that the day can touch."""
    while model.day + DAYS_PER_WEEK <= day:
        model.step()


def branches[K](arms: Mapping[K, Timeline], day: int) -> list[dict[K, Timeline]]:
    """Part arms by whether their levers agree on all days before `day`; each part in the order of the arms."""
    parts: list[dict[K, Timeline]] = []
    for name, timeline in arms.items():
        for part in parts:
            parted = first_difference(next(iter(part.values())), timeline)
            if parted is None or parted >= day:
                part[name] = timeline
                break
        else:
            parts.append({name: timeline})
    return parts


def first_parting(arms: Mapping[Any, Timeline], end_day: int) -> int | None:
    """Return the first day before the end on which any two of some arms differ; None where none do."""
    first, *others = arms.values()
    days = [day for other in others if (day := first_difference(first, other)) is not None and day < end_day]
    return min(days, default=None)


def weeks_to_live(arms: Mapping[Any, Timeline], end_day: int, week: int = 0) -> int:
    """Return how many weeks `grow` would live from a week on, without living them."""
    parting = first_parting(arms, end_day)
    if parting is None:
        return -(-end_day // DAYS_PER_WEEK) - week
    fork = max(parting // DAYS_PER_WEEK, week)
    parted = branches(arms, (fork + 1) * DAYS_PER_WEEK)
    return fork - week + sum(weeks_to_live(branch, end_day, fork) for branch in parted)


def grow[K](
    model: ProbationModel, arms: Mapping[K, Timeline], end_day: int, lived: Lived
) -> Iterator[tuple[K, ProbationModel]]:
    """Live arms to the end, depth first, and yield each by name as it is finished.

    Arms that never differ are one model.

    Parameters
    ----------
    model : ProbationModel
        A world before the first day on which any two arms differ, under the levers that they share. It is lived on.
    arms : mapping of any name to Timeline
    end_day : int
        First day after the run.
    lived : Lived
        Counts the weeks.
    """
    parting = first_parting(arms, end_day)
    week = model.week
    if parting is None:
        model.live_until(end_day)
        lived.together += model.week - week
        lived.apart += len(arms) * model.week
        yield from ((name, model) for name in arms)
        return
    live_to(model, parting)
    lived.together += model.week - week
    for branch in branches(arms, model.day + DAYS_PER_WEEK):
        yield from grow(model.fork(next(iter(branch.values()))), branch, end_day, lived)
