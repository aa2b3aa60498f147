"""A run as it is now: curves that grow, where it stands, and the button that stops it."""

import streamlit as st

from pages.shared.context import get_context, run_or_none
from pages.shared.error_boundary import error_boundary
from pages.shared.held_out import how_to_hold_out
from pages.shared.results.against_baseline import show_against_baseline
from pages.shared.results.cached import reference_models
from pages.shared.server import store
from pages.shared.text import duration, escape
from recsys_core.evaluation.evaluate import Evaluation
from recsys_core.figures.curves import learning_curve
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.store.run import DIVERGED, FAILED, INTERRUPTED, QUEUED, USABLE, EpochRecord, Run

_REFRESH_SECONDS = 0.5


def show_run(run: Run) -> None:
    """Draw `run`, again and again while it is live; when it ends the whole page is drawn once more."""
    st.fragment(_draw, run_every=_REFRESH_SECONDS if run.is_live else None)(run.id, run.is_live)


@error_boundary()
def _draw(run_id: int, was_live: bool) -> None:
    run = run_or_none(run_id)
    if run is None or was_live != run.is_live:
        st.rerun()
    records = store().epochs(run.id)
    rail_values = {name: evaluation.mean("ndcg", CUTOFF) for name, evaluation in reference_models("validation").items()}
    st.subheader(escape(_headline(run, records, rail_values)), anchor=False)
    _status(run, records)
    if not run.is_live:
        show_against_baseline(run)
    ghost = _previous(run)
    epoch_word = run.recipe.epoch_word
    measure = _held_out_measure(records)
    left, right = st.columns(2)
    with left:
        _curve(run, records, ghost, "objective", run.recipe.objective_label, epoch_word)
    with right:
        if records and records[-1].validation is None:
            st.info(f"No validation ratings are held out. {how_to_hold_out('validation')}")
        else:
            levels = rail_values if measure == "validation" else {}
            _curve(run, records, ghost, measure, _MEASURES[measure], epoch_word, levels)
    if ghost:
        st.caption(f"Grey: the run before, {escape(store().run(ghost[0]).label)}.")


_MEASURES = {
    "validation": f"NDCG@{CUTOFF} on held-out (validation) ratings",
    "rmse": "RMSE on held-out (validation) ratings",
}


def _held_out_measure(records: list[EpochRecord]) -> str:
    """Which held-out curve to show: of a model that predicts ratings the person chooses."""
    if not records or records[-1].rmse is None:
        return "validation"
    labels = {"validation": f"how well it ranks (NDCG@{CUTOFF})", "rmse": "how well it predicts ratings (RMSE)"}
    return st.segmented_control(
        "Held-out measure",
        list(labels),
        default="validation",
        required=True,
        format_func=labels.get,
        key="held_out_measure",
        label_visibility="collapsed",
    )


def _curve(run: Run, records, ghost, field: str, title: str, epoch_word: str, rail_values=None) -> None:
    spec = learning_curve(
        _points(records, field),
        title=title,
        last_epoch=_last_epoch(run) if run.is_live else 1,
        previous=_points(ghost[1], field) if ghost else (),
        references=rail_values,
        held_out=rail_values is not None,
        epoch_word=epoch_word,
    )
    st.markdown(f"**{escape(title)}**")
    last = f"{getattr(records[-1], field):.4g}" if records else "nothing yet"
    st.vega_lite_chart(spec, width="stretch", key=f"curve_{field}", alt=f"{title} by {epoch_word}, now {last}.")


def _last_epoch(run: Run) -> int:
    return run.recipe.last_epoch(get_context().split.train)


def _points(records: list[EpochRecord], field: str) -> list[tuple[int, float]]:
    return [(record.number, getattr(record, field)) for record in records if getattr(record, field) is not None]


def _previous(run: Run) -> tuple[int, list[EpochRecord]] | None:
    """The run of the same algorithm before this one on the same split, with its epochs."""
    for other in get_context().runs():
        if other.id < run.id and other.algorithm == run.algorithm and other.state in USABLE:
            return other.id, store().epochs(other.id)
    return None


def _headline(run: Run, records: list[EpochRecord], rail_values: dict[str, float]) -> str:
    if run.state == QUEUED:
        ahead = store().queue.n_ahead(run.id)
        return f"{run.recipe.label} waits its turn" + (f": {ahead} ahead of it." if ahead else ", it is next.")
    if run.state == DIVERGED:
        return f"{run.recipe.label} diverged: what follows is its last good state."
    if not records or records[-1].validation is None:
        return f"{run.recipe.label} {'is learning' if run.is_live else 'has ended'}."
    reached, bar = records[-1].validation, rail_values.get("Popularity", 0.0)
    verb = "is at" if run.is_live else "reached"
    text = f"{run.recipe.label} {verb} NDCG@{CUTOFF} {reached:.3f} on held-out ratings: "
    if records[-1].rmse is not None:
        text = f"{run.recipe.label} misses held-out ratings by {records[-1].rmse:.2f} (RMSE) and ranks them "
        if bar and reached < 0.98 * bar:
            return text + f"{100 - 100 * reached / bar:.0f}% worse than popularity does."
        if bar and reached > 1.02 * bar:
            return text + f"{100 * reached / bar - 100:.0f}% better than popularity does."
        return text + "about as well as popularity does."
    if bar == 0:
        return text + "popularity finds none of them."
    change = reached / bar - 1
    if abs(change) < 0.02:
        return text + f"no better than recommending what is popular ({bar:.3f})."
    return (
        text
        + f"{100 * abs(change):.0f}% {'above' if change > 0 else 'below'} recommending what is popular ({bar:.3f})."
    )


def _status(run: Run, records: list[EpochRecord]) -> None:
    words = [escape(run.label)]
    if records:
        done = records[-1]
        words.append(f"epoch {done.number} of {_last_epoch(run)}")
        words.append(f"{duration(done.seconds)} of training")
        if run.is_live and done.number:
            words.append(f"about {duration((_last_epoch(run) - done.number) * done.seconds / done.number)} left")
    words.append(run.state)
    left, right = st.columns([5, 1], vertical_alignment="center")
    left.caption(" · ".join(words))
    if run.is_live:
        right.button(
            "Stop",
            key="stop",
            on_click=error_boundary()(store().queue.request_stop),
            args=(run.id,),
            disabled=run.stop_requested,
            help="Ends after the current epoch; what has been learned is kept.",
        )
    if run.state == INTERRUPTED:
        left.warning(escape(run.message))
        right.button("Run again", key="run_again", on_click=error_boundary()(store().queue.requeue), args=(run.id,))
    elif run.state in (DIVERGED, FAILED):
        kept = " The last good state is kept." if run.state == DIVERGED and records else ""
        left.error(escape(run.message + kept))


def ndcg(evaluation: Evaluation) -> float:
    """The number that pages lead with."""
    return evaluation.mean("ndcg", CUTOFF)
