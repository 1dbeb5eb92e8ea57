"""The surface of the map of two parameters, against SciPy's radial basis functions."""

import numpy as np
import pytest
from scipy.interpolate import RBFInterpolator
from scipy.spatial import KDTree

from search.report.figures.contour import NEAR, SMOOTHING, _smooth


@pytest.mark.parametrize("places", ["apart", "on one line", "some twice"])
def test_it_is_the_smoothed_linear_one_where_a_point_is_near(places: str) -> None:
    draw = np.random.default_rng(0)
    points, values = draw.random((30, 2)), draw.random(30)
    if places == "on one line":
        points[:, 1] = points[:, 0]
    if places == "some twice":
        points[10:20] = points[:10]
    side = np.linspace(0, 1, 21)
    found = _smooth(points, values, side)
    cells = np.array([[x, y] for y in side for x in side])
    theirs = RBFInterpolator(points, values, kernel="linear", smoothing=SMOOTHING, degree=0)(cells)
    theirs[KDTree(points).query(cells)[0] > NEAR] = np.nan
    assert found.ravel() == pytest.approx(theirs, nan_ok=True, abs=1e-9)
