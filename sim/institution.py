"""`Institution`: what charities and providers have in common as Mesa agents."""

from typing import Any, ClassVar, Self

import mesa


class Institution(mesa.Agent):
    """An organisation: it stands from founding to the end of a run, and goes with its world into a copy of it.

    Attributes
    ----------
    first_number : int
        Unique numbers of the kind go downwards from here, so that no two kinds share one.
    title, ends_by : str
        What one is called, and what to do instead of removing it.

    Parameters
    ----------
    model : ProbationModel
    number : int
        Place among its kind.
    """

    first_number: ClassVar[int]
    title: ClassVar[str]
    ends_by: ClassVar[str]

    def __init__(self, model: Any, number: int) -> None:
        self.model = model
        self.number = number
        self.unique_id = self.first_number - number
        self.pos = None

    def moved_to(self, model: Any) -> Self:
        """Return the same one in a copy of its world."""
        twin = type(self).__new__(type(self))
        twin.__dict__.update(self.__dict__)
        twin.model = model
        return twin

    def remove(self) -> None:
        """Refuse: it is part of the world."""
        raise TypeError(f"{self.title} cannot be removed from the model; {self.ends_by}")
