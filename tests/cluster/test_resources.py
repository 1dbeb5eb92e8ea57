"""What fits where, before anything is asked of Ray."""

import pytest

from search.cluster.resources import Resources
from search.study.errors import InputError


@pytest.mark.parametrize(
    ("resources", "room", "expected"),
    [
        (Resources(), {"CPU": 8.0}, 8),
        (Resources(), {}, 0),
        (Resources(cpus=3), {"CPU": 8.0, "GPU": 1.0}, 2),
        (Resources(cpus=0.1), {"CPU": 0.3}, 3),
        (Resources(gpus=1), {"CPU": 8.0}, 0),
        (Resources(gpus=0.5), {"CPU": 8.0, "GPU": 2.0}, 4),
        (Resources(gpus=0.5), {"CPU": 3.0, "GPU": 2.0}, 3),
        (Resources(gpus=0.4), {"CPU": 8.0, "GPU": 1.0}, 2),
        # Two fifths of three each leave a fifth on each, which is no whole.
        (Resources(gpus=0.4), {"CPU": 8.0, "GPU": 3.0}, 6),
        (Resources(gpus=2), {"CPU": 8.0, "GPU": 5.0}, 2),
    ],
)
def test_so_many_fit(resources: Resources, room: dict[str, float], expected: int) -> None:
    assert resources.fit(room) == expected


def test_one_gpu_and_a_half_is_no_number_of_gpus() -> None:
    with pytest.raises(InputError, match=r"gpus_per_trial=1.5: give a whole number"):
        Resources(gpus=1.5)


def test_resources_are_told_as_people_say_them() -> None:
    assert str(Resources()) == "1 CPU"
    assert str(Resources(cpus=2, gpus=0.5)) == "2 CPUs and 0.5 GPU"
