"""Which items BPR and LambdaRank push up in one person's list, and which down."""

from collections.abc import Sequence
from functools import partial
from itertools import islice

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import model_of, share, share_figure
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import PERSON_KEY, choose_person
from recsys_core.errors import InputError
from recsys_core.figures.pair_forces import RUNGS, gradient_ladder, push_in_words, strongest_gradient
from recsys_core.per_user.pair_forces import MOST_RIVALS, STEP_LENGTH, ListState, follow_forces
from recsys_core.percent import percent
from recsys_core.store.run import Run

RANDOM_KEY, WEIGHTS_KEY, STEPS_KEY = "forces_random_person", "forces_weights", "forces_steps"
_K, _MAX_STEPS = 10, 10
_BOTH = "Both"
_WEIGHTS = {"BPR": False, "LambdaRank": True}


@st.fragment
@error_boundary()
def show_pair_forces(run: Run) -> None:
    """Show the forces on one person's list under both weightings, and what steps along the arrows would do."""
    first, second, third, fourth = st.columns([3, 2, 3, 3], vertical_alignment="bottom", gap="medium")
    with first:
        person = choose_person()
    second.button("Random person", key=RANDOM_KEY, on_click=_choose_at_random, width="stretch")
    shown = third.segmented_control(
        "Weight pairs as in", [_BOTH, *_WEIGHTS], default=_BOTH, required=True, key=WEIGHTS_KEY
    )
    n_steps = fourth.slider(
        "Steps along the arrows", 0, _MAX_STEPS, 0, key=STEPS_KEY, help="Moves this person alone; the items stay."
    )
    train, titles = get_context().split.train, get_context().dataset.titles
    key = run.fingerprint, run.id, person, shown, n_steps

    def follow() -> dict[str, list[ListState]]:
        model, graded = model_of(run.fingerprint, run.id), run.recipe.compares_grades
        return {
            name: list(
                islice(follow_forces(model, train, person, by_ndcg=by_ndcg, k=_K, graded=graded), max(1, n_steps) + 1)
            )
            for name, by_ndcg in _WEIGHTS.items()
            if shown in (_BOTH, name)
        }

    try:
        walks = share(("forces", *key), follow)
    except InputError as error:
        st.info(escape(error))
        return
    st.markdown(f"**{escape(_describe_forces(walks))}**")
    strongest = strongest_gradient(walk[n_steps] for walk in walks.values())
    for column, (name, walk) in zip(st.columns(len(walks)), walks.items(), strict=True):
        with column:
            now = walk[n_steps]
            title = f"{name}: NDCG@{_K} {now.ndcg:.3f}"
            figure = share_figure(
                ("ladder", name, get_context().dataset.description_key, *key),
                partial(gradient_ladder, now, titles, title=title, strongest=strongest),
            )
            show_chart(figure, key=f"ladder_{name}", alt=f"{title}. {_describe_ladder(now, titles)}")
            up, down = now.shares_below(RUNGS)
            st.caption(
                f"Below rank {RUNGS} act {percent(up)} of the upward and {percent(down)} of the downward force. "
                f"All forces add up to {abs(now.forces.sum()):.6f}."
            )
    st.caption(
        f"The list holds all items; ■ marks this person's choices. Each choice is compared with the {MOST_RIVALS:,} "
        f"other items with the highest scores. LambdaRank is shown in its pure form, weighted by |ΔNDCG@{_K}| alone. A "
        f"step moves the person's factors along the arrows by {100 * STEP_LENGTH:.0f}% of their length."
    )


@error_boundary()
def _choose_at_random() -> None:
    """Select a random person who has training ratings."""
    active = np.flatnonzero(get_context().split.train.items_per_user)
    st.session_state[PERSON_KEY] = int(np.random.default_rng().choice(active))


def _describe_forces(walks: dict[str, list[ListState]]) -> str:
    """Return how much of the force acts on the top of the list, and what the steps change."""
    shares = " and ".join(f"{percent(walk[0].share_in_top(_K))} of the force of {name}" for name, walk in walks.items())
    text = f"The top {_K} items get {shares}."
    n_steps = len(next(iter(walks.values()))) - 1
    start = next(iter(walks.values()))[0].ndcg
    reached = " and ".join(f"to {walk[-1].ndcg:.3f} ({name})" for name, walk in walks.items())
    steps = "One step along the arrows changes" if n_steps == 1 else f"{n_steps} steps along the arrows change"
    return f"{text} {steps} NDCG@{_K} on the training data from {start:.3f} {reached}."


def _describe_ladder(state: ListState, titles: Sequence[str]) -> str:
    """Return the ladder as text for those who cannot see it."""
    return ". ".join(
        f"{rank} {titles[item]}{', chosen' if state.gains[item] else ''}: {push_in_words(state.forces[item])}"
        for rank, item in enumerate(state.best_first[:RUNGS], 1)
    )
