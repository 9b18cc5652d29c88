"""What support did week by week, written down, and worlds with places and levers made to order."""

from dataclasses import dataclass

import numpy as np
import pytest

from sim.charities import Kind, Stage
from sim.clock import DAYS_PER_WEEK
from sim.events import Event
from sim.processes import support
from sim.timeline import Lever, Timeline
from tests.sim.processes.alone import copy_of
from tests.worlds import differing_columns, events

KINDS = len(Kind)
HELP_EVENTS = (Event.HELP_START, Event.HELP_END)
WEEKS = 60
"""Of the watched world."""


def cases_of(model):
    """Return the cases as they stand, a dictionary of columns."""
    return {name: getattr(model.cases, name).copy() for name in model.cases.columns}


def keys(cases, *stages):
    """Return (row, charity, week of asking) of the cases that stand there: what tells one case from another."""
    found = np.isin(cases["stage"], stages)
    return set(zip(*(cases[name][found].tolist() for name in ("row", "charity", "asked_week")), strict=True))


@dataclass
class Turn:
    """What support found in a week and what it left."""

    week: int
    before: dict
    after: dict
    person_hash: np.ndarray
    status: np.ndarray
    status_since_day: np.ndarray
    needs: np.ndarray
    motivated: np.ndarray
    help: np.ndarray
    asked: np.ndarray
    places: np.ndarray
    logged: list
    released: list
    counts: dict

    @property
    def day(self):
        return self.week * DAYS_PER_WEEK

    @property
    def new(self):
        """Positions among the cases after of those that were referred this week."""
        return np.flatnonzero(self.after["asked_week"] == self.week)

    @property
    def started(self):
        """Positions among the cases after of those whose help began this week."""
        past = keys(self.before, Stage.HELPED)
        now = zip(*(self.after[name].tolist() for name in ("row", "charity", "asked_week")), strict=True)
        helped = self.after["stage"] == Stage.HELPED
        return np.array([k for k, case in enumerate(now) if helped[k] and case not in past], int)


def keep_book(model, weeks):
    """Live some weeks and write down every turn of support; nothing else touches the cases."""
    turns = []
    original = support.step

    def watched(m):
        before, status = cases_of(m), m.people.status.copy()
        logged = len(m.log)
        released = [int(m.log.row[k]) for k in range(m.week_logged, logged) if m.log.event[k] == Event.RELEASE]
        original(m)
        p, log = m.people, m.log
        lines = [
            (int(log.event[k]), int(log.row[k]), int(log.value[k]), int(log.day[k])) for k in range(logged, len(log))
        ]
        everyone = np.arange(len(p))
        turns.append(
            Turn(
                week=m.week,
                before=before,
                after=cases_of(m),
                person_hash=p.person_hash.copy(),
                status=status,
                status_since_day=p.status_since_day.copy(),
                needs=p.needs.copy(),
                motivated=support.motivated(m, everyone),
                help=p.help.copy(),
                asked=p.asked.copy(),
                places=np.array([c.places for c in m.charities]),
                logged=lines,
                released=released,
                counts={n: getattr(m.support, n).copy() for n in ("leavers", "referrals", "started")},
            )
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(support, "step", watched)
        for _ in range(weeks):
            model.step()
    return turns


def plenty(model, places=10**6):
    """Return a copy of a world in which every charity has so many places."""
    twin = copy_of(model)
    for charity in twin.charities:
        charity.places = places
    return twin


def only(lever, model, from_day=None, applies_by="release_day", **settings):
    """Return the timeline of one lever, in force from a day on, now by default."""
    day = model.day if from_day is None else from_day
    return Timeline("made", "Made", {lever: Lever(lever, day, applies_by, settings=settings)}, model.region.areas)


def total(model, weeks, measure, group="all"):
    """Return a weekly measure added up over the last weeks."""
    return model.weekly.series(measure, group)[-weeks:].sum()


def unlike_weeks(one, other, weeks):
    """Return the names of the weekly measures in which the last weeks of two worlds differ."""
    assert one.weekly.names == other.weekly.names
    a, b = (np.array(m.weekly.rows[-weeks:]) for m in (one, other))
    return {one.weekly.names[k][0] for k in np.flatnonzero((a != b).any(axis=0))}


def assert_one_world(one, other, *, besides=()):
    """Assert that two worlds are the same to the last byte, but for some weekly measures."""
    assert np.array_equal(events(one), events(other))
    assert differing_columns(one, other) == []
    assert all(np.array_equal(a, b) for a, b in zip(cases_of(one).values(), cases_of(other).values(), strict=True))
    assert unlike_weeks(one, other, 10**6) <= set(besides)
