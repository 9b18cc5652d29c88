"""Messages of a page: bad ones are answered by a notice, and several threads may ask at once."""

import json
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest

from tests.visualiser.results.conftest import refused
from visualiser.results import findings, folder
from visualiser.results.answers import answer
from visualiser.results.blocks import Findings
from visualiser.results.once import Once
from visualiser.results.opening import open_results

THREADS, PATIENCE = 8, 20


@pytest.mark.parametrize(
    "message",
    [
        None,
        [],
        "rows",
        {},
        {"kind": "run"},
        {"kind": "rows"},
        {"kind": "rows", "table": "runs", "limit": 0},
        {"kind": "rows", "table": "runs", "limit": 10**9},
        {"kind": "rows", "table": "runs", "offset": -1},
        {"kind": "rows", "table": "runs", "sort": "colour"},
        {"kind": "rows", "table": "runs", "filters": []},
        {"kind": "rows", "table": "runs", "path": "/etc"},
        {"kind": "picture", "name": 3},
        {"kind": "picture", "name": "x" * 10_000},
    ],
)
def test_a_message_of_no_known_form_is_answered_by_a_notice(opened, message):
    assert refused(opened, message)


def test_a_reply_bears_the_number_of_its_question(opened):
    assert answer(opened, {"kind": "tables", "n": 7})[0]["n"] == 7
    assert answer(opened, {"kind": "nonsense", "n": 8})[0]["n"] == 8


def test_every_reply_can_be_sent_as_json(opened):
    for kind in ("about", "overview", "pictures", "tables"):
        content, _ = answer(opened, {"kind": kind})
        assert content["kind"] == kind
        json.dumps(content, allow_nan=False)
    json.dumps([answer(opened, {"kind": "table", "name": name})[0] for name in opened.listed], allow_nan=False)


# several threads


def test_what_many_ask_at_once_is_worked_out_once(made, monkeypatch):
    results, start, opens, works = open_results(made[0]), Barrier(THREADS), [], []
    open_table = folder.open_table
    monkeypatch.setattr(folder, "open_table", lambda table, remedy: opens.append(table) or open_table(table, remedy))
    monkeypatch.setitem(findings._MAKERS, "compare", lambda of: works.append(of) or Findings("found"))

    def ask(_):
        start.wait(PATIENCE)
        return [answer(results, message) for message in ({"kind": "overview"}, {"kind": "table", "name": "cohorts"})]

    with ThreadPoolExecutor(THREADS) as threads:
        said = list(threads.map(ask, range(THREADS)))
    assert all(replies == said[0] for replies in said)
    assert said[0][0][0]["headline"] == "found"
    assert len(works) == 1
    assert sorted(table.name for table in opens) == sorted(results.listed)


def test_a_slow_overview_holds_up_no_other_answer(made, monkeypatch):
    results, begun, go_on = open_results(made[0]), Event(), Event()

    def slow(_results):
        begun.set()
        assert go_on.wait(PATIENCE)
        return Findings("at last")

    monkeypatch.setitem(findings._MAKERS, "compare", slow)
    with ThreadPoolExecutor(1) as thread:
        waiting = thread.submit(answer, results, {"kind": "overview"})
        assert begun.wait(PATIENCE)
        for message in ({"kind": "about"}, {"kind": "rows", "table": "cohorts"}, {"kind": "table", "name": "runs"}):
            assert answer(results, message)[0]["kind"] == message["kind"]
        assert not waiting.done()
        go_on.set()
        assert waiting.result(PATIENCE)[0]["headline"] == "at last"


def test_what_could_not_be_worked_out_is_tried_again():
    once, tries = Once(), []

    def make():
        tries.append(len(tries))
        return 1 / tries[-1]

    with pytest.raises(ZeroDivisionError):
        once.get("a", make)
    assert [once.get("a", make), once.get("a", make)] == [1.0, 1.0]
    assert tries == [0, 1]
