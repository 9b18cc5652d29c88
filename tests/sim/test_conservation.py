"""What is conserved, every week of a run to the end of 2019."""

import numpy as np

from sim.clock import DAYS_PER_WEEK, NEVER
from sim.events import Event
from sim.offenders import IN_PRISON, RECALLABLE, Status
from tests.worlds import prison_spells


def test_everyone_is_in_exactly_one_status_every_week(ledger):
    assert [int(s.sum()) for s in ledger.stocks] == ledger.sizes
    assert len(ledger.days) > 620


def test_stocks_change_by_flows_and_arrivals_alone(ledger):
    arrived = np.diff(ledger.sizes)
    for k, came in enumerate(arrived):
        moves = ledger.flows[k + 1] - ledger.flows[k]
        expected = ledger.stocks[k] + moves.sum(axis=0) - moves.sum(axis=1)
        expected[Status.FREE] += came
        assert np.array_equal(expected, ledger.stocks[k + 1]), ledger.days[k]
    assert arrived.sum() > 1000


def test_officers_caseloads_are_the_people_who_name_them(ledger):
    assert sum(ledger.wrong_caseloads) == 0
    assert ledger.model.officers.caseload.sum() > 500


def test_nobody_is_supervised_by_another_organisation_or_area_than_their_officer(ledger):
    assert sum(ledger.wrong_offices) == 0


def test_pending_cases_are_those_on_the_docket(ledger):
    assert sum(ledger.wrong_cases) == 0
    assert ledger.model.people.pending_cases.sum() > 0


def test_nothing_on_the_docket_is_overdue(ledger):
    assert sum(ledger.overdue_entries) == 0


def test_nobody_who_has_left_comes_back(ledger):
    assert ledger.model.people.flows[Status.LEFT].sum() == 0
    assert ledger.model.people.flows[:, Status.LEFT].sum() > 100


def test_people_leave_from_liberty_alone(ledger):
    into = ledger.model.people.flows[:, Status.LEFT].copy()
    into[Status.FREE] = 0
    assert into.sum() == 0


def test_nobody_offends_in_prison(ledger):
    """No detected offence falls on a day strictly inside a spell in prison."""
    log = ledger.model.log
    spells = prison_spells(ledger.model)
    offences = log.of(Event.OFFENCE)
    by_row = {}
    for row, day_in, day_out in spells.tolist():
        by_row.setdefault(row, []).append((day_in, day_out))
    inside = [
        (int(log.row[k]), int(log.day[k]), spell)
        for k in offences
        for spell in by_row.get(int(log.row[k]), ())
        if spell[0] < log.day[k] < spell[1]
    ]
    assert len(spells) > 1000
    assert inside == []


def test_nobody_offends_before_arriving_or_after_leaving(ledger):
    log, people = ledger.model.log, ledger.model.people
    left = np.full(len(people), NEVER)
    gone = log.of(Event.LEFT)
    left[log.row[gone]] = log.day[gone]
    found = log.of(Event.OFFENCE)
    assert (log.day[found] <= left[log.row[found]]).all()
    assert (log.day[found] >= people.arrival_week[log.row[found]].astype(int) * DAYS_PER_WEEK).all()


def test_every_offence_comes_to_one_end_or_is_pending(ledger):
    """Offences of the run are resolved once: no proof, caution, conviction, joined conviction, or still waiting."""
    log, people = ledger.model.log, ledger.model.people
    key = people.person.astype(np.int64) * 10_000
    offence = log.of(Event.OFFENCE)
    made = key[log.row[offence]] + log.day[offence]
    ends = log.of(Event.NO_PROOF, Event.CAUTION, Event.CONVICTION, Event.JOINED_CONVICTION)
    ends = ends[log.cause_day[ends] >= 0]
    ended = key[log.row[ends]] + log.cause_day[ends]
    assert len(np.unique(ended)) == len(ended)
    assert len(np.unique(made)) == len(made)
    assert np.isin(ended, made).all()
    assert len(made) == len(ended) + people.pending_cases[:].sum()


def test_events_fall_in_the_week_in_which_they_are_recorded_or_end_a_term_of_the_week_before(ledger):
    """Terms that run out between two Mondays are ended on the next; nothing else is dated back."""
    log = ledger.model.log
    assert (log.day < ledger.model.day).all()
    terms = ("LEFT", "SUPERVISION_END", "SUPERVISION_START")
    assert [e for e in ledger.out_of_week if e[0] not in terms and e[1] < e[2] - 7] == []
    assert [e for e in ledger.out_of_week if e[1] > e[2]] == []


def test_no_spell_in_prison_ends_before_it_begins(ledger):
    spells = prison_spells(ledger.model)
    assert spells[spells[:, 2] < spells[:, 1]].tolist() == []


def test_contacts_kept_are_among_those_due(ledger):
    people, weekly = ledger.model.people, ledger.model.weekly
    assert (people.contacts_kept <= people.contacts_due).all()
    assert (weekly.series("contacts_kept") <= weekly.series("contacts_due")).all()
    assert weekly.series("contacts_kept").sum() > 10_000


def test_weekly_stocks_are_the_people_themselves(ledger):
    weekly = ledger.model.weekly
    assert weekly.series("custody_population")[-1] == ledger.stocks[-1][list(IN_PRISON)].sum()
    assert weekly.series("recall_population").tolist() == [s[Status.RECALLED] for s in ledger.stocks[1:]]
    assert weekly.series("tracked").tolist() == [s.sum() - s[Status.LEFT] for s in ledger.stocks[1:]]
    by_provider = sum(weekly.series("caseload", f"provider_type={p}") for p in ("trust", "nps", "crc"))
    waiting = weekly.series("caseload") - by_provider
    assert waiting.min() >= 0, "those who came under supervision this week have no officer yet"
    assert waiting.mean() < 0.01 * by_provider.mean()
    assert by_provider[-1] == ledger.model.officers.caseload.sum()


def test_weekly_flows_add_up_to_the_log(ledger):
    weekly, log = ledger.model.weekly, ledger.model.log
    for measure, event in (("recalls", Event.RECALL), ("convictions", Event.CONVICTION), ("breaches", Event.BREACH)):
        assert weekly.series(measure).sum() == len(log.of(event)) > 50
    by_length = [weekly.series("recalls", f"disposal=custody_{g}").sum() for g in ("under_12m", "12m_plus")]
    assert sum(by_length) == weekly.series("recalls").sum()
    kinds = [weekly.series("recalls", f"kind={k}").sum() for k in ("fixed_term", "standard", "curfew")]
    assert sum(kinds) == weekly.series("recalls").sum()


def test_only_people_on_licence_or_curfew_are_recalled(ledger):
    into = ledger.model.people.flows[:, Status.RECALLED].copy()
    assert into[list(RECALLABLE)].min() > 0
    into[list(RECALLABLE)] = 0
    assert into.sum() == 0


def test_only_people_on_supervision_after_a_short_sentence_are_committed(ledger):
    into = ledger.model.people.flows[:, Status.COMMITTAL].copy()
    assert into[Status.POST_SENTENCE_SUPERVISION] > 0
    into[[Status.POST_SENTENCE_SUPERVISION, Status.YOUNG_OFFENDER_SUPERVISION]] = 0
    assert into.sum() == 0


def test_only_charged_people_at_liberty_are_remanded(ledger):
    assert ledger.model.people.flows[list(IN_PRISON), Status.REMAND].sum() == 0


def test_nobody_leaves_an_indeterminate_sentence_but_on_licence(ledger):
    out = ledger.model.people.flows[Status.INDETERMINATE].copy()
    assert out[Status.LICENCE] == out.sum() > 0
