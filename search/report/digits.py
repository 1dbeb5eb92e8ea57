"""How many digits does a figure have? As many as its interval allows, the same at both ends.

The half-width of the interval has two significant digits; the value and both ends are rounded to
the same place. So 4.3 beside 3.829 to 4.829 is 4.30 (3.83–4.83). Numbers of 1e7 and more, and below
1e-4, have an exponent and four significant digits, or more where the interval is narrower.
"""

import math

from search.study.answer import Interval

MOST_DIGITS = 9
"""Behind the point, to tell a value from 1; what is nearer is 1 but for rounding."""
SMALL, LARGE = 1e-4, 1e7 - 0.5
"""Numbers between these have no exponent: "12346" and not "1.235e+04"."""
OF_SHARE = 3
"""Behind the point, of an accuracy or the like without an interval."""


def share(value: float, digits: int = OF_SHARE) -> str:
    """An accuracy or the like as text; with more digits where it is not quite 1.

    An R² has no lower bound, so that it may be a large number.
    """
    if abs(value) >= LARGE:
        return significant(value)
    text = _plain(f"{value:.{digits}f}")
    if text == f"{1:.{digits}f}" and value < 1:
        longer = (f"{value:.{more}f}" for more in range(digits + 1, MOST_DIGITS + 1))
        return next((told for told in longer if float(told) < 1), text)
    return text


def number(value: float, within: Interval | None, *, of_share: bool = False) -> str:
    """A value as text, with the digits of an interval.

    Args:
        value: Such as the interval's own, one of its ends, or another that stands beside it.
        within: The interval; without one, and of one without a width, an accuracy or the like
            has three decimals and all else four significant digits.
        of_share: Whether it is an accuracy or the like.
    """
    half = 0.0 if within is None else (within.high - within.low) / 2
    if within is None or not (math.isfinite(half) and half > 0):
        return share(value) if of_share else significant(value)
    digits = 1 - math.floor(math.log10(float(f"{half:.1e}")))
    # The largest decides for all three, so that a value and both ends are written alike.
    largest = max(abs(value), abs(within.low), abs(within.high))
    if not SMALL <= largest < LARGE and math.isfinite(largest) and not of_share:
        behind = min(math.floor(math.log10(largest)) + digits, MOST_DIGITS)
        return f"{value:.{max(behind, 3)}e}" if value else "0"
    if digits > MOST_DIGITS or not math.isfinite(value):
        return f"{value:.4g}"
    if of_share:
        return share(value, max(digits, 0))
    return _plain(f"{round(value, digits):.{max(digits, 0)}f}")


def significant(value: float) -> str:
    """Four significant digits, zeros among them; below `LARGE` all before the point."""
    if 9999.5 <= abs(value) < LARGE:
        return f"{value:.0f}"
    return _plain(f"{value:#.4g}".removesuffix("."))


def decimal(value: float) -> str:
    """A loss or a trial's value as text: four decimals, five significant digits from 10 on."""
    if 0 < abs(value) < SMALL or abs(value) >= 99999.5:
        return significant(value)
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.5g}"


def span(within: Interval, *, of_share: bool = True) -> str:
    """An interval's two ends."""
    joint = " to " if within.low < 0 else "–"
    low, high = (number(end, within, of_share=of_share) for end in (within.low, within.high))
    return f"{low}{joint}{high}"


def difference(value: float, within: Interval, how: str = "") -> str:
    """How far two lie apart, with its interval and how that was found."""
    return f"{number(value, within)} {sure_to(within, how)}"


def sure_to(within: Interval, how: str = "") -> str:
    """The interval of a difference, and how that was found."""
    low, high = (number(end, within) for end in (within.low, within.high))
    return f"(95 %: {low} to {high}{f', {how}' if how else ''})"


def within_ends(value: float, within: Interval | None) -> str:
    """An accuracy or the like, with its interval where it has one."""
    told = number(value, within, of_share=True)
    return f"{told} ({span(within)})" if within else told


def _plain(text: str) -> str:
    """Without the sign of a number that is 0 as rounded."""
    return text.removeprefix("-") if not text.strip("-0.") else text
