"""Recalls and breaches: the reason, and what the other life has of the same."""

import pytest

from sim.events import BreachOutcome, Event, RecallKind
from sim.offenders import Reason, Status
from tests.visualiser.divergence.by_hand import DAY, LATER, code, line, recorded, told

STANDARD, FIXED = RecallKind.STANDARD, RecallKind.FIXED_TERM
MISSED = code(BreachOutcome.FINE, Reason.MISSED_CONTACT)


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


@pytest.mark.parametrize(("event", "what"), [(Event.BREACH, "in court for breach"), (Event.RECALL, "recalled")])
def test_the_same_soon_after_in_the_other_life_is_told_and_no_contact_said_to_be_kept(tiny, event, what):
    told_there = told(tiny, [line(DAY, event, MISSED)], [line(LATER, event, MISSED)])["explanation"]
    assert f"{what}" in told_there
    assert "under the reform so too, on 26 February 2008, after a failure of another week." in told_there
    assert "kept" not in told_there


@pytest.mark.parametrize(
    "other",
    [
        line(DAY + 43, Event.BREACH, MISSED),
        line(LATER, Event.RECALL, MISSED),
        line(LATER, Event.BREACH, code(BreachOutcome.FINE, Reason.NON_COMPLIANCE)),
    ],
)
def test_what_comes_late_or_is_another_failure_is_not_the_same(tiny, other):
    found = told(tiny, [line(DAY, Event.BREACH, MISSED)], [other])["explanation"]
    assert "under the reform the contact was kept, not due, or not enforced" in found


def test_a_breach_for_another_reason_than_contact_says_nothing_of_contact(tiny):
    breach = line(DAY, Event.BREACH, code(BreachOutcome.FINE, Reason.NON_COMPLIANCE))
    found = told(tiny, [breach], [], records=(recorded(absences=2), recorded()))
    assert found["cause"] == "other"
    assert "contact" not in found["explanation"]


def test_a_recall_under_one_regime_and_a_breach_under_the_other_are_both_told(tiny):
    found = told(tiny, [line(DAY, Event.BREACH, MISSED)], [line(DAY, Event.RECALL, MISSED)])["explanation"]
    assert "in court for breach after missed contact; under the reform recalled to prison after missed" in found


@pytest.mark.parametrize(
    ("base", "reform", "said"),
    [
        ((FIXED, Reason.CURFEW, 1), (STANDARD, Reason.CURFEW, 1), "with another outcome."),
        ((FIXED, Reason.CURFEW, 1), (FIXED, Reason.NON_COMPLIANCE, 1), "for another reason."),
        (
            (FIXED, Reason.CURFEW, 0),
            (FIXED, Reason.CURFEW, 1),
            "from a sentence of twelve months or more under the base and under twelve months under the reform.",
        ),
    ],
)
def test_a_recall_under_both_says_in_what_it_differs(tiny, base, reform, said):
    recalls = [
        line(DAY, Event.RECALL, code(kind, why), short, detail=f"{k}")
        for k, (kind, why, short) in enumerate((base, reform))
    ]
    found = told(tiny, [recalls[0]], [recalls[1]])["explanation"]
    assert f"The person was recalled to prison under both, {said} " in found
