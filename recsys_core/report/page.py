"""One offline page that says what came of some runs: the verdict first, then everything it rests on."""

from collections.abc import Iterator, Sequence

from recsys_core.algorithms.models import FactorModel
from recsys_core.comparison.plain_words import PlainWords, wording_of
from recsys_core.comparison.relevance_sentences import counts_as_right, disliked_hits
from recsys_core.comparison.sentences import MEANS_NOTE, learned_from, reveals_sentence
from recsys_core.comparison.specifications import SpecificationGrid
from recsys_core.comparison.tables import headline_table, verdict_matrix
from recsys_core.comparison.user_groups import grouping_title
from recsys_core.comparison.verdicts import MARGIN
from recsys_core.data.nouns import count_noun
from recsys_core.evaluation.reference_models import reference_levels
from recsys_core.factors.axes import sort_by_strength
from recsys_core.figures.comparison import intervals, overlay
from recsys_core.figures.factor_map import Colouring, draw_map
from recsys_core.figures.taste_map import taste_map
from recsys_core.figures.verdicts import differences, group_differences
from recsys_core.metrics.ranking import CUTOFF
from recsys_core.percent import percent
from recsys_core.report.collect import ReportData, collect
from recsys_core.report.document import Block, Bullets, Paragraph, Picture, Section, Table, render
from recsys_core.report.over_specifications import over_specifications
from recsys_core.report.over_splits import over_splits
from recsys_core.report.provenance import provenance
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore


def report(
    store: RunStore,
    runs: Sequence[Run],
    *,
    subset: str | None = None,
    metric: str = "ndcg",
    k: int = CUTOFF,
    margin: float = MARGIN,
    grid: SpecificationGrid | None = None,
) -> str:
    """Write an HTML file of about 5 MB that opens without a network: `runs` side by side, the first as the baseline.

    `subset` is by default the open one of the split; a test beside validation ratings must have been revealed.
    `margin` is the smallest difference that matters, as a share of the baseline's mean. `grid` says which ways to test
    are counted.
    Raises InputError for a sealed test, for runs that have not ended, and for runs of several splits.
    """
    data = collect(store, runs, subset=subset, metric=metric, k=k, margin=margin)
    sections = [
        _verdict(store, data),
        *over_specifications(store, data, grid),
        *_for_whom(data),
        *_learning(data),
        *_factor_map(store, data),
        *provenance(store, data),
    ]
    name, comparison = data.dataset.name, data.comparison
    return render(f"{name}: {comparison.title}", comparison.headline, _summary(data), sections, about=name)


def _summary(data: ReportData) -> Iterator[Block]:
    """What all figures refer to, and which models may have seen the held-out ratings."""
    comparison = data.comparison
    words = PlainWords.of(comparison, wording_of(data.dataset, data.split))
    yield Paragraph(words.text, "key")
    if words.note:
        yield Paragraph(words.note, "note")
    is_test = comparison.subset == "test"
    sentences = [
        f"{data.dataset.sentence()}.",
        f"All figures are for the {comparison.subset} {data.split.rating_noun}.",
        counts_as_right(data.dataset),
        learned_from(data.split) if is_test else "",
        "The test is sealed." if not is_test and data.split.test.n_interactions else "",
        reveals_sentence(data.n_reveals),
    ]
    yield Paragraph(" ".join(filter(None, sentences)), "note")
    leaked = [run for run, is_leaked in zip(data.runs, comparison.possibly_leaked, strict=True) if is_leaked]
    yield Bullets([f"{run.label}: {run.recipe.caution}" for run in leaked])


def _verdict(store: RunStore, data: ReportData) -> Section:
    comparison = data.comparison
    blocks: list[Block] = []
    if len(comparison) > 1:
        blocks += [*_against_baseline(data), *over_splits(store, data)]
    for metric in comparison.charted_metrics:
        blocks += _means(data, metric)
    blocks.append(Table(*headline_table(comparison, data.dataset)))
    if disliked := disliked_hits(comparison.names, comparison.evaluations, comparison.k, data.dataset):
        blocks.append(Paragraph(disliked, "note"))
    blocks.append(Paragraph(f"{MEANS_NOTE} {comparison.caveats}", "note"))
    return Section("Which is better, and is it real?", blocks)


def _against_baseline(data: ReportData) -> list[Block]:
    comparison = data.comparison
    labels, sentence = comparison.labels, comparison.against_baseline
    verdicts = [comparison.verdicts[challenger, 0] for challenger in range(1, len(comparison))]
    ids = [f"#{run.id}" for run in data.runs]
    return [
        Paragraph(sentence, "key"),
        Picture(differences(labels[0], labels[1:], verdicts, title=comparison.difference_title), sentence),
        Table(["", *ids], [[name, *cells] for name, cells in zip(ids, verdict_matrix(comparison), strict=True)]),
        Paragraph(comparison.matrix_note, "note"),
    ]


def _means(data: ReportData, metric: str) -> list[Block]:
    """The mean of every run by one metric, beside the reference models."""
    comparison = data.comparison
    references = reference_levels(data.reference_models, metric, comparison.k)
    sentence = comparison.reached(metric, data.reference_models.get("Popularity"))
    title = comparison.intervals_title(metric)
    figure = intervals(comparison.labels, comparison.intervals(metric), title=title, references=references)
    return [Paragraph(sentence, "key"), Picture(figure, sentence)]


def _for_whom(data: ReportData) -> Iterator[Section]:
    """For which groups of people the best challenger is better or worse; nothing of one run alone."""
    comparison, dataset, split = data.comparison, data.dataset, data.split
    challenger = comparison.challenger
    if challenger is None:
        return
    pictures = [
        Picture(group_differences(groups, title=f"{grouping_title(name)} (people)"), grouping_title(name))
        for name, groups in comparison.groups(dataset, split, challenger).items()
    ]
    sentence, note = comparison.for_whom(dataset, split, challenger), comparison.groups_note(challenger)
    yield Section("For whom?", [Paragraph(sentence, "key"), *pictures, Paragraph(note, "note")])


def _learning(data: ReportData) -> Iterator[Section]:
    """The validation curves; nothing where no run has one."""
    curves, best_points = {}, []
    for run, name, records in zip(data.runs, data.comparison.labels, data.records, strict=True):
        points = [(record.seconds, record.validation) for record in records if record.validation is not None]
        if points:
            curves[name] = points
            best = max(range(len(points)), key=lambda index: points[index][1])
            is_last = best == len(points) - 1
            when = "at the end" if is_last else f"after {percent((best + 1) / len(points))}"
            best_points.append(f"#{run.id} {when}")
    if not curves:
        return
    sentence = f"Best NDCG@{CUTOFF} on validation: {', '.join(best_points)} of training."
    figure = overlay(curves, title=f"NDCG@{CUTOFF} on validation by seconds of training")
    figure.update_layout(height=420)
    yield Section("Learning curves", [Paragraph(sentence, "key"), Picture(figure, sentence)])


def _factor_map(store: RunStore, data: ReportData) -> Iterator[Section]:
    """The map of the best run that has at least two factors; nothing where none has."""
    means = data.comparison.means
    for index in sorted(range(len(data.runs)), key=lambda index: -means[index]):
        run = data.runs[index]
        model = store.model(run.id) if run.has_factors else None
        if not isinstance(model, FactorModel) or model.n_factors < 2:
            continue
        dataset, train = data.dataset, data.split.train
        mapped = taste_map(*sort_by_strength(model), train.items_per_user, train.users_per_item)
        figure = draw_map(
            mapped,
            titles=dataset.titles,
            names=dataset.user_names,
            colouring=Colouring.by_genre(dataset),
            popularity=train.users_per_item,
        )
        sentence = (
            f"The map of {run.label} shows the tastes that it found: people stand near the items that suit them. "
            f"Its two directions show {percent(mapped.projection.shares.sum())} of how people and items differ in "
            f"{count_noun(model.n_factors, 'factors')}."
        )
        note = (
            f"Shown are {len(mapped.people):,} of {train.n_users:,} people (circles) and {len(mapped.items):,} of "
            f"{train.n_items:,} items (squares; larger ones are more popular)."
        )
        yield Section(
            "What tastes it found", [Paragraph(sentence, "key"), Picture(figure, sentence), Paragraph(note, "note")]
        )
        return
