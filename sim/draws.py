"""Keyed random numbers: a draw is a pure function of (seed, stream, person, occasion).

No generator holds a state, so nobody's draws depend on who else is in the world or on the order of rows. A *choice*
is one uniform for each decision; a *hazard* is one uniform for each person and calendar week; a *priority* says who
gets the last place. The mixing function is the finaliser of SplitMix64 (Steele, Lea and Flood 2014, "Fast splittable
pseudorandom number generators", OOPSLA, figure 17), with the constants of variant 13.
"""

import hashlib
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled

_MULTIPLIER_1 = np.uint64(0xBF58476D1CE4E5B9)
_MULTIPLIER_2 = np.uint64(0x94D049BB133111EB)
_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_SHIFT_1, _SHIFT_2, _SHIFT_3 = np.uint64(30), np.uint64(27), np.uint64(31)
_TO_53_BITS = np.uint64(11)
_TO_UNIT = 1.0 / 2**53

type Hashes = NDArray[np.uint64]


@compiled
def mix(bits):
    """Scramble 64 bits into 64 bits, one to one."""
    bits = (bits ^ (bits >> _SHIFT_1)) * _MULTIPLIER_1
    bits = (bits ^ (bits >> _SHIFT_2)) * _MULTIPLIER_2
    return bits ^ (bits >> _SHIFT_3)


_WHOLE = tuple(int(bits) for bits in (_MULTIPLIER_1, _MULTIPLIER_2, _GOLDEN, _SHIFT_1, _SHIFT_2, _SHIFT_3))
"""The constants as Python has them, for `_mix_integer`."""
_TO_64_BITS = 2**64 - 1


def _mix_integer(stream: int, occasion: int) -> int:
    """Do as `mix` does with a stream on an occasion, on Python integers: quicker than a call across."""
    multiplier_1, multiplier_2, golden, shift_1, shift_2, shift_3 = _WHOLE
    bits = stream ^ (occasion * golden & _TO_64_BITS)
    bits = (bits ^ (bits >> shift_1)) * multiplier_1 & _TO_64_BITS
    bits = (bits ^ (bits >> shift_2)) * multiplier_2 & _TO_64_BITS
    return bits ^ (bits >> shift_3)


@compiled
def uniform(person_hash, key):
    """Return the uniform in [0, 1) of one person under one key; 53 bits."""
    return (mix(person_hash ^ key) >> _TO_53_BITS) * _TO_UNIT


@compiled
def uniform_at(person_hash, key, occasion):
    """Return the uniform in [0, 1) of one person on an occasion of his own under one key."""
    return uniform(person_hash, mix(key ^ (np.uint64(np.int64(occasion)) * _GOLDEN)))


@compiled
def _fill_uniforms(hashes, key, out):
    for i in range(hashes.size):
        out[i] = uniform(hashes[i], key)


@compiled
def _fill_uniforms_at(hashes, key, occasions, out):
    for i in range(hashes.size):
        out[i] = uniform_at(hashes[i], key, occasions[i])


@compiled
def _fill_hashes(numbers, out):
    for i in range(numbers.size):
        out[i] = mix(np.uint64(numbers[i]) * _GOLDEN + _GOLDEN)


@compiled
def _fill_keys(stream, first_occasion, out):
    for k in range(out.size):
        out[k] = mix(stream ^ (np.uint64(np.int64(first_occasion + k)) * _GOLDEN))


def person_hashes(persons: NDArray[np.int64]) -> Hashes:
    """Hash the numbers of persons; shape (n,)."""
    out = np.empty(len(persons), np.uint64)
    _fill_hashes(np.ascontiguousarray(persons, np.int64), out)
    return out


class Draws:
    """The draws of one seed.

    Parameters
    ----------
    seed : int
        Any non-negative whole number; two seeds give independent worlds.
    """

    def __init__(self, seed: int) -> None:
        self.seed = seed
        self._streams: dict[str, int] = {}

    def key(self, stream: str, occasion: int = 0) -> np.uint64:
        """Return the key of a stream on an occasion (a calendar week, as a rule): what every person is mixed with."""
        if stream not in self._streams:
            digest = hashlib.blake2b(f"{self.seed}/{stream}".encode(), digest_size=8).digest()
            self._streams[stream] = int.from_bytes(digest, "little")
        return np.uint64(_mix_integer(self._streams[stream], occasion))

    def keys(self, stream: str, first_occasion: int, count: int) -> NDArray[np.uint64]:
        """Return the keys of a stream on occasions that follow one another; shape (count,)."""
        self.key(stream)
        out = np.empty(count, np.uint64)
        _fill_keys(np.uint64(self._streams[stream]), first_occasion, out)
        return out

    def uniforms(self, stream: str, hashes: Hashes, occasion: int = 0) -> NDArray[np.float64]:
        """Draw one uniform for each person on one occasion.

        Parameters
        ----------
        stream : str
            Name of the decision.
        hashes : uint64 array, shape (n,)
            Person hashes.
        occasion : int
            The calendar week, or 0 for a decision made once in a life.

        Returns
        -------
        float64 array, shape (n,)
            In [0, 1).
        """
        out = np.empty(len(hashes))
        _fill_uniforms(np.ascontiguousarray(hashes), self.key(stream, occasion), out)
        return out

    def uniforms_at(self, stream: str, hashes: Hashes, occasions: NDArray[np.integer]) -> NDArray[np.float64]:
        """Draw one uniform for each person on an occasion of his own; shapes (n,) and (n,)."""
        out = np.empty(len(hashes))
        _fill_uniforms_at(np.ascontiguousarray(hashes), self.key(stream), np.asarray(occasions, np.int64), out)
        return out

    def count(self, stream: str, expected: float, occasion: int) -> int:
        """Draw a whole number next to `expected`, with that mean, for the world as a whole."""
        return int(expected + uniform(np.uint64(0), self.key(stream, occasion)))


@compiled
def pick(u, cumulative):
    """Return the first category whose cumulative probability lies above a uniform; the last where none does."""
    low, high = 0, cumulative.size - 1
    while low < high:
        middle = (low + high) // 2
        if u < cumulative[middle]:
            high = middle
        else:
            low = middle + 1
    return low


@compiled
def _fill_choices(uniforms, cumulative, out):
    for i in range(uniforms.size):
        out[i] = pick(uniforms[i], cumulative)


@compiled
def _fill_choices_by_row(uniforms, cumulative, rows, out):
    for i in range(uniforms.size):
        out[i] = pick(uniforms[i], cumulative[rows[i]])


def choose(
    uniforms: NDArray[np.float64], cumulative: NDArray[np.float64], rows: NDArray[np.integer[Any]] | None = None
) -> NDArray[np.int64]:
    """Choose a category for each uniform.

    Parameters
    ----------
    uniforms : float64 array, shape (n,)
    cumulative : float64 array, shape (k,), (n, k), or with `rows` (tables, k)
        Cumulative probabilities, the last one 1.
    rows : integer array, shape (n,), optional
        Which row of `cumulative` holds for each uniform.

    Returns
    -------
    int64 array, shape (n,)
        Index of the first category whose cumulative probability lies above the uniform.
    """
    out = np.empty(len(uniforms), np.int64)
    uniforms, cumulative = np.ascontiguousarray(uniforms), np.ascontiguousarray(cumulative)
    if cumulative.ndim == 1:
        _fill_choices(uniforms, cumulative, out)
    else:
        which = np.arange(len(uniforms)) if rows is None else np.asarray(rows, np.int64)
        _fill_choices_by_row(uniforms, cumulative, which, out)
    return out
