"""Where two lives part and why, ready for the page.

The first line that one life has and the other has not is found in the event log. What it is, the levers in force on
that day, and what was on record of the person before it, give the cause. Where nothing on record stands apart, the
explanation says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from experiments.story import Life, Line
from sim.events import Event
from visualiser.divergence.enforcing import explain_enforcement, explain_re_release
from visualiser.divergence.helping import explain_help
from visualiser.divergence.law import explain_law
from visualiser.divergence.offences import explain_offence, explain_peer
from visualiser.divergence.officers import explain_officer
from visualiser.divergence.on_record import before
from visualiser.divergence.parting import Answer, Parting, part

if TYPE_CHECKING:
    from visualiser.pair import Pair


def divergence(pair: "Pair", person: int, lives: Sequence[Life]) -> dict[str, Any] | None:
    """Return where a person's two lives part and why, ready for JSON; None where they do not.

    Parameters
    ----------
    lives : (Life, Life)
        As `experiments.story.life` tells them.

    Returns
    -------
    dict or None
        `index` is the place in each life of the line that the other has not, None where that life has none on the day.
        Where who supervises is all that differs at first, `then` is the same of the first other thing, or None.
    """
    found = part(pair, person, lives)
    if found is None:
        return None
    then = None
    if all(line.event == Event.ALLOCATION for _, line in found.marked):
        then = part(pair, person, [without_officers(lived) for lived in lives])
    return _described(found, lives) | {"then": None if then is None else _described(then, lives)}


def without_officers(lived: Life) -> Life:
    """Return a life as it reads where nobody minds who supervises."""
    return replace(lived, lines=[line for line in lived.lines if line.event != Event.ALLOCATION])


def _described(parting: Parting, lives: Sequence[Life]) -> dict[str, Any]:
    """Return a parting as the page takes it."""
    cause, explanation = explain(parting)
    return {
        "index": [_place(line, lived.lines) for line, lived in zip(parting.lines, lives, strict=True)],
        "date": parting.when.isoformat(),
        "arm_texts": [parting.text(arm) for arm in (0, 1)],
        "cause": cause,
        "explanation": explanation,
    }


def _place(line: Line | None, lines: Sequence[Line]) -> int | None:
    """Return where a line stands: that very one, for a life may say the same twice."""
    return None if line is None else next(k for k, other in enumerate(lines) if other is line)


def explain(parting: Parting) -> Answer:
    """Return the cause of a parting and a sentence or two about it."""
    events = {line.event for _, line in parting.marked}
    rule = next((rule for kinds, rule in _RULES if events & kinds), _other)
    return rule(parting)


def _other(parting: Parting) -> Answer:
    """Explain what is none of those below: a decision of police or court, a record that closes."""
    return "other", f"Police or court came to another decision, or to the same on another day. {before(parting)}"


_RULES: tuple[tuple[frozenset[Event], Callable[[Parting], Answer]], ...] = (
    (frozenset({Event.RECALL, Event.BREACH}), explain_enforcement),
    (frozenset({Event.CO_OFFENCE}), explain_peer),
    (frozenset({Event.OFFENCE}), explain_offence),
    (frozenset({Event.RE_RELEASE}), explain_re_release),
    (frozenset({Event.RELEASE, Event.SUPERVISION_START, Event.SUPERVISION_END, Event.COMMITTAL}), explain_law),
    (frozenset({Event.HELP_START, Event.HELP_END}), explain_help),
    (frozenset({Event.ALLOCATION, Event.ESCALATION}), explain_officer),
)
"""Which kinds of events are explained by what; the first that fits."""
