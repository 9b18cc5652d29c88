from dataclasses import replace
from datetime import date

import pytest

from experiments.plan import make_plan
from sim.clock import date_of, day_of
from sim.errors import InputError


def plan(settings=(), scenarios=("pre_reform", "post_reform"), scale=1.0, until=None):
    return make_plan(list(scenarios), "staffordshire_west_midlands", scale, [0], until, list(settings))


def test_the_arms_part_on_the_first_lever_that_differs():
    assert date_of(plan().fork_day) == date(2014, 6, 1)


def test_a_reform_that_changes_nothing_never_parts():
    assert plan(scenarios=("pre_reform", "no_change")).fork_day is None


def test_a_lever_can_be_dropped_in_every_arm_that_has_it():
    assert "risk_split" not in plan(["levers.risk_split=off"]).arms[1].levers


def test_a_lever_can_be_moved():
    moved = plan(["levers.hdc_widened=2017-05-01"]).arms[1].levers["hdc_widened"]
    assert date_of(moved.from_day) == date(2017, 5, 1)


def test_a_lever_that_no_arm_has_is_said_so():
    notes = plan(["levers.risk_split=off"], scenarios=("pre_reform", "no_change")).notes
    assert any("no arm has this lever" in note for note in notes)


def test_a_setting_of_a_lever_can_be_set():
    changed = plan(["levers.private_providers.mission_led_share=0.6"])
    assert changed.arms[1].setting("private_providers", "mission_led_share") == 0.6
    assert "private_providers" not in changed.arms[0].levers
    assert not any("changes nothing" in note for note in changed.notes)


def test_a_number_of_a_contract_can_be_set_for_the_levers_that_bring_it():
    changed = plan(
        [
            "contracts.signed_2015.fixed_share=0.5",
            "contracts.signed_2015.band_fees=[0.2, 0.4, 0.6, 0.8, 1, 1, 1.1, 1.3]",
        ]
    )
    reform = changed.arms[1].levers
    assert reform["payment_by_results"].terms == {
        "fixed_share": 0.5,
        "band_fees": (0.2, 0.4, 0.6, 0.8, 1.0, 1.0, 1.1, 1.3),
    }
    assert reform["contract_variation"].terms == {}
    assert changed.describe()["arms"][1] != plan().describe()["arms"][1]
    assert changed.fork_day == plan().fork_day


def test_arms_that_differ_by_a_number_of_a_contract_part_when_its_lever_comes():
    both = plan(scenarios=("post_reform", "post_reform"))
    other = plan(["contracts.variation_2017.fixed_share=0.5"], scenarios=("post_reform", "post_reform"))
    assert replace(both, arms=(both.arms[0], other.arms[1])).fork_day == day_of(date(2017, 8, 1))


def test_a_contract_that_no_arm_has_is_said_so():
    assert any("no arm has this contract" in note for note in plan(["contracts.proposal_2013.fixed_share=0.5"]).notes)


def test_a_number_of_the_register_can_be_set():
    assert plan(["reoffending.hazard_scale=0.7"]).register.reoffending.hazard_scale == 0.7


def test_series_can_be_held():
    assert plan(["series.hold_at=2014"]).register.hold_at == 2014


def test_the_same_plan_has_the_same_key_and_another_another():
    assert plan().key == plan().key
    assert plan().key != plan(scale=0.5).key


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("levers.risk_splitt=off", "risk_split"),
        ("levers.risk_split=maybe", "off"),
        ("levers.risk_split=2014-13-01", "not a date"),
        ("levers.private_providers.mission_lead_share=0", "mission_led_share"),
        ("levers.private_providers.mission_led_share=2", "0 to 1"),
        ("levers.private_providers.mission_led_share=off", "no number"),
        ("levers.risk_split.share=1", "no settings"),
        ("contracts.signed_2016.fixed_share=1", "signed_2015"),
        ("contracts.signed_2015.fixed_shar=1", "fixed_share"),
        ("contracts.signed_2015.fixed_share=2", "out of range"),
        ("contracts.signed_2015.fixed_share=some", "not a number"),
        ("contracts.signed_2015=1", "number of a contract"),
        ("contracts.signed_2015.volume_weights=[1, 1, 1, 1]", "add up to"),
        ("reoffending.hazard_scal=1", "reoffending.hazard_scale"),
        ("reoffending.hazard_scale=9", "0.25 to 1.3"),
        ("reoffending.hazard_scale=NaN", "out of range"),
        ("reoffending.hazard_scale=fast", "not a number"),
        ("reoffending.hazard_scale=[1, 2]", "one number"),
        ("series.hold_at=soon", "year"),
        ("reoffending.hazard_scale", "KEY=VALUE"),
        ("=1", "KEY=VALUE"),
    ],
)
def test_a_bad_setting_names_what_is_allowed(setting, said):
    with pytest.raises(InputError, match="--set") as error:
        plan([setting])
    assert said in str(error.value)


@pytest.mark.parametrize("scale", [0, -1, float("nan"), float("inf"), 1000])
def test_a_bad_scale_is_refused(scale):
    with pytest.raises(InputError, match="--scale"):
        plan(scale=scale)


@pytest.mark.parametrize("until", ["2019-02-30", "tomorrow", "1999-01-01", "2050-01-01"])
def test_a_bad_last_day_is_refused(until):
    with pytest.raises(InputError, match="--until"):
        plan(until=until)


def test_running_past_the_record_prints_its_assumption():
    assert any("no pandemic" in note for note in plan(until="2021-01-01").notes)
