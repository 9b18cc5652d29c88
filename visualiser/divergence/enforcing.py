"""Two lives that part by enforcement: a recall, a breach, or a return from recall."""

from datetime import timedelta

import numpy as np

from experiments.story import Line
from sim.events import Event, kind_of_enforcement, reason_of_enforcement
from sim.offenders import Reason
from visualiser.divergence.law import explain_law
from visualiser.divergence.on_record import absences_parted, before, words
from visualiser.divergence.parting import ARMS, Answer, Parting, say_date

_SOON = timedelta(weeks=6)
"""So long after it the same in the other life is told with it."""
_TWELVE_MONTHS = {True: "under twelve months", False: "of twelve months or more"}


def explain_enforcement(parting: Parting) -> Answer:
    """Explain a recall or a breach."""
    arm, line = parting.first(Event.RECALL, Event.BREACH)
    cause = "recall" if line.event == Event.RECALL else "other"
    if all(other is not None and other.event == line.event for other in parting.lines):
        return cause, f"{_both(parting, line.event)} {before(parting)}"
    said = f"Under {ARMS[arm]} the person was {_said(line)}"
    rival = parting.lines[1 - arm]
    if rival is not None and rival.event in _WHAT:
        return cause, f"{said}; under {ARMS[1 - arm]} {_said(rival)}. {before(parting)}"
    if _reason(line) == Reason.MISSED_CONTACT:
        return "appointment", f"{said}; under {ARMS[1 - arm]} {_not_there(parting, 1 - arm, line)}. {_since(parting)}"
    return cause, f"{said}. {before(parting)}"


_WHAT = {Event.RECALL: "recalled to prison", Event.BREACH: "in court for breach"}


def _said(line: Line) -> str:
    """Return what was done, and after what."""
    return f"{_WHAT[line.event]} after {words(_reason(line))}"


def _reason(line: Line) -> Reason:
    """Return the reason of a recall or breach."""
    return Reason(int(reason_of_enforcement(np.array(line.value))))


def _both(parting: Parting, event: Event) -> str:
    """Say in what the same enforcement of one day differs."""
    base, reform = (line for _, line in parting.marked)
    others = []
    if _reason(base) != _reason(reform):
        others.append("for another reason")
    if kind_of_enforcement(np.array(base.value)) != kind_of_enforcement(np.array(reform.value)):
        others.append("with another outcome")
    if event == Event.RECALL and bool(base.cause) != bool(reform.cause):
        lengths = [_TWELVE_MONTHS[bool(line.cause)] for line in (base, reform)]
        others.append(f"from a sentence {lengths[0]} under {ARMS[0]} and {lengths[1]} under {ARMS[1]}")
    return f"The person was {_WHAT[event]} under both, {' and '.join(others)}."


def _not_there(parting: Parting, arm: int, line: Line) -> str:
    """Say what is known of the other life: that the same came soon after, of another week's failure, or nothing.

    The day of a recall or hearing is drawn by person and week of failure: of one week's it would be one day.
    """
    soon = (later for later in parting.rests[arm] if later.event == line.event and later.day <= parting.when + _SOON)
    same = next((later.day for later in soon if _reason(later) == _reason(line)), None)
    if same is not None:
        return f"so too, on {say_date(same)}, after a failure of another week"
    return "the contact was kept, not due, or not enforced"


def _since(parting: Parting) -> str:
    """Say since when absences have stood apart, or what else has."""
    found = absences_parted(parting)
    if found is None:
        return before(parting)
    when, base, reform = found
    return (
        f"Unacceptable absences on record stood apart from {say_date(when)}: {base} under {ARMS[0]}, {reform} under "
        f"{ARMS[1]}."
    )


def explain_re_release(parting: Parting) -> Answer:
    """Explain a return from recall under one regime alone, or to other supervision."""
    if len(parting.marked) == len(ARMS):
        return explain_law(parting)
    arm, _ = parting.first(Event.RE_RELEASE)
    return "recall", f"Released from recall on this day under {ARMS[arm]} alone. {before(parting)}"
