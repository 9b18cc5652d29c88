"""One row of a table, seen as a Mesa agent."""

from typing import Any, ClassVar

import mesa

from sim.tables import Table


class RowView(mesa.Agent):
    """One row of a table of the model, seen as a Mesa agent. It holds nothing of its own.

    Columns read as attributes. The kinds say which table they look at. Where rows move, the model moves the view.

    Parameters
    ----------
    model : ProbationModel
    row : int
    unique_id : int
        A function of who is seen, not of the order in which views are made.

    Raises
    ------
    AttributeError
        On reading what is no column.
    TypeError
        On `remove`: a view takes nobody out of the world.
    """

    table_name: ClassVar[str]
    title: ClassVar[str]

    def __init__(self, model: Any, row: int, unique_id: int) -> None:
        self.model = model
        self.row = row
        self.unique_id = unique_id
        self.pos = None
        model.watch(self)

    def __getattr__(self, name: str) -> Any:
        if name in ("model", "row", "table_name", "title"):
            raise AttributeError(name)
        table: Table = getattr(self.model, self.table_name)
        if name not in table.columns:
            raise AttributeError(f'{self.title} has no "{name}"')
        return getattr(table, name)[self.row].item()

    def remove(self) -> None:
        """Refuse: a view cannot take a row out of the world."""
        place = f"model.{self.table_name}"
        raise TypeError(f"{self.title} here is a view of one row of {place}; it leaves by the model's own processes")
