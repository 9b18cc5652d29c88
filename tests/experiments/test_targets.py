import pytest

from experiments.targets import COLUMNS, published_numbers, read_targets, record
from experiments.vocabulary import OCCASIONS, Kind, measures
from sim.data import tables
from sim.errors import InputError

GOOD = {
    "id": "mine",
    "measure": "binary_rate",
    "estimator": "three_month_cohort",
    "group": "disposal=custody_under_12m",
    "cohort_from": "2016-04-01",
    "cohort_to": "2016-06-30",
    "scenario": "post_reform",
    "value": "63.8",
    "unit": "percent",
    "standard_error": "0.5",
    "source": "a report",
}
CHANGE = {"measure": "binary_rate_change", "cohort_from": "2011-04-01/2011-06-30", "cohort_to": "2016-04-01/2016-06-30"}


@pytest.fixture
def write(tmp_path):
    """Write rows as a file of targets and return its path."""

    def to(*rows, columns=COLUMNS, encoding="utf-8"):
        lines = [",".join(columns), *(",".join(row[name] for name in columns) for row in rows)]
        path = tmp_path / "mine.csv"
        path.write_bytes("\r\n".join(lines).encode(encoding))
        return path

    return to


def test_every_row_of_the_record_is_measured_or_says_why_not():
    targets, unmeasured = record()
    wanted = {r["id"] for r in tables.rows("published_statistics") if r["use"] in ("calibrate", "validate")}
    named = {t.id for t in targets} | {identity for identity, _ in unmeasured}
    assert {identity for identity in wanted if not any(name.startswith(identity) for name in named)} == set()
    assert all(reason for _, reason in unmeasured)


def test_values_and_uses_are_those_of_the_published_statistics():
    targets = {t.id: t for t in record()[0]}
    assert (targets["under_12m_2018q1"].value, targets["under_12m_2018q1"].use) == (62.7, "validate")
    assert (targets["caseholders_over_40_crc"].value, targets["caseholders_over_40_nps"].value) == (86, 33)
    assert (targets["recalls_short_share_2015"].value, targets["recalls_short_share_2018"].value) == (3, 36)
    assert targets["recalls_12m_plus_change"].value == -3
    assert (targets["cases_per_om_fte_2013"].value, targets["cases_per_om_fte_2017"].value) == (22, 27)
    assert sum(t.value for t in targets.values() if t.measure == OCCASIONS and "disposal" in t.group) > 500_000


def test_years_of_a_series_are_set_against_or_a_check_of_what_is_foretold():
    uses = {t.id: t.use for t in record()[0] if t.fact in ("series of all adults", "recall population")}
    assert [uses[f"adults_binary_3m_{year}"] for year in range(2008, 2014)] == ["check", "calibrate"] * 3
    assert {uses[f"adults_frequency_12m_{year}"] for year in range(2008, 2014)} == {"check"}
    assert [uses[f"recall_population_{year}"] for year in range(2010, 2014)] == ["calibrate", "check"] * 2


def test_an_unknown_published_figure_is_refused():
    with pytest.raises(InputError, match="did you mean"):
        published_numbers("caseload_2010")


def test_a_good_file_is_read(write):
    target, change = read_targets(write(GOOD, GOOD | CHANGE | {"id": "other", "unit": "percentage points"}))
    assert (target.value, target.standard_error, target.use) == (63.8, 0.5, "user")
    assert [str(period) for period in target.periods] == ["2016-04-01 to 2016-06-30"]
    assert [str(period) for period in change.periods] == ["2011-04-01 to 2011-06-30", "2016-04-01 to 2016-06-30"]
    assert change.stem == "binary_rate"


def test_a_file_as_a_spreadsheet_writes_it_is_read(write):
    assert read_targets(write(GOOD, encoding="utf-8-sig"))[0].id == "mine"


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"measure": "binary_rat"}, 'column measure: unknown measure "binary_rat"; did you mean "binary_rate"?'),
        ({"estimator": "three_month"}, "column estimator: unknown estimator"),
        ({"measure": "caseload", "group": "all", "unit": "people"}, "column estimator"),
        (
            {"group": "disposal=custody_under_12"},
            'column group: unknown group "disposal=custody_under_12"; did you mean',
        ),
        ({"unit": "per cent"}, 'column unit: unknown unit "per cent"; did you mean "percent"?'),
        ({"scenario": "post_refrom"}, 'column scenario: .*unknown scenario "post_refrom"; did you mean "post_reform"?'),
        ({"scenario": "none.toml"}, "column scenario: .*none.toml"),
        ({"scenario": ""}, "column scenario: .*unknown scenario"),
        ({"cohort_from": "April 2016"}, "column cohort_from: .* is not a date"),
        ({"cohort_to": "2016-06-31"}, "column cohort_to: .* is not a date"),
        ({"cohort_to": "2016-06-29"}, "column cohort_from: .* is no whole cohort; allowed: 3 months"),
        ({"cohort_from": "2016-07-01"}, "column cohort_to: .* lies before"),
        ({"cohort_from": "1999-04-01"}, "column cohort_from: .* outside the model's time"),
        ({"estimator": "twelve_month_cohort"}, "is no whole cohort; allowed: 12 months"),
        ({"value": "much"}, 'column value: "much" is not a number'),
        ({"value": "nan"}, "column value"),
        ({"value": "0"}, "column value: .* no 0"),
        ({"standard_error": "-1"}, "column standard_error: .* 0 or more"),
        ({"id": ""}, "column id: is empty"),
        ({"measure": "binary_rate_change"}, "column cohort_from: .* from one period to another"),
        (CHANGE, "column unit"),
        (
            {"measure": "recalled_within_1y", "estimator": "", "group": "all"},
            "column cohort_from: .* is no whole calendar year",
        ),
        (
            {"measure": "caseload", "estimator": "", "group": "all", "unit": "people", "cohort_to": "2016-04-03"},
            "column cohort_from: .* shorter than a week",
        ),
    ],
)
def test_a_cell_that_is_not_allowed_is_refused_with_row_and_column(write, changed, said):
    if changed is CHANGE:
        changed = CHANGE | {"unit": "people"}
    path = write(GOOD, GOOD | {"id": "second"} | changed)
    with pytest.raises(InputError, match=f"mine.csv: row 3, {said}" if "column" in said else said):
        read_targets(path)


def test_files_that_are_no_targets_are_refused(write, tmp_path):
    with pytest.raises(InputError, match="has no column source"):
        read_targets(write(GOOD, columns=COLUMNS[:-1]))
    with pytest.raises(InputError, match='row 3, column id: "mine" stands twice'):
        read_targets(write(GOOD, GOOD))
    with pytest.raises(InputError, match="no row"):
        read_targets(write())
    with pytest.raises(InputError, match="cannot be read"):
        read_targets(tmp_path / "none.csv")
    with pytest.raises(InputError, match="not UTF-8"):
        read_targets(write(GOOD | {"source": "café"}, encoding="latin-1"))
    short = write(GOOD)
    short.write_text(short.read_text() + "\nother,binary_rate\n")
    with pytest.raises(InputError, match="row 3: does not have 11 cells"):
        read_targets(short)
    open_mark = write(GOOD)
    open_mark.write_text(open_mark.read_text() + '\n"' + "never closed " * 20_000)
    with pytest.raises(InputError, match="close every quotation mark"):
        read_targets(open_mark)


def test_every_kind_of_measure_is_there_with_the_names_of_the_design():
    known = measures()
    assert {measure.kind for measure in known.values()} == set(Kind)
    promised = (
        "binary_rate frequency reoffences_per_100 reoffended_within_18_days custody_for_reoffence_within_1y "
        "recalled_within_1y recall_population recalls_per_year recall_share caseload cases_per_om_fte "
        "cases_per_caseholder"
    )
    assert set(promised.split()) <= set(known)
