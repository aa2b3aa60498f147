"""The sealed test: models are chosen on validation ratings, and every look at the test is counted."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.learn_again import learn_again_toggle
from pages.shared.server import store
from pages.shared.text import escape
from recsys_core.comparison.sentences import learned_from, reveals_sentence, why_test_differs

_REVEALED = "revealed_split"  # the fingerprint of the split whose test this session looks at


def visible_subset() -> str:
    """Return "test" if it has been revealed or there is nothing else, otherwise "validation"."""
    return "test" if _is_revealed() else get_context().open_subset


def draw_sealed_test() -> None:
    """Say which ratings the numbers are of, with a button that reveals the test or seals it again."""
    split, noun = get_context().split, get_context().split.rating_noun
    if split.test.relevant.n_interactions == 0:
        st.caption(
            f"All numbers are for the **validation** {noun}. There are no test {noun}. {how_to_hold_out('test')}"
        )
        return
    if split.validation.relevant.n_interactions == 0 and not split.recipe.learns_from_validation:
        st.caption(
            f"This split has **only test {noun}**, no validation {noun}. If you choose a model by these numbers, "
            "nothing is left to check the choice on."
        )
        return
    left, right = st.columns([1, 2], vertical_alignment="center")
    if _is_revealed():
        left.button("Seal again", key="seal", icon=":material/lock:", on_click=_seal, width="stretch")
        right.caption(f"**The test is open:** all numbers are for the test {noun}. {learned_from(split)} {_count()}")
    else:
        with left:
            _draw_reveal()
        right.caption(f"All numbers are for the **validation** {noun}. The test is sealed. {_count()}")
    with right:
        learn_again_toggle(_count_another_look)


def _draw_reveal() -> None:
    """Draw the button that reveals the test; the first time it asks, since after that the test is no longer fresh."""
    split = get_context().split
    if store().n_reveals(split.selection_fingerprint):
        st.button("Reveal the test", key="reveal", icon=":material/lock_open:", on_click=_reveal, width="stretch")
        return
    with st.popover("Reveal the test", icon=":material/lock_open:", width="stretch", key="ask_to_reveal"):
        st.write(":material/warning: After this, the test is no longer fresh.")
        st.markdown(
            "Whoever has seen its numbers and then chooses again fits the choice to them. So choose a model on "
            "validation first. Reveals are counted, for everybody who uses this database. " + why_test_differs(split)
        )
        st.button("Reveal it", key="reveal", type="primary", on_click=_reveal, width="stretch")


def _is_revealed() -> bool:
    return st.session_state.get(_REVEALED) == get_context().split.selection_fingerprint


def _count() -> str:
    fingerprint = get_context().split.selection_fingerprint
    return escape(reveals_sentence(store().n_reveals(fingerprint), store().revealed_by(fingerprint)))


@error_boundary()
def _reveal() -> None:
    fingerprint = get_context().split.selection_fingerprint
    store().reveal_test(fingerprint)
    st.session_state[_REVEALED] = fingerprint


@error_boundary()
def _count_another_look() -> None:
    """Whoever sees the test of other models has looked at it once more."""
    if _is_revealed():
        _reveal()


@error_boundary()
def _seal() -> None:
    st.session_state[_REVEALED] = None
