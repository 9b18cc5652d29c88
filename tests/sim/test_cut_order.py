"""Whose contacts are cut first: by tier, or for owners who seek profit and are paid by results, by likely payment."""

import math
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK, NEVER, day_of
from sim.offenders import Provider, Rosh, Status
from sim.parameters.register import Register
from sim.processes.supervision import is_cut
from sim.scenarios import load_timeline
from sim.workload import TIERS, Load, add_case, build, cut_class, payment_classes, share_cut, tier_of
from tests.worlds import on_caseload, world

WORKLOAD = build(Register.load())
DUE, CUT = 0, 1
BLOCK_WEEKS = 13
OWNED = date(2015, 2, 1)
UNTIL = date(2018, 6, 4)


# --- classes of payment


def test_the_class_is_the_quarter_of_the_greatest_change_of_the_rate_by_hand():
    greatest = math.exp(-1)
    for hundredth in range(100):
        p = hundredth / 100
        change = -(1 - p) * math.log(1 - p)
        if abs(4 * change / greatest - round(4 * change / greatest)) > 0.01:
            assert payment_classes()[hundredth] == math.floor(4 * change / greatest)
    assert payment_classes()[0] == payment_classes()[100] == 0
    assert payment_classes()[63] == 3


@pytest.mark.parametrize("rosh", [Rosh.LOW, Rosh.MEDIUM, Rosh.HIGH])
@pytest.mark.parametrize("ogrs3", [0.0, 0.07, 0.3, 0.5, 0.63, 0.8, 0.99, 1.0])
def test_an_officer_cuts_by_tier_unless_by_payment(rosh, ogrs3):
    for rule in (cut_class, cut_class.py_func):
        assert rule(WORKLOAD, False, rosh, ogrs3) == tier_of(WORKLOAD, rosh, ogrs3)
        assert rule(WORKLOAD, True, rosh, ogrs3) == WORKLOAD.payment_class[int(ogrs3 * 100)]


def held(*cases, by_payment):
    """Return what one officer holds of (rosh, ogrs3) in the community."""
    load = Load(np.zeros(1, np.int32), np.zeros(1, np.int32), np.array([by_payment]), np.zeros((1, TIERS), np.int64))
    for rosh, ogrs3 in cases:
        add_case(WORKLOAD, load, 0, Status.COMMUNITY_ORDER, rosh, ogrs3, 1)
    return load


CASES = [(Rosh.LOW, 0.6), (Rosh.LOW, 0.6), (Rosh.MEDIUM, 0.02), (Rosh.MEDIUM, 0.3), (Rosh.HIGH, 0.99)]


@pytest.mark.parametrize("by_payment", [False, True])
def test_points_that_can_be_cut_stand_in_the_class_by_which_the_officer_cuts(by_payment):
    load, by_hand = held(*CASES, by_payment=by_payment), np.zeros(TIERS, int)
    for rosh, ogrs3 in CASES:
        tier = tier_of(WORKLOAD, rosh, ogrs3)
        place = WORKLOAD.payment_class[int(ogrs3 * 100)] if by_payment else tier
        by_hand[place] += WORKLOAD.points[tier, Status.COMMUNITY_ORDER]
    assert load.cuttable[0].tolist() == by_hand.tolist()
    assert load.points[0] == by_hand.sum(), "a case weighs the same, however contacts are cut"


def cuts_of(load, over):
    """Return the shares that an officer cuts who holds so many points over what can be worked."""
    out = np.zeros((1, TIERS))
    share_cut(WORKLOAD, load.points, load.points - over, load.cuttable, out)
    return out


def test_by_payment_the_least_paying_are_cut_first_up_to_the_greatest_cut():
    load = held(*CASES, by_payment=True)
    least = int(load.cuttable[0, 0])
    assert least > 0
    few = cuts_of(load, int(least * WORKLOAD.greatest_cut / 2))
    assert few[0, 0] > 0
    assert few[0, 1:].tolist() == [0, 0, 0]
    many = cuts_of(load, 10**6)
    assert many[0, load.cuttable[0] > 0].tolist() == [WORKLOAD.greatest_cut] * int((load.cuttable[0] > 0).sum())


@pytest.mark.parametrize("rule", [is_cut, is_cut.py_func])
def test_within_a_class_all_are_cut_alike_whatever_their_tier_and_within_a_tier_whatever_their_class(rule):
    cuts, u = np.array([[0.8, 0.0, 0.0, 0.0]]), 0.5
    by_payment, by_tier = np.array([True]), np.array([False])
    for rosh in (Rosh.LOW, Rosh.MEDIUM, Rosh.HIGH):
        assert rule(WORKLOAD, cuts, by_payment, 0, rosh, 0.01, u)
        assert not rule(WORKLOAD, cuts, by_payment, 0, rosh, 0.63, u)
    for ogrs3 in (0.0, 0.1, 0.2, 0.3):
        assert tier_of(WORKLOAD, Rosh.LOW, ogrs3) == 0
        assert rule(WORKLOAD, cuts, by_tier, 0, Rosh.LOW, ogrs3, u)
    assert not rule(WORKLOAD, cuts, by_payment, -1, Rosh.LOW, 0.01, u), "nobody cuts for who has no officer"


# --- the placebo: owners who all seek profit, with and without payment by results


class Watched:
    """A world lived on under owners who all seek profit, its contacts counted by tier and class of payment.

    Attributes
    ----------
    counts : int array, shape (blocks of 13 weeks, 4 tiers, 4 classes, 2)
        Contacts due and cut, of people under the company.
    ever_by_payment : bool
    """

    def __init__(self, before, scenario):
        timeline = load_timeline(scenario, before.region.areas)
        levers = dict(timeline.levers)
        nobody = {"mission_led_share": 0.0, "satisficing_share": 0.0}
        levers["private_providers"] = replace(levers["private_providers"], settings=nobody)
        self.model = before.fork(replace(timeline, levers=levers))
        self.ever_by_payment = False
        self.notices, self.left, self.wrong = {}, {}, []
        blocks = []
        while self.model.day < day_of(UNTIL):
            blocks.append(self._live_block())
        self.counts = np.array(blocks)

    def _live_block(self):
        counts = np.zeros((TIERS, TIERS, 2), np.int64)
        for _ in range(BLOCK_WEEKS):
            model, people = self.model, self.model.people
            person, day = people.person, model.day
            columns = ("contacts_due", "contacts_cut", "rosh", "ogrs3", "provider")
            due, cut, rosh, ogrs3, provider = (getattr(people, name).copy() for name in columns)
            was_closed, noticed = model.officers.is_closed.copy(), model.officers.leaves_day.copy()
            model.step()
            rows = people.rows_of(person)
            more, less = people.contacts_due[rows] - due, people.contacts_cut[rows] - cut
            mine = np.flatnonzero((more == 1) & (less >= 0) & (less <= 1) & (provider == Provider.CRC))
            tier = np.array([tier_of(WORKLOAD, int(rosh[i]), float(ogrs3[i])) for i in mine], int)
            paying = WORKLOAD.payment_class[(ogrs3[mine] * 100).astype(int)]
            for what, how_many in ((DUE, more), (CUT, less)):
                np.add.at(counts, (tier, paying, what), how_many[mine])
            self.ever_by_payment |= bool(model.officers.by_payment.any())
            self._note_officers(day, was_closed, noticed)
        return counts

    def _note_officers(self, day, was_closed, noticed):
        officers = self.model.officers
        for o in np.flatnonzero((officers.leaves_day < NEVER) & (noticed == NEVER)).tolist():
            self.notices[o] = day
        for o in np.flatnonzero(officers.is_closed & ~was_closed & (noticed < NEVER)).tolist():
            self.left[o] = (self.notices[o], int(noticed[o]), day)
        if officers.caseload[officers.is_closed & was_closed].any():
            self.wrong.append((day, "a case with a closed post"))
        if (officers.is_closed & ~officers.is_vacant).any():
            self.wrong.append((day, "somebody in a closed post"))
        people = self.model.people
        supervised = np.flatnonzero(people.provider != 0)
        on_it = supervised[on_caseload(self.model, supervised)]
        if (people.officer[on_it] < 0).any():
            self.wrong.append((day, "nobody's case"))

    def difference(self, tier, low, high):
        """Return by how much more often a low class of payment is cut than a high one, and its standard error.

        The mean of blocks of weeks since owners had a year to cut posts, and their spread.
        """
        counts = self.counts[-8:, tier]
        shares = [counts[:, k, CUT].sum(axis=1) / counts[:, k, DUE].sum(axis=1) for k in (low, high)]
        apart = shares[0] - shares[1]
        return float(apart.mean()), float(apart.std(ddof=1) / math.sqrt(len(apart)))


@pytest.fixture(scope="module")
def watched():
    """Both worlds, of the same people and luck; officers can carry little, so that contacts are cut."""
    little = Register.load().with_setting("workload.points_full_time", "700")
    before = world("post_reform", date(2015, 1, 5), scale=0.2, register=little)
    return tuple(Watched(before, name) for name in ("no_payment_by_results", "post_reform"))


MEDIUM_TIER, HIGH_TIER = 1, 2
PAIRS = [(MEDIUM_TIER, [0, 1], [2, 3]), (HIGH_TIER, [0, 1, 2], [3])]


def test_without_payment_by_results_no_officer_ever_cuts_by_payment(watched):
    placebo, paid = watched
    assert not placebo.ever_by_payment
    assert paid.ever_by_payment
    company = np.isin(paid.model.officers.provider, [Provider.CRC])
    assert np.array_equal(paid.model.officers.by_payment, company), "the company's officers, and no others"


@pytest.mark.parametrize(("tier", "low", "high"), PAIRS)
def test_within_a_tier_cuts_depend_on_payment_with_payment_by_results_and_not_without(watched, tier, low, high):
    placebo, paid = watched
    apart, error = placebo.difference(tier, low, high)
    assert 0 < error < 0.03
    assert abs(apart) < 4 * error, "the interval holds nought"
    apart, error = paid.difference(tier, low, high)
    assert apart > 0.1
    assert apart > 5 * error


def test_the_least_paying_are_cut_more_than_the_next_and_those_more_than_the_next(watched):
    shares = [w.counts[-8:].sum(axis=(0, 1)) for w in watched]
    placebo, paid = (s[:, CUT] / s[:, DUE] for s in shares)
    assert paid[3] < paid[2] - 0.05
    assert paid[2] < paid[:2].max() - 0.05
    assert paid[3] < placebo[3] - 0.02, "those who may bring payment are served better than without it"
    assert paid[0] > placebo[0] + 0.02, "and those who hardly can, worse"


# --- notice, and cases that are handed on


def test_notice_takes_its_weeks(watched):
    for w in watched:
        assert w.left, "somebody had notice, vacancies did not do"
        weeks = int(w.model.register.organisations.notice_weeks)
        for given, leaves, closed in w.left.values():
            assert leaves == given + weeks * DAYS_PER_WEEK
            assert closed + DAYS_PER_WEEK >= leaves > closed


def test_closed_posts_have_no_cases_and_whoever_leaves_hands_every_case_on(watched):
    for w in watched:
        assert w.wrong == []
        assert w.model.officers.is_closed.sum() > 0


def test_an_owner_keeps_at_least_the_least_share_of_the_posts(watched):
    for w in watched:
        (provider,) = [p for p in w.model.providers if p.kind == Provider.CRC]
        posts = w.model.officers.full_time_posts(provider.kind, provider.areas)
        assert posts >= w.model.register.organisations.least_posts_share * provider.founding_posts - 1
