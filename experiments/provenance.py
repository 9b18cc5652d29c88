"""What every picture carries in its metadata: which runs, by which code, it is drawn from."""

from collections.abc import Sequence

from experiments.compare import arm_name
from experiments.plan import Plan
from experiments.tables import run_name
from experiments.worlds import Sweep
from sim.compiled import source_hash

_SHOWN_RUNS = 40


def metadata(title: str, command: str, runs: Sequence[str], seeds: Sequence[int]) -> dict[str, str]:
    """Return the metadata of a picture.

    Parameters
    ----------
    title : str
        Key of the plan or sweep.
    command : str
        The command that drew it.
    runs : sequence of str
        Names of its runs, as the tables have them; of many, the first and how many.
    seeds : sequence of int

    Returns
    -------
    dict of str to str
        Text chunks of a PNG: Title, Description, Comment and Source.
    """
    more = f" and {len(runs) - _SHOWN_RUNS:,} more" if len(runs) > _SHOWN_RUNS else ""
    return {
        "Title": title,
        "Description": f"throughgate {command}; code version {source_hash()}",
        "Source": f"code version {source_hash()}; {_seeds(seeds)}",
        "Comment": f"runs: {', '.join(runs[:_SHOWN_RUNS])}{more}",
    }


def _seeds(seeds: Sequence[int]) -> str:
    """Say which seeds."""
    ordered = sorted(seeds)
    if len(ordered) > 1 and ordered == list(range(ordered[0], ordered[-1] + 1)):
        return f"seeds {ordered[0]} to {ordered[-1]}"
    return f"seed{'s' * (len(ordered) != 1)} {', '.join(map(str, ordered))}"


def of_plan(plan: Plan, command: str) -> dict[str, str]:
    """Return the metadata of a picture of a plan's arms."""
    names = [arm_name(plan, side) for side in ("base", "reform")] if len(plan.arms) == 2 else [plan.arms[0].name]
    runs = [run_name(name, seed) for seed in plan.seeds for name in names]
    return metadata(plan.key, command, runs, plan.seeds)


def of_sweep(sweep: Sweep, command: str) -> dict[str, str]:
    """Return the metadata of a picture of a sweep's runs."""
    return metadata(sweep.key, command, sweep.runs, sweep.seeds)
