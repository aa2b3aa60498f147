"""One offline page that says what came of some runs: the verdict first, then everything it rests on."""

from collections.abc import Iterator, Sequence

from recsys_core.algorithms.models import FactorModel
from recsys_core.comparison.relevance_sentences import counts_as_right, disliked_hits
from recsys_core.comparison.sentences import (
    JUDGED_GROUPS,
    ONE_SPLIT,
    against_baseline,
    flattered,
    for_whom,
    headline,
    judged,
    learned_from,
    reveals_sentence,
)
from recsys_core.comparison.verdicts import MARGIN, MARKS, Verdict
from recsys_core.data.relevance import dislikes_below
from recsys_core.evaluation.significant_digits import honest, honest_range
from recsys_core.factors.axes import by_strength
from recsys_core.figures.comparison import intervals, overlay
from recsys_core.figures.factors import draw_map, taste_map
from recsys_core.figures.verdicts import differences, group_differences
from recsys_core.metrics.ranking import CUTOFF, HEADLINE_METRICS, METRICS
from recsys_core.report.document import Block, Bullets, Paragraph, Picture, Section, Table, render
from recsys_core.report.findings import Findings, find
from recsys_core.report.provenance import provenance
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore

_BY = {
    "activity": "by activity",
    "popularity": "by popularity of their choices",
    "genre": "by prominent genre",
    "taste": "by planted taste",
}


def report(
    store: RunStore,
    runs: Sequence[Run],
    *,
    subset: str | None = None,
    metric: str = "ndcg",
    k: int = CUTOFF,
    margin: float = MARGIN,
) -> str:
    """Write an HTML file of about 5 MB that opens without a network: `runs` side by side, the first as the baseline.

    `subset` is by default the open one of the split; a test beside validation ratings must have been revealed.
    `margin` is the smallest difference that matters, as a share of the baseline's mean.
    Raises InputError for a sealed test, for runs that have not ended, and for runs of several splits.
    """
    findings = find(store, runs, subset=subset, metric=metric, k=k, margin=margin)
    lead = headline(
        findings.names,
        findings.recipes,
        findings.title,
        findings.subset,
        findings.intervals[findings.metric],
        findings.verdicts,
    )
    sections = [
        _verdict(findings),
        *_for_whom(findings),
        *_learning(findings),
        *_factor_map(store, findings),
        *provenance(store, findings),
    ]
    name = findings.dataset.name
    return render(f"{name}: {findings.title}", lead, _summary(findings), sections, about=name)


def _summary(findings: Findings) -> Iterator[Block]:
    """What all figures refer to, and which models may have seen the held-out ratings."""
    is_test = findings.subset == "test"
    sentences = [
        f"{findings.dataset.sentence()}.",
        f"All figures are for the {findings.subset} ratings.",
        counts_as_right(findings.dataset),
        learned_from(findings.split) if is_test else "",
        "The test is sealed." if not is_test and findings.split.test.n_interactions else "",
        reveals_sentence(findings.n_reveals),
    ]
    yield Paragraph(" ".join(filter(None, sentences)), "note")
    leaked = [run for run in findings.runs if findings.subset in run.recipe.possibly_leaked_subsets]
    yield Bullets([f"{run.label}: {run.recipe.caution}" for run in leaked])


def _verdict(findings: Findings) -> Section:
    blocks: list[Block] = []
    if len(findings.runs) > 1:
        blocks += _against_baseline(findings)
    for metric in dict.fromkeys(["ndcg", "map", findings.metric]):
        blocks += _means(findings, metric)
    blocks.append(_metrics_table(findings))
    if disliked := disliked_hits(findings.names, findings.evaluations, findings.k, findings.dataset):
        blocks.append(Paragraph(disliked, "note"))
    blocks.append(
        Paragraph("Means over people with 95% intervals, rounded to the digits that the intervals support.", "note")
    )
    caution = "" if findings.subset == "test" else flattered(len(findings.runs))
    blocks.append(Paragraph(f"{ONE_SPLIT} {caution}".strip(), "note"))
    return Section("Which is better, and is it real?", blocks)


def _against_baseline(findings: Findings) -> list[Block]:
    names, verdicts = findings.names, findings.verdicts
    sentence = against_baseline(names, findings.title, verdicts, findings.recipes, findings.margin)
    figure = differences(
        names[0],
        names[1:],
        [verdicts[challenger, 0] for challenger in range(1, len(names))],
        title=f"{findings.title} minus that of the baseline, 95% intervals",
    )
    indices = range(len(names))
    rows = [
        [f"#{findings.runs[row].id}", *("" if row == other else _cell(verdicts[row, other]) for other in indices)]
        for row in indices
    ]
    rule = judged(len(findings.evaluations[0].users), len(names))
    return [
        Paragraph(sentence, "key"),
        Picture(figure, sentence),
        Table(["", *(f"#{run.id}" for run in findings.runs)], rows),
        Paragraph(f"Each cell is the row's model minus the column's. {rule}", "note"),
    ]


def _cell(verdict: Verdict) -> str:
    return f"{MARKS[verdict.word]} {honest(verdict.difference, sign=True)}"


def _means(findings: Findings, metric: str) -> list[Block]:
    """The mean of every run by one metric, beside the reference models."""
    names, values = findings.names, findings.intervals[metric]
    title, n_people = METRICS[metric].title(findings.k), len(findings.evaluations[0].users)
    references = {name: reference.mean(metric, findings.k) for name, reference in findings.rails.items()}
    best = max(range(len(names)), key=lambda index: values[index].mean)
    sentence = f"{title}: {names[best]} reaches {honest_range(values[best])}"
    if popularity := references.get("Popularity"):
        ratio = values[best].mean / popularity
        sentence += f", {ratio:.2g} times what recommending the most popular items reaches"
    figure = intervals(names, values, title=f"{title} of {n_people:,} people, 95% intervals", references=references)
    return [Paragraph(f"{sentence}.", "key"), Picture(figure, f"{sentence}.")]


def _metrics_table(findings: Findings) -> Table:
    header = ["", *(METRICS[metric].title(findings.k) for metric in HEADLINE_METRICS), "RMSE"]
    below = dislikes_below(findings.dataset)
    if below is not None:
        header.append(f"hits@{findings.k} rated below {below:g}")
    rows = []
    for index, (name, evaluation) in enumerate(zip(findings.names, findings.evaluations, strict=True)):
        row = [name, *(honest_range(findings.intervals[metric][index]) for metric in HEADLINE_METRICS)]
        row.append("–" if evaluation.rmse is None else f"{evaluation.rmse:.3f}")
        if below is not None:
            share = evaluation.held_out.disliked_hits(findings.k, below).share
            row.append("–" if share is None else f"{100 * share:.0f}%")
        rows.append(row)
    return Table(header, rows)


def _for_whom(findings: Findings) -> Iterator[Section]:
    """For which groups of people the best challenger is better or worse; nothing of one run alone."""
    challenger = findings.challenger
    if challenger is None:
        return
    name = findings.names[challenger]
    pictures = [
        Picture(group_differences(groups, title=f"Difference {_BY[grouping]} (people)"), f"Difference {_BY[grouping]}")
        for grouping, groups in findings.groups.items()
    ]
    sentence = for_whom(name, findings.title, findings.verdicts[challenger, 0], findings.groups)
    note = f"{findings.title} of {name} minus that of {findings.names[0]}. {JUDGED_GROUPS}"
    yield Section("For whom?", [Paragraph(sentence, "key"), *pictures, Paragraph(note, "note")])


def _learning(findings: Findings) -> Iterator[Section]:
    """The validation curves; nothing where no run has one."""
    curves, best_points = {}, []
    for run, name, records in zip(findings.runs, findings.names, findings.records, strict=True):
        points = [(record.seconds, record.validation) for record in records if record.validation is not None]
        if points:
            curves[name] = points
            best = max(range(len(points)), key=lambda index: points[index][1])
            is_last = best == len(points) - 1
            when = "at the end" if is_last else f"after {(best + 1) / len(points):.0%}"
            best_points.append(f"#{run.id} {when}")
    if not curves:
        return
    sentence = f"Best NDCG@{CUTOFF} on validation ratings: {', '.join(best_points)} of its training."
    figure = overlay(
        curves,
        title=f"NDCG@{CUTOFF} on validation ratings by seconds of training",
        x_title="seconds of training, logarithmic scale",
    )
    figure.update_layout(height=420, xaxis=dict(type="log", dtick=1))
    for trace in figure.data:
        if len(trace.x) == 1:  # a line of one point cannot be seen
            trace.mode = "markers"
    yield Section("How they learned", [Paragraph(sentence, "key"), Picture(figure, sentence)])


def _factor_map(store: RunStore, findings: Findings) -> Iterator[Section]:
    """The map of the best run that has at least two factors; nothing where none has."""
    means = findings.intervals[findings.metric]
    for index in sorted(range(len(findings.runs)), key=lambda index: -means[index].mean):
        run = findings.runs[index]
        model = store.model(run.id) if run.has_factors else None
        if not isinstance(model, FactorModel) or model.n_factors < 2:
            continue
        dataset, train = findings.dataset, findings.split.train
        mapped = taste_map(*by_strength(model), train.items_per_user, train.users_per_item)
        figure = draw_map(
            mapped,
            titles=dataset.titles,
            names=dataset.user_names,
            groups=[genres[0] if genres else "" for genres in dataset.genres] or [""] * len(dataset.titles),
            popularity=train.users_per_item,
        )
        sentence = (
            f"The map of {run.label} shows the tastes that it found: people stand near the items that suit them. "
            f"Its two directions show {sum(mapped.projection.shares):.0%} of how people and items differ in "
            f"{model.n_factors} factors."
        )
        note = (
            f"Shown are {len(mapped.people):,} of {train.n_users:,} people (circles) and {len(mapped.items):,} of "
            f"{train.n_items:,} items (squares; larger ones are more popular)."
        )
        yield Section(
            "What tastes it found", [Paragraph(sentence, "key"), Picture(figure, sentence), Paragraph(note, "note")]
        )
        return
