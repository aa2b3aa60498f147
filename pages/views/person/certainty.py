"""How sure a Bayesian model is of one person: of the ranks, of the ratings, of the taste, and what to ask next."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.factor_axes_of_run import map_of
from pages.shared.results.person_lists import DEPTH, RANK, Person, choose_pinned_run, rank_unseen, show_list, title_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from recsys_core.algorithms.posterior import BayesianModel, Posterior
from recsys_core.data.interactions import Interactions
from recsys_core.data.nouns import count_noun
from recsys_core.figures.certainty import draw_cloud, draw_rating_intervals
from recsys_core.per_user.certainty import (
    LEVEL,
    RankCertainty,
    expected_learning,
    factor_cloud,
    predict_intervals,
    rank_certainty,
)
from recsys_core.percent import percent
from recsys_core.store.run import Run

_COIN_TOSS = (0.4, 0.6)  # of the draws; a share that near to a half is what 50 tosses of a coin give, too


def sure_runs(runs: list[Run]) -> list[Run]:
    """Return those of the pinned runs whose model knows how sure it is."""
    return [run for run in runs if posterior_of(run)]


def posterior_of(run: Run) -> Posterior | None:
    """Return the draws kept with the run's model; None where it has none."""
    model = model_of(run.fingerprint, run.id)
    return model.posterior if isinstance(model, BayesianModel) else None


def show_certainty(person: Person, runs: list[Run]) -> None:
    """Show how far the draws of a Bayesian model agree about the person's list, ratings and taste."""
    run = choose_pinned_run(runs) if len(runs) > 1 else runs[0]
    model = model_of(run.fingerprint, run.id)
    assert isinstance(model, BayesianModel) and model.posterior is not None
    posterior = model.posterior
    unseen = rank_unseen(run, person.index)
    top = unseen[:DEPTH]
    if len(top) == 0:
        st.markdown(f"**{escape(person.name)} has rated every item, so nothing is left to be sure of.**")
        return
    certainty = rank_certainty(posterior, person.index, unseen, DEPTH)
    st.markdown(f"**{escape(describe_ranks([title_of(item) for item in top], certainty))}**")
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        low, high = predict_intervals(posterior, person.index, top)
        known = get_context().dataset.interactions.values  # no rating lies beyond the scale
        ends = (np.clip(each, known.min(), known.max()) for each in (low, (low + high) / 2, high))
        figure = draw_rating_intervals([title_of(item) for item in top], *ends)
        show_chart(figure, key="certain_ratings", alt="The expected rating of each title, with its interval.")
        st.caption(
            f"Each bar should hold the person's own rating with a probability of {LEVEL:.0%}. "
            "It is made of what the model does not know and of how much single ratings vary anyway."
        )
    with right:
        cloud = factor_cloud(model, posterior, person.index)
        figure = draw_cloud(map_of(run), model.user_factors, cloud)
        show_chart(figure, key="cloud", alt="The map of people, and where each draw of the model puts this person.")
        n_ratings = person.learned.n_interactions
        st.caption(
            f"Every draw puts {escape(person.name)} somewhere else: the cloud is what {n_ratings:,} "
            f"{'rating leaves' if n_ratings == 1 else 'ratings leave'} open, and it shrinks with every further one."
        )
    show_list(_tabulate(top, certainty), key="certain_ranks")
    st.caption(
        f"The list is ordered by the mean of all draws, as nearly as {count_noun(model.n_factors, 'factors')} can hold "
        "it: now and then an item stands above one that is better in most draws. In a single draw, items with few "
        "ratings come out far better or far worse than they are expected to be, so that some of them often fill its "
        "top."
    )
    st.markdown(escape(suggest_question(posterior, person.learned, top, unseen)))


def describe_ranks(titles: list[str], certainty: RankCertainty) -> str:
    """Return how sure the order of the list is, and, where it is not, whether the list itself is."""
    n, length = certainty.n_samples, len(titles)
    if length < 2:
        return f"“{titles[0]}” is the only item left to recommend."
    share = certainty.beats_next / n
    tied = int(np.sum((share >= _COIN_TOSS[0]) & (share <= _COIN_TOSS[1])))
    pairs = f"{'none' if tied == 0 else tied} of the {length - 1} pairs of neighbours {'are' if tied > 1 else 'is'}"
    order = f"“{titles[0]}” is the best of these {length} in {certainty.best[0]} of {n} draws of the model; {pairs}"
    order += " coin tosses." if tied > 1 else " a coin toss."
    kept = certainty.in_top.sum() / n
    few = "none" if kept == 0 else "fewer than 0.1" if kept < 0.1 else f"{kept:.1f}"
    return f"{order} On average, {few} of these {length} are in a draw's own top {length}."


def suggest_question(posterior: Posterior, rated: Interactions, top: np.ndarray, unseen: np.ndarray) -> str:
    """Return the title whose rating would teach most about the top of a list, and how much."""
    taught = expected_learning(posterior, rated, top, unseen)
    best = int(np.argmax(taught))
    return (
        f"The most useful question: ask for a rating of “{title_of(unseen[best])}”. Whatever the answer, the variance "
        f"of these {len(top)} expected ratings that is due to knowing too little of this person falls by "
        f"{percent(taught[best])} on average."
    )


def _tabulate(top: np.ndarray, certainty: RankCertainty) -> pd.DataFrame:
    n = certainty.n_samples
    above_next = [percent(count / n) for count in certainty.beats_next.tolist()]
    return pd.DataFrame(
        {
            RANK: range(1, len(top) + 1),
            "title": [title_of(item) for item in top],
            f"best of these {len(top)}": [percent(count / n) for count in certainty.best.tolist()],
            f"in a draw's top {len(top)} of all items": [percent(count / n) for count in certainty.in_top.tolist()],
            "above the next": [*above_next, "–"],
        }
    )
