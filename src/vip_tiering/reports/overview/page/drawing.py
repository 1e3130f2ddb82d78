"""How a chart becomes SVG that is part of a page: it follows the page's colours and letters, and the same figures give the same bytes.

matplotlib draws; it loads here, when a page is made, and in no other room (docs/decisions/0019-matplotlib.md).
"""

from __future__ import annotations

import io
import logging
import re
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from typing import TYPE_CHECKING, Any, Final

from vip_tiering.publishing.pages import markup

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

INK, QUIET, LINE, SHEET, RISE, FALL, MARK = (f"#0101{number:02x}" for number in range(7))
"""Stand for the colours of the page until the SVG is part of it."""
_TIERS: Final = [f"#0102{number:02x}" for number in range(8)]
_VARIABLES: Final = {
    **dict(zip((INK, QUIET, LINE, SHEET, RISE, FALL, MARK), ("ink", "quiet", "line", "sheet", "rise", "fall", "mark"), strict=True)),
    **{color: f"tier-{number}" for number, color in enumerate(_TIERS)},
}
"""Colour while it is drawn -> the variable of the page that gives the real one, light and dark."""
WIDTH: Final = 460
"""Pixels: two charts stand side by side on a screen, and one fits a phone with letters that can be read."""
LETTERS: Final = 11.5
"""Pixels."""
_FEN_OF_WAN: Final = 1_000_000
_BEHIND: Final = 0.02
_TO_THE_INCH: Final = 72
_STYLE: Final[Any] = {
    "svg.fonttype": "none",
    "font.size": LETTERS,
    "font.family": "DejaVu Sans",
    "text.color": INK,
    "axes.edgecolor": LINE,
    "axes.facecolor": "none",
    "axes.labelcolor": QUIET,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid.axis": "y",
    "axes.axisbelow": True,
    "axes.unicode_minus": False,
    "grid.color": LINE,
    "grid.linewidth": 0.7,
    "xtick.color": LINE,
    "ytick.color": LINE,
    "xtick.labelcolor": QUIET,
    "ytick.labelcolor": QUIET,
    "figure.facecolor": "none",
    "figure.dpi": _TO_THE_INCH,
    "savefig.dpi": _TO_THE_INCH,
    "patch.linewidth": 0,
    "hatch.color": QUIET,
    "hatch.linewidth": 0.5,
    "legend.frameon": False,
    "legend.fontsize": LETTERS - 0.5,
    "legend.handlelength": 1,
    "legend.handleheight": 1,
    "legend.handletextpad": 0.4,
    "legend.columnspacing": 1,
    "legend.borderaxespad": 0,
}


@dataclass(frozen=True)
class Chart:
    """A chart. `svg`: with `title` and `description` in it, for who does not see it."""

    code: str
    title: str
    description: str
    svg: object


def chart_of(code: str, title: str, description: str, height: int, draw: Callable[[Figure], None]) -> Chart:
    """Return a chart of `WIDTH` by `height` pixels that a function draws on a figure."""
    with _library(code):
        from matplotlib.figure import Figure  # noqa: PLC0415 (it takes a second, and few commands draw)

        figure = Figure(figsize=(WIDTH / _TO_THE_INCH, height / _TO_THE_INCH))
        draw(figure)
        sink = io.StringIO()
        figure.savefig(sink, format="svg", metadata=dict.fromkeys(("Date", "Creator", "Format", "Type")))
    return Chart(code, title, description, markup(_as_part_of_page(sink.getvalue(), code, title, description, height)))


@contextmanager
def _library(code: str) -> Iterator[None]:
    """Let matplotlib draw in our style, whatever stands in the user's, and without a word of letters that its own font has not."""
    logging.getLogger("matplotlib").setLevel(logging.ERROR)
    import matplotlib as mpl  # noqa: PLC0415 (as above)

    with warnings.catch_warnings(), mpl.rc_context():
        warnings.filterwarnings("ignore", "Glyph .* missing from", UserWarning)
        mpl.rcdefaults()
        mpl.rcParams.update({**_STYLE, "svg.hashsalt": f"vip {code}"})
        yield


def _as_part_of_page(svg: str, code: str, title: str, description: str, height: int) -> str:
    """Return an SVG as it stands in a page: named for who does not see it, with the page's colours and letters, and no id twice."""
    body = svg[svg.index("<svg") :]
    body = body[body.index(">") + 1 :]
    body = re.sub(r"<defs>\s*<style.*?</style>\s*</defs>", "", body, count=1, flags=re.DOTALL)
    body = re.sub(r'<g id="[^"]*"', "<g", body)
    body = re.sub(r" font-family: [^;\"]*;?", "", body)
    body = re.sub(r' transform="rotate\(-0 [^"]*\)"', "", body)
    body = re.sub(r"\n\s*", "\n", body)
    for color, name in _VARIABLES.items():
        body = body.replace(color, f"var(--{name})")
    head = (
        f'<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" viewBox="0 0 {WIDTH} {height}" role="img"'
        f' aria-labelledby="{code}-title {code}-desc">'
    )
    return f'{head}<title id="{code}-title">{escape(title)}</title><desc id="{code}-desc">{escape(description)}</desc>{body.strip()}'


def tier_colors(codes: Sequence[str]) -> dict[str, str]:
    """Return a colour for each tier; `codes` from the lowest, untiered, on. Few tiers lie far apart, and many share colours."""
    last = max(len(codes) - 1, 1)
    return {code: _TIERS[round(place * (len(_TIERS) - 1) / last)] for place, code in enumerate(codes)}


def wan(fen: Any) -> Any:  # noqa: ANN401 (a number or a series)
    """Return an amount in 10,000 yuan for drawing, where a float is good enough."""
    return fen.astype("float64") / _FEN_OF_WAN if hasattr(fen, "astype") else int(fen) / _FEN_OF_WAN


def area(figure: Figure, left: float, bottom: float, right: float, top: float) -> Axes:
    """Return axes with margins in pixels."""
    width, height = figure.get_size_inches() * _TO_THE_INCH
    axes: Axes = figure.add_axes((left / width, bottom / height, 1 - (left + right) / width, 1 - (bottom + top) / height))
    return axes


def bars_across(axes: Axes, names: Sequence[str], lengths: Sequence[float], texts: Sequence[str], colors: Sequence[str] | str) -> None:
    """Draw bars from left to right, the first on top, each with its value behind it."""
    axes.barh(range(len(lengths)), lengths, color=colors, height=0.68)
    lines_of_bars(axes, names)
    longest = max([*lengths, 0]) or 1
    axes.set_xlim(min([*lengths, 0]), longest * (1.08 + 0.055 * max(map(len, texts), default=0)))
    for place, (length, text) in enumerate(zip(lengths, texts, strict=True)):
        axes.text(max(length, 0) + _BEHIND * longest, place, text, va="center", color=INK)


def lines_of_bars(axes: Axes, names: Sequence[str]) -> None:
    """Name the lines of bars that lie across, the first on top; no axis but the names."""
    axes.set_yticks(range(len(names)), names)
    axes.set_ylim(len(names) - 0.5, -0.5)
    axes.tick_params(length=0)
    axes.set_xticks([])
    axes.spines[["left", "bottom"]].set_visible(False)


def legend_above(figure: Figure, axes: Axes, columns: int) -> None:
    """Put the legend above the chart, in so many columns."""
    figure.legend(*axes.get_legend_handles_labels(), loc="upper left", ncols=columns, bbox_to_anchor=(0.01, 0.995))


def number_ticks(axis: Any, form: str = "{:,.0f}") -> None:  # noqa: ANN401 (an axis of matplotlib)
    """Say the numbers of an axis with commas, at few places."""
    from matplotlib.ticker import MaxNLocator  # noqa: PLC0415 (as above)

    axis.set_major_locator(MaxNLocator(5))
    axis.set_major_formatter(lambda value, _place: form.format(value))
