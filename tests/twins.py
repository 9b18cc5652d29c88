"""Compiled loops beside their twins: while a module is watched, each call of a loop also runs in Python, on copies."""

from collections import Counter

import numpy as np
from numba.core.registry import CPUDispatcher

TOLERANCE = 1e-12
"""Relative; of floats alone, for the two may round differently."""


def compiled_functions(module, *, rules=False):
    """Return the compiled loops, or the rules written out in them, that a module defines, by name."""
    return {
        name: loop
        for name, loop in vars(module).items()
        if isinstance(loop, CPUDispatcher) and loop.py_func.__module__ == module.__name__
        if (loop.targetoptions.get("inline") == "always") == rules
    }


def watch(monkeypatch, module):
    """Put the twin beside every compiled loop of a module, and return the count of calls by name.

    Loops called by loops, and rules, are compared within the twin of the caller. The world must have lived before, so
    that the loops are compiled.
    """
    for name, rule in compiled_functions(module, rules=True).items():
        monkeypatch.setattr(module, name, rule.py_func)
    loops = compiled_functions(module)
    calls = Counter(dict.fromkeys(loops, 0))
    for name, loop in loops.items():
        monkeypatch.setattr(module, name, _beside_its_twin(name, loop, calls))
    return calls


def _beside_its_twin(name, loop, calls):
    """Return a function that runs the twin on copies, then the loop, and compares what they return and write."""

    def both(*arguments):
        copies = [_copied(a) for a in arguments]
        with np.errstate(over="ignore"):
            expected = loop.py_func(*copies)
        found = loop(*arguments)
        _compare(name, found, expected)
        for argument, copy in zip(arguments, copies, strict=True):
            _compare_what_was_written(name, argument, copy)
        calls[name] += 1
        return found

    return both


def _copied(argument):
    """Return a copy of an array, or of a NamedTuple with every array in it; anything else as it is."""
    if isinstance(argument, tuple):
        return type(argument)(*map(_copied, argument))
    return argument.copy() if isinstance(argument, np.ndarray) else argument


def _compare_what_was_written(name, argument, copy):
    if isinstance(argument, tuple):
        for part, other in zip(argument, copy, strict=True):
            _compare_what_was_written(name, part, other)
    elif isinstance(argument, np.ndarray):
        _compare(name, argument, copy)


def _compare(name, found, expected):
    if np.asarray(found).dtype.kind == "f":
        np.testing.assert_allclose(found, expected, rtol=TOLERANCE, err_msg=name)
    else:
        np.testing.assert_equal(found, expected, err_msg=name)
