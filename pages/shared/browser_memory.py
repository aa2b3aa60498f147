"""Remember a few choices in the browser, as cookies, for the next time that it opens the app."""

import streamlit as st

_COMPONENT = "browser_memory"

# Streamlit reads cookies but sets none, and a component's script runs in the page itself. Nothing personal is kept.
_write = st.components.v2.component(
    _COMPONENT,
    js="""
export default function ({ data: [data] }) {
  for (const [name, value] of Object.entries(data)) {
    document.cookie = `recsys_${name}=${encodeURIComponent(value)}; path=/; max-age=31536000; SameSite=Lax`;
  }
}
""",
)


def remember_in_browser(**values: str) -> None:
    """Keep these short texts in the browser for a year, by name. Call it once in a run, in the sidebar."""
    with st.sidebar:
        _write(key=_COMPONENT, data=[values], height=1)  # in a list: see the scrubber


def recall_from_browser(name: str) -> str:
    """Return what the browser kept when it opened this session, or ''."""
    return st.context.cookies.get(f"recsys_{name}", "")
