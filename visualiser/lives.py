"""A life, twice: what happened to a person under each regime, whom the person is tied to, and where the lives part."""

from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from experiments import story
from experiments.compare import arm_name
from sim.charities import Stage
from sim.clock import DAYS_PER_YEAR, day_of
from sim.errors import InputError
from sim.events import Event
from sim.model import ProbationModel
from sim.needs import Need, has
from sim.network import FULL, TieKind, build, faded
from sim.offenders import Provider, Status, person_number
from visualiser.divergence import divergence
from visualiser.nodes import persons_at
from visualiser.record import WEEKS_BETWEEN_SAMPLES
from visualiser.states import ABSENT, states

if TYPE_CHECKING:
    from visualiser.pair import Pair
    from visualiser.record import Record

KINDS = {
    Event.ARRIVED: "record",
    Event.OFFENCE: "offence",
    Event.NO_PROOF: "court",
    Event.CAUTION: "court",
    Event.CHARGE: "court",
    Event.REMAND: "custody",
    Event.CONVICTION: "court",
    Event.ORDER_START: "supervision",
    Event.CUSTODY_START: "custody",
    Event.RELEASE: "release",
    Event.SUPERVISION_START: "supervision",
    Event.SUPERVISION_END: "supervision",
    Event.ALLOCATION: "officer",
    Event.ESCALATION: "officer",
    Event.BREACH: "enforcement",
    Event.RECALL: "enforcement",
    Event.RE_RELEASE: "release",
    Event.COMMITTAL: "custody",
    Event.LEFT: "record",
    Event.SUSPENDED_SENTENCE_ACTIVATED: "court",
    Event.JOINED_CONVICTION: "court",
    Event.CO_OFFENCE: "peer",
    Event.HELP_START: "help",
    Event.HELP_END: "help",
    Event.SERVED_ALREADY: "court",
}
"""What kind of thing an event is, by which the page colours it."""
_NAMED = 5


def life(pair: "Pair", person: int) -> dict[str, Any]:
    """Return a person's lives under both regimes up to the last week lived, ready for JSON.

    Raises
    ------
    InputError
        If nobody has that number; the message names some of those who are on the page.
    """
    for model in pair.models:
        if model.offender(person) is None:
            known = ", ".join(str(p) for p in _examples(pair, model))
            raise InputError(f"person {person}: nobody has this number in this world; try one of these: {known}")
    lives = [story.life(model, person) for model in pair.models]
    return {
        "person": person,
        "who": lives[0].introduction,
        "now": pair.week,
        "arms": [_arm(pair, number, person, lived) for number, lived in enumerate(lives)],
        "divergence": divergence(pair, person, lives),
    }


def _examples(pair: "Pair", model: ProbationModel) -> list[int]:
    """Return those on the page now with the most different things in their record, of equal ones the oldest."""
    rows, log, people = pair.scene.seen(model).rows, model.log, model.people
    place = np.full(len(people), -1)
    place[rows] = np.arange(len(rows))
    mine = place[log.row]
    kinds = np.zeros((len(rows), len(Event)), bool)
    kinds[mine[mine >= 0], log.event[mine >= 0]] = True
    person = persons_at(people, rows)
    return [int(p) for p in person[np.lexsort((person, -kinds.sum(axis=1)))[:_NAMED]]]


def _arm(pair: "Pair", number: int, person: int, lived: story.Life) -> dict[str, Any]:
    """Return one of the two lives."""
    node, record = pair.nodes.number_of(person), pair.records[number]
    return {
        "name": arm_name(pair.plan, ("base", "reform")[number]),
        "outcome": lived.outcome,
        "events": [_event(line) for line in lived.lines],
        "states": [] if node is None else run_lengths(record.states(node)),
        "needs": {} if node is None else needs(record, node),
        "ties": [*peers(pair, number, person), *helpers(pair.models[number], person)],
    }


def _event(line: story.Line) -> dict[str, Any]:
    """Return one line as the page takes it."""
    return {
        "day": day_of(line.day),
        "date": line.day.isoformat(),
        "what": line.what,
        "detail": line.detail,
        "kind": KINDS[line.event],
    }


def run_lengths(values: NDArray[np.uint8]) -> list[list[int]]:
    """Return (first week, value) wherever a value begins that is not the one before."""
    starts = np.flatnonzero(np.diff(values.astype(np.int64), prepend=-1))
    return [[int(week), int(values[week])] for week in starts]


def needs(record: "Record", node: int) -> dict[str, list[list[int]]]:
    """Return the spans of weeks, both ends counted, in which a person had each need, as far as samples tell."""
    weeks, values = record.samples("needs", node)
    found = {need.name.lower(): spans(weeks, has(values, need), len(record.weeks) - 1) for need in Need}
    return {name: between for name, between in found.items() if between}


def spans(weeks: NDArray[np.int64], holds: NDArray[np.bool_], last_week: int) -> list[list[int]]:
    """Return the spans of weeks in which something holds, sampled in some weeks: each sample speaks until the next."""
    edges = np.flatnonzero(np.diff(holds.astype(np.int64), prepend=0, append=0)).reshape(-1, 2)
    return [
        [int(weeks[first]), min(int(weeks[after - 1]) + WEEKS_BETWEEN_SAMPLES - 1, last_week)] for first, after in edges
    ]


def peers(pair: "Pair", number: int, person: int) -> list[dict[str, Any]]:
    """Return a person's ties to people who are tracked, the strongest first."""
    model = pair.models[number]
    people, network = model.people, model.register.derived(build)
    law = states(model, len(model.log))
    now = pair.records[number].state_at(pair.week)
    found = []
    for half in chain(model, person):
        row, kind = int(half["peer"]), TieKind(half["kind"]).name.lower()
        strength = faded(network, float(half["strength"]), model.week - int(half["since_week"])) / FULL
        if strength > 0 and people.status[row] != Status.LEFT:
            age = (model.day - int(people.birth_day[row])) / DAYS_PER_YEAR
            label = f"{'woman' if people.is_female[row] else 'man'} of {age:.0f}"
            other = int(person_number(int(people.arrival_week[row]), int(people.slot[row])))
            node = pair.nodes.number_of(other)
            state = int(law[row] if node is None or node >= len(now) else now[node])
            found.append(_tie(other, kind, label, strength, node, None if state == ABSENT else state))
    return sorted(found, key=lambda tie: (-tie["strength"], tie["person"]))


def chain(model: ProbationModel, person: int) -> Iterable[np.void]:
    """Yield a person's halves of ties, the last made first."""
    view = model.offender(person)
    assert view is not None
    half, at = model.ties.half, int(view.first_tie)
    while at >= 0:
        yield half[at]
        at = int(half[at]["next"])


def helpers(model: ProbationModel, person: int) -> list[dict[str, Any]]:
    """Return the officer who supervises a person, tied by the working alliance, and the charities that help."""
    view = model.offender(person)
    assert view is not None
    found = []
    if view.officer >= 0:
        label = f"officer {view.officer} of the {story.PROVIDERS[Provider(view.provider)]}"
        found.append(_tie(-1 - view.officer, "officer", label, view.alliance))
    cases = model.cases
    for number in cases.charity[(cases.row == view.row) & (cases.stage == Stage.HELPED)].tolist():
        charity = model.charities[number]
        found.append(_tie(charity.unique_id, "charity", f"charity: {story.HELP[charity.kind]}", 1.0))
    return found


def _tie(
    agent: int, kind: str, label: str, strength: float, node: int | None = None, state: int | None = None
) -> dict[str, Any]:
    """Return a tie as the page takes it; agents who are no people have negative numbers."""
    return {
        "person": agent,
        "node": node,
        "kind": kind,
        "label": label,
        "strength": round(float(strength), 3),
        "state": state,
    }
