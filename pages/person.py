"""The Person page: what the pinned models recommend to one person, and why."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.imported_models import trained_here, warn_of_leaks
from pages.shared.results.person_lists import load_person, rank_unseen
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from pages.shared.widgets.choose_one import choose_one
from pages.shared.widgets.choose_person_item import choose_person
from pages.views.person.certainty import show_certainty, sure_runs
from pages.views.person.changes import show_other_settings, show_without
from pages.views.person.lists import (
    FORMER_NAMES,
    OTHER,
    SURE,
    TRY,
    VIEW_KEY,
    WHY,
    WITHOUT,
    choose_from_history,
    describe_hits,
    show_lists,
)
from pages.views.person.new_user import show_try_yourself
from pages.views.person.score_breakdown import show_score_breakdown

ensure_in_app()


runs = pinned_runs()
if not get_context().runs_with("model"):
    offer_first_models()
elif not runs:
    st.subheader("No model is pinned.", anchor=False)
    st.write("Pin one in the sidebar.")
else:
    top = st.container()
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        person = load_person(choose_person())
        lists = [rank_unseen(run, person.index) for run in runs]
        ticked = choose_from_history(person) if person.learned.n_interactions else []
        if person.learned.n_interactions == 0:
            st.info(
                "The training data hold nothing of this person, so a list says nothing about them: depending on the "
                "model, it is what anybody would get, a random order, or a mixture of the two."
            )
    with top:
        st.subheader(escape(describe_hits(person, runs, lists)), anchor=False)
        warn_of_leaks(runs)
    with right:
        show_lists(person, runs, lists)
    trainable = trained_here(runs)
    views = [WHY, WITHOUT, TRY, OTHER] if person.learned.n_interactions else [WHY, TRY]
    views = views if trainable else [WHY]  # nobody knows how a model from a file would learn a person
    # Of choices it could only say that all are expected.
    certain = sure_runs(runs) if get_context().dataset.is_graded else []
    if certain:
        views = [*views, SURE]
    if VIEW_KEY not in st.session_state and (now := FORMER_NAMES.get(st.query_params.get(VIEW_KEY, ""))):
        st.query_params[VIEW_KEY] = now
        st.rerun()
    if st.session_state.get(VIEW_KEY) not in views:
        st.session_state[VIEW_KEY] = WHY
    view = choose_one(st.segmented_control, "View", views, default=WHY, key=VIEW_KEY, label_visibility="collapsed")
    if view == WHY:
        show_score_breakdown(person, runs)
    elif view == WITHOUT:
        show_without(person, trainable, ticked)
    elif view == TRY:
        show_try_yourself(trainable)
    elif view == SURE:
        show_certainty(person, certain)
    else:
        show_other_settings(person, trainable)
