"""What a page asks of a folder of results, and what it is answered; several threads may ask at once."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError

from sim.errors import InputError
from visualiser.results.about import about
from visualiser.results.files import Json
from visualiser.results.folder import MOST_SHOWN, REACH, Results
from visualiser.results.overview import overview
from visualiser.results.pictures import picture, pictures

type Reply = tuple[Json, list[bytes]]


class _Message(BaseModel):
    model_config = ConfigDict(extra="forbid")
    n: int | None = None


class _Plain(_Message):
    """What was run, without what was found, and with it; which pictures; which tables."""

    kind: Literal["about", "overview", "pictures", "tables"]


class _Named(_Message):
    """A picture; what a table's filters need."""

    kind: Literal["picture", "table"]
    name: str = Field(max_length=200)


class _Filtered(_Message):
    """A table under filters."""

    kind: Literal["csv"]
    table: str = Field(max_length=200)
    filters: dict[str, Any] = Field(default_factory=dict, max_length=100)


class _Rows(_Message):
    """Some rows of it."""

    kind: Literal["rows"]
    table: str = Field(max_length=200)
    filters: dict[str, Any] = Field(default_factory=dict, max_length=100)
    sort: str = Field("", max_length=200)
    descending: bool = False
    offset: int = Field(0, ge=0, le=REACH)
    limit: int = Field(50, ge=1, le=MOST_SHOWN)


_ASKED: TypeAdapter[_Plain | _Named | _Filtered | _Rows] = TypeAdapter(
    Annotated[_Plain | _Named | _Filtered | _Rows, Field(discriminator="kind")]
)


def answer(results: Results, message: object) -> Reply:
    """Answer a message of a page.

    Parameters
    ----------
    results : Results
    message : object
        ``{kind: "about" | "overview" | "pictures" | "tables"}``, ``{kind: "picture" | "table", name}``,
        ``{kind: "rows", table, filters, sort, descending, offset, limit}`` or ``{kind: "csv", table, filters}``; an
        ``n`` comes back with the reply.

    Returns
    -------
    dict, list of bytes
        The reply, of the same kind, and what it carries; ``{kind: "notice", level: "error", text}`` for a message
        that cannot be answered.
    """
    number = message.get("n") if isinstance(message, dict) else None
    own = {"n": number} if isinstance(number, int) else {}
    try:
        content, buffers = _answered(results, _ASKED.validate_python(message))
    except (ValidationError, InputError, OSError) as error:
        return {"kind": "notice", "level": "error", "text": _reason(results, error), **own}, []
    return {**content, **own}, buffers


def _reason(results: Results, error: Exception) -> str:
    """Say why a message cannot be answered, without a place outside the folder."""
    if isinstance(error, ValidationError):
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"]) or "kind"
        return f"{where}: {first['msg']}"
    if isinstance(error, OSError):
        return f"{results.folder.name}: {error.strerror or 'unreadable'}"
    return str(error)


def _answered(results: Results, asked: _Plain | _Named | _Filtered | _Rows) -> Reply:
    """Answer a message that is well formed."""
    if isinstance(asked, _Rows):
        given = asked.filters, asked.sort, asked.descending, asked.offset, asked.limit
        return {"kind": "rows", **results.rows(asked.table, *given)}, []
    if isinstance(asked, _Filtered):
        return {"kind": "csv", "name": f"{asked.table}.csv"}, [results.csv(asked.table, asked.filters)]
    if isinstance(asked, _Plain):
        return {"kind": asked.kind, **_plain(results, asked.kind)}, []
    if asked.kind == "picture":
        return {"kind": "picture", "name": asked.name}, [picture(results.folder, asked.name)]
    return {"kind": "table", **results.table(asked.name)}, []


def _plain(results: Results, kind: Literal["about", "overview", "pictures", "tables"]) -> Json:
    """Return what the whole folder is asked for."""
    if kind == "about":
        return about(results)
    if kind == "overview":
        return overview(results)
    return {kind: pictures(results.folder) if kind == "pictures" else results.tables()}
