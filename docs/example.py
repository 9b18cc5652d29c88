"""Remake what the README shows of the main job: ``python docs/example.py``.

It runs ``run.py compare`` with no arguments, writes what the command printed into the README between its markers, and
keeps two of its pictures in this folder.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

DOCS = Path(__file__).resolve().parent
ROOT = DOCS.parent
README = ROOT / "README.md"
START, END = "<!-- printed: python docs/example.py -->", "<!-- end -->"
PICTURES = ("recalls_by_sentence.png", "reoffending_by_quarter.png")
_LAST = "Reoffences per reoffender"


def between_markers(text: str, start: str, new: str) -> str:
    """Return a text with what stands between a marker and the next end replaced."""
    before, rest = text.split(start)
    return f"{before}{start}\n{new}\n{END}{rest.split(END, 1)[1]}"


def shown(printed: str) -> str:
    """Return the first of what the command printed, up to the second table, as a block of Markdown."""
    lines = printed.partition(_LAST)[0].rstrip().splitlines()
    return "\n".join(["```", *(line.rstrip() for line in lines), "...", "```"])


def main() -> None:
    """Run the main job and keep what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        command = [sys.executable, str(ROOT / "run.py"), "compare", "--out", str(out)]
        printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout
        for picture in PICTURES:
            shutil.copy(out / picture, DOCS / picture)
    README.write_text(between_markers(README.read_text(encoding="utf-8"), START, shown(printed)), encoding="utf-8")


if __name__ == "__main__":
    main()
