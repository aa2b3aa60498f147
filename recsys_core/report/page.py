"""One offline page that says what came of some runs: the verdict first, then everything it rests on."""

import time
from collections.abc import Callable, Sequence

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
from recsys_core.comparison.split_sentences import missed_sentence, split_facts, split_headline, split_rows
from recsys_core.comparison.verdicts import MARGIN, MARKS, Verdict
from recsys_core.data.cleaning import restore_steps
from recsys_core.data.relevance import dislikes_below
from recsys_core.errors import InputError
from recsys_core.evaluation.significant_digits import honest, honest_range
from recsys_core.factors.axes import by_strength
from recsys_core.figures.comparison import intervals, overlay
from recsys_core.figures.factors import draw_map, taste_map
from recsys_core.figures.verdicts import differences, group_differences
from recsys_core.metrics.ranking import CUTOFF, HEADLINE_METRICS, METRICS
from recsys_core.numerics import NUMERICS_VERSION, describe_environment, distinct_environments
from recsys_core.parameters import parameters
from recsys_core.report import html
from recsys_core.report.findings import Findings, find
from recsys_core.report.script import script
from recsys_core.store.run import Run
from recsys_core.store.store import RunStore

_BY = {
    "activity": "by how much they have rated",
    "popularity": "by how popular what they choose is",
    "genre": "by the genre that stands out in what they rated",
    "taste": "by their planted taste",
}
_MOST_WARNINGS = 20


def report(
    store: RunStore,
    runs: Sequence[Run],
    *,
    subset: str | None = None,
    metric: str = "ndcg",
    k: int = CUTOFF,
    margin: float = MARGIN,
) -> str:
    """An HTML file, about 5 MB, that opens without a network: `runs` side by side, the first as the baseline.

    `subset` is by default the open one of the split; of a test beside validation ratings it must have been revealed.
    `margin` is the smallest difference that matters, as a share of the baseline's mean.
    Raises InputError where it was not, and where the runs have not ended or are of several splits.
    """
    found = find(store, runs, subset=subset, metric=metric, k=k, margin=margin)
    sections = [
        _verdict(found),
        _for_whom(found),
        _settings(found),
        _learning(found),
        _factor_map(store, found),
        _data(found),
        _split(found),
        _fingerprints(found),
        _program(store, found),
    ]
    return html.page(f"{found.dataset.name}: {found.title}", _top(found), *sections)


def _top(found: Findings) -> str:
    lead = headline(
        found.names,
        found.recipes,
        found.title,
        found.subset,
        found.intervals[found.metric],
        found.verdicts,
    )
    sealed = "The test is sealed. " if found.subset != "test" and found.split.test.n_interactions else ""
    learned = f"{learned_from(found.split)} " if found.subset == "test" else ""
    right = counts_as_right(found.dataset)
    about = (
        f"{found.dataset.sentence()}. All numbers are of the {found.subset} ratings. {right} {learned}{sealed}"
        f"{reveals_sentence(found.n_reveals)}"
    )
    elsewhere = [run for run in found.runs if found.subset in run.recipe.possibly_leaked_subsets]
    return (
        f"<h1>{html.name(found.dataset.name)}</h1>"
        + f'<p class="lead">{html.name(lead)}</p>'
        + html.paragraph(about, "quiet")
        + html.items(f"{run.label}: {run.recipe.caution}" for run in elsewhere)
    )


def _verdict(found: Findings) -> str:
    names, verdicts, count = found.names, found.verdicts, len(found.evaluations[0].users)
    parts = []
    if len(names) > 1:
        said = against_baseline(names, found.title, verdicts, found.recipes, found.margin)
        against = [verdicts[place, 0] for place in range(1, len(names))]
        figure = differences(
            names[0], names[1:], against, title=f"{found.title} minus that of the baseline, 95% intervals"
        )
        parts += [html.paragraph(said, "say"), html.picture(figure, said), _matrix(found)]
    for metric in dict.fromkeys(["ndcg", "map", found.metric]):
        title, values = METRICS[metric].title(found.k), found.intervals[metric]
        rails = {name: rail.mean(metric, found.k) for name, rail in found.rails.items()}
        best = max(range(len(names)), key=lambda place: values[place].mean)
        said = f"{title}: {names[best]} reaches {honest_range(values[best])}" + _above(values[best].mean, rails)
        figure = intervals(names, values, title=f"{title} of {count:,} people, 95% intervals", references=rails)
        parts += [html.paragraph(said, "say"), html.picture(figure, said)]
    header = ["", *(METRICS[metric].title(found.k) for metric in HEADLINE_METRICS), "RMSE"]
    errors = ["–" if each.rmse is None else f"{each.rmse:.3f}" for each in found.evaluations]
    disliked, shares = _disliked_column(found)
    rows = [
        [
            name,
            *(honest_range(found.intervals[metric][place]) for metric in HEADLINE_METRICS),
            errors[place],
            *shares[place],
        ]
        for place, name in enumerate(names)
    ]
    parts.append(html.table([*header, *disliked], rows))
    if said := disliked_hits(names, found.evaluations, found.k, found.dataset):
        parts.append(html.paragraph(said, "quiet"))
    parts.append(
        html.paragraph("Means over people with their 95% intervals; no digit that these do not support.", "quiet")
    )
    chosen = "" if found.subset == "test" else flattered(len(names))
    parts.append(html.paragraph(f"{ONE_SPLIT} {chosen}".strip(), "quiet"))
    return html.section("Which is better, and is it real?", *parts)


def _disliked_column(found: Findings) -> tuple[list[str], list[list[str]]]:
    """The header and the cells of the share of disliked hits; none where the data know no dislikes."""
    below = dislikes_below(found.dataset)
    if below is None:
        return [], [[] for _ in found.evaluations]
    counted = [evaluation.held_out.disliked_hits(found.k, below) for evaluation in found.evaluations]
    return [f"hits@{found.k} rated below {below:g}"], [
        ["–" if each.share is None else f"{100 * each.share:.0f}%"] for each in counted
    ]


def _above(reached: float, rails: dict[str, float]) -> str:
    bar = rails.get("Popularity")
    return "." if not bar else f", {reached / bar:.2g} times what recommending the popular reaches."


def _matrix(found: Findings) -> str:
    places = range(len(found.runs))
    rows = [
        [
            f"#{found.runs[row].id}",
            *("" if row == column else _cell(found.verdicts[row, column]) for column in places),
        ]
        for row in places
    ]
    said = f"Each row minus each column. {judged(len(found.evaluations[0].users), len(found.runs))}"
    return html.table(["", *(f"#{run.id}" for run in found.runs)], rows) + html.paragraph(said, "quiet")


def _cell(verdict: Verdict) -> str:
    return f"{MARKS[verdict.word]} {honest(verdict.difference, sign=True)}"


def _for_whom(found: Findings) -> str:
    if found.challenger is None:
        return ""
    name = found.names[found.challenger]
    said = for_whom(name, found.title, found.verdicts[found.challenger, 0], found.groups)
    pictures = [
        html.picture(group_differences(groups, title=f"{_BY[grouping]} (how many)"), f"The difference {_BY[grouping]}")
        for grouping, groups in found.groups.items()
    ]
    note = f"{found.title} of {name} minus that of {found.names[0]}. {JUDGED_GROUPS}"
    return html.section("For whom?", html.paragraph(said, "say"), *pictures, html.paragraph(note, "quiet"))


def _settings(found: Findings) -> str:
    """What differs as a table, what does not as a sentence, and what people have written about the runs."""
    columns = [_settings_of(run) for run in found.runs]
    labels = list(dict.fromkeys(label for settings in columns for label in settings))
    rows, alike = [], []
    for label in labels:
        cells = [settings.get(label, "–") for settings in columns]
        if len(set(cells)) > 1:
            rows.append([label, *cells])
        else:
            alike.append(f"{label} {cells[0]}")
    parts = [html.table(["", *(f"#{run.id}" for run in found.runs)], rows)] if rows else []
    if alike:
        parts.append(html.paragraph(f"The same for all: {', '.join(alike)}.", "quiet"))
    written = [f"{run.label}: {' · '.join([*run.tags, run.notes])}" for run in found.runs if run.notes or run.tags]
    cautions = {run.recipe.label: run.recipe.caution for run in found.runs if run.recipe.caution}
    known = [f"{label}: {caution}" for label, caution in cautions.items()]
    return html.section("Settings", *parts, html.items(written), html.items(known))


def _settings_of(run: Run) -> dict[str, str]:
    known = parameters(run.recipe)
    values = {known[name].label: getattr(run.recipe, name) for name in known}
    words = {label: value if isinstance(value, str) else f"{value:g}" for label, value in values.items()}
    fork = {"Went as": f"#{run.branch.parent} up to epoch {run.branch.epoch}"} if run.branch else {}
    broken = {"Broken data": ", ".join(each.description for each in run.breaks)} if run.breaks else {}
    return {"Algorithm": run.recipe.label, **words, "Seed": str(run.seed), **fork, **broken}


def _learning(found: Findings) -> str:
    curves, said = {}, []
    for run, shown, records in zip(found.runs, found.names, found.records, strict=True):
        points = [(record.seconds, record.validation) for record in records if record.validation is not None]
        if points:
            curves[shown] = points
            best = max(range(len(points)), key=lambda place: points[place][1])
            when = "at its end" if best == len(points) - 1 else f"after {(best + 1) / len(points):.0%} of its training"
            said.append(f"#{run.id} {when}")
    if not curves:
        return ""
    sentence = f"Each was at its best, by NDCG@{CUTOFF} on validation ratings: {', '.join(said)}."
    figure = overlay(
        curves,
        title=f"NDCG@{CUTOFF} on validation ratings by seconds of training",
        x_title="seconds, each step ten times the one before",
    )
    figure.update_layout(height=420, xaxis=dict(type="log", dtick=1))
    for trace in figure.data:
        if len(trace.x) == 1:  # a line of one point cannot be seen
            trace.mode = "markers"
    return html.section("How they learned", html.paragraph(sentence, "say"), html.picture(figure, sentence))


def _factor_map(store: RunStore, found: Findings) -> str:
    """Of the best of the runs that have factors."""
    order = sorted(range(len(found.runs)), key=lambda place: -found.intervals[found.metric][place].mean)
    for place in order:
        model = store.model(found.runs[place].id) if found.runs[place].has_factors else None
        if model is None or model.n_factors < 2:
            continue
        dataset, train = found.dataset, found.split.train
        mapped = taste_map(*by_strength(model), train.items_per_user, train.users_per_item)
        figure = draw_map(
            mapped,
            titles=dataset.titles,
            names=dataset.user_names,
            groups=[genres[0] if genres else "" for genres in dataset.genres] or [""] * len(dataset.titles),
            popularity=train.users_per_item,
        )
        said = (
            f"The tastes that {found.runs[place].label} found, on a flat map: people stand near the items that suit "
            f"them. It shows {sum(mapped.projection.shares):.0%} of how people and items differ in "
            f"{model.n_factors} factors."
        )
        note = (
            f"{len(mapped.people):,} of {train.n_users:,} people (circles) and {len(mapped.items):,} of "
            f"{train.n_items:,} items (squares, the larger the more popular)."
        )
        return html.section(
            "What tastes it found",
            html.paragraph(said, "say"),
            html.picture(figure, said),
            html.paragraph(note, "quiet"),
        )
    return ""


def _data(found: Findings) -> str:
    """What came in and what was dropped."""
    dataset, source, receipt = found.dataset, found.source, found.receipt
    origin, parts = source.origin, []
    if "reasons" in receipt:
        parts.append(html.paragraph(f"“{source.name}”: {receipt['count']}", "say"))
        understood = [*receipt["understood"], *([["Titles", receipt["titled"]]] if receipt["titled"] else [])]
        parts.append(html.table(["", "How the file was read"], understood))
        parts.append(_left_out(receipt))
        if warnings := receipt["warnings"]:
            parts.append(html.items(warnings[:_MOST_WARNINGS]))
    elif origin.get("kind") == "planted":
        settings = ", ".join(f"{name} {value}" for name, value in origin.items() if name != "kind")
        parts.append(html.paragraph("Invented people with planted tastes, so that the truth is known.", "say"))
        parts.append(html.paragraph(f"Generated by {settings}.", "quiet"))
    else:
        parts.append(html.paragraph(f"“{source.name}”."))
    if source is not dataset:
        steps = restore_steps(dataset.origin["steps"])
        told = zip(steps, receipt.get("mended", [""] * len(steps)), strict=True)
        parts.append(html.paragraph("Then it was mended:"))
        parts.append(html.items(f"{step.short_name}. {effect}" for step, effect in told))
    parts.append(html.paragraph(f"That makes {dataset.sentence()}."))
    return html.section("What is in the data", *parts)


def _left_out(receipt: dict) -> str:
    merged = html.paragraph(f"Merged: {receipt['merged']}") if receipt["merged"] else ""
    if not receipt["reasons"]:
        return html.paragraph("Left out: nothing.") + merged
    said = "; ".join(f"{group['count']:,} because {group['reason']}" for group in receipt["reasons"])
    first = [[line, group["reason"], words] for group in receipt["reasons"] for line, words in group["examples"]]
    return (
        html.paragraph(f"Left out: {said}. The first of each:")
        + html.table(["line", "why", "what stands there"], first)
        + merged
    )


def _split(found: Findings) -> str:
    split = found.split
    rows = [[f"{cell:,}" if isinstance(cell, int) else cell for cell in row.values()] for row in split_rows(split)]
    facts = [f"{title}: {said}" for title, said in split_facts(found.dataset, split, found.subset).items()]
    if found.subset == "validation":
        shown = "The numbers here are of the validation ratings, by which models are chosen. "
    else:
        shown = f"The numbers here are of the test ratings. {learned_from(split)} "
    return html.section(
        "What was held out",
        html.paragraph(split_headline(split), "say"),
        html.table(["part", "asked", "got", "ratings", "people", "items"], rows),
        html.items(filter(None, [missed_sentence(split), *facts])),
        html.paragraph(f"Held out: {split.recipe.sentence}."),
        html.paragraph(shown + reveals_sentence(found.n_reveals)),
    )


def _fingerprints(found: Findings) -> str:
    """Everything by which somebody else can tell that they have the same."""
    versions = dict.fromkeys(run.numerics_version for run in found.runs)
    rows = [
        ["Data", found.dataset.fingerprint],
        ["Split", found.split.fingerprint],
        *(
            [f"Numerics of {_ids(found, lambda run, version=version: run.numerics_version == version)}", version]
            for version in versions
        ),
        *([] if NUMERICS_VERSION in versions else [["Numerics of this report", NUMERICS_VERSION]]),
        *(
            [f"Trained on, {_ids(found, lambda run, each=each: run.environment == each)}", describe_environment(each)]
            for each in distinct_environments(run.environment for run in found.runs)
        ),
    ]
    header = ["", "fingerprint", f"NDCG@{found.k}", f"MAP@{found.k}"]
    runs = [
        [run.label, run.fingerprint, *(repr(scored.mean(metric, found.k)) for metric in ("ndcg", "map"))]
        for run, scored in zip(found.runs, found.evaluations, strict=True)
    ]
    return html.section(
        "Fingerprints",
        html.paragraph(
            "Equal fingerprints show equal numbers: to the last digit on the same kind of processor with the same "
            "libraries, and otherwise nearly so.",
            "say",
        ),
        html.table(["", "fingerprint or version"], rows),
        html.table(header, runs),
        html.paragraph(f"Written on {time.strftime('%d %B %Y, %H:%M UTC', time.gmtime())}.", "quiet"),
    )


def _ids(found: Findings, belongs: Callable[[Run], bool]) -> str:
    return ", ".join(f"#{run.id}" for run in found.runs if belongs(run))


def _program(store: RunStore, found: Findings) -> str:
    try:
        program = script(store, found.runs, subset=found.subset, k=found.k)
    except InputError as error:
        return html.section("The program", html.paragraph(f"There is none. {error}"))
    said = (
        "It trains and scores these runs again. On the same kind of processor with the same libraries it prints the "
        "same digits; elsewhere rounding differs, and with it the last digits."
    )
    return html.section("The program", html.paragraph(said, "say"), html.code(program))
