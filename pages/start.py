"""The Start page: what a recommender learns, at every number of tastes k."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.large_data import factor_sweeps
from pages.shared.links.lesson_strip import draw_lesson_list
from pages.shared.results.plain_words import wants_plain_words
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.text import escape
from pages.shared.url_state import consume_params, pending_param, set_url_param, url_param
from pages.shared.widgets.choose_person_item import PERSON_KEY, choose_person, select_person_and_item
from pages.shared.widgets.hold_values import hold_values
from pages.views.start.recovery import show_recovery
from pages.views.start.scrubber import draw_first_sentence, scrubber
from pages.views.start.scrubber.payload import START_K, choose_example, compose_payload, describe_start
from recsys_core.links.slug import quoted

ensure_in_app()

_AT = "scrubber_at"  # the k and the leak that the scrubber shows, and how often they were set from the URL


def read_url(ks: tuple[int, ...]) -> tuple[int, bool, int]:
    """Return the k and the leak of the URL, and a number that grows when they did not come from the slider."""
    values = url_param("k")
    k = next((k for k in ks if values == [str(k)]), None)
    if k is None:
        if pending_param("k"):
            possible = ", ".join(map(str, ks))
            st.error(escape(f"The k of a link to this page must be one of {possible}. Got {quoted(values[-1])}."))
        set_url_param("k")
    consume_params("k", "leak")
    at = k or START_K, url_param("leak") == ["yes"]
    known, turn = st.session_state.get(_AT, (at, 0))
    st.session_state[_AT] = at, turn + (known != at)
    return *at, turn + (known != at)


@error_boundary()
def write_url() -> None:
    """Write the k and the leak at which the slider rests to the URL."""
    at = st.session_state["scrubber"]["at"]
    st.session_state[_AT] = (at["k"], at["leak"]), st.session_state[_AT][1]
    set_url_param("k", str(at["k"]))
    set_url_param("leak", *(["yes"] if at["leak"] else []))


@error_boundary()
def select_person() -> None:
    """Select the person whose row was clicked."""
    user = st.session_state["scrubber"]["person"]
    if isinstance(user, int) and 0 <= user < get_context().dataset.interactions.n_users:
        select_person_and_item(user, None)


@st.fragment
@error_boundary()
def draw_scrubber(payload: dict, person: int) -> None:
    """Draw what the scrubber shows of `person`; where its slider rests changes nothing else on the page.

    So the list of people, which Streamlit moves when it draws it again, stays still under the hand that opens it while
    the slider is being told.
    """
    if st.session_state[PERSON_KEY] != person:
        hold_values(PERSON_KEY)
        st.rerun()
    scrubber(key="scrubber", data=[payload], on_at_change=write_url, on_person_change=select_person)


context = get_context()
left, right = st.columns([2.9, 1], gap="medium", vertical_alignment="center")
with left:
    st.caption(
        "**Recommender explorer**: what a recommender learns from who chose what. This one, an SVD, squeezes all "
        "choices into k tastes and rebuilds the table from them. **Drag k**, and point at the pictures or click a row."
    )
sweeps = factor_sweeps(context)  # where that takes long, its bar stands under the sentence
k, leak, turn = read_url(sweeps[0].ks)
draw_first_sentence(describe_start(sweeps, k, leak=leak, in_plain_words=wants_plain_words()))
with right:
    person = choose_person(choose_example(context, sweeps))
draw_scrubber(
    compose_payload(context, sweeps, person, k, leak=leak, turn=turn, in_plain_words=wants_plain_words()), person
)
with st.container(horizontal=True, vertical_alignment="center"):
    st.page_link("pages/train.py", label="Next: watch it learn", icon=":material/arrow_forward:")
    draw_lesson_list()
ground_truth = context.dataset.ground_truth
if ground_truth is not None and ground_truth.n_tastes <= sweeps[0].ks[-1]:
    show_recovery(ground_truth, sweeps[0])
