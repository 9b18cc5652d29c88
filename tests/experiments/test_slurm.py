"""The script for Slurm, with the local stand-in of dask-jobqueue in its place."""

import pandas as pd
import pytest

from experiments import slurm

pytest.importorskip("dask_jobqueue", reason='needs the extra "hpc"')

DESIGN = 'scenarios = ["pre_reform"]\nscale = 0.002\nuntil = 2009-06-30\nseeds = 3\n'


def test_jobs_of_a_stand_in_do_a_sweep(tmp_path):
    design = tmp_path / "mine.toml"
    design.write_text(DESIGN)
    assert slurm.main(["2", str(design), str(tmp_path / "out"), "--stand-in"]) == 0
    assert list(pd.read_parquet(tmp_path / "out" / "runs.parquet")["status"]) == ["done"] * 3


@pytest.mark.parametrize("given", [[], ["0", "a", "b"], ["x", "a", "b"]])
def test_what_it_is_not_given_is_asked_for(given, capsys):
    assert slurm.main(given) == 2
    assert "give WORKERS DESIGN OUT" in capsys.readouterr().err
