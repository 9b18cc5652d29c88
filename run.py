"""Through the Gate, from the command line: ``python run.py compare`` is the main job, and needs no arguments."""

import io
import signal
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, Any

import typer

from sim.errors import InputError, UnfinishedError

app = typer.Typer(
    add_completion=False,
    no_args_is_help=False,
    help="What did it change, for whom and by which mechanism, when probation was reformed in 2014-15?",
    pretty_exceptions_enable=False,
)

EXIT_INPUT, EXIT_OTHER = 2, 1
DEFAULT_REGION = "staffordshire_west_midlands"
DEFAULT_SEEDS, VALIDATION_SEEDS, ENSEMBLE_SCALE = 20, 4, 0.1
LADDER_SCALE, LADDER_SEEDS = 0.2, 6
DECOMPOSITION_SCALE = 0.25
VIEWER_PORT, VIEWER_PEOPLE, VIEWER_SESSIONS = 8765, 20_000, 4
SENSITIVITY_SCALE, SENSITIVITY_SEEDS, SENSITIVITY_UNTIL = 0.05, 2, "2018-12-31"

Region = Annotated[str, typer.Option(help="A region: see `run.py regions`, or a path to a TOML file.")]
Scale = Annotated[float, typer.Option(help="People for each person of the region.")]
Seeds = Annotated[int, typer.Option(help="Paired runs.")]
Seed = Annotated[int, typer.Option(help="The seed of the run.")]
Jobs = Annotated[int, typer.Option(help="Processes; 0 takes every core.")]
Until = Annotated[str | None, typer.Option(help="Last day, such as 2017-12-31; 2019-12-31 by default.")]
_SETTABLE = "levers.NAME=off|DATE, levers.NAME.SETTING=VALUE, contracts.NAME.TERM=VALUE, PROCESS.PARAMETER=VALUE."
Settings = Annotated[list[str] | None, typer.Option("--set", help=_SETTABLE)]
Out = Annotated[str | None, typer.Option(help="Folder for tables and pictures; one of its own by default.")]
Json = Annotated[bool, typer.Option("--json", help="Print one JSON object on standard output, and nothing else.")]


def user_errors[**P, R](command: Callable[P, R]) -> Callable[P, R]:
    """Turn a user's mistake into one message and exit code 2; Ctrl-C and kill into a message and exit code 1."""

    @wraps(command)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> R:
        signal.signal(signal.SIGTERM, _interrupt)
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(errors="replace")  # a terminal that knows no more than ASCII
        try:
            return command(*args, **kwargs)
        except InputError as error:
            print(f"error: {error}", file=sys.stderr)
            raise typer.Exit(EXIT_INPUT) from None
        except BrokenPipeError:
            raise typer.Exit(EXIT_OTHER) from None
        except OSError as error:
            print(f"error: {error.filename or 'output'}: {error.strerror or error}", file=sys.stderr)
            raise typer.Exit(EXIT_OTHER) from None
        except UnfinishedError as error:
            print(f"error: {error}", file=sys.stderr)
            raise typer.Exit(EXIT_OTHER) from None
        except KeyboardInterrupt:
            print("interrupted", file=sys.stderr)
            raise typer.Exit(EXIT_OTHER) from None

    return wrapped


def _interrupt(_signal: int, _frame: Any) -> None:
    """Treat a polite kill as Ctrl-C: finished seeds are gathered."""
    raise KeyboardInterrupt


@app.callback(invoke_without_command=True)
def main(context: typer.Context) -> None:
    """Run the main job where no command is named."""
    if context.invoked_subcommand is None:
        compare()


def refuse_seeds_beside(ensemble: bool, seeds: int | None, given: str) -> None:
    """Refuse a number of seeds where an ensemble decides it."""
    if ensemble and seeds is not None:
        raise InputError(f"--seeds does not go with --ensemble, which gives each set {given}; leave one out")


@app.command()
@user_errors
def compare(
    base: Annotated[str, typer.Argument(help="A scenario, by name or path.")] = "pre_reform",
    reform: Annotated[str, typer.Argument(help="A scenario, by name or path.")] = "post_reform",
    region: Region = DEFAULT_REGION,
    scale: Annotated[
        float | None, typer.Option(help="People for each person of the region [1; --ensemble 0.1; --ladder 0.2].")
    ] = None,
    seeds: Annotated[
        int | None, typer.Option(help="Paired runs [20; --ensemble: two for each set; --ladder: 6 for each rung].")
    ] = None,
    jobs: Jobs = 0,
    until: Until = None,
    settings: Settings = None,
    ensemble: Annotated[bool, typer.Option("--ensemble", help="Under every set fitted to the record.")] = False,
    ladder: Annotated[bool, typer.Option("--ladder", help="From the plainest model up, a part at a time.")] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Take the same people through two regimes and say what the reform changed."""
    from experiments import commands
    from experiments.plan import checked_seeds, make_plan

    refuse_seeds_beside(ensemble, seeds, "two seeds")
    if ensemble and ladder:
        raise InputError("--ladder does not go with --ensemble: it asks what parts of the model add; leave one out")
    usual = ENSEMBLE_SCALE if ensemble else LADDER_SCALE if ladder else 1.0
    pairs = checked_seeds((LADDER_SEEDS if ladder else DEFAULT_SEEDS) if seeds is None else seeds)
    plan = make_plan([base, reform], region, usual if scale is None else scale, pairs, until, settings or [])
    command = commands.compare_ensemble if ensemble else commands.compare_ladder if ladder else commands.compare
    command(plan, out, jobs, as_json=as_json, progress=progress)


@app.command()
@user_errors
def run(
    scenario: Annotated[str, typer.Argument(help="A scenario, by name or path.")],
    region: Region = DEFAULT_REGION,
    scale: Scale = 1.0,
    seed: Seed = 0,
    until: Until = None,
    settings: Settings = None,
    events: Annotated[bool, typer.Option("--events", help="Write every event.")] = False,
    people: Annotated[bool, typer.Option("--people", help="Write one row for each person.")] = False,
    graph: Annotated[bool, typer.Option("--graph", help="Write the social network as GraphML, and draw it.")] = False,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Run one scenario once."""
    from experiments import commands
    from experiments.plan import checked_seed, make_plan

    plan = make_plan([scenario], region, scale, [checked_seed(seed)], until, settings or [])
    commands.run(plan, out, events=events, people=people, graph=graph, as_json=as_json, progress=progress)


@app.command()
@user_errors
def story(
    person: Annotated[int, typer.Argument(help="A person's number, as in the tables; 0 picks one.")],
    scenario: Annotated[list[str] | None, typer.Argument(help="One scenario, or two for two lives.")] = None,
    seed: Seed = 0,
    region: Region = DEFAULT_REGION,
    scale: Scale = 1.0,
    until: Until = None,
    settings: Settings = None,
) -> None:
    """Tell one life: dates, sentences, supervision, offences, and why each thing happened."""
    from experiments import commands
    from experiments.plan import checked_seed, make_plan

    names = scenario or ["post_reform"]
    if len(names) > 2:
        raise InputError(f"story: {len(names)} scenarios given; allowed: one, or two for two lives")
    plan = make_plan(names, region, scale, [checked_seed(seed)], until, settings or [])
    commands.story(plan, person, progress)


@app.command()
@user_errors
def validate(
    targets: Annotated[str | None, typer.Option(help="A CSV file of your own; see docs/validation.md.")] = None,
    measures: Annotated[bool, typer.Option("--measures", help="List what a target can ask for; run nothing.")] = False,
    scale: Scale = 0.1,
    seeds: Annotated[int | None, typer.Option(help="Runs of each scenario [4; --ensemble: one for each set].")] = None,
    jobs: Jobs = 0,
    settings: Settings = None,
    ensemble: Annotated[bool, typer.Option("--ensemble", help="A run under every set that calibration left.")] = False,
    out: Annotated[str | None, typer.Option(help="Folder for a table and a picture; none by default.")] = None,
    as_json: Json = False,
) -> None:
    """Set the published record beside the model, row by row."""
    from experiments import catalogue, commands
    from experiments.plan import checked_jobs, checked_scale, checked_seeds

    if measures:
        catalogue.measures()
        return
    refuse_seeds_beside(ensemble, seeds, "one seed")
    checked = checked_scale(scale), checked_seeds(VALIDATION_SEEDS if seeds is None else seeds), checked_jobs(jobs)
    how = {"ensemble": ensemble, "as_json": as_json, "progress": progress}
    commands.validate(targets, *checked, out, settings or [], **how)


@app.command()
@user_errors
def calibrate(
    budget: Annotated[int, typer.Option(help="Runs.")] = 960,
    scale: Scale = 0.05,
    seed: Annotated[int, typer.Option(help="The seed of the designs, and of the first run.")] = 0,
    jobs: Jobs = 0,
    out: Annotated[str | None, typer.Option(help="Folder for runs and results; one of its own by default.")] = None,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with what a folder has.")] = False,
    as_json: Json = False,
) -> None:
    """Fit what is not known to the record before the reform: needs the extra `analysis`."""
    from experiments.plan import checked_jobs, checked_scale, checked_seed

    try:
        import sklearn  # noqa: F401
    except ImportError:
        raise InputError('calibrate needs the extra "analysis": uv run --extra analysis run.py calibrate') from None
    from experiments import commands

    checked = checked_scale(scale), checked_seed(seed), checked_jobs(jobs)
    commands.calibrate(budget, *checked, out, resume=resume, as_json=as_json, progress=progress)


@app.command()
@user_errors
def decompose(
    base: Annotated[str, typer.Argument(help="A scenario, by name or path.")] = "pre_reform",
    reform: Annotated[str, typer.Argument(help="A scenario, by name or path.")] = "post_reform",
    region: Region = DEFAULT_REGION,
    scale: Scale = DECOMPOSITION_SCALE,
    seeds: Seeds = DEFAULT_SEEDS,
    jobs: Jobs = 0,
    until: Until = None,
    settings: Settings = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Split what the reform changed into the shares of its levers, over all orders in which they could have come."""
    from experiments import decompose_report
    from experiments.plan import checked_jobs, checked_seeds, make_plan

    plan = make_plan([base, reform], region, scale, checked_seeds(seeds), until, settings or [])
    decompose_report.decompose(plan, out, checked_jobs(jobs), as_json=as_json, progress=progress)


@app.command()
@user_errors
def sensitivity(
    base: Annotated[str, typer.Argument(help="A scenario, by name or path.")] = "pre_reform",
    reform: Annotated[str, typer.Argument(help="A scenario, by name or path.")] = "post_reform",
    method: Annotated[str, typer.Option(help="morris (screening) or sobol (shares of the variance).")] = "morris",
    by: Annotated[
        str | None, typer.Option(help="number or process; usually number for morris, process for sobol.")
    ] = None,
    starts: Annotated[
        list[str] | None,
        typer.Option("--parameters", help="Numbers to vary, by how their names begin; all by default."),
    ] = None,
    samples: Annotated[int | None, typer.Option(help="Trajectories [4], or base samples of sobol [32].")] = None,
    seeds: Annotated[int, typer.Option(help="Seeds under which every point is lived.")] = SENSITIVITY_SEEDS,
    region: Region = DEFAULT_REGION,
    scale: Scale = SENSITIVITY_SCALE,
    until: Until = SENSITIVITY_UNTIL,
    jobs: Jobs = 0,
    settings: Settings = None,
    out: Out = None,
    as_json: Json = False,
) -> None:
    """Rank the numbers that are not known by what they move, over their ranges: needs the extra `analysis`."""
    try:
        import SALib  # noqa: F401
    except ImportError:
        raise InputError('sensitivity needs the extra "analysis": uv run --extra analysis run.py sensitivity') from None
    from experiments import sensitivity_report
    from experiments.plan import checked_jobs, checked_seeds, make_plan
    from experiments.sensitivity import chosen, make_design, make_runs

    processes = checked_jobs(jobs)
    plan = make_plan([base, reform], region, scale, checked_seeds(seeds), until, settings or [])
    wanted = [start.strip() for given in starts or [] for start in given.split(",")]
    held = [setting.partition("=")[0].strip() for setting in plan.settings]
    design = make_design(chosen(plan.register, wanted, held), method, by, samples)
    found = make_runs(design, [base, reform], (region, scale, until), plan.seeds, plan.settings)
    sensitivity_report.sensitivity(design, found, out, processes, as_json=as_json, progress=progress)


Cluster = Annotated[str | None, typer.Option(help="Scheduler of a Dask cluster: an address or a scheduler file.")]
SweepShard = Annotated[str | None, typer.Option("--shard", help="i/n: the i-th of n equal parts, for job arrays.")]
Folder = Annotated[str, typer.Argument(help="The folder of a sweep.")]


@app.command()
@user_errors
def sweep(
    design: Annotated[str, typer.Argument(help="A design of scenarios/designs, by name or path.")],
    out: Annotated[str | None, typer.Option(help="Folder for the runs; one of its own by default.")] = None,
    jobs: Jobs = 0,
    cluster: Cluster = None,
    shard: SweepShard = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what it would take; run next to nothing.")] = False,
    as_json: Json = False,
) -> None:
    """Run every cell of a design; a folder that holds some of it already is gone on with."""
    from experiments import sweep_report

    how = _how(jobs, cluster, shard, as_json)
    if dry_run:
        sweep_report.dry_run(design, how)
    else:
        sweep_report.start(design, out, how)


@app.command()
@user_errors
def status(folder: Folder, as_json: Json = False) -> None:
    """Say how a sweep stands, and what to do next."""
    from experiments import sweep_report

    sweep_report.status(folder, as_json=as_json)


@app.command()
@user_errors
def resume(
    folder: Folder, jobs: Jobs = 0, cluster: Cluster = None, shard: SweepShard = None, as_json: Json = False
) -> None:
    """Go on with a sweep that was stopped; nothing that is finished is done again."""
    from experiments import sweep_report

    sweep_report.resume(folder, _how(jobs, cluster, shard, as_json))


@app.command()
@user_errors
def retry(folder: Folder, jobs: Jobs = 0, cluster: Cluster = None, as_json: Json = False) -> None:
    """Do the failed runs of a sweep once more, and no others."""
    from experiments import sweep_report

    sweep_report.retry(folder, _how(jobs, cluster, None, as_json))


@app.command()
@user_errors
def compact(folder: Folder) -> None:
    """Put the many files of a sweep into one for each table."""
    from experiments import sweep_report

    sweep_report.compact(folder)


def _how(jobs: int, cluster: str | None, shard: str | None, as_json: bool) -> Any:
    """Return how a sweep is carried out, checked."""
    from experiments import sweep_report
    from experiments.plan import checked_jobs

    return sweep_report.How(checked_jobs(jobs), cluster, sweep_report.read_shard(shard), as_json, progress)


@app.command()
@user_errors
def scenarios(name: Annotated[str | None, typer.Argument(help="One scenario, whole.")] = None) -> None:
    """List the scenarios, or show one."""
    from experiments import catalogue

    catalogue.scenarios(name)


@app.command()
@user_errors
def regions(name: Annotated[str | None, typer.Argument(help="One region, whole.")] = None) -> None:
    """List the regions, or show one."""
    from experiments import catalogue

    catalogue.regions(name)


@app.command()
@user_errors
def levers(name: Annotated[str | None, typer.Argument(help="One lever, whole.")] = None) -> None:
    """List the levers, or show one."""
    from experiments import catalogue

    catalogue.levers(name)


@app.command()
@user_errors
def parameters(name: Annotated[str | None, typer.Argument(help="A process, or PROCESS.PARAMETER.")] = None) -> None:
    """List every number: value, unit, range, kind, source."""
    from experiments import catalogue

    catalogue.parameters(name)


@contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """Show progress with the time left on standard error, once the work has taken two seconds."""
    from rich.console import Console
    from rich.progress import (
        BarColumn,
        MofNCompleteColumn,
        Progress,
        TextColumn,
        TimeElapsedColumn,
        TimeRemainingColumn,
    )

    console = Console(stderr=True)
    if not console.is_terminal:
        yield _line_by_line(total, what)
        return
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), TextColumn("left"))
    with Progress(*columns, TimeRemainingColumn(), console=console, transient=True) as bar:
        task = bar.add_task(what, total=total)
        yield lambda: bar.advance(task)


def _line_by_line(total: int, what: str) -> Callable[[], None]:
    """Return a step that writes a line at every tenth of the work, where no terminal can show a bar."""
    start, done = time.monotonic(), 0

    def step() -> None:
        nonlocal done
        done += 1
        elapsed = time.monotonic() - start
        if elapsed > 2 and (done == total or done * 10 // total > (done - 1) * 10 // total):
            left = elapsed / done * (total - done)
            print(f"{what} {done}/{total}, {elapsed:.0f} s, {left:.0f} s left", file=sys.stderr, flush=True)

    return step


@app.command()
@user_errors
def visualise(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes any that is free.")] = VIEWER_PORT,
    folder: Annotated[
        str | None, typer.Option("--open", help="Show the results in this folder, without running anything.")
    ] = None,
    host: Annotated[str, typer.Option(help="Address to listen on: this machine alone, unless told otherwise.")] = (
        "127.0.0.1"
    ),
    most_people: Annotated[
        int, typer.Option(help="People under supervision that a visitor's world may have.", min=1)
    ] = VIEWER_PEOPLE,
    most_sessions: Annotated[int, typer.Option(help="Pages that may have a model at once.", min=1)] = VIEWER_SESSIONS,
    browser: Annotated[bool, typer.Option(help="Open a browser at the page.")] = False,
) -> None:
    """Watch the same people live under two regimes, in a browser; or look through a folder of results."""
    from visualiser.choices import Limits
    from visualiser.server import checked_port, serve

    serve(host, checked_port(port), Limits(most_people, most_sessions), folder, browser)


if __name__ == "__main__":
    app()
