"""What the command line asks of a study that is a module of its own, `python -m experiments.NAME [SEEDS]`."""

import sys
from collections.abc import Sequence
from pathlib import Path

from sim.errors import InputError


def seeds_asked(usual: int, least: int = 2) -> int:
    """Return how many seeds are asked for: as many as usual where the command line says nothing.

    Ends the program with one message, exit code 2, for anything but one whole number of at least `least`.
    """
    program, *given = sys.argv
    try:
        return number_from(given, usual, least)
    except InputError as error:
        print(f"error: experiments.{Path(program).stem}: {error}", file=sys.stderr)
        raise SystemExit(2) from None


def number_from(given: Sequence[str], usual: int, least: int) -> int:
    """Return the whole number that arguments say, the usual one where there are none.

    Raises
    ------
    InputError
        For anything but one whole number of at least `least`.
    """
    if not given:
        return usual
    if len(given) == 1 and given[0].isascii() and given[0].isdecimal() and int(given[0]) >= least:
        return int(given[0])
    raise InputError(f'"{" ".join(given)}" is given; allowed: nothing, or one whole number from {least} on')
