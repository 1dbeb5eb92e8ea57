"""How the values of a column were written, so that new rows are read alike."""

from dataclasses import dataclass

MISSING = frozenset(
    {
        *("n/a", "na", "nan", "null", "none", "nil", "-", "--", "---", "–", "—", ".", "..", "…"),
        *("unknown", "missing", "not available", "not applicable", "not known", "tbd", "tba"),
        *("k.a.", "k. a.", "keine angabe", "unbekannt", "fehlt", "inconnu", "desconocido"),
        *("sconosciuto", "onbekend", "brak", "#n/a", "#na", "#nv", "#div/0!", "#value!", "#wert!"),
        *("#ref!", "#bezug!", "#name?", "#num!", "#zahl!", "#null!", "#valeur!", "0000-00-00"),
    }
)
"""What stands in lower case where a number or a date is missing, besides nothing."""


@dataclass(frozen=True)
class Form:
    """How the values of a column were written.

    Attributes:
        decimal: The decimal mark of numbers.
        unit: That stands at numbers, such as "kg", "%" or "€".
        dates: Formats of dates, as of `strptime`; the first that fits is a text's.
        serial: Whether dates were Excel's serial numbers.
        small: Of numbers with a percent sign and other than 0, the share that is 1 or less in size;
            None where it is not known.
    """

    decimal: str = "."
    unit: str = ""
    dates: tuple[str, ...] = ()
    serial: bool = False
    small: float | None = None


PLAIN = Form()


@dataclass(frozen=True)
class CsvForm:
    """How a CSV file was written, so that lines of pandas read others of its kind.

    Attributes:
        separator: Between cells.
        encoding: By Python's name.
        skipped: Lines above the header.
    """

    separator: str = ","
    encoding: str = "utf-8"
    skipped: int = 0


PLAIN_CSV = CsvForm()


@dataclass(frozen=True)
class TextForm:
    """The values of a text column that a model has features for.

    Attributes:
        values: In each spelling.
        rare: Whether the training rows had others, which were too rare.
    """

    values: tuple[str, ...]
    rare: bool = False
