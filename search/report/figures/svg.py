"""From matplotlib to SVG that a strict page can hold.

Matplotlib writes inline styles, which the page's Content-Security-Policy forbids, and fixed
colours, which would not follow a dark page. Here styles become attributes, known colours become
classes, and text stays text.
"""

import csv
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from io import StringIO
from itertools import pairwise
from typing import Any
from urllib.parse import quote
from xml.etree import ElementTree as ET

import numpy as np
from markupsafe import Markup
from matplotlib import rc_context
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_svg import FigureCanvasSVG, RendererSVG
from matplotlib.figure import Figure as Canvas
from matplotlib.text import Text
from matplotlib.ticker import FuncFormatter, NullFormatter
from matplotlib.transforms import Bbox

from search.report.figures.panels import PANEL, SVG, Cell, apart
from search.report.figures.scales import log_locator
from search.study.csv_cells import cell
from search.study.plain_text import is_number

INK, SOFT, RULE, GROUND = "#010101", "#020202", "#030303", "#040404"
"""Stand for the page's text, its secondary text, its lines and its background."""
BLUE, ORANGE, GREEN, RED, SKY, PURPLE, YELLOW = (
    "#0072b2", "#e69f00", "#009e73", "#d55e00", "#56b4e9", "#cc79a7", "#f0e442",
)  # fmt: skip
"""Okabe and Ito's colours: told apart by all common kinds of colour vision."""
SERIES = (BLUE, ORANGE, GREEN, PURPLE, RED, SKY, YELLOW)
MARKERS = ("o", "^", "s", "D", "v", "P", "X")
"""Classes are told apart by their mark as well."""
DASHES = ("-", "--", "-.", ":")
"""And lines by their dash: seven colours and four dashes give 28 pairs before one comes again."""

_NO_XML = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff\ufffe\uffff]")
TIP, GROUP, SELECT = "tip:", "series:", "select:"
"""Before what a mark says, and before the name of what can be switched off or selected on, where
matplotlib has a link and an id."""
LONGEST = 300
"""Characters of a text in a figure."""
APART = 4
"""Units between two numbers along an axis, at least."""
WIDE, NARROW, HALF = 5.2, 3.6, 3.1
"""Inches, of 72 units each: of panels side by side, of a picture that a phone shows whole with its
text of 8 units at 11 pixels, and of one of the first screen."""
_CLASSES = {
    INK: "ink", SOFT: "soft", RULE: "rule", GROUND: "ground", BLUE: "c1", ORANGE: "c2",
    GREEN: "c3", PURPLE: "c4", RED: "c5", SKY: "c6", YELLOW: "c7",
}  # fmt: skip
_STYLE: Any = {
    "svg.fonttype": "none",
    "svg.hashsalt": "search",
    "text.parse_math": False,  # a $ in a name is a $
    "font.size": 9,
    "axes.titlesize": 9,
    "axes.labelsize": 9,
    "xtick.labelsize": 8,
    "ytick.labelsize": 8,
    "legend.fontsize": 8,
    "axes.edgecolor": RULE,
    "axes.labelcolor": SOFT,
    "axes.titlecolor": INK,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "text.color": INK,
    "xtick.color": RULE,
    "ytick.color": RULE,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "axes.grid": True,
    "grid.color": RULE,
    "grid.alpha": 0.4,
    "grid.linewidth": 0.5,
    "axes.axisbelow": True,
    "axes.facecolor": "none",
    "figure.facecolor": "none",
    "legend.frameon": False,
    "lines.linewidth": 1.4,
}
_XLINK = "{http://www.w3.org/1999/xlink}href"


@dataclass(frozen=True)
class Figure:
    """A figure as the page shows it.

    Attributes:
        name: Unique on the page.
        says: What it shows, in a sentence.
        reads: How to read it.
        svg: The picture.
        csv: Its numbers, as an address that downloads.
    """

    name: str
    says: str
    reads: str
    svg: Markup
    csv: str


@dataclass(frozen=True)
class Words:
    """What is said of a figure; see `Figure`."""

    name: str
    says: str
    reads: str


@dataclass(frozen=True)
class AxisNumbers:
    """A figure's numbers: a header and its rows."""

    header: Sequence[str]
    rows: Iterable[Sequence[object]]


class _Panel(Axes):
    """Axes that measure once what is written around them.

    Matplotlib lays a figure out twice, since an axis whose length has changed may have other ticks.
    Where it has the same, so is all that is written; to measure it takes most of a layout's time.
    """

    _measured: tuple[list[list[str]], Bbox] | None = None

    def get_tightbbox(self, renderer: Any = None, **options: Any) -> Any:
        """The box of all that is drawn, in pixels; see matplotlib's."""
        if not options.get("for_layout_only"):
            return super().get_tightbbox(renderer, **options)
        self.apply_aspect()
        written = [
            axis.get_major_formatter().format_ticks(axis.get_majorticklocs().tolist())
            for axis in (self.xaxis, self.yaxis)
        ]
        own: Any = self.bbox.extents
        if self._measured is None or self._measured[0] != written:
            box: Any = super().get_tightbbox(renderer, **options)
            self._measured = written, Bbox.from_extents(*(box.extents - own))
        return Bbox.from_extents(*(own + self._measured[1].extents))


class _Measured(FigureCanvasSVG):
    """A canvas whose renderer measures each text of a figure once, for its layout and to draw it.

    Matplotlib would lay out by a renderer of pixels, and `savefig` draw twice for that.

    Attributes:
        written: The picture, once the renderer is finalized.
    """

    def __init__(self, figure: Canvas) -> None:
        super().__init__(figure)
        self.written = StringIO()
        width, height = (72 * inches for inches in figure.get_size_inches())
        said = {"Date": None, "Creator": None}
        self._renderer = RendererSVG(width, height, self.written, metadata=said)  # type: ignore[no-untyped-call]

    def get_renderer(self) -> RendererSVG:
        """What the figure's texts are measured by, and its picture is drawn by."""
        return self._renderer


class Drawing:
    """A matplotlib figure in the page's style; use as a context, and take `figure` at the end.

    Args:
        panels: How many axes stand side by side.
        height: Inches, of each row of panels.
        columns: Panels of a row; all in one where nothing is said. On a phone they stand one
            below the other.
        width: Inches; by itself what a row takes.
        together: Whether a row's panels stay side by side on a phone, too.
    """

    def __init__(
        self,
        panels: int = 1,
        height: float = 2.6,
        columns: int = 0,
        width: float = 0.0,
        *,
        together: bool = False,
    ) -> None:
        self._context = rc_context(_STYLE)
        self._columns = columns or panels
        self._apart = self._columns > 1 and not together
        self._shape = (panels, width or (WIDE if self._apart else NARROW), height)

    def __enter__(self) -> "Drawing":
        self._context.__enter__()
        panels, width, height = self._shape
        rows = -(-panels // self._columns)
        self._canvas = Canvas(figsize=(width, height * rows), layout="constrained", dpi=72)
        made = self._canvas.subplots(
            rows, self._columns, squeeze=False, subplot_kw={"axes_class": _Panel}
        )
        places: Any = list(made.ravel())
        self._grid = places[0].get_subplotspec().get_gridspec()
        for place, axes in enumerate(places):
            axes.set_gid(f"{PANEL}{place}")
        self.axes: list[Axes] = places[:panels]
        for empty in places[panels:]:
            empty.remove()
        return self

    def __exit__(self, *error: Any) -> None:
        self._context.__exit__(*error)

    def legend_above(self, marks: Sequence[Any], names: Sequence[str]) -> None:
        """A legend above all panels, where it hides nothing; as many names a row as have room.

        Args:
            marks: What is drawn.
            names: Of each. By itself matplotlib leaves out what begins with "_".
        """
        room = min(self._shape[1], NARROW) * 72
        self._canvas.legend(
            marks, names, loc="outside upper left", ncols=_names_a_row(names, room),
            handletextpad=0.4, columnspacing=1.0, borderaxespad=0.1, borderpad=0.1,
        )  # fmt: skip

    def name_values(self, text: str) -> None:
        """Say above all panels what goes up in them."""
        self._canvas.suptitle(text, x=0.0, ha="left", fontsize=9, color=SOFT)

    def figure(self, words: Words, numbers: AxisNumbers) -> Figure:
        """The finished figure."""
        canvas: Any = _Measured(self._canvas)
        with warnings.catch_warnings():
            # The page's own fonts draw what matplotlib's lacks.
            warnings.filterwarnings("ignore", message="Glyph .* missing from font")
            for text in _texts(self._canvas):
                # Matplotlib lays out a long one for minutes, and writes what no XML can hold.
                text.set_text(_NO_XML.sub("", text.get_text()[:LONGEST]))
            for axes in self._canvas.axes:
                _place_once(axes)
            engine: Any = self._canvas.get_layout_engine()
            grids = engine.execute(self._canvas)
            self._canvas.set_layout_engine("none")  # it is laid out
            for axes in self._canvas.axes:
                _set_apart(axes.xaxis)
            if self._apart:
                self._fit_titles(grids[self._grid])
            self._canvas.draw(canvas.get_renderer())
            canvas.get_renderer().finalize()
        cells = self._cells(grids) if self._apart else []
        svg = page_svg(canvas.written.getvalue(), words.name, words.says, cells)
        return Figure(words.name, words.says, words.reads, Markup(svg), csv_link(numbers))  # noqa: S704

    def _fit_titles(self, grid: Any) -> None:
        """Shorten titles that reach out of their panels, whose pictures would cut them."""
        for place, axes in enumerate(self.axes):
            title: Any = axes._left_title  # type: ignore[attr-defined] # noqa: SLF001 - no getter
            whole = title.get_text()
            if not whole or _is_square(axes):  # a square's picture has room for its title
                continue
            right = grid.get_outer_bbox(*divmod(place, self._columns)).x1 * self._canvas.bbox.width
            most = len(whole)
            while most > 1 and title.get_window_extent().x1 > right:
                most -= 1
                title.set_text(short(whole, most))

    def _cells(self, grids: Any) -> list[list[Cell]]:
        """Where each panel lies with what is written around it, row by row."""
        width, height = (72 * inches for inches in self._canvas.get_size_inches())
        rows: list[list[Cell]] = []
        for place in range(len(self.axes)):
            row, column = divmod(place, self._columns)
            # Axes as wide as high reach a little beyond the place that the layout has for them.
            axes = self.axes[place]
            own = axes.get_tightbbox() if _is_square(axes) else None
            parts = [grids[self._grid].get_outer_bbox(row, column)]
            if own:  # a title's letters are higher in some fonts than in matplotlib's
                parts.append(own.padded(0, 3).transformed(self._canvas.transFigure.inverted()))
            box = Bbox.union(parts)
            corner = box.x0 * width, (1 - box.y1) * height
            size = box.width * width, box.height * height
            if not column:
                rows.append([])
            rows[-1].append(Cell(f"{PANEL}{place}", *corner, *size))
        return rows


def _is_square(axes: Axes) -> bool:
    """Whether axes are as high as their width says."""
    return axes.get_aspect() != "auto" or axes.get_box_aspect() is not None


def _place_once(axes: Axes) -> None:
    """Tell matplotlib what has its place: to look for one, it measures all numbers of the axes."""
    for axis in (axes.xaxis, axes.yaxis):
        if not axis.get_label_text():
            axis.set_label_coords(0, 0)
    title = axes.get_title("left")
    axes.yaxis.get_ticklabels()  # of them the power of ten is known that may stand below a title
    if title and not axes.yaxis.get_major_formatter().get_offset():
        axes.set_title(title, y=1.0)


def _set_apart(axis: Any) -> None:
    """Write every second number along x, or every third and so on, where they would touch."""
    low, high = sorted(axis.get_view_interval())
    axis.get_ticklabels()  # places the ticks along an axis whose length has changed
    shown = [tick for tick in axis.get_major_ticks() if low <= tick.get_loc() <= high]
    labels = [tick.label1 for tick in shown if tick.label1.get_text()]
    if not all(is_number(label.get_text().replace("−", "-")) for label in labels):
        return  # of names each is needed
    boxes = [label.get_window_extent() for label in labels]
    for every in range(1, len(labels) + 1):
        if all(b.x0 - a.x1 >= APART for a, b in pairwise(boxes[::every])):
            break
    for place, label in enumerate(labels):
        label.set_visible(place % every == 0)


def _texts(artist: Any) -> Iterator[Text]:
    """What is written in a figure but for its axes' ticks, which are made as they are drawn."""
    if isinstance(artist, Text):
        yield artist
    for child in () if isinstance(artist, Axis) else artist.get_children():
        yield from _texts(child)
    if isinstance(artist, Axis):
        yield artist.label


def _names_a_row(names: Sequence[str], room: float) -> int:
    """Of a legend, whose names of a column are below each other.

    Args:
        names: Of all marks.
        room: Units that they have.
    """
    wide = [27 + 4.7 * len(name) for name in names]
    for columns in range(len(names), 1, -1):
        parts = np.array_split(wide, columns)  # as matplotlib does
        if sum(float(part.max()) for part in parts) <= room:
            return columns
    return 1


def short(name: str, most: int = 24) -> str:
    """A name that fits its place, without what no XML can hold."""
    text = "".join(sign for sign in name if sign.isprintable())
    return text if len(text) <= most else f"{text[: most - 1]}…"


def tips(artist: Any, texts: Sequence[str]) -> None:
    """Have each mark of an artist say what it is, on hover and by arrow keys.

    Args:
        artist: A line, or a collection of marks.
        texts: One a mark.
    """
    told = [TIP + _NO_XML.sub("", text[:LONGEST]) for text in texts]
    if hasattr(artist, "set_urls"):
        artist.set_urls(told)
    else:
        artist.set_url(told[0])


def readings(axes: Any, x: Sequence[float], y: Sequence[float], texts: Sequence[str]) -> None:
    """Places along a line that say what it is there; they are seen while they do.

    Args:
        axes: Of the line.
        x: Of each place.
        y: Of each place.
        texts: One a place.
    """
    if len(texts):
        clear: Any = (0.0, 0.0, 0.0, 0.0)
        places = axes.scatter(x, y, s=40, facecolors=clear, edgecolors="none", clip_on=False)
        tips(places, texts)


def series(artists: Iterable[Any], name: str) -> None:
    """Let artists be switched on and off together, by a button of this name."""
    for artist in artists:
        artist.set_gid(GROUP + _NO_XML.sub("", short(name)))


def selects(line: Any, name: str) -> None:
    """Let the page select trials along a line, by a hyperparameter; without a name by value."""
    line.set_gid(SELECT + _NO_XML.sub("", name))


def plain_log(axis: Any) -> None:
    """Make an axis logarithmic, labelled with plain numbers, once all is drawn."""
    axis.axes.set(**{f"{axis.axis_name}scale": "log"})
    plain = FuncFormatter(lambda value, _: f"{value:g}")
    low, high = axis.get_view_interval()
    if 0 < low < high:
        axis.set_major_locator(log_locator(low, high))
    axis.set_major_formatter(plain)
    axis.set_minor_formatter(NullFormatter())


def csv_link(numbers: AxisNumbers) -> str:
    """Numbers as an address that downloads a CSV file from the page itself."""
    text = StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(map(cell, numbers.header))
    for row in numbers.rows:
        writer.writerow([f"{v:.6g}" if isinstance(v, float) else cell(v) for v in row])
    return "data:text/csv;charset=utf-8," + quote(text.getvalue(), safe=",.-+ ")


def page_svg(text: str, name: str, alt: str, rows: Sequence[Sequence[Cell]] = ()) -> str:
    """Matplotlib's SVG without styles, with unique ids, with the page's colours.

    Args:
        text: Matplotlib's output.
        name: Put before every id.
        alt: What a reader hears who cannot see it.
        rows: Where its panels lie, for each to be a picture of its own; one picture of all
            where nothing is said.
    """
    ET.register_namespace("", SVG)
    root = ET.fromstring(text)  # noqa: S314 - matplotlib's own output, made a moment ago
    for parent in list(root.iter()):
        for child in list(parent):
            if child.tag in (f"{{{SVG}}}style", f"{{{SVG}}}metadata"):
                parent.remove(child)
    for size in ("width", "height"):
        del root.attrib[size]
    root.attrib |= {"stroke-linejoin": "round", "stroke-linecap": "butt"}
    shown = apart(root, rows) if rows else root
    wanted = set(re.findall(r'(?:href="|url\()#([^")]+)', text))
    for element in shown.iter():
        _mark(element)
        _plain_attributes(element)
        _round_places(element)
        _own_ids(element, name, wanted)
    if not rows and float(root.attrib["viewBox"].split()[2]) > NARROW * 72 + 1:
        root.attrib["class"] = "wide"
    shown.attrib |= {"role": "img", "aria-label": alt}
    return ET.tostring(shown, encoding="unicode")


def _mark(element: ET.Element) -> None:
    """What matplotlib takes for a link or an id: a mark with its text, a group with its name."""
    target = element.attrib.get(_XLINK, "")
    if element.tag == f"{{{SVG}}}a" and target.startswith(TIP):
        element.tag = f"{{{SVG}}}g"
        element.attrib = {"class": "mark"}
        title = ET.Element(f"{{{SVG}}}title")
        title.text = target.removeprefix(TIP)
        element.insert(0, title)
    own = element.attrib.get("id", "")
    if own.startswith(GROUP):
        element.attrib["data-series"] = own.removeprefix(GROUP)
    if own.startswith(SELECT):
        element.attrib["data-selects"] = own.removeprefix(SELECT)


def _plain_attributes(element: ET.Element) -> None:
    """Turn a style into attributes, and known colours into classes."""
    element.attrib |= _attributes(element.attrib.pop("style", ""))
    classes = []
    for attribute, prefix in (("fill", "f"), ("stroke", "s")):
        colour = _CLASSES.get(element.attrib.get(attribute, ""))
        if colour:
            del element.attrib[attribute]
            classes.append(f"{prefix}-{colour}")
    if element.tag == f"{{{SVG}}}text" and not any(c.startswith("f-") for c in classes):
        classes.append("f-ink")
    if classes:
        element.attrib["class"] = " ".join(classes)


@lru_cache(1024)
def _attributes(style: str) -> Mapping[str, str]:
    found = {}
    for part in filter(None, (part.strip() for part in style.split(";"))):
        key, value = (side.strip() for side in part.split(":", 1))
        if key == "font":
            size = re.search(r"([\d.]+)px", value)
            found["font-size"] = size[1] if size else "9"
        elif key not in ("font-family", "-inkscape-font-specification"):
            found[key] = value
    return found


def _round_places(element: ET.Element) -> None:
    """A hundredth of a unit is enough; matplotlib's six digits are a tenth of a large picture."""
    for key in {"d", "x", "y"} & element.attrib.keys():
        element.attrib[key] = re.sub(
            r"\d+\.\d{3,}", lambda number: f"{float(number[0]):.2f}", element.attrib[key]
        )


def _own_ids(element: ET.Element, name: str, wanted: set[str]) -> None:
    """Keep the ids that something refers to; two panels of one plane give their image one id."""
    own = element.attrib.pop("id", "")
    if own in wanted:
        element.attrib["id"] = f"{name}-{own}"
    target = element.attrib.pop(_XLINK, None)
    if target is not None:
        element.attrib["href"] = f"#{name}-{target[1:]}" if target.startswith("#") else target
    for key, value in element.attrib.items():
        if value.startswith("url(#"):
            element.attrib[key] = f"url(#{name}-{value[5:]}"
