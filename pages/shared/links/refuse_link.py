"""Say why a link cannot be opened, and let the person go on without it."""

import streamlit as st

from pages.shared.error_boundary import error_boundary
from pages.shared.results.comparison import MARGIN_KEY, SMALLEST_DIFFERENCE
from pages.shared.text import escape
from pages.shared.url_state import SETTINGS, consume_params, pending_param, set_url_param, unknown_params
from recsys_core.algorithms import ALGORITHMS
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.links.run_slug import SEED
from recsys_core.links.slug import quoted, read_value
from recsys_core.metrics import JUDGED_METRICS
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.parameters import Parameter, parameters

LINK_PARAMS = ("data", "pin", "trained_on", "run", "person", "item")
"""The URL parameters that are restored before a page shows anything."""
DISCARD_KEY = "discard_link"
WAITING_KEY = "link_waiting"
"""Holds the page that waits for the data of its link, and its other URL parameters."""
_LENGTH = Parameter("N", "N", CUTOFF, "", bounds=(1, TOP_DEPTH))


def refuse_link(sentence: str) -> None:
    """Say instead of the page why the link cannot be opened."""
    st.subheader("This link cannot be opened as it is.", anchor=False)
    st.error(escape(sentence))
    draw_discard_button()


def draw_discard_button() -> None:
    """Offer to go on without the link."""
    st.button(
        "Ignore the link", key=DISCARD_KEY, on_click=discard_link, help="Shows the data and models that are here."
    )


@error_boundary()
def discard_link() -> None:
    """Give up what the URL asks for and is not shown yet, and the settings in it that are not allowed."""
    for name in LINK_PARAMS:
        if pending_param(name):
            set_url_param(name)
    consume_params(*LINK_PARAMS)
    st.session_state.pop(WAITING_KEY, None)
    for key, (parameter, owner) in _settings_in_url().items():
        try:
            read_value(parameter, st.query_params[key], owner)
        except InputError:
            del st.query_params[key]


def check_settings() -> None:
    """Raise InputError for the first setting of an opened URL that is not allowed: its widget might silently ignore it.

    What a person types into a widget reaches the URL, too; the widget itself says what is wrong with that.
    """
    for key, (parameter, owner) in _settings_in_url().items():
        if key not in st.session_state:
            read_value(parameter, st.query_params[key], owner)


def warn_of_unknown_params() -> None:
    """Say which parts of the URL mean nothing to this version."""
    if unknown := unknown_params():
        more = f" and {len(unknown) - 3} more" if len(unknown) > 3 else ""
        names = ", ".join(quoted(name) for name in unknown[:3])
        st.warning(escape(f"This version does not know these parts of the link, and ignores them: {names}{more}."))


def _settings_in_url() -> dict[str, tuple[Parameter, str]]:
    """Return the settings that the URL holds for widgets, by name, and what each is a setting of."""
    known = {
        f"{prefix}_{name}": (parameter, recipe.label)
        for prefix, recipe in SETTINGS.items()
        for name, parameter in parameters(recipe).items()
    }
    known |= {"seed": (SEED, "a run"), "N": (_LENGTH, "a list"), MARGIN_KEY: (SMALLEST_DIFFERENCE, "a comparison")}
    choices = {
        "algorithm": tuple(recipe.label for recipe in ALGORITHMS.values()),
        "metric": tuple(metric.label for metric in JUDGED_METRICS.values()),
    }
    for name, labels in choices.items():
        known[name] = Parameter(name, name, labels[0], "", options=labels), "a link"
    return {key: known[key] for key in st.query_params if key in known}
