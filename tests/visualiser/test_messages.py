from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.errors import InputError
from visualiser import messages

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=6,
)


@pytest.mark.parametrize(
    "message",
    [
        {"kind": "open", "query": "?week=3"},
        {"kind": "play", "speed": 8},
        {"kind": "pause"},
        {"kind": "seek", "week": 300},
        {"kind": "life", "person": 200_500_003},
        {"kind": "replicates", "more": 10},
    ],
)
def test_what_a_page_may_ask_is_read(message):
    assert messages.read(message).kind == message["kind"]


@pytest.mark.parametrize(
    ("message", "said"),
    [
        ({"kind": "eval", "code": "1"}, "kind"),
        ({"kind": "play", "speed": 0}, "speed"),
        ({"kind": "play", "speed": float("inf")}, "speed"),
        ({"kind": "seek", "week": -1}, "week"),
        ({"kind": "pause", "also": 1}, "also"),
        ({"kind": "replicates", "more": 10_000}, "more"),
        ("pause", "message"),
        (None, "message"),
    ],
)
def test_anything_else_is_refused_with_the_field(message, said):
    with pytest.raises(InputError, match=said):
        messages.read(message)


@given(JSON)
def test_no_message_does_more_than_be_refused(message):
    with pytest.raises(InputError, match="the page's message"):
        messages.read(message)


@given(st.sampled_from(["play", "seek", "life", "start", "open"]), st.dictionaries(st.text(max_size=5), JSON))
def test_known_kinds_with_any_fields_are_read_or_refused(kind, fields):
    with suppress(InputError):
        assert messages.read({**fields, "kind": kind}).kind == kind
