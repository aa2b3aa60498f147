"""The sealed test: choosing happens on validation, and every look at the test is counted."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.learn_again import learn_again_toggle
from pages.shared.server import store
from recsys_core.comparison.sentences import learned_from, reveals_sentence

_REVEALED = "revealed_split"  # the fingerprint of the split whose test this session looks at


def visible_subset() -> str:
    """ "test" where it has been revealed or is all there is, else "validation"."""
    return "test" if _is_revealed() else get_context().open_subset


def seal() -> None:
    """Say which ratings the numbers come from, and let the test be revealed or sealed again."""
    split = get_context().split
    if split.test.relevant.n_interactions == 0:
        st.caption(
            f"Numbers are of the **validation** ratings. No test ratings are held out. {how_to_hold_out('test')}"
        )
        return
    if split.validation.relevant.n_interactions == 0 and not split.recipe.learns_from_validation:
        st.caption(
            "This split keeps no validation ratings, so there is **only the test**: whoever chooses by these numbers "
            "has nothing left to check the choice on."
        )
        return
    left, right = st.columns([1, 2], vertical_alignment="center")
    if _is_revealed():
        left.button("Seal again", key="seal", icon=":material/lock:", on_click=_seal, width="stretch")
        right.caption(f"**The test is open:** numbers are of the test ratings. {learned_from(split)} {_looks()}")
    else:
        left.button(
            "Reveal the test",
            key="reveal",
            icon=":material/lock_open:",
            on_click=_reveal,
            width="stretch",
            help="Choose by validation first. Whoever looks at the test and then chooses has fitted to it: looks are "
            "counted for everybody who uses this store.",
        )
        right.caption(f"Numbers are of the **validation** ratings, the test is sealed. {_looks()}")
    with right:
        learn_again_toggle(_count_another_look)


def _is_revealed() -> bool:
    return st.session_state.get(_REVEALED) == get_context().split.selection_fingerprint


def _looks() -> str:
    return reveals_sentence(store().n_reveals(get_context().split.selection_fingerprint))


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
