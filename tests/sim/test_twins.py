"""Below the processes, too, every compiled loop is its twin in Python: watched while a tiny world lives some weeks.

The draws have tests of their own.
"""

import importlib

import numpy as np
import pytest

from sim.legal_status import VISIT, raised
from sim.model import ProbationModel
from sim.processes import allocation
from tests.twins import watch

MODULES = (
    *("assessment", "distributions", "docket", "imprisonment", "legal_status", "model", "offenders", "order"),
    *("ogrs", "population", "providers", "sentencing"),
)
WEEKS = 5
CALLED_BY_LOOPS_ALONE = {"is_on_caseload", "rosh_at", "by_risk", "score", "log_uniform", "tilt_within", "raised"}


def live(module, monkeypatch):
    """Watch a module while a world is laid down, runs in and lives; return the calls of its loops."""
    ProbationModel("post_reform", scale=0.002).step()  # so that the loops are compiled
    calls = watch(monkeypatch, module)
    model = ProbationModel("post_reform", scale=0.002, seed=5)
    for lever in ("risk_split", "short_sentence_supervision"):
        model.timeline = model.timeline.with_lever_setting(lever, "2008-01-08")
    for _ in range(WEEKS):
        model.step()
    assert len(model.log) > 0
    return calls


@pytest.mark.parametrize("name", MODULES)
def test_every_compiled_loop_of_a_module_is_its_twin(name, monkeypatch):
    calls = live(importlib.import_module(f"sim.{name}"), monkeypatch)
    assert calls
    assert [loop for loop, number in calls.items() if not number and loop not in CALLED_BY_LOOPS_ALONE] == []


@pytest.mark.parametrize("bound", [0, 1, 1000, 2**31, VISIT])
@pytest.mark.parametrize("factor", [0.5, 1.0, 1.3, 7.0])
def test_the_raised_bound_which_loops_of_other_modules_ask_for_is_its_twin(bound, factor):
    found = raised(np.uint32(bound), factor)
    assert found == raised.py_func(np.uint32(bound), factor)
    assert found >= min(bound * factor, VISIT) * (bound > 0)


@pytest.mark.parametrize(
    ("name", "loops"),
    [
        ("officers", ["assign_least_loaded"]),
        ("workload", ["clear", "add_case", "tier_of", "fill_weights", "share_cut"]),
    ],
)
def test_what_allocation_asks_of_officers_and_workload_is_its_twin(name, loops, monkeypatch, mid_2016):
    """Its own loops run in Python here, so that what they call is seen."""
    module = importlib.import_module(f"sim.{name}")
    calls = watch(monkeypatch, module)
    for loop in loops:
        monkeypatch.setattr(allocation, loop, getattr(module, loop))
    for loop in ("_look_over", "_reweigh"):
        monkeypatch.setattr(allocation, loop, getattr(allocation, loop).py_func)
    model = mid_2016.fork(mid_2016.timeline)
    with np.errstate(over="ignore"):
        for _ in range(3):
            model.step()
    assert all(calls[loop] >= 3 for loop in loops)
    assert (model.officers.cuts > 0).any()
