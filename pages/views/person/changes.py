"""The same person's list with one thing changed: without an item, or with other settings. The items stay the same.

Both lists are computed again, which need not give the trained list: what is drawn says how far it does.
"""

from dataclasses import replace

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of, trained_recipe
from pages.shared.results.person_lists import (
    DEPTH,
    Person,
    choose_pinned_run,
    describe_change,
    fold_in_for_run,
    rank_unseen,
    show_before_and_after,
    title_of,
)
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import get_slider_stops
from pages.views.person.name_run import name_run
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.nouns import count_noun, join_words, write_number
from recsys_core.parameters import parameters
from recsys_core.per_user.ranked_list import rank_unseen_items
from recsys_core.per_user.score_terms import largest_gap, strongest_reason
from recsys_core.store.run import Run

_STRONGER = 10  # times the run's regularisation: the example that an untouched page shows


def show_without(person: Person, runs: list[Run], ticked: list[int]) -> None:
    """Show the list without the ratings `ticked` in the history; if none is ticked, without an influential one."""
    sentence = st.container()
    run, train = choose_pinned_run(runs), get_context().split.train
    recipe = trained_recipe(run)
    with_all = fold_in_for_run(run, person.learned)
    before = rank_unseen_items(with_all, person.seen, 0)
    if not ticked:
        ticked = [strongest_reason(recipe, with_all, train, person.learned, before[:DEPTH])]
        st.caption("This is an example. Tick items in the history above to remove those instead.")
    remaining = person.learned.select(~np.isin(person.learned.items, ticked))
    without = fold_in_for_run(run, remaining)
    after = rank_unseen_items(without, person.seen, 0)
    titles = join_words([f"“{title_of(item)}”" for item in ticked])
    sentence.markdown(f"**{escape(f'Without {titles}, {describe_change(before, after)}.')}**")
    show_before_and_after(before, after, person.held_out, (f"with all {len(person.learned.items)}", "without"))
    st.caption(escape(_compare_with_trained(person, run, before)))
    noun = get_context().dataset.rating_noun
    if recipe.explains_by_rating:
        ratings = count_noun(remaining.n_interactions, noun)
        largest = largest_gap(recipe, without, train, remaining, after[:DEPTH])
        difference = write_number(largest, ".1g")
        st.caption(
            f"The person's scores are computed again from the remaining {ratings}; the items "
            "stay as they were learned. Check: added up one by one in double precision, the scores differ by at "
            f"most {difference}."
        )
    else:
        st.caption(
            f"The person is learned again from the remaining {noun} with the same random numbers; the items stay as "
            "they were learned."
        )


def show_other_settings(person: Person, runs: list[Run]) -> None:
    """Show the list with another regularisation, or with fewer factors where the first k of a model are a model."""
    sentence = st.container()
    left, right = st.columns(2)
    with left:
        run = choose_pinned_run(runs)
    model, known = model_of(run.fingerprint, run.id), parameters(run.recipe)
    follows_settings = run.recipe.has_normal_equations or run.recipe.trains_on_pairs
    if not isinstance(model, FactorModel) or "regularization" not in known or not follows_settings:
        sentence.markdown(f"**{escape(name_run(run))} cannot apply other settings to one person alone.**")
        st.write("They would change what it learns about items: train it with them on the Train page.")
        return
    recipe, fewer = trained_recipe(run), model
    trained_with = float(recipe.settings()["regularization"])
    with right:
        stops = sorted({*get_slider_stops(known["regularization"]), trained_with})
        stronger = max(stop for stop in stops if stop <= _STRONGER * trained_with)
        regularization = _choose_value(run, "regularization", stops, stronger)
        recipe = replace(recipe, **{"regularization": regularization})
        changes = []
        if regularization != trained_with:
            changes.append(f"a regularisation of {regularization:g} instead of {trained_with:g}")
        if run.recipe.has_nested_factors:
            k = int(_choose_value(run, "n_factors", list(range(1, model.n_factors + 1)), model.n_factors))
            fewer = replace(model, user_factors=model.user_factors[:, :k], item_factors=model.item_factors[:, :k])
            if k != model.n_factors:
                changes.append(f"{k} {'factor' if k == 1 else 'factors'} instead of {model.n_factors}")
    before = rank_unseen_items(fold_in_for_run(run, person.learned), person.seen, 0)
    after = rank_unseen_items(fold_in_for_run(run, person.learned, recipe, fewer), person.seen, 0)
    change = f"With {' and '.join(changes) or 'the same settings'}, {describe_change(before, after)}."
    sentence.markdown(f"**{escape(change)}**")
    show_before_and_after(before, after, person.held_out, ("same settings", "changed"))
    st.caption(escape(_compare_with_trained(person, run, before)))
    st.caption(
        "Only this person is computed again; the items stay as they were learned. Training with these settings would "
        "change the items too."
    )


def _compare_with_trained(person: Person, run: Run, again: np.ndarray) -> str:
    """Say how the list of the person computed `again`, from the same ratings, differs from the trained one above."""
    change = describe_change(rank_unseen(run, person.index), again)
    if change.endswith("stays the same"):
        return f"Computed again with nothing changed, {change} as in the list above."
    return (
        "The left column is not the list above, which is as trained. Here the person is computed again while the items "
        f"stay fixed: {change}. Both columns are computed in this way, so that they differ in the one change alone."
    )


def _choose_value(run: Run, field: str, stops: list[float] | list[int], initial: float) -> float:
    return st.select_slider(
        parameters(run.recipe)[field].label,
        stops,
        value=initial,
        format_func=lambda stop: f"{stop:g}",
        key=f"other_{field}_{run.id}",
        persist_state="session",
    )
