"""What a page may ask of its session: JSON of these forms, and nothing else."""

from collections.abc import Callable
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sim.errors import InputError

SLOWEST, FASTEST = 0.1, 520
"""Weeks a second."""
_MOST_WEEKS, _MOST_REPLICATES, _LONGEST_QUERY = 5_000, 50, 8_000


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Open(_Message):
    """The page is there, at this address."""

    kind: Literal["open"]
    query: str = Field(default="", max_length=_LONGEST_QUERY)


class Start(_Message):
    """Make two worlds of these choices."""

    kind: Literal["start"]
    choices: dict[str, Any]


class Play(_Message):
    """Go on, so many weeks a second."""

    kind: Literal["play"]
    speed: float = Field(ge=SLOWEST, le=FASTEST)


class Plain(_Message):
    """Stop; begin again; count the flow; send everybody again."""

    kind: Literal["pause", "reset", "flow", "anew"]


class Step(_Message):
    """Go so many weeks on."""

    kind: Literal["step"]
    weeks: int = Field(default=1, ge=1, le=_MOST_WEEKS)


class Seek(_Message):
    """Show a week: from the record, or by living up to it."""

    kind: Literal["seek"]
    week: int = Field(ge=0, le=_MOST_WEEKS)


class Seen(_Message):
    """A frame has come."""

    kind: Literal["seen"]
    n: int = Field(ge=0)


class Ties(_Message):
    """Send ties, or do not."""

    kind: Literal["ties"]
    on: bool


class Life(_Message):
    """Tell a person's two lives."""

    kind: Literal["life"]
    person: int = Field(ge=0, lt=2**53)


class Replicates(_Message):
    """Run more seeds of the same choices, for intervals."""

    kind: Literal["replicates"]
    more: int = Field(ge=1, le=_MOST_REPLICATES)


type Send = Callable[[dict[str, Any], list[bytes]], None]
"""What takes a message for the page, and its buffers."""
type Asked = Open | Start | Play | Plain | Step | Seek | Seen | Ties | Life | Replicates
_ASKED: TypeAdapter[Asked] = TypeAdapter(
    Annotated[Open | Start | Play | Plain | Step | Seek | Seen | Ties | Life | Replicates, Field(discriminator="kind")]
)


def read(message: object) -> Asked:
    """Check a message of a page.

    Raises
    ------
    InputError
        If it is none of those above.
    """
    try:
        return _ASKED.validate_python(message)
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "kind"
        raise InputError(f"the page's message: {where}: {first['msg'].lower()}") from None
