import numpy as np
import pandas as pd
import pytest

from experiments.figures import band


def test_a_row_in_which_one_seed_or_none_has_anybody_has_no_interval():
    mean, low, high = band(pd.DataFrame([[1.0, 3.0], [2.0, np.nan], [np.nan, np.nan]]))
    assert mean.tolist()[:2] == [2.0, 2.0]
    assert np.isnan(mean[2])
    assert (low[0], high[0]) == pytest.approx((2 - 12.706, 2 + 12.706), rel=1e-3)
    assert np.isnan([*low[1:], *high[1:]]).all()
