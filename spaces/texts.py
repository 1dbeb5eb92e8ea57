"""Short reviews with praise, blame and negations, by networks on texts: no model code."""

import random

from search import Budget, Choice, Float, Int, Study, TextSpace, arrays

GOOD = "good great fine lovely bright clever warm funny sharp charming moving fresh".split()
BAD = "bad dull weak cold slow messy loud silly empty tired clumsy flat".split()
THINGS = "plot music cast ending pace humour script camera dialogue start sound costume".split()
NEGATIONS = ["not", "never", "hardly", "not at all", "nowhere near"]


def reviews(count: int = 1500, seed: int = 0):
    """Reviews of three or five things each, and whether most of them are praised."""
    draw = random.Random(seed)

    def said(praised):
        negated = draw.random() < 0.4
        word = draw.choice(GOOD if praised != negated else BAD)
        how = f"{draw.choice(NEGATIONS)} " if negated else draw.choice(["", "really ", "quite "])
        return f"the {draw.choice(THINGS)} was {how}{word}"

    votes = [[draw.random() < 0.5 for _ in range(draw.choice([3, 5]))] for _ in range(count)]
    texts = [draw.choice([", ", "; ", " and "]).join(map(said, praise)) for praise in votes]
    liked = [2 * sum(praise) > len(praise) for praise in votes]
    return arrays(texts, ["liked" if each else "disliked" for each in liked])


study = Study(
    data=reviews,  # your own: arrays(texts, labels), or table("file.csv", target=…, texts=[…])
    space=TextSpace(
        encoder=Choice("tf_idf", "average", "conv"),
        vocabulary=Int(100, 1000, log=True),
        ngrams=Int(1, 3),
        units=Int(8, 32, log=True),
        dropout=Float(0.0, 0.5),
        learning_rate=Float(1e-3, 1e-2, log=True),
    ),
    budget=Budget(trials=10, epochs=15),
)
