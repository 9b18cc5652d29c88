import pytest

from experiments import identifiability as asked
from experiments.bench import finished_runs
from experiments.calibrate import calibrate
from experiments.calibration_design import open_folder
from experiments.judge import judge_of
from sim.errors import InputError
from sim.parameters.register import Register
from tests.experiments.test_calibrate import design, says, stand_in  # noqa: F401


@pytest.fixture
def finished(design, stand_in, tmp_path):  # noqa: F811
    calibrate(design, open_folder(design, str(tmp_path), resume=False), 1, tell=lambda _: None)
    return tmp_path


def test_true_values_of_synthetic_records_are_found_again(design, finished):  # noqa: F811
    points, values = finished_runs(design, finished)
    assert len(points) == design.budget
    found = asked.recover(design, points, values, records=8)
    width = found.widths.mean(axis=0)
    assert width[:3].max() < 0.6 < width[3:].min()
    assert found.inside[0.9][:, :3].mean() >= 0.75
    assert found.inside[0.5].mean() < found.inside[0.9].mean()


def test_an_unfinished_calibration_is_refused(design, finished):  # noqa: F811
    (finished / "runs" / "000003.json").unlink()
    with pytest.raises(InputError, match="wave 1 is not finished"):
        finished_runs(design, finished)


def test_a_mechanism_that_the_record_needs_is_ruled_out_without_and_one_that_it_does_not_is_not(
    design,  # noqa: F811
    finished,
    monkeypatch,
):
    names = [c.name for c in design.coordinates]
    ends = {name: c.high for name, c in zip(names, design.coordinates, strict=True)}
    monkeypatch.setattr(asked, "MECHANISMS", {"needed": {names[0]: ends[names[0]]}, "idle": {names[4]: ends[names[4]]}})
    judge = judge_of(design.targets, *finished_runs(design, finished))
    needed, idle = asked.without(design, judge)
    assert needed.level > 3 or needed.ratio < 0.02
    assert idle.ratio == pytest.approx(1, rel=0.5)


def test_every_mechanism_is_set_to_nothing_by_numbers_that_calibration_moves():
    register = Register.load()
    for off in asked.MECHANISMS.values():
        for name, value in off.items():
            p = register.find(name, "test")
            assert p.low <= value <= p.high
            assert value == 0


def test_what_is_printed_fits_the_terminal(design, finished):  # noqa: F811
    points, values = finished_runs(design, finished)
    found = asked.lines(
        asked.recover(design, points, values, records=3),
        [asked.Mechanism("a", 0.1, 0.5, 3.0), asked.Mechanism("b", 0.0, 0.0, 7.2)],
    )
    assert max(map(len, found)) <= 80
    assert any("none within 3 sd (nearest 7.2)" in line for line in found)


def test_a_folder_without_a_calibration_is_refused_in_one_line(tmp_path, capsys):
    assert asked.main([str(tmp_path)]) == 2
    assert str(tmp_path) in capsys.readouterr().err
