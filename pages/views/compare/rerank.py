"""Re-rank: filter the lists of a model or trade relevance for another aim, and see the price before it is paid."""

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pandas as pd
import streamlit as st

from pages.shared.beside import compute_beside
from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.results.cached import list_context_of, model_of
from pages.shared.results.keep_beside import ask_to_keep, keep_if_asked
from pages.shared.results.learn_again import wants_to_learn_again
from pages.shared.results.open_run import pin_run
from pages.shared.results.plain_words import draw_lead
from pages.shared.results.sealed_test import visible_subset
from pages.shared.server import store
from pages.shared.shell.pinned_models import pinned_runs
from pages.shared.text import escape
from pages.shared.widgets.choose_one import choose_one
from pages.shared.widgets.remembered_select import remembered_select
from pages.views.compare.owned_items import choose_owned_items
from recsys_core.algorithms.list_model import ListModel
from recsys_core.algorithms.reranked import CALIBRATION, DIVERSITY, NO_AIM, Reranked
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.price import price_sentence, price_table
from recsys_core.data.attributes import UNKNOWN
from recsys_core.data.dataset import GENRES
from recsys_core.data.nouns import count_noun
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.list_context import with_context
from recsys_core.factors.item_attributes import TASTES, describable_by
from recsys_core.metrics import METRICS
from recsys_core.metrics.list_context import ListContext
from recsys_core.reranking.candidates import Candidates
from recsys_core.reranking.owned import OwnedItems
from recsys_core.reranking.rerank import DEPTH, count_short_lists, find_candidates
from recsys_core.runner.large_data import is_large
from recsys_core.runner.relist import (
    Relisted,
    order_to_relist,
    owned_to_arrays,
    relist,
    relisted_from_arrays,
    store_relisted,
)
from recsys_core.runner.task import KEPT_LISTS, RELISTED, Task
from recsys_core.store.run import Run

_SHOWN = "rerank_shown"  # in the session's state: what the button under the price keeps
_AIMS = {"Diversity": DIVERSITY, "Calibration": CALIBRATION, "Filters only": NO_AIM}
_MEASURES = {DIVERSITY: "diversity", CALIBRATION: "miscalibration"}
_ALSO_SHOWN = ("diversity", "miscalibration", "popularity_lift", "tail_share")
_NO_LIMIT = 100
_POPULARITY_STOPS = (0.5, 1, 2, 5, 10, 20, 50, _NO_LIMIT)  # % of people
_AIMS_HELP = (
    "- **Diversity**: the next item should also be unlike those before it (maximal marginal relevance, Carbonell and "
    "Goldstein 1998).\n"
    "- **Calibration**: the list should have the mix of genres, or of another attribute, that the person chose in "
    "training (Steck 2018).\n"
    "- **Filters only**: the order of the model, without the items that the filters leave out."
)


def show_rerank(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw the controls, the price of what they ask for, and the button that makes a run of it."""
    if wants_to_learn_again(comparison.subset):
        st.write("Re-ranking starts from the pinned models as they are: switch “Train again” off above.")
        return
    able = [run for run in runs if not isinstance(model_of(run.fingerprint, run.id), ListModel)]
    if not able:
        st.write(
            "Only a model that scores every item can be re-ranked, and the pinned ones are lists. Pin a trained model."
        )
        return
    top = st.container()
    run, recipe = _choose(able, comparison.k)
    owned = choose_owned_items()
    if owned is not None:
        recipe = replace(recipe, owned=owned.fingerprint, n_owned=owned.n_pairs)
    if not recipe.changes_anything:
        top.markdown("**Raise the weight or set a filter to see what it gains and what it costs.**")
        return
    try:
        with top:  # where what they come to will stand
            relisted = _relist(run, comparison.subset, recipe, owned)
        lengths = count_short_lists(relisted.model, relisted.evaluation.users, comparison.k)
        if lengths.longest < comparison.k:
            raise InputError(
                f"The filters leave nobody a list of {count_noun(comparison.k, 'items')}: the longest has "
                f"{lengths.longest}. Loosen one of them, or shorten the list."
            )
    except InputError as error:
        top.info(escape(error))
        return
    with top:
        pairs = _pairs(comparison, runs.index(run), run, recipe, relisted.evaluation)
    accuracy, aim = pairs[0], next((each for each in pairs if each.metric == _MEASURES.get(recipe.aim)), None)
    sentence = price_sentence(accuracy, aim)
    with top:
        keep_if_asked(KEPT_LISTS, "Re-ranking the lists for validation and for the test")
        _offer_to_keep(run, recipe, owned, sentence, accuracy)
    st.dataframe(
        pd.DataFrame(price_table(pairs)),
        hide_index=True,
        key="rerank_table",
        alt="What re-ranking gains and costs, measure by measure.",
    )
    st.caption(escape(_note(accuracy, lengths.n_short, lengths.n_users)))


def _choose(runs: Sequence[Run], k: int) -> tuple[Run, Reranked]:
    """Draw the controls, and return the run and the recipe that they ask for."""
    left, middle, right = st.columns([1.2, 1.3, 1], gap="medium", vertical_alignment="bottom")
    by_id = {run.id: run for run in runs}
    with left:
        run_id = remembered_select("Model", list(by_id), key="rerank_run", format_func=lambda each: by_id[each].label)
    aim = _AIMS[
        choose_one(
            middle.segmented_control, "Re-rank for", list(_AIMS), default="Diversity", key="rerank_aim", help=_AIMS_HELP
        )
    ]
    weight = right.slider(
        "Weight of the aim against relevance", 0.0, 1.0, 0.3, 0.05, key="rerank_weight", disabled=aim == NO_AIM,
        help="0 keeps the model's own order. At 1 only the aim counts.",
        bind="query-params", persist_state="session",
    )  # fmt: skip
    by, left, middle, right = st.columns([0.9, 1.7, 1.1, 0.9], gap="medium", vertical_alignment="bottom")
    with by:
        attribute = _choose_attribute()
    with left:
        only, between = _choose_values(attribute)
    limited_by = attribute or (GENRES if GENRES in get_context().dataset.attributes_of_items else "")
    popularity = middle.select_slider(
        "Only items chosen by at most", _POPULARITY_STOPS, _NO_LIMIT, key="rerank_popularity",
        format_func=lambda stop: "any share" if stop == _NO_LIMIT else f"{stop:g}% of people",
        help="The share of people who have chosen the item in training. It leaves out the obvious.",
        bind="query-params", persist_state="session",
    )  # fmt: skip
    per_genre = right.slider(
        f"Limit per {'genre' if limited_by in ('', GENRES) else 'value'} among the first {k}", 0, 10, 0,
        key="rerank_per_genre", disabled=not limited_by, format="%d",
        help="0 sets no limit. An item with several counts in each of them. Numbers are put into four ranges.",
        bind="query-params", persist_state="session",
    )  # fmt: skip
    run, describing = by_id[run_id], get_context().dataset.attributes_of_items.get(attribute or GENRES)
    return run, Reranked(
        parent=run.fingerprint,
        parent_label=run.recipe.label,
        parent_leaks=run.recipe.possibly_leaked_subsets,
        parent_imported=run.recipe.was_imported,
        parent_best_epoch=run.recipe.comes_from_best_epoch,
        aim=aim,
        dial=weight,
        only=tuple(only),
        most_people=popularity / 100,
        most_per_genre=per_genre,
        length=k,
        attribute=attribute,
        between=between,
        described_by="" if describing is None else describing.fingerprint,
    )


def _choose_attribute() -> str:
    """Choose what describes items, for the aim as for the filters; "" is what does so without a choice."""
    dataset = get_context().dataset
    names = describable_by(dataset)
    default = names[0] if names and names[0] in (TASTES, GENRES) else "factors of an SVD"
    options = ["", *(name for name in names if name != default)]
    if st.session_state.get("rerank_attribute") not in options:
        st.session_state.pop("rerank_attribute", None)
    return st.selectbox(
        "Items described by", options, key="rerank_attribute", format_func=lambda name: name or default,
        disabled=len(options) == 1, on_change=_forget_values, bind="query-params", persist_state="session",
        help="An attribute of the items. Diversity, calibration, the filter beside it and the limit go by it.",
    )  # fmt: skip


def _forget_values() -> None:
    """In a callback: another attribute has other values."""
    st.session_state.update(rerank_genres=[], rerank_from=None, rerank_to=None)


def _choose_values(attribute: str) -> tuple[tuple[str, ...], tuple[float, ...]]:
    """Choose the values that items must have, or the least and the largest number; without a choice both are ()."""
    known = get_context().dataset.attributes_of_items.get(attribute or GENRES)
    if known is not None and known.is_ordered and known.is_known.any():
        low, high = np.nanmin(known.numbers), np.nanmax(known.numbers)
        columns, chosen = st.columns(2), list[float]()
        for column, word, end in zip(columns, ("from", "to"), (math.floor(low), math.ceil(high)), strict=True):
            number = column.number_input(
                f"Only {word}", value=None, key=f"rerank_{word}", placeholder=f"{end:g}", format="%g",
                help="Items of which the number is not known are left out.",
                bind="query-params", persist_state="session",
            )  # fmt: skip
            chosen.append(end if number is None else number)
        all_of_them = (math.floor(low), math.ceil(high))
        return (), (() if tuple(chosen) == all_of_them else tuple(chosen))
    names = [] if known is None else sorted(known.counts)
    if known is not None and UNKNOWN not in names and not known.is_known.all():
        names.append(UNKNOWN)
    what = "of these genres" if attribute in ("", TASTES, GENRES) else f"with {escape(attribute)}"
    none_known = "choose an attribute" if get_context().dataset.item_attributes else "no genres are known"
    only = st.multiselect(
        f"Only items {what}", names, key="rerank_genres", disabled=not names,
        placeholder=("all genres" if what.endswith("genres") else "any") if names else none_known,
        bind="query-params", persist_state="session",
    )  # fmt: skip
    return tuple(only), ()


def _identity() -> tuple[str, str]:
    """What re-ranked lists depend on beside the model and the recipe: the split, and what is known of its items."""
    context = get_context()
    return context.split.fingerprint, context.dataset.description_key


@st.cache_resource(max_entries=4, show_spinner=False)
def _candidates(
    split_fingerprint: str,
    description_key: str,
    fingerprint: str,
    run_id: int,
    subset: str,
    filters: Reranked,
    _owned: OwnedItems | None,
) -> Candidates:
    context = get_context()
    return find_candidates(model_of(fingerprint, run_id), context.dataset, context.split, subset, filters, _owned)


def _relist(run: Run, subset: str, recipe: Reranked, owned: OwnedItems | None) -> Relisted:
    """Return the lists of the current split's run for `subset`, re-ranked by `recipe` without what is owned."""
    context = get_context()
    if is_large(context.dataset):
        order = order_to_relist(run.id, run.fingerprint, recipe)
        n_items = context.split.train.n_items
        return compute_beside(
            _task(RELISTED, subset, order),
            "Re-ranking the lists",
            lambda arrays, seconds: relisted_from_arrays(arrays, seconds, n_items),
            given=owned_to_arrays(owned),
        )
    return _relisted(*_identity(), run.fingerprint, run.id, subset, recipe, owned)


def _task(kind: str, subset: str, order: str) -> Task:
    split = get_context().split
    return Task(kind, split.data_fingerprint, split.recipe, subset, order=order)


@st.cache_resource(max_entries=32, show_spinner="Re-ranking the lists…")
def _relisted(
    split_fingerprint: str,
    description_key: str,
    fingerprint: str,
    run_id: int,
    subset: str,
    recipe: Reranked,
    _owned: OwnedItems | None,
) -> Relisted:
    context = get_context()
    described = list_context_of(visible_subset(), recipe.attribute)
    assert described is not None, "somebody is scored on the subset that is shown"

    def find() -> Candidates:
        filters = replace(recipe, aim=NO_AIM, most_per_genre=0)
        return _candidates(split_fingerprint, description_key, fingerprint, run_id, subset, filters, _owned)

    return relist(find, context.dataset, context.split, subset, recipe, described)


def _pairs(comparison: Comparison, index: int, run: Run, recipe: Reranked, evaluation: Evaluation) -> list[Comparison]:
    """Return the model and its re-ranked lists compared by the metric of accuracy, and by properties of the lists."""
    identity = (*_identity(), run.fingerprint, run.id, comparison.subset, comparison.labels[index])
    context = list_context_of(comparison.subset, recipe.attribute)  # not inside the cache, since it may draw a bar
    pair = _compare_lists(*identity, recipe, comparison.evaluations[index], evaluation, context)
    metric, after = METRICS[comparison.metric], pair.evaluations[1]
    accuracy = comparison.metric if metric.kind == "ranking" and not metric.why_not(after) else "ndcg"
    pair = pair.judged_by(accuracy, comparison.k, comparison.margin)
    names = [accuracy, *(name for name in _ALSO_SHOWN if not pair.why_not(name))]
    return [pair.judged_by(name, comparison.k, comparison.margin) for name in names]


@st.cache_resource(max_entries=32, show_spinner=False)
def _compare_lists(
    split_fingerprint: str,
    description_key: str,
    fingerprint: str,
    run_id: int,
    subset: str,
    label: str,
    recipe: Reranked,
    _before: Evaluation,
    _after: Evaluation,
    _context: ListContext | None,
) -> Comparison:
    """Return the lists of a run and the re-ranked ones as a pair, of which every number is computed once."""
    return Comparison([label, recipe.label], [with_context(_before, _context), with_context(_after, _context)])


def _note(accuracy: Comparison, n_short: int, n_users: int) -> str:
    short = ""
    if n_short:
        gets = "gets" if n_short == 1 else "get"
        length = count_noun(accuracy.k, "items")
        short = f" {n_short:,} of {count_noun(n_users, 'people')} {gets} fewer than {length}."
    context = accuracy.evaluations[0].context
    described = f" Items are described by {context.features_name}." if context is not None else ""
    return (
        f"On the {accuracy.subset} {get_context().dataset.rating_noun}, with 95% intervals, each person compared with "
        f"themselves. A list is chosen "
        f"from each person's {DEPTH} best items by the model that pass the filters and have not been seen."
        f"{described}{short}"
    )


def _offer_to_keep(run: Run, recipe: Reranked, owned: OwnedItems | None, sentence: str, accuracy: Comparison) -> None:
    """Say the price, beside the button that makes the lists a run like others, unless they are pinned already."""
    notes = f"Made of {run.label}. {recipe.filters_sentence} On {visible_subset()}: {sentence}"
    st.session_state[_SHOWN] = (run, recipe, owned, " ".join(notes.split()))
    known = _known(recipe)
    is_pinned = known is not None and known.id in [each.id for each in pinned_runs()]
    left, right = st.columns([4, 1], vertical_alignment="center")
    with left:
        draw_lead(sentence, accuracy)
    if known is not None and is_pinned:
        left.caption(escape(f"These lists are pinned as {known.label}."))
    right.button(
        "Pin this", key="rerank_keep", type="primary", icon=":material/push_pin:", on_click=_keep, disabled=is_pinned,
        width="stretch", help="The lists become a run of their own, here and on all other pages. Nothing is trained.",
    )  # fmt: skip


def _known(recipe: Reranked) -> Run | None:
    return next((run for run in get_context().runs_with("model") if run.recipe == recipe), None)


@error_boundary()
def _keep() -> None:
    """Keep the lists for validation and for the test, the evaluations of both, and pin the run."""
    parent, recipe, owned, notes = st.session_state[_SHOWN]
    run = _known(recipe)
    if run is None:
        split, dataset = get_context().split, get_context().dataset
        order = order_to_relist(parent.id, parent.fingerprint, recipe, notes)
        given = owned_to_arrays(owned)
        if is_large(dataset):
            ask_to_keep(_task(KEPT_LISTS, "", order), given)
            return
        run = store().run(store_relisted(store(), dataset, split, order, given))
    pin_run(run)
