"""Two lives that part by who supervises: an allocation, a new officer, a judgement of risk."""

from collections.abc import Sequence

from experiments.story import Line
from sim.clock import DAYS_PER_WEEK, TWELVE_MONTHS_DAYS
from sim.events import Event
from sim.model import ProbationModel
from sim.offenders import Provider, Status
from visualiser.divergence.law import SHORT_SENTENCES
from visualiser.divergence.on_record import before
from visualiser.divergence.parting import ARMS, Answer, Parting, say_date

SPLIT, REUNIFIED = "risk_split", "reunified_service"
_PERCENT = 100
_BODIES = {
    Provider.TRUST: "the trust",
    Provider.NPS: "the National Probation Service",
    Provider.CRC: "a company",
    Provider.PROBATION_SERVICE: "the Probation Service",
}


def explain_officer(parting: Parting) -> Answer:
    """Explain an allocation, or a judgement of risk that leads to one."""
    given = [(arm, line) for arm, line in parting.marked if line.event == Event.ALLOCATION]
    if not given:
        arm, _ = parting.first(Event.ESCALATION)
        return "officer", f"Risk of serious harm is judged high under {ARMS[arm]} alone. {before(parting)}"
    if len(given) == len(ARMS):
        return "officer", _two_officers(parting)
    arm, line = given[0]
    held = held_by(parting.before)
    if held is None and parting.lever(SHORT_SENTENCES) == arm and _is_inside_briefly(parting.before):
        return "law", (
            f"Under {ARMS[arm]} {parting.since(SHORT_SENTENCES)} short sentences are supervised, so an officer is "
            f"allocated while the person is in prison; under {ARMS[1 - arm]} nobody is."
        )
    if held is None and not _is_reorganised(parting, arm):
        return "officer", (
            f"Under {ARMS[arm]} {_body(line)} allocated an officer on {say_date(parting.when)}; under {ARMS[1 - arm]} "
            f"no officer was allocated that day. {before(parting)}"
        )
    return "officer", _new_officer(parting, arm, held, line)


def _body(line: Line) -> str:
    """Return who allocates."""
    return _BODIES[Provider(line.value)]


def _two_officers(parting: Parting) -> str:
    """Explain that both arms allocate on one day, to different officers."""
    base, reform = (line for _, line in parting.marked)
    if base.value == reform.value:
        return (
            f"The case was allocated under both, by {_body(base)}, to different officers: other people's cases had "
            "loaded them otherwise by then."
        )
    return (
        f"Under {ARMS[0]} the case went to an officer of {_body(base)}, under {ARMS[1]} to one of {_body(reform)}."
        f"{_since_split(parting)}"
    )


def _since_split(parting: Parting) -> str:
    """Say since when people are divided by risk under one regime alone."""
    if parting.lever(SPLIT) is None:
        return ""
    return (
        f" The reform of the trusts holds there {parting.since(SPLIT)}: people are divided between two services by "
        "risk of serious harm."
    )


def _is_reorganised(parting: Parting, arm: int) -> bool:
    """Say whether a lever that gives everybody another employer's officer begins this week in one arm alone."""
    levers = parting.pair.plan.arms[arm].levers
    began = [levers[name].from_day for name in (SPLIT, REUNIFIED) if parting.lever(name) == arm]
    return any(0 <= parting.day - day < DAYS_PER_WEEK for day in began)


def _new_officer(parting: Parting, arm: int, held: Line | None, line: Line) -> str:
    """Explain that one arm alone changes the officer of a person who has one."""
    old = None if held is None else Provider(held.value)
    new, under, when = Provider(line.value), ARMS[arm], say_date(parting.when)
    kept = (
        f"{_PERCENT * parting.pair.models[arm].register.allocation.alliance_kept_on_change:.0f} percent of what it was"
    )
    set_back = f"a new officer, and the alliance starts again at {kept}"
    if old == new:
        return (
            f"Under {under} the officer left, and another took over on {when}: {set_back}. Under {ARMS[1 - arm]} the "
            "officer stayed."
        )
    if (old, new) == (Provider.CRC, Provider.NPS):
        return (
            f"Judged to be of high risk, the case was handed from a company to the National Probation Service under "
            f"{under} on {when}: contact is interrupted, then {set_back}."
        )
    if keeps_officer(parting.pair.models[arm], parting.person, parting.week):
        set_back = "the officer came along, and with the officer the alliance"
    return f"Under {under} {_body(line)} took over on {when}: {set_back}."


def keeps_officer(model: ProbationModel, person: int, week: int) -> bool:
    """Say whether a person's officer changes employer with the person when services are reorganised, by the draw that
    the model makes."""
    view = model.offender(person)
    assert view is not None
    u = model.draws.uniforms("allocation.same_officer", model.people.person_hash[[view.row]], week)
    return bool(u[0] < model.register.allocation.p_same_officer_at_split)


def held_by(before: Sequence[Line]) -> Line | None:
    """Return the allocation under which a person stands, as far as the record is sure of it; None where it is not."""
    for k in range(len(before) - 1, -1, -1):
        line = before[k]
        if line.event == Event.ALLOCATION:
            return line
        set_free = line.event in (Event.RELEASE, Event.RE_RELEASE) and line.value == Status.FREE
        goes_on = any(later.event == Event.SUPERVISION_START for later in before[k + 1 :] if later.day == line.day)
        ended = line.event == Event.SUPERVISION_END and not goes_on
        short = line.event == Event.CUSTODY_START and line.value < TWELVE_MONTHS_DAYS
        if set_free or ended or short or line.event == Event.SERVED_ALREADY:
            return None
    return None


def _is_inside_briefly(before: Sequence[Line]) -> bool:
    """Say whether the last thing that prison knows of a person is the start of a sentence under twelve months."""
    last = next((line for line in reversed(before) if line.event in (Event.CUSTODY_START, Event.RELEASE)), None)
    return last is not None and last.event == Event.CUSTODY_START and last.value < TWELVE_MONTHS_DAYS
