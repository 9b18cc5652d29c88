"""The social network of a finished run: GraphML for other programs, and a picture of a part of one area."""

import math
from pathlib import Path
from typing import TYPE_CHECKING, Any

import networkx as nx

from sim.clock import date_of
from sim.graph import graph
from sim.model import ProbationModel

if TYPE_CHECKING:
    from matplotlib.figure import Figure

MOST_DRAWN = 400
"""People in the picture: more cannot be told apart."""
STATES = {
    "in prison": ("remand", "custody", "recalled", "indeterminate", "committal"),
    "licence or post-sentence supervision": (
        "licence",
        "home_detention_curfew",
        "post_sentence_supervision",
        "young_offender_supervision",
    ),
    "court order": ("community_order", "suspended_sentence_order"),
    "at liberty, unsupervised": ("free",),
}
COLOURS = ("#CC6677", "#DDCC77", "#4477AA", "#BBBBBB")
EDGES = {
    "co_offending": ("#882255", "co-offenders"),
    "custody": ("#EE8866", "met in custody"),
    "officer": ("#88CCEE", "officer"),
    "help": ("#228833", "charity"),
}


def write(model: ProbationModel, folder: Path) -> list[str]:
    """Write the network as `network.graphml` and a picture of it as `network.png`; return the names."""
    from experiments import figures, provenance
    from experiments.tables import run_name

    network = graph(model)
    nx.write_graphml(network, folder / "network.graphml")
    figures.style()
    picture = draw(graph(model, area=0), model.region.areas[0], str(date_of(model.day)))
    runs = [run_name(model.timeline.name, model.seed_number)]
    made_of = provenance.metadata(model.timeline.name, "run --graph", runs, [model.seed_number])
    figures.save(picture, folder / "network.png", made_of)
    return ["network.graphml", "network.png"]


def neighbourhood(network: nx.Graph, people: int = MOST_DRAWN) -> nx.Graph:
    """Return the part of a network that is drawn: the largest groups of tied people, with their officers and charities.

    Groups are connected by ties between people alone; the largest come first, as long as they fit.
    """
    ties = [(a, b) for a, b, kind in network.edges(data="kind") if kind in ("co_offending", "custody")]
    groups = sorted(nx.connected_components(nx.Graph(ties)), key=lambda g: (-len(g), min(g)))
    chosen: set[int] = set()
    for group in groups:
        if len(chosen) + len(group) <= people:
            chosen |= group
    beside = {n for person in chosen for n in network[person] if n < 0}
    return network.subgraph(chosen | beside)


def draw(network: nx.Graph, area: str, when: str) -> "Figure":
    """Draw a part of a network: people by what the law has them in, officers and charities as hubs."""
    import matplotlib.pyplot as plt

    part = neighbourhood(network)
    place = nx.spring_layout(part, seed=0, k=_SPACING / math.sqrt(max(1, len(part))), weight=None)
    figure, axis = plt.subplots(figsize=(12, 9), layout="constrained")
    kinds = {(a, b): _edge_kind(kind) for a, b, kind in part.edges(data="kind")}
    for kind, (colour, label) in EDGES.items():
        edges = [e for e, k in kinds.items() if k == kind]
        nx.draw_networkx_edges(part, place, edges, ax=axis, edge_color=colour, alpha=0.5, width=0.8)
        axis.plot([], [], color=colour, label=label)
    for (label, statuses), colour in zip(STATES.items(), COLOURS, strict=True):
        nodes = [n for n, status in part.nodes(data="status") if status in statuses]
        _nodes(part, place, nodes, colour, "o", 28, axis, label)
    _nodes(part, place, [n for n, k in part.nodes(data="kind") if k == "officer"], "#004488", "s", 55, axis, "officer")
    _nodes(part, place, [n for n, k in part.nodes(data="kind") if k == "charity"], "#228833", "^", 140, axis, "charity")
    people = [n for n in part if n > 0]
    degree = sum(1 for k in kinds.values() if k in ("co_offending", "custody")) * 2 / max(1, len(people))
    axis.set_title(
        f"{area}, {when}: the largest groups of tied people, {len(people)} of "
        f"{sum(n > 0 for n in network):,}; {degree:.1f} ties each",
        loc="left",
    )
    axis.legend(loc="lower left", fontsize=9, ncols=2, frameon=True)
    axis.set_axis_off()
    return figure


_SPACING = 1.6


def _edge_kind(kind: str) -> str:
    """Return the kind by which an edge is coloured: every kind of help is one."""
    return kind if kind in EDGES else "help"


def _nodes(
    part: nx.Graph, place: dict[int, Any], nodes: list[int], colour: str, shape: str, size: int, axis: Any, label: str
) -> None:
    """Draw some nodes."""
    nx.draw_networkx_nodes(
        part, place, nodes, node_color=colour, node_shape=shape, node_size=size, ax=axis, label=label,
        edgecolors="white", linewidths=0.4,
    )  # fmt: skip
