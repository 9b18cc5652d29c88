"""The ledger: what is paid is received, lines add up to balances, a span holds its first day and not its last."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.ledger import OUTSIDE, PAYER, RESULTS, Ledger, Line, charity_account

ACCOUNTS = (PAYER, OUTSIDE, 0, 1, 2, charity_account(0), charity_account(3))
PAYMENTS = st.lists(
    st.tuples(
        st.integers(0, 400),
        st.sampled_from(Line),
        st.permutations(ACCOUNTS).map(lambda order: order[:2]),
        st.floats(-1e6, 1e6),
    ),
    max_size=60,
)
DAYS = st.integers(-1, 402)


def kept(payments):
    """Return a ledger of (day, line, (source, receiver), pounds)."""
    ledger = Ledger()
    for day, line, (source, receiver), pounds in payments:
        ledger.pay(day, line, source, receiver, pounds)
    return ledger


@pytest.fixture
def small():
    """A company paid by the month, that pays staff and a charity, and is paid back for too much."""
    return kept(
        [
            (10, Line.SERVICE, (PAYER, 1), 1000.0),
            (10, Line.PRACTITIONERS, (1, OUTSIDE), 600.0),
            (20, Line.SERVICE, (PAYER, 1), 500.0),
            (20, Line.SUPPLY_CHAIN, (1, charity_account(2)), 50.0),
            (20, Line.SERVICE, (PAYER, 2), 7.0),
            (30, Line.DEDUCTION, (PAYER, 1), -100.0),
        ]
    )


def test_payments_entered_at_once_are_those_entered_one_by_one():
    payments = [(Line.PLACES, 1, OUTSIDE, 3.0), (Line.SERVICE, PAYER, 1, 0.0), (Line.USE, PAYER, 2, -1.5)]
    once, singly = Ledger(), Ledger()
    once.pay_all(7, payments)
    for payment in payments:
        singly.pay(7, *payment)
    assert len(once) == 2, "nothing is entered for nothing"
    for name in once.columns:
        assert getattr(once, name).tolist() == getattr(singly, name).tolist()


def test_the_account_of_a_small_company_by_hand(small):
    assert small.balance(1, 0, 100) == 1000 - 600 + 500 - 50 - 100
    assert small.balance(2, 0, 100) == 7
    assert small.balance(PAYER, 0, 100) == -1000 - 500 - 7 + 100
    assert small.balance(charity_account(2), 0, 100) == 50
    assert small.lines(1, 0, 100) == {
        Line.SERVICE: 1500,
        Line.PRACTITIONERS: -600,
        Line.SUPPLY_CHAIN: -50,
        Line.DEDUCTION: -100,
    }
    assert small.received(1, (Line.SERVICE,), 0, 100) == 1500
    assert small.received(1, (Line.SERVICE, Line.DEDUCTION), 0, 100) == 1400
    assert small.received(1, RESULTS, 0, 100) == -100
    assert small.received(1, (Line.PRACTITIONERS,), 0, 100) == 0, "what is paid is not received"


@pytest.mark.parametrize(
    ("first", "end", "balance"), [(10, 20, 400), (11, 21, 450), (10, 11, 400), (20, 20, 0), (0, 10, 0), (30, 31, -100)]
)
def test_a_span_holds_its_first_day_and_not_its_end(small, first, end, balance):
    assert small.balance(1, first, end) == balance
    assert sum(small.lines(1, first, end).values()) == balance


@given(PAYMENTS, DAYS, DAYS)
def test_what_is_paid_is_received_in_any_span(payments, one, other):
    ledger = kept(payments)
    balances = [ledger.balance(account, one, other) for account in ACCOUNTS]
    assert sum(balances) == pytest.approx(0, abs=1e-6)


@given(PAYMENTS, DAYS, DAYS)
def test_lines_add_up_to_the_balance_of_a_span(payments, one, other):
    ledger = kept(payments)
    for account in ACCOUNTS:
        by_hand = sum(
            pounds * ((receiver == account) - (source == account))
            for day, _, (source, receiver), pounds in payments
            if one <= day < other
        )
        assert ledger.balance(account, one, other) == pytest.approx(by_hand, abs=1e-6)
        assert sum(ledger.lines(account, one, other).values()) == pytest.approx(by_hand, abs=1e-6)


@given(PAYMENTS, DAYS)
def test_two_spans_that_meet_are_one(payments, middle):
    ledger = kept(payments)
    for account in ACCOUNTS:
        parts = ledger.balance(account, -9, middle) + ledger.balance(account, middle, 999)
        assert parts == pytest.approx(ledger.balance(account, -9, 999), abs=1e-6)


def test_nothing_is_entered_for_nothing():
    assert len(kept([(1, Line.SERVICE, (PAYER, 1), 0.0), (1, Line.SERVICE, (PAYER, 1), -0.0)])) == 0


def test_accounts_of_charities_are_nobody_else_s():
    accounts = [charity_account(n) for n in range(2000)]
    assert len(set(accounts)) == 2000
    assert min(accounts) > 500, "providers have the numbers below"


def test_a_copy_is_independent(small):
    twin = small.copy()
    twin.pay(31, Line.SERVICE, PAYER, 1, 5.0)
    twin.pounds[0] = -1
    assert len(small) == 6
    assert len(twin) == 7
    assert small.balance(1, 0, 100) == 750


def test_a_ledger_without_payments_balances():
    ledger = Ledger()
    assert ledger.balance(1, 0, 10) == 0
    assert ledger.lines(1, 0, 10) == {}
    assert np.array_equal(ledger.between(0, 9), [])
