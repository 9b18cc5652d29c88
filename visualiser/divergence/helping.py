"""Two lives that part by the help of a charity."""

from datetime import timedelta

from experiments.story import HELP
from sim.charities import Kind, Path
from sim.clock import DAYS_PER_WEEK
from sim.events import Event
from visualiser.divergence.on_record import before
from visualiser.divergence.parting import ARMS, Answer, Parting, say_date

GATE, MENTORS = "through_the_gate", "charity_mentoring"
_LAST_OF_WEEK = DAYS_PER_WEEK - 1
"""Help is logged as the week begins, of people released up to its last day."""


def explain_help(parting: Parting) -> Answer:
    """Explain help that begins or ends under one regime alone."""
    arm, line = parting.first(Event.HELP_START, Event.HELP_END)
    kind, under, other = Kind(line.value), ARMS[arm], ARMS[1 - arm]
    if line.event == Event.HELP_END:
        return (
            "place",
            f"The help of a charity ({HELP[kind]}) ended on this day under {under} alone. {before(parting)}",
        )
    path = Path(line.cause)
    if path == Path.THROUGH_THE_GATE and parting.lever(GATE, days_later=_LAST_OF_WEEK) == arm:
        why = f"Through the Gate met the person on release under {under}; under {other} there is no such service"
    elif path == Path.EVERY_LEAVER and parting.lever(MENTORS, days_later=_LAST_OF_WEEK) == arm:
        why = f"Every leaver is promised a mentor under {under}; under {other} nobody is"
    else:
        why = f"The help of a charity ({HELP[kind]}) began on this day under {under}, and under {other} it did not"
    return "place", f"{why}. {_later_help(parting, 1 - arm, kind)} {_places(parting, kind)}".strip()


def _later_help(parting: Parting, arm: int, kind: Kind) -> str:
    """Say whether the same help began later in the other life, within the weeks that one may wait."""
    wait = int(parting.pair.models[arm].register.support.longest_wait_weeks)
    over = parting.when + timedelta(weeks=wait)
    later = (line for line in parting.rests[arm] if line.event == Event.HELP_START and line.value == kind)
    began = next((line.day for line in later if line.day <= over), None)
    if began is not None:
        return f"There the same help began on {say_date(began)}."
    if parting.now <= over:
        return "There the same help has not begun so far."
    return (
        f"There it did not within the {wait} weeks that one may wait: no place, no referral, or not wanted; the log "
        "does not say which."
    )


def _places(parting: Parting, kind: Kind) -> str:
    """Say how many places and how long a queue there was in that week, where the arms stand apart."""
    week, group = parting.week, f"kind={kind.name.lower()}"
    counts = [
        [int(model.weekly.series(measure, group)[week]) for measure in ("places", "waiting")]
        for model in parting.pair.models
    ]
    if counts[0] == counts[1]:
        return ""
    said = [f"{places} places and {waiting} waiting under {ARMS[a]}" for a, (places, waiting) in enumerate(counts)]
    return f"In the region that week: {said[0]}, {said[1]}."
