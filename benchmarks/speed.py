"""Measure what the README says about speed, and write it there: ``python benchmarks/speed.py [--write]``.

Machines differ and are noisy: one run of each, in a process of its own, compiled code warm.
"""

import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import date
from pathlib import Path
from types import ModuleType, SimpleNamespace
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import sim.model
from sim.clock import day_of
from sim.model import ProbationModel

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
START, END = "<!-- measured: python benchmarks/speed.py --write -->", "<!-- end -->"


def measure(*arguments: str) -> dict[str, Any]:
    """Run a command of `run.py` with ``--json`` and return its object."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, str(ROOT / "run.py"), *arguments, "--json", "--out", f"{folder}/out"]
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
        found: dict[str, Any] = json.loads(done.stdout)
        return found


def table() -> str:
    """Measure and return the figures as a Markdown table."""
    measure("run", "post_reform", "--scale", "0.01", "--until", "2008-06-30")
    compare = measure("compare")
    here = measure("run", "post_reform")
    nation = measure("run", "post_reform", "--region", "england_wales")
    rows = [
        ("`compare`, 20 seeds, both arms, Staffordshire and West Midlands 1:1", f"{compare['seconds']:.0f} s"),
        ("one run, Staffordshire and West Midlands 1:1", _cost(here)),
        ("one run, England and Wales 1:1", _cost(nation)),
        ("memory of the England and Wales run, at its peak", f"{nation['peak_megabytes'] / 1000:.1f} GB"),
    ]
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    lines = ["| what | measured |", "|---|---|", *(f"| {name} | {value} |" for name, value in rows)]
    where = (
        f"{platform.machine()}, {cores} cores, Python {platform.python_version()}; one run each, compiled code warm."
    )
    return "\n".join(
        [*lines, "", f"Measured on {where}", "", "Where the time of one run goes:", "", where_the_time_goes()]
    )


def where_the_time_goes() -> str:
    """Time each process of the week over one run of the default region and return the shares as a Markdown table."""
    seconds: Counter[str] = Counter()
    ProbationModel("post_reform", scale=0.01).live_until(400)
    week = sim.model.WEEK
    sim.model.WEEK = tuple(_timed(process, seconds) for process in week)  # type: ignore[assignment]
    try:
        model = ProbationModel("post_reform")
        start = time.perf_counter()
        model.live_until(day_of(date(2020, 1, 1)))
        seconds["the rest: who is who, weekly counts, the docket"] = time.perf_counter() - start - seconds.total()
    finally:
        sim.model.WEEK = week
    lived = model.weekly.series("tracked").sum()
    rows = [
        f"| {name} | {100 * s / seconds.total():.0f} % | {1e9 * s / lived:.1f} |" for name, s in seconds.most_common()
    ]
    return "\n".join(["| process | share of the time | ns for each tracked person and week |", "|---|---|---|", *rows])


def _timed(process: ModuleType, seconds: Counter[str]) -> SimpleNamespace:
    """Return a process whose seconds are added up under its name, from day 0 on."""

    def step(model: ProbationModel) -> None:
        start = time.perf_counter()
        process.step(model)
        seconds[f"`{process.__name__.rpartition('.')[2]}`"] += (time.perf_counter() - start) * (model.week >= 0)

    return SimpleNamespace(step=step)


def _cost(run: dict[str, Any]) -> str:
    """Return seconds and nanoseconds for each tracked person and week."""
    return f"{run['seconds']:.1f} s, {run['nanoseconds_per_person_week']:.0f} ns for each tracked person and week"


def main() -> None:
    """Print the table, or write it between the README's markers."""
    made = table()
    print(made)
    if "--write" in sys.argv[1:]:
        text = README.read_text(encoding="utf-8")
        before, rest = text.split(START)
        _, after = rest.split(END, 1)
        README.write_text(f"{before}{START}\n{made}\n{END}{after}", encoding="utf-8")


if __name__ == "__main__":
    main()
