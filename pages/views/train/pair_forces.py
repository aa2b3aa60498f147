"""Who is pushed up in one person's list and who down, by BPR and by LambdaRank."""

from itertools import islice

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import model_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import PERSON_KEY, choose_person
from recsys_core.errors import InputError
from recsys_core.figures.pair_forces import RUNGS, gradient_ladder, strongest_gradient
from recsys_core.per_user.pair_forces import MOST_RIVALS, STEP_LENGTH, ListState, follow_forces
from recsys_core.store.run import Run

_K, _MOST_STEPS = 10, 10
_WEIGHTS = {"BPR": False, "LambdaRank": True}


@st.fragment
@error_boundary()
def who_is_pushed(run: Run) -> None:
    """The list of one person as a ladder under both weightings, and what steps along the arrows would do."""
    first, second, third, fourth = st.columns([3, 2, 3, 3], vertical_alignment="bottom", gap="medium")
    with first:
        person = choose_person()
    second.button("Somebody else", key="forces_other", on_click=_somebody_else, width="stretch")
    shown = third.segmented_control(
        "Pairs weighted as by", ["both", *_WEIGHTS], default="both", required=True, key="forces_weights"
    )
    n_steps = fourth.slider(
        "Steps taken (instant)", 0, _MOST_STEPS, 0, key="forces_steps", help="For this person alone; items stay."
    )
    train, titles = get_context().split.train, get_context().dataset.titles
    model, graded = model_of(run.fingerprint, run.id), run.recipe.compares_grades
    try:
        walks = {
            name: list(
                islice(follow_forces(model, train, person, by_ndcg=by_ndcg, k=_K, graded=graded), max(1, n_steps) + 1)
            )
            for name, by_ndcg in _WEIGHTS.items()
            if shown in ("both", name)
        }
    except InputError as error:
        st.info(escape(error))
        return
    st.markdown(f"**{escape(_sentence(walks))}**")
    strongest = strongest_gradient(walk[n_steps] for walk in walks.values())
    for column, (name, walk) in zip(st.columns(len(walks)), walks.items(), strict=True):
        with column:
            now = walk[n_steps]
            title = f"{name}: NDCG@{_K} {now.ndcg:.3f}"
            figure = gradient_ladder(now, titles, title=title, strongest=strongest)
            show_chart(figure, key=f"ladder_{name}", alt=f"{title}. {_in_words(now, titles)}")
            up, down = now.shares_below(RUNGS)
            st.caption(
                f"Below these {RUNGS} act {100 * up:.0f} % of the push up and {100 * down:.0f} % of the push down. "
                f"All forces, up and down, add up to {abs(now.forces.sum()):.6f}."
            )
    st.caption(
        f"The list holds all items; ■ is what this person chose. Each choice is compared with the {MOST_RIVALS:,} "
        f"best-scored others. LambdaRank is shown pure, by |ΔNDCG@{_K}| alone. A step moves the person's factors by "
        f"{100 * STEP_LENGTH:.0f} % of their length along the arrows."
    )


@error_boundary()
def _somebody_else() -> None:
    active = np.flatnonzero(get_context().split.train.items_per_user)
    st.session_state[PERSON_KEY] = int(np.random.default_rng().choice(active))


def _sentence(walks: dict[str, list[ListState]]) -> str:
    """Where the force goes, and what the steps did to the list."""
    shares = ", ".join(f"{name} {100 * walk[0].share_in_top(_K):.0f} %" for name, walk in walks.items())
    text = f"Share of the force that acts on the top {_K}: {shares}."
    n_steps = len(next(iter(walks.values()))) - 1
    start = next(iter(walks.values()))[0].ndcg
    reached = " and ".join(f"to {walk[-1].ndcg:.3f} by {name}" for name, walk in walks.items())
    steps = "One step along the arrows takes" if n_steps == 1 else f"{n_steps} steps along the arrows take"
    return f"{text} {steps} NDCG@{_K} of the training list from {start:.3f} {reached}."


def _in_words(moment: ListState, titles) -> str:
    """The ladder for who cannot see it."""
    return ". ".join(
        f"{rank} {titles[item]}{', chosen' if moment.gains[item] else ''}: {moment.forces[item]:+.1%}"
        for rank, item in enumerate(moment.best_first[:RUNGS], 1)
    )
