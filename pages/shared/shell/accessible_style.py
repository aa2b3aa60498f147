"""Style that lets everybody read and touch what Streamlit draws: contrast as WCAG 2.2 asks, targets for a finger."""

import streamlit as st

# Captions are the text at 60%, which is 4.0 : 1 on white, and chips white on light blue, 2.3 : 1; WCAG asks for 4.5.
# Where a finger points, small buttons answer within 44 px without growing, so that labels stay in line.
_STYLE = """<style>
.stApp [data-testid="stCaptionContainer"] { opacity: .78; }
.stApp [data-testid="stBaseButton-primary"]:not(:disabled), .stApp [data-tag], .stApp [data-tag] button {
  color: light-dark(#FFFFFF, #11161C);
}
@media (pointer: coarse) {
  .stApp :is([data-testid="stBaseButton-primary"], [data-testid="stBaseButton-secondary"],
    [data-testid="stPopoverButton"], [data-testid="stSidebarNavLink"], [data-testid="stExpander"] summary,
    [role="radio"], [data-testid="stCheckbox"] label,
    div:has(> input[role="combobox"]), div:has(> [data-testid="stNumberInputField"])) { min-height: 44px; }
  .stApp [data-testid^="stNumberInputStep"] { min-width: 44px; min-height: 44px; }
  .stApp :is([data-testid="stBaseButton-tertiary"], [data-testid="stTooltipHoverTarget"] button) { position: relative; }
  .stApp :is([data-testid="stBaseButton-tertiary"], [data-testid="stTooltipHoverTarget"] button)::after {
    content: ""; position: absolute; inset: min(0px, (100% - 44px) / 2);
  }
}
</style>"""


def draw_accessible_style() -> None:
    """Put the style into the page."""
    st.html(_STYLE)
