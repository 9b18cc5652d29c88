"""Rows of a table that pass a filter, piece by piece: some in the order of the files, or the first by a column."""

from collections.abc import Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.dataset as ds


def pieces(data: ds.Dataset, wanted: ds.Expression | None) -> Iterator[pa.Table]:
    """Yield the rows that are wanted, piece by piece, in the order of the files."""
    for batch in data.to_batches(filter=wanted):
        if batch.num_rows:
            yield pa.Table.from_batches([batch])


def in_order(found: Iterable[pa.Table], offset: int, limit: int) -> pa.Table | None:
    """Return some rows in the order of the files, reading no further than they reach."""
    kept: list[pa.Table] = []
    for piece in found:
        part = piece.slice(offset, limit)
        offset = max(offset - piece.num_rows, 0)
        limit -= part.num_rows
        kept.append(part)
        if limit <= 0:
            break
    return pa.concat_tables(kept) if kept else None


def by_column(found: Iterable[pa.Table], column: str, descending: bool, offset: int, limit: int) -> pa.Table | None:
    """Return some rows in the order of a column, ties in the order of the files, holding no more than they reach."""
    best: pa.Table | None = None
    keys = [(column, "descending" if descending else "ascending")]
    for piece in found:
        both = piece if best is None else pa.concat_tables([best, piece])
        order = pc.sort_indices(both, sort_keys=keys)
        best = both.take(order[: offset + limit])
    return None if best is None else best.slice(offset, limit)
