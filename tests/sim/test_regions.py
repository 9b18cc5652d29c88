"""Regions."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.data import tables
from sim.errors import InputError
from sim.regions import load_region

GOOD = {"title": '"A place"', "areas": '["Essex", "London"]', "caseload": "1000", "source": '"somewhere"'}


@pytest.fixture
def load(tmp_path):
    """Load a region whose file has these entries; None leaves one out."""

    def read(**changed):
        entries = {key: value for key, value in {**GOOD, **changed}.items() if value is not None}
        path = tmp_path / "place.toml"
        path.write_text("\n".join(f"{key} = {value}" for key, value in entries.items()), encoding="utf-8")
        return load_region(str(path))

    return read


def test_england_and_wales_has_the_21_areas_and_all_the_people():
    region = load_region("england_wales")
    assert len(region.areas) == len(set(region.areas)) == 21
    assert sum(region.shares) == pytest.approx(1)
    assert region.caseload == 234_528
    assert region.national_share == 1


def test_staffordshire_and_west_midlands_is_one_area_of_twenty_thousand():
    region = load_region("staffordshire_west_midlands")
    assert (region.areas, region.shares) == (("Staffordshire and West Midlands",), (1.0,))
    assert region.national_share == pytest.approx(20_000 / 234_528)


def test_the_shares_of_some_areas_are_scaled_to_one(load):
    residents = {r["area"]: float(r["share_of_residents"]) for r in tables.rows("contract_areas")}
    region = load()
    assert region.name == "place"
    assert region.shares == pytest.approx(
        [residents[a] / (residents["Essex"] + residents["London"]) for a in ("Essex", "London")]
    )


def test_a_region_without_areas_has_them_all(load):
    assert load(areas=None).areas == load_region("england_wales").areas


@pytest.mark.parametrize("name", ["staffordshire", "staffordshire_west_midland"])
def test_an_unknown_region_is_refused_with_the_nearest(name):
    with pytest.raises(InputError, match=f'unknown region "{name}"; did you mean "staffordshire_west_midlands"'):
        load_region(name)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"caseload": "0"}, "caseload = 0 must be a number of people above 0"),
        ({"caseload": "-5"}, "caseload = -5"),
        ({"caseload": "nan"}, "caseload = nan"),
        ({"caseload": "inf"}, "caseload = inf"),
        ({"caseload": "true"}, "caseload = True"),
        ({"caseload": '"many"'}, "caseload = 'many'"),
        ({"caseload": None}, "caseload = None"),
        ({"title": None}, "title = None must be text"),
        ({"title": '""'}, "title = '' must be text"),
        ({"source": None}, "source = None must be text"),
        ({"areas": "[]"}, "areas = []"),
        ({"areas": '"Essex"'}, "areas = 'Essex'"),
        ({"areas": '["Esex"]'}, 'unknown area "Esex"; did you mean "Essex"?'),
        ({"areas": "[3]"}, 'unknown area "3"'),
        ({"caseloads": "3"}, 'unknown key "caseloads"; did you mean "caseload"?'),
    ],
)
def test_bad_input_is_refused_with_file_key_and_value(load, changed, said):
    with pytest.raises(InputError) as error:
        load(**changed)
    assert "place.toml" in str(error.value)
    assert said in str(error.value)


@pytest.mark.parametrize("areas", ['[["Essex"]]', "[{ a = 1 }]"])
def test_an_area_that_is_a_list_or_a_table_is_refused(load, areas):
    with pytest.raises(InputError, match="area"):
        load(areas=areas)


def test_a_caseload_too_great_for_a_float_is_refused(load):
    with pytest.raises(InputError, match="caseload"):
        load(caseload="1" + "0" * 400)


def test_an_area_named_twice_is_refused(load):
    with pytest.raises(InputError, match="Essex"):
        load(areas='["Essex", "Essex"]')


@given(st.text(alphabet="abtieslcrou=[]\"'{}\n .,#-0123456789", max_size=120))
@settings(max_examples=300, deadline=None)
def test_hostile_text_is_never_anything_but_an_input_error(tmp_path_factory, text):
    path = tmp_path_factory.getbasetemp() / "hostile.toml"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(InputError):
        load_region(str(path))
