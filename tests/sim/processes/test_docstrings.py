"""Every process writes and draws what its docstring says, and nothing else: watched through years of a small world."""

import re
from collections import defaultdict
from copy import deepcopy
from dataclasses import dataclass, field

import numpy as np
import pytest

from sim.clock import DAYS_PER_WEEK
from sim.docket import Stage
from sim.draws import Draws
from sim.model import WEEK
from sim.offenders import COLUMNS, Status
from tests.worlds import later

WEEKS = 104
HEADINGS = ("Reads", "Writes", "Draws")
PHRASES = {
    "status columns": {"status", "status_since_day", "status_end_day"},
    "supervisor columns": {"provider", "officer"},
    "sentence columns": {
        "sentence_days",
        "conditional_release_day",
        "sentence_end_day",
        "is_supervised_short",
        "is_for_breach",
    },
    "order columns": {
        "order_end_day",
        "order_disposal",
        "suspended_day",
        "suspended_end_day",
        "suspended_days",
        "suspended_offence_day",
        "is_rar",
    },
    "history columns": {
        *("sanctions", "last_sanction_day", "first_sanction_day", "offence_day", "offence_group"),
        *("ogrs_offence", "is_last_caution", "last_disposal", "needs_assessed"),
    },
    "follow-up columns": {"ogrs3", "follow_up_day", "is_from_custody", "offence_bound", "has_full_grant"},
}
"""What stands for several columns of people under Writes."""
TABLES = {
    "new rows": "new rows",
    "the docket": "docket",
    "officers' caseloads": "officers",
    "ties": "ties",
    "charities' cases": "cases",
    "the ledger": "ledger",
    "providers": "providers",
    "charities": "charities",
}
"""What stands there for something else than columns of people."""
STREAMS_OF_OTHERS = {
    "population.draw_people": {
        "needs.first",
        *(f"population.{name}" for name in ("history", "age", "first_age", "area", "ogrs_offence", "phase")),
    }
}
WATCHED = ("people", "docket", "officers", "ties", "cases", "ledger")
AGENTS = ("providers", "charities")
BY_NAME = pytest.mark.parametrize("process", WEEK, ids=lambda process: process.__name__.rpartition(".")[2])


@dataclass
class Watched:
    """What each process was seen to do, by its module."""

    columns: dict = field(default_factory=lambda: defaultdict(set))
    tables: dict = field(default_factory=lambda: defaultdict(set))
    streams: dict = field(default_factory=lambda: defaultdict(set))


def columns_of(table):
    """Return copies of the columns of a table."""
    return {name: getattr(table, name).copy() for name in table.columns}


def changed(table, before):
    """Return the columns that differ in the rows that were there, and whether rows were added."""
    rows = len(next(iter(before.values())))
    return {c for c, old in before.items() if not np.array_equal(getattr(table, c)[:rows], old)}, len(table) > rows


def agents_of(model, name):
    """Return copies of what agents have, in their order, without the model."""
    return [deepcopy({k: v for k, v in vars(a).items() if k != "model"}) for a in getattr(model, name)]


def differ(one, other):
    """Say whether agents have not the same as others."""
    try:
        np.testing.assert_equal(one, other)
    except AssertionError:
        return True
    return False


def live(process, step, model, seen):
    """Let a process live its week, and write down what it changed."""
    before = {name: columns_of(getattr(model, name)) for name in WATCHED}
    agents = {name: agents_of(model, name) for name in AGENTS}
    step(model)
    seen.tables[process] |= {name for name in AGENTS if differ(agents[name], agents_of(model, name))}
    columns, has_new_rows = changed(model.people, before["people"])
    seen.columns[process] |= columns
    seen.tables[process] |= {"new rows"} if has_new_rows else set()
    for name in WATCHED[1:]:
        if changed(getattr(model, name), before[name]) != (set(), False):
            seen.tables[process].add(name)


def end_orders_just_before_decisions(model):
    """Let the orders of people who are cautioned or heard this week end on its Tuesday: rare, but it happens."""
    people, docket = model.people, model.docket
    rows = docket.row[docket.due(model.day + DAYS_PER_WEEK, Stage.CAUTION, Stage.HEARING)]
    rows = rows[np.isin(people.status[rows], (Status.COMMUNITY_ORDER, Status.SUSPENDED_SENTENCE_ORDER))]
    people.order_end_day[rows] = people.status_end_day[rows] = model.day + 1


@pytest.fixture(scope="module")
def watched(mid_2016):
    """Two years from mid-2016 with every process watched.

    Companies overclaim, so that audits are drawn, and buy some of the places, so that they may buy more or fewer.
    """
    seen, at_work = Watched(), [None]
    key = Draws.key

    def noted_key(draws, stream, occasion=0):
        seen.streams[at_work[0]].add(stream)
        return key(draws, stream, occasion)

    def step_of(process):
        step = process.step

        def watched_step(model):
            at_work[0] = process
            live(process, step, model, seen)
            at_work[0] = None

        return watched_step

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Draws, "key", noted_key)
        for process in WEEK:
            patch.setattr(process, "step", step_of(process))
        model = later(mid_2016, weeks=0, organisations__overclaim_share=0.1)
        for provider in model.providers:
            provider.places_share = 0.8
        for _ in range(WEEKS):
            end_orders_just_before_decisions(model)
            model.step()
    return seen


def under(process, heading):
    """Return what stands under a heading of a process's docstring, as one line without brackets."""
    found = re.search(rf"^{heading}: (.*?)(?=^(?:{'|'.join(HEADINGS)}): |\Z)", process.__doc__, re.M | re.S)
    return " ".join(re.sub(r"\([^)]*\)", "", found.group(1)).split()) if found else ""


def phrases(process):
    """Return the phrases under Writes."""
    return {phrase.strip() for phrase in re.split("[,;.]", under(process, "Writes")) if phrase.strip()}


def named_columns(process):
    """Return the columns of people under Writes, phrases expanded."""
    return set().union(*(PHRASES.get(phrase, {phrase}) for phrase in phrases(process))) & set(COLUMNS)


def named_streams(process):
    """Return the streams under Draws, those of others expanded."""
    names = re.findall(r"[a-z]+\.[a-z0-9_]+", under(process, "Draws"))
    return set().union(*(STREAMS_OF_OTHERS.get(name, {name}) for name in names))


@BY_NAME
def test_a_process_says_what_it_reads_writes_and_draws(process):
    assert all(under(process, heading) for heading in HEADINGS)


@BY_NAME
def test_everything_under_writes_is_a_column_or_a_known_phrase(process):
    assert phrases(process) - set(COLUMNS) - set(PHRASES) - set(TABLES) == set()


@BY_NAME
def test_a_process_writes_no_column_that_is_not_under_writes(process, watched):
    assert watched.columns[process] - named_columns(process) == set()


@BY_NAME
def test_a_process_writes_every_column_that_is_named_under_writes_by_itself(process, watched):
    """A phrase may stand for a column more than is written; a column's own name may not."""
    assert phrases(process) & set(COLUMNS) - watched.columns[process] == set()


@BY_NAME
def test_a_process_changes_the_tables_under_writes_and_no_other(process, watched):
    assert watched.tables[process] == {TABLES[phrase] for phrase in phrases(process) & set(TABLES)}


@BY_NAME
def test_a_process_draws_from_the_streams_under_draws_and_no_other(process, watched):
    assert watched.streams[process] == named_streams(process)


def test_the_watch_sees_a_change_of_one_person(mid_2016):
    people = mid_2016.fork(mid_2016.timeline).people
    before = columns_of(people)
    assert changed(people, before) == (set(), False)
    people.rosh[5] += 1
    assert changed(people, before) == ({"rosh"}, False)
    people.add(1)
    assert changed(people, before) == ({"rosh"}, True)


def test_the_watch_sees_a_change_of_one_provider_and_of_one_charity(mid_2016):
    model = mid_2016.fork(mid_2016.timeline)
    before = {name: agents_of(model, name) for name in AGENTS}
    assert not any(differ(before[name], agents_of(model, name)) for name in AGENTS)
    model.providers[-1].starts[5, 0] += 1
    model.charities[0].places += 1
    assert all(differ(before[name], agents_of(model, name)) for name in AGENTS)
