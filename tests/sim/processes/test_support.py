"""Support: referral, take-up, queues, places, the end of help; what each lever does to it."""

from dataclasses import dataclass
from datetime import date

import numpy as np
import pytest

from sim.charities import Kind, Path, Stage
from sim.clock import DAYS_PER_WEEK, NEVER
from sim.events import Event
from sim.help import mask_for
from sim.legal_status import VISIT
from sim.model import ProbationModel
from sim.offenders import IS_IN_PRISON, IS_SUPERVISED_IN_COMMUNITY, Status
from sim.processes import support
from sim.scenarios import load_timeline
from sim.timeline import Lever, Timeline
from tests.sim.processes.alone import copy_of, free_people, with_raw
from tests.sim.test_help import NO_EFFECT
from tests.twins import watch
from tests.worlds import count, differing_columns, events, later, world

KINDS = len(Kind)
HELP_EVENTS = (Event.HELP_START, Event.HELP_END)
WEEKS = 60
NOBODY_REFERRED = {"support__p_referred": (0.0,) * KINDS, "support__voluntary_reach": 0.0}


def ask(model, rows, kind):
    """Let people be referred to a kind of charity for certain."""
    chance = np.zeros((len(rows), len(Kind)))
    chance[:, kind] = 1
    support.refer(model, rows, chance, "support.referred", Path.SUPERVISION)


def cases_of(model):
    """Return the cases as they stand, a dictionary of columns."""
    return {name: getattr(model.cases, name).copy() for name in model.cases.columns}


def keys(cases, *stages):
    """Return (row, charity, week of asking) of the cases that stand there: what tells one case from another."""
    found = np.isin(cases["stage"], stages)
    return set(zip(*(cases[name][found].tolist() for name in ("row", "charity", "asked_week")), strict=True))


@dataclass
class Turn:
    """What support found in a week and what it left."""

    week: int
    before: dict
    after: dict
    status: np.ndarray
    status_since_day: np.ndarray
    needs: np.ndarray
    motivated: np.ndarray
    help: np.ndarray
    asked: np.ndarray
    logged: list
    released: list
    counts: dict

    @property
    def day(self):
        return self.week * DAYS_PER_WEEK

    @property
    def new(self):
        """Positions among the cases after of those that were referred this week."""
        return np.flatnonzero(self.after["asked_week"] == self.week)

    @property
    def started(self):
        """Positions among the cases after of those whose help began this week."""
        past = keys(self.before, Stage.HELPED)
        now = zip(*(self.after[name].tolist() for name in ("row", "charity", "asked_week")), strict=True)
        helped = self.after["stage"] == Stage.HELPED
        return np.array([k for k, case in enumerate(now) if helped[k] and case not in past], int)


def keep_book(model, weeks):
    """Live some weeks and write down every turn of support; nothing else touches the cases."""
    turns = []
    original = support.step

    def watched(m):
        before, status = cases_of(m), m.people.status.copy()
        logged = len(m.log)
        released = [int(m.log.row[k]) for k in range(m.week_logged, logged) if m.log.event[k] == Event.RELEASE]
        original(m)
        p, log = m.people, m.log
        lines = [
            (int(log.event[k]), int(log.row[k]), int(log.value[k]), int(log.day[k])) for k in range(logged, len(log))
        ]
        everyone = np.arange(len(p))
        turns.append(
            Turn(
                week=m.week,
                before=before,
                after=cases_of(m),
                status=status,
                status_since_day=p.status_since_day.copy(),
                needs=p.needs.copy(),
                motivated=support.motivated(m, everyone),
                help=p.help.copy(),
                asked=p.asked.copy(),
                logged=lines,
                released=released,
                counts={n: getattr(m.support, n).copy() for n in ("leavers", "referrals", "started")},
            )
        )

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(support, "step", watched)
        for _ in range(weeks):
            model.step()
    return turns


@pytest.fixture(scope="module")
def lived(mid_2016):
    """A year and more under the reform with the promised mentors."""
    model = mid_2016.fork(load_timeline("charity_mentoring_as_promised", mid_2016.region.areas))
    return model, keep_book(model, WEEKS)


def plenty(model, places=10**6):
    """Return a copy of a world in which every charity has so many places."""
    twin = copy_of(model)
    for charity in twin.charities:
        charity.places = places
    return twin


def only(lever, model, from_day=None, applies_by="release_day", **settings):
    """Return the timeline of one lever, in force from a day on, now by default."""
    day = model.day if from_day is None else from_day
    return Timeline("made", "Made", {lever: Lever(lever, day, applies_by, settings=settings)}, model.region.areas)


def total(model, weeks, measure, group="all"):
    """Return a weekly measure added up over the last weeks."""
    return model.weekly.series(measure, group)[-weeks:].sum()


def kind_group(kind):
    return f"kind={kind.name.lower()}"


def unlike_weeks(one, other, weeks):
    """Return the names of the weekly measures in which the last weeks of two worlds differ."""
    assert one.weekly.names == other.weekly.names
    a, b = (np.array(m.weekly.rows[-weeks:]) for m in (one, other))
    return {one.weekly.names[k][0] for k in np.flatnonzero((a != b).any(axis=0))}


def assert_one_world(one, other, *, besides=()):
    """Assert that two worlds are the same to the last byte, but for some weekly measures."""
    assert np.array_equal(events(one), events(other))
    assert differing_columns(one, other) == []
    assert all(np.array_equal(a, b) for a, b in zip(cases_of(one).values(), cases_of(other).values(), strict=True))
    assert unlike_weeks(one, other, 10**6) <= set(besides)


# --- places


def test_no_charity_is_ever_over_its_places(lived):
    model, turns = lived
    full = 0
    for turn in turns:
        cases = turn.after
        own = (cases["stage"] == Stage.HELPED) & (cases["path"] != Path.EVERY_LEAVER)
        helped = np.bincount(cases["charity"][own], minlength=KINDS)
        places = np.array([c.places for c in model.charities])
        assert (helped <= places).all()
        full += (helped == places).sum()
    assert full > WEEKS, "places are scarce, so that the test can fail"


def test_no_place_stays_free_while_anybody_waits(lived):
    model, turns = lived
    for turn in turns:
        cases = turn.after
        for charity in model.charities:
            mine = cases["charity"] == charity.number
            if (mine & (cases["stage"] == Stage.WAITING)).any():
                own = mine & (cases["stage"] == Stage.HELPED) & (cases["path"] != Path.EVERY_LEAVER)
                assert own.sum() == charity.places


def test_the_promised_mentors_have_places_of_their_own_and_nobody_waits_for_them(lived):
    model, turns = lived
    mentors, most = model.charities[Kind.MENTORING], 0
    for turn in turns:
        promised = turn.after["path"] == Path.EVERY_LEAVER
        assert (turn.after["stage"][promised] == Stage.HELPED).all()
        assert (turn.after["charity"][promised] % KINDS == Kind.MENTORING).all()
        most = max(most, promised.sum())
    assert most > mentors.places


# --- the queue


def test_nobody_is_overtaken_by_who_asked_later(lived):
    model, turns = lived
    compared = 0
    for turn in turns:
        cases, started = turn.after, turn.started
        occasion = cases["asked_week"].astype(np.int64) * len(Kind) + cases["charity"] % len(Kind)
        priority = model.draws.uniforms_at("support.priority", model.people.person_hash[cases["row"]], occasion)
        place = list(zip(cases["asked_week"].tolist(), priority.tolist(), strict=True))
        for charity in range(KINDS):
            taken = [
                place[k] for k in started if cases["charity"][k] == charity and cases["path"][k] != Path.EVERY_LEAVER
            ]
            left = np.flatnonzero((cases["charity"] == charity) & (cases["stage"] == Stage.WAITING))
            if taken and len(left):
                assert max(taken) < min(place[k] for k in left)
                compared += 1
    assert compared > WEEKS


def test_the_order_of_rows_in_the_table_changes_no_admission(mid_2016):
    plain, shuffled = copy_of(mid_2016), copy_of(mid_2016)
    for model in (plain, shuffled):
        model.cases.stage[: len(model.cases) // 2] = Stage.WAITING
    order = np.argsort(plain.draws.uniforms("shuffle", plain.people.person_hash[shuffled.cases.row]))
    shuffled.cases.keep(order)
    assert not np.array_equal(plain.cases.row, shuffled.cases.row)
    for model in (plain, shuffled):
        support.fill_places(model)
    helped = [keys(cases_of(model), Stage.HELPED) for model in (plain, shuffled)]
    assert helped[0] == helped[1]
    assert np.array_equal(plain.people.help, shuffled.people.help)
    assert keys(cases_of(plain), Stage.WAITING), "some were not admitted"


def referred_people(model, n, kind, **columns):
    """Return people at liberty who want help and whom nobody has referred, with the need for a kind."""
    rows = free_people(model, 5 * n, needs=mask_for(kind), help=0, asked=0, **columns)
    return rows[support.motivated(model, rows)][:n]


def test_one_person_more_in_the_queue_changes_no_admission_where_places_suffice(mid_2016):
    base = plenty(mid_2016)
    base.cases.stage[:] = Stage.DONE
    base.cases.drop_done()
    rows = referred_people(base, 30, Kind.EMPLOYMENT)
    few, more = copy_of(base), copy_of(base)
    for model, chosen in ((few, rows[1:]), (more, rows)):
        ask(model, chosen, Kind.EMPLOYMENT)
        support.fill_places(model)
    admitted = [keys(cases_of(model), Stage.HELPED) for model in (few, more)]
    assert admitted[1] - admitted[0] == {(int(rows[0]), Kind.EMPLOYMENT, base.week)}
    assert admitted[0] < admitted[1]
    assert len(more.cases) == 30


def test_one_person_more_in_another_queue_changes_no_admission_even_where_places_do_not_suffice(mid_2016):
    base = plenty(mid_2016, places=5)
    base.cases.stage[:] = Stage.DONE
    base.cases.drop_done()
    rows = referred_people(base, 30, Kind.EMPLOYMENT)
    base.people.needs[rows] |= mask_for(Kind.FAMILY)
    few, more = copy_of(base), copy_of(base)
    ask(more, rows[:9], Kind.FAMILY)
    for model in (few, more):
        ask(model, rows, Kind.EMPLOYMENT)
        support.fill_places(model)
    admitted = [{c for c in keys(cases_of(m), Stage.HELPED) if c[1] == Kind.EMPLOYMENT} for m in (few, more)]
    assert admitted[0] == admitted[1]
    assert len(admitted[0]) == 5


# --- what people's columns say


def test_the_bits_of_help_and_of_asking_are_those_of_the_cases_at_every_week_s_end(lived):
    _, turns = lived
    for turn in turns:
        assert (turn.after["stage"] != Stage.DONE).all()
        for column, stages in ((turn.help, (Stage.HELPED,)), (turn.asked, (Stage.WAITING, Stage.HELPED))):
            bits = np.zeros(len(column), np.uint8)
            for row, charity, _ in keys(turn.after, *stages):
                bits[row] |= 1 << charity % KINDS
            assert np.array_equal(bits, column)
    assert turn.help.max() > 0


def test_nobody_asks_twice_for_the_same_help(lived):
    for turn in lived[1]:
        cases = list(zip(turn.after["row"].tolist(), turn.after["charity"].tolist(), strict=True))
        assert len(cases) == len(set(cases))


def test_everyone_is_helped_by_the_charity_of_the_own_area():
    model = ProbationModel("pre_reform", "england_wales", scale=0.002, seed=3)
    model.run_for(10)
    assert (model.people.area[model.cases.row] == model.cases.charity // KINDS).all()
    assert len(np.unique(model.cases.charity // KINDS)) > 10


# --- the end


def test_help_and_waiting_end_when_over_or_in_prison_or_gone_and_never_otherwise(lived):
    _, turns = lived
    reasons = np.zeros((2, 3), int)
    for turn in turns:
        stays = keys(turn.after, Stage.WAITING, Stage.HELPED)
        names = ("row", "charity", "asked_week", "stage", "end_day")
        for row, charity, asked, stage, end in zip(*(turn.before[n].tolist() for n in names), strict=True):
            status = turn.status[row]
            inside = IS_IN_PRISON[status] or row in turn.released
            over = (end < turn.day + DAYS_PER_WEEK, inside, status == Status.LEFT)
            assert ((row, charity, asked) in stays) != any(over)
            reasons[stage] += over
    assert reasons[:, :2].min() > 0, "both end in time and in prison"


def test_help_lasts_as_long_as_its_kind_does_unless_prison_ends_it(mid_2016, register):
    log, people = mid_2016.log, mid_2016.people
    found = log.of(*HELP_EVENTS)
    began, lengths = {}, {kind: [] for kind in Kind}
    for k in found.tolist():
        key = (int(log.row[k]), int(log.value[k]))
        if log.event[k] == Event.HELP_START:
            assert key not in began, "started twice without an end"
            began[key] = int(log.day[k])
        elif key in began:
            lengths[key[1]].append((int(log.day[k]) - began.pop(key)) // DAYS_PER_WEEK)
        else:
            assert log.day[k] < max(register.support.help_weeks) * DAYS_PER_WEEK, "began before the record"
    for kind in Kind:
        usual = register.support.help_weeks[kind]
        assert max(lengths[kind]) == usual
        assert np.mean(np.array(lengths[kind]) == usual) > 0.5
    still = {(row, kind) for row in np.flatnonzero(people.help) for kind in Kind if people.help[row] >> kind & 1}
    assert set(began) == still


def test_whoever_waits_gives_up_after_the_longest_wait(lived, register):
    _, turns = lived
    longest = register.support.longest_wait_weeks
    waits = np.concatenate([(t.week - t.after["asked_week"])[t.after["stage"] == Stage.WAITING] for t in turns])
    assert waits.max() == longest - 1
    gave_up = [
        turn.week - asked
        for turn in turns
        for row, _, asked in keys(turn.before, Stage.WAITING) - keys(turn.after, Stage.WAITING, Stage.HELPED)
        if not IS_IN_PRISON[turn.status[row]] and turn.status[row] != Status.LEFT and row not in turn.released
    ]
    assert set(gave_up) == {longest}


def test_starts_and_ends_are_logged_as_they_happen(lived):
    _, turns = lived
    for turn in turns:
        logged = {kind: [(r, v) for e, r, v, _ in turn.logged if e == kind] for kind in HELP_EVENTS}
        before, after = keys(turn.before, Stage.HELPED), keys(turn.after, Stage.HELPED)
        assert sorted(logged[Event.HELP_START]) == sorted((r, c % KINDS) for r, c, _ in after - before)
        assert sorted(logged[Event.HELP_END]) == sorted((r, c % KINDS) for r, c, _ in before - after)
        assert {day for *_, day in turn.logged} <= {turn.day}
        assert {e for e, *_ in turn.logged} <= set(HELP_EVENTS)


def test_a_leaver_comes_without_the_help_and_the_waiting_of_before():
    """Who goes in and out between two turns of support was in prison all the same."""
    model = world("pre_reform", scale=0.02)
    cases, before = model.cases, cases_of(model)
    rows = np.unique(cases.row[~IS_IN_PRISON[model.people.status[cases.row]] & (cases.end_day > model.day + 60)])[:4]
    assert len(rows) == 4
    cases.stage[np.isin(cases.row, rows[:2])] = Stage.WAITING
    model.people.help[rows[:2]] = 0
    model.week_logged = len(model.log)
    model.log.record(Event.RELEASE, model.day + 1, rows, Status.FREE)
    support.end(model)
    cases.drop_done()
    assert not np.isin(rows, cases.row).any()
    assert not model.people.asked[rows].any()
    assert not model.people.help[rows].any()
    assert len(cases) > 0.5 * len(before["row"])


def test_whoever_s_help_ends_has_the_hazard_worked_out_anew(mid_2016):
    model = copy_of(mid_2016)
    model.people.offence_bound[model.people.offence_bound > 0] = 5
    model.cases.end_day[:] = model.day
    model.week_logged = len(model.log)
    rows, waiting = np.array(model.cases.of(Stage.HELPED)[0]), np.array(model.cases.of(Stage.WAITING)[0])
    support.end(model)
    bound = model.people.offence_bound
    at_risk = rows[bound[rows] > 0]
    assert (bound[at_risk] == VISIT).all()
    assert len(at_risk) > 20
    assert (bound[np.setdiff1d(waiting, rows)] < VISIT).all()


# --- who is referred, and who wants it


def paths_of(turn):
    """Return (row, kind, path) of everyone referred in a turn."""
    new = turn.new
    return zip(
        turn.after["row"][new].tolist(), turn.after["charity"][new] % KINDS, turn.after["path"][new], strict=True
    )


def test_only_people_with_the_need_are_referred_but_every_leaver_to_the_promised_mentors(lived):
    without_need, seen = 0, set()
    for turn in lived[1]:
        for row, kind, path in paths_of(turn):
            has_need = turn.needs[row] & mask_for(Kind(kind)) > 0
            assert has_need or path == Path.EVERY_LEAVER
            without_need += not has_need
            seen.add(Path(path))
    assert seen == set(Path)
    assert without_need > 0


def test_only_who_wants_help_is_referred(lived):
    for turn in lived[1]:
        assert turn.motivated[turn.after["row"][turn.new]].all()
    assert 0.4 < turn.motivated.mean() < 0.8


def test_officers_refer_those_whose_supervision_began_last_week_and_the_others_this_week_s_leavers(lived):
    starters = 0
    for turn in lived[1]:
        for row, _, path in paths_of(turn):
            if path == Path.SUPERVISION:
                assert IS_SUPERVISED_IN_COMMUNITY[turn.status[row]]
                assert turn.day - DAYS_PER_WEEK <= turn.status_since_day[row] < turn.day
                starters += 1
            else:
                assert row in turn.released
    assert starters > WEEKS


def test_the_counts_of_a_week_are_its_referrals_and_starts(lived):
    for turn in lived[1]:
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


# --- directions, on paired worlds


def test_the_more_want_help_the_more_are_helped_where_places_are_plenty(early_2012):
    few, many = (later(plenty(early_2012), weeks=26, support__p_take_up=p) for p in (0.3, 0.8))
    assert total(many, 26, "help_started") > 1.5 * total(few, 26, "help_started")


def test_the_more_places_the_more_are_helped_and_the_fewer_wait(early_2012):
    worlds = [later(plenty(early_2012, n), weeks=26) for n in (2, 8, 1000)]
    helped, waiting = ([m.weekly.series(n)[-1] for m in worlds] for n in ("helped", "waiting"))
    assert helped == sorted(set(helped))
    assert waiting == sorted(set(waiting), reverse=True)
    assert waiting[-1] == 0


def test_no_places_means_no_help(early_2012):
    model = plenty(early_2012, 0)
    assert total(later(model, weeks=40), 10, "helped") == 0
    assert total(later(model, weeks=40), 40, "help_started") == 0


def test_the_greater_the_reach_the_more_leavers_come_to_charities_by_themselves(early_2012):
    few, many = (later(plenty(early_2012), weeks=26, support__voluntary_reach=p) for p in (0.03, 0.3))
    volunteers = [total(m, 26, "help_started", "path=voluntary") for m in (few, many)]
    assert volunteers[1] > 4 * volunteers[0] > 0
    assert abs(np.subtract(*(total(m, 26, "help_started", "path=supervision") for m in (few, many)))) < 20
    free = [sum(m.people.status[r] == Status.FREE for r, _, _ in keys(cases_of(m), Stage.HELPED)) for m in (few, many)]
    assert free[1] > free[0]


def test_the_more_officers_refer_the_more_are_helped(early_2012):
    few, many = (later(with_raw(plenty(early_2012), support__p_referred=(p,) * KINDS), weeks=26) for p in (0.05, 0.5))
    assert total(many, 26, "help_started", "path=supervision") > 4 * total(few, 26, "help_started", "path=supervision")


# --- zero


def made(day_zero, scenario="pre_reform", years=3, **values):
    """Return a world laid down and lived with raw numbers."""
    register = with_raw(day_zero, **values).register
    return world(scenario, date(2008 + years, 1, 1), scale=0.02, register=register)


def test_nobody_is_ever_helped_where_nobody_is_referred(day_zero):
    model = made(day_zero, **NOBODY_REFERRED)
    assert len(model.cases) == 0
    assert not model.people.help.any()
    assert not model.people.asked.any()
    assert not model.people.was_mentored.any()
    assert count(model, 0, *HELP_EVENTS) == 0
    for measure in ("helped", "waiting", "help_started"):
        assert not model.weekly.series(measure).any()


@pytest.mark.parametrize(
    "nothing", [{"support__places_per_1000": (0,) * KINDS}, NOBODY_REFERRED], ids=["places", "referrals"]
)
def test_help_of_no_effect_changes_no_event_of_anybody(day_zero, nothing):
    """Support touches the rest of the world through what help does, and through nothing else."""
    helped, without = made(day_zero, **NO_EFFECT), made(day_zero, **NO_EFFECT, **nothing)
    assert count(helped, 0, Event.HELP_START) > 100
    assert count(without, 0, Event.HELP_START) == 0
    assert np.array_equal(events(helped, without=HELP_EVENTS), events(without, without=HELP_EVENTS))
    assert set(differing_columns(helped, without)) <= {"help", "asked", "was_mentored", "offence_bound"}


def test_help_as_it_is_does_change_events(day_zero):
    helped, without = made(day_zero), made(day_zero, support__places_per_1000=(0,) * KINDS)
    assert not np.array_equal(events(helped, without=HELP_EVENTS), events(without, without=HELP_EVENTS))


# --- Through the Gate


def test_through_the_gate_covers_releases_from_its_date_on(early_2012):
    start = early_2012.day + 10 * DAYS_PER_WEEK + 2
    model = later(early_2012, weeks=20, timeline=only("through_the_gate", early_2012, start))
    covered, seen, leavers = (model.weekly.series(n)[-20:] for n in ("leavers_covered", "leavers_seen", "leavers"))
    assert covered.sum() == (model.log.day[model.log.of(Event.RELEASE)] >= start).sum() > 50
    assert not covered[:10].any()
    assert np.array_equal(covered[12:], leavers[12:])
    assert 0 < covered[10] < leavers[10]
    assert (seen <= covered).all()
    assert total(model, 20, "help_started", "path=through_the_gate") > 0


def test_through_the_gate_adds_referrals_and_no_places(early_2012):
    without = later(early_2012, weeks=52)
    gate = later(early_2012, weeks=52, timeline=only("through_the_gate", early_2012))
    for kind in Kind:
        places = [m.weekly.series("places", kind_group(kind))[-52:] for m in (without, gate)]
        assert np.array_equal(*places)
    assert total(gate, 52, "waiting") > total(without, 52, "waiting")
    started = [total(m, 52, "help_started") for m in (without, gate)]
    assert abs(started[1] - started[0]) < 0.15 * started[0], "places are full, so that the help is no more"
    assert total(gate, 52, "help_started", "path=through_the_gate") > 10
    assert total(without, 52, "help_started", "path=through_the_gate") == 0


def test_through_the_gate_delivers_less_than_a_third_of_what_it_promises(post):
    promised = post.weekly.series("leavers_covered").sum()
    assert promised > 1000
    assert post.weekly.series("help_started", "path=through_the_gate").sum() < 0.3 * promised
    assert post.weekly.series("leavers_seen").sum() == pytest.approx(0.3 * promised, rel=0.1)


def test_a_gate_that_sees_nobody_is_no_gate(early_2012):
    without = later(early_2012, weeks=40)
    gate = later(early_2012, weeks=40, timeline=only("through_the_gate", early_2012, share_seen=0.0))
    assert_one_world(without, gate, besides={"leavers_covered"})
    assert total(gate, 40, "leavers_covered") > 100


def test_the_more_leavers_the_gate_sees_the_more_it_refers(early_2012):
    base = plenty(early_2012)
    started = [
        total(later(base, weeks=20, timeline=only("through_the_gate", base, share_seen=s)), 20, "help_started")
        for s in (0.0, 0.3, 1.0)
    ]
    assert started == sorted(set(started))


# --- the promised mentors


def test_every_leaver_who_wants_one_has_a_mentor_at_once(lived):
    mentored = 0
    for turn in lived[1]:
        for row in turn.released:
            if IS_IN_PRISON[turn.status[row]]:
                continue
            assert bool(turn.help[row] >> Kind.MENTORING & 1) == turn.motivated[row]
            mentored += turn.motivated[row]
    assert mentored > 200


def test_mentors_for_nobody_change_nothing(early_2012):
    without = later(early_2012, weeks=40)
    nobody = later(early_2012, weeks=40, timeline=only("charity_mentoring", early_2012, coverage=0.0))
    assert_one_world(without, nobody)


def test_the_more_leavers_are_offered_a_mentor_the_more_have_one(early_2012):
    mentored = [
        total(
            later(early_2012, weeks=40, timeline=only("charity_mentoring", early_2012, coverage=c)),
            40,
            "help_started",
            "path=every_leaver",
        )
        for c in (0.0, 0.3, 1.0)
    ]
    assert mentored[0] == 0
    assert mentored[1] == pytest.approx(0.3 * mentored[2], rel=0.3)


def test_promised_mentors_take_no_place_from_anybody(early_2012):
    without = later(early_2012, weeks=30)
    promise = later(early_2012, weeks=30, timeline=only("charity_mentoring", early_2012))
    for model in (without, promise):
        own = (model.cases.path != Path.EVERY_LEAVER) & (model.cases.stage == Stage.HELPED)
        helped = np.bincount(model.cases.charity[own], minlength=KINDS)
        assert helped[Kind.MENTORING] == model.charities[Kind.MENTORING].places
    assert total(promise, 30, "helped", "kind=mentoring") > 2 * total(without, 30, "helped", "kind=mentoring")


# --- the discharge grant and the activity requirement


def test_a_grant_of_no_effect_changes_no_event(early_2012):
    without = later(early_2012, weeks=52)
    grant = later(early_2012, weeks=52, timeline=only("discharge_grant", early_2012))
    assert grant.people.has_full_grant.any()
    assert np.array_equal(events(without), events(grant))
    assert unlike_weeks(without, grant, 52) == set()
    assert set(differing_columns(without, grant)) <= {"has_full_grant", "offence_bound"}


def offences_soon_after_release(model, day, weeks):
    """Return the detected offences within some weeks of a release from a day on."""
    log = model.log
    out = log.of(Event.RELEASE)
    out = out[log.day[out] >= day]
    released = {int(r): int(d) for r, d in zip(log.row[out], log.day[out], strict=True)}
    found = log.of(Event.OFFENCE)
    return sum(
        0 <= int(d) - released.get(int(r), NEVER) < weeks * DAYS_PER_WEEK
        for r, d in zip(log.row[found], log.day[found], strict=True)
    )


def test_a_grant_moves_offences_soon_after_release_as_its_factor_says(early_2012):
    timeline = only("discharge_grant", early_2012)
    found = [
        offences_soon_after_release(
            later(with_raw(early_2012, reoffending__grant_log_factor=f), weeks=52, timeline=timeline), early_2012.day, 4
        )
        for f in (-1.5, 0.0, 1.5)
    ]
    assert found[0] < 0.7 * found[1]
    assert found[2] > 1.5 * found[1]


def test_a_grant_reaches_only_who_is_released_from_its_date_on(early_2012):
    model = later(early_2012, weeks=26, timeline=only("discharge_grant", early_2012, early_2012.day + 70))
    log, people = model.log, model.people
    out = log.of(Event.RELEASE)
    last = {int(r): int(d) for r, d in zip(log.row[out], log.day[out], strict=True)}
    assert all(people.has_full_grant[r] == (d >= early_2012.day + 70) for r, d in last.items())
    assert set(np.flatnonzero(people.has_full_grant)) <= set(last)


def test_an_activity_requirement_like_any_other_changes_no_event(early_2012):
    without = later(early_2012, weeks=60)
    same = later(
        early_2012,
        weeks=60,
        timeline=only(
            "rehabilitation_activity_requirement",
            early_2012,
            applies_by="sentence_day",
            contact_share=1.0,
            referral_factor=1.0,
        ),
    )
    assert same.people.is_rar.any()
    assert np.array_equal(events(without), events(same))
    assert unlike_weeks(without, same, 60) == set()
    assert set(differing_columns(without, same)) == {"is_rar"}


def test_an_activity_requirement_makes_for_fewer_contacts_and_more_referrals(early_2012):
    def lived_with(**changed):
        settings = {"contact_share": 1.0, "referral_factor": 1.0} | changed
        timeline = only("rehabilitation_activity_requirement", early_2012, applies_by="sentence_day", **settings)
        return later(plenty(early_2012), weeks=52, timeline=timeline)

    same, thin, busy = lived_with(), lived_with(contact_share=0.5), lived_with(referral_factor=2.0)
    assert total(thin, 52, "contacts_due") < 0.95 * total(same, 52, "contacts_due")
    assert total(busy, 52, "help_started", "path=supervision") > 1.2 * total(
        same, 52, "help_started", "path=supervision"
    )


def test_every_compiled_loop_is_its_twin(monkeypatch, mid_2016):
    model = copy_of(mid_2016)
    calls = watch(monkeypatch, support)
    for _ in range(3):
        model.step()
    assert [loop for loop, number in calls.items() if not number] == []
