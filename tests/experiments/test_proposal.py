"""The three findings: the command runs, says what its numbers say, and says otherwise when they are otherwise."""

import re
import sys

import pytest

from experiments import proposal
from experiments.proposal import InArea, appearance, report, small_against_large
from sim.errors import InputError

FEW = ["--years", "200"]


def sentence(lines, start):
    """Return the one line that begins so."""
    [found] = [line for line in lines if line.startswith(start)]
    return found


def test_breaking_even_takes_more_the_more_effort_costs():
    lines = report(["break_even", *FEW, "--cost", "0", "3000", "6000"])
    falls = [float(line.split()[4]) for line in lines if re.match(r" +£", line)]
    assert len(falls) == 3
    assert 0 < falls[0] < falls[1] < falls[2] < 10
    said = sentence(lines, "To be 80% sure")
    assert [float(n) for n in re.findall(r"([\d.]+) points at", said)] == falls
    assert "published: about 4" in said


def test_more_certainty_takes_a_larger_fall():
    falls = [float(report(["break_even", *FEW, "--cost", "3000", "--sure", s])[4].split()[4]) for s in ("0.5", "0.95")]
    assert falls[0] < falls[1]


def test_where_no_fall_is_enough_the_command_says_so():
    lines = report(["break_even", *FEW, "--cost", "50000"])
    assert " none " in lines[4]
    assert "takes a fall of more than is looked at" in sentence(lines, "To be 80% sure")
    assert sentence(lines, "Breaking even takes several").endswith("appears at £50,000.")


def test_where_chance_is_enough_the_first_finding_does_not_appear():
    lines = report(["break_even", *FEW, "--cost", "0", "--set", "binary_hurdle=0.005", "--set", "annual_hurdle=0.005"])
    assert "does not appear" in sentence(lines, "Breaking even takes several")


def test_cutting_pays_from_the_cost_that_the_command_names():
    lines = report(["cutting", *FEW, "--cost", "3000", "12000"])
    said = sentence(lines, "Cutting, with a rise")
    switch = int(re.search(r"from £([\d,]+)", said).group(1).replace(",", ""))
    assert 3000 < switch < 12_000
    assert sentence(lines, "Cutting pays better").startswith(
        "Cutting pays better than spending: appears at £12,000, not at £3,000"
    )
    below, above = (report(["cutting", *FEW, "--cost", str(switch + step)])[-1] for step in (-10, 10))
    assert "does not appear" in below
    assert "appears at" in above


def test_the_gains_of_a_row_are_results_less_cost():
    """At a fall of 3 points 1,286 people a quarter have 154.32 reoffenders fewer in a year."""
    lines = report(["cutting", *FEW, "--cost", "0", "10000"])
    row = sentence(lines, "+3.0").split()
    fee = 528_571_429 * 0.9 / 21
    assert float(row[-2]) == pytest.approx(float(row[1]), abs=0.06)
    assert float(row[-2]) - float(row[-1]) == pytest.approx(100 * 154.32 * 10_000 / fee, abs=0.11)
    rise = sentence(lines, "-3.0").split()
    assert float(rise[-1]) - float(rise[-2]) == pytest.approx(100 * 154.32 * 10_000 / fee, abs=0.11)


def test_a_higher_limit_of_a_rise_makes_cutting_pay_sooner():
    def switch(*arguments):
        said = sentence(report(["cutting", *FEW, "--cost", "0", *arguments]), "Cutting, with a rise")
        return int(re.search(r"from £([\d,]+)", said).group(1).replace(",", ""))

    assert switch("--set", "rise_limit=0.06") < switch() < switch("--set", "rise_limit=0.01")


SMALL = InArea([2.0, 4.0, None], (9000.0, 8900.0, 9100.0), 12.5, 30.0)
LARGE = InArea([2.5, 3.0, None], (6000.0, 5900.0, 6100.0), 0.5, 10.0)


def test_small_areas_are_judged_by_break_even_and_by_the_switch():
    harder, sooner = small_against_large([0.0, 1000.0, 2000.0], SMALL, LARGE)
    assert "appears at £1,000, not at £0: chance pays 12.5 percent of quarters there, 0.5 in the large." in harder
    assert (
        "does not appear, from £9,000 there, £6,000 in the large: at a rise of 2 points fees are deducted in 30.0"
        in sooner
    )
    harder, sooner = small_against_large([0.0, 1000.0, 2000.0], LARGE, SMALL)
    assert "appears at £0, not at £1,000" in harder
    assert sooner.endswith("appears, from £6,000 there, £9,000 in the large.")


def test_a_switch_within_the_intervals_is_no_finding():
    near = InArea(SMALL.falls, (8950.0, 8850.0, 9050.0), 12.5, 30.0)
    assert "does not appear" in small_against_large([0.0, 1.0, 2.0], near, SMALL)[1]


def test_a_fall_that_is_enough_in_the_large_area_alone_is_harder_in_the_small():
    lines = small_against_large([0.0], InArea([None], SMALL.switch, 0, 0), InArea([3.0], LARGE.switch, 0, 0))
    assert lines[0].endswith("appears at £0.")
    nothing = InArea([None], SMALL.switch, 0, 0)
    assert small_against_large([0.0], nothing, nothing)[0] == "No fall is enough in the small area or the large one."


def test_a_finding_appears_at_some_costs_at_all_or_at_none():
    assert appearance("It", [1, 2], [True, True], "why") == "It: appears at £1 and £2."
    assert appearance("It", [1, 2], [True, False], "why") == "It: appears at £1, not at £2: why."
    assert appearance("It", [1, 2], [False, False], "why") == "It: does not appear: why."


def test_small_areas_are_shown_under_two_kinds_of_hurdle(monkeypatch):
    monkeypatch.setattr(proposal, "in_area", lambda question, contract, area: SMALL if area.people < 600 else LARGE)
    lines = report(["small_areas", *FEW, "--cost", "0", "1000", "2000"])
    assert sum(line.startswith("Durham Tees Valley") for line in lines) == 2
    assert sum(line.startswith("London") for line in lines) == 2
    assert sum(line.startswith("Breaking even takes a larger fall in the small area") for line in lines) == 2


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--contract", "proposal_2031"], "proposal_2013"),
        (["--set", "binary_hurdle=9"], "binary_hurdle"),
        (["--set", "binary_hurdel=0.01"], "binary_hurdle"),
        (["--set", "binary_hurdle=much"], "binary_hurdle = 'much' is not a number"),
    ],
)
def test_a_bad_contract_is_refused_with_one_message(monkeypatch, capsys, arguments, said):
    with pytest.raises(InputError, match=re.escape(said)):
        report(["break_even", *arguments])
    monkeypatch.setattr(sys, "argv", ["proposal", "break_even", *arguments])
    with pytest.raises(SystemExit) as ended:
        proposal.main()
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


@pytest.mark.parametrize("arguments", [["--sure", "1"], ["--cost", "-1"], ["--years", "x"], ["--saving-share", "0"]])
def test_a_bad_argument_is_refused(capsys, arguments):
    with pytest.raises(SystemExit) as ended:
        report(["break_even", *arguments])
    assert ended.value.code == 2
    assert "is not a number from" in capsys.readouterr().err
