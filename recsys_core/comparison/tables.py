"""What a comparison says in tables: the headline metrics of each model, the verdicts on all pairs, plain numbers."""

from recsys_core.comparison.comparison import Comparison
from recsys_core.comparison.relevance_sentences import disliked_shares
from recsys_core.data.dataset import Dataset
from recsys_core.evaluation.significant_digits import format_interval, format_mean
from recsys_core.metrics import METRICS
from recsys_core.percent import percent


def headline_table(comparison: Comparison, dataset: Dataset) -> tuple[list[str], list[list[str]]]:
    """Return a header and a row per model: headline metrics, disliked hits, the verdict against the baseline.

    `dataset` says which ratings are dislikes; there is no such column where none are.
    """
    models, k = range(len(comparison)), comparison.k
    columns: dict[str, list[str]] = {"model": list(comparison.labels)}
    for metric in comparison.headline_metrics:
        columns[METRICS[metric].title(k)] = [comparison.cell(metric, index) for index in models]
    for title, shares in disliked_shares(comparison.evaluations, k, dataset).items():
        columns[title] = ["–" if share is None else percent(share) for share in shares]
    if comparison.tuning:
        columns["settings tried"] = [each.count for each in comparison.tuning]
    if len(comparison) > 1:
        verdicts = [comparison.verdicts[index, 0] for index in models[1:]]
        columns[f"{comparison.title} against the baseline"] = [
            "baseline",
            *(f"{each.marked} {format_interval(each.difference, sign=True)}" for each in verdicts),
        ]
    return list(columns), [list(row) for row in zip(*columns.values(), strict=True)]


def verdict_matrix(comparison: Comparison) -> list[list[str]]:
    """Return, for each row and column model, the mark of the verdict and the difference; '' on the diagonal."""
    models = range(len(comparison))
    return [["" if row == column else _pair_cell(comparison, row, column) for column in models] for row in models]


def numbers_of(comparison: Comparison) -> list[dict[str, object]]:
    """Return a row for each pair with its verdict, and for each model with its means, as plain numbers."""
    labels = comparison.labels
    rows: list[dict[str, object]] = [
        {"run": labels[first], "against": labels[second], "metric": comparison.title, **verdict.numbers}
        for (first, second), verdict in comparison.verdicts.items()
    ]
    for metric in comparison.charted_metrics:
        title = METRICS[metric].title(comparison.k)
        for label, mean in zip(labels, comparison.intervals(metric), strict=True):
            rows.append({"run": label, "metric": title, "value": mean.mean, "low": mean.low, "high": mean.high})
    return rows


def _pair_cell(comparison: Comparison, row: int, column: int) -> str:
    verdict = comparison.verdicts[row, column]
    return f"{verdict.mark} {format_mean(verdict.difference, sign=True)}"
