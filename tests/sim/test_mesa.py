"""A good citizen of Mesa: the clock, agent sets of views, data collectors, scenarios."""

import numpy as np
import pytest
from mesa.datacollection import DataCollector

from sim.charities import Charity, Kind
from sim.model import ProbationModel, World
from sim.offenders import Offender, Status
from sim.officers import Officer
from sim.providers import ProbationProvider
from tests.worlds import events, world


@pytest.fixture
def small():
    return world("post_reform", scale=0.01, seed=4)


def test_weeks_pass_on_mesa_s_clock(small):
    small.run_for(3)
    small.step()
    small.run_until(6)
    assert (small.time, small.week, small.steps) == (6, 6, 6)


def test_there_is_a_view_of_everyone_tracked_and_of_every_officer_and_there_are_the_charities(small):
    assert small.agent_types == [Offender, Officer, Charity, ProbationProvider] == list(small.agents_by_type)
    people, officers, charities, providers = (small.agents_by_type[kind] for kind in small.agent_types)
    assert len(people) == (small.people.status != Status.LEFT).sum()
    assert len(officers) == len(small.officers)
    assert list(charities) == small.charities
    assert len(charities) == len(Kind)
    assert list(providers) == small.providers
    assert len(providers) == 4, "trusts, NPS and company of the one area, and the Probation Service"
    assert len(small.agents) == len(people) + len(officers) + len(charities) + len(providers)


def test_a_unique_id_is_the_person_s_number_whatever_views_were_made_before(small):
    once = small.agents_by_type[Offender].get("unique_id")
    small.agents.shuffle()
    assert small.agents_by_type[Offender].get("unique_id") == once
    assert set(once) <= set(small.people.person.tolist())
    assert len({view.unique_id for view in small.agents}) == len(small.agents)


def test_the_numbers_of_all_kinds_stay_in_a_fork_and_over_the_weeks(small):
    def numbers(model):
        return {kind: set(agents.get("unique_id")) for kind, agents in model.agents_by_type.items()}

    before, twin = numbers(small), small.fork(small.timeline)
    assert numbers(twin) == before
    twin.run_for(3)
    after = numbers(twin)
    for kind in (Officer, Charity, ProbationProvider):
        assert after[kind] == before[kind]
    gone = set(twin.people.person[twin.people.status == Status.LEFT].tolist())
    assert before[Offender] - after[Offender] <= gone
    assert numbers(small) == before


def test_views_are_selected_and_added_up_as_the_table_says(small):
    licensed = small.agents_by_type[Offender].select(lambda person: person.state == Status.LICENCE)
    rows = small.people.with_status(Status.LICENCE)
    assert sorted(licensed.get("row")) == rows.tolist()
    assert licensed.agg("ogrs3", sum) == pytest.approx(float(small.people.ogrs3[rows].astype(float).sum()))
    assert small.agents_by_type[Officer].agg("caseload", sum) == small.officers.caseload.sum()


def test_a_collector_sees_the_weeks_go_by(small):
    collector = DataCollector(
        model_reporters={"prison": lambda m: m.weekly.series("custody_population")[-1]},
        agenttype_reporters={
            Offender: {"status": "status"},
            Officer: {"caseload": "caseload"},
            Charity: {"helped": "helped", "waiting": lambda charity: charity.waiting},
        },
    )
    for _ in range(2):
        small.step()
        collector.collect(small)
    assert collector.get_model_vars_dataframe()["prison"].tolist() == small.weekly.series("custody_population").tolist()
    statuses = collector.get_agenttype_vars_dataframe(Offender).loc[2]["status"]
    assert (np.bincount(statuses, minlength=len(Status))[:-1] == small.people.stocks()[:-1]).all()
    caseloads = collector.get_agenttype_vars_dataframe(Officer)["caseload"].groupby("Step").sum()
    assert caseloads.tolist() == small.weekly.series("caseload").tolist()
    charities = collector.get_agenttype_vars_dataframe(Charity).groupby("Step").sum()
    assert charities["helped"].tolist() == small.weekly.series("helped").tolist()
    assert charities["waiting"].tolist() == small.weekly.series("waiting").tolist()
    assert small.weekly.series("helped").min() > 0


def test_views_change_nothing():
    looked_at, left_alone = (world("post_reform", scale=0.01, seed=4) for _ in range(2))
    for _ in range(4):
        looked_at.agents.shuffle().get("unique_id")
        looked_at.step()
        left_alone.step()
    assert np.array_equal(events(looked_at), events(left_alone))


def test_an_officer_is_a_view_that_cannot_be_taken_away(small):
    officer = small.agents_by_type[Officer][0]
    assert officer.employer.name == "TRUST"
    with pytest.raises(TypeError, match="a view"):
        officer.remove()
    with pytest.raises(AttributeError, match='an officer has no "nonsense"'):
        _ = officer.nonsense


def test_a_world_says_all_that_a_model_is_made_of():
    model = ProbationModel(World(rng=4, scale=0.01))
    assert model.scenario.name == model.timeline.name == "post_reform"
    assert model.region.name == "staffordshire_west_midlands"
    model.run_for(5)
    plain = world("post_reform", scale=0.01, seed=4)
    plain.run_for(5)
    assert np.array_equal(events(model), events(plain))


def test_a_fork_keeps_mesa_s_clock(small):
    small.run_for(2)
    twin = small.fork(small.timeline)
    twin.run_for(2)
    assert (twin.time, twin.week, small.week) == (4, 4, 2)
