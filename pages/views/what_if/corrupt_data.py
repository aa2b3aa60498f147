"""Break my data: damage the training ratings and ask for the same held-out ones again."""

import streamlit as st

from pages.shared.context import get_context
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.cached import evaluation_of, reference_models
from pages.shared.results.comparison import chosen_margin
from pages.shared.results.imported_models import trained_here
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.choose_run import choose_among
from pages.shared.widgets.parameter_widgets import parameter_widgets, recipe_from_widgets
from pages.shared.widgets.wait_for_runs import wait_for_runs
from pages.views.what_if.results import METRIC
from recsys_core.comparison.sentences import what_matters
from recsys_core.comparison.verdicts import Verdict, judge_all
from recsys_core.data.corruption import CORRUPTIONS, AddBots, Corruption, corrupt_split, promoted_item
from recsys_core.data.split import Split
from recsys_core.errors import InputError
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.evaluation.significant_digits import format_interval
from recsys_core.figures.comparison import intervals
from recsys_core.metrics.catalogue import recommendation_counts
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.numerics import NUMERICS_VERSION
from recsys_core.store.run import FINISHED, Run, run_fingerprint

_BREAKS_KEY = "breaks"


def break_my_data() -> None:
    """Controls on the left; before and after every break on the right."""
    if get_context().split.validation.relevant.n_interactions == 0:
        st.subheader("What breaks is seen on validation ratings, and none are held out.", anchor=False)
        st.write(f"{how_to_hold_out('validation')} The test ratings stay sealed for the final comparison.")
        return
    runs = {run.id: run for run in trained_here(get_context().runs_with("validation")) if _is_fit(run)}
    if not runs:
        st.subheader("Nothing that could suffer is trained on this data yet.", anchor=False)
        st.write("It takes a finished training by this version of the program.")
        st.page_link("pages/train.py", label="Train a model first", icon=":material/model_training:")
        return
    if st.session_state.get("breaks_split") != get_context().split.fingerprint:
        st.session_state.update(breaks_split=get_context().split.fingerprint, **{_BREAKS_KEY: ()})
    left, right = st.columns([1, 2.6], gap="medium")
    with left:
        run = choose_among(runs.values(), "Who suffers")
        _controls(run)
    with right:
        _show(run)


def _is_fit(run: Run) -> bool:
    return run.state == FINISHED and run.branch is None and run.numerics_version == NUMERICS_VERSION


def _controls(run: Run) -> None:
    kinds = [key for key in CORRUPTIONS if key != "earlier" or get_context().dataset.times is not None]
    kind = st.selectbox("Damage", kinds, format_func=lambda key: CORRUPTIONS[key].label, key="break_kind")
    parameter_widgets(CORRUPTIONS[kind](), f"break_{kind}")
    done = st.session_state[_BREAKS_KEY]
    st.button("Break it", key="break", type="primary", width="stretch", on_click=_break)
    st.button("Undo", key="undo", width="stretch", on_click=_undo, disabled=not done)
    seconds = store().epochs(run.id)[-1].seconds
    st.caption(
        f"Restarts: {escape(run.recipe.label)} is trained anew on the damaged ratings, about {duration(seconds)} in "
        "the background. Only what it learns from is damaged: the same held-out ratings of the same people are asked "
        "for."
    )
    if error := st.session_state.pop("break_error", None):
        st.error(escape(error))


@error_boundary()
def _break() -> None:
    kind, state = st.session_state["break_kind"], st.session_state
    breaks = (*state[_BREAKS_KEY], recipe_from_widgets(CORRUPTIONS[kind](), f"break_{kind}"))
    try:
        corrupt_split(get_context().dataset, get_context().split, breaks)
    except InputError as error:
        state["break_error"] = str(error)
    else:
        state[_BREAKS_KEY] = breaks


@error_boundary()
def _undo() -> None:
    st.session_state[_BREAKS_KEY] = st.session_state[_BREAKS_KEY][:-1]


@st.cache_resource(max_entries=8, show_spinner=False)
def _corrupted_split(fingerprint: str, breaks: tuple[Corruption, ...], _context) -> Split:
    return corrupt_split(_context.dataset, _context.split, breaks)


def _show(run: Run) -> None:
    context, breaks = get_context(), st.session_state[_BREAKS_KEY]
    splits = [_corrupted_split(context.split.fingerprint, breaks[:count], context) for count in range(len(breaks) + 1)]
    runs = [run, *(_answer(run, split) for split in splits[1:])]
    if live := [each.id for each in runs if each.is_live]:
        wait_for_runs(live)
    names = ["as it is", *(("then " if place else "") + each.description for place, each in enumerate(breaks))]
    scored = [
        (name, each, split, evaluation)
        for name, each, split in zip(names, runs, splits, strict=True)
        if not each.is_live and (evaluation := evaluation_of(each.fingerprint, each.id, "validation")) is not None
    ]
    before, after = scored[0][3], scored[-1][3]
    sentence = _headline(run, breaks, names, scored, splits, [each.message for each in runs if each.message])
    st.subheader(escape(sentence), anchor=False)
    values = [evaluation.interval("ndcg", CUTOFF) for *_, evaluation in scored]
    title = f"{METRIC} on the same {len(before.users):,} people's validation ratings, with 95% intervals"
    levels = {
        name: rail.mean("ndcg", CUTOFF) for name, rail in reference_models("validation").items() if name != "Oracle"
    }
    figure = intervals([name for name, *_ in scored], values, title=title, references=levels)
    show_chart(figure, key="break_intervals", alt=sentence)
    if len(scored) == len(splits) and (pushed := _pushed(breaks, splits, before, after)):
        st.markdown(f"**{escape(pushed)}**")
    st.caption(
        "Training ratings: "
        + " → ".join(f"{split.train.n_interactions:,} `{split.fingerprint}`" for split in splits)
        + ". "
        + ("Undo leads back to the fingerprint before." if breaks else "Nothing is broken: this is the split as it is.")
    )


def _answer(run: Run, split: Split) -> Run:
    """The run of the same recipe and seed on the broken split, queued if there is none."""
    wanted = run_fingerprint(split.fingerprint, run.algorithm, run.recipe, run.seed, NUMERICS_VERSION)
    for other in store().runs(split.fingerprint):
        if other.fingerprint == wanted:
            return other
    return store().run(store().queue.add_run(split, run.algorithm, run.recipe, run.seed))


def _verdict(before: Evaluation, after: Evaluation) -> Verdict:
    """On the damage, for the same held-out ratings of the same people."""
    values = [each.per_user("ndcg", CUTOFF) for each in (before, after)]
    return judge_all(values, margin=chosen_margin())[1, 0]


def _headline(run: Run, breaks, names, scored, splits, messages) -> str:
    before = scored[0][3]
    label = run.recipe.label
    if not breaks:
        return (
            f"{label} reaches {METRIC} {before.mean('ndcg', CUTOFF):.3f} on the data as it is. "
            "What if the data were worse?"
        )
    if len(scored) < len(splits):
        return messages[-1] if messages else f"{label} is learning from the damaged data…"
    after = scored[-1][3]
    verdict = _verdict(before, after)
    done = ", ".join(names[1:])
    return (
        f"With {done}, {label} reaches {after.mean('ndcg', CUTOFF):.3f} instead of "
        f"{before.mean('ndcg', CUTOFF):.3f}: {format_interval(verdict.difference, sign=True)}, "
        f"{verdict.marked}. {what_matters(METRIC, verdict.band, chosen_margin())}"
    )


def _pushed(breaks, splits, before: Evaluation, after: Evaluation) -> str:
    """What promoting bots have got for their item."""
    for each, split in zip(breaks, splits, strict=False):
        if isinstance(each, AddBots) and each.kind == "promoting":
            item = promoted_item(split.train)
            shares = [
                recommendation_counts(each.top_items, CUTOFF, split.train.n_items)[item] / len(each.users)
                for each in (before, after)
            ]
            return (
                f"“{get_context().dataset.titles[item]}”, which the bots push, stands in {100 * shares[1]:.1f}% of "
                f"the first tens of real people, instead of {100 * shares[0]:.1f}%."
            )
    return ""
