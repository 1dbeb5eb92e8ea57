"""What one row of numbers is by its shape alone: a picture, or a sequence of steps."""

LEAST_SIDE = 6
"""Of a picture; what is narrower is a sequence of a few values a step."""


def is_picture(shape: tuple[int, ...]) -> bool:
    """Whether a row of this shape is drawn as a picture, grey or in colours."""
    channels = shape[2:] in {(), (1,), (3,)}
    return len(shape) in {2, 3} and channels and min(shape[:2]) >= LEAST_SIDE


def is_sequence(shape: tuple[int, ...]) -> bool:
    """Whether a row of this shape, (steps, values), is drawn as lines over its steps."""
    return len(shape) == 2 and not is_picture(shape)
