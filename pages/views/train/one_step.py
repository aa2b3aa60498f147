"""One update of the training in numbers that can be checked: on a table of 5 × 5 ratings, or on one's own data."""

from collections.abc import Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.text import escape
from pages.shared.widgets.choose_one import choose_one
from pages.shared.widgets.choose_person_item import ITEM_KEY, PERSON_KEY
from pages.shared.widgets.parameter_widgets import recipe_from_widgets
from pages.shared.widgets.remembered_select import remembered_select
from pages.views.train.controls import defaults_of
from pages.views.train.step_tables import Material
from pages.views.train.worked_pairs import draw_pair_step
from pages.views.train.worked_update import draw_half_step
from recsys_core.algorithms.als import ALS
from recsys_core.algorithms.base import Algorithm
from recsys_core.algorithms.bpr import BPR
from recsys_core.algorithms.implicit_als import ImplicitALS
from recsys_core.algorithms.lambdarank import LambdaRank
from recsys_core.data.example_5x5 import load_example_5x5
from recsys_core.data.nouns import write_number
from recsys_core.errors import InputError
from recsys_core.per_user.worked_pairs import PairStep, pair_steps
from recsys_core.per_user.worked_update import HalfStep, distance_from_training, half_steps

OPEN_KEY, SOURCE_KEY, FACTORS_KEY, NUMBER_KEY = "one_step", "one_step_data", "one_step_k", "one_step_number"
TAKE_KEY, PERSON_SHOWN_KEY, ITEM_SHOWN_KEY = "one_step_take", "one_step_person", "one_step_item"
SCROLL_KEY = "one_step_scroll"
"""True where a lesson has just opened the panel, which is far down on its page."""
_SCROLL = """<script>
let done = false;  // the charts above it take their room one after the other, and whoever scrolls is in charge
addEventListener("wheel", () => { done = true; }, { once: true, capture: true });
for (const wait of [300, 1000, 2000]) setTimeout(() => {
  const panel = document.querySelector(".st-key-one_step"), strip = document.querySelector(".st-key-lesson");
  if (done || !panel) return;
  panel.style.scrollMarginTop = (strip ? strip.offsetHeight : 0) + 64 + "px";
  panel.scrollIntoView();
}, wait);
</script>"""
TEXTBOOK, OWN = "Textbook 5 × 5", "These data"
_MOST_STEPS = 40
_LIKED = 3  # stars from which a rating of the textbook counts as a choice
_TEXTBOOK_SETTINGS = {
    # λ = 1, since the slider's unit is the standard deviation of the ratings
    "als": lambda train: ALS(penalty="plain", centering="none", regularization=1 / train.rating_scale),
    "implicit_als": lambda train: ImplicitALS(regularization=1.0, alpha=2.0),
    "bpr": lambda train: BPR(regularization=0.1),
    "lambdarank": lambda train: LambdaRank(regularization=0.1),
}


def show_one_step_panel(algorithm: str) -> None:
    """Draw the panel for `algorithm`, a key of ALGORITHMS, where it trains in steps that can be worked out by hand."""
    if algorithm not in _TEXTBOOK_SETTINGS:
        return
    with st.expander("One step, number by number", key=OPEN_KEY, on_change="rerun", bind="query-params") as panel:
        if panel.open:
            if st.session_state.pop(SCROLL_KEY, False):
                st.html(_SCROLL, unsafe_allow_javascript=True)
            _draw(algorithm)


@st.fragment
@error_boundary()
def _draw(algorithm: str) -> None:
    left, middle, right, button = st.columns([2.4, 1.8, 3, 0.9], vertical_alignment="bottom", gap="medium")
    source = choose_one(left.segmented_control, "Data", [TEXTBOOK, OWN], default=TEXTBOOK, key=SOURCE_KEY)
    k = choose_one(middle.segmented_control, "Factors k", [1, 2, 3, 4], default=2, key=FACTORS_KEY)
    number = right.slider(
        "Steps taken", 1, _MOST_STEPS, 1, key=NUMBER_KEY, bind="query-params", persist_state="session"
    )
    button.button(
        "Step",
        key=TAKE_KEY,
        type="primary",
        on_click=_take_a_step,
        disabled=number == _MOST_STEPS,
        width="stretch",
        help="Takes one more step.",
    )
    try:
        material, recipe = _load(algorithm, source, k)
        if isinstance(recipe, BPR | LambdaRank):
            user = None if source == TEXTBOOK else _choose("Person", PERSON_SHOWN_KEY, material, material.people)
            draw_pair_step(material, recipe, _pair_step(repr((material.fingerprint, recipe, number, user)), material,
                                                        recipe, number, user), number)  # fmt: skip
        else:
            _draw_half_step(material, recipe, number)
        if source == OWN:
            st.caption("λ and all other settings but k are those of the controls above.")
    except InputError as error:
        st.info(escape(error))


def _draw_half_step(material: Material, recipe: Algorithm, number: int) -> None:
    step, distance = _half_step(repr((material.fingerprint, recipe, number)), material, recipe, number)
    if step.solves_users:
        row = _choose("Person", PERSON_SHOWN_KEY, material, material.people)
    else:
        row = _choose("Item", ITEM_SHOWN_KEY, material, material.items)
    draw_half_step(material, recipe, step, number, row)
    st.caption(
        "Training takes the same step without rounding: its factors differ from these by at most "
        f"{write_number(distance, '.1g')}."
    )


def _load(algorithm: str, source: str, k: int) -> tuple[Material, Algorithm]:
    """Return what is learned from and the settings with k factors: on one's own data, those of the controls."""
    if source == TEXTBOOK:
        data = load_example_5x5()
        train = replace(data.interactions, relevance_threshold=_LIKED)
        recipe = _TEXTBOOK_SETTINGS[algorithm](train)
    else:
        data, train = get_context().dataset, get_context().split.train
        recipe = recipe_from_widgets(defaults_of(algorithm), algorithm)
    changes: dict[str, Any] = {"n_factors": k, "n_epochs": _MOST_STEPS}
    if isinstance(recipe, ImplicitALS):
        changes["solver"] = "exact"
    recipe = replace(recipe, **changes)
    fingerprint = TEXTBOOK if source == TEXTBOOK else get_context().split.fingerprint
    people = [f"Person {name}" if name.isdigit() else name for name in data.user_names]
    has_averages = isinstance(recipe, ALS) and recipe.centering != "none"
    return Material(fingerprint, recipe.learns_from(train), people, data.titles, has_averages), recipe


@st.cache_resource(max_entries=16, show_spinner="Taking the steps…")
def _half_step(key: str, _material: Material, _recipe: Algorithm, number: int) -> tuple[HalfStep, float]:
    """Return a half step, and by how much its factors differ from those of training."""
    step = next(islice(half_steps(_recipe, _material.train), number - 1, None))
    return step, distance_from_training(_recipe, _material.train, step, number, 0)


@st.cache_resource(max_entries=16, show_spinner="Taking the steps…")
def _pair_step(key: str, _material: Material, _recipe: BPR | LambdaRank, number: int, user: int | None) -> PairStep:
    return next(islice(pair_steps(_recipe, _material.train, user=user), number - 1, None))


def _choose(label: str, key: str, material: Material, names: Sequence[str]) -> int:
    """Draw a select box over all people or items; on one's own data it starts at the person or item of the page."""
    selected = st.session_state.get(PERSON_KEY if key == PERSON_SHOWN_KEY else ITEM_KEY, 0)
    start = selected if material.fingerprint != TEXTBOOK and selected < len(names) else 0
    return remembered_select(
        label,
        range(len(names)),
        key=key,
        default=start,
        belongs_to=material.fingerprint,
        format_func=lambda at: names[at],
    )


@error_boundary()
def _take_a_step() -> None:
    st.session_state[NUMBER_KEY] = min(st.session_state[NUMBER_KEY] + 1, _MOST_STEPS)
