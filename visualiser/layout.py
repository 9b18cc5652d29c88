"""Where people stand: computed once, and the same under both regimes.

A region is one disc for each contract package area; an area's neighbourhoods, within which people may come to offend
together, are small discs in it; people stand in their neighbourhood in the order in which they came. Organisations and
charities stand on a ring about their area. Nobody is moved: a newcomer takes the first place that is empty under both
regimes.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_GOLDEN_ANGLE = math.pi * (3.0 - math.sqrt(5.0))
SPACING = 1.0
"""Between neighbours of a neighbourhood; all lengths are in this unit."""
_GAP = 1.55
"""How much farther neighbourhoods stand apart than their people reach."""
_RING = 1.16
"""Radius of the ring of organisations, in radii of the area."""
_APART = 2.75
"""Between the middles of two areas, in radii of the larger."""


def sunflower(number: int) -> NDArray[np.float64]:
    """Return points that fill a disc evenly from the middle outward, about 1 apart; shape (number, 2).

    The pattern is that of seeds in a sunflower: the k-th stands at the golden angle times k and at the square root of k
    (H. Vogel, A better way to construct the sunflower head, Mathematical Biosciences 44, 1979).
    """
    k = np.arange(number) + 0.5
    radius, angle = np.sqrt(k / math.pi), k * _GOLDEN_ANGLE
    return np.column_stack([radius * np.cos(angle), radius * np.sin(angle)])


@dataclass(frozen=True)
class Area:
    """A contract package area on the page.

    Attributes
    ----------
    title : str
    x, y, r : float
        Middle and radius of its disc.
    """

    title: str
    x: float
    y: float
    r: float


@dataclass(frozen=True)
class Layout:
    """The places of a world.

    Attributes
    ----------
    areas : tuple of Area
    cell_middles : float64 array, shape (cells, 2)
        Middle of each neighbourhood.
    places : float64 array, shape (most people of a neighbourhood, 2)
        Places about the middle, in the order in which they are taken.
    """

    areas: tuple[Area, ...]
    cell_middles: NDArray[np.float64]
    places: NDArray[np.float64]

    @property
    def extent(self) -> tuple[float, float, float, float]:
        """Return the least and greatest x and y that anything has: (x0, y0, x1, y1)."""
        reach = [(a.x, a.y, a.r * (_RING + 0.12)) for a in self.areas]
        return (
            min(x - r for x, _, r in reach),
            min(y - r for _, y, r in reach),
            max(x + r for x, _, r in reach),
            max(y + r for _, y, r in reach),
        )

    def around(self, area: int, number: int) -> list[tuple[float, float]]:
        """Return places for so many organisations on the ring of an area, from the top clockwise."""
        a = self.areas[area]
        angles = [2 * math.pi * (k + 0.5) / number - math.pi / 2 for k in range(number)]
        return [(a.x + a.r * _RING * math.cos(t), a.y + a.r * _RING * math.sin(t)) for t in angles]


def lay_out(titles: tuple[str, ...], cells: NDArray[np.int64], most_in_cell: int, usual_in_cell: float) -> Layout:
    """Return the places of a region.

    Parameters
    ----------
    titles : tuple of str
        The areas.
    cells : int64 array, shape (areas,)
        How many neighbourhoods are shown of each.
    most_in_cell : int
        Places that a neighbourhood has.
    usual_in_cell : float
        People who stand in one as a rule: what its size on the page goes by.
    """
    reach = SPACING * math.sqrt(max(usual_in_cell, 1.0) / math.pi) * 2 * _GAP
    radii = [reach * (math.sqrt(max(int(n), 1) / math.pi) + 0.6) for n in cells]
    middles = sunflower(len(titles)) * max(radii) * _APART if len(titles) > 1 else np.zeros((1, 2))
    areas = tuple(Area(t, float(x), float(y), r) for t, (x, y), r in zip(titles, middles, radii, strict=True))
    cell_middles = [sunflower(int(n)) * reach + (a.x, a.y) for n, a in zip(cells, areas, strict=True)]
    return Layout(areas, np.concatenate(cell_middles), sunflower(most_in_cell) * SPACING)
