"""Why did this person get this?"""

import streamlit as st

from pages.shared.results.imported_models import trained_here, warn_of_leaks
from pages.shared.results.person_lists import load_person, rank_unseen
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from pages.shared.widgets.choose_person_item import choose_person
from pages.views.person.changes import show_other_settings, show_without
from pages.views.person.lists import _VIEW_KEY, SETTINGS, WHY, WITHOUT, YOU, headline, history, lists_side_by_side
from pages.views.person.new_user import show_be_the_user
from pages.views.person.score_breakdown import show_receipt

ensure_in_app()


runs = pinned_runs()
if not runs:
    st.subheader("No model is pinned.", anchor=False)
    st.write("Pin one in the sidebar, or train one first.")
    st.page_link("pages/train.py", label="Train a model", icon=":material/model_training:")
else:
    top = st.container()
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        person = load_person(choose_person())
        lists = [rank_unseen(run, person.index) for run in runs]
        ticked = history(person) if person.learned.n_interactions else []
        if person.learned.n_interactions == 0:
            st.info("Nothing of this person is among the ratings to learn from: the lists are what anybody would get.")
    with top:
        st.subheader(escape(headline(person, runs, lists)), anchor=False)
        warn_of_leaks(runs)
    with right:
        lists_side_by_side(person, runs, lists)
    own = trained_here(runs)
    views = [WHY, WITHOUT, YOU, SETTINGS] if person.learned.n_interactions else [WHY, YOU]
    views = views if own else [WHY]  # how a person would be learned anew is not known of a model from a file
    if st.session_state.get(_VIEW_KEY) not in views:
        st.session_state[_VIEW_KEY] = WHY
    view = st.segmented_control(
        "What to ask",
        views,
        default=WHY,  # an address that was gone back to may hold none
        required=True,
        key=_VIEW_KEY,
        label_visibility="collapsed",
        bind="query-params",
    )
    if view == WHY:
        show_receipt(person, runs)
    elif view == WITHOUT:
        show_without(person, own, ticked)
    elif view == YOU:
        show_be_the_user(own)
    else:
        show_other_settings(person, own)
