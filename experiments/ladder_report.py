"""What `compare --ladder` prints: a line for each rung."""

from collections.abc import Sequence

from rich.console import Console

from experiments.estimates import level, with_bounds
from experiments.ladder import EFFECTS, FIT_SCALE, FIT_SEEDS, RATES_ALONE, RUNGS, Step
from experiments.plan import Plan
from experiments.report import WIDTH, print_under

_NAME = 24
_FORM = "+.2f"


def runs(plan: Plan) -> int:
    """Return how many runs and pairs a ladder takes."""
    return len(RUNGS) * (FIT_SEEDS + len(plan.seeds))


def print_ladder(console: Console, plan: Plan, steps: Sequence[Step]) -> None:
    """Print what each part of the model adds to its fit and to the effect of the reform."""
    base, reform = plan.arms
    print_under(console, reform.name, f" against {base.name}, from the plainest model up")
    console.print(
        f"  where   {plan.region.title}\n          {plan.region.caseload * plan.scale:,.0f} people supervised"
    )
    console.print(f"  when    2008 to {plan.until}; {len(plan.seeds)} paired seeds a rung\n")
    console.print(headline(steps), style="bold", width=WIDTH)
    console.print("\nFit to the record before the reform", style="italic")
    console.print(f"{'':{_NAME}}{'misfit, bars':>14}{'within':>12}")
    console.print(f"{RATES_ALONE:{_NAME}}{'0 by definition':>26}")
    for step in steps:
        console.print(f"{step.name:{_NAME}}{step.misfit:14.2f}{f'{step.within} of {step.targets}':>12}")
    for name in EFFECTS:
        console.print(f"\nChange under the reform: {name}", style="italic")
        console.print(f"{'':{_NAME}}{'change':>26}{'adds to the rung below':>28}")
        console.print(f"{RATES_ALONE:{_NAME}}{'0 by definition':>26}")
        for step in steps:
            effect, added = (with_bounds(values[name], _FORM) for values in (step.effects, step.adds))
            console.print(f"{step.name:{_NAME}}{effect:>26}{added:>28}")
    console.print(
        "\nmisfit: root of the mean squared distance from what calibration is set against, in bars; the whole country "
        f"at scale {FIT_SCALE:g}, {FIT_SEEDS} seeds, the level of each rung put right by one number. Intervals: 95%, "
        "paired seeds, chance alone. What a part adds depends on the order in which parts come.",
        style="dim",
        width=WIDTH,
    )


def headline(steps: Sequence[Step]) -> str:
    """Say in a sentence which part carries most of the effect on reoffending, and which most of that on recalls."""
    carried = []
    for name, what in (("reoffending, points", "reoffending"), ("recalls, percent", "recalls")):
        most = max(steps, key=lambda step: abs(level(step.adds[name]) or 0.0))
        carried.append(
            f"Most of the change of {what} comes in with: {most.name} ({with_bounds(most.adds[name], _FORM)})."
        )
    return " ".join(carried)
