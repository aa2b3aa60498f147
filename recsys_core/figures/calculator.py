"""The DCG of a list and of its ideal list, each as a bar stacked from its terms."""

import numpy as np
import plotly.graph_objects as go

from recsys_core.figures.palette import GREY, LABEL_INK, RUNS
from recsys_core.metrics.dcg_terms import Terms


def stacked_terms(reached: Terms, ideal: Terms) -> go.Figure:
    """Draw two bars on one scale, DCG and ideal DCG, with a segment for each rank.

    A segment is as long as its term, and shows the relevance of the item if there is room.
    """
    figure = go.Figure()
    for name, terms, colour, ink in (("DCG", reached, RUNS[0], "white"), ("ideal DCG", ideal, GREY, LABEL_INK)):
        figure.add_bar(
            y=[f"{name} <b>{terms.dcg:.2f}</b>"] * len(terms.ranks),
            x=terms.term,
            base=terms.cumulative - terms.term,
            orientation="h",
            marker=dict(color=colour, line=dict(color="white", width=1)),
            text=[f"{relevance:g}" for relevance in terms.relevance],
            textposition="inside",
            insidetextfont_color=ink,
            insidetextanchor="middle",
            textangle=0,
            customdata=np.column_stack([terms.ranks, terms.relevance, terms.gain, terms.discount, terms.term]),
            hovertemplate=(
                "rank %{customdata[0]}: relevance %{customdata[1]}<br>"
                "gain %{customdata[2]:.3~f} × discount %{customdata[3]:.3f} = %{customdata[4]:.3f}<extra></extra>"
            ),
        )
    figure.update_layout(
        barmode="overlay",
        showlegend=False,
        height=190,
        bargap=0.35,
        margin=dict(l=10, r=10, t=10, b=10),
        xaxis=dict(title="gain × discount, rank by rank", rangemode="tozero", zeroline=False),
        yaxis=dict(autorange="reversed", type="category"),
        uniformtext=dict(minsize=10, mode="hide"),
    )
    return figure
