"""One life in words: what the lines say of things done together and of help."""

import numpy as np
import pytest

from experiments.story import HELP, SENTENCES, life
from sim.charities import Kind, Path
from sim.events import Event
from tests.worlds import world


@pytest.fixture(scope="module")
def tiny():
    """A tiny world on day 0."""
    return world("pre_reform", scale=0.002)


def told(tiny, event, value, cause=0):
    """Return the line of one event in the life of the first person of a world."""
    model = tiny.fork(tiny.timeline)
    model.log.record(event, 5, np.array([0]), value, cause)
    lines = life(model, int(model.people.person[0])).lines
    assert len(lines) == 1
    return f"{lines[0].what}: {lines[0].detail}"


def test_every_event_has_a_sentence_and_every_kind_of_help_its_words():
    assert set(SENTENCES) == set(Event)
    assert set(HELP) == set(Kind)


@pytest.mark.parametrize(
    ("path", "by"),
    [
        (Path.VOLUNTARY, "met by the charity on release"),
        (Path.SUPERVISION, "referred by the officer"),
        (Path.THROUGH_THE_GATE, "referred by the resettlement service"),
        (Path.EVERY_LEAVER, "as promised to every leaver"),
    ],
)
def test_the_start_of_help_says_what_help_and_who_sent_the_person(tiny, path, by):
    assert told(tiny, Event.HELP_START, Kind.MENTORING, path) == f"a charity begins to help: mentoring ({by})"


def test_the_end_of_help_says_what_help(tiny):
    assert told(tiny, Event.HELP_END, Kind.EMPLOYMENT) == "the help of a charity ends: with work"


def test_a_common_offence_names_the_other_person(tiny):
    assert told(tiny, Event.CO_OFFENCE, 199_900_003) == "offends together: with person 199900003"
