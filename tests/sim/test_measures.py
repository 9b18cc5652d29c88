"""The official counting rules, by hand on made logs and once more against a plain count of a whole run."""

from datetime import date, timedelta

import numpy as np
import pytest

from sim import measures
from sim.clock import DAYS_PER_WEEK, NEVER, day_of
from sim.events import Event, occasion_code
from sim.measures import Cohort, cohorts, occasions
from sim.offenders import BANDS, Disposal, OffenceGroup, Provider, Rosh
from sim.proven import Proven, disposal_groups, follow_up, proven_occasions
from tests.twins import watch
from tests.worlds import world

TWELVE, THREE = "twelve_month_cohort", "three_month_cohort"
APRIL = date(2010, 4, 1)
LATE = date(2013, 1, 1)
YEAR, WAITING = 365, 182


# --- follow-up of one index event on day 1000


def after(*proven):
    """Follow person 0 up from day 1000; `proven` are (day of offence, day of proof, offences, custody)."""
    columns = [np.array(c, np.int64) for c in zip(*sorted(proven), strict=True)] or [np.empty(0, np.int64)] * 4
    row = np.zeros(len(columns[0]), np.int64)
    found = follow_up(np.array([0]), np.array([1000]), Proven(row, *columns[:3], columns[3] == 1))
    return int(found.reoffences[0]), int(found.days_to_first[0]), bool(found.has_custody[0])


@pytest.mark.parametrize(("offence", "counts"), [(-1, 0), (0, 1), (1, 1), (364, 1), (365, 0), (400, 0)])
def test_an_offence_counts_from_the_index_day_to_day_364(offence, counts):
    assert after((1000 + offence, 1000 + offence, 1, 0))[0] == counts


@pytest.mark.parametrize(("proof", "counts"), [(YEAR, 1), (YEAR + WAITING - 1, 1), (YEAR + WAITING, 0), (900, 0)])
def test_proof_counts_within_the_year_and_six_further_months(proof, counts):
    assert after((1364, 1000 + proof, 1, 0))[0] == counts


def test_offences_of_the_occasions_in_time_are_added_up():
    found = after((1010, 1050, 2, 0), (1100, 1200, 3, 0), (1200, 1000 + YEAR + WAITING, 50, 0), (1365, 1366, 50, 0))
    assert found[0] == 5


def test_the_first_reoffence_is_the_first_that_is_proven_in_time():
    assert after((1010, 1600, 1, 0), (1100, 1200, 1, 0), (1150, 1160, 1, 0))[1] == 100


def test_there_is_no_day_of_a_first_reoffence_where_there_is_none():
    assert after() == (0, NEVER, False)


@pytest.mark.parametrize(("offence", "proof", "has"), [(364, 900, True), (365, 370, False), (-1, 5, False)])
def test_custody_for_an_offence_of_the_year_counts_whenever_it_is_passed(offence, proof, has):
    assert after((1000 + offence, 1000 + proof, 1, 1))[2] is has


def test_people_are_followed_each_by_their_own_record():
    row, day = np.array([0, 0, 1, 1, 3]), np.array([10, 20, 10, 30, 10])
    proven = Proven(row, day, day + 5, np.array([1, 2, 4, 8, 16]), np.zeros(5, bool))
    found = follow_up(np.array([3, 0, 1, 2, 0]), np.array([0, 0, 20, 0, 15]), proven)
    assert found.reoffences.tolist() == [16, 3, 8, 0, 2]
    assert found.days_to_first.tolist() == [10, 10, 10, NEVER, 5]


# --- made logs


@pytest.fixture
def made(day_zero):
    """A world whose logs are empty and whose run ends late."""
    model = day_zero.fork(day_zero.timeline)
    end(model, LATE)
    return model


def end(model, when):
    """Let a run end on the Monday of a date, or on the next."""
    model.week = -(-day_of(when) // DAYS_PER_WEEK)


def enter(model, row, when, disposal=Disposal.COMMUNITY_ORDER, **columns):
    """Enter a person into the index log."""
    values = {"provider": Provider.CRC, "would_be_provider": Provider.CRC, "ogrs3": 0.3} | columns
    model.index_log.add(1, day=day_of(when), row=row, disposal=disposal, **values)


def prove(model, row, when, *, days=60, offences=1, event=Event.CONVICTION, disposal=Disposal.FINE):
    """Log a proven offence of a date, proven some days later."""
    code = occasion_code(OffenceGroup.THEFT, offences, disposal)
    model.log.record(event, day_of(when) + days, np.array([row]), code, day_of(when))


def found(model, estimator, start, group="all", **options):
    """Return (offenders, reoffenders, reoffences) of one cohort, or None where there is no such cohort."""
    for c in cohorts(model, **options):
        if (c.estimator, c.start, c.group) == (estimator, start, group):
            return c.offenders, c.reoffenders, c.reoffences
    return None


def test_cautions_convictions_and_joined_convictions_are_proof_and_nothing_else(made):
    for event in Event:
        enter(made, int(event), APRIL)
        prove(made, int(event), date(2010, 8, 1), event=event)
    rows = proven_occasions(made).row.tolist()
    assert rows == [Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION]
    assert found(made, TWELVE, APRIL) == (len(Event), 3, 3)


def test_proven_occasions_come_by_person_and_day_of_offence(made):
    prove(made, 5, date(2010, 3, 1))
    prove(made, 2, date(2010, 9, 1), offences=4, disposal=Disposal.CUSTODY)
    prove(made, 2, date(2010, 6, 1), days=200, event=Event.CAUTION, disposal=Disposal.CUSTODY)
    proven = proven_occasions(made)
    assert proven.row.tolist() == [2, 2, 5]
    assert proven.offence_day.tolist() == [day_of(date(2010, m, 1)) for m in (6, 9, 3)]
    assert (proven.proof_day - proven.offence_day).tolist() == [200, 60, 60]
    assert proven.offences.tolist() == [1, 4, 1]
    assert proven.is_custody.tolist() == [False, True, False], "a caution is no custody"


def test_a_person_counts_once_in_a_cohort_by_the_first_event(made):
    """The second event of the quarter is followed by two reoffences, the first by one alone."""
    enter(made, 7, date(2010, 6, 20))
    enter(made, 7, date(2010, 4, 10))
    prove(made, 7, date(2010, 5, 1))
    prove(made, 7, date(2011, 5, 1), offences=2)
    assert found(made, THREE, APRIL) == (1, 1, 1)
    assert found(made, TWELVE, APRIL) == (1, 1, 1)


def test_the_two_estimators_count_the_same_log_each_in_its_own_way(made):
    enter(made, 7, date(2010, 4, 10))
    enter(made, 7, date(2010, 8, 10))
    enter(made, 8, date(2010, 8, 20))
    prove(made, 7, date(2011, 5, 1))
    july = date(2010, 7, 1)
    assert found(made, THREE, APRIL) == (1, 0, 0)
    assert found(made, THREE, july) == (2, 1, 1)
    assert found(made, TWELVE, APRIL) == (2, 0, 0), "the first event of the year, and its year is over"
    assert found(made, TWELVE, july) == (2, 1, 1)


def test_a_cohort_of_any_quarter_runs_three_or_twelve_months(made):
    enter(made, 1, APRIL)
    enter(made, 2, date(2010, 6, 30))
    enter(made, 3, date(2010, 7, 1))
    enter(made, 4, date(2011, 3, 31))
    enter(made, 5, date(2011, 4, 1))
    assert found(made, THREE, APRIL)[0] == 2
    assert found(made, TWELVE, APRIL)[0] == 4
    assert found(made, TWELVE, date(2010, 1, 1))[0] == 3
    assert found(made, TWELVE, date(2009, 7, 1))[0] == 2


@pytest.mark.parametrize(("estimator", "start"), [(THREE, date(2012, 1, 1)), (TWELVE, date(2011, 4, 1))])
def test_cohorts_are_absent_until_follow_up_and_waiting_time_are_over(made, estimator, start):
    """Both cohorts close on 1 April 2012, a Sunday, so that their waiting time ends with a week of the model."""
    enter(made, 1, date(2012, 3, 31))
    done = date(2012, 4, 1) + timedelta(days=YEAR + WAITING)
    end(made, done)
    assert made.day == day_of(done)
    assert found(made, estimator, start) == (1, 0, 0)
    made.week -= 1
    assert found(made, estimator, start) is None


def test_a_complete_cohort_of_nobody_is_there_and_empty(made):
    enter(made, 1, date(2011, 2, 1))
    assert found(made, THREE, APRIL) == (0, 0, 0)


def test_no_cohort_takes_in_events_of_before_the_first_quarter(made):
    enter(made, 1, date(2008, 3, 31))
    enter(made, 1, date(2008, 4, 1))
    assert found(made, THREE, date(2008, 4, 1))[0] == 1
    assert min(c.start for c in cohorts(made)) == date(2008, 4, 1)


# --- groups


def test_each_disposal_group_counts_its_own_first_event(made):
    """A caution in April hides no order in May: groups are no partition."""
    enter(made, 7, date(2010, 4, 10), Disposal.CAUTION)
    enter(made, 7, date(2010, 5, 10), Disposal.COMMUNITY_ORDER)
    enter(made, 7, date(2010, 6, 10), Disposal.CUSTODY, sentence_days=100)
    prove(made, 7, date(2010, 4, 20))
    prove(made, 7, date(2010, 5, 20), offences=2)
    prove(made, 7, date(2010, 6, 20), offences=4)
    expected = {"all": 7, "disposal=custody_and_orders": 6, "disposal=court_order": 6, "disposal=community_order": 6}
    expected |= {"disposal=custody": 4, "disposal=custody_under_12m": 4}
    assert {g: found(made, TWELVE, APRIL, g) for g in expected} == {g: (1, 1, n) for g, n in expected.items()}
    assert found(made, TWELVE, APRIL, "disposal=suspended_sentence_order") == (0, 0, 0)


def test_custody_is_parted_at_twelve_months(made):
    for row, days in enumerate((30, 364, 365, 4000)):
        enter(made, row, APRIL, Disposal.CUSTODY, sentence_days=days)
    groups = disposal_groups(made.index_log)
    assert groups["disposal=custody_under_12m"].tolist() == [True, True, False, False]
    assert groups["disposal=custody_12m_plus"].tolist() == [False, False, True, True]


def test_neither_fines_nor_cautions_are_custody_or_orders(made):
    for row, disposal in enumerate(Disposal):
        enter(made, row, APRIL, disposal)
    members = disposal_groups(made.index_log)
    orders = [Disposal.COMMUNITY_ORDER, Disposal.SUSPENDED_SENTENCE_ORDER]
    assert np.flatnonzero(members["disposal=court_order"]).tolist() == orders
    assert np.flatnonzero(members["disposal=custody_and_orders"]).tolist() == [*orders, Disposal.CUSTODY]
    assert members["all"].all()


def test_columns_subdivide_everyone(made):
    people = made.people
    people.is_female[:4] = [True, False, False, False]
    people.birth_day[:4] = day_of(APRIL) - np.array([18.5, 22, 22, 70]) * 365.25
    for row, (risk, history, ogrs3) in enumerate(((Rosh.LOW, 0, 0.1), (Rosh.HIGH, 2, 0.25), (2, 3, 0.8), (2, 99, 0.9))):
        enter(made, row, APRIL, rosh=risk, previous_sanctions=history, ogrs3=ogrs3)
    prove(made, 1, date(2010, 9, 1))
    counts = {c.group: c.offenders for c in cohorts(made) if (c.estimator, c.start) == (TWELVE, APRIL)}
    assert (counts["sex=female"], counts["sex=male"]) == (1, 3)
    assert (counts["age_band=18-20"], counts["age_band=21-24"], counts["age_band=50+"]) == (1, 2, 1)
    assert (counts["rosh=low"], counts["rosh=high"]) == (1, 3)
    assert [counts.get(f"previous_sanctions_band={b}", 0) for b in BANDS] == [1, 1, 1, 0, 0, 1]
    assert [counts.get(f"ogrs_band={b}", 0) for b in ("0-24", "25-49", "50-74", "75-100")] == [1, 1, 0, 2]
    assert counts["disposal=custody_and_orders&sex=male"] == 3
    assert found(made, TWELVE, APRIL, "sex=male") == (3, 1, 1)


def test_people_whom_nobody_supervises_belong_to_no_provider(made):
    enter(made, 1, APRIL, provider=Provider.NOBODY, would_be_provider=Provider.NPS)
    enter(made, 2, APRIL, provider=Provider.TRUST, would_be_provider=Provider.CRC)
    counts = {c.group: c.offenders for c in cohorts(made) if (c.estimator, c.start) == (TWELVE, APRIL)}
    assert {g: n for g, n in counts.items() if g.startswith("provider_type")} == {"provider_type=trust": 1}
    assert (counts["would_be_provider=nps"], counts["would_be_provider=crc"]) == (1, 1)
    assert counts["disposal=community_order&would_be_provider=nps"] == 1
    assert "disposal=community_order&sex=male" not in counts


def test_some_groups_alone_are_counted_as_a_whole(made):
    enter(made, 1, APRIL, Disposal.CUSTODY, sentence_days=100)
    wanted = ("all", "disposal=custody")
    assert {c.group for c in cohorts(made, groups=wanted)} == set(wanted)
    assert found(made, TWELVE, APRIL, "disposal=custody", groups=wanted) == (1, 0, 0)


def test_events_left_out_are_as_if_they_had_not_been(made):
    enter(made, 1, date(2010, 4, 10))
    enter(made, 1, date(2010, 5, 10))
    enter(made, 2, date(2010, 5, 10))
    prove(made, 1, date(2010, 4, 20))
    assert found(made, TWELVE, APRIL) == (2, 1, 1)
    assert found(made, TWELVE, APRIL, people=np.array([False, True, True])) == (2, 0, 0)
    assert found(made, TWELVE, APRIL, people=np.array([True, True, False])) == (1, 1, 1)


# --- rates


def test_rates_are_ratios_of_counts():
    cohort = Cohort(TWELVE, APRIL, "all", 200, 50, 150)
    assert (cohort.binary_rate, cohort.frequency, cohort.reoffences_per_100) == (0.25, 3.0, 75.0)


def test_nothing_is_divided_by_nobody():
    empty, idle = Cohort(TWELVE, APRIL, "all", 0, 0, 0), Cohort(TWELVE, APRIL, "all", 10, 0, 0)
    assert (empty.binary_rate, empty.frequency, empty.reoffences_per_100) == (None, None, None)
    assert (idle.binary_rate, idle.frequency, idle.reoffences_per_100) == (0.0, None, 0.0)


def test_quarters_start_on_four_days_of_the_year():
    starts = measures.quarter_starts(date(2010, 2, 1), date(2011, 4, 1))
    expected = [date(2010, 4, 1), date(2010, 7, 1), date(2010, 10, 1), date(2011, 1, 1), date(2011, 4, 1)]
    assert starts == expected


# --- occasions


def test_occasions_are_counted_by_the_history_before_each(made):
    """Four sanctions at the end, two of them in the log: two and three came before."""
    made.people.sanctions[:2] = [4, 1]
    prove(made, 0, date(2010, 6, 1), disposal=Disposal.CUSTODY)
    prove(made, 1, date(2010, 6, 1), event=Event.CAUTION)
    prove(made, 0, date(2010, 3, 1))
    made.log.keep(np.argsort(made.log.day, kind="stable"))
    expected = np.zeros((len(Disposal), len(BANDS)))
    expected[Disposal.FINE, BANDS.index("1-2")] = 1
    expected[Disposal.CUSTODY, BANDS.index("3-6")] = 1
    expected[Disposal.CAUTION, BANDS.index("0")] = 1
    counts = occasions(made, date(2010, 1, 1), date(2011, 1, 1))
    assert counts * made.size == pytest.approx(expected)


def test_a_joined_conviction_is_no_occasion_of_its_own(made):
    prove(made, 0, date(2010, 6, 1))
    prove(made, 0, date(2010, 6, 2), event=Event.JOINED_CONVICTION)
    prove(made, 0, date(2010, 6, 3), event=Event.NO_PROOF)
    assert occasions(made, date(2010, 1, 1), date(2011, 1, 1)).sum() * made.size == pytest.approx(1)


def test_occasions_are_those_of_the_period_by_the_day_of_proof(made):
    for proof in (date(2009, 12, 31), date(2010, 1, 1), date(2010, 12, 31), date(2011, 1, 1)):
        prove(made, 0, proof - timedelta(days=60))
    made.people.sanctions[0] = 4
    counts = occasions(made, date(2010, 1, 1), date(2011, 1, 1)) * made.size
    assert counts[Disposal.FINE].tolist() == pytest.approx([0, 2, 0, 0, 0, 0]), "one and two came before"


def test_occasions_are_those_of_the_whole_country(made):
    prove(made, 0, date(2010, 6, 1))
    one = occasions(made, date(2010, 1, 1), date(2011, 1, 1)).sum()
    made.size /= 2
    assert occasions(made, date(2010, 1, 1), date(2011, 1, 1)).sum() == pytest.approx(2 * one)


# --- a whole run


@pytest.fixture(scope="module")
def lived():
    """A small world to the end of 2012."""
    return world("pre_reform", date(2012, 12, 31), scale=0.02, seed=4)


BELONGS = {
    "all": lambda disposal, days: True,
    "disposal=custody_and_orders": lambda disposal, days: disposal >= Disposal.COMMUNITY_ORDER,
    "disposal=custody_under_12m": lambda disposal, days: disposal == Disposal.CUSTODY and days < YEAR,
    "disposal=suspended_sentence_order": lambda disposal, days: disposal == Disposal.SUSPENDED_SENTENCE_ORDER,
}


def reoffences_by_hand(model):
    """Return, for each index event, its number of proven reoffences: one loop, no table."""
    log, index, record = model.log, model.index_log, {}
    for k in range(len(log)):
        if log.event[k] in (Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION):
            offences = (int(log.value[k]) >> 8) & 255
            record.setdefault(int(log.row[k]), []).append((int(log.cause_day[k]), int(log.day[k]), offences))
    return [
        sum(
            n
            for offence, proof, n in record.get(int(row), ())
            if 0 <= offence - day < YEAR and proof - day < YEAR + WAITING
        )
        for row, day in zip(index.row, index.day.tolist(), strict=True)
    ]


def by_hand(model, reoffences, group, first, last):
    """Return (offenders, reoffenders, reoffences) of those who enter from one day to before another."""
    index, counted = model.index_log, {}
    for k in np.argsort(index.day, kind="stable"):
        if first <= index.day[k] < last and BELONGS[group](index.disposal[k], index.sentence_days[k]):
            counted.setdefault(int(index.row[k]), reoffences[k])
    return len(counted), sum(n > 0 for n in counted.values()), sum(counted.values())


def test_the_cohorts_of_a_run_are_those_of_a_plain_count(lived):
    reoffences = reoffences_by_hand(lived)
    compared = 0
    for c in cohorts(lived):
        if c.group in BELONGS:
            months = 12 if c.estimator == TWELVE else 3
            after_it = date(c.start.year + (c.start.month + months - 1) // 12, (c.start.month + months - 1) % 12 + 1, 1)
            expected = by_hand(lived, reoffences, c.group, day_of(c.start), day_of(after_it))
            assert (c.offenders, c.reoffenders, c.reoffences) == expected, c
            compared += c.offenders > 0
    assert compared > 60


def test_every_column_subdivides_its_group_in_a_run(lived):
    rows = [c for c in cohorts(lived) if c.estimator == TWELVE]
    whole = {(c.start, c.group): c for c in rows if c.group.rpartition("&")[2].split("=")[0] in ("all", "disposal")}
    for column in ("sex", "age_band", "previous_sanctions_band", "ogrs_band", "offence_group", "rosh", "area"):
        for group, prefix in (("all", ""), ("disposal=custody_and_orders", "disposal=custody_and_orders&")):
            for start in {c.start for c in rows}:
                parts = [c for c in rows if c.start == start and c.group.startswith(f"{prefix}{column}=")]
                mine = whole[start, group]
                sums = [sum(getattr(c, n) for c in parts) for n in ("offenders", "reoffenders", "reoffences")]
                assert sums == [mine.offenders, mine.reoffenders, mine.reoffences]


def test_occasions_of_a_run_are_its_cautions_and_convictions(lived):
    first, last = date(2010, 1, 1), date(2011, 1, 1)
    log = lived.log
    proven = log.of(Event.CAUTION, Event.CONVICTION)
    inside = (log.day[proven] >= day_of(first)) & (log.day[proven] < day_of(last))
    counts = occasions(lived, first, last) * lived.size
    assert counts.sum() == pytest.approx(inside.sum())
    cautions = (log.event[proven] == Event.CAUTION) & inside
    assert counts[Disposal.CAUTION].sum() == pytest.approx(cautions.sum())
    assert counts[Disposal.CUSTODY, BANDS.index("15+")] > counts[Disposal.CUSTODY, BANDS.index("0")] > 0


def test_the_compiled_loops_are_their_twins(monkeypatch):
    model = world("post_reform", date(2011, 12, 31), scale=0.005, seed=4)
    calls = watch(monkeypatch, measures)
    assert sum(c.reoffences for c in cohorts(model)) > 0
    assert len(calls) > 0 < min(calls.values())
