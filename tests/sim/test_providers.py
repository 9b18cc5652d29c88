"""Providers: what the four behaviours decide, by hand."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sim.offenders import Provider
from sim.parameters.register import Register
from sim.providers import Behaviour, Books, ProbationProvider

P = Register.load().organisations
STEP = P.greatest_change_per_month
BORNE, SLACK = P.workload_borne, P.workload_slack
PRIVATE = (Behaviour.MISSION_LED, Behaviour.SATISFICING, Behaviour.PROFIT_SEEKING)
BOOKS = st.builds(
    Books,
    income=st.floats(0, 1e8),
    staff=st.floats(0, 1e8),
    other_costs=st.floats(0, 1e8),
    post=st.floats(3e4, 1e5),
    workload=st.floats(0, 4),
)
POSTS = st.floats(1, 1000)


def provider(behaviour, share=0.8, posts=100.0):
    """Return a company that behaves so, keeps so many posts and buys a share of places."""
    made = ProbationProvider(None, 3, Provider.CRC, (0,), 0.5, 1e6, 1e5, 100.0)
    made.behaviour, made.places_share, made.posts = behaviour, share, posts
    return made


def books(surplus=0.0, workload=1.0, post=50_000.0):
    """Return a year that leaves a surplus."""
    return Books(income=2e6 + surplus, staff=1.5e6, other_costs=5e5, post=post, workload=workload)


def change(behaviour, *, posts=100.0, **kept):
    """Return by how many posts of a hundred a provider wants to differ."""
    return provider(behaviour, posts=posts).posts_wanted(books(**kept), P) - posts


@given(POSTS, BOOKS)
def test_a_block_grant_changes_no_post_whatever_the_books_say(posts, kept):
    assert provider(Behaviour.BLOCK_GRANT, posts=posts).posts_wanted(kept, P) == posts


@given(st.sampled_from(Behaviour), POSTS, BOOKS)
def test_nobody_wants_more_than_a_step_of_change(behaviour, posts, kept):
    wanted = provider(behaviour, posts=posts).posts_wanted(kept, P)
    assert posts * (1 - STEP) - 1e-9 <= wanted <= posts * (1 + STEP) + 1e-9


@pytest.mark.parametrize(
    ("surplus", "posts"), [(50_000, 1), (-50_000, -1), (0, 0), (25_000, 0.5), (1e7, 100 * STEP), (-1e7, -100 * STEP)]
)
def test_the_mission_led_spend_what_comes_in_up_to_a_step(surplus, posts):
    assert change(Behaviour.MISSION_LED, surplus=surplus) == pytest.approx(posts)


@pytest.mark.parametrize("workload", [0.5, 1.0, 3.0])
def test_workload_says_nothing_to_the_mission_led(workload):
    assert change(Behaviour.MISSION_LED, surplus=50_000, workload=workload) == pytest.approx(1)


@pytest.mark.parametrize(
    ("surplus", "workload", "steps"),
    [
        (-1, 0.5, -1),
        (-1, 3.0, -1),
        (0, 3.0, 0),
        (0, 0.5, 0),
        (100 * STEP * 50_000 - 1, 1.01, 0),
        (100 * STEP * 50_000 + 1, 1.01, 1),
        (100 * STEP * 50_000 + 1, 1.0, 0),
        (1e7, 0.5, 0),
    ],
)
def test_the_satisficing_cut_at_a_loss_and_hire_when_overworked_and_able_to_pay_for_the_step(surplus, workload, steps):
    wanted = change(Behaviour.SATISFICING, surplus=surplus, workload=workload)
    assert wanted == pytest.approx(steps * 100 * STEP)


@pytest.mark.parametrize("surplus", [-1e7, 0, 1e7])
@pytest.mark.parametrize(
    ("workload", "steps"),
    [
        (0.5, -1),
        (BORNE - 0.001, -1),
        (BORNE, 0),
        (BORNE + SLACK / 2, 0),
        (BORNE + SLACK, 0),
        (BORNE + SLACK + 0.001, 1),
        (3.0, 1),
    ],
)
def test_the_profit_seeking_cut_up_to_the_workload_that_is_borne_whatever_the_surplus(surplus, workload, steps):
    wanted = change(Behaviour.PROFIT_SEEKING, surplus=surplus, workload=workload)
    assert wanted == pytest.approx(steps * 100 * STEP)


@given(st.sampled_from(PRIVATE), POSTS, BOOKS, st.floats(0, 1e7))
def test_more_income_never_means_fewer_posts(behaviour, posts, kept, more):
    richer = kept._replace(income=kept.income + more)
    made = provider(behaviour, posts=posts)
    assert made.posts_wanted(richer, P) >= made.posts_wanted(kept, P)


# --- places of charities


@pytest.mark.parametrize(
    ("behaviour", "surplus", "steps"),
    [
        (Behaviour.BLOCK_GRANT, -1e6, 1),
        (Behaviour.MISSION_LED, -1e6, 1),
        (Behaviour.SATISFICING, 0, 1),
        (Behaviour.SATISFICING, -1, -1),
        (Behaviour.PROFIT_SEEKING, 1e6, -1),
    ],
)
def test_places_are_bought_or_dropped_by_a_step(behaviour, surplus, steps):
    wanted = provider(behaviour).share_of_places_wanted(books(surplus), P)
    assert wanted == pytest.approx(0.8 + steps * STEP)


@given(st.sampled_from(Behaviour), BOOKS, st.floats(P.least_places_share, 1))
def test_places_stay_between_the_least_and_all(behaviour, kept, share):
    wanted = provider(behaviour, share).share_of_places_wanted(kept, P)
    assert P.least_places_share <= wanted <= 1
    assert abs(wanted - share) <= STEP + 1e-12


def test_the_profit_seeking_come_down_to_the_least_and_the_mission_led_up_to_all():
    for behaviour, end in ((Behaviour.PROFIT_SEEKING, P.least_places_share), (Behaviour.MISSION_LED, 1.0)):
        made = provider(behaviour)
        for _ in range(60):
            made.places_share = made.share_of_places_wanted(books(), P)
        assert made.places_share == end


# --- the agent


def test_a_provider_in_another_world_has_books_of_its_own():
    one = provider(Behaviour.MISSION_LED)
    twin = one.moved_to("elsewhere")
    twin.starts[:], twin.bought[:], twin.places_share, twin.first_month = 1, 1, 0.1, 5
    assert twin.model == "elsewhere"
    assert one.model is None
    assert not one.starts.any()
    assert not one.bought.any()
    assert (one.places_share, one.first_month) == (0.8, -1)
    assert twin.unique_id == one.unique_id


def test_a_provider_cannot_be_removed():
    with pytest.raises(TypeError, match="a lever ends it"):
        provider(Behaviour.BLOCK_GRANT).remove()
