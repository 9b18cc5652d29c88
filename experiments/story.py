"""One life, in dates and reasons; or the same life under two regimes, with the day on which they part."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from numpy.typing import NDArray

from experiments.plan import Plan
from experiments.tables import PATHS, details
from sim.charities import Kind, Path
from sim.clock import DAYS_PER_WEEK, date_of
from sim.errors import InputError
from sim.events import Event
from sim.model import ProbationModel
from sim.offenders import Provider

PICK_ONE = 0
"""Instead of a person's number: whoever has the most different things in the record."""
_HIDDEN = (Event.ARRIVED,)
SENTENCES = {
    Event.OFFENCE: "offends, and the police have a suspect",
    Event.NO_PROOF: "not proceeded against",
    Event.CAUTION: "cautioned",
    Event.CHARGE: "charged",
    Event.REMAND: "remanded in custody",
    Event.CONVICTION: "sentenced",
    Event.JOINED_CONVICTION: "sentenced with it",
    Event.ORDER_START: "starts a court order",
    Event.CUSTODY_START: "begins a custodial sentence",
    Event.SERVED_ALREADY: "the sentence is served when it is passed",
    Event.RELEASE: "released",
    Event.SUPERVISION_START: "now supervised",
    Event.SUPERVISION_END: "no longer supervised",
    Event.ALLOCATION: "allocated",
    Event.ESCALATION: "reassessed",
    Event.BREACH: "in court for breach",
    Event.RECALL: "RECALLED to prison",
    Event.RE_RELEASE: "released again",
    Event.COMMITTAL: "committed to prison for the breach",
    Event.LEFT: "no sanction for so long that the record closes",
    Event.SUSPENDED_SENTENCE_ACTIVATED: "suspended sentence activated",
    Event.ARRIVED: "comes to notice",
    Event.CO_OFFENCE: "offends together",
    Event.HELP_START: "a charity begins to help",
    Event.HELP_END: "the help of a charity ends",
}
PROVIDERS = {
    Provider.TRUST: "trust",
    Provider.NPS: "NPS",
    Provider.CRC: "CRC",
    Provider.PROBATION_SERVICE: "Probation Service",
}
HELP = {
    Kind.MENTORING: "mentoring",
    Kind.ACCOMMODATION: "with a place to live",
    Kind.EMPLOYMENT: "with work",
    Kind.SUBSTANCE_MISUSE: "with drugs and drink",
    Kind.FAMILY: "with ties to the family",
}
_RELEASES = (Event.RELEASE, Event.RE_RELEASE)
_UNSUPERVISED = "with no supervision: none follows this sentence"


@dataclass(frozen=True)
class Line:
    """One thing that happened.

    Attributes
    ----------
    day : date
    what, detail : str
    event : Event
    value, cause : int
        As the log has them: two lines are the same if they read the same.
    """

    day: date
    what: str
    detail: str
    event: Event = field(compare=False)
    value: int = field(compare=False)
    cause: int = field(compare=False)


@dataclass(frozen=True)
class Life:
    """A person under one regime.

    Attributes
    ----------
    scenario : str
    introduction, outcome : str
        Who the person is; where the person stands at the end.
    birth_day : int
    lines : list of Line
    """

    scenario: str
    introduction: str
    outcome: str
    birth_day: int
    lines: list[Line]


def tell(plan: Plan, person: int, step: Callable[[], None]) -> list[Life]:
    """Run the world of each arm and return the person's lives in it; call `step` for every week of an arm.

    Raises
    ------
    InputError
        If nobody has that number; the message names people who were sentenced often.
    """
    first = ProbationModel(plan.arms[0], plan.region, plan.scale, plan.seeds[0], plan.register)
    fork_day = plan.fork_day if plan.fork_day is not None else plan.end_day
    while first.day + DAYS_PER_WEEK <= min(fork_day, plan.end_day):
        first.step()
        for _ in plan.arms:
            step()
    models = [first.fork(arm) for arm in plan.arms]
    for model in models:
        while model.day < plan.end_day:
            model.step()
            step()
    if person == PICK_ONE:
        person = busiest(models[-1])[0]
    for model in models:
        if model.offender(person) is None:
            raise InputError(
                f"person {person}: nobody has this number in seed {plan.seeds[0]} of {plan.region.name} at scale "
                f"{plan.scale:g}; try one of these: {', '.join(str(p) for p in busiest(model))}"
            )
    return [life(model, person) for model in models]


def busiest(model: ProbationModel, number: int = 5) -> list[int]:
    """Return people with many different things in their record, the best stories first, of equal ones the oldest."""
    log = model.log
    kinds = np.zeros((len(model.people), len(Event)), bool)
    kinds[log.row, log.event] = True
    person = model.people.person
    return [int(p) for p in person[np.lexsort((person, -kinds.sum(axis=1)))[:number]]]


def life(model: ProbationModel, person: int) -> Life:
    """Return what the log knows of a person, in order."""
    view = model.offender(person)
    assert view is not None
    log = model.log
    mine = np.flatnonzero(log.row == view.row)
    mine = mine[np.argsort(log.day[mine], kind="stable")]
    events = [Event(e) for e in log.event[mine].tolist()]
    words = details(log.event[mine], log.value[mine], log.cause_day[mine])
    lines = [
        Line(
            date_of(int(log.day[k])),
            SENTENCES[event],
            _detail(model, int(k), event, str(text)),
            event,
            int(log.value[k]),
            int(log.cause_day[k]),
        )
        for k, event, text in zip(mine, events, words, strict=True)
        if event not in _HIDDEN and not _is_told_by_release(model, mine, int(k), event)
    ]
    return Life(model.timeline.name, introduce(model, person), sum_up(model, person), view.birth_day, lines)


def _is_told_by_release(model: ProbationModel, mine: NDArray[np.int64], k: int, event: Event) -> bool:
    """Say whether the start of supervision is told already by a release on the same day."""
    log = model.log
    same_day = mine[log.day[mine] == log.day[k]]
    return event == Event.SUPERVISION_START and bool(np.isin(log.event[same_day], _RELEASES).any())


def _detail(model: ProbationModel, k: int, event: Event, text: str) -> str:
    """Add to the words of an event what only the model knows: which officer, which sentence, why no supervision."""
    log = model.log
    value, cause = int(log.value[k]), int(log.cause_day[k])
    if event == Event.ALLOCATION:
        return f"officer {cause} of the {PROVIDERS[Provider(value)]}"
    if event == Event.RECALL:
        return f"{text}; a sentence {'under twelve months' if cause else 'of twelve months or more'}"
    if event in _RELEASES:
        return _UNSUPERVISED if text == "free" else f"on {text}"
    if event == Event.HELP_START:
        return f"{HELP[Kind(value)]} ({PATHS[Path(cause)]})"
    if event == Event.HELP_END:
        return HELP[Kind(value)]
    return text.removeprefix("; ").replace("; offence of", ", of")


def introduce(model: ProbationModel, person: int) -> str:
    """Return who the person is, in a sentence: what no regime changes."""
    view = model.offender(person)
    assert view is not None
    sex = "woman" if view.is_female else "man"
    known = view.first_sanction_day <= model.day
    first = f"first sanction {date_of(view.first_sanction_day)}" if known else "no sanction yet"
    return f"Person {person}, a {sex} of {model.region.areas[view.area]}, born {date_of(view.birth_day)}; {first}."


def sum_up(model: ProbationModel, person: int) -> str:
    """Return where the person stands at the end, in a sentence."""
    view = model.offender(person)
    assert view is not None
    kept = f"{view.contacts_kept} of {view.contacts_due} contacts kept" if view.contacts_due else "never supervised"
    status = view.state.name.lower().replace("_", " ")
    return (
        f"On {date_of(model.day)}: {status}; {view.sanctions} sanctions in all; {kept}; "
        f"changes of supervising officer: {view.officer_changes}."
    )


def first_difference(one: Life, other: Life) -> int | None:
    """Return the place of the first line in which two lives differ, or None."""
    for i, (a, b) in enumerate(zip(one.lines, other.lines, strict=False)):
        if a != b:
            return i
    return None if len(one.lines) == len(other.lines) else min(len(one.lines), len(other.lines))
