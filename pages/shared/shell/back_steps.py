"""Let the browser's Back button take one step for one thing that a person did."""

import streamlit as st

_COMPONENT = "back_steps"

# Streamlit adds a step to the browser's history for every change of the address: one for the bare page that was opened,
# and one more when the page has written into the address what it shows. The step of the page that the browser opened is
# there before this script; it goes back over it and writes there what the page shows.
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
  if (window.recsysLeaves || sessionStorage.getItem("recsys_wanted")) return; // to where a sign-in was to lead
  const isOpened = performance.getEntriesByType("navigation")[0]?.type === "navigate";
  const steps = window.navigation?.entries().slice(0, navigation.currentEntry.index) ?? [];
  const isExtra = (step) => step.sameDocument && new URL(step.url).pathname === location.pathname;
  const nExtra = isOpened ? steps.length - 1 - steps.findLastIndex((step) => !isExtra(step)) : 0;
  if (!nExtra) return;
  const href = location.href;
  addEventListener("popstate", (event) => {
    event.stopImmediatePropagation(); // Streamlit would run the bare page
    history.replaceState({}, "", href);
  }, { capture: true, once: true });
  history.go(-nExtra);
}
""",
)


def draw_back_steps() -> None:
    """Make what the app itself writes into the address replace the step that the person has just taken."""
    with st.sidebar:
        _install(key=_COMPONENT, height=1)
