"""What the law puts a person under: curfew, and supervision after short sentences where a lever brings it."""

from dataclasses import replace
from types import SimpleNamespace

import pytest

from sim.events import Event
from sim.offenders import Status
from tests.visualiser.divergence.by_hand import DAY, LATER, SHORT, line, told
from visualiser.divergence.law import is_short

FREED, LICENSED, CURFEW, ON_PSS, ON_ORDER, AS_YOUNG = (
    line(DAY, Event.RELEASE, status, detail=f"on {status.name}")
    for status in (
        Status.FREE,
        Status.LICENCE,
        Status.HOME_DETENTION_CURFEW,
        Status.POST_SENTENCE_SUPERVISION,
        Status.COMMUNITY_ORDER,
        Status.YOUNG_OFFENDER_SUPERVISION,
    )
)
LONG = line(20, Event.CUSTODY_START, 800)


def with_lever(plan, **changes):
    """Return a plan of two areas, in the first of which the person lives, whose reform has the lever otherwise."""
    base, reform = plan.arms
    lever = replace(reform.levers["short_sentence_supervision"], **changes)
    levers = {**reform.levers, "short_sentence_supervision": lever}
    return SimpleNamespace(arms=(base, replace(reform, levers=levers, areas=("here", "elsewhere"))))


def test_supervision_after_a_short_sentence_is_the_law(tiny):
    found = told(tiny, [FREED], [LICENSED], before=[SHORT])
    assert (found["cause"], found["index"]) == ("law", [1, 1])
    assert "short sentences are followed by supervision, 12 months in all" in found["explanation"]
    assert found["explanation"].endswith("under the base this one is not.")
    again = [line(DAY, Event.RE_RELEASE, status) for status in (Status.FREE, Status.LICENCE)]
    assert "short sentences are followed" in told(tiny, [again[0]], [again[1]], before=[SHORT])["explanation"]


@pytest.mark.parametrize(
    ("base", "said"),
    [
        (ON_ORDER, "this one is not, and the community order holds."),
        (AS_YOUNG, "this one by young offender supervision alone."),
    ],
)
def test_supervision_after_a_short_sentence_is_the_law_whatever_else_holds_without_it(tiny, base, said):
    for reform in (LICENSED, ON_PSS):
        found = told(tiny, [base], [reform], before=[SHORT])["explanation"]
        assert "short sentences are followed by supervision" in found
        assert found.endswith(said)


def test_supervision_that_ends_under_one_regime_as_a_licence_begins_under_the_other_is_the_law(tiny):
    ended = line(DAY, Event.SUPERVISION_END, Status.HOME_DETENTION_CURFEW)
    licensed = line(DAY, Event.SUPERVISION_START, Status.LICENCE)
    found = told(tiny, [ended], [ended, licensed], before=[SHORT])
    assert "short sentences are followed by supervision" in found["explanation"]


def test_a_licence_after_a_long_sentence_is_not_put_down_to_the_law_on_short_ones(tiny):
    for before in ([LONG], []):
        assert "short sentences" not in told(tiny, [ON_ORDER], [LICENSED], before=before)["explanation"]
    assert "short sentences" in told(tiny, [ON_ORDER], [ON_PSS], before=[LONG])["explanation"]


def test_a_release_that_the_other_life_has_not_is_not_put_down_to_the_law_on_short_sentences(tiny):
    assert "short sentences" not in told(tiny, [], [LICENSED], before=[SHORT])["explanation"]


def test_a_lever_that_begins_later_in_the_week_explains_nothing_yet(tiny):
    for days, has_begun in ((0, True), (1, False)):
        found = told(tiny, [FREED], [LICENSED], before=[SHORT], plan=with_lever(tiny.plan, from_day=DAY + days))
        assert ("short sentences" in found["explanation"]) == has_begun


def test_a_lever_of_other_areas_explains_nothing(tiny):
    assert tiny.models[0].offender(int(tiny.nodes.person[0])).area == 0
    for covered in ("here", "elsewhere"):
        found = told(tiny, [FREED], [LICENSED], before=[SHORT], plan=with_lever(tiny.plan, areas=(covered,)))
        assert ("short sentences" in found["explanation"]) == (covered == "here")


def test_a_sentence_is_short_where_all_that_were_served_at_one_were():
    released = line(30, Event.RELEASE, Status.LICENCE)
    assert is_short([LONG, released, SHORT])
    assert is_short([SHORT, released])
    assert is_short([LONG, released, SHORT, released, line(35, Event.RECALL, 0, 1)])
    assert not is_short([LONG, SHORT])
    assert not is_short([SHORT, released, line(35, Event.RECALL, 0, 0)])
    assert not is_short([released])


def test_a_curfew_is_the_law(tiny):
    found = told(tiny, [line(LATER, Event.RELEASE, Status.LICENCE)], [CURFEW])
    assert found["cause"] == "law"
    assert "curfew under the reform alone: curfew is given to more people there" in found["explanation"]


def test_other_law_that_differs_is_said_to_be_law_and_no_more(tiny):
    found = told(tiny, [line(DAY, Event.SUPERVISION_END, Status.LICENCE)], [])
    assert found["cause"] == "law"
    assert found["explanation"].endswith("other supervision on this day; the log does not say why.")
