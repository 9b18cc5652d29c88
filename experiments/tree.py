"""Many arms of one world as a tree: what they share is lived once, and where levers part the world is forked."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

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
    first, *others = arms.values()
    days = [day for other in others if (day := first_difference(first, other)) is not None and day < end_day]
    week = model.week
    if not days:
        model.live_until(end_day)
        lived.together += model.week - week
        lived.apart += len(arms) * model.week
        yield from ((name, model) for name in arms)
        return
    live_to(model, min(days))
    lived.together += model.week - week
    for branch in branches(arms, model.day + DAYS_PER_WEEK):
        yield from grow(model.fork(next(iter(branch.values()))), branch, end_day, lived)
