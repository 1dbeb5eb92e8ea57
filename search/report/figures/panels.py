"""A picture of several panels, taken apart: each a picture that a phone sets below the last."""

from collections.abc import Sequence
from typing import NamedTuple
from xml.etree import ElementTree as ET

SVG = "http://www.w3.org/2000/svg"
PANEL = "panel:"
"""Before a panel's place, as matplotlib's id of its axes."""
SMALL = 130
"""Units of a panel that is read, with its text at 11 pixels, on half a phone."""

ROOM = 4
"""Units below what stands above all panels, which they may reach into."""


class Cell(NamedTuple):
    """Where a panel lies, in units.

    Attributes:
        panel: Id of its axes.
        x: From the left.
        y: From the top.
        width: Of it.
        height: Of it.
    """

    panel: str
    x: float
    y: float
    width: float
    height: float


def apart(root: ET.Element, rows: Sequence[Sequence[Cell]]) -> ET.Element:
    """A block with a picture of what stands above all panels, and a row of pictures a row.

    Args:
        root: The picture of all, with ids as matplotlib wrote them.
        rows: Where its panels lie.
    """
    (whole,) = (child for child in root if child.get("id") == "figure_1")
    panels = {child.get("id", ""): child for child in whole}
    above = [child for name, child in panels.items() if not name.startswith((PANEL, "patch"))]
    width = float(root.attrib["viewBox"].split()[2])
    small = all(cell.width <= SMALL for row in rows for cell in row)
    block = ET.Element("div", {"class": "panels small-panels" if small else "panels"})
    top = min(cell.y for cell in rows[0]) + ROOM
    if above:
        # As wide as a picture of its own, so that its text is as large on a phone.
        part = Cell("", 0.0, 0.0, min(width, 3.6 * 72), top)
        block.append(_picture(root, part, above, width))
    for row in rows:
        drawn = [place for place, cell in enumerate(row) if cell.panel in panels]
        line = ET.SubElement(block, "div", {"class": "row"})
        for cell in row[: max(drawn, default=-1) + 1]:
            own = [panels[cell.panel]] if cell.panel in panels else []
            line.append(_picture(root, cell, own, width))
    block[-1][-1].extend(child for child in root if child is not whole)  # what others refer to
    return block


def _picture(root: ET.Element, cell: Cell, own: Sequence[ET.Element], width: float) -> ET.Element:
    """A part of the whole; its share of the whole's width is rounded down, to fit in its row."""
    box = f"{cell.x:.2f} {cell.y:.2f} {cell.width:.2f} {cell.height:.2f}"
    share = int(1e4 * cell.width / width) / 100
    found = ET.Element(f"{{{SVG}}}svg", {**root.attrib, "viewBox": box, "width": f"{share:g}%"})
    found.extend(own)
    if not own:
        found.attrib["class"] = "blank"  # it keeps the place of the next
    return found
