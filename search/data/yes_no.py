"""Columns of yes and no, however each is spelled."""

import re
from collections.abc import Collection, Mapping, Sequence

WORDS = (
    ("yes y true 1", "no n false 0"),
    ("true t", "false f"),
    ("on", "off"),
    ("ja j", "nein nee n"),
    ("ja j", "nej n"),
    ("oui o vrai", "non n faux"),
    ("sí si s sì verdadero vero", "no n falso"),
    ("sim s verdadeiro", "não nao n falso"),
    ("tak t prawda", "nie n fałsz"),
    ("ano a pravda", "ne n nepravda"),
    ("wahr", "falsch"),
    ("positive positiv pos", "negative negativ neg"),
)
"""Words for yes and for no, a language or pair a line; the first line that has all of a column's is
taken."""
_APART = ("on", "off", "pos", "neg")
_WORDS = tuple(
    {word for line in WORDS for word in line[side].split() if len(word) > 1} - set(_APART)
    for side in (0, 1)
)
"""Of all languages: letters alone, and words of other things, are too little among several."""


def _sides(texts: Collection[str]) -> tuple[set[str], set[str]] | None:
    """Words for yes and for no of one language, else of several, that have all of some texts."""
    lower = {text.lower() for text in texts}
    lines = [tuple(set(words.split()) for words in line) for line in WORDS]
    for yes, no in (*lines, _WORDS):
        if lower <= yes | no and lower & yes and lower & no:
            return yes, no
    return None


_NOT = re.compile(r"(no|not|non|kein|keine|nicht|ohne|sans|pas de|sin|senza|bez)[\s_-]+(.+)")


def place_of_yes(names: Sequence[str]) -> int | None:
    """Which of two names says yes, also of "fraud" and "no fraud"; None where none does."""
    denied = [found[2] if (found := _NOT.fullmatch(name.lower())) else None for name in names]
    for place, name in enumerate(names):
        if name.lower() in denied[:place] + denied[place + 1 :]:
            return place if len(names) == 2 else None
    sides = _sides(names) if len(names) == 2 else None
    return None if sides is None else int(names[1].lower() in sides[0])


def meanings_of(counts: Mapping[str, int]) -> dict[str, tuple[str, ...]] | None:
    """The two values of a column that says yes or no in more than two spellings.

    Args:
        counts: Its different texts, and how many rows have each.

    Returns:
        The most frequent spelling of no and of yes, in sorted order → all spellings of it, also
        those in capitals that the rows do not show; None where the texts are no such words.
    """
    lower, sides = {text.lower() for text in counts}, _sides(counts)
    if sides is None:
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
