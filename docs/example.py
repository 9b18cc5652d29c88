"""Remake what the README shows of the main job: ``python docs/example.py``.

It runs ``run.py compare`` with no arguments, writes what the command printed into the README between its markers, and
keeps two of its pictures in this folder. It runs it once more without the effect that the headline hangs on most, and
writes what is then left.
"""

import re
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
LEFT = "<!-- left without the alliance: python docs/example.py -->"
SWITCH = "reoffending.alliance_log_factor=0"
_LAST = "Reoffences per reoffender"
_INTERVAL = r"\s+(\S+)\s+(\[[^]]+\])"


def between_markers(text: str, start: str, new: str) -> str:
    """Return a text with what stands between a marker and the next end replaced."""
    before, rest = text.split(start)
    return f"{before}{start}\n{new}\n{END}{rest.split(END, 1)[1]}"


def shown(printed: str) -> str:
    """Return the first of what the command printed, up to the second table, as a block of Markdown."""
    lines = printed.partition(_LAST)[0].rstrip().splitlines()
    return "\n".join(["```", *(line.rstrip() for line in lines), "...", "```"])


def difference(printed: str, row: str) -> tuple[str, str]:
    """Return difference and interval of a row of the first table that the command printed."""
    found = re.search(rf"^\s*{row}\s+\S+\s+\S+{_INTERVAL}", printed, re.MULTILINE)
    assert found, f"compare printed no row {row}"
    return found[1], found[2]


def recalls(printed: str) -> str:
    """Return what the headline says of recalls, in percent."""
    found = re.search(r"recalls to prison:\s+(\S+\s+percent\s+\[[^]]+\])", printed)
    assert found, "compare printed no headline of recalls"
    return " ".join(found[1].split())


def left(printed: str, without: str) -> str:
    """Say what is left of the effects without the alliance, beside what they are with it."""
    (now, _), (left_of, spread) = (difference(text, "everyone") for text in (printed, without))
    (short, _), (short_left, short_spread) = (difference(text, "under 12 months") for text in (printed, without))
    return (
        f"`uv run run.py compare --set {SWITCH}` switches it off: {left_of} points\n"
        f"{spread} are left of {now}, and for leavers of short sentences {short_left} {short_spread} of {short}.\n"
        f"Recalls then change by {recalls(without)}, with it by {recalls(printed)}."
    )


def compare(*arguments: str) -> str:
    """Return what ``run.py compare`` prints."""
    command = [sys.executable, str(ROOT / "run.py"), "compare", *arguments]
    return subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=True).stdout


def main() -> None:
    """Run the main job and keep what it shows."""
    with tempfile.TemporaryDirectory() as folder:
        out = Path(folder) / "out"
        printed = compare("--out", str(out))
        for picture in PICTURES:
            shutil.copy(out / picture, DOCS / picture)
        without = compare("--set", SWITCH, "--out", str(Path(folder) / "without"))
    text = between_markers(README.read_text(encoding="utf-8"), START, shown(printed))
    README.write_text(between_markers(text, LEFT, left(printed, without)), encoding="utf-8")


if __name__ == "__main__":
    main()
