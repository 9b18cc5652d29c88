"""What is kept of the people on the page, week by week, so that a life can be told and the calendar turned back."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from visualiser.states import ABSENT

if TYPE_CHECKING:
    from sim.model import ProbationModel

SAMPLED = ("needs", "help", "alliance", "peer_influence", "absences")
"""What is kept every few weeks: bits of `Need`, bits of `Kind`, hundredths, hundredths, unacceptable absences."""
WEEKS_BETWEEN_SAMPLES = 4
_MOST, _HUNDREDTHS = 255, 100


class Record:
    """States of every week and samples of what decides over lives, of the people on the page, under one regime.

    Until two regimes part their records hold the same arrays.
    """

    def __init__(self) -> None:
        self._states: list[NDArray[np.uint8]] = []
        self._samples: dict[str, list[NDArray[np.uint8]]] = {name: [] for name in SAMPLED}

    @property
    def weeks(self) -> range:
        """Weeks of which there is a record: that of week w is as week w begins."""
        return range(len(self._states))

    def add(self, states: NDArray[np.uint8], samples: dict[str, NDArray[np.uint8]]) -> None:
        """Keep a week; `samples` is empty in the weeks between."""
        self._states.append(states)
        for name, values in samples.items():
            self._samples[name].append(values)

    def state_at(self, week: int) -> NDArray[np.uint8]:
        """Return the state of everybody who was on the page in a week."""
        return self._states[week]

    def states(self, node: int) -> NDArray[np.uint8]:
        """Return a person's state in each week on record; `ABSENT` before the first time on the page."""
        return np.array([row[node] if node < len(row) else ABSENT for row in self._states], np.uint8)

    def samples(self, column: str, node: int) -> tuple[NDArray[np.int64], NDArray[np.uint8]]:
        """Return the weeks in which something of a person was sampled, and what it was then."""
        rows = self._samples[column]
        seen = [(k * WEEKS_BETWEEN_SAMPLES, row[node]) for k, row in enumerate(rows) if node < len(row)]
        weeks, values = zip(*seen, strict=True) if seen else ((), ())
        return np.array(weeks, np.int64), np.array(values, np.uint8)


def sample(
    model: "ProbationModel", rows: NDArray[np.int64], nodes: NDArray[np.int64], number: int
) -> dict[str, NDArray[np.uint8]]:
    """Return what is kept of the people on the page; 0 for those who are not there.

    Parameters
    ----------
    rows, nodes : int64 arrays, shape (m,)
        Rows of the people on the page who are there, and their numbers on it.
    number : int
        How many people have a number.
    """
    people = model.people
    values = {
        "needs": people.needs[rows],
        "help": people.help[rows],
        "alliance": (people.alliance[rows] * _HUNDREDTHS).round(),
        "peer_influence": people.peer_influence[rows],
        "absences": people.absences[rows],
    }
    found = {}
    for name in SAMPLED:
        found[name] = np.zeros(number, np.uint8)
        found[name][nodes] = np.clip(values[name], 0, _MOST)
    return found
