"""What a report says of the reasonable ways to test its runs: in how many of those that are known each one wins."""

from collections.abc import Iterator

from recsys_core.comparison.robustness import Outcome, Robustness, how_to_read, judge_specifications
from recsys_core.comparison.specifications import SpecificationGrid, Training, default_grid
from recsys_core.figures.specification_curve import specification_curve
from recsys_core.report.collect import ReportData
from recsys_core.report.document import Paragraph, Picture, Section, Table
from recsys_core.runner.retrain import can_retrain
from recsys_core.runner.specification_runs import compare_training, find_specification_runs
from recsys_core.store.store import RunStore


def over_specifications(store: RunStore, data: ReportData, grid: SpecificationGrid | None = None) -> Iterator[Section]:
    """Yield how often each run wins among the ways to test of `grid` whose models are trained; nothing for one run.

    Without a grid the choices are those that Compare begins with. The test of another split is reported only if it has
    been revealed there.
    """
    if len(data.runs) < 2:
        return
    grid = grid or default_grid(
        data.dataset,
        data.split,
        varies_training=all(can_retrain(run) for run in data.runs),
        is_stochastic=any(run.recipe.is_stochastic for run in data.runs),
    )
    subset, margin, current = data.comparison.subset, data.comparison.margin, data.split.recipe
    found = find_specification_runs(store, data.runs, grid)
    judged: list[list[Outcome]] = []
    for training in found.known:
        if _is_sealed(store, data, training):
            continue
        comparison = compare_training(found.known[training], found.chosen, lambda run: store.evaluation(run.id, subset))
        if comparison is not None:
            judged.append(list(judge_specifications(comparison, grid.of_training(training), margin=margin)))
    if not any(judged):
        return
    robustness = Robustness.of(data.comparison.names, judged, grid)
    sentence = " ".join(filter(None, [robustness.sentence, robustness.what_decides(current)]))
    picture = Picture(specification_curve(robustness, current, margin=margin), robustness.sentence)
    note = " ".join(filter(None, [robustness.known, robustness.left_out, how_to_read(margin)]))
    table = Table(*robustness.table(current))
    yield Section(
        "Would another test name another winner?", [Paragraph(sentence, "key"), picture, table, Paragraph(note, "note")]
    )


def _is_sealed(store: RunStore, data: ReportData, training: Training) -> bool:
    """Return whether the training is on another split, of whose test nobody has seen the numbers that are asked for."""
    if training.split == data.split.recipe:
        return False
    split = store.split(data.split.data_fingerprint, training.split)
    return split.is_sealed(data.comparison.subset) and not store.n_reveals(split.selection_fingerprint)
