"""The specification curve: what came of every reasonable way to test, and which choices it was made by."""

from collections.abc import Sequence

import plotly.graph_objects as go
from plotly.subplots import make_subplots

from recsys_core.comparison.robustness import NO_WINNER, Outcome, Robustness
from recsys_core.comparison.specifications import value_label, varied_choices
from recsys_core.data.split import SplitRecipe
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.comparison import run_style
from recsys_core.figures.labels import legend_label, short_label
from recsys_core.figures.palette import GREY

_CURVE, _ROW, _AROUND = 210, 17, 110  # pixels of the curve, of a row below it, and of titles and legend


def specification_curve(robustness: Robustness, current: SplitRecipe, *, margin: float) -> go.Figure:
    """Draw the lead of the leader over the best of the others in each specification, sorted, with its interval.

    Leads are in % of the mean of the baseline, so that metrics share an axis; those within `margin` of 0 are too small
    to matter. Below, a mark in a row says which value of each choice a specification has. `current` is the split that
    is. Colours are those of the model that wins. The index of the outcome is the custom data of each point.
    """
    leads = [_in_percent(outcome, robustness) for outcome in robustness.outcomes]
    drawn = [(index, lead) for index, lead in enumerate(leads) if lead is not None]
    drawn.sort(key=lambda pair: pair[1][0])
    x_of = {index: x for x, (index, _) in enumerate(drawn)}
    choices = varied_choices([each.specification for each in robustness.outcomes])
    rows, y = {}, 0.0
    for choice, values in choices.items():
        for value in values:
            rows[choice, value] = y
            y += 1
        y += 0.6  # sets the choices apart
    height = _ROW * y
    share = _CURVE / (_CURVE + height) if rows else 1.0
    size = min(7.0, max(3.0, 700 / max(1, len(drawn))))  # many stay apart
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[share, 1 - share], vertical_spacing=0.02)
    for winner in [*range(len(robustness.names)), NO_WINNER]:
        members = [(index, scaled) for index, scaled in drawn if robustness.outcomes[index].winner == winner]
        if not members:
            continue
        name, marker = _style(robustness, winner)
        xs = [x_of[index] for index, _ in members]
        hovers = [_hover(robustness.outcomes[index], robustness, current) for index, _ in members]
        figure.add_scatter(
            x=xs,
            y=[mean for _, (mean, _, _) in members],
            error_y=dict(
                type="data",
                symmetric=False,
                array=[high - mean for _, (mean, _, high) in members],
                arrayminus=[mean - low for _, (mean, low, _) in members],
                thickness=1 if size > 5 else 0.5,
                width=0,
            ),
            mode="markers",
            name=name,
            marker=marker | dict(size=size),
            customdata=[index for index, _ in members],
            text=hovers,
            hovertemplate="%{text}<extra></extra>",
            row=1,
            col=1,
        )
        marks = [
            (x_of[index], row, index)
            for index, _ in members
            for (choice, value), row in rows.items()
            if robustness.outcomes[index].specification.value(choice) == value
        ]
        figure.add_scatter(
            x=[mark[0] for mark in marks],
            y=[mark[1] for mark in marks],
            mode="markers",
            showlegend=False,
            marker=dict(symbol="square", size=min(5.0, size), color=marker["color"]),
            customdata=[mark[2] for mark in marks],
            hoverinfo="none",  # the rows say it; a click still counts
            row=2,
            col=1,
        )
    band = dict(fillcolor=GREY, opacity=0.18, line_width=0, layer="below")
    figure.add_hrect(-100 * margin, 100 * margin, **band, row=1, col=1)
    figure.add_hline(0, line=dict(color=GREY, width=1.5), row=1, col=1)
    figure.update_traces(unselected=dict(marker=dict(opacity=1)))
    leader, rivals = (short_label(name, 40) for name in (robustness.names[robustness.leader], robustness.rivals))
    figure.update_layout(
        title=f"Lead of {leader} over {rivals}, in %",
        height=_CURVE + height + _AROUND,
        margin=dict(l=10, r=10, t=40, b=10),
        legend=dict(orientation="h", y=0, yanchor="top", x=0, itemsizing="constant"),
    )
    figure.update_xaxes(visible=False, range=[-1, len(drawn)])
    figure.update_yaxes(ticksuffix="%", zeroline=False, row=1, col=1)
    figure.update_yaxes(
        tickvals=list(rows.values()),
        ticktext=[short_label(value_label(choice, value, current)) for choice, value in rows],
        range=[y, -1],
        showgrid=False,
        zeroline=False,
        row=2,
        col=1,
    )
    return figure


def _in_percent(outcome: Outcome, robustness: Robustness) -> tuple[float, float, float] | None:
    """The lead of the leader with the ends of its interval, in % of the baseline's mean; None where that is 0."""
    baseline = abs(outcome.quality[0])
    if not baseline:
        return None
    lead = outcome.lead(robustness.leader).difference
    low, high = (lead.low, lead.high) if lead.is_known else (lead.mean, lead.mean)
    return 100 * lead.mean / baseline, 100 * low / baseline, 100 * high / baseline


def _style(robustness: Robustness, winner: int) -> tuple[str, dict[str, object]]:
    if winner == NO_WINNER:
        return "no winner", dict(color=GREY, symbol="circle-open")
    style = run_style(winner)
    return f"{legend_label(robustness.names[winner])} wins", dict(color=style["color"], symbol=style["symbol"])


def _hover(outcome: Outcome, robustness: Robustness, current: SplitRecipe) -> str:
    chosen: Sequence[str] = [
        value_label(choice, outcome.specification.value(choice), current)
        for choice in ("split", "seed_offset", "min_ratings", "threshold")
    ]
    winner = "no winner" if outcome.winner == NO_WINNER else f"{robustness.names[outcome.winner]} wins"
    lead = format_interval(outcome.lead(robustness.leader).difference, sign=True)
    lines = [f"{outcome.specification.title}: {lead}, {winner}", ", ".join(chosen)]
    return "<br>".join(short_label(line, 90) for line in lines)
