"""Ratings vs ranking: predicting ratings and ranking items are different tasks."""

from collections.abc import Sequence

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.data.nouns import write_number
from recsys_core.figures.tradeoff import rating_against_ranking
from recsys_core.store.run import Run


def show_ratings(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the error of predicted ratings against the quality of the lists."""
    if not get_context().dataset.is_graded:
        st.markdown("**This data has no ratings to predict: it says who chose what, not how much they liked it.**")
        st.write("On data with ratings, this view shows whether the model that predicts them best also ranks best.")
        return
    errors = {index: rmse for index, rmse in enumerate(comparison.overall("rmse")) if rmse is not None}
    if not errors:
        st.markdown("**None of the pinned models predicts ratings: they only rank.**")
        st.write(
            "ALS (ratings), Biases and a centred SVD predict ratings. Train one of them and pin it beside a model that "
            "only ranks."
        )
        return
    names, quality = comparison.names, comparison.means
    sentence = f"{_sentence(comparison, errors)} {comparison.doubt_leaked(range(len(comparison)))}".strip()
    st.markdown(f"**{escape(sentence)}**")
    rankers = [index for index in range(len(quality)) if index not in errors]
    best = max(rankers, key=comparison.quality.__getitem__, default=0)
    figure = rating_against_ranking(
        [names[index] for index in errors],
        list(errors.values()),
        [quality[index] for index in errors],
        quality_title=comparison.title,
        indices=list(errors),
        best_ranker=(names[best], quality[best]) if rankers else None,
    )
    show_chart(figure, key="ratings", alt=sentence)
    st.write(
        "RMSE measures how far predicted ratings are off, over items that somebody did rate. A list is made of items "
        "that the person has not rated yet. What counts there is which few come first, and RMSE does not look at that."
    )
    table = pd.DataFrame(
        {
            "run": [comparison.labels[index] for index in errors],
            "RMSE": list(errors.values()),
            comparison.title: [quality[index] for index in errors],
        }
    )
    draw_csv_link(lambda: table, "ratings_and_ranking", key="numbers_ratings")


def _sentence(comparison: Comparison, errors: dict[int, float]) -> str:
    """Which model predicts ratings best, and how well it ranks among all pinned models."""
    names, quality, title = comparison.names, comparison.means, comparison.title
    predictor, ranker = min(errors, key=errors.__getitem__), comparison.best
    error = write_number(errors[predictor], ".3f")
    rank = 1 + sum(value > comparison.quality[predictor] for value in comparison.quality)
    if len(errors) == 1:
        place = f"is number {rank} of {len(quality)}, with" if len(quality) > 1 else "reaches"
        return (
            f"Of the pinned models only {names[predictor]} predicts ratings, with RMSE {error}. "
            f"By {title} it {place} {quality[predictor]:.3f}. Pin a second one that predicts ratings to see whether "
            "better guesses also make better lists."
        )
    text = f"{names[predictor]} predicts ratings best (RMSE {error})"
    if predictor == ranker:
        return f"{text} and also ranks best here ({title} {quality[predictor]:.3f}). The two need not go together."
    ranking = "and ranks worst" if rank == len(quality) else f"but ranks only number {rank} of {len(quality)}"
    return f"{text} {ranking}: {title} {quality[predictor]:.3f}, against {quality[ranker]:.3f} of {names[ranker]}."
