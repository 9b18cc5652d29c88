"""Tables are filtered, sorted, paged and downloaded where they lie; a damaged one is named and spoils no other."""

import csv
import io
import json
from datetime import date

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from experiments import store
from sim.errors import InputError
from tests.visualiser.results.conftest import refused
from visualiser.results import folder as mode
from visualiser.results.answers import answer
from visualiser.results.opening import open_results
from visualiser.results.overview import overview
from visualiser.results.rows import by_column, in_order


@pytest.fixture(scope="session")
def cohorts(made):
    """The table of cohorts as it was written."""
    return pq.read_table(made[0] / "cohorts.parquet").to_pandas()


# filters


def test_filters_pass_what_they_say(opened, cohorts):
    filters = {
        "group": "CUSTODY_under",
        "estimator": {"is": "three_month_cohort"},
        "offenders": [2, 9],
        "cohort_start": ["2010-01-01", None],
    }
    wanted = cohorts[
        cohorts["group"].str.contains("custody_under")
        & (cohorts["estimator"] == "three_month_cohort")
        & cohorts["offenders"].between(2, 9)
        & (cohorts["cohort_start"] >= date(2010, 1, 1))
    ]
    found = opened.rows("cohorts", filters, limit=500)
    assert 0 < len(wanted) < len(cohorts)
    assert found["total"] == len(wanted)
    at = [column["name"] for column in found["columns"]].index("offenders")
    assert [row[at] for row in found["rows"]] == wanted["offenders"].tolist()[:500]
    exact = opened.rows("cohorts", {"group": {"is": "disposal=custody"}})["total"]
    assert exact == (cohorts["group"] == "disposal=custody").sum()


@pytest.mark.parametrize(
    ("filters", "why"),
    [
        ({"colour": "red"}, "unknown column"),
        ({"offenders": "many"}, "is a number"),
        ({"offenders": ["x", None]}, "is no number"),
        ({"offenders": [1, 2, 3]}, "is a number"),
        ({"offenders": [float("nan"), None]}, "is no number"),
        ({"offenders": [10**400, None]}, "is no number"),
        ({"cohort_start": ["yesterday", None]}, "is no date"),
        ({"cohort_start": [20100101, None]}, "is no date"),
        ({"group": ["a", "b"]}, "does not fit"),
        ({"group": {"is": 3}}, "does not fit"),
        ({"group": {"like": "a"}}, "does not fit"),
    ],
)
def test_a_filter_that_does_not_fit_is_named(opened, filters, why):
    assert why in refused(opened, {"kind": "rows", "table": "cohorts", "filters": filters})
    assert why in refused(opened, {"kind": "csv", "table": "cohorts", "filters": filters})


def test_a_filter_is_a_text_and_no_pattern(opened):
    assert opened.rows("cohorts", {"group": "custody_under"})["total"] > 0
    assert opened.rows("cohorts", {"group": "custody.under"})["total"] == 0
    assert opened.rows("cohorts", {"group": "' or '1'='1"})["total"] == 0


def test_what_filters_need_of_a_column_is_told(opened, cohorts):
    columns = {column["name"]: column for column in opened.table("cohorts")["columns"]}
    offenders = cohorts["offenders"]
    assert columns["estimator"]["values"] == sorted(cohorts["estimator"].unique())
    assert "values" not in columns["group"]
    assert (columns["offenders"]["low"], columns["offenders"]["high"]) == (offenders.min(), offenders.max())
    assert columns["cohort_start"]["low"] == str(cohorts["cohort_start"].min())


# rows


@pytest.mark.parametrize("descending", [False, True])
def test_rows_are_sorted_with_what_is_missing_last(opened, cohorts, descending):
    ordered = cohorts.sort_values("frequency", ascending=not descending, kind="stable", na_position="last")
    assert cohorts["frequency"].isna().any()
    found = opened.rows("cohorts", sort="frequency", descending=descending, offset=30, limit=20)
    assert [row[-1] for row in found["rows"]] == pytest.approx(ordered["frequency"].tolist()[30:50])
    known = int(cohorts["frequency"].notna().sum())
    ends = opened.rows("cohorts", sort="frequency", descending=descending, offset=known - 1, limit=2)["rows"]
    assert ends[0][-1] == pytest.approx(ordered["frequency"].iloc[known - 1])
    assert ends[1][-1] is None


def test_rows_that_are_not_sorted_come_in_the_order_of_the_file(opened, cohorts):
    plain = opened.rows("cohorts", offset=7, limit=5)
    assert [row[4] for row in plain["rows"]] == cohorts["offenders"].tolist()[7:12]


PIECES = st.lists(st.lists(st.integers(0, 5) | st.none(), min_size=1, max_size=6), max_size=5)


@given(PIECES, st.integers(0, 12), st.integers(1, 6), st.booleans())
def test_rows_by_pieces_are_those_of_the_whole(lists, offset, limit, descending):
    numbers = iter(range(100))
    pieces = [pa.table({"k": pa.array(k, pa.int64()), "n": [next(numbers) for _ in k]}) for k in lists]
    whole = [(row["k"], row["n"]) for piece in pieces for row in piece.to_pylist()]
    ordered = sorted(
        whole, key=lambda row: (row[0] is None, 0 if row[0] is None else -row[0] if descending else row[0])
    )

    def shown(page):
        return [] if page is None else [(row["k"], row["n"]) for row in page.to_pylist()]

    assert shown(in_order(pieces, offset, limit)) == whole[offset : offset + limit]
    assert shown(by_column(pieces, "k", descending, offset, limit)) == ordered[offset : offset + limit]


def test_rows_out_of_reach_are_refused(opened):
    assert "offset" in refused(opened, {"kind": "rows", "table": "weekly", "offset": mode.REACH + 1})
    with pytest.raises(InputError, match="add filters"):
        opened.rows("weekly", offset=10 * mode.REACH)


def test_whole_numbers_that_a_page_cannot_hold_and_numbers_that_are_none_reach_it_unharmed(folder):
    table = pa.table({"seed": [2**62 + 1, 3], "value": [float("inf"), 0.5], "flag": [True, None]})
    store.write_table(folder / "odd.parquet", table)
    results = open_results(folder)
    found = results.rows("odd")
    assert found["rows"] == [[str(2**62 + 1), None, True], [3, 0.5, None]]
    json.dumps([found, results.table("odd")], allow_nan=False)
    assert results.rows("odd", {"flag": {"is": "true"}})["total"] == 1


def test_a_table_of_text_is_read_too(folder):
    (folder / "sets.csv").write_text("name,value\na,1.5\nb,2.5\n")
    assert open_results(folder).rows("sets", {"value": [2, None]})["rows"] == [["b", 2.5]]


# downloads


def test_a_download_holds_the_rows_that_pass_and_is_refused_above_its_limit(opened, monkeypatch):
    filters = {"estimator": {"is": "three_month_cohort"}, "group": {"is": "all"}}
    content, (data,) = answer(opened, {"kind": "csv", "table": "cohorts", "filters": filters})
    rows = list(csv.DictReader(io.StringIO(data.decode())))
    total = opened.rows("cohorts", filters)["total"]
    assert content == {"kind": "csv", "name": "cohorts.csv"}
    assert len(rows) == total > 0
    assert {row["group"] for row in rows} == {"all"}
    monkeypatch.setattr(mode, "MOST_DOWNLOADED", total - 1)
    text = refused(opened, {"kind": "csv", "table": "cohorts", "filters": filters})
    assert f"{total:,} rows are more than a download takes ({total - 1:,}); add filters" in text


# damage


@pytest.mark.parametrize("kept", [0, 3, 5000])
def test_a_damaged_table_is_named_and_the_others_are_shown(folder, kept):
    path = folder / "weekly.parquet"
    assert path.stat().st_size > kept
    path.write_bytes(path.read_bytes()[:kept])
    results = open_results(folder)
    text = refused(results, {"kind": "rows", "table": "weekly"})
    assert text.startswith("weekly: is damaged")
    assert "`run.py compare` makes it again" in text
    assert str(folder.parent) not in text
    said = {table["name"]: table for table in results.tables()}
    assert "damaged" in said["weekly"]["problem"]
    assert said["cohorts"]["problem"] == ""
    assert "weekly" in overview(results)["problems"][0]


def test_a_table_damaged_in_its_middle_is_named(folder):
    path = folder / "weekly.parquet"
    data = bytearray(path.read_bytes())
    data[200 : len(data) // 2] = bytes(len(data) // 2 - 200)
    path.write_bytes(bytes(data))
    results = open_results(folder)
    assert "damaged" in refused(results, {"kind": "rows", "table": "weekly", "sort": "value"})
    assert "damaged" in refused(results, {"kind": "table", "name": "weekly"})
    assert "weekly" in overview(results)["problems"][0]
