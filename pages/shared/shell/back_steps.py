"""Let the browser's Back button take one step for one thing that a person did."""

import streamlit as st

_COMPONENT = "back_steps"

# Streamlit adds a step to the browser's history for every change of the address, as it means to
# (streamlit/streamlit#16831): one for the bare page that was opened, and one more when the page has written into the
# address what it shows. What it does before this is installed stays: leaving the first page takes two steps.
_install = st.components.v2.component(
    _COMPONENT,
    js="""
export default function () {
  if (window.recsysBackSteps) return;
  window.recsysBackSteps = true;
  let hasActed = false;
  for (const kind of ["pointerdown", "keydown"]) addEventListener(kind, () => { hasActed = true; }, true);
  const push = history.pushState.bind(history);
  history.pushState = (state, title, url) => {
    const isSamePage = new URL(url, location.href).pathname === location.pathname;
    if (isSamePage && !hasActed) history.replaceState(state, title, url);
    else push(state, title, url);
    hasActed = false;
  };
}
""",
)


def draw_back_steps() -> None:
    """Make what the app itself writes into the address replace the step that the person has just taken."""
    with st.sidebar:
        _install(key=_COMPONENT, height=1)
