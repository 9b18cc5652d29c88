"""Under what conditions the reform lowers proven reoffending: ``python -m experiments.conditions FOLDER``.

FOLDER holds a finished sweep of two scenarios over numbers. A cell in which the reform lowers the binary rate of
everyone beyond chance is a case; `experiments.boxes` searches for the numbers that part cases from others. Where most
cells are cases it is the others that are searched for.
"""

import math
import sys
import textwrap
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

from experiments import ema
from experiments.boxes import Answer, HeldOut, answer
from experiments.decompose import OUTCOMES
from experiments.designs import read_factors
from experiments.figures import COLOURS, GREY, headed, save, style
from experiments.numbers import Floats
from experiments.provenance import of_sweep
from experiments.report import WIDTH
from experiments.sweep_folder import kept
from experiments.worlds import Sweep
from sim.errors import InputError, UnfinishedError
from sim.parameters.register import Register
from sim.timeline import lever_definitions

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

ASKED = OUTCOMES[0]
PICTURE = "conditions.png"


def numbers_in(folder: Path) -> tuple[pd.DataFrame, Floats]:
    """Return the numbers of every cell of a sweep, and the effect asked for, shape (cells, seeds).

    Raises
    ------
    InputError
        If there is more than one reform, a factor that is no number, or a cell without an effect.
    """
    experiments, outcomes = ema.replications(folder)
    reforms = list(experiments["policy"].cat.categories)
    if len(reforms) > 1:
        raise InputError(f"{folder}: holds the reforms {', '.join(reforms)}; allowed: a base and one reform")
    x = experiments.drop(columns=["scenario", "policy", "model"])
    for name in x.columns:
        if not pd.api.types.is_float_dtype(x[name]):
            raise InputError(f"{folder}: {ema.key_of(name)} takes values that are no numbers; a box needs numbers")
    effect = outcomes[ema.outcome_name(ASKED, ema.EFFECT)]
    empty = int((~np.isfinite(effect)).any(axis=1).sum())
    if empty:
        raise InputError(
            f"{folder}: in {empty} of {len(x)} cells a cohort is empty; take a larger scale or a later end"
        )
    return x, effect * ASKED.factor


class Number(NamedTuple):
    """What is said of one number: its key, unit, and the range that the design gave it."""

    key: str
    unit: str
    low: float
    high: float


def described(sweep: Sweep, register: Register) -> dict[str, Number]:
    """Return what is said of every number of a design, by the workbench's names."""
    found = {}
    for factor in read_factors(sweep.document, register, sweep.place):
        low, high = (min(factor.choices), max(factor.choices)) if factor.choices else (factor.low, factor.high)
        found[ema.name_of(factor.key)] = Number(factor.key, _unit(factor.key, register), float(low), float(high))  # type: ignore[arg-type]
    return found


def _unit(key: str, register: Register) -> str:
    """Return the unit of a number of the register, or of a setting of a lever; empty for others."""
    key = key.partition("[")[0]
    process, _, name = key.partition(".")
    if name in register.parameters.get(process, {}):
        return register.parameters[process][name].unit
    lever, _, setting = name.partition(".")
    return str(lever_definitions().get(lever, {}).get("settings", {}).get(setting, {}).get("unit", ""))


def finding(found: Answer, known: Mapping[str, Number]) -> str:
    """Say in a sentence what was found, and whether it holds for cells that were not searched."""
    cases, cells = int(found.cases.sum()), len(found.cases)
    if found.held_out is None:
        return f"The reform lowers {ASKED.title} beyond chance in {cases} of {cells} cells: too one-sided to search"
    if not found.box.limits:
        return f"No number parts the {cases} of {cells} cells in which the reform lowers {ASKED.title} from the others"
    where = " and ".join(
        f"{known[name].key.rpartition('.')[2]} is {kept_text(known[name], *ends)}"
        for name, ends in found.box.limits.items()
    )
    inside, does = found.box.holds(found.x), "lowers" if found.seeks_cases else "does not lower"
    said = (
        f"Where {where}, the reform {does} {ASKED.title} beyond chance in {found.sought[inside].sum()} of "
        f"{inside.sum()} cells; elsewhere in {found.sought[~inside].sum()} of {(~inside).sum()}"
    )
    return said if found.held_out.gain()[1] > 0 else f"{said}; cells that were not searched do not bear this out"


def kept_text(number: Number, low: float, high: float) -> str:
    """Return the part of its range that a box keeps of a number, to a hundredth of the range or finer."""
    places = max(0, 2 - math.floor(math.log10(number.high - number.low)))
    below, above = f"{high:.{places}f}", f"{low:.{places}f}"
    if not np.isfinite(low):
        return f"below {below}"
    return f"{above} to {below}" if np.isfinite(high) else f"above {above}"


def lines(found: Answer, known: Mapping[str, Number], sweep: Sweep) -> list[str]:
    """Return what was found as lines of at most eighty columns."""
    base, reform = sweep.scenarios
    cells, seeds = found.effect.shape
    said = [f"Under what conditions does {reform} lower {ASKED.title}?"]
    said.append(f"less {base}, everyone: {cells} cells of {len(known)} numbers, {seeds} seeds each")
    said += ["", *_counted(found)]
    if found.held_out is not None:
        said += ["", *_boxed(found, known), "", *_elsewhere(found.held_out, known)]
    return [*said, "", *textwrap.wrap(f"{finding(found, known)}.", WIDTH)]


def _counted(found: Answer) -> list[str]:
    """Return in how many cells the effect has which sign."""
    mean, bound, unit = found.effect.mean(axis=1), found.chance.bound, ASKED.shown_unit
    raised = int((mean > bound).sum())
    said = [
        f"  lowered beyond chance {found.cases.sum():5}   mean below {-bound:+.2f} {unit}",
        f"  raised beyond chance  {raised:5}   above {bound:+.2f}",
        f"  not told apart        {len(mean) - found.cases.sum() - raised:5}",
        f"  effects {mean.min():+.2f} to {mean.max():+.2f} {unit}, half of them below {np.median(mean):+.2f}",
    ]
    if found.effect.shape[1] < 2:
        return [*said, "  one seed: chance cannot be told, every effect below zero counts"]
    shared = f"a seed moves all cells by {found.chance.shared:.2f}"
    return [*said, f"  chance in the mean of a cell {found.chance.error:.2f}; {shared}"]


def _boxed(found: Answer, known: Mapping[str, Number]) -> list[str]:
    """Return the box, what it holds, and which numbers it leaves free."""
    title = f"Where it {'does' if found.seeks_cases else 'does not'}: the box"
    said = [f"{title:40}{'tried':>15}{'kept':>16}{'quasi-p':>9}"]
    for name, ends in found.box.limits.items():
        number = known[name]
        tried = f"{number.low:.3g} to {number.high:.3g}"
        said.append(f"  {number.key[:37]:38}{tried:>15}{kept_text(number, *ends):>16}{found.box.quasi_p[name]:>9.1g}")
    free = ", ".join(number.key for name, number in known.items() if name not in found.box.limits)
    said += textwrap.wrap(f"left free: {free}", WIDTH, initial_indent="  ", subsequent_indent="    ")
    inside = found.box.holds(found.x)
    within, cells, sought = int(found.sought[inside].sum()), int(inside.sum()), int(found.sought.sum())
    said.append(
        f"  density {within / cells:.0%} ({within} of {cells} cells), everywhere "
        f"{found.sought.mean():.0%}; coverage {within / sought:.0%} ({within} of {sought})"
    )
    return said


def _elsewhere(held: HeldOut, known: Mapping[str, Number]) -> list[str]:
    """Return what boxes of one half are worth in the other."""
    gain, low, high = (100 * value for value in held.gain())
    number = len(held.inside)
    often = sorted(((times, known[name].key) for name, times in held.restricted.items() if times), reverse=True)
    said = [
        f"Searched in one half of the cells, tested in the other, {number} times",
        f"  density {held.inside.mean():.0%}, everywhere {held.everywhere.mean():.0%}: gain {gain:.0f} points "
        f"[{low:.0f}, {high:.0f}]; coverage {held.coverage.mean():.0%}",
    ]
    text = f"restricted in so many of {number}: " + ", ".join(f"{key} {times}" for times, key in often)
    return said + textwrap.wrap(text, WIDTH, initial_indent="  ", subsequent_indent="    ")


def draw(found: Answer, known: Mapping[str, Number]) -> "Figure":
    """Draw the effect of every cell against each restricted number, and the part of its range that the box keeps."""
    style()
    shown = list(found.box.limits)
    figure, axes = plt.subplots(
        len(shown), 1, figsize=(9, 2.2 + 2.4 * len(shown)), squeeze=False, sharey=True, layout="constrained"
    )
    for axis, name in zip(axes[:, 0], shown, strict=True):
        _draw_number(axis, found, known[name], name)
    handles, labels = axes[0][0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower left", ncols=2, fontsize=9, frameon=False)
    return headed(figure, finding(found, known))


def _draw_number(axis: "Axes", found: Answer, number: Number, name: str) -> None:
    """Draw one panel: a point for each cell."""
    low, high = found.box.limits[name]
    kept = max(low, number.low), min(high, number.high)
    axis.axvspan(*kept, color=COLOURS[1], alpha=0.15, linewidth=0, label="what the box keeps")
    mean, inside = found.effect.mean(axis=1), found.box.holds(found.x)
    for chosen, face, label in (
        (found.cases, COLOURS[0], f"a cell in which the reform lowers {ASKED.title} beyond chance"),
        (~found.cases, "white", "a cell in which it does not; in either case ringed: in the box"),
    ):
        axis.plot(
            found.x[name][chosen], mean[chosen], "o", markersize=5, color=COLOURS[0], markerfacecolor=face, label=label
        )
    axis.plot(found.x[name][inside], mean[inside], "o", markersize=9, color=COLOURS[1], markerfacecolor="none")
    axis.axhline(0, color="black", linewidth=0.8)
    axis.axhline(-found.chance.bound, color=GREY, linewidth=1, linestyle=":", label="beyond chance below this")
    axis.set_xlim(number.low, number.high)
    axis.set_xlabel(f"{number.key}: {number.unit}", fontsize=10)
    axis.set_ylabel(f"change, {ASKED.shown_unit}", fontsize=10)
    axis.tick_params(labelsize=9)


def ask(folder: Path) -> tuple[Answer, dict[str, Number], Sweep]:
    """Return what a finished sweep says, and what to call its numbers."""
    sweep, _ = kept(str(folder))
    x, effect = numbers_in(folder)
    return answer(x, effect), described(sweep, Register.load()), sweep


def main(arguments: Sequence[str]) -> int:
    """Print what was found, and draw it beside the sweep."""
    if len(arguments) != 1:
        print("experiments.conditions: give one argument, the folder of a finished sweep", file=sys.stderr)
        return 2
    folder = Path(arguments[0])
    try:
        found, known, sweep = ask(folder)
    except (InputError, UnfinishedError) as error:
        print(f"experiments.conditions: {error}", file=sys.stderr)
        return 2
    print("\n".join(lines(found, known, sweep)))
    if found.box.limits:
        save(draw(found, known), folder / PICTURE, of_sweep(sweep, "experiments.conditions"))
        print(f"\n{folder / PICTURE}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
