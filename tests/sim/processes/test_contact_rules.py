"""Rules of contact: when one is due, kept or cut, what an alliance gains, what the register says of each status."""

import math

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sim.offenders import COMMUNITY_SUPERVISION, Rosh, Status
from sim.processes import supervision
from sim.processes.supervision import fails, grown, is_contact_due, is_cut, keeps
from sim.workload import build as build_workload
from tests.sim.processes.contacts import TRIPLING, WEEKS_OF_FAILURE, rules

ON_LICENCE = int(Status.LICENCE)


def both(rule):
    """Run a test on a compiled rule and on its twin."""
    return pytest.mark.parametrize("rule", [rule, rule.py_func], ids=["compiled", "twin"])


def weeks_due(rule, c, rosh):
    """Return the weeks of the first twenty in which a contact is due."""
    return [week for week in range(20) if rule(c, week, ON_LICENCE, int(rosh))]


def share(rule, c, base, *circumstances, n=2000):
    """Return the share of evenly spread uniforms of which a rule is true."""
    return sum(rule(c, base, *circumstances, (i + 0.5) / n) for i in range(n)) / n


# --- when a contact is due


@both(is_contact_due)
@pytest.mark.parametrize(
    ("rosh", "due"),
    [
        (Rosh.LOW, [0, 1, 2, 4, 8, 12, 16]),
        (Rosh.MEDIUM, [*range(11), 12, 14, 16, 18]),
        (Rosh.HIGH, [*range(20)]),
        (Rosh.VERY_HIGH, [*range(20)]),
    ],
)
def test_contact_is_weekly_at_first_and_then_by_tier(rule, rosh, due):
    assert weeks_due(rule, rules(first_weeks=(3, 11, 11, 11)), rosh) == due


@both(is_contact_due)
def test_in_the_week_of_release_a_contact_is_always_due(rule):
    """That week is counted as -1."""
    for weekly in (0, 3):
        assert rule(rules(first_weeks=weekly), -1, ON_LICENCE, int(Rosh.LOW))


@both(is_contact_due)
def test_contact_is_by_tier_from_the_start_where_no_weeks_are_weekly(rule):
    assert weeks_due(rule, rules(first_weeks=0), Rosh.MEDIUM) == [*range(0, 20, 2)]


# --- whether it is kept, and other failures


@both(keeps)
@pytest.mark.parametrize(("ogrs3", "missed"), [(0.0, 1 / 28), (0.5, 1 / 10), (1.0, 1 / 4)])
def test_the_odds_of_a_missed_contact_rise_with_ogrs3(rule, ogrs3, missed):
    """From 1 to 9 at one half: a third of that at 0, three times that at 1."""
    assert share(rule, rules(slope=TRIPLING), 0.1, ogrs3, 0.0) == pytest.approx(1 - missed, abs=1 / 2000)


@both(fails)
@pytest.mark.parametrize(("ogrs3", "failing"), [(0.0, 0.02), (0.5, 0.06), (1.0, 0.18)])
def test_the_chance_of_another_failure_is_multiplied_up_with_ogrs3(rule, ogrs3, failing):
    assert share(rule, rules(slope=TRIPLING), 0.06, ogrs3) == pytest.approx(failing, abs=1 / 2000)


@both(keeps)
def test_without_a_slope_a_contact_is_missed_alike_at_every_ogrs3(rule):
    kept = [share(rule, rules(slope=0.0), 0.1, ogrs3, 0.3) for ogrs3 in (0.01, 0.5, 0.99)]
    assert kept == pytest.approx([0.9] * 3, abs=1 / 2000)
    assert len(set(kept)) == 1


CHANCES = st.floats(0.001, 0.5)
UNITS = st.floats(0, 1, exclude_max=True)


@given(CHANCES, st.floats(0, 4), st.floats(0, 2), UNITS, UNITS, UNITS)
@settings(max_examples=300, deadline=None)
def test_the_short_cut_passes_by_nobody_who_misses_or_fails(base, slope, alliance_slope, ogrs3, alliance, u):
    c = rules(slope, alliance_slope=alliance_slope)
    failing = base * math.exp(slope * (ogrs3 - 0.5))
    missed = 1 / (1 + (1 / base - 1) / math.exp(slope * (ogrs3 - 0.5) - alliance_slope * (alliance - 0.45)))
    assume(min(abs(u - missed), abs(u - failing)) > 1e-9)
    assert keeps(c, base, ogrs3, alliance, u) == (u >= missed)
    assert fails(c, base, ogrs3, u) == (u < failing)


@both(keeps)
@pytest.mark.parametrize(("alliance", "missed"), [(0.0, 1 / 4), (0.5, 1 / 10), (1.0, 1 / 28)])
def test_the_odds_of_a_missed_contact_fall_with_the_alliance(rule, alliance, missed):
    """From 1 to 9 at the centre: three times that without an alliance, a third of it at the fullest."""
    c = rules(slope=0.0, alliance_slope=TRIPLING, centre_alliance=0.5)
    assert share(rule, c, 0.1, 0.5, alliance) == pytest.approx(1 - missed, abs=1 / 2000)


# --- the alliance


@both(grown)
@pytest.mark.parametrize(
    ("alliance", "cases", "expected"),
    [(0.0, 0, 0.1), (0.0, 50, 0.1), (0.0, 100, 0.05), (0.5, 50, 0.55), (0.5, 200, 0.5125), (1.0, 50, 1.0)],
)
def test_a_kept_contact_makes_up_a_share_of_what_is_missing_less_with_an_officer_of_many_cases(
    rule, alliance, cases, expected
):
    assert rule(rules(alliance_growth=0.1), alliance, cases) == pytest.approx(expected, abs=1e-12)


@given(st.floats(0, 1), st.floats(0, 1), st.lists(st.integers(0, 300), max_size=30))
@settings(max_examples=100, deadline=None)
def test_the_alliance_never_falls_by_a_contact_and_stays_between_nothing_and_all(growth, alliance, contacts):
    c = rules(alliance_growth=growth)
    for cases in contacts:
        after = grown(c, alliance, cases)
        assert alliance <= after <= 1
        assert after == grown.py_func(c, alliance, cases)
        alliance = after


# --- contacts that an officer cuts


CUTS = np.array([[0.6, 0.25, 0.0, 0.0], [0.0] * 4])
"""Of two officers, by tier."""
BY_TIER = np.zeros(2, bool)


@both(is_cut)
@pytest.mark.parametrize(
    ("officer", "rosh", "ogrs3", "share_cut"),
    [
        (0, Rosh.LOW, 0.2, 0.6),
        (0, Rosh.LOW, 0.8, 0.25),
        (0, Rosh.MEDIUM, 0.2, 0.25),
        (0, Rosh.MEDIUM, 0.8, 0.0),
        (0, Rosh.HIGH, 0.2, 0.0),
        (1, Rosh.LOW, 0.2, 0.0),
        (-1, Rosh.LOW, 0.2, 0.0),
    ],
)
def test_so_many_contacts_are_cut_as_the_officer_cuts_of_the_tier(rule, register, officer, rosh, ogrs3, share_cut):
    w = register.derived(build_workload)
    units = (np.arange(2000) + 0.5) / 2000
    cut = [rule(w, CUTS, BY_TIER, officer, int(rosh), ogrs3, u) for u in units]
    assert np.mean(cut) == pytest.approx(share_cut, abs=1e-3)


# --- what the register says of each status


def rules_of(register, **changed):
    """Return the rules of a register with some of its numbers changed."""
    for name, text in changed.items():
        register = register.with_setting(f"supervision.{name}", text)
    return supervision._contact(register)


def by_status(values):
    """Return the values of the statuses supervised in the community, by name."""
    return {s.name: values[s] for s in COMMUNITY_SUPERVISION}


def test_orders_licences_and_post_sentence_supervision_have_chances_of_their_own(register):
    c = rules_of(
        register,
        p_miss_order="0.2",
        p_miss_licence="0.05",
        p_enforce_order="0.4",
        p_enforce_licence="0.5",
        p_enforce_post_sentence="0.6",
    )
    order, licence, after = (0.2, 0.4), (0.05, 0.5), (0.05, 0.6)
    settled = c.p_miss[:, -1].round(9)
    expected = {
        "COMMUNITY_ORDER": order,
        "SUSPENDED_SENTENCE_ORDER": order,
        "HOME_DETENTION_CURFEW": licence,
        "LICENCE": licence,
        "YOUNG_OFFENDER_SUPERVISION": after,
        "POST_SENTENCE_SUPERVISION": after,
    }
    assert by_status([*zip(settled.tolist(), c.p_enforce.tolist(), strict=True)]) == expected


def test_people_of_low_risk_are_seen_weekly_at_first_on_licence_and_curfew_alone(register):
    c = rules_of(register, first_weeks="9", low_risk_first_weeks="3")
    of_risk = [[3, 9, 9, 9], [0, 9, 9, 9], [0, 0, 0, 0]]
    licence, order, after = of_risk
    assert by_status(c.first_weeks.tolist()) == {
        "COMMUNITY_ORDER": order,
        "SUSPENDED_SENTENCE_ORDER": order,
        "HOME_DETENTION_CURFEW": licence,
        "LICENCE": licence,
        "YOUNG_OFFENDER_SUPERVISION": after,
        "POST_SENTENCE_SUPERVISION": after,
    }
    assert {s for s in COMMUNITY_SUPERVISION if c.reports_on_release[s]} == {
        Status.LICENCE,
        Status.HOME_DETENTION_CURFEW,
    }


@pytest.mark.parametrize(("peak", "settling"), [(0, 3), (6, 3), (10, 13)])
def test_the_odds_of_missing_a_contact_are_highest_in_the_first_week_of_a_licence_and_settle(register, peak, settling):
    changed = {"licence_miss_peak": str(peak), "licence_settling_weeks": str(settling)}
    c = rules_of(register, p_miss_licence="0.05", **changed)
    p = c.p_miss[Status.LICENCE]
    assert p / (1 - p) / (0.05 / 0.95) == pytest.approx(1 + peak * np.exp(-WEEKS / settling))
    for other in {*COMMUNITY_SUPERVISION} - {Status.LICENCE}:
        assert len(set(c.p_miss[other])) == 1


MONTH_WEEKS = 365.25 / 12 / 7
WEEKS = np.arange(WEEKS_OF_FAILURE)


@pytest.mark.parametrize("peak", ["0", "3"])
def test_other_failures_are_of_licence_and_curfew_alone_and_on_curfew_a_week_s_share_of_the_month_s(register, peak):
    c = rules_of(register, curfew_failure_per_month="0.04", licence_failure_peak=peak)
    assert {Status(s) for s in np.flatnonzero(c.p_failure.any(axis=1))} == {
        Status.LICENCE,
        Status.HOME_DETENTION_CURFEW,
    }
    assert c.p_failure.shape == (len(Status), WEEKS_OF_FAILURE)
    assert c.p_failure[Status.HOME_DETENTION_CURFEW] == pytest.approx(np.full(len(WEEKS), 0.04 / MONTH_WEEKS))


def failures_on_licence(register, per_month="0.02", **changed):
    """Return the chance of another failure in each week of a licence, over a week's share of the month's."""
    c = rules_of(register, licence_failure_per_month=per_month, **changed)
    return c.p_failure[Status.LICENCE] / (float(per_month) / MONTH_WEEKS)


@pytest.mark.parametrize("settling", ["2", "13"])
def test_without_a_peak_failures_on_licence_are_a_week_s_share_of_the_month_s_in_every_week(register, settling):
    found = failures_on_licence(register, licence_failure_peak="0", licence_settling_weeks=settling)
    assert found == pytest.approx(np.ones(len(WEEKS)))
    assert len(set(found)) == 1


@pytest.mark.parametrize("per_month", ["0.003", "0.04"])
@pytest.mark.parametrize(("peak", "settling"), [(3, 2), (14, 13), (20, 6.5)])
def test_failures_on_licence_are_highest_in_the_first_week_and_settle_as_the_formula_says(
    register, per_month, peak, settling
):
    changed = {"licence_failure_peak": str(peak), "licence_settling_weeks": str(settling)}
    found = failures_on_licence(register, per_month, **changed)
    assert found == pytest.approx(1 + peak * np.exp(-WEEKS / settling))
    assert found[0] == pytest.approx(1 + peak)
    assert (np.diff(found) <= 0).all()
    assert (np.diff(found[: int(10 * settling)]) < 0).all()


def test_at_the_ends_of_the_ranges_the_excess_is_gone_by_the_last_week_of_the_table(register):
    """So that it does not matter that the chance of the last week holds for all later ones."""
    p = register.parameters["supervision"]
    highest = {n: str(p[n].high) for n in ("licence_failure_peak", "licence_settling_weeks")}
    assert failures_on_licence(register, **highest)[-1] == pytest.approx(1, abs=0.01)


@pytest.mark.parametrize("effect", ["0.0", "1.0"])
def test_the_short_cut_of_the_register_s_rules_passes_by_nobody_of_high_ogrs3_without_an_alliance(register, effect):
    c = rules_of(register, p_miss_order="0.03", alliance_miss_effect=effect, centre_alliance="0.8", miss_slope="4")
    odds = 0.03 / 0.97 * math.exp(2 + float(effect) * 0.8)
    missed = 1 - share(keeps, c, c.p_miss[Status.COMMUNITY_ORDER, 0], 1.0, 0.0)
    assert missed == pytest.approx(odds / (1 + odds), abs=1 / 2000)


def test_post_sentence_supervision_is_thinner_but_never_denser_than_the_tier(register):
    c = rules_of(register, weeks_between_contacts="[4, 2, 1, 1]", post_sentence_weeks_between_contacts="3")
    after = [4, 3, 3, 3]
    assert by_status(c.interval.tolist()) == {
        s.name: after if "SUPERVISION" in s.name else [4, 2, 1, 1] for s in COMMUNITY_SUPERVISION
    }
    assert not c.first_weeks[[Status.POST_SENTENCE_SUPERVISION, Status.YOUNG_OFFENDER_SUPERVISION]].any()
