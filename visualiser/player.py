"""The clock of a pair of worlds: play, pause, step, turn back; and what is sent to the page of each week."""

import time
from collections.abc import Callable
from typing import Any

import numpy as np

from experiments.plan import Plan
from sim.clock import DAYS_PER_WEEK, date_of
from sim.errors import InputError
from visualiser.charts import charts
from visualiser.choices import Choices
from visualiser.flow import flow
from visualiser.lives import life
from visualiser.messages import Send
from visualiser.pair import Pair
from visualiser.states import ABSENT

_IN_FLIGHT = 2
"""Frames sent and not yet drawn: more would only make the page late."""
_MOST_WEEKS_A_FRAME = 13
_SECONDS_BETWEEN_CHARTS = 1.0
_SECONDS_BETWEEN_FRAMES = 0.04
_WEEKS_BETWEEN_CHARTS = 13
_SECONDS_OF_SILENCE = 0.5


class Player:
    """Two worlds and the clock that moves them.

    Parameters
    ----------
    plan : Plan
    choices : Choices
    send : callable
        Takes a message and its buffers.
    now : callable
        Returns seconds; a clock of one's own in tests.
    lived, week : int
        How far to live at once, and which week to show then: where a link leads.

    Attributes
    ----------
    pair : Pair
    shown : int
        The week on the page: the last one lived, or one turned back to.
    """

    def __init__(
        self,
        plan: Plan,
        choices: Choices,
        send: Send,
        now: Callable[[], float] = time.monotonic,
        *,
        lived: int = 0,
        week: int = 0,
    ) -> None:
        self.pair = Pair(plan)
        self.shown = 0
        self._send = send
        self._now = now
        self._speed = 0.0
        self._next = 0.0
        self._target: int | None = min(lived, self.pair.end_week) if lived else None
        self._then: int | None = week if lived else None
        self._sent = self._seen = self._known = 0
        self._with_ties = False
        self._charted: tuple[int, float] = (-1, 0.0)
        self._replicates: list[Any] = []
        self._send(
            {"kind": "world", "choices": choices.model_dump(), "query": choices.query} | self.pair.describe(), []
        )
        self.send_frame()
        self.send_charts()

    @property
    def is_playing(self) -> bool:
        """Whether weeks go by by themselves."""
        return self._speed > 0 or self._target is not None

    @property
    def wait(self) -> float | None:
        """Seconds until there is something to do; None where there is nothing."""
        if not self.is_playing:
            return None
        if self._target is not None:
            return 0.0
        return _SECONDS_OF_SILENCE if self._is_page_behind else max(0.0, self._next - self._now())

    @property
    def _is_page_behind(self) -> bool:
        """Whether so many frames are under way that another would only make the page late."""
        return self._sent - self._seen >= _IN_FLIGHT

    def play(self, speed: float) -> None:
        """Show week after week from the one that is shown, so many a second: from the record, then lived."""
        self._speed, self._next, self._target, self._then = speed, self._now(), None, None
        if self._is_at_the_end:
            self.pause()

    @property
    def _is_at_the_end(self) -> bool:
        """Whether the last week is shown."""
        return self.shown >= self.pair.end_week

    def pause(self) -> None:
        """Stop."""
        self._speed, self._target, self._then = 0.0, None, None
        self.send_frame()
        self.send_charts()

    def step(self, weeks: int) -> None:
        """Go so many weeks on from the one that is shown, or from where a step before this one leads."""
        self.seek((self.shown if self._target is None else self._target) + weeks)

    def seek(self, week: int, then: int | None = None) -> None:
        """Show a week: from the record, or by living up to it; `then` turn back to an earlier one."""
        self._speed, self._then = 0.0, then
        week = min(week, self.pair.end_week)
        if week > self.pair.week:
            self._target, self.shown = week, self.pair.week
        else:
            self.shown = week
            self._arrive()

    def _arrive(self) -> None:
        """Stop where a target was reached."""
        if self._then is not None:
            self.shown = min(self._then, self.pair.week)
        self.pause()

    def seen(self, number: int) -> None:
        """Take note that the page has a frame."""
        self._seen = min(max(self._seen, number), self._sent)

    def show_ties(self, on: bool) -> None:
        """Send ties with each frame, or do not."""
        if on != self._with_ties:
            self._with_ties = on
            self.send_frame()

    def begin_anew(self) -> None:
        """Send the page everybody again: a frame was lost on the way to it."""
        self._known = 0
        self.send_frame()

    def live(self) -> None:
        """Go as many weeks on as are due, and send what is to be seen of them."""
        if not self.is_playing:
            return
        if self._target is None and self._is_page_behind:
            self._seen = self._sent  # the page has been silent for long: its frames are not waited for
            return
        began = self._now()
        for _ in range(self._weeks_due()):
            if self.shown == self.pair.week:
                self.pair.step()
            self.shown += 1
            if self._target is not None and self._now() - began > _SECONDS_BETWEEN_FRAMES:
                break
        if self.shown == self._target or self._is_at_the_end:
            self._arrive()
            return
        if not self._is_page_behind:
            self.send_frame()
        week, at = self._charted
        if self.pair.week - week >= _WEEKS_BETWEEN_CHARTS and self._now() - at > _SECONDS_BETWEEN_CHARTS:
            self.send_charts()

    def _weeks_due(self) -> int:
        """Return how many weeks are to go by before the next frame."""
        if self._target is not None:
            return self._target - self.shown
        late = max(0.0, self._now() - self._next)
        weeks = min(1 + int(late * self._speed), _MOST_WEEKS_A_FRAME, self.pair.end_week - self.shown)
        self._next = max(self._next + weeks / self._speed, self._now() - 1.0 / self._speed)
        return weeks

    def send_frame(self) -> None:
        """Send the week that is shown: newcomers with their places, everybody's state, who supervises, ties."""
        pair, nodes = self.pair, self.pair.nodes
        is_now = self.shown == pair.week
        new = slice(self._known, len(nodes))
        buffers = [
            nodes.xy[new].tobytes(),
            nodes.person[new].astype(np.uint32).tobytes(),
            nodes.is_female[new].astype(np.uint8).tobytes(),
            nodes.birth_year[new].tobytes(),
        ]
        for record in pair.records:
            states = record.state_at(self.shown)
            buffers.append(np.concatenate([states, np.full(len(nodes) - len(states), ABSENT, np.uint8)]).tobytes())
        nobody = np.full(len(nodes), ABSENT, np.uint8)
        buffers += [(pair.scene.provider_hubs(pair.models[arm]) if is_now else nobody).tobytes() for arm in (0, 1)]
        has_ties = self._with_ties and is_now
        if has_ties:
            buffers += [pair.scene.ties(pair.models[arm]).tobytes() for arm in (0, 1)]
        self._sent += 1
        frame = {
            "kind": "frame",
            "week": self.shown,
            "lived": pair.week,
            "date": date_of(self.shown * DAYS_PER_WEEK).isoformat(),
            "playing": self._speed > 0,
            "seeking": self._target is not None,
            "over": self._is_at_the_end,
            "parted": pair.parted and self.shown > (pair.fork_week or 0),
            "nodes": len(nodes),
            "first_new": self._known,
            "counts": pair.counts(self.shown),
            "hub_counts": [counts[self.shown] for counts in pair.hub_counts],
            "ties": has_ties,
            "n": self._sent,
        }
        self._known = len(nodes)
        self._send(frame, buffers)

    def send_charts(self) -> None:
        """Send the charts up to the last week lived."""
        self._charted = (self.pair.week, self._now())
        self._send({"kind": "charts"} | charts(self.pair, self._replicates), [])

    def send_flow(self) -> None:
        """Send where people were each year, and how they moved."""
        self._send({"kind": "flow"} | flow(self.pair), [])

    def send_life(self, person: int) -> None:
        """Send a person's two lives, or say that nobody has the number."""
        try:
            self._send({"kind": "life"} | life(self.pair, person), [])
        except InputError as error:
            self._send({"kind": "notice", "level": "error", "about": "life", "text": str(error)}, [])

    def add_replicate(self, series: Any) -> None:
        """Take in what another seed gave."""
        self._replicates.append(series)
        self.send_charts()
