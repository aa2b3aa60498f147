"""Show a Plotly figure that is not clicked on."""

import streamlit as st

from recsys_core.figures.axes import settle_axes


def show_chart(figure, *, key: str, alt: str) -> None:
    """Draw `figure` without tool buttons, which would cover its title; `alt` describes it in words."""
    st.plotly_chart(settle_axes(figure), key=key, alt=alt, config={"displayModeBar": False})
