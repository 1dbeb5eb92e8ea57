"""A model that sees fewer steps than the longest window is watched on the newest of them."""

import numpy as np

from search.finals.training_replay import _steps_seen


def test_a_model_of_a_shorter_window_gets_the_newest_steps() -> None:
    longest = np.arange(2 * 21 * 3).reshape(2, 21, 3)
    own = longest[:, _steps_seen({"window": 8, "units": 4})]
    np.testing.assert_array_equal(own, longest[:, 13:])
    np.testing.assert_array_equal(longest[:, _steps_seen({"units": 4})], longest)
