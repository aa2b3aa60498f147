"""Showing a Plotly figure that only informs."""

import streamlit as st


def show_chart(figure, *, key: str, alt: str) -> None:
    """Draw `figure` where the page stands; no row of tool buttons covers its title. `alt` says it in words."""
    st.plotly_chart(figure, key=key, alt=alt, config={"displayModeBar": False})
