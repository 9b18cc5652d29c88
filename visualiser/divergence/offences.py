"""Two lives that part by an offence: by the chance of offending, or by whom it is committed with."""

import numpy as np

from experiments.story import Line
from sim.events import Event
from sim.model import ProbationModel
from visualiser.divergence.on_record import apart, before, state_of
from visualiser.divergence.parting import ARMS, Answer, Parting


def explain_offence(parting: Parting) -> Answer:
    """Explain an offence under one regime alone."""
    return explain_peer(parting) if any(_together(parting, arm) for arm in (0, 1)) else _chance(parting)


def explain_peer(parting: Parting) -> Answer:
    """Explain an offence committed together under one regime alone."""
    arm, together = next((arm, line) for arm in (0, 1) if (line := _together(parting, arm)) is not None)
    peer, under, other = f"person {together.value}", ARMS[arm], ARMS[1 - arm]
    there = parting.pair.models[1 - arm]
    if has_offence(there, parting.person, parting.day):
        said = f"Under {under} {peer} took part in the offence; under {other} it was committed without {peer}."
    elif leads(parting.pair.models[arm], parting.person, together.value, parting.day):
        cause, said = _chance(parting)
        return cause, f"{said} {peer.capitalize()} joined in."
    elif has_offence(there, together.value, parting.day):
        said = (
            f"Under {under} the person joined in an offence of {peer}; under {other} {peer} offended without this one."
        )
    else:
        said = f"Under {under} the person joined in an offence of {peer}; under {other} {peer} did not offend that day."
    both = [state_of(parting, number, together.value) for number in (0, 1)]
    if None not in both and both[0] != both[1]:
        said += f" As the week began {peer} was in state “{both[0]}” under {ARMS[0]} and “{both[1]}” under {ARMS[1]}."
    return "peer", f"{said} {before(parting)}" if apart(parting) else said


def leads(model: ProbationModel, person: int, other: int, day: int) -> bool:
    """Say whether a common offence was the person's own, in which the other joined: who joins is logged before."""
    log = model.log
    together = np.flatnonzero((log.event == Event.CO_OFFENCE) & (log.day == day))
    numbers = model.people.person[log.row[together]]
    mine = np.flatnonzero((numbers == person) & (log.value[together] == other))
    theirs = np.flatnonzero((numbers == other) & (log.value[together] == person))
    return bool(len(mine) and len(theirs) and mine[0] > theirs[0])


def has_offence(model: ProbationModel, person: int, day: int) -> bool:
    """Say whether the log has an offence of a person on a day."""
    view, log = model.offender(person), model.log
    return view is not None and bool(((log.row == view.row) & (log.day == day) & (log.event == Event.OFFENCE)).any())


def _together(parting: Parting, arm: int) -> Line | None:
    """Return the line of an offence committed with another that one life has on the day and the other has not."""
    own, others = parting.rests[arm], parting.rests[1 - arm]
    return next(
        (line for line in own if line.day == parting.when and line.event == Event.CO_OFFENCE and line not in others),
        None,
    )


def _chance(parting: Parting) -> Answer:
    """Explain that the same luck met another chance of offending."""
    same_luck = "The luck of the week is the same under both, and met another chance of offending."
    return "peer" if list(apart(parting)) == ["peers"] else "offence", f"{same_luck} {before(parting)}"
