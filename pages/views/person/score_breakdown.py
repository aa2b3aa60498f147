"""A score that adds up: the parts by factor, and by past rating where the algorithm keeps such an account."""

import math
from dataclasses import dataclass

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.factor_axes_of_run import names_of, strongest_first
from pages.shared.results.person_lists import Person, choose_pinned_run, fold_in_for_run, rank_unseen, title_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import EXPLAINED_PERSON, ITEM_KEY, choose_item
from recsys_core.algorithms.models import FactorModel
from recsys_core.figures.person import DIGITS, waterfall
from recsys_core.per_user.ranked_list import ListPosition, find_position
from recsys_core.per_user.score_terms import bias_terms, factor_terms, keep_largest, rating_terms
from recsys_core.store.run import Run

_MOST_FACTORS, _MOST_RATINGS = 8, 8
_TOO_SMALL_TO_SEE = 0.5 * 10**-DIGITS


@dataclass(frozen=True, eq=False)
class Parts:
    """What a score is made of: biases first, then single factors or ratings (`told`), then what is left."""

    names: list[str]
    values: np.ndarray
    told: slice


def show_receipt(person: Person, runs: list[Run]) -> None:
    """Why this item, for this person, by this model."""
    sentence = st.container()
    left, right = st.columns(2)
    with left:
        run = choose_pinned_run(runs)
    whole = rank_unseen(run, person.index)
    _start_with(person, whole)
    with right:
        item = choose_item()
    by_factor = _by_factor(run, person, item)
    by_rating = _by_rating(run, person, item, None if by_factor is None else math.fsum(by_factor.values))
    text = _sentence(person, run, item, find_position(item, whole), by_rating or by_factor)
    sentence.markdown(f"**{escape(text)}**")
    charts = [(title, parts) for title, parts in (("past rating", by_rating), ("factor", by_factor)) if parts]
    for column, (title, parts) in zip(st.columns(2), charts, strict=False):
        with column:
            st.markdown(f"**The score by {title}**: what is written adds up")
            figure = waterfall(parts.names, parts.values)
            told = ", ".join(f"{name} {part:+.3f}" for name, part in zip(parts.names, parts.values, strict=True))
            show_chart(figure, key=f"receipt_{title.split()[-1]}", alt=f"The score by {title}: {told}.")
    if by_rating is None:
        st.caption(
            f"{escape(run.recipe.label)} keeps no account of single ratings: its score comes apart this way only."
        )


def _start_with(person: Person, whole: np.ndarray) -> None:
    """Begin with the first of the list; also for another person, if they have the item already."""
    item, is_new = st.session_state.get(ITEM_KEY), st.session_state.get(EXPLAINED_PERSON) != person.index
    is_open = item in person.seen.items if item is not None else ITEM_KEY not in st.query_params
    if is_new and is_open and len(whole):
        st.session_state[ITEM_KEY] = int(whole[0])
    st.session_state[EXPLAINED_PERSON] = person.index


def _by_factor(run: Run, person: Person, item: int) -> Parts | None:
    if not isinstance(model_of(run.fingerprint, run.id), FactorModel):
        return None
    axes = strongest_first(run)
    biases = bias_terms(axes.model, person.index, item)
    names = [f"factor {name}" for name in names_of(run, axes)]
    return _parts(biases, names, factor_terms(axes.model, person.index, item), _MOST_FACTORS, "factors")


def _by_rating(run: Run, person: Person, item: int, score: float | None) -> Parts | None:
    """The parts by past rating; what the trained model's score has beyond them is a part too."""
    if not run.recipe.explains_by_rating:
        return None
    model = fold_in_for_run(run, person.learned)
    titles = [title_of(each) for each in person.learned.items]
    by_rating = rating_terms(run.recipe, model, get_context().split.train, person.learned, np.array([item]))[:, 0]
    parts = _parts(bias_terms(model, 0, item), titles, by_rating, _MOST_RATINGS, "ratings")
    unsettled = 0.0 if score is None else score - math.fsum(parts.values)
    if abs(unsettled) < _TOO_SMALL_TO_SEE and len(parts.values):
        parts.values[-1] += unsettled  # both receipts must end in the same digit
        return parts
    return Parts([*parts.names, "items moved on since then"], np.append(parts.values, unsettled), parts.told)


def _parts(biases: dict[str, float], names: list[str], values: np.ndarray, most: int, kind: str) -> Parts:
    shown, parts = keep_largest(names, values, most, f"the other {{count}} {kind}")
    told = slice(len(biases), len(biases) + min(most, len(names)))
    return Parts([*biases, *shown], np.append(list(biases.values()), parts), told)


def _sentence(person: Person, run: Run, item: int, place: ListPosition | None, parts: Parts) -> str:
    title = f"“{title_of(item)}”"
    if place is None:
        where = f"{title} stands in no list, since {person.name} has it already"
    else:
        where = (
            f"{title} is number {place.rank:,} of {place.count:,} for {person.name} with {run.recipe.label}, "
            f"ahead of {int(place.percentile)} % of the rest"
        )
    names, values = parts.names[parts.told], parts.values[parts.told]
    if len(values) == 0 or values.max() <= 0:
        return f"{where}: no taste of theirs speaks for it."
    text = f"{where}: what speaks for it most is “{names[int(np.argmax(values))]}”"
    return f"{text}, against it “{names[int(np.argmin(values))]}”." if values.min() < 0 else f"{text}."
