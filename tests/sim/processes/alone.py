"""One process at a time: live it alone, on made people, with numbers set outside their ranges."""

from dataclasses import replace

import numpy as np

from sim.clock import NEVER
from sim.needs import build as build_needs
from sim.offenders import Provider, Status
from sim.parameters.register import Register
from tests.worlds import later

YEAR_WEEKS = 52


def copy_of(model):
    """Return a copy of a world, under the same timeline."""
    return model.fork(model.timeline)


def alone(model, process):
    """Live one process of the week and nothing else of it."""
    model._sort_people()
    process.step(model)
    return model


def with_raw(model, **values):
    """Return a copy of a world with numbers that their sourced ranges may forbid (`process__name=value`)."""
    parameters = {process: dict(names) for process, names in model.register.parameters.items()}
    for key, value in values.items():
        process, name = key.split("__")
        parameters[process][name] = replace(parameters[process][name], value=value)
    twin = copy_of(model)
    twin.register = Register(parameters, hold_at=model.register.hold_at)
    return twin


def weightless(register):
    """Return the tables of needs with weights of zero: whatever anybody needs, the odds stay."""
    n = build_needs(register)
    return n._replace(**{name: np.ones_like(getattr(n, name)) for name in ("assessed", "present", "centre")})


def at_both_ends(model, key, measure, *, weeks=YEAR_WEEKS):
    """Return a measure of two worlds of the same people and luck, a parameter at the low and the high end of its range.

    `measure` takes a world and the day on which it was parted.
    """
    parameter = model.register.find(key, "test")
    ends = (parameter.low, parameter.high)
    if isinstance(parameter.value, tuple):
        ends = tuple([end] * len(parameter.value) for end in ends)
    worlds = (later(model, weeks=weeks, **{key.replace(".", "__"): end}) for end in ends)
    return tuple(measure(w, model.day) for w in worlds)


def free_people(model, n, **columns):
    """Return the rows of people at liberty, cleared of every sentence, order and case; `columns` are then set."""
    people = model.people
    rows = np.flatnonzero((people.status == Status.FREE) & (people.pending_cases == 0))[:n]
    assert len(rows) == n
    for column in ("licence_end_day", "pss_end_day", "young_offender_end_day", "order_end_day", "suspended_end_day"):
        getattr(people, column)[rows] = -NEVER
    people.is_supervised_short[rows] = False
    people.birth_day[rows] = model.day - 40 * 365
    for column, values in columns.items():
        getattr(people, column)[rows] = values
    return rows


def with_officer(model, rows, provider):
    """Put people on the caseload of a provider's first officer of their area."""
    people, officers = model.people, model.officers
    people.provider[rows] = provider
    people.officer[rows] = officers.first[provider, people.area[rows]]
    np.add.at(officers.caseload, people.officer[rows], 1)


def nobody_supervises(people, rows):
    """Say whether none of these people has an officer."""
    return (people.officer[rows] == -1).all() and (people.provider[rows] == Provider.NOBODY).all()
