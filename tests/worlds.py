"""Small worlds for the tests, and ways to look at what happened in them."""

import os
import subprocess
import sys
from datetime import date
from pathlib import Path

import numpy as np

import sim
from sim.clock import day_of
from sim.events import Event
from sim.legal_status import is_on_caseload
from sim.model import ProbationModel
from sim.offenders import COLUMNS

SIM = Path(sim.__file__).resolve().parent
ROOT = SIM.parent
SCALE = 0.05
"""About a thousand people supervised."""
END = date(2019, 12, 31)
LEVERS = (
    "risk_split",
    "charity_supply_chain",
    "payment_by_results",
    "private_providers",
    "rehabilitation_activity_requirement",
    "short_sentence_supervision",
    "through_the_gate",
    "contract_variation",
    "hdc_widened",
)


def world(scenario="post_reform", until=None, *, scale=SCALE, seed=1, register=None):
    """Return a world that has lived until a date; until day 0 where none is given."""
    model = ProbationModel(scenario, scale=scale, seed=seed, register=register)
    if until is not None:
        model.live_until(day_of(until))
    return model


def later(model, *, weeks, timeline=None, **settings):
    """Return a copy of a world that lives some weeks more, under changed settings (dots written as two underscores)."""
    twin = model.fork(timeline or model.timeline)
    for key, value in settings.items():
        twin.register = twin.register.with_setting(key.replace("__", "."), str(value))
    twin.people.offence_bound[twin.people.offence_bound > 0] = 2**32 - 1
    for _ in range(weeks):
        twin.step()
    return twin


def since(model, day, *kinds):
    """Return the positions of events of these kinds from a day on."""
    found = model.log.of(*kinds)
    return found[model.log.day[found] >= day]


def count(model, day, *kinds):
    """Count events of these kinds from a day on."""
    return len(since(model, day, *kinds))


def events(model, *, without=()):
    """Return the log as sorted rows (day, event, person, value, cause), some kinds left out; shape (n, 5)."""
    log = model.log
    kept = ~np.isin(log.event, [int(e) for e in without])
    rows = np.stack(
        [log.day, log.event, model.people.person[log.row], log.value, log.cause_day], axis=1, dtype=np.int64
    )[kept]
    return rows[np.lexsort(rows.T)]


def differing_columns(one, other):
    """Return the names of the columns of people in which two worlds differ, whatever rows people stand in."""
    return [n for n in COLUMNS if not np.array_equal(by_number(one, n), by_number(other, n))]


def by_number(model, name):
    """Return a column of people in the order of their numbers."""
    return getattr(model.people, name)[np.argsort(model.people.person)]


def on_caseload(model, rows):
    """Say of each of these rows whether the law puts the person on a caseload today."""
    columns = ("status", "sentence_days", "is_supervised_short", "sentence_end_day", "licence_end_day")
    known = zip(*(getattr(model.people, name)[rows].tolist() for name in columns), strict=True)
    return np.array([is_on_caseload.py_func(model.day, *person) for person in known], bool)


def halves(model):
    """Return (one, other, half tie of the one) of every tie, as arrays."""
    half = model.ties.half
    return half["peer"][1::2].astype(int), half["peer"][::2].astype(int), half[::2]


def prison_spells(model):
    """Return (row, day in, day out) of every spell in prison that the log closes: custody, recall and committal."""
    log = model.log
    out = log.of(Event.RELEASE, Event.RE_RELEASE)
    closed = np.stack([log.row[out], log.cause_day[out], log.day[out]], axis=1)
    held = log.of(Event.COMMITTAL)
    committed = np.stack([log.row[held], log.day[held], log.day[held] + log.value[held]], axis=1)
    return np.concatenate([closed, committed])


def in_subprocess(code, *, root=ROOT, **environment):
    """Run a piece of Python in a process of its own and return what it prints."""
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=root,
        env={**os.environ, "PYTHONPATH": str(root), **environment},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    return done.stdout.strip()
