import sys

import pytest

from experiments.arguments import number_from, seeds_asked
from sim.errors import InputError


def test_one_whole_number_is_taken_and_none_is_the_usual():
    assert number_from([], 7, 2) == 7
    assert number_from(["12"], 7, 2) == 12


@pytest.mark.parametrize("given", [["1"], ["0"], ["-3"], ["x"], ["2.5"], ["\u00b2"], ["3", "4"], [""]])
def test_anything_else_is_refused_with_what_is_allowed(given):
    with pytest.raises(InputError, match="allowed: nothing, or one whole number from 2 on"):
        number_from(given, 7, 2)


def test_a_study_that_is_asked_wrongly_ends_with_one_line(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["/somewhere/parking.py", "many"])
    with pytest.raises(SystemExit) as stopped:
        seeds_asked(20)
    assert stopped.value.code == 2
    assert capsys.readouterr().err.startswith('error: experiments.parking: "many" is given')
