"""How stable is this map? The same recipe from five random starts."""

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.factor_axes_of_run import map_of, strongest_first
from pages.shared.server import store
from pages.shared.text import duration
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.wait_for_runs import wait_for_runs
from recsys_core.data.nouns import count_noun
from recsys_core.factors.axes import map_points
from recsys_core.factors.seed_stability import Decile, chance_variability, extreme_deciles, is_stable, seed_variability
from recsys_core.figures.seed_stability import ringed_map, variability_by_count
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.optimize.pca import principal_components
from recsys_core.percent import percent
from recsys_core.store.run import FINISHED, Run

_SEEDS = 5


def stability(run: Run) -> None:
    """Show how much items move between five seeds; until those are trained, offer to train them."""
    if not run.recipe.is_stochastic:
        st.markdown(f"**This map is stable:** {run.recipe.label} gives the same result with every seed.")
        return
    if run.state != FINISHED:
        st.markdown("Only a run that finished training can be compared with other seeds. Train it again.")
        return
    seeds = _seeds(run, run.numerics_version)
    if len(seeds) < _SEEDS and run.numerics_version != NUMERICS_VERSION:
        seeds = _seeds(run, NUMERICS_VERSION)  # what is trained now can only be compared with its like
    finished = [other for other in seeds.values() if not other.is_live][:_SEEDS]
    if len(finished) == _SEEDS:
        _show(run, finished)
    elif live := [other.id for other in seeds.values() if other.is_live]:
        wait_for_runs(live)
    else:
        _offer(run, [seed for seed in range(2 * _SEEDS) if seed not in seeds][: _SEEDS - len(seeds)])


def _seeds(run: Run, version: str) -> dict[int, Run]:
    """By seed, the runs of the same recipe and this version of the code that are finished or on their way."""
    return {
        other.seed: other
        for other in reversed(get_context().runs())
        if (other.algorithm, other.recipe, other.numerics_version) == (run.algorithm, run.recipe, version)
        and (other.state == FINISHED or other.is_live)
    }


def _offer(run: Run, seeds: list[int]) -> None:
    seconds = store().epochs(run.id)[-1].seconds
    st.write(
        "Training starts from random numbers. Would the map look the same with other numbers? Five random starts show "
        "which positions on it to trust."
    )
    st.button(
        f"Train {len(seeds)} more seeds",
        key="train_seeds",
        on_click=_train_seeds,
        args=(run, seeds),
    )
    st.caption(
        f"Trains {len(seeds)} new models in the background, about {duration(seconds)} each. Nothing is replaced."
    )


@error_boundary()
def _train_seeds(run: Run, seeds: list[int]) -> None:
    for seed in seeds:
        store().queue.add_run(get_context().split, run.algorithm, run.recipe, seed)


@st.cache_resource(max_entries=8, show_spinner="Aligning five maps…")
def _variability(fingerprints: tuple[str, ...], _runs: list[Run]) -> tuple[np.ndarray, np.ndarray]:
    """Of all items, (n,), on the flat maps that are drawn: as it is, and as it would be by chance."""
    spaces = [strongest_first(run) for run in _runs]
    maps = [
        principal_components(np.concatenate(map_points(space.model, space.strengths))).coordinates for space in spaces
    ]
    n_people = spaces[0].model.n_users
    return seed_variability(maps)[n_people:], chance_variability(maps, n_people)[n_people:]


def _show(run: Run, runs: list[Run]) -> None:
    dataset, popularity = get_context().dataset, get_context().split.train.users_per_item
    of_items, by_chance = _variability(tuple(other.fingerprint for other in runs), runs)
    noun = dataset.rating_noun
    few, many = extreme_deciles(of_items, popularity)
    usual, usual_by_chance = (np.median(each[popularity > 0]) for each in (of_items, by_chance))
    sentence = (
        f"Over five random starts, an item's position on the map varies by {percent(usual)} of its distance from the "
        f"centre (median). If the five maps had nothing in common, it would vary by {percent(usual_by_chance)}. "
    )
    factor = few.median / max(many.median, 1e-12)
    if is_stable(of_items, popularity):
        sentence += "The map is stable: all five starts give nearly the same one."
    elif factor > 1.1:
        sentence += (
            f"Items with {_count(few, noun)} vary {factor:.1f} times as much as those with {_count(many, noun)}: "
            "do not rely on the positions of rare items."
        )
    else:
        sentence += f"Items with {_count(few, noun)} vary no more than those with {_count(many, noun)}."
    st.markdown(f"**{sentence}**")
    left, right = st.columns(2)
    with left:
        show_chart(ringed_map(map_of(run), of_items, popularity, dataset.titles, noun), key="rings", alt=sentence)
    with right:
        show_chart(variability_by_count(of_items, popularity, dataset.titles, noun), key="variability", alt=sentence)


def _count(decile: Decile, noun: str) -> str:
    return count_noun(decile.low, noun) if decile.low == decile.high else f"{decile.low} to {decile.high} {noun}"
