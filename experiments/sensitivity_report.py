"""What `sensitivity` prints, returns, writes and draws: numbers ranked by what they move, beside what chance moves."""

import json
import math
import textwrap
import time
from collections.abc import Hashable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import matplotlib.pyplot as plt
import pandas as pd
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from rich.console import Console

from experiments import provenance, store, sweep_effects, sweep_store
from experiments.commands import Progress, tell
from experiments.compare import warm_up
from experiments.figures import COLOURS, GREY, headed, save, style
from experiments.report import WIDTH, print_under, print_written, stdout_console
from experiments.sensitivity import BLOCK_NAMES, COMMAND, LEVEL, Aspect, Design, evaluation, live_points
from experiments.sensitivity_indices import MAIN, Indices, study
from experiments.sweep_effects import SHOWN
from experiments.sweep_folder import open_new
from experiments.worlds import Sweep

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

TABLE, PICTURE = "sensitivity.csv", "sensitivity.png"
TOP = 12
_COLUMNS = {"morris": (9, 19, 10), "sobol": (7, 15, 7, 11)}
_HEADS = {
    "morris": ("moves it", "95% interval", "by chance"),
    "sobol": ("total", "95% interval", "first", "by chance"),
}
_MARK = " *"
_ONE_WAY = 0.8
"""Of mu*: steps of a number that has so much of it as its mean nearly all go one way."""
_KINDS = {"number": ("number", "numbers"), "process": ("process", "processes")}
_PALE, _CHANCE = "#BBBBBB", "what chance alone would make"
_EXPLAINED = {
    "morris": (
        "moves it: by how much the outcome changes, up or down, as a number goes through its whole range (mu*); + or - "
        "where it nearly always goes up with the number, or down. Interval: trajectories resampled."
    ),
    "sobol": (
        "total: share of the variance that would be left if all else were known (ST), with what numbers do together; "
        "first: share that knowing it would take away (S1). Interval: base samples resampled."
    ),
}
_OF_CHANCE = (
    "by chance: what the index would be if the number moved nothing but luck. *: beyond chance, though all were looked "
    "at (one in twenty of those marked is not)."
)


def sensitivity(design: Design, found: Sweep, out: str | None, jobs: int, *, as_json: bool, progress: Progress) -> None:
    """Live the points of a design, print what moves the main outcomes, write all indices and a picture.

    Interrupted, it keeps finished runs, and the same command goes on with them.
    """
    begun = time.perf_counter()
    place = found.worlds[0].region.name
    name = "-".join((COMMAND, design.method, *(Path(s).stem for s in found.scenarios), place, found.key))
    folder = store.writable(out or str(store.DEFAULT_FOLDER / name))
    open_new(folder, found, COMMAND)
    tell(found)
    warm_up()
    live_points(found, folder, jobs, progress)
    of_aspects = study(design, evaluation(found, folder), found.seeds)
    write(folder, design, of_aspects, provenance.of_sweep(found, COMMAND))
    there = sweep_store.held(folder)
    seconds = time.perf_counter() - begun
    if as_json:
        print(json.dumps(sensitivity_object(design, found, of_aspects, folder, len(there.errors), seconds)))
        return
    console = stdout_console()
    print_head(console, design, found, there.errors)
    console.print("\n".join(lines(design, shown(of_aspects))))
    console.print(f"\n{seconds:.0f} s")
    print_written(console, folder, [TABLE, PICTURE, sweep_effects.CELLS])


def shown(of_aspects: Sequence[Indices]) -> list[Indices]:
    """Return the indices that are printed and drawn: of reoffending and recalls; level, then effect, of each."""
    return [found for outcome in SHOWN for found in of_aspects if found.aspect.outcome == outcome]


def write(folder: Path, design: Design, of_aspects: Sequence[Indices], made_of: dict[str, str]) -> None:
    """Write all indices as a table, and a picture of those that are shown."""
    store.write_whole(folder / TABLE, tidy(of_aspects).to_csv(index=False).encode())
    style()
    save(ranked(design, shown(of_aspects) or of_aspects), folder / PICTURE, made_of)


def tidy(of_aspects: Sequence[Indices]) -> pd.DataFrame:
    """Return a row for each aspect and name: the indices in the outcome's unit, or as shares of the variance."""
    return pd.concat([_tidy(found) for found in of_aspects], ignore_index=True)


def _tidy(found: Indices) -> pd.DataFrame:
    """Return the rows of one aspect; one that says nothing has none."""
    outcome = found.aspect.outcome
    named = {"outcome": outcome.measure, "group": outcome.group, "of": found.aspect.of}
    table = found.table.assign(**named, share_of_chance=found.share_of_chance)
    if "mu_star" in table:
        table["unit"] = outcome.unit
    elif "ST" in table:
        table["unit"] = "share of variance"
    first = [*named, "unit", "name"]
    return table.reindex(columns=[*first, *(c for c in table.columns if c not in first)])


def sensitivity_object(
    design: Design, found: Sweep, of_aspects: Sequence[Indices], folder: Path, failed: int, seconds: float
) -> dict[str, Any]:
    """Return the object of `sensitivity --json`."""
    world = found.worlds[0]
    return {
        "base": found.scenarios[0],
        "reform": found.scenarios[1],
        "region": world.region.name,
        "scale": world.scale,
        "until": str(world.until),
        "method": design.method,
        "by": design.by,
        "samples": design.samples,
        "parameters": [c.name for c in design.coordinates],
        "seeds": len(found.seeds),
        "points": len(design.points),
        "runs": len(found.runs),
        "failed": failed,
        "seconds": seconds,
        "out": str(folder),
        "notes": list(found.notes),
        "outcomes": [_object(row) for row in of_aspects],
    }


def _object(found: Indices) -> dict[str, Any]:
    """Return one aspect as JSON has it; null where something is unknown."""
    outcome = found.aspect.outcome
    share = found.share_of_chance
    return {
        "measure": outcome.measure,
        "group": outcome.group,
        "unit": outcome.unit,
        "of": found.aspect.of,
        "share_of_chance": share if math.isfinite(share) else None,
        "left_out": found.left_out,
        "indices": json.loads(found.table.to_json(orient="records", double_precision=15)),
    }


def print_head(console: Console, design: Design, found: Sweep, errors: dict[str, str]) -> None:
    """Print what was asked of which world, and how many runs failed."""
    world = found.worlds[0]
    number, seeds = len(design.coordinates), len(found.seeds)
    print_under(console, found.scenarios[1], f" against {found.scenarios[0]}: what it hangs on")
    together = "" if design.by == "number" else f" of {len(design.names)} processes, which move together"
    console.print(f"  what    {number} numbers{together}")
    console.print(f"  how     {design.method}, {design.samples} {BLOCK_NAMES[design.method]}: ", end="")
    console.print(f"{len(design.points):,} points, {seeds} seeds, {len(found.runs):,} runs")
    console.print(f"  where   {world.region.title}")
    console.print(f"          {world.region.caseload * world.scale:,.0f} people supervised; to {world.until}")
    console.print(f"  levels  under {found.scenarios[0]}")
    if errors:
        console.print(f"  failed  {len(errors):,} runs, left out: {next(iter(errors.values()))}", width=WIDTH)
    console.print()


# --- tables


def lines(design: Design, of_aspects: Sequence[Indices]) -> list[str]:
    """Return what moves some aspects, the most first, as lines of at most eighty columns."""
    said = textwrap.wrap(headline(design, of_aspects), WIDTH)
    for found in of_aspects:
        said += ["", f"{heading(found.aspect)}, {unit(design, found.aspect)}"]
        said += textwrap.wrap(standing(design, found), WIDTH - 2, initial_indent="  ", subsequent_indent="  ")
        if len(found.table):
            said += _table(design, found)
    return [*said, "", *textwrap.wrap(f"{_EXPLAINED[design.method]} {_OF_CHANCE}", WIDTH)]


def heading(aspect: Aspect) -> str:
    """Return what an aspect is called."""
    if aspect.of == LEVEL:
        return f"The level of {aspect.outcome.title}"
    return f"The reform's effect on {aspect.outcome.title}"


def unit(design: Design, aspect: Aspect) -> str:
    """Return the unit in which the indices of an aspect are shown."""
    return aspect.outcome.shown_unit if design.method == "morris" else "share of its variance"


def standing(design: Design, found: Indices) -> str:
    """Say how many names stand out beyond what chance does, and how far chance reaches."""
    said = []
    if found.left_out:
        blocks = f"{found.left_out} of {found.blocks} {BLOCK_NAMES[design.method]}"
        said.append(f"{blocks} left out: they have runs that failed or say nothing of it.")
    if found.table.empty:
        return " ".join([*said, "Too few are left to say anything."])
    index, kinds = found.table[MAIN[design.method]], _KINDS[design.by][1]
    if math.isfinite(found.share_of_chance):
        said.append(f"{_percent(found.share_of_chance)} of the variance between runs is chance;")
        said.append(f"{found.table['beyond_chance'].sum()} of {len(index)} {kinds} move it beyond chance,")
        said.append(f"{(index == 0).sum()} not at all.")
    elif index.max() > 0:
        said.append("Chance cannot be told apart: that takes two seeds, and values that differ.")
    else:
        said.append("Nothing moves it.")
    return " ".join(said)


def _percent(share: float) -> str:
    """Return a share as text; a small one is not nothing."""
    return "less than 1%" if 0 < share < 0.01 else f"{share:.0%}"


def _factor(design: Design, aspect: Aspect) -> float:
    """Return by what an index is multiplied where it is shown."""
    return aspect.outcome.factor if design.method == "morris" else 1.0


def _form(design: Design, aspect: Aspect) -> str:
    """Return how an index is written, by the digits that its unit asks for."""
    outcome = aspect.outcome
    large = outcome.factor < 1 or outcome.unit in ("people", "recalls a year")
    return ",.1f" if design.method == "morris" and large else ".2f"


def _table(design: Design, found: Indices) -> list[str]:
    """Return the table of one aspect: heads, then the first names."""
    widths = _COLUMNS[design.method]
    name = WIDTH - 2 - sum(widths) - len(_MARK)
    heads = "".join(f"{head:>{width}}" for head, width in zip(_HEADS[design.method], widths, strict=True))
    said = [f"  {'':{name}}{heads}"]
    for row in found.table.head(TOP).to_dict("records"):
        cells = "".join(f"{c:>{width}}" for c, width in zip(_cells(design, found.aspect, row), widths, strict=True))
        called = f"{str(row['name'])[: name - 2]:{name - 2}} {way(row):1}"
        said.append(f"  {called}{cells}{_MARK if row['beyond_chance'] else ''}")
    return said


def _cells(design: Design, aspect: Aspect, row: Mapping[Hashable, Any]) -> list[str]:
    """Return the columns of one name as text."""
    form, factor, main = _form(design, aspect), _factor(design, aspect), MAIN[design.method]
    value, half, chance = (factor * row[key] for key in (main, f"{main}_conf", "by_chance"))
    interval = f"[{max(value - half, 0.0):{form}}, {value + half:{form}}]"
    by_chance = f"{chance:{form}}" if math.isfinite(chance) else "-"
    if design.method == "sobol":
        return [f"{value:{form}}", interval, f"{row['S1']:{form}}", by_chance]
    return [f"{value:{form}}", interval, by_chance]


def way(row: Mapping[Hashable, Any]) -> str:
    """Return the sign of what a number does, where its steps nearly all go one way; Sobol's indices have none."""
    if "mu" not in row or not abs(row["mu"]) > _ONE_WAY * row["mu_star"]:
        return ""
    return "+" if row["mu"] > 0 else "-"


def headline(design: Design, of_aspects: Sequence[Indices]) -> str:
    """Say what each of some aspects hangs on most."""
    return " ".join(_most(design, found) for found in of_aspects)


def _most(design: Design, found: Indices) -> str:
    """Say what one aspect hangs on most, of what is told from chance where chance is known."""
    what, main = heading(found.aspect), MAIN[design.method]
    if found.table.empty or not found.table[main].max() > 0:
        return f"{what}: nothing is known to move it."
    told = found.table[found.table["beyond_chance"]] if math.isfinite(found.share_of_chance) else found.table
    if told.empty:
        return f"{what}: no {_KINDS[design.by][0]} moves it beyond chance."
    first = told.iloc[0]
    value = _factor(design, found.aspect) * first[main]
    size = f"{value:.0%} of its variance"
    if design.method == "morris":
        size = f"{value:{_form(design, found.aspect)}} {found.aspect.outcome.shown_unit}"
    return f"{what} hangs most on {first['name']} ({size})."


# --- picture


def ranked(design: Design, of_aspects: Sequence[Indices]) -> "Figure":
    """Draw, for each aspect, bars of the first names with intervals, and what chance alone would make of them."""
    columns = min(2, len(of_aspects))
    rows = -(-len(of_aspects) // columns)
    size = (7.2 * columns, 1.6 + 3.9 * rows)
    figure, axes = plt.subplots(rows, columns, figsize=size, squeeze=False, layout="constrained")
    for axis, found in zip(axes.flat, of_aspects, strict=False):
        _draw(axis, design, found)
    for axis in axes.flat[len(of_aspects) :]:
        axis.set_axis_off()
    handles = _key()
    figure.legend(handles=handles, loc="outside lower left", ncols=len(handles), frameon=False, fontsize=10)
    return headed(figure, headline(design, of_aspects))


def _key() -> list[Any]:
    """Return what explains bars and marks."""
    return [
        Patch(color=COLOURS[0], label="beyond chance"),
        Patch(color=_PALE, label="not told from chance"),
        Line2D([], [], color="black", label="95 percent interval"),
        Line2D([], [], color=COLOURS[1], marker="|", markersize=12, linewidth=0, markeredgewidth=2, label=_CHANCE),
    ]


def _draw(axis: "Axes", design: Design, found: Indices) -> None:
    """Draw the first names of one aspect, the greatest on top."""
    axis.set_title(textwrap.fill(heading(found.aspect), 60), fontsize=11)
    what = " over the whole range; + or -: nearly always that way" if design.method == "morris" else ", total index"
    axis.set_xlabel(f"{unit(design, found.aspect)}{what}", fontsize=10)
    if found.table.empty:
        axis.text(0.5, 0.5, "nothing known", transform=axis.transAxes, ha="center", color=GREY)
        return
    top, main, factor = found.table.head(TOP), MAIN[design.method], _factor(design, found.aspect)
    places = range(len(top))
    value, half = factor * top[main], factor * top[f"{main}_conf"]
    axis.barh(places, value, color=[COLOURS[0] if b else _PALE for b in top["beyond_chance"]], height=0.66)
    axis.hlines(places, (value - half).clip(lower=0), value + half, color="black", linewidth=1.4)
    axis.plot(factor * top["by_chance"], places, "|", color=COLOURS[1], markersize=13, markeredgewidth=2.2)
    signs = [way(row) for row in top.to_dict("records")]
    axis.set_yticks(
        places, [f"{name} {sign}".strip() for name, sign in zip(top["name"], signs, strict=True)], fontsize=9
    )
    axis.set_ylim(len(top) - 0.4, -0.6)
    axis.set_xlim(left=0)
    axis.grid(visible=False, axis="y")
