"""Quantile functions: how one uniform becomes a duration or a count. On `math`, so the same everywhere."""

import math

import numpy as np
from numpy.typing import NDArray

from sim.compiled import compiled


@compiled
def weibull_scale(shape):
    """Return what turns the mean of a Weibull distribution into its scale."""
    return 1.0 / math.gamma(1.0 + 1.0 / shape)


@compiled
def weibull_at(u, mean, scale, shape):
    """Return one Weibull duration; `scale` is the `weibull_scale` of the shape. See `weibull`."""
    return mean * scale * (-math.log(1.0 - u)) ** (1.0 / shape)


@compiled
def _fill_weibull(u, mean, shape, out):
    scale = weibull_scale(shape)
    for i in range(u.size):
        out[i] = weibull_at(u[i], mean[i], scale, shape)


def weibull(u: NDArray[np.float64], mean: NDArray[np.float64] | float, shape: float) -> NDArray[np.float64]:
    """Return Weibull durations of a given mean and shape; shape (n,), in the unit of the mean.

    ``q(u) = mean / gamma(1 + 1/k) * (-ln(1 - u))**(1/k)``.
    """
    out = np.empty(len(u))
    _fill_weibull(u, np.full(len(u), mean, float), float(shape), out)
    return out


@compiled
def geometric_at(u, mean):
    """Return one count of a geometric distribution with this mean."""
    return int(math.log(1.0 - u) / math.log(mean / (1.0 + mean))) if mean > 0.0 else 0


@compiled
def _fill_geometric(u, mean, out):
    for i in range(u.size):
        out[i] = geometric_at(u[i], mean[i])


def geometric(u: NDArray[np.float64], mean: NDArray[np.float64] | float) -> NDArray[np.int64]:
    """Return counts 0, 1, 2 ... of a geometric distribution with this mean; shape (n,)."""
    out = np.empty(len(u), np.int64)
    _fill_geometric(u, np.full(len(u), mean, float), out)
    return out


@compiled
def log_uniform(u, low, high):
    """Return one value whose logarithm is uniform between bounds."""
    return low * math.exp(u * math.log(high / low))


@compiled
def _fill_powers(base, exponent, out):
    for i in range(base.size):
        out[i] = base[i] ** exponent


def powers(base: NDArray[np.integer] | NDArray[np.floating], exponent: float) -> NDArray[np.float64]:
    """Return ``base ** exponent``, shape (n,): the same bits as in a compiled loop, which NumPy's own is not."""
    out = np.empty(len(base))
    _fill_powers(np.asarray(base, np.float64), float(exponent), out)
    return out
