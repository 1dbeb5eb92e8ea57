"""Text classification without model code: from counted words to a GRU, all searched."""

import numpy as np

from search import Budget, Finals, Study, TextSpace, arrays

draw = np.random.default_rng(0)
words = np.array("good fine great bad poor dull film plot cast the a very".split())
x = np.array([" ".join(words[draw.integers(0, 12, 8)]) for _ in range(300)])
y = np.array([sum(w in row for w in words[:3]) > sum(w in row for w in words[3:6]) for row in x])
study = Study(
    data=arrays(x, y, class_names=["thumbs down", "thumbs up"]),
    space=TextSpace(),
    budget=Budget(trials=2, epochs=2),
    finals=Finals(top=1, seeds=1),
)
