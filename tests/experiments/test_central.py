from dataclasses import replace

import numpy as np
import pytest

from experiments import bench, central, space
from experiments.bench import finished_runs
from experiments.calibrate import calibrate
from experiments.calibration_design import bar, open_folder
from experiments.judge import judge_of
from sim.parameters.register import Register
from tests.experiments.test_calibrate import design, says, stand_in  # noqa: F401


@pytest.fixture
def found(design, stand_in, tmp_path, monkeypatch):  # noqa: F811
    """The judge of a finished calibration of three functions."""
    calibrate(design, open_folder(design, str(tmp_path), resume=False), 1, tell=lambda _: None)
    monkeypatch.setattr(central, "run_point", bench.run_point)
    return judge_of(design.targets, *finished_runs(design, tmp_path))


def register_of(design, calibrated):  # noqa: F811
    register = Register.load()
    for i, c in enumerate(design.coordinates):
        p = register.find(c.key, "test")
        kind = "calibrated" if i in calibrated else "assumed"
        register.parameters[p.process][p.name] = replace(p, kind=kind)
    return register


def test_only_what_is_calibrated_moves_and_the_record_is_met_better(found, design):  # noqa: F811
    register = register_of(design, {0, 1, 2})
    moved = central.central(design, found, register, seeds=3)
    wide = np.array([t.value for t in design.targets])
    off = np.abs(moved.values / wide - 1).max(axis=1)
    assert off[-1] < 0.5 * off[0]
    assert off[-1] < 0.03
    assert (moved.points[-1] != moved.points[0])[:3].all()
    assert (moved.points[:, 3:] == moved.points[0, 3:]).all()
    assert moved.points[0] == pytest.approx(space.unit(design.coordinates, register))


def test_nothing_moves_where_nothing_is_calibrated(found, design):  # noqa: F811
    moved = central.central(design, found, register_of(design, set()), seeds=2)
    assert (moved.points == moved.points[0]).all()


def test_what_is_printed_names_what_moved_and_marks_what_is_beyond_its_bar(found, design):  # noqa: F811
    moved = central.central(design, found, register_of(design, {0}), seeds=2)
    text = central.lines(design, moved)
    assert max(map(len, text)) <= 100
    assert sum(design.coordinates[0].name in line for line in text) == 1
    assert not any(c.name in line for c in design.coordinates[3:] for line in text)
    marked = {line.split()[0] for line in text if line.endswith("*")}
    rows = zip(design.targets, moved.values[-1], strict=True)
    assert marked == {t.id for t, value in rows if abs(value - t.value) > bar(t)}


@pytest.mark.parametrize("arguments", [[], ["x", "1"], ["x", "many"], ["a", "2", "3"], ["nowhere"]])
def test_bad_input_is_refused_in_one_line(arguments, capsys):
    assert central.main(arguments) == 2
    assert capsys.readouterr().err.count("\n") == 1
