"""Kill a sweep ten times and see whether anything is lost: ``python -m benchmarks.kills [ROUNDS]``.

Each round begins a sweep of the real model anew, waits for the first finished run, kills (``kill -9``) a worker, the
scheduler of a cluster, the parent alone or the whole group at a random moment before the last, and resumes. Then the
tables, timings apart, must be those of an undisturbed sweep, byte for byte; no part unreadable; and no part that stood
before the kill written again. Prints a line for each round; ends with 1 if any of this fails.
"""

import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from experiments import sweep_store
from experiments.designs import load_design
from experiments.sweep_effects import order_of

ROOT = Path(__file__).resolve().parents[1]
ROUNDS = 10
WHOM = ("a worker", "the scheduler", "the parent alone", "the whole group")
DESIGN = """
title = "Killed and resumed"
scenarios = ["pre_reform", "post_reform"]
scale = 0.01
until = 2015-12-31
seeds = 6
[factors]
"reoffending.alliance_log_factor" = [-0.2, -0.1, 0]
"levers.through_the_gate" = ["off", 2015-05-01]
"""
_ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}
_PATIENCE = 300
_LAST, _MOMENT = 4, 1.5
"""Tasks that are left to do when a kill is due, at least, and the most seconds that it is late."""


def command(*arguments: str) -> list[str]:
    """Return a command line of the project."""
    return [sys.executable, str(ROOT / "run.py"), *arguments]


def start(arguments: list[str], log: Path) -> "subprocess.Popen[bytes]":
    """Start a process in a group of its own, what it says going to a file."""
    with log.open("ab") as file:
        return subprocess.Popen(arguments, stdout=file, stderr=file, env=_ENVIRONMENT, start_new_session=True)


def below(process: int) -> list[int]:
    """Return the processes below one, as /proc has them."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parent = int(path.read_text().rpartition(")")[2].split()[1])
        except (OSError, ValueError):
            continue
        if parent == process:
            found += [int(path.parent.name), *below(int(path.parent.name))]
    return found


def workers(process: int) -> list[int]:
    """Return the processes below one that do its work."""
    lines = {child: Path(f"/proc/{child}/cmdline") for child in below(process)}
    return [child for child, line in lines.items() if line.exists() and b"spawn_main" in line.read_bytes()]


@contextmanager
def cluster(folder: Path, log: Path) -> Iterator[tuple[str, "subprocess.Popen[bytes]"]]:
    """Give a scheduler with two workers, each started by itself; yields the scheduler file and the scheduler."""
    file = folder / "scheduler.json"
    dask = [sys.executable, "-m", "distributed.cli.dask_scheduler", "--scheduler-file", str(file), "--port", "0"]
    scheduler = start([*dask, "--no-dashboard"], log)
    worker = [sys.executable, "-m", "distributed.cli.dask_worker", "--scheduler-file", str(file)]
    made = [start([*worker, "--nthreads", "1", "--no-dashboard"], log) for _ in range(2)]
    try:
        yield str(file), scheduler
    finally:
        for process in (*made, scheduler):
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


def one_round(whom: str, folder: Path, design: Path, chance: random.Random, tasks: int) -> dict[str, object]:
    """Begin a sweep, kill soon after so many tasks are done, resume; say what was there, and how the commands ended."""
    out, log = folder / "sweep", folder / "log"
    with cluster(folder, log) as (file, scheduler):
        joined = ["--cluster", file] if whom == "the scheduler" else []
        process = start(command("sweep", str(design), "--out", str(out), *joined), log)
        deadline = time.monotonic() + _PATIENCE
        while len(sweep_store.parts(out, sweep_store.RUNS)) < tasks:
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(log.read_text())
            time.sleep(0.02)
        time.sleep(chance.uniform(0, _MOMENT))
        there = {p: p.stat().st_mtime_ns for p in sweep_store.parts(out, sweep_store.RUNS)}
        if whom == "a worker":
            os.kill(chance.choice(workers(process.pid)), signal.SIGKILL)
        elif whom == "the scheduler":
            os.killpg(scheduler.pid, signal.SIGKILL)
        elif whom == "the parent alone":
            process.kill()
        else:
            os.killpg(process.pid, signal.SIGKILL)
        ended = process.wait(_PATIENCE)
    time.sleep(1)
    left = sweep_store.held(out)
    resumed = subprocess.run(
        command("resume", str(out)), capture_output=True, text=True, env=_ENVIRONMENT, timeout=_PATIENCE, check=False
    )
    again = [p for p, stamp in there.items() if p.stat().st_mtime_ns != stamp]
    return {
        "before": len(there),
        "left": len(left.status),
        "damaged": len(left.damaged),
        "ended": ended,
        "resumed": resumed.returncode,
        "said": resumed.stderr,
        "again": len(again),
    }


def lines(rounds: int = ROUNDS) -> Iterator[str]:
    """Kill, resume and compare so many times, and say what came of it; the last line counts the good rounds."""
    chance = random.Random(20150201)
    bad = 0
    with tempfile.TemporaryDirectory() as place:
        design = Path(place) / "design.toml"
        design.write_text(DESIGN)
        found = load_design(str(design))
        whole = Path(place) / "undisturbed"
        subprocess.run(command("sweep", str(design), "--out", str(whole)), check=True, capture_output=True)
        stamps = [p.stat().st_mtime for p in sweep_store.parts(whole, sweep_store.RUNS)]
        seconds = max(stamps) - min(stamps)
        order = order_of(whole)
        sweep_store.compact(whole, order)
        wanted = tables(whole)
        yield f"undisturbed: {len(order)} runs in {len(found.tasks())} tasks, {seconds:.0f} s from first to last"
        yield f"{'killed':18} exit tasks before  runs kept unreadable done again  tables"
        for k in range(rounds):
            folder, whom = Path(place) / str(k), WHOM[k % len(WHOM)]
            folder.mkdir()
            said = one_round(whom, folder, design, chance, chance.randint(1, len(found.tasks()) - _LAST))
            sweep_store.compact(folder / "sweep", order)
            same = tables(folder / "sweep") == wanted
            bad += not (same and not said["damaged"] and not said["again"] and said["resumed"] == 0)
            counted = f"{said['before']:>13}{said['left']:>11}{said['damaged']:>11}{said['again']:>11}"
            yield f"{whom:18}{said['ended']:>5}{counted}  {'equal' if same else 'DIFFER'}"
            if said["resumed"]:
                print(said["said"], file=sys.stderr)
    yield f"{rounds - bad} of {rounds} rounds lost nothing"


def main(rounds: int) -> int:
    """Print what came of so many rounds; return 1 if anything was lost."""
    last = ""
    for last in lines(rounds):
        print(last, flush=True)
    return int(not last.startswith(f"{rounds} of"))


def tables(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every compacted table, timings apart."""
    names = [table for table in sweep_store.TABLES if table != sweep_store.TIMINGS]
    return {name: sweep_store.folder_of(folder, name).joinpath(sweep_store.COMPACTED).read_bytes() for name in names}


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if sys.argv[1:] else ROUNDS))
