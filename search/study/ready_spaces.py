"""The spaces that need no model function."""

from search.study.dense import DenseSpace
from search.study.picture_space import PictureSpace
from search.study.text_space import TextSpace

READY = {space.kind: space for space in (DenseSpace, PictureSpace, TextSpace)}
"""By kind."""
