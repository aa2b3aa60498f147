"""How sure a Bayesian model is of one person: of the ranks, of the ratings, of the taste, and what to ask next."""

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.results.cached import model_of
from pages.shared.results.factor_axes_of_run import map_of
from pages.shared.results.person_lists import DEPTH, Person, choose_pinned_run, rank_unseen, show_list, title_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from recsys_core.algorithms.posterior import BayesianModel, Posterior
from recsys_core.data.interactions import Interactions
from recsys_core.figures.certainty import draw_cloud, draw_rating_intervals
from recsys_core.per_user.certainty import (
    LEVEL,
    RankCertainty,
    expected_learning,
    factor_cloud,
    predict_intervals,
    rank_certainty,
)
from recsys_core.store.run import Run

_COIN_TOSS = (0.4, 0.6)  # of the draws; so far from a half, 50 independent ones are within chance of it


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
    certainty = rank_certainty(posterior, person.index, unseen, DEPTH)
    st.markdown(f"**{escape(describe_ranks([title_of(item) for item in top], certainty))}**")
    left, right = st.columns([1.15, 1], gap="medium")
    with left:
        low, high = predict_intervals(posterior, person.index, top)
        figure = draw_rating_intervals([title_of(item) for item in top], low, (low + high) / 2, high)
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
    st.markdown(escape(suggest_question(posterior, person.learned, top, unseen)))


def describe_ranks(titles: list[str], certainty: RankCertainty) -> str:
    """Return how sure the first place is, and how many neighbours in the list are as good as tied."""
    n = certainty.n_samples
    share = certainty.beats_next / n
    tied = int(np.sum((share >= _COIN_TOSS[0]) & (share <= _COIN_TOSS[1])))
    first = f"“{titles[0]}” comes first in {certainty.first[0]} of {n} draws of the model"
    if not len(share):
        return f"{first}."
    pairs = "neighbours in this list" if len(share) > 1 else "these two"
    if tied == 0:
        return f"{first}; no two {pairs} are a coin toss." if len(share) > 1 else f"{first}."
    verb = "is a coin toss" if tied == 1 else "are coin tosses"
    return f"{first}; of the {len(share)} pairs of {pairs}, {tied} {verb}."


def suggest_question(posterior: Posterior, rated: Interactions, top: np.ndarray, unseen: np.ndarray) -> str:
    """Return the title whose rating would teach most about the top of a list, and how much."""
    taught = expected_learning(posterior, rated, top, unseen)
    best = int(np.argmax(taught))
    return (
        f"The most useful question: ask for a rating of “{title_of(unseen[best])}”. Whatever the answer, it lowers the "
        f"variance of these {len(top)} expected ratings by {taught[best]:.1%} on average."
    )


def _tabulate(top: np.ndarray, certainty: RankCertainty) -> pd.DataFrame:
    n = certainty.n_samples
    above_next = [f"{count / n:.0%}" for count in certainty.beats_next.tolist()]
    return pd.DataFrame(
        {
            "": range(1, len(top) + 1),
            "title": [title_of(item) for item in top],
            "comes first": [f"{count / n:.0%}" for count in certainty.first.tolist()],
            f"in the top {len(top)}": [f"{count / n:.0%}" for count in certainty.in_top.tolist()],
            "above the next": [*above_next, "–"],
        }
    )
