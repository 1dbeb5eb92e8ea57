"""Plain models of scikit-learn that any network should beat."""

import numpy as np

from search.finals.verdict import score
from search.study.answer import Yardstick
from search.study.split import Rows


def yardsticks(train: Rows, held_out: Rows, classes: int) -> tuple[Yardstick, ...]:
    """A constant and a linear model, fitted on the rows that train and scored on held-out.

    Args:
        train: Rows to fit on.
        held_out: Rows to score on; the caller has written down the look.
        classes: How many classes there are.
    """
    from sklearn.dummy import DummyClassifier
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = {
        "constant": DummyClassifier(strategy="prior"),
        "linear model": make_pipeline(StandardScaler(), LogisticRegression(max_iter=1000)),
    }
    found = []
    for name, model in models.items():
        model.fit(_flat(train), train.y)
        probabilities = np.zeros((len(held_out), classes))
        probabilities[:, model.classes_] = model.predict_proba(_flat(held_out))
        found.append(Yardstick(name, score(probabilities, held_out.y)))
    return tuple(found)


def _flat(rows: Rows) -> np.ndarray[tuple[int, int], np.dtype[np.float32]]:
    return rows.x.reshape(len(rows), -1)
