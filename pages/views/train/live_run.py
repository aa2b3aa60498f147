"""Show a run as it is now: its learning curves, its state, and the button that stops it."""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import streamlit as st

from pages.shared.context import get_context, run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.large_data import reference_levels_of
from pages.shared.results.against_baseline import show_against_baseline
from pages.shared.results.cached import evaluation_of, reference_models
from pages.shared.results.plain_words import draw_headline, plain_headline
from pages.shared.server import store
from pages.shared.text import duration, escape
from pages.views.train.slow_motion import SKIP_KEY, is_shown_slowly, shown_records, skip
from recsys_core.algorithms.kernels.initial_factors import STARTS
from recsys_core.data.nouns import write_number
from recsys_core.evaluation.bootstrap import difference_interval
from recsys_core.figures.curves import learning_curve
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.percent import percent
from recsys_core.runner.large_data import is_large
from recsys_core.store.kept_epoch import kept_record, kept_sentence
from recsys_core.store.run import (
    DIVERGED,
    FAILED,
    FINISHED,
    INTERRUPTED,
    QUEUED,
    RUNNING,
    STOPPED,
    USABLE,
    EpochRecord,
    Run,
)

STOP_KEY, RUN_AGAIN_KEY = "stop", "run_again"
_REFRESH_SECONDS = 0.5
_SAME = 0.02  # of the score of the most popular items: with a smaller difference the two are called level
_LEVEL = "level with"
_MEASURES = {
    "validation": f"NDCG@{CUTOFF} on validation",
    "rmse": "RMSE on validation",
}


def show_run(run: Run) -> None:
    """Draw `run`, again and again while it is live; when it ends, the whole page is drawn once more."""
    is_moving = run.is_live or is_shown_slowly(run)
    awaits_levels = reference_levels_of(get_context(), "validation") is None
    refresh = _REFRESH_SECONDS if is_moving or awaits_levels else None
    st.fragment(_draw, run_every=refresh)(run.id, is_moving, awaits_levels)


@error_boundary()
def _draw(run_id: int, was_moving: bool, awaited_levels: bool) -> None:
    run = run_or_none(run_id)
    if run is None:
        st.rerun()
    records = shown_records(run, store().epochs(run.id), _last_epoch(run))
    if was_moving != (run.is_live or is_shown_slowly(run)):
        st.rerun()
    is_replay = was_moving and not run.is_live
    if is_replay:
        run = replace(run, state=RUNNING)
    found = reference_levels_of(get_context(), "validation")
    if awaited_levels and found is not None and not was_moving:
        st.rerun()
    references, sample = found or ({}, "The reference lines are still being computed.")
    popularity = references.get("Popularity")
    plainly = plain_headline(run) or _describe_run(run, records, popularity, in_plain_words=True)
    with st.container():  # of one or two lines: the button below stays where it is, see draw_app
        draw_headline(plainly, _describe_run(run, records, popularity))
    _draw_status(run, records, is_replay=is_replay)
    with st.container():
        if kept := kept_sentence(run.recipe, records, is_live=run.is_live):
            st.caption(escape(kept))
        if run.recipe.learns_ratings and not get_context().dataset.is_graded:
            st.caption(
                "This data has no ratings to predict. The model takes how often something was chosen for a rating."
            )
        if not run.is_live:
            show_against_baseline(run)
    previous = _previous_run(run)
    measure = _choose_measure(records) if get_context().dataset.is_graded else "validation"
    left, right = st.columns(2)
    with left:
        _draw_curve(run, records, previous, "objective", run.recipe.objective_label)
    with right:
        if records and records[-1].validation is None:
            st.info(f"Nothing is held out for validation. {how_to_hold_out('validation')}")
        else:
            levels = references if measure == "validation" else {}
            _draw_curve(run, records, previous, measure, _MEASURES[measure], levels)
    if text := _describe_start(run, records):
        st.caption(text)
    if sample and measure == "validation":
        st.caption(sample)
    if previous:
        st.caption(f"Grey: the previous run, {escape(previous.label)}.")


def _choose_measure(records: list[EpochRecord]) -> str:
    """Return which held-out curve to show; the person chooses for a model that predicts ratings."""
    if not records or records[-1].rmse is None:
        return "validation"
    labels = {"validation": f"How well it ranks (NDCG@{CUTOFF})", "rmse": "How well it predicts ratings (RMSE)"}
    return st.segmented_control(
        "Held-out measure",
        list(labels),
        default="validation",
        required=True,
        format_func=labels.__getitem__,
        key="held_out_measure",
        label_visibility="collapsed",
    )


def _draw_curve(
    run: Run,
    records: list[EpochRecord],
    previous: Run | None,
    field: str,
    title: str,
    references: Mapping[str, float] | None = None,
) -> None:
    """Draw one field of the records by epoch, with the `references` as levels where it is a held-out score."""
    epoch_word = run.recipe.epoch_word
    kept = kept_record(run.recipe, records) if run.recipe.keeps_best_epoch else None
    spec = learning_curve(
        _get_points(records, field),
        title=title,
        last_epoch=_last_epoch(run) if run.is_live else 1,
        previous=_get_points(store().epochs(previous.id), field) if previous else (),
        references=references,
        held_out=references is not None,
        epoch_word=epoch_word,
        kept_epoch=kept.number if kept else None,
        burn_in=run.recipe.burn_in,
    )
    st.markdown(f"**{escape(title)}**")
    last = write_number(getattr(records[-1], field), ".4g") if records else "nothing yet"
    mark = (
        f" The model kept is that of {epoch_word} {kept.number}, {write_number(getattr(kept, field), '.4g')}."
        if kept
        else ""
    )
    st.vega_lite_chart(spec, width="stretch", key=f"curve_{field}", alt=f"{title} by {epoch_word}, now {last}.{mark}")


def _last_epoch(run: Run) -> int:
    return run.recipe.last_epoch(get_context().split.train)


def _get_points(records: Sequence[EpochRecord], field: str) -> list[tuple[int, float]]:
    return [(record.number, getattr(record, field)) for record in records if getattr(record, field) is not None]


def _previous_run(run: Run) -> Run | None:
    """Return the last usable run of the same algorithm before `run`, on the same split."""
    earlier = [other for other in get_context().runs() if other.id < run.id and other.state in USABLE]
    return next((other for other in earlier if other.algorithm == run.algorithm), None)


def _describe_run(
    run: Run, records: list[EpochRecord], popularity: float | None, *, in_plain_words: bool = False
) -> str:
    """Return how well the run does, beside the score of the most popular items where that is known.

    "" in plain words where it is not.
    """
    label = run.recipe.label
    if run.state == QUEUED:
        ahead = store().queue.n_ahead(run.id)
        if ahead == 0:
            return f"{label} is next in the queue."
        return f"{label} is queued behind {ahead} other {'run' if ahead == 1 else 'runs'}."
    if run.state == DIVERGED:
        state = "best" if run.recipe.keeps_best_epoch else "last good"
        return f"{label} diverged. Its {state} state is shown."
    last = records[-1] if run.is_live and records else kept_record(run.recipe, records)
    if last is None or last.validation is None:
        ends = {FINISHED: "finished", STOPPED: "was stopped", INTERRUPTED: "was interrupted", FAILED: "failed"}
        return f"{label} {ends.get(run.state, 'is training')}."
    where = "" if popularity is None else _locate_score(last.validation, popularity)
    doubt = ", which may be chance" if where not in ("", _LEVEL) and _may_be_chance(run) else ""
    if in_plain_words:
        return f"Lists by {label} score {where} the most popular items{doubt}." if where else ""
    beside = f", {where} that of the most popular items ({popularity:.3f}){doubt}" if where else ""
    if last.rmse is not None and get_context().dataset.is_graded:
        text = f"{label} predicts held-out ratings with an RMSE of {write_number(last.rmse, '.2f')}."
        return f"{text} Its NDCG@{CUTOFF} is {last.validation:.3f}{beside}."
    verb, noun = "is at" if run.is_live else "reached", get_context().dataset.rating_noun
    return f"{label} {verb} NDCG@{CUTOFF} {last.validation:.3f} on held-out {noun}{beside}."


def _describe_start(run: Run, records: list[EpochRecord]) -> str:
    """Return why the objective is better at the start than now, where it is so for a start made from the data."""
    recipe = run.recipe
    if recipe.objective_falls or len(records) < 2 or records[0].number > 0:
        return ""
    first, last = records[0], records[-1]
    if first.objective <= last.objective or recipe.settings().get("start") != STARTS[0]:
        return ""
    before, after = (write_number(record.objective, ".2f") for record in (first, last))
    text = (
        f"Epoch 0 is the start, which is made from the training data and so ranks them better ({before}) than the "
        f"model after epoch {last.number} does ({after})."
    )
    if first.validation is None or last.validation is None:
        return text
    verb = "rises" if last.validation > first.validation else "falls"
    return f"{text} On validation, NDCG@{CUTOFF} {verb} from {first.validation:.3f} to {last.validation:.3f}."


def _locate_score(score: float, popularity: float) -> str:
    """Return where a score lies beside that of the most popular items, as '54% above'."""
    if abs(score - popularity) <= _SAME * popularity:
        return _LEVEL
    side = "above" if score > popularity else "below"
    return f"{percent(abs(score / popularity - 1))} {side}" if popularity else side


def _may_be_chance(run: Run) -> bool:
    """Return whether the interval of the run's lead over the most popular items, or of what it lacks, has 0 in it.

    That is asked of runs that have ended, and not of large data, whose reference models score a sample of people.
    """
    if run.is_live or is_large(get_context().dataset):
        return False
    evaluation = evaluation_of(run.fingerprint, run.id, "validation")
    if evaluation is None:
        return False
    popularity = reference_models("validation")["Popularity"]
    interval = difference_interval(evaluation.per_user("ndcg", CUTOFF), popularity.per_user("ndcg", CUTOFF))
    return not interval.excludes_zero


def _draw_status(run: Run, records: list[EpochRecord], *, is_replay: bool) -> None:
    """Draw the line with progress, time and state, with the button to stop the run or to run it again.

    In a replay the run has ended already, and is shown as it was when it had these records.
    """
    facts = [escape(run.label)]
    if records:
        last = records[-1]
        facts.append(f"epoch {last.number} of {_last_epoch(run)}")
        facts.append(f"{duration(last.seconds)} of training")
        if run.is_live and last.number and not is_replay:
            facts.append(f"about {duration((_last_epoch(run) - last.number) * last.seconds / last.number)} left")
    facts.append("slow motion" if is_replay else run.state)
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.caption(" · ".join(facts))
    if is_replay:
        right.button("Show the end", key=SKIP_KEY, on_click=skip, args=(run.id,))
    elif run.is_live:
        right.button(
            "Stop",
            key=STOP_KEY,
            shortcut="S",
            on_click=error_boundary()(store().queue.request_stop),
            args=(run.id,),
            disabled=run.stop_requested,
            help="Stops after the current epoch, and keeps what was learned.",
        )
    if run.state == INTERRUPTED:
        left.warning(escape(run.message))
        right.button("Run again", key=RUN_AGAIN_KEY, on_click=error_boundary()(store().queue.requeue), args=(run.id,))
    elif run.state in (DIVERGED, FAILED):
        state = "best" if run.recipe.keeps_best_epoch else "last good"
        kept = f" The {state} state is kept." if run.state == DIVERGED and records else ""
        left.error(escape(run.message + kept))
