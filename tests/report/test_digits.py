"""A figure has as many digits as its interval allows, the same at both ends."""

import pytest

from search.report.digits import decimal, difference, number, share, span, within_ends
from search.study.answer import Interval


@pytest.mark.parametrize(
    ("value", "low", "high", "told"),
    [
        (4.3, 3.829, 4.829, "4.30 (3.83–4.83)"),
        (0.123456, 0.1233, 0.1236, "0.12346 (0.12330–0.12360)"),
        (48_213.2, 47_012.0, 49_400.0, "48200 (47000–49400)"),
        (9.0, 8.0, 10.0, "9.0 (8.0–10.0)"),
        (-0.0001, -0.5, 0.5, "0.00 (-0.50 to 0.50)"),
        (4.49e15, 4.3e15, 4.7e15, "4.490e+15 (4.300e+15–4.700e+15)"),
        (9.5e6, 8.9e6, 1.01e7, "9.500e+06 (8.900e+06–1.010e+07)"),
        (9.2e6, 8.9e6, 9.5e6, "9200000 (8900000–9500000)"),
        (3e-5, 0.0, 9e-5, "3.000e-05 (0–9.000e-05)"),
        (5e-5, -1e-5, 1.1e-4, "0.000050 (-0.000010 to 0.000110)"),
        (1.2345678e9, 1.23455e9, 1.23459e9, "1.234568e+09 (1.234550e+09–1.234590e+09)"),
        (3.14159, 3.14159, 3.14159, "3.142 (3.142–3.142)"),
        (1.5, 0.504, 2.496, "1.5 (0.5–2.5)"),  # a half-width of 0.996 is 1.0 in two digits
    ],
)
def test_the_half_width_has_two_digits(value: float, low: float, high: float, told: str) -> None:
    within = Interval(low, high)
    assert f"{number(value, within)} ({span(within, of_share=False)})" == told


@pytest.mark.parametrize(
    ("value", "low", "high", "told"),
    [
        (0.995, 0.972, 0.999, "0.995 (0.972–0.999)"),
        (0.75, 0.47, 0.91, "0.75 (0.47–0.91)"),
        (0.98765, 0.98612, 0.98901, "0.9877 (0.9861–0.9890)"),
        (0.999, 0.9, 0.9996, "0.999 (0.900–0.9996)"),  # not quite 1
    ],
)
def test_so_it_is_of_a_share_which_is_not_rounded_up_to_1(
    value: float, low: float, high: float, told: str
) -> None:
    assert within_ends(value, Interval(low, high)) == told


def test_without_an_interval_there_are_three_decimals_or_four_digits() -> None:
    assert number(0.5, None, of_share=True) == "0.500"
    assert number(1234.567, None) == "1235"
    assert [number(value, None) for value in (0.62, 1.0, 0.0)] == ["0.6200", "1.000", "0.000"]
    assert [number(value, None) for value in (9999.4, 123_456.7)] == ["9999", "123457"]
    large = [number(value, None) for value in (9999.96, 9_999_999.4, 9_999_999.9, 4.49e15, 1e-10)]
    assert large == ["10000", "9999999", "1.000e+07", "4.490e+15", "1.000e-10"]
    assert within_ends(0.25, None) == "0.250"
    assert within_ends(-4.49e15, Interval(-5e15, -4e15)) == "-4.490e+15 (-5.000e+15 to -4.000e+15)"
    assert share(-0.0001) == "0.000"


def test_a_difference_has_the_digits_of_its_own_interval() -> None:
    assert difference(0.02, Interval(-0.004, 0.044), "paired by row") == (
        "0.020 (95 %: -0.004 to 0.044, paired by row)"
    )


@pytest.mark.parametrize(
    ("value", "told"),
    [
        (0.0, "0.0000"),
        (-1.234e-10, "-1.234e-10"),
        (0.05, "0.0500"),
        (12.3456, "12.346"),
        (12_345.6, "12,346"),
        (123_456.7, "123457"),
        (1.12e59, "1.120e+59"),
    ],
)
def test_a_trial_s_value_has_four_decimals_or_the_digits_that_it_needs(
    value: float, told: str
) -> None:
    assert decimal(value) == told
