"""Columns of yes and no, however each is spelled."""

from collections.abc import Mapping

WORDS = (
    ("yes y true 1", "no n false 0"),
    ("true t", "false f"),
    ("on", "off"),
    ("ja j", "nein nee n"),
    ("oui o vrai", "non n faux"),
    ("sí si s sì verdadero vero", "no n falso"),
    ("sim s verdadeiro", "não nao n falso"),
    ("tak t prawda", "nie n fałsz"),
    ("wahr", "falsch"),
)
"""Words for yes and for no, a language or pair a line; the first line that has all of a column's is
taken."""


def meanings_of(counts: Mapping[str, int]) -> dict[str, tuple[str, ...]] | None:
    """The two values of a column that says yes or no in more than two spellings.

    Args:
        counts: Its different texts, and how many rows have each.

    Returns:
        The most frequent spelling of no and of yes, in sorted order → all spellings of it, also
        those in capitals that the rows do not show; None where the texts are no such words.
    """
    lower = {text.lower() for text in counts}
    for line in WORDS:
        sides = [set(words.split()) for words in line]
        if lower <= sides[0] | sides[1] and all(lower & side for side in sides):
            break
    else:
        return None
    if lower <= {"0", "1"}:
        return None
    found = {}
    for side in sides:
        shown = [text for text in counts if text.lower() in side]
        name = max(sorted(shown), key=lambda text: counts[text])
        every = {form for word in side for form in (word, word.capitalize(), word.upper())}
        found[name] = tuple(sorted({*shown, *every}))
    return dict(sorted(found.items()))
