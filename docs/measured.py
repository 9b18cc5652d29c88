"""Measure what the documents say of the model, and write it there: ``python docs/measured.py --write [NAME ...]``.

Parts stand between ``<!-- measured: NAME -->`` and ``<!-- end -->``; without names all are measured, which takes an
hour and more. `validation` also writes the picture, and `docs/predictions.csv`: what the model says of every row.
"""

import csv
import io
import re
import sys
import tempfile
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))
sys.path.insert(0, str(DOCS))

from build import markdown_table  # noqa: E402
from rich.console import Console  # noqa: E402

from benchmarks import kills, sweep, viewer  # noqa: E402
from experiments import (  # noqa: E402
    claims,
    decompose,
    ensemble,
    false_payment,
    figures,
    influence,
    ladder,
    negative_control,
    parking,
    provenance,
    score,
    series_figure,
    solvency,
    spillover,
    structure,
    validate,
    validation_figure,
)
from experiments.decompose_report import print_decomposition, waterfall  # noqa: E402
from experiments.engine import cores, run_seeds  # noqa: E402
from experiments.ensemble_report import print_ensemble  # noqa: E402
from experiments.ladder_report import print_ladder  # noqa: E402
from experiments.plan import Plan, make_plan  # noqa: E402
from experiments.report import WIDTH  # noqa: E402
from experiments.targets import record  # noqa: E402
from experiments.validation_report import headline, print_validation  # noqa: E402
from run import DECOMPOSITION_SCALE, DEFAULT_SEEDS, ENSEMBLE_SCALE, LADDER_SCALE, LADDER_SEEDS  # noqa: E402

SEEDS = range(6)
VALIDATION_SCALE, VALIDATION_SEEDS = 0.1, range(4)


def agents() -> str:
    """Return the figures of the agents beside the published ones."""
    found = structure.rows(structure.figures(0.5, SEEDS, cores()))
    return markdown_table(("", "published, with our margin", "model, 95 percent interval", ""), found)


def ties() -> str:
    """Return direct, indirect and total effects."""
    headings = ("channels open", "pairs", "direct", "indirect", "total")
    return markdown_table(headings, spillover.rows(SEEDS, cores()))


def validation() -> str:
    """Return the record beside the model as `validate` prints it, and keep what the model says in a table."""
    targets, never = record()
    rows, unmeasured = validate.validate(targets, VALIDATION_SCALE, VALIDATION_SEEDS, cores())
    with (DOCS / "predictions.csv").open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("id", "use", "measure", "estimator", "group", "periods", "scenario", "unit", "simulated"))
        for row in rows:
            t = row.target
            periods = "; ".join(map(str, t.periods))
            cells = (t.id, t.use, t.measure, t.estimator, t.group, periods, t.scenario, t.unit, f"{row.simulated:.4g}")
            writer.writerow(cells)
    figures.style()
    made_of = provenance.metadata("validate", "validate", ["post_reform", "pre_reform"], VALIDATION_SEEDS)
    figures.save(validation_figure.validation(rows, headline(rows)), DOCS / "validation.png", made_of)
    unseen = never + unmeasured
    return printed(lambda console: print_validation(console, rows, unseen, VALIDATION_SCALE, len(VALIDATION_SEEDS)))


def foretold() -> str:
    """Return the record beside the sets of the ensemble, as `validate --ensemble` prints it, and draw the series."""
    targets, never = record()
    sets = ensemble.read_sets()
    rows, unmeasured = validate.validate(targets, VALIDATION_SCALE, range(len(sets)), cores(), sets=sets)
    figures.style()
    made_of = provenance.metadata("series", "validate --ensemble", ["post_reform", "pre_reform"], range(len(sets)))
    figures.save(series_figure.series(rows), DOCS / "series.png", made_of)
    unseen = never + unmeasured
    return printed(lambda console: print_validation(console, rows, unseen, VALIDATION_SCALE, len(sets), sets=len(sets)))


def hang_on() -> str:
    """Return which assumptions the reform's effects hang on, as the command prints it."""
    return block("\n".join(influence.lines(influence.measure(), influence.SETS)))


def money() -> str:
    """Return what decides whether companies lose money, as the command prints it."""
    return block("\n".join(solvency.lines(3)))


def served() -> str:
    """Return whom companies serve, by class of payment, as the command prints it."""
    return block("\n".join(parking.lines(parking.measure(range(parking.SEEDS), jobs=cores()))))


def untouched() -> str:
    """Return what companies do to people of the NPS, as the command prints it."""
    return block("\n".join(negative_control.lines(negative_control.run(range(negative_control.SEEDS), jobs=cores()))))


def paid_falsely() -> str:
    """Return how often a contract pays though nothing changed, as the command prints it."""
    return block("\n".join(false_payment.report(["100"])))


def said() -> str:
    """Return the claims beside the record and the model, as the command prints them."""
    return block("\n".join(claims.lines(claims.run(range(claims.SEEDS), jobs=cores()))))


def risk_score() -> str:
    """Return what is asked of OGRS3 in a cohort of the model, as the command prints it."""
    return block("\n".join(score.lines(run_seeds(partial(score.run_seed, score.SCALE), SEEDS, cores()))))


def parts() -> str:
    """Return what `compare --ladder` prints."""
    plan = main_plan(LADDER_SCALE, range(LADDER_SEEDS))
    with tempfile.TemporaryDirectory() as out:
        for _ in ladder.run(plan, Path(out), cores()):
            pass
        steps = ladder.steps(plan, Path(out))
    return printed(lambda console: print_ladder(console, plan, steps))


def taken_apart(folder: Path | None = None) -> str:
    """Return what `decompose` prints, and draw it; from a folder of finished seeds, where there is one."""
    plan = main_plan(DECOMPOSITION_SCALE, range(DEFAULT_SEEDS))
    with tempfile.TemporaryDirectory() as out:
        if folder is None:
            folder = Path(out)
            decompose.run(plan, folder, cores(), lambda: None)
        found = decompose.result(plan, folder)
    figures.style()
    figures.save(waterfall(found), DOCS / "decomposition.png", provenance.of_plan(plan, "decompose"))
    return printed(lambda console: print_decomposition(console, plan, found))


def killed() -> str:
    """Return what became of ten sweeps that were killed."""
    return block("\n".join(kills.lines()))


def thousand() -> str:
    """Return how fast a sweep goes on two workers, and what memory it takes."""
    return block("\n".join(sweep.lines()))


def pages() -> str:
    """Return how fast the pages in the browser are."""
    return block("\n".join(viewer.lines()))


def reform_under_sets() -> str:
    """Return what `compare --ensemble` prints."""
    plan = main_plan(ENSEMBLE_SCALE, [0])
    sets = ensemble.read_sets()
    with tempfile.TemporaryDirectory() as out:
        folder = Path(out)
        for _ in ensemble.run(ensemble.plans(plan, sets, str(ensemble.SHIPPED)), folder, cores()):
            pass
        effects = ensemble.effects_in(folder, plan)
    return printed(lambda console: print_ensemble(console, plan, effects, len(sets)))


def main_plan(scale: float, seeds: Sequence[int]) -> Plan:
    """Return the plan of the main comparison."""
    return make_plan(["pre_reform", "post_reform"], "staffordshire_west_midlands", scale, seeds, None, [])


def printed(print_on: Callable[[Console], None]) -> str:
    """Return what is printed on a console."""
    console = Console(file=io.StringIO(), width=WIDTH, no_color=True, markup=False, highlight=False)
    print_on(console)
    assert isinstance(console.file, io.StringIO)
    return block(console.file.getvalue())


def block(text: str) -> str:
    """Return text as it was printed."""
    return "\n".join(["```", *(line.rstrip() for line in text.strip("\n").splitlines()), "```", ""])


BLOCKS: dict[str, tuple[str, Callable[[], str]]] = {
    "agents": ("model.md", agents),
    "ties": ("model.md", ties),
    "false_payment": ("contracts.md", paid_falsely),
    "parking": ("contracts.md", served),
    "negative_control": ("contracts.md", untouched),
    "solvency": ("contracts.md", money),
    "validation": ("validation.md", validation),
    "score": ("validation.md", risk_score),
    "ensemble": ("calibration.md", reform_under_sets),
    "foretold": ("calibration.md", foretold),
    "ladder": ("evidence.md", parts),
    "kills": ("sweeps.md", killed),
    "thousand": ("sweeps.md", thousand),
    "viewer": ("viewer.md", pages),
    "decomposition": ("decomposition.md", taken_apart),
    "influence": ("evidence.md", hang_on),
    "claims": ("claims.md", said),
}


def main() -> None:
    """Print the parts, or write them into their pages."""
    asked = [argument for argument in sys.argv[1:] if argument != "--write"]
    for name in asked or BLOCKS:
        page, make = DOCS / BLOCKS[name][0], BLOCKS[name][1]
        made = make()
        print(made)
        pattern = re.compile(rf"<!-- measured: {name} -->\n.*?<!-- end -->", re.DOTALL)
        text = page.read_text(encoding="utf-8")
        text = pattern.sub(lambda _, name=name, made=made: f"<!-- measured: {name} -->\n{made}<!-- end -->", text)
        if "--write" in sys.argv[1:]:
            page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
