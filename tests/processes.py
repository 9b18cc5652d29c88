"""Which processes live, as /proc has it."""

from pathlib import Path


def is_running(process: int) -> bool:
    """Say whether a process lives and is no mere rest of one."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False
