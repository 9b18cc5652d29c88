"""Lives made by hand: the lines of a life, what is on record, and where two of them part."""

from types import SimpleNamespace

import numpy as np

from experiments.story import SENTENCES, Life, Line
from sim.clock import date_of
from sim.events import Event, enforcement_code
from sim.offenders import Provider
from visualiser.divergence import divergence
from visualiser.record import Record
from visualiser.states import State

FORK, DAY, LATER = 28, 40, 50
HERE = 0


def line(day, event, value=0, cause=0, detail=None):
    """Return a line as a story has it."""
    told = f"{int(value)} {int(cause)}" if detail is None else detail
    return Line(date_of(day), SENTENCES[event], told, event, int(value), int(cause))


def recorded(state=State.LICENCE, **samples):
    """Return a record of ten weeks in which nothing changes for the one person on the page."""
    record = Record()
    for week in range(11):
        usual = {"needs": 0, "help": 0, "alliance": 0, "peer_influence": 0, "absences": 0} | samples
        due = {name: np.array([value], np.uint8) for name, value in usual.items()} if week % 4 == 0 else {}
        record.add(np.array([state], np.uint8), due)
    return record


def told(tiny, base, reform, *, before=(), records=None, plan=None):
    """Return where lives made by hand part, for a person of a tiny world."""
    person = int(tiny.nodes.person[HERE])
    stage = SimpleNamespace(
        plan=plan or tiny.plan,
        models=tiny.models,
        nodes=SimpleNamespace(number_of=lambda number: 0 if number == person else None),
        records=records or (recorded(), recorded()),
    )
    lives = [Life("", "", "", 0, [*before, *own]) for own in (base, reform)]
    return divergence(stage, person, lives)


def code(kind, reason):
    return enforcement_code(int(kind), int(reason))


CONVICTED = line(10, Event.CONVICTION)
TRUST = line(14, Event.ALLOCATION, Provider.TRUST, 3)
CRC = line(30, Event.ALLOCATION, Provider.CRC, 9)
SHORT = line(20, Event.CUSTODY_START, 120)
