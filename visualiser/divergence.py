"""Where two lives part, and why, as far as the model knows.

The first line that one life has and the other has not is found in the event log. What it is, the levers in force on
that day, and what was on record of the person before it, give the cause. Where nothing on record stands apart, the
explanation says so.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np

from experiments import story
from experiments.story import HELP, Life, Line
from sim.charities import Kind, Path
from sim.clock import DAYS_PER_WEEK, TWELVE_MONTHS_DAYS, date_of, day_of
from sim.events import Event, reason_of_enforcement
from sim.model import ProbationModel
from sim.needs import Need
from sim.offenders import Provider, Reason, Status
from visualiser.states import ABSENT, LOOKS, State

if TYPE_CHECKING:
    from visualiser.pair import Pair

ARMS = ("the base", "the reform")
CAUSES = ("officer", "appointment", "place", "recall", "peer", "offence", "law", "other")
SHORT_SENTENCES, CURFEW = "short_sentence_supervision", "hdc_widened"
GATE, MENTORS, SPLIT, REUNIFIED = "through_the_gate", "charity_mentoring", "risk_split", "reunified_service"
_HUNDREDTHS, _PERCENT = 100, 100
_BODIES = {
    Provider.TRUST: "the trust",
    Provider.NPS: "the National Probation Service",
    Provider.CRC: "a company",
    Provider.PROBATION_SERVICE: "the Probation Service",
}
type Answer = tuple[str, str]
"""A cause and its explanation."""


@dataclass(frozen=True)
class Parting:
    """The day on which two lives part.

    Attributes
    ----------
    pair : Pair
    person : int
    when : date
    before : list of Line
        What both lives share.
    lines : (Line or None, Line or None)
        What each life has on that day that the other has not.
    rests : (list of Line, list of Line)
        Each life from there on.
    """

    pair: "Pair"
    person: int
    when: date
    before: list[Line]
    lines: tuple[Line | None, Line | None]
    rests: tuple[list[Line], list[Line]]

    @property
    def day(self) -> int:
        """The day's number."""
        return day_of(self.when)

    @property
    def marked(self) -> list[tuple[int, Line]]:
        """The lines of that day, with the number of their arm."""
        return [(arm, line) for arm, line in enumerate(self.lines) if line is not None]

    def lever(self, name: str) -> int | None:
        """Return the one arm in which a lever has begun by that day; None where it has in neither or in both."""
        began = [
            name in arm.levers and arm.levers[name].from_day < self.day + DAYS_PER_WEEK for arm in self.pair.plan.arms
        ]
        return began.index(True) if sum(began) == 1 else None


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
        then = part(pair, person, [_without_officers(lived) for lived in lives])
    return _described(found, lives) | {"then": None if then is None else _described(then, lives)}


def _without_officers(lived: Life) -> Life:
    """Return a life as it reads where nobody minds who supervises."""
    return replace(lived, lines=[line for line in lived.lines if line.event != Event.ALLOCATION])


def _described(parting: Parting, lives: Sequence[Life]) -> dict[str, Any]:
    """Return a parting as the page takes it."""
    cause, explanation = explain(parting)
    return {
        "index": [_place(line, lived.lines) for line, lived in zip(parting.lines, lives, strict=True)],
        "date": parting.when.isoformat(),
        "arm_texts": [_text(parting, arm) for arm in (0, 1)],
        "cause": cause,
        "explanation": explanation,
    }


def _place(line: Line | None, lines: Sequence[Line]) -> int | None:
    """Return where a line stands: that very one, for a life may say the same twice."""
    return None if line is None else next(k for k, other in enumerate(lines) if other is line)


def part(pair: "Pair", person: int, lives: Sequence[Life]) -> Parting | None:
    """Return the day on which two lives part, None where they are the same."""
    one, other = lives
    first = story.first_difference(one, other)
    if first is None:
        return None
    rests = one.lines[first:], other.lines[first:]
    when = min(rest[0].day for rest in rests if rest)
    own = [rest[0] if rest and rest[0].day == when else None for rest in rests]
    # a line that the other life has too, after one that is its own, marks no difference
    new = [line if line not in rest else None for line, rest in zip(own, rests[::-1], strict=True)]
    lines = new if any(new) else own
    return Parting(pair, person, when, one.lines[:first], (lines[0], lines[1]), rests)


def explain(parting: Parting) -> Answer:
    """Return the cause of a parting and a sentence or two about it."""
    events = {line.event for _, line in parting.marked}
    rule = next((rule for kinds, rule in _RULES if events & kinds), _other)
    return rule(parting)


def _text(parting: Parting, arm: int) -> str:
    """Return what one life has on the day, or that it has nothing and what comes next."""
    line = parting.lines[arm]
    if line is not None:
        return _said(line)
    after = next((later for later in parting.rests[arm] if later.day > parting.when), None)
    return f"nothing new; next, on {_date(after.day)}: {_said(after)}" if after else "nothing new, and nothing since"


def _said(line: Line) -> str:
    """Return a line in words."""
    return f"{line.what}: {line.detail}" if line.detail else line.what


def _date(day: date) -> str:
    """Return a date as it is spoken."""
    return f"{day.day} {day:%B %Y}"


def _first(parting: Parting, *events: Event) -> tuple[int, Line]:
    """Return the arm and the line of the first line of the day of some kinds."""
    return next((arm, line) for arm, line in parting.marked if line.event in events)


def _officer(parting: Parting) -> Answer:
    """Explain an allocation, or a judgement of risk that leads to one."""
    given = [(arm, line) for arm, line in parting.marked if line.event == Event.ALLOCATION]
    if not given:
        arm, _ = _first(parting, Event.ESCALATION)
        return "officer", f"Risk of serious harm is judged high under {ARMS[arm]} alone. {_before(parting)}"
    if len(given) == len(ARMS):
        return "officer", _two_officers(parting)
    arm, line = given[0]
    held = held_by(parting.before)
    if held is None and parting.lever(SHORT_SENTENCES) == arm and _is_inside_briefly(parting.before):
        return "law", (
            f"Under {ARMS[arm]} {_by_law(parting, SHORT_SENTENCES)} short sentences are supervised, so an officer is "
            f"allocated while the person is in prison; under {ARMS[1 - arm]} nobody is."
        )
    if held is None and not _is_reorganised(parting, arm):
        return "officer", (
            f"Under {ARMS[arm]} {_body(line)} allocated an officer on {_date(parting.when)}; under {ARMS[1 - arm]} no "
            f"officer was allocated that day. {_before(parting)}"
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
    arm = parting.lever(SPLIT)
    if arm is None:
        return ""
    return (
        f" The reform of the trusts holds there {_by_law(parting, SPLIT)}: people are divided between two services by "
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
    new, under, when = Provider(line.value), ARMS[arm], _date(parting.when)
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
    if keeps_officer(parting.pair.models[arm], parting.person, parting.day // DAYS_PER_WEEK):
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


def _enforcement(parting: Parting) -> Answer:
    """Explain a recall or a breach."""
    arm, line = _first(parting, Event.RECALL, Event.BREACH)
    reason = Reason(int(reason_of_enforcement(np.array(line.value))))
    what = "recalled to prison" if line.event == Event.RECALL else "in court for breach"
    why = f"Under {ARMS[arm]} the person was {what} after {_words(reason)}"
    if len({other.event for _, other in parting.marked}) == 1 < len(parting.marked):
        return "recall" if line.event == Event.RECALL else "other", (
            f"The person was {what} under both, with another outcome. {_before(parting)}"
        )
    cause = "recall" if line.event == Event.RECALL else "other"
    if reason == Reason.MISSED_CONTACT or (line.event == Event.BREACH and "absences" in apart(parting)):
        why = f"{why}; under {ARMS[1 - arm]} the contact was kept, not due, or not enforced"
        return "appointment", f"{why}. {_absences_parted(parting) or _before(parting)}"
    return cause, f"{why}. {_before(parting)}"


def _absences_parted(parting: Parting) -> str:
    """Say since when absences have stood apart on record, before the day; nothing where they do not, for a breach is
    heard weeks after the failure."""
    node = parting.pair.nodes.number_of(parting.person)
    if node is None:
        return ""
    (weeks, base), (_, reform) = (record.samples("absences", node) for record in parting.pair.records)
    known = weeks <= parting.day // DAYS_PER_WEEK
    differs = np.flatnonzero(base[known] != reform[known])
    if not len(differs):
        return ""
    since = differs[np.flatnonzero(np.diff(differs, prepend=-2) > 1)[-1]]
    when = _date(date_of(int(weeks[since]) * DAYS_PER_WEEK))
    return (
        f"Unacceptable absences on record stood apart from {when}: {base[since]} under {ARMS[0]}, {reform[since]} "
        f"under {ARMS[1]}."
    )


def _words(member: Reason | Need | Path) -> str:
    """Return the name of a member as words."""
    return member.name.lower().replace("_", " ")


def _help(parting: Parting) -> Answer:
    """Explain help that begins or ends under one regime alone."""
    arm, line = _first(parting, Event.HELP_START, Event.HELP_END)
    kind, under, other = Kind(line.value), ARMS[arm], ARMS[1 - arm]
    if line.event == Event.HELP_END:
        return (
            "place",
            f"The help of a charity ({HELP[kind]}) ended on this day under {under} alone. {_before(parting)}",
        )
    path = Path(line.cause)
    if path == Path.THROUGH_THE_GATE and parting.lever(GATE) == arm:
        why = f"Through the Gate met the person on release under {under}; under {other} there is no such service"
    elif path == Path.EVERY_LEAVER and parting.lever(MENTORS) == arm:
        why = f"Every leaver is promised a mentor under {under}; under {other} nobody is"
    else:
        why = f"The help of a charity ({HELP[kind]}) began on this day under {under}, and under {other} it did not"
    return "place", f"{why}. {_later_help(parting, 1 - arm, kind)} {_places(parting, kind)}".strip()


def _later_help(parting: Parting, arm: int, kind: Kind) -> str:
    """Say whether the same help began later in the other life, within the weeks that one may wait."""
    longest = timedelta(weeks=int(parting.pair.models[arm].register.support.longest_wait_weeks))
    later = (line for line in parting.rests[arm] if line.event == Event.HELP_START and line.value == kind)
    began = next((line.day for line in later if line.day <= parting.when + longest), None)
    if began is not None:
        return f"There the same help began on {_date(began)}."
    return "There no place came free while one may wait, or nobody referred the person."


def _places(parting: Parting, kind: Kind) -> str:
    """Say how many places and how long a queue there was in that week, where the arms stand apart."""
    week, group = parting.day // DAYS_PER_WEEK, f"kind={kind.name.lower()}"
    counts = [
        [int(model.weekly.series(measure, group)[week]) for measure in ("places", "waiting")]
        for model in parting.pair.models
    ]
    if counts[0] == counts[1]:
        return ""
    said = [f"{places} places and {waiting} waiting under {ARMS[a]}" for a, (places, waiting) in enumerate(counts)]
    return f"In the region that week: {said[0]}, {said[1]}."


def _law(parting: Parting) -> Answer:
    """Explain a release, or supervision that begins or ends, under one regime alone."""
    statuses = {arm: Status(line.value) for arm, line in parting.marked if line.event in _WITH_STATUS}
    curfew = [arm for arm, status in statuses.items() if status == Status.HOME_DETENTION_CURFEW]
    if len(curfew) == 1:
        more = "curfew is given to more people there" if parting.lever(CURFEW) == curfew[0] else "there it was granted"
        return "law", f"Released on home detention curfew under {ARMS[curfew[0]]} alone: {more}."
    arm = parting.lever(SHORT_SENTENCES)
    if arm is not None and statuses.get(1 - arm, Status.FREE) == Status.FREE != statuses.get(arm, Status.FREE):
        months = parting.pair.plan.arms[arm].setting(SHORT_SENTENCES, "total_supervision_months")
        return "law", (
            f"Under {ARMS[arm]} {_by_law(parting, SHORT_SENTENCES)} short sentences are followed by supervision, "
            f"{months:g} months in all; under {ARMS[1 - arm]} this one is not."
        )
    return "law", f"The law puts the person under other supervision on this day. {_before(parting)}"


def _by_law(parting: Parting, lever: str) -> str:
    """Say from when a lever holds that one arm alone has by then."""
    arm = parting.lever(lever)
    assert arm is not None
    return f"from {_date(date_of(parting.pair.plan.arms[arm].levers[lever].from_day))}"


def _re_release(parting: Parting) -> Answer:
    """Explain a return from recall under one regime alone, or to other supervision."""
    if len(parting.marked) == len(ARMS):
        return _law(parting)
    arm, _ = _first(parting, Event.RE_RELEASE)
    return "recall", f"Released from recall on this day under {ARMS[arm]} alone. {_before(parting)}"


def _peer(parting: Parting) -> Answer:
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
    both = [_state_of(parting, number, together.value) for number in (0, 1)]
    if None not in both and both[0] != both[1]:
        said += f" As the week began {peer} was in state “{both[0]}” under {ARMS[0]} and “{both[1]}” under {ARMS[1]}."
    return "peer", f"{said} {_before(parting)}" if apart(parting) else said


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


def _offence(parting: Parting) -> Answer:
    """Explain an offence under one regime alone."""
    return _peer(parting) if any(_together(parting, arm) for arm in (0, 1)) else _chance(parting)


def _chance(parting: Parting) -> Answer:
    """Explain that the same luck met another chance of offending."""
    same_luck = "The luck of the week is the same under both, and met another chance of offending."
    return "peer" if list(apart(parting)) == ["peers"] else "offence", f"{same_luck} {_before(parting)}"


def _other(parting: Parting) -> Answer:
    """Explain what is none of the above: a decision of police or court, a record that closes."""
    return "other", f"Police or court came to another decision, or to the same on another day. {_before(parting)}"


_WITH_STATUS = frozenset({Event.RELEASE, Event.RE_RELEASE, Event.SUPERVISION_START})
_RULES: tuple[tuple[frozenset[Event], Callable[[Parting], Answer]], ...] = (
    (frozenset({Event.RECALL, Event.BREACH}), _enforcement),
    (frozenset({Event.CO_OFFENCE}), _peer),
    (frozenset({Event.OFFENCE}), _offence),
    (frozenset({Event.RE_RELEASE}), _re_release),
    (frozenset({Event.RELEASE, Event.SUPERVISION_START, Event.SUPERVISION_END, Event.COMMITTAL}), _law),
    (frozenset({Event.HELP_START, Event.HELP_END}), _help),
    (frozenset({Event.ALLOCATION, Event.ESCALATION}), _officer),
)
"""Which kinds of events are explained by what; the first that fits."""


def _before(parting: Parting) -> str:
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
    states = [_state_of(parting, arm, parting.person) for arm in (0, 1)]
    found = {}
    if states[0] != states[1]:
        found["supervision"] = f"the state was “{states[0]}” under {ARMS[0]} and “{states[1]}” under {ARMS[1]}"
    for column, name, say in _SAMPLES:
        base, reform = (_sample(parting, arm, column, node) for arm in (0, 1))
        if base is not None and reform is not None and base != reform:
            found[name] = say(base, reform)
    return found


def _state_of(parting: Parting, arm: int, person: int) -> str | None:
    """Return the state of somebody on the page as the week of the day began, in words; None where it is not known."""
    node, week = parting.pair.nodes.number_of(person), parting.day // DAYS_PER_WEEK
    codes = parting.pair.records[arm].state_at(week)
    if node is None or node >= len(codes) or codes[node] == ABSENT:
        return None
    return LOOKS[State(int(codes[node]))].label


def _sample(parting: Parting, arm: int, column: str, node: int) -> int | None:
    """Return what was last sampled of the person before the day."""
    weeks, values = parting.pair.records[arm].samples(column, node)
    known = values[weeks <= parting.day // DAYS_PER_WEEK]
    return int(known[-1]) if len(known) else None


def _say_needs(base: int, reform: int) -> str:
    return _say_bits("a need", {need: _words(need) for need in Need}, base, reform)


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
