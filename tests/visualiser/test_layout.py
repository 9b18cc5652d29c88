import numpy as np
import pytest

from visualiser.layout import lay_out, sunflower


def least_distance(points):
    apart = np.linalg.norm(points[:, None] - points[None], axis=-1)
    return apart[~np.eye(len(points), dtype=bool)].min()


def test_a_sunflower_fills_a_disc_evenly():
    points = sunflower(400)
    radius = np.sort(np.linalg.norm(points, axis=1))
    assert radius[-1] == pytest.approx(np.sqrt(399.5 / np.pi))
    assert (radius < radius[-1] / 2).mean() == pytest.approx(0.25, abs=0.01)
    assert least_distance(points) > 0.8


@pytest.mark.parametrize("cells", [[1], [60], [40, 10, 25]])
def test_neighbourhoods_lie_within_their_area_and_do_not_touch(cells):
    layout = lay_out(tuple("abc"[: len(cells)]), np.array(cells), 30, 14.0)
    reach = np.linalg.norm(layout.places[:14], axis=1).max()
    first = 0
    for area, number in zip(layout.areas, cells, strict=True):
        middles = layout.cell_middles[first : first + number]
        assert (np.hypot(middles[:, 0] - area.x, middles[:, 1] - area.y) + reach <= area.r + 1e-9).all()
        first += number
    if len(layout.cell_middles) > 1:
        assert least_distance(layout.cell_middles) > 2 * reach


def test_areas_and_their_rings_do_not_overlap():
    layout = lay_out(tuple("abcdefghijklmnopqrstu"), np.arange(21) * 5 + 1, 30, 14.0)
    for i, one in enumerate(layout.areas):
        for other in layout.areas[:i]:
            assert np.hypot(one.x - other.x, one.y - other.y) > 1.16 * (one.r + other.r) * 0.95


def test_the_extent_holds_everything():
    layout = lay_out(("a", "b"), np.array([9, 30]), 30, 14.0)
    x0, y0, x1, y1 = layout.extent
    ring = [place for area in (0, 1) for place in layout.around(area, 8)]
    points = np.concatenate([layout.cell_middles, ring])
    assert (points >= (x0, y0)).all()
    assert (points <= (x1, y1)).all()
