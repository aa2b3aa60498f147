"""Corrupt the data: change the training ratings, train again, evaluate on the same held-out ratings."""

from itertools import pairwise

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.large_data import open_corrupted_split
from pages.shared.results.cached import evaluation_of, reference_models
from pages.shared.results.comparison import chosen_margin
from pages.shared.results.corrupted_runs import CORRUPTED_SPLIT_KEY, CORRUPTIONS_KEY, can_be_repeated
from pages.shared.results.first_models import offer_first_models
from pages.shared.results.imported_models import trained_here
from pages.shared.results.plain_words import describe_lists, draw_headline, plain_headline
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_run import choose_among
from pages.shared.widgets.parameter_widgets import draw_parameter_widgets, recipe_from_widgets
from pages.shared.widgets.wait_for_runs import wait_for_runs
from pages.views.what_if.results import METRIC
from recsys_core.comparison.sentences import what_matters
from recsys_core.comparison.verdicts import Verdict, judge_all
from recsys_core.data.corruption import CORRUPTIONS, AddBots, Corruption, promoted_item
from recsys_core.data.nouns import count_noun
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.comparison import intervals
from recsys_core.metrics.catalogue import recommendation_counts
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.percent import percent
from recsys_core.store.run import INTERRUPTED, Run, run_fingerprint
from recsys_core.sweeps.progress import DONE

_ERROR = "corruption_error"


def draw_corruptions() -> None:
    """Draw the controls on the left, the scores before and after each corruption on the right."""
    if get_context().split.validation.relevant.n_interactions == 0:
        st.subheader("The effect is measured on the validation set, and this split has none.", anchor=False)
        st.write(f"{how_to_hold_out('validation')} The test stays sealed for the final comparison.")
        return
    runs = [run for run in trained_here(get_context().runs_with("validation")) if can_be_repeated(run)]
    if not get_context().runs_with("model"):
        offer_first_models()
        return
    if not runs:
        st.subheader("No model has been trained on this data yet.", anchor=False)
        st.write("This view needs a finished run that this version of the program trained.")
        st.page_link("pages/train.py", label="Train a model first", icon=":material/model_training:")
        return
    if st.session_state.get(CORRUPTED_SPLIT_KEY) != get_context().split.fingerprint:
        st.session_state.update({CORRUPTED_SPLIT_KEY: get_context().split.fingerprint, CORRUPTIONS_KEY: ()})
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        run = choose_among(runs, "Model")
        _draw_controls(run)
    with right:
        _draw_results(run)


def _draw_controls(run: Run) -> None:
    kinds = [key for key in CORRUPTIONS if key != "earlier" or get_context().dataset.times is not None]
    kind = st.selectbox("Corruption", kinds, format_func=lambda key: CORRUPTIONS[key].label, key="corruption_kind")
    draw_parameter_widgets(CORRUPTIONS[kind](), f"corruption_{kind}")
    done = st.session_state[CORRUPTIONS_KEY]
    st.button("Apply", key="corrupt", type="primary", width="stretch", on_click=_corrupt)
    st.button("Undo", key="undo_corruption", width="stretch", on_click=_undo, disabled=not done)
    seconds = store().epochs(run.id)[-1].seconds
    st.caption(
        f"Trains a new {escape(run.recipe.label)} model on the corrupted training data, in about "
        f"{duration(seconds)} in the background. What is held out stays as it is, for the same people."
    )
    if error := st.session_state.pop(_ERROR, None):
        st.error(escape(error))


@error_boundary()
def _corrupt() -> None:
    """Add the chosen corruption, in a callback, or keep what is wrong with its settings."""
    kind, state = st.session_state["corruption_kind"], st.session_state
    try:
        added = recipe_from_widgets(CORRUPTIONS[kind](), f"corruption_{kind}")
    except InputError as error:
        state[_ERROR] = str(error)
    else:
        state[CORRUPTIONS_KEY] = (*state[CORRUPTIONS_KEY], added)


@error_boundary()
def _undo() -> None:
    """Take the last corruption back, in a callback."""
    _take_back()


def _take_back() -> None:
    st.session_state[CORRUPTIONS_KEY] = st.session_state[CORRUPTIONS_KEY][:-1]


def _open_splits(corruptions: tuple[Corruption, ...]) -> list[Split]:
    """Return the split before and after each corruption; take the last one back where these data do not allow it."""

    def give_up() -> bool:
        _take_back()
        return True

    recipe = get_context().split.recipe
    try:
        return [open_corrupted_split(recipe, corruptions[:count], give_up) for count in range(len(corruptions) + 1)]
    except InputError as error:
        _take_back()
        st.session_state[_ERROR] = str(error)
        st.rerun()


def _draw_results(run: Run) -> None:
    context, corruptions = get_context(), st.session_state[CORRUPTIONS_KEY]
    splits = _open_splits(corruptions)
    runs = [run, *(_find_or_queue(run, split) for split in splits[1:])]
    with st.container():  # a place that is always there, see draw_app
        if live := [each.id for each in runs if each.is_live]:
            wait_for_runs(live)
    names = [
        "original data",
        *(
            ("then " if index else "") + each.describe(before.train.n_interactions, after.train.n_interactions)
            for index, (each, (before, after)) in enumerate(zip(corruptions, pairwise(splits), strict=True))
        ),
    ]
    scored = [
        (name, each, split, evaluation)
        for name, each, split in zip(names, runs, splits, strict=True)
        if not each.is_live and (evaluation := evaluation_of(each.fingerprint, each.id, "validation")) is not None
    ]
    before, after = scored[0][3], scored[-1][3]
    sentence = _headline(run, corruptions, names, scored, splits, [each.message for each in runs if each.message])
    draw_headline(_plain_headline(run, corruptions, names, scored, splits), sentence)
    if interrupted := [each.id for each in runs if each.state == INTERRUPTED]:
        st.button("Run again", key="corrupt_again", on_click=_run_again, args=(interrupted,))
    values = [evaluation.interval("ndcg", CUTOFF) for *_, evaluation in scored]
    title = f"Validation {METRIC} of the same {count_noun(len(before.users), 'people')}, with 95% intervals"
    levels = {
        name: rail.mean("ndcg", CUTOFF) for name, rail in reference_models("validation").items() if name != "Oracle"
    }
    figure = intervals([name for name, *_ in scored], values, title=title, references=levels)
    show_chart(figure, key="corruption_intervals", alt=sentence)
    if len(scored) == len(splits) and (promotion := _describe_promotion(corruptions, splits, before, after)):
        st.markdown(f"**{escape(promotion)}**")
    st.caption(
        f"Training {context.dataset.rating_noun}: "
        + " → ".join(f"{split.train.n_interactions:,} `{split.fingerprint}`" for split in splits)
        + ". "
        + ("Undo restores the previous fingerprint." if corruptions else "No corruption has been applied.")
    )


def _find_or_queue(run: Run, split: Split) -> Run:
    """Return the run of the same recipe and seed on the corrupted split; queue it if there is none.

    One that was stopped by hand is another model. One that was interrupted answers where no other does: why it was is
    for a person to read, who can run it again.
    """
    wanted = run_fingerprint(split.fingerprint, run.algorithm, run.recipe, run.seed, NUMERICS_VERSION)
    same = [other for other in store().runs(split.fingerprint) if other.fingerprint == wanted]
    answers = [other for other in same if other.state in DONE or other.is_live]
    interrupted = [other for other in same if other.state == INTERRUPTED]
    if found := answers or interrupted:
        return found[0]
    return store().run(store().queue.add_run(split, run.algorithm, run.recipe, run.seed))


@error_boundary()
def _run_again(run_ids: list[int]) -> None:
    for run_id in run_ids:
        store().queue.requeue(run_id)


def _verdict(before: Evaluation, after: Evaluation) -> Verdict:
    """Judge the effect of the corruption, on the same held-out ratings of the same people."""
    values = [each.per_user("ndcg", CUTOFF) for each in (before, after)]
    return judge_all(values, margin=chosen_margin())[1, 0]


def _headline(run: Run, corruptions, names, scored, splits, messages) -> str:
    before = scored[0][3]
    label = run.recipe.label
    if not corruptions:
        return (
            f"{label} reaches {METRIC} {before.mean('ndcg', CUTOFF):.3f} on the original data. "
            "What if the data were worse?"
        )
    if len(scored) < len(splits):
        return messages[-1] if messages else f"{label} is being trained on the corrupted data…"
    after = scored[-1][3]
    verdict = _verdict(before, after)
    done = ", ".join(names[1:])
    return (
        f"With {done}, {label} reaches {after.mean('ndcg', CUTOFF):.3f} instead of "
        f"{before.mean('ndcg', CUTOFF):.3f}: {format_interval(verdict.difference, sign=True)}, "
        f"{verdict.marked}. {what_matters(METRIC, verdict.band, chosen_margin())}"
    )


def _plain_headline(run: Run, corruptions, names, scored, splits) -> str:
    """Return the headline in plain words; "" while the model is being trained, or where none can be."""
    before, after = scored[0][3], scored[-1][3]
    if not corruptions:
        described = plain_headline(run)
        return described and f"On the original data, {described}"
    if len(scored) < len(splits):
        return ""
    described = describe_lists(run.short_label, before, after, "the original data")
    return described and f"With {', '.join(names[1:])}, {described}"


def _describe_promotion(corruptions, splits, before: Evaluation, after: Evaluation) -> str:
    """Say what promoting bots have achieved for their item; '' if there are none."""
    for each, split in zip(corruptions, splits, strict=False):
        if isinstance(each, AddBots) and each.kind == "promoting":
            item = promoted_item(split.train)
            shares = [
                recommendation_counts(each.top_items, CUTOFF, split.train.n_items)[item] / len(each.users)
                for each in (before, after)
            ]
            return (
                f"“{get_context().dataset.titles[item]}”, which the bots promote, is in the top {CUTOFF} of "
                f"{percent(shares[1])} of the real people, instead of {percent(shares[0])}."
            )
    return ""
