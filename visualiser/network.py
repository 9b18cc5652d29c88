"""The network of one model as a component of Mesa's viewer: ``SolaraViz(model, components=[offender_network()])``."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import numpy as np
import solara
import traitlets
from mesa.visualization.utils import update_counter

from sim.clock import DAYS_PER_WEEK, date_of
from sim.model import ProbationModel
from visualiser import states
from visualiser.scene import Scene

STATIC = Path(__file__).parent / "static"
MOST_SHOWN = 5_000


class NetworkWidget(anywidget.AnyWidget):
    """One network: people in their neighbourhoods, with organisations and charities about them."""

    _esm = STATIC / "network_widget.js"
    _css = STATIC / "network_widget.css"
    world = traitlets.Dict().tag(sync=True)
    states: Any = traitlets.List().tag(sync=True)
    frame = traitlets.Dict().tag(sync=True)
    xy = traitlets.Bytes().tag(sync=True)
    persons = traitlets.Bytes().tag(sync=True)
    sex = traitlets.Bytes().tag(sync=True)
    born = traitlets.Bytes().tag(sync=True)
    state = traitlets.Bytes().tag(sync=True)
    hub = traitlets.Bytes().tag(sync=True)
    pairs = traitlets.Bytes().tag(sync=True)


def offender_network(most_shown: int = MOST_SHOWN) -> Callable[[ProbationModel], Any]:
    """Return a component that shows a model's people, their states and their ties.

    Parameters
    ----------
    most_shown : int
        People on the page; of more, the people of some neighbourhoods are shown.

    Returns
    -------
    callable
        Takes a `ProbationModel`; give it to Mesa's `SolaraViz` among its components.
    """

    @solara.component
    def Network(model: ProbationModel) -> None:  # noqa: N802  a component's name
        update_counter.get()
        scene = solara.use_memo(lambda: Scene((model,), most_shown), [id(model), most_shown])
        NetworkWidget.element(**_traits(scene, model))

    return Network


def _traits(scene: Scene, model: ProbationModel) -> dict[str, Any]:
    """Return what the widget is told of the model as it stands."""
    (row,) = scene.look((model,))
    nodes = scene.nodes
    return {
        "world": {"arms": [{"name": model.timeline.name, "title": model.timeline.title}], **scene.describe()},
        "states": states.describe(),
        "frame": {
            "date": date_of(model.week * DAYS_PER_WEEK).isoformat(),
            "hub_counts": scene.hub_counts(model),
        },
        "xy": nodes.xy.tobytes(),
        "persons": nodes.person.astype(np.uint32).tobytes(),
        "sex": nodes.is_female.astype(np.uint8).tobytes(),
        "born": nodes.birth_year.tobytes(),
        "state": row.tobytes(),
        "hub": scene.provider_hubs(model).tobytes(),
        "pairs": scene.ties(model).tobytes(),
    }
