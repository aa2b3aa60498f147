"""Quality against cost: training time, memory, and the time that lists take."""

import math
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.comparison import Comparison, short
from pages.shared.results.imported_models import training_seconds
from pages.shared.text import duration, escape
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.cost import model_bytes, seconds_per_thousand_lists
from recsys_core.comparison.pareto import pareto_front
from recsys_core.comparison.verdicts import CANNOT_TELL, SAME, WORSE
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.figures.tradeoff import quality_against_cost
from recsys_core.store.run import Run

_NO_BETTER = {WORSE: "worse", SAME: "practically the same", CANNOT_TELL: "not clearly better"}  # off the front
_TRAINING, _MEMORY, _LISTS = "training, seconds", "model in memory, MB", "1,000 lists, milliseconds"


@dataclass(frozen=True)
class Cost:
    training: float
    megabytes: float
    list_milliseconds: float


def show_cost(comparison: Comparison) -> None:
    costs = [_cost(run.fingerprint, run.id, run) for run in comparison.runs]
    quality = [interval.mean for interval in comparison.intervals()[comparison.metric]]
    sentence = _sentence(comparison, quality, costs)
    st.markdown(f"**{escape(sentence)}**")
    by_title = {
        _TRAINING: [cost.training for cost in costs],
        _MEMORY: [cost.megabytes for cost in costs],
        _LISTS: [cost.list_milliseconds for cost in costs],
    }
    figure = quality_against_cost(comparison.names, quality, by_title, quality_title=comparison.title)
    show_chart(figure, key="cost", alt=sentence)
    st.caption(
        "Filled and joined: on the Pareto front, where no other model is both as good and as cheap. Training: seconds "
        "as recorded while it ran. Memory: the arrays that scoring reads. Lists: the top 50 of 1,000 people, "
        "the best of three times on this machine, measured once."
    )
    table = pd.DataFrame({"run": comparison.names, comparison.title: quality, **by_title})
    draw_csv_link(table, "cost", key="numbers_cost")


@st.cache_resource(max_entries=64, show_spinner="Timing the lists…")
def _cost(fingerprint: str, run_id: int, _run: Run) -> Cost:
    model = model_of(fingerprint, run_id)
    return Cost(
        training_seconds(_run),
        model_bytes(model) / 1e6,
        1000 * seconds_per_thousand_lists(model, get_context().split.train, TOP_DEPTH),
    )


def _sentence(comparison: Comparison, quality: list[float], costs: list[Cost]) -> str:
    """Which runs are worth their training time, and which one is beaten by a cheaper one."""
    seconds = [cost.training for cost in costs]
    front = pareto_front(quality, seconds)
    known = [place for place in range(len(costs)) if math.isfinite(seconds[place])]
    cheapest_first = sorted(known, key=seconds.__getitem__)
    worth = [_named(comparison, place, seconds) for place in cheapest_first if front[place]]
    text = f"Best value for training time by {comparison.title}: {', '.join(worth)}." if worth else ""
    if unknown := [short(comparison.runs[place]) for place in range(len(costs)) if place not in known]:
        text += f" What the training of {' and '.join(unknown)} took is not known."
    beaten = [place for place in cheapest_first if not front[place]]
    if beaten:
        dear = beaten[-1]
        better = max((p for p in cheapest_first if front[p] and seconds[p] <= seconds[dear]), key=quality.__getitem__)
        text += (
            f" {_named(comparison, dear, seconds)} takes longer than {short(comparison.runs[better])} and is "
            f"{_NO_BETTER[comparison.verdicts[dear, better].word]}."
        )
    return text.strip()


def _named(comparison: Comparison, place: int, seconds: list[float]) -> str:
    return f"{short(comparison.runs[place])} ({duration(seconds[place])})"
