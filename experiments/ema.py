"""The model as the EMA Workbench sees it: uncertainties from the register, levers from a timeline, outcomes from the
measures (Kwakkel 2017, Environmental Modelling and Software 96, 239-250).

`model` is run by the workbench's own evaluators, on one machine. `from_sweep` puts a finished sweep into the same form,
for the workbench's tools: thousands of runs that may be stopped, go on, and lie on a cluster. The workbench comes with
the extra `analysis`, and wants names that Python could have: a dot is written as two underscores.
"""

import math
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.stats import loguniform

from experiments import space, sweep_store
from experiments.decompose import OUTCOMES, Outcome, measure
from experiments.memory import free_memory
from experiments.numbers import Floats
from experiments.plan import Plan, make_plan, set_number
from experiments.sweep_effects import CELLS, factors_of, outcomes_by_run
from experiments.tables import FAILED
from experiments.tree import Lived, grow
from sim.errors import InputError, UnfinishedError, nearest
from sim.model import ProbationModel
from sim.parameters.register import Register
from sim.timeline import Timeline, lever_definitions

type Found = tuple[pd.DataFrame, dict[str, Floats]]

MODEL = "throughgate"
EFFECT, UNDER_REFORM = "effect", "under_reform"
_DOT = "__"
_LEVERS = "levers."
_SWITCH = "0 or 1"
_AN_END = 1e-12
"""Values so near to an end of their range, as a ratio, are the end: powers of e are not exact."""


def workbench() -> Any:
    """Return the package, without its warnings of what else could be installed.

    Raises
    ------
    InputError
        If it is not installed.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            import ema_workbench
    except ImportError:
        raise InputError(
            "the EMA Workbench is not installed; it comes with the extra: uv sync --extra analysis"
        ) from None
    return ema_workbench


def name_of(key: str) -> str:
    """Return a key as the workbench can have it: ``courts.p_activation`` is ``courts__p_activation``."""
    return key.replace("[", _DOT).replace("]", "").replace(".", _DOT)


def key_of(name: str) -> str:
    """Return the key that has a name."""
    return re.sub(r"\.(\d+)$", r"[\1]", name.replace(_DOT, "."))


def outcome_name(outcome: Outcome, part: str) -> str:
    """Return the name of the effect on an outcome, or of its level under the reform."""
    group = "" if outcome.group == "all" else _DOT + re.sub(r"\W+", "_", outcome.group.partition("=")[2])
    return f"{outcome.measure}{group}{_DOT}{part}"


def uncertainties(register: Register, prefixes: Sequence[str] = ()) -> list[Any]:
    """Return a RealParameter for every number that calibration may move, with the register's range and value.

    A range that spans a factor of five is drawn evenly by its logarithm, as calibration does; values are always in
    the number's own unit. `experiments.space` says what is left out.

    Parameters
    ----------
    register : Register
    prefixes : sequence of str
        Beginnings of the keys that are wanted, such as ``reoffending.`` or ``support.p_take_up``; all where empty.

    Raises
    ------
    InputError
        If no number begins with one of the prefixes.
    """
    coordinates = space.space(register)
    for prefix in prefixes:
        if not any(c.name.startswith(prefix) for c in coordinates):
            raise InputError(
                f'prefixes: no number that may vary begins with "{prefix}"; '
                f"{nearest(prefix, (c.name for c in coordinates))}"
            )
    chosen = [c for c in coordinates if not prefixes or c.name.startswith(tuple(prefixes))]
    return [_uncertainty(c, space.held(register, c)) for c in chosen]


def _uncertainty(coordinate: space.Coordinate, own: float) -> Any:
    """Return one number as the workbench has it."""
    real = workbench().RealParameter
    name, low, high = name_of(coordinate.name), coordinate.low, coordinate.high
    if not coordinate.is_logarithmic:
        return real(name, low, high, default=own)
    made = real.from_dist(name, loguniform(low, high), default=own)
    made.lower_bound, made.upper_bound = low, high
    return made


def levers(timeline: Timeline) -> list[Any]:
    """Return for each lever of a timeline a BooleanParameter, off or as dated, and a parameter for each setting.

    A setting of a lever that is off changes nothing. Dates stay as the timeline has them.
    """
    found = []
    for lever in sorted(timeline.levers.values(), key=lambda v: (v.from_day, v.name)):
        key = _LEVERS + lever.name
        found.append(workbench().BooleanParameter(name_of(key), default=True))
        rules = lever_definitions()[lever.name].get("settings", {})
        found += [_setting(f"{key}.{name}", rule, timeline.setting(lever.name, name)) for name, rule in rules.items()]
    return found


def _setting(key: str, rule: Mapping[str, Any], own: float) -> Any:
    """Return one setting of a lever as the workbench has it."""
    if rule["unit"] == _SWITCH:
        return workbench().IntegerParameter(name_of(key), 0, 1, default=int(own))
    return workbench().RealParameter(name_of(key), rule["low"], rule["high"], default=own)


def outcomes() -> list[Any]:
    """Return two ScalarOutcomes for each of `decompose.OUTCOMES`: reform minus base, and the level under the reform.

    In the outcome's own unit. Which way is better is for the analyst to say (``kind``).
    """
    names = [outcome_name(outcome, part) for outcome in OUTCOMES for part in (EFFECT, UNDER_REFORM)]
    return [workbench().ScalarOutcome(name) for name in names]


def _named(base: Floats, reform: Floats) -> dict[str, Any]:
    """Return outcomes by name; both arrays of shape (outcomes, ...)."""
    found = {}
    for outcome, before, after in zip(OUTCOMES, base, reform, strict=True):
        found[outcome_name(outcome, EFFECT)] = after - before
        found[outcome_name(outcome, UNDER_REFORM)] = after
    return found


class PairedRun:
    """What the workbench calls for each experiment: base and reform under one seed, lived once until they part.

    Cohorts and weeks are those of the whole reform, so that a policy without some of its levers is measured over the
    same ones. Levers move the reform, never the base.

    Parameters
    ----------
    plan : Plan
        Base and reform; the first of its seeds is taken.
    """

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.failure: Exception | None = None

    def __call__(self, **numbers: float) -> dict[str, float]:
        """Return the outcomes of one experiment.

        Raises
        ------
        InputError
            For a number or lever that does not exist, or a value out of range.
        UnfinishedError
            For any other failure, with the numbers under which it happened.
        """
        self.failure = None
        try:
            return self._live({key_of(name): value for name, value in numbers.items()})
        except InputError as error:
            self.failure = error
            raise
        except Exception as error:
            said = ", ".join(f"{key_of(name)}={value}" for name, value in numbers.items())
            self.failure = UnfinishedError(f"{type(error).__name__}: {error}; seed {self.plan.seeds[0]}, {said}")
            raise self.failure from error

    def complain(self) -> None:
        """Raise what the last experiment failed of; nothing where it did not fail."""
        if self.failure is not None:
            raise self.failure

    def _live(self, numbers: Mapping[str, float]) -> dict[str, float]:
        """Live both arms under some numbers."""
        plan, (base, reform) = self.plan, self.plan.arms
        register, ends = plan.register, {c.name: (c.low, c.high) for c in space.space(plan.register)}
        for key, value in numbers.items():
            if key.startswith(_LEVERS):
                reform = _moved(reform, key.removeprefix(_LEVERS), value)
            else:
                register = set_number(register, key, repr(_settled(float(value), ends.get(key, ()))), "experiment")
        trunk = ProbationModel(base, plan.region, plan.scale, plan.seeds[0], register)
        arms = {"base": base, "reform": reform}
        values = {arm: measure(plan, lived) for arm, lived in grow(trunk, arms, plan.end_day, Lived())}
        del trunk
        free_memory()
        return {name: float(value) for name, value in _named(values["base"], values["reform"]).items()}


def _moved(arm: Timeline, key: str, value: float) -> Timeline:
    """Return a timeline with a lever off or as it was, or with a setting of one."""
    if "." in key:
        return arm.with_lever_setting(key, repr(float(value)), "experiment")
    if key not in arm.levers:
        raise InputError(f"experiment: {arm.name} has no lever {key}; {nearest(key, arm.levers)}")
    return arm if value else arm.with_lever_setting(key, "off", "experiment")


def _settled(value: float, ends: Sequence[float]) -> float:
    """Return a value, or the end of its range that it falls short of by rounding alone."""
    return next((end for end in ends if math.isclose(value, end, rel_tol=_AN_END)), value)


def _never(policy: object) -> bool:  # noqa: ARG001
    """Say that a policy is not the last one."""
    return False


def model(
    base: str = "pre_reform",
    reform: str = "post_reform",
    *,
    region: str = "staffordshire_west_midlands",
    scale: float = 1.0,
    until: str | None = None,
    seed: int = 0,
    settings: Sequence[str] = (),
    prefixes: Sequence[str] = (),
) -> Any:
    """Return a workbench Model of the paired comparison, for any of its evaluators; nothing is written.

    An experiment that fails stops all of them in one process, and makes the whole fail in many.

    Parameters
    ----------
    base, reform : str
        Scenarios by name or path.
    region : str
    scale : float
    until : str, optional
        Last day, as a date.
    seed : int
        One for all experiments: the same people and luck in every one.
    settings : sequence of str
        ``KEY=VALUE`` for all experiments, as ``--set`` takes it.
    prefixes : sequence of str
        Which numbers are uncertain; see `uncertainties`.

    Raises
    ------
    InputError
        For any mistake, with what is allowed.
    """
    plan = make_plan([base, reform], region, scale, [seed], until, settings)
    run = PairedRun(plan)
    made = workbench().Model(MODEL, function=run)
    made.uncertainties = uncertainties(plan.register, prefixes)
    made.levers = levers(plan.arms[1])
    made.outcomes = outcomes()
    # Of two policies of one name the workbench runs the first twice.
    made.initialized = _never
    # After a failure it calls this and forgets its models; every later experiment of that worker then fails of a
    # TypeError, at which its reader of results stops without a word and all wait for ever. An error here prevents it.
    made.cleanup = run.complain
    return made


def replications(folder: str | Path) -> Found:
    """Return a finished sweep as the workbench has replicated experiments.

    Parameters
    ----------
    folder : str or Path
        What ``run.py sweep`` wrote: two scenarios or more, of which the first is the base.

    Returns
    -------
    experiments : DataFrame
        A row for each cell and later scenario: its factors by the workbench's names, then `scenario` (the cell),
        `policy` (the later scenario) and `model`.
    outcomes : dict of str to float64 array, shape (experiments, seeds)
        See `outcomes`; NaN where a group is empty.

    Raises
    ------
    InputError
        If the folder holds no sweep or one scenario alone, if runs failed or are not done yet, or if a cell leaves
        a factor as it is.
    """
    folder = Path(folder)
    cells = _cells(folder)
    base, *reforms = dict.fromkeys(cells["scenario"])
    valued = cells.join(outcomes_by_run(folder), on="run")
    names = list(valued.columns[len(cells.columns) :])
    by_arm = {
        arm: np.stack([rows.pivot(index="cell", columns="seed", values=name).to_numpy(float) for name in names])
        for arm, rows in valued.groupby("scenario")
    }
    found = [_named(by_arm[base], by_arm[reform]) for reform in reforms]
    return _experiments(cells, reforms), {name: np.concatenate([f[name] for f in found]) for name in found[0]}


def from_sweep(folder: str | Path) -> Found:
    """Return a finished sweep as the workbench returns experiments: `replications`, outcomes averaged over seeds."""
    experiments, found = replications(folder)
    return experiments, {name: values.mean(axis=1) for name, values in found.items()}


def _cells(folder: Path) -> pd.DataFrame:
    """Return the cells of a sweep that is finished and can be told in the workbench's form."""
    try:
        cells = pd.read_parquet(folder / CELLS)
    except OSError:
        raise InputError(f"{folder}: holds no sweep; name the folder that `run.py sweep` wrote") from None
    if cells["scenario"].nunique() < 2:
        raise InputError(f"{folder}: holds {cells['scenario'].iloc[0]} alone; an effect needs a base and a reform")
    status = cells["run"].map(sweep_store.held(folder).status)
    failed, missing = int((status == FAILED).sum()), int(status.isna().sum())
    if failed or missing:
        raise InputError(
            f"{folder}: of {len(cells):,} runs {failed:,} failed and {missing:,} are not done; "
            f"do `run.py {'retry' if failed else 'resume'} {folder}` first"
        )
    for key in factors_of(cells):
        if cells[key].isna().any():
            raise InputError(
                f"{folder}: some cells leave {key} as it is, and the workbench needs every factor in every cell; "
                "allowed: method grid, list, latin_hypercube or sobol"
            )
    return cells


def _experiments(cells: pd.DataFrame, reforms: Sequence[str]) -> pd.DataFrame:
    """Return the experiments of one reform after the other, each in the order of the cells."""
    single = cells.drop_duplicates("cell").sort_values("cell")
    factors = single[factors_of(cells)].rename(columns=name_of)
    found = pd.concat(
        [factors.assign(scenario=single["cell"], policy=reform, model=MODEL) for reform in reforms], ignore_index=True
    )
    names = [c for c in found if c in ("scenario", "policy", "model") or not pd.api.types.is_numeric_dtype(found[c])]
    return found.astype(dict.fromkeys(names, "category"))
