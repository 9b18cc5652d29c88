import multiprocessing
from contextlib import contextmanager

import pyarrow.parquet as pq
import pytest

from experiments.commands import compare
from experiments.plan import make_plan


@contextmanager
def interrupted(_total, _unit):
    """A progress whose first step meets Ctrl-C: the moment at which no worker is waited for."""

    def step():
        raise KeyboardInterrupt

    yield step


def test_ctrl_c_between_two_seeds_stops_the_workers_at_once(tmp_path):
    plan = make_plan(["pre_reform", "post_reform"], "england_wales", 0.001, range(400), "2014-12-31", [])
    before = multiprocessing.active_children()
    with pytest.raises(KeyboardInterrupt):
        compare(plan, str(tmp_path / "out"), 2, as_json=True, progress=interrupted)
    assert multiprocessing.active_children() == before
    finished = pq.read_metadata(tmp_path / "out" / "runs.parquet").num_rows  # both arms of each
    assert 2 <= finished < 200
