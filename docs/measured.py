"""Measure what the documents say of the agents and of ties, and write it there: ``python docs/measured.py --write``.

Parts stand between ``<!-- measured: NAME -->`` and ``<!-- end -->`` in `docs/model.md`. It takes some minutes.
"""

import re
import sys
from pathlib import Path

DOCS = Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent))
sys.path.insert(0, str(DOCS))

from build import markdown_table  # noqa: E402

from experiments import spillover, structure  # noqa: E402
from experiments.engine import cores  # noqa: E402

SEEDS = range(6)


def agents() -> str:
    """Return the figures of the agents beside the published ones."""
    found = structure.rows(structure.figures(0.5, SEEDS, cores()))
    return markdown_table(("", "published, with our margin", "model, 95 percent interval", ""), found)


def ties() -> str:
    """Return direct, indirect and total effects."""
    headings = ("channels open", "pairs", "direct", "indirect", "total")
    return markdown_table(headings, spillover.rows(SEEDS, cores()))


BLOCKS = {"agents": agents, "ties": ties}


def main() -> None:
    """Print the parts, or write them into the page."""
    page = DOCS / "model.md"
    text = page.read_text(encoding="utf-8")
    for name, make in BLOCKS.items():
        made = make()
        print(made)
        pattern = re.compile(rf"<!-- measured: {name} -->\n.*?<!-- end -->", re.DOTALL)
        text = pattern.sub(lambda _, name=name, made=made: f"<!-- measured: {name} -->\n{made}<!-- end -->", text)
    if "--write" in sys.argv[1:]:
        page.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
