"""Two lives that part by what the law puts a person under: curfew, and supervision after short sentences."""

from collections.abc import Sequence

from experiments.story import Line
from sim.clock import TWELVE_MONTHS_DAYS
from sim.events import Event
from sim.offenders import Status
from visualiser.divergence.on_record import words
from visualiser.divergence.parting import ARMS, Answer, Parting

SHORT_SENTENCES, CURFEW = "short_sentence_supervision", "hdc_widened"
_WITH_STATUS = (Event.RELEASE, Event.RE_RELEASE, Event.SUPERVISION_START)


def explain_law(parting: Parting) -> Answer:
    """Explain a release, or supervision that begins or ends, under one regime alone."""
    statuses = [_status(parting, arm) for arm in (0, 1)]
    curfew = [arm for arm, status in enumerate(statuses) if status == Status.HOME_DETENTION_CURFEW]
    if len(curfew) == 1:
        more = "curfew is given to more people there" if parting.lever(CURFEW) == curfew[0] else "there it was granted"
        return "law", f"Released on home detention curfew under {ARMS[curfew[0]]} alone: {more}."
    arm = parting.lever(SHORT_SENTENCES)
    if arm is not None and _by_short_sentence(parting.before, statuses[arm], statuses[1 - arm]):
        months = parting.pair.plan.arms[arm].setting(SHORT_SENTENCES, "total_supervision_months")
        return "law", (
            f"Under {ARMS[arm]} {parting.since(SHORT_SENTENCES)} short sentences are followed by supervision, "
            f"{months:g} months in all; under {ARMS[1 - arm]} {_instead(statuses[1 - arm])}."
        )
    return "law", "The law puts the person under other supervision on this day; the log does not say why."


def _status(parting: Parting, arm: int) -> Status | None:
    """Return what a life is put under on the day, as far as its own line or an end of supervision on the day tells."""
    line = parting.lines[arm]
    if line is not None and line.event in _WITH_STATUS:
        return Status(line.value)
    today = (line for line in (*parting.before, *parting.rests[arm]) if line.day == parting.when)
    return Status.FREE if any(line.event == Event.SUPERVISION_END for line in today) else None


def _by_short_sentence(before: Sequence[Line], there: Status | None, other: Status | None) -> bool:
    """Say whether supervision is what follows a short sentence under the lever alone.

    Post-sentence supervision never follows anything else; a licence that the other arm has not does where both release
    from a sentence under twelve months.
    """
    if there == Status.LICENCE != other and other is not None:
        return is_short(before)
    return there == Status.POST_SENTENCE_SUPERVISION != other


def is_short(before: Sequence[Line]) -> bool:
    """Say whether all that a person last served in prison, at one, was under twelve months, as far as the log tells."""
    found: list[bool] = []
    for line in reversed(before):
        if line.event == Event.CUSTODY_START:
            found.append(line.value < TWELVE_MONTHS_DAYS)
        elif line.event == Event.RECALL:
            found.append(bool(line.cause))
        elif found and line.event in (Event.RELEASE, Event.RE_RELEASE):
            break
    return bool(found) and all(found)


def _instead(status: Status | None) -> str:
    """Say what the other arm has of it."""
    if status is None or status == Status.FREE:
        return "this one is not"
    if status == Status.YOUNG_OFFENDER_SUPERVISION:
        return "this one by young offender supervision alone"
    return f"this one is not, and the {words(status)} holds"
