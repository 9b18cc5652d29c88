"""Officers and the two rules of allocation."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sim.offenders import Provider, Rosh
from sim.officers import Officers, assign_least_loaded
from sim.providers import by_risk


def assign(places, count=20, team_size=10, first=0, caseload=None):
    """Assign cases of one office in turn; return (officers, caseloads)."""
    n = len(places)
    load = np.zeros(first + count, np.int32) if caseload is None else caseload
    out = np.empty(n, np.int64)
    assign_least_loaded(np.full(n, first), np.full(n, count), team_size, np.array(places, float), load, out)
    return out, load


def test_practitioners_stand_together_by_provider_and_area():
    officers = Officers(3)
    officers.employ(Provider.TRUST, 10, (0.5, 0.3, 0.2))
    officers.employ(Provider.NPS, 1, (0.5, 0.3, 0.2))
    assert officers.count[Provider.TRUST].tolist() == [5, 3, 2]
    assert officers.count[Provider.NPS].tolist() == [1, 1, 1], "at least one in each area"
    assert officers.first[Provider.NPS].tolist() == [10, 11, 12]
    assert officers.area.tolist() == [0] * 5 + [1] * 3 + [2] * 2 + [0, 1, 2]
    assert (officers.provider[10:] == Provider.NPS).all()


def test_releasing_takes_one_case_each_and_nobody_s_is_nobody_s():
    officers = Officers(1)
    officers.employ(Provider.CRC, 3, (1.0,))
    officers.caseload[:] = 5
    officers.release(np.array([0, -1, 2, 2]))
    assert officers.caseload.tolist() == [4, 5, 3]


def test_a_copy_of_the_officers_is_independent():
    officers = Officers(1)
    officers.employ(Provider.CRC, 2, (1.0,))
    twin = officers.copy()
    twin.employ(Provider.NPS, 2, (1.0,))
    twin.caseload[:] = 9
    assert len(officers) == 2
    assert officers.count[Provider.NPS].tolist() == [0]
    assert officers.caseload.tolist() == [0, 0]


def test_the_least_loaded_of_the_team_takes_the_case_and_the_first_of_equals():
    load = np.array([3, 1, 1, 5], np.int32)
    out, after = assign([0.0, 0.0, 0.0], count=4, caseload=load)
    assert out.tolist() == [1, 2, 1]
    assert after.tolist() == [3, 3, 2, 5]


def test_a_place_names_one_team_whatever_the_others_do():
    out, _ = assign([0.0, 0.49, 0.5, 0.999], count=20)
    assert [int(o) // 10 for o in out] == [0, 0, 1, 1]


@given(
    st.lists(st.floats(0, 1, exclude_max=True), max_size=60), st.integers(1, 35), st.integers(1, 12), st.integers(0, 9)
)
@settings(max_examples=80, deadline=None)
def test_every_case_goes_to_an_officer_of_the_office_and_teams_are_level(places, count, team_size, first):
    out, load = assign(places, count, team_size, first)
    assert load.sum() == len(places)
    assert load.tolist() == np.bincount(out, minlength=first + count).tolist()
    assert all(first <= o < first + count for o in out)
    teams = -(-count // team_size)
    for team in range(teams):
        members = load[first + team * count // teams : first + (team + 1) * count // teams]
        assert 0 < len(members) <= team_size
        assert members.max() - members.min() <= 1


@pytest.mark.parametrize("rosh", Rosh)
@pytest.mark.parametrize("mappa", [False, True])
def test_high_risk_and_mappa_go_to_the_nps_and_all_others_to_the_crc(rosh, mappa):
    wanted = Provider.NPS if mappa or rosh in (Rosh.HIGH, Rosh.VERY_HIGH) else Provider.CRC
    assert by_risk(rosh, mappa) == wanted
