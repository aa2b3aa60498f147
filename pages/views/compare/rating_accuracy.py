"""Predicting ratings and ranking are different jobs."""

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.comparison import Comparison, short
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.figures.tradeoff import rating_against_ranking


def show_ratings(comparison: Comparison) -> None:
    places = [place for place, evaluation in enumerate(comparison.evaluations) if evaluation.predictions is not None]
    if not get_context().dataset.is_graded:
        st.markdown("**These data say who chose what, not how much they liked it: there is no rating to guess.**")
        st.write("With ratings, models that guess them best are seldom those that rank best. Try it on rated data.")
        return
    if not places:
        st.markdown("**None of the pinned models guesses ratings: they only rank.**")
        st.write(
            "ALS on ratings, Biases, and an SVD that is centred guess how many stars somebody gives. Train one of them "
            "and pin it beside one that only ranks."
        )
        return
    errors = {place: comparison.evaluations[place].rmse for place in places}
    quality = [interval.mean for interval in comparison.intervals()[comparison.metric]]
    sentence = _sentence(comparison, errors, quality)
    st.markdown(f"**{escape(sentence)}**")
    rankers = [place for place in range(len(quality)) if place not in errors]
    best = max(rankers, key=quality.__getitem__, default=0)
    figure = rating_against_ranking(
        [short(comparison.runs[place]) for place in places],
        [errors[place] for place in places],
        [quality[place] for place in places],
        quality_title=comparison.title,
        places=places,
        best_ranker=(short(comparison.runs[best]), quality[best]) if rankers else None,
    )
    show_chart(figure, key="ratings", alt=sentence)
    st.write(
        "RMSE asks how many stars a guess is off, over titles that somebody did rate. A list is made of the titles "
        "that nobody has rated yet: there, what counts is which few come first, and no RMSE ever looks at them."
    )
    table = pd.DataFrame(
        {
            "run": [comparison.names[place] for place in places],
            "RMSE": [errors[place] for place in places],
            comparison.title: [quality[place] for place in places],
        }
    )
    draw_csv_link(table, "ratings_and_ranking", key="numbers_ratings")


def _sentence(comparison: Comparison, errors: dict[int, float], quality: list[float]) -> str:
    """The best at guessing, and where it stands at ranking among all pinned models."""
    guesser = min(errors, key=errors.get)
    ranker = max(range(len(quality)), key=quality.__getitem__)
    text = f"{short(comparison.runs[guesser])} guesses ratings best (RMSE {errors[guesser]:.3f})"
    if len(quality) == 1:
        return f"{text}; with nothing pinned beside it, its {comparison.title} of {quality[guesser]:.3f} says little."
    if guesser == ranker:
        return f"{text} and here ranks best too ({comparison.title} {quality[guesser]:.3f}): that need not be so."
    place = 1 + sum(value > quality[guesser] for value in quality)
    last = " and ranks worst" if place == len(quality) else f" but is only number {place} of {len(quality)} at ranking"
    return (
        f"{text}{last}: {comparison.title} {quality[guesser]:.3f} against {quality[ranker]:.3f} of "
        f"{short(comparison.runs[ranker])}."
    )
