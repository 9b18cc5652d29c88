"""What was run and what was found, with all that is missing or damaged."""

from experiments.sweep_store import RUNS
from experiments.tables import FAILED
from sim.errors import InputError
from visualiser.results.about import about
from visualiser.results.files import Json
from visualiser.results.findings import findings
from visualiser.results.folder import Results

_SHOWN_ERRORS = 3


def overview(results: Results) -> Json:
    """Return what was run, when and how, and what was found: see `about` and `Findings`."""
    found = findings(results)
    problems = [text for text in [*_damaged(results), *_failed(results)] if text not in found.problem]
    problems += [found.problem] if found.problem else []
    said = {"headline": found.headline, "blocks": found.blocks, "remarks": found.remarks}
    return {**about(results), **said, "problems": problems}


def _damaged(results: Results) -> list[str]:
    """Say which tables, or parts of one, cannot be read."""
    found = []
    for name in results.listed:
        try:
            parts = results.open(name).damaged
        except InputError as error:
            found.append(str(error))
        else:
            found += [f"{name}: {part} is damaged and left out; {results.remedy}" for part in parts]
    return found


def _failed(results: Results) -> list[str]:
    """Say how many runs failed, and why."""
    if RUNS not in results.listed:
        return []
    try:
        failed = results.rows(RUNS, {"status": {"is": FAILED}}, limit=_SHOWN_ERRORS)
    except InputError:
        return []
    where = [column["name"] for column in failed["columns"]].index("error")
    reasons = "; ".join(str(row[where]) for row in failed["rows"])
    return [f"{failed['total']:,} runs failed: {reasons}"] if failed["total"] else []
