"""Queues: places, admission, what people's columns say of their cases, the end of help and of waiting."""

import numpy as np

from sim.charities import Kind, Path, Stage
from sim.clock import DAYS_PER_WEEK
from sim.events import Event
from sim.help import mask_for
from sim.legal_status import VISIT
from sim.model import ProbationModel
from sim.offenders import IS_IN_PRISON, Status
from sim.processes import support
from tests.sim.processes.alone import copy_of, free_people
from tests.sim.processes.helped import HELP_EVENTS, KINDS, WEEKS, cases_of, keys, plenty
from tests.worlds import world


def ask(model, rows, kind):
    """Let people be referred to a kind of charity for certain."""
    chance = np.zeros((len(rows), len(Kind)))
    chance[:, kind] = 1
    support.refer(model, rows, chance, "support.referred", Path.SUPERVISION)


# --- places


def helped_in(cases):
    """Return how many people each charity helps in places of its own."""
    own = (cases["stage"] == Stage.HELPED) & (cases["path"] != Path.EVERY_LEAVER)
    return np.bincount(cases["charity"][own], minlength=KINDS)


def test_no_charity_is_ever_over_its_places(year_of_support):
    """Where it has lost places whoever is helped stays, and nobody is admitted."""
    _, turns = year_of_support
    full = 0
    for turn in turns:
        helped = helped_in(turn.after)
        over = helped > turn.places
        assert (helped[over] <= helped_in(turn.before)[over]).all()
        own = turn.started[turn.after["path"][turn.started] != Path.EVERY_LEAVER]
        assert not np.isin(turn.after["charity"][own], np.flatnonzero(over)).any()
        full += (helped == turn.places).sum()
    assert full > WEEKS, "places are scarce, so that the test can fail"


def test_no_place_stays_free_while_anybody_waits(year_of_support):
    model, turns = year_of_support
    for turn in turns:
        cases = turn.after
        for charity in model.charities:
            mine = cases["charity"] == charity.number
            if (mine & (cases["stage"] == Stage.WAITING)).any():
                assert helped_in(cases)[charity.number] >= turn.places[charity.number]


def test_the_promised_mentors_have_places_of_their_own_and_nobody_waits_for_them(year_of_support):
    model, turns = year_of_support
    mentors, most = model.charities[Kind.MENTORING], 0
    for turn in turns:
        promised = turn.after["path"] == Path.EVERY_LEAVER
        assert (turn.after["stage"][promised] == Stage.HELPED).all()
        assert (turn.after["charity"][promised] % KINDS == Kind.MENTORING).all()
        most = max(most, promised.sum())
    assert most > mentors.places


# --- the queue


def test_nobody_is_overtaken_by_who_asked_later(year_of_support):
    model, turns = year_of_support
    compared = 0
    for turn in turns:
        cases, started = turn.after, turn.started
        occasion = cases["asked_week"].astype(np.int64) * len(Kind) + cases["charity"] % len(Kind)
        priority = model.draws.uniforms_at("support.priority", turn.person_hash[cases["row"]], occasion)
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


def test_the_bits_of_help_and_of_asking_are_those_of_the_cases_at_every_week_s_end(year_of_support):
    _, turns = year_of_support
    for turn in turns:
        assert (turn.after["stage"] != Stage.DONE).all()
        for column, stages in ((turn.help, (Stage.HELPED,)), (turn.asked, (Stage.WAITING, Stage.HELPED))):
            bits = np.zeros(len(column), np.uint8)
            for row, charity, _ in keys(turn.after, *stages):
                bits[row] |= 1 << charity % KINDS
            assert np.array_equal(bits, column)
    assert turn.help.max() > 0


def test_nobody_asks_twice_for_the_same_help(year_of_support):
    for turn in year_of_support[1]:
        cases = list(zip(turn.after["row"].tolist(), turn.after["charity"].tolist(), strict=True))
        assert len(cases) == len(set(cases))


def test_everyone_is_helped_by_the_charity_of_the_own_area():
    model = ProbationModel("pre_reform", "england_wales", scale=0.002, seed=3)
    model.run_for(10)
    assert (model.people.area[model.cases.row] == model.cases.charity // KINDS).all()
    assert len(np.unique(model.cases.charity // KINDS)) > 10


# --- the end


def test_help_and_waiting_end_when_over_or_in_prison_or_gone_and_never_otherwise(year_of_support):
    _, turns = year_of_support
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


def test_whoever_waits_gives_up_after_the_longest_wait(year_of_support, register):
    _, turns = year_of_support
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


def test_starts_and_ends_are_logged_as_they_happen(year_of_support):
    _, turns = year_of_support
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
