"""The network as it stands, read from outside the model: how many ties people have, and a graph for networkx."""

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sim.charities import Stage
from sim.network import FULL, TieKind, build, faded
from sim.offenders import OffenceGroup, Rows, Status

if TYPE_CHECKING:
    import networkx

    from sim.model import ProbationModel


def degrees(model: "ProbationModel", least: int = 25) -> NDArray[np.int64]:
    """Return the number of ties of every tracked person to tracked people, of at least so many hundredths of strength.

    Returns
    -------
    int64 array, shape (tracked people,)
        In the order of rows.
    """
    people, half = model.people, model.ties.half
    n = model.register.derived(build)
    there = people.status != Status.LEFT
    one, other = half["peer"][1::2], half["peer"][::2]
    weeks = np.clip(model.week - half["since_week"][::2].astype(np.int64), 0, n.fade.size - 1)
    kept = there[one] & there[other] & (half["strength"][::2] * n.fade[weeks] >= least)
    return np.bincount(np.concatenate([one[kept], other[kept]]), minlength=len(people))[there]


def graph(model: "ProbationModel", area: int | None = None) -> "networkx.Graph":
    """Return the network as it stands: people who have ties, an officer or help, with the officers and charities.

    Parameters
    ----------
    model : ProbationModel
    area : int, optional
        One contract package area; all by default.

    Returns
    -------
    networkx.Graph
        Nodes are the agents' numbers, with `kind` and what is known of each; edges have `kind` and `strength` in
        [0, 1]: of a tie between people as it has faded, of an officer the working alliance, of a mentor 1. Ties with
        people whom the model no longer tracks are left out.
    """
    import networkx as nx

    people, ties = model.people, model.ties
    there = people.status != Status.LEFT
    if area is not None:
        there = there & (people.area == area)
    network = nx.Graph()
    n = model.register.derived(build)
    numbers = people.person
    one, other = ties.half[1::2], ties.half[::2]
    kept = np.flatnonzero(there[one["peer"]] & there[other["peer"]])
    for t in kept.tolist():
        strength = faded(n, float(one["strength"][t]), model.week - int(one["since_week"][t])) / FULL
        if strength > 0:
            kind = TieKind(one["kind"][t]).name.lower()
            network.add_edge(int(numbers[one["peer"][t]]), int(numbers[other["peer"][t]]), kind=kind, strength=strength)
    supervised = np.flatnonzero(there & (people.officer >= 0))
    for i in supervised.tolist():
        officer = -1 - int(people.officer[i])
        network.add_edge(int(numbers[i]), officer, kind="officer", strength=float(people.alliance[i]))
        network.nodes[officer]["kind"] = "officer"
    cases = model.cases
    for row, number in zip(*cases.of(Stage.HELPED), strict=True):
        if there[row]:
            charity = model.charities[number]
            network.add_edge(int(numbers[row]), charity.unique_id, kind=charity.kind.name.lower(), strength=1.0)
            network.nodes[charity.unique_id]["kind"] = "charity"
    _describe_people(model, network, np.flatnonzero(there))
    return network


def _describe_people(model: "ProbationModel", network: "networkx.Graph", rows: Rows) -> None:
    """Write down of each person in the graph what a reader would colour or filter by."""
    people = model.people
    age = people.age(rows, model.day)
    for i, number, years in zip(rows.tolist(), people.person[rows].tolist(), age.tolist(), strict=True):
        if number in network:
            network.nodes[number].update(
                kind="person",
                status=Status(people.status[i]).name.lower(),
                age=round(years, 1),
                sex="female" if people.is_female[i] else "male",
                ogrs3=round(float(people.ogrs3[i]), 3),
                offence_group=OffenceGroup(people.offence_group[i]).name.lower(),
                area=model.region.areas[people.area[i]],
            )
