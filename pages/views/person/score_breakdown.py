"""Why an item was recommended: its score as a sum of terms, by factor and by past rating."""

import math
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of, share_figure, trained_recipe
from pages.shared.results.factor_axes_of_run import names_of, strongest_first
from pages.shared.results.person_lists import Person, choose_pinned_run, fold_in_for_run, rank_unseen, title_of
from pages.shared.text import escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_person_item import EXPLAINED_PERSON, ITEM_KEY, choose_item
from pages.views.person.name_run import name_run
from recsys_core.algorithms.models import FactorModel
from recsys_core.data.nouns import singular
from recsys_core.figures.person import DIGITS, waterfall
from recsys_core.per_user.ranked_list import find_position
from recsys_core.per_user.score_terms import bias_terms, factor_terms, keep_largest, rating_terms
from recsys_core.percent import percent
from recsys_core.store.run import Run

_MAX_FACTORS, _MAX_RATINGS = 8, 8
_TOO_SMALL_TO_SEE = 0.5 * 10**-DIGITS
_ROUNDING = 1e-5  # of the terms; what single precision may lose of them


@dataclass(frozen=True, eq=False)
class Breakdown:
    """A score as the sum of named terms: the biases, then the largest factors or ratings, then what is left.

    `reasons` names all factors or ratings, of which there may be more, and `adds` has what each adds to the score.
    """

    names: list[str]
    values: np.ndarray
    reasons: list[str]
    adds: np.ndarray


def show_score_breakdown(person: Person, runs: list[Run]) -> None:
    """Show where an item stands in the person's list, and which terms its score is the sum of."""
    sentence = st.container()
    left, right = st.columns(2)
    with left:
        run = choose_pinned_run(runs)
    ranked = rank_unseen(run, person.index)
    _start_with_first(person, ranked)
    with right:
        item = choose_item()
    by_factor = _split_by_factor(run, person, item)
    by_rating = _split_by_rating(run, person, item, None if by_factor is None else math.fsum(by_factor.values))
    text = _describe_item(person, run, item, ranked, by_rating or by_factor)
    sentence.markdown(f"**{escape(text)}**")
    past = singular(get_context().dataset.rating_noun)
    charts = [(kind, terms) for kind, terms in ((f"past {past}", by_rating), ("factor", by_factor)) if terms]
    for column, (kind, terms) in zip(st.columns(2), charts, strict=False):
        with column:
            st.markdown(f"**Score by {kind}** (the terms add up to the score)")
            values = terms.values.tolist()
            figure = share_figure(("waterfall", *terms.names, *values), partial(waterfall, terms.names, values))
            written = ", ".join(f"{name} {term:+.3f}" for name, term in zip(terms.names, terms.values, strict=True))
            key = "score_by_factor" if terms is by_factor else "score_by_rating"
            show_chart(figure, key=key, alt=f"Score by {kind}: {written}.")
    if by_rating is None:
        st.caption(f"A score of {escape(name_run(run))} cannot be split by past {past}.")


def _start_with_first(person: Person, ranked: np.ndarray) -> None:
    """Select the first item of the list on an untouched page, and for another person who already has the item shown."""
    item, is_new = st.session_state.get(ITEM_KEY), st.session_state.get(EXPLAINED_PERSON) != person.index
    is_open = item in person.seen.items if item is not None else ITEM_KEY not in st.query_params
    if is_new and is_open and len(ranked):
        st.session_state[ITEM_KEY] = int(ranked[0])
    st.session_state[EXPLAINED_PERSON] = person.index


def _split_by_factor(run: Run, person: Person, item: int) -> Breakdown | None:
    """Return the terms by factor; None for a model without factors."""
    if not isinstance(model_of(run.fingerprint, run.id), FactorModel):
        return None
    axes = strongest_first(run)
    biases = bias_terms(axes.model, person.index, item)
    names = [f"factor {name}" for name in names_of(run, axes)]
    return _assemble(biases, names, factor_terms(axes.model, person.index, item), _MAX_FACTORS, "factors")


def _split_by_rating(run: Run, person: Person, item: int, score: float | None) -> Breakdown | None:
    """Return the terms by past rating; None for an algorithm that has none.

    They explain the person solved again with the items fixed. What the trained model's `score` has beyond them, since
    its items were updated afterwards, is a term of its own.
    """
    recipe = trained_recipe(run)
    if not recipe.explains_by_rating:
        return None
    model = fold_in_for_run(run, person.learned)
    titles = [title_of(each) for each in person.learned.items]
    by_rating = rating_terms(recipe, model, get_context().split.train, person.learned, np.array([item]))[:, 0]
    terms = _assemble(bias_terms(model, 0, item), titles, by_rating, _MAX_RATINGS, get_context().dataset.rating_noun)
    gap = 0.0 if score is None else score - math.fsum(terms.values)
    unseen = max(_TOO_SMALL_TO_SEE, _ROUNDING * float(np.abs(terms.values).sum()))
    if abs(gap) < unseen and len(terms.values):
        terms.values[-1] += gap  # both sums must end in the same digit
        return terms
    names = [*terms.names, "later changes of the items"]
    return replace(terms, names=names, values=np.append(terms.values, gap))


def _assemble(biases: dict[str, float], names: list[str], values: np.ndarray, most: int, kind: str) -> Breakdown:
    shown, terms = keep_largest(names, values, most, kind)
    return Breakdown([*biases, *shown], np.append(list(biases.values()), terms), names, values)


def _describe_item(person: Person, run: Run, item: int, ranked: np.ndarray, terms: Breakdown | None) -> str:
    title, position = f"“{title_of(item)}”", find_position(item, ranked)
    if position is not None:
        where = (
            f"{title} is number {position.rank:,} of {position.count:,} for {person.name} with {name_run(run)}, "
            f"ahead of {percent(position.percentile / 100)} of the others"
        )
    elif item in person.seen.items:
        where = f"{title} is in no list, because {person.name} already has it"
    else:
        where = f"{title} is not in the list of {person.name} with {name_run(run)}, which has {len(ranked):,} items"
    if terms is None:
        return f"{where}."
    names, values = terms.reasons, terms.adds
    if len(values) == 0 or values.max() <= 0:
        return f"{where}. Nothing this model learned about {person.name} speaks for it."
    text = f"{where}. The strongest reason is “{names[int(np.argmax(values))]}”"
    return f"{text}, the strongest against it “{names[int(np.argmin(values))]}”." if values.min() < 0 else f"{text}."
