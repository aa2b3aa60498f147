"""Style that lets everybody read and touch what Streamlit draws: contrast as WCAG 2.2 asks, targets for a finger."""

import streamlit as st

# Captions are the text at 60%, which is 4.0 : 1 on white, and chips white on light blue, 2.3 : 1; WCAG asks for 4.5.
# Side by side on a phone, panels would lie on one another: they are scrolled sideways, which the faded edge tells.
# Where a finger points, small buttons answer within 44 px without growing, so that labels stay in line.
_STYLE = """<style>
.stApp [data-testid="stCaptionContainer"] { opacity: .78; }
.stApp [data-testid="stBaseButton-primary"]:not(:disabled), .stApp [data-tag], .stApp [data-tag] button {
  color: light-dark(#FFFFFF, #11161C);
}
@media (max-width: 640px) {
  [class*="st-key-wide_"] { overflow-x: auto; mask-image: linear-gradient(to left, transparent, black 1.5rem); }
  [class*="st-key-wide_"] > * { min-width: 640px; padding-right: 1.5rem; }
}
@media (pointer: coarse) {
  .stApp :is([data-testid="stBaseButton-primary"], [data-testid="stBaseButton-secondary"],
    [data-testid="stPopoverButton"], [data-testid="stSidebarNavLink"], [data-testid="stPageLink-NavLink"],
    [data-testid="stExpander"] summary, [data-testid="stButtonGroup"] button, [data-testid="stTab"],
    [role="radio"], [data-testid="stCheckbox"] label,
    div:has(> input[role="combobox"]), [data-testid="stTextInputField"]) { min-height: 44px; }
  .stApp [data-testid="stCheckbox"] label { align-items: center; }
  .stApp :is(div:has(> [data-testid="stNumberInputField"]), [data-testid="stTextInputRootElement"],
    [data-testid="stMultiSelect"] [role="group"], [data-tag]) { min-height: 46px; }
  .stApp :is([data-testid^="stNumberInputStep"], [data-testid="stBaseButton-elementToolbar"], [role="radio"],
    [data-testid="stMultiSelect"] button, [data-testid="stSelectbox"] button, [data-testid^="stTabsScroll"],
    .st-key-pins [data-testid="stBaseButton-tertiary"]) {
    min-width: 44px; min-height: 44px;
  }
  /* Where no mouse hovers, the buttons of a table always stand above it: they get room of their own. */
  .stApp [data-testid="stElementContainer"]:has([data-testid="stDataFrame"]) { margin-top: 48px; }
  .stApp [data-testid="stDataFrame"] > [data-testid="stElementToolbar"] { top: -54px; }
  .stApp [data-testid="stElementToolbarButtonContainer"] { padding-block: 0; }
  .stApp :is([data-testid="stBaseButton-tertiary"], [data-testid="stTooltipIcon"] button,
    [data-testid="stExpandSidebarButton"], [data-testid="stSidebarCollapseButton"] button) { position: relative; }
  .stApp :is([data-testid="stBaseButton-tertiary"], [data-testid="stExpandSidebarButton"],
    [data-testid="stSidebarCollapseButton"] button)::after {
    content: ""; position: absolute; inset: min(0px, (100% - 44px) / 2);
  }
  /* Below a help button is the widget that it explains. */
  .stApp [data-testid="stTooltipIcon"] button::after {
    content: ""; position: absolute; inset: -19px -15px -11px; z-index: 1;
  }
  /* Pressing the track moves the handle; the ends are as easy to reach as the middle. */
  .stApp [data-testid="stSlider"] [role="group"] > div::before { content: ""; position: absolute; inset: -4px -16px; }
  .stApp [data-testid="stSlider"] [role="group"] > div > div:has(> * > input) { width: 1.25rem; height: 1.25rem; }
}
</style>"""


def draw_accessible_style() -> None:
    """Put the style into the page."""
    st.html(_STYLE)
