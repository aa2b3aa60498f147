"""The Start page: what a recommender learns, at every number of tastes k."""

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
from pages.views.start.scrubber.payload import compose_payload, sweep_factors
from recsys_core.data.dataset import GroundTruth
from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.factors.planted_recovery import chance_recovery, measure_recovery
from recsys_core.figures.recovery import taste_match
from recsys_core.links.slug import quoted

ensure_in_app()

_START_K = 2
_AT = "scrubber_at"  # the k and the leak that the scrubber shows, and how often they were set from the URL


def show_recovery(ground_truth: GroundTruth, sweep: TruncationSweep) -> None:
    """Show on synthetic data how near the learned tastes are to the planted ones."""
    found, chance = measure_recovery(sweep.model.user_factors, ground_truth), chance_recovery(ground_truth)
    apart = (
        f"The learned tastes are {np.median(found.angles):.0f}° from the planted ones; "
        f"random ones would be {np.median(chance.angles):.0f}° away."
    )
    st.subheader(f"{describe_best_k(ground_truth, sweep)} {apart}" if len(sweep.ndcg) else apart, anchor=False)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        st.markdown("**Correlation of each planted taste with each learned one**, over the people")
        st.vega_lite_chart(
            taste_match(found.correlations, ground_truth.taste_names), width="stretch", key="taste_match", alt=apart
        )
    with right:
        st.write(
            f"After the best rotation, a learned taste correlates with its planted one by {found.matched.mean():.2f} "
            f"on average, and with any other by at most {found.largest_other:.2f}. Random axes, rotated alike, reach "
            f"{chance.matched.mean():.2f}."
        )
        st.caption(
            f"The headline gives the median of the {ground_truth.n_tastes} angles between the two spaces. They range "
            f"from {found.angles[0]:.0f}° to {found.angles[-1]:.0f}°, where 0° means the same and 90° nothing in "
            "common. Any rotation of the axes gives the same guess, so single axes mean nothing: the spaces are "
            "compared first, and single tastes only after the best rotation."
        )


def describe_best_k(ground_truth: GroundTruth, sweep: TruncationSweep) -> str:
    """Return whether the best k is the number of planted tastes."""
    if sweep.best_k == ground_truth.n_tastes:
        return f"The best k is {sweep.best_k}, the number that was planted."
    return f"The best k is {sweep.best_k}, where {ground_truth.n_tastes} tastes were planted."


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
    at = k or _START_K, url_param("leak") == ["yes"]
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


context = get_context()
left, right = st.columns([2.9, 1], gap="medium", vertical_alignment="center")
with right:
    person = choose_person()
with left:
    st.caption(
        "A recommender squeezes everyone's choices into k tastes, then rebuilds the table from them. **Drag k.**"
    )
k, leak, turn = read_url(sweep_factors(context)[0].ks)
scrubber(key="scrubber", data=compose_payload(context, person, k, leak=leak, turn=turn), on_at_change=write_url)
with st.container(horizontal=True, vertical_alignment="center"):
    st.page_link("pages/train.py", label="Next: watch it learn", icon=":material/arrow_forward:")
    draw_lesson_list()
ground_truth, sweep = context.dataset.ground_truth, sweep_factors(context)[0]
if ground_truth is not None and ground_truth.n_tastes <= sweep.ks[-1]:
    show_recovery(ground_truth, sweep)
