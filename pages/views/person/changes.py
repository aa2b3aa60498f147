"""The same person with one thing changed: without a rating, or with another λ or k; the items stay as they are."""

from dataclasses import replace

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.person_lists import (
    DEPTH,
    Person,
    choose_pinned_run,
    describe_change,
    fold_in_for_run,
    show_before_and_after,
    title_of,
)
from pages.shared.text import escape
from pages.shared.widgets.parameter_widgets import slider_stops
from recsys_core.algorithms.models import FactorModel
from recsys_core.parameters import parameters
from recsys_core.per_user.ranked_list import rank_unseen_items
from recsys_core.per_user.score_terms import largest_gap, strongest_reason
from recsys_core.store.run import Run

_STRONGER = 10  # times its λ: the example that an untouched page shows


def show_without(person: Person, runs: list[Run], ticked: list[int]) -> None:
    """The list without the ratings that are ticked in the history; without any tick, without a telling one."""
    sentence = st.container()
    run, train = choose_pinned_run(runs), get_context().split.train
    with_all = fold_in_for_run(run, person.learned)
    before = rank_unseen_items(with_all, person.seen, 0)
    if not ticked:
        ticked = [strongest_reason(run.recipe, with_all, train, person.learned, before[:DEPTH])]
        st.caption("An example: tick other ratings in the history above to take those away instead. Instant.")
    left = person.learned.select(~np.isin(person.learned.items, ticked))
    without = fold_in_for_run(run, left)
    after = rank_unseen_items(without, person.seen, 0)
    titles = " and ".join(f"“{title_of(item)}”" for item in ticked)
    sentence.markdown(f"**{escape(f'Without {titles}, {describe_change(before, after)}.')}**")
    show_before_and_after(before, after, person.held_out, (f"with all {len(person.learned.items)}", "without"))
    if run.recipe.explains_by_rating:
        largest = largest_gap(run.recipe, without, train, left, after[:DEPTH])
        difference = f"{largest:.0e}" if largest else "0"
        st.caption(
            f"Solved again from the {left.n_interactions} ratings left, the items fixed. Check: added up from scratch, "
            f"rating by rating in double precision, these scores differ by at most {difference}."
        )
    else:
        st.caption("Learned again from the ratings left, the items fixed, with the same random numbers as before.")


def show_other_settings(person: Person, runs: list[Run]) -> None:
    """The list with another λ, or of an SVD with fewer factors."""
    sentence = st.container()
    left, right = st.columns(2)
    with left:
        run = choose_pinned_run(runs)
    model, known = model_of(run.fingerprint, run.id), parameters(run.recipe)
    follows_settings = run.recipe.has_normal_equations or run.recipe.trains_on_pairs
    if not isinstance(model, FactorModel) or "regularization" not in known or not follows_settings:
        sentence.markdown(f"**{escape(run.recipe.label)} keeps nothing of a person but their list.**")
        st.write("Other settings would change what it has learned of the items: train it with them, on Train.")
        return
    recipe, fewer = run.recipe, model
    with right:
        stops = sorted({*slider_stops(known["regularization"]), run.recipe.regularization})
        stronger = max([stop for stop in stops if stop <= _STRONGER * run.recipe.regularization])
        regularization = _scrub(run, "regularization", stops, stronger)
        recipe = replace(recipe, regularization=regularization)
        words = f"With λ = {regularization:g} instead of {run.recipe.regularization:g}"
        if run.recipe.has_nested_factors:
            k = _scrub(run, "n_factors", list(range(1, model.n_factors + 1)), model.n_factors)
            fewer = replace(model, user_factors=model.user_factors[:, :k], item_factors=model.item_factors[:, :k])
            words += f" and k = {k} instead of {model.n_factors}"
    before = rank_unseen_items(fold_in_for_run(run, person.learned), person.seen, 0)
    after = rank_unseen_items(fold_in_for_run(run, person.learned, recipe, fewer), person.seen, 0)
    sentence.markdown(f"**{escape(f'{words}, {describe_change(before, after)}.')}**")
    show_before_and_after(before, after, person.held_out, ("as trained", "changed"))
    st.caption(
        "Instant: this one person is solved again, the items stay as they were learned. "
        "Training with these settings would move the items too."
    )


def _scrub(run: Run, field: str, stops: list, start):
    return st.select_slider(
        f"{parameters(run.recipe)[field].label} (instant)",
        stops,
        value=start,
        format_func=lambda stop: f"{stop:g}",
        key=f"scrub_{field}_{run.id}",
        persist_state="session",
    )
