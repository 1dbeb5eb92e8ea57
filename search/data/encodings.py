"""In which encoding a text file is, and what a file is that holds no text."""

import codecs
import re
import zipfile
from pathlib import Path

from search.data.paths import shown
from search.study.errors import InputError

CHUNK = 1 << 20
ZIP = "a zip or Excel file; save it as CSV"
NO_TEXT = {
    b"PK\x03\x04": ZIP,
    b"\xd0\xcf\x11\xe0": "an Excel file of the old kind (.xls); save it as CSV or .xlsx there",
    b"\x1f\x8b": "compressed; unpack it first",
    b"BZh": "compressed; unpack it first",
    b"\xfd7zXZ": "compressed; unpack it first",
    b"\x28\xb5\x2f\xfd": "compressed; unpack it first",
    b"7z\xbc\xaf": "compressed; unpack it first",
    b"PAR1": "Parquet; end its name in .parquet",
    b"ARROW1": "Feather; save it as CSV or Parquet",
    b"%PDF": "a PDF; save the table as CSV",
    b"SQLite format 3\0": "a SQLite database; save the table as CSV",
    b"\x89HDF": "an HDF5 file; save the table as CSV",
    b"\x93NUMPY": "an array of NumPy; use arrays(numpy.load(…), y)",
    b"\x89PNG": "a picture; give a table",
    b"\xff\xd8\xff": "a picture; give a table",
    b"{\\rtf": "a document; save the table as CSV",
}
"""What files of other kinds begin with, and what to do."""
_PAGE = re.compile(rb"(\xef\xbb\xbf)?\s*<(!doctype|html|table)\b", re.IGNORECASE)
_WRONG_CASE = re.compile(
    r"(?<=[a-z])(?:[^\x00-\x7f\W](?<![a-zß-öø-ÿœıﬁﬂ])|�|[^\x00-\x7f\w])(?=[a-z])"
)
"""A capital, a sign or nothing known between small letters."""


def encoding_of(path: Path) -> str:
    """UTF-8 with or without a mark, UTF-16 or UTF-32 with one, else what Windows or a Mac writes.

    Raises:
        InputError: It is none of them.
    """
    name = shown(path)
    with path.open("rb") as file:
        start = file.read(64)
    for magic, what in NO_TEXT.items():
        if start.startswith(magic):
            raise InputError(name, f"this is not text but {_what(path, what)}")
    if _PAGE.match(start):
        raise InputError(name, "this is not a table of text but a web page", "save it as CSV")
    if start.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return _decoded(path, "utf-32")
    if start[:2] in {codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE}:
        return _decoded(path, "utf-16")
    _check_nul(path)
    try:
        return _decoded(path, "utf-8-sig")
    except InputError:
        return "mac_roman" if _is_macintosh(path) else _decoded(path, "cp1252")


def _what(path: Path, what: str) -> str:
    """Of a zip file, whether Excel or LibreOffice wrote it."""
    if what != ZIP:
        return what
    try:
        with zipfile.ZipFile(path) as archive:
            inside = archive.namelist()
    except (zipfile.BadZipFile, OSError, ValueError):
        return what
    if any(name.startswith("xl/") for name in inside):
        return "an Excel file; end its name in .xlsx, or save it as CSV"
    if "content.xml" in inside:
        return "a file of LibreOffice or OpenOffice; save it as CSV"
    return what


def _is_macintosh(path: Path) -> bool:
    """Whether letters beyond ASCII stand where letters of their case can only as Macs code them.

    An "ü" of a Mac is a "Ÿ" of Windows, and an "è" is none of its signs.
    """
    with path.open("rb") as file:
        sample = file.read(CHUNK)
    wrong = [
        len(_WRONG_CASE.findall(sample.decode(encoding, errors="replace")))
        for encoding in ("mac_roman", "cp1252")
    ]
    return wrong[0] == 0 < wrong[1]


def _check_nul(path: Path) -> None:
    line = 1
    with path.open("rb") as file:
        while chunk := file.read(CHUNK):
            at = chunk.find(b"\0")
            if at >= 0:
                line += chunk.count(b"\n", 0, at)
                if line == 1 and (wide := _wide(chunk[:64])):
                    raise InputError(
                        shown(path), f"this seems to be {wide} without its mark", "save it as UTF-8"
                    )
                raise InputError(
                    f"{shown(path)}, line {line}",
                    "there is a NUL byte, so it is damaged or no text",
                    "export it again as UTF-8",
                )
            line += chunk.count(b"\n")


def _wide(start: bytes) -> str:
    """Of which encoding text is where each letter has NUL bytes beside it; empty for none."""
    for size, name in ((4, "UTF-32"), (2, "UTF-16")):
        letters = [start[i : i + size] for i in range(0, len(start) - size + 1, size)]
        for empty in (slice(1, None), slice(None, -1)):
            if letters and all(not any(one[empty]) and any(one) for one in letters):
                return name
    return ""


def _decoded(path: Path, encoding: str) -> str:
    """The encoding, if the whole file is of it."""
    decoder = codecs.getincrementaldecoder(encoding)()
    whole = before = 0
    with path.open("rb") as file:
        try:
            while chunk := file.read(CHUNK):
                decoder.decode(chunk)
                whole += len(chunk)
                before = whole - len(decoder.getstate()[0])  # less what waits for its other half
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            raise InputError(
                shown(path),
                f"byte {before + error.start} is {_neither(encoding)}",
                "save the file as UTF-8",
            ) from None
    return encoding


def _neither(encoding: str) -> str:
    if encoding.startswith(("utf-16", "utf-32")):
        return f"no {encoding.upper()}, as its mark says"
    return "neither UTF-8 nor Windows-1252"
