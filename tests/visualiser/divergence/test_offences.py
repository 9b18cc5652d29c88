"""Offences under one regime alone: what stood apart before, and who took part."""

import numpy as np

from sim.charities import Kind
from sim.events import Event
from sim.needs import Need
from tests.visualiser.divergence.by_hand import DAY, HERE, line, recorded, told
from visualiser.divergence.offences import leads
from visualiser.states import State

OFFENCE = line(DAY, Event.OFFENCE, 3)


def test_an_offence_names_all_that_stood_apart_before_it(tiny):
    one = recorded(State.FREE, needs=1 << Need.DRUGS, help=1 << Kind.FAMILY, alliance=20, peer_influence=90, absences=1)
    found = told(tiny, [OFFENCE], [], records=(one, recorded(alliance=35, needs=1 << Need.WORK)))
    assert found["cause"] == "offence"
    for said in (
        "“free, on record” under the base and “licence or curfew” under the reform",
        "a need (drugs) stood under the base alone, a need (work) stood under the reform alone",
        "help (with ties to the family) stood under the base alone",
        "the alliance with the officer stood at 0.20 under the base and 0.35 under the reform",
        "the pull of active peers stood at 0.90 under the base and 0.00 under the reform",
        "unacceptable absences numbered 1 under the base and 0 under the reform",
    ):
        assert said in found["explanation"]


def test_where_nothing_on_record_stands_apart_the_explanation_says_so(tiny):
    found = told(tiny, [OFFENCE], [])
    assert found["cause"] == "offence"
    assert "Nothing else on record stood apart" in found["explanation"]
    away = told(tiny, [line(DAY, Event.NO_PROOF)], [line(DAY, Event.CHARGE)])
    assert (away["cause"], away["index"]) == ("other", [0, 0])
    assert "Nothing else on record stood apart" in away["explanation"]


def test_what_was_sampled_after_the_day_does_not_count(tiny):
    late = recorded()
    late._samples["alliance"][2][0] = 90  # week 8 begins after the day
    assert "Nothing else" in told(tiny, [OFFENCE], [], records=(recorded(), late))["explanation"]


def test_the_pull_of_peers_alone_is_peers(tiny):
    found = told(tiny, [OFFENCE], [], records=(recorded(peer_influence=80), recorded()))
    assert found["cause"] == "peer"


def test_who_joins_an_offence_of_another_is_parted_by_the_peer(tiny):
    other = int(tiny.nodes.person[HERE + 1])
    found = told(tiny, [line(DAY, Event.CO_OFFENCE, other), OFFENCE], [])
    assert (found["cause"], found["index"]) == ("peer", [0, None])
    assert f"joined in an offence of person {other}; under the reform person {other} did not" in found["explanation"]


def test_who_leads_an_offence_is_not_parted_by_the_peer_who_joins(pair):
    log = pair.models[0].log
    found = np.flatnonzero(log.event == Event.CO_OFFENCE)
    numbers = pair.models[0].people.person
    together = [(int(numbers[log.row[k]]), int(log.value[k]), int(log.day[k])) for k in found]
    assert together
    for person, other, day in together:
        assert leads(pair.models[0], person, other, day) != leads(pair.models[0], other, person, day)
