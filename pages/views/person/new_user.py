"""Become a new user: choose a few titles, and see what every pinned model recommends for them."""

from collections.abc import Iterable
from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.factor_axes_of_run import map_of
from pages.shared.results.person_lists import DEPTH, RANK, fold_in_for_run, show_list, title_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import ITEM_KEY, choose_items, list_item_choices
from pages.views.person.certainty import suggest_question
from pages.views.person.name_run import name_run
from recsys_core.algorithms.models import FactorModel
from recsys_core.algorithms.posterior import BayesianModel
from recsys_core.data.interactions import Interactions
from recsys_core.figures.factor_map import Colouring, Marks, draw_map
from recsys_core.figures.palette import RUNS
from recsys_core.figures.person import place_on_map
from recsys_core.per_user.ranked_list import count_shared_items, rank_unseen_items
from recsys_core.store.run import Run

MY_ITEMS = "my_items"
_MAX_TITLES = 5
_DATA = "my_items_belong_to"
_MOST_MARKED = 5  # of the recommended items, on the map
_MAX_STOPS = 20  # of the rating slider


def show_try_yourself(runs: list[Run]) -> None:
    """Let the person rate up to five titles; show the lists of all pinned models, and a star on the map."""
    sentence = st.container()
    me = _choose_ratings()
    if me.n_interactions == 0:
        sentence.markdown("**Choose a title to get recommendations.**")
        return
    models = {run: fold_in_for_run(run, me) for run in runs}
    lists = {run: rank_unseen_items(model, me, 0) for run, model in models.items()}
    if me.n_interactions == me.n_items:
        sentence.markdown("**You have chosen every item, so nothing is left to recommend.**")
        return
    length = max(len(items[:DEPTH]) for items in lists.values())
    columns = {run.label: _pad_titles(items, length) for run, items in lists.items()}
    show_list(pd.DataFrame({RANK: range(1, length + 1), **columns}), key="my_lists")
    sentence.markdown(f"**{escape(_describe_agreement(me.n_interactions, lists))}**")
    for run, model in models.items():
        if isinstance(model, BayesianModel) and model.posterior is not None:
            st.markdown(escape(suggest_question(model.posterior, me, lists[run][:DEPTH], lists[run])))
            break
    for run, model in models.items():
        if run.has_factors and isinstance(model, FactorModel):
            _show_map(run, model.user_factors[0], me.items, lists[run])
            return


def _describe_agreement(count: int, lists: dict[Run, np.ndarray]) -> str:
    """Return which two models agree most about you, and which least."""
    yours = "your title" if count == 1 else f"your {count} titles"
    if len(lists) == 1:
        (run,) = lists
        return f"For {yours}, {name_run(run)} recommends “{title_of(lists[run][0])}” first."
    n_shared = {pair: count_shared_items(lists[pair[0]], lists[pair[1]], DEPTH) for pair in combinations(lists, 2)}
    most, least = max(n_shared, key=lambda pair: n_shared[pair]), min(n_shared, key=lambda pair: n_shared[pair])
    length = len(lists[most[0]][:DEPTH])
    text = f"For {yours}, {_name_both(most, lists)} share {n_shared[most]} of their top {length}"
    return f"{text}." if most == least else f"{text}, {_name_both(least, lists)} only {n_shared[least]}."


def _name_both(pair: tuple[Run, Run], runs: Iterable[Run]) -> str:
    return f"{name_run(pair[0], runs)} and {name_run(pair[1], runs)}"


def _pad_titles(items: np.ndarray, length: int) -> list[str | None]:
    titles: list[str | None] = [title_of(item) for item in items[:length]]
    return titles + [None] * (length - len(titles))


def _choose_ratings() -> Interactions:
    """Return (1, n): the titles that the person has chosen, with their ratings where the data have such."""
    dataset = get_context().dataset
    names, order = list_item_choices()
    if st.session_state.get(_DATA) != dataset.fingerprint:
        st.session_state.update({_DATA: dataset.fingerprint, MY_ITEMS: _suggest_items(order)})
    chosen = choose_items(f"Titles you like (up to {_MAX_TITLES})", MY_ITEMS, _MAX_TITLES)
    known, counts = dataset.interactions.distinct_values
    few = len(known) <= _MAX_STOPS
    stops: list[float] = (known if few else np.linspace(known[0], known[-1], 11)).tolist()
    middle = known[np.searchsorted(np.cumsum(counts), counts.sum() / 2)]
    values = [float(middle)] * len(chosen)
    if dataset.is_graded and chosen:
        for index, (column, item) in enumerate(zip(st.columns(_MAX_TITLES), chosen, strict=False)):
            with column:
                values[index] = st.select_slider(
                    escape(names[item]),
                    stops,
                    value=stops[-1],
                    format_func=lambda value: f"{value:g}",
                    key=f"my_rating_{item}",
                    persist_state="session",
                )
    return Interactions.from_triples(
        [0] * len(chosen),
        chosen,
        values,
        1,
        dataset.interactions.n_items,
        relevance_threshold=dataset.relevance_threshold,
    )


def _suggest_items(order: list[int]) -> list[int]:
    """Return the item shown, and the most popular items of its first genre; at most half of all items."""
    genres = get_context().dataset.genres
    item = st.session_state.get(ITEM_KEY, order[0])
    alike = [each for each in order if not genres or genres[each][:1] == genres[item][:1]]
    return list(dict.fromkeys([item, *alike]))[: min(_MAX_TITLES, len(order) // 2)]


def _show_map(run: Run, factors: np.ndarray, liked: np.ndarray, recommended: np.ndarray) -> None:
    """Draw the map with a star for the person with these `factors` (k,), what they like and what is recommended.

    The map is an affine function of the factors, so the arrow begins where all factors are 0: what lies in its
    direction has a high score in the two directions that the map shows.
    """
    dataset, taste_map = get_context().dataset, map_of(run)
    user_factors = model_of(run.fingerprint, run.id).user_factors
    figure = draw_map(
        taste_map,
        titles=dataset.titles,
        names=dataset.user_names,
        colouring=Colouring.by_genre(dataset),
        popularity=get_context().split.train.users_per_item,
        marks=[
            Marks(liked, "you like", RUNS[1], width=3, with_titles=True),
            Marks(recommended[:_MOST_MARKED], "recommended", RUNS[2], width=3, with_titles=True),
        ],
        star=place_on_map(taste_map, user_factors, factors),
        origin=place_on_map(taste_map, user_factors, np.zeros_like(factors)),
    )
    st.markdown(
        f"**You are the star on the map of {escape(name_run(run))}.** The arrow is the direction of your taste: "
        "what lies farther that way suits you better, as far as two directions can show it."
    )
    show_chart(
        figure, key="my_map", alt="The map of people and items, a star where you are, what you like and what you get."
    )
