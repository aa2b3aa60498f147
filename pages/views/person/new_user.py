"""Being somebody new: a few titles, and what every pinned model makes of them."""

from itertools import combinations

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.factor_axes_of_run import map_of
from pages.shared.results.person_lists import DEPTH, fold_in_for_run, show_list, title_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import ITEM_KEY, item_choices
from recsys_core.data.interactions import Interactions
from recsys_core.figures.factors import draw_map
from recsys_core.figures.person import place_on_map
from recsys_core.per_user.ranked_list import count_shared_items, rank_unseen_items
from recsys_core.store.run import Run

_MOST = 5
_MY_ITEMS = "my_items"


def show_be_the_user(runs: list[Run]) -> None:
    """Rate up to five titles; the lists of all pinned models, and a star on the map."""
    sentence = st.container()
    me = _my_ratings()
    if me.n_interactions == 0:
        sentence.markdown("**Nobody yet: choose a title.**")
        return
    models = {run: fold_in_for_run(run, me) for run in runs}
    lists = {run: rank_unseen_items(model, me, 0) for run, model in models.items()}
    if me.n_interactions == me.n_items:
        sentence.markdown("**You have chosen everything there is: nothing is left to recommend.**")
        return
    table = pd.DataFrame(
        {"": range(1, DEPTH + 1), **{run.label: _column(items) for run, items in lists.items()}}
    ).dropna(how="all", axis="rows", subset=[run.label for run in runs])
    show_list(table, key="my_lists")
    sentence.markdown(f"**{escape(_sentence(me.n_interactions, lists))}**")
    with_factors = next((run for run in runs if run.has_factors), None)
    if with_factors is not None:
        _map(with_factors, models[with_factors].user_factors[0], me)


def _sentence(count: int, lists: dict[Run, np.ndarray]) -> str:
    """Which two models make the most alike of you, and which the least."""
    start = f"From {count} {'title' if count == 1 else 'titles'}"
    if len(lists) == 1:
        (run,) = lists
        return f"{start}, {run.recipe.label} would give you “{title_of(lists[run][0])}” first."
    by_pair = {pair: count_shared_items(lists[pair[0]], lists[pair[1]], DEPTH) for pair in combinations(lists, 2)}
    most, least = max(by_pair, key=by_pair.get), min(by_pair, key=by_pair.get)
    length = len(lists[most[0]][:DEPTH])
    text = f"{start}, {_both(most)} share {by_pair[most]} of the first {length}"
    return f"{text}." if most == least else f"{text}, {_both(least)} only {by_pair[least]}."


def _both(pair: tuple[Run, Run]) -> str:
    return f"{pair[0].recipe.label} and {pair[1].recipe.label}"


def _column(items: np.ndarray) -> list[str | None]:
    titles = [title_of(item) for item in items[:DEPTH]]
    return titles + [None] * (DEPTH - len(titles))


def _my_ratings() -> Interactions:
    """(1, n): what the person at the screen has chosen, and how they rate it where ratings differ."""
    dataset = get_context().dataset
    names, order = item_choices()
    if st.session_state.get("my_data") != dataset.fingerprint:
        st.session_state.update(my_data=dataset.fingerprint, **{_MY_ITEMS: _for_a_start(order)})
    chosen = st.multiselect(
        "Titles you like (up to five, type to search, instant)",
        order,
        format_func=lambda item: names[item],
        key=_MY_ITEMS,
        max_selections=_MOST,
        persist_state="session",
    )
    known = np.unique(dataset.interactions.values)
    values = [float(np.median(dataset.interactions.values))] * len(chosen)
    if dataset.is_graded and chosen:
        for place, (column, item) in enumerate(zip(st.columns(_MOST), chosen, strict=False)):
            with column:
                values[place] = st.select_slider(
                    escape(names[item]),
                    known.tolist() if len(known) <= 20 else np.linspace(known[0], known[-1], 11).tolist(),
                    value=float(known[-1]),
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


def _for_a_start(order: list[int]) -> list[int]:
    """The item looked at, and the most popular ones of its kind."""
    genres = get_context().dataset.genres
    item = st.session_state.get(ITEM_KEY, order[0])
    alike = [each for each in order if not genres or genres[each][:1] == genres[item][:1]]
    return list(dict.fromkeys([item, *alike]))[: min(_MOST, len(order) // 2)]  # something must be left to recommend


def _map(run: Run, person: np.ndarray, me: Interactions) -> None:
    dataset, mapped = get_context().dataset, map_of(run)
    model = model_of(run.fingerprint, run.id)
    figure = draw_map(
        mapped,
        titles=dataset.titles,
        names=dataset.user_names,
        groups=[genres[0] if genres else "" for genres in dataset.genres] or [""] * len(dataset.titles),
        popularity=get_context().split.train.users_per_item,
        star=place_on_map(mapped, model.user_factors, person),
    )
    st.markdown(f"**You are the star on the map of {escape(run.recipe.label)}**, people as circles, items as squares.")
    show_chart(figure, key="my_map", alt="The map of people and items, and a star where you stand.")
