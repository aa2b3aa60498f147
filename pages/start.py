"""What does a recommender learn?"""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.links.lesson_strip import draw_lesson_list
from pages.shared.shell.navigation import ensure_in_app
from pages.shared.text import escape
from pages.shared.url_state import consume_params, pending_param, set_url_param, url_param
from pages.shared.widgets.choose_person_item import choose_person
from pages.views.start.scrubber import scrubber
from pages.views.start.scrubber.payload import payload, sweeps
from recsys_core.data.dataset import GroundTruth
from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.factors.planted_recovery import chance_recovery, measure_recovery
from recsys_core.figures.recovery import taste_match
from recsys_core.links.slug import quoted

ensure_in_app()

_START_K = 2
_AT = "scrubber_at"  # where the scrubber stands as far as we know, and how often it was moved from here


def truth_found(ground_truth: GroundTruth, sweep: TruncationSweep) -> None:
    """On planted data: how near the learned tastes are to the planted ones."""
    found, chance = measure_recovery(sweep.model.user_factors, ground_truth), chance_recovery(ground_truth)
    apart = (
        f"The learned tastes are {np.median(found.angles):.0f}° from the planted ones; "
        f"chance would leave {np.median(chance.angles):.0f}°."
    )
    st.subheader(f"{best_k(ground_truth, sweep)} {apart}" if len(sweep.ndcg) else apart, anchor=False)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        st.markdown("**Each planted taste beside each learned one**: their correlation over the people")
        st.vega_lite_chart(
            taste_match(found.correlations, ground_truth.taste_names), width="stretch", key="taste_match", alt=apart
        )
    with right:
        st.write(
            f"Turned to fit, a learned taste agrees with its planted one by a correlation of "
            f"{found.matched.mean():.2f} on average over the people, with another by at most "
            f"{found.largest_other:.2f}. Random axes, turned alike, reach {chance.matched.mean():.2f}."
        )
        st.caption(
            f"Of the {ground_truth.n_tastes} angles between the two spaces this is the median; they run from "
            f"{found.angles[0]:.0f}° to {found.angles[-1]:.0f}°, where 0° is the same and 90° nothing in common. "
            "Single axes mean nothing, since any turn of them gives the same guess: so spaces are compared first, "
            "and single tastes only after the turn that fits best."
        )


def best_k(ground_truth: GroundTruth, sweep: TruncationSweep) -> str:
    if sweep.best_k == ground_truth.n_tastes:
        return f"The best k is {sweep.best_k}, the number that was planted."
    return f"The best k is {sweep.best_k}, where {ground_truth.n_tastes} tastes were planted."


def where_to_begin(ks: tuple[int, ...]) -> tuple[int, bool, int]:
    """The k and the leak that stand in the address, and the turn: a new one where they are not the browser's own."""
    words = url_param("k")
    k = next((k for k in ks if words == [str(k)]), None)
    if k is None:
        if pending_param("k"):
            possible = ", ".join(map(str, ks))
            st.error(escape(f"The k of a link to this page must be one of {possible}. Got {quoted(words[-1])}."))
        set_url_param("k")
    consume_params("k", "leak")
    at = k or _START_K, url_param("leak") == ["yes"]
    known, turn = st.session_state.get(_AT, (at, 0))
    st.session_state[_AT] = at, turn + (known != at)
    return *at, turn + (known != at)


@error_boundary()
def remember() -> None:
    """Let the k and the leak at which the hand rests stand in the address."""
    at = st.session_state["scrubber"]["at"]
    st.session_state[_AT] = (at["k"], at["leak"]), st.session_state[_AT][1]
    set_url_param("k", str(at["k"]))
    set_url_param("leak", *(["yes"] if at["leak"] else []))


context = get_context()
left, right = st.columns([2.9, 1], gap="medium", vertical_alignment="center")
with right:
    person = choose_person()
with left:
    st.caption(
        "A recommender squeezes everyone's choices into k tastes, then rebuilds the table from them. **Drag k.**"
    )
k, leak, turn = where_to_begin(sweeps(context)[0].ks)
scrubber(key="scrubber", data=payload(context, person, k, leak=leak, turn=turn), on_at_change=remember)
with st.container(horizontal=True, vertical_alignment="center"):
    st.page_link("pages/train.py", label="Next: watch it learn", icon=":material/arrow_forward:")
    draw_lesson_list()
ground_truth, sweep = context.dataset.ground_truth, sweeps(context)[0]
if ground_truth is not None and ground_truth.n_tastes <= sweep.ks[-1]:
    truth_found(ground_truth, sweep)
