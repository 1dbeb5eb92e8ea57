"""What a word of the field means, one keystroke away: the first of each section opens it."""

import re
from collections.abc import Mapping

from markupsafe import Markup, escape

MEANINGS: Mapping[str, str] = {
    "AUC": "Area under the ROC curve: how often a row of the class gets a higher probability than "
    "a row of another. 0.5 is chance, 1 is perfect.",
    "ROC": "Receiver operating characteristic: the true positive rate against the false positive "
    "rate, over all thresholds.",
    "average precision": "The mean of precision over all recalls: the area under the "
    "precision–recall curve. By chance it is the fraction of rows that are of the class.",
    "Precision–recall": "Precision (how many of those predicted so are so) against recall (how "
    "many of those that are so are found), over all thresholds.",
    "macro average": "The mean over classes, each counting alike however many rows it has.",
    "expected calibration error": "The mean gap between predicted probability and observed "
    "frequency, over bins of the probability, each weighted by its rows. 0 is perfect.",
    "fANOVA": "Functional analysis of variance: a forest learns the value from the "
    "hyperparameters; the importance of one is the fraction of the forest's variance that it "
    "explains by itself.",
    "bootstrap": "The rows are drawn anew many times, with replacement; how far the result varies "
    "tells how sure it is.",
    "95 % interval": "Made so that in 95 of 100 such samples it holds the true value.",
    "Holm's correction": "Of many comparisons some look large by chance. Holm raises each p-value "
    "so that the chance of any false claim among all of them stays below the level.",
    "Fisher's exact": "How likely so many errors would be within the slice, were errors spread "
    "over all rows at random.",
    "Mann and Whitney's": "Whether errors within the slice rank above those of the other rows.",
    "shuffled": "The values of one column change places among the rows, so that they tell nothing "
    "about their row any more; all else stays.",
}
"""Term, as it is written → what it means."""
_KEYS = {term.casefold(): term for term in MEANINGS}
_TERM = re.compile(
    rf"(?<!\w)(?:{'|'.join(sorted(map(re.escape, MEANINGS), key=len, reverse=True))})(?!\w)", re.I
)


_PERCENT = re.compile(r"(?<=\d) %")
MOST_WHOLE = 24
"""Characters of an interval that have room on one line of a phone's headline."""
_END = r"-?[\d.,]*\d(?:e[+-]\d+)?"
_WHOLE = re.compile(rf"{_END}(?:–| to ){_END}|\d{{4}}-\d\d-\d\d")


class Definitions:
    """Puts a button at each term, and knows which terms a page has.

    Attributes:
        used: Term → what it means, of those on the page so far.
    """

    def __init__(self) -> None:
        self._seen: set[tuple[str, str]] = set()
        self.used: dict[str, str] = {}

    def __call__(self, text: str, section: str) -> Markup:
        """A sentence whose terms that the section has not had yet open their meaning.

        Args:
            text: Plain.
            section: Where it stands.
        """
        found, end = Markup(""), 0
        for match in _TERM.finditer(text):
            term = _KEYS[match[0].casefold()]
            if (section, term) in self._seen:
                continue
            self._seen.add((section, term))
            self.used[term] = MEANINGS[term]
            button = '<button type="button" class="term" popovertarget="{}">{}</button>'
            found += unbroken(text[end : match.start()])
            found += Markup(button).format(place_of(term), unbroken(match[0]))  # noqa: S704 - all escaped
            end = match.end()
        return found + unbroken(text[end:])


def unbroken(text: str) -> Markup:
    """A text as HTML whose percent signs begin no line, and whose intervals and dates are on one.

    An interval of more than `MOST_WHOLE` characters may break.

    Args:
        text: Plain; HTML stays as it is.
    """
    if isinstance(text, Markup):
        return text
    html = _PERCENT.sub("\u00a0%", str(escape(text)))
    return Markup(_WHOLE.sub(_on_one_line, html))  # noqa: S704 - escaped


def _on_one_line(found: re.Match[str]) -> str:
    return f'<span class="whole">{found[0]}</span>' if len(found[0]) <= MOST_WHOLE else found[0]


def place_of(term: str) -> str:
    """The id of a term's meaning."""
    return "term-" + re.sub(r"\W+", "-", term.casefold())
