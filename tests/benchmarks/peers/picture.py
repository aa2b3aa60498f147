"""Quality against wall-clock time: one curve a contestant, from the rows that carry one."""

from pathlib import Path

import plotly.graph_objects as go


def write_picture(rows: list[dict], path: Path) -> None:
    """A page that needs nothing else: NDCG@10 over seconds of training, ML-1M with 64 factors."""
    figure = go.Figure()
    for row in rows:
        if "curve" in row and (row["data"], row["factors"]) == ("ML-1M", 64):
            elapsed, values = row["curve"]
            line = {"width": 4} if row["ours"] else {"width": 1.5, "dash": "dash"}
            figure.add_scatter(x=elapsed, y=values, name=row["name"], mode="lines+markers", line=line)
    figure.update_layout(
        title="NDCG@10 on held-out choices over seconds of training (ML-1M, 64 factors, two threads; ours solid)",
        xaxis={"title": "seconds", "type": "log"},
        yaxis={"title": "NDCG@10"},
        template="plotly_white",
    )
    figure.write_html(path, include_plotlyjs=True)
