"""What `decompose` prints, returns and draws: each lever's share of the whole change, and what levers do together."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.ticker import MaxNLocator
from rich.console import Console
from scipy.special import stdtr

from experiments import provenance, store
from experiments.commands import Progress, tell
from experiments.compare import arm_name, warm_up
from experiments.decompose import Decomposition, Outcome, Share, players, result, run
from experiments.engine import cores
from experiments.estimates import CONFIDENCE, interval, with_bounds
from experiments.figures import COLOURS, GREY, headed, save, style
from experiments.numbers import Floats
from experiments.plan import Plan
from experiments.report import WIDTH, print_under, print_written, stdout_console
from sim.clock import date_of

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_NAME, _COLUMN = 28, 12
_WHOLE = "the whole reform"
PICTURE = "decomposition.png"


def decompose(plan: Plan, out: str | None, jobs: int, *, as_json: bool, progress: Progress) -> None:
    """Run every subset of the reform's levers, print each one's share, write the values of every world and a picture.

    Interrupted, it keeps finished seeds, and the same command goes on with them.
    """
    players(plan)  # refuses arms that do not differ, before a folder is made
    folder = store.output_folder(plan, "decompose", out)
    tell(plan)
    start = time.perf_counter()
    warm_up()
    with progress(len(plan.seeds), "seeds") as step:
        run(plan, folder, jobs or cores(), step)
    found = result(plan, folder)
    style()
    save(waterfall(found), folder / PICTURE, provenance.of_plan(plan, "decompose"))
    seconds = time.perf_counter() - start
    if as_json:
        print(json.dumps(decomposition_object(plan, found, folder, seconds)))
        return
    console = stdout_console()
    print_decomposition(console, plan, found)
    console.print(f"\n{seconds:.0f} s")
    print_written(console, folder, ["values.parquet", PICTURE])


def decomposition_object(plan: Plan, found: Decomposition, folder: Path, seconds: float) -> dict[str, Any]:
    """Return the object of `decompose --json`."""
    place = {"region": plan.region.name, "scale": plan.scale, "seeds": len(plan.seeds)}
    return {
        "base": arm_name(plan, "base"),
        "reform": arm_name(plan, "reform"),
        **place,
        "seconds": seconds,
        "out": str(folder),
        "notes": list(plan.notes),
        "players": {player: list(levers) for player, levers in found.players.items()},
        "weeks_saved": found.saved,
        "full_effect": [{**_named(o), **_valued(found.whole(o))} for o in found.outcomes],
        "levers": [{"lever": s.players[0], **_named(s.outcome), **_whole_share(s)} for s in found.shares],
        "interactions": [
            {"levers": list(s.players), **_named(s.outcome), **_whole_share(s)} for s in found.interactions
        ],
    }


def _named(outcome: Outcome) -> dict[str, str]:
    """Return what an outcome is called in results."""
    return {"measure": outcome.measure, "group": outcome.group, "unit": outcome.unit}


def _valued(values: Floats) -> dict[str, float | None]:
    """Return the mean over seeds and its interval; None where it is unknown."""
    mean, bounds = float(values.mean()), interval(values)
    return {
        name: None if value is None or not np.isfinite(value) else value
        for name, value in zip(("value", "low", "high"), (mean, *bounds), strict=True)
    }


def _whole_share(share: Share) -> dict[str, float | None]:
    """Return a share with its interval, and the means of what it is alone and last."""
    return {**_valued(share.value), "alone": _valued(share.alone)["value"], "last": _valued(share.last)["value"]}


def print_decomposition(console: Console, plan: Plan, found: Decomposition) -> None:
    """Print, for each outcome, the share of every player in the whole change, and which pairs work on each other."""
    base, reform = (arm_name(plan, arm) for arm in ("base", "reform"))
    print_under(console, reform, f" against {base}, taken apart")
    console.print(
        f"  where   {plan.region.title}\n          {plan.region.caseload * plan.scale:,.0f} people supervised"
    )
    worlds = 2 ** len(found.players)
    console.print(f"  when    2008 to {plan.until}; {len(plan.seeds)} seeds, {worlds} worlds each")
    console.print(f"  saved   {found.saved:.0%} of the weeks, which worlds lived together\n")
    console.print(headline(found), style="bold", width=WIDTH)
    for outcome in found.outcomes:
        console.print(f"\nChange of {outcome.title}, {outcome.shown_unit}", style="italic")
        console.print(f"{'':{_NAME}}{'share':>{WIDTH - _NAME - 2 * _COLUMN}}{'alone':>{_COLUMN}}{'last':>{_COLUMN}}")
        for share in (s for s in found.shares if s.outcome == outcome):
            console.print(_line(share.players[0], outcome, share.value, share))
        console.print(_line(_WHOLE, outcome, found.whole(outcome)))
    if pairs := beyond_chance(found):
        console.print("\nLevers that do more, or less, together than each by itself", style="italic")
        for share in pairs:
            both = " with ".join(share.players)
            value = with_bounds(share.value * share.outcome.factor, _form(share.outcome))
            console.print(f"{both}: {share.outcome.title} {value} {share.outcome.shown_unit}", width=WIDTH)
    console.print(f"\n{_EXPLAINED} {_levers_of(plan, found)}", style="dim", width=WIDTH)


_EXPLAINED = (
    "share: what the lever adds, averaged over all orders in which the levers could have come (Shapley value); shares "
    "add up to the whole. alone: the change where nothing else moves; last: what the reform would lack without it. "
    "Intervals: 95%, paired seeds, chance alone."
)


def _levers_of(plan: Plan, found: Decomposition) -> str:
    """Say which levers each player moves, and from when."""
    dated = {name: lever.from_day for arm in plan.arms for name, lever in arm.levers.items()}
    said = [
        f"{player}: {', '.join(f'{name} ({date_of(dated[name])})' for name in names)}"
        for player, names in found.players.items()
    ]
    return "; ".join(said) + "."


def _form(outcome: Outcome) -> str:
    """Return how a change of an outcome is written, by the digits that its unit asks for."""
    if outcome.factor < 1:
        return "+,.0f"
    return "+,.1f" if outcome.unit in ("people", "recalls a year") else "+.2f"


def _line(name: str, outcome: Outcome, values: Floats, share: Share | None = None) -> str:
    """Return a line of the table of an outcome."""
    form, wide = _form(outcome), WIDTH - _NAME - 2 * _COLUMN
    cells = [f"{name:{_NAME}}{with_bounds(values * outcome.factor, form):>{wide}}"]
    if share is not None:
        cells += [f"{f'{(part * outcome.factor).mean():{form}}':>{_COLUMN}}" for part in (share.alone, share.last)]
    return "".join(cells)


def beyond_chance(found: Decomposition) -> list[Share]:
    """Return the pairs whose interaction is told apart from nothing, though so many were looked at (Bonferroni)."""
    kept = []
    for share in found.interactions:
        n = len(share.value)
        if n > 1 and (error := share.value.std(ddof=1) / n**0.5) > 0:
            p = 2 * float(stdtr(n - 1, -abs(share.value.mean() / error)))
            if p * len(found.interactions) < 1 - CONFIDENCE:
                kept.append(share)
    return kept


def headline(found: Decomposition) -> str:
    """Say which lever has the greatest share of the change of reoffending, and which of that of recalls."""
    said = []
    for measure, what in (("binary_rate", "proven reoffending"), ("recalls_per_year", "recalls")):
        outcome = next(o for o in found.outcomes if o.measure == measure)
        mine = [s for s in found.shares if s.outcome == outcome]
        most = max(mine, key=lambda s: abs(s.value.mean()))
        share, whole = (
            with_bounds(values * outcome.factor, _form(outcome)) for values in (most.value, found.whole(outcome))
        )
        said.append(f"Of {what} ({whole} {outcome.shown_unit}), most is due to: {most.players[0]}, {share}.")
    return " ".join(said)


def waterfall(found: Decomposition) -> "Figure":
    """Draw, for each outcome, the shares one after another from no change to the whole change, with intervals."""
    figure, axes = plt.subplots(2, 3, figsize=(13, 7), sharey=True, layout="constrained")
    for axis, outcome in zip(axes.flat, found.outcomes, strict=True):
        _draw(axis, found, outcome)
    figure.supxlabel(
        "change under the reform, blue less and red more; lines: 95 percent intervals, paired seeds, chance alone",
        fontsize=10,
    )
    return headed(figure, headline(found))


def _draw(axis: "Axes", found: Decomposition, outcome: Outcome) -> None:
    """Draw the shares of one outcome, the first player on top."""
    start = 0.0
    mine = [(s.players[0], s.value) for s in found.shares if s.outcome == outcome]
    for row, (name, values) in enumerate([*mine, (_WHOLE, found.whole(outcome))]):
        shown = values * outcome.factor
        mean, (low, high) = float(shown.mean()), interval(shown)
        left = 0.0 if name == _WHOLE else start
        colour = GREY if name == _WHOLE else COLOURS[int(mean > 0)]
        axis.barh(row, mean, left=left, color=colour, height=0.62)
        if low is not None and high is not None:
            axis.plot([left + low, left + high], [row, row], color="black", linewidth=1.4)
        if name != _WHOLE:
            start += mean
            axis.plot([start, start], [row - 0.31, row + 1.31], color=GREY, linewidth=0.8)
    axis.axvline(0, color="black", linewidth=0.8)
    axis.set_yticks(range(len(mine) + 1), [name for name, _ in mine] + [_WHOLE])
    axis.set_ylim(len(mine) + 0.6, -0.6)
    axis.xaxis.set_major_locator(MaxNLocator(5))
    axis.set_title(outcome.title, fontsize=11)
    axis.set_xlabel(outcome.shown_unit, fontsize=10)
