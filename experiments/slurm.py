"""Run a sweep on workers that Slurm starts: ``python -m experiments.slurm WORKERS DESIGN OUT [--stand-in]``.

It asks Slurm for so many jobs of one core through dask-jobqueue (extra `hpc`), and lets ``run.py sweep --cluster`` join
them; jobs that die are asked for again, and when the sweep ends, they end. What your Slurm wants to be told - queue,
project, memory, wall time, modules to load - stands in ``~/.config/dask/jobqueue.yaml``, see docs/cluster.md.
`--stand-in` starts the same jobs on this machine, without Slurm.
"""

import shlex
import subprocess
import sys
from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
MEMORY = "2 GB"
"""Of each job, unless the configuration says otherwise: enough for one contract area at 1:1."""
ENVIRONMENT = {"PYTHONPATH": str(ROOT), "DASK_DISTRIBUTED__WORKER__PROFILE__ENABLED": "False"}
"""Of each job of Slurm: where the code is, and that nobody looks a hundred times a second at what a worker does."""


def cluster(workers: int, *, stand_in: bool) -> AbstractContextManager[Any]:
    """Return a cluster whose workers find the project's code; each job has one core and one worker."""
    import dask

    memory = dask.config.get("jobqueue.slurm.memory", None) or MEMORY
    options: dict[str, Any] = {"cores": 1, "processes": 1, "memory": memory}
    options["scheduler_options"] = {"dashboard_address": ":0"}
    if stand_in:
        from dask_jobqueue.local import LocalCluster

        made: Any = LocalCluster(**options)
    else:
        from dask_jobqueue import SLURMCluster

        own = dask.config.get("jobqueue.slurm.job-script-prologue", [])
        exports = [f"export {name}={shlex.quote(value)}" for name, value in ENVIRONMENT.items()]
        made = SLURMCluster(job_script_prologue=[*own, f"cd {shlex.quote(str(ROOT))}", *exports], **options)
    made.adapt(minimum_jobs=workers, maximum_jobs=workers)
    return made


def main(arguments: Sequence[str]) -> int:
    """Start the workers, run the sweep, end them; return how the sweep ended."""
    given = [a for a in arguments if a != "--stand-in"]
    if len(given) != 3 or not given[0].isdecimal() or int(given[0]) < 1:
        print("experiments.slurm: give WORKERS DESIGN OUT, such as 50 thousand out/thousand", file=sys.stderr)
        return 2
    try:
        import dask_jobqueue  # noqa: F401
    except ImportError:
        print(
            'experiments.slurm needs the extra "hpc": uv run --extra hpc python -m experiments.slurm', file=sys.stderr
        )
        return 2
    workers, design, out = given
    with cluster(int(workers), stand_in="--stand-in" in arguments) as made:
        run = [sys.executable, str(ROOT / "run.py"), "sweep", design, "--out", out]
        return subprocess.run([*run, "--cluster", made.scheduler_address], check=False).returncode


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
