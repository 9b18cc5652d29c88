"""The ledger: every payment, from whom to whom, for what. Each stands once, so that what is paid is received."""

from enum import IntEnum
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.tables import Column, Table

type Payment = tuple[Line, int, int, float]
"""What for, from whom, to whom, how many pounds."""


class Line(IntEnum):
    """What a payment is for."""

    BLOCK_GRANT = 0  # the payer to a trust, or to a public service as its budget
    SERVICE = 1  # fee for service, by the month
    USE = 2  # fee for use
    FOUNDATION = 3  # results paid in advance
    BINARY = 4  # results: falls of the binary rate
    CLAWBACK = 5  # advances not earned; negative
    DEDUCTION = 6  # for a rise of the binary rate; negative
    RECONCILIATION = 7  # fee for service by the year's volume, less what was paid by the month
    TOP_UP = 8  # results: the year's binary rate
    FREQUENCY = 9  # results: falls of the frequency
    OVER_CAP = 10  # results beyond the pot; negative
    OVERCLAIM = 11  # claimed and not due
    RECOVERY = 12  # overclaims found by audit; negative
    PRACTITIONERS = 13
    OTHER_STAFF = 14
    OVERHEAD = 15
    SUPPLY_CHAIN = 16  # a company to a charity
    CHARITY_GRANT = 17  # the payer to a charity
    PLACES = 18  # what a charity's places cost
    RESETTLEMENT = 19  # what a company spends on Through the Gate, for which the fee for service pays


RESULTS = (
    Line.FOUNDATION,
    Line.BINARY,
    Line.CLAWBACK,
    Line.DEDUCTION,
    Line.TOP_UP,
    Line.FREQUENCY,
    Line.OVER_CAP,
)
PAYER, OUTSIDE = -1, -2
"""Accounts of the Ministry, and of staff, landlords and suppliers; providers and charities have their own numbers."""
_FIRST_CHARITY = 10_000

LEDGER_COLUMNS = {
    "day": Column("int32", "day", "day of the payment"),
    "line": Column("uint8", "Line", "what it is for"),
    "source": Column("int32", "account", "who pays"),
    "receiver": Column("int32", "account", "who is paid"),
    "pounds": Column("float64", "pounds", "how much; negative where it goes back"),
}


def charity_account(number: int) -> int:
    """Return the account of a charity."""
    return _FIRST_CHARITY + number


class Ledger(Table):
    """Every payment, in the order of payment."""

    def __init__(self) -> None:
        super().__init__(LEDGER_COLUMNS)

    def pay(self, day: int, line: Line, source: int, receiver: int, pounds: float) -> None:
        """Enter a payment; nothing is entered for nothing."""
        self.pay_all(day, [(line, source, receiver, pounds)])

    def pay_all(self, day: int, payments: list[Payment]) -> None:
        """Enter payments of a day, one after the other; nothing is entered for nothing."""
        entered = [payment for payment in payments if payment[-1]]
        if entered:
            start, arrays = self.extend(len(entered)), self.__dict__["_arrays"]
            place = slice(start, start + len(entered))
            for array, values in zip(arrays.values(), (day, *zip(*entered, strict=True)), strict=True):
                array[place] = values

    def between(self, first_day: int, end_day: int) -> NDArray[np.bool_]:
        """Say which payments fall in a span, its end not counted."""
        found: NDArray[np.bool_] = (self.day >= first_day) & (self.day < end_day)
        return found

    def received(self, account: int, lines: tuple[Line, ...], first_day: int, end_day: int) -> float:
        """Return what an account received on some lines in a span."""
        chosen = self.between(first_day, end_day) & (self.receiver == account) & np.isin(self.line, lines)
        return float(self.pounds[chosen].sum())

    def balance(self, account: int, first_day: int, end_day: int) -> float:
        """Return what an account received in a span, less what it paid."""
        chosen = self.between(first_day, end_day)
        into, out = chosen & (self.receiver == account), chosen & (self.source == account)
        return float(self.pounds[into].sum() - self.pounds[out].sum())

    def lines(self, account: int, first_day: int, end_day: int) -> dict[Line, float]:
        """Return an account's lines in a span: what came in positive, what went out negative."""
        chosen = self.between(first_day, end_day)
        sums: dict[Line, float] = {}
        for sign, mine in ((1, self.receiver == account), (-1, self.source == account)):
            line: Any = self.line[chosen & mine]
            pounds = np.bincount(line, self.pounds[chosen & mine], len(Line))
            for found in np.unique(line):
                sums[Line(int(found))] = sums.get(Line(int(found)), 0.0) + sign * float(pounds[found])
        return sums
