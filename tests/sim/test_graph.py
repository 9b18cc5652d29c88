"""The network read from outside: how many ties people have, and the graph."""

import networkx as nx
import numpy as np
import pytest

from sim.graph import degrees, graph
from sim.network import FULL, TieKind, build, faded
from sim.offenders import Status
from tests.worlds import halves


@pytest.fixture(scope="module")
def friends(day_zero):
    """Potential co-offenders who are still tied on day 0, as a graph with ages."""
    everyone = graph(day_zero)
    found = everyone.edge_subgraph([e for e in everyone.edges if everyone.edges[e]["kind"] == "co_offending"])
    return nx.Graph(found)


# --- ties of people


@pytest.mark.parametrize("name", ["day_zero", "pre", "post"])
def test_degrees_are_small_for_most_and_large_for_a_few(name, request):
    degree = degrees(request.getfixturevalue(name))
    have_ties = degree[degree > 0]
    assert 1.5 < have_ties.mean() < 3
    assert (have_ties <= 3).mean() > 0.85
    assert degree.max() > 5 * have_ties.mean()
    assert 0.2 < (degree > 0).mean() < 0.6


def test_degrees_count_ties_of_some_strength_to_people_who_are_tracked(pre):
    one, other, half = halves(pre)
    n, there = build(pre.register), pre.people.status != Status.LEFT
    for least in (25, 80):
        expected = np.zeros(len(pre.people), int)
        for i, j, h in zip(one, other, half, strict=True):
            weeks = min(max(pre.week - int(h["since_week"]), 0), len(n.fade) - 1)
            if there[i] and there[j] and h["strength"] * n.fade[weeks] >= least:
                expected[[i, j]] += 1
        assert np.array_equal(degrees(pre, least), expected[there])


def test_the_tied_are_of_like_age(friends):
    assert nx.numeric_assortativity_coefficient(friends, "age") > 0.4


def test_the_friends_of_a_person_are_often_friends(friends):
    assert nx.average_clustering(friends) > 20 * nx.density(friends)
    assert nx.transitivity(friends) > 20 * nx.density(friends)


# --- the graph


def test_the_graph_holds_every_tie_of_tracked_people_as_it_has_faded(pre):
    found, n = graph(pre), build(pre.register)
    one, other, half = halves(pre)
    there, number = pre.people.status != Status.LEFT, pre.people.person
    expected = {}
    for i, j, h in zip(one, other, half, strict=True):
        strength = faded(n, float(h["strength"]), pre.week - int(h["since_week"])) / FULL
        if there[i] and there[j] and strength > 0:
            expected[frozenset((int(number[i]), int(number[j])))] = TieKind(h["kind"]).name.lower(), strength
    kinds = {kind.name.lower() for kind in TieKind}
    in_graph = {
        frozenset((a, b)): (e["kind"], e["strength"]) for a, b, e in found.edges(data=True) if e["kind"] in kinds
    }
    assert in_graph == expected
    assert len(expected) > 1000


def test_nodes_and_edges_say_what_they_are(post):
    found = graph(post)
    numbers = {
        "person": set(post.people.person[post.people.status != Status.LEFT].tolist()),
        "officer": {-1 - i for i in range(len(post.officers))},
        "charity": {charity.unique_id for charity in post.charities},
    }
    for node, known in found.nodes(data=True):
        assert node in numbers[known["kind"]]
        assert None not in known.values()
    for kind in numbers:
        assert kind in {known["kind"] for _, known in found.nodes(data=True)}
    for *_, edge in found.edges(data=True):
        assert 0 <= edge["strength"] <= 1
        assert isinstance(edge["kind"], str)
    supervised = (post.people.officer >= 0) & (post.people.status != Status.LEFT)
    assert sum(e["kind"] == "officer" for *_, e in found.edges(data=True)) == supervised.sum() > 100


def test_people_in_the_graph_are_described_as_the_table_has_them(post):
    found, people = graph(post), post.people
    row_of = {int(number): row for row, number in enumerate(people.person)}
    for number in [node for node in found if node > 0][:50]:
        row, known = row_of[number], found.nodes[number]
        assert known["status"] == Status(people.status[row]).name.lower()
        assert known["sex"] == ("female" if people.is_female[row] else "male")
        assert known["age"] == round((post.day - int(people.birth_day[row])) / 365.25, 1)
        assert known["ogrs3"] == pytest.approx(people.ogrs3[row], abs=0.0006)
        assert known["area"] == post.region.areas[people.area[row]]


def test_the_graph_of_an_area_is_the_part_of_the_graph_that_its_people_are_in(country):
    whole = graph(country)
    areas = [graph(country, area) for area in range(len(country.region.areas))]
    assert len(areas) > 10
    assert sum(part.number_of_edges() for part in areas) == whole.number_of_edges()
    for name, part in zip(country.region.areas, areas, strict=True):
        people = [known for _, known in part.nodes(data=True) if known["kind"] == "person"]
        assert {known["area"] for known in people} == {name}
        assert part.number_of_edges() > 10
        assert all(whole.edges[edge] == part.edges[edge] for edge in part.edges)


def test_the_graph_can_be_written_as_graphml_and_read_again(post, tmp_path):
    found = graph(post)
    nx.write_graphml(found, tmp_path / "network.graphml")
    again = nx.read_graphml(tmp_path / "network.graphml", node_type=int)
    assert dict(again.nodes(data=True)) == dict(found.nodes(data=True))
    assert {frozenset(e) for e in again.edges} == {frozenset(e) for e in found.edges}
    assert all(again.edges[e]["kind"] == found.edges[e]["kind"] for e in found.edges)
    assert all(again.edges[e]["strength"] == pytest.approx(found.edges[e]["strength"]) for e in found.edges)
