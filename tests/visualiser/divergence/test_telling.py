"""Where two lives part: the first line that is one life's own, found in the log, with a cause that the model knows."""

from types import SimpleNamespace

import numpy as np
import pytest

from experiments import story
from experiments.plan import make_plan
from experiments.story import SENTENCES, Life, Line
from sim.charities import Kind, Path
from sim.clock import date_of, day_of
from sim.events import Event, RecallKind, enforcement_code
from sim.needs import Need
from sim.offenders import Provider, Reason, Rosh, Status
from visualiser.divergence import CAUSES, divergence, keeps_officer, leads
from visualiser.pair import Pair
from visualiser.record import Record
from visualiser.states import State

LEVERS = ("risk_split", "short_sentence_supervision", "through_the_gate", "hdc_widened")
PARTED = tuple(f"levers.{name}=2008-02-04" for name in LEVERS)
FORK, DAY, LATER = 28, 40, 50
HERE = 0


def pair_of(scale, weeks):
    found = Pair(make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", scale, [0], None, PARTED))
    while found.week < weeks:
        found.step()
    return found


@pytest.fixture(scope="module")
def pair():
    """Two small worlds that parted in February 2008 and lived into 2010."""
    return pair_of(0.01, 120)


@pytest.fixture(scope="module")
def parted(pair):
    """Everybody on the page whose lives differ, with the lives and where they part."""
    found = []
    for person in pair.nodes.person.tolist():
        lives = [story.life(model, person) for model in pair.models]
        if (where := divergence(pair, person, lives)) is not None:
            found.append((person, lives, where))
    return found


@pytest.fixture(scope="module")
def tiny():
    """Two tiny worlds that have lived ten weeks, as a stage for lives made by hand."""
    return pair_of(0.002, 10)


def test_the_line_that_is_marked_is_in_the_log_of_its_arm_and_not_of_the_other(pair, parted):
    assert len(parted) > 100
    for person, lives, where in parted:
        for mark in filter(None, (where, where["then"])):
            marked = 0
            for arm, place in enumerate(mark["index"]):
                if place is not None:
                    line, log, row = (
                        lives[arm].lines[place],
                        pair.models[arm].log,
                        pair.models[arm].offender(person).row,
                    )
                    here = (log.row == row) & (log.event == line.event) & (log.day == day_of(line.day))
                    assert (here & (log.value == line.value) & (log.cause_day == line.cause)).any()
                    assert mark["date"] == line.day.isoformat()
                    assert line.what in mark["arm_texts"][arm]
                    assert line not in lives[1 - arm].lines
                    marked += 1
            assert marked


def test_up_to_the_marked_line_the_lives_are_the_same(parted):
    for _, (one, other), where in parted:
        first = next(place for place in where["index"] if place is not None)
        assert one.lines[:first] == other.lines[:first]


def test_causes_are_known_and_of_several_kinds(parted):
    causes = [mark["cause"] for _, _, where in parted for mark in filter(None, (where, where["then"]))]
    assert set(causes) <= set(CAUSES)
    assert len(set(causes)) >= 4
    assert all(where["explanation"].endswith(".") and "  " not in where["explanation"] for _, _, where in parted)


def test_who_reads_the_same_in_both_arms_has_no_divergence(pair, parted):
    known = {person for person, _, _ in parted}
    alike = [p for p in pair.nodes.person.tolist() if p not in known]
    assert len(alike) > 100
    for person in alike[:50]:
        one, other = (story.life(model, person).lines for model in pair.models)
        assert one == other


def test_who_keeps_the_officer_at_the_split_is_who_the_model_lets_keep_the_officer():
    split = Pair(
        make_plan(["pre_reform", "risk_split_only"], "staffordshire_west_midlands", 0.01, [0], None, PARTED[:1])
    )
    while split.week <= split.fork_week:
        split.step()
    base, reform = split.models
    log = reform.log
    moved = np.flatnonzero((log.event == Event.ALLOCATION) & (log.day == split.fork_week * 7))
    changed = {}
    for k in moved:
        person = int(reform.people.person[log.row[k]])
        before, after = base.offender(person), reform.offender(person)
        if before.officer >= 0 and before.status_since_day < split.fork_week * 7 and after.provider != before.provider:
            changed[person] = after.officer_changes - before.officer_changes
    first = {p: c for p, c in changed.items() if c in (0, 1) and base.offender(p).alliance > 0}
    kept = {p: keeps_officer(reform, p, split.fork_week) for p in first}
    assert {p: c == 0 for p, c in first.items()} == kept
    assert len(set(kept.values())) == 2


def line(day, event, value=0, cause=0, detail=None):
    """Return a line as a story has it."""
    told = f"{int(value)} {int(cause)}" if detail is None else detail
    return Line(date_of(day), SENTENCES[event], told, event, int(value), int(cause))


def recorded(state=State.LICENCE, **samples):
    """Return a record of ten weeks in which nothing changes for the one person on the page."""
    record = Record()
    for week in range(11):
        usual = {"needs": 0, "help": 0, "alliance": 0, "peer_influence": 0, "absences": 0} | samples
        due = {name: np.array([value], np.uint8) for name, value in usual.items()} if week % 4 == 0 else {}
        record.add(np.array([state], np.uint8), due)
    return record


def told(tiny, base, reform, *, before=(), records=None):
    """Return where lives made by hand part, for a person of a tiny world."""
    person = int(tiny.nodes.person[HERE])
    stage = SimpleNamespace(
        plan=tiny.plan,
        models=tiny.models,
        nodes=SimpleNamespace(number_of=lambda number: 0 if number == person else None),
        records=records or (recorded(), recorded()),
    )
    lives = [Life("", "", "", 0, [*before, *own]) for own in (base, reform)]
    return divergence(stage, person, lives)


def code(kind, reason):
    return enforcement_code(int(kind), int(reason))


CONVICTED = line(10, Event.CONVICTION)
TRUST = line(14, Event.ALLOCATION, Provider.TRUST, 3)
CRC = line(30, Event.ALLOCATION, Provider.CRC, 9)
SHORT = line(20, Event.CUSTODY_START, 120)
FREED, LICENSED, CURFEW = (
    line(DAY, Event.RELEASE, status) for status in (Status.FREE, Status.LICENCE, Status.HOME_DETENTION_CURFEW)
)


def test_a_successor_is_another_officer(tiny):
    found = told(tiny, [], [line(DAY, Event.ALLOCATION, Provider.TRUST, 5)], before=[TRUST])
    assert found["index"] == [None, 1]
    assert found["cause"] == "officer"
    assert "Under the reform the officer left, and another took over on 16 February 2008" in found["explanation"]
    assert "30 percent" in found["explanation"]
    assert found["then"] is None


def test_a_company_takes_over_at_the_split(tiny):
    found = told(tiny, [], [line(FORK, Event.ALLOCATION, Provider.CRC, 5)], before=[TRUST])
    assert "Under the reform a company took over on 4 February 2008" in found["explanation"]
    kept = keeps_officer(tiny.models[1], int(tiny.nodes.person[HERE]), FORK // 7)
    assert ("the officer came along" in found["explanation"]) == kept


def test_a_case_of_the_run_in_is_taken_over_too(tiny):
    found = told(tiny, [], [line(FORK, Event.ALLOCATION, Provider.NPS, 5)], before=[CONVICTED])
    assert "the National Probation Service took over" in found["explanation"]


def test_an_escalated_case_is_handed_over(tiny):
    found = told(tiny, [], [line(DAY, Event.ALLOCATION, Provider.NPS, 5)], before=[CRC])
    assert found["cause"] == "officer"
    assert "handed from a company to the National Probation Service" in found["explanation"]


def test_two_allocations_on_a_day_are_to_different_officers(tiny):
    ours = line(DAY, Event.ALLOCATION, Provider.TRUST, 1)
    other = told(tiny, [ours], [line(DAY, Event.ALLOCATION, Provider.CRC, 5)], before=[CONVICTED])
    assert other["index"] == [1, 1]
    assert "an officer of the trust, under the reform to one of a company" in other["explanation"]
    assert "from 4 February 2008" in other["explanation"]
    same = told(tiny, [ours], [line(DAY, Event.ALLOCATION, Provider.TRUST, 2)], before=[CONVICTED])
    assert "by the trust, to different officers" in same["explanation"]


def test_risk_judged_high_under_one_regime_alone_is_the_officers(tiny):
    assert told(tiny, [], [line(DAY, Event.ESCALATION, Rosh.HIGH)])["cause"] == "officer"


def test_an_officer_in_prison_is_the_law_on_short_sentences(tiny):
    found = told(tiny, [line(LATER, Event.RELEASE)], [line(DAY, Event.ALLOCATION, Provider.CRC, 5)], before=[SHORT])
    assert found["cause"] == "law"
    assert "short sentences are supervised" in found["explanation"]
    assert found["arm_texts"][0] == "nothing new; next, on 26 February 2008: released: 0 0"


def test_supervision_after_a_short_sentence_is_the_law(tiny):
    found = told(tiny, [FREED], [LICENSED], before=[SHORT])
    assert (found["cause"], found["index"]) == ("law", [1, 1])
    assert "short sentences are followed by supervision, 12 months in all" in found["explanation"]
    again = told(tiny, [line(DAY, Event.RE_RELEASE, Status.FREE)], [line(DAY, Event.RE_RELEASE, Status.LICENCE)])
    assert again["cause"] == "law"


def test_a_curfew_is_the_law(tiny):
    found = told(tiny, [line(LATER, Event.RELEASE, Status.LICENCE)], [CURFEW])
    assert found["cause"] == "law"
    assert "curfew under the reform alone: curfew is given to more people there" in found["explanation"]


def test_other_law_that_differs_is_said_to_be_law(tiny):
    found = told(tiny, [line(DAY, Event.SUPERVISION_END, Status.LICENCE)], [])
    assert found["cause"] == "law"
    assert "other supervision" in found["explanation"]


def test_a_missed_appointment_is_named_with_the_day_on_which_absences_parted(tiny):
    recall = line(DAY, Event.RECALL, code(RecallKind.STANDARD, Reason.MISSED_CONTACT))
    found = told(tiny, [recall], [], records=(recorded(absences=2), recorded(absences=1)))
    assert found["cause"] == "appointment"
    assert "Under the base the person was recalled to prison after missed contact" in found["explanation"]
    assert "stood apart from 7 January 2008: 2 under the base, 1 under the reform" in found["explanation"]
    assert told(tiny, [], [line(DAY, Event.BREACH, Reason.MISSED_CONTACT)])["cause"] == "appointment"


def test_a_recall_for_other_reasons_is_a_recall(tiny):
    recall = line(DAY, Event.RECALL, code(RecallKind.FIXED_TERM, Reason.NON_COMPLIANCE))
    found = told(tiny, [], [recall])
    assert found["cause"] == "recall"
    assert "after non compliance" in found["explanation"]
    assert told(tiny, [recall], [line(DAY, Event.RECALL, code(1, Reason.NON_COMPLIANCE))])["cause"] == "recall"
    assert told(tiny, [line(DAY, Event.RE_RELEASE, Status.LICENCE)], [])["cause"] == "recall"


def test_a_place_that_comes_later_or_never_is_a_place(tiny):
    start = line(DAY, Event.HELP_START, Kind.MENTORING, Path.VOLUNTARY)
    soon = told(tiny, [start], [line(LATER, Event.HELP_START, Kind.MENTORING, Path.VOLUNTARY)])
    assert (soon["cause"], soon["index"]) == ("place", [0, None])
    assert "There the same help began on 26 February 2008." in soon["explanation"]
    assert "no place came free" in told(tiny, [start], [])["explanation"]
    assert told(tiny, [line(DAY, Event.HELP_END, Kind.FAMILY)], [])["cause"] == "place"


def test_through_the_gate_is_named(tiny):
    start = line(DAY, Event.HELP_START, Kind.EMPLOYMENT, Path.THROUGH_THE_GATE)
    found = told(tiny, [], [start])
    assert found["cause"] == "place"
    assert found["explanation"].startswith("Through the Gate met the person on release under the reform")


def test_queues_are_told_where_they_stand_apart(tiny):
    week = DAY // 7
    places = [m.weekly.names.index(("waiting", "kind=mentoring")) for m in tiny.models]
    rows = [m.weekly.rows[week][at] for m, at in zip(tiny.models, places, strict=True)]
    tiny.models[1].weekly.rows[week][places[1]] = rows[0] + 4
    try:
        found = told(tiny, [line(DAY, Event.HELP_START, Kind.MENTORING)], [])
    finally:
        tiny.models[1].weekly.rows[week][places[1]] = rows[1]
    assert f"and {int(rows[0])} waiting under the base" in found["explanation"]
    assert f"and {int(rows[0]) + 4} waiting under the reform" in found["explanation"]


OFFENCE = line(DAY, Event.OFFENCE, 3)


def test_an_offence_names_all_that_stood_apart_before_it(tiny):
    one = recorded(State.FREE, needs=1 << Need.DRUGS, help=1 << Kind.FAMILY, alliance=20, peer_influence=90, absences=1)
    found = told(tiny, [OFFENCE], [], records=(one, recorded(alliance=35, needs=1 << Need.WORK)))
    assert found["cause"] == "offence"
    for said in (
        "“free, on record” under the base and “licence or curfew” under the reform",
        "a need (drugs) stood under the base alone, a need (work) stood under the reform alone",
        "help (with ties to the family) stood under the base alone",
        "the alliance with the officer stood at 0.20 under the base and 0.35 under the reform",
        "the pull of active peers stood at 0.90 under the base and 0.00 under the reform",
        "unacceptable absences numbered 1 under the base and 0 under the reform",
    ):
        assert said in found["explanation"]


def test_where_nothing_on_record_stands_apart_the_explanation_says_so(tiny):
    found = told(tiny, [OFFENCE], [])
    assert found["cause"] == "offence"
    assert "Nothing else on record stood apart" in found["explanation"]
    away = told(tiny, [line(DAY, Event.NO_PROOF)], [line(DAY, Event.CHARGE)])
    assert (away["cause"], away["index"]) == ("other", [0, 0])
    assert "Nothing else on record stood apart" in away["explanation"]


def test_what_was_sampled_after_the_day_does_not_count(tiny):
    late = recorded()
    late._samples["alliance"][2][0] = 90  # week 8 begins after the day
    assert "Nothing else" in told(tiny, [OFFENCE], [], records=(recorded(), late))["explanation"]


def test_the_pull_of_peers_alone_is_peers(tiny):
    found = told(tiny, [OFFENCE], [], records=(recorded(peer_influence=80), recorded()))
    assert found["cause"] == "peer"


def test_who_joins_an_offence_of_another_is_parted_by_the_peer(tiny):
    other = int(tiny.nodes.person[HERE + 1])
    found = told(tiny, [line(DAY, Event.CO_OFFENCE, other), OFFENCE], [])
    assert (found["cause"], found["index"]) == ("peer", [0, None])
    assert f"joined in an offence of person {other}; under the reform person {other} did not" in found["explanation"]


def test_who_leads_an_offence_is_not_parted_by_the_peer_who_joins(pair):
    log = pair.models[0].log
    found = np.flatnonzero(log.event == Event.CO_OFFENCE)
    numbers = pair.models[0].people.person
    together = [(int(numbers[log.row[k]]), int(log.value[k]), int(log.day[k])) for k in found]
    assert together
    for person, other, day in together:
        assert leads(pair.models[0], person, other, day) != leads(pair.models[0], other, person, day)


def test_a_line_that_the_other_life_has_after_one_of_its_own_is_not_marked(tiny):
    both = line(DAY, Event.CHARGE)
    found = told(tiny, [both], [line(DAY, Event.CAUTION), both])
    assert found["index"] == [None, 0]
    assert found["arm_texts"] == ["nothing new, and nothing since", "cautioned: 0 0"]


def test_the_same_lines_in_another_order_are_both_marked(tiny):
    one, other = line(DAY, Event.CHARGE), line(DAY, Event.CAUTION)
    assert told(tiny, [one, other], [other, one])["index"] == [0, 0]


def test_the_earlier_day_is_marked_and_the_other_life_says_what_comes_next(tiny):
    found = told(tiny, [line(LATER, Event.CHARGE)], [line(DAY, Event.CHARGE)])
    assert (found["index"], found["date"]) == ([None, 0], date_of(DAY).isoformat())
    assert found["arm_texts"][0] == "nothing new; next, on 26 February 2008: charged: 0 0"


def test_after_a_change_of_officer_the_first_other_difference_is_told_too(tiny):
    start = line(LATER, Event.HELP_START, Kind.MENTORING)
    charged = line(DAY, Event.CHARGE)
    found = told(tiny, [CONVICTED, charged], [CONVICTED, TRUST, charged, start])
    assert (found["cause"], found["index"]) == ("officer", [None, 1])
    assert found["then"]["index"] == [None, 3]
    assert found["then"]["cause"] == "place"


def test_lives_that_read_the_same_do_not_part(tiny):
    assert told(tiny, [TRUST], [line(14, Event.ALLOCATION, Provider.TRUST, 3)]) is None
