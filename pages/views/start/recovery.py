"""Show how near the learned tastes of synthetic data are to the planted ones."""

import numpy as np
import streamlit as st

from recsys_core.data.dataset import GroundTruth
from recsys_core.evaluation.truncation_sweep import TruncationSweep
from recsys_core.factors.planted_recovery import chance_recovery, measure_recovery
from recsys_core.figures.recovery import taste_match


def show_recovery(ground_truth: GroundTruth, sweep: TruncationSweep) -> None:
    """Show on synthetic data how near the learned tastes are to the planted ones."""
    learned, chance = measure_recovery(sweep.model.user_factors, ground_truth), chance_recovery(ground_truth)
    apart = (
        f"The learned tastes are {np.median(learned.angles):.0f}° from the planted ones; "
        f"random ones would be {np.median(chance.angles):.0f}° away."
    )
    st.subheader(f"{_describe_best_k(ground_truth, sweep)} {apart}" if len(sweep.ndcg) else apart, anchor=False)
    left, right = st.columns([1.4, 1], gap="medium")
    with left:
        st.markdown("**Correlation of each planted taste with each learned one**, over the people")
        st.vega_lite_chart(
            taste_match(learned.correlations, ground_truth.taste_names), width="stretch", key="taste_match", alt=apart
        )
    with right:
        st.write(
            f"After the best rotation, a learned taste correlates with its planted one by {learned.matched.mean():.2f} "
            f"on average, and with any other by at most {learned.largest_other:.2f}. Random axes, rotated alike, reach "
            f"{chance.matched.mean():.2f}."
        )
        st.caption(
            f"The headline gives the median of the {ground_truth.n_tastes} angles between the two spaces. They range "
            f"from {learned.angles[0]:.0f}° to {learned.angles[-1]:.0f}°, where 0° means the same and 90° nothing in "
            "common. Any rotation of the axes gives the same guess, so single axes mean nothing: the spaces are "
            "compared first, and single tastes only after the best rotation."
        )


def _describe_best_k(ground_truth: GroundTruth, sweep: TruncationSweep) -> str:
    """Return whether the best k is the number of planted tastes."""
    if sweep.best_k == ground_truth.n_tastes:
        return f"The best k is {sweep.best_k}, the number that was planted."
    return f"The best k is {sweep.best_k}, where {ground_truth.n_tastes} tastes were planted."
