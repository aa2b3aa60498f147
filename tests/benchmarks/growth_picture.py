"""Seconds and memory against the number of ratings, both on logarithmic axes: a straight line of slope 1 is linear."""

from pathlib import Path

from plotly.subplots import make_subplots

from recsys_core.figures.palette import DASHES, GREY, MARKERS, RUNS


def write_picture(rows: list[dict], path: Path) -> None:
    """A page that needs nothing else, from the rows that `growth.main` measured."""
    figure = make_subplots(1, 2, subplot_titles=("seconds of an epoch", "peak memory of the process, MB"))
    for place, learner in enumerate(dict.fromkeys(row["learner"] for row in rows)):
        own = [row for row in rows if row["learner"] == learner]
        style = {"color": RUNS[place], "dash": DASHES[place]}
        for column, value in ((1, "seconds"), (2, "peak_mb")):
            figure.add_scatter(
                x=[row["ratings"] for row in own],
                y=[row[value] for row in own],
                name=learner,
                line=style,
                marker={"symbol": MARKERS[place], "size": 8},
                showlegend=column == 1,
                row=1,
                col=column,
            )
    first, last = rows[0]["ratings"], rows[-1]["ratings"]
    linear = {"x": [first, last], "y": [0.05, 0.05 * last / first], "mode": "lines", "name": "slope 1"}
    figure.add_scatter(**linear, line={"color": GREY, "dash": "dot", "width": 1}, row=1, col=1)
    figure.update_xaxes(type="log", title="ratings")
    figure.update_yaxes(type="log")
    figure.update_layout(template="plotly_white", width=1100, height=420, margin={"t": 40, "b": 50, "l": 50, "r": 10})
    figure.write_html(path, include_plotlyjs=True)
