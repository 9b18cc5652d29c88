"""What the record of the page knows of a person before the day on which two lives part."""

from collections.abc import Callable
from datetime import date
from enum import Enum
from typing import Any

import numpy as np

from experiments.story import HELP
from sim.clock import DAYS_PER_WEEK, date_of
from sim.needs import Need
from visualiser.divergence.parting import ARMS, Parting
from visualiser.states import ABSENT, LOOKS, State

_HUNDREDTHS = 100


def words(member: Enum) -> str:
    """Return the name of a member as words."""
    return member.name.lower().replace("_", " ")


def before(parting: Parting) -> str:
    """Say what stood apart in the last record before the day."""
    if parting.pair.nodes.number_of(parting.person) is None:
        return "The person is not on the page, so nothing else is on record."
    found = apart(parting)
    if found:
        return f"In the last record before it, {'; '.join(found.values())}."
    return "Nothing else on record stood apart before it: what made the difference is finer than the record."


def apart(parting: Parting) -> dict[str, str]:
    """Return what of the person stood apart in the last record before the day, each in words.

    States are on record for every week, all else for every fourth.
    """
    node = parting.pair.nodes.number_of(parting.person)
    if node is None:
        return {}
    states = [state_of(parting, arm, parting.person) for arm in (0, 1)]
    found = {}
    if states[0] != states[1]:
        found["supervision"] = f"the state was “{states[0]}” under {ARMS[0]} and “{states[1]}” under {ARMS[1]}"
    for column, name, say in _SAMPLES:
        base, reform = (_sample(parting, arm, column, node) for arm in (0, 1))
        if base is not None and reform is not None and base != reform:
            found[name] = say(base, reform)
    return found


def state_of(parting: Parting, arm: int, person: int) -> str | None:
    """Return the state of somebody on the page as the week of the day began, in words; None where it is not known."""
    node, codes = parting.pair.nodes.number_of(person), parting.pair.records[arm].state_at(parting.week)
    if node is None or node >= len(codes) or codes[node] == ABSENT:
        return None
    return LOOKS[State(int(codes[node]))].label


def absences_parted(parting: Parting) -> tuple[date, int, int] | None:
    """Return since when absences have stood apart on record before the day, and how many each life had then; None
    where they do not, for a breach is heard weeks after the failure."""
    node = parting.pair.nodes.number_of(parting.person)
    if node is None:
        return None
    (weeks, base), (_, reform) = (record.samples("absences", node) for record in parting.pair.records)
    known = weeks <= parting.week
    differs = np.flatnonzero(base[known] != reform[known])
    if not len(differs):
        return None
    since = differs[np.flatnonzero(np.diff(differs, prepend=-2) > 1)[-1]]
    return date_of(int(weeks[since]) * DAYS_PER_WEEK), int(base[since]), int(reform[since])


def _sample(parting: Parting, arm: int, column: str, node: int) -> int | None:
    """Return what was last sampled of the person before the day."""
    weeks, values = parting.pair.records[arm].samples(column, node)
    known = values[weeks <= parting.week]
    return int(known[-1]) if len(known) else None


def _say_needs(base: int, reform: int) -> str:
    return _say_bits("a need", {need: words(need) for need in Need}, base, reform)


def _say_help(base: int, reform: int) -> str:
    return _say_bits("help", HELP, base, reform)


def _say_bits(what: str, names: dict[Any, str], base: int, reform: int) -> str:
    """Say which bits stand under one regime alone."""
    only = [[name for bit, name in names.items() if mask >> bit & 1] for mask in (base & ~reform, reform & ~base)]
    said = [f"{what} ({', '.join(named)}) stood under {ARMS[arm]} alone" for arm, named in enumerate(only) if named]
    return ", ".join(said)


def _say_hundredths(what: str) -> Callable[[int, int], str]:
    """Return how to say that a number of hundredths stood apart."""

    def say(base: int, reform: int) -> str:
        return (
            f"{what} stood at {base / _HUNDREDTHS:.2f} under {ARMS[0]} and {reform / _HUNDREDTHS:.2f} under {ARMS[1]}"
        )

    return say


def _say_absences(base: int, reform: int) -> str:
    return f"unacceptable absences numbered {base} under {ARMS[0]} and {reform} under {ARMS[1]}"


_SAMPLES: tuple[tuple[str, str, Callable[[int, int], str]], ...] = (
    ("needs", "needs", _say_needs),
    ("help", "help", _say_help),
    ("alliance", "alliance", _say_hundredths("the alliance with the officer")),
    ("peer_influence", "peers", _say_hundredths("the pull of active peers")),
    ("absences", "absences", _say_absences),
)
"""What is compared: a column of the record, what it is called, and how it is said."""
