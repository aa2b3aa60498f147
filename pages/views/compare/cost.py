"""Quality against cost: training time, memory, and the time that lists take."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd
import streamlit as st

from pages.shared.context import get_context
from pages.shared.results.cached import model_of
from pages.shared.results.imported_models import training_seconds
from pages.shared.results.plain_words import draw_lead
from pages.shared.text import duration
from pages.shared.widgets.charts import show_chart
from pages.shared.widgets.csv_download import draw_csv_link
from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.cost import model_bytes, seconds_per_thousand_lists
from recsys_core.comparison.verdicts import BETTER, SAME, UNCLEAR, WORSE
from recsys_core.data.nouns import join_words
from recsys_core.evaluation.evaluate import TOP_DEPTH
from recsys_core.figures.tradeoff import quality_against_cost
from recsys_core.metrics import METRICS
from recsys_core.store.run import Run

_NOT_BETTER = {WORSE: "worse", SAME: "practically the same", UNCLEAR: "not clearly better"}
_TRAINING, _MEMORY, _LISTS = "training, seconds", "model in memory, MB", "1,000 lists, milliseconds"


@dataclass(frozen=True)
class Cost:
    """The seconds of one training, the size of the model, and the time that a thousand lists take."""

    training: float
    megabytes: float
    list_milliseconds: float


def show_cost(comparison: Comparison, runs: Sequence[Run]) -> None:
    """Draw quality against three costs, and say which models are worth their training time."""
    costs = [_cost(run.fingerprint, run.id, run) for run in runs]
    sentence = _sentence(comparison, [cost.training for cost in costs])
    draw_lead(sentence, comparison)
    by_title = {
        _TRAINING: [cost.training for cost in costs],
        _MEMORY: [cost.megabytes for cost in costs],
        _LISTS: [cost.list_milliseconds for cost in costs],
    }
    figure = quality_against_cost(
        comparison.labels,
        comparison.means,
        by_title,
        quality_title=comparison.title,
        higher_is_better=METRICS[comparison.metric].higher_is_better,
    )
    show_chart(figure, key="cost", alt=sentence)
    st.caption(
        "Filled and joined markers are on the Pareto front: by its mean, no other model is both as good and as cheap. "
        "The sentence above names a dearer model only if it is clearly better. Training time is as recorded while the "
        "model trained. Memory is the size of the arrays that scoring reads. List time is for "
        f"the top {TOP_DEPTH} of 1,000 people, the fastest of three measurements on this machine."
    )
    table = pd.DataFrame({"run": comparison.labels, comparison.title: comparison.means, **by_title})
    draw_csv_link(lambda: table, "cost", key="numbers_cost")


@st.cache_resource(max_entries=64, show_spinner="Timing the lists…")
def _cost(fingerprint: str, run_id: int, _run: Run) -> Cost:
    model = model_of(fingerprint, run_id)
    return Cost(
        training_seconds(_run),
        model_bytes(model) / 1e6,
        1000 * seconds_per_thousand_lists(model, get_context().split.train, TOP_DEPTH),
    )


def _sentence(comparison: Comparison, seconds: Sequence[float]) -> str:
    """Which models are worth their training time, and the best of the others, which is not clearly better than these.

    A model is worth it if it is better, by the verdict, than every cheaper one that is.
    """
    names, quality, verdicts = comparison.names, comparison.quality, comparison.verdicts
    known = [index for index in range(len(names)) if math.isfinite(seconds[index])]
    cheapest_first = sorted(known, key=lambda index: (seconds[index], -quality[index]))
    timed = {index: f"{names[index]} ({duration(seconds[index])})" for index in cheapest_first}
    worth, beaten_by = list[int](), dict[int, int]()
    for index in cheapest_first:
        not_beaten = [other for other in worth if verdicts[index, other].word != BETTER]
        if not_beaten:
            beaten_by[index] = max(not_beaten, key=quality.__getitem__)
        else:
            worth.append(index)
    listed = ", ".join(timed[index] for index in worth)
    text = f"Best value for training time by {comparison.title}: {listed}." if worth else ""
    if unknown := [name for index, name in enumerate(names) if index not in timed]:
        text += f" The training time of {join_words(unknown)} is not known."
    if beaten_by:
        dearer = max(beaten_by, key=quality.__getitem__)
        cheaper = beaten_by[dearer]
        word = _NOT_BETTER[verdicts[dearer, cheaper].word]
        text += f" {timed[dearer]} takes longer than {names[cheaper]} and is {word}."
    return f"{text} {comparison.doubt_leaked(range(len(comparison)))}".strip()
