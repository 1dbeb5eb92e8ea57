"""A model that sees fewer steps than the longest window is asked about the newest of them."""

import numpy as np

from search.training.rows_by_values import WindowsByValue


def test_a_model_of_a_shorter_window_gets_the_newest_steps() -> None:
    longest = np.arange(2 * 21 * 3).reshape(2, 21, 3)
    given = WindowsByValue().inputs_for({"points": longest}, {"window": 8, "units": 4})
    np.testing.assert_array_equal(given["points"], longest[:, 13:])
    given = WindowsByValue().inputs_for({"points": longest}, {"units": 4})
    np.testing.assert_array_equal(given["points"], longest)
