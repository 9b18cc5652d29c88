"""Who supervises: a successor, another service, nobody under one regime."""

import numpy as np

from experiments.plan import make_plan
from sim.events import Event
from sim.offenders import Provider, Rosh
from tests.visualiser.divergence.by_hand import CONVICTED, CRC, DAY, FORK, HERE, LATER, SHORT, TRUST, line, told
from tests.visualiser.divergence.conftest import PARTED
from visualiser.divergence.officers import keeps_officer
from visualiser.pair import Pair


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
