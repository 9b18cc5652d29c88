"""What the panels show."""

from dataclasses import dataclass

type Series = tuple[list[str], list[float | None]]
"""Dates, and values in the panel's unit."""
_MORE_DIGITS = 2
"""Values carry so many more than the page prints."""


@dataclass(frozen=True)
class Kind:
    """What a panel shows.

    Attributes
    ----------
    id, title, unit, note : str
    digits : int
        Printed behind the point.
    """

    id: str
    title: str
    unit: str
    digits: int
    note: str


REOFFENDING = Kind(
    "reoffending",
    "Proven reoffending within a year",
    "percent",
    1,
    "All adults by the quarter of entry, dated at its start as published, known eighteen months after it ends.",
)
RECALLS = Kind(
    "recalls",
    "Recalls to prison",
    "recalls a quarter",
    0,
    "From licence and curfew, brought to a quarter's length, dated at mid-quarter; published years likewise.",
)
CASELOAD = Kind(
    "caseload", "People supervised", "people", 0, "On officers' caseloads, in the community and in custody."
)
WORKLOAD = Kind(
    "workload",
    "Officers' workload",
    "ratio",
    2,
    "Points of work held, over what the officers in post are meant to hold.",
)
CUSTODY = Kind("custody", "People in prison", "people", 0, "Sentenced, recalled or on remand.")
MONEY = Kind(
    "money",
    "Public spending on probation and charities",
    "pounds",
    0,
    "Paid in each quarter; results, and fees taken back for volumes that fell short, fall where they are settled.",
)


def rounded(value: float | None, digits: int) -> float | None:
    """Return a value with a little more than is printed."""
    return None if value is None else round(value, digits + _MORE_DIGITS)
