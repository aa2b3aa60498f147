"""The Share button at the end of the sidebar: copy the link, and how to tidy the screen for a talk."""

import streamlit as st

from pages.shared.shell.presenter_mode import HIDEABLE

# The link is the browser's own URL, which only the browser knows to the last letter.
_copy = st.components.v2.component(
    "copy_link",
    html='<button type="button"></button><output></output>',
    css="""
button { width: 100%; padding: .4rem .75rem; border: 1px solid var(--st-border-color); border-radius: .5rem;
  font: inherit; color: inherit; background: var(--st-background-color); cursor: pointer; }
button:hover, button:focus-visible { border-color: var(--st-primary-color); color: var(--st-primary-color); }
output { display: block; margin-top: .5rem; font-size: .8rem; overflow-wrap: anywhere; user-select: all; }
""",
    js="""
export default function ({ parentElement }) {
  const button = parentElement.querySelector("button"), output = parentElement.querySelector("output");
  button.textContent = "Copy this link";
  button.onclick = async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      button.textContent = "Copied";
      setTimeout(() => { button.textContent = "Copy this link"; }, 2000);
    } catch { // without https browsers give no clipboard
      output.textContent = location.href;
    }
  };
}
""",
)


def draw_share_button() -> None:
    """Draw the button that opens the copy button and the list of what `hide=` can hide."""
    with st.sidebar.popover("Share", icon=":material/link:", width="stretch", key="share"):
        _copy(key="copy_link")
        st.caption(
            "The link names the data, the split, the pinned models with their seeds, and what the page shows. Whoever "
            "opens it sees the same numbers, or is told what is missing."
        )
        rows = "\n".join(f"- `{name}` hides {what}" for name, (what, _) in HIDEABLE.items())
        st.caption(f"For a talk, add for example `&hide=data.split` to the link:\n{rows}")
