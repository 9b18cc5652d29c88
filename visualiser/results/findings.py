"""What the tables of a folder say, by the command that wrote them."""

from collections.abc import Callable, Mapping

from sim.errors import InputError
from visualiser.results.blocks import Findings
from visualiser.results.comparison import comparison
from visualiser.results.decomposition import decomposition
from visualiser.results.ensemble import ensemble
from visualiser.results.folder import ENSEMBLE, Results
from visualiser.results.run import run
from visualiser.results.sweep import sweep

_MAKERS: Mapping[str, Callable[[Results], Findings]] = {
    "compare": comparison,
    ENSEMBLE: ensemble,
    "sweep": sweep,
    "decompose": decomposition,
    "run": run,
}


def findings(results: Results) -> Findings:
    """Work out what the tables of a folder say, once; what cannot be worked out is said, and raises nothing."""
    return results.once.get("findings", lambda: _worked_out(results))


def _worked_out(results: Results) -> Findings:
    """Work out what the tables of a folder say."""
    if results.command not in _MAKERS:
        return Findings(remarks=[f"No summary is made of what `{results.command}` found: see the tables."])
    try:
        return _MAKERS[results.command](results)
    except InputError as error:
        return Findings(problem=f"The summary cannot be worked out: {error}")
    except (KeyError, ValueError, TypeError, IndexError, AttributeError) as error:
        reason = f"{type(error).__name__}: {str(error)[:120]}"
        return Findings(problem=f"The summary cannot be worked out: tables and manifest do not fit ({reason}).")
