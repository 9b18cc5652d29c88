from datetime import date
from types import SimpleNamespace

import numpy as np
import pytest

from experiments import solvency
from experiments.plan import make_plan
from experiments.solvency import Books, books_lines, caseholder_lines, hold_all, run, values, worst
from sim.offenders import Provider
from sim.parameters.register import Register


def test_every_number_is_moved_to_both_ends_of_its_own_range():
    found, register = values(), Register.load()
    for key, (least, greatest) in found.items():
        for settings, end in ((least, "low"), (greatest, "high")):
            plan = make_plan(["post_reform"], solvency.REGION, solvency.SCALE, [0], None, settings)
            assert not plan.notes, key
            if key in {p.key for p in register}:
                moved = plan.register.find(key, key)
                assert moved.value == getattr(moved, end)
    least = dict(setting.split("=") for setting in found["contracts: fixed_share"][0])
    assert least == {"contracts.signed_2015.fixed_share": "0.0", "contracts.variation_2017.fixed_share": "0.4"}


def test_the_worst_end_is_the_one_with_the_lower_balance_and_numbers_of_no_effect_stay():
    moved = {"a": (("a=0",), ("a=1",)), "b": (("b=0",), ("b=1", "c=1")), "d": (("d=0",), ("d=1",))}
    ends = [(np.array([1.0, 3.0]), np.array([5.0, 3.0])), (np.array([4.0]), np.array([-4.0])), (np.ones(2), np.ones(2))]
    assert worst(moved, ends) == ("a=0", "b=1", "c=1")


@pytest.mark.parametrize(("percent", "share"), [(50, 0.5), (100, 0.25), (0, 0.75)])
@pytest.mark.parametrize("holders", [1.0, 0.75])
def test_practitioners_who_hold_all_cases_hold_more_than_forty_as_often_as_asked(percent, share, holders):
    officers = SimpleNamespace(
        community_cases=np.array([10, 20, 30, 0, 99, 99]),
        provider=np.array([Provider.CRC] * 4 + [Provider.NPS, Provider.CRC]),
        is_vacant=np.array([0, 0, 0, 0, 0, 1], bool),
    )
    register = SimpleNamespace(workload=SimpleNamespace(caseholder_share=holders))
    model = SimpleNamespace(officers=officers, register=register)
    assert hold_all(model, Provider.CRC, percent) == pytest.approx(share * holders)


@pytest.fixture(scope="module")
def short():
    """Runs to the middle of 2016, as assumed, with all overhead, and with low pay."""
    settings = ((), ("organisations.overhead_share=0.45",), ("organisations.practitioner_pounds=34000",))
    return [run(0.01, date(2016, 6, 27), (chosen, 0)) for chosen in settings]


def test_overhead_and_pay_cost_companies_money(short):
    as_assumed, with_overhead, with_low_pay = (books.balance for books in short)
    assert with_overhead < as_assumed < with_low_pay


def test_the_tables_put_what_moves_most_first_and_fit(short):
    moved = {"little": (), "much": ()}
    ends = [(np.array([1.0, 2.0]), np.array([2.0, 3.0])), (np.array([-90.0, -80.0]), np.array([1040.0, 1041.0]))]
    lines = books_lines(moved, short, ends, short[1:])
    assert [line.split()[0] for line in lines[4:8]] == ["much", "little", "as", "all"]
    assert lines[9].startswith("paid to companies")
    assert lines[10].startswith("published: 389,")
    lines += caseholder_lines(short)
    assert all(len(line) <= 120 for line in lines)
    assert "443 million" in lines[1]
    assert lines[-1].startswith("NPS: 33 percent of caseholders above 40")


def test_books_are_the_balance_and_two_shares(short):
    assert all(isinstance(books, Books) and len(books.hold_all) == 2 for books in short)
    assert all(0 < share < 2 for books in short for share in books.hold_all)
