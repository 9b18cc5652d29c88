"""The page that Solara serves: one widget that draws everything, and the session behind it."""

from pathlib import Path
from typing import Any

import anywidget
import solara

from visualiser.results.answers import answer
from visualiser.results.folder import Results
from visualiser.sessions import Hall, Session

STATIC = Path(__file__).parent / "static"
TITLE = "Through the Gate: two worlds"


class TwoWorlds(anywidget.AnyWidget):
    """Two networks, their charts, a life told twice: all that a person sees."""

    _esm = STATIC / "page.js"
    _css = STATIC / "page.css"


class ResultsWidget(anywidget.AnyWidget):
    """The pictures and tables of a folder of results."""

    _esm = STATIC / "results_widget.js"
    _css = STATIC / "results_widget.css"


class _Place:
    """What the server that runs in this process shows: set once, before the first page is opened."""

    hall: Hall | None = None
    results: Results | None = None


def show(hall: Hall | None, results: Results | None = None) -> None:
    """Set what pages show: worlds, or a folder of results."""
    _Place.hall, _Place.results = hall, results


@solara.component
def Page() -> None:  # noqa: N802  the name by which Solara finds it
    """Show two worlds, or results."""
    solara.Title(TITLE)
    if _Place.results is not None:
        _show_results(_Place.results)
    elif _Place.hall is not None:
        _show_worlds(_Place.hall)


def _show_worlds(hall: Hall) -> None:
    """Put the widget on the page, with a session that ends when the page is closed."""
    element = TwoWorlds.element()

    def begin() -> Any:
        widget = solara.get_widget(element)
        session = Session(hall, widget.send)
        widget.on_msg(lambda _widget, content, _buffers: session.handle(content))
        return session.close

    solara.use_effect(begin, [])


def _show_results(results: Results) -> None:
    """Put the widget of results on the page: it asks, and is answered."""
    element = ResultsWidget.element()

    def begin() -> None:
        widget = solara.get_widget(element)

        def reply(_widget: Any, content: Any, _buffers: Any) -> None:
            number = content.get("n") if isinstance(content, dict) else None
            found, buffers = answer(results, content)
            widget.send({**found, "n": number}, buffers)

        widget.on_msg(reply)

    solara.use_effect(begin, [])
