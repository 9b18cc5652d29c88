"""The day on which two lives part: what each has that the other has not, and which levers hold in one arm alone."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from experiments import story
from experiments.story import Life, Line
from sim.clock import DAYS_PER_WEEK, date_of, day_of
from sim.events import Event

if TYPE_CHECKING:
    from visualiser.pair import Pair

ARMS = ("the base", "the reform")
CAUSES = ("officer", "appointment", "place", "recall", "peer", "offence", "law", "other")
type Answer = tuple[str, str]
"""A cause and its explanation."""


@dataclass(frozen=True)
class Parting:
    """The day on which two lives part.

    Attributes
    ----------
    pair : Pair
    person : int
    when : date
    before : list of Line
        What both lives share.
    lines : (Line or None, Line or None)
        What each life has on that day that the other has not.
    rests : (list of Line, list of Line)
        Each life from there on.
    """

    pair: "Pair"
    person: int
    when: date
    before: list[Line]
    lines: tuple[Line | None, Line | None]
    rests: tuple[list[Line], list[Line]]

    @property
    def day(self) -> int:
        """The day's number."""
        return day_of(self.when)

    @property
    def week(self) -> int:
        """The week's number."""
        return self.day // DAYS_PER_WEEK

    @property
    def now(self) -> date:
        """The day up to which both lives are lived."""
        return date_of(self.pair.models[0].day)

    @property
    def marked(self) -> list[tuple[int, Line]]:
        """The lines of that day, with the number of their arm."""
        return [(arm, line) for arm, line in enumerate(self.lines) if line is not None]

    def first(self, *events: Event) -> tuple[int, Line]:
        """Return the arm and the line of the first line of the day of some kinds."""
        return next((arm, line) for arm, line in self.marked if line.event in events)

    def lever(self, name: str, *, days_later: int = 0) -> int | None:
        """Return the one arm in which a lever has begun where the person lives, by that day or so many days later;
        None where it has in neither or in both."""
        view = self.pair.models[0].offender(self.person)
        assert view is not None
        holds = [arm.holds(name, [view.area], self.day + days_later) for arm in self.pair.plan.arms]
        return holds.index(True) if sum(holds) == 1 else None

    def since(self, name: str) -> str:
        """Say from when a lever holds that one arm alone has by then."""
        arm = self.lever(name)
        assert arm is not None
        return f"from {say_date(date_of(self.pair.plan.arms[arm].levers[name].from_day))}"

    def text(self, arm: int) -> str:
        """Return what one life has on the day, or that it has nothing and what comes next."""
        line = self.lines[arm]
        if line is not None:
            return _said(line)
        after = next((later for later in self.rests[arm] if later.day > self.when), None)
        return f"nothing new; next, on {say_date(after.day)}: {_said(after)}" if after else _NOTHING


_NOTHING = "nothing new, and nothing since"


def part(pair: "Pair", person: int, lives: Sequence[Life]) -> Parting | None:
    """Return the day on which two lives part, None where they are the same."""
    one, other = lives
    first = story.first_difference(one, other)
    if first is None:
        return None
    rests = one.lines[first:], other.lines[first:]
    when = min(rest[0].day for rest in rests if rest)
    own = [rest[0] if rest and rest[0].day == when else None for rest in rests]
    # a line that the other life has too, after one that is its own, marks no difference
    new = [line if line not in rest else None for line, rest in zip(own, rests[::-1], strict=True)]
    lines = new if any(new) else own
    return Parting(pair, person, when, one.lines[:first], (lines[0], lines[1]), rests)


def _said(line: Line) -> str:
    """Return a line in words."""
    return f"{line.what}: {line.detail}" if line.detail else line.what


def say_date(day: date) -> str:
    """Return a date as it is spoken."""
    return f"{day.day} {day:%B %Y}"
