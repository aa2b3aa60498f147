"""Axes that stay readable where there is one value or none, where all are whole, or where they differ a hundredfold."""

import math
from collections.abc import Iterable, Sequence
from numbers import Integral

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.palette import GREY

_WIDE = 30.0
_MOST_WHOLE_TICKS = 10
_MOST_BESIDE = 100  # pixels
_FEW_DECADES, _MOST_DECADES = 2.5, 8
_POINTS = ("scatter", "scattergl")
_WITH_MEANING = ("log", "category", "date", "multicategory")


def differ_widely(values: Iterable[float]) -> bool:
    """Return whether positive values differ so much that a linear axis would push the small ones together."""
    known = [value for value in values if math.isfinite(value)]
    return bool(known) and min(known) > 0 and max(known) > _WIDE * min(known)


def around(value: float) -> list[float]:
    """Return a range [low, high] in whose middle a single value stands."""
    room = 0.1 * abs(value) or 1.0
    return [value - room, value + room]


def vega_scale(values: Iterable[float]) -> dict[str, object]:
    """Return the scale of a Vega-Lite axis without its zero; a single value stands in the middle."""
    known = {value for value in values if math.isfinite(value)}
    if len(known) == 1:
        return {"zero": False, "domain": around(*known)}
    return {"zero": False, "nice": True}


def settle_axes(figure: go.Figure) -> go.Figure:
    """Set, in place, what Plotly guesses badly, and return the figure.

    Around a single value it shows ±1, of no value an axis from −1 to 6, between whole numbers that lie close
    fractions, and between powers of ten a 2 and a 5 that stand for others. Axes with a range, ticks or a type of their
    own stay as they are.
    """
    if not figure.data or any(trace.type not in _POINTS for trace in figure.data):
        return figure
    values = {axis: _values(figure, axis) for axis in _axes(figure)}
    if any(_is_empty([each for axis, each in values.items() if axis[0] == letter]) for letter in "xy"):
        figure.update_xaxes(visible=False).update_yaxes(visible=False)
        figure.update_layout(annotations=[])
        return figure.add_annotation(
            text="Nothing to show", x=0.5, y=0.5, xref="paper", yref="paper", showarrow=False, font_color=GREY
        )
    for name, each in values.items():
        axis = figure.layout[name]
        if axis.type == "log" and axis.dtick is None and axis.tickvals is None and each is not None:
            axis.update(tickvals=_log_ticks(each[each > 0]))
        if each is None or not len(each) or axis.range or axis.tickvals or axis.matches or axis.type in _WITH_MEANING:
            continue
        is_whole, low, high = each.dtype.kind in "iu", float(each.min()), float(each.max())
        if is_whole and high - low <= _MOST_WHOLE_TICKS and axis.dtick is None:
            axis.update(dtick=1)
        if low == high and axis.rangemode in (None, "normal"):
            axis.update(range=[low - 1, high + 1] if is_whole else around(low))
    return figure


def settle_legend(figure: go.Figure) -> go.Figure:
    """Put, in place, a legend below the plot at the lower end of the figure, and return the figure.

    Where Plotly measures from the plot, a legend of many rows beside little room lies on the title of the axis.
    """
    if figure.layout.legend.orientation == "h" and (figure.layout.legend.y or 0) < 0:
        figure.update_layout(legend=dict(yref="container", y=0, yanchor="bottom"))
    return figure


def _log_ticks(values: np.ndarray) -> list[float] | None:
    """Return powers of ten around `values` and, where these are few, also twice and five times each.

    None where Plotly should choose: between many powers, or without values.
    """
    decades = math.log10(values.max() / values.min()) if len(values) else math.inf
    if decades > _MOST_DECADES:
        return None
    powers = range(math.floor(math.log10(values.min())), math.ceil(math.log10(values.max())) + 1)
    steps = (1, 2, 5) if decades < _FEW_DECADES else (1,)
    return [float(f"{step}e{power}") for power in powers for step in steps]


def needs_width(figure: go.Figure) -> bool:
    """Return whether plots, or a plot and labels to its right, stand side by side, for which a phone is too narrow."""
    return len({axis.domain for axis in figure.select_xaxes()}) > 1 or (figure.layout.margin.r or 0) > _MOST_BESIDE


def _axes(figure: go.Figure) -> list[str]:
    """Return the names of the axes that have traces, as 'xaxis' and 'yaxis2'."""
    names = [(trace.xaxis or "x", trace.yaxis or "y") for trace in figure.data]
    return list(dict.fromkeys(f"{name[0]}axis{name[1:]}" for pair in names for name in pair))


def _is_empty(of_axes: Sequence[np.ndarray | None]) -> bool:
    """Return whether the axes hold numbers, of which none is finite."""
    return all(each is not None and len(each) == 0 for each in of_axes)


def _values(figure: go.Figure, axis: str) -> np.ndarray | None:
    """Return the finite numbers on an axis with the ends of error bars; None where it holds anything else."""
    letter = axis[0]
    found: list[np.ndarray] = []
    for trace in figure.data:
        if f"{letter}axis{(trace[f'{letter}axis'] or letter)[1:]}" != axis or trace[letter] is None:
            continue
        each = _numbers(trace[letter])
        if each is None:
            return None
        found.append(each)
        bars = trace[f"error_{letter}"]
        if bars.array is not None and bars.visible is not False:
            low = bars.arrayminus if bars.arrayminus is not None else bars.array
            found += [each + np.asarray(bars.array, float), each - np.asarray(low, float)]
    if not found:
        return None
    together = np.concatenate(found)
    finite: np.ndarray = together[np.isfinite(together)]
    return finite


def _numbers(values: Sequence[object]) -> np.ndarray | None:
    """Return values as an array of whole or of real numbers; None if some are neither."""
    if isinstance(values, np.ndarray) and values.dtype.kind in "iuf":
        return values
    kinds = {type(value) for value in values if value is not None}
    if kinds and bool not in kinds and all(issubclass(kind, Integral) for kind in kinds):
        return np.array([value for value in values if value is not None])
    try:
        return np.array([math.nan if value is None else value for value in values], float)
    except (TypeError, ValueError):
        return None
