"""Referral: who is referred to charities, by whom, and who wants help."""

import numpy as np
import pytest

from sim.charities import Kind, Path
from sim.clock import DAYS_PER_WEEK
from sim.events import Event
from sim.help import mask_for
from sim.offenders import IS_SUPERVISED_IN_COMMUNITY, Status
from sim.processes import support
from tests.sim.processes.alone import copy_of, free_people, with_raw
from tests.sim.processes.helped import KINDS, WEEKS

# --- who is referred, and who wants it


def paths_of(turn):
    """Return (row, kind, path) of everyone referred in a turn."""
    new = turn.new
    return zip(
        turn.after["row"][new].tolist(), turn.after["charity"][new] % KINDS, turn.after["path"][new], strict=True
    )


def test_only_people_with_the_need_are_referred_but_every_leaver_to_the_promised_mentors(year_of_support):
    without_need, seen = 0, set()
    for turn in year_of_support[1]:
        for row, kind, path in paths_of(turn):
            has_need = turn.needs[row] & mask_for(Kind(kind)) > 0
            assert has_need or path == Path.EVERY_LEAVER
            without_need += not has_need
            seen.add(Path(path))
    assert seen == set(Path)
    assert without_need > 0


def test_only_who_wants_help_is_referred(year_of_support):
    for turn in year_of_support[1]:
        assert turn.motivated[turn.after["row"][turn.new]].all()
    assert 0.4 < turn.motivated.mean() < 0.8


def test_officers_refer_those_whose_supervision_began_last_week_and_the_others_this_week_s_leavers(year_of_support):
    starters = 0
    for turn in year_of_support[1]:
        for row, _, path in paths_of(turn):
            if path == Path.SUPERVISION:
                assert IS_SUPERVISED_IN_COMMUNITY[turn.status[row]]
                assert turn.day - DAYS_PER_WEEK <= turn.status_since_day[row] < turn.day
                starters += 1
            else:
                assert row in turn.released
    assert starters > WEEKS


def test_the_counts_of_a_week_are_its_referrals_and_starts(year_of_support):
    for turn in year_of_support[1]:
        for name, chosen in (("referrals", turn.new), ("started", turn.started)):
            expected = np.zeros((len(Path), KINDS), int)
            np.add.at(expected, (turn.after["path"][chosen], turn.after["charity"][chosen] % KINDS), 1)
            assert np.array_equal(turn.counts[name], expected)
        covered = len(turn.released)
        assert turn.counts["leavers"][:2].tolist() == [covered, covered]
        assert turn.counts["leavers"][2] <= covered


def test_motivation_is_a_trait_that_grows_with_age(mid_2016):
    model = with_raw(mid_2016, support__take_up_age_slope=0.01)
    people, rows = model.people, np.arange(len(mid_2016.people))
    once = support.motivated(model, rows)
    people.status[rows], people.needs[rows], people.ogrs3[rows] = Status.CUSTODY, 0, 0.99
    assert np.array_equal(once, support.motivated(model, rows))
    model.week += 520
    people.birth_day[rows] += 520 * DAYS_PER_WEEK
    assert np.array_equal(once, support.motivated(model, rows)), "in any week the same, at one age"
    people.birth_day[rows] -= 3650
    older = support.motivated(model, rows)
    assert (older | ~once).all()
    assert older.sum() > once.sum()


@pytest.mark.parametrize("age", [20, 30, 55])
def test_as_many_want_help_as_the_take_up_at_their_age_says(mid_2016, register, age):
    model, p = copy_of(mid_2016), register.support
    rows = np.arange(len(model.people))
    model.people.birth_day[rows] = model.day - round(age * 365.25)
    expected = p.p_take_up + p.take_up_age_slope * (age - 30)
    assert support.motivated(model, rows).mean() == pytest.approx(expected, abs=3 * 0.5 / len(rows) ** 0.5)


def new_starters(model, n, status=Status.COMMUNITY_ORDER, **columns):
    """Return people with every need whose supervision in the community began last week."""
    people = model.people
    rows = free_people(model, n, needs=127, help=0, asked=0, **columns)
    people.status[rows] = status
    people.status_since_day[rows] = model.day - 3
    model.cases.keep(np.zeros(0, int))
    model.engaged = rows
    model.support.clear()
    return rows


def share_referred(model, n=2000, **columns):
    """Return the shares of new starters who want help that officers refer, by kind."""
    twin = with_raw(model, support__p_take_up=2.0, **{k: columns.pop(k) for k in list(columns) if "__" in k})
    timeline = columns.pop("timeline", None)
    twin.timeline = timeline or twin.timeline
    new_starters(twin, n, **columns)
    support.refer_starters(twin)
    return twin.support.referrals[Path.SUPERVISION] / n


def test_officers_refer_as_many_as_the_register_says_and_more_under_an_activity_requirement(mid_2016, register):
    expected = np.array(register.support.p_referred)
    assert share_referred(mid_2016, is_rar=False) == pytest.approx(expected, abs=0.03)
    factor = mid_2016.timeline.setting("rehabilitation_activity_requirement", "referral_factor")
    more = share_referred(mid_2016, is_rar=True)
    assert more == pytest.approx(expected * factor, abs=0.03)
    assert (more > share_referred(mid_2016, is_rar=False)).all()


@pytest.mark.parametrize("status", [Status.LICENCE, Status.POST_SENTENCE_SUPERVISION])
def test_an_activity_requirement_of_an_order_refers_nobody_on_licence_more_often(mid_2016, status):
    with_old_order, without = (share_referred(mid_2016, is_rar=rar, status=status) for rar in (True, False))
    assert np.array_equal(with_old_order, without)


def leave_custody(model, n, **columns):
    """Return people with every need who are released this week, as the log says."""
    rows = free_people(model, n, needs=127, help=0, asked=0, **columns)
    model.week_logged = len(model.log)
    model.log.record(Event.RELEASE, model.day + 2, rows, Status.FREE)
    model.cases.keep(np.zeros(0, int))
    model.support.clear()
    return rows


def test_charities_meet_their_share_of_leavers_who_are_then_unsupervised_under_the_old_regime(early_2012):
    model = with_raw(early_2012, support__p_take_up=2.0, support__voluntary_reach=0.25)
    rows = leave_custody(model, 2000)
    support.refer_leavers(model)
    referred = model.support.referrals
    assert referred[Path.VOLUNTARY] / len(rows) == pytest.approx([0.25] * KINDS, abs=0.04)
    assert referred.sum() == referred[Path.VOLUNTARY].sum() == len(model.cases)
    assert model.support.leavers.tolist() == [len(rows), 0, 0]
    assert set(model.cases.row.tolist()) <= set(rows.tolist())


def test_each_charity_meets_leavers_and_each_kind_is_referred_by_a_draw_of_its_own(early_2012):
    """Of 2000 met or referred with a chance of a quarter, a sixteenth come to both of any two kinds."""
    chances = {"support__voluntary_reach": 0.25, "support__p_referred": (0.25,) * KINDS, "support__p_take_up": 2.0}
    for refer, make in ((support.refer_leavers, leave_custody), (support.refer_starters, new_starters)):
        model = with_raw(early_2012, **chances)
        rows = make(model, 2000, is_rar=False)
        refer(model)
        asked = model.people.asked[rows]
        for kind in list(Kind)[1:]:
            both = (asked & 1 > 0) & (asked >> kind & 1 > 0)
            assert both.mean() == pytest.approx(1 / 16, abs=0.02)


def test_whoever_is_in_prison_again_is_no_leaver(early_2012):
    model = with_raw(early_2012, support__p_take_up=2.0, support__voluntary_reach=1.0)
    rows = leave_custody(model, 40)
    model.people.status[rows[:10]] = Status.CUSTODY
    support.refer_leavers(model)
    assert set(model.cases.row.tolist()) == set(rows[10:].tolist())


def test_whoever_waits_or_is_helped_already_is_not_referred_again(early_2012):
    model = with_raw(early_2012, support__p_take_up=2.0, support__voluntary_reach=1.0)
    rows = leave_custody(model, 40)
    model.people.asked[rows[:10]] = 1 << Kind.FAMILY
    support.refer_leavers(model)
    family = model.cases.row[model.cases.charity % KINDS == Kind.FAMILY]
    assert set(family.tolist()) == set(rows[10:].tolist())
    assert len(model.cases) == 40 * KINDS - 10
