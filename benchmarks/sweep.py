"""A sweep of a thousand runs on two workers and on one: ``python -m benchmarks.sweep``.

The design `thousand` runs whole on two workers; the first two hundred of its runs again in one process. Speeds are runs
a minute from the first finished task to the two-hundredth run, the same tasks in both, so that starting is left out.
Memory is what is resident in the parent and in its workers, read every second. Takes about a quarter of an hour on two
cores.
"""

import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import psutil

from experiments import sweep_store

ROOT = Path(__file__).resolve().parents[1]
FEW, ALL = 200, 1000
_ARMS = 2
_MEGABYTE = 2**20


class Seen(NamedTuple):
    """What was seen at a moment: seconds, finished runs, resident megabytes of the parent and of its workers."""

    seconds: float
    runs: int
    parent: float
    workers: tuple[float, ...]


def watch(jobs: int, runs: int, out: Path) -> list[Seen]:
    """Run the design until so many runs are finished, and return what was seen on the way."""
    command = [sys.executable, str(ROOT / "run.py"), "sweep", "thousand", "--out", str(out), "--jobs", str(jobs)]
    seen: list[Seen] = []
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        parent = psutil.Process(process.pid)
        start = time.monotonic()
        while process.poll() is None:
            finished = _ARMS * len(sweep_store.parts(out, sweep_store.RUNS))
            seen.append(Seen(time.monotonic() - start, finished, *_resident(parent)))
            if finished >= runs:
                break
            time.sleep(1)
        for child in parent.children(recursive=True):
            child.kill()
        process.kill()
    return seen


def _resident(parent: psutil.Process) -> tuple[float, tuple[float, ...]]:
    """Return the resident megabytes of a process and of the busiest processes below it."""
    try:
        below = sorted((c.memory_info().rss / _MEGABYTE for c in parent.children(recursive=True)), reverse=True)
        return parent.memory_info().rss / _MEGABYTE, tuple(below[:2])
    except psutil.Error:
        return 0.0, ()


def speed(seen: list[Seen], runs: int) -> float:
    """Return runs a minute from the first finished ones to so many."""
    first = next(s for s in seen if s.runs)
    last = next(s for s in seen if s.runs >= runs)
    return 60 * (last.runs - first.runs) / (last.seconds - first.seconds)


def at(seen: list[Seen], runs: int) -> Seen:
    """Return what was seen when so many runs were finished."""
    return next(s for s in seen if s.runs >= runs)


def lines() -> list[str]:
    """Measure, and return what was found."""
    with tempfile.TemporaryDirectory() as place:
        two = watch(2, ALL, Path(place) / "two")
        one = watch(1, FEW, Path(place) / "one")
    one_speed, two_speed = speed(one, FEW), speed(two, FEW)
    early, late = at(two, FEW), at(two, ALL - _ARMS)
    workers = [" and ".join(f"{w:.0f}" for w in s.workers) for s in (early, late)]
    said = [
        ("runs a minute, the first 200, one worker", f"{one_speed:.1f}"),
        ("the same, two workers", f"{two_speed:.1f}, {two_speed / one_speed:.2f} times"),
        ("runs a minute, all 1,000, two workers", f"{speed(two, ALL - _ARMS):.1f}"),
        ("memory of the parent at run 200, MB", f"{early.parent:.0f}"),
        ("the same at the end", f"{late.parent:.0f}, {late.parent / early.parent - 1:+.1%}"),
        ("memory of the workers at run 200, MB", workers[0]),
        ("the same at the end", workers[1]),
    ]
    return [f"{what:44}{value}" for what, value in said]


if __name__ == "__main__":
    print("\n".join(lines()))
